package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Verdict is how a check of the doctor ended.
type Verdict string

// The verdicts. A problem loses mails, signatures or trust; a warning is for somebody to decide.
const (
	Healthy Verdict = "ok"
	Warning Verdict = "warning"
	Problem Verdict = "problem"
)

// Check is one thing the doctor looked at.
type Check struct {
	Name    string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`
	Mend    string  `json:"mend,omitempty"` // what to do about it
}

// Resolver looks names up in the DNS; *net.Resolver is the real one.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// Doctor looks for what is likely to be wrong with an instance and its settings, and says how to mend it.
type Doctor struct {
	Instance config.Instance
	Server   config.Server
	DNS      Resolver
	HTTP     *http.Client
	Now      func() time.Time
	SendTest string            // the address that gets a mail to see whether the relay takes one, "" for none
	Trace    func(line string) // nil, or told of what is said while that mail is sent

	checks []Check
}

// lookWithin bounds each look at something outside this machine.
const lookWithin = 10 * time.Second

// Examine runs every check; it is safe beside a running server and sends no mail but the one of SendTest.
func (d *Doctor) Examine(ctx context.Context) []Check {
	d.checks = nil
	d.folder()
	d.limits()
	d.settings()
	base := d.baseURL(ctx)
	d.relay(ctx)
	if d.SendTest != "" {
		d.sendTest(ctx)
	}
	d.mailbox(ctx)
	if base != nil {
		d.mailDomain(ctx, base)
	}
	d.database(ctx)
	return d.checks
}

func (d *Doctor) say(name string, v Verdict, found, mend string) {
	if v == Healthy {
		mend = ""
	}
	d.checks = append(d.checks, Check{name, v, found, mend})
}

// folder looks at the keys, and at the disk that the database is on.
func (d *Doctor) folder() {
	dir := d.Instance.Data
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.say("data folder", Warning, dir+" does not exist", "Name the right folder with --data; or start the server, which makes it.")
		return
	case err != nil || !info.IsDir():
		d.say("data folder", Problem, dir+" is no folder that can be read", "Name the folder with --data, and let the server's user own it.")
		return
	}
	if probe, err := os.CreateTemp(dir, ".doctor-*"); err != nil {
		d.say("data folder", Problem, dir+" cannot be written to", "Let the server's user own it: chown -R USER "+dir)
	} else {
		probe.Close()
		os.Remove(probe.Name())
		d.say("data folder", Healthy, dir, "")
	}
	keys := filepath.Join(dir, "keys")
	open := ""
	for _, path := range []string{keys, filepath.Join(keys, "instance.key")} {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			open = path
		}
	}
	switch _, err := os.Stat(filepath.Join(keys, "instance.key")); {
	case open != "":
		d.say("keys", Problem, open+" can be read by others", "Close it: chmod -R go= "+keys+", and think about who may have read it.")
	case errors.Is(err, fs.ErrNotExist) && isNone(d.Instance):
		d.say("keys", Warning, "there is no key yet", "The first start makes one.")
	case errors.Is(err, fs.ErrNotExist):
		d.say("keys", Problem, "there is no instance.key in "+keys,
			"Where the database was made with one, put it back: undersigned keys import FILE --identity FILE. A start makes one for an empty database alone.")
	default:
		d.say("keys", Healthy, "readable by their owner only", "")
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return
	}
	free := disk.Bavail * uint64(disk.Bsize) >> 20
	switch {
	case free < 500:
		d.say("disk space", Problem, fmt.Sprintf("%d MiB are free", free), "Make room before signatures are refused: at least 500 MiB.")
	default:
		d.say("disk space", Healthy, fmt.Sprintf("%d MiB are free", free), "")
	}
	if kind := uint32(disk.Type); d.Instance.Database == "" && slices.Contains([]uint32{0x6969, 0xff534d42, 0x517b, 0x01021994, 0x65735546}, kind) {
		d.say("file system", Problem, "the database lies on a network or memory file system, where locks and syncs are not what they are on a disk",
			"Move --data to a local disk, or use --database postgres://…")
	} else {
		d.say("file system", Healthy, "local", "")
	}
}

func (d *Doctor) limits() {
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) == nil && files.Cur < 4096 {
		d.say("open files", Warning, fmt.Sprintf("at most %d", files.Cur), "Raise it to 4096 or more: LimitNOFILE= of the systemd unit, or ulimit -n.")
		return
	}
	d.say("open files", Healthy, fmt.Sprintf("at most %d", files.Cur), "")
}

// settings looks at what a test leaves behind.
func (d *Doctor) settings() {
	s := d.Server
	if s.RateLimit == "off" {
		d.say("rate limit", Problem, "is off", "Leave --rate-limit off away: it is for measuring. Anybody can now send mails to anybody without end.")
	} else {
		d.say("rate limit", Healthy, "is on", "")
	}
	if s.PublishEvery < time.Minute {
		d.say("publishing", Warning, "every "+s.PublishEvery.String()+", as given here",
			"Who watches the count can tell when somebody signed. Use --publish-every 10m.")
	} else { // a server that runs with another rhythm cannot be asked for it
		d.say("publishing", Healthy, "every "+s.PublishEvery.String()+", as given here", "")
	}
	wide := slices.ContainsFunc(s.TrustProxy, func(cidr string) bool {
		p, err := netip.ParsePrefix(cidr)
		return err == nil && p.Bits() < 8
	})
	switch {
	case wide:
		d.say("trusted proxies", Problem, strings.Join(s.TrustProxy, ", "),
			"Name the proxy alone, as in --trust-proxy 127.0.0.1/32: now any visitor can claim any address.")
	case len(s.TrustProxy) == 0:
		d.say("trusted proxies", Healthy, "none", "")
	default:
		d.say("trusted proxies", Healthy, strings.Join(s.TrustProxy, ", "), "")
	}
	if host, _, err := net.SplitHostPort(s.MetricsListen); s.MetricsListen != "" && err == nil {
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && !ip.IsLoopback() && !ip.IsPrivate() {
			d.say("metrics", Problem, "listen on "+s.MetricsListen, "Let them listen on loopback: --metrics-listen 127.0.0.1:9090.")
		} else {
			d.say("metrics", Healthy, "listen on "+s.MetricsListen, "")
		}
	}
	if s.Operator == "" || s.Contact == "" {
		d.say("operator", Warning, "the privacy page does not say who runs this server or how to reach them",
			"Say it with --operator and --contact: signers are entitled to know.")
	} else {
		d.say("operator", Healthy, "is named", "")
	}
}

func (d *Doctor) baseURL(ctx context.Context) *url.URL {
	u, err := url.Parse(d.Server.BaseURL)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.Scheme != "http" && u.Scheme != "https" {
		d.say("base URL", Problem, "is not given, or is no address", "Say how readers reach this server: --base-url https://letters.example.org")
		return nil
	}
	host := u.Hostname()
	ip, _ := netip.ParseAddr(host)
	local := host == "localhost" || ip.IsLoopback() || ip.IsUnspecified()
	switch {
	case local:
		d.say("base URL", Warning, u.String()+" is this machine", "Links in mails lead nowhere else. Use --base-url https://… before anybody signs.")
	case u.Scheme == "http":
		d.say("base URL", Problem, u.String()+" is not encrypted", "Put a proxy with TLS in front and use https://: what signers type is readable on its way.")
	default:
		d.say("base URL", Healthy, u.String(), "")
	}
	limited, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if !local {
		if _, err := d.DNS.LookupHost(limited, host); err != nil {
			d.say("reachable", Problem, host+" has no address in the DNS", "Give it an A or AAAA record that leads to this server or its proxy.")
			return u
		}
	}
	request, err := http.NewRequestWithContext(limited, http.MethodGet, u.Scheme+"://"+u.Host+"/readyz", nil)
	if err != nil {
		return u
	}
	answer, err := d.HTTP.Do(request)
	switch {
	case err != nil:
		d.say("reachable", Warning, "nothing answers at "+u.Host, "Start the server; if it runs, look at the proxy, its certificate and the firewall.")
		return u
	case answer.Header.Get("X-Request-Id") == "":
		d.say("reachable", Problem, "something else answers at "+u.Host, "Let the proxy pass everything to --listen "+d.Server.Listen+".")
	case answer.StatusCode != http.StatusOK:
		d.say("reachable", Problem, "the server says that it is not ready", "Read its log; usually its database does not answer.")
	default:
		d.say("reachable", Healthy, u.Host+" answers", "")
	}
	answer.Body.Close()
	return u
}

// mailNames are the settings with the names that a server would use in mails.
func (d *Doctor) mailNames() config.Server {
	s := d.Server
	if s.Complete() != nil { // another check says so
		s.SMTPHello = cmp.Or(s.SMTPHello, "localhost.localdomain")
		s.MailFrom = cmp.Or(s.MailFrom, "letters@localhost.localdomain")
	}
	return s
}

func (d *Doctor) relay(ctx context.Context) {
	if d.Server.SMTP == "" {
		d.say("mail relay", Problem, "is not given", "Nobody can sign: use --smtp smtp://USER:PASSWORD@relay.example.org:587")
		return
	}
	names := d.mailNames()
	relay, err := mail.NewSMTP(d.Server.SMTP, names.SMTPHello)
	if err != nil {
		d.say("mail relay", Problem, "--smtp is no address of a relay",
			"Give smtp://HOST:PORT or smtps://HOST:PORT, with USER:PASSWORD@ before HOST if the relay asks for it.")
		return
	}
	limited, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if err := relay.Check(limited); err != nil {
		mend := "Look at host, port and firewall. Mails wait meanwhile and go out when it answers."
		switch said := err.Error(); {
		case strings.Contains(said, "AUTH"):
			mend = "Look at the user and the password in --smtp; characters such as @ are written %40 there."
		case strings.Contains(said, "no TLS"), strings.Contains(said, "certificate"), strings.Contains(said, "tls:"):
			mend = "Use a relay with TLS and a valid certificate for its name, or ?tls=off on a network that is yours alone."
		}
		found := "does not take mails"
		if a, ok := errors.AsType[*mail.Answer](err); ok {
			if found += ": it answers " + a.Step + " with " + a.Words(""); a.Step == "EHLO" {
				mend = "It does not like the name this server gives itself, " + names.SMTPHello + ": give another with --smtp-hello."
			}
		}
		d.say("mail relay", Problem, found, mend)
		return
	}
	d.say("mail relay", Healthy, "takes mails", "")
}

// sendTest sends one mail now.
func (d *Doctor) sendTest(ctx context.Context) {
	names := d.mailNames()
	to, f := text.ParseAddress(d.SendTest)
	if f != nil {
		d.say("test mail", Problem, "--send-test is no mail address", "Give an address such as you@example.org.")
		return
	}
	relay, err := mail.NewSMTP(d.Server.SMTP, names.SMTPHello)
	if err != nil {
		return // said before
	}
	defer relay.Close()
	relay.Trace = d.Trace
	sign, err := dkimOf(names)
	if err != nil {
		return // another check says so
	}
	answer, err := mail.SendTest(ctx, relay, sign, names.Name, names.MailFrom, to.Typed, d.now())
	switch {
	case err != nil:
		d.say("test mail", Problem, "could not be sent: "+answer, "Look at what was said above, and at --smtp.")
	case answer != "":
		d.say("test mail", Problem, "was not taken: "+answer,
			"Mend what the answer names. Mails of signers wait meanwhile, unless the answer is about their own address.")
	default:
		d.say("test mail", Healthy, "the relay has taken it; look whether it arrives, and not among the spam", "")
	}
}

func (d *Doctor) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// mailDomain looks at what receivers ask the DNS before they believe a mail.
func (d *Doctor) mailDomain(ctx context.Context, base *url.URL) {
	_, domain, _ := strings.Cut(d.Server.MailFrom, "@")
	if domain == "" {
		domain = base.Hostname()
	}
	if domain == "localhost.localdomain" || !strings.Contains(domain, ".") {
		d.say("sender", Warning, "the sender's domain is "+domain, "Set --mail-from to an address of a domain that is yours.")
		return
	}
	limited, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	has := func(name, prefix string) bool {
		records, _ := d.DNS.LookupTXT(limited, name)
		return slices.ContainsFunc(records, func(r string) bool { return strings.HasPrefix(strings.ToLower(r), prefix) })
	}
	var missing []string
	if mx, err := d.DNS.LookupMX(limited, domain); err != nil || len(mx) == 0 {
		missing = append(missing, "MX")
	}
	if !has(domain, "v=spf1") {
		missing = append(missing, "SPF")
	}
	if !has("_dmarc."+domain, "v=dmarc1") {
		missing = append(missing, "DMARC")
	}
	if len(missing) > 0 {
		d.say("sender", Warning, domain+" has no "+strings.Join(missing, ", no ")+" record, as far as the DNS answers here",
			"Add them, or many mails will land in spam or be refused: docs/operate.md says how.")
	} else {
		d.say("sender", Healthy, domain+" has MX, SPF and DMARC", "")
	}
	if d.Server.DKIMDomain == "" {
		return
	}
	key, err := mail.NewDKIM(d.Server.DKIMDomain, d.Server.DKIMSelector, d.Server.DKIMKey)
	if err != nil {
		d.say("DKIM", Problem, err.Error(), "Make a key with: openssl genpkey -algorithm ed25519 -out dkim.pem, and let the server's user read it.")
		return
	}
	name, want, err := key.Record()
	if err != nil {
		d.say("DKIM", Problem, err.Error(), "Use an RSA or Ed25519 key.")
		return
	}
	_, public, _ := strings.Cut(want, "p=")
	records, _ := d.DNS.LookupTXT(limited, name)
	if !slices.ContainsFunc(records, func(r string) bool { return strings.Contains(strings.ReplaceAll(r, " ", ""), "p="+public) }) {
		d.say("DKIM", Problem, name+" does not hold this key's record", "Publish it as TXT: "+want)
		return
	}
	d.say("DKIM", Healthy, name+" holds the key", "")
}

// database opens the instance as every command does, and looks at what lies in it.
func (d *Doctor) database(ctx context.Context) {
	if isNone(d.Instance) {
		d.say("database", Warning, "there is none yet in "+d.Instance.Data, "The first start of the server makes it. If there should be one, name its folder with --data.")
		return
	}
	a, err := Open(ctx, Options{Instance: d.Instance, Now: d.Now, Existing: true})
	if why, ok := errors.AsType[*refusal](err); ok {
		d.say("database", Problem, why.why, sentence(why.mend))
		return
	}
	if err != nil {
		mend := "Let the server's user own the folder, and see that its disk is whole and not full."
		switch {
		case errors.Is(err, store.ErrNewer):
			mend = "Use the version of the program that the message names, or a later one."
		case d.Instance.Database != "":
			mend = "Start PostgreSQL, or mend --database: host, port, database, user and password."
		}
		d.say("database", Problem, err.Error(), mend)
		return
	}
	defer a.Close()
	found, err := a.DB.Health(ctx)
	if err != nil {
		d.say("database", Problem, err.Error(), "Restore the last backup if the file is damaged.")
	}
	for _, f := range found {
		v := Healthy
		if !f.OK {
			v = Problem
		}
		mend := ""
		switch f.Code {
		case "quick_check":
			mend = "The file is damaged. Stop the server, keep a copy of it, and restore the last backup."
		case "fsync", "full_page_writes":
			mend = "Set " + f.Code + " = on in postgresql.conf: a crash loses acknowledged signatures."
		case "server_encoding":
			mend = "Make the database anew with ENCODING 'UTF8'."
		case "synchronous_standby_names":
			if v == Problem {
				v, f.Value = Warning, "is empty"
			}
			mend = "With one server a broken disk loses signatures. Set up a synchronous standby, or make backups often."
		case "max_connections":
			mend = "Raise max_connections: each process uses 16."
		case "clock":
			mend = "The clocks of this machine and the database differ. Run NTP on both."
		}
		d.say("database "+f.Code, v, f.Value, mend)
	}
	d.safekeeping(ctx, a)
	d.queue(ctx, a)
	d.troubles(ctx, a)
	d.cameIn(ctx, a)
	d.letters(ctx, a)
	d.texts(ctx, a)
}

func (d *Doctor) queue(ctx context.Context, a *App) {
	var counts []job.Count
	err := a.DB.View(ctx, func(tx *store.Tx) (err error) {
		counts, err = job.Counts(tx)
		return err
	})
	if err != nil {
		d.say("jobs", Problem, err.Error(), "Look at the database.")
		return
	}
	dead, late := int64(0), time.Duration(0)
	for _, c := range counts {
		dead += c.Dead
		if !c.Oldest.IsZero() {
			late = max(late, a.DB.Now().Sub(c.Oldest))
		}
	}
	switch {
	case dead > 0:
		d.say("jobs", Warning, fmt.Sprintf("%d were given up", dead),
			"The server's log says why, as “job dead”. Most are mails that could not be rendered or sent for six days.")
	case late > 15*time.Minute:
		d.say("jobs", Problem, "the oldest has waited for "+late.Round(time.Minute).String(),
			"Is the server running, and does its relay take mails? Signers wait for these.")
	default:
		d.say("jobs", Healthy, "none is late", "")
	}
}

// troubles says why mails wait, in the relay's own words.
func (d *Doctor) troubles(ctx context.Context, a *App) {
	found, err := mail.Troubles(ctx, a.DB)
	if err != nil {
		d.say("mails", Problem, err.Error(), "Look at the database.")
		return
	}
	for _, t := range found {
		says := "the mail server answers: " + t.Words
		mend := "Mend what the answer names; the mails go out by themselves then. Try with: undersigned doctor --send-test ADDRESS"
		switch {
		case t.Code == mail.NoTLS:
			says = "the mail server does not encrypt, or its certificate is not valid for its name"
		case t.Words == "":
			says, mend = "the mail server cannot be reached", "Look at host, port and firewall. The mails go out by themselves when it answers."
		}
		if t.One {
			d.say("mails", Healthy, fmt.Sprintf("%s for single mailboxes, for which nothing can be mended here: the mail server answers: %s", waiting(t.Mails), t.Words), "")
			continue
		}
		d.say("mails", Problem, fmt.Sprintf("%s since %s: %s", waiting(t.Mails), t.Since.Format(time.DateTime+" MST"), says), mend)
	}
	if len(found) == 0 {
		d.say("mails", Healthy, "none waits for an answer of the mail server", "")
	}
}

func waiting(mails int) string {
	if mails == 1 {
		return "1 mail waits"
	}
	return fmt.Sprintf("%d mails wait", mails)
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

func (d *Doctor) letters(ctx context.Context, a *App) {
	all, err := a.Letters.ListAll(ctx)
	if err != nil {
		d.say("letters", Problem, err.Error(), "Look at the database.")
		return
	}
	var stale []string
	for _, l := range all {
		for _, t := range l.Edition.Texts {
			if t.Stale && !slices.Contains(stale, l.Slug) {
				stale = append(stale, l.Slug)
			}
		}
	}
	if len(stale) > 0 {
		d.say("letters", Warning, "translations are behind the authoritative text: "+strings.Join(stale, ", "),
			"Import each again: undersigned import letter FILE --slug LETTER --follows translation --publish")
		return
	}
	d.say("letters", Healthy, fmt.Sprintf("%d, no translation is behind", len(all)), "")
}

// texts names the editions whose signers signed words that no page shows.
func (d *Doctor) texts(ctx context.Context, a *App) {
	unshown, err := a.Letters.Editions.Unshown(ctx)
	if err != nil {
		d.say("texts", Problem, err.Error(), "Look at the database.")
		return
	}
	for _, u := range unshown {
		d.say("texts", Warning, fmt.Sprintf("edition %d of %s, in %s, holds words that are signed and that no page shows: %q (line %d of the body)",
			u.Edition, u.Slug, u.Language, u.Words, u.Line), "Editions never change. Publish another edition in which these words are plain, or are not.")
	}
	if len(unshown) == 0 {
		d.say("texts", Healthy, "every word that is signed is shown", "")
	}
}

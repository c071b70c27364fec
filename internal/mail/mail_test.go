package mail_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

func offices(t *testing.T, body func(t *testing.T, o *office)) {
	t.Helper()
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) { body(t, newOffice(t, db, clock)) })
}

func onSQLite(t *testing.T) *office {
	t.Helper()
	clock := testkit.NewClock()
	return newOffice(t, testkit.StoreAt(t, store.SQLite, store.Options{Now: clock.Now}), clock)
}

var linkLine = regexp.MustCompile(`(?m)^https://varrow\.example(/[a-z]+)?/confirm/[a-z2-7]{52}$`)

func TestMail_isPlainAndHTMLInTheReadersLanguage(t *testing.T) {
	o := onSQLite(t)
	languages := []string{"xx"}
	for _, l := range i18n.All() {
		languages = append(languages, l.Code)
	}
	for _, language := range languages {
		l := i18n.Find(language)
		if l == nil {
			l = i18n.Find(i18n.Default)
		}
		want := struct{ dir, title, prefix string }{l.Dir, "On the granary", "/" + l.Code + "/confirm/"}
		if l.Code == i18n.Default {
			want.prefix = ".example/confirm/"
		}
		if language == "fa" { // the letter's other text
			want.title = "دربارهٔ انبار"
		}
		m := o.one(language+"@example.org", language)
		header, plain, rich := read(t, m.raw)
		if subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject")); err != nil || subject != l.T("mail.confirm.subject") {
			t.Errorf("%s: subject %q, %v", language, subject, err)
		}
		for _, key := range []string{"greeting", "confirm.asked", "confirm.link", "confirm.code", "confirm.expires", "confirm.not_me", "confirm.why"} {
			if text := l.T("mail." + key); !strings.Contains(plain, text) || !strings.Contains(rich, html.EscapeString(text)) {
				t.Errorf("%s: the mail does not say mail.%s", language, key)
			}
		}
		if !strings.Contains(rich, `<html lang="`+l.Code+`" dir="`+l.Dir+`">`) {
			t.Errorf("%s: the page of the mail is %.100s", language, rich)
		}
		links := linkLine.FindAllString(plain, -1)
		if len(links) != 1 || !strings.Contains(links[0], want.prefix) || !strings.Contains(rich, `href="`+links[0]+`"`) {
			t.Errorf("%s: links %q", language, links)
		}
		if !strings.Contains(plain, want.title) || !strings.Contains(rich, want.title) || !strings.Contains(rich, `dir="`+want.dir+`"`) {
			t.Errorf("%s: not in its language:\n%s", language, plain)
		}
		if strings.ContainsFunc(links[0], func(r rune) bool { return r > 0x7e }) || strings.Contains(plain+rich, "Typed") {
			t.Errorf("%s: bidi controls beside the link, or text typed by the signer", language)
		}
		if m.from != "letters@varrow.example" || len(m.to) != 1 || m.to[0] != language+"@example.org" {
			t.Errorf("envelope %s → %q", m.from, m.to)
		}
		if code := header.Get("Content-Language"); language != "xx" && code != language || header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: header %v", language, header)
		}
		if regexp.MustCompile(`\b[0-9]{6}\b`).MatchString(plain) {
			t.Error("the match code stands in the mail that has the link")
		}
	}
}

func TestMail_aCodeMailHasNoLink(t *testing.T) {
	for _, l := range i18n.All() {
		codeMail(t, l)
	}
}

func codeMail(t *testing.T, l *i18n.Locale) {
	o := onSQLite(t)
	id := o.sign("mina@example.org", l.Code)
	e, _, err := o.Signing.Envelope(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Signing.MailCode(t.Context(), e.Token); err != nil {
		t.Fatal(err)
	}
	if err := o.Deliver(t.Context(), 78, id, "code"); err != nil {
		t.Fatal(err)
	}
	header, plain, rich := read(t, o.relay.taken()[0].raw)
	subject, _ := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if subject != l.T("mail.code.subject") || !strings.Contains(plain, l.T("mail.code.intro")) || !strings.Contains(rich, `dir="`+l.Dir+`"`) {
		t.Errorf("%s: %q %s", l.Code, subject, plain)
	}
	if !regexp.MustCompile(`(?m)^[0-9]{6}$`).MatchString(plain) || strings.Contains(plain+rich, "://") {
		t.Errorf("%s", plain)
	}
}

func TestMail_headersCannotBeInjected(t *testing.T) {
	o := onSQLite(t)
	bad := []string{"\r\nBcc: evil@example.org", "\nSubject: x\n\nbody", "\r", "\x00", "\u2028Bcc: x", "\u0085X: y", "=?utf-8?q?=0D=0ABcc:_x?=",
		`" <evil@example.org>, "`, "<evil@example.org>", "\\\"", "\u202eevil", strings.Repeat("long ", 300),
		"Ünïcode", "نامه‌ها", ".\r\n.\r\nMAIL FROM:<x>", "@", "(comment)", ",", ";", "\t\vfolded\f",
		"\xff\xfe", "{{.Link}}", "<script>"}
	var cases []string
	for _, a := range bad {
		cases = append(cases, a, "Letters "+a, a+" Letters")
		for _, b := range bad {
			cases = append(cases, "L"+a+b)
		}
	}
	id := o.sign("mina@example.org", "en")
	for i, text := range cases {
		o.Site = text
		if i%20 == 0 {
			o.titled("On " + text + fmt.Sprint(i))
			id = o.sign("mina@example.org", "en")
		}
		before := len(o.relay.taken())
		if err := o.Deliver(t.Context(), int64(i), id, "confirm"); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got := o.relay.taken()[before:]
		if len(got) != 1 || !slices.Equal(got[0].to, []string{"mina@example.org"}) {
			t.Fatalf("%q: %d messages", text, len(got))
		}
		header, plain, _ := read(t, got[0].raw)
		for key, values := range header {
			if !slices.Contains(strings.Fields("Mime-Version Date Message-Id From To Subject Auto-Submitted "+
				"Content-Language Content-Type"), key) || len(values) != 1 {
				t.Errorf("%q: header %s %q", text, key, values)
			}
		}
		if from, err := netmail.ParseAddressList(header.Get("From")); err != nil || len(from) != 1 || from[0].Address != "letters@varrow.example" {
			t.Errorf("%q: from %q, %v", text, header.Get("From"), err)
		}
		if to := header.Get("To"); to != "<mina@example.org>" {
			t.Errorf("%q: to %q", text, to)
		}
		if subject, _ := new(mime.WordDecoder).DecodeHeader(header.Get("Subject")); strings.ContainsAny(subject, "\r\n") || subject == "" {
			t.Errorf("%q: subject %q", text, subject)
		}
		if n := len(linkLine.FindAllString(plain, -1)); n != 1 || strings.ContainsAny(plain, "\u202e\u2028\x00") {
			t.Errorf("%q: %d links in %q", text, n, plain)
		}
		if i%20 == 0 {
			o.clock.Advance(time.Minute)
		}
	}
}

func TestMail_aSecondTryHasTheSameMessageID(t *testing.T) {
	o := onSQLite(t)
	id := o.sign("mina@example.org", "en")
	for range 2 { // the process ended between the relay's 250 and the mark
		if err := o.Deliver(t.Context(), 4711, id, "confirm"); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(time.Hour)
	}
	if err := o.Deliver(t.Context(), 4712, id, "confirm"); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range o.relay.taken() {
		header, _, _ := read(t, m.raw)
		ids = append(ids, header.Get("Message-ID"))
	}
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] == ids[2] || !strings.HasSuffix(ids[0], "@varrow.example>") {
		t.Errorf("message ids %q", ids)
	}
}

func TestMail_notSentOnceConfirmedOrDisputed(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		confirmed, disputed, expired := o.sign("a@example.org", "en"), o.sign("b@example.org", "en"), o.sign("c@example.org", "en")
		e, _, _ := o.Signing.Envelope(ctx, confirmed)
		if _, err := o.Signing.Confirm(ctx, e.Token, browser, "", signing.Shown{}); err != nil {
			t.Fatal(err)
		}
		e, _, _ = o.Signing.Envelope(ctx, disputed)
		if _, err := o.Signing.Dispute(ctx, e.Token, "", ""); err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{confirmed, disputed} {
			if err := o.Deliver(ctx, 1, id, "confirm"); err != nil {
				t.Error(err)
			}
		}
		o.clock.Advance(73 * time.Hour)
		if err := errors.Join(o.Deliver(ctx, 1, expired, "confirm"), o.Deliver(ctx, 1, 12345, "confirm")); err != nil {
			t.Error(err)
		}
		if n := len(o.relay.taken()); n != 0 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestSMTP_whatBecomesOfARefusal(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		answer  *smtp.SMTPError
		marked  bool
	}{
		"no such mailbox":     {"rcpt", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, true},
		"plain 550":           {"rcpt", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.NoEnhancedCode, Message: "no"}, false},
		"550 names it":        {"rcpt", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.NoEnhancedCode, Message: "<mina@example.org> unknown"}, true},
		"without enhanced":    {"rcpt", &smtp.SMTPError{Code: 551, EnhancedCode: smtp.NoEnhancedCode, Message: "user not local"}, true},
		"refused at the end":  {"data", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, true},
		"its content":         {"data", &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "no"}, false},
		"helo":                {"rcpt", &smtp.SMTPError{Code: 504, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "need fully-qualified hostname"}, false},
		"greylisted":          {"rcpt", &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "later"}, false},
		"full":                {"data", &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "later"}, false},
		"relaying denied":     {"rcpt", &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relay access denied"}, false},
		"authentication":      {"rcpt", &smtp.SMTPError{Code: 530, EnhancedCode: smtp.NoEnhancedCode, Message: "authentication required"}, false},
		"closes the channel":  {"rcpt", &smtp.SMTPError{Code: 421, Message: "going down"}, false},
		"local error at data": {"data", &smtp.SMTPError{Code: 451, Message: "later"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := onSQLite(t)
			o.relay.say(func(command, _ string) error {
				if command == c.command {
					return c.answer
				}
				return nil
			})
			id := o.sign("mina@example.org", "en")
			if err := o.Deliver(t.Context(), 1, id, "confirm"); (err == nil) != c.marked {
				t.Fatalf("err %v, want it marked %v", err, c.marked)
			}
			if got := o.blocked("MINA@example.org"); (got == mailbox.Refused) != c.marked {
				t.Errorf("blocked as %q", got)
			}
			o.relay.say(nil)
			if err := o.Deliver(t.Context(), 2, o.sign("MINA@example.org", "en"), "confirm"); err != nil { // they try again
				t.Fatal(err)
			}
			if n, got := len(o.relay.taken()), o.blocked("mina@example.org"); n != 1 || got != "" {
				t.Errorf("%d mails after it, blocked as %q", n, got)
			}
		})
	}
}

// blocked returns why an address gets no mails about the letter any more.
func (o *office) blocked(address string) string {
	o.t.Helper()
	key, err := o.Letters.Key(o.t.Context(), o.open.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	a, f := text.ParseAddress(address)
	if f != nil {
		o.t.Fatal(f)
	}
	reason, err := o.Mailboxes.Of(key, o.open.ID, a).Blocked(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return reason
}

// sending runs the mailer's jobs until stop.
func (o *office) sending() (stop func()) {
	r := job.NewRunner(o.Signing.DB, nil, job.Options{Workers: 4, Poll: 20 * time.Millisecond})
	o.Register(r)
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			o.t.Errorf("Run: %v", err)
		}
	})
}

func TestRelay_downThenUpLosesNothing(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		const signers = 40
		var mu sync.Mutex
		refused := 0
		first := make(chan struct{})
		o.relay.say(func(string, string) error { // down in its own way for every command
			mu.Lock()
			defer mu.Unlock()
			if refused++; refused == signers {
				close(first)
			}
			return []error{&smtp.SMTPError{Code: 421, Message: "down"}, &smtp.SMTPError{Code: 450, Message: "later"},
				&smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "denied"}}[refused%3]
		})
		for i := range signers {
			o.sign(fmt.Sprintf("a%d@example.org", i), "en")
		}
		stop := o.sending()
		<-first
		stop()
		o.relay.say(nil)
		o.clock.Advance(2 * time.Hour)
		stop = o.sending()
		for deadline := time.Now().Add(30 * time.Second); len(o.relay.taken()) < signers && time.Now().Before(deadline); {
			runtime.Gosched() // the jobs run in goroutines of their own
		}
		stop()
		seen := map[string]int{}
		for _, m := range o.relay.taken() {
			seen[m.to[0]]++
		}
		if len(seen) != signers || len(o.relay.taken()) != signers {
			t.Errorf("%d mails to %d of %d signers", len(o.relay.taken()), len(seen), signers)
		}
	})
}

var qDue = store.Q("test.due", `SELECT COUNT(*) FROM job WHERE kind = 'mail.confirm' AND run_at <= $1`)

// Whoever types many addresses of one domain does not flood it: what is too much goes out later, and is no failure.
func TestConfirm_floodsNoDomain(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.Mailboxes.Unlimited = false
		const asked = 300
		for i := range asked {
			o.sign(fmt.Sprintf("a%d@catchall.example", i), "en")
		}
		o.sign("x@works.example", "en")
		due := func() (n int) {
			err := o.Signing.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(qDue, o.clock.Now().UnixMicro()).Scan(&n) })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		work := func() (taken int) {
			for due() > 0 && t.Context().Err() == nil {
				stop := o.sending()
				for due() > 0 && t.Context().Err() == nil {
					runtime.Gosched()
				}
				stop()
			}
			return len(o.relay.taken())
		}
		taken := work()
		if taken < 31 || taken > 120 {
			t.Errorf("%d mails at once", taken)
		}
		health, err := job.Overview{DB: o.Signing.DB}.Health(t.Context(), "mail")
		if err != nil || health.Waiting != asked+1-taken || len(health.Failing) > 0 || o.Mailboxes.PutOff() != asked+1-taken {
			t.Errorf("%+v, %d put off, %v", health, o.Mailboxes.PutOff(), err)
		}
		hours := 0
		for taken < asked+1 && hours < 24 {
			o.clock.Advance(time.Hour)
			hours++
			taken = work()
		}
		if taken != asked+1 || hours < 2 || hours > 10 || o.Mailboxes.PutOff() != 0 {
			t.Errorf("%d of %d mails after %d hours, %d put off", taken, asked+1, hours, o.Mailboxes.PutOff())
		}
	})
}

func TestSMTP_keepsConnections(t *testing.T) {
	o := onSQLite(t)
	for range 10 {
		o.one("mina@example.org", "en")
	}
	o.relay.mu.Lock()
	defer o.relay.mu.Unlock()
	if o.relay.connections != 1 {
		t.Errorf("%d connections for 10 mails", o.relay.connections)
	}
}

// A connection that was kept serves the next mail after a recipient was refused on it, and one that the relay has closed in
// the meantime costs no mail and no second try.
func TestSMTP_keptConnectionsThatEnd(t *testing.T) {
	o := onSQLite(t)
	o.one("mina@example.org", "en")
	o.relay.say(func(command, _ string) error {
		if command == "rcpt" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody"}
		}
		return nil
	})
	if err := o.Deliver(t.Context(), 78, o.sign("nobody@example.org", "en"), "confirm"); err != nil {
		t.Errorf("a refused recipient: %v", err)
	}
	o.relay.say(nil)
	o.one("rosa@example.org", "en")
	o.relay.hangUp()
	o.one("sven@example.org", "en")
	o.relay.mu.Lock()
	defer o.relay.mu.Unlock()
	if o.relay.connections != 2 {
		t.Errorf("%d connections, 2 expected", o.relay.connections)
	}
}

func TestSMTP_addressesInAnyScript(t *testing.T) {
	o := onSQLite(t)
	m := o.one("مینا@münchen.example", "fa")
	header, _, _ := read(t, m.raw)
	if to := "مینا@xn--mnchen-3ya.example"; m.to[0] != to {
		t.Errorf("envelope %q", m.to)
	} else if list, err := netmail.ParseAddressList(header.Get("To")); err != nil || len(list) != 1 || list[0].Address != to {
		t.Errorf("To: %q, %v", header.Get("To"), err)
	}
}

func TestNewSMTP_wantsTLSUnlessOnLoopbackOrTold(t *testing.T) {
	for relay, want := range map[string]string{
		"smtp://localhost:25": "plain", "smtp://127.0.0.1": "plain", "smtp://[::1]:2525": "plain", "smtp://relay.example": "starttls",
		"smtp://u:p@relay.example:2525": "starttls",
		"smtp://relay.example?tls=off":  "plain", "smtp://relay.example?tls=on": "starttls", "smtps://relay.example": "tls",
		"smtps://localhost?tls=off": "tls", "smtp://10.0.0.1": "starttls",
		"smtp://127.0.0.1.example": "starttls", "smtp://localhost.example": "starttls",
	} {
		s, err := mail.NewSMTP(relay, "varrow.example")
		if err != nil || s.Security() != want {
			t.Errorf("%s: %v, %v; want %s", relay, s, err, want)
		}
	}
	for _, bad := range []string{"", "relay.example:25", "http://relay.example", "smtp://", "smtp://:25", "smtp://%zz"} {
		if _, err := mail.NewSMTP(bad, "varrow.example"); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestSMTP_sendsNothingWithoutTheTLSItWants(t *testing.T) {
	for name, r := range map[string]*relay{"no STARTTLS": newRelay(t, nil), "unknown certificate": newRelay(t, selfSigned(t))} {
		s, err := mail.NewSMTP(r.url, "varrow.example")
		if err != nil {
			t.Fatal(err)
		}
		s.RequireTLS()
		err = s.Send(t.Context(), "a@example.org", "b@example.org", []byte("Subject: x\r\n\r\nx"))
		if refusal := (*mail.Refusal)(nil); err == nil || errors.As(err, &refusal) || len(r.taken()) != 0 {
			t.Errorf("%s: %v, %d mails", name, err, len(r.taken()))
		}
	}
}

func TestSMTP_aRelayThatIsGoneIsWorthAnotherTry(t *testing.T) {
	s, err := mail.NewSMTP("smtp://127.0.0.1:1", "varrow.example") // below 1024, so that no other test is given it
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), "a@example.org", "b@example.org", []byte("x"))
	if refusal := (*mail.Refusal)(nil); err == nil || errors.As(err, &refusal) {
		t.Errorf("%v", err)
	}
}

func TestDKIM_verifies(t *testing.T) {
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"ed25519": edwards, "rsa": rsaKey} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "dkim.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		o := onSQLite(t)
		if o.Sign, err = mail.NewDKIM("varrow.example", "s1", file); err != nil {
			t.Fatal(err)
		}
		public, _ := x509.MarshalPKIXPublicKey(key.Public())
		if name == "ed25519" {
			public = key.Public().(ed25519.PublicKey)
		}
		verify := func(raw []byte) []*dkim.Verification {
			found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
				if domain != "s1._domainkey.varrow.example" {
					return nil, errors.New("no such record")
				}
				return []string{"v=DKIM1; k=" + name + "; p=" + base64.StdEncoding.EncodeToString(public)}, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		for _, l := range i18n.All() {
			language := l.Code
			raw := o.one(language+"@example.org", language).raw
			if got := verify(raw); len(got) != 1 || got[0].Err != nil || got[0].Domain != "varrow.example" {
				t.Errorf("%s, %s: %+v", name, language, got)
			}
			for _, change := range [][2]string{{"Subject:", "Subject: Re:"}, {"varrow.example/", "warrow.example/"},
				{"\r\nTo:", "\r\nList-Unsubscribe: <https://evil.example>\r\nTo:"}} {
				broken := bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1)
				if got := verify(broken); bytes.Equal(broken, raw) || len(got) != 1 || got[0].Err == nil {
					t.Errorf("%s: changed %q and still verified", name, change)
				}
			}
		}
	}
	for name, text := range map[string]string{"missing": "", "not PEM": "x", "not PKCS8": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		file := filepath.Join(t.TempDir(), "dkim.pem")
		if text != "" {
			os.WriteFile(file, []byte(text), 0o600)
		}
		if _, err := mail.NewDKIM("varrow.example", "s1", file); err == nil {
			t.Errorf("%s: a key was read", name)
		}
	}
}

func TestCatcher_keepsWhatWouldBeSent(t *testing.T) {
	o := onSQLite(t)
	box := &mail.Catcher{Now: o.clock.Now}
	o.Transport = box
	if err := o.Deliver(t.Context(), 5, o.sign("mina@example.org", "fa"), "confirm"); err != nil {
		t.Fatal(err)
	}
	got := box.Mails()
	if len(got) != 1 || got[0].To != "mina@example.org" || len(got[0].Links) != 1 || got[0].Language != "fa" || !linkLine.MatchString(got[0].Text) {
		t.Errorf("%+v", got)
	}
}

// Package config owns the settings of an instance. The comments and help texts of its fields are the manual.
//
// It promises that a setting has one name in flags, environment and documentation, that defaults run one machine with no
// file, and that a wrong value is refused before anything starts. It must not know what the settings are used for, and
// nothing outside it reads the environment.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Instance says which instance a command works on.
type Instance struct {
	Data     string `default:"./data" env:"UNDERSIGNED_DATA" placeholder:"DIR" help:"Folder of the keys, and of the database unless --database is given. Default: ./data."`
	Database string `env:"UNDERSIGNED_DATABASE" placeholder:"URL" help:"postgres://… uses PostgreSQL instead of the SQLite file in --data."`
	Origin   string `env:"UNDERSIGNED_ORIGIN" placeholder:"NAME" help:"Name of the public log, for ever; only when the instance is made. Default: undersigned/ and 16 random digits."`
}

// Recipients say who can open what a command writes: age recipients, whose identities are elsewhere.
type Recipients struct {
	Recipient      []string `env:"UNDERSIGNED_BACKUP_RECIPIENT" placeholder:"AGE1…" help:"age recipient, once or more often; each alone can open the file."`
	RecipientsFile []string `placeholder:"FILE" help:"File with one recipient a line."`
}

// Server are the settings of a running server.
type Server struct {
	Listen            string        `default:"127.0.0.1:8080" env:"UNDERSIGNED_LISTEN" placeholder:"ADDR" help:"Address and port to serve on. Put a TLS proxy in front, or serve loopback only."`
	BaseURL           string        `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How readers reach this server, e.g. https://letters.example.org; links in mails begin with it. Default: http:// and --listen."`
	SMTP              string        `env:"UNDERSIGNED_SMTP" name:"smtp" placeholder:"URL" help:"Mail relay: smtp://[USER:PASSWORD@]HOST:PORT, or smtps:// for TLS from the start. TLS is required except to loopback or with ?tls=off. Without it mails wait and no sign form is offered."`
	SMTPHello         string        `env:"UNDERSIGNED_SMTP_HELLO" name:"smtp-hello" placeholder:"NAME" help:"Name by which the server greets the relay (EHLO): a full host name, as many relays demand. Default: the host of the base URL."`
	MailFrom          string        `env:"UNDERSIGNED_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of all mails. Default: letters@ and the host of the base URL."`
	MailWorkers       int           `default:"8" env:"UNDERSIGNED_MAIL_WORKERS" help:"Mails sent at the same time."`
	MailRate          int           `default:"100" env:"UNDERSIGNED_MAIL_RATE" help:"Mails sent a second at most, 0 for no limit. What is more waits its turn, so that a rush of signatures is neither slowed by its own mails nor refused by the relay."`
	DKIMDomain        string        `env:"UNDERSIGNED_DKIM_DOMAIN" name:"dkim-domain" help:"Domain that signs mails (DKIM)."`
	DKIMSelector      string        `env:"UNDERSIGNED_DKIM_SELECTOR" name:"dkim-selector" default:"undersigned" help:"Selector of the DKIM key in the DNS."`
	DKIMKey           string        `env:"UNDERSIGNED_DKIM_KEY" name:"dkim-key" placeholder:"FILE" help:"PEM file (PKCS #8, RSA or Ed25519) of the DKIM key."`
	Inbox             string        `env:"UNDERSIGNED_INBOX" placeholder:"URL" help:"Where what comes back of mails arrives: imaps://USER@HOST[:PORT][/FOLDER], a mailbox that is read every minute (imap:// only to loopback), or the word local for mails that a mail server hands to undersigned mail receive. Every mail then has an address of its own to come back to, ADDRESS+…@DOMAIN. Default: none."`
	InboxPasswordFile string        `env:"UNDERSIGNED_INBOX_PASSWORD_FILE" name:"inbox-password-file" placeholder:"FILE" help:"File with the password of the mailbox in --inbox."`
	InboxAddress      string        `env:"UNDERSIGNED_INBOX_ADDRESS" name:"inbox-address" placeholder:"ADDRESS" help:"Address whose mails arrive in --inbox, and those to the same with + and more before the @. Default: --mail-from."`
	PublishEvery      time.Duration `default:"10m" env:"UNDERSIGNED_PUBLISH_EVERY" placeholder:"DURATION" help:"Rhythm in which confirmed signatures join list and count. A longer one tells less about when somebody signed."`
	MetricsListen     string        `env:"UNDERSIGNED_METRICS_LISTEN" placeholder:"ADDR" help:"Address and port of GET /metrics, for Prometheus; a listener of its own, so that it can stay on loopback. Default: none."`
	MemoryLimit       Size          `env:"UNDERSIGNED_MEMORY_LIMIT" placeholder:"SIZE" help:"Memory, for example 256MiB, from which on the program rather spends processor time on collecting than takes more; the caches of SQLite, up to 72MiB, are beside it. Default: GOMEMLIMIT, else half of what the machine or the control group has."`
	RateLimit         string        `default:"on" enum:"on,off" env:"UNDERSIGNED_RATE_LIMIT" placeholder:"on|off" help:"off lifts request and mail budgets; for benchmarks and tests only."`
	BurstFrom         int           `default:"50" env:"UNDERSIGNED_BURST_FROM" placeholder:"N" help:"Once so many signatures on a letter, or up to twice as many, came from one mail domain within an hour, those that follow are held for an editor to look at (the number is drawn anew for each hour, so that nobody learns from being held who else signed); large providers are left out of this. 0 for never."`
	DisposableDomains string        `env:"UNDERSIGNED_DISPOSABLE_DOMAINS" placeholder:"FILE" help:"Mail domains, one a line, whose signatures are held as coming from throw-away addresses, beside those that the program knows."`
	TrustProxy        []string      `env:"UNDERSIGNED_TRUST_PROXY" placeholder:"CIDR" help:"Networks whose X-Forwarded-For is believed when requests are counted."`
	Name              string        `env:"UNDERSIGNED_NAME" default:"Undersigned" help:"Name of this site, on every page and mail."`
	Operator          string        `env:"UNDERSIGNED_OPERATOR" help:"Who runs this server, as the privacy page says."`
	Contact           string        `env:"UNDERSIGNED_CONTACT" placeholder:"ADDRESS" help:"How to reach the operator, as the privacy page says."`
}

// LeastMemory is the lowest memory limit: several times what a server at rest lives on, or the collector would never stop.
const LeastMemory Size = 64 << 20

// Size is a number of bytes, written with its unit: 256MiB.
type Size int64

// UnmarshalText reads a whole number of MiB or GiB.
func (s *Size) UnmarshalText(text []byte) error {
	for i, unit := range []string{"MiB", "GiB"} {
		if number, ok := strings.CutSuffix(string(text), unit); ok {
			if n, err := strconv.ParseUint(number, 10, 20); err == nil {
				*s = Size(n << (20 + 10*i))
				return nil
			}
		}
	}
	return fmt.Errorf("%q is no size; give a number of MiB or GiB, for example 256MiB", text)
}

// Complete fills in what follows from other settings, and refuses wrong values.
func (s *Server) Complete() error {
	if s.BaseURL == "" {
		host, port, err := net.SplitHostPort(s.Listen) // passkeys need a name, so loopback is localhost
		if err != nil {
			return fmt.Errorf("--listen %q: %w; give ADDRESS:PORT, for example 127.0.0.1:8080", s.Listen, err)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
			host = "localhost"
		}
		s.BaseURL = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("--base-url %q: give scheme and host only, for example https://letters.example.org", s.BaseURL)
	}
	s.BaseURL = u.Scheme + "://" + u.Host
	host := u.Hostname()
	if !strings.Contains(host, ".") || net.ParseIP(host) != nil {
		host = "localhost.localdomain"
	}
	if s.MailFrom == "" {
		s.MailFrom = "letters@" + host
	}
	if s.SMTPHello == "" {
		s.SMTPHello = host
	}
	if strings.ContainsFunc(s.SMTPHello, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("--smtp-hello %q: give a host name such as letters.example.org, in ASCII", s.SMTPHello)
	}
	if err := s.completeInbox(); err != nil {
		return err
	}
	if s.PublishEvery < 100*time.Millisecond {
		return errors.New("--publish-every: at least 100ms")
	}
	if s.MailWorkers < 1 || s.MailWorkers > 200 {
		return errors.New("--mail-workers: from 1 to 200")
	}
	if s.MemoryLimit != 0 && s.MemoryLimit < LeastMemory {
		return fmt.Errorf("--memory-limit: at least %dMiB", LeastMemory>>20)
	}
	if s.BurstFrom < 0 {
		return errors.New("--burst-from: from 1 on, or 0 for never")
	}
	if s.MailRate < 0 {
		return errors.New("--mail-rate: from 1 on, or 0 for no limit")
	}
	if (s.DKIMDomain == "") != (s.DKIMKey == "") {
		return errors.New("--dkim-domain and --dkim-key go together")
	}
	for _, cidr := range s.TrustProxy {
		if _, _, err := net.ParseCIDR(cidr); err != nil {
			return fmt.Errorf("--trust-proxy %q: give a network such as 10.0.0.0/8", cidr)
		}
	}
	return nil
}

// InboxLocal is --inbox for mails that a mail server hands over.
const InboxLocal = "local"

// maxInboxLocal leaves room in 64 bytes for what addresses are made of (mailbox.MaxInboxLocal).
const maxInboxLocal = 19

// completeInbox fills in and checks what is said of the inbox.
func (s *Server) completeInbox() error {
	if s.Inbox == "" {
		return nil
	}
	if s.InboxAddress == "" {
		s.InboxAddress = s.MailFrom
	}
	local, domain, ok := strings.Cut(s.InboxAddress, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(s.InboxAddress, "+=<>\" ,;") || len(local) > maxInboxLocal {
		return fmt.Errorf("--inbox-address %q: give an address with at most %d characters and no + before the @", s.InboxAddress, maxInboxLocal)
	}
	if s.Inbox == InboxLocal {
		return nil
	}
	u, err := url.Parse(s.Inbox)
	if err != nil || u.Scheme != "imaps" && u.Scheme != "imap" || u.Hostname() == "" || u.User.Username() == "" {
		return errors.New("--inbox: give imaps://USER@HOST or the word local; an @ in USER is written %40")
	}
	if _, inside := u.User.Password(); inside {
		return errors.New("--inbox: put the password into a file, and name that by --inbox-password-file")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "imap" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("--inbox: imap:// is not encrypted and for loopback alone; give imaps://")
	}
	if s.InboxPasswordFile == "" {
		return errors.New("--inbox-password-file: name the file that holds the password of the mailbox")
	}
	return nil
}

// SecureCookies reports whether browsers take a Secure cookie from the base URL: over https, and on loopback.
func (s *Server) SecureCookies() bool {
	u, err := url.Parse(s.BaseURL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

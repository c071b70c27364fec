package mail_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// message is what the relay was given.
type message struct {
	from string
	to   []string
	raw  []byte
}

// relay is a mail server on loopback.
type relay struct {
	url string

	mu          sync.Mutex
	answer      func(command, to string) error // for "rcpt" and "data"; nil takes everything; guarded by mu
	messages    []message                      // guarded by mu
	connections int                            // guarded by mu
	open        []*smtp.Conn                   // guarded by mu
}

func newRelay(t testing.TB, certificate *tls.Certificate) *relay {
	t.Helper()
	r := &relay{}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.connections++
		r.open = append(r.open, c)
		return &session{relay: r}, nil
	}))
	server.Domain, server.EnableSMTPUTF8 = "relay.example", true
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if certificate != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	r.url = "smtp://" + listener.Addr().String()
	return r
}

// say sets what the relay answers.
func (r *relay) say(answer func(command, to string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// hangUp closes the connections.
func (r *relay) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		_ = c.Close()
	}
	r.open = nil
}

func (r *relay) taken() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message(nil), r.messages...)
}

type session struct {
	relay *relay
	now   message
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.now = message{from: from}
	return nil
}

func (s *session) ask(command string) error {
	s.relay.mu.Lock()
	answer := s.relay.answer
	s.relay.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(command, s.now.to[len(s.now.to)-1])
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.now.to = append(s.now.to, to)
	return s.ask("rcpt")
}

func (s *session) Data(r io.Reader) (err error) {
	if s.now.raw, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := s.ask("data"); err != nil {
		return err
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.messages = append(s.relay.messages, s.now)
	return nil
}

func (s *session) Reset()        { s.now = message{} }
func (s *session) Logout() error { return nil }

// office sends mails about one letter through the relay.
type office struct {
	*mail.Mailer
	t     testing.TB
	clock *testkit.Clock
	relay *relay
	open  letter.Letter

	Intake *intake.Service
}

const browser = "the browser that signed"

func newOffice(t testing.TB, db *store.DB, clock *testkit.Clock) *office {
	t.Helper()
	keys, err := seal.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	services := app.NewServices(db, keys, testkit.PublicLog(t, db), nil)
	services.Mailboxes.Unlimited = true
	letters := services.Letters
	o := &office{t: t, clock: clock, relay: newRelay(t, nil), Intake: services.Intake}
	smtp, err := mail.NewSMTP(o.relay.url, "varrow.example")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(smtp.Close)
	o.Mailer = &mail.Mailer{Transport: smtp, Letters: letters, Mailboxes: services.Mailboxes, Roll: services.Roll, Signing: services.Signing,
		Invitations: services.Invitations, News: services.News, Deliveries: services.Deliveries, Inbox: services.Inbox,
		Site: "Letters of Varrow", From: "letters@varrow.example", BaseURL: "https://varrow.example", Workers: 4, Log: slog.New(slog.DiscardHandler)}
	o.titled("On the granary")
	return o
}

// titled publishes a letter in English and Persian with the title.
func (o *office) titled(title string) {
	o.t.Helper()
	for _, language := range []string{"en", "fa"} {
		name := title
		if language == "fa" {
			name = "دربارهٔ انبار"
		}
		l, _, err := o.Letters.Import(o.t.Context(), letter.Import{Slug: i18n.Slug(title, "letter"), Text: letter.Text{Language: language, Title: name, Body: "The granary is empty."}, Publish: language == "fa"})
		if err != nil {
			o.t.Fatal(err)
		}
		o.open = l
	}
}

func (o *office) sign(email, language string) (pending int64) {
	o.t.Helper()
	id, err := o.Signing.Sign(o.t.Context(), signing.Request{Letter: o.open, Edition: o.open.Edition.Number, Browser: browser, Lang: language,
		Shown: signing.Shown{Kind: verify.Person, Name: "Zarafshan Typed", Title: "Typed title", Listing: roll.Public}, Email: email, Consent: true, IsCountry: i18n.IsCountry})
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

// one sends the mail of a new signature and returns it.
func (o *office) one(email, language string) message {
	o.t.Helper()
	before := len(o.relay.taken())
	if err := o.Deliver(o.t.Context(), 77, o.sign(email, language), "confirm"); err != nil {
		o.t.Fatal(err)
	}
	all := o.relay.taken()
	if len(all) != before+1 {
		o.t.Fatalf("%d messages for one mail", len(all)-before)
	}
	return all[before]
}

// read returns a message's header and its two parts.
func read(t testing.TB, raw []byte) (header netmail.Header, plain, rich string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if kind, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind != want || params["charset"] != "UTF-8" {
			t.Errorf("part %s %v, want %s", kind, params, want)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if want == "text/plain" {
			plain = string(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
		} else {
			rich = string(body)
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("a third part: %v", err)
	}
	return m.Header, plain, rich
}

func selfSigned(t testing.TB) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A relay that takes one EHLO a connection, as the RFC lets it, gets every mail at once: also after a recipient was refused, which RSET
// ends. It is greeted by the name of the site, or in the words of a relay that wants a full one nothing would go.
func TestSMTP_greetsOnce(t *testing.T) {
	var mu sync.Mutex
	var said []string
	relay := serve(t, func(c net.Conn) {
		fmt.Fprint(c, "220 relay.example\r\n")
		greeted, data := false, false
		for lines := bufio.NewScanner(c); lines.Scan(); {
			line := lines.Text()
			verb, _, _ := strings.Cut(line, " ")
			mu.Lock()
			if !data {
				said = append(said, line)
			}
			mu.Unlock()
			switch {
			case data:
				if data = line != "."; !data {
					fmt.Fprint(c, "250 2.0.0 taken\r\n")
				}
			case verb == "EHLO" && greeted:
				fmt.Fprint(c, "503 5.5.1 you said that\r\n")
			case verb == "EHLO":
				greeted = true
				fmt.Fprint(c, "250-relay.example\r\n250-SIZE 100000\r\n250 ENHANCEDSTATUSCODES\r\n")
			case verb == "DATA":
				data = true
				fmt.Fprint(c, "354 go on\r\n")
			case strings.Contains(line, "nobody@"):
				fmt.Fprint(c, "550-5.1.1 There is\r\n550 5.1.1 nobody\r\n")
			case verb == "QUIT":
				return
			default:
				fmt.Fprint(c, "250 2.0.0 well\r\n")
			}
		}
	})
	s, err := mail.NewSMTP("smtp://"+relay, "letters.varrow.example")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, to := range []string{"a@example.org", "nobody@example.org", "b@example.org", "nobody@example.org", "c@example.org"} {
		err := s.Send(t.Context(), "letters@varrow.example", to, []byte("Subject: x\r\n\r\nx\r\n"))
		if refusal := (*mail.Refusal)(nil); errors.As(err, &refusal) != strings.HasPrefix(to, "nobody") || err != nil && refusal == nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if n := len(slices.DeleteFunc(slices.Clone(said), func(l string) bool { return l != "EHLO letters.varrow.example" })); n != 1 || said[0] != "EHLO letters.varrow.example" {
		t.Errorf("%q", said)
	}
	if !slices.Contains(said, "MAIL FROM:<letters@varrow.example> SIZE=17") || !slices.Contains(said, "RSET") {
		t.Errorf("%q", said)
	}
}

package testkit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Inbox is a mail relay in this process that keeps what it is given.
type Inbox struct {
	URL string // for --smtp

	mu      sync.Mutex
	mails   []Mail          // guarded by mu; those nobody has taken yet
	count   int             // guarded by mu; of all mails
	arrived chan struct{}   // guarded by mu; closed at the next mail, and then replaced
	refused map[string]bool // guarded by mu; recipients that get 550
	failing bool            // guarded by mu; everybody gets 451
}

// Mail is one message with one recipient, as it arrived.
type Mail struct {
	From, To string
	Header   mail.Header
	Subject  string
	Text     string // the plain part
	Link     string // the first line of Text that is an address
	Raw      []byte
}

// Token returns the last segment of the mail's link.
func (m Mail) Token() string { return m.Link[strings.LastIndexByte(m.Link, '/')+1:] }

var sixDigits = regexp.MustCompile(`(?m)^\s*([0-9]{6})\s*$`)

// Code returns the six digits that stand alone on a line.
func (m Mail) Code() string {
	if found := sixDigits.FindStringSubmatch(m.Text); found != nil {
		return found[1]
	}
	return ""
}

// mailWithin bounds how long a test waits for a mail: far beyond what a busy machine needs.
const mailWithin = 30 * time.Second

// NewInbox starts an inbox that ends with the test.
func NewInbox(t testing.TB) *Inbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &Inbox{URL: "smtp://" + listener.Addr().String(), arrived: make(chan struct{}), refused: map[string]bool{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &smtpSession{inbox: i}, nil }))
	server.Domain, server.MaxMessageBytes, server.ErrorLog = "inbox.example", 1<<20, quiet{}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return i
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// Fail answers 451 to everybody, or no more.
func (i *Inbox) Fail(on bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failing = on
}

// Refuse answers 550 to the recipient from now on.
func (i *Inbox) Refuse(address string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refused[address] = true
}

// Wait takes the oldest mail to the address that was not taken yet, waiting for it to arrive.
func (i *Inbox) Wait(t testing.TB, address string) Mail {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), mailWithin)
	defer cancel()
	m, ok := i.Await(ctx, address)
	if !ok {
		t.Fatalf("no mail to %s within %s", address, mailWithin)
	}
	return m
}

// Await is Wait until ctx ends, for goroutines.
func (i *Inbox) Await(ctx context.Context, address string) (Mail, bool) {
	for {
		m, ok, arrived := i.take(address)
		if ok {
			return m, true
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Mail{}, false
		}
	}
}

// Take takes the oldest mail to the address that was not taken yet, if it is there.
func (i *Inbox) Take(address string) (Mail, bool) {
	m, ok, _ := i.take(address)
	return m, ok
}

// Has reports whether a mail to the address is there that was not taken yet.
func (i *Inbox) Has(address string) bool {
	return slices.ContainsFunc(i.Left(), func(m Mail) bool { return m.To == address })
}

func (i *Inbox) take(address string) (m Mail, ok bool, arrived chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n, m := range i.mails {
		if m.To == address {
			i.mails = append(i.mails[:n:n], i.mails[n+1:]...)
			return m, true, nil
		}
	}
	return m, false, i.arrived
}

// Left returns the mails that nobody has taken, in the order in which they arrived.
func (i *Inbox) Left() []Mail {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.mails)
}

// Count returns how many mails have arrived.
func (i *Inbox) Count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count
}

func (i *Inbox) keep(from, to string, raw []byte) error {
	m, err := parseMail(raw)
	if err != nil {
		return err
	}
	m.From, m.To, m.Raw = from, to, raw
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mails = append(i.mails, m)
	i.count++
	close(i.arrived)
	i.arrived = make(chan struct{})
	return nil
}

var linkAlone = regexp.MustCompile(`(?m)^https?://\S+$`)

// parseMail reads a multipart message and its plain part.
func parseMail(raw []byte) (m Mail, err error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m.Header = msg.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return m, err
	}
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return m, err
	}
	part, err := multipart.NewReader(msg.Body, params["boundary"]).NextRawPart()
	if err != nil {
		return m, err
	}
	if kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && kind == "multipart/alternative" { // files go with it
		if part, err = multipart.NewReader(part, params["boundary"]).NextRawPart(); err != nil {
			return m, err
		}
	}
	if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
		return m, errors.New("the first part is not plain text")
	}
	body := io.Reader(part)
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(part)
	}
	text, err := io.ReadAll(body)
	m.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
	m.Link = linkAlone.FindString(m.Text)
	return m, err
}

type smtpSession struct {
	inbox    *Inbox
	from, to string
}

// Mail begins a message.
func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt names its recipient.
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	if s.inbox.failing {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later, " + to}
	}
	if s.inbox.refused[to] {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox " + to}
	}
	s.to = to
	return nil
}

// Data takes the message.
func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.inbox.keep(s.from, s.to, raw)
}

// Reset forgets the message.
func (s *smtpSession) Reset() { s.from, s.to = "", "" }

// Logout ends the session.
func (s *smtpSession) Logout() error { return nil }

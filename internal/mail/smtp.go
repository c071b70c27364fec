package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// SMTP sends through a relay and keeps connections for the next mail. It is safe for concurrent use.
type SMTP struct {
	host, port     string
	user, password string
	implicit       bool // TLS from the start
	plain          bool // no TLS at all

	mu   sync.Mutex
	idle []*connection // guarded by mu
}

type connection struct {
	client *smtp.Client
	used   time.Time
	sent   int
}

// Bounds of a kept connection; relays close those that idle longer or send more.
const (
	maxIdle        = 8
	idleFor        = 20 * time.Second
	mailsEach      = 50
	commandTimeout = 30 * time.Second
	submitTimeout  = 90 * time.Second
)

// NewSMTP reads smtp://[USER:PASSWORD@]HOST[:PORT][?tls=off] or smtps://….
func NewSMTP(relay string) (*SMTP, error) {
	u, err := url.Parse(relay)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("--smtp: give smtp://HOST:PORT or smtps://HOST:PORT, with USER:PASSWORD@ before HOST if the relay asks for it")
	}
	s := &SMTP{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps", user: u.User.Username()}
	s.password, _ = u.User.Password()
	if s.port == "" {
		if s.port = "587"; s.implicit {
			s.port = "465"
		}
	}
	ip := net.ParseIP(s.host)
	loopback := s.host == "localhost" || ip != nil && ip.IsLoopback()
	s.plain = !s.implicit && (loopback || u.Query().Get("tls") == "off")
	return s, nil
}

// Send hands the message to the relay. It returns a *Refusal when the relay refuses the recipient or the message for
// good; every other error is worth another try.
func (s *SMTP) Send(ctx context.Context, from, to string, message []byte) error {
	c, err := s.begin(ctx, from, to)
	if err != nil {
		return err
	}
	if err := c.client.Rcpt(to, nil); err != nil {
		if c.client.Reset() != nil { // or MAIL would be refused while this one is open
			_ = c.client.Close()
		} else {
			s.release(c)
		}
		return refusal(err)
	}
	w, err := c.client.Data()
	if err == nil {
		_, err = bytes.NewReader(message).WriteTo(w)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		_ = c.client.Close()
		return refusal(err)
	}
	s.release(c)
	return nil
}

// begin returns a connection on which the relay has taken MAIL. Whether a kept connection still stands is only known then:
// to ask beforehand costs two round trips a mail, since go-smtp greets anew after RSET.
func (s *SMTP) begin(ctx context.Context, from, to string) (*connection, error) {
	for {
		c, err := s.connection(ctx)
		if err != nil {
			return nil, err
		}
		var options *smtp.MailOptions
		if strings.ContainsFunc(to, func(r rune) bool { return r > unicode.MaxASCII }) {
			if ok, _ := c.client.Extension("SMTPUTF8"); !ok {
				s.release(c)
				return nil, &Refusal{Code: 553} // as the relay itself would say (RFC 6531, 3.5)
			}
			options = &smtp.MailOptions{UTF8: true}
		}
		if err = c.client.Mail(from, options); err == nil {
			return c, nil
		}
		_ = c.client.Close()
		if answer, ok := errors.AsType[*smtp.SMTPError](err); c.sent == 0 || ok && answer.Code != 421 {
			return nil, err
		}
	}
}

// refusal returns a *Refusal for a permanent answer about the recipient or the message. One about the relay's own rules
// (RFC 3463, 3.8: relaying denied, authentication wanted) is none: it is the operator's to mend, and must not cost a
// signature.
func refusal(err error) error {
	e, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok || e.Code < 500 || e.Code > 599 || e.EnhancedCode[1] == 7 || e.Code == 530 || e.Code == 535 {
		return err
	}
	return &Refusal{Code: e.Code}
}

// failure says in a word why a relay took no mail: its code, or that it is not to be reached.
func failure(err error) string {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return "smtp_" + strconv.Itoa(e.Code)
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "relay_away"
	}
	return "smtp"
}

// connection returns a kept connection, which the relay may have closed since, or a new one.
func (s *SMTP) connection(ctx context.Context) (*connection, error) {
	for {
		s.mu.Lock()
		n := len(s.idle)
		if n == 0 {
			s.mu.Unlock()
			return s.dial(ctx)
		}
		c := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		if time.Since(c.used) < idleFor && c.sent < mailsEach {
			return c, nil
		}
		_ = c.client.Close()
	}
}

func (s *SMTP) release(c *connection) {
	c.used = time.Now()
	c.sent++
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) < maxIdle {
		s.idle = append(s.idle, c)
		return
	}
	_ = c.client.Close()
}

// Close ends the kept connections.
func (s *SMTP) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.idle {
		_ = c.client.Close()
	}
	s.idle = nil
}

func (s *SMTP) dial(ctx context.Context) (*connection, error) {
	dialer := net.Dialer{Timeout: commandTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	var client *smtp.Client
	switch {
	case s.implicit:
		client = smtp.NewClient(tls.Client(conn, config))
	case s.plain:
		client = smtp.NewClient(conn)
	default:
		client, err = smtp.NewClientStartTLS(conn, config)
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("mail: the relay offers no TLS: %w", err)
		}
	}
	client.CommandTimeout, client.SubmissionTimeout = commandTimeout, submitTimeout
	if s.user != "" {
		if err := client.Auth(sasl.NewPlainClient("", s.user, s.password)); err != nil {
			_ = client.Close()
			return nil, fmt.Errorf("mail: the relay refuses user and password: %w", err)
		}
	}
	return &connection{client: client}, nil
}

// Check talks to the relay as far as a mail would, login included, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer c.client.Close()
	if err := c.client.Noop(); err != nil {
		return err
	}
	return c.client.Quit()
}

package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
)

// SMTP sends through a relay and keeps connections for the next mail. It is safe for concurrent use.
type SMTP struct {
	host, port     string
	user, password string
	implicit       bool // TLS from the start
	plain          bool // no TLS at all
	hello          string
	tls            tls.Config

	Trace func(line string) // nil, or told of each line that either side says, but for passwords and the mail itself

	mu   sync.Mutex
	idle []*client // guarded by mu
}

// Bounds of a kept connection; relays close those that idle longer or send more.
const (
	maxIdle   = 8
	idleFor   = 20 * time.Second
	mailsEach = 50
)

// NewSMTP reads smtp://[USER:PASSWORD@]HOST[:PORT][?tls=off] or smtps://…. hello is the name that this server greets the relay by.
func NewSMTP(relay, hello string) (*SMTP, error) {
	u, err := url.Parse(relay)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("--smtp: give smtp://HOST:PORT or smtps://HOST:PORT, with USER:PASSWORD@ before HOST if the relay asks for it")
	}
	s := &SMTP{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps", user: u.User.Username(), hello: hello,
		tls: tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
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

// Send hands the message to the relay. It returns a *Refusal when the relay refuses the recipient for good, an *Answer for every other
// answer that is not what a mail needs; these and all other errors are worth another try.
func (s *SMTP) Send(ctx context.Context, from, to string, message []byte) error {
	err := s.deliver(ctx, from, to, message)
	if a, ok := errors.AsType[*Answer](err); ok && a.refuses(to) {
		return &Refusal{Code: a.Code}
	}
	return err
}

// deliver is Send, but for what an answer is about.
func (s *SMTP) deliver(ctx context.Context, from, to string, message []byte) error {
	c, err := s.begin(ctx, from, to, len(message))
	if err != nil {
		return err
	}
	if err := c.data(ctx, message); err != nil {
		c.quit()
		return err
	}
	s.release(c)
	return nil
}

// begin returns a connection on which the relay has taken sender and recipient. Whether a kept connection still stands is only known
// then: to ask beforehand costs a round trip a mail.
func (s *SMTP) begin(ctx context.Context, from, to string, size int) (*client, error) {
	for {
		c, err := s.connection(ctx)
		if err != nil {
			return nil, err
		}
		unicode := strings.ContainsFunc(to, func(r rune) bool { return r > unicode.MaxASCII })
		if err = c.sender(ctx, from, size, unicode); err == nil {
			if err = c.recipient(ctx, to); err == nil {
				return c, nil
			}
		}
		a, ok := errors.AsType[*Answer](err)
		if kept := c.sent > 0; kept && (!ok || a.Code == 421) && ctx.Err() == nil { // the relay has closed it, or is about to
			c.quit()
			continue
		}
		if !ok || a.Code == 421 || a.Step == stepRecipient && c.reset(ctx) != nil { // or MAIL would be refused while this one is open
			c.quit()
		} else {
			s.release(c)
		}
		return nil, err
	}
}

// connection returns a kept connection, which the relay may have closed since, or a new one.
func (s *SMTP) connection(ctx context.Context) (*client, error) {
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
		c.quit()
	}
}

func (s *SMTP) release(c *client) {
	c.used = time.Now()
	c.sent++
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) < maxIdle {
		s.idle = append(s.idle, c)
		return
	}
	c.quit()
}

// Close ends the kept connections.
func (s *SMTP) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.idle {
		c.quit()
	}
	s.idle = nil
}

// dial greets the relay on a new connection.
func (s *SMTP) dial(ctx context.Context) (*client, error) {
	dialer := net.Dialer{Timeout: commandTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, &broken{stepConnect, err}
	}
	c := &client{conn: conn, trace: s.Trace}
	if err := c.open(ctx, s); err != nil {
		c.quit()
		return nil, err
	}
	return c, nil
}

// Check talks to the relay as far as a mail would, login included, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err == nil {
		c.quit()
	}
	return err
}

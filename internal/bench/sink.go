package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/undersigned/undersigned/internal/mail"
)

// Relay is how the mail relay behaves.
type Relay string

// The relays.
const (
	Fast Relay = "fast" // takes every mail at once
	Slow Relay = "slow" // takes slowMail for each
	Down Relay = "down" // refuses connections
)

const slowMail = 200 * time.Millisecond

// sink is a mail relay that keeps of each mail its recipient and, if wanted, its link.
type sink struct {
	addr      string
	wantLinks bool

	mu     sync.Mutex
	server *smtp.Server      // guarded by mu; nil while it is down
	relay  Relay             // guarded by mu
	mails  int               // guarded by mu
	links  map[string]string // by recipient; guarded by mu
}

// newSink listens, on a free port of loopback when addr is empty.
func newSink(addr string, wantLinks bool) (*sink, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--smtp-listen: %w", err)
	}
	s := &sink{addr: listener.Addr().String(), wantLinks: wantLinks, relay: Fast, links: map[string]string{}}
	s.serve(listener)
	return s, nil
}

// serve is called with mu held, or before anybody else knows s.
func (s *sink) serve(listener net.Listener) {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }))
	server.Domain, server.MaxMessageBytes, server.MaxRecipients = "sink.invalid", 1<<20, 1
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0)
	s.server = server
	go func() { _ = server.Serve(listener) }()
}

// set changes the behaviour.
func (s *sink) set(relay Relay) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.relay = relay
	switch {
	case relay == Down && s.server != nil:
		_ = s.server.Close()
		s.server = nil
	case relay != Down && s.server == nil:
		listener, err := net.Listen("tcp", s.addr)
		if err != nil {
			return fmt.Errorf("the relay does not come back: %w", err)
		}
		s.serve(listener)
	}
	return nil
}

func (s *sink) close() { _ = s.set(Down) }

// received returns the number of distinct recipients.
func (s *sink) received() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links)
}

func (s *sink) link(recipient string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.links[recipient]
}

func (s *sink) compare(l *ledger) Delivery {
	accepted := l.addresses()
	s.mu.Lock()
	defer s.mu.Unlock()
	d := Delivery{Accepted: len(accepted), Mails: s.mails}
	for _, address := range accepted {
		if _, ok := s.links[address]; ok {
			d.Delivered++
		}
	}
	d.Missing = d.Accepted - d.Delivered
	return d
}

// session is one connection of the product's mailer.
type session struct {
	sink *sink
	to   string
}

func (*session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

// Data takes the mail. It counts when the whole of it came, before the answer, which may be lost: what counts twice then
// is the same recipient.
func (s *session) Data(r io.Reader) error {
	link, err := s.read(r)
	if err != nil {
		return err
	}
	s.sink.mu.Lock()
	slow := s.sink.relay == Slow
	s.sink.mu.Unlock()
	if slow {
		time.Sleep(slowMail)
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.mails++
	s.sink.links[s.to] = link
	return nil
}

func (s *session) read(r io.Reader) (link string, err error) {
	if !s.sink.wantLinks {
		_, err = io.Copy(io.Discard, r)
		return "", err
	}
	message, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	box := mail.Catcher{Now: time.Now}
	if err := box.Send(context.Background(), "", s.to, message); err != nil {
		return "", err
	}
	for _, link := range box.Mails()[0].Links {
		if strings.Contains(link, "/confirm/") {
			return link, nil
		}
	}
	return "", errors.New("a mail without a link")
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

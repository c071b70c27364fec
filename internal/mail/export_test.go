package mail

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
)

// Deliver runs the handler of a job.
func (m *Mailer) Deliver(ctx context.Context, id, pending int64, kind string) error {
	return m.send(ctx, id, pending, kind)
}

// DeliverReader runs the handler of a job about a reader.
func (m *Mailer) DeliverReader(ctx context.Context, id int64, j letter.ReaderMail) error {
	return m.sendReader(ctx, id, j)
}

// Security says how the relay is spoken to.
func (s *SMTP) Security() string {
	switch {
	case s.implicit:
		return "tls"
	case s.plain:
		return "plain"
	}
	return "starttls"
}

// RequireTLS makes a relay on loopback be treated like one elsewhere.
func (s *SMTP) RequireTLS() { s.plain = false }

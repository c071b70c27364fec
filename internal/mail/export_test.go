package mail

import "context"

// Deliver runs the handler of a job.
func (m *Mailer) Deliver(ctx context.Context, id, pending int64, kind string) error {
	return m.send(ctx, id, pending, kind)
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

package mail

import (
	"context"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
)

// Deliver runs the handler of a job.
func (m *Mailer) Deliver(ctx context.Context, id, pending int64, kind string) error {
	return m.send(ctx, id, pending, kind)
}

// DeliverInvitation runs the handler of an invitation's job.
func (m *Mailer) DeliverInvitation(ctx context.Context, id int64, j signing.InvitationMail) error {
	return m.sendInvitation(ctx, id, j)
}

// Render returns a mail as it is sent.
func (m *Mailer) Render(kind string, e signing.Envelope, l letter.Letter) ([]byte, error) {
	return m.render(99, kind, e, l)
}

// RenderSummary returns what an editor is sent when a letter has closed.
func (m *Mailer) RenderSummary(locale *i18n.Locale, l letter.Letter, counts roll.Counts, held int) ([]byte, error) {
	return m.renderSummary(99, locale.Code, l, "ada@example.org", counts, held)
}

// DeliverReader runs the handler of a job about a reader.
func (m *Mailer) DeliverReader(ctx context.Context, id int64, j letter.ReaderMail) error {
	return m.sendReader(ctx, id, j)
}

// RenderQuestion returns what the signer of a held signature is asked.
func (m *Mailer) RenderQuestion(e signing.Envelope, l letter.Letter, text, answerTo string) ([]byte, error) {
	return m.renderQuestion(99, e, l, text, answerTo)
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

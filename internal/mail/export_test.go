package mail

import (
	"context"
	"crypto/x509"
	"fmt"
	"reflect"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
)

// deliver runs the handler of a job.
func deliver[A job.Args](ctx context.Context, m *Mailer, id int64, args A) error {
	for _, k := range m.kinds() {
		if k, ok := k.(interface {
			send(ctx context.Context, m *Mailer, id int64, args A) error
		}); ok {
			return k.send(ctx, m, id, args)
		}
	}
	return fmt.Errorf("no mail for %s", args.Kind())
}

// write returns the mail of a job as it is sent to whom an envelope names.
func write[A job.Args, E any](m *Mailer, e E) ([]byte, error) {
	for _, k := range m.kinds() {
		if k, ok := k.(kind[A, E]); ok {
			p, err := k.page(context.Background(), e)
			if err != nil {
				return nil, err
			}
			return m.render(99, p)
		}
	}
	return nil, fmt.Errorf("no mail to %T", e)
}

// Deliver runs the handler of a job about a pending row.
func (m *Mailer) Deliver(ctx context.Context, id, pending int64, kind string) error {
	if kind == "code" {
		return deliver(ctx, m, id, signing.CodeMail{Pending: pending})
	}
	return deliver(ctx, m, id, signing.ConfirmMail{Pending: pending})
}

// DeliverInvitation runs the handler of an invitation's job.
func (m *Mailer) DeliverInvitation(ctx context.Context, id int64, j invitation.Mail) error {
	return deliver(ctx, m, id, j)
}

// DeliverReleased runs the handler of a job about a released signature.
func (m *Mailer) DeliverReleased(ctx context.Context, id int64, j signing.ReleasedMail) error {
	return deliver(ctx, m, id, j)
}

// DeliverReader runs the handler of a job about a reader.
func (m *Mailer) DeliverReader(ctx context.Context, id int64, j letter.ReaderMail) error {
	return deliver(ctx, m, id, j)
}

// RenderNews returns what a follower is told.
func (m *Mailer) RenderNews(d news.Digest, l letter.Letter, items []NewsItem) ([]byte, error) {
	return write[news.DigestMail](m, told{d, l, items})
}

// RenderText returns what a signer is asked about a changed text.
func (m *Mailer) RenderText(e signing.Envelope) ([]byte, error) { return write[news.TextMail](m, e) }

// RenderSummary returns what an editor is sent when a letter has closed.
func (m *Mailer) RenderSummary(locale *i18n.Locale, l letter.Letter, counts roll.Counts, held int) ([]byte, error) {
	return write[summaryMail](m, closed{l, locale.Code, "ada@example.org", counts, held, waiting{2, 3}})
}

// RenderQuestion returns what the signer of a held signature is asked.
func (m *Mailer) RenderQuestion(e signing.Envelope, text, answerTo string) ([]byte, error) {
	return write[signing.QuestionMail](m, asked{e, text, answerTo})
}

// Templates are the names of the templates of every kind of mail.
func (m *Mailer) Templates() (names []string) {
	for _, k := range m.kinds() {
		names = append(names, reflect.ValueOf(k).FieldByName("template").String())
	}
	return names
}

// Decided says of each kind of mail, by its template, what comes back of it: Sent is 0 where nothing may, since a machine answers by it.
// One of which neither is said, or both, is undecided.
func (m *Mailer) Decided() (decided map[string]mailbox.Return, undecided []string) {
	decided = map[string]mailbox.Return{}
	for _, k := range m.kinds() {
		template, back, ok := k.(interface {
			decision() (template string, back mailbox.Return, ok bool)
		}).decision()
		if decided[template] = back; !ok {
			undecided = append(undecided, template)
		}
	}
	return decided, undecided
}

func (k kind[A, E]) decision() (template string, back mailbox.Return, ok bool) {
	var args A
	var e E
	if k.back != nil {
		back = k.back(args, e)
	}
	return k.template, back, (k.back != nil) != k.replies
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

// Trust takes a certificate for a good one.
func (s *SMTP) Trust(pool *x509.CertPool) { s.tls.RootCAs = pool }

// RequireTLS makes a relay on loopback be treated like one elsewhere.
func (s *SMTP) RequireTLS() { s.plain = false }

// Read looks into the mailbox whether another process does or not.
func (r *IMAP) Read(ctx context.Context) error {
	_, err := r.look(ctx)
	return err
}

// WithoutMove has the reader copy and delete, as where a server cannot move.
func (r *IMAP) WithoutMove() { r.copies = true }

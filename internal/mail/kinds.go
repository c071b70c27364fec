package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/signing"
)

// kind is a kind of mail. A are the arguments of its job; E is the envelope, which says who gets the mail and holds what is
// needed to write it.
type kind[A job.Args, E any] struct {
	// template names two files in templates/ and the message that is the subject, mail.TEMPLATE.subject; content may say others.
	template string

	// bulk says that editors or the clock send many of the kind at once, to people who do not wait for them: the others go first.
	bulk bool

	// envelope reads the envelope, and returns false when the mail must not be sent any more.
	envelope func(ctx context.Context, args A) (e E, send bool, err error)

	// back names the mail for what comes back of it. Every kind says that, or that nothing may.
	back func(args A, e E) mailbox.Return

	// replies says that a machine answers somebody by it. Nothing comes back of such a mail, or two machines would write to each other
	// without end (RFC 3834, 3.3).
	replies bool

	// turn returns how long the mail has to wait until more may go where it goes; nil for no time.
	turn func(args A, e E) time.Duration

	// went is called when the mail is gone or will never go; nil does nothing.
	went func(args A)

	// content returns what is written. It changes nothing.
	content func(ctx context.Context, e E) (page, error)

	// refused is called when the relay refused the mail for good; nil forgets it: such a mail asks for nothing that has to arrive.
	refused func(ctx context.Context, args A) error

	// accepted is called when the relay took the mail; nil does nothing.
	accepted func(ctx context.Context, args A, e E) error
}

// kinds is the list of all mails. A new one needs an entry here, the content that the entry names, two templates and their words.
func (m *Mailer) kinds() []anyKind {
	s := m.Signing
	return []anyKind{
		// To signers.
		kind[signing.ConfirmMail, signing.Envelope]{
			template: "confirm",
			envelope: func(ctx context.Context, j signing.ConfirmMail) (signing.Envelope, bool, error) {
				return s.Envelope(ctx, j.Pending)
			},
			back: func(j signing.ConfirmMail, e signing.Envelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.Confirmation, Letter: e.Letter, ID: j.Pending}
			},
			turn:    m.turn,
			went:    func(j signing.ConfirmMail) { m.Mailboxes.Went(j.Pending) },
			content: m.toConfirm,
			refused: func(ctx context.Context, j signing.ConfirmMail) error { return s.Refused(ctx, j.Pending) },
			accepted: func(ctx context.Context, j signing.ConfirmMail, e signing.Envelope) error {
				return m.accepted(ctx, j.Pending, e)
			},
		},
		kind[intake.ReplyMail, signing.Envelope]{
			template: "reply",
			bulk:     true,
			envelope: func(ctx context.Context, j intake.ReplyMail) (signing.Envelope, bool, error) {
				return s.Envelope(ctx, j.Pending)
			},
			back: func(j intake.ReplyMail, e signing.Envelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.Confirmation, Letter: e.Letter, ID: j.Pending}
			},
			content: m.toConfirm,
			refused: func(ctx context.Context, j intake.ReplyMail) error { return s.Refused(ctx, j.Pending) },
			accepted: func(ctx context.Context, j intake.ReplyMail, e signing.Envelope) error {
				return m.accepted(ctx, j.Pending, e)
			},
		},
		kind[signing.CodeMail, signing.Envelope]{
			template: "code",
			envelope: func(ctx context.Context, j signing.CodeMail) (signing.Envelope, bool, error) {
				return s.Envelope(ctx, j.Pending)
			},
			back: func(j signing.CodeMail, e signing.Envelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.Confirmation, Letter: e.Letter, ID: j.Pending}
			},
			content: m.freshCode,
			refused: func(ctx context.Context, j signing.CodeMail) error { return s.Refused(ctx, j.Pending) },
		},
		kind[signing.QuestionMail, asked]{
			template: "question",
			envelope: m.asked,
			back: func(j signing.QuestionMail, _ asked) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToSigner, Letter: j.Letter, ID: j.Signature}
			},
			content: m.question,
		},
		kind[signing.RefusedMail, signing.Envelope]{
			template: "refused",
			bulk:     true,
			envelope: func(ctx context.Context, j signing.RefusedMail) (signing.Envelope, bool, error) {
				return s.EnvelopeOf(ctx, j.Letter, j.Signature)
			},
			back: func(j signing.RefusedMail, _ signing.Envelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToSigner, Letter: j.Letter, ID: j.Signature}
			},
			content: m.decided,
		},
		kind[signing.ReleasedMail, signing.Envelope]{
			template: "released",
			bulk:     true,
			envelope: s.Released,
			back: func(j signing.ReleasedMail, _ signing.Envelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToSigner, Letter: j.Letter, ID: j.Signature}
			},
			content: m.decided,
		},
		kind[news.DigestMail, told]{
			template: "news",
			bulk:     true,
			envelope: m.told,
			back: func(j news.DigestMail, _ told) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToFollower, Letter: j.Letter, ID: j.Follower}
			},
			content: m.digest,
			refused: m.News.Refused,
		},
		kind[news.FollowMail, news.Asking]{
			template: "follow",
			envelope: m.News.Asking,
			back: func(j news.FollowMail, _ news.Asking) mailbox.Return {
				return mailbox.Return{Sent: mailbox.Following, Letter: j.Letter, ID: j.Asked}
			},
			turn:    m.followTurn,
			went:    func(j news.FollowMail) { m.Mailboxes.Went(j.Asked) },
			content: m.following,
			refused: m.News.NotAsked,
		},
		kind[news.FollowedMail, news.All]{
			template: "followed",
			envelope: m.News.All,
			back: func(j news.FollowedMail, _ news.All) mailbox.Return {
				return mailbox.Return{Sent: mailbox.Followed, Letter: j.Letter, ID: j.Follower}
			},
			content: m.followedAll,
		},
		kind[news.TextMail, signing.Envelope]{
			template: "text",
			bulk:     true,
			envelope: func(ctx context.Context, j news.TextMail) (e signing.Envelope, send bool, err error) {
				e, send, err = s.Envelope(ctx, j.Pending)
				e.From = j.From
				return e, send, err
			},
			back: func(j news.TextMail, e signing.Envelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.Confirmation, Letter: e.Letter, ID: j.Pending}
			},
			content: m.changedText,
		},

		// To those who are invited to sign.
		kind[invitation.Mail, invited]{
			template: "invitation",
			bulk:     true,
			envelope: func(ctx context.Context, j invitation.Mail) (invited, bool, error) {
				e, send, err := m.Invitations.Envelope(ctx, j)
				return invited{e, j.Reminder}, send, err
			},
			back: func(j invitation.Mail, _ invited) mailbox.Return {
				sent := mailbox.Invitation
				if j.Reminder {
					sent = mailbox.Reminder
				}
				return mailbox.Return{Sent: sent, Letter: j.Letter, ID: j.Invitation}
			},
			content: m.invitation,
			refused: m.Invitations.Refused,
		},

		// To those who read a draft.
		kind[letter.ReaderMail, reading]{
			template: "circulation",
			envelope: m.reading,
			back: func(j letter.ReaderMail, r reading) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToReader, Letter: r.Letter.ID, ID: j.Reader}
			},
			content: m.circulation,
			refused: func(ctx context.Context, j letter.ReaderMail) error {
				return m.Letters.Circulations.Refused(ctx, j.Reader)
			},
		},

		// To those who speak for a lead organisation.
		kind[letter.LeadMail, leading]{
			template: "agreement",
			envelope: m.leading,
			back: func(j letter.LeadMail, _ leading) mailbox.Return {
				if j.Reader != 0 {
					return mailbox.Return{Sent: mailbox.ToReader, Letter: j.Letter, ID: j.Reader}
				}
				return mailbox.Return{Sent: mailbox.ToEditor, Letter: j.Letter, ID: j.User}
			},
			content: m.agreement,
			refused: func(ctx context.Context, j letter.LeadMail) error {
				return m.Letters.Circulations.Refused(ctx, j.Reader)
			},
		},

		// To those whom a letter asks.
		kind[delivery.LetterMail, handed]{
			template: "delivery",
			envelope: m.delivery,
			back: func(j delivery.LetterMail, h handed) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToAddressee, Letter: h.Letter.ID, ID: j.Delivery}
			},
			content: m.handOver,
			refused: func(ctx context.Context, j delivery.LetterMail) error {
				return m.Deliveries.Went(ctx, j.Delivery, delivery.Turned, nil)
			},
			accepted: func(ctx context.Context, j delivery.LetterMail, h handed) error {
				return m.Deliveries.Went(ctx, j.Delivery, delivery.Handed, h.Files)
			},
		},

		kind[delivery.OfficeMail, delivery.OfficeEnvelope]{
			template: "office",
			envelope: m.Deliveries.OfficeEnvelope,
			back: func(_ delivery.OfficeMail, e delivery.OfficeEnvelope) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToOffice, Letter: e.Letter.ID, ID: e.Link}
			},
			content: m.office,
			refused: m.Deliveries.OfficeTurned,
		},

		// To those who have written.
		kind[inbox.Receipt, inbox.Incoming]{template: "receipt", bulk: true, envelope: m.Inbox.Named, replies: true, content: m.receipt},

		// To editors.
		kind[dueMail, dueOf]{
			template: "due",
			envelope: m.due,
			back: func(j dueMail, _ dueOf) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToEditor, Letter: j.Letter, ID: j.User}
			},
			content: m.dueSoon,
		},
		kind[news.TestMail, told]{
			template: "news_test",
			envelope: m.tested,
			back: func(j news.TestMail, _ told) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToEditor, Letter: j.Letter, ID: j.User}
			},
			content: m.test,
		},
		kind[noticeMail, noticed]{
			template: "notice",
			bulk:     true,
			envelope: m.noticed,
			back: func(j noticeMail, _ noticed) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToEditor, ID: j.User}
			},
			content: m.notice,
		},
		kind[summaryMail, closed]{
			template: "summary",
			envelope: m.closed,
			back: func(j summaryMail, _ closed) mailbox.Return {
				return mailbox.Return{Sent: mailbox.ToEditor, Letter: j.Letter, ID: j.User}
			},
			content: m.summary,
		},
	}
}

// anyKind is a kind of mail, whatever its types are.
type anyKind interface {
	handle(m *Mailer, r *job.Runner, workers int, g *job.Gate)
}

// handle has a runner send the mails of a kind.
func (k kind[A, E]) handle(m *Mailer, r *job.Runner, workers int, g *job.Gate) {
	if k.bulk {
		workers = max(1, workers*3/4) // the others have a worker when they come
	}
	job.Handle(r, func(ctx context.Context, id int64, args A) error { return k.send(ctx, m, id, args) }, job.Limit(workers), job.Through(g, k.bulk))
}

// send does a job: it writes the mail, hands it over when its turn has come and notes what became of it.
func (k kind[A, E]) send(ctx context.Context, m *Mailer, id int64, args A) error {
	e, send, err := k.envelope(ctx, args)
	if err != nil {
		return err
	}
	if !send {
		k.gone(args)
		return nil
	}
	if k.turn != nil {
		if wait := k.turn(args, e); wait > 0 {
			return job.Later(wait)
		}
	}
	p, err := k.page(ctx, e)
	if err != nil {
		return err
	}
	if k.back != nil {
		p.back = k.back(args, e)
	}
	err = m.hand(ctx, id, p)
	refusal, refused := errors.AsType[*Refusal](err)
	if err == nil || refused {
		k.gone(args)
	}
	if refused {
		if k.refused == nil {
			return nil
		}
		if err := k.refused(ctx, args); err != nil {
			return err
		}
		m.Log.LogAttrs(ctx, slog.LevelInfo, "mail_refused", slog.Int64("job", id), slog.Int("code", refusal.Code))
		return nil
	}
	if err != nil || k.accepted == nil {
		return err
	}
	return k.accepted(ctx, args, e)
}

func (k kind[A, E]) gone(args A) {
	if k.went != nil {
		k.went(args)
	}
}

// page returns what is written, with what the kind says where content says nothing.
func (k kind[A, E]) page(ctx context.Context, e E) (page, error) {
	p, err := k.content(ctx, e)
	if err != nil {
		return p, err
	}
	if p.replied = k.replies; p.template == "" {
		p.template = k.template
	}
	if p.subject == "" {
		p.subject = p.about.L.T("mail." + p.template + ".subject")
	}
	return p, nil
}

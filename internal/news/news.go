// Package news owns who wants news of a letter, and what they and its signers are written about: what happens with it, at most once a day,
// to those who asked for it; a changed text, to those who signed the earlier one.
//
// It promises that nobody is written to twice about one thing; that nobody follows who has not ticked it at signing or confirmed it by a mail
// of its own; that a follower's row tells nothing of a signature, nor which of the two it was, and is deleted when the
// letter is archived or has been closed for KeptMonths, when its signer withdraws or erases, and by one press in any of the mails; and that
// who does not answer about a changed text stays counted on the text they signed. It must not know pages or how mail is sent.
package news

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// Service holds the use cases around news.
type Service struct {
	DB        *store.DB
	Keys      *seal.Keys
	Letters   *letter.Service
	Mailboxes *mailbox.Service
	Signing   *signing.Service
	Became    func(ctx context.Context, l letter.Letter) ([]Fact, error) // what is public of deliveries, responses and demands
}

// Kind says what signers are written about.
type Kind string

// The announcements.
const (
	TextChanged Kind = "text" // a substantive edition asks its letter's signers again
)

const (
	atOnce     = 80 // signatures one transaction deals with: up to six rows each (DESIGN.md 5)
	askedFor   = 30 * 24 * time.Hour
	askedApart = 24 * time.Hour // between two questions about changed texts of a letter
)

// Announcement is something that signers are written about, as editors see it.
type Announcement struct {
	Kind    Kind
	Subject int64 // the number of the edition
	At      time.Time
	Mails   int // enqueued so far
	Done    bool
}

// announce is the job that writes to the signers.
type announce struct {
	Letter  letter.ID `json:"letter"`
	About   Kind      `json:"about"`
	Subject int64     `json:"subject"`
}

// Kind names the job.
func (announce) Kind() string { return "announce" }

// TextMail asks a signer whether they sign the changed text too. Its job is written with the pending row of that signature.
type TextMail struct {
	Pending int64 `json:"pending"`
	From    int   `json:"from"` // the edition they signed
}

// Kind names the job.
func (TextMail) Kind() string { return "mail.text" }

// AskAgain asks those who signed an earlier text whether they sign the current one too: each by a link of their own, once.
// Who does not answer stays counted on the text they signed.
func (s *Service) AskAgain(ctx context.Context, l letter.Letter, by int64) error {
	if !l.AcceptsSignatures(s.DB.Now()) {
		return l.Refusal()
	}
	editions, err := s.Letters.Editions.List(ctx, l.ID)
	if err != nil {
		return err
	}
	text := letter.LastText(editions)
	if text.Number < 2 {
		return fault.New(fault.Conflict, "announcement.same_text")
	}
	earlier, err := s.List(ctx, l.ID)
	if err != nil {
		return err
	}
	for _, a := range earlier {
		if a.Kind == TextChanged && s.DB.Now().Sub(a.At) < askedApart && a.Subject != int64(text.Number) {
			return fault.New(fault.Limited, "announcement.too_soon")
		}
	}
	return s.announce(ctx, announce{l.ID, TextChanged, int64(text.Number)}, by)
}

func (s *Service) announce(ctx context.Context, a announce, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qInsert, a.Letter, a.About, a.Subject, tx.Now().UnixMicro())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "announcement.made")
		}
		if err := account.Record(tx, account.Entry{User: by, Letter: a.Letter, Act: "announcement." + string(a.About)}); err != nil {
			return err
		}
		return job.Enqueue(tx, a)
	})
}

// List returns what a letter's signers were written about, the earliest first.
func (s *Service) List(ctx context.Context, l letter.ID) (list []Announcement, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qList, func(row store.Row) (a Announcement, err error) {
			var at int64
			var done *int64
			err = row.Scan(&a.Kind, &a.Subject, &at, &a.Mails, &done)
			a.At, a.Done = time.UnixMicro(at).UTC(), done != nil
			return a, err
		}, l)
		return err
	})
	return list, err
}

// announceAll deals with all signers of an announcement.
func (s *Service) announceAll(ctx context.Context, a announce) error {
	for {
		if more, err := s.announceSlice(ctx, a); err != nil || !more {
			return err
		}
	}
}

// announceSlice deals with the next signatures and reports whether there may be more. The place it has come to is written
// with the mails, so that nobody is written to twice, however often a server stops and how many there are.
func (s *Service) announceSlice(ctx context.Context, a announce) (more bool, err error) {
	l, err := s.Letters.FindByID(ctx, a.Letter)
	if err != nil || !l.AcceptsSignatures(s.DB.Now()) {
		return false, err
	}
	var after int64
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFind, a.Letter, a.About, a.Subject).Scan(&after) })
	if errors.Is(err, store.ErrNoRow) {
		return false, nil // it is done
	}
	if err != nil {
		return false, err
	}
	signers, err := s.Signing.Signers(ctx, a.Letter, after, atOnce)
	if err != nil {
		return false, fault.Except(err, fault.Gone)
	}
	var mails []mailing
	for _, x := range signers {
		m, err := s.mailingTo(ctx, l, a, x)
		if err != nil {
			return false, err
		}
		if m != nil {
			mails = append(mails, *m)
		}
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		last, done := after, (*int64)(nil)
		if len(signers) > 0 {
			last = signers[len(signers)-1].ID
		}
		if more = len(signers) == atOnce; !more {
			done = new(tx.Now().UnixMicro())
		}
		n, err := tx.Exec(qMove, last, len(mails), done, a.Letter, a.About, a.Subject, after)
		if err != nil || n == 0 { // another process was first
			return err
		}
		for _, m := range mails {
			if m.asks != nil {
				if err := m.asks.Insert(tx); err != nil {
					return err
				}
			}
			if err := job.Enqueue(tx, m.job); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// mailing is a mail to one signer, ready to be written.
type mailing struct {
	asks *signing.Asked // of a question about a changed text
	job  job.Args
}

// mailingTo returns what a signer is written, nil for one whom it does not concern.
func (s *Service) mailingTo(ctx context.Context, l letter.Letter, a announce, x signing.Signer) (*mailing, error) {
	switch {
	case x.Email == "":
		return nil, nil
	case int64(x.Edition) >= a.Subject:
		return nil, nil
	}
	lasts := askedFor
	if l.Deadline.IsSet() {
		lasts = min(lasts, l.Deadline.At.Add(letter.Grace).Sub(s.DB.Now()))
	}
	asks, err := s.Signing.AskAgain(ctx, l, x, lasts)
	return &mailing{&asks, TextMail{asks.ID(), x.Edition}}, err
}

// Register hands the work that is done in the background to the runner.
func (s *Service) Register(r *job.Runner) {
	job.Handle(r, func(ctx context.Context, _ int64, j announce) error { return s.announceAll(ctx, j) }, job.Limit(1))
	job.Handle(r, func(ctx context.Context, _ int64, j issue) error { return s.issueAll(ctx, j) }, job.Limit(1))
}

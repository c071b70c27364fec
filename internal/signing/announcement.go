package signing

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// AnnouncementKind says what signers are written about.
type AnnouncementKind string

// The announcements.
const (
	Extension   AnnouncementKind = "extension" // the deadline was moved: to those who asked for news
	TextChanged AnnouncementKind = "text"      // a substantive edition asks its letter's signers again
)

const (
	announcementSlice = 80 // signatures one transaction deals with: up to six rows each (DESIGN.md 5)
	askedFor          = 30 * 24 * time.Hour
	askedApart        = 24 * time.Hour // between two questions about changed texts of a letter
)

// Announcement is something that signers are written about, as editors see it.
type Announcement struct {
	Kind    AnnouncementKind
	Subject int64 // the deadline in µs, or the number of the edition
	At      time.Time
	Mails   int // enqueued so far
	Done    bool
}

// announce is the job that writes to the signers.
type announce struct {
	Letter  letter.ID        `json:"letter"`
	About   AnnouncementKind `json:"about"`
	Subject int64            `json:"subject"`
}

// Kind names the job.
func (announce) Kind() string { return "announce" }

// ExtensionMail tells a signer that the deadline was moved.
type ExtensionMail struct {
	Letter    letter.ID `json:"letter"`
	Signature int64     `json:"signature"`
	Deadline  int64     `json:"deadline"` // µs
}

// Kind names the job.
func (ExtensionMail) Kind() string { return "mail.extension" }

// TextMail asks a signer whether they sign the changed text too. Its job is written with the pending row of that signature.
type TextMail struct {
	Pending int64 `json:"pending"`
	From    int   `json:"from"` // the edition they signed
}

// Kind names the job.
func (TextMail) Kind() string { return "mail.text" }

// extended writes to those signers who asked for news that their letter has a later deadline; once for each.
func (s *Service) extended(ctx context.Context, x letter.Extended) error {
	l, err := s.Letters.ByID(ctx, x.Letter)
	if err != nil || !l.AcceptsSignatures(s.DB.Now()) || l.Deadline.At.UnixMicro() != x.Deadline {
		return err
	}
	err = s.announce(ctx, announce{x.Letter, Extension, x.Deadline}, x.By)
	if fault.Is(err, fault.Conflict) {
		return nil // announced before
	}
	return err
}

// AskAgain asks those who signed an earlier text whether they sign the current one too: each by a link of their own, once.
// Who does not answer stays counted on the text they signed.
func (s *Service) AskAgain(ctx context.Context, l letter.Letter, by int64) error {
	if !l.AcceptsSignatures(s.DB.Now()) {
		return l.Refusal()
	}
	editions, err := s.Letters.Editions(ctx, l.ID)
	if err != nil {
		return err
	}
	text := letter.LastText(editions)
	if text.Number < 2 {
		return fault.New(fault.Conflict, "announcement.same_text")
	}
	earlier, err := s.Announcements(ctx, l.ID)
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
		n, err := tx.Exec(qInsertAnnouncement, a.Letter, a.About, a.Subject, tx.Now().UnixMicro())
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

// Announcements returns what a letter's signers were written about, the earliest first.
func (s *Service) Announcements(ctx context.Context, l letter.ID) (list []Announcement, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListAnnouncements, func(row store.Row) (a Announcement, err error) {
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

// recipient is a signature whose signer may be written to.
type recipient struct {
	Signature
	sealed  []byte
	person  *int64        // the signature that an organisation's signer gave as a person in the same act
	listing *roll.Listing // of that one
}

func scanRecipient(row store.Row) (r recipient, err error) {
	r.Signature, err = scanSignatureAnd(row, &r.sealed, &r.person, &r.listing)
	return r, err
}

// mailing is a mail to one signer, ready to be written.
type mailing struct {
	of   recipient
	asks *pending // of a question about a changed text
	job  job.Args
}

// announceSlice deals with the next signatures and reports whether there may be more. The place it has come to is written
// with the mails, so that nobody is written to twice, however often a server stops and how many there are.
func (s *Service) announceSlice(ctx context.Context, a announce) (more bool, err error) {
	l, err := s.Letters.FindByID(ctx, a.Letter)
	if err != nil || !l.AcceptsSignatures(s.DB.Now()) {
		return false, err
	}
	key, err := s.Letters.Key(ctx, a.Letter)
	if err != nil {
		return false, fault.Except(err, fault.Gone)
	}
	var after int64
	var rows []recipient
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if err := tx.Row(qFindAnnouncement, a.Letter, a.About, a.Subject).Scan(&after); err != nil {
			return err
		}
		rows, err = store.List(tx, qListRecipients, scanRecipient, a.Letter, after, announcementSlice)
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		return false, nil // it is done
	}
	if err != nil {
		return false, err
	}
	var mails []mailing
	for _, t := range rows {
		m, err := s.mailingTo(l, key, a, t)
		if err != nil {
			return false, err
		}
		if m != nil {
			mails = append(mails, *m)
		}
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		last, done := after, (*int64)(nil)
		if len(rows) > 0 {
			last = rows[len(rows)-1].ID
		}
		if more = len(rows) == announcementSlice; !more {
			done = new(tx.Now().UnixMicro())
		}
		n, err := tx.Exec(qMoveAnnouncement, last, len(mails), done, a.Letter, a.About, a.Subject, after)
		if err != nil || n == 0 { // another process was first
			return err
		}
		for _, m := range mails {
			if m.asks != nil {
				if err := m.asks.insert(tx, 1); err != nil {
					return err
				}
				person := m.of.ID
				if m.of.person != nil {
					person = *m.of.person
				}
				for _, of := range []int64{m.of.ID, person} { // one question is enough, and only the last goes with the signature
					if _, err := tx.Exec(qRemoveAsked, a.Letter, of); err != nil {
						return err
					}
				}
				if _, err := tx.Exec(qSetAsked, m.asks.id, a.Letter, m.of.ID, person); err != nil {
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

// mailingTo returns what a signer is written, nil for one whom it does not concern.
func (s *Service) mailingTo(l letter.Letter, key *seal.LetterKey, a announce, r recipient) (*mailing, error) {
	p, err := r.open(key, r.sealed)
	if err != nil || p.Email == "" {
		return nil, err
	}
	if a.About == Extension {
		if !p.Updates {
			return nil, nil
		}
		return &mailing{job: ExtensionMail{a.Letter, r.ID, a.Subject}}, nil
	}
	if int64(r.Edition) >= a.Subject {
		return nil, nil
	}
	again := submission{signer: p.signer, Asked: true}
	if r.person != nil {
		again.Kind = Both
		if r.listing.Hides(again.Listing) { // one listing is asked for both: the one that shows less
			again.Listing = *r.listing
		}
	}
	lasts := askedFor
	if l.Deadline.IsSet() {
		lasts = min(lasts, l.Deadline.At.Add(letter.Grace).Sub(s.DB.Now()))
	}
	x, err := s.newPending(key, Request{Letter: l, Edition: l.Edition.Number, Browser: newSecret(), Lang: r.Language, Text: r.Text}, again, lasts)
	if err != nil {
		return nil, err
	}
	return &mailing{of: r, asks: &x, job: TextMail{x.id, r.Edition}}, nil
}

// ExtensionEnvelope returns what the mail about a deadline needs, false when it must not be sent any more: the deadline was
// moved again, the signature has ended, or its signer takes no such mail.
func (s *Service) ExtensionEnvelope(ctx context.Context, m ExtensionMail) (e Envelope, send bool, err error) {
	l, err := s.Letters.Recent(ctx, m.Letter)
	if err != nil || !l.AcceptsSignatures(s.DB.Now()) || l.Deadline.At.UnixMicro() != m.Deadline {
		return e, false, err
	}
	x, err := s.find(ctx, m.Letter, m.Signature)
	if fault.Is(err, fault.NotFound) || err == nil && !x.active() {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	p, err := s.particularsOf(ctx, x)
	if err != nil || p.Email == "" || !p.Updates {
		return e, false, err
	}
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return e, false, f
	}
	may, stop, err := s.Mailboxes.MayInvite(ctx, p.Email)
	if err != nil || !may {
		return e, false, err
	}
	key, err := s.Letters.Key(ctx, m.Letter)
	if err != nil {
		return e, false, fault.Except(err, fault.Gone)
	}
	if blocked, err := s.Mailboxes.Of(key, m.Letter, a).Blocked(ctx); err != nil || blocked {
		return e, false, err
	}
	return Envelope{Letter: m.Letter, Language: x.Language, Address: p.Email, Unsubscribe: stop}, true, nil
}

package invitation

import (
	"context"
	"errors"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Mail asks somebody to sign, or reminds them. It is enqueued for everybody who seems not to have answered;
// whether it is sent is seen at the last moment.
type Mail struct {
	Letter     letter.ID `json:"letter"`
	Invitation int64     `json:"invitation"`
	Reminder   bool      `json:"reminder,omitempty"`
	Spent      bool      `json:"spent,omitempty"` // the address has had its mails: nothing is sent
}

// Kind names the job.
func (Mail) Kind() string { return "mail.invitation" }

// Envelope is what the mail of an invitation needs.
type Envelope struct {
	signing.Envelope
	Lead  int64  // the lead organisation that asks, by id; 0 where whoever invited speaks for none
	Words string // of whoever invited to this one, "" for none
}

// Draft returns what the mail to somebody would need whom a member invites to a letter. Nothing is stored, so its links lead nowhere.
func (s *Service) Draft(ctx context.Context, l letter.ID, v Invitee, by int64) (e Envelope, err error) {
	const none = "…"
	e = Envelope{signing.Envelope{Letter: l, Language: v.Language, Address: v.Email, Token: none, Unsubscribe: none}, 0, v.Words}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		e.Lead, err = leadOf(tx, l, by)
		return err
	})
	return e, err
}

// leadOf returns the first of the lead organisations for which a member speaks, 0 for none.
func leadOf(tx *store.Tx, l letter.ID, by int64) (int64, error) {
	leads, err := account.SpeaksFor(tx, l, by)
	if err != nil || len(leads) == 0 {
		return 0, err
	}
	return leads[0], nil
}

// Envelope returns what the mail of an invitation needs, false when it must not be sent any more: the letter is
// closed, the invited declined, signed with whatever listing, erased a signature or takes no mail.
func (s *Service) Envelope(ctx context.Context, m Mail) (e Envelope, send bool, err error) {
	l, err := s.Letters.Recent(ctx, m.Letter)
	if err != nil || m.Spent || !l.AcceptsSignatures(s.DB.Now()) {
		return e, false, err
	}
	key, err := s.Letters.Key(ctx, m.Letter)
	if err != nil {
		return e, false, fault.Except(err, fault.Gone)
	}
	var v invitation
	answered := 0
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if v, err = scan(tx.Row(qFind, m.Letter, m.Invitation)); err != nil {
			return err
		}
		if e.Lead, err = leadOf(tx, m.Letter, v.by); err != nil {
			return err
		}
		return tx.Row(qAnswered, m.Letter, v.mailbox, v.exact).Scan(&answered)
	})
	if errors.Is(err, store.ErrNoRow) {
		return e, false, nil // withdrawn
	}
	if err != nil || answered > 0 || v.state == Declined || v.mail != "" {
		return e, false, err
	}
	g, err := v.open(key)
	if err != nil {
		return e, false, err
	}
	a, f := text.ParseAddress(g.Email)
	if f != nil {
		return e, false, f
	}
	may, stop, err := s.Mailboxes.MayInvite(ctx, g.Email)
	if err != nil || !may {
		return e, false, err
	}
	if blocked, err := s.Mailboxes.Of(key, m.Letter, a).Blocked(ctx); err != nil || blocked != "" {
		return e, false, err
	}
	e.Envelope = signing.Envelope{Letter: m.Letter, Language: g.Language, Address: g.Email, Token: tokenOf(key, m.Letter, v.id), Unsubscribe: stop}
	e.Words = g.Words
	return e, true, nil
}

// Unsubscribe ends all mails that the mailbox of an invitation did not ask for: its owner has answered the invitation by that.
func (s *Service) Unsubscribe(ctx context.Context, l letter.ID, id int64) error {
	var v invitation
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		v, err = scan(tx.Row(qFind, l, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) { // it was taken back
		return nil
	}
	if err != nil {
		return err
	}
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	g, err := v.open(key)
	if err != nil {
		return err
	}
	return s.Mailboxes.UnsubscribeAddress(ctx, g.Email)
}

// Refused records that the address takes no mail. Of a reminder the editors are not told: that it was sent says
// that the invited had not signed.
func (s *Service) Refused(ctx context.Context, m Mail) error {
	e, send, err := s.Envelope(ctx, m)
	if err != nil || !send {
		return err
	}
	key, err := s.Letters.Key(ctx, m.Letter)
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	a, f := text.ParseAddress(e.Address)
	if f != nil {
		return f
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := s.Mailboxes.Of(key, m.Letter, a).Block(tx, mailbox.Refused); err != nil || m.Reminder {
			return err
		}
		_, err := tx.Exec(qSetUndeliverable, m.Letter, m.Invitation)
		return err
	})
}

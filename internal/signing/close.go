package signing

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// DecideWithin is how long after a letter closed its held signatures may wait for somebody's decision. Then they are
// refused, and their signers told, so that the letter's last number stands.
const DecideWithin = 7 * 24 * time.Hour

// closeMargin is longer than a confirmation that began in time can run.
const closeMargin = 2 * time.Minute

// Undecided is the reason of a signature that nobody decided about in time.
const Undecided = "undecided"

// RefusedMail tells a signer that their signature was not let into the count.
type RefusedMail struct {
	Letter    letter.ID `json:"letter"`
	Signature int64     `json:"signature"`
}

// Kind names the job.
func (RefusedMail) Kind() string { return "mail.refused" }

// finish writes the close leaf of letters that are closed, once confirmations have ended and no signature is held any more.
func (s *Service) finish(ctx context.Context) error {
	letters, err := s.Letters.Log.Ending(ctx)
	if err != nil {
		return err
	}
	for _, l := range letters {
		now := s.DB.Now()
		if now.Before(l.ConfirmUntil().Add(closeMargin)) {
			continue
		}
		more := true
		for more {
			err := s.DB.Update(ctx, func(tx *store.Tx) error {
				more = false
				if err := letter.Touch(tx, l.ID); err != nil {
					return err
				}
				held, err := store.List(tx, qListByState, scanSignature, l.ID, StateHeld, 0, atOnce)
				switch {
				case err != nil:
					return err
				case len(held) == 0:
					return letter.LogClose(tx, l)
				case now.Before(l.ClosedAt.Add(DecideWithin)):
					return nil
				}
				more = true
				for _, x := range held {
					if err := refuse(tx, x); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func refuse(tx *store.Tx, x Signature) error {
	if err := roll.Remove(tx, x.Letter, x.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(qSetState, StateRemoved, Undecided, x.Letter, x.ID); err != nil {
		return err
	}
	if x.Basis != verify.ByEmail {
		return nil // no address to write to
	}
	return job.Enqueue(tx, RefusedMail{x.Letter, x.ID})
}

// EnvelopeOf returns what a mail about a signature needs, false when its address is not known any more or takes no mail.
func (s *Service) EnvelopeOf(ctx context.Context, l letter.ID, id int64) (e Envelope, send bool, err error) {
	x, err := s.find(ctx, l, id)
	if fault.Is(err, fault.NotFound) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	p, err := s.particularsOf(ctx, x)
	if err != nil || p.Email == "" {
		return e, false, err
	}
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return e, false, fault.Except(err, fault.Gone)
	}
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return e, false, f
	}
	blocked, err := s.Mailboxes.Of(key, l, a).Blocked(ctx)
	return Envelope{Letter: l, Language: x.Language, Address: p.Email, News: p.Updates && x.active()}, err == nil && blocked == "", err
}

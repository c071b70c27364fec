package signing

import (
	"context"
	"errors"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
)

// Adopt puts what an instance has from before it had a log into it, once its editions and what bounds lists are there: each
// signature with salts drawn now. Several processes may run it at once.
func (s *Service) Adopt(ctx context.Context) error {
	for more := true; more; {
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			old, err := store.List(tx, qListUnlogged, scanSignature, atOnce)
			if err != nil {
				return err
			}
			more = len(old) > 0
			for _, x := range old {
				if err := s.adopt(tx, x); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) adopt(tx *store.Tx, x Signature) error {
	if n, err := tx.Exec(qRemoveUnlogged, x.Letter, x.ID); err != nil || n == 0 {
		return err // another process has adopted it
	}
	if err := letter.Touch(tx, x.Letter); err != nil {
		return err
	}
	x, err := scanSignature(tx.Row(qFindSignature, x.Letter, x.ID))
	if err != nil {
		return err
	}
	edition, err := letter.FindLeaf(tx, x.Letter, x.Edition)
	if err != nil {
		return err
	}
	key, err := s.Letters.KeyIn(tx, x.Letter)
	if err != nil && !fault.Is(err, fault.Gone) { // a letter that closed long ago has none, and nothing sealed
		return err
	}
	var sealed []byte
	if err := tx.Row(qFindSealed, x.Letter, x.ID).Scan(&sealed); err != nil && !errors.Is(err, store.ErrNoRow) {
		return err
	}
	p := x.unknown()
	if key != nil && sealed != nil {
		if p, err = x.open(key, sealed); err != nil {
			return err
		}
	}
	public, err := roll.Find(tx, x.Letter, x.ID)
	if err != nil && !errors.Is(err, store.ErrNoRow) {
		return err
	}
	if err == nil && sealed == nil {
		p.Shown = shownOf(x.Kind, public.Record)
		p.Listing = x.Listing
	}
	if sealed == nil {
		key = nil
	}
	adopted, err := newSigned(key, edition, x, p, randomSecret(), x.SignedAt)
	if err != nil {
		return err
	}
	if err := roll.SetSalt(tx, x.Letter, x.ID, adopted.particulars.Salts.Record); err != nil {
		return err
	}
	if key != nil {
		if _, err := qPutSealed.Rows(tx, sealedRow{x.Letter, x.ID, adopted.sealed, adopted.name}.values()); err != nil {
			return err
		}
	}
	if !x.counts() {
		return nil
	}
	return enqueueLeaves(tx, adopted)
}

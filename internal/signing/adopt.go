package signing

import (
	"context"
	"errors"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// Adopt puts what an instance has from before it had a log into it: editions, what bounds imported signatures, and each
// signature with salts drawn now. It runs before anything else does, and several processes may run it at once.
func (s *Service) Adopt(ctx context.Context) error {
	if err := s.Letters.Log.Adopt(ctx); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		batches, err := store.List(tx, qListUnbounded, scanBatch)
		if err != nil {
			return err
		}
		for _, b := range batches {
			if err := letter.Touch(tx, b.Letter); err != nil {
				return err
			}
			b, err := scanBatch(tx.Row(qLockBatch, b.Letter, b.ID))
			if err != nil || b.allowed > 0 {
				return err // another process was first
			}
			lines := 0
			if err := tx.Row(qCountBatchLines, b.Letter, b.ID).Scan(&lines); err != nil {
				return err
			}
			if err := allow(tx, b, lines); err != nil {
				return err
			}
		}
		return nil
	})
	for more := true; more && err == nil; {
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
			old, err := store.List(tx, qListUnlogged, scanOwn, batchSlice)
			if err != nil {
				return err
			}
			more = len(old) > 0
			for _, o := range old {
				if err := s.adopt(tx, o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

func (s *Service) adopt(tx *store.Tx, o Own) error {
	if n, err := tx.Exec(qRemoveUnlogged, o.Letter, o.ID); err != nil || n == 0 {
		return err // another process has adopted it
	}
	if err := letter.Touch(tx, o.Letter); err != nil {
		return err
	}
	o, err := scanOwn(tx.Row(qFindSignature, o.Letter, o.ID))
	if err != nil {
		return err
	}
	edition, err := letter.FindLeaf(tx, o.Letter, o.Edition)
	if err != nil {
		return err
	}
	key, err := s.Letters.KeyIn(tx, o.Letter)
	if err != nil && !fault.Is(err, fault.Gone) { // a letter that closed long ago has none, and nothing sealed
		return err
	}
	var p particulars
	var sealed []byte
	if err := tx.Row(qFindSealed, o.Letter, o.ID).Scan(&sealed); err != nil && !errors.Is(err, store.ErrNoRow) {
		return err
	}
	if key != nil && sealed != nil {
		if p, err = openSealed(key, o.ID, sealed); err != nil {
			return err
		}
	}
	public, err := scanSignatory(tx.Row(qFindPublic, o.Letter, o.ID))
	if err != nil && !errors.Is(err, store.ErrNoRow) {
		return err
	}
	if err == nil && sealed == nil {
		p.Name, p.Title, p.Affiliation, p.Country = public.Name, public.Title, public.Affiliation, public.Country
		if o.Kind == Organisation {
			p.Organisation = public.Name
		}
	}
	p.Listing = o.Listing
	x, err := commitAs(o.ID, edition, o.Kind, o.Basis, p, randomSecret(), key, o.SignedAt)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qSetSalt, x.p.Salts.Record, o.Letter, o.ID); err != nil { // of no row when the name is not public
		return err
	}
	if key != nil && sealed != nil {
		if _, err := qPutSealed.put(tx, x.row(o.Letter)); err != nil {
			return err
		}
	}
	if !o.counts() {
		return nil
	}
	return wait(tx, o.Letter, x)
}

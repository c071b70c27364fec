package delivery

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// log states a delivery that everybody may know of, once. An email is stated when it has gone, and what was handed over of a letter
// that is not published when it is.
func (s *Service) log(tx *store.Tx, l letter.Letter, d Delivery, to Addressee) error {
	if d.Logged || l.State == letter.Draft || to.Confidential() || !d.IsPublic() || !d.Arrived() {
		return nil
	}
	n, err := tx.Exec(qSetLogged, true, d.ID, false)
	if err != nil || n == 0 {
		return err
	}
	leaf := verify.Deliver{Letter: l.LogID}
	for _, f := range d.Files {
		if f.Role != Pack {
			continue
		}
		sum, err := hex.DecodeString(f.Commitment)
		if err != nil || len(sum) != 32 {
			return errors.New("delivery: a file without a commitment")
		}
		leaf.Files = append(leaf.Files, [32]byte(sum))
	}
	slices.SortFunc(leaf.Files, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	leaf.Files = slices.Compact(leaf.Files)
	return tlog.Enqueue(tx, tlog.Waiting{Letter: l.ID, Leaf: leaf})
}

// Publish lets everybody know of a delivery that was private or under embargo.
func (s *Service) Publish(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		if err != nil {
			return err
		}
		to, err := addressee(tx, l, d.Addressee)
		if err != nil {
			return err
		}
		if to.Confidential() {
			return fault.New(fault.Conflict, "delivery.confidential")
		}
		if d.IsPublic() {
			return s.log(tx, l, d, to)
		}
		if err := s.reveal(tx, l, d, to); err != nil {
			return err
		}
		return record(tx, l, by, "delivery.published", string(d.Channel))
	})
}

// reveal lets everybody know of a delivery from now on.
func (s *Service) reveal(tx *store.Tx, l letter.Letter, d Delivery, to Addressee) error {
	d.PublicAt = tx.Now()
	if _, err := tx.Exec(qSetPublic, d.PublicAt.UnixMicro(), d.ID); err != nil {
		return err
	}
	return s.log(tx, l, d, to)
}

// Register hands the work that is done in the background to the runner; byClock is for what the time alone makes public.
func (s *Service) Register(r *job.Runner, byClock ...job.Option) {
	job.Handle(r, func(ctx context.Context, _ int64, j lift) error { return s.lift(ctx, j.Delivery) }, byClock...)
	job.Handle(r, func(ctx context.Context, _ int64, j letter.Opened) error { return s.opened(ctx, j.Letter) })
}

// opened states what was handed over of a letter before it was published.
func (s *Service) opened(ctx context.Context, id letter.ID) error {
	l, err := s.Letters.ByID(ctx, id)
	if err != nil {
		return err
	}
	return s.Letters.Amend(ctx, l.Slug, func(tx *store.Tx, l letter.Letter) error {
		list, err := store.List(tx, qListDeliveries, scanDelivery, l.ID)
		if err != nil {
			return err
		}
		for _, d := range list {
			if d, err = s.find(tx, l, d.ID); err != nil {
				return err
			}
			to, err := addressee(tx, l, d.Addressee)
			if err != nil {
				return err
			}
			if err := s.log(tx, l, d, to); err != nil {
				return err
			}
		}
		return nil
	})
}

// lift lets everybody know of a delivery whose embargo has ended, unless somebody has before.
func (s *Service) lift(ctx context.Context, id int64) error {
	return s.amend(ctx, id, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		if err != nil || d.IsPublic() {
			return err
		}
		to, err := addressee(tx, l, d.Addressee)
		if err != nil {
			return err
		}
		return s.reveal(tx, l, d, to)
	})
}

// amend changes a delivery whose letter is not known, or does nothing if there is none.
func (s *Service) amend(ctx context.Context, id int64, fn func(tx *store.Tx, l letter.Letter) error) error {
	var slug string
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		d, err := scanDelivery(tx.Row(qFindDelivery, id))
		if err != nil {
			return err
		}
		l, err := letter.FindIn(tx, d.letter)
		slug = l.Slug
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Letters.Amend(ctx, slug, fn)
}

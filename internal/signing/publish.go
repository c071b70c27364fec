package signing

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// Publish gives durable acts their place in the log, moves them into list and count, and publishes a checkpoint. Several
// processes may run it at once. It returns how many acts there were.
func (s *Service) Publish(ctx context.Context) (done int, err error) {
	done, err = s.Log.Sequence(ctx, applyLeaves, roll.Publish)
	s.Events.Published.Add(int64(done))
	return done, err
}

// PublishTexts does the same for what is about letters alone: a new text or deadline is in the log at once.
func (s *Service) PublishTexts(ctx context.Context) error {
	_, err := s.Log.SequenceTexts(ctx, applyLeaves, roll.Publish)
	return err
}

// applyLeaves does to list and count what leaves of one letter say that get their index, and tells acts the index of their
// signature.
func applyLeaves(tx *store.Tx, l letter.ID, next int64, waiting []tlog.Waiting) (taken []tlog.Waiting, err error) {
	posting, err := roll.Post(tx, l)
	if err != nil {
		return nil, err
	}
	for _, w := range waiting {
		if w.Subject != 0 { // else it is about the letter
			x, err := scanSequenced(tx.Row(qFindSequenced, l, w.Subject))
			if err != nil {
				return nil, err
			}
			if _, sign := w.Leaf.(verify.Sign); !sign && x.LeafIndex == nil {
				continue // its signature waits itself
			}
			if err := x.apply(tx, &w, next+int64(len(taken)), posting); err != nil {
				return nil, err
			}
		}
		if d, ok := w.Leaf.(verify.Deliver); ok { // it follows the signatures in transactions of their own
			c, err := roll.Sum(tx, l)
			if err != nil {
				return nil, err
			}
			d.Size, d.Organisations, d.Persons, d.Withheld, d.Imported = next+int64(len(taken)), c.Organisations, c.Persons, c.Withheld, c.Imported
			w.Leaf = d
		}
		taken = append(taken, w)
	}
	if len(taken) == 0 {
		return nil, nil
	}
	return taken, posting.Close(next + int64(len(taken)))
}

// sequenced is a signature one of whose leaves gets its index, with the name that is, or is about to be, in the list.
type sequenced struct {
	Signature
	name, country string // "" for other listings
}

func scanSequenced(row store.Row) (x sequenced, err error) {
	x.Signature, err = scanSignatureAnd(row, &x.name, &x.country)
	return x, err
}

// apply does what follows from one leaf.
func (x sequenced) apply(tx *store.Tx, w *tlog.Waiting, index int64, posting *roll.Posting) error {
	c := verify.Cell{Edition: x.Edition, Kind: x.Kind, Listing: x.LeafListing, Basis: x.Basis}
	shows := false
	switch leaf := w.Leaf.(type) {
	case verify.Sign:
		c.Listing = leaf.Listing
		posting.Count(c, x.SignedAt)
		if _, err := tx.Exec(qSetLeaf, index, leaf.Listing, x.Letter, x.ID); err != nil {
			return err
		}
		shows = x.State == StateNew
	case verify.Relist:
		leaf.Target = *x.LeafIndex
		w.Leaf = leaf
		posting.Relist(c, leaf.Listing)
		if _, err := tx.Exec(qSetLeafListing, leaf.Listing, x.Letter, x.ID); err != nil {
			return err
		}
		shows = x.State == StateListed
	case verify.Withdraw:
		leaf.Target = *x.LeafIndex
		w.Leaf = leaf
		posting.End(c, x.SignedAt, leaf.Reason)
	}
	if !shows || x.name == "" {
		return nil
	}
	return posting.Show(x.ID, x.Kind, x.name, x.country)
}

package signing

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Erasure says that everything that could tell whose a signature was has been destroyed. It holds ids only.
type Erasure struct {
	Letter    letter.ID
	Signature int64
	Pending   int64 // the submission it came from, 0 for a signature of an import
	At        time.Time

	// ReplacedBy is the signature that its own signer put in its place, 0 for one that was erased. A restore erases such a
	// one only if the other, or what replaced that, was erased.
	ReplacedBy int64
}

// erasureSlice is how many signatures one transaction erases or unties from its address.
const erasureSlice = 100

// CountErasures returns how many erasures are recorded; the number only grows.
func (s *Service) CountErasures(ctx context.Context) (n int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountErasures).Scan(&n) })
	return n, err
}

// Erasures calls fn with every erasure that is recorded.
func (s *Service) Erasures(ctx context.Context, fn func(Erasure) error) error {
	return s.DB.View(ctx, func(tx *store.Tx) error {
		for e, err := range store.Each(tx, qListErasures, scanErasure) {
			if err != nil {
				return err
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// EraseAgain erases, in a database that an older backup has brought back, what was erased since the backup was made, and
// returns how many signatures that were there. It is safe to run again.
func (s *Service) EraseAgain(ctx context.Context, erasures iter.Seq[Erasure]) (found int, err error) {
	known := map[int64]Erasure{} // by signature: ids are unique over all letters
	for e := range erasures {
		known[e.Signature] = e
	}
	erased := func(e Erasure) bool {
		for range len(known) {
			if e.ReplacedBy == 0 {
				return true
			}
			next, ok := known[e.ReplacedBy]
			if !ok {
				return false
			}
			e = next
		}
		return false
	}
	var slice []Erasure
	flush := func() error {
		n := 0
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			n = 0
			for _, e := range slice {
				there, err := eraseAgain(tx, e)
				if err != nil {
					return err
				}
				if there {
					n++
				}
			}
			return nil
		})
		found, slice = found+n, slice[:0]
		return err
	}
	for e := range erasures {
		if !erased(e) {
			continue
		}
		if slice = append(slice, e); len(slice) == erasureSlice {
			if err := flush(); err != nil {
				return found, err
			}
		}
	}
	return found, flush()
}

func eraseAgain(tx *store.Tx, e Erasure) (there bool, err error) {
	// Also of a signature that the backup does not have yet: its submission may be there, and the next restore must know.
	if _, err := tx.Exec(qRecordErasure, e.Letter, e.Signature, e.Pending, e.At.UnixMicro(), e.ReplacedBy); err != nil {
		return false, err
	}
	if _, err := tx.Exec(qDropPending, e.Pending); err != nil {
		return false, err
	}
	o, err := scanOwn(tx.Row(qFindSignature, e.Letter, e.Signature))
	if errors.Is(err, store.ErrNoRow) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := letter.Touch(tx, o.Letter); err != nil {
		return false, err
	}
	why := verify.Erasure
	if e.Pending == 0 {
		why = verify.Undone // nobody but an editor can end what came with a list
	}
	return true, erase(tx, o, why)
}

// noTags returns tags of no address.
func noTags() (mailbox, tag []byte) {
	noise := make([]byte, 2*seal.TagSize)
	rand.Read(noise)
	return noise[:seal.TagSize], noise[seal.TagSize:]
}

// Lost says what went with the keys it was sealed with.
type Lost struct {
	Submissions int // that waited for their confirmation
	Sealed      int // signatures whose name, address and other particulars nobody can read any more
	Tags        int // signatures whose address is not recognised when it signs again
}

// GiveUpSealed destroys what was sealed with keys that are lost, in a database that a backup has brought back without
// them, and gives every open letter a data key of the keys at hand. It is safe to run again.
func (s *Service) GiveUpSealed(ctx context.Context) (lost Lost, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountWaiting).Scan(&lost.Submissions) })
	if err != nil {
		return lost, err
	}
	for _, q := range []*store.Query{qGiveUpPending, qGiveUpBudgets, qGiveUpDays, qGiveUpBlocks, qGiveUpInvitations, qGiveUpUnsubscribed} {
		if _, err := s.repeat(ctx, q); err != nil {
			return lost, err
		}
	}
	if lost.Sealed, err = s.repeat(ctx, qGiveUpSealed); err != nil {
		return lost, err
	}
	if lost.Tags, err = s.giveUpTags(ctx); err != nil {
		return lost, err
	}
	return lost, s.Letters.RenewKeys(ctx)
}

func (s *Service) giveUpTags(ctx context.Context) (done int, err error) {
	type key struct{ letter, id int64 }
	for after := (key{}); ; {
		var slice []key
		err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
			slice, err = store.List(tx, qListTagged, func(row store.Row) (k key, err error) { return k, row.Scan(&k.letter, &k.id) },
				after.letter, after.id, erasureSlice)
			if err != nil {
				return err
			}
			for _, k := range slice {
				mailbox, tag := noTags()
				if _, err := tx.Exec(qSetTags, mailbox, tag, k.letter, k.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(slice) == 0 {
			return done, err
		}
		done, after = done+len(slice), slice[len(slice)-1]
	}
}

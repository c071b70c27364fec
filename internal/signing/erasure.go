package signing

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Erasures are the records of what was taken away of signatures, so that a restored backup does not bring it back.
type Erasures struct{ signing *Service }

// Erasure says what was taken away of a signature. It holds ids only.
type Erasure struct {
	Letter    letter.ID
	Signature int64
	Pending   int64 // the submission it came from, 0 for a signature of an import
	At        time.Time

	// What was taken away: "" is everything that could tell whose it was, a verify.Reason its place in list and count, a
	// Listing its name, from all who do not see it under that one, uninformed the consent that the lead organisations write to the signer.
	What string

	// ReplacedBy is the signature that its own signer put in its place, 0 for one that was erased. A restore erases such a
	// one only if the other, or what replaced that, was erased.
	ReplacedBy int64
}

// atOnce is how many signatures one transaction changes.
const atOnce = 100

// Count returns how many erasures are recorded; the number only grows.
func (es Erasures) Count(ctx context.Context) (n int, err error) {
	err = es.signing.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountErasures).Scan(&n) })
	return n, err
}

// Skew is how far the clocks of servers on one database may be apart, and how long an erasure may take to be committed.
const Skew = time.Minute

// Since reports whether anything was taken away of a letter's signatures after something was made at a time. What was taken away up to
// Skew before is counted too: what was made may have been begun without it.
func (es Erasures) Since(ctx context.Context, l letter.ID, at time.Time) (any bool, err error) {
	err = es.signing.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qErasedSince, l, at.Add(-Skew).UnixMicro()).Scan(&any) })
	return any, err
}

// Each calls fn with every erasure that is recorded.
func (es Erasures) Each(ctx context.Context, fn func(Erasure) error) error {
	return es.signing.DB.View(ctx, func(tx *store.Tx) error {
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

// Again says how many signatures of a backup lost again what was taken away of them since.
type Again struct {
	Erased int
	Ended  int // withdrawn, or removed by an editor
	Hidden int // shown to fewer, or not to be written to any more
}

// Again takes away, in a database that an older backup has brought back, what was taken away since the backup was made.
// What the database knows of already happened before that and is left alone: the signer may have shown the name again. It is
// safe to run again.
func (es Erasures) Again(ctx context.Context, erasures iter.Seq[Erasure]) (again Again, err error) {
	var slice []Erasure
	flush := func() error {
		var some Again
		err := es.signing.DB.Update(ctx, func(tx *store.Tx) error {
			some = Again{}
			for _, e := range slice {
				if err := es.signing.eraseAgain(tx, e, &some); err != nil {
					return err
				}
			}
			return nil
		})
		again.Erased, again.Ended, again.Hidden = again.Erased+some.Erased, again.Ended+some.Ended, again.Hidden+some.Hidden
		slice = slice[:0]
		return err
	}
	for e := range withReplaced(erasures) {
		if slice = append(slice, e); len(slice) == atOnce {
			if err := flush(); err != nil {
				return again, err
			}
		}
	}
	return again, flush()
}

// withReplaced returns the erasures and, after each, the same of every signature that this one has replaced: what was taken
// away of the later one must not be shown by the earlier. That a signature was replaced is no reason by itself.
func withReplaced(erasures iter.Seq[Erasure]) iter.Seq[Erasure] {
	return func(yield func(Erasure) bool) {
		replaced := map[int64][]Erasure{} // by what replaced them; ids are unique over all letters
		for e := range erasures {
			if e.ReplacedBy != 0 {
				replaced[e.ReplacedBy] = append(replaced[e.ReplacedBy], e)
			}
		}
		for e := range erasures {
			if e.ReplacedBy != 0 {
				continue
			}
			seen := map[int64]bool{e.Signature: true} // a damaged file may lead in a circle
			for next := []Erasure{e}; len(next) > 0; {
				e, next = next[0], next[1:]
				if !yield(e) {
					return
				}
				for _, old := range replaced[e.Signature] {
					if !seen[old.Signature] {
						seen[old.Signature] = true
						if e.What != "" { // else it is what its own line says
							old.What, old.At, old.ReplacedBy = e.What, e.At, 0
						}
						next = append(next, old)
					}
				}
			}
		}
	}
}

func (s *Service) eraseAgain(tx *store.Tx, e Erasure, again *Again) error {
	// Also of a signature that the backup does not have yet: its submission may be there, and the next restore must know.
	if fresh, err := e.record(tx); err != nil || !fresh {
		return err
	}
	if _, err := tx.Exec(qDropPending, e.Pending); err != nil {
		return err
	}
	x, err := scanSignature(tx.Row(qFindSignature, e.Letter, e.Signature))
	if errors.Is(err, store.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := letter.Touch(tx, x.Letter); err != nil {
		return err
	}
	if e.What == "" || e.What == string(verify.Signer) { // news of the letter end with it, as they did then
		if err := s.unfollow(tx, x); err != nil {
			return err
		}
	}
	switch {
	case e.What == "":
		why := verify.Erasure
		if e.Pending == 0 {
			why = verify.Undone // nobody but an editor can end what came with a list
		}
		again.Erased++
		return s.erase(tx, x, why)
	case !x.active():
		return nil
	case e.What == uninformed:
		return s.uninformAgain(tx, x, again)
	case roll.Listing(e.What).Valid():
		if !roll.Listing(e.What).Hides(x.Listing) {
			return nil
		}
		again.Hidden++
		_, err := x.relist(tx, roll.Listing(e.What))
		return err
	}
	again.Ended++
	state := StateRemoved
	if e.What == string(verify.Signer) {
		state = StateWithdrawn
	}
	return end(tx, x, state, verify.Reason(e.What))
}

// unfollow ends the news of the letter to the signer, unless nobody can know any more who that is.
func (s *Service) unfollow(tx *store.Tx, x Signature) error {
	key, err := s.Letters.KeyIn(tx, x.Letter)
	var p particulars
	if err == nil {
		p, err = x.particularsIn(tx, key)
	}
	if errors.Is(err, seal.ErrOpen) { // the backup came without its keys, and what followers are sealed with is lost too
		return nil
	}
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	return s.Unfollow(tx, x.Letter, p.Email)
}

// KnownErasure reports whether a word says what an Erasure took away.
func KnownErasure(what string) bool {
	switch verify.Reason(what) {
	case "", uninformed, verify.Signer, verify.Duplicate, verify.Fraud, verify.Moderation:
		return true
	}
	return roll.Listing(what).Valid() && roll.Listing(what) != roll.Public
}

// record notes an erasure. It reports whether it was not known.
func (e Erasure) record(tx *store.Tx) (fresh bool, err error) {
	n, err := tx.Exec(qRecordErasure, e.Letter, e.Signature, e.What, e.At.UnixMicro(), e.Pending, e.ReplacedBy)
	return n > 0, err
}

// recordErased notes that something is taken away of a signature now, or with "" and another signature, that this one stands
// in its place.
func (x Signature) recordErased(tx *store.Tx, what string, replacedBy int64) error {
	_, err := tx.Exec(qRecordErasureOf, what, tx.Now().UnixMicro(), replacedBy, x.Letter, x.ID)
	return err
}

// forget destroys what could tell whose a signature was, the address tags included, and records that it did.
func (s *Service) forget(tx *store.Tx, x Signature) error {
	if err := x.recordErased(tx, "", 0); err != nil {
		return err
	}
	if err := s.Erased(tx, x.Letter, x.ID); err != nil {
		return err
	}
	return untie(tx, x)
}

// untie destroys the sealed data of a signature, its secret's hash and its tags.
func untie(tx *store.Tx, x Signature) error {
	if _, err := tx.Exec(qRemoveSealed, x.Letter, x.ID); err != nil {
		return err
	}
	_, err := tx.Exec(qErase, seal.NoTag(), seal.NoTag(), x.Letter, x.ID)
	return err
}

// Lost says what went with the keys it was sealed with.
type Lost struct {
	Submissions int // that waited for their confirmation
	Sealed      int // signatures whose name, address and other particulars nobody can read any more
	Tags        int // signatures whose address is not recognised when it signs again
}

// GiveUp destroys what was sealed with keys that are lost. It is safe to run again.
func (s *Service) GiveUp(ctx context.Context) (lost Lost, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountWaiting).Scan(&lost.Submissions) })
	if err != nil {
		return lost, err
	}
	for _, q := range []*store.Query{qGiveUpPending, qGiveUpMandates} {
		if _, err := s.DB.Repeat(ctx, q); err != nil {
			return lost, err
		}
	}
	if lost.Sealed, err = s.DB.Repeat(ctx, qGiveUpSealed); err != nil {
		return lost, err
	}
	lost.Tags, err = s.giveUpTags(ctx)
	return lost, err
}

func (s *Service) giveUpTags(ctx context.Context) (done int, err error) {
	type key struct{ letter, id int64 }
	for after := (key{}); ; {
		var slice []key
		err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
			slice, err = store.List(tx, qListTagged, func(row store.Row) (k key, err error) { return k, row.Scan(&k.letter, &k.id) },
				after.letter, after.id, atOnce)
			if err != nil {
				return err
			}
			for _, k := range slice {
				if _, err := tx.Exec(qSetTags, seal.NoTag(), seal.NoTag(), k.letter, k.id); err != nil {
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

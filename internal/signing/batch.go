package signing

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// The bases of signatures that were not confirmed from a mailbox: those of an import.
const (
	BasisReply  Basis = "reply"  // answered a mail or a call
	BasisPaper  Basis = "paper"  // signed on paper
	BasisImport Basis = "import" // came from another list
)

// imported reports whether a signature of the basis came with a list.
func (b Basis) imported() bool { return b == BasisReply || b == BasisPaper || b == BasisImport }

// Batch is a list of signatories that was imported.
type Batch struct {
	Letter    letter.ID
	ID        int64
	Basis     Basis
	Source    string // where the list comes from, as the public is told; "" if that was not said
	SHA256    string // of the file
	Added     int    // signatures so far, those that are held included
	State     BatchState
	CreatedAt time.Time
	Listing   Listing // of lines that do not say it themselves
	Kind      Kind    // the same; "" where it was told by what they hold

	allowed int // signatures that its import leaves allow for
}

// BatchState says how far a batch is.
type BatchState string

// The states of a batch.
const (
	BatchApplying BatchState = "applying" // some of its lines are in; the same file goes on where it stopped
	BatchApplied  BatchState = "applied"
	BatchUndoing  BatchState = "undoing"
	BatchUndone   BatchState = "undone"
)

// batchSlice is how many signatures one transaction adds or takes out: each is about five rows, and a transaction of an
// import writes at most 500 (DESIGN.md 5).
const batchSlice = 100

func unixMicro(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// Batches returns the batches of a letter, oldest first.
func (s *Service) Batches(ctx context.Context, l letter.ID) (batches []Batch, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		batches, err = store.List(tx, qListBatches, scanBatch, l)
		return err
	})
	return batches, err
}

// ApplyImport adds the lines of a plan that are to be added, and tells progress how many of them are in. It is safe to
// stop at any time: the same file, planned again, goes on where it stopped. What became a duplicate since the plan was
// made is left out.
func (s *Service) ApplyImport(ctx context.Context, p *ImportPlan, progress func(done, of int)) (Batch, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	key, err := s.keyFor(ctx, p.Letter.ID)
	if err != nil {
		return Batch{}, err
	}
	var lines []*PlannedLine
	for i := range p.Lines {
		if p.Lines[i].acts() {
			lines = append(lines, &p.Lines[i])
		}
	}
	adds := func(lines []*PlannedLine) (n int) {
		for _, line := range lines {
			if line.adds() {
				n++
			}
		}
		return n
	}
	b := p.Batch
	if b.ID == 0 {
		if len(lines) == 0 {
			return b, nil // there is nothing to undo one day
		}
		b = Batch{Letter: p.Letter.ID, ID: store.NewID(s.DB.Now()), Basis: p.Basis, Source: p.Source, SHA256: p.SHA256, State: BatchApplying,
			CreatedAt: s.DB.Now(), Listing: p.Listing, Kind: p.Kind}
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(qInsertBatch, b.Letter, b.ID, b.Basis, b.Source, b.SHA256, b.CreatedAt.UnixMicro(), b.Listing, b.Kind); err != nil {
				return err
			}
			if err := letter.Touch(tx, b.Letter); err != nil {
				return err
			}
			return allow(tx, b, adds(lines))
		})
		if err != nil {
			return b, err
		}
	}
	for done := 0; done < len(lines) || b.State != BatchApplied; {
		if l, err := s.Letters.ByID(ctx, b.Letter); err != nil {
			return b, err
		} else if !l.AcceptsConfirmations(s.DB.Now()) {
			return b, errClosed(l) // it was closed meanwhile
		}
		slice := lines[done:min(done+batchSlice, len(lines))]
		state := BatchApplying
		if done+len(slice) == len(lines) {
			state = BatchApplied
		}
		made, asked := make([]signed, len(slice)), make([]submission, len(slice))
		for i, line := range slice {
			if line.Outcome == ImportAsk {
				if asked[i], err = s.asks(key, p.Letter, line); err != nil {
					return b, err
				}
				continue
			}
			leaf, err := s.Letters.Log.Leaf(ctx, b.Letter, line.edition)
			if err != nil {
				return b, err
			}
			p := line.particulars
			p.Source, p.Line = b.SHA256, line.Line
			if made[i], err = commit(leaf, line.Kind, b.Basis, p, randomSecret(), key, line.at); err != nil {
				return b, err
			}
		}
		added, mailed := 0, 0
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			added, mailed = 0, 0
			if err := letter.Touch(tx, b.Letter); err != nil { // before the signatures, in the order in which Publish locks
				return err
			}
			current, err := scanBatch(tx.Row(qLockBatch, b.Letter, b.ID))
			if err != nil {
				return err
			}
			if current.State != BatchApplying {
				return fault.New(fault.Conflict, "batch.ended")
			}
			if final, err := letter.IsFinal(tx, b.Letter); err != nil || final {
				return firstError(err, fault.New(fault.Gone, "letter.closed"))
			}
			// Planned again, an interrupted file can have more to add than it had when it began.
			if err := allow(tx, current, current.Added+adds(slice)-current.allowed); err != nil {
				return err
			}
			for i, line := range slice {
				if line.Outcome == ImportAsk {
					n, err := s.ask(tx, b, line, asked[i])
					if err != nil {
						return err
					}
					mailed += n
					continue
				}
				n, err := line.insert(tx, b, made[i])
				if err != nil {
					return err
				}
				added += n
			}
			_, err = tx.Exec(qSetBatch, state, added, b.Letter, b.ID)
			return err
		})
		if err != nil {
			return b, err
		}
		done += len(slice)
		p.Asked += mailed
		b.Added, b.State = b.Added+added, state
		progress(done, len(lines))
	}
	return b, nil
}

// allow states in the log that a list adds n signatures at most, beside those that were stated before.
func allow(tx *store.Tx, b Batch, n int) error {
	if n <= 0 {
		return nil
	}
	id, err := letter.LogID(tx, b.Letter)
	if err != nil {
		return err
	}
	leaf := verify.Import{Letter: id, N: n}
	if _, err := hex.Decode(leaf.SHA256[:], []byte(b.SHA256)); err != nil {
		return err
	}
	if _, err := tx.Exec(qAllowBatch, n, b.Letter, b.ID); err != nil {
		return err
	}
	return tlog.Enqueue(tx, tlog.Waiting{Letter: b.Letter, Leaf: leaf})
}

// insert writes the signature of a line and returns 1, or 0 when somebody else signed with its address in between.
func (line *PlannedLine) insert(tx *store.Tx, b Batch, x signed) (int, error) {
	state := StateNew
	if line.Outcome == ImportHeld {
		state = StateHeld
	}
	n, err := qInsertSignature.put(tx, []any{b.Letter, x.id, x.kind, line.edition, line.language, line.text, x.p.Listing, b.Basis, state,
		line.Reason, line.mailbox, line.tag, nil, int64(0), tx.Now().UnixMicro()})
	if err != nil || n == 0 {
		return 0, err
	}
	if _, err := tx.Exec(qInsertBatchLine, b.Letter, b.ID, line.Line, line.Kind, x.id, int64(0)); err != nil {
		return 0, err
	}
	if x.p.Listing == Public {
		if _, err := qPutPublic.put(tx, x.public(b.Letter)); err != nil {
			return 0, err
		}
	}
	if _, err := qPutSealed.put(tx, x.row(b.Letter)); err != nil {
		return 0, err
	}
	if state == StateHeld {
		return 1, nil
	}
	return 1, wait(tx, b.Letter, x)
}

// UndoImport withdraws every signature of a batch and forgets whose they were, and asks nobody any more who was asked; the same
// file can be imported again. Who has signed with their own mailbox since stays. It is safe to stop at any time, and to run again.
func (s *Service) UndoImport(ctx context.Context, l letter.ID, batch int64, progress func(undone, of int)) (undone, kept int, err error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	var after batchLine
	for {
		var lines []batchLine
		ended, total := 0, 0
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			ended = 0
			if err := letter.Touch(tx, l); err != nil { // before the signatures, in the order in which Publish locks
				return err
			}
			b, err := scanBatch(tx.Row(qLockBatch, l, batch))
			if errors.Is(err, store.ErrNoRow) {
				return fault.New(fault.NotFound, "batch.unknown")
			}
			if err != nil {
				return err
			}
			total = b.Added
			if lines, err = store.List(tx, qListBatchLines, scanBatchLine, l, batch, after.line, after.kind, batchSlice); err != nil {
				return err
			}
			for _, line := range lines {
				took, err := undo(tx, l, line)
				if err != nil {
					return err
				}
				ended += took
			}
			state := BatchUndoing
			if len(lines) < batchSlice {
				state = BatchUndone
			}
			_, err = tx.Exec(qSetBatch, state, 0, l, batch)
			return err
		})
		if err != nil {
			return undone, kept, err
		}
		undone, kept = undone+ended, kept+len(lines)-ended
		progress(undone+kept, total)
		if len(lines) < batchSlice {
			return undone, kept, nil
		}
		after = lines[len(lines)-1]
	}
}

// undo ends one signature of a batch, or the submission in its place, and returns 1, or 0 when its signer has taken it over, or
// it has ended before.
func undo(tx *store.Tx, l letter.ID, line batchLine) (int, error) {
	if line.pending != 0 {
		n, err := tx.Exec(qRemovePending, line.pending)
		return int(n), err
	}
	o, err := scanOwn(tx.Row(qFindSignature, l, line.id))
	if err != nil {
		return 0, err
	}
	if !o.Basis.imported() || !o.active() {
		return 0, nil
	}
	if err := end(tx, o, StateWithdrawn, verify.Undone); err != nil {
		return 0, err
	}
	return 1, forget(tx, o)
}

// forget destroys what could tell whose a signature was, the address tags included, and records that it did.
func forget(tx *store.Tx, o Own) error {
	if err := o.recordErased(tx, "", 0); err != nil {
		return err
	}
	mailbox, tag := noTags()
	if _, err := tx.Exec(qForgetSigner, mailbox, tag, o.Letter, o.ID); err != nil {
		return err
	}
	return untie(tx, o)
}

// untie destroys the sealed data of a signature, its secret's hash and its tags.
func untie(tx *store.Tx, o Own) error {
	if _, err := tx.Exec(qRemoveSealed, o.Letter, o.ID); err != nil {
		return err
	}
	mailbox, tag := noTags()
	_, err := tx.Exec(qErase, mailbox, tag, o.Letter, o.ID)
	return err
}

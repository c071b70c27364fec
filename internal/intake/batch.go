package intake

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// Batch is a list of signatories that was imported.
type Batch struct {
	Letter    letter.ID
	ID        int64
	Basis     verify.Basis
	Source    string // where the list comes from, as the public is told; "" if that was not said
	SHA256    string // of the file
	Added     int    // signatures so far, those that are held included; of a list from the desk how many its dry run showed
	State     BatchState
	CreatedAt time.Time
	Listing   roll.Listing // of lines that do not say it themselves
	Kind      verify.Kind  // the same; "" where it was told by what they hold

	allowed int    // signatures that its import leaves allow for
	nextAt  *int64 // µs: when more lines of a list from the desk are taken in, 0 once all are; nil for one of the command line
}

// ofDesk reports whether the list was added at the desk.
func (b Batch) ofDesk() bool { return b.nextAt != nil }

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

// Batches returns the batches of a letter, oldest first.
func (s *Service) Batches(ctx context.Context, l letter.ID) (batches []Batch, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		batches, err = store.List(tx, qListBatches, scanBatch, l)
		return err
	})
	return batches, err
}

// Apply adds the lines of a plan that tells the truth, for who holds the keys, and tells progress how many of them are in. It is safe to
// stop at any time: the same file, planned again, goes on where it stopped. What became a duplicate since the plan was
// made is left out.
func (s *Service) Apply(ctx context.Context, p *Plan, progress func(done, of int)) (Batch, error) {
	if progress == nil {
		progress = func(int, int) {}
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
			return b, l.Refusal() // it was closed meanwhile
		}
		slice := lines[done:min(done+batchSlice, len(lines))]
		state := BatchApplying
		if done+len(slice) == len(lines) {
			state = BatchApplied
		}
		made, asked, err := s.prepare(ctx, p, b, slice)
		if err != nil {
			return b, err
		}
		added, mailed := 0, 0
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
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
				return cmp.Or(err, error(fault.New(fault.Gone, "letter.closed")))
			}
			// Planned again, an interrupted file can have more to add than it had when it began.
			if err := allow(tx, current, current.Added+adds(slice)-current.allowed); err != nil {
				return err
			}
			for i, line := range slice {
				if line.Outcome == Ask {
					n, err := line.ask(tx, b, asked[i])
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

// prepare makes what lines become: those that ask a submission, the others a signature.
func (s *Service) prepare(ctx context.Context, p *Plan, b Batch, lines []*PlannedLine) (made []signing.Listed, asked []signing.Asked, err error) {
	made, asked = make([]signing.Listed, len(lines)), make([]signing.Asked, len(lines))
	for i, line := range lines {
		if line.Outcome == Ask {
			asked[i], err = s.Signing.Lists.Ask(ctx, p.Letter, line.language, line.Shown, line.box.Address.Typed)
		} else {
			made[i], err = s.Signing.Lists.Prepare(ctx, signing.Draft{Letter: b.Letter, Line: line.Line, Source: b.SHA256, At: p.at, Shown: line.Shown,
				Marks: line.marks, Email: line.email, Edition: p.Letter.Edition.Number, Language: line.language, Text: line.text, Basis: b.Basis,
				Held: line.Reason})
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return made, asked, nil
}

// insert writes the signature of a line and returns 1, or 0 when somebody else signed with its address in between.
func (line *PlannedLine) insert(tx *store.Tx, b Batch, x signing.Listed) (int, error) {
	if written, err := x.Insert(tx); err != nil || !written {
		return 0, err
	}
	_, err := tx.Exec(qInsertBatchLine, b.Letter, b.ID, line.Line, line.Kind, x.ID, int64(0))
	return 1, err
}

// Undo withdraws every signature of a batch and forgets whose they were, and asks nobody any more who was asked; the same
// file can be imported again. Who has signed with their own mailbox since stays. It is safe to stop at any time, and to run again.
func (s *Service) Undo(ctx context.Context, l letter.ID, batch int64, progress func(undone, of int)) (undone, kept int, err error) {
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
			key, err := s.keyOf(tx, b)
			if err != nil {
				return err
			}
			total = b.Added
			if lines, err = store.List(tx, qListBatchLines, scanBatchLine, l, batch, after.line, after.kind, batchSlice); err != nil {
				return err
			}
			for _, line := range lines {
				took, err := s.undo(tx, key, b, line)
				if err != nil {
					return err
				}
				if took {
					ended++
				}
			}
			state := BatchUndoing
			if len(lines) < batchSlice {
				state = BatchUndone
			}
			if b.ofDesk() { // what has not been taken in never is
				if _, err := tx.Exec(qRemoveProposal, l, batch); err != nil {
					return err
				}
				if err := inbox.AllWaitAgain(tx, l, batch); err != nil {
					return err
				}
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
			_, err := s.DB.Repeat(ctx, qRemoveTaken, l, batch)
			return undone, kept, err
		}
		after = lines[len(lines)-1]
	}
}

// keyOf returns what the fates of a batch's lines are sealed with; nil for one of the command line, whose lines say them.
func (s *Service) keyOf(tx *store.Tx, b Batch) (*seal.LetterKey, error) {
	if !b.ofDesk() {
		return nil, nil
	}
	key, err := s.Letters.KeyIn(tx, b.Letter)
	if fault.Is(err, fault.Gone) {
		err = fault.New(fault.Gone, "batch.final")
	}
	return key, err
}

// undo ends one signature of a batch, or the submission in its place, and reports whether it did.
func (s *Service) undo(tx *store.Tx, key *seal.LetterKey, b Batch, line batchLine) (bool, error) {
	if line.fate != nil {
		f, err := openFate(key, b.ID, line.fate)
		if err != nil {
			return false, err
		}
		if _, err := tx.Exec(qRemoveTakenLine, b.Letter, b.ID, line.line, line.kind); err != nil {
			return false, err
		}
		line.id, line.pending = f.signature, f.pending
	}
	switch {
	case line.pending != 0:
		return s.Signing.Lists.TakeBackAsked(tx, line.pending)
	case line.id != 0:
		return s.Signing.Lists.TakeBack(tx, b.Letter, line.id)
	}
	return false, nil
}

// Adopt bounds, in the log, the lists that were added before there was one. Several processes may run it at once.
func (s *Service) Adopt(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
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
}

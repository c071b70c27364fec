package intake

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// A list that is added at the desk is announced as it was shown: that is the batch, its number, the trail and the bound in the log.
// Its lines are then taken in over a day, each in an hour that its key tells and nobody can foresee, so that neither the order nor
// the time of what follows tells which lines became nothing.
const spreadOver = 24 // hours

// apart is how long a letter takes in no second list.
const apart = spreadOver * time.Hour

// announced is a line that is to be taken in, as it was shown.
type announced struct {
	Line    int
	Kind    verify.Kind
	Listing roll.Listing
	Outcome Outcome
	Reason  string
	Nothing bool // it had signed already, or wanted no part in it: so it stays, though the signer erases meanwhile what says so
}

func (a announced) key() lineKey { return lineKey{a.Line, a.Kind} }

// announce begins to add a proposal that was approved. What cannot be added any more stays, with the reason.
func (s *Service) announce(ctx context.Context, j apply) error {
	l, err := s.Letters.FindByID(ctx, j.Letter)
	if err != nil {
		return err
	}
	p, i, err := s.proposal(ctx, l, j.Proposal)
	if errors.Is(err, errNoProposal) || err == nil && i.Announced != nil {
		return nil // a run before this one has done it
	}
	if err != nil {
		return err
	}
	plan, err := s.Show(ctx, i.importOf(l, p.Skip))
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		return s.fail(ctx, j.Letter, j.Proposal, refused)
	}
	if err != nil {
		return err
	}
	if i.Announced, err = s.foresee(ctx, plan); err != nil {
		return err
	}
	key, err := s.Letters.Key(ctx, l.ID)
	if err != nil {
		return err
	}
	sealed, err := sealProposed(key, j.Proposal, i)
	if err != nil {
		return err
	}
	n := plan.Count(Add) + plan.Count(Hold)
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := letter.Touch(tx, l.ID); err != nil {
			return err
		}
		if set, err := tx.Exec(qAnnounceProposal, sealed, l.ID, j.Proposal); err != nil || set == 0 {
			return err
		}
		if err := account.Record(tx, account.Entry{User: p.approvedBy, Letter: l.ID, Act: "intake.added", Object: strconv.Itoa(n)}); err != nil {
			return err
		}
		if err := inbox.WaitAgain(tx, l.ID, j.Proposal, i.leftOut()); err != nil {
			return err
		}
		if len(i.Announced) == 0 { // there is nothing to undo one day
			_, err := tx.Exec(qRemoveProposal, l.ID, j.Proposal)
			return err
		}
		b := Batch{Letter: l.ID, ID: j.Proposal, SHA256: plan.SHA256}
		now := tx.Now().UnixMicro()
		if _, err := tx.Exec(qAnnounceBatch, b.Letter, b.ID, plan.Basis, plan.Source, b.SHA256, n, now, plan.Listing, plan.Kind); err != nil {
			return err
		}
		return allow(tx, b, n)
	})
}

// leftOut returns the mails of which no line is taken in.
func (i proposed) leftOut() (ids []int64) {
	for n, id := range i.Mails {
		if !slices.ContainsFunc(i.Announced, func(a announced) bool { return a.Line == n+1 }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// foresee returns the lines of a plan that are taken in, with those that become nothing.
func (s *Service) foresee(ctx context.Context, p *Plan) (list []announced, err error) {
	list = []announced{}
	for start := 0; start < len(p.Lines); start += batchSlice {
		var some []announced
		err := s.DB.View(ctx, func(tx *store.Tx) error {
			some = nil
			for _, line := range p.Lines[start:min(start+batchSlice, len(p.Lines))] {
				if !line.acts() {
					continue
				}
				_, nothing, err := line.becomesNothing(tx, p.Letter.ID)
				if err != nil {
					return err
				}
				some = append(some, announced{line.Line, line.Kind, line.Listing, line.Outcome, line.Reason, nothing})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func (s *Service) fail(ctx context.Context, l letter.ID, proposal int64, why *fault.Error) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qEndBatch, l, proposal); err != nil {
			return err
		}
		_, err := tx.Exec(qFailProposal, why.Key, l, proposal)
		return err
	})
}

// Spread takes in the lines of announced lists whose hour has come; all of those of a letter that has closed. It goes on where
// another run was stopped, and may run in several processes at once.
func (s *Service) Spread(ctx context.Context) error {
	var due []Batch
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		due, err = store.List(tx, qListDue, scanBatch, tx.Now().UnixMicro())
		return err
	})
	for _, b := range due {
		if spread := s.spread(ctx, b); spread != nil {
			err = errors.Join(err, fmt.Errorf("intake: batch %d of letter %d: %w", b.ID, b.Letter, spread))
		}
	}
	return err
}

func (s *Service) spread(ctx context.Context, b Batch) error {
	l, err := s.Letters.ByID(ctx, b.Letter)
	if err != nil {
		return err
	}
	p, i, err := s.proposal(ctx, l, b.ID)
	if errors.Is(err, errNoProposal) || fault.Is(err, fault.Gone) { // it was undone meanwhile, or the key of its letter was destroyed
		return s.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qEndBatch, b.Letter, b.ID)
			return err
		})
	}
	if err != nil {
		return err
	}
	plan, err := s.readForDesk(ctx, i.importOf(l, p.Skip))
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		return s.fail(ctx, b.Letter, b.ID, refused)
	}
	if err != nil {
		return err
	}
	key, err := s.Letters.Key(ctx, b.Letter)
	if err != nil {
		return err
	}
	taken, err := s.takenOf(ctx, b)
	if err != nil {
		return err
	}
	var lines []*PlannedLine
	next, now := time.Time{}, plan.at
	for k, line := range plan.announced(i.Announced) {
		at := hourOf(key, b, k)
		switch {
		case taken[k]:
		case line.Outcome == Ask || !at.After(now) || !l.AcceptsSignatures(now): // who is asked answers when they like
			lines = append(lines, line)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	if len(taken) == 0 {
		if err := s.markTaken(ctx, plan, b, key, i.Announced); err != nil {
			return err
		}
	}
	for start := 0; start < len(lines); start += spreadSlice {
		if err := s.takeIn(ctx, plan, b, key, lines[start:min(start+spreadSlice, len(lines))]); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if !next.IsZero() {
			_, err := tx.Exec(qPostponeBatch, next.UnixMicro(), b.Letter, b.ID)
			return err
		}
		if n, err := tx.Exec(qEndBatch, b.Letter, b.ID); err != nil || n == 0 {
			return err
		}
		_, err := tx.Exec(qRemoveProposal, b.Letter, b.ID)
		return err
	})
}

// spreadSlice is how many lines one transaction takes in: each writes seven rows, and a transaction of an import at most 500
// (DESIGN.md 5).
const spreadSlice = 70

// hourOf tells when a line is taken in.
func hourOf(key *seal.LetterKey, b Batch, k lineKey) time.Time {
	drawn := binary.BigEndian.Uint64(key.Tag(fmt.Sprintf("hour %d %d %s", b.ID, k.line, k.kind)))
	return b.CreatedAt.Add(time.Duration(drawn%spreadOver) * time.Hour)
}

// announced returns the lines of a plan that were announced, as they were: what the public list says since changes nothing.
func (p *Plan) announced(as []announced) map[lineKey]*PlannedLine {
	byKey := map[lineKey]*PlannedLine{}
	for i := range p.Lines {
		byKey[p.Lines[i].key()] = &p.Lines[i]
	}
	lines := map[lineKey]*PlannedLine{}
	for _, a := range as {
		if line := byKey[a.key()]; line != nil {
			line.Listing, line.Outcome, line.Reason, line.nothing = a.Listing, a.Outcome, a.Reason, a.Nothing
			lines[a.key()] = line
		}
	}
	return lines
}

// takenOf returns the lines of a batch that were taken in.
func (s *Service) takenOf(ctx context.Context, b Batch) (taken map[lineKey]bool, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		taken = map[lineKey]bool{}
		for k, err := range store.Each(tx, qListTakenLines, scanLineKey, b.Letter, b.ID) {
			if err != nil {
				return err
			}
			taken[k] = true
		}
		return nil
	})
	return taken, err
}

// Became returns how many signatures a batch became, for who holds the keys: of a list from the desk Added is how many it was
// announced as.
func (s *Service) Became(ctx context.Context, b Batch) (n int, err error) {
	if !b.ofDesk() {
		return b.Added, nil
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		n = 0
		key, err := s.keyOf(tx, b)
		if err != nil {
			return err
		}
		for line, err := range store.Each(tx, qListBatchLines, scanBatchLine, b.Letter, b.ID, 0, "", roster.MaxRows*2) {
			if err != nil {
				return err
			}
			f, err := openFate(key, b.ID, line.fate)
			if err != nil {
				return err
			}
			if f.signature != 0 {
				n++
			}
		}
		return nil
	})
	if fault.Is(err, fault.Gone) { // nobody knows any more
		return b.Added, nil
	}
	return n, err
}

// takeIn takes lines in: each becomes a signature, a submission whose sender is asked, or nothing.
func (s *Service) takeIn(ctx context.Context, p *Plan, b Batch, key *seal.LetterKey, lines []*PlannedLine) error {
	made, asked, err := s.prepare(ctx, p, b, lines)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := letter.Touch(tx, b.Letter); err != nil { // before the signatures, in the order in which Publish locks
			return err
		}
		current, err := scanBatch(tx.Row(qLockBatch, b.Letter, b.ID))
		if err != nil || current.State != BatchApplying {
			return err // it is being undone
		}
		if final, err := letter.IsFinal(tx, b.Letter); err != nil || final {
			return cmp.Or(err, error(fault.New(fault.Gone, "letter.closed")))
		}
		taken, err := store.List(tx, qListTakenLines, scanLineKey, b.Letter, b.ID)
		if err != nil {
			return err
		}
		in := map[lineKey]bool{}
		for _, k := range taken {
			in[k] = true
		}
		for i, line := range lines {
			if in[line.key()] {
				continue // another process was first
			}
			fate, err := line.takeIn(tx, b.Letter, made[i], asked[i])
			if err != nil {
				return err
			}
			if _, err := tx.Exec(qInsertTakenLine, b.Letter, b.ID, line.Line, line.Kind, fate.seal(key, b.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// markTaken has other lists show all lines of a batch as taken in, before the first of them is: read again hour by hour, the same list
// would else tell the hour of each line, and the count what became of it.
func (s *Service) markTaken(ctx context.Context, p *Plan, b Batch, key *seal.LetterKey, as []announced) error {
	var lines []*PlannedLine
	for _, line := range p.announced(as) {
		lines = append(lines, line)
	}
	for some := range slices.Chunk(lines, batchSlice) {
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			if err := letter.Touch(tx, b.Letter); err != nil {
				return err
			}
			current, err := scanBatch(tx.Row(qLockBatch, b.Letter, b.ID))
			if err != nil || current.State != BatchApplying {
				return err // it is being undone
			}
			for _, line := range some {
				mailbox, tag := line.takenTags(key)
				if _, err := tx.Exec(qInsertTaken, b.Letter, mailbox, tag, line.Kind, b.ID); err != nil {
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

// takeIn writes what a line becomes.
func (line *PlannedLine) takeIn(tx *store.Tx, l letter.ID, made signing.Listed, asked signing.Asked) (f fate, err error) {
	earlier, nothing, err := line.becomesNothing(tx, l)
	if err != nil {
		return f, err
	}
	if line.Outcome == Ask {
		if !nothing {
			mail, err := line.box.Spend(tx)
			if err != nil {
				return f, err
			}
			nothing = !mail
		}
		if !nothing {
			f.pending = asked.ID()
			if err := asked.Insert(tx); err != nil {
				return f, err
			}
		}
		return f, job.Enqueue(tx, ReplyMail{Pending: asked.ID()}) // there for each line, and sends nothing where nobody is asked
	}
	if nothing {
		return f, nil
	}
	if line.unnamed && earlier.Alike() {
		made.Hold(signing.HeldDuplicate) // the command line has taken in as many who give no name
	}
	written, err := made.Insert(tx)
	if written {
		f.signature = made.ID
	}
	return f, err
}

// becomesNothing reports whether a line has signed, took that back, or is its signer's to settle: the address was written to within
// a week, or its owner wants no mail of the letter. Lines of lists that name one mailbox in several spellings do not rule each
// other out: the dry run showed which of them are held.
func (line *PlannedLine) becomesNothing(tx *store.Tx, l letter.ID) (earlier signing.Earlier, nothing bool, err error) {
	earlier, err = line.marks.Earlier(tx, l, line.Kind)
	switch {
	case err != nil:
		return earlier, false, err
	case line.nothing || earlier == signing.EarlierSame || earlier == signing.EarlierWithdrawn:
		return earlier, true, nil
	case !line.marks.Address:
		return earlier, false, nil
	case earlier == signing.EarlierAlike, earlier == signing.EarlierListed && !line.spelled && line.Reason != signing.HeldDuplicate:
		return earlier, true, nil
	}
	if nothing, err = line.box.Mailed(tx); err == nil && !nothing {
		var blocked string
		blocked, err = line.box.BlockedIn(tx)
		nothing = blocked != ""
	}
	return earlier, nothing, err
}

// fate is what became of a line that was taken in: neither, where its address had signed.
type fate struct{ signature, pending int64 }

func (f fate) seal(key *seal.LetterKey, batch int64) []byte {
	return key.Seal("intake_line", batch, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(f.signature)), uint64(f.pending)))
}

func openFate(key *seal.LetterKey, batch int64, sealed []byte) (f fate, err error) {
	text, err := key.Open("intake_line", batch, sealed)
	if err != nil || len(text) != 16 {
		return f, fmt.Errorf("intake: batch %d: %w", batch, cmp.Or(err, seal.ErrOpen))
	}
	return fate{int64(binary.BigEndian.Uint64(text)), int64(binary.BigEndian.Uint64(text[8:]))}, nil
}

// Package intake owns the lists of signatories that come in: what becomes of each line, the batch it is added by, the proposal that
// waits for a second member, and the mails that were read as sign-ons.
//
// It promises that a plan changes nothing; that what is added can be stopped, goes on where it stopped, and can be undone; that a
// line is held or left out rather than counted twice; that the log bounds what a list adds before it does; and that nothing the desk
// is told of a list says which of its lines had signed. It must not know pages or how mail is sent.
package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Bounds of what waits at the desk. A longer list is for the command line.
const (
	MaxLines     = 5000                // lines of a list
	KeptFor      = 14 * 24 * time.Hour // how long it waits
	maxProposals = 20                  // of a letter
	maxSaid      = 2000                // bytes of what a mail says
)

// Service holds the use cases around lists that come in.
type Service struct {
	DB        *store.DB
	Letters   *letter.Service
	Mailboxes *mailbox.Service
	Signing   *signing.Service
	Inbox     *inbox.Service
}

// Proposal is a list that somebody has read in at the desk. It is no signature before it is added.
type Proposal struct {
	Letter    letter.ID
	ID        int64
	Lines     int
	Skip      []int // lines that are left out
	Version   int   // of what would be added
	State     ProposalState
	Reason    string // of one that failed: the key of what was wrong
	CreatedAt time.Time

	approvedBy int64
}

// ProposalState says how far a proposal is. One that was added is there no more: its batch is.
type ProposalState string

// The states of a proposal.
const (
	ProposalRead     ProposalState = "read"
	ProposalApproved ProposalState = "approved" // a job adds it
	ProposalFailed   ProposalState = "failed"
)

// apply begins to add a list that was approved; Spread goes on with it.
type apply struct {
	Letter   letter.ID `json:"letter"`
	Proposal int64     `json:"proposal"`
}

// Kind names the job.
func (apply) Kind() string { return "intake.apply" }

// undo undoes a batch.
type undo struct {
	Letter letter.ID `json:"letter"`
	Batch  int64     `json:"batch"`
	By     int64     `json:"by"`
}

// Kind names the job.
func (undo) Kind() string { return "intake.undo" }

// Register hands the work that is done in the background to the runner.
func (s *Service) Register(r *job.Runner) {
	job.Handle(r, func(ctx context.Context, _ int64, j apply) error {
		if err := s.announce(ctx, j); err != nil {
			return err
		}
		return s.Spread(ctx)
	}, job.Limit(1))
	job.Handle(r, func(ctx context.Context, _ int64, j undo) error { return s.undoBatch(ctx, j) }, job.Limit(1))
}

// proposed is what is sealed of a proposal: the list and how it becomes signatures.
type proposed struct {
	List    *roster.Roster
	Basis   verify.Basis
	Source  string
	Listing roll.Listing
	Kind    verify.Kind
	Mails   []int64 // that its lines come from, in their order; nil for a file

	Announced []announced // once it is being added: the lines that are taken in
}

func (i proposed) importOf(l letter.Letter, skip []int) Import {
	return Import{Letter: l, List: i.List.Without(skip), Basis: i.Basis, Source: i.Source, Listing: i.Listing, Kind: i.Kind}
}

// Propose keeps a list, sealed, so that others see what would become of it and add it. It fails as Show does.
func (s *Service) Propose(ctx context.Context, i Import, by int64) (id int64, err error) {
	if n := len(i.List.Entries); n > MaxLines {
		return 0, fault.New(fault.TooLarge, "intake.long", "Limit", MaxLines)
	}
	list := *i.List
	list.Entries = slices.Clone(list.Entries)
	for n := range list.Entries {
		e := &list.Entries[n]
		if len(e.Text) > maxSaid {
			e.Text = strings.ToValidUTF8(e.Text[:maxSaid], "") + "…"
		}
		if e.Fault != nil {
			e.Fault = &fault.Error{Kind: e.Fault.Kind, Key: e.Fault.Key, Args: e.Fault.Args, Field: e.Fault.Field} // without its cause
		}
	}
	i.List = &list
	plan, err := s.newPlan(i)
	if err != nil {
		return 0, err
	}
	key, err := s.Letters.Key(ctx, i.Letter.ID)
	if err != nil {
		return 0, err
	}
	id = store.NewID(s.DB.Now())
	sealed, err := sealProposed(key, id, proposed{List: plan.List, Basis: plan.Basis, Source: plan.Source, Listing: plan.Listing, Kind: plan.Kind, Mails: i.Mails})
	if err != nil {
		return 0, err
	}
	return id, s.DB.Update(ctx, func(tx *store.Tx) error {
		var n int
		if err := tx.Row(qCountProposals, i.Letter.ID).Scan(&n); err != nil {
			return err
		}
		if n >= maxProposals {
			return fault.New(fault.Limited, "intake.too_many")
		}
		if _, err := tx.Exec(qInsertProposal, i.Letter.ID, id, len(list.Entries), tx.Now().UnixMicro(), sealed); err != nil {
			return err
		}
		if err := inbox.Take(tx, i.Letter.ID, i.Mails, id, by); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: i.Letter.ID, Act: "intake.read"})
	})
}

func sealProposed(key *seal.LetterKey, id int64, i proposed) ([]byte, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	err := json.NewEncoder(w).Encode(i)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("intake: %w", err)
	}
	return key.Seal("intake", id, packed.Bytes()), nil
}

func openProposed(key *seal.LetterKey, id int64, sealed []byte) (i proposed, err error) {
	packed, err := key.Open("intake", id, sealed)
	if err != nil {
		return i, fmt.Errorf("intake %d: %w", id, err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return i, err
	}
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(&i); err != nil {
		return i, err
	}
	for _, e := range i.List.Entries {
		if e.Fault == nil {
			continue
		}
		for name, arg := range e.Fault.Args { // whole numbers stay what they are
			if number, ok := arg.(json.Number); ok {
				n, _ := number.Int64()
				e.Fault.Args[name] = int(n)
			}
		}
	}
	return i, nil
}

// Proposals returns what was read in for a letter and is not added, oldest first.
func (s *Service) Proposals(ctx context.Context, l letter.ID) (list []Proposal, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListProposals, scanProposal, l)
		return err
	})
	return list, err
}

// PlanProposal returns a proposal with what the desk may know of its lines now. Those of one that is being added are taken in,
// whatever they became.
func (s *Service) PlanProposal(ctx context.Context, l letter.Letter, id int64) (p Proposal, plan *Plan, err error) {
	p, i, err := s.proposal(ctx, l, id)
	if err != nil {
		return p, nil, err
	}
	if plan, err = s.Show(ctx, i.importOf(l, p.Skip)); err != nil {
		return p, nil, err
	}
	for _, line := range plan.announced(i.Announced) {
		line.Outcome, line.Reason = Done, ""
	}
	return p, plan, nil
}

// proposal opens a proposal.
func (s *Service) proposal(ctx context.Context, l letter.Letter, id int64) (p Proposal, i proposed, err error) {
	var sealed []byte
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if p, err = scanProposal(tx.Row(qFindProposal, l.ID, id)); err != nil {
			return err
		}
		return tx.Row(qOpenProposal, l.ID, id).Scan(&sealed)
	})
	if errors.Is(err, store.ErrNoRow) {
		return p, i, errNoProposal
	}
	if err != nil {
		return p, i, err
	}
	key, err := s.Letters.Key(ctx, l.ID)
	if err != nil {
		return p, i, err
	}
	i, err = openProposed(key, id, sealed)
	return p, i, err
}

var errNoProposal = fault.New(fault.Gone, "intake.gone")

// Skip says which lines of a proposal are left out; who approved it as it was before did not approve that.
func (s *Service) Skip(ctx context.Context, l letter.ID, id int64, lines []int, by int64) error {
	text, err := json.Marshal(append([]int{}, lines...))
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		return changeProposal(tx, account.Entry{User: by, Letter: l, Act: "intake.changed"}, qSkipProposal, string(text), l, id)
	})
}

// Discard throws a proposal away that nobody has approved.
func (s *Service) Discard(ctx context.Context, l letter.ID, id, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := changeProposal(tx, account.Entry{User: by, Letter: l, Act: "intake.discarded"}, qDiscardProposal, l, id); err != nil {
			return err
		}
		return inbox.AllWaitAgain(tx, l, id)
	})
}

func changeProposal(tx *store.Tx, e account.Entry, q *store.Query, args ...any) error {
	n, err := tx.Exec(q, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return errNoProposal
	}
	return account.Record(tx, e)
}

// Addition asks for the addition of a proposal, in one version.
type Addition struct {
	Proposal int64 `json:"proposal"`
	Version  int   `json:"version"`
}

// Act names the act.
func (Addition) Act() string { return "intake" }

// Undoing asks for the end of every signature of a batch.
type Undoing struct {
	Batch int64 `json:"batch"`
	Lines int   `json:"lines"` // how many the list was added as, for who decides
}

// Act names the act.
func (Undoing) Act() string { return "undo" }

// RegisterActs tells that lists are added and undone by two members.
func (s *Service) RegisterActs(accounts *account.Service) {
	account.Register(accounts, account.Act[Addition]{Ask: account.Editor, Decide: account.Editor,
		Again: func(a, waiting Addition) *fault.Error {
			if a.Proposal != waiting.Proposal {
				return nil
			}
			return fault.New(fault.Conflict, "intake.asked")
		},
		Check: func(tx *store.Tx, l letter.ID, a Addition) error { return isFirst(tx, l, a.Proposal) },
		Page:  func(a Addition) string { return "/intake/" + strconv.FormatInt(a.Proposal, 36) },
		Do:    func(tx *store.Tx, l letter.ID, a Addition, by int64) error { return applyProposal(tx, l, a, by) }})
	account.Register(accounts, account.Act[Undoing]{Ask: account.Editor, Decide: account.Editor,
		Count: func(a Undoing) int { return a.Lines },
		Page:  func(Undoing) string { return "/intake" },
		Do: func(tx *store.Tx, l letter.ID, a Undoing, by int64) error {
			return s.requestUndo(tx, l, a.Batch, by)
		}})
}

// isFirst returns a fault where another list was added to the letter shortly before: whoever adds lists learns from each how many
// of its lines had signed, and from one a day not whose.
func isFirst(tx *store.Tx, l letter.ID, proposal int64) error {
	var others int
	err := tx.Row(qCountAdded, l, proposal, tx.Now().Add(-apart).UnixMicro()).Scan(&others)
	if err == nil && others > 0 {
		return fault.New(fault.Limited, "intake.daily")
	}
	return err
}

// applyProposal has a proposal added, in the version that was approved.
func applyProposal(tx *store.Tx, l letter.ID, a Addition, by int64) error {
	if err := letter.Touch(tx, l); err != nil { // two at once would not see each other
		return err
	}
	n, err := tx.Exec(qApproveProposal, by, l, a.Proposal, a.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "intake.changed")
	}
	if err := isFirst(tx, l, a.Proposal); err != nil {
		return err
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "intake.approved"}); err != nil {
		return err
	}
	return job.Enqueue(tx, apply{l, a.Proposal})
}

// requestUndo has a batch undone.
func (s *Service) requestUndo(tx *store.Tx, l letter.ID, batch, by int64) error {
	b, err := scanBatch(tx.Row(qLockBatch, l, batch))
	if errors.Is(err, store.ErrNoRow) {
		return fault.New(fault.Gone, "batch.unknown")
	}
	if err != nil {
		return err
	}
	if b.State == BatchUndone {
		return fault.New(fault.Conflict, "batch.undone")
	}
	if _, err := s.keyOf(tx, b); err != nil {
		return err
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "intake.undoing"}); err != nil {
		return err
	}
	return job.EnqueueUnique(tx, tx.Now(), fmt.Sprintf("intake.undo %d %d", l, batch), undo{l, batch, by})
}

// undoBatch undoes a batch. The trail has its number, whatever of it had become a signature or is its signer's since.
func (s *Service) undoBatch(ctx context.Context, j undo) error {
	_, _, err := s.Undo(ctx, j.Letter, j.Batch, nil)
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return job.Dead(err)
	}
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		b, err := scanBatch(tx.Row(qLockBatch, j.Letter, j.Batch))
		if err != nil {
			return err
		}
		return account.RecordOnce(tx, account.Entry{User: j.By, Letter: j.Letter, Act: "intake.undone", Object: strconv.Itoa(b.Added)})
	})
}

// Retain deletes proposals past their time, and what is kept of the lists of letters whose data key was destroyed.
func (s *Service) Retain(ctx context.Context) error {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRetainProposals, tx.Now().Add(-KeptFor).UnixMicro())
		return err
	})
	for _, q := range []*store.Query{qRetainTakenLines, qRetainTaken} {
		_, failed := s.DB.Repeat(ctx, q)
		err = errors.Join(err, failed)
	}
	return err
}

// GiveUp deletes every proposal, and what was sealed of the lines that were taken in: the keys are lost.
func (s *Service) GiveUp(ctx context.Context) (err error) {
	for _, q := range []*store.Query{qGiveUp, qGiveUpTakenLines, qGiveUpTaken} {
		_, failed := s.DB.Repeat(ctx, q)
		err = errors.Join(err, failed)
	}
	return err
}

package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Proposed are the arguments of an act on a letter that may want a second member: a struct that encoding/json can write and
// read, without personal data.
type Proposed interface {
	// Act names the act, as in "remove". It must not depend on the value.
	Act() string
}

// Act is how the package whose noun an act is about has it carried out, once enough members want it.
type Act[A Proposed] struct {
	Ask, Decide Role // what somebody has to be, at least, in one of the letter's lead organisations

	// Do carries the act out for by, who gave the last word, in the transaction that records that word: an act that was
	// approved is done, and one that fails was not approved. It may run twice: SQL only.
	Do func(tx *store.Tx, letter store.LetterID, a A, by int64) error

	// These may be nil.
	Check    func(tx *store.Tx, letter store.LetterID, a A) error // what is wrong with it, found before it waits; Do finds it too
	Alone    func(A) Share                                        // how much of what passes without a second member it takes; nil if none passes
	Again    func(a, waiting A) *fault.Error                      // what is answered to a request beside one that waits; nil lets both wait
	Replaces bool                                                 // a request takes the place of one that waits, which is then refused
	Done     func()                                               // called after the commit, to drop what is cached
	Detail   func(A) string                                       // message key of what follows "desk.approval." and the act, "" for nothing
	Count    func(A) int                                          // of how many it is, 0 for no number
	Page     func(A) string                                       // where it can be looked at: a path below the letter's, "" for nowhere
}

// act is an Act whose arguments are of any type.
type act struct {
	ask, decide  Role
	read         func(request []byte) (Proposed, error)
	do           func(tx *store.Tx, letter store.LetterID, a Proposed, by int64) error
	check        func(tx *store.Tx, letter store.LetterID, a Proposed) error
	alone        func(Proposed) (share Share, some bool)
	again        func(a, waiting Proposed) *fault.Error
	replaces     bool
	done         func()
	count        func(Proposed) int
	detail, page func(Proposed) string
}

// Register tells which package carries out the act that the arguments name, before the first request is served. An act has one.
func Register[A Proposed](s *Service, a Act[A]) {
	var zero A
	if a.Do == nil || a.Ask.rank() == 0 || a.Decide.rank() == 0 {
		panic("account: the act " + zero.Act() + " lacks who may ask, who decides or what it does")
	}
	if _, twice := s.acts[zero.Act()]; twice {
		panic("account: the act " + zero.Act() + " is registered twice")
	}
	text := func(fn func(A) string) func(Proposed) string {
		return func(x Proposed) string {
			if fn == nil {
				return ""
			}
			return fn(x.(A))
		}
	}
	s.acts[zero.Act()] = act{ask: a.Ask, decide: a.Decide,
		read: func(request []byte) (Proposed, error) {
			var x A
			err := json.Unmarshal(request, &x)
			return x, err
		},
		do: func(tx *store.Tx, letter store.LetterID, x Proposed, by int64) error {
			return a.Do(tx, letter, x.(A), by)
		},
		check: func(tx *store.Tx, letter store.LetterID, x Proposed) error {
			if a.Check == nil {
				return nil
			}
			return a.Check(tx, letter, x.(A))
		},
		alone: func(x Proposed) (Share, bool) {
			if a.Alone == nil {
				return Share{}, false
			}
			return a.Alone(x.(A)), true
		},
		again: func(x, waiting Proposed) *fault.Error {
			if a.Again == nil {
				return nil
			}
			return a.Again(x.(A), waiting.(A))
		},
		replaces: a.Replaces,
		done: func() {
			if a.Done != nil {
				a.Done()
			}
		},
		count: func(x Proposed) int {
			if a.Count == nil {
				return 0
			}
			return a.Count(x.(A))
		},
		detail: text(a.Detail), page: text(a.Page)}
}

// Approval is an act that waits for a second member.
type Approval struct {
	ID      int64
	Letter  store.LetterID
	Act     string
	Asks    Proposed // nil when no package of this program carries the act out: then it can only be refused
	Detail  string   // message key of what more there is to say than its act, or ""
	Page    string   // path below the letter's desk where it can be looked at, or ""
	Count   int      // of how many it is, or 0
	Alone   int      // how many of its kind pass within AloneWithin without a second member; 0 if none does
	AskedBy User
	AskedAt time.Time

	request []byte
}

var (
	qInsertApproval = store.Q("approval.insert", `
		INSERT INTO approval (id, letter_id, act, request, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)`)
	qListApprovals = store.Q("approval.list", `
		SELECT id, act, request, asked_by, asked_at FROM approval WHERE letter_id = $1 AND decided_at IS NULL ORDER BY id`)
	qFindApproval = store.Q("approval.find", `
		SELECT id, act, request, asked_by, asked_at FROM approval WHERE id = $1 AND letter_id = $2 AND decided_at IS NULL {for_update}`)
	qDecideApproval = store.Q("approval.decide", `
		UPDATE approval SET decided_by = $1, decided_at = $2, approved = $3 WHERE id = $4 AND decided_at IS NULL`)
	qListEditors = store.Q("member.list_editors", `
		SELECT DISTINCT m.user_id FROM member m JOIN letter_lead l ON l.organisation_id = m.organisation_id
		WHERE l.letter_id = $1 AND m.role IN ('owner', 'editor') ORDER BY m.user_id`)
	qLockLeads = store.Q("lead.lock", `
		SELECT organisation_id FROM letter_lead WHERE letter_id = $1 ORDER BY organisation_id {for_update}`)
	qListRoles = store.Q("member.list_roles", `
		SELECT m.user_id, m.role FROM member m JOIN letter_lead l ON l.organisation_id = m.organisation_id WHERE l.letter_id = $1`)
)

// roles are the users with a role in a letter's lead organisations, with the mightiest that each has.
type roles map[int64]Role

func rolesOn(tx *store.Tx, letter store.LetterID) (roles, error) {
	all := roles{}
	for m, err := range store.Each(tx, qListRoles, scanMember, letter) {
		if err != nil {
			return nil, err
		}
		if !all[m.User.ID].May(m.Role) {
			all[m.User.ID] = m.Role
		}
	}
	return all, nil
}

// NeedsSecond reports whether an act on a letter that a user asks for would wait for a second member.
func (approvals Approvals) NeedsSecond(ctx context.Context, letter store.LetterID, asks Proposed, by int64) (needs bool, err error) {
	a, err := approvals.act(asks)
	if err != nil {
		return false, err
	}
	err = approvals.accounts.DB.View(ctx, func(tx *store.Tx) error {
		all, err := rolesOn(tx, letter)
		if err == nil {
			needs, err = a.wants(tx, letter, asks, all, by)
		}
		return err
	})
	return needs, err
}

func (approvals Approvals) act(asks Proposed) (act, error) {
	a, known := approvals.accounts.acts[asks.Act()]
	if !known {
		return a, fmt.Errorf("account: nobody carries out the act %q", asks.Act())
	}
	return a, nil
}

// Carry carries an act out at once, or puts it before a second member where it wants one, and reports whether it waits.
func (approvals Approvals) Carry(ctx context.Context, letter store.LetterID, asks Proposed, by int64) (waits bool, err error) {
	a, err := approvals.act(asks)
	if err != nil {
		return false, err
	}
	request, err := json.Marshal(asks)
	if err != nil {
		return false, fmt.Errorf("account: the act %q: %w", asks.Act(), err)
	}
	err = approvals.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		// Two members who ask for one thing at once each would not see that the other's waits.
		if _, err := store.List(tx, qLockLeads, scanLead, letter); err != nil {
			return err
		}
		all, err := rolesOn(tx, letter)
		if err != nil {
			return err
		}
		if !all[by].May(a.ask) {
			return fault.New(fault.Forbidden, "role")
		}
		if waits, err = a.wants(tx, letter, asks, all, by); err != nil {
			return err
		}
		if !waits {
			if err := a.passes(tx, letter, asks); err != nil {
				return err
			}
			return a.do(tx, letter, asks, by)
		}
		if err := a.check(tx, letter, asks); err != nil {
			return err
		}
		others, err := approvals.list(tx, letter)
		if err != nil {
			return err
		}
		for _, other := range others {
			if other.Act != asks.Act() || other.Asks == nil {
				continue
			}
			if f := a.again(asks, other.Asks); f != nil {
				return f
			}
			if a.replaces {
				if err := decide(tx, other, by, false); err != nil {
					return err
				}
			}
		}
		now := tx.Now()
		if _, err := tx.Exec(qInsertApproval, store.NewID(now), letter, asks.Act(), string(request), by, now.UnixMicro()); err != nil {
			return err
		}
		return Record(tx, Entry{User: by, Letter: letter, Act: "approval.asked", Object: asks.Act()})
	})
	if err == nil && !waits {
		a.done()
	}
	return waits, err
}

// Waiting returns what waits for a second member of a letter's lead organisations, in the order in which it was asked for.
func (approvals Approvals) Waiting(ctx context.Context, letter store.LetterID) (list []Approval, err error) {
	err = approvals.accounts.DB.View(ctx, func(tx *store.Tx) error {
		if list, err = approvals.list(tx, letter); err != nil {
			return err
		}
		for i, a := range list {
			if list[i].AskedBy, err = approvals.accounts.scanUser(tx.Row(qFindUser, a.AskedBy.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (approvals Approvals) list(tx *store.Tx, letter store.LetterID) ([]Approval, error) {
	list, err := store.List(tx, qListApprovals, scanApproval, letter)
	for i := range list {
		list[i].Letter = letter
		approvals.understand(&list[i])
	}
	return list, err
}

// understand reads what an approval is about as its act was registered; what it cannot read keeps nil for what it asks.
func (approvals Approvals) understand(a *Approval) (of act) {
	of, known := approvals.accounts.acts[a.Act]
	if !known {
		return of
	}
	asks, err := of.read(a.request)
	if err != nil {
		return of
	}
	a.Asks, a.Detail, a.Count, a.Page = asks, of.detail(asks), of.count(asks), of.page(asks)
	if share, some := of.alone(asks); some {
		a.Alone = share.Of
	}
	return of
}

// Decide refuses an act that waits, or approves one that somebody else asked for, which carries it out in the same
// transaction. A fault of the act, such as a text that has changed since, is returned and ends the request: it is asked for
// anew as things are then. After any other error it waits on.
func (approvals Approvals) Decide(ctx context.Context, letter store.LetterID, id, by int64, approve bool) error {
	var of act
	began := false
	err := approvals.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		began = false
		a, err := scanApproval(tx.Row(qFindApproval, id, letter))
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.Gone, "approval.decided")
		}
		if err != nil {
			return err
		}
		a.Letter = letter
		of = approvals.understand(&a)
		if a.AskedBy.ID == by && approve {
			return fault.New(fault.Forbidden, "approval.own")
		}
		all, err := rolesOn(tx, letter)
		if err != nil {
			return err
		}
		if !all[by].May(of.decide) {
			return fault.New(fault.Forbidden, "role")
		}
		if approve && a.Asks == nil {
			return fmt.Errorf("account: approval %d: nobody carries out the act %q", id, a.Act)
		}
		if err := decide(tx, a, by, approve); err != nil || !approve {
			return err
		}
		began = true
		return of.do(tx, letter, a.Asks, by)
	})
	switch {
	case err == nil && approve:
		of.done()
	case began && len(fault.All(err)) > 0 && !fault.Is(err, fault.Limited): // what comes too early waits on
		return errors.Join(err, approvals.accounts.DB.Update(ctx, func(tx *store.Tx) error {
			a, err := scanApproval(tx.Row(qFindApproval, id, letter))
			if errors.Is(err, store.ErrNoRow) { // somebody else was first
				return nil
			}
			if err != nil {
				return err
			}
			a.Letter = letter
			return decide(tx, a, by, true)
		}))
	}
	return err
}

// decide records a member's word.
func decide(tx *store.Tx, a Approval, by int64, approve bool) error {
	if _, err := tx.Exec(qDecideApproval, by, tx.Now().UnixMicro(), approve, a.ID); err != nil {
		return err
	}
	said := "approval.refused"
	if approve {
		said = "approval.given"
	}
	return Record(tx, Entry{User: by, Letter: a.Letter, Act: said, Object: a.Act})
}

func scanLead(row store.Row) (organisation int64, err error) {
	return organisation, row.Scan(&organisation)
}

func scanApproval(row store.Row) (a Approval, err error) {
	var request string
	var at int64
	err = row.Scan(&a.ID, &a.Act, &request, &a.AskedBy.ID, &at)
	a.request, a.AskedAt = []byte(request), time.UnixMicro(at).UTC()
	return a, err
}

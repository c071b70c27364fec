package account

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Approval is an act that waits for a second member.
type Approval struct {
	ID      int64
	Letter  store.LetterID
	Act     string
	Request json.RawMessage // all that the act needs; no personal data
	AskedBy User
	AskedAt time.Time
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
	qReopenApproval = store.Q("approval.reopen", `
		UPDATE approval SET decided_by = NULL, decided_at = NULL, approved = NULL WHERE id = $1`)
	qListEditors = store.Q("member.list_editors", `
		SELECT DISTINCT m.user_id FROM member m JOIN letter_lead l ON l.organisation_id = m.organisation_id
		WHERE l.letter_id = $1 AND m.role IN ('owner', 'editor') ORDER BY m.user_id`)
	qCountDeciders = store.Q("member.count_deciders", `
		SELECT COUNT(DISTINCT m.user_id) FROM member m JOIN letter_lead l ON l.organisation_id = m.organisation_id
		WHERE l.letter_id = $1 AND m.role IN ('owner', 'editor')`)
)

// NeedsSecond reports whether risky acts on a letter want a second member: its lead organisations have two or more who
// may decide.
func (s *Service) NeedsSecond(ctx context.Context, letter store.LetterID) (needs bool, err error) {
	var n int
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountDeciders, letter).Scan(&n) })
	return n > 1, err
}

// Ask puts an act before a second member.
func (s *Service) Ask(ctx context.Context, letter store.LetterID, act string, request any, by int64) error {
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec(qInsertApproval, store.NewID(now), letter, act, string(data), by, now.UnixMicro()); err != nil {
			return err
		}
		return Record(tx, Entry{User: by, Letter: letter, Act: "approval.asked", Object: act})
	})
}

// Approvals returns what waits for a second member of a letter's lead organisations.
func (s *Service) Approvals(ctx context.Context, letter store.LetterID) (list []Approval, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if list, err = store.List(tx, qListApprovals, scanApproval, letter); err != nil {
			return err
		}
		for i, a := range list {
			list[i].Letter = letter
			if list[i].AskedBy, err = s.scanUser(tx.Row(qFindUser, a.AskedBy.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Decide approves or refuses an act that somebody else asked for, and returns it. Whoever approves carries it out then.
func (s *Service) Decide(ctx context.Context, letter store.LetterID, id, by int64, approve bool) (a Approval, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		a, err = scanApproval(tx.Row(qFindApproval, id, letter))
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.Gone, "approval.decided")
		}
		if err != nil {
			return err
		}
		if a.AskedBy.ID == by && approve {
			return fault.New(fault.Forbidden, "approval.own")
		}
		if _, err := tx.Exec(qDecideApproval, by, tx.Now().UnixMicro(), approve, id); err != nil {
			return err
		}
		act := "approval.refused"
		if approve {
			act = "approval.given"
		}
		return Record(tx, Entry{User: by, Letter: letter, Act: act, Object: a.Act})
	})
	a.Letter = letter
	return a, err
}

// Reopen lets a request wait again whose act could not be carried out, for no fault of what was asked.
func (s *Service) Reopen(ctx context.Context, a Approval, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qReopenApproval, a.ID); err != nil {
			return err
		}
		return Record(tx, Entry{User: by, Letter: a.Letter, Act: "approval.reopened", Object: a.Act})
	})
}

func scanApproval(row store.Row) (a Approval, err error) {
	var request string
	var at int64
	err = row.Scan(&a.ID, &a.Act, &request, &a.AskedBy.ID, &at)
	a.Request, a.AskedAt = json.RawMessage(request), time.UnixMicro(at).UTC()
	return a, err
}

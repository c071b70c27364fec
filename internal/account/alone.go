package account

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// Share is what an act takes of what passes alone on a letter within AloneWithin, by all its members together: otherwise one insider
// does one by one what a second member would not have let pass at once.
type Share struct {
	Takes int // 0 for an act of which any number passes
	Of    int
}

// AloneWithin is the time in which what passed alone is counted.
const AloneWithin = 30 * 24 * time.Hour

var (
	qAddAlone    = store.Q("act_alone.insert", `INSERT INTO act_alone (id, letter_id, act, at, n) VALUES ($1, $2, $3, $4, $5)`)
	qSumAlone    = store.Q("act_alone.sum", `SELECT COALESCE(SUM(n), 0) FROM act_alone WHERE letter_id = $1 AND act = $2 AND at > $3`)
	qForgetAlone = store.Q("act_alone.forget", `DELETE FROM act_alone WHERE at <= $1`)
)

// another reports whether somebody else than the user may decide.
func (r roles) another(user int64, decide Role) bool {
	for other, role := range r {
		if other != user && role.May(decide) {
			return true
		}
	}
	return false
}

// wants reports whether an act that a user asks for wants a second member among those with these roles.
func (a act) wants(tx *store.Tx, letter store.LetterID, asks Proposed, all roles, user int64) (bool, error) {
	if !all.another(user, a.decide) {
		return false, nil
	}
	share, some := a.alone(asks)
	if !some || share.Takes == 0 {
		return !some, nil
	}
	var used int
	err := tx.Row(qSumAlone, letter, asks.Act(), tx.Now().Add(-AloneWithin).UnixMicro()).Scan(&used)
	return used+share.Takes > share.Of, err
}

// passes notes that an act passed without a second member.
func (a act) passes(tx *store.Tx, letter store.LetterID, asks Proposed) error {
	share, some := a.alone(asks)
	if !some || share.Takes == 0 {
		return nil
	}
	return addAlone(tx, letter, asks.Act(), share.Takes)
}

func addAlone(tx *store.Tx, letter store.LetterID, act string, n int) error {
	_, err := tx.Exec(qAddAlone, store.NewID(tx.Now()), letter, act, tx.Now().UnixMicro(), n)
	return err
}

// GiveBack takes back what an act took of what passes alone that was carried and could not be done after all.
func (approvals Approvals) GiveBack(ctx context.Context, letter store.LetterID, asks Proposed) error {
	a, err := approvals.act(asks)
	if err != nil {
		return err
	}
	share, _ := a.alone(asks)
	return approvals.accounts.DB.Update(ctx, func(tx *store.Tx) error { return Allow(tx, letter, asks, share.Takes) })
}

// Allow lets so many more of an act pass alone on a letter: a second member has said so.
func Allow(tx *store.Tx, letter store.LetterID, act Proposed, n int) error {
	return addAlone(tx, letter, act.Act(), -n)
}

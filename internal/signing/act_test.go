package signing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

var (
	qTestRole     = store.Q("test.role", `UPDATE member SET role = $1 WHERE user_id = $2`)
	qCountAlone   = store.Q("test.count_alone", `SELECT COUNT(*) FROM act_alone`)
	qCountWaiting = store.Q("test.count_waiting", `SELECT COUNT(*) FROM approval WHERE decided_at IS NULL`)
	qLastWaiting  = store.Q("test.last_waiting", `SELECT MAX(id) FROM approval WHERE decided_at IS NULL`)
)

// members makes users with roles in the letter's lead organisation, and returns their ids.
func (d *desk) members(list ...account.Role) (ids []int64) {
	d.T.Helper()
	err := d.DB.Update(d.T.Context(), func(tx *store.Tx) error {
		ids = nil
		for i, role := range list {
			id := store.NewID(tx.Now()) + int64(i)
			if _, err := tx.Exec(qTestUser, id, fmt.Appendf(nil, "%s-%d", role, id)); err != nil {
				return err
			}
			if _, err := tx.Exec(qTestMember, id, "peace-office"); err != nil {
				return err
			}
			if _, err := tx.Exec(qTestRole, role, id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return ids
}

// One insider does not do one by one what a second member would not have let pass at once.
func TestActs_alone(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told, not at what runs at once")
	}
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		given := 0
		give := func(domain string) int64 {
			given++
			return d.Own(d.Give(fmt.Sprintf("a%d@%s", given, domain), testkit.Named(fmt.Sprintf("Anna %s", testkit.Words(given)))).Secret)[0].ID
		}
		carry := func(by int64, act account.Proposed) bool {
			t.Helper()
			waits, err := d.Accounts.Approvals.Carry(ctx, d.Letter.ID, act, by)
			if err != nil {
				t.Fatal(err)
			}
			return waits
		}
		remove := func(ids ...int64) signing.Removal {
			return signing.Removal{IDs: ids, Reason: verify.Moderation}
		}
		first := d.members(account.Editor)[0]
		if carry(first, remove(give("a.example"), give("a.example"))) {
			t.Error("the only member waits for another")
		}
		reviewer := d.members(account.Reviewer)[0]
		if !carry(reviewer, remove(give("a.example"), give("a.example"))) {
			t.Error("two at once pass, though somebody else decides")
		}
		second := d.members(account.Editor)[0]
		d.Clock.Advance(account.AloneWithin + time.Hour)
		for i, by := range []int64{first, reviewer, second, first, second} {
			if waits := carry(by, remove(give("a.example"))); waits != (i >= 3) {
				t.Errorf("removal %d waits: %v", i+1, waits)
			}
		}
		for i := range 21 {
			if waits := carry(first, signing.Releasing{IDs: []int64{give("mailinator.com")}, By: first}); waits != (i >= 20) {
				t.Errorf("release %d waits: %v", i+1, waits)
			}
		}
		if held, err := d.Signing.Holds.Count(ctx, d.Letter.ID); err != nil || held != 1 {
			t.Errorf("%d held, %v", held, err)
		}
		if n := d.Count(qCountWaiting); n != 4 {
			t.Fatalf("%d acts wait", n)
		}
		if err := d.Accounts.Approvals.Decide(ctx, d.Letter.ID, d.Count(qLastWaiting), second, true); err != nil {
			t.Error(err)
		}
		if held, err := d.Signing.Holds.Count(ctx, d.Letter.ID); err != nil || held != 0 {
			t.Errorf("%d held after it was approved, %v", held, err)
		}
		d.Letter = d.Open("another")
		if carry(first, remove(give("a.example"))) {
			t.Error("what was done on another letter counts")
		}
		if err := d.Accounts.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(account.AloneWithin + time.Hour)
		if err := d.Accounts.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		if d.Count(qCountAlone) != 0 {
			t.Error("what passed alone is kept for ever")
		}
	})
}

// The word of who asks and of who approves are those of two leads, where two are wanted.
func TestActs_vouchers(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told, not at what runs at once")
	}
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		asker := d.members(account.Editor)[0]
		other := d.members(account.Editor)[0]
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Mandate: new(true)})
		var ids []int64
		for i := range 21 {
			ids = append(ids, d.signature(d.Give(fmt.Sprintf("o@river%d.example", i), testkit.As(verify.Organisation, "River "+testkit.Words(i))), verify.Organisation).ID)
		}
		hidden := d.signature(d.Give("h@hidden.example", testkit.As(verify.Organisation, "Hidden"), testkit.Listed(roll.Counted)), verify.Organisation).ID
		if waits, err := d.Accounts.Approvals.Carry(ctx, d.Letter.ID, signing.Releasing{IDs: ids[:1], By: asker}, asker); waits || err != nil {
			t.Fatalf("%v, %v", waits, err)
		}
		if held, err := d.Signing.Holds.Any(ctx, d.Letter.ID, ids[:1]); held || err != nil {
			t.Errorf("one lead's word is not enough where one leads: %v, %v", held, err)
		}
		if _, err := d.Accounts.Approvals.Carry(ctx, d.Letter.ID, signing.Releasing{IDs: []int64{hidden}, By: asker}, asker); err == nil {
			t.Error("a nameless organisation is vouched for")
		}
		if waits, err := d.Accounts.Approvals.Carry(ctx, d.Letter.ID, signing.Releasing{IDs: ids[1:], By: asker}, asker); !waits || err != nil {
			t.Fatalf("%v, %v", waits, err)
		}
		if err := d.Accounts.Approvals.Decide(ctx, d.Letter.ID, d.Count(qLastWaiting), other, true); err != nil {
			t.Fatal(err)
		}
		if held, err := d.Signing.Holds.Any(ctx, d.Letter.ID, ids); held || err != nil {
			t.Errorf("%v, %v", held, err)
		}
	})
}

package signing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

var (
	qDropWaiting = store.Q("test.drop_waiting", `DELETE FROM leaf_pending WHERE subject <> 0 OR leaf LIKE 'undersigned.log/v1 import%'`)
	qDisallow    = store.Q("test.disallow", `UPDATE signature_batch SET allowed = 0`)
	qUnlog       = store.Q("test.unlog", `INSERT INTO signature_unlogged (letter_id, id) SELECT letter_id, id FROM signature WHERE state IN ('new', 'listed', 'held')`)
)

// beforeTheLog leaves the database as an older version's is after the migration.
func (d *desk) beforeTheLog() {
	d.T.Helper()
	err := d.DB.Update(d.T.Context(), func(tx *store.Tx) error {
		for _, q := range []*store.Query{qDropWaiting, qDisallow, qUnlog} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.T.Fatal(err)
	}
}

// An instance from before the log: every signature gets one leaf, however many processes adopt it, imported ones have their
// import leaf before them, and held ones can be released.
func TestAdopt_eachSignatureOnce(t *testing.T) {
	testkit.NotRaced(t)
	desks(t, func(t *testing.T, d *desk) {
		for i := range 20 {
			d.Give("a"+letters(i)+"@example.org", testkit.Named("Person "+letters(i)))
		}
		held := d.Give("h@example.org", testkit.Named("Minа Farahani")) // Cyrillic а
		d.Apply(d.Plan(testkit.List(t, "Name\nAnn Lee\nBob Roe\n")))
		d.beforeTheLog()
		done := make(chan error)
		for range 2 {
			go func() { done <- d.Adopt(t.Context()) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Signing.Holds.Release(t.Context(), d.Letter.ID, d.Own(held.Secret)[0].ID, 0); err != nil {
			t.Errorf("a held signature from before the log: %v", err)
		}
		if c := d.Counts(); c.Persons != 23 || c.Imported != 2 {
			t.Errorf("counts %+v", c)
		}
		if p := d.Problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
		own := d.Own(held.Secret)[0]
		if proof, err := d.Signing.Receipts.Proof(t.Context(), held.Secret, own.ID); err != nil || len(proof.File) == 0 {
			t.Errorf("proof: %v", err)
		}
	})
}

// A promise is signed for what is on its way into the log, and never for what was held when it was confirmed.
func TestPromise_notForWhatWasHeld(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		first, second := d.Token(d.Submit("a@example.org", testkit.Named("Minа Farahani"))), d.Token(d.Submit("b@example.org", testkit.Named("Mina Farаhani")))
		a, b := d.Press(first), d.Press(second)
		d.Clock.Advance(30 * time.Hour)
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, d.Own(a.Secret)[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.Signing.Holds.Remove(ctx, d.Letter.ID, d.Own(b.Secret)[0].ID, 0, "fraud"); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{first, second} {
			if r := d.Press(token); len(r.Promises) > 0 {
				t.Errorf("a promise until %s, at %s", r.PromiseBy, d.Clock.Now())
			}
		}
		if r := d.Give("c@example.org", testkit.Named("Other Person")); len(r.Promises) != 1 || !r.PromiseBy.After(d.Clock.Now()) {
			t.Errorf("no promise for a signature that counts: %+v", r)
		}
		removed := d.Give("d@example.org", testkit.Named("Third Person"))
		if err := d.Signing.Holds.Remove(ctx, d.Letter.ID, d.Own(removed.Secret)[0].ID, 0, "fraud"); err != nil {
			t.Fatal(err)
		}
		token := d.Token(d.Submit("d@example.org", testkit.Named("Third Person")))
		for range 2 {
			if r := d.Press(token); r.Held == "" || len(r.Promises) > 0 {
				t.Errorf("held for having been removed before, with %d promises", len(r.Promises))
			}
		}
	})
}

// A name that is hidden and shown again before the log knew of it is listed as before.
func TestRelist_hiddenAndShownAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.Give("a@example.org")
		d.Publish()
		for _, to := range []roll.Listing{roll.Counted, roll.Public} {
			if err := d.Signing.Receipts.Relist(t.Context(), r.Secret, d.Own(r.Secret)[0].ID, to); err != nil {
				t.Fatal(err)
			}
		}
		d.Publish()
		if names := d.Names(verify.Person, "", 10); len(names) != 1 {
			t.Errorf("listed %q", names)
		}
		if found := d.Names(verify.Person, "farahani", 10); len(found) != 1 {
			t.Errorf("found %q", found)
		}
		if p := d.Problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
	})
}

// Nothing that would make the log invalid follows the close leaf: no deadline, no edition, no late confirmation.
func TestClose_nothingFollowsItsLeaf(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		late := d.Token(d.Submit("late@example.org"))
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(letter.Grace + 3*time.Minute)
		d.retain()
		d.Publish()
		deadline := letter.Deadline{At: d.Clock.Now().Add(48 * time.Hour), Zone: time.UTC}
		if _, err := d.Letters.SetSettings(ctx, d.Letter.Slug, letter.Settings{Deadline: &deadline}, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("a deadline: %v", err)
		}
		next := letter.Import{Slug: d.Letter.Slug, Text: testkit.Text("Another text."), Follows: letter.FollowsCosmetic, Publish: true}
		if _, _, err := d.Letters.Import(ctx, next); !fault.Is(err, fault.Conflict) {
			t.Errorf("an edition: %v", err)
		}
		d.Clock.Advance(-4 * time.Minute) // another server, whose clock is behind
		if _, err := d.Signing.Confirm(ctx, late, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
			t.Errorf("a confirmation: %v", err)
		}
		d.Publish()
		if p := d.Problems(); len(p) > 0 || strings.Join(d.leaves(), " ") != "edition close" {
			t.Errorf("leaves %v, problems %q", d.leaves(), p)
		}
	})
}

// A signature that its signer has replaced is only erased again where the one in its place was.
func TestEraseAgain_replacedOnesOnlyWithTheirSuccessor(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.Give("a@example.org")
		id := d.Own(r.Secret)[0].ID
		replaced := signing.Erasure{Letter: d.Letter.ID, Signature: id, Pending: 1, At: d.Clock.Now(), ReplacedBy: 999}
		if n, err := d.Signing.Erasures.Again(ctx, slices.Values([]signing.Erasure{replaced})); n != (signing.Again{}) || err != nil || len(d.Own(r.Secret)) != 1 {
			t.Errorf("%+v, %v", n, err)
		}
		successor := signing.Erasure{Letter: d.Letter.ID, Signature: 999, Pending: 2, At: d.Clock.Now()}
		if n, err := d.Signing.Erasures.Again(ctx, slices.Values([]signing.Erasure{replaced, successor})); n != (signing.Again{Erased: 1}) || err != nil {
			t.Errorf("%+v, %v", n, err)
		}
		if _, err := d.Signing.Receipts.Find(ctx, r.Secret); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the receipt still opens: %v", err)
		}

		// Signing again records it so.
		first := d.Give("b@example.org", testkit.Named("Other Person"))
		old := d.Own(first.Secret)[0].ID
		second := d.Give("b@example.org", testkit.Named("Other Person"))
		now, found := d.Own(second.Secret)[0].ID, false
		err := d.Signing.Erasures.Each(ctx, func(e signing.Erasure) error {
			found = found || e.Signature == old && e.ReplacedBy == now
			return nil
		})
		if err != nil || !found {
			t.Errorf("the replaced signature is not recorded: %v", err)
		}
	})
}

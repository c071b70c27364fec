package signing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// problems returns what the log check finds.
func (d *desk) problems() (list []string) {
	d.t.Helper()
	problem := func(err error) { list = append(list, err.Error()) }
	err := d.DB.View(d.t.Context(), func(tx *store.Tx) error {
		c := d.NewCheck(tx, problem)
		if _, err := d.Log.Check(tx, c.Leaf, problem); err != nil {
			return err
		}
		return c.End()
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

var (
	qDropWaiting = store.Q("test.drop_waiting", `DELETE FROM leaf_pending WHERE subject <> 0 OR leaf LIKE 'undersigned.log/v1 import%'`)
	qDisallow    = store.Q("test.disallow", `UPDATE signature_batch SET allowed = 0`)
	qUnlog       = store.Q("test.unlog", `INSERT INTO signature_unlogged (letter_id, id) SELECT letter_id, id FROM signature WHERE state IN ('new', 'listed', 'held')`)
)

// beforeTheLog leaves the database as an older version's is after the migration.
func (d *desk) beforeTheLog() {
	d.t.Helper()
	err := d.DB.Update(d.t.Context(), func(tx *store.Tx) error {
		for _, q := range []*store.Query{qDropWaiting, qDisallow, qUnlog} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// An instance from before the log: every signature gets one leaf, however many processes adopt it, imported ones have their
// import leaf before them, and held ones can be released.
func TestAdopt_eachSignatureOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for i := range 20 {
			d.give("a"+letters(i)+"@example.org", named("Person "+letters(i)))
		}
		held := d.give("h@example.org", named("Minа Farahani")) // Cyrillic а
		d.apply(d.plan(list(t, "Name\nAnn Lee\nBob Roe\n")))
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
		if _, err := d.Release(t.Context(), d.letter.ID, d.own(held.Secret)[0].ID, 0); err != nil {
			t.Errorf("a held signature from before the log: %v", err)
		}
		if c := d.counts(); c.Persons != 23 || c.Imported != 2 {
			t.Errorf("counts %+v", c)
		}
		if p := d.problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
		own := d.own(held.Secret)[0]
		if proof, err := d.Proof(t.Context(), held.Secret, own.ID); err != nil || len(proof.File) == 0 {
			t.Errorf("proof: %v", err)
		}
	})
}

// A promise is signed for what is on its way into the log, and never for what was held when it was confirmed.
func TestPromise_notForWhatWasHeld(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		first, second := d.token(d.sign("a@example.org", named("Minа Farahani"))), d.token(d.sign("b@example.org", named("Mina Farаhani")))
		a, b := d.confirm(first), d.confirm(second)
		d.clock.Advance(30 * time.Hour)
		if _, err := d.Release(ctx, d.letter.ID, d.own(a.Secret)[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.Remove(ctx, d.letter.ID, d.own(b.Secret)[0].ID, 0, "fraud"); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{first, second} {
			if r := d.confirm(token); len(r.Promises) > 0 {
				t.Errorf("a promise until %s, at %s", r.PromiseBy, d.clock.Now())
			}
		}
		if r := d.give("c@example.org", named("Other Person")); len(r.Promises) != 1 || !r.PromiseBy.After(d.clock.Now()) {
			t.Errorf("no promise for a signature that counts: %+v", r)
		}
		removed := d.give("d@example.org", named("Third Person"))
		if err := d.Remove(ctx, d.letter.ID, d.own(removed.Secret)[0].ID, 0, "fraud"); err != nil {
			t.Fatal(err)
		}
		token := d.token(d.sign("d@example.org", named("Third Person")))
		for range 2 {
			if r := d.confirm(token); r.Held == "" || len(r.Promises) > 0 {
				t.Errorf("held for having been removed before, with %d promises", len(r.Promises))
			}
		}
	})
}

// A name that is hidden and shown again before the log knew of it is listed as before.
func TestRelist_hiddenAndShownAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.give("a@example.org")
		d.publish()
		for _, to := range []signing.Listing{signing.Counted, signing.Public} {
			if err := d.Relist(t.Context(), r.Secret, d.own(r.Secret)[0].ID, to); err != nil {
				t.Fatal(err)
			}
		}
		d.publish()
		if names := d.names(verify.Person, "", 10); len(names) != 1 {
			t.Errorf("listed %q", names)
		}
		if found := d.names(verify.Person, "farahani", 10); len(found) != 1 {
			t.Errorf("found %q", found)
		}
		if p := d.problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
	})
}

// Nothing that would make the log invalid follows the close leaf: no deadline, no edition, no late confirmation.
func TestClose_nothingFollowsItsLeaf(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		late := d.token(d.sign("late@example.org"))
		if err := d.letters.Close(ctx, d.letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(letter.Grace + 3*time.Minute)
		d.retain()
		d.publish()
		deadline := letter.Deadline{At: d.clock.Now().Add(48 * time.Hour), Zone: time.UTC}
		if _, err := d.letters.Write(ctx, letter.Change{Slug: d.letter.Slug, Deadline: &deadline}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a deadline: %v", err)
		}
		next := letter.Change{Slug: d.letter.Slug, Text: text("Another text."), Follows: letter.FollowsCosmetic, Publish: true}
		if _, err := d.letters.Write(ctx, next); !fault.Is(err, fault.Conflict) {
			t.Errorf("an edition: %v", err)
		}
		d.clock.Advance(-4 * time.Minute) // another server, whose clock is behind
		if _, err := d.Confirm(ctx, late, browser, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
			t.Errorf("a confirmation: %v", err)
		}
		d.publish()
		if p := d.problems(); len(p) > 0 || strings.Join(d.leaves(), " ") != "edition close" {
			t.Errorf("leaves %v, problems %q", d.leaves(), p)
		}
	})
}

// A file that is planned again after an interruption may have more to add than at first: the log allows for it before.
func TestApplyImport_moreThanWhenItBegan(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.give("dup@example.org", named("Dup Person"))
		var lines strings.Builder
		lines.WriteString("Name,Email\nDup Person,dup@example.org\n")
		for i := range 150 {
			lines.WriteString("P " + letters(i) + ",p" + strings.ToLower(letters(i)) + "x@example.org\n")
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := d.ApplyImport(ctx, d.plan(list(t, lines.String())), func(int, int) { cancel() }); err == nil {
			t.Fatal("it was not interrupted")
		}
		if err := d.Erase(t.Context(), r.Secret, d.own(r.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if b := d.apply(d.plan(list(t, lines.String()))); b.Added != 151 {
			t.Errorf("added %d", b.Added)
		}
		d.publish()
		if p := d.problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
	})
}

// A signature that its signer has replaced is only erased again where the one in its place was.
func TestEraseAgain_replacedOnesOnlyWithTheirSuccessor(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.give("a@example.org")
		id := d.own(r.Secret)[0].ID
		replaced := signing.Erasure{Letter: d.letter.ID, Signature: id, Pending: 1, At: d.clock.Now(), ReplacedBy: 999}
		if n, err := d.EraseAgain(ctx, slices.Values([]signing.Erasure{replaced})); n != (signing.Again{}) || err != nil || len(d.own(r.Secret)) != 1 {
			t.Errorf("%+v, %v", n, err)
		}
		successor := signing.Erasure{Letter: d.letter.ID, Signature: 999, Pending: 2, At: d.clock.Now()}
		if n, err := d.EraseAgain(ctx, slices.Values([]signing.Erasure{replaced, successor})); n != (signing.Again{Erased: 1}) || err != nil {
			t.Errorf("%+v, %v", n, err)
		}
		if _, err := d.Find(ctx, r.Secret); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the receipt still opens: %v", err)
		}

		// Signing again records it so.
		first := d.give("b@example.org", named("Other Person"))
		old := d.own(first.Secret)[0].ID
		second := d.give("b@example.org", named("Other Person"))
		now, found := d.own(second.Secret)[0].ID, false
		err := d.Erasures(ctx, func(e signing.Erasure) error {
			found = found || e.Signature == old && e.ReplacedBy == now
			return nil
		})
		if err != nil || !found {
			t.Errorf("the replaced signature is not recorded: %v", err)
		}
	})
}

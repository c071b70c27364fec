package signing_test

import (
	"fmt"
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

// leaves returns the statements of the log in their order, by name.
func (d *desk) leaves() (names []string) {
	d.T.Helper()
	err := d.DB.View(d.T.Context(), func(tx *store.Tx) error {
		_, err := d.Log.Check(tx, func(_ int64, leaf verify.Leaf, _ verify.Hash) error {
			names = append(names, strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", leaf), "verify.")))
			return nil
		}, func(err error) { d.T.Error(err) })
		return err
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return names
}

func (d *desk) retain() {
	d.T.Helper()
	if err := d.Retain(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
}

// A letter closed by hand takes confirmations for a day, as one whose deadline has come; then its close leaf ends the count.
func TestClose_confirmationsForADayThenTheCloseLeaf(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		early, late := d.Token(d.Submit("early@example.org")), d.Token(d.Submit("late@example.org"))
		if err := d.Letters.Close(t.Context(), d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Signing.Sign(t.Context(), d.Form("new@example.org", func(r *signing.Request) { r.Letter.State = letter.Closed })); !fault.Is(err, fault.Gone) {
			t.Errorf("a closed letter takes a signature: %v", err)
		}
		d.Clock.Advance(letter.Grace - time.Minute)
		d.Press(early)
		d.retain()
		d.Publish()
		if names := d.leaves(); names[len(names)-1] != "sign" {
			t.Errorf("closed before confirmations ended: %v", names)
		}
		d.Clock.Advance(5 * time.Minute)
		if _, err := d.Signing.Confirm(t.Context(), late, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
			t.Errorf("a confirmation after the day: %v", err)
		}
		d.retain()
		d.retain() // once is enough
		if c := d.Counts(); c.Persons != 1 {
			t.Errorf("counts %+v", c)
		}
		if names := d.leaves(); strings.Join(names, " ") != "edition sign close" {
			t.Errorf("leaves %v", names)
		}
	})
}

// The close leaf waits for held signatures, for a week; who was not decided about by then is refused, and told.
func TestClose_waitsForHeldSignatures(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		released, undecided := d.Give("a@example.org", testkit.Named("Minа Farahani")), d.Give("b@example.org", testkit.Named("Mina Farаhani")) // Cyrillic а
		if released.Held == "" || undecided.Held == "" {
			t.Fatal("neither is held")
		}
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(letter.Grace + time.Hour)
		d.retain()
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, d.Own(released.Secret)[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		d.retain()
		d.Publish()
		if names := d.leaves(); strings.Join(names, " ") != "edition sign" {
			t.Errorf("closed while one is held: %v", names)
		}
		d.Clock.Advance(signing.DecideWithin)
		d.retain()
		if c := d.Counts(); c.Persons != 1 || c.Removed != 0 {
			t.Errorf("counts %+v", c)
		}
		if names := d.leaves(); strings.Join(names, " ") != "edition sign close" {
			t.Errorf("leaves %v", names)
		}
		own := d.Own(undecided.Secret)[0]
		if own.State != signing.StateRemoved || own.Reason != signing.Undecided {
			t.Errorf("the undecided one is %s, %s", own.State, own.Reason)
		}
		if refused, counted := d.Jobs("mail.refused"), d.Jobs("mail.released"); refused != 1 || counted != 1 {
			t.Errorf("%d and %d mails tell of it", refused, counted)
		}
		if e, send, err := d.Signing.EnvelopeOf(ctx, d.Letter.ID, own.ID); err != nil || !send || e.Address != "b@example.org" {
			t.Errorf("%+v, %v, %v", e, send, err)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, own.ID, 0); !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Gone) {
			t.Errorf("released after the close: %v", err)
		}
	})
}

// After the close leaf no name becomes public. One can still be taken down, and counts as it did; taking back and erasing
// still work.
func TestClose_afterItOnlyWithdrawals(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		a, b, c := d.Give("a@example.org"), d.Give("b@example.org", testkit.Listed(roll.Counted)), d.Give("c@example.org")
		d.Publish()
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(letter.Grace + time.Hour)
		d.retain()
		d.Publish()
		if err := d.Signing.Receipts.Relist(ctx, b.Secret, d.Own(b.Secret)[0].ID, roll.Public); !fault.Is(err, fault.Gone) {
			t.Errorf("made public after the close: %v", err)
		}
		if err := d.Signing.Receipts.Relist(ctx, b.Secret, d.Own(b.Secret)[0].ID, roll.Coalition); err != nil {
			t.Errorf("between two that hide the name: %v", err)
		}
		if err := d.Signing.Receipts.Relist(ctx, a.Secret, d.Own(a.Secret)[0].ID, roll.Counted); err != nil {
			t.Errorf("taken down: %v", err)
		}
		if names := d.Names(verify.Person, "", 10); len(names) != 1 {
			t.Errorf("public names %q", names)
		}
		if c := d.Counts(); c.Persons != 3 || c.Withheld != 1 {
			t.Errorf("counts %+v", c)
		}
		if err := d.Signing.Receipts.Withdraw(ctx, a.Secret, d.Own(a.Secret)[0].ID); err != nil {
			t.Error(err)
		}
		if err := d.Signing.Receipts.Erase(ctx, c.Secret, d.Own(c.Secret)[0].ID); err != nil {
			t.Error(err)
		}
		if c := d.Counts(); c.Persons != 1 || c.Withdrawn != 2 || c.Withheld != 1 {
			t.Errorf("counts %+v", c)
		}
		if names := d.leaves(); strings.Join(names, " ") != "edition sign sign sign close withdraw withdraw" {
			t.Errorf("leaves %v", names)
		}
	})
}

// Deadlines are in the log: when the letter opens, and each time one is moved.
func TestDeadline_isInTheLog(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		at := d.Clock.Now().Add(48 * time.Hour).Add(300 * time.Millisecond)
		deadline := letter.Deadline{At: at, Zone: time.UTC}
		d.Set(d.Letter.Slug, letter.Settings{Deadline: &deadline})
		d.Set(d.Letter.Slug, letter.Settings{Deadline: &deadline}) // the same again
		none := letter.Deadline{}
		d.Set(d.Letter.Slug, letter.Settings{Deadline: &none})
		d.Write(letter.Import{Slug: "other", Text: testkit.Text("Another."), Settings: letter.Settings{Deadline: &deadline}})
		d.PublishText("other")
		d.Publish()
		if names := d.leaves(); strings.Join(names, " ") != "edition deadline deadline edition deadline" {
			t.Errorf("leaves %v", names)
		}
	})
}

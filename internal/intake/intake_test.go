package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func (d *desk) propose(r *roster.Roster) int64 {
	d.T.Helper()
	id, err := d.Intake.Propose(d.T.Context(), intake.Import{Letter: d.Letter, List: r, Basis: verify.ByPaper, Source: "Sheets from the town hall", Listing: roll.Public}, 0)
	if err != nil {
		d.T.Fatal(err)
	}
	return id
}

// takeIn adds what was approved, and lets the day pass over which it is taken in.
func (d *desk) takeIn() {
	d.T.Helper()
	d.Work("intake.apply")
	d.Clock.Advance(25 * time.Hour)
	d.spread()
}

func (d *desk) spread() {
	d.T.Helper()
	if err := d.Intake.Spread(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
}

var qSealedIntake = store.Q("test.sealed_intake", `SELECT sealed FROM intake`)

// A list that was read in is sealed, changes nothing, shows the same to everybody, and is added once it was approved, in the
// version that was approved.
func TestIntake_isAddedAsItWasApproved(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.propose(testkit.List(t, "Name,Title\nAnna Lund,Cook\nBo Ray,\nAnna Lund,Cook\nCid Ash,\n"))
		if c := d.Counts(); c.Persons != 0 || d.Signatures() != 0 {
			t.Errorf("%+v", c)
		}
		var sealed []byte
		if err := d.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qSealedIntake).Scan(&sealed) }); err != nil || bytes.Contains(sealed, []byte("Lund")) {
			t.Errorf("%v", err)
		}
		p, plan, err := d.Intake.PlanProposal(ctx, d.Letter, id)
		if err != nil || !slices.Equal(outcomes(plan), []string{"2 person add", "3 person add", "4 person duplicate of 2", "5 person add"}) {
			t.Fatalf("%q, %v", outcomes(plan), err)
		}
		if err := d.Intake.Skip(ctx, d.Letter.ID, id, []int{3}, 0); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, d.Intake.ApplyProposal(ctx, d.Letter.ID, id, p.Version, 0), ": intake.changed")
		if p, plan, err = d.Intake.PlanProposal(ctx, d.Letter, id); err != nil || len(plan.Lines) != 3 || !slices.Equal(p.Skip, []int{3}) {
			t.Fatalf("%+v, %v", p, err)
		}
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, p.Version, 0); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, d.Intake.ApplyProposal(ctx, d.Letter.ID, id, p.Version, 0), ": intake.changed")
		testkit.WantFault(t, d.Intake.Skip(ctx, d.Letter.ID, id, nil, 0), ": intake.gone")
		testkit.WantFault(t, d.Intake.Discard(ctx, d.Letter.ID, id, 0), ": intake.gone")
		d.takeIn()
		if c := d.Counts(); c.Persons != 2 || c.Imported != 2 {
			t.Errorf("%+v", c)
		}
		if left, err := d.Intake.Proposals(ctx, d.Letter.ID); err != nil || len(left) != 0 {
			t.Errorf("%+v, %v", left, err)
		}
		batches, err := d.Intake.Batches(ctx, d.Letter.ID)
		if err != nil || len(batches) != 1 || batches[0].State != intake.BatchApplied || batches[0].Added != 2 {
			t.Fatalf("%+v, %v", batches, err)
		}
		if err := d.Intake.RequestUndo(ctx, d.Letter.ID, batches[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.undo")
		if c := d.Counts(); c.Persons != 0 || c.Removed+c.Withdrawn != 2 {
			t.Errorf("%+v", c)
		}
		testkit.WantFault(t, d.Intake.RequestUndo(ctx, d.Letter.ID, batches[0].ID, 0), ": batch.undone")
		testkit.WantFault(t, d.Intake.RequestUndo(ctx, d.Letter.ID, 7, 0), ": batch.unknown")
	})
}

// A list is taken in over a day, each line once, whatever processes go on with it.
func TestIntake_isTakenInOverADay(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var text strings.Builder
		text.WriteString("Name\n")
		for i := range 350 {
			fmt.Fprintf(&text, "Anna %s Lund\n", testkit.Words(i))
		}
		id := d.propose(testkit.List(t, text.String()))
		if err := d.Intake.ApplyProposal(t.Context(), d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		d.Clock.Advance(6 * time.Hour)
		d.spread()
		if n := d.Signatures(); n == 0 || n == 350 {
			t.Fatalf("%d signatures after six hours", n)
		}
		d.Clock.Advance(18 * time.Hour)
		ended := make(chan error)
		others := []*testkit.Desk{d.Desk, d.AnotherProcess()}
		for _, other := range others {
			go func() { ended <- other.Intake.Spread(t.Context()) }()
		}
		for range others {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if c := d.Counts(); c.Persons != 350 {
			t.Errorf("%+v", c)
		}
		if batches, err := d.Intake.Batches(t.Context(), d.Letter.ID); err != nil || len(batches) != 1 || batches[0].Added != 350 || batches[0].State != intake.BatchApplied {
			t.Errorf("%+v, %v", batches, err)
		}
		if found := d.Problems(); len(found) > 0 {
			t.Errorf("problems %q", found)
		}
	})
}

// What cannot be added any more says why; what nobody added is destroyed, with the data key or after a fortnight.
func TestIntake_endsWithoutAnApproval(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		names := testkit.List(t, "Name\nAnna Lund\n")
		if _, err := d.Intake.Propose(ctx, intake.Import{Letter: d.Letter, List: &roster.Roster{Entries: make([]roster.Entry, intake.MaxLines+1)}, Basis: verify.ByPaper}, 0); !fault.Is(err, fault.TooLarge) {
			t.Errorf("a long list: %v", err)
		}
		d.propose(names)
		thrown := d.propose(names)
		if err := d.Intake.Discard(ctx, d.Letter.ID, thrown, 0); err != nil {
			t.Error(err)
		}
		_, _, err := d.Intake.PlanProposal(ctx, d.Letter, thrown)
		testkit.WantFault(t, err, ": intake.gone")
		for range 19 {
			d.propose(names)
		}
		_, err = d.Intake.Propose(ctx, intake.Import{Letter: d.Letter, List: names, Basis: verify.ByPaper, Listing: roll.Public}, 0)
		testkit.WantFault(t, err, ": intake.too_many")
		d.Clock.Advance(intake.KeptFor - time.Hour)
		last := d.left(20)[19]
		d.Clock.Advance(2 * time.Hour)
		d.left(0)

		last.ID = d.propose(names)
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, last.ID, 1, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(25 * time.Hour)
		d.Work("intake.apply")
		if p := d.left(1)[0]; p.State != intake.ProposalFailed || p.Reason != "letter.closed" {
			t.Errorf("%+v", p)
		}
		d.Clock.Advance(letter.KeptAfterClose)
		d.left(0)
	})
}

// left retains and returns the proposals, which must be so many.
func (d *desk) left(want int) []intake.Proposal {
	d.T.Helper()
	if err := d.Retain(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
	list, err := d.Intake.Proposals(d.T.Context(), d.Letter.ID)
	if err != nil || len(list) != want {
		d.T.Fatalf("%d proposals, want %d, %v", len(list), want, err)
	}
	return list
}

// What a mail says and why a line cannot be added comes back as it was.
func TestIntake_keepsWhatMailsSay(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.replies(roster.Entry{Name: "Ada Wren", Email: "ada@wren.example", Writer: roster.Sender, Subject: "We sign", Text: strings.Repeat("é", 2000)},
			roster.Entry{Name: "Bo", Email: "bo@wren.example", Writer: roster.Claimed, Fault: fault.New(fault.TooLarge, "reply.too_large", "Limit", 30<<20).Because(context.Canceled)})
		id, err := d.Intake.Propose(t.Context(), intake.Import{Letter: d.Letter, List: r, Basis: verify.ByReply, Listing: roll.Public}, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, plan, err := d.Intake.PlanProposal(t.Context(), d.Letter, id)
		if err != nil {
			t.Fatal(err)
		}
		e := plan.List.Entries
		if e[0].Subject != "We sign" || len(e[0].Text) > 2010 || !strings.HasSuffix(e[0].Text, "é…") || plan.Lines[0].Outcome != intake.Add {
			t.Errorf("%+v", e[0])
		}
		if f := plan.Lines[1].Fault; f == nil || f.Key != "reply.too_large" || f.Args["Limit"] != 30<<20 || f.Err != nil {
			t.Errorf("%+v", f)
		}
	})
}

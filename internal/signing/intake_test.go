package signing_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/signing/roster"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// work runs the jobs of a kind until none is left.
func (d *desk) work(kind string) {
	d.t.Helper()
	runner := job.NewRunner(d.DB, nil, job.Options{})
	d.Register(runner)
	ctx, cancel := context.WithCancel(d.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	for d.count(qCountJobs, kind) > 0 && d.t.Context().Err() == nil {
		runtime.Gosched()
	}
	cancel()
	if err := <-ended; err != nil {
		d.t.Error(err)
	}
}

func (d *desk) propose(r *roster.Roster) int64 {
	d.t.Helper()
	id, err := d.Propose(d.t.Context(), signing.Import{Letter: d.letter, List: r, Basis: verify.ByPaper, Source: "Sheets from the town hall", Listing: signing.Public}, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

var qSealedIntake = store.Q("test.sealed_intake", `SELECT sealed FROM intake`)

// A list that was read in is sealed, changes nothing, shows the same to everybody, and is added once it was approved, in the
// version that was approved.
func TestIntake_isAddedAsItWasApproved(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.propose(list(t, "Name,Title\nAnna Lund,Cook\nBo Ray,\nAnna Lund,Cook\nCid Ash,\n"))
		if c := d.counts(); c.Persons != 0 || d.count(qCountSigned) != 0 {
			t.Errorf("%+v", c)
		}
		var sealed []byte
		if err := d.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qSealedIntake).Scan(&sealed) }); err != nil || bytes.Contains(sealed, []byte("Lund")) {
			t.Errorf("%v", err)
		}
		p, plan, err := d.PlanProposal(ctx, d.letter, id)
		if err != nil || !slices.Equal(outcomes(plan), []string{"2 person add", "3 person add", "4 person duplicate of 2", "5 person add"}) {
			t.Fatalf("%q, %v", outcomes(plan), err)
		}
		if err := d.SkipLines(ctx, d.letter.ID, id, []int{3}, 0); err != nil {
			t.Fatal(err)
		}
		wantFault(t, d.ApplyProposal(ctx, d.letter.ID, id, p.Version, 0), ": intake.changed")
		if p, plan, err = d.PlanProposal(ctx, d.letter, id); err != nil || len(plan.Lines) != 3 || !slices.Equal(p.Skip, []int{3}) {
			t.Fatalf("%+v, %v", p, err)
		}
		if err := d.ApplyProposal(ctx, d.letter.ID, id, p.Version, 0); err != nil {
			t.Fatal(err)
		}
		wantFault(t, d.ApplyProposal(ctx, d.letter.ID, id, p.Version, 0), ": intake.changed")
		wantFault(t, d.SkipLines(ctx, d.letter.ID, id, nil, 0), ": intake.gone")
		wantFault(t, d.DiscardProposal(ctx, d.letter.ID, id, 0), ": intake.gone")
		d.work("intake.apply")
		if c := d.counts(); c.Persons != 2 || c.Imported != 2 {
			t.Errorf("%+v", c)
		}
		if left, err := d.Proposals(ctx, d.letter.ID); err != nil || len(left) != 0 {
			t.Errorf("%+v, %v", left, err)
		}
		batches, err := d.Batches(ctx, d.letter.ID)
		if err != nil || len(batches) != 1 || batches[0].State != signing.BatchApplied {
			t.Fatalf("%+v, %v", batches, err)
		}
		if err := d.RequestUndo(ctx, d.letter.ID, batches[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		d.work("intake.undo")
		if c := d.counts(); c.Persons != 0 || c.Removed+c.Withdrawn != 2 {
			t.Errorf("%+v", c)
		}
		wantFault(t, d.RequestUndo(ctx, d.letter.ID, batches[0].ID, 0), ": batch.undone")
		wantFault(t, d.RequestUndo(ctx, d.letter.ID, 7, 0), ": batch.unknown")
	})
}

// An addition that was stopped in the middle goes on where it stopped.
func TestIntake_goesOnAfterAStop(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var text strings.Builder
		text.WriteString("Name\n")
		for i := range 350 {
			fmt.Fprintf(&text, "Anna %s Lund\n", words(i))
		}
		id := d.propose(list(t, text.String()))
		if err := d.ApplyProposal(t.Context(), d.letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		_, plan, err := d.PlanProposal(t.Context(), d.letter, id)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := d.ApplyImport(ctx, plan, func(done, _ int) {
			if done >= 100 {
				cancel()
			}
		}); err == nil {
			t.Fatal("it was not stopped")
		}
		if n := d.count(qCountSigned); n == 0 || n >= 350 {
			t.Fatalf("%d signatures", n)
		}
		d.work("intake.apply")
		if c := d.counts(); c.Persons != 350 {
			t.Errorf("%+v", c)
		}
		if batches, err := d.Batches(t.Context(), d.letter.ID); err != nil || len(batches) != 1 || batches[0].Added != 350 {
			t.Errorf("%+v, %v", batches, err)
		}
	})
}

// What cannot be added any more says why; what nobody added is destroyed, with the data key or after a fortnight.
func TestIntake_endsWithoutAnApproval(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		names := list(t, "Name\nAnna Lund\n")
		if _, err := d.Propose(ctx, signing.Import{Letter: d.letter, List: &roster.Roster{Entries: make([]roster.Entry, signing.MaxIntake+1)}, Basis: verify.ByPaper}, 0); !fault.Is(err, fault.TooLarge) {
			t.Errorf("a long list: %v", err)
		}
		d.propose(names)
		thrown := d.propose(names)
		if err := d.DiscardProposal(ctx, d.letter.ID, thrown, 0); err != nil {
			t.Error(err)
		}
		_, _, err := d.PlanProposal(ctx, d.letter, thrown)
		wantFault(t, err, ": intake.gone")
		for range 19 {
			d.propose(names)
		}
		_, err = d.Propose(ctx, signing.Import{Letter: d.letter, List: names, Basis: verify.ByPaper, Listing: signing.Public}, 0)
		wantFault(t, err, ": intake.too_many")
		d.clock.Advance(signing.IntakeFor - time.Hour)
		last := d.left(20)[19]
		d.clock.Advance(2 * time.Hour)
		d.left(0)

		last.ID = d.propose(names)
		if err := d.ApplyProposal(ctx, d.letter.ID, last.ID, 1, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.letters.Close(ctx, d.letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(25 * time.Hour)
		d.work("intake.apply")
		if p := d.left(1)[0]; p.State != signing.ProposalFailed || p.Reason != "letter.closed" {
			t.Errorf("%+v", p)
		}
		d.clock.Advance(letter.KeptAfterClose)
		d.left(0)
	})
}

// left retains and returns the proposals, which must be so many.
func (d *desk) left(want int) []signing.Proposal {
	d.t.Helper()
	if err := d.Retain(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	list, err := d.Proposals(d.t.Context(), d.letter.ID)
	if err != nil || len(list) != want {
		d.t.Fatalf("%d proposals, want %d, %v", len(list), want, err)
	}
	return list
}

// What a mail says and why a line cannot be added comes back as it was.
func TestIntake_keepsWhatMailsSay(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.replies(roster.Entry{Name: "Ada Wren", Email: "ada@wren.example", Writer: roster.Sender, Subject: "We sign", Text: strings.Repeat("é", 2000)},
			roster.Entry{Name: "Bo", Email: "bo@wren.example", Writer: roster.Claimed, Fault: fault.New(fault.TooLarge, "reply.too_large", "Limit", 30<<20).Because(context.Canceled)})
		id, err := d.Propose(t.Context(), signing.Import{Letter: d.letter, List: r, Basis: verify.ByReply, Listing: signing.Public}, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, plan, err := d.PlanProposal(t.Context(), d.letter, id)
		if err != nil {
			t.Fatal(err)
		}
		e := plan.List.Entries
		if e[0].Subject != "We sign" || len(e[0].Text) > 2010 || !strings.HasSuffix(e[0].Text, "é…") || plan.Lines[0].Outcome != signing.ImportAdd {
			t.Errorf("%+v", e[0])
		}
		if f := plan.Lines[1].Fault; f == nil || f.Key != "reply.too_large" || f.Args["Limit"] != 30<<20 || f.Err != nil {
			t.Errorf("%+v", f)
		}
	})
}

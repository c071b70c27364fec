package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// outcomes prints what became of each line.
func outcomes(p *intake.Plan) (lines []string) {
	for _, line := range p.Lines {
		text := fmt.Sprintf("%d %s %s", line.Line, line.Kind, line.Outcome)
		if line.Reason != "" {
			text += " " + line.Reason
		}
		if line.Of != 0 {
			text += fmt.Sprintf(" of %d", line.Of)
		}
		if line.Same != 0 {
			text += fmt.Sprintf(" same name as %d", line.Same)
		}
		if line.Fault != nil {
			text += " " + line.Fault.Key
		}
		lines = append(lines, text)
	}
	return lines
}

func TestPlan_whatBecomesOfEachLine(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Give("mina@example.org", testkit.Named("Mina Farahani"), func(r *signing.Request) { r.Affiliation = "Vale School" })
		d.Give("hidden@example.org", testkit.Named("Hidden Person"), testkit.Listed(roll.Counted))
		d.Publish()
		p := d.Plan(testkit.List(t, `Name,Affiliation,Country,Email,Organisation,Kind,Listing
Ann Lee,Vale School,FR,,,,
Ann Lee,Vale School,FR,,,,
ann lee,VALE SCHOOL,France,,,,
Ann Lee,Mill Works,IE,,,,
Ann Lee,,,,,,
Bo Ray,,,bo@ray.example,,,
Bo Ray,,,BO@Ray.example,,,
Bo Ray,,,bo+list@ray.example,,,
Cid Ash,,,cid@ash.example,,,
Mina Farahani,,,,,,
مینا فراهانی,Vale School,,,,,
Mina Farahani,Mill Works,,,,,
Other Name,,,mina@example.org,,,
Someone,,,hidden@example.org,,,
Реасе Office,,,,,,
,,,,River Watch,,
Dana Fox,,,,Hill Trust,both,
Www.spam.example,,,,,,
Eve Hill,,,not an address,,,
Fay Hall,,,,,,anonymous
`))
		want := []string{"2 person add", "3 person duplicate of 2", "4 person duplicate of 2", "5 person add same name as 2", "6 person hold possible_duplicate same name as 2",
			"7 person add", "8 person duplicate of 7", "9 person add same name as 7", "10 person add", "11 person hold possible_duplicate", "12 person add",
			"13 person hold possible_duplicate same name as 11", "14 person duplicate", "15 person duplicate", "16 person hold look_alike", "17 organisation add",
			"18 organisation add", "18 person add", "19 person invalid name.url", "20 person invalid email.bad", "21 person add"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := d.Signatures(); n != 2 {
			t.Errorf("a plan wrote: %d signatures", n)
		}
		b := d.Apply(p)
		if b.State != intake.BatchApplied || b.Added != 14 {
			t.Errorf("%+v", b)
		}
		c := d.Counts()
		if c.Persons != 2+8 || c.Organisations != 2 || c.Imported != 10 || c.Withheld != 2 {
			t.Errorf("%+v", c)
		}
		held, err := d.Signing.Holds.List(t.Context(), d.Letter.ID, signing.StateHeld, 0, 10)
		if err != nil || len(held) != 4 || held[0].Name != "Ann Lee" || held[0].Basis != verify.ByPaper {
			t.Errorf("held %+v, %v", held, err)
		}
	})
}

// odd returns a list of n names, each unlike the others, in seven scripts and with what names are rarely written with.
func odd(n int) string {
	parts := []string{`O"Brien "%s"`, "=SUM(%s)", "+%s Ann", "-%s", "@%s", "%s, the elder", "Nguyễn %s", "محمد علی‌رضا %s", "\u202bعبد الله %s\u202c", "Дмитро %s",
		"Ελένη %s", "山田 %s", "שרה %s", "अनिता %s", "Anna 🌹 %s", "de la Crüz-%s", "%s'; DROP TABLE signature;--", "<b>%s</b>"}
	letters := []rune("abcdefghijklmnopqrstuvwxyz")
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"Name", "Title"})
	for i := range n {
		word := string([]rune{letters[i/676%26], letters[i/26%26], letters[i%26]})
		pattern := parts[i%len(parts)]
		if strings.ContainsAny(pattern, "عДλ山שअ") { // a word of its own: letters of two scripts in one would be held
			word = strings.ToUpper(word)
		}
		_ = w.Write([]string{fmt.Sprintf(pattern, word), "Title " + word})
	}
	w.Flush()
	return out.String()
}

func TestApply_sevenThousandOddNamesTwice(t *testing.T) {
	testkit.NotRaced(t)
	desks(t, func(t *testing.T, d *desk) {
		n := 7000
		if testing.Short() {
			n = 700
		}
		text := odd(n)
		first := d.Plan(testkit.List(t, text))
		if add := first.Count(intake.Add); add != n {
			for _, line := range first.Lines {
				if line.Outcome != intake.Add {
					name := line.Record().Name
					t.Logf("line %d %q: %s %s %v", line.Line, name, line.Outcome, line.Reason, line.Fault)
				}
			}
			t.Fatalf("%d of %d are added", add, n)
		}
		d.Apply(first)
		if c := d.Counts(); c.Persons != n || c.Imported != n {
			t.Errorf("%+v", c)
		}
		second := d.Plan(testkit.List(t, text))
		if found := second.Count(intake.Duplicate); found != n {
			t.Errorf("the second run finds %d of %d", found, n)
		}
		if b := d.Apply(second); b.ID != 0 {
			t.Errorf("an import of nothing is a batch: %+v", b)
		}
		if got := len(d.Names(verify.Person, "", 500)); got != n {
			t.Errorf("%d names are listed", got)
		}
	})
}

func TestApply_goesOnWhereItStopped(t *testing.T) {
	testkit.NotRaced(t)
	desks(t, func(t *testing.T, d *desk) {
		text := odd(450)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := d.Intake.Apply(ctx, d.Plan(testkit.List(t, text)), func(done, _ int) {
			if done == 200 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		p := d.Plan(testkit.List(t, text))
		if p.Batch.ID == 0 || p.Count(intake.Done) != 200 || p.Count(intake.Add) != 250 {
			t.Fatalf("batch %d, %d done, %d to add", p.Batch.ID, p.Count(intake.Done), p.Count(intake.Add))
		}
		if b := d.Apply(p); b.Added != 450 || b.State != intake.BatchApplied {
			t.Errorf("%+v", b)
		}
		if c := d.Counts(); c.Imported != 450 {
			t.Errorf("%+v", c)
		}
	})
}

func TestUndo_leavesNothingAndLetsTheFileIn(t *testing.T) {
	testkit.NotRaced(t)
	desks(t, func(t *testing.T, d *desk) {
		d.Give("stay@example.org", testkit.Named("Stays Here"))
		text := odd(230) + "Taken Over,\nFay Hall,\n"
		r := testkit.List(t, "Name,Title,Email\nTaken Over,,taken@example.org\n"+strings.Join(strings.SplitN(text, "\n", 2)[1:], ""))
		b := d.Apply(d.Plan(r))
		before := d.Counts()
		receipt := d.Give("taken@example.org", testkit.Named("Taken Over"))
		if own := d.Own(receipt.Secret); len(own) != 1 || own[0].Basis != verify.ByEmail {
			t.Errorf("who signs with the imported address has %+v", own)
		}
		if c := d.Counts(); c.Persons != before.Persons || c.Imported != before.Imported-1 {
			t.Errorf("before %+v, after %+v", before, c)
		}
		undone, kept, err := d.Intake.Undo(t.Context(), d.Letter.ID, b.ID, nil)
		if err != nil || undone != b.Added-1 || kept != 1 {
			t.Errorf("undone %d, kept %d of %d, %v", undone, kept, b.Added, err)
		}
		if names := d.Names(verify.Person, "", 100); len(names) != 2 {
			t.Errorf("names are left before the next publication: %q", names)
		}
		if c := d.Counts(); c.Persons != 2 || c.Imported != 0 || c.Removed != undone-1 { // one of them was held and had never counted
			t.Errorf("%+v", c)
		}
		if n := d.Count(qCountSealed); n != 2 {
			t.Errorf("%d sealed rows are left", n)
		}
		if again, _, err := d.Intake.Undo(t.Context(), d.Letter.ID, b.ID, nil); err != nil || again != 0 {
			t.Errorf("a second undo undoes %d, %v", again, err)
		}
		p := d.Plan(r)
		if p.Batch.ID != 0 || p.Count(intake.Duplicate) != 1 {
			t.Errorf("batch %d, %d duplicates", p.Batch.ID, p.Count(intake.Duplicate))
		}
		d.Apply(p)
		if c := d.Counts(); c.Imported != before.Imported-1 {
			t.Errorf("%+v", c)
		}
		if _, _, err := d.Intake.Undo(t.Context(), d.Letter.ID, 77, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown batch: %v", err)
		}
	})
}

func TestApply_twiceAtOnceAddsOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		text := odd(300)
		plans := []*intake.Plan{d.Plan(testkit.List(t, text)), d.Plan(testkit.List(t, text))}
		errs := make(chan error)
		for _, p := range plans {
			go func() {
				_, err := d.Intake.Apply(context.WithoutCancel(t.Context()), p, nil)
				errs <- err
			}()
		}
		for range plans {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if c := d.Counts(); c.Imported != 300 {
			t.Errorf("%+v", c)
		}
	})
}

func TestPlan_refusesWhatCannotTakeAny(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := testkit.List(t, "Name\nAnn Lee\n")
		_, err := d.Intake.Plan(t.Context(), intake.Import{Letter: d.Letter, List: r, Basis: verify.ByEmail})
		testkit.WantFault(t, err, "basis: batch.basis")
		draft := d.Write(letter.Import{Slug: "draft", Text: testkit.Text("Not yet.")})
		if _, err := d.Intake.Plan(t.Context(), intake.Import{Letter: draft, List: r, Basis: verify.ByPaper}); !fault.Is(err, fault.Gone) {
			t.Errorf("a draft: %v", err)
		}
		only := d.Write(letter.Import{Slug: "only-organisations", Text: testkit.Text("Only you."), Publish: true, Settings: letter.Settings{SignOn: new(letter.SignOnOrganisations)}})
		p, err := d.Intake.Plan(t.Context(), intake.Import{Letter: only, List: r, Basis: verify.ByPaper, Listing: roll.Public})
		if err != nil || p.Lines[0].Fault == nil || p.Lines[0].Fault.Key != "kind" {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestPlan_whoWithdrewStaysAway(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		receipt := d.Give("gone@example.org", testkit.Named("Gone Away"))
		d.Publish()
		if err := d.Signing.Receipts.Withdraw(t.Context(), receipt.Secret, d.Own(receipt.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		p := d.Plan(testkit.List(t, "Name,Email\nGone Away,gone@example.org\n"))
		if line := p.Lines[0]; line.Outcome != intake.Duplicate || line.Reason != intake.Withdrawn {
			t.Errorf("%+v", outcomes(p))
		}
		if b := d.Apply(p); b.ID != 0 {
			t.Errorf("%+v", b)
		}
	})
}

// Somebody who signed on paper and signs again with a mailbox is not counted twice.
func TestConfirm_aNameThatCameOnAListIsLookedAt(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Apply(d.Plan(testkit.List(t, "Name,Affiliation,Listing\nAnn Lee,,yes\nBo Ray,Mill Works,no\n,Fen Trust,\n")))
		d.Publish()
		for email, c := range map[string]struct {
			name, affiliation, held string
		}{
			"a@example.org": {"Ann LEE", "Vale School", signing.HeldDuplicate}, // the list does not say where she works
			"b@example.org": {"Bo Ray", "Mill Works", ""},                      // the list shows nobody that he is on it
			"c@example.org": {"Bo Ray", "Vale School", ""},                     // another
			"d@example.org": {"Cid Ash", "", ""},
		} {
			receipt := d.Give(email, testkit.Named(c.name), func(r *signing.Request) { r.Affiliation = c.affiliation })
			if receipt.Held != c.held {
				t.Errorf("%s of %q: held %q, want %q", c.name, c.affiliation, receipt.Held, c.held)
			}
		}
	})
}

// An import that goes on keeps to what it was told first, or the rest of a list would show names that were to be kept back.
func TestApply_goesOnWithItsOwnSettings(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		text := odd(250)
		plan := func(l roll.Listing) *intake.Plan {
			p, err := d.Intake.Plan(t.Context(), intake.Import{Letter: d.Letter, List: testkit.List(t, text), Basis: verify.ByPaper, Listing: l})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := d.Intake.Apply(ctx, plan(roll.Counted), func(int, int) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		d.Apply(plan(roll.Public))
		if c := d.Counts(); c.Persons != 250 || c.Withheld != 250 || len(d.Names(verify.Person, "", 100)) != 0 {
			t.Errorf("%+v", c)
		}
	})
}

// A file that is planned again after an interruption may have more to add than at first: the log allows for it before.
func TestApply_moreThanWhenItBegan(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.Give("dup@example.org", testkit.Named("Dup Person"))
		var lines strings.Builder
		lines.WriteString("Name,Email\nDup Person,dup@example.org\n")
		for i := range 150 {
			lines.WriteString("P " + testkit.Words(i) + ",p" + testkit.Words(i) + "x@example.org\n")
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := d.Intake.Apply(ctx, d.Plan(testkit.List(t, lines.String())), func(int, int) { cancel() }); err == nil {
			t.Fatal("it was not interrupted")
		}
		if err := d.Signing.Receipts.Erase(t.Context(), r.Secret, d.Own(r.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if b := d.Apply(d.Plan(testkit.List(t, lines.String()))); b.Added != 151 {
			t.Errorf("added %d", b.Added)
		}
		d.Publish()
		if p := d.Problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
	})
}

// Signers without names are each counted; the same list finds them again, and another one may be of the same signers.
func TestPlan_unnamedSigners(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		list := testkit.List(t, "Name,Affiliation\nAnonymous,\nAnonymous,\nناشناس,Vale School\nAnn Lee,\nTotal: 4,\n")
		p := d.Plan(list)
		want := []string{"2 person add", "3 person add", "4 person add", "5 person add", "6 person invalid roster.no_signatory"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		d.Apply(p)
		d.Publish()
		if c := d.Counts(); c.Persons != 4 || c.Withheld != 3 {
			t.Errorf("%+v", c)
		}
		if got := outcomes(d.Plan(list))[:4]; strings.Count(strings.Join(got, ","), "duplicate") != 4 {
			t.Errorf("the same list: %q", got)
		}
		another := testkit.List(t, "Name\nAnonymous\nAnonymous\nAnonymous\nAnonymous\n")
		want = []string{"2 person hold possible_duplicate", "3 person hold possible_duplicate", "4 person hold possible_duplicate", "5 person add"}
		if diff := cmp.Diff(want, outcomes(d.Plan(another))); diff != "" {
			t.Errorf("another list (-want +got):\n%s", diff)
		}
	})
}

// Whoever stands for an organisation is shown nowhere, and not as an organisation where its name is missing.
func TestPlan_listsOfOrganisations(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		p := d.Plan(testkit.List(t, "Organisation,Contact name,Email\nFen Trust,Ann Lee,ann@fen.example\n,Bo Ray,\n"))
		want := []string{"2 organisation add", "3 organisation invalid organisation.empty"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" || p.Lines[0].Record().Name != "Fen Trust" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

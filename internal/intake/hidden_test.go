package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// hide lets the addresses of guesses do what no editor may learn of.
func (d *desk) hide() {
	d.T.Helper()
	ctx := d.T.Context()
	for address, listing := range map[string]roll.Listing{"counted@example.org": roll.Counted, "addressee@example.org": roll.Addressee,
		"spelled@gmail.com": roll.Counted, "look@example.org": roll.Coalition} {
		d.Give(address, testkit.Named("Somebody "+testkit.Words(len(address))), testkit.Listed(listing))
	}
	gone := d.Give("withdrawn@example.org", testkit.Named("Gone Away"))
	d.Publish()
	if err := d.Signing.Receipts.Withdraw(ctx, gone.Secret, d.Own(gone.Secret)[0].ID); err != nil {
		d.T.Fatal(err)
	}
	d.Clock.Advance(mailbox.Week + time.Hour) // what was mailed to them is forgotten
	d.Submit("pending@example.org", testkit.Named("Pending Person"))
	key, err := d.Letters.Key(ctx, d.Letter.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	a, _ := text.ParseAddress("blocked@example.org")
	err = d.DB.Update(ctx, func(tx *store.Tx) error { return d.Mailboxes.Of(key, d.Letter.ID, a).Block(tx, mailbox.Disputed) })
	if err != nil {
		d.T.Fatal(err)
	}
	d.Publish()
}

const guesses = `Name,Email,Listing
Fresh Name,fresh@example.org,counted
A,counted@example.org,counted
B,addressee@example.org,counted
C,pending@example.org,counted
D,withdrawn@example.org,counted
E,s.pelled+x@gmail.com,counted
F,blocked@example.org,counted
Реасе Office,look@example.org,counted
G,twice@gmail.com,counted
H,t.wice@gmail.com,counted
Well Known,,counted
Well Known,known@example.org,counted
`

// mails are the same addresses as mails that somebody may have forged.
func (d *desk) mails() *roster.Roster {
	var entries []roster.Entry
	for i, line := range strings.Split(strings.TrimSpace(guesses), "\n")[1:] {
		fields := strings.Split(line, ",")
		e := roster.Entry{Name: fields[0], Email: fields[1], Writer: roster.Claimed}
		if i == 2 {
			e.Writer = roster.Sender
		}
		entries = append(entries, e)
	}
	return d.replies(entries...)
}

// seen is everything that the desk says of a list, from its dry run to its undoing, and what the log announces of it.
func (d *desk) seen(i intake.Import) (lines []string) {
	d.T.Helper()
	ctx := d.T.Context()
	id, err := d.Intake.Propose(ctx, i, 0)
	if err != nil {
		d.T.Fatal(err)
	}
	look := func(when string) {
		p, plan, err := d.Intake.PlanProposal(ctx, d.Letter, id)
		if err != nil {
			lines = append(lines, when+": "+err.Error())
			return
		}
		lines = append(lines, fmt.Sprint(when, ": ", p.State, p.Lines, p.Version))
		lines = append(lines, outcomes(plan)...)
	}
	rest := func(when string) {
		proposals, err := d.Intake.Proposals(ctx, d.Letter.ID)
		if err != nil {
			d.T.Fatal(err)
		}
		batches, err := d.Intake.Batches(ctx, d.Letter.ID)
		if err != nil {
			d.T.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s: %d proposals", when, len(proposals)))
		for _, b := range batches {
			lines = append(lines, fmt.Sprint("batch ", b.State, b.Added, b.Basis, b.Source, b.CreatedAt, b.Listing, b.Kind))
		}
		trail, err := d.Accounts.Trail(ctx, 0, d.Letter.ID, 0, 100)
		if err != nil {
			d.T.Fatal(err)
		}
		for _, e := range trail {
			if strings.HasPrefix(e.Act, "intake") {
				lines = append(lines, fmt.Sprint(e.Act, " ", e.Object, " ", e.At))
			}
		}
		lines = append(lines, fmt.Sprint("announced ", d.announced(), ", mails ", d.Jobs("mail.reply")))
	}
	look("read")
	if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
		d.T.Fatal(err)
	}
	look("approved")
	d.Work("intake.apply")
	look("begun")
	rest("begun")
	d.Clock.Advance(25 * time.Hour)
	d.spread()
	look("taken in")
	rest("taken in")
	if id, err = d.Intake.Propose(ctx, i, 0); err != nil {
		d.T.Fatal(err)
	}
	look("read again")
	batches, err := d.Intake.Batches(ctx, d.Letter.ID)
	if err != nil || len(batches) != 1 {
		d.T.Fatalf("%+v, %v", batches, err)
	}
	if err := d.Intake.RequestUndo(ctx, d.Letter.ID, batches[0].ID, 0); err != nil {
		d.T.Fatal(err)
	}
	d.Work("intake.undo")
	look("undone")
	rest("undone")
	return lines
}

var qAllowed = store.Q("test.allowed", `SELECT COALESCE(SUM(allowed), 0) FROM signature_batch`)

func (d *desk) announced() int64 { return d.Count(qAllowed) }

// deskOf returns a desk on an engine whose statements are counted by their names. One public signature is there.
func deskOf(t *testing.T, engine store.Engine) (d *desk, statements map[string]int) {
	t.Helper()
	clock, mu := testkit.NewClock(), sync.Mutex{}
	statements = map[string]int{}
	db := testkit.StoreAt(t, engine, store.Options{Now: clock.Now, OnStatement: func(q *store.Query) {
		mu.Lock()
		defer mu.Unlock()
		statements[q.Name()]++
	}})
	d = &desk{testkit.NewDesk(t, db, clock)}
	d.Give("else@example.org", testkit.Named("Well Known"))
	d.Publish()
	return d, statements
}

// guess is a list of guesses.
type guess struct {
	basis verify.Basis
	list  func(t *testing.T, d *desk) *roster.Roster
}

var guessed = map[string]guess{
	"list":  {verify.ByPaper, func(t *testing.T, _ *desk) *roster.Roster { return testkit.List(t, guesses) }},
	"mails": {verify.ByReply, func(_ *testing.T, d *desk) *roster.Roster { return d.mails() }},
}

// An editor who pastes addresses learns nothing of whose they are: all that the desk says, from the dry run to the undoing, is what
// it says where none of them has signed, and the dry run runs the same statements. The command line, which has the keys, tells them
// apart, and so would this comparison.
func TestIntake_tellsNobodyWhoSigned(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told, not at what runs at once")
	}
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		for name, g := range guessed {
			t.Run(string(engine)+" "+name, func(t *testing.T) {
				said, truth := map[bool][]string{}, map[bool][]string{}
				for _, signed := range []bool{false, true} {
					d, statements := deskOf(t, engine)
					if signed {
						d.hide()
					} else {
						d.Clock.Advance(mailbox.Week + time.Hour)
					}
					i := intake.Import{Letter: d.Letter, List: g.list(t, d), Basis: g.basis, Listing: roll.Counted}
					p, err := d.Intake.Plan(t.Context(), i)
					if err != nil {
						t.Fatal(err)
					}
					truth[signed] = outcomes(p)
					clear(statements)
					if _, err := d.Intake.Show(t.Context(), i); err != nil {
						t.Fatal(err)
					}
					said[signed] = append(said[signed], fmt.Sprint(statements))
					said[signed] = append(said[signed], d.seen(i)...)
				}
				if diff := cmp.Diff(said[false], said[true]); diff != "" {
					t.Errorf("nobody had signed (-), they had (+):\n%s", diff)
				}
				if len(said[true]) < 60 || !slices.Contains(said[true], "3 person done") {
					t.Errorf("too little is compared: %q", said[true])
				}
				if differ := cmp.Diff(truth[false], truth[true]); strings.Count(differ, "duplicate") < 3 {
					t.Errorf("the truth does not differ: %s", differ)
				}
			})
		}
	}
}

// What a list says of those who had signed, or wanted no part in it, becomes no signature, no leaf and no mail.
func TestIntake_hiddenLinesBecomeNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told, not at what runs at once")
	}
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.hide()
		before := d.Counts()
		id, err := d.Intake.Propose(ctx, intake.Import{Letter: d.Letter, List: testkit.List(t, guesses), Basis: verify.ByPaper, Listing: roll.Counted}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.takeIn()
		// Fresh Name, both that are called Well Known, and one spelling of a mailbox count; the other spelling is held.
		after := d.Counts()
		if after.Persons != before.Persons+4 || after.Imported != 4 || after.Withdrawn != before.Withdrawn {
			t.Errorf("%+v, before %+v", after, before)
		}
		held, err := d.Signing.Holds.Count(ctx, d.Letter.ID)
		if err != nil || held != 1 {
			t.Errorf("%d held, %v", held, err)
		}
		if n := d.announced(); n != 12 {
			t.Errorf("%d announced", n)
		}
		if found := d.Problems(); len(found) > 0 { // the log allows for more than there are
			t.Errorf("problems %q", found)
		}
		if undone, kept, err := d.Intake.Undo(ctx, d.Letter.ID, id, nil); undone != 5 || kept != 7 || err != nil { // for who has the keys
			t.Errorf("%d undone, %d kept, %v", undone, kept, err)
		}
		if c := d.Counts(); c.Persons != before.Persons || c.Imported != 0 {
			t.Errorf("undone: %+v, before %+v", c, before)
		}
		if found := d.Problems(); len(found) > 0 {
			t.Errorf("problems %q", found)
		}
	})
}

// Who erases what they had signed while a list is taken in is not added by it, although nothing is known of them any more.
func TestSpread_whoErasesMeanwhileStaysAway(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		var lines strings.Builder
		secrets := map[string]string{}
		for i := range 30 {
			address := testkit.Words(i) + "x@example.org"
			fmt.Fprintf(&lines, "Anna %s Lund,%s\n", testkit.Words(i), address)
			secrets[address] = d.Give(address, testkit.Named("Anna "+testkit.Words(i)), testkit.Listed(roll.Counted)).Secret
		}
		d.Clock.Advance(mailbox.Week + time.Hour)
		id := d.propose(testkit.List(t, "Name,Email\n"+lines.String()))
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		for _, secret := range secrets {
			if err := d.Signing.Receipts.Erase(ctx, secret, d.Own(secret)[0].ID); err != nil {
				t.Fatal(err)
			}
		}
		d.Clock.Advance(25 * time.Hour)
		d.spread()
		if c := d.Counts(); c.Persons != 0 || c.Imported != 0 {
			t.Errorf("%+v", c)
		}
	})
}

// Read again while it is taken in, a list tells no line's hour: with the count, that would tell which lines became nothing.
func TestSpread_readAgainTellsNoHour(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		var text strings.Builder
		text.WriteString("Name,Email\n")
		for i := range 30 {
			fmt.Fprintf(&text, "P %s,p%d@example.org\n", testkit.Words(i), i)
		}
		i := intake.Import{Letter: d.Letter, List: testkit.List(t, text.String()), Basis: verify.ByPaper, Listing: roll.Counted}
		id, err := d.Intake.Propose(ctx, i, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		d.spread()
		if c := d.Counts(); c.Persons >= 30 {
			t.Fatalf("all %d are taken in at once", c.Persons)
		}
		p, err := d.Intake.Show(ctx, i)
		if err != nil || p.Count(intake.Done) != 30 {
			t.Errorf("%d of 30 lines are shown as taken in, %v", p.Count(intake.Done), err)
		}
	})
}

// In a letter for signers at risk the names of a list do not tell either: whoever stands on it is counted only.
func TestShow_aProtectedLetterHidesNames(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Protected: new(true)})
		d.Give("hidden@example.org", testkit.Named("Hidden Person"), testkit.Listed(roll.Counted))
		d.Clock.Advance(mailbox.Week + time.Hour)
		list := testkit.List(t, "Name,Email\nAnna Lund,anna@example.org\nHidden Person,hidden@example.org\nBo Ray,\n")
		id := d.propose(list)
		_, plan, err := d.Intake.PlanProposal(ctx, d.Letter, id)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []roll.Listing{roll.Counted, roll.Counted, roll.Counted} {
			if got := plan.Lines[i]; got.Listing != want || slices.Contains(got.Notes, roster.NoteProtected) != (want == roll.Counted) {
				t.Errorf("line %d: %s, %q", got.Line, got.Listing, got.Notes)
			}
		}
		if truth := d.Plan(list); truth.Lines[0].Listing != roll.Public {
			t.Errorf("the command line: %s", truth.Lines[0].Listing)
		}
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.takeIn()
		if c := d.Counts(); c.Persons != 3 || c.Withheld != 3 || len(d.Names(verify.Person, "", 9)) != 0 {
			t.Errorf("%+v", c)
		}
		batches, err := d.Intake.Batches(ctx, d.Letter.ID)
		if err != nil || len(batches) != 1 || batches[0].Added != 3 {
			t.Fatalf("%+v, %v", batches, err)
		}
		if n, err := d.Intake.Became(ctx, batches[0]); n != 2 || err != nil {
			t.Errorf("it became %d, %v", n, err)
		}
	})
}

// Of two lists on one day the second waits; nobody is taken in by both.
func TestIntake_aListADay(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		first, second := d.propose(testkit.List(t, "Name\nAnna Lund\n")), d.propose(testkit.List(t, "Name\nBo Ray\n"))
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, first, 1, 0); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, d.Intake.ApplyProposal(ctx, d.Letter.ID, second, 1, 0), ": intake.daily")
		d.Work("intake.apply")
		d.Clock.Advance(23 * time.Hour)
		d.spread()
		testkit.WantFault(t, d.Intake.ApplyProposal(ctx, d.Letter.ID, second, 1, 0), ": intake.daily")
		d.Clock.Advance(time.Hour)
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, second, 1, 0); err != nil {
			t.Fatal(err)
		}
		other := d.Open("other")
		id, err := d.Intake.Propose(ctx, intake.Import{Letter: other, List: testkit.List(t, "Name\nBo Ray\n"), Basis: verify.ByPaper, Listing: roll.Public}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Intake.ApplyProposal(ctx, other.ID, id, 1, 0); err != nil {
			t.Errorf("another letter: %v", err)
		}
	})
}

// A letter that closes takes the rest of a list in at once: its last numbers are whole.
func TestSpread_aCloseBringsTheRestForward(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var lines strings.Builder
		for i := range 60 {
			fmt.Fprintf(&lines, "Anna %s Lund\n", testkit.Words(i))
		}
		id := d.propose(testkit.List(t, "Name\n"+lines.String()))
		if err := d.Intake.ApplyProposal(t.Context(), d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		if n := d.Signatures(); n == 60 {
			t.Errorf("%d signatures at once", n)
		}
		if err := d.Letters.Close(t.Context(), d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.spread()
		if c := d.Counts(); c.Persons != 60 {
			t.Errorf("%+v", c)
		}
	})
}

// A list that is undone before all of it is in ends there.
func TestSpread_endsWithAnUndoing(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		list := testkit.List(t, odd(60))
		id := d.propose(list)
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		d.Clock.Advance(6 * time.Hour)
		d.spread()
		if err := d.Intake.RequestUndo(ctx, d.Letter.ID, id, 0); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.undo")
		d.Clock.Advance(20 * time.Hour)
		d.spread()
		if c := d.Counts(); c.Persons != 0 {
			t.Errorf("%+v", c)
		}
		d.left(0)
		if _, plan, err := d.Intake.PlanProposal(ctx, d.Letter, d.propose(list)); err != nil || plan.Count(intake.Add) != 60 {
			t.Errorf("%q, %v", outcomes(plan), err)
		}
	})
}

// Once the key of a letter is destroyed nobody knows what became of a list's lines, and nothing says that they were taken out.
func TestUndo_notWithoutTheKey(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.propose(testkit.List(t, "Name\nAnna Lund\n"))
		if err := d.Intake.ApplyProposal(ctx, d.Letter.ID, id, 1, 0); err != nil {
			t.Fatal(err)
		}
		d.takeIn()
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(letter.KeptAfterClose + 26*time.Hour)
		d.Publish()
		if err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		if n := d.Count(qCountTaken); n != 0 {
			t.Errorf("%d rows are left of the lines", n)
		}
		testkit.WantFault(t, d.Intake.RequestUndo(ctx, d.Letter.ID, id, 0), ": batch.final")
	})
}

var qCountTaken = store.Q("test.count_taken", `SELECT (SELECT COUNT(*) FROM intake_line) + (SELECT COUNT(*) FROM intake_taken)`)

package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// replies are mails as they were read: lines with a writer.
func (d *desk) replies(entries ...roster.Entry) *roster.Roster {
	r := &roster.Roster{SHA256: strings.Repeat("ab", 32)}
	for i, e := range entries {
		if e.Line = i + 1; e.Sent.IsZero() {
			e.Sent = d.Letter.OpenedAt.Add(time.Second)
		}
		r.Entries = append(r.Entries, e)
	}
	return r
}

func (d *desk) planReplies(r *roster.Roster) *intake.Plan {
	d.T.Helper()
	p, err := d.Intake.Plan(d.T.Context(), intake.Import{Letter: d.Letter, List: r, Basis: verify.ByReply, Listing: roll.Public})
	if err != nil {
		d.T.Fatal(err)
	}
	return p
}

var qListWaiting = store.Q("test.list_waiting", `SELECT id FROM pending ORDER BY id`)

func (d *desk) waiting() (ids []int64) {
	d.T.Helper()
	err := d.DB.View(d.T.Context(), func(tx *store.Tx) (err error) {
		ids, err = store.List(tx, qListWaiting, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) })
		return err
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return ids
}

// confirmByMail confirms a submission as somebody does who knows nothing but its mails.
func (d *desk) confirmByMail(id int64, c signing.Shown) (signing.Receipt, error) {
	d.T.Helper()
	e, _, err := d.Signing.Envelope(d.T.Context(), id)
	if err != nil {
		d.T.Fatal(err)
	}
	if _, err := d.Signing.Confirm(d.T.Context(), e.Token, "another browser", "", c); !fault.Is(err, fault.Forbidden) {
		d.T.Errorf("the link alone confirms: %v", err)
	}
	if err := d.Signing.MailCode(d.T.Context(), e.Token); err != nil {
		d.T.Fatal(err)
	}
	withCode, _, err := d.Signing.Envelope(d.T.Context(), id)
	if err != nil {
		d.T.Fatal(err)
	}
	return d.Signing.Confirm(d.T.Context(), e.Token, "another browser", withCode.Code, c)
}

var someReplies = []roster.Entry{
	{Name: "Ada Wren", Email: "ada@wren.example", Writer: roster.Sender, Language: "fa"},
	{Name: "Mina Farahani", Email: "mina@river.example", Writer: roster.Claimed, Language: "fa"},
	{Name: "Bo Ray", Organisation: "Hill Trust", Kind: "organisation", Email: "bo@hill.example", Writer: roster.Claimed, Language: "xx"},
	{Name: "Cid Ash", Organisation: "Ash Society", Kind: "both", Email: "cid@ash.example", Writer: roster.Claimed, Listing: "counted"},
	{Name: "Ada Wren", Email: "Ada@wren.example", Writer: roster.Claimed},
	{Name: "Known Person", Email: "known@example.org", Writer: roster.Claimed},
	{Name: "Away", Email: "away@example.org", Writer: roster.Claimed, Fault: fault.New(fault.Invalid, "reply.automatic")},
	{Name: "", Email: "nameless@example.org", Writer: roster.Claimed},
	{Name: "Реасе Office", Email: "peace@example.org", Writer: roster.Sender},
	{Name: "Реасе Office", Email: "paece@example.org", Writer: roster.Claimed},
}

// A mail that came from its address is a confirmed signature; of any other its sender is asked, and nothing is counted before
// they have confirmed by a code that only the owner of the mailbox has.
func TestReplies_whatBecomesOfEach(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.Give("known@example.org", testkit.Named("Known Person"))
		p := d.planReplies(d.replies(someReplies...))
		want := []string{"1 person add", "2 person ask", "3 organisation ask", "4 both ask", "5 person duplicate of 1", "6 person duplicate", "7 person invalid reply.automatic",
			"8 person invalid name.empty", "9 person hold look_alike", "10 person ask same name as 9"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n, waits := d.Signatures(), d.Count(qCountPending); n != 1 || waits != 1 {
			t.Errorf("a plan wrote: %d signatures, %d submissions", n, waits)
		}
		b := d.Apply(p)
		if b.State != intake.BatchApplied || b.Added != 2 || p.Asked != 4 || d.Jobs("mail.reply") != 4 {
			t.Fatalf("%+v, %d asked", b, p.Asked)
		}
		if c := d.Counts(); c.Persons != 2 || c.Organisations != 0 || c.Imported != 1 {
			t.Errorf("before anybody has confirmed: %+v", c)
		}
		ids := d.waiting()[1:]
		for i, want := range []signing.Envelope{{Language: "fa", Address: "mina@river.example", Listing: roll.Public}, {Language: "en", Address: "bo@hill.example", Listing: roll.Public},
			{Language: "en", Address: "cid@ash.example", Listing: roll.Counted}} {
			e, send, err := d.Signing.Envelope(ctx, ids[i])
			want.Letter, want.Token, want.Edition = d.Letter.ID, e.Token, 1
			if e != want || !send || err != nil {
				t.Errorf("%+v, want %+v, %v", e, want, err)
			}
		}
		if r, err := d.confirmByMail(ids[0], signing.Shown{Name: "Mina F.", Listing: roll.Coalition}); err != nil || r.Name != "Mina F." || r.Listing != roll.Coalition {
			t.Errorf("%+v, %v", r, err)
		}
		if r, err := d.confirmByMail(ids[2], signing.Shown{}); err != nil || r.Kind != signing.Both {
			t.Errorf("%+v, %v", r, err)
		}
		if c := d.Counts(); c.Persons != 4 || c.Organisations != 1 || c.Imported != 1 || c.Withheld != 3 {
			t.Errorf("after two have confirmed: %+v", c)
		}
		if found := d.Problems(); len(found) > 0 {
			t.Errorf("problems %q", found)
		}

		// The same mails again, with others that came since, ask nobody twice.
		again := d.planReplies(d.replies(someReplies...))
		want = []string{"1 person duplicate", "2 person duplicate", "3 organisation duplicate asked", "4 both duplicate asked", "5 person duplicate of 1", "6 person duplicate",
			"7 person invalid reply.automatic", "8 person invalid name.empty", "9 person duplicate", "10 person duplicate asked same name as 9"}
		if diff := cmp.Diff(want, outcomes(again)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		d.Clock.Advance(8 * 24 * time.Hour)
		if err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		if later := d.planReplies(d.replies(someReplies...)); later.Count(intake.Ask) != 3 { // Cid asked to sign as both: perhaps something has changed
			t.Errorf("after a week: %q", outcomes(later))
		}
	})
}

// Undone, who was added has withdrawn, who was asked is not asked any more, and who has confirmed stays.
func TestReplies_undone(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		b := d.Apply(d.planReplies(d.replies(someReplies...)))
		ids := d.waiting()
		if _, err := d.confirmByMail(ids[0], signing.Shown{}); err != nil {
			t.Fatal(err)
		}
		before := d.Counts()
		undone, kept, err := d.Intake.Undo(ctx, d.Letter.ID, b.ID, nil)
		if undone != 6 || kept != 1 || err != nil { // Ada, the look-alike and four who were asked; Mina has confirmed
			t.Errorf("%d undone, %d kept, %v", undone, kept, err)
		}
		if c := d.Counts(); c.Persons != before.Persons-1 || c.Persons != 1 {
			t.Errorf("%+v, before %+v", c, before)
		}
		for _, id := range ids[1:] {
			if _, send, err := d.Signing.Envelope(ctx, id); send || err != nil {
				t.Errorf("somebody is still asked: %v", err)
			}
		}
		if undone, kept, err := d.Intake.Undo(ctx, d.Letter.ID, b.ID, nil); undone != 0 || err != nil {
			t.Errorf("a second time: %d undone, %d kept, %v", undone, kept, err)
		}
	})
}

// Nobody's mailbox is filled by mails in their name, whatever the letters.
func TestReplies_mailsAreLimited(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		asked := 0
		for i := range 7 {
			d.Letter = d.Open(fmt.Sprintf("letter-%d", i))
			p := d.planReplies(d.replies(someReplies[1]))
			if b := d.Apply(p); b.Added != 0 || b.State != intake.BatchApplied {
				t.Errorf("%+v", b)
			}
			asked += p.Asked
		}
		if asked != 5 || d.Jobs("mail.reply") != 5 || d.Count(qCountPending) != 5 {
			t.Errorf("%d mails on one day", asked)
		}
	})
}

// Who wrote before there was the text of today has not signed it, whoever vouches for the mail.
func TestReplies_ofAnEarlierText(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		mails := func() *roster.Roster {
			early, late := someReplies[0], someReplies[8]
			early.Sent, late.Sent = d.Letter.OpenedAt.Add(-time.Second), d.Letter.OpenedAt.Add(time.Hour)
			return d.replies(early, late)
		}
		d.Clock.Advance(2 * time.Hour)
		for _, c := range []struct {
			follows letter.Follows
			want    []string
		}{{"", []string{"1 person ask", "2 person hold look_alike"}}, {letter.FollowsCosmetic, []string{"1 person ask", "2 person hold look_alike"}},
			{letter.FollowsSubstantive, []string{"1 person ask", "2 person ask"}}, {letter.FollowsCosmetic, []string{"1 person ask", "2 person ask"}}} {
			if c.follows != "" {
				d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Publish: true, Follows: c.follows, Text: testkit.Text("The bridge is unsafe. " + d.Clock.Now().String())})
				d.Clock.Advance(time.Minute)
			}
			p := d.planReplies(mails())
			if diff := cmp.Diff(c.want, outcomes(p)); diff != "" {
				t.Errorf("after an edition that follows as %q (-want +got):\n%s", c.follows, diff)
			}
			if notes := p.Lines[0].Notes; !slices.Equal(notes, []roster.Note{roster.NoteEarlier}) {
				t.Errorf("notes %q", notes)
			}
		}
	})
}

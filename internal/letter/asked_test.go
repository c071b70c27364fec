package letter_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
)

// What is known of a demand stays with it through editions that number and word it anew; where words changed, an editor says so.
func TestDemands_liveAcrossEditions(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		ada := enrol(t, account.New(d.DB, d.Keys), "ada@harbour.example").User.ID
		edition := func(follows letter.Follows, body string) letter.Letter {
			t.Helper()
			text := *english("")
			text.Format, text.Body = letter.Format, body
			text.Addressees = []letter.Addressee{{Name: "Mara Lindqvist"}, {Office: "Harbour Board"}}
			return d.write(letter.Import{Text: text, Follows: follows, Publish: true, Settings: letter.Settings{Leads: []string{"harbour"}}})
		}
		asked := func(l letter.Letter) ([]letter.Asked, []letter.Former) {
			t.Helper()
			list, dropped, err := d.Demands.Of(ctx, l)
			if err != nil {
				t.Fatal(err)
			}
			return list, dropped
		}
		l := edition(letter.FollowsNone, "1) Open the gate of the harbour by noon.\n2) Pay the keeper.\n3) Answer us.")
		fact := func(number string, f letter.Fact, want string) {
			t.Helper()
			err := d.Demands.AddFact(ctx, l.Slug, number, f, ada)
			var got []string
			for _, x := range fault.All(err) {
				got = append(got, x.Key)
			}
			if strings.Join(got, " ") != want || want == "" && err != nil {
				t.Errorf("%s %+v: %v, want %q", number, f, err, want)
			}
		}
		fact("1", letter.Fact{Kind: letter.FactBefore, Value: "noon", Quote: "by noon"}, "")
		fact("1", letter.Fact{Kind: letter.FactAsked, Value: "2"}, "")
		fact("2", letter.Fact{Kind: letter.FactDue, Value: "۲۰۳۰-۰۶-۳۰"}, "")
		fact("2", letter.Fact{Kind: letter.FactWithin, Value: "10"}, "")
		fact("3", letter.Fact{Kind: letter.FactUrgent}, "")
		fact("3", letter.Fact{Kind: letter.FactUrgent}, "demand.fact_twice")
		fact("9", letter.Fact{Kind: letter.FactUrgent}, "demand.unknown")
		fact("3", letter.Fact{Kind: letter.FactDue, Value: "2030-02-30"}, "demand.due")
		fact("3", letter.Fact{Kind: letter.FactWithin, Value: "0"}, "demand.within")
		fact("3", letter.Fact{Kind: letter.FactAsked, Value: "3"}, "demand.asked")
		fact("3", letter.Fact{Kind: letter.FactActor}, "demand.words")
		fact("3", letter.Fact{Kind: letter.FactActor, Value: "them", Quote: "by noon"}, "demand.quote")
		fact("3", letter.Fact{Kind: letter.FactActor, Value: "them", Quote: "..."}, "demand.quote")
		fact("3", letter.Fact{Kind: letter.FactActor, Value: "them", Quote: "Answ"}, "demand.quote")
		fact("3", letter.Fact{Kind: letter.FactDue, Value: "۱۴۰۵-۰۳-۰۹"}, "demand.due")
		fact("3", letter.Fact{Kind: "whim", Value: "x"}, "demand.kind")
		list, _ := asked(l)
		if f := list[0].Facts; len(f) != 2 || f[0].Kind != letter.FactAsked || f[0].SetBy.Slug != "harbour" || f[1].Quote != "by noon" || f[1].SetBy.Slug != "" {
			t.Errorf("of the first: %+v", f)
		}
		if f := list[1].Facts; len(f) != 2 || f[0].Value != "2030-06-30" || f[1].Value != "P10D" {
			t.Errorf("of the second: %+v", f)
		}

		// Another order and other words; one is gone, one is new.
		l = edition(letter.FollowsSubstantive, "1) Pay the keeper.\n2) Open the gate of the harbour by dusk.\n3) Sweep the street.")
		list, dropped := asked(l)
		var said strings.Builder
		for _, a := range list {
			said.WriteString(a.Number + ":" + a.From.Number + ":" + strconv.FormatBool(a.Sure) + ":" + strconv.Itoa(len(a.Facts)) + " ")
		}
		if said.String() != "1:2:true:2 2:1:false:2 3:3:false:1 " || len(dropped) != 0 {
			t.Fatalf("in edition 2: %s, dropped %+v", said.String(), dropped)
		}
		if f := list[1].Facts; !f[1].Lapsed || f[0].Lapsed { // "by noon" is not said any more; the board is still asked
			t.Errorf("what the words no longer say: %+v", f)
		}
		first := list[1].From.ID
		if err := d.Demands.Continue(ctx, l.Slug, "3", first, ada); err != nil { // which the second was only thought to continue
			t.Error(err)
		}
		if list, dropped = asked(l); list[2].From.ID != first || list[1].From.ID != 0 || list[1].Sure || len(dropped) != 1 || dropped[0].Text != "Answer us." {
			t.Errorf("after the third is the first of before: %+v, dropped %+v", list, dropped)
		}
		if err := d.Demands.Continue(ctx, l.Slug, "3", 0, ada); err != nil {
			t.Error(err)
		}
		for number, former := range map[string]int64{"2": first, "3": 0} {
			if err := d.Demands.Continue(ctx, l.Slug, number, former, ada); err != nil {
				t.Error(err)
			}
		}
		if err := d.Demands.Continue(ctx, l.Slug, "3", list[0].From.ID, ada); !fault.Is(err, fault.Conflict) {
			t.Errorf("a demand that another continues: %v", err)
		}
		list, _ = asked(l)
		if slices.ContainsFunc(list, func(a letter.Asked) bool { return !a.Sure }) || list[2].From.ID != 0 {
			t.Errorf("after an editor has said it: %+v", list)
		}
		if err := d.Demands.Continue(ctx, l.Slug, "3", dropped[0].ID, ada); err != nil {
			t.Error(err)
		}
		if list, dropped = asked(l); len(list[2].Facts) != 1 || len(dropped) != 0 {
			t.Errorf("after it is the third of before: %+v, %+v", list[2], dropped)
		}
		if err := d.Demands.RemoveFact(ctx, l.Slug, list[2].Facts[0].ID, ada); err != nil {
			t.Error(err)
		}
		if list, _ = asked(l); len(list[2].Facts) != 0 {
			t.Errorf("after it is taken back: %+v", list[2])
		}
	})
}

// Two demands of one number cannot be published, nor words that no page shows be saved.
func TestPublish_refusesWhatIsNotOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		text := *english("")
		text.Format, text.Body = letter.Format, "1) Open it.\n\nAnd:\n\n1) Pay."
		if _, _, err := d.Import(t.Context(), letter.Import{Slug: slug, Text: text, Publish: true}); !fault.Is(err, fault.Invalid) {
			t.Errorf("two demands of one number: %v", err)
		}
		text.Body = "One.\n\n<!-- We give up. -->"
		_, _, err := d.Import(t.Context(), letter.Import{Slug: slug, Text: text})
		if faults := fault.All(err); len(faults) != 1 || faults[0].Key != "text_hidden" || faults[0].Field != "body" {
			t.Errorf("hidden words: %v", err)
		}
	})
}

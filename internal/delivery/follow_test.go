package delivery_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/testkit"
)

// refused checks that something is refused with the one key.
func refused(t *testing.T, what string, err error, key string) {
	t.Helper()
	if all := fault.All(err); len(all) != 1 || all[0].Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

// A letter that is handed over before it is published is answered and followed, and nobody hears of it: no view, no address and no leaf.
// Its text stays as it was handed over. Published by itself it has all of that in the log.
func TestDeliver_aLetterThatIsNotPublished(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx, quiet := t.Context(), o.letter.Edition.Text("en")
		quiet.Title, quiet.Addressees = "The quiet quay", []letter.Addressee{{Office: "Special Rapporteur on harbours"}}
		l := o.Write(letter.Import{Slug: "quiet", Text: quiet, Settings: letter.Settings{SignOn: new(letter.SignOnNone)}})
		size := func() int64 {
			t.Helper()
			o.Publish()
			state, err := o.Log.State(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return state.Published.Size
		}
		before := size()
		hand := delivery.HandOver{Addressee: 1, Channel: delivery.ByPortal, Early: true, Files: []delivery.File{{Role: delivery.Pack, Content: []byte("the letter")}}}
		if _, err := o.Deliveries.Deliver(ctx, "quiet", hand, 0); err != nil {
			t.Fatal(err)
		}
		_, err := o.Deliveries.Deliver(ctx, "quiet", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost}, 0)
		refused(t, "handed over unawares", err, "delivery.draft")
		changed := quiet
		changed.Body = strings.Replace(quiet.Body, "shut", "closed", 1)
		_, err = o.Letters.SaveText(ctx, "quiet", changed, letter.FollowsNone, l.Edition.Text("en").Revision(), 0)
		refused(t, "another text", err, "letter.fixed")
		french := changed
		french.Language, french.Translator = "fr", "Ada Wren"
		if _, err := o.Letters.SaveText(ctx, "quiet", french, letter.FollowsNone, "", 0); err != nil {
			t.Errorf("a translation: %v", err)
		}
		r, err := o.Deliveries.Receive(ctx, "quiet", delivery.Came{Addressee: 1, Kind: delivery.Answered, At: o.DB.Now(), Publish: true,
			Said: map[string]delivery.Said{"1": delivery.Promised}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := size(); n != before {
			t.Errorf("the log grew by %d", n-before)
		}
		named := func(want int) {
			t.Helper()
			if letters, err := o.Deliveries.LettersTo(ctx, "special-rapporteur-on-harbours"); err != nil || len(letters) != want {
				t.Errorf("their page names %q, %v", letters, err)
			}
		}
		named(0)

		at := o.DB.Now().Add(48 * time.Hour)
		_, err = o.Letters.SetSettings(ctx, "quiet", letter.Settings{PublishAt: new(o.DB.Now().Add(-time.Hour))}, 0)
		refused(t, "published in the past", err, "letter.publish_at")
		o.Set("quiet", letter.Settings{PublishAt: &at})
		o.Clock.Advance(47 * time.Hour)
		if l, err := o.Letters.Find(ctx, "quiet"); err != nil || l.State != letter.Draft {
			t.Fatalf("%s before its time, %v", l.State, err)
		}
		o.Clock.Advance(2 * time.Hour)
		o.Work("letter.opening")
		o.Work("letter.opened")
		l, err = o.Letters.Find(ctx, "quiet")
		if err != nil || l.State != letter.Closed || l.Edition.SHA256 != letter.Hash(quiet.Canonical()) {
			t.Fatalf("%s %+v, %v", l.State, l.Edition.SHA256, err)
		}
		st, err := o.Deliveries.Standing(ctx, l, delivery.ForPublic)
		if err != nil || len(st.Deliveries) != 1 || !st.Deliveries[0].Logged || len(st.Responses) != 1 || st.Responses[0].ID != r.ID ||
			st.Demands[0].Cells[0].Status != delivery.StatusPromised {
			t.Errorf("%+v, %v", st, err)
		}
		named(1)                        // control
		if n := size(); n != before+2 { // the edition and the delivery
			t.Errorf("the log grew by %d", n-before)
		}
		if problems := o.Problems(); len(problems) > 0 {
			t.Errorf("the log: %q", problems)
		}
	})
}

// A letter whose instant was changed is not published at the first one.
func TestOpening_onlyAtTheLastInstant(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.Write(letter.Import{Slug: "later", Text: letter.Text{Format: letter.Format, Language: "en", Title: "Later", Body: "Not yet."}})
		d.Set("later", letter.Settings{PublishAt: new(d.DB.Now().Add(time.Hour))})
		d.Set("later", letter.Settings{PublishAt: &time.Time{}})
		d.Clock.Advance(2 * time.Hour)
		d.Work("letter.opening")
		if l, err := d.Letters.Find(t.Context(), "later"); err != nil || l.State != letter.Draft || l.Fixed() {
			t.Errorf("%s, fixed %v, %v", l.State, l.Fixed(), err)
		}
	})
}

// What is known of an addressee who takes a letter up in confidence tells nobody that they got it.
func TestDeliver_inConfidence(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		set := func(c delivery.Communication) {
			t.Helper()
			if _, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 2, Communication: &c}, 0); err != nil {
				t.Fatal(err)
			}
		}
		embargoed := o.deliver(delivery.HandOver{Addressee: 2, Channel: delivery.ByPost, Embargo: o.DB.Now().Add(time.Hour)})
		set(delivery.Communication{}) // nothing is known of it yet
		set(delivery.Communication{Type: "AL", Reference: "XYZ 3/2030", Sent: "2030-05-01"})
		o.Clock.Advance(2 * time.Hour)
		o.Work("delivery.lift")
		d := o.deliver(delivery.HandOver{Addressee: 2, Channel: delivery.ByPortal})
		r := o.receive(delivery.Came{Addressee: 2, Kind: delivery.Acknowledgement, At: o.DB.Now()})
		refused(t, "a delivery", o.Deliveries.Publish(ctx, "quay", d.ID, 0), "delivery.confidential")
		refused(t, "an answer", o.Deliveries.PublishResponse(ctx, "quay", r.ID), "delivery.confidential")
		_, err := o.Deliveries.Receive(ctx, "quay", delivery.Came{Addressee: 2, Kind: delivery.Answered, At: o.DB.Now(), Publish: true}, 0)
		refused(t, "an answer that is published at once", err, "delivery.confidential")
		_, err = o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 2, Reason: new("because")}, 0)
		if err != nil {
			t.Fatal(err)
		}
		o.note(delivery.Known{Demand: "1", Addressee: 2, Said: delivery.Promised, Evidence: "https://press.example/", On: o.DB.Now()}, "")
		st := o.standing(delivery.ForPublic)
		if a := st.Addressees[1]; len(st.Deliveries)+len(st.Responses) > 0 || a.Communication != nil || a.Reason != "" || strings.Contains(o.cells(delivery.ForPublic), "promised") {
			t.Errorf("the public sees %+v, %s", st, o.cells(delivery.ForPublic))
		}
		set(delivery.Communication{Type: "AL", Reference: "XYZ 3/2030", Sent: "2030-05-01", Published: "2030-08-01", Open: true})
		if st := o.standing(delivery.ForPublic); len(st.Deliveries) != 1 || st.Deliveries[0].ID != embargoed.ID || !st.Deliveries[0].Logged {
			t.Errorf("what was under embargo: %+v", st.Deliveries)
		}
		_, err = o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 2, Communication: &delivery.Communication{}}, 0)
		refused(t, "what is in the log", err, "delivery.known")
		if err := o.Deliveries.Publish(ctx, "quay", d.ID, 0); err != nil {
			t.Fatal(err)
		}
		if st := o.standing(delivery.ForPublic); len(st.Deliveries) != 2 || st.Addressees[1].Communication.Published != "2030-08-01" {
			t.Errorf("the public sees %+v", st)
		}
	})
}

// An entry that was wrong stays, and counts no more.
func TestDeliver_corrects(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		now := o.DB.Now()
		wrong := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: now.AddDate(0, 0, -40)})
		if got := o.cells(delivery.ForPublic); !strings.HasPrefix(got, "1/1 unanswered") {
			t.Error(got)
		}
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByHand, At: now.AddDate(0, 0, -4), Corrects: wrong.ID})
		st := o.standing(delivery.ForPublic)
		if got := o.cells(delivery.ForPublic); !strings.HasPrefix(got, "1/1 waiting") || len(st.Deliveries) != 2 || !st.Deliveries[0].Corrected {
			t.Errorf("%s, %+v", got, st.Deliveries)
		}
		_, err := o.Deliveries.Deliver(t.Context(), "quay", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Corrects: wrong.ID}, 0)
		refused(t, "twice", err, "delivery.corrects")
		_, err = o.Deliveries.Deliver(t.Context(), "quay", delivery.HandOver{Addressee: 2, Channel: delivery.ByPost, Corrects: st.Deliveries[1].ID}, 0)
		refused(t, "for somebody else", err, "delivery.corrects")
		private := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPortal, Corrects: st.Deliveries[1].ID, Private: true})
		if now := o.standing(delivery.ForPublic); len(now.Deliveries) != 2 || now.Deliveries[1].Corrected { // nobody hears of a private correction
			t.Errorf("%+v", now.Deliveries)
		}
		if err := o.Deliveries.Retract(t.Context(), "quay", private.ID, 0); err != nil {
			t.Fatal(err)
		}
		if all := o.standing(delivery.ForEditors).Deliveries; len(all) != 3 || !all[2].Corrected {
			t.Errorf("%+v", all)
		}
	})
}

// A reminder carries what they got first; once that is gone, the letter as it is now.
func TestDeliver_aReminderCarriesTheFirst(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		if _, err := o.Deliveries.PutAddressee(t.Context(), "quay", delivery.AddresseeChange{Number: 1, Email: new("office@water.example")}, 0); err != nil {
			t.Fatal(err)
		}
		first := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Files: []delivery.File{{Role: delivery.Pack, Name: "scan.pdf", Content: []byte("%PDF-1.4 scan")}}})
		again := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail, Kind: delivery.Reminder})
		if again.Commitment() != first.Commitment() || again.Files[0].Name != "scan.pdf" {
			t.Errorf("it carries %+v", again.Files)
		}
		other := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail, Kind: delivery.FollowUp})
		if other.Commitment() == first.Commitment() { // control: something else carries the letter anew
			t.Error("a new ask carries the first")
		}
	})
}

// Who holds an office can change. Editors are asked whether they know of the letter; in the text they are the same once an editor says so.
func TestAddressees_anOfficeOutlastsItsHolder(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx, now := t.Context(), o.DB.Now()
		if err := o.Letters.Demands.AddFact(ctx, "quay", "2", letter.Fact{Kind: letter.FactAsked, Value: "1"}, 0); err != nil {
			t.Fatal(err)
		}
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: now.AddDate(0, 0, -20)})
		for from, want := range map[time.Time]bool{now.AddDate(0, 0, -5): true, now.AddDate(0, 0, -30): false} {
			if _, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 1, Holders: []delivery.Holder{
				{Name: "Una Dahl", Until: "2019-05-01"}, {Name: "Ugo Lind", From: from.Format(time.DateOnly)}}}, 0); err != nil {
				t.Fatal(err)
			}
			st := o.standing(delivery.ForEditors)
			if h, changed := st.NewHolder(st.Addressees[0]); changed != want || want && h.Name != "Ugo Lind" {
				t.Errorf("since %s: %+v, %v", from, h, changed)
			}
		}
		text := o.letter.Edition.Text("en")
		text.Addressees = []letter.Addressee{{Name: "Ugo Lind", Office: "Minister for Water"}, text.Addressees[1]}
		o.Write(letter.Import{Slug: "quay", Text: text, Follows: letter.FollowsCosmetic, Publish: true})
		before := o.standing(delivery.ForPublic)
		if a := before.Addressees[len(before.Addressees)-1]; a.Name != "Ugo Lind" || !strings.Contains(o.cells(delivery.ForPublic), "1/3 not_delivered") {
			t.Fatalf("another person of the same office inherits: %+v, %s", before.Addressees, o.cells(delivery.ForPublic))
		}
		_, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 2, Is: 3}, 0)
		refused(t, "one who is in the text", err, "addressee.is")
		if _, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 1, Is: 3}, 0); err != nil {
			t.Fatal(err)
		}
		st := o.standing(delivery.ForPublic)
		a := st.Addressees[0]
		if len(st.Addressees) != 2 || a.Name != "Ugo Lind" || a.Place != 1 || a.Holders[len(a.Holders)-1].Name != "Tessa Varn" {
			t.Errorf("%+v", st.Addressees)
		}
		if got := o.cells(delivery.ForPublic); got != "1/1 unanswered, 1/2 not_delivered, 2/1 unanswered, 3/2 not_delivered" {
			t.Error(got)
		}
	})
}

// What stands beside a letter: days, what others have asked, how many members of a group have answered, and the letter before.
func TestStanding_beside(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx, now := t.Context(), o.DB.Now()
		for _, x := range []struct {
			want string
			do   func(ctx context.Context) error
		}{
			{"earlier.who", func(ctx context.Context) error {
				return o.Deliveries.AddEarlier(ctx, "quay", "1", delivery.EarlierCall{Kind: delivery.CalledFor, Source: "https://a.example/"}, 0)
			}},
			{"earlier.source", func(ctx context.Context) error {
				return o.Deliveries.AddEarlier(ctx, "quay", "1", delivery.EarlierCall{Kind: delivery.CalledFor, Who: "A", Source: "javascript:alert(1)"}, 0)
			}},
			{"earlier.day", func(ctx context.Context) error {
				return o.Deliveries.AddEarlier(ctx, "quay", "1", delivery.EarlierCall{Kind: delivery.Precedent, Who: "A", Sent: "2030-13", Source: "https://a.example/"}, 0)
			}},
			{"earlier.kind", func(ctx context.Context) error {
				return o.Deliveries.AddEarlier(ctx, "quay", "1", delivery.EarlierCall{Kind: "rumour", Who: "A", Source: "https://a.example/"}, 0)
			}},
			{"demand.unknown", func(ctx context.Context) error {
				return o.Deliveries.AddEarlier(ctx, "quay", "9", delivery.EarlierCall{Kind: delivery.CalledFor, Who: "A", Source: "https://a.example/"}, 0)
			}},
			{"date.label", func(ctx context.Context) error {
				return o.Deliveries.AddDate(ctx, "quay", delivery.KeyDate{Day: now}, 0)
			}},
			{"day.unreadable", func(ctx context.Context) error {
				return o.Deliveries.AddDate(ctx, "quay", delivery.KeyDate{Label: "x"}, 0)
			}},
		} {
			refused(t, x.want, x.do(ctx), x.want)
		}
		for _, sent := range []string{"2029-11", "2028", ""} {
			if err := o.Deliveries.AddEarlier(ctx, "quay", "1", delivery.EarlierCall{Kind: delivery.CalledFor, Who: "Pilots’ Guild " + sent, Sent: sent,
				Source: "https://guild.example/"}, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Deliveries.AddDate(ctx, "quay", delivery.KeyDate{Day: now.AddDate(-3, 0, 5), Label: "The quay was shut", Yearly: true}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 2, Members: new(9)}, 0); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{"Ida Holm", "IDA  HOLM", "Per Skau", ""} {
			o.receive(delivery.Came{Addressee: 2, Kind: delivery.Answered, At: now, From: from})
		}
		o.receive(delivery.Came{Addressee: 2, Kind: delivery.OutOfOffice, At: now, From: "Knut Lie"})
		st := o.standing(delivery.ForEditors)
		if e := st.Demands[0].Earlier; len(e) != 3 || e[0].Sent != "2028" || e[1].Sent != "2029-11" || len(st.Demands[1].Earlier) > 0 {
			t.Errorf("%+v", e)
		}
		if n := st.MembersAnswered(2); n != 2 {
			t.Errorf("%d members have answered", n)
		}
		if next := st.Dates[0].Next(now).Format(time.DateOnly); next != now.AddDate(0, 0, 5).Format(time.DateOnly) {
			t.Errorf("it comes again on %s", next)
		}
		if err := o.Deliveries.RemoveDate(ctx, "quay", st.Dates[0].ID, 0); err != nil {
			t.Error(err)
		}
		refused(t, "a day that is gone", o.Deliveries.RemoveDate(ctx, "quay", st.Dates[0].ID, 0), "page.unknown")
		if err := o.Deliveries.RemoveEarlier(ctx, "quay", st.Demands[0].Earlier[0].ID, 0); err != nil {
			t.Error(err)
		}

		_, err := o.Letters.SetSettings(ctx, "quay", letter.Settings{Continues: new("quay")}, 0)
		refused(t, "itself", err, "letter.continues")
		text := o.letter.Edition.Text("en")
		text.Title = "The quay again"
		leads := letter.Settings{Leads: []string{"pilots"}}
		o.Write(letter.Import{Slug: "again", Text: text, Settings: letter.Settings{Continues: new("quay")},
			Organisations: []account.Organisation{{Slug: "pilots", Names: map[string]string{"en": "Pilots’ Guild"}}}})
		o.Set("quay", leads)
		if list, err := o.Letters.Continuing(ctx, o.letter.ID); err != nil || len(list) > 0 { // nobody hears of a draft
			t.Errorf("%d go on with it, %v", len(list), err)
		}
		o.PublishText("again")
		if list, err := o.Letters.Continuing(ctx, o.letter.ID); err != nil || len(list) > 0 { // of somebody else
			t.Errorf("%d go on with it, %v", len(list), err)
		}
		_, err = o.Letters.SetSettings(ctx, "quay", letter.Settings{Continues: new("again")}, 0)
		refused(t, "in a circle", err, "letter.continues")
		o.Set("again", leads)
		if list, err := o.Letters.Continuing(ctx, o.letter.ID); err != nil || len(list) != 1 || list[0].Slug != "again" {
			t.Errorf("%d go on with it, %v", len(list), err)
		}
	})
}

// The words of a PDF are proposed for the excerpt; what is none proposes nothing.
func TestWords_ofFiles(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		pdf, err := o.Documents.Write(t.Context(), document.PDF, func() (*document.Document, error) {
			return o.Documents.Make(t.Context(), document.Wanted{Slug: "quay", Audience: roll.ForPublic})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			name    string
			content []byte
			want    string
		}{
			{"a.pdf", pdf, "Pay the keeper."},
			{"a.txt", []byte("We have opened the quay."), "We have opened the quay."},
			{"b.pdf", []byte("%PDF-1.7\n" + strings.Repeat("1 0 obj << /Kids [1 0 R] >> ", 1000)), ""},
			{"c.pdf", pdf[:len(pdf)/3], ""},
			{"d.png", []byte("\x89PNG\r\n\x1a\nrest"), ""},
		} {
			f := delivery.File{Name: x.name, Type: strings.TrimSuffix(http.DetectContentType(x.content), "; charset=utf-8"), Content: x.content}
			if got := f.Words(t.Context()); x.want == "" && got != "" || !strings.Contains(got, x.want) {
				t.Errorf("%s: %q, want %q", x.name, got, x.want)
			}
		}
	})
}

// One reply can answer for several, and an answer of somebody else is still nobody's deed.
func TestReceive_forSeveral(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		now := o.DB.Now()
		for n := 1; n <= 2; n++ {
			o.deliver(delivery.HandOver{Addressee: n, Channel: delivery.ByPost, At: now.AddDate(0, 0, -3)})
		}
		_, err := o.Deliveries.Receive(t.Context(), "quay", delivery.Came{Addressee: 1, Also: []int{7}, Kind: delivery.Answered, At: now}, 0)
		refused(t, "for nobody", err, "addressee.unknown")
		o.receive(delivery.Came{Addressee: 2, Also: []int{1, 2}, Kind: delivery.Answered, At: now, Publish: true,
			Said: map[string]delivery.Said{"1": delivery.Promised, "3": delivery.Refused}})
		want := "1/1 promised, 1/2 promised, 2/1 acknowledged, 2/2 acknowledged, 3/2 refused"
		if got := o.cells(delivery.ForPublic); got != want || o.standing(delivery.ForPublic).Tally().Answered != 2 {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "https://letters.example/fa/letters/other/responses/abc", On: now}, "cell.own_word")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "https://press.example/letters/responses", On: now}, "")
	})
}

// What one member of a group says, the group has not said; what is neither an ask nor a reminder of one begins no clock.
func TestStanding_membersAndKinds(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		now := o.DB.Now()
		if _, err := o.Deliveries.PutAddressee(t.Context(), "quay", delivery.AddresseeChange{Number: 2, Members: new(2), Rule: &delivery.Rule{Days: 10, Source: "Rule 4"}}, 0); err != nil {
			t.Fatal(err)
		}
		o.deliver(delivery.HandOver{Addressee: 2, Channel: delivery.ByPost, At: now.AddDate(0, 0, -20)})
		o.deliver(delivery.HandOver{Addressee: 1, Kind: delivery.Reply, Channel: delivery.ByPost, At: now.AddDate(0, 0, -20)})
		for _, from := range []string{"Ida Holm", "Per Skau", "Knut Lie"} {
			o.receive(delivery.Came{Addressee: 2, Kind: delivery.Answered, At: now, From: from, Said: map[string]delivery.Said{"1": delivery.Refused}})
		}
		want := "1/1 not_delivered, 1/2 late, 2/1 not_delivered, 2/2 late, 3/2 late"
		if got := o.cells(delivery.ForEditors); got != want || o.standing(delivery.ForEditors).MembersAnswered(2) != 2 {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		o.receive(delivery.Came{Addressee: 2, Kind: delivery.Answered, At: now, Said: map[string]delivery.Said{"1": delivery.Promised}}) // control: the board itself
		if got := o.cells(delivery.ForEditors); !strings.Contains(got, "1/2 promised, 2/1 not_delivered, 2/2 acknowledged") {
			t.Error(got)
		}
	})
}

// Of two who change the same, the second is told.
func TestEditors_atOnce(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx, a := t.Context(), o.standing(delivery.ForEditors).Addressees[0]
		for i, want := range []string{"", "addressee.changed"} {
			_, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 1, Base: new(a.Revision()), Members: new(i + 3)}, 0)
			if want == "" && err != nil {
				t.Error(err)
			} else if want != "" {
				refused(t, "an addressee", err, want)
			}
		}
		r := o.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: o.DB.Now(), Excerpt: "Ada is free."})
		if err := o.Deliveries.Edit(ctx, "quay", r.ID, r.Sum(), "She is free.", "en", nil, 0); err != nil {
			t.Error(err)
		}
		refused(t, "a response", o.Deliveries.Edit(ctx, "quay", r.ID, r.Sum(), "Ada is free!", "en", nil, 0), "response.changed")
	})
}

// The document of a letter that is handed over early says so, and nothing that is not so yet.
func TestDeliver_anEarlyDocument(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		text := o.letter.Edition.Text("en")
		text.Title = "The quiet quay"
		o.Write(letter.Import{Slug: "quiet", Text: text})
		if _, err := o.Deliveries.Deliver(t.Context(), "quiet", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Early: true}, 0); err != nil {
			t.Fatal(err)
		}
		for early, want := range map[bool]string{true: "not published yet", false: ""} {
			data, err := o.Documents.Write(t.Context(), document.PDF, func() (*document.Document, error) {
				return o.Documents.Make(t.Context(), document.Wanted{Slug: "quiet", Audience: roll.ForPublic, Addressee: 2, BaseURL: "https://letters.example", Early: early})
			})
			if !early {
				refused(t, "a draft", err, "letter.draft")
				continue
			}
			said := strings.Join(strings.Fields(textOf(t, data)), " ")
			if err != nil || !strings.Contains(said, want) || strings.Contains(said, "letters.example") || strings.Contains(said, "How to check") || strings.Contains(said, "handed over") {
				t.Errorf("%v, %s", err, said)
			}
		}
	})
}

package delivery_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// office is a letter of two addressees and three demands, of which the third is asked of the second alone.
type office struct {
	*testkit.Desk
	letter letter.Letter
}

func offices(t *testing.T, body func(t *testing.T, o *office)) {
	t.Helper()
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		text := letter.Text{Format: letter.Format, Language: "en", Title: "The quay", Body: "The quay is shut.\n\n1) Open the quay.\n2) Pay the keeper.\n3) Answer us.",
			Addressees: []letter.Addressee{{Name: "Tessa Varn", Office: "Minister for Water"}, {Office: "Harbour Board"}}}
		o := &office{Desk: d, letter: d.Write(letter.Import{Slug: "quay", Text: text, Publish: true})}
		if err := d.Letters.Demands.AddFact(t.Context(), "quay", "3", letter.Fact{Kind: letter.FactAsked, Value: "2"}, 0); err != nil {
			t.Fatal(err)
		}
		body(t, o)
	})
}

func (o *office) standing(v delivery.View) delivery.Standing {
	o.T.Helper()
	l, err := o.Letters.Find(o.T.Context(), "quay")
	if err != nil {
		o.T.Fatal(err)
	}
	st, err := o.Deliveries.Standing(o.T.Context(), l, v)
	if err != nil {
		o.T.Fatal(err)
	}
	return st
}

// cells says where the demands stand: "1/1 waiting", demand and addressee.
func (o *office) cells(v delivery.View) string {
	var all []string
	for _, d := range o.standing(v).Demands {
		for _, c := range d.Cells {
			all = append(all, d.Number+"/"+string(rune('0'+c.Addressee))+" "+string(c.Status))
		}
	}
	return strings.Join(all, ", ")
}

func (o *office) deliver(h delivery.HandOver) delivery.Delivery {
	o.T.Helper()
	d, err := o.Deliveries.Deliver(o.T.Context(), "quay", h, 0)
	if err != nil {
		o.T.Fatal(err)
	}
	return d
}

func (o *office) receive(c delivery.Came) delivery.Response {
	o.T.Helper()
	r, err := o.Deliveries.Receive(o.T.Context(), "quay", c, 0)
	if err != nil {
		o.T.Fatal(err)
	}
	return r
}

func (o *office) note(k delivery.Known, want string) {
	o.T.Helper()
	var got []string
	err := o.Deliveries.Note(o.T.Context(), "quay", k, 0)
	for _, x := range fault.All(err) {
		got = append(got, x.Key)
	}
	if strings.Join(got, " ") != want || want == "" && err != nil {
		o.T.Errorf("%+v: %v, want %q", k, err, want)
	}
}

// A letter is handed over, answered, and its demands are followed through all that can come.
func TestStanding_throughALettersLife(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		now := o.DB.Now()
		expect := func(want string) {
			t.Helper()
			if got := o.cells(delivery.ForEditors); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		}
		expect("1/1 not_delivered, 1/2 not_delivered, 2/1 not_delivered, 2/2 not_delivered, 3/2 not_delivered")
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: now.AddDate(0, 0, -20), Tracking: "RR 1"})
		o.deliver(delivery.HandOver{Addressee: 2, Channel: delivery.ByHand, At: now.AddDate(0, 0, -3)})
		expect("1/1 unanswered, 1/2 waiting, 2/1 unanswered, 2/2 waiting, 3/2 waiting")
		o.receive(delivery.Came{Addressee: 1, Kind: delivery.OutOfOffice, At: now.AddDate(0, 0, -19)})
		expect("1/1 unanswered, 1/2 waiting, 2/1 unanswered, 2/2 waiting, 3/2 waiting")
		o.receive(delivery.Came{Addressee: 1, Kind: delivery.Acknowledgement, At: now.AddDate(0, 0, -18)})
		expect("1/1 acknowledged, 1/2 waiting, 2/1 acknowledged, 2/2 waiting, 3/2 waiting")
		forwarded := o.receive(delivery.Came{Addressee: 2, Kind: delivery.Forwarded, At: now.AddDate(0, 0, -2),
			Forwarded: &delivery.AddresseeChange{Name: new("Ola Brandt"), Office: new("Port Authority"), Reason: new("sent on by the board")}})
		if forwarded.Forwarded != 3 {
			t.Errorf("it was passed on to %d", forwarded.Forwarded)
		}
		expect("1/1 acknowledged, 1/2 acknowledged, 1/3 waiting, 2/1 acknowledged, 2/2 acknowledged, 2/3 waiting, 3/2 acknowledged")
		reply := o.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: now.AddDate(0, 0, -1), From: "Office of the Minister",
			File: &delivery.File{Name: "reply.txt", Content: []byte("We do it.")},
			Said: map[string]delivery.Said{"1": delivery.Promised, "2": delivery.Refused}})
		expect("1/1 promised, 1/2 acknowledged, 1/3 waiting, 2/1 refused, 2/2 acknowledged, 2/3 waiting, 3/2 acknowledged")

		word := delivery.Evidence("response:" + delivery.ID(reply.ID))
		x, err := o.Deliveries.AddExhibit(t.Context(), delivery.File{Name: `C:\photos\..\quay.png`, Content: []byte("\x89PNG\r\n\x1a\nrest")})
		if err != nil || x.Name != "quay.png" || x.Type != "image/png" {
			t.Fatalf("%+v, %v", x, err)
		}
		day := now.AddDate(0, 0, -1)
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: word, On: day}, "cell.own_word")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "https://letters.example/fa/letters/quay/responses/" +
			delivery.Evidence(delivery.ID(reply.ID)) + "/file", On: day}, "cell.own_word")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.PartlyMet, File: &delivery.File{Name: "a.txt", Content: []byte("We do it.")}, On: day}, "cell.own_word")
		if x, err := o.Deliveries.Exhibits(t.Context()); err != nil || len(x) != 1 {
			t.Errorf("an exhibit is left of what was refused: %v, %v", x, err)
		}
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "exhibit:" + delivery.Evidence(strings.Repeat("0", 64)), On: day}, "cell.evidence")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "", On: day}, "cell.evidence")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "javascript:alert(1)", On: day}, "cell.evidence")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "https://press.example/", On: now.AddDate(0, 0, 2)}, "day.future")
		o.note(delivery.Known{Demand: "3", Addressee: 1, Outcome: delivery.Met, Evidence: "https://press.example/", On: day}, "cell.not_asked")
		o.note(delivery.Known{Demand: "8", Addressee: 1, Outcome: delivery.Met, Evidence: "https://press.example/", On: day}, "demand.unknown")
		o.note(delivery.Known{Demand: "1", Addressee: 9, Outcome: delivery.Met, Evidence: "https://press.example/", On: day}, "addressee.unknown")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: "done", Evidence: "https://press.example/", On: day}, "cell.outcome")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "exhibit:" + delivery.Evidence(x.Hash), On: day}, "")
		expect("1/1 met, 1/2 acknowledged, 1/3 waiting, 2/1 refused, 2/2 acknowledged, 2/3 waiting, 3/2 acknowledged")
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Open, Evidence: "https://press.example/shut", On: now}, "")
		o.note(delivery.Known{Demand: "2", Addressee: 2, Outcome: delivery.Overtaken, Evidence: "https://press.example/dead", On: now}, "")
		o.note(delivery.Known{Demand: "2", Addressee: 2, Outcome: delivery.Met, Evidence: "https://press.example/dead", On: now}, "cell.overtaken")
		expect("1/1 promised, 1/2 acknowledged, 1/3 waiting, 2/1 refused, 2/2 overtaken, 2/3 waiting, 3/2 acknowledged")

		// What was wrong is corrected, and stays in the history.
		wrong := o.standing(delivery.ForEditors).Demands[1].Cells[1].History[0]
		o.note(delivery.Known{Demand: "2", Addressee: 2, Outcome: delivery.Open, Evidence: "https://press.example/alive", On: now, Corrects: wrong.ID}, "")
		expect("1/1 promised, 1/2 acknowledged, 1/3 waiting, 2/1 refused, 2/2 acknowledged, 2/3 waiting, 3/2 acknowledged")
		if n := len(o.standing(delivery.ForEditors).Demands[1].Cells[1].History); n != 2 {
			t.Errorf("%d entries", n)
		}

		// Nothing that came back is public yet, so to the public only the deliveries are.
		if got, want := o.cells(delivery.ForPublic), "1/1 unanswered, 1/2 waiting, 2/1 unanswered, 2/2 waiting, 3/2 waiting"; got != want {
			t.Errorf("the public sees %s", got)
		}
		if err := o.Deliveries.PublishResponse(t.Context(), "quay", reply.ID); err != nil {
			t.Fatal(err)
		}
		if got, want := o.cells(delivery.ForPublic), "1/1 promised, 1/2 waiting, 2/1 refused, 2/2 waiting, 3/2 waiting"; got != want {
			t.Errorf("the public sees %s", got)
		}
		if err := o.Deliveries.PublishResponse(t.Context(), "quay", forwarded.ID); err != nil { // control: now whom it was passed on to is named
			t.Fatal(err)
		}
		if st := o.standing(delivery.ForPublic); len(st.Addressees) != 3 || st.Tally() != (delivery.Tally{Demands: 3, Answered: 2, Asked: 2}) {
			t.Errorf("%+v, %+v", st.Addressees, st.Tally())
		}
		if err := o.Deliveries.TakeDown(t.Context(), "quay", reply.ID, 0); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time]bool{now.Add(-time.Second): true, now.AddDate(0, 0, 1): false} {
			if taken, err := o.Deliveries.TakenDownSince(t.Context(), o.letter.ID, at); err != nil || taken != want {
				t.Errorf("taken down since %s: %v, %v", at, taken, err)
			}
		}
		public := o.standing(delivery.ForPublic).Responses
		public = slices.DeleteFunc(public, func(r delivery.Response) bool { return r.ID == forwarded.ID })
		if len(public) != 1 || public[0].State != delivery.TakenDown || public[0].From != "" || public[0].Excerpt != "" {
			t.Errorf("what stays of what was taken down: %+v", public)
		}
	})
}

// What goes wrong is refused, and leaves nothing behind.
func TestDeliver_refuses(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		now := o.DB.Now()
		if _, err := o.Letters.Create(t.Context(), "draft", nil, letter.Settings{}, 0); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			slug, want string
			h          delivery.HandOver
		}{
			{"draft", "delivery.draft", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost}},
			{"draft", "edition.missing", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Early: true}},
			{"quay", "delivery.corrects", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Corrects: 7}},
			{"quay", "addressee.unknown", delivery.HandOver{Addressee: 3, Channel: delivery.ByPost}},
			{"quay", "addressee.unknown", delivery.HandOver{Addressee: -1, Channel: delivery.ByPost}},
			{"quay", "delivery.channel", delivery.HandOver{Addressee: 1, Channel: "pigeon"}},
			{"quay", "delivery.kind", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Kind: "second"}},
			{"quay", "day.future", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: now.AddDate(0, 0, 3)}},
			{"quay", "day.unreadable", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: on("1405-03-09")}},
			{"quay", "delivery.embargo", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Embargo: now.Add(-time.Second)}},
			{"quay", "delivery.no_email", delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail}},
			{"quay", "file.empty", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Files: []delivery.File{{Role: delivery.Pack, Name: "x"}}}},
			{"quay", "file.large", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Files: []delivery.File{{Role: delivery.Pack, Content: make([]byte, delivery.MaxFile+1)}}}},
			{"quay", "line.long", delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, Tracking: strings.Repeat("9", 400)}},
		} {
			_, err := o.Deliveries.Deliver(t.Context(), x.slug, x.h, 0)
			if all := fault.All(err); len(all) != 1 || all[0].Key != x.want {
				t.Errorf("%+v: %v, want %s", x.h.Channel, err, x.want)
			}
		}
		for _, c := range []struct {
			want string
			came delivery.Came
		}{
			{"response.kind", delivery.Came{Addressee: 1, Kind: "smile", At: now}},
			{"response.until", delivery.Came{Addressee: 1, Kind: delivery.Extension, At: now}},
			{"day.unreadable", delivery.Came{Addressee: 1, Kind: delivery.Answered, At: now, Written: "yesterday"}},
			{"language", delivery.Came{Addressee: 1, Kind: delivery.Answered, At: now, Language: "klingon-x"}},
			{"demand.unknown", delivery.Came{Addressee: 1, Kind: delivery.Answered, At: now, Said: map[string]delivery.Said{"9": delivery.Promised}}},
			{"cell.not_asked", delivery.Came{Addressee: 1, Kind: delivery.Answered, At: now, Said: map[string]delivery.Said{"3": delivery.Promised}}},
			{"response.forwarded", delivery.Came{Addressee: 1, Kind: delivery.Forwarded, At: now, Forwarded: &delivery.AddresseeChange{Number: 1}}},
			{"addressee.nameless", delivery.Came{Addressee: 1, Kind: delivery.Forwarded, At: now, Forwarded: &delivery.AddresseeChange{}}},
		} {
			_, err := o.Deliveries.Receive(t.Context(), "quay", c.came, 0)
			if all := fault.All(err); len(all) != 1 || all[0].Key != c.want {
				t.Errorf("%+v: %v, want %s", c.came, err, c.want)
			}
		}
		st := o.standing(delivery.ForEditors)
		if len(st.Deliveries)+len(st.Responses) > 0 || len(st.Addressees) != 2 {
			t.Errorf("something is left: %+v", st)
		}
	})
}

// A delivery that nobody may know of is in no public view and not in the log; once it is public the log states it, with the numbers
// that the leaves before it give and the commitment to what was handed over.
func TestDeliver_privateUntilItIsNot(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		size := func() int64 {
			t.Helper()
			o.Publish()
			state, err := o.Log.State(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return state.Published.Size
		}
		before := size()
		private := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPortal, Private: true, Files: []delivery.File{{Role: delivery.Pack, Name: "a.pdf", Content: []byte("%PDF-1.4 a")}}})
		embargoed := o.deliver(delivery.HandOver{Addressee: 2, Channel: delivery.ByPost, Embargo: o.DB.Now().Add(time.Hour)})
		if n := size(); n != before {
			t.Errorf("the log grew by %d", n-before)
		}
		if st := o.standing(delivery.ForPublic); len(st.Deliveries) != 0 || o.cells(delivery.ForPublic) != "1/1 not_delivered, 1/2 not_delivered, 2/1 not_delivered, 2/2 not_delivered, 3/2 not_delivered" {
			t.Errorf("the public sees %+v", st.Deliveries)
		}
		o.Clock.Advance(2 * time.Hour)
		o.Work("delivery.lift")
		if n := size(); n != before+1 {
			t.Errorf("after the embargo the log grew by %d", n-before)
		}
		if st := o.standing(delivery.ForPublic); len(st.Deliveries) != 1 || st.Deliveries[0].ID != embargoed.ID {
			t.Errorf("the public sees %+v", st.Deliveries)
		}
		for range 2 {
			if err := o.Deliveries.Publish(t.Context(), "quay", private.ID, 0); err != nil {
				t.Fatal(err)
			}
		}
		if n := size(); n != before+2 {
			t.Errorf("published, the log grew by %d", n-before)
		}
		if problems := o.Problems(); len(problems) > 0 {
			t.Errorf("the log: %q", problems)
		}
		f, err := o.Deliveries.File(t.Context(), o.letter, private.ID, 1)
		if err != nil || string(f.Content) != "%PDF-1.4 a" || f.Commitment != private.Commitment() || len(f.Copy) != 32 {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

// An email carries the letter for the addressee, whose bytes are kept, and its state says no more than is known.
func TestDeliver_email(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		if _, err := o.Deliveries.PutAddressee(t.Context(), "quay", delivery.AddresseeChange{Number: 1, Email: new("office@water.example")}, 0); err != nil {
			t.Fatal(err)
		}
		d := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail, Text: "Madam,\n\nwe write to you."})
		if d.State != delivery.Waiting || o.cells(delivery.ForEditors)[:17] != "1/1 not_delivered" {
			t.Errorf("%s, %s", d.State, o.cells(delivery.ForEditors))
		}
		e, send, err := o.Deliveries.Envelope(t.Context(), d.ID)
		if err != nil || !send || e.To.Email != "office@water.example" || e.Text != "Madam,\n\nwe write to you." || len(e.Files) != 1 ||
			!bytes.HasPrefix(e.Files[0].Content, []byte("%PDF-")) {
			t.Fatalf("%v, %v, %+v", send, err, e.To)
		}
		for range 2 { // a job may run twice
			if err := o.Deliveries.Went(t.Context(), d.ID, delivery.Handed, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.cells(delivery.ForPublic); !strings.HasPrefix(got, "1/1 waiting") {
			t.Error(got)
		}
		if _, send, err := o.Deliveries.Envelope(t.Context(), d.ID); send || err != nil {
			t.Errorf("it goes again: %v", err)
		}
		if err := o.Deliveries.MarkBounced(t.Context(), "quay", d.ID, 0); err != nil {
			t.Fatal(err)
		}
		if got := o.cells(delivery.ForPublic); !strings.HasPrefix(got, "1/1 not_delivered") {
			t.Error(got)
		}
		o.Publish()
		if problems := o.Problems(); len(problems) > 0 {
			t.Errorf("the log: %q", problems)
		}
	})
}

// What was handed over goes when a name that may stand in it was taken away; the commitment stays. An email that waits goes without it.
func TestForget_packs(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.Set(d.Letter.Slug, letter.Settings{})
		receipt := d.Give("mina@varrow.example", testkit.Named("Mina Rasti"), testkit.Listed(roll.Addressee))
		d.Give("ben@varrow.example", testkit.Named("Ben Oswin"))
		d.Publish()
		a, err := d.Deliveries.PutAddressee(t.Context(), d.Letter.Slug, delivery.AddresseeChange{Office: new("Ministry of Bridges"), Role: new(delivery.Asks),
			Email: new("office@bridges.example")}, 0)
		if err != nil {
			t.Fatal(err)
		}
		hand := func() delivery.Delivery {
			t.Helper()
			x, err := d.Deliveries.Deliver(t.Context(), d.Letter.Slug, delivery.HandOver{Addressee: a.Number, Channel: delivery.ByEmail}, 0)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		gone := hand()
		d.Clock.Advance(3 * time.Minute) // else it is taken for a form that was sent twice
		waits := hand()
		if err := d.Deliveries.Went(t.Context(), gone.ID, delivery.Handed, nil); err != nil {
			t.Fatal(err)
		}
		if err := d.Deliveries.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f, err := d.Deliveries.File(t.Context(), d.Letter, gone.ID, 1); err != nil || f.Commitment != gone.Commitment() {
			t.Errorf("nothing was taken away, and the file is gone: %v", err)
		}
		if err := d.Signing.Receipts.Erase(t.Context(), receipt.Secret, d.Own(receipt.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Deliveries.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Deliveries.File(t.Context(), d.Letter, gone.ID, 1); !fault.Is(err, fault.Gone) {
			t.Errorf("what was handed over is still there: %v", err)
		}
		e, send, err := d.Deliveries.Envelope(t.Context(), waits.ID)
		if err != nil || !send || len(e.Files) != 1 || e.Files[0].Commitment == waits.Commitment() {
			t.Fatalf("the email that waits: %v, %v, %d files", send, err, len(e.Files))
		}
		if err := d.Deliveries.Went(t.Context(), waits.ID, delivery.Handed, e.Files); err != nil {
			t.Fatal(err)
		}
		d.Publish() // with numbers of which somebody is taken off
		if problems := d.Problems(); len(problems) > 0 {
			t.Errorf("the log: %q", problems)
		}
		for name, want := range map[string]bool{"Mina": false, "Ben": true} {
			if got := strings.Contains(textOf(t, e.Files[0].Content), name); got != want {
				t.Errorf("%s stands in the email: %v", name, got)
			}
		}
	})
}

// textOf is what somebody reads in a PDF.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Editors are told of what is due ten and three days before, on the day and the day after, each once, and not once it is met.
func TestRemind(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		now := o.DB.Now()
		due := now.AddDate(0, 0, 12).Format(time.DateOnly)
		if err := o.Letters.Demands.AddFact(t.Context(), "quay", "1", letter.Fact{Kind: letter.FactDue, Value: due}, 0); err != nil {
			t.Fatal(err)
		}
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost})
		var told []int
		for n := 12; n >= -3; n-- {
			before := o.Jobs("delivery.due")
			for range 2 {
				if err := o.Deliveries.Remind(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if more := o.Jobs("delivery.due") - before; more == 1 {
				told = append(told, n)
			} else if more != 0 {
				t.Errorf("%d days before: %d reminders", n, more)
			}
			if n == 0 {
				o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "https://press.example/", On: o.DB.Now()}, "")
			}
			o.Clock.Advance(24 * time.Hour)
		}
		if want := []int{10, 3, 0}; !slices.Equal(told, want) {
			t.Errorf("told %v days before, want %v", told, want)
		}
	})
}

// A form that was sent twice sends one email to the office.
func TestDeliver_once(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		if _, err := o.Deliveries.PutAddressee(t.Context(), "quay", delivery.AddresseeChange{Number: 1, Email: new("office@water.example")}, 0); err != nil {
			t.Fatal(err)
		}
		h := delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail}
		o.deliver(h)
		if _, err := o.Deliveries.Deliver(t.Context(), "quay", h, 0); len(fault.All(err)) != 1 || fault.All(err)[0].Key != "delivery.twice" {
			t.Errorf("it goes twice: %v", err)
		}
		o.Clock.Advance(time.Hour)
		o.deliver(h)
	})
}

// A private response that was entered by mistake goes, with what was noted by it; one that everybody has seen does not.
func TestDiscard(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		r := o.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: o.DB.Now(), Said: map[string]delivery.Said{"1": delivery.Promised}})
		public := o.receive(delivery.Came{Addressee: 1, Kind: delivery.Acknowledgement, At: o.DB.Now(), Publish: true})
		if err := o.Deliveries.Discard(t.Context(), "quay", r.ID, 0); err != nil {
			t.Fatal(err)
		}
		if err := o.Deliveries.Discard(t.Context(), "quay", public.ID, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("what everybody has seen is gone: %v", err)
		}
		if st := o.standing(delivery.ForEditors); len(st.Responses) != 1 || len(st.Demands[0].Cells[0].History) != 0 {
			t.Errorf("%+v", st)
		}
		if _, err := o.Letters.Create(t.Context(), "other", &letter.Text{Format: letter.Format, Language: "en", Title: "Another", Body: "Text."}, letter.Settings{}, 0); err != nil {
			t.Fatal(err)
		}
		if err := o.Deliveries.TakeDown(t.Context(), "other", public.ID, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("a response of one letter goes by the name of another: %v", err)
		}
	})
}

// What is said of a demand is not said of another that an edition puts in its place, before an editor has said that it is the same.
func TestStanding_aDemandThatWasReplaced(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, Evidence: "https://press.example/", On: o.DB.Now()}, "")
		text := o.letter.Edition.Text("en")
		text.Body = "The quay is shut.\n\n1) Release every prisoner of the island at once.\n2) Pay the keeper.\n3) Answer us."
		o.Write(letter.Import{Slug: "quay", Text: text, Follows: letter.FollowsSubstantive, Publish: true})
		if got := o.cells(delivery.ForPublic); strings.Contains(got, "met") {
			t.Errorf("another demand shows as met: %s", got)
		}
	})
}

// The leaf of a delivery states the numbers of the leaves before it, also of those that get their index with it, and no checkpoint shows yet.
func TestDeliver_numbersOfTheLeaf(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		a, err := d.Deliveries.PutAddressee(t.Context(), d.Letter.Slug, delivery.AddresseeChange{Office: new("Ministry of Bridges"), Role: new(delivery.Asks)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		receipt := d.Give("mina@varrow.example", testkit.Named("Mina Rasti"))
		d.Publish()
		d.Give("ben@varrow.example", testkit.Named("Ben Oswin"))
		d.Give("cora@varrow.example", testkit.Named("Cora Varn"), testkit.Listed(roll.Counted))
		if err := d.Signing.Receipts.Withdraw(t.Context(), receipt.Secret, d.Own(receipt.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		for _, channel := range []delivery.Channel{delivery.ByPost, delivery.ByHand} {
			if _, err := d.Deliveries.Deliver(t.Context(), d.Letter.Slug, delivery.HandOver{Addressee: a.Number, Channel: channel}, 0); err != nil {
				t.Fatal(err)
			}
		}
		d.Publish()
		if problems := d.Problems(); len(problems) > 0 {
			t.Errorf("the log: %q", problems)
		}
	})
}

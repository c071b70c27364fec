package journey

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const (
	boardPath      = "/desk/letters/" + testkit.Slug
	deliveriesPath = boardPath + "/deliveries"
	answersPath    = boardPath + "/answers"
)

// What came back is published as the second member has read it: while that is asked nobody changes it. What was entered by mistake is
// destroyed. The desk names files and responses, and never their numbers.
func TestAnswers_atTheDesk(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		today := a.DB.Now().Format(time.DateOnly)
		enter := func(path, field, name, content string, form url.Values) string {
			t.Helper()
			got := ada.Send(t, path, field, name, []byte(content), form)
			if got.Status != http.StatusSeeOther {
				t.Fatalf("%s: %d %s", path, got.Status, got.Main(t))
			}
			return strings.Split(got.Header.Get("Location"), "?")[0]
		}
		if body := ada.Get(deliveriesPath).Body; !strings.Contains(body, `<option value="">First delivery; a reminder to one who has it already`) {
			t.Error("what it is is proposed before it is said to whom")
		}
		never := url.Values{"do": {"deliver"}, "addressee": {"1"}, "channel": {"post"}, "kind": {"reminder"}, "at": {today}}
		if got := ada.Send(t, deliveriesPath, "file", "", nil, never); got.Status != http.StatusUnprocessableEntity && got.Status != http.StatusConflict ||
			!strings.Contains(got.Main(t), "never got the letter") || !strings.Contains(got.Body, `name="unserved"`) {
			t.Errorf("a reminder to somebody who never got the letter: %d %s", got.Status, got.Main(t))
		}
		enter(deliveriesPath, "file", "sent.pdf", "%PDF-1.4 sent", url.Values{"do": {"deliver"}, "addressee": {"1"}, "channel": {"post"}, "kind": {""}, "at": {today}})
		handed := ada.Get(deliveriesPath)
		if text := handed.Main(t); !strings.Contains(text, "asked for an answer") || !strings.Contains(text, "copy number") || !strings.Contains(text, "Only of something sent by post") {
			t.Errorf("%s", text)
		}
		enter(deliveriesPath, "file", "again.pdf", "%PDF-1.4 again", url.Values{"do": {"deliver"}, "addressee": {"1"}, "channel": {"hand"}, "kind": {""}, "at": {today}})
		if text := ada.Get(deliveriesPath).Main(t); !strings.Contains(text, "post · first delivery") || !strings.Contains(text, "by hand · reminder") {
			t.Errorf("what was handed over is not what it is to them: %s", text)
		}

		reply := enter(answersPath, "copy", "public.txt", "without names", url.Values{"do": {"receive"}, "addressee": {"1"}, "kind": {"reply"}, "at": {today},
			"excerpt": {"Before it was read"}, "said-1": {"promised"}})
		if page := ada.Get(reply); !strings.Contains(page.Body, `href="`+reply+`/copy"`) || !strings.Contains(page.Main(t), "Delete it") {
			t.Errorf("what is to be read: %s", page.Body)
		}
		if got := ben.Get(reply + "/copy"); got.Body != "without names" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("the copy: %d %v %s", got.Status, got.Header, got.Body)
		}
		base := ada.Get(reply).Form(t, reply).Get("base")
		asked := ada.Send(t, reply, "copy", "", nil, url.Values{"do": {"publish"}, "base": {base}, "excerpt": {"As it was read"}, "language": {"en"}})
		if asked.Header.Get("Location") != reply+"?done=asked" {
			t.Fatalf("%d to %s: %s", asked.Status, asked.Header.Get("Location"), asked.Main(t))
		}
		waits := ben.Get(reply)
		if text := waits.Main(t); !strings.Contains(text, "waits for a second member") || !strings.Contains(text, "As it was read") ||
			!strings.Contains(text, "promised") ||
			strings.Contains(waits.Body, "<textarea") || strings.Contains(text, "Delete it") || !strings.Contains(waits.Body, `href="`+reply+`/copy"`) ||
			!strings.Contains(waits.Body, `<a href="`+boardPath+`">Approve or refuse`) {
			t.Errorf("what waits: %s", waits.Body)
		}
		for _, do := range []string{"edit", "publish", "discard"} {
			got := ada.Send(t, reply, "copy", "", nil, url.Values{"do": {do}, "base": {base}, "excerpt": {"Slipped in"}, "language": {"en"}})
			if got.Status != http.StatusConflict || strings.Contains(ada.Get(reply).Body, "Slipped in") {
				t.Errorf("%s while it waits: %d %s", do, got.Status, got.Main(t))
			}
		}
		approval := ben.Get(boardPath).Form(t, boardPath+"/approvals")
		approval.Set("do", "approve")
		if got := ben.Post(boardPath+"/approvals", approval); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		public := testkit.Page + "/responses/" + reply[strings.LastIndex(reply, "/")+1:]
		if text := a.Client(t).Get(public).Main(t); !strings.Contains(text, "As it was read") {
			t.Errorf("what is public: %s", text)
		}

		mistake := enter(answersPath, "file", "wrong.txt", "of another letter", url.Values{"do": {"receive"}, "addressee": {"1"}, "kind": {"out_of_office"}, "at": {today}})
		if to := enter(mistake, "copy", "", "", url.Values{"do": {"discard"}}); to != answersPath || ada.Get(mistake).Status != http.StatusNotFound {
			t.Errorf("destroyed: to %s, then %d", to, ada.Get(mistake).Status)
		}

		enter(answersPath, "exhibit", "proof.png", "\x89PNG\r\n\x1a\nproof", url.Values{"do": {"note"}, "demand": {"1"}, "of": {"1"}, "what": {"outcome.met"}, "day": {today}})
		history := ada.Get(answersPath)
		for _, want := range []string{"met · proof.png", "promised · response of "} {
			if text := history.Main(t); strings.Count(text, want) != 2 { // in the history, and to be corrected
				t.Errorf("the history does not say %q: %s", want, text)
			}
		}
		if strings.Contains(history.Main(t), "exhibit:") {
			t.Error("a hash stands for a file")
		}
		entry := regexp.MustCompile(`<option value="([0-9a-z]+)">[^<]*proof\.png`).FindStringSubmatch(history.Body)
		if entry == nil {
			t.Fatalf("what can be corrected: %s", history.Body)
		}
		enter(answersPath, "exhibit", "", "", url.Values{"do": {"note"}, "demand": {"1"}, "of": {"1"}, "what": {"outcome.partly_met"}, "day": {today},
			"evidence": {"https://press.example/half"}, "corrects": {entry[1]}})
		if after := ada.Get(answersPath); !strings.Contains(after.Main(t), "met · proof.png · corrected later") || strings.Contains(after.Body, `<option value="`+entry[1]+`">`) {
			t.Errorf("what was corrected: %s", after.Main(t))
		}
		trail := ada.Get(boardPath + "/trail").Main(t)
		for _, want := range []string{"entered a delivery: post", "entered what came back: reply", "entered what came back: out of office", "noted where a demand stands: demand 1"} {
			if !strings.Contains(trail, want) {
				t.Errorf("the trail does not say %q: %s", want, trail)
			}
		}
	})
}

// An entry that was corrected is told as that or not at all, a file by its name, and a day that follows from a rule with the rule.
func TestAnswers_correctedAndByARule(t *testing.T) {
	f := follow(t, store.SQLite)
	rule := &delivery.Rule{Days: 10, Working: true, Source: "Access Act, section 12"}
	if _, err := f.Deliveries.PutAddressee(t.Context(), testkit.Slug, delivery.AddresseeChange{Number: 1, Rule: rule}, 0); err != nil {
		t.Fatal(err)
	}
	f.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: f.ago(40)})
	const words = "a rule gives them 10 working days: Access Act, section 12"
	f.shows(testkit.Page+"/demands/1", words)
	if main := f.shows(testkit.Page, words); !strings.Contains(main, "late by") {
		t.Errorf("%s", main)
	}
	type cell struct {
		Status string
		Rule   *struct {
			Days    int
			Working bool
			Source  string
		}
	}
	var data struct {
		Deliveries []struct{ ID, Name string }
		Demands    []struct{ Cells []cell }
	}
	if err := json.Unmarshal([]byte(f.reader.Get(testkit.Page+".json").Body), &data); err != nil {
		t.Fatal(err)
	}
	if c := data.Demands[0].Cells[0]; c.Status != "late" || c.Rule == nil || c.Rule.Days != 10 || !c.Rule.Working || c.Rule.Source != rule.Source {
		t.Errorf("the cell: %+v", c)
	}
	if data.Deliveries[0].ID == "" || !strings.Contains(data.Deliveries[0].Name, "Talbrook") {
		t.Errorf("the delivery: %+v", data.Deliveries)
	}
	calendar := strings.ReplaceAll(f.reader.Get(testkit.Page+"/calendar.ics").Body, "\r\n ", "")
	if !strings.Contains(calendar, `Access Act\, section 12`) {
		t.Errorf("the calendar: %s", calendar)
	}

	reply := f.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: f.ago(5), Excerpt: "No.", Language: "en", Publish: true,
		Said: map[string]delivery.Said{"1": delivery.Refused}})
	last := func() delivery.Entry {
		st, err := f.Deliveries.Standing(t.Context(), testkit.Letter(t, f.App), delivery.ForEditors)
		if err != nil {
			t.Fatal(err)
		}
		history := st.Demands[0].Cells[0].History
		return history[len(history)-1]
	}
	f.note(delivery.Known{Demand: "1", Addressee: 1, Said: delivery.Promised, On: f.ago(5), Evidence: delivery.Evidence("response:" + reply), Corrects: last().ID})
	if said := f.shows(testkit.Page+"/responses/"+reply, "promised"); !strings.Contains(said, "refused · corrected later") {
		t.Errorf("what the response says: %s", said)
	}
	f.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, On: f.ago(2), File: &delivery.File{Name: "proof.png", Content: []byte("\x89PNG\r\n\x1a\nproof")}})
	f.shows(testkit.Page+"/demands/1", "proof.png")
	if feed := f.reader.Get(testkit.Page + "/feed.atom").Body; !strings.Contains(feed, "Demand 1: met (") {
		t.Fatalf("the feed: %s", feed)
	}
	f.note(delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.PartlyMet, On: f.ago(2), Evidence: "https://press.example/half", Corrects: last().ID})
	f.shows(testkit.Page+"/demands/1", "partly met")
	if feed := f.reader.Get(testkit.Page + "/feed.atom").Body; strings.Contains(feed, "Demand 1: met (") || !strings.Contains(feed, "Demand 1: partly met (") {
		t.Errorf("the feed repeats what was corrected: %s", feed)
	}
}

package journey

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// followed is a letter that is handed over and answered.
type followed struct {
	*testkit.Running
	t      *testing.T
	reader *testkit.Client
	now    time.Time
}

func follow(t *testing.T, engine store.Engine) *followed {
	a := testkit.App(t, engine)
	return &followed{a, t, a.Client(t), a.DB.Now()}
}

func (f *followed) ago(days int) time.Time { return f.now.AddDate(0, 0, -days) }

func (f *followed) deliver(h delivery.HandOver) delivery.Delivery {
	f.t.Helper()
	d, err := f.Deliveries.Deliver(f.t.Context(), testkit.Slug, h, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	return d
}

func (f *followed) receive(c delivery.Came) string {
	f.t.Helper()
	r, err := f.Deliveries.Receive(f.t.Context(), testkit.Slug, c, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	return delivery.ID(r.ID)
}

func (f *followed) note(k delivery.Known) {
	f.t.Helper()
	if err := f.Deliveries.Note(f.t.Context(), testkit.Slug, k, 0); err != nil {
		f.t.Fatal(err)
	}
}

// shows waits until a page says something.
func (f *followed) shows(path, text string) string {
	f.t.Helper()
	var main string
	testkit.Eventually(f.t, path+" says "+text, func() bool {
		main = f.reader.Get(path).Main(f.t)
		return strings.Contains(main, text)
	})
	return main
}

// A letter is handed over, answered by a machine, acknowledged with more time, passed on, and answered; one demand is met and undone
// again. Every page says so, in two languages.
func TestAnswers_throughALettersLife(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		f := follow(t, engine)
		const letterPage = testkit.Page
		if err := f.Letters.Demands.AddFact(t.Context(), testkit.Slug, "2", letter.Fact{Kind: letter.FactWithin, Value: "10", Quote: "within ten days"}, 0); err != nil {
			t.Fatal(err)
		}
		if err := f.Letters.Demands.AddFact(t.Context(), testkit.Slug, "1", letter.Fact{Kind: letter.FactDue, Value: "2041-05-01"}, 0); err != nil {
			t.Fatal(err)
		}
		link := regexp.MustCompile(`/addressees/[a-z0-9-]+`).FindString(f.reader.Get(letterPage).Body)
		if link == "" {
			t.Fatal("the letter does not lead to the page of whom it addresses")
		}
		if body := f.reader.Get(letterPage).Body; strings.Contains(body, `id="standing"`) {
			t.Error("there is nothing to say yet, and it is said")
		}
		if asked := f.shows(link, "not handed over yet"); !strings.Contains(asked, "office@lantern.example") || !strings.Contains(asked, "Demands met: 0 of 3") {
			t.Errorf("what is asked of the addressee: %s", asked)
		}

		f.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: f.ago(23), Tracking: "RR 123 secret"})
		main := f.shows(letterPage, "unanswered for 23 days")
		if !strings.Contains(main, "late by 13 days") || !strings.Contains(main, "Demands met: 0 of 3") || !strings.Contains(main, "Addressees who answered: 0 of 1") ||
			!strings.Contains(main, "first delivery, post") || strings.Contains(main, "RR 123") {
			t.Errorf("handed over: %s", main)
		}
		f.receive(delivery.Came{Addressee: 1, Kind: delivery.OutOfOffice, At: f.ago(22)})
		f.receive(delivery.Came{Addressee: 1, Kind: delivery.Acknowledgement, At: f.ago(20), Publish: true})
		f.receive(delivery.Came{Addressee: 1, Kind: delivery.Extension, At: f.ago(19), Until: f.now.AddDate(0, 0, 9).Format(time.DateOnly), Publish: true})
		main = f.shows(letterPage, "acknowledged on")
		if !strings.Contains(main, "late by 13 days") || strings.Contains(main, "out of office") {
			t.Errorf("more time is asked for, and a date of the letter stays: %s", main)
		}
		f.receive(delivery.Came{Addressee: 1, Kind: delivery.Forwarded, At: f.ago(12), Publish: true,
			Forwarded: &delivery.AddresseeChange{Name: new("Ola Brandt"), Office: new("Port Authority"), Reason: new("sent on by the keeper")}})
		if main = f.shows(letterPage, "Ola Brandt"); !strings.Contains(main, "Addressees who answered: 1 of 1") {
			t.Errorf("passed on: %s", main)
		}
		if port := f.shows("/addressees/ola-brandt-port-authority", "sent on by the keeper"); !strings.Contains(port, "handed over on") || !strings.Contains(port, "late by 2 days") {
			t.Errorf("whom it was passed on to: %s", port)
		}
		reply := f.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: f.ago(5), Written: f.ago(6).Format(time.DateOnly), From: "Hall of Records",
			Reference: "HR/7", Excerpt: "We will publish the **dates**. <script>alert(1)</script>", Language: "en", Publish: true,
			Said: map[string]delivery.Said{"1": delivery.Promised, "2": delivery.Refused, "3": delivery.NotAddressed},
			File: &delivery.File{Name: "original.pdf", Content: []byte("%PDF-1.4 with names")}, Copy: &delivery.File{Name: "پاسخ\n\"x\".html", Content: []byte("<html><script>alert(1)</script>")}})
		main = f.shows(letterPage, "promised on")
		if !strings.Contains(main, "refused on") || !strings.Contains(main, "not addressed") {
			t.Errorf("answered: %s", main)
		}
		page := f.reader.Get(letterPage + "/responses/" + reply)
		main = page.Main(t)
		for _, want := range []string{"Hall of Records", "HR/7", "We will publish the dates", "Demand 2", "refused", "not addressed"} {
			if !strings.Contains(main, want) {
				t.Errorf("the response does not say %q: %s", want, main)
			}
		}
		if strings.Contains(page.Body, "<script>alert") || strings.Contains(page.Body, "original.pdf") {
			t.Errorf("the response shows what it must not: %s", page.Body)
		}
		file := f.reader.Get(letterPage + "/responses/" + reply + "/file")
		if d := file.Header.Get("Content-Disposition"); file.Status != 200 || !strings.HasPrefix(d, "attachment;") || strings.ContainsAny(d, "\r\n") ||
			!strings.Contains(file.Header.Get("Content-Security-Policy"), "sandbox") || file.Header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(file.Body, "alert(1)") {
			t.Errorf("the copy: %d %v", file.Status, file.Header)
		}

		f.note(delivery.Known{Demand: "3", Addressee: 1, Outcome: delivery.Met, On: f.ago(2), Evidence: "https://press.example/observers", Note: "Observers sat in."})
		if main = f.shows(letterPage, "met on"); !strings.Contains(main, "press.example") {
			t.Errorf("met: %s", main)
		}
		f.note(delivery.Known{Demand: "3", Addressee: 1, Outcome: delivery.Open, On: f.ago(1), Evidence: "https://press.example/shut-again"})
		main = f.shows(letterPage+"/demands/3", "open again")
		order := []string{"first delivery", "acknowledgement", "passed on", "reply", "not addressed", "met", "Observers sat in.", "open again"}
		at := strings.Index(main, "What happened")
		for _, want := range order {
			next := strings.Index(main[max(at, 0):], want)
			if next < 0 {
				t.Fatalf("the timeline does not say %q in its place: %s", want, main)
			}
			at += next
		}
		if body := f.reader.Get(letterPage + "/demands/3").Body; !strings.Contains(body, `href="https://press.example/observers" rel="noopener`) {
			t.Error("the evidence is not linked")
		}
		if fa := f.reader.Get("/fa" + letterPage).Main(t); !strings.Contains(fa, "خواسته‌های برآورده‌شده: ۰ از ۳") || !strings.Contains(fa, "رد شد در") {
			t.Errorf("in Persian: %s", fa)
		}
		for _, path := range []string{"/demands/4", "/demands/01", "/demands/۱", "/demands/x", "/responses/zzz", "/responses/" + reply + "x"} {
			if got := f.reader.Get(letterPage + path).Status; got != http.StatusNotFound {
				t.Errorf("%s: %d", path, got)
			}
		}

		calendar, err := ics.ParseCalendar(strings.NewReader(f.reader.Get("/fa" + letterPage + "/calendar.ics").Body))
		if err != nil || len(calendar.Events()) != 3 {
			t.Fatalf("%v: %s", err, f.reader.Get(letterPage+"/calendar.ics").Body)
		}
		start, err := calendar.Events()[0].GetAllDayStartAt()
		if err != nil || start.Format(time.DateOnly) != "2041-05-01" {
			t.Errorf("demand 1 is due on %s, %v", start, err)
		}
		feed := f.reader.Get(letterPage + "/feed.atom").Body
		for _, want := range []string{"Handed over to", ": reply (", "Demand 3: met (", "Demand 3: open again (", "/responses/" + reply} {
			if !strings.Contains(feed, want) {
				t.Errorf("the feed does not say %q: %s", want, feed)
			}
		}
		made, err := f.Documents.Make(t.Context(), document.Wanted{Slug: testkit.Slug, Language: "en", Audience: roll.ForPublic})
		if err != nil {
			t.Fatal(err)
		}
		var words bytes.Buffer
		if err := made.WriteText(&words); err != nil || !strings.Contains(words.String(), "Where the demands stand on") || !strings.Contains(words.String(), "refused on") {
			t.Errorf("the document, %v: %s", err, words.String())
		}

		id, err := delivery.ParseID(reply)
		if err == nil {
			err = f.Deliveries.TakeDown(t.Context(), testkit.Slug, id, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		gone := f.shows(letterPage+"/responses/"+reply, "It was taken down on")
		if strings.Contains(gone, "Hall of Records") || strings.Contains(gone, "HR/7") || f.reader.Get(letterPage+"/responses/"+reply+"/file").Status != 404 {
			t.Errorf("what was taken down: %s", gone)
		}
		if _, err := f.Deliveries.PutAddressee(t.Context(), testkit.Slug, delivery.AddresseeChange{Number: 1, Statement: &delivery.Statement{
			Text: "We **did** what we could.", Language: "en", From: "The Keeper", On: f.ago(1).Format(time.DateOnly)}}, 0); err != nil {
			t.Fatal(err)
		}
		if said := f.shows(link, "what we could."); !strings.Contains(said, "This statement is theirs") {
			t.Errorf("their statement: %s", said)
		}
		if said := f.reader.Get(letterPage).Main(t); !strings.Contains(said, "This statement is theirs") {
			t.Errorf("their statement on the letter's page: %s", said)
		}
		if testing.Short() {
			return
		}
		tab := testkit.Browser(t)
		for _, path := range []string{letterPage, letterPage + "/demands/3", link, letterPage + "/responses/" + reply} {
			for _, language := range []string{"en", "fa"} {
				for _, width := range []int64{320, 1280} {
					tab.Screen(width, 900, "light")
					tab.Open(f.URL + "/" + language + path)
					if found := tab.Inspect(""); len(found) > 0 {
						t.Errorf("%s %s %d: %q", path, language, width, found)
					}
					tab.Shot(strings.ReplaceAll(strings.Trim(path, "/"), "/", "-") + "." + language + "." + map[int64]string{320: "phone", 1280: "desk"}[width])
				}
			}
		}
	})
}

// What is private is nowhere: neither what it says, nor whom it names, nor that it is there. The control is the same, published.
func TestAnswers_privateIsNowhere(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		f := follow(t, engine)
		ctx := t.Context()
		link := regexp.MustCompile(`/addressees/[a-z0-9-]+`).FindString(f.reader.Get(testkit.Page).Body)
		hidden, err := f.Deliveries.PutAddressee(ctx, testkit.Slug, delivery.AddresseeChange{Name: new("Shrouded Mandate"), Role: new(delivery.CC)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		sent := f.deliver(delivery.HandOver{Addressee: hidden.Number, Channel: delivery.ByPortal, At: f.ago(40), Private: true, Note: "Shrouded note"})
		f.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByForm, At: f.ago(31), Private: true})
		came := f.receive(delivery.Came{Addressee: 1, Kind: delivery.Forwarded, At: f.ago(2), From: "Shrouded Person", Reference: "Shrouded/1", Excerpt: "Shrouded words", Language: "en",
			Said: map[string]delivery.Said{"1": delivery.Refused}, Forwarded: &delivery.AddresseeChange{Name: new("Shrouded Bureau"), Reason: new("Shrouded reason")},
			Copy: &delivery.File{Name: "shrouded.txt", Content: []byte("Shrouded file")}})
		f.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByHand, At: f.ago(3)})
		f.shows(testkit.Page, "by hand") // so the letter was read again since

		paths := []string{testkit.Page, "/fa" + testkit.Page, testkit.Page + ".json", testkit.Page + "/feed.atom", testkit.Page + "/feed.json", "/feed.atom", "/letters.json",
			testkit.Page + "/calendar.ics", link, link + ".json", testkit.Page + "/demands/1", testkit.Page + "/demands/2", testkit.Page + "/embed"}
		signs := regexp.MustCompile(`(?i)shrouded|` + came + `|refused|portal|their web form|by \d+ days|40 days|31 days`)
		for _, path := range paths {
			got := f.reader.Get(path)
			body := got.Body
			if got.Status != 200 || signs.MatchString(body) {
				t.Errorf("%s: %d, %q", path, got.Status, signs.FindAllString(body, -1))
			}
		}
		unknown := f.reader.Get(testkit.Page + "/responses/0").Main(t)
		id := regexp.MustCompile(`[0-9A-Z]{6,}`)
		for _, path := range []string{testkit.Page + "/responses/" + came, testkit.Page + "/responses/" + came + "/file", "/addressees/shrouded-mandate", "/addressees/shrouded-bureau",
			"/addressees/shrouded-bureau.json"} {
			got := f.reader.Get(path)
			if got.Status != 404 || !strings.HasSuffix(path, ".json") && id.ReplaceAllString(got.Main(t), "") != id.ReplaceAllString(unknown, "") {
				t.Errorf("%s: %d %s", path, got.Status, got.Body)
			}
		}
		made, err := f.Documents.Make(ctx, document.Wanted{Slug: testkit.Slug, Audience: roll.ForAddressee})
		if err != nil {
			t.Fatal(err)
		}
		var words bytes.Buffer
		if err := made.WriteText(&words); err != nil || signs.MatchString(words.String()) {
			t.Errorf("the document, %v: %q", err, signs.FindAllString(words.String(), -1))
		}

		// The control: published, each is found by the same look.
		number, err := delivery.ParseID(came)
		if err == nil {
			err = f.Deliveries.PublishResponse(ctx, testkit.Slug, number)
		}
		if err == nil {
			err = f.Deliveries.Publish(ctx, testkit.Slug, sent.ID, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.shows(testkit.Page, "Shrouded Mandate")
		for _, path := range []string{testkit.Page, testkit.Page + ".json", testkit.Page + "/feed.atom", link, link + ".json", testkit.Page + "/demands/1",
			"/addressees/shrouded-mandate", "/addressees/shrouded-bureau", testkit.Page + "/responses/" + came} {
			if got := f.reader.Get(path); got.Status != 200 || !signs.MatchString(got.Body) {
				t.Errorf("the control: %s: %d %s", path, got.Status, got.Main(t))
			}
		}
		if got := f.reader.Get(testkit.Page + "/responses/" + came + "/file").Body; got != "Shrouded file" {
			t.Errorf("the control: the file is %q", got)
		}
		var data struct {
			Letters []struct{ Demands []struct{ Status string } }
		}
		if err := json.Unmarshal([]byte(f.reader.Get(link+".json").Body), &data); err != nil || len(data.Letters) != 1 || len(data.Letters[0].Demands) != 3 ||
			data.Letters[0].Demands[0].Status != "refused" {
			t.Errorf("%+v, %v", data, err)
		}
	})
}

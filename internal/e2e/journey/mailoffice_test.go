package journey

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// An office that is asked for its own view answers by mail in place of its link: a machine of it, somebody there, and the server that has
// nobody of that name.
func TestMail_anOfficeAnswersTheQuestion(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		o := newPostOffice(t, engine)
		ada := o.Operator(t)
		ask := url.Values{"do": {"ask"}, "addressee": {"1"}, "address": {"minister@ministry.example"}, "to_language": {"en"}, "sure": {"1"}}
		if got := ada.Post(statementsPath, ask); got.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Status, got.Main(t))
		}
		asked := o.Inbox.Wait(t, "minister@ministry.example")
		if !strings.HasPrefix(asked.From, "letters+") || asked.From == o.back || !strings.Contains(asked.Header.Get("Reply-To"), asked.From) {
			t.Fatalf("it comes back to %q, answers go to %q", asked.From, asked.Header.Get("Reply-To"))
		}
		const turned = "A mail to the office did not arrive"
		before := o.standing(delivery.ForEditors)
		o.answer(asked.From, "I am out of office until Monday.", "From: Minister <minister@ministry.example>", "Subject: Automatic reply", "Auto-Submitted: auto-replied")
		o.answer(asked.From, "We disagree: the ledgers are open.", "From: Minister <minister@ministry.example>", "Subject: Re: your question")
		o.settled(2)
		if text := ada.Get(statementsPath).Main(t); !reflect.DeepEqual(o.standing(delivery.ForEditors), before) || o.state() != delivery.Handed || strings.Contains(text, turned) {
			t.Errorf("an answer has changed something: %s", text)
		}

		path := ""
		for _, m := range mailLink.FindAllStringSubmatch(ada.Get(mailDesk).Body, -1) {
			if strings.Contains(ada.Get(m[1]).Main(t), "Re: your question") {
				path = m[1]
			}
		}
		if text := ada.Get(path).Main(t); !strings.Contains(text, "Their own view") {
			t.Errorf("what it answers: %s", text)
		}
		form := ada.Get(answersPath+"?mail="+path[strings.LastIndexByte(path, '/')+1:]).Form(t, answersPath)
		if form.Get("addressee") != "1" || form.Get("excerpt") != "" {
			t.Errorf("the form is filled with %v", form)
		}
		form.Set("do", "receive")
		form.Set("excerpt", "On demand 1: the ledgers are open.")
		got := ada.Post(answersPath, form)
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Status, got.Main(t))
		}
		response := strings.Split(got.Header.Get("Location"), "?")[0]
		id := response[strings.LastIndexByte(response, '/')+1:]
		if !strings.Contains(ada.Get(response).Body, `href="`+statementsPath+"?response="+id+`#enter-title"`) {
			t.Errorf("an answer cannot be entered as their view: %s", ada.Get(response).Main(t))
		}
		for n := range ada.Get(statementsPath + "?response=" + id).Doc(t).Descendants() {
			if v := testkit.FieldsOf(n); n.Data == "form" && v.Has("evidence") {
				form = v
			}
		}
		if form.Get("of") != "1" || form.Get("evidence") != "response:"+id || !strings.Contains(form.Get("text"), "the ledgers are open") {
			t.Errorf("the form is filled with %v", form)
		}
		form.Set("do", "enter")
		form.Set("demand", "1")
		form.Set("position", "disagrees")
		if got := ada.Post(statementsPath, form); got.Status != http.StatusSeeOther || reflect.DeepEqual(o.standing(delivery.ForEditors).Demands, before.Demands) {
			t.Errorf("%d %s", got.Status, got.Main(t))
		}
		if got := ada.Get(statementsPath + "?response=x"); got.Status != http.StatusNotFound {
			t.Errorf("of an answer that is not there: %d", got.Status)
		}

		o.answer(asked.From, fmt.Sprintf(notice, "5.2.2"), noticeFields...)
		o.settled(3)
		if text := ada.Get(statementsPath).Main(t); !strings.Contains(text, turned) || o.state() != delivery.Handed {
			t.Errorf("it came back: the delivery is %s, %s", o.state(), text)
		}
	})
}

// That somebody is out of office is said at the delivery. It answers nothing: the clock of every demand runs on, and reminders go as before.
func TestMail_outOfOffice(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		clock := &testkit.Clock{}
		clock.Set(time.Now())
		o := newPostOffice(t, engine, func(a *app.Options) { a.Now = clock.Now })
		ada := o.Operator(t)
		o.Member(t, testkit.Lead, "editor", "eve@lantern.example")
		rule := delivery.AddresseeChange{Number: 1, Rule: &delivery.Rule{Days: 30, Source: "Act on Petitions, s. 4"}}
		if _, err := o.Deliveries.PutAddressee(t.Context(), testkit.Slug, rule, 0); err != nil {
			t.Fatal(err)
		}
		editors, public := o.standing(delivery.ForEditors), o.standing(delivery.ForPublic)
		if c := editors.Demands[0].Cells[0]; c.Status != delivery.StatusWaiting || c.Due.IsZero() {
			t.Fatalf("%+v", c)
		}
		o.answer(o.back, "I am out of office until Monday.", "From: Minister <minister@ministry.example>", "Subject: Automatic reply", "Auto-Submitted: auto-replied")
		o.settled(1)
		page := ada.Get(boardPath + "/deliveries")
		links := mailLink.FindAllStringSubmatch(page.Body, -1)
		if len(links) != 1 || !strings.Contains(page.Main(t), "an automatic answer") || !strings.Contains(ada.Get(links[0][1]).Main(t), "until Monday") {
			t.Errorf("it does not stand at the delivery: %s", page.Main(t))
		}
		if !reflect.DeepEqual(o.standing(delivery.ForEditors), editors) || !reflect.DeepEqual(o.standing(delivery.ForPublic), public) {
			t.Error("it has changed what stands")
		}
		o.answer(o.back, "When was this sent?", "From: Minister <minister@ministry.example>", "Subject: Re")
		o.settled(2)
		clock.Advance(20 * 24 * time.Hour)
		if err := o.Deliveries.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		if m := o.Inbox.Wait(t, "eve@lantern.example"); !strings.Contains(m.Text, "Demand 1") || !strings.Contains(m.Text, "\n1 mail waits\n") {
			t.Errorf("what is due: %s", m.Text)
		}
	})
}

// Editors are told of a statement of an office before everybody is told that nobody has looked at it.
func TestOffice_editorsAreToldThatItWaits(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		clock := &testkit.Clock{}
		clock.Set(time.Now())
		a := testkit.App(t, engine, func(o *app.Options) { o.Now = clock.Now })
		a.Member(t, testkit.Lead, "editor", "eve@lantern.example")
		scan := &delivery.File{Name: "scan.png", Content: []byte("\x89PNG\r\n\x1a\nscan")}
		y := delivery.Saying{Demand: "2", Addressee: 1, Position: delivery.Disagrees, Text: "The ledgers are open.", Language: "en", At: clock.Now(), File: scan}
		if _, err := a.Deliveries.EnterStated(t.Context(), testkit.Slug, y, 0); err != nil {
			t.Fatal(err)
		}
		clock.Advance((delivery.StatedWithin - 3) * 24 * time.Hour)
		if err := a.Deliveries.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := a.Inbox.Wait(t, "eve@lantern.example")
		for _, want := range []string{"Demand 2, ", "nobody has looked at what the office states", "\n1 statement of an office waits to be looked at\n",
			"See what waits:\n\n" + a.URL + statementsPath + "\n"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the mail does not say %q: %s", want, m.Text)
			}
		}
		if strings.Contains(m.Text, "ledgers are open") {
			t.Error("what nobody has looked at stands in a mail")
		}
	})
}

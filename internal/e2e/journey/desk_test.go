package journey

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const pasted = "Open the granary of Lower Varrow\n\nTo Mr Otto Brandt, Minister of Supply\n\nDear Minister,\n\n" +
	"At least 40 families wait.\n\nWe ask you:\n\n1. to open the granary by 1 May 2031;\n2. to publish its records.\n\nYours sincerely,"

// A letter goes from a pasted text to a signed one, gets a second edition that a second member approves, and closes.
func TestDesk_aLettersLife(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		read := ada.Send(t, "/desk/new", "file", "", nil, url.Values{"text": {pasted}, "do": {"read"}})
		form := read.Form(t, "/desk/new")
		if form.Get("title") != "Open the granary of Lower Varrow" || form.Get("a0-name") != "Otto Brandt" || form.Get("d0-text") != "" ||
			!strings.HasSuffix(form.Get("body"), "\n1) to open the granary by 1 May 2031;\n2) to publish its records.") || form.Get("language") != "en" {
			t.Errorf("%d: %v", read.Status, form)
		}
		form.Set("do", "create")
		form.Set("day", "2020-01-01")
		if got := ada.Post("/desk/new", form); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "Otto Brandt") {
			t.Errorf("a deadline in the past: %d", got.Status)
		}
		form.Set("day", "2099-01-01")
		for field, value := range map[string]string{"sign_on": "everybody", "lead": "quay", "language": "xx", "slug": "No Slug", "zone": "Mars/Olympus"} {
			wrong := maps.Clone(form)
			wrong.Set(field, value)
			if got := ada.Post("/desk/new", wrong); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `href="#f-`+field+`"`) {
				t.Errorf("%s %s: %d", field, value, got.Status)
			}
		}
		if got := ada.Post("/desk/new", form); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		const path = "/desk/letters/open-the-granary-of-lower-varrow"
		if got := ada.Post("/desk/new", form); got.Status != http.StatusConflict {
			t.Errorf("the same address twice: %d", got.Status)
		}
		if got := a.Client(t).Get("/letters/open-the-granary-of-lower-varrow"); got.Status != http.StatusNotFound {
			t.Errorf("a draft is public: %d", got.Status)
		}
		settings := ada.Get(path+"/settings").Form(t, path+"/settings")
		if err := a.Letters.Directory.Put(t.Context(), account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}); err != nil {
			t.Fatal(err)
		}
		for _, leads := range [][]string{{"quay"}, {testkit.Lead, "quay"}, nil} {
			settings["lead"] = leads
			if got := ada.Post(path+"/settings", settings); got.Status != http.StatusUnprocessableEntity {
				t.Errorf("leads %q: %d", leads, got.Status)
			}
		}
		settings["lead"] = []string{testkit.Lead}
		settings.Set("call_body", "Please sign by the end of the month.")
		if got := ada.Post(path+"/settings", settings); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		// Two editors at once.
		ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		hers, his := ada.Get(path+"/texts/en").Form(t, path+"/texts/en"), ben.Get(path+"/texts/en").Form(t, path+"/texts/en")
		hers.Set("closing", "Yours faithfully,")
		his.Set("closing", "With respect,")
		if got := ada.Post(path+"/texts/en", hers); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		his.Set("do", "autosave")
		if got := ben.Post(path+"/texts/en", his); got.Status != http.StatusConflict || !strings.Contains(got.Header.Get("Content-Type"), "json") {
			t.Errorf("%d %s", got.Status, got.Body)
		}
		his.Set("do", "save")
		both := ben.Post(path+"/texts/en", his)
		if both.Status != http.StatusConflict || !strings.Contains(both.Body, "With respect,") || !strings.Contains(both.Body, "faithfully") {
			t.Errorf("%d: %s", both.Status, both.Main(t))
		}
		if got := ben.Post(path+"/texts/en", both.Form(t, path+"/texts/en")); got.Status != http.StatusSeeOther {
			t.Errorf("knowingly: %d", got.Status)
		}
		if got := ada.Post(path, url.Values{"do": {"open"}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		public := a.Client(t).Get("/letters/open-the-granary-of-lower-varrow")
		if public.Status != http.StatusOK || !strings.Contains(public.Body, "With respect,") {
			t.Errorf("%d", public.Status)
		}
		// The next edition wants a second member, who is shown the very text that was asked about.
		next := ada.Get(path+"/texts/en").Form(t, path+"/texts/en")
		next.Set("body", strings.Replace(next.Get("body"), "by 1 May 2031", "by 1 June 2031", 1))
		next.Set("d0-text", "to tell the families why")
		hidden := maps.Clone(next)
		hidden.Set("body", next.Get("body")+"\n\n<!-- We give up. -->")
		if got := ada.Post(path+"/texts/en", hidden); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "&lt;!-- We give up. --&gt;") {
			t.Errorf("words that would be signed and not shown: %d", got.Status)
		}
		next.Set("do", "autosave")
		if got := ada.Post(path+"/texts/en", next); got.Status != http.StatusOK || !strings.Contains(got.Body, `"base"`) {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
		if got := ada.Post(path, url.Values{"do": {"publish"}}); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("an edition that says nothing of what it changes: %d", got.Status)
		}
		if got := ada.Post(path, url.Values{"do": {"publish"}, "follows": {"substantive"}}); got.Header.Get("Location") != path+"?done=asked" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		approval := ben.Get(path).Form(t, path+"/approvals")
		approval.Set("do", "approve")
		if got := ada.Post(path+"/approvals", approval); got.Status != http.StatusForbidden {
			t.Errorf("who asked approves: %d", got.Status)
		}
		if l, err := a.Letters.Find(t.Context(), "open-the-granary-of-lower-varrow"); err != nil || l.Edition.Number != 1 {
			t.Errorf("%d, %v", l.Edition.Number, err)
		}
		if got := ben.Post(path+"/approvals", approval); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		l, err := a.Letters.Find(t.Context(), "open-the-granary-of-lower-varrow")
		if err != nil || l.Edition.Number != 2 || l.Edition.Follows != letter.FollowsSubstantive ||
			!strings.Contains(l.Edition.Text("en").Canonical(), "\n1) to open the granary by 1 June 2031;\n2) to publish its records.\n3) to tell the families why\n") {
			t.Errorf("%+v, %v", l.Edition, err)
		}
		if got := ben.Post(path+"/approvals", approval); got.Status != http.StatusGone {
			t.Errorf("approved twice: %d", got.Status)
		}
		if got := ada.Post(path, url.Values{"do": {"close"}}); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("closing without being sure: %d", got.Status)
		}
		if got := ada.Post(path, url.Values{"do": {"close"}, "sure": {"1"}}); got.Status != http.StatusSeeOther {
			t.Errorf("%d", got.Status)
		}
		if !strings.Contains(ada.Get(path).Body, `value="reopen"`) {
			t.Error("no button opens the letter again")
		}
		if got := ada.Post(path, url.Values{"do": {"reopen"}}); got.Status != http.StatusSeeOther {
			t.Errorf("opening again: %d", got.Status)
		}
		if l, err := a.Letters.Find(t.Context(), l.Slug); err != nil || l.State != letter.Open {
			t.Errorf("%s, %v", l.State, err)
		}
		if got := ada.Post(path, url.Values{"do": {"reopen"}}); got.Status != http.StatusConflict {
			t.Errorf("opening what is open: %d", got.Status)
		}
		trail := ada.Get(path + "/trail").Main(t)
		for _, act := range []string{"began the letter", "opened the letter", "asked a second member", "approved", "closed the letter", "opened the letter again"} {
			if !strings.Contains(trail, act) {
				t.Errorf("the trail does not say %q: %s", act, trail)
			}
		}
	})
}

// A line that was left out of a file is named, and goes back into the text at one press; the rest of the form stays as it is.
func TestDesk_putsBackWhatWasLeftOut(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	const file = "# Open the granary\n\nDear Minister,\n\n<!-- The draft of May. -->\n\nAt least **40** families wait.[^1]\n\nYours sincerely,\n\nIda Moss\n\n[^1]: Our count.\n"
	read := ada.Send(t, "/desk/new", "file", "letter.md", []byte(file), url.Values{"do": {"read"}})
	form := read.Form(t, "/desk/new")
	if len(form["left"]) != 1 || !strings.Contains(form.Get("left"), "The draft of May.") || !strings.Contains(form.Get("left"), "line 5") {
		t.Fatalf("left out: %q of %s", form["left"], read.Main(t))
	}
	form.Set("title", "Open it")
	form.Set("back", "0")
	again := ada.Post("/desk/new", form).Form(t, "/desk/new")
	if again["left"] != nil || again.Get("title") != "Open it" || !strings.Contains(again.Get("body"), "The draft of May.") ||
		len(letter.Hidden(again.Get("body"))) > 0 || !strings.HasSuffix(again.Get("body"), "[^1]: Our count.") {
		t.Errorf("after it is put back: %q", again)
	}
}

// What is asked of a second member is what is carried out: a text changed meanwhile is not published by it.
func TestDesk_anApprovalIsOfTheVeryText(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
	const path = "/desk/letters/" + testkit.Slug
	write := func(closing string) {
		form := ada.Get(path+"/texts/en").Form(t, path+"/texts/en")
		form.Set("closing", closing)
		if got := ada.Post(path+"/texts/en", form); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
	}
	write("First,")
	if got := ada.Post(path, url.Values{"do": {"publish"}, "follows": {"cosmetic"}}); got.Status != http.StatusSeeOther {
		t.Fatal(got.Status)
	}
	approval := ben.Get(path).Form(t, path+"/approvals")
	approval.Set("do", "approve")
	write("Second,")
	if got := ben.Post(path+"/approvals", approval); got.Status != http.StatusConflict {
		t.Errorf("%d: %s", got.Status, got.Main(t))
	}
	if l, err := a.Letters.Find(t.Context(), testkit.Slug); err != nil || l.Edition.Number != 1 {
		t.Errorf("edition %d, %v", l.Edition.Number, err)
	}
}

// Held signatures are shown with their reason, but no name that is for nobody; they are counted or removed.
func TestDesk_vetting(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		for i, name := range []string{"Pаul Rook", "Nоra Vale", "Hidden Наme"} { // Cyrillic letters among Latin ones
			form := testkit.SignForm(name, []string{"paul", "nora", "hidden"}[i]+"@rook.example")
			if i == 2 {
				form.Set("listing", "counted")
			}
			c := a.Client(t)
			_, mail := a.Sign(t, c, form)
			if got := c.Post("/confirm/"+mail.Token(), url.Values{"do": {"confirm"}}); got.Status >= 400 {
				t.Fatalf("%d: %s", got.Status, got.Main(t))
			}
		}
		const path = "/desk/letters/" + testkit.Slug + "/signatures"
		page := ada.Get(path)
		if text := page.Main(t); !strings.Contains(text, "Rook") || !strings.Contains(text, "Vale") || strings.Contains(text, "Hidden") {
			t.Errorf("%d: %s", page.Status, text)
		}
		ids := testkit.Values(page.Doc(t), "id")
		if len(ids) != 3 {
			t.Fatalf("%q", ids)
		}
		if got := ada.Post(path, url.Values{"do": {"release"}}); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("nothing chosen: %d", got.Status)
		}
		if got := ada.Post(path, url.Values{"do": {"ask"}, "id": ids, "question": {" "}}); got.Status != http.StatusUnprocessableEntity ||
			strings.Count(got.Body, " checked") != 3 {
			t.Errorf("no question: %d", got.Status)
		}
		reviewer := a.Member(t, testkit.Lead, account.Reviewer, "rev@lantern.example")
		if got := reviewer.Post(path, url.Values{"do": {"ask"}, "id": ids, "question": {"Who are you?"}}); got.Status != http.StatusForbidden {
			t.Errorf("a reviewer asks: %d", got.Status)
		}
		if got := ada.Post(path, url.Values{"do": {"ask"}, "id": ids, "question": {"Which office is yours?"}}); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		for _, name := range []string{"paul", "nora", "hidden"} {
			m := a.Inbox.Wait(t, name+"@rook.example")
			if !strings.Contains(m.Text, "Which office is yours?") || m.Header.Get("Reply-To") != "<ada@lantern.example>" || strings.Contains(m.Text, "Rook") {
				t.Errorf("the question to %s: %q\n%s", name, m.Header.Get("Reply-To"), m.Text)
			}
		}
		if got := ada.Post(path, url.Values{"do": {"release"}, "id": ids[:1]}); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		sure := ada.Post(path, url.Values{"do": {"remove"}, "reason": {"fraud"}, "id": ids[1:]})
		if l, err := a.Signing.Holds.List(t.Context(), testkit.Letter(t, a.App).ID, signing.StateHeld, 0, 9); err != nil || len(l) != 2 ||
			sure.Status != http.StatusOK {
			t.Errorf("asking removes: %d held, %d, %v", len(l), sure.Status, err)
		}
		form := sure.Form(t, path)
		form.Set("do", "sure")
		if got := ada.Post(path, form); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		if l, err := a.Signing.Holds.List(t.Context(), testkit.Letter(t, a.App).ID, signing.StateRemoved, 0, 9); err != nil || len(l) != 2 {
			t.Errorf("%d removed, %v", len(l), err)
		}
		a.Publish(t)
		if days, err := a.Roll.Daily(t.Context(), testkit.Letter(t, a.App).ID); err != nil || len(days) != 1 || days[0].Persons != 1 ||
			days[0].Organisations != 0 {
			t.Errorf("%+v, %v", days, err)
		}
	})
}

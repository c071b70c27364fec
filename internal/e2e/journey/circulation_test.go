package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var hexLine = regexp.MustCompile(`(?m)^[0-9a-f]{64}$`)

// A draft goes to three readers, one of whom comes to lead it; its text is frozen, and what is published has the hash that was mailed.
func TestCirculation_fromTheFirstMailToThePublishedText(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		text := letter.Text{Language: "en", Title: "Open the quay", Body: "The quay is shut.\n\nForty families wait.",
			Demands: []letter.Demand{{Number: "1", Text: "Open it."}}}
		if _, err := a.Letters.Create(t.Context(), "quay", &text, letter.Settings{Leads: []string{testkit.Lead}}, ada.Session.User.ID); err != nil {
			t.Fatal(err)
		}
		const board, path = "/desk/letters/quay", "/desk/letters/quay/circulation"
		post := func(c *testkit.Client, to string, form url.Values, status int) testkit.Answer {
			t.Helper()
			got := c.Post(to, form)
			if got.Status != status {
				t.Fatalf("%v: %d, want %d: %.600s", form, got.Status, status, got.Main(t))
			}
			return got
		}
		form := url.Values{"do": {"send"}, "language": {"en"}, "zone": {"UTC"}, "soft_day": {"2099-03-01"}, "hard_day": {"2099-02-01"}, "hard_hour": {"12:00"},
			"readers": {"River Watch <office@river.example>\nStone Law Clinic, desk@stone.example\nnobody"}}
		if got := post(ada.Client, path, form, http.StatusUnprocessableEntity); !strings.Contains(got.Body, "nobody") ||
			!strings.Contains(got.Body, `href="#f-readers"`) {
			t.Errorf("%.600s", got.Main(t))
		}
		form.Set("readers", "River Watch <office@river.example>\nStone Law Clinic, desk@stone.example\nOlive Press\twatch@olive.example")
		if got := post(ada.Client, path, form, http.StatusUnprocessableEntity); !strings.Contains(got.Body, `href="#f-soft_day"`) {
			t.Errorf("the days the wrong way round: %.600s", got.Main(t))
		}
		form.Set("hard_day", "2099-03-08")
		for range 2 { // a form that is sent twice
			post(ada.Client, path, form, http.StatusSeeOther)
		}
		links := map[string]string{}
		people := map[string]string{"office@river.example": "River Watch", "desk@stone.example": "Stone Law Clinic", "watch@olive.example": "Olive Press"}
		for address := range people {
			m := a.Inbox.Wait(t, address)
			links[address] = strings.TrimPrefix(m.Link, a.URL)
			if !strings.HasPrefix(links[address], "/circulation/") || strings.Count(m.Text, "/circulation/") != 1 ||
				!strings.Contains(m.Text, "Open the quay") {
				t.Errorf("%s: %s", address, m.Text)
			}
			for _, name := range people {
				if strings.Contains(string(m.Raw), name) {
					t.Errorf("the mail to %s names %s", address, name)
				}
			}
		}
		river, stone, olive := a.Client(t), a.Client(t), a.Client(t)
		riverPath, stonePath, olivePath := links["office@river.example"], links["desk@stone.example"], links["watch@olive.example"]
		before := a.Settled(t)
		for _, link := range links { // as a scanner does
			got := a.Client(t).Get(link)
			if got.Status != http.StatusOK || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Set-Cookie") != "" ||
				!strings.Contains(got.Body, `name="robots" content="noindex"`) || !strings.Contains(got.Body, "Forty families wait.") {
				t.Fatalf("%d %v: %.600s", got.Status, got.Header, got.Main(t))
			}
		}
		if after := a.Settled(t); after != before {
			t.Errorf("reading changed the database:\n%s", testkit.FirstDifference(before, after))
		}
		if got := a.Client(t).Get("/letters/quay"); got.Status != http.StatusNotFound {
			t.Errorf("the draft is public: %d", got.Status)
		}
		// Remarks and answers.
		families := letter.Paragraphs(text)[2].Anchor
		say := url.Values{"do": {"remark"}, "anchor": {families}, "number": {"2"}, "language": {"en"}, "text": {" "}}
		post(river, riverPath, say, http.StatusUnprocessableEntity)
		say.Set("text", "Who counted them? <script>alert(1)</script>")
		got := post(river, riverPath, say, http.StatusSeeOther)
		if !strings.HasSuffix(got.Header.Get("Location"), "#p2") {
			t.Errorf("to %s", got.Header.Get("Location"))
		}
		if got := stone.Get(stonePath).Main(t); !strings.Contains(got, "Who counted them?") || !strings.Contains(got, "Another reader") ||
			strings.Contains(got, "River Watch") || strings.Contains(stone.Get(stonePath).Body, "<script>alert") {
			t.Errorf("%s", got)
		}
		post(river, riverPath, url.Values{"do": {"answer"}, "answer": {"in"}, "name": {"River Watch International"}, "named": {"1"}}, http.StatusSeeOther)
		post(olive, olivePath, url.Values{"do": {"answer"}, "answer": {"in"}, "name": {"Olive Press"}}, http.StatusSeeOther)
		post(olive, olivePath, url.Values{"do": {"answer"}, "name": {""}}, http.StatusUnprocessableEntity)
		if got := stone.Get(stonePath).Main(t); strings.Count(got, "River Watch International") != 2 || strings.Contains(got, "Olive Press") {
			t.Errorf("%s", got)
		}
		desk := ada.Get(path).Main(t)
		for _, want := range []string{"River Watch International", "Olive Press", "desk@stone.example", "Who counted them?"} {
			if !strings.Contains(desk, want) {
				t.Errorf("the desk does not show %q", want)
			}
		}
		remark := regexp.MustCompile(`name="id" value="([0-9a-z]+)"><button type="submit" class="plain" name="do" value="resolve"`).
			FindStringSubmatch(ada.Get(path).Body)
		if remark == nil {
			t.Fatal("no remark can be dealt with")
		}
		post(ada.Client, path, url.Values{"do": {"resolve"}, "id": {remark[1]}}, http.StatusSeeOther)
		post(ada.Client, path, url.Values{"do": {"reply"}, "anchor": {families}, "text_language": {"en"}, "text": {"The parish did."}}, http.StatusSeeOther)
		if got := river.Get(riverPath).Main(t); !strings.Contains(got, "The parish did.") || !strings.Contains(got, "settled") {
			t.Errorf("%s", got)
		}
		// Another organisation comes to lead, by its consent.
		sha := func() string {
			l, err := a.Letters.Find(t.Context(), "quay")
			if err != nil {
				t.Fatal(err)
			}
			return l.Edition.SHA256
		}
		lead := url.Values{"do": {"lead"}, "sha256": {sha()}, "lead_name": {"Stone Law Clinic"}, "consent": {"1"}}
		post(stone, stonePath, lead, http.StatusForbidden)
		row := regexp.MustCompile(`Stone Law Clinic</bdi> [^§]*?name="id" value="([0-9a-z]+)"`).FindStringSubmatch(ada.Get(path).Body)
		post(ada.Client, path, url.Values{"do": {"lead"}, "id": {row[1]}}, http.StatusSeeOther)
		if m := a.Inbox.Wait(t, "desk@stone.example"); strings.TrimPrefix(m.Link, a.URL) != stonePath || !strings.Contains(m.Text, "lead organisation") {
			t.Errorf("%s", m.Text)
		}
		lead.Del("consent")
		post(stone, stonePath, lead, http.StatusUnprocessableEntity)
		lead.Set("consent", "1")
		lead.Set("lead_name", "LANTERN court watch")
		post(stone, stonePath, lead, http.StatusConflict) // has members here
		lead.Set("lead_name", "Stone Law Clinic")
		post(stone, stonePath, lead, http.StatusSeeOther)
		// A change wants another approval.
		edit := ada.Get(board+"/texts/en").Form(t, board+"/texts/en")
		edit.Set("body", "The quay is shut.\n\nForty-two families wait.")
		post(ada.Client, board+"/texts/en", edit, http.StatusSeeOther)
		if got := post(ada.Client, board, url.Values{"do": {"open"}}, http.StatusConflict); !strings.Contains(got.Main(t), "Stone Law Clinic") {
			t.Errorf("%s", got.Main(t))
		}
		post(stone, stonePath, lead, http.StatusConflict) // of the text before
		lead.Set("sha256", sha())
		post(stone, stonePath, lead, http.StatusSeeOther)
		// The hash is mailed, and a change lifts the freeze.
		post(ada.Client, path, url.Values{"do": {"freeze"}, "sha256": {"0"}}, http.StatusConflict)
		for range 2 {
			post(ada.Client, path, url.Values{"do": {"freeze"}, "sha256": {sha()}}, http.StatusSeeOther)
		}
		mailed := ""
		for address := range people {
			m := a.Inbox.Wait(t, address)
			if mailed = hexLine.FindString(m.Text); mailed != sha() || strings.TrimPrefix(m.Link, a.URL) != links[address] ||
				!strings.Contains(m.Text, "edition 1") {
				t.Errorf("%s: %s", address, m.Text)
			}
		}
		if got := ada.Get(board + "/texts/en"); !strings.Contains(got.Main(t), "it has to be settled anew") {
			t.Error("the text form does not say that the text is frozen")
		}
		edit = ada.Get(board+"/texts/en").Form(t, board+"/texts/en")
		edit.Set("closing", "Yours,")
		post(ada.Client, board+"/texts/en", edit, http.StatusSeeOther)
		if got := ada.Get(path).Main(t) + ada.Get(board).Main(t); strings.Count(got, "changed since") < 2 {
			t.Errorf("%s", got)
		}
		edit = ada.Get(board+"/texts/en").Form(t, board+"/texts/en")
		edit.Set("closing", "")
		post(ada.Client, board+"/texts/en", edit, http.StatusSeeOther)
		// Every lead has approved, or opens it.
		post(ada.Client, board, url.Values{"do": {"open"}}, http.StatusSeeOther)
		file := a.Client(t).Get("/letters/quay/editions/1.en.md")
		if sum := sha256.Sum256([]byte(file.Body)); hex.EncodeToString(sum[:]) != mailed {
			t.Errorf("published is %x, mailed was %s", sum, mailed)
		}
		if got := a.Client(t).Get("/letters/quay"); got.Status != http.StatusOK || !strings.Contains(got.Body, "Stone Law Clinic") {
			t.Errorf("%d", got.Status)
		}
		if got := river.Get(riverPath); got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/letters/quay" {
			t.Errorf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		if n := a.Inbox.Count(); n != 7 {
			t.Errorf("%d mails", n)
		}
		// The next edition is published by the partner's press, behind the same link, and shows what would change.
		edit = ada.Get(board+"/texts/en").Form(t, board+"/texts/en")
		edit.Set("body", "The quay is shut, and guarded.\n\nForty-two families wait.")
		post(ada.Client, board+"/texts/en", edit, http.StatusSeeOther)
		post(ada.Client, board, url.Values{"do": {"publish"}, "follows": {"substantive"}}, http.StatusSeeOther)
		waits := a.Inbox.Wait(t, "desk@stone.example")
		if strings.TrimPrefix(waits.Link, a.URL) != stonePath || !strings.Contains(waits.Subject, "approve the new text") {
			t.Errorf("%s: %s", waits.Subject, waits.Text)
		}
		shown := stone.Get(stonePath)
		if main := shown.Main(t); !strings.Contains(main, "The quay is shut , and guarded.") && !strings.Contains(main, "and guarded") {
			t.Errorf("%s", main)
		}
		asks := shown.Form(t, stonePath)
		post(stone, stonePath, url.Values{"do": {"object"}, "sha256": {asks.Get("sha256")}, "words": {"Who guards it?"}}, http.StatusSeeOther)
		if m := a.Inbox.Wait(t, ada.Session.User.Email); !strings.Contains(m.Subject, "objects") || strings.Contains(m.Text, "Who guards it?") {
			t.Errorf("%s: %s", m.Subject, m.Text)
		}
		if got := ada.Get(board + "/agreement").Main(t); !strings.Contains(got, "Who guards it?") {
			t.Errorf("%s", got)
		}
		post(stone, stonePath, url.Values{"do": {"approve"}, "sha256": {asks.Get("sha256")}}, http.StatusSeeOther)
		if got := a.Client(t).Get("/letters/quay/editions/2.en.md"); got.Status != http.StatusOK || !strings.Contains(got.Body, "and guarded") {
			t.Errorf("%d %s", got.Status, got.Body)
		}
		log, dump := a.Log.String(), a.Settled(t)
		for _, secret := range []string{"river.example", "stone.example", "olive.example", "River Watch", "Olive Press", "Who counted",
			"The parish did", riverPath[len("/circulation/"):]} {
			if strings.Contains(log, secret) {
				t.Errorf("the log holds %q", secret)
			}
			if strings.Contains(dump, secret) {
				t.Errorf("the database holds %q in the clear", secret)
			}
		}
	})
}

// A lead organisation whose members are at the desk approves there, and an organisation with members joins by one of them.
func TestCirculation_leadsWithMembers(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	if err := a.Letters.Directory.Put(t.Context(), account.Organisation{Slug: "quay-clinic", Names: map[string]string{"en": "Quay Clinic"}}); err != nil {
		t.Fatal(err)
	}
	ben := a.Member(t, "quay-clinic", account.Editor, "ben@quay.example")
	if _, _, err := a.Letters.Import(t.Context(),
		letter.Import{Slug: "quay", Text: letter.Text{Language: "en", Title: "Open the quay", Body: "It is shut."},
			Settings: letter.Settings{Leads: []string{testkit.Lead}}}); err != nil {
		t.Fatal(err)
	}
	const path = "/desk/letters/quay/circulation"
	form := url.Values{"do": {"send"}, "language": {"en"}, "zone": {"UTC"}, "lead": {"1"}, "soft_day": {"2099-03-01"}, "hard_day": {"2099-03-08"},
		"readers": {"Quay Clinic <ben@quay.example>"}}
	if got := ada.Post(path, form); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Main(t))
	}
	link := strings.TrimPrefix(a.Inbox.Wait(t, "ben@quay.example").Link, a.URL)
	l, err := a.Letters.Find(t.Context(), "quay")
	if err != nil {
		t.Fatal(err)
	}
	if got := ben.Get(path); got.Status != http.StatusNotFound {
		t.Errorf("before joining: %d", got.Status)
	}
	consent := url.Values{"do": {"lead"}, "sha256": {l.Edition.SHA256}, "as": {"quay-clinic"}, "consent": {"1"}}
	if got := ada.Post(link, consent); got.Status != http.StatusForbidden {
		t.Errorf("somebody else's organisation: %d", got.Status)
	}
	if got := ben.Get(link); !strings.Contains(got.Body, `value="quay-clinic"`) {
		t.Errorf("%s", got.Main(t))
	}
	if got := ben.Post(link, consent); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Main(t))
	}
	edit := ada.Get("/desk/letters/quay/texts/en").Form(t, "/desk/letters/quay/texts/en")
	edit.Set("body", "It is still shut.")
	if got := ada.Post("/desk/letters/quay/texts/en", edit); got.Status != http.StatusSeeOther {
		t.Fatalf("%d", got.Status)
	}
	if got := ada.Post("/desk/letters/quay", url.Values{"do": {"open"}}); got.Status != http.StatusConflict {
		t.Errorf("opened without the other lead: %d", got.Status)
	}
	approve := ben.Get(path).Form(t, path)
	approve.Set("do", "approve")
	if l, err = a.Letters.Find(t.Context(), "quay"); err != nil {
		t.Fatal(err)
	}
	approve.Set("sha256", l.Edition.SHA256)
	if got := ben.Post(path, approve); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Main(t))
	}
	if got := ada.Post("/desk/letters/quay", url.Values{"do": {"open"}}); got.Status != http.StatusSeeOther {
		t.Errorf("%d: %s", got.Status, got.Main(t))
	}
}

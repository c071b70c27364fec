package app_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// Who may use a route of the desk.
const (
	anybody  = "anybody"  // who has no session either
	user     = "user"     // who is signed in
	operator = "operator" // who runs the instance
)

// deskRules are all routes of the desk with the least that lets somebody use each. Another organisation's owner is always
// answered as if there were nothing.
var deskRules = map[string]string{
	"GET /desk/sign-in":       anybody,
	"POST /desk/sign-in":      anybody,
	"GET /desk/join/{token}":  anybody,
	"POST /desk/join/{token}": anybody,

	"POST /desk/sign-out":             user,
	"GET /desk":                       user,
	"GET /desk/account":               user,
	"POST /desk/account":              user,
	"GET /desk/account/recovery":      user,
	"GET /desk/new":                   user,
	"POST /desk/new":                  user,
	"GET /desk/jobs":                  operator,
	"POST /desk/jobs":                 operator,
	"GET /desk/organisations":         operator,
	"POST /desk/organisations":        operator,
	"GET /desk/organisations/{slug}":  string(account.Viewer),
	"POST /desk/organisations/{slug}": string(account.Owner),

	"GET /desk/letters/{slug}":                          string(account.Viewer),
	"POST /desk/letters/{slug}":                         string(account.Editor),
	"POST /desk/letters/{slug}/approvals":               string(account.Editor),
	"GET /desk/letters/{slug}/settings":                 string(account.Editor),
	"POST /desk/letters/{slug}/settings":                string(account.Editor),
	"GET /desk/letters/{slug}/texts/{language}":         string(account.Editor),
	"POST /desk/letters/{slug}/texts/{language}":        string(account.Editor),
	"GET /desk/letters/{slug}/texts/{language}/preview": string(account.Viewer),
	"GET /desk/letters/{slug}/signatures":               string(account.Reviewer),
	"POST /desk/letters/{slug}/signatures":              string(account.Reviewer),
	"GET /desk/letters/{slug}/invitations":              string(account.Editor),
	"POST /desk/letters/{slug}/invitations":             string(account.Editor),
	"GET /desk/letters/{slug}/trail":                    string(account.Viewer),

	"GET /desk/letters/{slug}/exports":  string(account.Editor),
	"POST /desk/letters/{slug}/exports": string(account.Editor),

	"GET /desk/letters/{slug}/intake":       string(account.Editor),
	"POST /desk/letters/{slug}/intake":      string(account.Editor),
	"GET /desk/letters/{slug}/intake/{id}":  string(account.Editor),
	"POST /desk/letters/{slug}/intake/{id}": string(account.Editor),
	"GET /desk/letters/{slug}/circulation":  string(account.Editor),
	"POST /desk/letters/{slug}/circulation": string(account.Editor),
}

var deskLine = regexp.MustCompile(`s\.(?:handle|desk)\("((?:GET|POST) /desk[^"]*)"`)

// Every route of the desk, for every role and for the owner of another organisation.
func TestDesk_whoMayWhat(t *testing.T) {
	source, err := os.ReadFile("../web/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, m := range deskLine.FindAllStringSubmatch(string(source), -1) {
		routes = append(routes, m[1])
		if deskRules[m[1]] == "" {
			t.Errorf("nothing says who may use %s", m[1])
		}
	}
	if len(routes) != len(deskRules) {
		t.Errorf("%d routes, %d rules", len(routes), len(deskRules))
	}
	onBothEngines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		lead := a.Operator(t)
		if err := a.Letters.PutOrganisation(t.Context(), account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}); err != nil {
			t.Fatal(err)
		}
		people := map[string]*testkit.Editor{
			"nobody": {Client: a.Client(t)}, "other": a.Member(t, "quay", account.Owner, "other@quay.example"),
			string(account.Viewer): a.Member(t, testkit.Lead, account.Viewer, "v@lantern.example"), string(account.Reviewer): a.Member(t, testkit.Lead, account.Reviewer, "r@lantern.example"),
			string(account.Editor): a.Member(t, testkit.Lead, account.Editor, "e@lantern.example"), string(account.Owner): a.Member(t, testkit.Lead, account.Owner, "o@lantern.example"),
			operator: lead,
		}
		// The operator is an operator only: no role follows from it.
		if err := a.Accounts.SetRole(t.Context(), lead.Session.Members[0].Organisation.ID, lead.Session.User.ID, account.Nobody, 0); err != nil {
			t.Fatal(err)
		}
		slices.Sort(routes) // POST after GET, so that signing out does not come first
		tried := 0
		for _, route := range routes {
			if route == "POST /desk/sign-out" {
				continue // tried alone
			}
			method, path, _ := strings.Cut(route, " ")
			path = strings.NewReplacer("/organisations/{slug}", "/organisations/"+testkit.Lead, "{slug}", testkit.Slug, "{language}", "en", "{token}", "x", "{id}", "x").Replace(path)
			for who, e := range people {
				tried++
				var got testkit.Answer
				if method == http.MethodGet {
					got = e.Get(path)
				} else {
					got = e.Post(path, url.Values{"do": {"nothing"}})
				}
				if got.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.Header.Get("Content-Security-Policy"), everyAnswer["Content-Security-Policy"]) {
					t.Errorf("%s for %s: %v", route, who, got.Header)
				}
				if want := mayUse(deskRules[route], who, method); !slices.Contains(want, got.Status) {
					t.Errorf("%s for %s: %d, want one of %v", route, who, got.Status, want)
				}
			}
		}
		if tried < 25*7 {
			t.Errorf("only %d were tried", tried)
		}
	})
}

// mayUse returns the statuses that an answer may have.
func mayUse(rule, who, method string) []int {
	carriedOut := []int{http.StatusOK, http.StatusSeeOther, http.StatusUnprocessableEntity, http.StatusGone, http.StatusConflict}
	rank := []string{string(account.Viewer), string(account.Reviewer), string(account.Editor), string(account.Owner)}
	switch {
	case rule == anybody:
		return carriedOut
	case who == "nobody" && method == http.MethodGet:
		return []int{http.StatusSeeOther} // to the page that signs in
	case who == "nobody":
		return []int{http.StatusForbidden}
	case rule == user:
		return append(carriedOut, http.StatusForbidden) // a viewer begins no letter
	case rule == operator && who == operator:
		return carriedOut
	case rule == operator, who == "other", who == operator:
		return []int{http.StatusNotFound}
	case slices.Index(rank, who) < slices.Index(rank, rule):
		return []int{http.StatusForbidden}
	}
	return carriedOut
}

// A form that another site makes a browser send changes nothing, a sign-in never takes over a session that was there
// before, and one that ended is not good any more.
func TestDesk_sessions(t *testing.T) {
	onBothEngines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		e := a.Operator(t)
		for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			for _, path := range []string{"/desk/sign-out", "/desk/letters/" + testkit.Slug, "/desk/organisations", "/desk/sign-in"} {
				if got := e.Do(http.MethodPost, path, strings.NewReader("do=close&sure=1"), append(from, "Content-Type", urlencoded)...); got.Status != http.StatusForbidden {
					t.Errorf("%s with %s: %d", path, from, got.Status)
				}
			}
		}
		if l, err := a.Letters.Find(t.Context(), testkit.Slug); err != nil || l.State != letter.Open {
			t.Errorf("%s, %v", l.State, err)
		}
		before := e.Cookie("__Host-desk").Value
		// The code that set up the account is spent: a recovery code takes its place.
		code := a.Accounts.RecoveryCodes(e.Session.User)[0]
		got := e.Post("/desk/sign-in", url.Values{"email": {"ada@lantern.example"}, "password": {testkit.Password}, "code": {code}, "to": {"//evil.example/desk"}})
		if got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/desk" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		after := *e.Cookie("__Host-desk")
		if after.Value == before || !after.HttpOnly || !after.Secure || after.Path != "/" {
			t.Errorf("%+v", after)
		}
		if _, err := a.Accounts.Session(t.Context(), before); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the session from before: %v", err)
		}
		if got := e.Post("/desk/sign-out", url.Values{}); got.Status != http.StatusSeeOther {
			t.Errorf("signing out: %d", got.Status)
		}
		if _, err := a.Accounts.Session(t.Context(), after.Value); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the session after signing out: %v", err)
		}
		wrong := e.Post("/desk/sign-in", url.Values{"email": {"ada@lantern.example"}, "password": {"wrong"}, "code": {"1"}})
		nobody := e.Post("/desk/sign-in", url.Values{"email": {"ada@lantern.example"}, "password": {"wrong"}, "code": {"2"}})
		if wrong.Status != http.StatusUnprocessableEntity || strings.Contains(wrong.Body, `value="wrong"`) || !strings.Contains(wrong.Body, `value="ada@lantern.example"`) || wrong.Main(t) != nobody.Main(t) {
			t.Errorf("%d: %.300s", wrong.Status, wrong.Main(t))
		}
		log := a.Log.String()
		for _, secret := range []string{"ada@lantern", "Lindqvist", before, after.Value, code} {
			if strings.Contains(log, secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

const pasted = "Open the granary of Lower Varrow\n\nTo Mr Otto Brandt, Minister of Supply\n\nDear Minister,\n\nAt least 40 families wait.\n\nWe ask you:\n\n1. to open the granary by 1 May 2031;\n2. to publish its records.\n\nYours sincerely,"

// upload gives the page for a new letter a file.
func upload(t *testing.T, e *testkit.Editor, name string, data []byte, fields url.Values) testkit.Answer {
	t.Helper()
	return send(t, e, "/desk/new", "file", name, data, fields)
}

// formOf returns what a page's form with that button would send.
func formOf(t *testing.T, a testkit.Answer, action string) url.Values {
	t.Helper()
	v := testkit.Fields(a.Doc(t), action)
	if len(v) == 0 {
		t.Fatalf("no form leads to %s: %.300s", action, a.Main(t))
	}
	return v
}

// A letter goes from a pasted text to a signed one, gets a second edition that a second member approves, and closes.
func TestDesk_aLettersLife(t *testing.T) {
	onBothEngines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		read := upload(t, ada, "", nil, url.Values{"text": {pasted}, "do": {"read"}})
		form := formOf(t, read, "/desk/new")
		if form.Get("title") != "Open the granary of Lower Varrow" || form.Get("a0-name") != "Otto Brandt" || form.Get("d1-text") == "" || form.Get("language") != "en" {
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
		settings := formOf(t, ada.Get(path+"/settings"), path+"/settings")
		if err := a.Letters.PutOrganisation(t.Context(), account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}); err != nil {
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
		hers, his := formOf(t, ada.Get(path+"/texts/en"), path+"/texts/en"), formOf(t, ben.Get(path+"/texts/en"), path+"/texts/en")
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
		if got := ben.Post(path+"/texts/en", formOf(t, both, path+"/texts/en")); got.Status != http.StatusSeeOther {
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
		next := formOf(t, ada.Get(path+"/texts/en"), path+"/texts/en")
		next.Set("d0-text", "to open the granary at once")
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
		approval := formOf(t, ben.Get(path), path+"/approvals")
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
		if err != nil || l.Edition.Number != 2 || l.Edition.Follows != letter.FollowsSubstantive || l.Edition.Text("en").Demands[0].Text != "to open the granary at once" {
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
		trail := ada.Get(path + "/trail").Main(t)
		for _, act := range []string{"began the letter", "opened the letter", "asked a second member", "approved", "closed the letter"} {
			if !strings.Contains(trail, act) {
				t.Errorf("the trail does not say %q: %s", act, trail)
			}
		}
	})
}

// What is asked of a second member is what is carried out: a text changed meanwhile is not published by it.
func TestDesk_anApprovalIsOfTheVeryText(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
	const path = "/desk/letters/" + testkit.Slug
	write := func(closing string) {
		form := formOf(t, ada.Get(path+"/texts/en"), path+"/texts/en")
		form.Set("closing", closing)
		if got := ada.Post(path+"/texts/en", form); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
	}
	write("First,")
	if got := ada.Post(path, url.Values{"do": {"publish"}, "follows": {"cosmetic"}}); got.Status != http.StatusSeeOther {
		t.Fatal(got.Status)
	}
	approval := formOf(t, ben.Get(path), path+"/approvals")
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
	onBothEngines(t, func(t *testing.T, engine store.Engine) {
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
		if got := ada.Post(path, url.Values{"do": {"ask"}, "id": ids, "question": {" "}}); got.Status != http.StatusUnprocessableEntity || strings.Count(got.Body, " checked") != 3 {
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
		if l, err := a.Signing.ListByState(t.Context(), letterID(t, a), signing.StateHeld, 0, 9); err != nil || len(l) != 2 || sure.Status != http.StatusOK {
			t.Errorf("asking removes: %d held, %d, %v", len(l), sure.Status, err)
		}
		form := formOf(t, sure, path)
		form.Set("do", "sure")
		if got := ada.Post(path, form); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		if l, err := a.Signing.ListByState(t.Context(), letterID(t, a), signing.StateRemoved, 0, 9); err != nil || len(l) != 2 {
			t.Errorf("%d removed, %v", len(l), err)
		}
		a.Publish(t)
		if days, err := a.Roll.Daily(t.Context(), letterID(t, a)); err != nil || len(days) != 1 || days[0].Persons != 1 || days[0].Organisations != 0 {
			t.Errorf("%+v, %v", days, err)
		}
	})
}

func letterID(t *testing.T, a *testkit.Running) letter.ID {
	t.Helper()
	l, err := a.Letters.Find(t.Context(), testkit.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return l.ID
}

// Files and forms that are wrong are answered by the page they came from, with what was typed, and make nothing.
func TestDesk_badInput(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	for name, c := range map[string]struct {
		file   string
		data   []byte
		text   string
		status int
	}{
		"nothing":    {"", nil, "", http.StatusUnprocessableEntity},
		"not UTF-8":  {"x.txt", []byte{'a', 0xff, 0xfe, 0x80, 'b'}, "", http.StatusUnprocessableEntity},
		"no Word":    {"x.docx", []byte("hello"), "", http.StatusUnprocessableEntity},
		"an unknown": {"x.exe", []byte("MZ"), "", http.StatusUnprocessableEntity},
		"large":      {"x.txt", bytes.Repeat([]byte("a "), 6<<20), "", http.StatusRequestEntityTooLarge},
		"long text":  {"", nil, strings.Repeat("a ", 1<<20), http.StatusRequestEntityTooLarge},
	} {
		got := upload(t, ada, c.file, c.data, url.Values{"text": {c.text}, "do": {"read"}})
		if got.Status != c.status || !strings.Contains(got.Body, "/desk/new") && got.Status == http.StatusUnprocessableEntity {
			t.Errorf("%s: %d: %.300s", name, got.Status, got.Main(t))
		}
	}
	if got := ada.Do(http.MethodPost, "/desk/new", io.LimitReader(rubbish{}, 4096), "Content-Type", "multipart/form-data; boundary=x"); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("no parts: %d", got.Status)
	}
	all, err := a.Letters.ListAll(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("%d letters, %v", len(all), err)
	}
}

type rubbish struct{}

func (rubbish) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i * 7)
	}
	return len(b), nil
}

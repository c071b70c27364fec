package promise

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/letter"
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
	"GET /desk/mail":                  operator,
	"POST /desk/mail":                 operator,
	"GET /desk/mail/{id}":             operator,
	"POST /desk/mail/{id}":            operator,
	"GET /desk/mail/{id}/{part}":      operator,
	"GET /desk/organisations":         operator,
	"POST /desk/organisations":        operator,
	"GET /desk/organisations/{slug}":  string(account.Viewer),
	"POST /desk/organisations/{slug}": string(account.Owner),

	"GET /desk/letters/{slug}":                          string(account.Viewer),
	"POST /desk/letters/{slug}":                         string(account.Editor),
	"POST /desk/letters/{slug}/approvals":               string(account.Editor),
	"GET /desk/letters/{slug}/demands":                  string(account.Editor),
	"POST /desk/letters/{slug}/demands":                 string(account.Editor),
	"GET /desk/letters/{slug}/mail":                     string(account.Editor),
	"POST /desk/letters/{slug}/mail":                    string(account.Editor),
	"GET /desk/letters/{slug}/mail/{id}":                string(account.Editor),
	"POST /desk/letters/{slug}/mail/{id}":               string(account.Editor),
	"GET /desk/letters/{slug}/mail/{id}/{part}":         string(account.Editor),
	"GET /desk/letters/{slug}/news":                     string(account.Editor),
	"POST /desk/letters/{slug}/news":                    string(account.Editor),
	"GET /desk/letters/{slug}/settings":                 string(account.Editor),
	"POST /desk/letters/{slug}/settings":                string(account.Editor),
	"GET /desk/letters/{slug}/texts/{language}":         string(account.Editor),
	"POST /desk/letters/{slug}/texts/{language}":        string(account.Editor),
	"POST /desk/letters/{slug}/texts/{language}/blocks": string(account.Editor),
	"GET /desk/letters/{slug}/texts/{language}/preview": string(account.Viewer),
	"GET /desk/letters/{slug}/signatures":               string(account.Reviewer),
	"POST /desk/letters/{slug}/signatures":              string(account.Reviewer),
	"GET /desk/letters/{slug}/invitations":              string(account.Editor),
	"POST /desk/letters/{slug}/invitations":             string(account.Editor),
	"GET /desk/letters/{slug}/texts":                    string(account.Viewer),
	"GET /desk/letters/{slug}/trail":                    string(account.Viewer),

	"GET /desk/letters/{slug}/deliveries":               string(account.Editor),
	"POST /desk/letters/{slug}/deliveries":              string(account.Editor),
	"GET /desk/letters/{slug}/addressees/{number}":      string(account.Editor),
	"POST /desk/letters/{slug}/addressees/{number}":     string(account.Editor),
	"GET /desk/letters/{slug}/deliveries/{id}/{number}": string(account.Editor),
	"GET /desk/letters/{slug}/answers":                  string(account.Editor),
	"POST /desk/letters/{slug}/answers":                 string(account.Editor),
	"GET /desk/letters/{slug}/answers/{id}":             string(account.Editor),
	"POST /desk/letters/{slug}/answers/{id}":            string(account.Editor),
	"GET /desk/letters/{slug}/answers/{id}/file":        string(account.Editor),
	"GET /desk/letters/{slug}/answers/{id}/copy":        string(account.Editor),
	"GET /desk/letters/{slug}/statements":               string(account.Editor),
	"POST /desk/letters/{slug}/statements":              string(account.Editor),
	"GET /desk/letters/{slug}/statements/{id}/file":     string(account.Editor),
	"GET /desk/letters/{slug}/documents":                string(account.Editor),
	"POST /desk/letters/{slug}/documents":               string(account.Editor),
	"GET /desk/letters/{slug}/documents/{file}":         string(account.Editor),
	"GET /desk/letters/{slug}/exports":                  string(account.Editor),
	"POST /desk/letters/{slug}/exports":                 string(account.Editor),

	"GET /desk/letters/{slug}/intake":            string(account.Editor),
	"POST /desk/letters/{slug}/intake":           string(account.Editor),
	"GET /desk/letters/{slug}/intake/{id}":       string(account.Editor),
	"POST /desk/letters/{slug}/intake/{id}":      string(account.Editor),
	"GET /desk/letters/{slug}/updates/{update}":  string(account.Editor),
	"POST /desk/letters/{slug}/updates/{update}": string(account.Editor),
	"GET /desk/letters/{slug}/agreement":         string(account.Editor),
	"POST /desk/letters/{slug}/agreement":        string(account.Editor),
	"GET /desk/letters/{slug}/circulation":       string(account.Editor),
	"POST /desk/letters/{slug}/circulation":      string(account.Editor),
}

// incoming has two mails come in: one that is given to the letter, and one that nobody can tell the letter of.
func incoming(t *testing.T, a *testkit.Running) (given, waiting string) {
	t.Helper()
	ids := make([]int64, 2)
	for i, l := range []store.LetterID{testkit.Letter(t, a.App).ID, 0} {
		raw := fmt.Sprintf("From: reader%d@post.example\r\nSubject: A question\r\nDate: Tue, 5 May 2026 10:00:00 +0000\r\n\r\nWho are you?\r\n", i)
		var err error
		if ids[i], err = a.App.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte(raw), Letter: l}); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the mail is looked at", func() bool {
			_, err := a.App.Inbox.Find(t.Context(), l, ids[i])
			return err == nil
		})
	}
	return strconv.FormatInt(ids[0], 36), strconv.FormatInt(ids[1], 36)
}

var deskLine = regexp.MustCompile(`s\.(?:handle|desk)\("((?:GET|POST) /desk[^"]*)"`)

// Every route of the desk, for every role and for the owner of another organisation.
func TestDesk_whoMayWhat(t *testing.T) {
	testkit.NotRaced(t)
	source, err := os.ReadFile("../../web/routes.go")
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
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		lead := a.Operator(t)
		if err := a.Letters.Directory.Put(t.Context(), account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}); err != nil {
			t.Fatal(err)
		}
		people := map[string]*testkit.Editor{
			"nobody": {Client: a.Client(t)}, "other": a.Member(t, "quay", account.Owner, "other@quay.example"),
			string(account.Viewer):   a.Member(t, testkit.Lead, account.Viewer, "v@lantern.example"),
			string(account.Reviewer): a.Member(t, testkit.Lead, account.Reviewer, "r@lantern.example"),
			string(account.Editor):   a.Member(t, testkit.Lead, account.Editor, "e@lantern.example"),
			string(account.Owner):    a.Member(t, testkit.Lead, account.Owner, "o@lantern.example"),
			operator:                 lead,
		}
		// The operator is an operator only: no role follows from it.
		if err := a.Accounts.Organisations.SetRole(t.Context(), lead.Session.Members[0].Organisation.ID, lead.Session.User.ID, account.Nobody, 0); err != nil {
			t.Fatal(err)
		}
		handed, came := handedAndAnswered(t, a)
		_, _, stated := office(t, a)
		given, waiting := incoming(t, a)
		slices.Sort(routes) // POST after GET, so that signing out does not come first
		tried := 0
		for _, route := range routes {
			if route == "POST /desk/sign-out" {
				continue // tried alone
			}
			method, path, _ := strings.Cut(route, " ")
			path = strings.NewReplacer("/organisations/{slug}", "/organisations/"+testkit.Lead, "{slug}", testkit.Slug, "{language}", "en",
				"/deliveries/{id}", "/deliveries/"+handed, "/answers/{id}", "/answers/"+came, "/statements/{id}", "/statements/"+stated,
				"/desk/mail/{id}/{part}", "/desk/mail/"+waiting+"/raw", "/desk/mail/{id}", "/desk/mail/"+waiting,
				"/mail/{id}/{part}", "/mail/"+given+"/raw", "/mail/{id}", "/mail/"+given,
				"{number}", "1", "{update}", "new", "{file}", "labels.pdf", "{token}", "x", "{id}", "x").Replace(path)
			for who, e := range people {
				tried++
				var got testkit.Answer
				if method == http.MethodGet {
					got = e.Get(path)
				} else {
					got = e.Post(path, url.Values{"do": {"nothing"}})
				}
				if got.Header.Get("Cache-Control") != "no-store" ||
					!strings.HasPrefix(got.Header.Get("Content-Security-Policy"), everyAnswer["Content-Security-Policy"]) &&
						got.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" { // of files of others
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
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		e := a.Operator(t)
		for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"},
			{"Origin", "null"}} {
			for _, path := range []string{"/desk/sign-out", "/desk/letters/" + testkit.Slug, "/desk/organisations", "/desk/sign-in"} {
				if got := e.Do(http.MethodPost, path, strings.NewReader("do=close&sure=1"),
					append(from, "Content-Type", testkit.Urlencoded)...); got.Status != http.StatusForbidden {
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
		got := e.Post("/desk/sign-in", url.Values{"email": {"ada@lantern.example"}, "password": {testkit.Password}, "code": {code},
			"to": {"//evil.example/desk"}})
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
		if wrong.Status != http.StatusUnprocessableEntity || strings.Contains(wrong.Body, `value="wrong"`) ||
			!strings.Contains(wrong.Body, `value="ada@lantern.example"`) || wrong.Main(t) != nobody.Main(t) {
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
		got := ada.Send(t, "/desk/new", "file", c.file, c.data, url.Values{"text": {c.text}, "do": {"read"}})
		if got.Status != c.status || !strings.Contains(got.Body, "/desk/new") && got.Status == http.StatusUnprocessableEntity {
			t.Errorf("%s: %d: %.300s", name, got.Status, got.Main(t))
		}
	}
	if got := ada.Do(http.MethodPost, "/desk/new", io.LimitReader(rubbish{}, 4096), "Content-Type",
		"multipart/form-data; boundary=x"); got.Status != http.StatusUnprocessableEntity {
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

// handedAndAnswered enters a delivery and what came back, each with its files, and returns their ids.
func handedAndAnswered(t *testing.T, a *testkit.Running) (handed, came string) {
	t.Helper()
	to, err := a.Deliveries.PutAddressee(t.Context(), testkit.Slug, delivery.AddresseeChange{Office: new("Ministry of Bridges"), Role: new(delivery.Asks)}, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := delivery.File{Role: delivery.Pack, Name: "letter.txt", Content: []byte("The letter.")}
	d, err := a.Deliveries.Deliver(t.Context(), testkit.Slug, delivery.HandOver{Addressee: to.Number, Channel: delivery.ByPost, Files: []delivery.File{file}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Deliveries.Receive(t.Context(), testkit.Slug, delivery.Came{Addressee: to.Number, Kind: delivery.Answered, At: a.DB.Now(), File: &file, Copy: &file}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return delivery.ID(d.ID), delivery.ID(r.ID)
}

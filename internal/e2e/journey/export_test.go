package journey

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const exportsPath = "/desk/letters/" + testkit.Slug + "/exports"

// A list with names that are not public is made when a second member has approved it, is fetched by those who may, and every
// step is in the trail, without a name.
func TestExport_atTheDesk(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		for name, listing := range map[string]string{"=Public Vale": "public", "Addressee Rook": "addressee", "Coalition Fenn": "coalition",
			"Counted Lund": "counted"} {
			c := a.Client(t)
			form := testkit.SignForm(name, strings.ToLower(strings.Fields(strings.Trim(name, "="))[0])+"@rook.example")
			form.Set("listing", listing)
			form.Set("title", "Cook")
			form.Set("country", "NO")
			_, mail := a.Sign(t, c, form)
			if got := c.Post("/confirm/"+mail.Token(), url.Values{"do": {"confirm"}}); got.Status >= 400 {
				t.Fatalf("%d: %s", got.Status, got.Main(t))
			}
		}
		a.Publish(t)
		form := ada.Get(exportsPath).Form(t, exportsPath)
		form.Set("do", "make")
		form.Set("audience", "everybody")
		if got := ada.Post(exportsPath, form); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%d", got.Status)
		}
		form.Set("audience", "public")
		ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		if got := ada.Post(exportsPath, form); got.Header.Get("Location") != exportsPath+"?done=exporting" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		ada.Until(t, exportsPath, "1 name")
		form.Set("audience", "addressee")
		if got := ada.Post(exportsPath, form); got.Header.Get("Location") != exportsPath+"?done=asked" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		const board = "/desk/letters/" + testkit.Slug
		waiting := ben.Get(board)
		if !strings.Contains(waiting.Main(t), "names that are not public. For the addressee") {
			t.Errorf("%s", waiting.Main(t))
		}
		approval := waiting.Form(t, board+"/approvals")
		approval.Set("do", "approve")
		if got := ben.Post(board+"/approvals", approval); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		ada.Until(t, exportsPath, "2 names")
		fetch := afterMake(ben.Get(exportsPath)).Form(t, exportsPath)
		fetch.Set("do", "csv")
		file := ben.Post(exportsPath, fetch)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
		if err != nil || file.Status != http.StatusOK || len(rows) != 3 {
			t.Fatalf("%d %v: %q", file.Status, err, rows)
		}
		if rows[1][1] != "'=Public Vale" && rows[2][1] != "'=Public Vale" || !strings.Contains(file.Body, "Addressee Rook") ||
			!strings.Contains(file.Body, "Norway") || rows[0][len(rows[0])-1] != "Country code" || !strings.Contains(file.Body, ",NO\r\n") {
			t.Errorf("%d %v: %q", file.Status, err, rows)
		}
		if !strings.Contains(rows[0][2], "for identification purposes only") || strings.Contains(file.Body, "@") ||
			strings.Contains(file.Body, "Coalition Fenn") || strings.Contains(file.Body, "Counted") {
			t.Errorf("%q", rows)
		}
		if h := file.Header; !strings.Contains(h.Get("Content-Disposition"), testkit.Slug+"-addressee-") || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", h)
		}
		fetch.Set("do", "xlsx")
		book, err := excelize.OpenReader(strings.NewReader(ada.Post(exportsPath, fetch).Body))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := book.GetRows("1"); err != nil || len(got) != 3 {
			t.Errorf("%q, %v", got, err)
		}
		reviewer := a.Member(t, testkit.Lead, account.Reviewer, "rev@lantern.example")
		if got := reviewer.Post(exportsPath, fetch); got.Status != http.StatusForbidden {
			t.Errorf("a reviewer: %d", got.Status)
		}
		if got := ada.Get(exportsPath + "?do=csv&id=" + fetch.Get("id")); strings.Contains(got.Body, "Rook") {
			t.Error("a GET fetches a list")
		}
		fetch.Set("do", "discard")
		if got := ada.Post(exportsPath, fetch); got.Status != http.StatusSeeOther {
			t.Errorf("%d", got.Status)
		}
		fetch.Set("do", "csv")
		if got := ada.Post(exportsPath, fetch); got.Status != http.StatusGone {
			t.Errorf("a destroyed list: %d", got.Status)
		}
		trail := ada.Get(board + "/trail").Main(t)
		for _, act := range []string{"had a list made For the public", "had a list made For the addressee · ben",
			"downloaded a list For the addressee CSV · ben", "downloaded a list For the addressee XLSX · Ada", "destroyed a list"} {
			if !strings.Contains(trail, act) {
				t.Errorf("the trail does not say %q: %s", act, trail)
			}
		}
		if log := a.Log.String(); strings.Contains(trail+log, "Rook") || strings.Contains(log, "rook.example") {
			t.Error("the trail or the log names a signer")
		}
	})
}

// afterMake is the page from behind the form that has a list made.
func afterMake(a testkit.Answer) testkit.Answer {
	_, a.Body, _ = strings.Cut(a.Body, `id="exports-title"`)
	return a
}

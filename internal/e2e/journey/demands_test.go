package journey

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What an editor says about demands stands in a table under the letter and in its data, with where it comes from, and never in the
// text; a reworded demand waits for the editor's word.
func TestDemands_fromDeskToPage(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada, reader := a.Operator(t), a.Client(t)
		const path = "/desk/letters/" + testkit.Slug
		post := func(want int, v url.Values) testkit.Answer {
			t.Helper()
			got := ada.Post(path+"/demands", v)
			if got.Status != want {
				t.Fatalf("%v: %d, want %d: %s", v, got.Status, want, got.Main(t))
			}
			return got
		}
		wrong := post(http.StatusUnprocessableEntity, url.Values{"do": {"add"}, "demand": {"2"}, "kind": {"within"}, "value": {"soon"}, "quote": {"within ten days"}})
		if !strings.Contains(wrong.Body, `value="soon"`) || !strings.Contains(wrong.Body, `value="within ten days"`) || !strings.Contains(wrong.Body, `href="#f-value"`) {
			t.Errorf("a form with a mistake: %s", wrong.Main(t))
		}
		post(http.StatusSeeOther, url.Values{"do": {"add"}, "demand": {"2"}, "kind": {"within"}, "value": {"10"}, "quote": {"within ten days"}})
		post(http.StatusSeeOther, url.Values{"do": {"add"}, "demand": {"1"}, "kind": {"due"}, "value": {"2031-05-01"}})
		post(http.StatusSeeOther, url.Values{"do": {"add"}, "demand": {"1"}, "kind": {"asked"}, "value": {"1"}})
		var data struct {
			Demands []struct {
				Number, Due string
				Facts       []struct{ Kind, Value, Quote, Set_By string }
			}
		}
		testkit.Eventually(t, "the letter says what is known", func() bool {
			if err := json.Unmarshal([]byte(reader.Get("/letters/"+testkit.Slug+".json").Body), &data); err != nil {
				t.Fatal(err)
			}
			return len(data.Demands) == 3 && len(data.Demands[0].Facts) == 2 && len(data.Demands[1].Facts) == 1
		})
		if d := data.Demands; d[0].Due != "2031-05-01" || d[0].Facts[0].Set_By == "" || d[1].Facts[0].Value != "P10D" || d[1].Facts[0].Quote != "within ten days" {
			t.Errorf("%+v", d)
		}
		page := reader.Get("/letters/" + testkit.Slug)
		main := page.Main(t)
		text, table, found := strings.Cut(page.Body, `<section class="known"`)
		_, text, _ = strings.Cut(text, "<article") // what is signed
		if !found || strings.Contains(text, "1 May 2031") || !strings.Contains(table, "1 May 2031") || !strings.Contains(table, `<q>`) ||
			!strings.Contains(main, "10 days of delivery") || !strings.Contains(main, "Set by Lantern Court Watch on ") {
			t.Errorf("the table: %s", main)
		}
		if fa := reader.Get("/fa/letters/" + testkit.Slug).Body; !strings.Contains(fa, "۱۰ روز پس از تحویل") {
			t.Errorf("the table in Persian: %s", fa)
		}

		next := ada.Get(path+"/texts/en").Form(t, path+"/texts/en")
		next.Set("body", strings.Replace(next.Get("body"), "within ten days", "within twelve days", 1))
		if got := ada.Post(path+"/texts/en", next); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		if got := ada.Post(path, url.Values{"do": {"publish"}, "follows": {"substantive"}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		asks := ada.Get(path + "/demands")
		if !strings.Contains(asks.Main(t), "It seems to continue:") {
			t.Fatalf("the reworded demand: %s", asks.Main(t))
		}
		if board := ada.Get(path).Main(t); !strings.Contains(board, "Reworded demands wait for your word") {
			t.Errorf("the board: %s", board)
		}
		offered := regexp.MustCompile(`id="continues-2" name="continues"><option value="([^"]+)" selected`).FindStringSubmatch(asks.Body)
		if offered == nil {
			t.Fatal(asks.Body)
		}
		post(http.StatusSeeOther, url.Values{"do": {"continue"}, "demand": {"2"}, "continues": {offered[1]}})
		if after := ada.Get(path + "/demands").Main(t); strings.Contains(after, "It seems to continue:") || !strings.Contains(after, "10 days") ||
			!strings.Contains(after, "These words are no longer in the text") {
			t.Errorf("after the editor's word: %s", after)
		}
		if trail := ada.Get(path + "/trail").Main(t); !strings.Contains(trail, "noted something about demand") {
			t.Errorf("the trail: %s", trail)
		}
	})
}

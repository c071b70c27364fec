package journey

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func TestSignatories_wholeListsAndParts(t *testing.T) {
	testkit.NotRaced(t)
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			a := testkit.App(t, engine)
			var text strings.Builder
			text.WriteString("Name,Title,Organisation,Kind,Listing\n\"=cmd|'/C calc'!A1\",\"+1,\"\"x\"\"\",,person,yes\n" +
				"شیرین نوری,,,person,yes\nKept Back,,,person,no\n,,Fen Trust,,yes\n")
			for i := range 2100 {
				fmt.Fprintf(&text, "Ann %s Lee,,,person,yes\n", testkit.Word(i))
			}
			a.AddList(t, text.String())
			c := a.Client(t)

			answer := c.Get(testkit.Page + "/signatories.csv")
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(answer.Body, "\ufeff"))).ReadAll()
			if err != nil || answer.Status != 200 || len(rows) != 1+1+2102 {
				t.Fatalf("%d rows, status %d, %v", len(rows), answer.Status, err)
			}
			if rows[1][1] != "Fen Trust" || !strings.Contains(answer.Body, `person,'=cmd|'/C calc'!A1,"'+1,""x"""`) ||
				strings.Contains(answer.Body, "Kept Back") {
				t.Errorf("%.400s", answer.Body)
			}

			type page struct {
				Identification string
				Signatories    []roll.Signatory
				Next           string
			}
			read := func(path string) (p page) {
				t.Helper()
				answer := c.Get(path)
				if err := json.Unmarshal([]byte(answer.Body), &p); err != nil || answer.Status != 200 || p.Identification == "" {
					t.Fatalf("%s: %d %v %.200s", path, answer.Status, err, answer.Body)
				}
				return p
			}
			if whole := read(testkit.Page + "/signatories.json"); len(whole.Signatories) != 2103 || whole.Signatories[0].Basis != verify.ByPaper {
				t.Errorf("%d entries, %+v", len(whole.Signatories), whole.Signatories[0])
			}
			seen := map[string]bool{}
			for path := testkit.Page + "/signatories.json?limit=999&kind=person"; path != ""; {
				p := read(path)
				for _, x := range p.Signatories {
					seen[x.Name] = true
				}
				path = strings.TrimPrefix(p.Next, a.URL)
			}
			if len(seen) != 2102 {
				t.Errorf("part by part there are %d names", len(seen))
			}
			if found := read(testkit.Page + "/signatories.json?q=نوري"); len(found.Signatories) != 1 || found.Next != "" {
				t.Errorf("found %+v", found)
			}
			for _, path := range []string{"?limit=0", "?limit=1001", "?limit=x"} {
				if answer := c.Get(testkit.Page + "/signatories.json" + path); answer.Status != 422 {
					t.Errorf("%s: %d", path, answer.Status)
				}
			}
			for _, path := range []string{"/letters/nothing/signatories.csv", "/letters/nothing/signatories.json"} {
				if answer := c.Get(path); answer.Status != 404 {
					t.Errorf("%s: %d", path, answer.Status)
				}
			}

			print := c.Get(testkit.Page + "/signatories?view=print&kind=person").Body
			if n := strings.Count(print, "<bdi class=\"who\">"); n != 2000 || !strings.Contains(print, "view=print") {
				t.Errorf("the print view has %d names", n)
			}
			list := c.Get(testkit.Page + "/signatories").Body
			if !strings.Contains(list, "Sheets of the &lt;assembly&gt;") || !strings.Contains(list, `<span class="imported">on paper</span>`) {
				t.Error("the page does not say where the names come from")
			}
		})
	}
}

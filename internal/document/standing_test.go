package document

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
)

// Where the demands stand is on the sheet, in the words of the document's language and text, and nowhere while there is nothing to say.
func TestStanding_onTheSheet(t *testing.T) {
	for language, want := range map[string][]string{
		"en": {"Where the demands stand on 6 March 2026", "Demand 1", "Open the quay.", "Harbour Board: promised"},
		"fa": {"سرانجام خواسته‌ها تا ۱۵ اسفند ۱۴۰۴", "خواستهٔ ۱", "Open the quay."},
	} {
		text := func(standing ...DemandLine) string {
			in := inputOf(letter.Text{Format: letter.Format, Language: language, Title: "T", Body: "1) Open the quay."})
			in.Edition.Texts[language] = letter.Text{Format: letter.Format, Language: language, Title: "T", Body: "1) Open the quay.",
				Demands: []letter.Demand{{Number: "1", Text: "Open the quay.", InBody: true}}}
			in.Standing, in.StandingOn = standing, time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)
			var b bytes.Buffer
			if err := Make(in).WriteText(&b); err != nil {
				t.Fatal(err)
			}
			return strings.NewReplacer("\u2068", "", "\u2069", "").Replace(strings.Join(strings.Fields(b.String()), " "))
		}
		got := text(DemandLine{Number: "1", Text: "another text", Cells: []DemandCell{{"Harbour Board", "promised"}}})
		for _, x := range want {
			if !strings.Contains(got, x) {
				t.Errorf("%s: the sheet does not say %q: %s", language, x, got)
			}
		}
		if strings.Contains(got, "another text") || strings.Contains(text(), want[0]) {
			t.Errorf("%s: %s", language, got)
		}
	}
}

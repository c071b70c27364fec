package letter_test

import (
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter"
)

// Numbered lines become a list in every script, as Western ones do, and keep their numbers and their words.
func TestRenderMarkdown_numberedLines(t *testing.T) {
	for name, x := range map[string]struct{ source, want string }{
		"Persian":              {"۱. یک\n۲. دو\n۳. سه", "<ol><li>یک</li><li>دو</li><li>سه</li></ol>"},
		"Persian, apart":       {"۱) یک\n\n۲) دو", "<ol><li>یک</li><li>دو</li></ol>"},
		"Arabic with dashes":   {"١- أ\n٢- ب", "<ol><li>أ</li><li>ب</li></ol>"},
		"Hindi":                {"१. क\n२. ख", "<ol><li>क</li><li>ख</li></ol>"},
		"brackets":             {"(1) one\n(2) two", "<ol><li>one</li><li>two</li></ol>"},
		"a line that goes on":  {"۱. یک\nو باز\n۲. دو", "<ol><li>یک و باز</li><li>دو</li></ol>"},
		"ten":                  {"۹. ط\n۱۰. ی", "<p>۹. ط ۱۰. ی</p>"},
		"a paragraph between":  {"۱. یک\n\nمیان\n\n۲. دو", `<ol><li>یک</li></ol><p>میان</p><ol start="2"><li>دو</li></ol>`},
		"emphasis":             {"۱. **یک**\n۲. دو", "<ol><li><strong>یک</strong></li><li>دو</li></ol>"},
		"two lists":            {"۱. یک\n\nمیان\n\n۱. باز", "<ol><li>یک</li></ol><p>میان</p><ol><li>باز</li></ol>"},
		"a year":               {"۱۴۰۴. سال", "<p>۱۴۰۴. سال</p>"},
		"a date":               {"۱۲ اسفند ۱۴۰۴", "<p>۱۲ اسفند ۱۴۰۴</p>"},
		"a number in the line": {"بند ۱. یک\n۲. دو", "<p>بند ۱. یک ۲. دو</p>"},
		"Western":              {"1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"},
		"in a quotation":       {"> ۱. یک\n> ۲. دو", "<blockquote><ol><li>یک</li><li>دو</li></ol></blockquote>"},
	} {
		got := strings.NewReplacer(">\n", ">", "\n", " ").Replace(letter.RenderMarkdown(x.source))
		if got = strings.TrimSpace(got); got != x.want {
			t.Errorf("%s: %s\nwant %s", name, got, x.want)
		}
	}
}

// A demand in another script's digits has its anchor.
func TestRenderMarkdown_anchorsInEveryScript(t *testing.T) {
	got := letter.Text{Body: "۱. تاریخ‌ها را منتشر کنید؛\n۲. پاسخ دهید.", Demands: []letter.Demand{{Number: "۱", Text: "تاریخ‌ها را منتشر کنید؛"}, {Number: "۲", Text: "پاسخ دهید."}}}.HTML()
	for _, id := range []string{`id="demand-1"`, `id="demand-2"`} {
		if !strings.Contains(got, id) {
			t.Errorf("no %s in %s", id, got)
		}
	}
}

package letter

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBeside(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want []string // rows: "left | right", what is not text taken out
	}{
		"nothing":           {"", "", nil},
		"block by block":    {"# H\n\none\n\ntwo", "# T\n\nyek\n\ndo", []string{"H | T", "one | yek", "two | do"}},
		"numbers meet":      {"a\n\n1. x\n2. y\n\nend", "ا\n\n۱. ب\n۲. پ\n\nپایان", []string{"a | ا", "x | ب", "y | پ", "end | پایان"}},
		"a gap flows alone": {"a\n\nb\n\n1. x\n\nend", "ا\n\n۱. ب\n\nپایان", []string{"a b | ا", "x | ب", "end | پایان"}},
		"an end is missing": {"1. x\n\nend", "1. y", []string{"x | y", "end | "}},
		"numbers differ":    {"a\n\n1. x\n2. y", "b\n\n1. z", []string{"a x y | b z"}},
		"lists continue":    {"1. x\n\nmid\n\n2. y", "1. z\n\nmi\n\n2. w", []string{"x | z", "mid | mi", "y | w"}},
		"notes come last":   {"a[^1]\n\nb\n\n[^1]: note", "c\n\nd", []string{"a1 | c", "b | d", "note ↩︎ | "}},
		"a list of points":  {"- x\n- y", "- z\n- w", []string{"x y | z w"}},
	} {
		left, right := Beside(Text{Body: c.a}, Text{Body: c.b})
		if len(left) != len(right) {
			t.Errorf("%s: %d cells beside %d", name, len(left), len(right))
			continue
		}
		var got []string
		for i := range left {
			got = append(got, plainWords(left[i])+" | "+plainWords(right[i]))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func plainWords(html string) string {
	var b strings.Builder
	for html != "" {
		text, rest, _ := strings.Cut(html, "<")
		tag, after, _ := strings.Cut(rest, ">")
		b.WriteString(strings.ReplaceAll(text, "&#160;", " "))
		if strings.HasPrefix(tag, "/li") || strings.HasPrefix(tag, "/p") {
			b.WriteByte(' ')
		}
		html = after
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Two texts on one page share no anchor, an item keeps its number, and nothing gets past the sanitiser.
func TestBeside_anchors(t *testing.T) {
	body := "a[^1]\n\n1. first\n2. second\n\n<script>x</script>\n\n[^1]: note"
	text := Text{Body: body, Demands: []Demand{{Number: "1", Text: "first"}, {Number: "2", Text: "second"}}}
	left, right := Beside(text, text)
	a, b := strings.Join(left, ""), strings.Join(right, "")
	for _, want := range []string{`id="demand-2"`, `id="fn:1"`, `href="#fn:1"`, `id="fnref:1"`, `<ol start="2">`} {
		if !strings.Contains(a, want) {
			t.Errorf("no %s in %s", want, a)
		}
		if want = strings.NewReplacer(`id="`, `id="beside-`, `#`, `#beside-`).Replace(want); !strings.Contains(b, want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	if strings.Contains(a+b, "<script") || strings.Contains(b, `id="fn`) || strings.Contains(b, `id="demand`) {
		t.Errorf("%s\n%s", a, b)
	}
}

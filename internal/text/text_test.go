package text_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/text"
)

// kinds are characters of each kind, with the rules that forbid them.
var kinds = []struct {
	name  string
	chars []rune
	by    string
}{
	{"letters, digits, blanks, joiners", []rune("aZ0~ é\u00a0ع۱क漢\U00020000🌊–\u200c\u200d\u0301"), ""},
	{"breaks", []rune("\n\t\r\v\f\u0085\u2028\u2029"), "typed shownline"},
	{"control", []rune{0, 7, 0x1b, 0x1f, 0x7f, 0x80, 0x9f}, "typed pasted written shown shownline cell planted"},
	{"overrides", []rune{0x202a, 0x202e, 0x2066, 0x2068, 0x2069}, "typed pasted written shown shownline cell turning planted"},
	{"marks", []rune{0x200e, 0x200f, 0x61c}, "typed pasted written shown shownline cell turning"},
	{"zero width", []rune{0xad, 0x200b, 0x2060, 0x2064, 0xfeff}, "typed pasted written shown shownline cell"},
	{"tags", []rune{0xe0000, 0xe0001, 0xe0041, 0xe007f}, "typed written shown shownline"},
	{"replacement", []rune{0xfffd}, "typed written"},
	{"selectors", []rune{0xfe00, 0xfe0f}, "typed cell"},
	{"empty", []rune{0x34f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x2800, 0x3164, 0xffa0, 0xfffc, 0x1d159, 0xe0100}, "typed"},
	{"unknown", []rune{0x180e, 0x2065, 0x206a, 0xe000, 0xfff9, 0xffff, 0x605, 0x1d173, 0xf0000, 0x10ffff}, "typed shown shownline"},
}

var rules = map[string]text.Rule{"typed": text.Typed, "pasted": text.Pasted, "written": text.Written, "shown": text.Shown,
	"shownline": text.ShownLine, "cell": text.Cell,
	"turning": text.Turning, "planted": text.Planted}

func TestRule_kinds(t *testing.T) {
	for _, k := range kinds {
		by := strings.Fields(k.by)
		for name, rule := range rules {
			want := false
			for _, b := range by {
				want = want || b == name
			}
			for _, r := range k.chars {
				if rule.Forbids(r) != want {
					t.Errorf("%s: %U forbidden by %s: %v", k.name, r, name, !want)
				}
			}
		}
	}
}

// Whatever changes how other text shows is forbidden by every rule for text of others, and no letter, digit or joiner by any.
func TestRule_allOfUnicode(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		joiner := r == 0x200c || r == 0x200d
		if unicode.In(r, unicode.Cc, unicode.Bidi_Control) && r != '\n' && r != '\t' && !text.EndsLine(r) {
			for name, rule := range rules {
				if (name != "turning" || r > 0x9f) && (name != "planted" || r != 0x200e && r != 0x200f && r != 0x61c) && !rule.Forbids(r) {
					t.Errorf("%s lets %U pass", name, r)
				}
			}
		}
		if text.ShownLine.Forbids(r) == (joiner || unicode.IsGraphic(r)) {
			t.Errorf("%U: forbidden %v where something is shown", r, text.ShownLine.Forbids(r))
		}
		if !unicode.IsGraphic(r) && !joiner && !text.Typed.Forbids(r) {
			t.Errorf("%U may be typed", r)
		}
	}
}

func TestLineEnds(t *testing.T) {
	for s, want := range map[string]string{"a\r\nb\rc\n": "a\nb\nc\n", "a\vb\fc\u0085d\u2028e": "a\nb\nc\nd\ne", "a\u2029b": "a\n\nb"} {
		if got := text.LineEnds(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

func TestRule_line(t *testing.T) {
	for _, c := range []struct {
		rule    text.Rule
		s, want string
	}{
		{text.Written, " e\u0301 \r\n\u202eb\u2029\u200cc\xff\ufffd ", "é b \u200cc"},
		{text.Shown, "a\u0000\u2068b\u2069\ufffd\ue000☂\ufe0f", "ab\ufffd☂\ufe0f"},
		{text.Cell, "A\u030a\u200b\u00a0☂\ufe0f\ue000", "Å ☂\ue000"},
	} {
		if got := c.rule.Line(c.s); got != c.want {
			t.Errorf("%q became %q, want %q", c.s, got, c.want)
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"a\r\nb", "e\u0301", "a\u202e\u0301b", "\u2028\u2029", "\xff", "A\u030a\u200b\u0301", "\u0085\v\f", "ᄒ\u200bᅡ\u2060ᆫ", "۱२٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, rule := range rules {
			line := rule.Line(s)
			if rule.Line(line) != line || !norm.NFC.IsNormalString(line) || !utf8.ValidString(line) ||
				strings.ContainsFunc(line, rule.Forbids) || strings.ContainsFunc(line, text.EndsLine) {
				t.Errorf("%s: %q becomes %q, which becomes %q", name, s, line, rule.Line(line))
			}
			if dropped := rule.Drop(s); rule.Drop(dropped) != dropped || strings.ContainsFunc(dropped, rule.Forbids) {
				t.Errorf("%s: %q is left as %q", name, s, dropped)
			}
		}
		if ends := text.LineEnds(s); text.LineEnds(ends) != ends || strings.ContainsAny(ends, "\r\v\f\u0085\u2028\u2029") {
			t.Errorf("%q has the line ends of %q", s, ends)
		}
		folded := text.Fold(s)
		if text.Fold(folded) != folded || strings.TrimSpace(folded) != folded {
			t.Errorf("%q folds to %q, which folds to %q", s, folded, text.Fold(folded))
		}
	})
}

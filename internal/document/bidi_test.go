package document

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/bidi"
)

// order returns a line as it is seen, from left to right.
func order(text string, base int) string {
	runes := []rune(text)
	levels := levelsOf(runes, base)
	var b strings.Builder
	for _, i := range visual(levels) {
		b.WriteRune(runes[i])
	}
	return b.String()
}

// In what follows, as in UAX #9's own examples, the Hebrew letters are read from right to left; brackets are not mirrored yet.
func TestBidi_mixedLines(t *testing.T) {
	for _, c := range []struct {
		name, text string
		base       int
		want       string
	}{
		{"Latin alone", "a letter (1)", 0, "a letter (1)"},
		{"Hebrew in English", "say אבג now", 0, "say גבא now"},
		{"English in Hebrew", "אבג say דה", 1, "הד say גבא"},
		{"a number after Hebrew", "אבג 123", 1, "123 גבא"},
		{"a phrase with a number in brackets within English", "on (\u06f1\u06f2 \u0645\u0631\u062f\u0627\u062f \u06f1\u06f4\u06f0\u06f5) it", 0,
			"on (\u06f1\u06f2 \u06f1\u06f4\u06f0\u06f5 \u062f\u0627\u062f\u0631\u0645) it"},
		{"the same, kept together", "on (\u2068\u06f1\u06f2 \u0645\u0631\u062f\u0627\u062f \u06f1\u06f4\u06f0\u06f5\u2069) it", 0,
			"on (\u2068\u06f1\u06f4\u06f0\u06f5 \u062f\u0627\u062f\u0631\u0645 \u06f1\u06f2\u2069) it"},
		{"a date that stands alone in Hebrew", "אב \u2068(3 August 2026)\u2069 גד", 1, "דג \u2069(3 August 2026)\u2068 בא"},
		{"brackets around both", "אבג (a) דה", 1, "הד )a( גבא"},
		{"first strong character", "123 אבג", autoLevel, "גבא 123"},
	} {
		if got := order(c.text, c.base); got != c.want {
			t.Errorf("%s: %q is seen as %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// Every case of the Unicode consortium's BidiCharacterTest.txt, which comes with the source of the shaper.
func TestBidi_asUnicodeHasIt(t *testing.T) {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-text/typesetting").Output()
	if err != nil {
		t.Skip("no go command here")
	}
	file, err := os.Open(filepath.Join(strings.TrimSpace(string(folder)), "bidi/test/BidiCharacterTest.txt"))
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	cases, wrong, same := 0, 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Split(lines.Text(), ";")
		if len(fields) != 5 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		var text []rune
		for hex := range strings.FieldsSeq(fields[0]) {
			r, err := strconv.ParseUint(hex, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, rune(r))
		}
		base := map[string]int{"0": 0, "1": 1, "2": autoLevel}[fields[1]]
		cases++
		levels := levelsOf(text, base)
		class := make([]bidi.Class, len(text))
		for i, r := range text {
			p, _ := bidi.LookupRune(r)
			class[i] = p.Class()
		}
		levelBlanks(class, levels, uint8(fields[2][0]-'0'))
		want, shown := strings.Fields(fields[3]), []string{}
		for i, level := range levels {
			if want[i] != "x" && want[i] != strconv.Itoa(int(level)) {
				if wrong++; wrong < 10 {
					t.Errorf("%s at level %s: levels %v, want %v", fields[0], fields[1], levels, want)
				}
				break
			}
		}
		for _, i := range visual(levels) {
			if want[i] != "x" {
				shown = append(shown, strconv.Itoa(i))
			}
		}
		if slices.Equal(shown, strings.Fields(fields[4])) {
			same++
		}
	}
	if cases < 90000 || wrong > 0 || same != cases {
		t.Errorf("%d cases, %d with other levels, %d in the right order", cases, wrong, same)
	}
}

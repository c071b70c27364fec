package document

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/letter"
)

// A letter and its brief as plain text, in testdata; -update writes them anew.
func TestText_saysWhatItSaid(t *testing.T) {
	texts := samples(t)
	whole, persian := signed(led(inputOf(everything())), 12), signed(led(inputOf(texts["../cli/samples/river.fa.md"])), 12)
	persian.Letter.Call = &letter.Call{Contact: "دبیرخانه", Email: "call@river.example"}
	for name, d := range map[string]*Document{"everything.plain": Make(whole), "everything.brief": MakeBrief(whole), "river.fa.brief": MakeBrief(persian)} {
		var got strings.Builder
		if err := d.WriteText(&got); err != nil {
			t.Fatal(err)
		}
		golden(t, name, got.String())
	}
}

// plainOfText is the text of a letter alone, as plain text.
func plainOfText(t testing.TB, in Input) string {
	t.Helper()
	text := in.Edition.Texts[in.Language]
	d, got := begin(in.Letter, text), strings.Builder{}
	d.addText(text, in)
	if err := d.WriteText(&got); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

var addressOfLink = regexp.MustCompile(` <(?:https?|mailto):[^>\s]*>`)

// Every word that is signed stands in the plain text, once and in its order, the notes at the end.
func TestText_hasEveryWord(t *testing.T) {
	texts := samples(t)
	maps.Copy(texts, badLetters())
	for name, text := range texts {
		if strings.Contains(name, "picture") { // whose words are in brackets
			continue
		}
		in := inputOf(text)
		words, notes := signedWords(in.Edition.Texts[text.Language])
		got := wordsOf(addressOfLink.ReplaceAllString(plainOfText(t, in), ""))
		if difference := cmp.Diff(slices.Concat(words, notes), got); difference != "" {
			t.Errorf("%s:\n%s", name, difference)
		}
	}
}

func TestText_ofItsParts(t *testing.T) {
	for body, want := range map[string]string{
		"| a |\n|---|\n| 2500[^1] |\n\n[^1]: Source.":              "a\n2500[1]\n\n[1] Source.\n",
		"One[^1].\n\n[^1]: See[^2].\n\n[^2]: Second.":              "One[1].\n\n[1] See[2].\n\n    [2] Second.\n",
		"One.\n\n[^1]: See[^2].\n\n[^2]: Second[^1].":              "One.\n\n[1] Second[2].\n\n[2] See[1].\n",
		"[here](https://x.example/here/report), *you*":             "here <https://x.example/here/report>, you\n",
		"[x.example/a](https://x.example/a/) <mailto:a@x.example>": "x.example/a mailto:a@x.example\n",
		"[a *b*](https://x.example/b)":                             "a b <https://x.example/b>\n",
		"> 1. one\n>\n>    - two\n>\n>      three\n>\n> four":      "> 1. one\n\n>     • two\n\n>         three\n\n> four\n",
		"- - a\n\n- > b\n  > c":                                    "• • a\n\n• > b c\n",
		"![a[^1]](picture:0 \"Title | By\")\n\n[^1]: Source.":      "[a] Title By[1]\n\n[1] Source.\n",
		strings.Repeat("> ", 60) + "deep":                          strings.Repeat("> ", 16) + "deep\n",
	} {
		text := english(body)
		text.Title = ""
		if got := plainOfText(t, inputOf(text)); got != want {
			t.Errorf("%q is\n%q, want\n%q", body, got, want)
		}
	}
}

// Deep within quotations a line is hardly longer than its words.
func TestText_ofManyLinesDeepWithin(t *testing.T) {
	blocks := []Block{Paragraph{Runs: []Run{{Text: strings.Repeat("a\n", 20_000)}}}}
	for range 5_000 {
		blocks = []Block{Quotation{blocks}}
	}
	var got strings.Builder
	if err := (&Document{Blocks: blocks}).WriteText(&got); err != nil || got.Len() > 40*20_000 {
		t.Errorf("%d bytes; %v", got.Len(), err)
	}
}

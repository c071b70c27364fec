package letter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestBlocks(t *testing.T) {
	for _, x := range []struct {
		name, markdown string
		want           []string // sources of the blocks; "source: " before one that is shown as such, "note L: " before a footnote
	}{
		{"nothing", "", nil},
		{"paragraphs", "One.\n\nTwo\nlines.", []string{"One.", "Two\nlines."}},
		{"no blank line", "# A\nOne.\n- x\n- y\n> q\n***", []string{"# A", "One.", "- x\n- y", "> q", "***"}},
		{"setext", "A\n===\nOne.\n\nB\n---", []string{"A\n===", "One.", "B\n---"}},
		{"rule after heading", "# A\n---\nOne.", []string{"# A", "---", "One."}},
		{"lists", "- a\n\n  more\n\n  - b\n-\n\n3) x\n4) y", []string{"- a\n\n  more\n\n  - b\n-", "3) x\n4) y"}},
		{"numbered lines", "۱) یک\n\n۲) دو\n\nمیان\n\n(3) drei", []string{"۱) یک\n\n۲) دو", "میان", "(3) drei"}},
		{"table", "Words\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\nEnd", []string{"Words", "| a | b |\n|---|:-:|\n| 1 | 2 |", "End"}},
		{"table below words", "Words\n| a | b |\n|---|---|\n| 1 | 2 |", []string{"Words", "| a | b |\n|---|---|\n| 1 | 2 |"}},
		{"table without rows", "| a | b |\n|---|---|\n\nEnd", []string{"| a | b |\n|---|---|", "End"}},
		{"quotation", "> a\n>\n> b\n>\n\nEnd", []string{"> a\n>\n> b\n>", "End"}},
		{"notes", "A[^x] b[^1].\n\n[^x]: Note.\n\n    More.\n[^1]: Other.\n\n[^2]: nobody's", []string{"A[^x] b[^1].", "note x: [^x]: Note.\n\n    More.",
			"note 1: [^1]: Other.", "source: [^2]: nobody's"}},
		{"code", "One.\n```go\nx\n\ny\n```\n\nTwo\n\n    code", []string{"source: One.\n```go\nx\n\ny\n```", "Two", "source:     code"}},
		{"html", "One <b>x</b>.\n\n<div>\ny\n</div>\n\nTwo", []string{"source: One <b>x</b>.", "source: <div>\ny\n</div>", "Two"}},
		{"definition of a link", "[a]: /media/x\nOne [a].\n\nTwo\n\n# H\n[b]: /y", []string{"source: [a]: /media/x\nOne [a].", "Two", "source: # H\n[b]: /y"}},
		{"pictures", "![a](picture:" + hash64 + " \"C | D\")\n\nwith ![a](picture:" + hash64 + ")\n\n![b](https://x.example/)",
			[]string{"![a](picture:" + hash64 + " \"C | D\")", "source: with ![a](picture:" + hash64 + ")", "source: ![b](https://x.example/)"}},
		{"untidy", "\n\n  One  \n\n\n\nTwo \n \n", []string{"  One  ", "Two "}},
	} {
		var got []string
		for _, b := range letter.Blocks(x.markdown) {
			kind := ""
			if b.HTML == "" {
				kind = "source: "
			} else if b.Note != "" {
				kind = "note " + b.Note + ": "
			}
			got = append(got, kind+x.markdown[b.Start:b.Stop])
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

var hash64 = strings.Repeat("ab12", 16)

// checkBlocks says what is wrong with the blocks of Markdown: nothing but line breaks stands between them, and together they are what
// a page shows.
func checkBlocks(t *testing.T, name, markdown string) (sources int) {
	t.Helper()
	at := 0
	for _, b := range letter.Blocks(markdown) {
		if b.Start < at || b.Stop < b.Start || strings.TrimSpace(markdown[at:b.Start]) != "" || at > 0 && !strings.HasPrefix(markdown[at:b.Start], "\n") {
			t.Fatalf("%s: a block from %d to %d after %d: %q", name, b.Start, b.Stop, at, markdown)
		}
		at = b.Stop
		if b.HTML == "" {
			sources++
		}
	}
	if strings.TrimSpace(markdown[at:]) != "" {
		t.Fatalf("%s: %q belongs to no block", name, markdown[at:])
	}
	return sources
}

// All text of a letter belongs to a block, and what was read from a file is rarely shown as source.
func TestBlocks_ofLetters(t *testing.T) {
	read := 0
	for _, x := range testkit.Drafts(t, "..") {
		read++
		if n := checkBlocks(t, x.File, letter.TextOf(x.Draft, true).Body); n > 0 {
			t.Errorf("%s: %d blocks are shown as source", x.File, n)
		}
	}
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}

func FuzzBlocks(f *testing.F) {
	for _, x := range hiding {
		f.Add(x.body)
	}
	for _, attack := range attacks {
		f.Add(attack)
	}
	f.Fuzz(func(t *testing.T, markdown string) {
		checkBlocks(t, "fuzzed", letter.CleanMarkdown(markdown))
	})
}

package journey

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// signedText returns the words of what a letter's page shows as its text.
func signedText(t *testing.T, page string) (words []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var read func(n *html.Node)
	read = func(n *html.Node) {
		class := ""
		for _, a := range n.Attr {
			switch a.Key {
			case "class":
				class = a.Val
			case "role":
				if a.Val == "doc-backlink" || a.Val == "doc-noteref" {
					return
				}
			case "alt":
				words = append(words, wordsOf(a.Val)...)
			}
		}
		if class == "untitled" {
			return
		}
		if n.Type == html.TextNode {
			words = append(words, wordsOf(n.Data)...)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			read(c)
		}
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "class" && a.Val == "text" && n.Data == "div" {
				read(n)
			}
		}
	}
	return words
}

var (
	marksOfMarkdown = regexp.MustCompile(`(?m)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|\[\^[^\]\s]+\]:?|^[\s>]*(?:#+|[-*+]|\(?\p{Nd}{1,9}\s?[.)\-–ـ])\s|^\|?[\s:|-]+\|?$`)
	letterRuns      = regexp.MustCompile(`[\p{L}\p{M}\p{N}\x{200c}]+`)
)

// wordsOf are the words of a text that have a letter in them: numbers stand in marks of lists and notes too.
func wordsOf(s string) []string {
	return slices.DeleteFunc(letterRuns.FindAllString(s, -1), func(w string) bool { return !strings.ContainsFunc(w, unicode.IsLetter) })
}

// Every word of what is signed stands on the letter's page, once and in its order, and every word of the text on the page is signed:
// for each sample, and each letter and case that is given.
func TestPage_showsWhatIsSigned(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	read := 0
	for _, x := range testkit.Drafts(t, "../..") {
		none := letter.SignOnNone
		l, _, err := a.Letters.Import(t.Context(), letter.Import{Text: letter.TextOf(x.Draft, true), Publish: true, Settings: letter.Settings{SignOn: &none}})
		if err != nil {
			t.Errorf("%s: %v", x.File, err)
			continue
		}
		read++
		language := l.Edition.Language
		got := signedText(t, c.Get("/letters/"+l.Slug+"?text="+url.QueryEscape(language)).Body)
		want := wordsOf(marksOfMarkdown.ReplaceAllString(l.Edition.Text(language).Canonical(), " "))
		if i := firstDifference(got, want); i >= 0 {
			t.Errorf("%s: the page and the file differ from word %d on:\npage   %q\nsigned %q", x.File, i, around(got, i), around(want, i))
		}
	}
	if read < 4 {
		t.Errorf("only %d files were read", read)
	}

	// The control: words that a page hides are found.
	hidden := letter.Text{Format: letter.Format, Language: "en", Title: "A title", Body: "One.\n\nTwo."}
	l, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: "hidden", Text: hidden, Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	answer := c.Get("/letters/" + l.Slug)
	if planted := append(wordsOf(l.Edition.Text("en").Canonical()), "surrender"); answer.Status != http.StatusOK || firstDifference(signedText(t, answer.Body), planted) != 4 {
		t.Errorf("a word that is not on the page is not missed: %q", signedText(t, answer.Body))
	}
}

// firstDifference returns where two lists begin to differ, -1 if they do not.
func firstDifference(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

func around(words []string, i int) []string {
	return words[max(min(i-2, len(words)), 0):min(i+8, len(words))]
}

package importer_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/undersigned/undersigned/internal/letter/importer"
	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

// markupOf is what a source says to its format and to no reader: targets of links, tags, comments' signs.
var markupOf = regexp.MustCompile(`\]\([^()\s]*|</?[a-zA-Z][^<>]*>|(?m)^[\w-]+\s*[:=]\s*$|^(?:sub)?title:|(?m)^(?:date|deadline):`)

// wordsOf returns the words of a text, folded by case and the way of composing letters.
func wordsOf(text string) []string {
	text = norm.NFC.String(strings.ToLower(strings.NewReplacer("*", "", "_", "", "\u0640", "").Replace(text)))
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) })
}

// written returns the lines that a file shows or hides, as the format says and without the code that is tested.
func written(t testing.TB, name string, source []byte) []string {
	t.Helper()
	switch filepath.Ext(name) {
	case ".html":
		var lines []string
		skip := 0
		z := html.NewTokenizer(strings.NewReader(string(source)))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			token := z.Token()
			switch code := token.Data == "script" || token.Data == "style" || token.Data == "title" || token.Data == "noscript"; {
			case code && kind == html.StartTagToken:
				skip++
			case code && kind == html.EndTagToken:
				skip--
			case kind == html.TextToken && skip == 0:
				lines = append(lines, token.Data)
			}
		}
		return lines
	case ".docx":
		var lines []string
		for p := range strings.SplitSeq(unpack(t, source)["word/document.xml"], "<w:p>") {
			p = regexp.MustCompile(`(?s)<w:(?:delText|instrText)[ >].*?</w:(?:delText|instrText)>`).ReplaceAllString(p, "")
			lines = append(lines, html.UnescapeString(regexp.MustCompile(`</w:tc>|<w:(?:br|tab)/>`).ReplaceAllString(p, " ")))
		}
		for i, l := range lines {
			lines[i] = regexp.MustCompile(`<[^<>]*>`).ReplaceAllString(l, "")
		}
		return lines
	case ".md":
		return strings.Split(markupOf.ReplaceAllString(string(source), " "), "\n")
	}
	return strings.Split(string(source), "\n")
}

// lost returns the words of the lines that are neither in the draft nor left out. Words that only join fields are not counted.
func lost(draft *importer.Draft, lines []string) (lost []string) {
	there := map[string]bool{}
	eachString(reflect.ValueOf(*draft), "Draft", func(_, s string) {
		for _, w := range wordsOf(s) {
			there[w] = true
		}
	})
	for _, l := range lines {
		for i, token := range strings.Fields(l) {
			number := i == 0 && len(token) <= 8 && !strings.ContainsFunc(strings.TrimRight(token, "\u0640"), unicode.IsLetter) // of an item
			for _, w := range wordsOf(token) {
				if !there[w] && !importer.Joins(token) && !number {
					lost = append(lost, w+" of "+l)
				}
			}
		}
	}
	return lost
}

// TestRead_losesNothing reads all letters that there are and checks that every word of every line is in the draft or left out; a
// draft that lost a paragraph shows that the check would see it.
func TestRead_losesNothing(t *testing.T) {
	names := samples(t)
	for _, pattern := range []string{"../../../../shared/letters/*.txt", "../../../../shared/cases/*/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		draft, err := importer.Read(name, source)
		if err != nil || filepath.Base(name) == "expected.txt" {
			continue
		}
		lines := written(t, name, source)
		for _, l := range lost(draft, lines) {
			t.Errorf("%s lost %s", name, l)
		}
		if draft.Body, draft.LeftOut = "", nil; len(lost(draft, lines)) == 0 {
			t.Errorf("%s has lost its body and nobody sees it", name)
		}
	}
}

// TestRead_losesNothingOfAnything reads the lines of the samples in any order, where rules meet what they were not made for.
func TestRead_losesNothingOfAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	for _, name := range samples(t) {
		if filepath.Ext(name) == ".html" {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.ReplaceAll(string(source), "\r\n", "\n"), "\n")
		for range 4 {
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			text := strings.Join(lines, "\n")
			draft, err := importer.Read(name, []byte(text))
			if err != nil {
				continue
			}
			if words := lost(draft, written(t, name, []byte(text))); len(words) > 0 {
				t.Errorf("%s lost %q of\n%s", name, words, text)
			}
		}
	}
}

// TestRead_docxMargins checks that what stands in the headers and footers of a document is a letterhead or left out.
func TestRead_docxMargins(t *testing.T) {
	source := docx(t, p("Dear Mayor Orme,")+p(closedLanding)+p(reopenLanding)+p("Yours faithfully,")+p("Nell Marsh")+
		`<w:sectPr><w:headerReference w:type="default" r:id="rId1"/><w:footerReference w:type="default" r:id="rId2"/></w:sectPr>`, map[string]string{
		"header1": `<w:hdr ` + wordSpace + `>` + p("Moor Walkers' Club") + p("12 Mill Lane") + `</w:hdr>`,
		"footer1": `<w:ftr ` + wordSpace + `>` + p("Registered in Norvia under 1234") + `</w:ftr>`,
		"_rels/document.xml.rels": `<Relationship Id="rId1" Type="` + relationKind + `header" Target="header1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relationKind + `footer" Target="footer1.xml"/>`,
	})
	draft, err := importer.Read("a.docx", source)
	if err != nil {
		t.Fatal(err)
	}
	want := []importer.LeftOut{{Text: "Registered in Norvia under 1234", Why: importer.Around}}
	if draft.Sender.Name != "Moor Walkers' Club" || !slices.Equal(draft.LeftOut, want) {
		t.Errorf("got %v, %v", draft.Sender, draft.LeftOut)
	}
}

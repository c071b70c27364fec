package document

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/verify"
)

// inputOf is a published letter of one text that nobody has signed.
func inputOf(t letter.Text) Input {
	t = t.Renewed()
	t.SHA256 = letter.Hash(t.Canonical())
	e := letter.Edition{Number: 1, Language: t.Language, SHA256: t.SHA256, PublishedAt: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC),
		Texts: map[string]letter.Text{t.Language: t}}
	return Input{Letter: letter.Letter{Slug: "sample", SignOn: letter.SignOnBoth, State: letter.Open, Edition: e}, Edition: e, Language: t.Language,
		BaseURL: "https://letters.example", Picture: func(string) []byte { return nil }}
}

func english(body string) letter.Text {
	return letter.Text{Format: letter.Format, Language: "en", Title: "The title", Body: body}
}

func write(t testing.TB, in Input) ([]byte, Report) {
	t.Helper()
	var b bytes.Buffer
	report, err := Make(in).WritePDF(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

// pagesOf returns the text of each page, as pdftotext reads it.
func pagesOf(t testing.TB, pdf []byte, options ...string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("pdftotext", append(options, file, "-")...)
	var complaints bytes.Buffer
	c.Stderr = &complaints
	out, err := c.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("pdftotext (make tools installs it): %v %s", err, complaints.String())
	}
	text := strings.Map(func(r rune) rune { // it marks directions itself
		if isControl(r) {
			return -1
		}
		return r
	}, string(out))
	return strings.Split(strings.TrimSuffix(text, "\f"), "\f")
}

var (
	marksOfMarkdown = regexp.MustCompile(`(?m)!?\[(?:[^\]]*\]\(picture:[^)]*\))|\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|^[\s>]*(?:#+|[-*+]|\(?\p{Nd}{1,9}\s?[.)\-–ـ])\s|^\|?[\s:|-]+\|?$`)
	noteMarks       = regexp.MustCompile(`\[\^(\d+)\]`)
	letterRuns      = regexp.MustCompile(`[\p{L}\p{M}\p{N}\x{200c}]+`)
)

// wordsOf are the words of a text that have a letter in them, without the digits that end them: numbers are the marks of lists and
// notes too.
func wordsOf(s string) (words []string) {
	for _, w := range letterRuns.FindAllString(strings.ReplaceAll(s, "\ufe0f", ""), -1) { // which only says how a picture before it looks
		if strings.ContainsFunc(w, unicode.IsLetter) {
			words = append(words, strings.TrimRightFunc(w, unicode.IsDigit))
		}
	}
	return words
}

// signedWords are the words of a canonical file, those of its footnotes apart.
func signedWords(t letter.Text) (text, notes []string) {
	plain := func(s string) []string {
		s = noteMarks.ReplaceAllString(s, "")
		return wordsOf(marksOfMarkdown.ReplaceAllString(letter.Unescaped([]byte(s)), " "))
	}
	var body, foot strings.Builder
	within := false
	for block := range strings.SplitSeq(t.Canonical(), "\n\n") {
		if begins := strings.HasPrefix(block, "[^"); begins || within && strings.HasPrefix(block, "    ") {
			if within = true; begins {
				_, block, _ = strings.Cut(block, "]:")
			}
			foot.WriteString(block + "\n\n")
			continue
		}
		within = false
		body.WriteString(block + "\n\n")
	}
	return plain(body.String()), plain(foot.String())
}

// missed compares what stands on pages with what is signed: on each page words of the text, then words of the notes, all in their
// order. It returns where they differ, "" if they do not.
func missed(d *Document, pages []string, text, notes []string, skip int) string {
	i, j := 0, 0
	for n, page := range pages {
		words := wordsOf(page)
		number := wordsOf(d.words.T("document.page", "Page", n+1, "Pages", len(pages)))
		if len(words) < len(number) || !slices.Equal(words[len(words)-len(number):], number) {
			return fmt.Sprintf("page %d ends with %q", n+1, words[max(0, len(words)-5):])
		}
		words = words[:len(words)-len(number)]
		if n == 0 {
			words = words[skip:]
		} else if head := wordsOf(d.Title); len(words) > 0 { // which may be cut
			for len(head) > 0 && len(words) > 0 && words[0] == head[0] {
				words, head = words[1:], head[1:]
			}
		}
		found := false
		for k := min(len(words), len(text)-i); k >= 0; k-- {
			if slices.Equal(words[:k], text[i:i+k]) && len(words)-k <= len(notes)-j && slices.Equal(words[k:], notes[j:j+len(words)-k]) {
				i, j, found = i+k, j+len(words)-k, true
				break
			}
		}
		if !found {
			k := 0
			for k < len(words) && i+k < len(text) && words[k] == text[i+k] {
				k++
			}
			return fmt.Sprintf("page %d: %q, signed %q, notes %q", n+1, around(words, k), around(text, i+k), around(notes, j))
		}
		if i == len(text) && j == len(notes) {
			return ""
		}
	}
	return fmt.Sprintf("%d of %d words, %d of %d in notes", i, len(text), j, len(notes))
}

func around(words []string, i int) []string {
	return words[max(min(i-2, len(words)), 0):min(i+8, len(words))]
}

// samples are the letters of the project, and those that are given beside it.
func samples(t testing.TB) map[string]letter.Text {
	t.Helper()
	texts := map[string]letter.Text{}
	for _, pattern := range []string{"../testkit/letters/*", "../cli/samples/*", "../letter/importer/testdata/*", "../../../shared/letters/*.txt",
		"../../../shared/cases/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil || filepath.Base(file) == "expected.txt" || !slices.Contains([]string{".txt", ".md", ".html", ".docx"}, filepath.Ext(file)) {
				continue
			}
			if draft, err := importer.Read(filepath.Base(file), data); err == nil {
				texts[file] = letter.TextOf(draft, true)
			}
		}
	}
	return texts
}

// Every word that is signed stands in the document, once and in its order.
func TestPDF_showsWhatIsSigned(t *testing.T) {
	texts := samples(t)
	for file, text := range texts {
		in := inputOf(text)
		in.Letter.Leads = []account.Organisation{{Names: map[string]string{"en": "Harbour Watch"}, Address: []string{"14 Quay Street"}}}
		d := Make(in)
		pdf, report := write(t, in)
		words, notes := signedWords(in.Edition.Texts[in.Language])
		if difference := missed(d, pagesOf(t, pdf), words, notes, 4); difference != "" {
			t.Errorf("%s: %s", file, difference)
		}
		for _, r := range report.Missing { // whether there is a font with pictures depends on the machine
			if unicode.IsLetter(r) {
				t.Errorf("%s: no font has %q", file, r)
			}
		}
	}
	if len(texts) < 8 {
		t.Errorf("only %d letters were read", len(texts))
	}

	// The control: a word that is not in the document is missed.
	in := inputOf(english("One.[^1]\n\nTwo.\n\n[^1]: Three."))
	pdf, _ := write(t, in)
	if difference := missed(Make(in), pagesOf(t, pdf), []string{"The", "title", "One", "Two", "surrender"}, []string{"Three"}, 0); difference == "" {
		t.Error("a word that is not in the document is not missed")
	}
	if difference := missed(Make(in), pagesOf(t, pdf), []string{"The", "title", "One", "Two"}, []string{"Three"}, 0); difference != "" {
		t.Error(difference)
	}
}

// named are made-up signatories in three scripts.
func named(n int) (list []roll.Signatory) {
	given := []string{"Marit", "Ana", "Jørgen", "Ελένη", "Дарья", "سارا", "رضا", "נועה", "Nguyễn", "Zoë"}
	family := []string{"Oswin", "Petrović", "Kjær", "Παπαδοπούλου", "Иванова", "محمدی", "کریمی", "לוי", "Thị Minh", "de la Cruz Hernández"}
	for i := range n {
		s := roll.Signatory{ID: int64(i), Kind: verify.Person, Basis: verify.ByEmail}
		s.Name = given[i%10] + " " + family[i/3%10]
		if i%2 == 0 {
			s.Title, s.Affiliation = "Professor of Hydrology", "University of Port Almere"
		}
		if i%3 == 0 {
			s.Country = "NL"
		}
		if i%11 == 0 {
			s.Basis = verify.ByPaper
		}
		list = append(list, s)
	}
	return list
}

func signed(in Input, n int) Input {
	in.Names = append([]roll.Signatory{{Kind: verify.Organisation, Record: verify.Record{Name: "River Watch", Country: "DE"}, Basis: verify.ByDomain}}, named(n)...)
	in.Counts = roll.Counts{Organisations: 1, Persons: n + 2, Withheld: 2, Imported: n / 11, Size: 4711, PublishedAt: time.Date(2026, 5, 30, 14, 20, 0, 0, time.UTC)}
	return in
}

// The same input gives the same bytes.
func TestPDF_isTheSameTwice(t *testing.T) {
	in := signed(inputOf(english("One.[^1] And [a link](https://varrow.example).\n\n| a | b |\n|---|---|\n| c | d |\n\n[^1]: Two.")), 40)
	first, _ := write(t, in)
	second, _ := write(t, in)
	if !bytes.Equal(first, second) {
		t.Error("the bytes differ")
	}
	in.Names[3].Name = "Somebody Else"
	if third, _ := write(t, in); bytes.Equal(first, third) {
		t.Error("another name gives the same bytes")
	}
}

// What a document costs: a letter of some pages, and one with many signatories.
func BenchmarkPDF(b *testing.B) {
	text := english("Some text.\n\n" + strings.Repeat(strings.Repeat("A paragraph of a letter has several lines of words like these. ", 8)+"\n\n", 16))
	for _, c := range []struct {
		name  string
		names int
	}{{"letter", 0}, {"names=5000", 5000}, {"names=10000", 10000}} {
		b.Run(c.name, func(b *testing.B) {
			in := signed(inputOf(text), c.names)
			b.ReportAllocs()
			var size, pages int
			for b.Loop() {
				pdf, report := write(b, in)
				size, pages = len(pdf), report.Pages
			}
			b.ReportMetric(float64(size)/1024, "KiB")
			b.ReportMetric(float64(pages), "pages")
		})
	}
}

// spot is where a word stands on a page, in millimetres from its corner.
type spot struct {
	page      int
	left, top float64
}

var (
	boxOfPage = regexp.MustCompile(`<page `)
	boxOfWord = regexp.MustCompile(`<word xMin="([0-9.]+)" yMin="([0-9.]+)" [^>]*>([^<]*)</word>`)
)

// placeOf returns where a word stands first.
func placeOf(t *testing.T, pdf []byte, word string) (at spot, found bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "boxes.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-bbox", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range boxOfPage.Split(string(out), -1) {
		for _, m := range boxOfWord.FindAllStringSubmatch(page, -1) {
			if m[3] == word {
				left, _ := strconv.ParseFloat(m[1], 64)
				top, _ := strconv.ParseFloat(m[2], 64)
				return spot{i, left / mm, top / mm}, true
			}
		}
	}
	return at, false
}

package document

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
)

var update = flag.Bool("update", false, "write what the documents say now into testdata")

// golden compares what a document says with a file in testdata; -update writes that anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(string(want), got); difference != "" {
		t.Errorf("%s (-update writes it):\n%s", file, difference)
	}
}

// everything is a letter that has each kind of block, in English.
func everything() letter.Text {
	text := english("Of *slanted*, **heavy** and ~~struck~~ words, `code`, [a link](https://varrow.example/a) and «شماره ۱۲ از ۱۴۰۵» in Persian.[^1]\n\n" +
		"## A heading\n\n1. First\n2. Second, with others in it\n   - bullet אבג (דה) 123\n   - another\n\n> Quoted.[^2]\n\n" +
		"| Village | Samples |\n|:--|--:|\n| Ness | 240 |\n| دره‌نیلی | ۳ |\n\n![chequered](picture:" + strings.Repeat("0", 64) + " \"Samples | Ana Oswin\")\n\n" +
		"```\nfirst line\n    second\n```\n\n---\n\n1) Publish the records.\n2) Stop.\n\n[^1]: The first note.\n\n[^2]: The second, at https://varrow.example/b.")
	text.Subtitle, text.Place, text.Date = "What is said below it", "Port Almere", "4 May 2026"
	text.Addressees = []letter.Addressee{{Before: "Ms", Name: "Tessa Varn", Office: "Minister for Water", Address: []string{"2 Weir Square", "Almere"}}}
	text.Salutation, text.Closing = "Dear Minister Varn,", "Yours sincerely,"
	text.SignedBy = []letter.Signer{{Name: "Marit Oswin", Role: "Chair", Organisation: "Harbour Watch"}}
	return text
}

func led(in Input) Input {
	in.Letter.Leads = []account.Organisation{
		{Names: map[string]string{"en": "Harbour Watch", "fa": "دیده‌بان بندر"}, Address: []string{"14 Quay Street", "Port Almere"}, Email: "office@harbour.example", Logo: "logo"},
		{Names: map[string]string{"en": "Peace Office"}, Links: []string{"https://peace.example"}},
	}
	in.Picture = func(string) []byte { return pngOf(300, 120) }
	return in
}

// What a reader of each page gets to read, in testdata; -update writes it anew.
func TestPDF_saysWhatItSaid(t *testing.T) {
	texts := samples(t)
	for name, text := range map[string]letter.Text{"everything": everything(), "river.en": texts["../cli/samples/river.en.md"], "river.fa": texts["../cli/samples/river.fa.md"],
		"river.ar": texts["../cli/samples/river.ar.md"], "river.fr": texts["../cli/samples/river.fr.md"]} {
		pdf, _ := write(t, signed(led(inputOf(text)), 12))
		var got strings.Builder
		for i, page := range pagesOf(t, pdf) {
			fmt.Fprintf(&got, "== %d\n", i+1)
			for line := range strings.Lines(page) {
				if words := strings.Join(strings.Fields(line), " "); words != "" {
					got.WriteString(words + "\n")
				}
			}
		}
		golden(t, name, got.String())
	}
}

// Programs that read documents find nothing wrong, and find what those need who cannot see the page.
func TestPDF_isOneForOtherPrograms(t *testing.T) {
	in := signed(led(inputOf(everything())), 250)
	pdf, report := write(t, in)
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	tool := func(name string, arguments ...string) string {
		out, err := exec.Command(name, append(arguments, file)...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v %s", name, err, out)
		}
		return string(out)
	}
	info := strings.Join(strings.Fields(tool("pdfinfo")), " ")
	for _, want := range []string{"Title: The title", "Author: Harbour Watch, Peace Office", "Tagged: yes", fmt.Sprintf("Pages: %d", report.Pages), "(A4)"} {
		if !strings.Contains(info, want) {
			t.Errorf("pdfinfo does not say %q: %s", want, info)
		}
	}
	structure := tool("pdfinfo", "-struct-text")
	at := 0
	for _, want := range []string{"Document", "Figure", "H1", "The title", "Dear Minister", "Link", "a link", "H3", "A heading", "Lbl", "1.", "LBody", "BlockQuote", "Table", "TH",
		"Village", "TD", "Caption", "Publish the records", "Yours sincerely", "H2", "Signatories", "LI", "Verification sheet"} {
		next := strings.Index(structure[at:], want)
		if next < 0 {
			t.Fatalf("the structure has no %q after:\n%s", want, structure[max(0, at-500):at])
		}
		at += next
	}
	if fonts := tool("pdffonts"); strings.Count(fonts, "yes yes yes") < 5 { // embedded, as subsets, with the characters they stand for
		t.Errorf("fonts:\n%s", fonts)
	}
	if urls := tool("pdfinfo", "-url"); !strings.Contains(urls, "https://varrow.example/a") || !strings.Contains(urls, "https://letters.example/letters/sample/check") {
		t.Errorf("links:\n%s", urls)
	}
	if _, err := exec.LookPath("qpdf"); err == nil {
		if said := tool("qpdf", "--check"); !strings.Contains(said, "No syntax or stream encoding errors") {
			t.Error(said)
		}
	}
}

// Names stand whole in one column of one page.
func TestPDF_breaksNoEntry(t *testing.T) {
	in := signed(inputOf(english("Text.")), 400)
	for i := range in.Names[1:] {
		in.Names[i+1].Name = fmt.Sprintf("Beginning%d Ending%d", i, i)
		in.Names[i+1].Title, in.Names[i+1].Affiliation = "Office", fmt.Sprintf("Last%d", i)
	}
	pdf, _ := write(t, in)
	found := 0
	for _, page := range pagesOf(t, pdf, "-raw") {
		words := strings.Fields(page)
		for i := range 400 {
			first := slices.Index(words, fmt.Sprintf("Beginning%d", i))
			if first < 0 {
				continue
			}
			found++
			if last := slices.Index(words, fmt.Sprintf("Last%d", i)); last < first || last > first+6 {
				t.Errorf("entry %d is broken: %q", i, words[first:min(first+8, len(words))])
			}
		}
	}
	if found != 400 {
		t.Errorf("%d entries were found", found)
	}
}

// A character that none of the built-in fonts has is drawn with a font of the machine.
func TestPDF_takesFontsOfTheMachine(t *testing.T) {
	var machine machineFonts
	if machine.find('ա') == nil {
		t.Skip("this machine has no Armenian font")
	}
	in := inputOf(english("Արմեն in Yerevan."))
	pdf, report := write(t, in)
	if len(report.Missing) > 0 || !strings.Contains(pagesOf(t, pdf)[0], "Արմեն in Yerevan.") {
		t.Errorf("missing %q, %q", report.Missing, pagesOf(t, pdf)[0])
	}
}

func FuzzPDF(f *testing.F) {
	f.Add("A [link](https://a.example) [^1]\n\n[^1]: note", "Name", true)
	f.Add("| a |\n|-|\n| b |\n\n1) x\n   - y", "اسم ۱۲", false)
	f.Fuzz(func(t *testing.T, body, name string, persian bool) {
		text := english(letter.CleanMarkdown(body))
		if persian {
			text.Language = "fa"
		}
		in := signed(led(inputOf(text)), 3)
		in.Names[1].Name = name
		if _, report := write(t, in); report.Pages < 2 {
			t.Errorf("%d pages", report.Pages)
		}
	})
}

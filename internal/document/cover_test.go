package document

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
)

// covered is a letter of three leads with an annex, for its addressee.
func covered(language string) Input {
	text := everything()
	text.Body = strings.Replace(text.Body, "[a link]", "[the records (PDF)](/media/"+strings.Repeat("a", 64)+"), [a link]", 1)
	in := signed(led(inputOf(text)), 5)
	in.Letter.Leads = append(in.Letter.Leads, account.Organisation{Names: map[string]string{"en": "River Society"}})
	in.Audience, in.Copy = roll.ForAddressee, strings.Repeat("0f", 16)
	in.Counts.Organisations, in.Counts.Persons = 3, 12
	in.Cover = &letter.Cover{Addressee: 1, Language: language, Ours: "HW/2026/12", Yours: "MW-77", Date: "2026-05-04", Through: "The Permanent Mission",
		Subject: "The records of the river", Salutation: "Dear Minister,", From: "Marit Oswin", CC: []string{"The Ombudsman", "رئیس مجلس"}}
	in.Autographs = []letter.Autograph{{Signer: 1, Name: "Marit Oswin", Picture: pngOf(200, 60)}}
	return in
}

// The cover says who gets the letter, and what with it; the letter after it says what it says without one.
func TestCover_saysWhatItSaid(t *testing.T) {
	for _, language := range []string{"en", "fa"} {
		in := covered(language)
		pdf, report := write(t, in)
		if report.Pictures != 0 {
			t.Errorf("%d pictures could not be read", report.Pictures)
		}
		pages := pagesOf(t, pdf)
		for i, page := range pages {
			if !strings.Contains(page, in.Copy) {
				t.Errorf("page %d does not name its copy", i+1)
			}
		}
		var got strings.Builder
		for line := range strings.Lines(pages[0]) {
			if words := strings.Join(strings.Fields(line), " "); words != "" {
				got.WriteString(words + "\n")
			}
		}
		golden(t, "cover."+language, got.String())
		rest := strings.Join(pages[1:], "")
		for _, want := range []string{"Dear Minister Varn,", "Publish the records.", "for the addressee and the lead organisations only", "Annex 1: the records", strings.Repeat("a", 40)} {
			if !strings.Contains(rest, want) {
				t.Errorf("%q does not stand after the cover", want)
			}
		}
		in.Audience, in.Copy, in.Cover, in.Autographs = roll.ForPublic, "", nil, nil
		public, _ := write(t, in)
		if text := strings.Join(pagesOf(t, public), ""); strings.Contains(text, "HW/2026/12") || strings.Contains(text, "Not for publication") {
			t.Error("the public document says what is for the addressee")
		}
	}
}

// Where an address stands is where envelopes have their window, however much stands above it.
func TestCover_addressStandsInTheWindow(t *testing.T) {
	for _, x := range []struct {
		leads  int
		lowest float64
	}{{1, 53}, {3, 66}} {
		in := covered("en")
		if in.Letter.Leads = in.Letter.Leads[:x.leads]; x.leads == 1 {
			in.Letter.Leads[0].Logo = ""
		}
		pdf, _ := write(t, in)
		at, found := placeOf(t, pdf, "Ms")
		if !found || at.page != 1 || at.left < 24 || at.left > 26 || at.top < 49 || at.top > x.lowest {
			t.Errorf("%d leads: the address stands at %+v mm", x.leads, at)
		}
		if next, found := placeOf(t, pdf, "HW/2026/12"); !found || next.top < 90 {
			t.Errorf("%d leads: the reference shows through the window, at %+v mm", x.leads, next)
		}
	}
}

// What is enclosed is what follows: who signed since the last checkpoint is named to the addressee, though nobody is counted yet.
func TestCover_enclosesWhatFollows(t *testing.T) {
	for _, x := range []struct {
		names, counted int
		signOn         letter.SignOn
		list           bool
	}{{3, 0, letter.SignOnBoth, true}, {0, 3, letter.SignOnBoth, true}, {0, 0, letter.SignOnBoth, false}, {0, 0, letter.SignOnNone, false}} {
		in := covered("en")
		in.Names, in.Counts = in.Names[:x.names], roll.Counts{Persons: x.counted}
		in.Letter.SignOn = x.signOn
		pdf, _ := write(t, in)
		pages := pagesOf(t, pdf)
		enclosed, listed := strings.Contains(pages[0], "List of signatories"), strings.Contains(strings.Join(pages[1:], ""), "Signatories\n")
		if enclosed != x.list || listed != x.list {
			t.Errorf("%+v: it says that there is a list: %v; there is one: %v", x, enclosed, listed)
		}
		if all := strings.Join(pages, ""); x.names > 0 && (!strings.Contains(all, in.Names[0].Name) || strings.Contains(strings.Join(pages[:len(pages)-1], ""), "0 persons")) {
			t.Errorf("%+v: %s", x, all)
		}
	}
}

// A draft says so on each page, and counts nobody.
func TestDraft_saysSo(t *testing.T) {
	in := signed(led(inputOf(everything())), 5)
	in.Draft, in.Edition.PublishedAt = true, in.Edition.PublishedAt.AddDate(-3000, 0, 0)
	pdf, report := write(t, in)
	public := signed(inputOf(everything()), 5)
	public.Picture = func(string) []byte { return nil }
	in.Picture = public.Picture
	published, _ := write(t, public)
	if pages, none := stamped(t, pdf), stamped(t, published); len(pages) != report.Pages || slices.Min(pages) < 3*slices.Max(none) {
		t.Errorf("so much of %d pages is stamped: %d, of what is published %d", report.Pages, pages, none)
	}
	for i, page := range pagesOf(t, pdf) {
		if strings.Contains(page, "Verification sheet") || strings.Contains(page, "Signatories") {
			t.Errorf("page %d counts somebody", i+1)
		}
	}
}

// Each address stands within its label.
func TestLabels(t *testing.T) {
	var l letter.Letter
	text := english("Text.")
	for i := range 23 {
		text.Addressees = append(text.Addressees, letter.Addressee{Name: fmt.Sprintf("Name%d", i), Office: "Office of something with a long name", Address: []string{"Street 1", "9999 Town", "Country", "Planet", "Galaxy"}})
	}
	text.Addressees[3].Name = strings.Repeat("W", 300)
	l.Edition = letter.Edition{Language: "en", Texts: map[string]letter.Text{"en": text}}
	d := LabelsFor(l, []letter.Cover{{Addressee: 2, Address: []string{"Elsewhere"}}})
	var out strings.Builder
	report, err := d.WritePDF(&out)
	if err != nil || report.Pages != 2 {
		t.Fatalf("%d pages, %v", report.Pages, err)
	}
	for i := range 23 {
		at, found := placeOf(t, []byte(out.String()), fmt.Sprintf("Name%d", i))
		if i == 1 || i == 3 {
			if found {
				t.Errorf("%d stands there: %+v", i, at)
			}
			continue
		}
		n := i
		if i > 3 { // which takes two
			n++
		}
		page := 1 + n/21
		n %= 21
		left, top := 7.2+66*float64(n%3), 15.1+38.1*float64(n/3)
		if !found || at.page != page || at.left < left || at.left > left+10 || at.top < top || at.top > top+12 {
			t.Errorf("%d stands at %+v, its label begins at %.1f %.1f", i, at, left, top)
		}
	}
	if _, found := placeOf(t, []byte(out.String()), "Elsewhere"); !found {
		t.Error("an address of a cover is not used")
	}
}

// An address that no label holds goes on on the next. Each address is one paragraph for who listens, of nothing but its words.
func TestLabels_ofALongAddress(t *testing.T) {
	text := english("Text.")
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("Line%d", i))
	}
	text.Addressees = []letter.Addressee{{Name: "First", Address: lines}, {Name: "Second"}}
	d := LabelsFor(letter.Letter{Edition: letter.Edition{Language: "en", Texts: map[string]letter.Text{"en": text}}}, nil)
	d.Sheet = Letter
	var out strings.Builder
	if _, err := d.WritePDF(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range append(lines, "First", "Second") {
		if _, found := placeOf(t, []byte(out.String()), line); !found {
			t.Errorf("%s is on no label", line)
		}
	}
	last, _ := placeOf(t, []byte(out.String()), "Line19")
	second, _ := placeOf(t, []byte(out.String()), "Second")
	if last.top > 37 || last.left < 2*198/72*25.4-5 || second.top < 37 { // on the third label of the first row, and on the first of the second
		t.Errorf("the last line is at %+v, the second address at %+v", last, second)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	structure, err := exec.Command("pdfinfo", "-struct-text", file).CombinedOutput()
	if found := strings.Count(string(structure), "P (block)"); err != nil || found != 2 {
		t.Errorf("%d paragraphs for 2 addresses: %s", found, structure)
	}
}

// stamped returns how many dots of each page are as grey as a stamp.
func stamped(t *testing.T, pdf []byte) (pages []int) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("pdftoppm", "-r", "40", "-gray", filepath.Join(folder, "a.pdf"), filepath.Join(folder, "page")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "page*"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, dot := range data {
			if dot >= 227 && dot <= 233 {
				n++
			}
		}
		pages = append(pages, n)
	}
	return pages
}

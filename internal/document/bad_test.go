package document

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/verify"
)

func pngOf(width, height int) []byte {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.RGBA{0x20, 0x60, 0x90, 0xff}})
	for x := range width {
		for y := range height {
			m.SetColorIndex(x, y, uint8((x*8/width+y*8/height)%2))
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

// badLetters are texts that no letter should have, and that some will.
func badLetters() map[string]letter.Text {
	long := strings.Repeat("longname", 38)[:300]
	demands, words := "", strings.Repeat("A footnote that is longer than its page goes on at the foot of the next one. ", 120)
	for i := range 200 {
		demands += fmt.Sprintf("%d) Demand %s of this letter\n", i+1, strings.Repeat("x", i%40))
	}
	untitled := english("A letter without a title.")
	untitled.Title = ""
	return map[string]letter.Text{
		"200 demands":          english("We ask:\n\n" + demands),
		"a note over pages":    english("A claim.[^1] Another.[^2]\n\nEnd.\n\n[^1]: " + words + "\n\n[^2]: Short."),
		"no title":             untitled,
		"no body":              english(""),
		"a word of 300":        english("Before " + long + " after.\n\n- " + long + "\n\n> " + long),
		"a table of words":     english("| " + strings.Repeat("head | ", 12) + "\n|" + strings.Repeat("---|", 12) + "\n| " + strings.Repeat("somewhat longer cell | ", 12) + "\n"),
		"a high table":         english("| a | b |\n|---|---|\n| " + words + " | c |\n| d | e |\n"),
		"lists within lists":   english("- a\n  - b\n    - c\n      - d\n        - e\n          - f\n            - g\n"),
		"deep quotations":      english(strings.Repeat("> ", 60) + "deep within it\n\n" + strings.Repeat("- ", 8) + "and within lists\n"),
		"a table deep within":  english(strings.Repeat("> ", 24) + "| a | b |\n" + strings.Repeat("> ", 24) + "|---|---|\n" + strings.Repeat("> ", 24) + "| c | d |\n"),
		"a wide table":         english("|" + strings.Repeat(" a |", 80) + "\n|" + strings.Repeat("---|", 80) + "\n|" + strings.Repeat(" b |", 80) + "\n"),
		"many notes":           english(strings.Repeat("Claim[^1] and[^2].\n\n", 60) + "[^1]: First source.\n\n[^2]: Second source."),
		"a mark alone":         english("[^1]\n\n[^1]: Source."),
		"a mark at a picture":  english("![a](picture:" + strings.Repeat("0", 64) + ")[^1]\n\n[^1]: Source."),
		"notes in notes":       english("Claim.[^1]\n\n[^1]: First source[^2].\n\n[^2]: Second source."),
		"notes in a demand":    english("1) Do this.[^1]\n2) And this.[^2]\n\n[^1]: Law of 1990.\n\n[^2]: Law of 1991."),
		"a long heading":       english("## " + strings.Repeat("Heading of many words ", 60) + "\n\nText."),
		"a picture not stored": english("![what it shows](picture:" + strings.Repeat("0", 64) + " \"Caption | Credit\")"),
	}
}

// A draft of which nothing is written yet is an empty document.
func TestPDF_ofAnEmptyDraft(t *testing.T) {
	text := letter.Text{Format: letter.Format, Language: "en"}
	in := Input{Letter: letter.Letter{Slug: "empty"}, Edition: letter.Edition{Language: "en", Texts: map[string]letter.Text{"en": text}}, Language: "en",
		Draft: true, Picture: func(string) []byte { return nil }}
	pdf, report := write(t, in)
	docx, _ := writeWord(t, Make(in))
	partsOf(t, docx)
	if pages := pagesOf(t, pdf); report.Pages != 1 || !strings.Contains(pages[0], "Page 1 of 1") {
		t.Errorf("%d pages: %q", report.Pages, pages)
	}
}

// Whatever a letter holds, there is a document with all its words.
func TestPDF_ofBadInput(t *testing.T) {
	for name, text := range badLetters() {
		in := inputOf(text)
		pdf, _ := write(t, in)
		want, notes := signedWords(in.Edition.Texts["en"])
		if name == "a word of 300" || name == "a wide table" || strings.Contains(name, "picture") { // broken over lines; said in the document's words
			pagesOf(t, pdf)
			continue
		}
		if name == "a high table" || name == "many notes" { // read line by line over its cells, and between pages
			got := strings.Join(pagesOf(t, pdf), "\n")
			for _, word := range append(want, notes...) {
				if strings.Count(got, word) < min(len(want), strings.Count(in.Edition.Texts["en"].Body, word)) {
					t.Errorf("%s: %q is missing", name, word)
					break
				}
			}
			continue
		}
		if difference := missed(Make(in), pagesOf(t, pdf), want, notes, 0); difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
	}
}

func TestPDF_ofBadNames(t *testing.T) {
	long := strings.Repeat("longname", 38)[:300]
	in := inputOf(english("Text."))
	in.Letter.Leads = []account.Organisation{{Names: map[string]string{"en": long}, Address: []string{long}, Logo: "broken"}}
	in.Picture = func(string) []byte { return []byte("no picture") }
	in = signed(in, 0)
	for i := range 30 {
		in.Names = append(in.Names, roll.Signatory{Kind: verify.Person, Record: verify.Record{Name: long, Title: strings.Repeat(long, 1+i), Affiliation: long}})
	}
	pdf, report := write(t, in)
	docx, inWord := writeWord(t, Make(in))
	if report.Pictures != 1 || inWord.Pictures != 1 {
		t.Errorf("%d pictures could not be read, and %d for Word, want 1", report.Pictures, inWord.Pictures)
	}
	if found := strings.Count(partsOf(t, docx)["word/document.xml"], long); found < 30*3 {
		t.Errorf("%d long names were found in the document of Word", found)
	}
	if all := strings.Join(strings.Fields(strings.Join(pagesOf(t, pdf, "-raw"), "")), ""); strings.Count(all, long) < 30*2 {
		t.Errorf("%d long names were found", strings.Count(all, long))
	}
}

func TestPDF_ofPictures(t *testing.T) {
	cmyk := image.NewGray(image.Rect(0, 0, 30, 20))
	var grey bytes.Buffer
	if err := jpeg.Encode(&grey, cmyk, nil); err != nil {
		t.Fatal(err)
	}
	huge := pngOf(20000, 3000)
	for name, c := range map[string]struct {
		data   []byte
		unread int
	}{
		"1 by 1":        {pngOf(1, 1), 0},
		"wide":          {pngOf(5000, 10), 0},
		"large":         {pngOf(6000, 6000), 0},
		"grey JPEG":     {grey.Bytes(), 0},
		"broken":        {pngOf(300, 300)[:200], 1},
		"20,000 pixels": {huge, 1},
		"nothing":       {[]byte{}, 1},
	} {
		in := inputOf(english("Before.\n\n![what it shows](picture:" + strings.Repeat("0", 64) + " \"The caption | The credit\")\n\nAfter."))
		in.Picture = func(string) []byte { return c.data }
		pdf, report := write(t, in)
		docx, inWord := writeWord(t, Make(in))
		if report.Pictures != c.unread || inWord.Pictures != c.unread {
			t.Errorf("%s: %d pictures could not be read, and %d for Word, want %d", name, report.Pictures, inWord.Pictures, c.unread)
		}
		parts := partsOf(t, docx) // one picture is the square
		if pictures := strings.Count(parts["word/document.xml"], "<pic:pic>"); pictures != 2-c.unread ||
			strings.Contains(parts["word/document.xml"], `descr="what it shows"`) != (c.unread == 0) {
			t.Errorf("%s: the document of Word has %d pictures", name, pictures)
		}
		if text := strings.Join(strings.Fields(pagesOf(t, pdf)[0]), " "); !strings.Contains(text, "The caption The credit After.") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// A picture is read once and is once in the file, however often the letter shows it; what is too much to read is said, a picture each.
func TestPDF_ofManyPictures(t *testing.T) {
	file, asked := pngOf(3000, 3000), 0
	in := inputOf(english(strings.Repeat("![a](picture:"+strings.Repeat("0", 64)+")\n\n", 1000)))
	in.Picture = func(string) []byte {
		asked++
		return bytes.Clone(file)
	}
	d := Make(in)
	var pdf bytes.Buffer
	report, err := d.WritePDF(&pdf)
	if err != nil {
		t.Fatal(err)
	}
	docx, inWord := writeWord(t, d)
	media := 0
	for name := range partsOf(t, docx) {
		media += strings.Count(name, "word/media/")
	}
	if found := strings.Count(pdf.String(), "/Subtype /Image"); found != 1 || media != 2 || asked != 1 || report.Pictures+inWord.Pictures > 0 { // and the square
		t.Errorf("%d and %d pictures in the files, asked for %d times; %d and %d could not be read", found, media, asked, report.Pictures, inWord.Pictures)
	}
	if testing.Short() {
		return
	}
	var text strings.Builder
	for i := range 7 {
		text.WriteString(fmt.Sprintf("![a](picture:%064d)\n\n", i))
	}
	in = inputOf(english(text.String()))
	in.Picture = func(hash string) []byte { return pngOf(6000, 5990+int(hash[len(hash)-1]-'0')) } // five are 180 million pixels
	d = Make(in)
	if report, err = d.WritePDF(io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, inWord = writeWord(t, d); report.Pictures != 2 || inWord.Pictures != 2 {
		t.Errorf("%d of 7 large pictures are not shown, and %d in Word", report.Pictures, inWord.Pictures)
	}
}

// Characters that no font has are counted, and can be copied all the same.
func TestPDF_ofCharactersWithoutFont(t *testing.T) {
	folders := machineFolders
	machineFolders = nil
	defer func() { machineFolders = folders }()
	in := inputOf(english("Signed in 東京 today."))
	pdf, report := write(t, in)
	if string(report.Missing) != "京東" {
		t.Errorf("missing %q", report.Missing)
	}
	if text := pagesOf(t, pdf)[0]; !strings.Contains(text, "東京") {
		t.Errorf("%q", text)
	}
}

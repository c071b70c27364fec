package document

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/verify"
)

// handed makes a document of a layout that two organisations lead and two others have signed.
func handed(text letter.Text, layout Layout) *Document {
	in := signed(led(inputOf(text)), 2)
	in.Names = append(in.Names, roll.Signatory{Kind: verify.Organisation, Record: verify.Record{Name: "Bridge Society"}, Basis: verify.ByDomain})
	in.Layout = layout
	return Make(in)
}

// A written statement has one plain face and size, who submits it below the title, and who shares its views in a footnote to that.
func TestLayout_ofAStatement(t *testing.T) {
	docx, report := writeWord(t, handed(everything(), AsStatement))
	parts := partsOf(t, docx)
	looks := regexp.MustCompile(`<w:(?:b|i|bCs|iCs|u|color)[ /]`)
	sizes, fonts := regexp.MustCompile(`<w:szC?s? w:val="(\d+)"`), regexp.MustCompile(`w:(?:ascii|hAnsi|cs)="([^"]+)"`)
	for _, name := range []string{"document", "styles", "numbering", "footnotes", "header1", "footer1"} {
		part := parts["word/"+name+".xml"]
		if found := looks.FindAllString(part, -1); found != nil {
			t.Errorf("%s has %q", name, found)
		}
		for _, size := range sizes.FindAllStringSubmatch(part, -1) {
			if size[1] != "20" {
				t.Errorf("%s has letters of %s half points", name, size[1])
			}
		}
		for _, font := range fonts.FindAllStringSubmatch(part, -1) {
			if font[1] != "Times New Roman" {
				t.Errorf("%s has the font %s", name, font[1])
			}
		}
	}
	text := parts["word/document.xml"]
	at := 0
	for _, want := range []string{"The title", `<w:footnoteReference w:id="1"/>`, "Harbour Watch", "Peace Office", "What is said below it", `<w:footnoteReference w:id="2"/>`} {
		next := strings.Index(text[at:], want)
		if next < 0 {
			t.Fatalf("%q does not follow", want)
		}
		at += next
	}
	notes := strings.Join(wordsIn(t, parts["word/footnotes.xml"]), "\n")
	if !strings.Contains(notes, "River Watch, Bridge Society also share the views expressed in this statement.") ||
		strings.Index(notes, "River Watch") > strings.Index(notes, "The first note.") {
		t.Error(notes)
	}
	for _, not := range []string{"Verification", "Marit Petrović", "14 Quay Street"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in the statement", not)
		}
	}
	if len(report.Limits) != 2 || report.Limits[0].Words != 2000 || report.Limits[1].Words != 1500 {
		t.Errorf("limits %v", report.Limits)
	}
	for language, want := range map[string]string{"fr": "partagent également", "es": "también comparten"} {
		other := everything()
		other.Language = language
		if d := handed(other, AsStatement); !strings.Contains(plainOf(d.Notes[0][0].(Paragraph).Runs), want) {
			t.Errorf("in %s: %v", language, d.Notes[0])
		}
	}
}

// Where a statement has no title, who shares its views is said at its end; where it has one, marks within notes count on as well.
func TestLayout_saysWhoSharesAStatement(t *testing.T) {
	untitled := english("## Section\n\nText.[^1]\n\n[^1]: Source.")
	untitled.Title = ""
	d := handed(untitled, AsStatement)
	said, ok := d.Blocks[len(d.Blocks)-1].(Paragraph)
	if !ok || !strings.HasPrefix(plainOf(said.Runs), "River Watch, Bridge Society also share") || len(d.Notes) != 1 {
		t.Errorf("%v, notes %v", d.Blocks, d.Notes)
	}
	empty := english("")
	empty.Title = ""
	if d := handed(empty, AsStatement); len(d.Blocks) != 2 {
		t.Errorf("%v", d.Blocks)
	}
	d = handed(english("A[^1] b[^2].\n\n[^1]: One, see [^2] and[^3].\n\n[^2]: Two.\n\n[^3]: Three.\n\n    More[^2]."), AsStatement)
	var got []string
	for _, note := range d.Notes {
		eachLine(note, func(runs []Run) { got = append(got, plainOf(runs)) })
	}
	if want := []string{"River Watch, Bridge Society also share the views expressed in this statement.", "One, see 3 and4.", "4 Three.", "More3.", "Two."}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A submission to a review names all who hand it in first, and numbers its paragraphs through, whatever stands between them.
func TestLayout_ofAReview(t *testing.T) {
	text := english("One.\n\n1) Ask.\n\n- a\n- b\n\nTwo.\n\n## Head\n\nThree.")
	d := handed(text, AsReview)
	var got []string
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case Paragraph:
			got = append(got, textOf(b.Runs))
		case List:
			got = append(got, b.Items[0].Mark+" "+plainOf(b.Items[0].Blocks[0].(Paragraph).Runs))
		case Heading:
			got = append(got, plainOf(b.Runs))
		}
	}
	want := []string{"The title", "Harbour Watch\nPeace Office\nRiver Watch\nBridge Society", "1. One.", "1) Ask.", "• a", "2. Two.", "Head", "3. Three."}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	docx, _ := writeWord(t, d)
	document := partsOf(t, docx)["word/document.xml"]
	list := regexp.MustCompile(`<w:numId w:val="(\d+)"/></w:numPr>(?:<w:spacing[^>]*>)?</w:pPr><w:r><w:t xml:space="preserve">(?:One|Two|Three)`)
	numbers := list.FindAllStringSubmatch(document, -1)
	if len(numbers) != 3 || numbers[0][1] != numbers[1][1] || numbers[1][1] != numbers[2][1] { // one list, which goes on when a paragraph is added
		t.Errorf("the paragraphs are of the lists %q", numbers)
	}
}

// What counts is what the layout counts: the text with its title, and in a statement its footnotes.
func TestLayout_counts(t *testing.T) {
	text := english("One two three.[^1]\n\n1) Four **fi**ve.\n\n| six | seven |\n|---|---|\n| eight | nine ten |\n\n[^1]: Eleven twelve.")
	text.Title = "A title" // two
	for layout, want := range map[Layout]int{
		AsStatement: 2 + 10 + 2 + len(strings.Fields("River Watch, Bridge Society also share the views expressed in this statement.")),
		AsReview:    2 + 10,
		AsLetter:    0,
	} {
		if _, report := writeWord(t, handed(text, layout)); report.Words != want {
			t.Errorf("%s: %d words, want %d", layout, report.Words, want)
		}
	}
}

// Who takes Word only is given no PDF, and who reads three languages no other; a list is signatories and sheet alone, in both formats.
func TestLayout_saysWhatItCannotBe(t *testing.T) {
	for _, layout := range []Layout{AsStatement, AsReview} {
		var b bytes.Buffer
		if _, err := handed(everything(), layout).Write(&b, PDF); !fault.Is(err, fault.Invalid) || b.Len() > 0 {
			t.Errorf("%s as PDF: %v, %d bytes", layout, err, b.Len())
		}
	}
	if err := AsStatement.takes("fa"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a statement in Persian: %v", err)
	}
	for _, layout := range []Layout{"", AsLetter, AsList} {
		if err := layout.takes("fa"); err != nil {
			t.Errorf("%q in Persian: %v", layout, err)
		}
	}
	list := handed(everything(), AsList)
	docx, _ := writeWord(t, list)
	if words := fmt.Sprint(wordsIn(t, partsOf(t, docx)["word/document.xml"])); words != "[]" {
		t.Errorf("the list has the words %s of the letter", words)
	}
	var b bytes.Buffer
	if _, err := list.Write(&b, PDF); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(pagesOf(t, b.Bytes()), ""); strings.Contains(text, "Dear") || !strings.Contains(text, "Bridge Society") || !strings.Contains(text, "Verification sheet") {
		t.Error(text)
	}
}

// A text without title or organisations, or one that nobody signed, is a document of each layout too.
func TestLayout_ofBadInput(t *testing.T) {
	for _, layout := range []Layout{AsStatement, AsReview, AsList} {
		for name, text := range badLetters() {
			in := inputOf(text)
			in.Layout = layout
			docx, _ := writeWord(t, Make(in))
			if partsOf(t, docx); t.Failed() {
				t.Fatalf("%s as %s", name, layout)
			}
			writeWord(t, handed(text, layout))
		}
	}
}

// Who submits a statement stands grouped by consultative status; who has none can only share its views.
func TestLayout_groupsByStatus(t *testing.T) {
	in := inputOf(english("Text."))
	in.Layout = AsStatement
	for _, o := range []struct {
		name   string
		status account.Status
	}{{"River Society", account.Roster}, {"Harbour Watch", account.Special}, {"Peace Office", account.General}, {"Quay Clinic", ""}} {
		in.Letter.Leads = append(in.Letter.Leads, account.Organisation{Names: map[string]string{"en": o.name}, Status: o.status})
	}
	text := textOfBlocks(Make(in))
	want := "Peace Office (in general consultative status)\nHarbour Watch (in special consultative status)\nRiver Society (on the roster)"
	if !strings.Contains(text, want) || !strings.Contains(text, "Quay Clinic also shares the views") {
		t.Errorf("%s", text)
	}
}

// A sheet for the special procedures has what the letter says of what their form asks, and room for what it does not say; a list says of
// which letter it is.
func TestLayout_ofAnAppealAndAList(t *testing.T) {
	in := signed(led(inputOf(everything())), 3)
	in.Layout = AsAppeal
	text := textOfBlocks(Make(in))
	for _, want := range []string{"Alleged perpetrators, and the State", "Ms Tessa Varn, Minister for Water", "Port Almere", "4 May 2026", "Harbour Watch, office@harbour.example",
		"Yes / no", "The facts", "Publish the records."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the sheet:\n%s", want, text)
		}
	}
	in.Layout = AsList
	if text := textOfBlocks(Make(in)); !strings.HasPrefix(text, "The title") || strings.Contains(text, "Dear Minister") {
		t.Errorf("%s", text)
	}
}

// textOfBlocks is all text of a document and its notes.
func textOfBlocks(d *Document) string {
	var b strings.Builder
	if err := d.WriteText(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

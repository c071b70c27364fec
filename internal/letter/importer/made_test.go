package importer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

// madeStyles are those of a document that was made of a letter, as far as they decide what a paragraph is.
var madeStyles = `<w:styles ` + wordSpace + `><w:docDefaults><w:pPrDefault><w:pPr><w:spacing w:after="140"/></w:pPr></w:pPrDefault></w:docDefaults>` +
	namedStyle("Normal", "Normal", "") + namedStyle("Title", "Title", "Normal") +
	namedStyle("To", "Inside Address", "Normal") + namedStyle("When", "Date", "Normal") + namedStyle("Dear", "Salutation", "Normal") +
	namedStyle("End", "Closing", "Normal") + namedStyle("By", "Signature", "Normal") + namedStyle("Cited", "Quote", "Normal") +
	namedStyle("Head", importer.LetterheadStyle, "Normal") + namedStyle("Names", importer.SignatoriesStyle, "Normal") +
	namedStyle("NamesSmall", "Names in small letters", "Names") + namedStyle("Check", importer.SheetStyle, "Normal") + `</w:styles>`

func namedStyle(id, name, based string) string {
	return `<w:style w:type="paragraph" w:styleId="` + id + `"><w:name w:val="` + name + `"/><w:basedOn w:val="` + based + `"/></w:style>`
}

func readMade(t *testing.T, body string) *importer.Draft {
	t.Helper()
	draft, err := importer.Read("a.docx", docx(t, body, map[string]string{"styles": madeStyles, "numbering": wordNumbering}))
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// What a document has beside the letter is left out, one piece for each style, also where a table holds it and where somebody has based
// a style of their own on it. What was typed into the letter since is part of it.
func TestRead_documentMadeOfALetter(t *testing.T) {
	row := func(cells ...string) string {
		return `<w:tr><w:tc>` + strings.Join(cells, `</w:tc><w:tc>`) + `</w:tc></w:tr>`
	}
	d := readMade(t, `<w:tbl>`+row(styled("Head", "Reed Society"), styled("Head", "3 Reed Lane"))+`</w:tbl>`+
		styled("Title", "Dear readers of this title")+styled("To", "Dr Ansel Quill")+styled("To", "Ms Vera Holm")+styled("When", "Fenwick, 5 May 2032")+
		styled("Dear", "To all whom it concerns:")+p("Typed in afterwards.")+item("1", "0", "a) lettered within")+styled("Cited", "Said by one.")+
		styled("End", "So much for that")+styled("By", "Ida Calloway")+
		`<w:tbl>`+row(styled("Names", "Name"), styled("Names", "Office"))+row(styled("Names", "Mina Rasti"), styled("NamesSmall", "Judge"))+`</w:tbl>`+
		styled("Check", "Edition 1")+styled("Check", "Fingerprint"))
	var left []string
	for _, l := range d.LeftOut {
		left = append(left, l.Why.String()+": "+l.Text)
	}
	why := importer.Added.String() + ": "
	if want := []string{why + "Reed Society 3 Reed Lane", why + "Name Office Mina Rasti Judge", why + "Edition 1 Fingerprint"}; !slices.Equal(left, want) {
		t.Errorf("left out are %q, want %q", left, want)
	}
	if len(d.Addressees) != 2 || d.Addressees[0].Name != "Ansel Quill" || d.Addressees[0].Before != "Dr" || d.Addressees[1].Before != "Ms" {
		t.Errorf("it is to %+v", d.Addressees)
	}
	got := []string{d.Title, d.Place, d.DateAsWritten, d.Date, d.SalutationLine, d.Body, d.ClosingLine, d.SignedBy[0].Name}
	want := []string{"Dear readers of this title", "Fenwick", "5 May 2032", "2032-05-05", "To all whom it concerns:",
		"Typed in afterwards.\n\n1. a) lettered within\n\n> Said by one.", "So much for that", "Ida Calloway"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Without anything that was added, the same styles are those of anybody: the rules read such a document, and nothing of it is left out.
func TestRead_stylesOfAnybody(t *testing.T) {
	d := readMade(t, styled("By", "Open letter on the marsh")+styled("Title", "Dear Dr Quill,")+p("We ask you to stop the pumps at once, before the summer.")+
		styled("When", "Yours sincerely,")+styled("To", "Ida Calloway"))
	if d.SalutationLine != "Dear Dr Quill," || d.Title != "Open letter on the marsh" || len(d.LeftOut) > 0 {
		t.Errorf("title %q, salutation %q, left out %v", d.Title, d.SalutationLine, d.LeftOut)
	}
}

// A second reference to a note, which Word keeps as a field, is one here too.
func TestRead_noteReferredToTwice(t *testing.T) {
	body := `<w:p><w:r><w:t>One</w:t></w:r><w:bookmarkStart w:id="7" w:name="_Ref1"/><w:r><w:footnoteReference w:id="2"/></w:r><w:bookmarkEnd w:id="7"/></w:p>` +
		`<w:p><w:r><w:t>Two</w:t></w:r><w:fldSimple w:instr=" NOTEREF _Ref1 \f \h "><w:r><w:t>1</w:t></w:r></w:fldSimple>` +
		`<w:fldSimple w:instr=" NOTEREF _Other "><w:r><w:t> 9</w:t></w:r></w:fldSimple></w:p>`
	notes := `<w:footnotes ` + wordSpace + `><w:footnote w:id="2">` + p("Source.") + `</w:footnote></w:footnotes>`
	shown := importer.Shown("a.docx", docx(t, body, map[string]string{"footnotes": notes}))
	if !strings.HasPrefix(shown, "One[^1]\nTwo[^1] 9\n[^1]: Source.\n") {
		t.Errorf("%q", shown)
	}
}

// Marks that do not count, and no-break spaces, stay as they were typed.
func TestRead_docxKeepsWhatIsTyped(t *testing.T) {
	numbers := `<w:numbering ` + wordSpace + `><w:abstractNum w:abstractNumId="0">` + level("0", "decimal", "۱)") + `</w:abstractNum>` +
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`
	shown := importer.Shown("a.docx", docx(t, item("1", "0", "یک")+p("3\u202f000 foyers\u00a0; et  \u00a0 encore"), map[string]string{"numbering": numbers}))
	if !strings.HasPrefix(shown, "۱) یک\n3\u202f000 foyers\u00a0; et encore\n") {
		t.Errorf("%q", shown)
	}
}

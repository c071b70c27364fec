package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

func writeWord(t testing.TB, d *Document) ([]byte, Report) {
	t.Helper()
	var b bytes.Buffer
	report, err := d.WriteDOCX(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

// partsOf unpacks a document, and fails the test if a word processor would find it broken: each part is well-formed and of a kind that
// the package states, and whatever a part refers to is there.
func partsOf(t testing.TB, docx []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(data)
	}
	var types struct {
		Default []struct {
			Extension string `xml:"Extension,attr"`
		}
		Override []struct {
			PartName string `xml:"PartName,attr"`
		}
	}
	if err := xml.Unmarshal([]byte(parts["[Content_Types].xml"]), &types); err != nil {
		t.Fatal(err)
	}
	known, endings := map[string]bool{}, map[string]bool{}
	for _, x := range types.Override {
		known[strings.TrimPrefix(x.PartName, "/")] = true
		if parts[strings.TrimPrefix(x.PartName, "/")] == "" {
			t.Errorf("the package has no %s", x.PartName)
		}
	}
	for _, x := range types.Default {
		endings[x.Extension] = true
	}
	for name, data := range parts {
		ending := strings.TrimPrefix(path.Ext(name), ".")
		if !known[name] && (!endings[ending] || ending == "xml" && name != "[Content_Types].xml") {
			t.Errorf("nothing says what %s is", name)
		}
		if ending == "xml" || ending == "rels" {
			checkPart(t, name, data, parts)
		}
	}
	return parts
}

// checkPart reads a part to its end and looks up what it refers to.
func checkPart(t testing.TB, name, data string, parts map[string]string) {
	t.Helper()
	var relations struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
			Type   string `xml:"Type,attr"`
		}
	}
	there := map[string]bool{}
	folder := path.Dir(name)
	if file := parts[path.Join(folder, "_rels", path.Base(name)+".rels")]; file != "" {
		if err := xml.Unmarshal([]byte(file), &relations); err != nil {
			t.Error(err)
		}
		for _, r := range relations.Relationship {
			there[r.ID] = true
			if r.Mode == "External" && !strings.HasSuffix(r.Type, "/hyperlink") {
				t.Errorf("%s fetches %s", name, r.Target)
			}
			if r.Mode != "External" && parts[path.Join(folder, r.Target)] == "" {
				t.Errorf("%s refers to %s", name, r.Target)
			}
		}
	}
	styles, notes := parts["word/styles.xml"], parts["word/footnotes.xml"]
	used := map[string]bool{}
	for d := xml.NewDecoder(strings.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch {
			case slices.Contains([]string{"w", "left", "cx", "cy"}, a.Name.Local) && (strings.HasPrefix(a.Value, "-") || a.Name.Local == "w" && a.Value == "0" && start.Name.Local != "top" && start.Name.Local != "bottom"):
				t.Errorf("%s: <%s> is %s wide", name, start.Name.Local, a.Value)
			case strings.HasSuffix(a.Name.Space, "/relationships") && !there[a.Value]:
				t.Errorf("%s: <%s> refers to %q", name, start.Name.Local, a.Value)
			case slices.Contains([]string{"pStyle", "rStyle", "tblStyle", "basedOn"}, start.Name.Local) && !strings.Contains(styles, `w:styleId="`+a.Value+`"`):
				t.Errorf("%s: no style %q", name, a.Value)
			case start.Name.Local == "footnoteReference" && !strings.Contains(notes, `<w:footnote w:id="`+a.Value+`">`):
				t.Errorf("%s: no note %q", name, a.Value)
			case start.Name.Local == "numId" && !strings.Contains(parts["word/numbering.xml"], `<w:num w:numId="`+a.Value+`">`):
				t.Errorf("%s: no list %q", name, a.Value)
			case (start.Name.Local == "docPr" || start.Name.Local == "bookmarkStart" || start.Name.Local == "footnoteReference") && a.Name.Local == "id":
				if used[start.Name.Local+a.Value] {
					t.Errorf("%s: two of <%s> have the id %s", name, start.Name.Local, a.Value)
				}
				used[start.Name.Local+a.Value] = true
			}
		}
	}
}

// wordsIn returns the words of a part that its readers see, paragraph by paragraph, but those that were added to the letter.
func wordsIn(t testing.TB, part string) (lines []string) {
	t.Helper()
	var line strings.Builder
	added := false
	for d := xml.NewDecoder(strings.NewReader(part)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "p":
				line.Reset()
				added = false
			case "pStyle":
				added = strings.HasPrefix(token.Attr[0].Value, "Undersigned")
			case "br", "tab":
				line.WriteByte('\n')
			case "t":
				var words string
				if err := d.DecodeElement(&words, &token); err != nil {
					t.Fatal(err)
				}
				line.WriteString(words)
			}
		case xml.EndElement:
			if token.Name.Local == "p" && !added {
				lines = append(lines, line.String())
			}
		}
	}
}

// Every word that is signed stands in the document, once and in its order, whatever letter it is.
func TestDOCX_showsWhatIsSigned(t *testing.T) {
	texts := samples(t)
	maps.Copy(texts, badLetters())
	check := func(text letter.Text) string {
		in := signed(led(inputOf(text)), 3)
		docx, _ := writeWord(t, Make(in))
		parts := partsOf(t, docx)
		want, notes := signedWords(in.Edition.Texts[in.Language])
		got := wordsOf(strings.Join(wordsIn(t, parts["word/document.xml"]), "\n"))
		foot := wordsOf(strings.Join(wordsIn(t, parts["word/footnotes.xml"]), "\n"))
		return cmp.Diff(want, got) + cmp.Diff(notes, foot)
	}
	for name, text := range texts {
		if strings.Contains(name, "picture") { // the picture's words are with the picture
			continue
		}
		if difference := check(text); difference != "" {
			t.Errorf("%s:\n%s", name, difference)
		}
	}
}

// A letter that was written as a document of Word and is read from it is the same letter: what was added is left out, a piece each.
func TestDOCX_readsBackAsTheSameLetter(t *testing.T) {
	for file, text := range samples(t) {
		in := signed(led(inputOf(text)), 12)
		text = in.Edition.Texts[in.Language]
		docx, _ := writeWord(t, Make(in))
		draft, err := importer.Read("letter.docx", docx)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		back := letter.TextOf(draft, true).Renewed()
		if strings.Contains(file, "cli/samples") { // others have what Word does not: single line ends within a paragraph, escapes, code
			if difference := cmp.Diff(text.Canonical(), back.Canonical()); difference != "" || back.Language != text.Language {
				t.Errorf("%s in %s:\n%s", file, back.Language, difference)
			}
		}
		want, wantNotes := signedWords(text)
		got, gotNotes := signedWords(back)
		if difference := cmp.Diff(want, got) + cmp.Diff(wantNotes, gotNotes) + cmp.Diff(fieldsOf(text), fieldsOf(back)); difference != "" {
			t.Errorf("%s has other words:\n%s", file, difference)
		}
		var added []string
		for _, left := range draft.LeftOut {
			if left.Why == importer.Added {
				added = append(added, left.Text)
			}
		}
		if len(added) != 3 || !strings.HasPrefix(added[0], "Harbour Watch 14 Quay") && !strings.HasPrefix(added[0], "دیده‌بان بندر") ||
			!strings.Contains(added[1], "Marit Oswin") || !strings.Contains(added[2], text.SHA256) {
			t.Errorf("%s: left out as added are %q", file, added)
		}
	}
}

// partsOfText are those parts of a text that are no part of its body.
type partsOfText struct {
	Title, Subtitle, Salutation, Closing string
	Addressees                           []letter.Addressee
	SignedBy                             []letter.Signer
}

func fieldsOf(t letter.Text) partsOfText {
	return partsOfText{t.Title, t.Subtitle, t.Salutation, t.Closing, t.Addressees, t.SignedBy}
}

// Whatever stands in an address or a signature, and whatever is missing there, is the same when it is read back.
func TestDOCX_keepsWhatIsWhat(t *testing.T) {
	text := english("We ~~do not~~ ask **for ~~all~~** of it.\n\n---\n\nThe end. \\~\\~not struck\\~\\~.")
	text.Addressees = []letter.Addressee{
		{Office: "Harbour Board", Address: []string{"Quay 1"}},
		{Name: "Quill", Address: []string{"Quay 2"}},
		{Address: []string{"Quay 3", "Town"}},
		{Before: "H.E.", Name: "Dr Mina Rasti"},
		{Name: "Mr Underhill", Office: "Keeper"},
		{Before: "خانم", Name: "مینا راستی", Office: "Judge, دادگاه"},
	}
	text.SignedBy = []letter.Signer{
		{Name: "Ida", Organisation: "Reed Society"}, {Organisation: "Bridge Society"}, {Role: "Chair"}, {Name: "Ann", Role: "Chair", Organisation: "River Watch"},
	}
	for _, language := range []string{"en", "fa"} {
		text.Language = language
		in := signed(led(inputOf(text)), 3)
		docx, _ := writeWord(t, Make(in))
		partsOf(t, docx)
		draft, err := importer.Read("letter.docx", docx)
		if err != nil {
			t.Fatal(err)
		}
		back := letter.TextOf(draft, true).Renewed()
		if difference := cmp.Diff(fieldsOf(in.Edition.Texts[language]), fieldsOf(back)); difference != "" {
			t.Errorf("in %s:\n%s", language, difference)
		}
		if want := "We ~~do not~~ ask **for** **~~all~~** of it.\n\n---\n\nThe end. \\~~not struck\\~~."; back.Body != want {
			t.Errorf("in %s: %q, want %q", language, back.Body, want)
		}
	}
}

// What a picture shows is left out, and said to be.
func TestDOCX_saysWhichPicturesDoNotComeBack(t *testing.T) {
	in := signed(led(inputOf(english("Before.\n\n![The dry river](picture:"+strings.Repeat("0", 64)+")\n\nAfter."))), 3)
	in.Picture = func(string) []byte { return pngOf(20, 20) }
	docx, _ := writeWord(t, Make(in))
	draft, err := importer.Read("letter.docx", docx)
	if err != nil {
		t.Fatal(err)
	}
	var pictures []string
	for _, left := range draft.LeftOut {
		if left.Why == importer.Picture {
			pictures = append(pictures, left.Text)
		}
	}
	if !slices.Equal(pictures, []string{"The dry river"}) { // neither logo nor square
		t.Errorf("%q", pictures)
	}
}

// The same input gives the same bytes.
func TestDOCX_isTheSameTwice(t *testing.T) {
	in := signed(led(inputOf(everything())), 40)
	first, _ := writeWord(t, Make(in))
	second, _ := writeWord(t, Make(in))
	if !bytes.Equal(first, second) {
		t.Error("the bytes differ")
	}
	in.Names[3].Name = "Somebody Else"
	if third, _ := writeWord(t, Make(in)); bytes.Equal(first, third) {
		t.Error("another name gives the same bytes")
	}
}

// What the document is made of, in testdata; -update writes it anew.
func TestDOCX_saysWhatItSaid(t *testing.T) {
	docx, _ := writeWord(t, Make(signed(led(inputOf(everything())), 3)))
	parts := partsOf(t, docx)
	breaks := strings.NewReplacer("</w:p>", "</w:p>\n", "</w:tr>", "</w:tr>\n", "</w:tblGrid>", "</w:tblGrid>\n", "</w:lvl>", "</w:lvl>\n")
	var got strings.Builder
	for _, name := range []string{"document.xml", "numbering.xml", "footnotes.xml", "footer1.xml", "_rels/document.xml.rels"} {
		got.WriteString("== " + name + "\n" + breaks.Replace(parts["word/"+name]) + "\n")
	}
	golden(t, "everything.docx", got.String())
}

// Words of two directions are cut where a word processor has to draw them with other fonts; digits and signs go with their neighbours.
func TestDirected_cutsWhereTheDirectionChanges(t *testing.T) {
	for _, c := range []struct {
		text string
		rtl  bool
		want string
	}{
		{"a letter (1)", false, "L:a letter (1)"},
		{"say אבג, now", false, "L:say |R:אבג|L:, now"},
		{"در ۱۲ مرداد (۱۴۰۵)", true, "R:در ۱۲ مرداد (۱۴۰۵)"},
		{"SHA-256 پرونده", true, "L:SHA-256|R: پرونده"},
		{"«شماره ۱۲ از ۱۴۰۵» in", false, "L:«|R:شماره ۱۲ از ۱۴۰۵|L:» in"},
		{"bad \xff byte", false, "L:bad \xff byte"},
		{"", false, ""},
	} {
		var got []string
		for _, piece := range directed(c.text, c.rtl) {
			got = append(got, map[bool]string{true: "R:", false: "L:"}[piece.rtl]+piece.text)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q is cut into %q, want %q", c.text, strings.Join(got, "|"), c.want)
		}
	}
}

// A link that is no address is words alone: one such would break the whole file.
func TestDOCX_ofBadLinks(t *testing.T) {
	text := english("[a](https://a.example/<b>) [b](https://[x) [c](javascript:alert(1)) [d](https://d.example/?a=1&b=\"2\") [e](mailto:e@e.example)")
	docx, _ := writeWord(t, Make(inputOf(text)))
	relations := partsOf(t, docx)["word/_rels/document.xml.rels"]
	if strings.Contains(relations, "javascript") || strings.Contains(relations, "[x") || !strings.Contains(relations, "mailto:e@e.example") {
		t.Error(relations)
	}
}

func FuzzDOCX(f *testing.F) {
	f.Add("A [link](https://a.example) [^1] again[^1]\n\n[^1]: note", "Name", true)
	f.Add("| a |\n|-|\n| b |\n\n7) x\n   - y\n\n     z\n\n> 1. q", "اسم ۱۲ \x00<&\"", false)
	f.Fuzz(func(t *testing.T, body, name string, persian bool) {
		text := english(letter.CleanMarkdown(body))
		if persian {
			text.Language = "fa"
		}
		in := signed(led(inputOf(text)), 3)
		in.Names[1].Name = name
		docx, _ := writeWord(t, Make(in))
		partsOf(t, docx)
		if _, err := importer.Read("x.docx", docx); err != nil {
			t.Error(err)
		}
	})
}

// A cover goes before the letter and is no part of it: with it, handwritten signatures and the number of the copy, the document reads
// back as the same letter. No layout of the United Nations has a cover.
func TestDOCX_withACover(t *testing.T) {
	for _, language := range []string{"en", "fa"} {
		in := covered(language)
		docx, report := writeWord(t, Make(in))
		parts := partsOf(t, docx)
		text := in.Edition.Texts[in.Language]
		if report.Pictures > 0 || !strings.Contains(parts["word/footer2.xml"], in.Copy) || !strings.Contains(parts["word/document.xml"], "HW/2026/12") {
			t.Errorf("%s: %d pictures could not be read; %s", language, report.Pictures, parts["word/footer2.xml"])
		}
		draft, err := importer.Read("letter.docx", docx)
		if err != nil {
			t.Fatal(err)
		}
		back := letter.TextOf(draft, true).Renewed()
		if difference := cmp.Diff(fieldsOf(text), fieldsOf(back)); difference != "" {
			t.Errorf("%s: it reads back as another letter:\n%s", language, difference)
		}
		for _, not := range []string{"HW/2026/12", "Ombudsman", in.Copy, "handwritten"} {
			if strings.Contains(back.Canonical(), not) {
				t.Errorf("%s: %q is in the letter that is read back", language, not)
			}
		}
		for _, layout := range []Layout{AsStatement, AsReview, AsList} {
			in.Layout = layout
			docx, _ := writeWord(t, Make(in))
			if strings.Contains(partsOf(t, docx)["word/document.xml"], "HW/2026/12") {
				t.Errorf("%s has the cover", layout)
			}
		}
	}
	draft := Make(inputOf(everything()))
	draft.Stamp = "DRAFT"
	if docx, _ := writeWord(t, draft); !strings.Contains(partsOf(t, docx)["word/footer2.xml"], "DRAFT") {
		t.Error("a draft does not say that it is one")
	}
}

package importer_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

const (
	wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
		` xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"` +
		` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"`
	relationSpace = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	relationKind  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
)

// pack makes a zip file of the parts.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	return packAs(t, zip.Deflate, parts)
}

func packAs(t testing.TB, method uint16, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(parts[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// docx makes a document of the XML of its body and of other parts, which are named without "word/" and ".xml".
func docx(t testing.TB, body string, others map[string]string) []byte {
	t.Helper()
	return pack(t, docxParts(body, others))
}

func docxParts(body string, others map[string]string) map[string]string {
	parts := map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels": `<?xml version="1.0"?><Relationships ` + relationSpace + `><Relationship Id="rId1" Type="` + relationKind +
			`officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document ` + wordSpace + `><w:body>` + body +
			`</w:body></w:document>`,
	}
	for name, xml := range others {
		parts["word/"+name+".xml"] = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + xml
		if name == "_rels/document.xml.rels" {
			delete(parts, "word/"+name+".xml")
			parts["word/"+name] = `<Relationships ` + relationSpace + `>` + xml + `</Relationships>`
		}
	}
	return parts
}

// p makes a paragraph of one run.
func p(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

// styled makes a paragraph of a style.
func styled(style, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

// item makes an item of a list.
func item(list, level, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="ListParagraph"/><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + list +
		`"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func level(n, format, text string) string {
	return `<w:lvl w:ilvl="` + n + `"><w:start w:val="1"/><w:numFmt w:val="` + format + `"/><w:lvlText w:val="` + text + `"/></w:lvl>`
}

// wordStyles are the styles of a German Word, whose ids are translated and whose names are not.
const wordStyles = `<w:styles ` + wordSpace + `><w:docDefaults><w:pPrDefault><w:pPr><w:spacing w:after="160" w:line="259"/></w:pPr></w:pPrDefault>` +
	`</w:docDefaults>` +
	`<w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/><w:basedOn w:val="Standard"/><w:pPr>` +
	`<w:spacing w:before="240" w:after="0"/><w:outlineLvl w:val="0"/></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="KeinLeerraum"><w:name w:val="No Spacing"/><w:pPr><w:spacing w:after="0"/></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="ListParagraph"><w:name w:val="List Paragraph"/><w:basedOn w:val="Standard"/><w:pPr><w:contextualSpacing/>` +
	`</w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Aufgabe"><w:name w:val="Task"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Teil"><w:name w:val="Task part"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>` +
	`<w:style w:type="character" w:styleId="Fett"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style></w:styles>`

var wordNumbering = `<w:numbering ` + wordSpace + `>` +
	`<w:abstractNum w:abstractNumId="0">` + level("0", "decimal", "%1.") + level("1", "lowerLetter", "%2)") + level("2", "lowerRoman", "%3.") +
	`</w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="1">` + level("0", "bullet", "\uf0b7") + `</w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="2">` + level("0", "arabicAbjad", "%1-") + `</w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="3">` + level("0", "hindiNumbers", "%1.") + level("1", "decimal", "%1.%2") + `</w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="4">` + level("0", "upperRoman", "(%1)") + `</w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="5"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Aufgabe"/>` +
	`<w:lvlText w:val="%1"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:pStyle w:val="Teil"/>` +
	`<w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>` +
	`<w:num w:numId="7"><w:abstractNumId w:val="5"/></w:num>` +
	`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>` +
	`<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>` +
	`<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>` +
	`<w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num><w:num w:numId="5"><w:abstractNumId w:val="3"/></w:num><w:num w:numId="6">` +
	`<w:abstractNumId w:val="4"/></w:num></w:numbering>`

// documents are letters as three word processors write them, with the JSON of their drafts in testdata.
func documents(t testing.TB) map[string][]byte {
	t.Helper()
	run := func(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }
	box := `<w:txbxContent>` + styled("KeinLeerraum", "Society of Marsh Wardens") + styled("KeinLeerraum", "3 Reed Lane") +
		styled("KeinLeerraum", "Fenwick") + `</w:txbxContent>`
	word := `<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><a:graphic><a:graphicData><wps:wsp><wps:txbx>` + box +
		`</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>` +
		`<mc:Fallback><w:pict><v:shape><v:textbox>` + box + `</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>` +
		styled("KeinLeerraum", "Dr Ansel Quill") + styled("KeinLeerraum", "Minister of Wetlands") + p("") +
		p("5 May 2032") +
		styled("berschrift1", "Open letter on the draining of Long Marsh") +
		p("Dear Dr Quill,") +
		`<w:p>` + run("Since 2030 more than ") + `<w:ins w:id="1" w:author="x"><w:r><w:t>400 hectares</w:t></w:r></w:ins><w:del w:id="2" w:author="x">` +
		`<w:r><w:delText>300 acres</w:delText></w:r></w:del>` +
		run(" were drained") + `<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="2"/></w:r>` + run(". Our ") +
		`<w:hyperlink r:id="rId8"><w:r><w:t>survey</w:t></w:r></w:hyperlink>` + run(" and ") +
		`<w:hyperlink r:id="rId9"><w:r><w:t>the archive</w:t></w:r></w:hyperlink>` +
		run(" show it") + `<w:r><w:endnoteReference w:id="5"/></w:r>` + `<w:r><w:rPr><w:vanish/></w:rPr><w:t> hidden words</w:t></w:r>` + run(" in ") +
		`<w:r><w:rPr><w:i/></w:rPr><w:t>every</w:t></w:r>` + run(" parish.") +
		`<w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>` +
		`<w:p><w:r><w:rPr><w:rStyle w:val="Fett"/></w:rPr><w:t>We ask you to:</w:t></w:r></w:p>` +
		item("1", "0", "stop the pumps by 1 July;") + item("1", "0", "repair the sluices, namely") + item("1", "1", "the north one;") + item("1", "1",
		"the south one;") + item("1", "0", "answer this letter.") +
		p("Others have asked for less:") + item("2", "0", "a survey") + item("2", "0", "a hearing") +
		p("Yours sincerely,") +
		`<w:p><w:r><w:t>Ida Calloway</w:t><w:br/><w:t>Chair, Society of Marsh Wardens</w:t></w:r></w:p>` +
		`<w:sectPr><w:headerReference w:type="default" r:id="rId20"/></w:sectPr>`
	wordParts := map[string]string{
		"styles": wordStyles, "numbering": wordNumbering,
		"footnotes": `<w:footnotes ` + wordSpace + `><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>` +
			`<w:footnote w:id="1">` + p("never referred to") + `</w:footnote><w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>` +
			run(" Land register of Fenwick.") + `</w:p></w:footnote></w:footnotes>`,
		"endnotes": `<w:endnotes ` + wordSpace + `><w:endnote w:id="5">` + p("Survey of 2031, page 4.") + `</w:endnote></w:endnotes>`,
		"header1": `<w:hdr ` + wordSpace + `><w:p><w:r><w:t xml:space="preserve">Page </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r>` +
			`<w:instrText>PAGE</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r>` +
			`<w:fldChar w:fldCharType="end"/></w:r></w:p></w:hdr>`,
		"_rels/document.xml.rels": `<Relationship Id="rId8" Type="` + relationKind + `hyperlink" Target="https://survey.example.org/" TargetMode="External"/>` +
			`<Relationship Id="rId9" Type="` + relationKind + `hyperlink" Target="file:///etc/passwd" TargetMode="External"/>` +
			`<Relationship Id="rId20" Type="` + relationKind + `header" Target="header1.xml"/>` +
			`<Relationship Id="rId21" Type="` + relationKind + `image" Target="https://tracker.example.org/x.png" TargetMode="External"/>`,
	}
	office := `<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr>` + run("Joint letter on the school canteens of Brill") + `</w:p>` +
		`<w:p><w:pPr><w:pStyle w:val="TextBody"/></w:pPr>` + run("To the School Board of Brill") + `</w:p>` +
		`<w:p><w:pPr><w:pStyle w:val="TextBody"/></w:pPr>` + run("Brill, 2 March 2029") + `</w:p>` +
		`<w:p><w:pPr><w:pStyle w:val="TextBody"/></w:pPr>` + run("Dear members of the board,") + `</w:p>` +
		`<w:p><w:pPr><w:pStyle w:val="TextBody"/></w:pPr>` + run("About 900 pupils eat cold meals. We urge you to reopen the kitchens.") + `</w:p>` +
		`<w:p><w:pPr><w:pStyle w:val="TextBody"/></w:pPr>` + run("With kind regards,") + `</w:p>` +
		`<w:tbl><w:tr><w:tc>` + p("Name") + `</w:tc><w:tc>` + p("Role") + `</w:tc><w:tc>` + p("Organisation") + `</w:tc></w:tr>` +
		`<w:tr><w:tc>` + p("Ruth Amsel") + `</w:tc><w:tc>` + p("President") + `</w:tc><w:tc>` + p("Parents of Brill") + `</w:tc></w:tr>` +
		`<w:tr><w:tc>` + p("Leo Varga") + `</w:tc><w:tc>` + p("Cook") + `</w:tc><w:tc>` + p("Kitchen Workers Union") + `</w:tc></w:tr></w:tbl>` +
		`<w:sectPr><w:headerReference w:type="first" r:id="rId3"/><w:titlePg/></w:sectPr>`
	officeParts := map[string]string{
		"styles": `<w:styles ` + wordSpace + `><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="TextBody"><w:name w:val="Body Text"/><w:basedOn w:val="Normal"/><w:pPr>` +
			`<w:spacing w:before="0" w:after="140"/></w:pPr></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:pPr>` +
			`<w:spacing w:before="240" w:after="120"/></w:pPr></w:style></w:styles>`,
		"header1": `<w:hdr ` + wordSpace + `><w:p>` + run("Parents of Brill") + `</w:p><w:p>` + run("9 Oven Street") + `</w:p><w:p>` +
			run("parents@brill.example") + `</w:p></w:hdr>`,
		"_rels/document.xml.rels": `<Relationship Id="rId3" Type="` + relationKind + `header" Target="header1.xml"/>`,
	}
	google := p("Quiet Skies Network") + p("17 Tower Street") + p("Aldmoor") + p("") + p("Aldmoor, 21 September 2030") + p("") + p("Ms Vera Holm") +
		p("Director of Civil Aviation") + p("") +
		`<w:p><w:pPr><w:rPr><w:b w:val="1"/></w:rPr></w:pPr><w:r><w:rPr><w:b w:val="1"/></w:rPr><w:t>Re: Night flights over Aldmoor</w:t></w:r>` +
		`</w:p>` + p("") + p("Dear Ms Holm,") + p("") +
		p("Since June between 20 and 30 flights a night wake the town. This letter speaks for 5,200 households, and we have measured "+
			"the noise at every school.") +
		p("") + p("We request that you:") +
		item("5", "0", "end flights between eleven and six;") + item("5", "0", "publish all noise records.") + p("") + p("Respectfully,") + p("") +
		p("Nils Orrin") + p("Spokesperson, Quiet Skies Network")
	return map[string][]byte{
		"word.docx": docx(t, word, wordParts), "libreoffice.docx": docx(t, office, officeParts),
		"google.docx": docx(t, google, map[string]string{"numbering": wordNumbering}),
	}
}

func TestRead_docx(t *testing.T) {
	for name, data := range documents(t) {
		t.Run(name, func(t *testing.T) {
			draft, err := importer.Read(name, data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(golden{draft, draft.Introduction, draft.Body, draft.DateAsWritten, draft.Place, draft.CloseOfBusiness}, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, "testdata/"+name+".json", append(got, '\n'))
			checkStandsInSource(t, name, data)
		})
	}
}

// TestRead_docxLists has lists with the marks that Word shows.
func TestRead_docxLists(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"restart", item("1", "0", "one") + item("1", "0", "two") + item("3", "0", "seven") + item("3", "0", "eight"), "1. one|2. two|7. seven|8. eight"},
		{"nested", item("1", "0", "x") + item("1", "1", "y") + item("1", "2", "z") + item("1", "1", "y") + item("1", "0", "x") + item("1", "1", "y"),
			"1. x|a) y|i. z|b) y|2. x|a) y"},
		{"goes on after a paragraph", item("1", "0", "one") + p("between") + item("1", "0", "two"), "1. one|between|2. two"},
		{"abjad", item("4", "0", "x") + item("4", "0", "y") + item("4", "0", "z"), "أ- x|ب- y|ج- z"},
		{"Arabic digits", item("5", "0", "x") + item("5", "1", "y") + item("5", "1", "z"), "١. x|١.1 y|١.2 z"},
		{"Roman", item("6", "0", "x") + item("6", "0", "y") + item("6", "0", "z") + item("6", "0", "w"), "(I) x|(II) y|(III) z|(IV) w"},
		{"numbered styles", styled("Aufgabe", "x") + styled("Teil", "y") + styled("Teil", "z") + styled("Aufgabe", "w"), "1. x|a) y|b) z|2. w"},
		{"bullets", item("2", "0", "x") + item("2", "0", "y"), "- x|- y"},
		{"no such list", item("99", "0", "x"), "x"},
		{"typed number", item("2", "0", "1. x") + item("2", "0", "2. y"), "1. x|2. y"},
		{"none", item("0", "0", "x"), "x"},
		{"deleted mark", `<w:p><w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t>one </w:t></w:r></w:p>` + p("line"), "one line"},
		{"moved", `<w:p><w:moveFrom w:id="1"><w:r><w:t>away</w:t></w:r></w:moveFrom><w:moveTo w:id="2"><w:r><w:t>here</w:t></w:r></w:moveTo></w:p>`, "here"},
		{"field", `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://a.example/b" </w:instrText></w:r><w:r>` +
			`<w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>page</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>` +
			`</w:p>`, "[page](https://a.example/b)"},
		{"content control", `<w:sdt><w:sdtPr><w:alias w:val="no"/></w:sdtPr><w:sdtContent>` + p("yes") + `</w:sdtContent></w:sdt>`, "yes"},
		{"special characters", p("a * b_ &lt;c&gt; &amp;copy; # [^1]"), `a \* b\_ \<c> \&copy; # \[^1]`},
		{"not a heading", p("# one") + p("&gt; two"), `\# one|\> two`},
		{"two cells", `<w:tbl><w:tr><w:tc>` + p("To:") + `</w:tc><w:tc>` + p("The board") + `</w:tc></w:tr></w:tbl>`, "To: The board"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shown := importer.Shown("a.docx", docx(t, tt.body, map[string]string{"numbering": wordNumbering, "styles": wordStyles}))
			lines := strings.Split(shown, "\n")
			want := strings.Split(tt.want, "|")
			if got := lines[:min(len(lines), len(want))]; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestRead_refusesDocuments(t *testing.T) {
	bomb := docx(t, p(strings.Repeat("a", 7<<20)), nil)
	many := map[string]string{}
	for i := range 5001 {
		many["word/"+strings.Repeat("a", i%50)+string(rune('0'+i%10))+strings.Repeat("b", i/50)] = ""
	}
	good := docx(t, p("Dear Sir"), nil)
	tests := []struct {
		name, file string
		data       []byte
		key        string
	}{
		{"old Word", "a.docx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"), "import.old_word"},
		{"named .doc", "a.doc", []byte("{\\rtf1 Dear Sir}"), "import.old_word"},
		{"text", "a.docx", []byte("Dear Sir"), "import.not_docx"},
		{"nothing", "a.docx", nil, "import.not_docx"},
		{"cut short", "a.docx", good[:len(good)/2], "import.not_docx"},
		{"another zip", "a.docx", pack(t, map[string]string{"a.txt": "Dear Sir"}), "import.not_docx"},
		{"bomb", "a.docx", bomb, "import.unpacked"},
		{"entries", "a.docx", pack(t, many), "import.too_complex"},
		{"doctype", "a.docx", pack(t, map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>`}), "import.part"},
		{"broken XML", "a.docx", docx(t, "<w:p><w:r></w:p>", nil), "import.part"},
		{"no text", "a.docx", docx(t, p(" "), nil), "import.empty"},
		{"deep", "a.docx", docx(t, strings.Repeat("<w:sdt>", 3000)+strings.Repeat("</w:sdt>", 3000), nil), "import.too_complex"},
		{"too large", "a.docx", append([]byte("PK"), make([]byte, 33<<20)...), "import.too_large"},
		{"deep page", "a.html", []byte(strings.Repeat("<div>", 3000) + "x"), "import.too_complex"},
		{"tags", "a.html", []byte(strings.Repeat("<b></b>", 200_000) + "x"), "import.too_complex"},
		{"empty page", "a.html", []byte("<html><head><title>x</title></head><body><script>x</script></body></html>"), "import.empty"},
		{"undeclared encoding", "a.html", []byte("<p>Jos\xe9</p>"), "import.not_utf8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			draft, err := importer.Read(tt.file, tt.data)
			faults := fault.All(err)
			if draft != nil || len(faults) != 1 || faults[0].Key != tt.key {
				t.Fatalf("got %v, %v; want %s", draft, err, tt.key)
			}
		})
	}
}

// TestRead_docxArabic has a letter whose demands Word numbers in letters.
func TestRead_docxArabic(t *testing.T) {
	body := p("معالي الوزير المحترم،") + p("تحية طيبة وبعد،") + p("انقطعت المياه عن أحياء الجنوب منذ ثلاثة أشهر، ويشتريها الأهالي من الصهاريج.") +
		p("نطالب بما يلي:") +
		item("4", "0", "إصلاح المضخة؛") + item("4", "0", "توزيع المياه مجانا؛") + item("4", "0", "إعلان جدول زمني.") +
		p("وتفضلوا بقبول فائق الاحترام،") + p("لجنة أهالي الجنوب")
	draft, err := importer.Read("a.docx", docx(t, body, map[string]string{"numbering": wordNumbering, "styles": wordStyles}))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, d := range draft.Demands {
		numbers = append(numbers, d.Number)
	}
	if !slices.Equal(numbers, []string{"أ", "ب", "ج"}) || draft.Demands[0].Text != "إصلاح المضخة؛" {
		t.Errorf("got %v", draft.Demands)
	}
	if len(draft.SignedBy) != 1 || draft.Closing != "وتفضلوا بقبول فائق الاحترام" || draft.Salutation != "معالي الوزير المحترم" {
		t.Errorf("got %v, %q, %q", draft.SignedBy, draft.Closing, draft.Salutation)
	}
}

// Words that are struck are so here too: without their marks they would say what their author took back.
func TestRead_docxStruckWords(t *testing.T) {
	run := func(properties, text string) string {
		return `<w:r><w:rPr>` + properties + `</w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
	}
	body := `<w:p>` + run("", "We ") + run("<w:strike/>", "do not") + run("", " ask ") + run(`<w:dstrike/><w:b/>`, "twice") + run(`<w:strike w:val="0"/>`, " for it.") + `</w:p>`
	d, err := importer.Read("a.docx", docx(t, styled("Heading1", "Open letter")+p("Dear all,")+body+p("Yours,")+p("Ida Calloway"), nil))
	if err != nil {
		t.Fatal(err)
	}
	page, err := importer.Read("a.html", []byte("<h1>Open letter</h1><p>Dear all,</p><p>We <del>do not</del> ask <b><s>twice</s></b> for it.</p><p>Yours,</p><p>Ida Calloway</p>"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "We ~~do not~~ ask **~~twice~~** for it."; d.Body != want || page.Body != want {
		t.Errorf("%q and %q", d.Body, page.Body)
	}
}

// What a drawing shows is no text: what it says of itself is left out, once each. One that holds text is read.
func TestRead_docxDrawings(t *testing.T) {
	drawing := func(about, uri, inner string) string {
		return `<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" ` + about + `/><a:graphic><a:graphicData uri="http://schemas/` + uri + `">` + inner +
			`</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
	}
	picture := `<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr/></pic:pic>`
	box := `<wps:wsp><wps:txbx><w:txbxContent>` + p("Within a box.") + `</w:txbxContent></wps:txbx></wps:wsp>`
	d, err := importer.Read("a.docx", docx(t, p("Above.")+drawing(`name="Picture 1" descr="The dry river"`, "drawingml/2006/picture", picture)+
		drawing(`name="Chart 2"`, "drawingml/2006/chart", "")+drawing(`name="Text Box 3"`, "office/word/2010/wordprocessingShape", box)+
		drawing(`name="Group 4" descr="Two maps"`, "office/word/2010/wordprocessingGroup", picture+picture)+
		`<w:p><w:r><w:pict><v:shape alt="An old drawing"><v:imagedata/></v:shape></w:pict></w:r></w:p>`, nil))
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, l := range d.LeftOut {
		left = append(left, l.Text+" "+l.Why.String())
	}
	why := " " + importer.Picture.String()
	want := []string{"The dry river" + why, "Chart 2" + why, "Two maps" + why, "An old drawing" + why}
	if !slices.Equal(left, want) || !strings.Contains(d.Body, "Within a box.") {
		t.Errorf("left out %q; %q", left, d.Body)
	}
}

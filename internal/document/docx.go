package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
)

// wordWriter writes a document as the parts of an Office Open XML file (ECMA-376, transitional), which every word processor reads.
type wordWriter struct {
	doc    *Document
	report Report
	body   wordPart
	notes  wordPart
	part   *wordPart // of the two, the one that is written now
	media  []wordMedia
	lists  wordLists

	within   Part         // of the document; decides on styles
	breaks   bool         // the next paragraph begins a page
	tabled   bool         // what was written last is a table: Word joins it with a table that follows
	indent   int          // of the blocks written now, in twentieths of a point
	referred map[int]bool // the notes that have a reference already
	drawings int          // that have a number
	pictures pictures
}

// wordPart is a part that has text, with what it refers to.
type wordPart struct {
	bytes.Buffer
	relations []wordRelation
}

type wordRelation struct {
	kind, target string
	external     bool
}

// wordMedia is a picture of the file.
type wordMedia struct {
	name, kind string
	data       []byte
}

const (
	wordNames = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
		` xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`
	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	relationKind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	packageKind  = "http://schemas.openxmlformats.org/package/2006/"
	wordKind     = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// Lengths in twentieths of a point.
const (
	wordMargin = 1417 // 25 mm
	wordIndent = 400
)

// WriteDOCX writes the document for word processors. Its pages are counted by whoever opens it.
func (d *Document) WriteDOCX(w io.Writer) (Report, error) {
	x := &wordWriter{doc: d, referred: map[int]bool{}}
	x.part = &x.body
	for _, b := range d.Blocks {
		x.block(b)
	}
	x.separate()
	x.body.WriteString(x.section())
	x.part, x.within = &x.notes, TheText
	x.writeNotes()
	d.count(&x.report)

	z := zip.NewWriter(w)
	for _, part := range x.parts() {
		// One time for all files, so that the same document has the same bytes; Office knows none before 1980.
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return x.report, err
		}
		if _, err := f.Write(part.data); err != nil {
			return x.report, err
		}
	}
	return x.report, z.Close()
}

type wordFile struct {
	name string
	data []byte
}

// parts returns the files of the package.
func (x *wordWriter) parts() []wordFile {
	files := []wordFile{
		{"[Content_Types].xml", nil},
		{"_rels/.rels", relationsOf([]wordRelation{{"officeDocument", "word/document.xml", false}, {"extended-properties", "docProps/app.xml", false},
			{packageKind + "relationships/metadata/core-properties", "docProps/core.xml", false}})},
		{"docProps/app.xml", []byte(xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">` +
			`<Application>Undersigned</Application></Properties>`)},
		{"docProps/core.xml", []byte(xmlHead + `<cp:coreProperties xmlns:cp="` + packageKind + `metadata/core-properties"` +
			` xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + xmlText(x.doc.Title) + `</dc:title><dc:creator>` + xmlText(x.doc.Author) +
			`</dc:creator><dc:language>` + xmlText(x.doc.Language) + `</dc:language></cp:coreProperties>`)},
	}
	add := func(name, of, xml string) {
		files = append(files, wordFile{"word/" + name + ".xml", []byte(xmlHead + "<w:" + of + " " + wordNames + ">" + xml + "</w:" + of + ">")})
	}
	add("document", "document", "<w:body>"+x.body.String()+"</w:body>")
	add("styles", "styles", x.styles())
	add("numbering", "numbering", x.lists.xml())
	add("footnotes", "footnotes", x.notes.String())
	add("settings", "settings", `<w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/>`+
		`<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>`+
		`<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>`)
	add("header1", "hdr", x.header())
	add("footer1", "ftr", x.footer())
	add("footer2", "ftr", x.footer())

	var types strings.Builder
	types.WriteString(xmlHead + `<Types xmlns="` + packageKind + `content-types"><Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`)
	own := []wordRelation{{"styles", "styles.xml", false}, {"numbering", "numbering.xml", false}, {"footnotes", "footnotes.xml", false},
		{"settings", "settings.xml", false}, {"header", "header1.xml", false}, {"footer", "footer1.xml", false}, {"footer", "footer2.xml", false}}
	seen := map[string]bool{}
	for _, m := range x.media {
		if _, ending, _ := strings.Cut(m.name, "."); !seen[ending] {
			seen[ending] = true
			fmt.Fprintf(&types, `<Default Extension="%s" ContentType="%s"/>`, ending, m.kind)
		}
		files = append(files, wordFile{"word/media/" + m.name, m.data})
	}
	override := func(part, kind string) {
		fmt.Fprintf(&types, `<Override PartName="/%s" ContentType="%s"/>`, part, kind)
	}
	override("word/document.xml", wordKind+"document.main+xml")
	for _, r := range own {
		override("word/"+r.target, wordKind+r.kind+"+xml")
	}
	override("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")
	override("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml")
	types.WriteString(`</Types>`)
	files[0].data = []byte(types.String())

	files = append(files, wordFile{"word/_rels/document.xml.rels", relationsOf(append(x.body.relations, own...))})
	if len(x.notes.relations) > 0 {
		files = append(files, wordFile{"word/_rels/footnotes.xml.rels", relationsOf(x.notes.relations)})
	}
	return files
}

// relationsOf writes what a part refers to: the first as rId1.
func relationsOf(list []wordRelation) []byte {
	var b bytes.Buffer
	b.WriteString(xmlHead + `<Relationships xmlns="` + packageKind + `relationships">`)
	for i, r := range list {
		kind := r.kind
		if !strings.Contains(kind, "/") {
			kind = relationKind + kind
		}
		mode := ""
		if r.external {
			mode = ` TargetMode="External"`
		}
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s" Target="%s"%s/>`, i+1, kind, xmlText(r.target), mode)
	}
	b.WriteString(`</Relationships>`)
	return b.Bytes()
}

// refer returns the id by which the part names what it refers to.
func (p *wordPart) refer(r wordRelation) string {
	for i, x := range p.relations {
		if x == r {
			return fmt.Sprintf("rId%d", i+1)
		}
	}
	p.relations = append(p.relations, r)
	return fmt.Sprintf("rId%d", len(p.relations))
}

// section says which paper the document is for, and what stands at the edges of its pages. The first page has no head.
func (x *wordWriter) section() string {
	width, height := 11906, 16838
	if x.doc.Sheet == Letter {
		width, height = 12240, 15840
	}
	n := len(x.body.relations) + 5 // header1, behind what the text refers to and four more parts: see parts
	direction := ""
	if x.rtl() {
		direction = "<w:bidi/>"
	}
	return fmt.Sprintf(`<w:sectPr><w:headerReference w:type="default" r:id="rId%d"/><w:footerReference w:type="default" r:id="rId%d"/>`+
		`<w:footerReference w:type="first" r:id="rId%d"/><w:pgSz w:w="%d" w:h="%d"/>`+
		`<w:pgMar w:top="%[6]d" w:right="%[6]d" w:bottom="%[6]d" w:left="%[6]d" w:header="709" w:footer="709" w:gutter="0"/><w:titlePg/>%[7]s</w:sectPr>`,
		n, n+1, n+2, width, height, wordMargin, direction)
}

// room is how wide the text is, in twentieths of a point.
func (x *wordWriter) room() int {
	if x.doc.Sheet == Letter {
		return 12240 - 2*wordMargin
	}
	return 11906 - 2*wordMargin
}

// header has the title of the letter.
func (x *wordWriter) header() string {
	aside := &wordWriter{doc: x.doc}
	aside.part = &aside.body
	aside.paragraph(wordParagraph{style: "Header"}, []Run{{Text: x.doc.Title}})
	return aside.body.String()
}

// footer says which page it is on, and how many there are: both are for the word processor to fill in.
func (x *wordWriter) footer() string {
	const page, pages = "\ue000", "\ue001"
	words := x.doc.words
	aside := &wordWriter{doc: x.doc}
	aside.part = &aside.body
	aside.begin(wordParagraph{style: "Footer", language: words.Code}, words.Dir == "rtl")
	text := strings.NewReplacer(i18n.FSI, "", i18n.PDI, "").Replace(words.T("document.page", "Page", page, "Pages", pages))
	for text != "" {
		at := strings.IndexAny(text, page+pages)
		if at < 0 {
			at = len(text)
		}
		aside.runs([]Run{{Text: text[:at]}}, words.Code, words.Dir == "rtl")
		if text = text[at:]; text == "" {
			break
		}
		field := "PAGE"
		if strings.HasPrefix(text, pages) {
			field = "NUMPAGES"
		}
		fmt.Fprintf(aside.part, `<w:fldSimple w:instr="%s"><w:r><w:rPr>%s</w:rPr><w:t>1</w:t></w:r></w:fldSimple>`, field, direction(words.Dir == "rtl"))
		text = text[len(page):]
	}
	aside.part.WriteString("</w:p>")
	lines := x.doc.marks()
	if x.doc.Stamp != "" {
		lines = append(lines, x.doc.Stamp)
	}
	for _, line := range lines {
		aside.paragraph(wordParagraph{style: "Footer", language: words.Code}, []Run{{Text: line}})
	}
	return aside.body.String()
}

// writeNotes writes the footnotes, behind the two lines that Word draws above them.
func (x *wordWriter) writeNotes() {
	x.notes.WriteString(`<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>` +
		`<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>`)
	const mark = `<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> </w:t></w:r>`
	for i, blocks := range x.doc.Notes {
		if !x.referred[i+1] {
			continue
		}
		fmt.Fprintf(x.part, `<w:footnote w:id="%d">`, i+1)
		first, rest := opening(blocks)
		x.begin(wordParagraph{style: "FootnoteText"}, x.rtl())
		x.part.WriteString(mark)
		x.runs(first, x.doc.Language, x.rtl())
		x.part.WriteString("</w:p>")
		for _, b := range rest {
			x.block(b)
		}
		x.separate()
		x.part.WriteString(`</w:footnote>`)
	}
}

// opening returns the words that blocks begin with, which stand beside a mark, and the blocks behind them.
func opening(blocks []Block) (first []Run, rest []Block) {
	if len(blocks) > 0 {
		if p, ok := blocks[0].(Paragraph); ok {
			return p.Runs, blocks[1:]
		}
	}
	return nil, blocks
}

// rtl reports whether the letter is read from right to left.
func (x *wordWriter) rtl() bool { return i18n.Direction(x.doc.Language) == "rtl" }

func (x *wordWriter) languageOf(language string) string {
	if language == "" {
		return x.doc.Language
	}
	return language
}

// separate ends what may not end with a table.
func (x *wordWriter) separate() {
	if x.tabled {
		x.paragraph(wordParagraph{style: x.styleIn("")}, nil)
	}
}

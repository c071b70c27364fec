package document

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

// Report says what a document could not show.
type Report struct {
	Pages    int     // of a PDF
	Missing  []rune  // characters that no font here has
	Pictures int     // that could not be read
	Words    int     // as the layout counts them, where it has limits
	Limits   []Limit // of words
}

// Sizes of letters, in points.
const (
	titleSize = 16
	bodySize  = 11
	noteSize  = 9
	smallSize = 8.5
)

// Format is what a document is written as; it ends the name of its file.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	DOCX Format = "docx"
)

// MediaType is what HTTP calls the format.
func (f Format) MediaType() string {
	if f == DOCX {
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	}
	return "application/pdf"
}

// Write writes the document in a format.
func (d *Document) Write(w io.Writer, f Format) (Report, error) {
	if f == DOCX {
		return d.WriteDOCX(w)
	}
	return d.WritePDF(w)
}

// WritePDF writes the document as PDF.
func (d *Document) WritePDF(w io.Writer) (Report, error) {
	var report Report
	if d.rules().wordOnly {
		return report, fault.New(fault.Invalid, "document.word_only").On("layout")
	}
	s := &setter{doc: d, typesetter: typesetter{faces: newFaces()}, file: newPDF(w), report: &report, width: 595.28, height: 841.89,
		noted: map[int]bool{}, children: map[child]*element{}}
	if d.Sheet == Letter {
		s.width, s.height = 612, 792
	}
	catalog, info, tree := s.file.number(), s.file.number(), s.file.number()
	s.root = &element{id: s.file.number(), kind: "Document", parent: &element{id: tree}}
	s.elements = append(s.elements, s.root)
	s.newPage()
	all := box{margin, s.width - 2*margin}
	for i, b := range d.Blocks {
		clear(s.children)
		switch b := b.(type) {
		case NewPage:
			s.flush(0)
			if s.page.dirty {
				s.newPage()
			}
			for len(s.carried) > 0 {
				s.newPage()
			}
			if b.Begins == TheText {
				s.opens = len(s.pages)
			}
		case Window:
			s.flush(0)
			if s.y = max(s.y+12, windowTop); len(b.Lines) > 0 {
				s.flow(s.windowRows(b, all))
				s.flush(0)
			}
			s.y = max(s.y, windowEnd) // nothing else shows through it
		case Labels:
			s.labels(b)
		case Signatories:
			s.signatories(b, all)
		default:
			rows := s.rows(b, all, s.root)
			if h, ok := b.(Heading); ok && len(rows) > 0 {
				s.bookmarked(h, rows)
			}
			if i > 0 && len(rows) > 0 {
				rows[0].before = max(rows[0].before, s.gap(b, d.Blocks[i-1]))
			}
			if _, p := b.(Paragraph); p && len(rows) > 0 && i+1 < len(d.Blocks) {
				if _, list := d.Blocks[i+1].(List); list { // what leads to a list stands with its beginning
					rows[len(rows)-1].keep = true
				}
			}
			if i+1 < len(d.Blocks) && len(rows) > 0 { // nobody's name stands alone on a page
				if p, ok := d.Blocks[i+1].(Paragraph); ok && (p.Role == Closing || p.Role == SignedBy) {
					rows[len(rows)-1].keep = true
				}
			}
			s.flow(rows)
		}
	}
	s.flush(0)
	for len(s.carried) > 0 {
		s.newPage()
	}
	s.endPage()
	report.Pages = len(s.pages)
	pages, resources := s.file.number(), s.file.number()
	s.furnish(pages, resources)
	s.fonts(resources)
	for _, e := range s.elements {
		s.file.object(e.id, e.dict())
	}
	var keys strings.Builder
	for i, of := range s.parents {
		fmt.Fprintf(&keys, "%d %s ", i, of)
	}
	s.file.object(tree, fmt.Sprintf("<</Type /StructTreeRoot /K [%d 0 R] /ParentTree <</Nums [%s]>> /ParentTreeNextKey %d>>",
		s.root.id, keys.String(), len(s.parents)))
	direction := ""
	if s.rtl() {
		direction = " /Direction /R2L"
	}
	s.file.object(catalog, fmt.Sprintf("<</Type /Catalog /Pages %d 0 R /Lang %s /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R"+
		" /ViewerPreferences <</DisplayDocTitle true%s>>%s>>", pages, plainString(d.Language), tree, direction, s.outlines()))
	author := ""
	if d.Author != "" {
		author = " /Author " + textString(d.Author)
	}
	s.file.object(info, "<</Title "+textString(d.Title)+author+" /Producer (Undersigned)>>")
	for r := range s.typesetter.missing {
		report.Missing = append(report.Missing, r)
	}
	slices.Sort(report.Missing)
	return report, s.file.close(catalog, info)
}

// rtl reports whether the letter is read from right to left.
func (s *setter) rtl() bool { return i18n.Direction(s.doc.Language) == "rtl" }

// languageOf returns that of a block.
func (s *setter) languageOf(language string) string {
	if language == "" {
		return s.doc.Language
	}
	return language
}

// lead is the distance of lines, as a multiple of their size: the letters of some scripts are higher.
func (s *setter) lead() float64 {
	if s.rtl() {
		return 1.6
	}
	return 1.4
}

// gap is the room between a block and the one before it.
func (s *setter) gap(b, before Block) float64 {
	if p, ok := b.(Paragraph); ok {
		switch p.Role {
		case Subtitle:
			return 2
		case Address, Dateline:
			return 12
		case Subject, Salutation:
			return 16
		case Closing:
			return 14
		case SignedBy:
			if p, ok := before.(Paragraph); ok && p.Role != SignedBy {
				return 38 // for a hand that signs
			}
			return 14
		case Remark:
			return 6
		}
		if _, afterHeading := before.(Heading); afterHeading {
			return 4
		}
	}
	switch b.(type) {
	case Letterhead:
		return 0
	case Heading:
		return 16
	}
	if _, ok := before.(Letterhead); ok {
		return 20
	}
	return 8
}

// stretchesOf returns runs in the look of their block.
func (s *setter) stretchesOf(runs []Run, base look) []stretch {
	list := make([]stretch, 0, len(runs))
	for _, r := range runs {
		x := stretch{r.Text, base}
		x.bold, x.italic, x.strike, x.link = x.bold || r.Bold, x.italic || r.Italic, r.Strike, r.Link
		if r.Language != "" {
			x.language = r.Language
		}
		if r.Note > 0 {
			x.note = r.Note
			x.rise, x.size = base.size*0.33, base.size*0.68
		}
		list = append(list, x)
	}
	return list
}

// lines returns the rows of a paragraph. The first two and the last two of its lines stand together.
func (s *setter) lines(p *passage, b box, align Align, of *element, language string) (rows []row) {
	lines := p.lines(b.width)
	if of != nil && isRTLText(string(p.text)) && !slices.ContainsFunc(p.clusters, func(c cluster) bool { return c.look.link != "" }) {
		of.actual = strings.Map(func(r rune) rune {
			if r == '\n' {
				return ' '
			}
			if isControl(r) {
				return -1
			}
			return r
		}, string(p.text))
	}
	for i, l := range lines {
		rows = append(rows, row{height: l.height(), notes: l.notes, keep: len(lines) > 1 && (i == 0 || i == len(lines)-2),
			draw: func(top float64) { s.drawLine(l, b, top, align, of, language) }})
	}
	return rows
}

func (s *setter) element(of *element, kind, language string) *element {
	e := of.add(s.file, kind)
	if language != s.doc.Language {
		e.lang = language
	}
	s.elements = append(s.elements, e)
	return e
}

// text returns the rows of one paragraph of runs.
func (s *setter) text(runs []Run, base look, language, kind string, align Align, b box, of *element) []row {
	base.language = language
	p := s.typesetter.set(s.stretchesOf(runs, base), i18n.Direction(language) == "rtl", s.leadOf(language))
	if len(p.text) == 0 {
		return nil
	}
	if align == Start && s.rtl() { // all begins at the margin of the letter's own language
		align = Right
	}
	return s.lines(p, b, align, s.element(of, kind, language), language)
}

func (s *setter) leadOf(language string) float64 {
	if i18n.Direction(language) == "rtl" {
		return 1.6
	}
	return s.lead()
}

// rows lays a block out in a box; what it is becomes a child of an element.
func (s *setter) rows(b Block, at box, of *element) []row {
	switch b := b.(type) {
	case Heading:
		return s.headingRows(b, at, of)
	case Paragraph:
		return s.paragraphRows(b, at, of)
	case List:
		return s.listRows(b, at, of)
	case Quotation:
		quote := s.element(of, "BlockQuote", s.doc.Language)
		return s.blockRows(b.Blocks, at.indent(20, false).indent(20, true), quote)
	case Code:
		runs := []Run{{Text: b.Text}}
		return s.text(runs, look{size: 9.5}, s.doc.Language, "Code", Left, at.indent(12, s.rtl()), of)
	case Table:
		return s.tableRows(b, at, of)
	case Picture:
		return s.pictureRows(b, at, of)
	case Rule:
		return []row{{height: 14, draw: func(top float64) {
			s.artifact(func() {
				y := num(s.height - top - 7)
				fmt.Fprintf(&s.page.content, "0.5 w %s %s m %s %s l S\n", num(at.x+at.width/3), y, num(at.x+at.width*2/3), y)
			})
		}}}
	case Letterhead:
		return s.letterheadRows(b, at, of)
	case Facts:
		return s.factRows(b, at, of)
	case Square:
		return s.squareRows(b, at, of)
	}
	return nil
}

// blockRows lays blocks out below each other.
func (s *setter) blockRows(blocks []Block, at box, of *element) (rows []row) {
	for i, b := range blocks {
		next := s.rows(b, at, of)
		if i > 0 && len(next) > 0 && len(rows) > 0 {
			next[0].before = s.gap(b, blocks[i-1]) * 0.75
		}
		rows = append(rows, next...)
	}
	return rows
}

func (s *setter) headingRows(h Heading, at box, of *element) []row {
	size := map[int]float64{1: titleSize, 2: 13}[h.Level]
	if size == 0 {
		size = 11.5
	}
	rows := s.text(h.Runs, look{bold: true, size: size}, s.languageOf(h.Language), fmt.Sprintf("H%d", min(h.Level, 6)), Start, at, of)
	for i := range rows {
		rows[i].keep = true
	}
	return rows
}

func (s *setter) paragraphRows(p Paragraph, at box, of *element) []row {
	base := look{size: bodySize}
	switch p.Role {
	case Subtitle:
		base = look{size: 12, italic: true}
	case Remark:
		base = look{size: noteSize, grey: true}
	}
	rows := s.text(p.Runs, base, s.languageOf(p.Language), "P", Start, at, of)
	if p.Role == Address || p.Role == SignedBy || p.Role == Salutation || p.Role == Closing { // a block of lines stands together
		for i := range rows {
			rows[i].keep = i+1 < len(rows) && len(rows) < 15
		}
	}
	if (p.Role == Salutation || p.Role == Closing) && len(rows) > 0 {
		rows[len(rows)-1].keep = true
	}
	return rows
}

func (s *setter) listRows(l List, at box, of *element) (rows []row) {
	list := s.element(of, "L", s.doc.Language)
	marks := make([]*passage, len(l.Items))
	wide := 12.0
	for i, item := range l.Items {
		marks[i] = s.typesetter.set([]stretch{{item.Mark, look{size: bodySize, bold: item.Demand, language: s.doc.Language}}}, s.rtl(), s.lead())
		wide = max(wide, marks[i].lines(1e6)[0].width)
	}
	wide += 7
	for i, item := range l.Items {
		li := s.element(list, "LI", s.doc.Language)
		label, body := s.element(li, "Lbl", s.doc.Language), s.element(li, "LBody", s.doc.Language)
		inner := s.blockRows(item.Blocks, at.indent(wide, s.rtl()), body)
		if len(inner) == 0 {
			inner = []row{{height: bodySize * s.lead(), draw: func(float64) {}}}
		}
		line, drawFirst := marks[i].lines(1e6)[0], inner[0].draw
		inner[0].draw = func(top float64) {
			s.drawLine(line, at, top, Start, label, s.doc.Language)
			drawFirst(top)
		}
		if inner[0].before = 3; item.Demand {
			inner[0].before = 6
		}
		rows = append(rows, inner...)
	}
	return rows
}

// noteRows lays a note out for the foot of a page.
func (s *setter) noteRows(n int) []row {
	if n > len(s.doc.Notes) {
		return nil
	}
	note := s.element(s.root, "Note", s.doc.Language)
	note.more = fmt.Sprintf(" /ID (note-%d)", n)
	digits := fmt.Sprint(n)
	if l := i18n.Find(s.doc.Language); l != nil {
		digits = l.Digits(digits)
	}
	at := box{margin, s.width - 2*margin}
	mark := s.typesetter.set([]stretch{{digits, look{size: 7, rise: 2, language: s.doc.Language}}}, s.rtl(), s.lead()).lines(1e6)[0]
	label := s.element(note, "Lbl", s.doc.Language)
	var rows []row
	for _, b := range s.doc.Notes[n-1] {
		if p, ok := b.(Paragraph); ok {
			rows = append(rows, s.text(p.Runs, look{size: noteSize}, s.doc.Language, "P", Start, at.indent(12, s.rtl()), note)...)
			continue
		}
		rows = append(rows, s.rows(b, at.indent(12, s.rtl()), note)...)
	}
	if len(rows) > 0 {
		first := rows[0].draw
		rows[0].draw = func(top float64) {
			s.drawLine(mark, at, top, Start, label, s.doc.Language)
			first(top)
		}
	}
	return rows
}

// noteHeights returns how high the rows of a note will be.
func (s *setter) noteHeights(n int) (heights []float64) {
	if n > len(s.doc.Notes) {
		return nil
	}
	for _, b := range s.doc.Notes[n-1] {
		if p, ok := b.(Paragraph); ok {
			set := s.typesetter.set(s.stretchesOf(p.Runs, look{size: noteSize}), s.rtl(), s.lead())
			for _, l := range set.lines(s.width - 2*margin - 12) {
				heights = append(heights, l.height())
			}
			continue
		}
		heights = append(heights, 3*noteSize*s.lead())
	}
	return heights
}

// bookmarked notes where a heading will stand.
func (s *setter) bookmarked(h Heading, rows []row) {
	title, draw := plainOf(h.Runs), rows[0].draw
	rows[0].draw = func(top float64) {
		s.outline = append(s.outline, bookmark{title, s.page.id, s.height - top})
		draw(top)
	}
}

// outlines writes the bookmarks.
func (s *setter) outlines() string {
	if len(s.outline) == 0 {
		return ""
	}
	first := s.file.number()
	for i := 1; i < len(s.outline); i++ {
		s.file.number()
	}
	root := s.file.number()
	for i, b := range s.outline {
		near := ""
		if i > 0 {
			near += fmt.Sprintf(" /Prev %d 0 R", first+i-1)
		}
		if i+1 < len(s.outline) {
			near += fmt.Sprintf(" /Next %d 0 R", first+i+1)
		}
		s.file.object(first+i, fmt.Sprintf("<</Title %s /Parent %d 0 R /Dest [%d 0 R /XYZ null %s null]%s>>", textString(b.title), root, b.page, num(b.y), near))
	}
	s.file.object(root, fmt.Sprintf("<</Type /Outlines /First %d 0 R /Last %d 0 R /Count %d>>", first, first+len(s.outline)-1, len(s.outline)))
	return fmt.Sprintf(" /Outlines %d 0 R", root)
}

// furnish puts running heads and numbers on all pages, now that it is known how many there are.
func (s *setter) furnish(pages, resources int) {
	head := s.typesetter.set([]stretch{{s.doc.Title, look{size: smallSize, grey: true}}}, s.rtl(), 1.4)
	lines := head.lines(s.width - 2*margin - 12)
	if len(lines) > 1 {
		cut := string(head.text[:head.clusters[lines[0].end-1].end])
		head = s.typesetter.set([]stretch{{strings.TrimRight(cut, " ") + "…", look{size: smallSize, grey: true}}}, s.rtl(), 1.4)
		lines = head.lines(1e6)
	}
	stamp := s.stamp()
	var kids []string
	for i, done := range s.pages {
		s.page = &pdfPage{id: done.id}
		if _, labels := s.doc.Blocks[0].(Labels); !labels {
			s.frame(i, lines[0])
		}
		furniture := s.file.number()
		s.file.stream(furniture, "", s.page.content.Bytes())
		notes := ""
		if len(done.annotations) > 0 {
			notes = " /Annots [" + strings.Join(done.annotations, " ") + "]"
		}
		s.file.object(done.id, fmt.Sprintf("<</Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources %d 0 R /Contents [%s%d 0 R %d 0 R]"+
			" /StructParents %d /Tabs /S%s>>", pages, num(s.width), num(s.height), resources, stamp, done.body, furniture, done.key, notes))
		kids = append(kids, fmt.Sprintf("%d 0 R", done.id))
	}
	s.page = nil
	s.file.object(pages, fmt.Sprintf("<</Type /Pages /Kids [%s] /Count %d>>", strings.Join(kids, " "), len(kids)))
}

// frame puts the running head and the number on a page.
func (s *setter) frame(i int, head textLine) {
	words := s.doc.words
	all := box{margin, s.width - 2*margin}
	foot := func(text string, top float64) {
		look := look{size: smallSize, grey: true, language: words.Code}
		line := s.typesetter.set([]stretch{{text, look}}, words.Dir == "rtl", 1.4).lines(1e6)[0]
		s.drawLine(line, all, s.height-margin+top, Centre, nil, "")
	}
	s.artifact(func() {
		if i > 0 && i != s.opens { // a letter that goes on needs its name, one that begins has it
			s.drawLine(head, all, margin-26, Start, nil, "")
		}
		foot(words.T("document.page", "Page", i+1, "Pages", len(s.pages)), 18)
		for j, line := range s.doc.marks() {
			foot(line, float64(30+12*j))
		}
	})
}

// marks are what stands at the foot of each page beside its number: whether it may be published, and which copy it is.
func (d *Document) marks() (lines []string) {
	if d.Copy != "" {
		lines = append(lines, d.words.T("document.copy_n", "Number", d.Copy))
	}
	return lines
}

// stamp draws what stands across each page, below its text, and returns how a page names that.
func (s *setter) stamp() string {
	if s.doc.Stamp == "" {
		return ""
	}
	line := s.typesetter.set([]stretch{{s.doc.Stamp, look{size: 96, bold: true, language: s.doc.words.Code}}}, s.doc.words.Dir == "rtl", 1).lines(1e6)[0]
	s.page = &pdfPage{}
	s.artifact(func() {
		fmt.Fprintf(&s.page.content, "q 0.9 g 0.7071 0.7071 -0.7071 0.7071 %s %s cm\n", num(s.width/2), num(s.height/2))
		s.drawLine(line, box{-line.width / 2, line.width}, s.height, Start, nil, "")
		s.page.content.WriteString("Q\n")
	})
	id := s.file.number()
	s.file.stream(id, "", s.page.content.Bytes())
	return fmt.Sprintf("%d 0 R ", id)
}

// fonts writes the fonts, as far as they are used, and the resources of all pages.
func (s *setter) fonts(resources int) {
	var list strings.Builder
	for i, f := range s.typesetter.used {
		font, descendant, descriptor := s.file.number(), s.file.number(), s.file.number()
		data, unicode, glyphs := s.file.number(), s.file.number(), s.file.number()
		program := f.truetype()
		s.file.stream(data, fmt.Sprintf("/Length1 %d", len(program)), program)
		s.file.stream(unicode, "", f.unicodeMap())
		s.file.stream(glyphs, "", f.glyphMap())
		name := fmt.Sprintf("%c%c%c%c%c%c+%s", 'A'+i/26%26, 'A'+i%26, 'U', 'N', 'D', 'S', strings.Map(nameRune, f.name))
		s.file.object(font, fmt.Sprintf("<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>",
			name, descendant, unicode))
		s.file.object(descendant, fmt.Sprintf("<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo"+
			" <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R /DW 0 /W %s /CIDToGIDMap %d 0 R>>", name, descriptor, f.widths(), glyphs))
		s.file.object(descriptor, fmt.Sprintf("<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d"+
			" /CapHeight 700 /StemV 80 /FontFile2 %d 0 R>>", name, f.milli(f.bounds[0]), f.milli(f.bounds[1]), f.milli(f.bounds[2]), f.milli(f.bounds[3]),
			f.milli(f.ascent), -f.milli(f.descent), data))
		fmt.Fprintf(&list, "/F%d %d 0 R ", i, font)
	}
	s.file.object(resources, fmt.Sprintf("<</Font <<%s>> /XObject <<%s>>>>", list.String(), strings.Join(s.images, " ")))
}

// nameRune keeps what may stand in a name as it is.
func nameRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
		return r
	}
	return -1
}

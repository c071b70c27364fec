package importer

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

// wordBody reads the text of a part: the body, a header, footnotes.
type wordBody struct {
	*document
	flow   flow
	decode *xml.Decoder
	header bool // lines with a page number are left out
	depth  int

	last      wordSpacing // of the paragraph before
	lastStyle string
	boxes     int    // text boxes around the open paragraph
	drawn     string // what is said of the drawing that is read
	note      string
	numbered  bool // the open paragraph has a page number
	goesOn    bool // the mark of the paragraph before was deleted
	fields    []field
	bookmarks map[string]string // names of those that are open, by id
}

// field is a field whose result is being read.
type field struct {
	instruction string
	shown       bool // its result began; then what follows is known
	page        bool // the result is the number of a page
	noted       bool // the result is that of a note, to which a reference is written instead
	href        string
}

// read reads a whole part.
func (b *wordBody) read(name string, part []byte) error {
	b.decode, b.bookmarks = xml.NewDecoder(bytes.NewReader(part)), map[string]string{}
	for {
		t, err := b.decode.Token()
		if errors.Is(err, io.EOF) {
			b.flow.end()
			return nil
		}
		if err != nil {
			return fault.New(fault.Invalid, "import.part", "Part", name)
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if err := b.element(start, style{}); err != nil {
			if len(fault.All(err)) > 0 {
				return err
			}
			return fault.New(fault.Invalid, "import.part", "Part", name)
		}
	}
}

// isForeign reports whether an element is of a drawing: what is called a paragraph or a text there is none of the letter.
func isForeign(name xml.Name) bool {
	return strings.Contains(name.Space, "/drawingml/") && !strings.Contains(name.Space, "wordprocessing") || strings.HasPrefix(name.Space, "urn:")
}

// element reads one element with all that is in it.
func (b *wordBody) element(start xml.StartElement, s style) error {
	name := start.Name.Local
	if isForeign(start.Name) {
		b.drawing(start)
		return b.children(s)
	}
	switch name {
	case "p":
		return b.paragraph()
	case "r":
		return b.run(s)
	case "hyperlink":
		s.href = b.links[attr(start, "id")]
		return b.children(s)
	case "tbl":
		return b.table()
	case "AlternateContent":
		return b.alternative(s)
	case "txbxContent":
		return b.box()
	case "ins", "moveTo":
		b.changed = true
		return b.children(s)
	case "del", "moveFrom":
		b.changed = true
		return b.skip()
	case "commentRangeStart", "commentReference":
		b.commented = true
		return b.skip()
	case "bookmarkStart":
		if len(b.bookmarks) < maxPartDepth {
			b.bookmarks[attr(start, "id")] = attr(start, "name")
		}
		return b.skip()
	case "bookmarkEnd":
		delete(b.bookmarks, attr(start, "id"))
		return b.skip()
	case "sectPr":
		var sec section
		if err := b.decode.DecodeElement(&sec, &start); err != nil {
			return err
		}
		b.takeSection(&sec)
		return nil
	case "fldSimple":
		f := field{instruction: attr(start, "instr")}
		b.show(&f)
		b.fields = append(b.fields, f)
		err := b.children(s)
		b.fields = b.fields[:len(b.fields)-1]
		return err
	case "footnote", "endnote":
		return b.noteText(start, name)
	case "t":
		return b.text(s)
	case "docPr":
		b.drawn = cmp.Or(attr(start, "descr"), attr(start, "title"), attr(start, "name"))
		return b.skip()
	case "sdtPr", "sdtEndPr", "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "rt", "instrText", "delText", "object", "binData", "styles":
		return b.skip()
	}
	return b.children(s)
}

// drawing leaves out what a drawing shows, with what is said of it. One that holds text is read on.
func (b *wordBody) drawing(start xml.StartElement) {
	switch start.Name.Local {
	case "shape": // of the drawings that older files have
		b.drawn = attr(start, "alt")
	case "graphicData": // a picture, a chart, a diagram
		if strings.Contains(attr(start, "uri"), "/wordprocessing") || attr(start, "uri") == "" {
			return
		}
	case "pic", "imagedata":
	default:
		return
	}
	if b.flow.kind.addition == "" && start.Name.Local != "shape" {
		b.flow.unseen.leave(b.flow.at, b.drawn, Picture)
		b.drawn = ""
	}
}

// children reads what is in an element.
func (b *wordBody) children(s style) error {
	return b.each(func(in xml.StartElement) error { return b.element(in, s) })
}

// each calls read for the elements in an element, which it must read to their end.
func (b *wordBody) each(read func(xml.StartElement) error) error {
	if b.depth++; b.depth > maxPartDepth {
		return fault.New(fault.Invalid, "import.too_complex")
	}
	for {
		t, err := b.decode.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := read(t); err != nil {
				return err
			}
		case xml.EndElement:
			b.depth--
			return nil
		}
	}
}

// skip reads to the end of an element without looking.
func (b *wordBody) skip() error { return b.decode.Skip() }

func attr(start xml.StartElement, local string) string {
	for _, a := range start.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// takeSection remembers the headers of the first section that has any.
func (b *wordBody) takeSection(s *section) {
	if s == nil || b.headers != nil {
		return
	}
	b.headers = map[string]string{}
	for _, h := range s.Headers {
		b.headers[h.Type] = h.ID
	}
	b.margins = slices.Concat(s.Headers, s.Footers)
	b.firstPage = s.TitlePage.on()
}

// paragraph reads a paragraph as a line, or as several at its breaks.
func (b *wordBody) paragraph() error {
	b.flow.at++
	if !b.goesOn {
		b.flow.end()
		b.flow.kind = paragraph{note: b.note}
	}
	lines, had, deleted, begun := len(b.flow.lines), b.flow.words, false, b.goesOn
	begin := func(p *paragraphProperties) {
		if !begun {
			b.begin(p)
		}
		begun = true
	}
	b.numbered = false
	err := b.each(func(in xml.StartElement) error {
		if in.Name.Local != "pPr" {
			begin(&paragraphProperties{})
			return b.element(in, style{})
		}
		var p paragraphProperties
		if err := b.decode.DecodeElement(&p, &in); err != nil {
			return err
		}
		b.takeSection(p.Section)
		deleted = p.Run != nil && p.Run.Del != nil
		begin(&p)
		return nil
	})
	if err != nil {
		return err
	}
	if b.header && b.numbered { // "Page 2 of 3"
		b.flow.spans, b.flow.words = nil, false
		return nil
	}
	if !b.flow.words && !had && lines == len(b.flow.lines) && b.note == "" && !deleted && b.boxes == 0 {
		b.flow.space(blank)
	}
	b.goesOn = deleted
	if !deleted {
		b.flow.end()
	}
	return nil
}

// leastSpacing is the space between two paragraphs that sets them apart like an empty line, in twentieths of a point: a third of
// a line of twelve points.
const leastSpacing = 80

// begin sets what the paragraph is: a heading, an item of a list, or apart from the one before.
func (b *wordBody) begin(p *paragraphProperties) {
	id := ""
	if p.Style != nil {
		id = p.Style.Val
	}
	chain := b.chain(id)
	spacing := b.spacingOf(p, chain)
	gap := max(b.last.after, spacing.before)
	if spacing.contextual && id == b.lastStyle {
		gap = 0
	}
	if gap >= leastSpacing {
		b.flow.space(apart)
	}
	b.last, b.lastStyle = spacing, id
	b.flow.kind.known(chain)
	b.flow.kind.level = b.level(p, chain)
	list, level := b.listOf(p, chain)
	if list > 0 {
		if mark := b.numbers.next(list, level); mark != "" {
			b.flow.kind.marker = mark
			b.flow.kind.depth = level + 1
		}
	}
}

// listOf returns the list that a paragraph or its style is an item of, 0 if none.
func (b *wordBody) listOf(p *paragraphProperties, chain []wordStyle) (list, level int) {
	list, level = -1, -1
	take := func(p *paragraphProperties) {
		if p == nil || p.Numbers == nil {
			return
		}
		if list < 0 {
			list = p.Numbers.ID.number(-1)
		}
		if level < 0 {
			level = p.Numbers.Level.number(-1)
		}
	}
	take(p)
	for _, s := range chain {
		take(s.Paragraph)
	}
	if level < 0 && list > 0 && len(chain) > 0 {
		level = b.numbers.levelOf(list, chain[0].ID)
	}
	return list, max(level, 0)
}

// run reads a run of text.
func (b *wordBody) run(s style) error {
	hidden := false
	return b.each(func(in xml.StartElement) error {
		switch in.Name.Local {
		case "rPr":
			var p runProperties
			if err := b.decode.DecodeElement(&p, &in); err != nil {
				return err
			}
			s, hidden = b.look(&p, s)
			return nil
		case "fldChar":
			b.fieldMark(attr(in, "fldCharType"))
		case "instrText":
			return b.instruction()
		case "t":
			if b.inInstruction() {
				return b.skip()
			}
			if hidden {
				var words string
				err := b.decode.DecodeElement(&words, &in)
				b.flow.unseen.leave(b.flow.at, words, Hidden)
				return err
			}
			return b.text(b.linked(s))
		case "tab", "ptab":
			b.flow.add("\t", s)
		case "br", "cr":
			if kind := attr(in, "type"); kind == "page" || kind == "column" {
				b.flow.end()
				b.flow.space(apart)
			} else {
				b.flow.breakLine()
			}
		case "noBreakHyphen":
			b.flow.add("-", s)
		case "footnoteReference", "endnoteReference":
			b.refer(strings.TrimSuffix(in.Name.Local, "Reference") + attr(in, "id"))
		default:
			return b.element(in, s)
		}
		return b.skip()
	})
}

// text reads w:t.
func (b *wordBody) text(s style) error {
	var text strings.Builder
	for depth := 1; depth > 0; {
		t, err := b.decode.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	if slices.ContainsFunc(b.fields, func(f field) bool { return f.noted }) {
		return nil
	}
	b.numbered = b.numbered || b.inPageNumber()
	b.flow.add(strings.NewReplacer("\n", " ", "\t", " ").Replace(text.String()), s)
	return nil
}

// fieldMark follows the parts of a field: its instruction, its result, its end.
func (b *wordBody) fieldMark(kind string) {
	last := len(b.fields) - 1
	switch {
	case kind == "begin":
		if len(b.fields) < maxPartDepth {
			b.fields = append(b.fields, field{})
		}
	case last < 0:
	case kind == "separate":
		b.show(&b.fields[last])
	case kind == "end":
		b.fields = b.fields[:last]
	}
}

// maxInstruction is how much of a field's instruction is kept, in bytes; links and the names of pages are shorter.
const maxInstruction = 4000

// instruction reads w:instrText.
func (b *wordBody) instruction() error {
	t, err := b.decode.Token()
	if err != nil {
		return err
	}
	if data, ok := t.(xml.CharData); ok {
		if last := len(b.fields) - 1; last >= 0 && len(b.fields[last].instruction) < maxInstruction {
			b.fields[last].instruction += string(data)
		}
	} else if _, ok := t.(xml.EndElement); ok {
		return nil
	}
	return b.skip()
}

// show says that a field's result begins.
func (b *wordBody) show(f *field) {
	f.shown, f.page = true, strings.Contains(strings.ToUpper(f.instruction), "PAGE")
	if m := fieldLink.FindStringSubmatch(f.instruction); m != nil {
		f.href = m[1]
	}
	if m := fieldNote.FindStringSubmatch(f.instruction); m != nil && b.marked[m[1]] != "" {
		f.noted = true
		b.flow.refer(b.marked[m[1]])
	}
}

// inInstruction reports whether the text read now is no result of a field but part of its instruction.
func (b *wordBody) inInstruction() bool {
	return slices.ContainsFunc(b.fields, func(f field) bool { return !f.shown })
}

// inPageNumber reports whether the text read now is the result of a field such as PAGE.
func (b *wordBody) inPageNumber() bool {
	return slices.ContainsFunc(b.fields, func(f field) bool { return f.page })
}

var fieldNote = regexp.MustCompile(`^\s*NOTEREF\s+(\S+)`)

var fieldLink = regexp.MustCompile(`^\s*HYPERLINK\s+"([^"]*)"`)

// linked adds the address of the field that the text is the result of.
func (b *wordBody) linked(s style) style {
	for _, f := range b.fields {
		if f.href != "" {
			s.href = f.href
		}
	}
	return s
}

// refer adds the reference to a note; notes are numbered as they are referred to.
func (b *wordBody) refer(id string) {
	label, ok := b.labels[id]
	if !ok {
		label = strconv.Itoa(len(b.labels) + 1)
		b.labels[id] = label
	}
	for _, name := range b.bookmarks {
		b.marked[name] = label
	}
	b.flow.refer(label)
}

// alternative reads the first of several ways to draw one thing.
func (b *wordBody) alternative(s style) error {
	taken := false
	return b.each(func(in xml.StartElement) error {
		if taken {
			return b.skip()
		}
		taken = true
		return b.children(s)
	})
}

// box reads a text box; its lines stand above the paragraph that it hangs on.
func (b *wordBody) box() error {
	spans, words, kind, goesOn, fields := b.flow.spans, b.flow.words, b.flow.kind, b.goesOn, b.fields
	b.flow.spans, b.flow.words, b.goesOn, b.fields = nil, false, false, nil
	b.flow.space(apart)
	b.boxes++
	err := b.children(style{})
	b.boxes--
	b.flow.end()
	b.flow.space(apart)
	b.flow.spans, b.flow.words, b.flow.kind, b.goesOn, b.fields = spans, words, kind, goesOn, fields
	return err
}

// table reads the rows of a table; see flow.table.
func (b *wordBody) table() error {
	b.flow.end()
	b.flow.space(apart)
	var rows [][][]line
	err := b.each(func(in xml.StartElement) error {
		if in.Name.Local != "tr" {
			return b.element(in, style{})
		}
		var row [][]line
		err := b.each(func(in xml.StartElement) (err error) {
			if in.Name.Local != "tc" {
				return b.element(in, style{})
			}
			row = append(row, b.flow.inside(func() { err = b.children(style{}) }))
			return err
		})
		rows = append(rows, row)
		return err
	})
	b.flow.table(rows)
	return err
}

// noteText reads a footnote, if it is referred to.
func (b *wordBody) noteText(start xml.StartElement, kind string) error {
	label := b.labels[kind+attr(start, "id")]
	if label == "" {
		return b.skip()
	}
	b.flow.end()
	b.note = label
	err := b.children(style{})
	b.flow.end()
	b.note = ""
	return err
}

// readNotes reads the part of the footnotes or the endnotes.
func (b *wordBody) readNotes(kind string) error {
	if len(b.labels) == 0 {
		return nil
	}
	name := b.parts[kind]
	part, err := b.archive.part(name)
	if err != nil || part == nil {
		return err
	}
	b.depth, b.goesOn, b.fields = 0, false, nil
	if err := b.read(name, part); err != nil {
		return err
	}
	b.flow.kind = paragraph{}
	slices.SortStableFunc(b.flow.notes, func(x, y footnote) int { return atoi(x.label) - atoi(y.label) })
	return nil
}

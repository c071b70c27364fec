package document

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// block writes a block.
func (x *wordWriter) block(b Block) {
	switch b := b.(type) {
	case NewPage:
		x.within, x.breaks = b.Begins, x.body.Len() > 0
	case Heading:
		level := "Title"
		switch {
		case x.within != TheText:
			level = x.styleIn(fmt.Sprintf("Heading%d", min(max(b.Level-1, 1), 2)))
		case b.Level > 1:
			level = fmt.Sprintf("Heading%d", min(b.Level-1, 6))
		}
		x.paragraph(wordParagraph{style: level, language: b.Language}, b.Runs)
	case Paragraph:
		runs := b.Runs
		if b.Role == SignedBy { // their style says enough: marks of bold would be read as the author's
			runs = slices.Clone(runs)
			for i := range runs {
				runs[i].Bold = false
			}
		}
		x.paragraph(wordParagraph{style: x.styleOf(b.Role), language: b.Language}, runs)
	case List:
		x.list(b, 0, true)
	case Quotation:
		outer := x.indent
		x.indent = x.deeper()
		for _, inner := range b.Blocks {
			if p, ok := inner.(Paragraph); ok && p.Role == Body {
				x.paragraph(wordParagraph{style: "Quote", language: p.Language}, p.Runs)
				continue
			}
			x.block(inner)
		}
		x.indent = outer
	case Code:
		x.paragraph(wordParagraph{style: "CodeLines"}, []Run{{Text: b.Text}})
	case Table:
		x.table(b)
	case Picture:
		x.figure(b)
	case Rule:
		x.paragraph(wordParagraph{style: "Rule"}, nil)
	case Letterhead:
		x.letterhead(b)
	case Window:
		x.paragraph(wordParagraph{style: x.styleOf(Address)}, []Run{{Text: strings.Join(b.Lines, "\n")}})
	case Signatories:
		x.signatories(b)
	case Facts:
		x.facts(b)
	case Square:
		x.square(b)
	}
}

// styleOf returns the style of paragraphs of a role.
func (x *wordWriter) styleOf(role Role) string {
	if x.part == &x.notes {
		return "FootnoteText"
	}
	style := map[Role]string{Subtitle: "Subtitle", Address: "InsideAddress", Dateline: "Date", Salutation: "Salutation", Closing: "Closing",
		SignedBy: "Signature", Remark: "UndersignedRemark", Submitters: "UndersignedSubmitters"}[role]
	if x.within != TheText {
		style = x.styleIn("")
		if role == Remark {
			style = x.styleIn("Remark")
		}
	}
	return style
}

// styleIn returns a style of the part of the document that is written now, "" within the text of the letter.
func (x *wordWriter) styleIn(of string) string {
	if base := partStyles[x.within]; base.id != "" {
		return base.id + of
	}
	return ""
}

// deeper is how far what stands within the blocks written now is indented: the narrowest has two inches left.
func (x *wordWriter) deeper() int { return min(x.indent+wordIndent, x.room()-2880) }

// listDepth is how deep Word's lists go.
const listDepth = 9

// list writes a list; what ends there is set apart from what follows.
func (x *wordWriter) list(l List, depth int, ends bool) {
	level := min(depth, listDepth-1)
	outer := x.indent
	for i, item := range l.Items {
		last := ends && i == len(l.Items)-1
		p := wordParagraph{style: "ListParagraph", list: x.lists.number(item.Mark, item.Demand && !x.doc.rules().plain, level, outer), level: level}
		if x.part == &x.notes {
			p.style = "FootnoteText"
		}
		first, rest := opening(item.Blocks)
		p.close = !l.Loose && !(last && len(rest) == 0)
		x.paragraph(p, first)
		x.indent = x.deeper()
		for j, b := range rest {
			if inner, ok := b.(List); ok {
				x.list(inner, depth+1, last && j == len(rest)-1)
				continue
			}
			if p, ok := b.(Paragraph); ok && p.Role == Body && x.part != &x.notes {
				x.paragraph(wordParagraph{style: "ListContinue", language: p.Language}, p.Runs)
				continue
			}
			x.block(b)
		}
		x.indent = outer
	}
}

// beginTable begins one of columns of these widths, in twentieths of a point.
func (x *wordWriter) beginTable(style string, widths ...int) {
	x.separate()
	direction := ""
	if x.rtl() {
		direction = "<w:bidiVisual/>"
	}
	fmt.Fprintf(x.part, `<w:tbl><w:tblPr><w:tblStyle w:val="%s"/>%s<w:tblW w:w="%d" w:type="dxa"/><w:tblLayout w:type="fixed"/>`+
		`<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>`,
		style, direction, sumOf(widths))
	for _, w := range widths {
		fmt.Fprintf(x.part, `<w:gridCol w:w="%d"/>`, w)
	}
	x.part.WriteString("</w:tblGrid>")
}

// row writes a row, cell by cell; one of the head stands at the top of each page.
func (x *wordWriter) row(head bool, widths []int, cell func(i int)) {
	x.part.WriteString("<w:tr><w:trPr><w:cantSplit/>")
	if head {
		x.part.WriteString("<w:tblHeader/>")
	}
	x.part.WriteString("</w:trPr>")
	for i, w := range widths {
		fmt.Fprintf(x.part, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, w)
		cell(i)
		x.part.WriteString("</w:tc>")
	}
	x.part.WriteString("</w:tr>")
}

func (x *wordWriter) endTable() {
	x.part.WriteString("</w:tbl>")
	x.tabled = true
}

// shares cuts the room of the text into parts of these proportions.
func (x *wordWriter) shares(proportions ...int) []int {
	widths, all := make([]int, len(proportions)), sumOf(proportions)
	for i, p := range proportions {
		widths[i] = (x.room() - x.indent) * p / all
	}
	return widths
}

// wordColumns is how many columns a table of Word has at most.
const wordColumns = 63

// table writes a table. Cells beyond the last column that Word has stand below each other in that.
func (x *wordWriter) table(t Table) {
	columns := 0
	for _, cells := range t.Rows {
		columns = max(columns, len(cells))
	}
	if columns == 0 {
		return
	}
	columns = min(columns, wordColumns)
	style := "TableText"
	if columns > 6 { // rather smaller letters than broken words
		style = "TableTextSmall"
	}
	proportions := make([]int, columns)
	for _, cells := range t.Rows { // as long as its longest text, within reason
		for i, cell := range cells[:min(len(cells), columns)] {
			proportions[i] = max(proportions[i], min(max(len([]rune(plainOf(cell.Runs))), 6), 40))
		}
	}
	widths, indent := x.shares(proportions...), x.indent
	x.beginTable("LetterTable", widths...)
	x.indent = 0
	for r, cells := range t.Rows {
		x.row(r < t.Head, widths, func(i int) {
			here := []Cell{{}}
			if i < len(cells) {
				here = cells[i : i+1]
			}
			if i+1 == wordColumns && i < len(cells) {
				here = cells[i:]
			}
			for _, cell := range here {
				x.paragraph(wordParagraph{style: style, align: cell.Align}, cell.Runs)
			}
		})
	}
	x.indent = indent
	x.endTable()
}

func (x *wordWriter) figure(p Picture) {
	keep := len(p.Caption) > 0
	align, height := Centre, 380.0
	if p.Written { // it belongs to the name below
		keep, align, height = true, Start, writtenHeight
	}
	drawn := p.Data != nil && x.picture(p.Data, p.Alt, wordParagraph{style: "Picture", align: align, keep: keep}, float64(x.room()-x.indent)/20, height)
	if !drawn {
		x.report.Pictures++
		words := x.doc.words.T("document.picture")
		if p.Alt != "" {
			words += " " + p.Alt
		}
		x.paragraph(wordParagraph{style: "UndersignedRemark", align: Centre, keep: keep}, []Run{{Text: words, Language: x.doc.words.Code}})
	}
	if len(p.Caption) > 0 {
		x.paragraph(wordParagraph{style: "Caption", align: Centre}, p.Caption)
	}
}

// picture writes a picture as a paragraph, within a width and a height in points. It reports false for one that cannot be read.
func (x *wordWriter) picture(data []byte, alt string, p wordParagraph, width, height float64) bool {
	shown := x.pictures.show(data, func(_ []byte, _, _ int, format string) string { return x.addMedia(data, format) })
	if shown == nil {
		return false
	}
	scale := min(width/float64(shown.width), height/float64(shown.height), 0.75) // 96 dots an inch at the least
	x.begin(p, x.rtl())
	x.draw(shown.name, alt, float64(shown.width)*scale, float64(shown.height)*scale)
	x.part.WriteString("</w:p>")
	return true
}

// addMedia adds a picture to the file and returns its name.
func (x *wordWriter) addMedia(data []byte, format string) string {
	name := fmt.Sprintf("picture%d.%s", len(x.media)+1, format)
	x.media = append(x.media, wordMedia{name, "image/" + format, data})
	return name
}

// draw writes a run with a picture of a size in points.
func (x *wordWriter) draw(name, alt string, width, height float64) {
	x.drawings++
	const emu = 12700 // to a point
	size := fmt.Sprintf(`cx="%d" cy="%d"`, max(int(width*emu), emu), max(int(height*emu), emu))
	fmt.Fprintf(x.part, `<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent %[1]s/>`+
		`<wp:docPr id="%[2]d" name="Picture %[2]d" descr="%[3]s"/>`+
		`<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>`+
		`<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">`+
		`<pic:pic><pic:nvPicPr><pic:cNvPr id="%[2]d" name="%[5]s"/><pic:cNvPicPr/></pic:nvPicPr>`+
		`<pic:blipFill><a:blip r:embed="%[4]s"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>`+
		`<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext %[1]s/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>`+
		`</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`,
		size, x.drawings, xmlText(strings.Join(strings.Fields(alt), " ")), x.part.refer(wordRelation{"image", "media/" + name, false}), name)
}

func (x *wordWriter) letterhead(l Letterhead) {
	const style = "UndersignedLetterhead"
	for start := 0; start < len(l.Leads); start += 4 {
		leads := l.Leads[start:min(start+4, len(l.Leads))]
		widths := x.shares([]int{1, 1, 1, 1}[:len(leads)]...)
		x.beginTable(style+"Table", widths...)
		x.row(false, widths, func(i int) {
			lead := leads[i]
			alt := x.doc.words.T("document.logo", "Name", lead.Name)
			if lead.Logo != nil && !x.picture(lead.Logo, alt, wordParagraph{style: style}, min(float64(widths[i])/20-12, 120), logoHeight) {
				x.report.Pictures++
			}
			x.paragraph(wordParagraph{style: style + "Name"}, []Run{{Text: lead.Name}})
			for _, line := range lead.Address {
				x.paragraph(wordParagraph{style: style, foreign: true}, []Run{{Text: line}})
			}
		})
		x.endTable()
	}
	x.paragraph(wordParagraph{style: style}, nil)
}

// signatories writes the names as a table, whose head stands at the top of each page.
func (x *wordWriter) signatories(list Signatories) {
	words, language := x.doc.words, x.languageOf(list.Language)
	heads := []string{words.T("document.name"), words.T("document.about"), words.T("form.country")}
	var about, from bool
	for _, s := range list.Names {
		about, from = about || s.Title+s.Affiliation != "", from || s.Country != ""
	}
	columns, proportions := []int{0}, []int{5}
	if about {
		columns, proportions = append(columns, 1), append(proportions, 6)
	}
	if from {
		columns, proportions = append(columns, 2), append(proportions, 3)
	}
	style, widths := x.styleIn(""), x.shares(proportions...)
	x.beginTable("LetterTable", widths...)
	x.row(true, widths, func(i int) {
		x.paragraph(wordParagraph{style: style, language: language}, []Run{{Text: heads[columns[i]]}})
	})
	for _, s := range list.Names {
		x.row(false, widths, func(i int) {
			var runs []Run
			switch columns[i] {
			case 0:
				if runs = []Run{{Text: s.Name}}; s.Mark != "" {
					runs = append(runs, Run{Text: "\n" + s.Mark, Italic: true})
				}
			case 1:
				text := s.Title
				if s.Title != "" && s.Affiliation != "" {
					text += "\n"
				}
				runs = []Run{{Text: text + s.Affiliation}}
			case 2:
				runs = []Run{{Text: s.Country}}
			}
			x.paragraph(wordParagraph{style: style, language: language, foreign: true}, runs)
		})
	}
	x.endTable()
}

func (x *wordWriter) facts(f Facts) {
	language, widths := x.languageOf(f.Language), x.shares(9, 16)
	x.beginTable("PlainTable", widths...)
	for _, fact := range f.Rows {
		x.row(false, widths, func(i int) {
			switch {
			case i == 0:
				x.paragraph(wordParagraph{style: x.styleIn("Remark"), language: language}, []Run{{Text: fact.Label}})
			case fact.Code: // from left to right, at the margin where the labels are
				x.paragraph(wordParagraph{style: x.styleIn("Code"), language: "en"}, []Run{{Text: fact.Value, Link: linkTo(fact.Value)}})
			default:
				x.paragraph(wordParagraph{style: x.styleIn(""), language: language}, []Run{{Text: fact.Value}})
			}
		})
	}
	x.endTable()
}

func (x *wordWriter) square(q Square) {
	code, err := qr.Encode(q.Text, qr.M, qr.Unicode)
	if err != nil { // too much for one
		return
	}
	const module, quiet = 4, 4 // pixels of a module, and modules of white around them
	side := code.Bounds().Dx()
	drawn := image.NewPaletted(image.Rect(0, 0, (side+2*quiet)*module, (side+2*quiet)*module), color.Palette{color.White, color.Black})
	for y := range side * module {
		for at := range side * module {
			if color.GrayModel.Convert(code.At(at/module, y/module)).(color.Gray).Y < 128 {
				drawn.SetColorIndex(at+quiet*module, y+quiet*module, 1)
			}
		}
	}
	var file bytes.Buffer
	_ = png.Encode(&file, drawn) // a buffer does not fail
	x.begin(wordParagraph{style: x.styleIn("")}, x.rtl())
	x.draw(x.addMedia(file.Bytes(), "png"), q.Alt, 100, 100)
	x.part.WriteString("</w:p>")
}

package document

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/undersigned/undersigned/internal/i18n"
)

// beside makes rows of cells that stand beside each other, line by line, so that what is higher than a page can be broken.
func beside(cells [][]row, tall float64) (rows []row) {
	n, height := 0, 0.0
	for _, cell := range cells {
		n = max(n, len(cell))
	}
	for i := range n {
		x := row{keep: i+1 < n}
		var parts []func(float64)
		for _, cell := range cells {
			if i < len(cell) {
				x.height = max(x.height, cell[i].height+cell[i].before)
				x.notes = append(x.notes, cell[i].notes...)
				parts = append(parts, cell[i].draw)
			}
		}
		x.draw = func(top float64) {
			for _, draw := range parts {
				draw(top)
			}
		}
		height += x.height
		rows = append(rows, x)
	}
	if height > tall {
		for i := range rows {
			rows[i].keep = false
		}
	}
	return rows
}

// gapOf is the room on both sides of a cell.
func gapOf(columns int) float64 {
	if columns > 6 {
		return 2.5
	}
	return 5
}

// columnWidths shares a width out among columns: each as wide as its text, or what is there by what each needs.
func columnWidths(natural, least []float64, width float64) []float64 {
	all, need := sumOf(natural), sumOf(least)
	widths := slices.Clone(natural)
	switch {
	case all <= width:
	case need >= width:
		for i := range widths {
			widths[i] = width * least[i] / need
		}
	default:
		for i := range widths {
			widths[i] = least[i] + (width-need)*(natural[i]-least[i])/(all-need)
		}
	}
	return widths
}

// needs returns how wide each column of a table would be, and its longest word.
func (s *setter) needs(t Table, columns int, size float64) (natural, least []float64) {
	natural, least = make([]float64, columns), make([]float64, columns)
	for r, cells := range t.Rows {
		for i, cell := range cells {
			p := s.typesetter.set(s.stretchesOf(cell.Runs, look{size: size, bold: r < t.Head}), s.rtl(), s.lead())
			word, all := 0.0, 0.0
			for _, c := range p.clusters {
				if c.breaks || c.ends {
					word = 0
				}
				all += c.width
				if word += c.width; !c.blank {
					least[i] = max(least[i], word+2*gapOf(columns)+0.1)
				}
			}
			natural[i] = max(natural[i], all+2*gapOf(columns)+1)
		}
	}
	return natural, least
}

func sumOf[N int | float64](widths []N) (all N) {
	for _, w := range widths {
		all += w
	}
	return all
}

func (s *setter) tableRows(t Table, at box, of *element) (rows []row) {
	columns := 0
	for _, cells := range t.Rows {
		columns = max(columns, len(cells))
	}
	if columns == 0 {
		return nil
	}
	size := bodySize - 1.0
	natural, least := s.needs(t, columns, size)
	for size > 6 && sumOf(least) > at.width { // rather smaller letters than broken words
		size--
		natural, least = s.needs(t, columns, size)
	}
	widths := columnWidths(natural, least, at.width)
	gap, table := gapOf(columns), s.element(of, "Table", s.doc.Language)
	for r, cells := range t.Rows {
		tr := s.element(table, "TR", s.doc.Language)
		x := at.x
		if s.rtl() {
			x += at.width
		}
		kind := "TD"
		if r < t.Head {
			kind = "TH"
		}
		var line [][]row
		for i, cell := range cells {
			if s.rtl() {
				x -= widths[i]
			}
			td := s.element(tr, kind, s.doc.Language)
			if kind == "TH" {
				td.more = " /A <</O /Table /Scope /Column>>"
			}
			inner := box{x + gap, max(widths[i]-2*gap, 1)}
			line = append(line, s.text(cell.Runs, look{size: size, bold: r < t.Head}, s.doc.Language, "P", cell.Align, inner, td))
			if !s.rtl() {
				x += widths[i]
			}
		}
		next := beside(line, s.space()*0.4)
		if len(next) == 0 {
			continue
		}
		total := sumOf(widths)
		left := at.x
		if s.rtl() {
			left = at.x + at.width - total
		}
		s.ruled(next, left, total, r == 0, r+1 == t.Head || r+1 == len(t.Rows))
		next[len(next)-1].keep = r < t.Head
		next[0].before = 3
		rows = append(rows, next...)
	}
	return rows
}

// ruled draws a line below a row of a table, and one above the first.
func (s *setter) ruled(rows []row, left, width float64, first, strong bool) {
	line := func(y, thick float64) {
		s.artifact(func() {
			fmt.Fprintf(&s.page.content, "%s w %s %s m %s %s l S\n", num(thick), num(left), num(s.height-y), num(left+width), num(s.height-y))
		})
	}
	if first {
		draw := rows[0].draw
		rows[0].draw = func(top float64) { line(top-1, 0.8); draw(top) }
	}
	last := &rows[len(rows)-1]
	draw, height := last.draw, last.height
	last.draw = func(top float64) {
		draw(top)
		if strong {
			line(top+height+2, 0.8)
		} else {
			line(top+height+2, 0.25)
		}
	}
	last.height += 3
}

// factRows are labels with what they name beside them.
func (s *setter) factRows(f Facts, at box, of *element) (rows []row) {
	language := s.languageOf(f.Language)
	rtl := i18n.Direction(language) == "rtl"
	labels := at.width * 0.36
	list := s.element(of, "L", language)
	for _, fact := range f.Rows {
		li := s.element(list, "LI", language)
		name, value := box{at.x, labels - 10}, box{at.x + labels, at.width - labels}
		if rtl {
			name, value = box{at.x + at.width - labels + 10, labels - 10}, box{at.x, at.width - labels}
		}
		run := Run{Text: fact.Value}
		var values []row
		if fact.Code {
			run.Link = linkTo(fact.Value)
			align := Left
			if rtl {
				align = Right
			}
			values = s.text([]Run{run}, look{size: 8}, "en", "LBody", align, value, li)
		} else {
			values = s.text([]Run{run}, look{size: noteSize}, language, "LBody", Start, value, li)
		}
		cells := [][]row{s.text([]Run{{Text: fact.Label}}, look{size: noteSize, grey: true}, language, "Lbl", Start, name, li), values}
		next := beside(cells, s.space()*0.4)
		if len(next) > 0 {
			next[0].before = 5
		}
		rows = append(rows, next...)
	}
	return rows
}

const logoHeight = 36.0

func (s *setter) letterheadRows(l Letterhead, at box, of *element) (rows []row) {
	for start := 0; start < len(l.Leads); start += 4 {
		leads := l.Leads[start:min(start+4, len(l.Leads))]
		n := float64(len(leads))
		width := (at.width - 14*(n-1)) / n
		var cells [][]row
		logos := slices.ContainsFunc(leads, func(l Lead) bool { return l.Logo != nil })
		for i, lead := range leads {
			b := box{at.x + float64(i)*(width+14), width}
			if s.rtl() {
				b.x = at.x + at.width - width - float64(i)*(width+14)
			}
			block := s.element(of, "Sect", s.doc.Language)
			var cell []row
			if lead.Logo != nil {
				cell = append(cell, s.pictureRow(lead.Logo, s.doc.words.T("document.logo", "Name", lead.Name), b, min(width, 120), logoHeight, Start, block)...)
			}
			if logos { // the names stand on one line
				cell = append([]row{{height: logoHeight + 4 - stacked([][]row{cell}).height, draw: func(float64) {}}}, cell...)
			}
			cell = append(cell, s.text([]Run{{Text: lead.Name}}, look{size: 10.5, bold: true}, s.doc.Language, "P", Start, b, block)...)
			if len(lead.Address) > 0 {
				words := s.isolate(lead.Address...)
				cell = append(cell, s.text([]Run{{Text: strings.Join(words, "\n")}}, look{size: smallSize, grey: true}, s.doc.Language, "P", Start, b, block)...)
			}
			cells = append(cells, cell)
		}
		next := stacked(cells)
		next.before = 10
		rows = append(rows, next)
	}
	if len(rows) > 0 {
		last := &rows[len(rows)-1]
		draw, height := last.draw, last.height
		last.height += 8
		last.draw = func(top float64) {
			draw(top)
			s.artifact(func() {
				y := num(s.height - top - height - 6)
				fmt.Fprintf(&s.page.content, "0.8 w %s %s m %s %s l S\n", num(at.x), y, num(at.x+at.width), y)
			})
		}
	}
	return rows
}

// stacked makes one row of cells that stand beside each other.
func stacked(cells [][]row) (all row) {
	for _, cell := range cells {
		height := 0.0
		for _, r := range cell {
			height += r.height
		}
		all.height = max(all.height, height)
	}
	all.draw = func(top float64) {
		for _, cell := range cells {
			y := top
			for _, r := range cell {
				r.draw(y)
				y += r.height
			}
		}
	}
	return all
}

// isolate keeps lines that are not of the document's own words from being mixed with each other.
func (s *setter) isolate(lines ...string) []string {
	out := slices.Clone(lines)
	for i, line := range out {
		if s.rtl() || isRTLText(line) {
			out[i] = i18n.FSI + line + i18n.PDI
		}
	}
	return out
}

// pictureRow draws a picture within a width and a height, and returns nothing for one that cannot be read.
func (s *setter) pictureRow(data []byte, alt string, at box, width, height float64, align Align, of *element) []row {
	shown := s.pictures.show(data, func(pixels []byte, w, h int, _ string) string {
		id := s.file.number()
		s.file.stream(id, fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8", w, h), pixels)
		name := fmt.Sprintf("Im%d", len(s.images))
		s.images = append(s.images, fmt.Sprintf("/%s %d 0 R", name, id))
		return name
	})
	if shown == nil {
		s.report.Pictures++
		return nil
	}
	scale := min(width/float64(shown.width), height/float64(shown.height), 0.75) // 96 dots an inch at the least
	dw, dh := max(float64(shown.width)*scale, 1), max(float64(shown.height)*scale, 1)
	x := at.x
	switch {
	case align == Centre:
		x += (at.width - dw) / 2
	case s.rtl():
		x += at.width - dw
	}
	figure := s.element(of, "Figure", s.doc.Language)
	if figure.alt = alt; alt == "" {
		figure.alt = "—"
	}
	return []row{{height: dh + 4, draw: func(top float64) {
		s.mark(figure)
		fmt.Fprintf(&s.page.content, "q %s 0 0 %s %s %s cm /%s Do Q\n", num(dw), num(dh), num(x), num(s.height-top-dh), shown.name)
		figure.more = fmt.Sprintf(" /A <</O /Layout /BBox [%s %s %s %s]>>", num(x), num(s.height-top-dh), num(x+dw), num(s.height-top))
		s.mark(nil)
	}}}
}

// writtenHeight is that of somebody's signature: 16 mm.
const writtenHeight = 16 * mm

func (s *setter) pictureRows(p Picture, at box, of *element) (rows []row) {
	switch {
	case p.Data != nil && p.Written:
		rows = s.pictureRow(p.Data, p.Alt, at, at.width/2, writtenHeight, Start, of)
		for i := range rows { // it belongs to the name below
			rows[i].keep = true
		}
	case p.Data != nil:
		rows = s.pictureRow(p.Data, p.Alt, at, at.width, s.space()*0.55, Centre, of)
	default:
		s.report.Pictures++
	}
	if rows == nil {
		words := s.doc.words.T("document.picture")
		if p.Alt != "" {
			words += " " + p.Alt
		}
		rows = s.text([]Run{{Text: words, Language: s.doc.words.Code}}, look{size: noteSize, grey: true}, s.doc.Language, "P", Centre, at, of)
	}
	if len(p.Caption) > 0 {
		for i := range rows {
			rows[i].keep = true
		}
		rows = append(rows, s.text(p.Caption, look{size: noteSize}, s.doc.Language, "Caption", Centre, at, of)...)
	}
	return rows
}

// squareRows draws a QR code.
func (s *setter) squareRows(q Square, at box, of *element) []row {
	code, err := qr.Encode(q.Text, qr.M, qr.Unicode)
	if err != nil { // too much for one
		return nil
	}
	n := code.Bounds().Dx()
	const side = 90.0
	x := at.x
	if s.rtl() {
		x += at.width - side
	}
	figure := s.element(of, "Figure", s.doc.words.Code)
	figure.alt = q.Alt
	return []row{{before: 10, height: side + 4, draw: func(top float64) {
		s.mark(figure)
		figure.more = fmt.Sprintf(" /A <</O /Layout /BBox [%s %s %s %s]>>", num(x), num(s.height-top-side), num(x+side), num(s.height-top))
		unit := side / float64(n)
		for j := range n {
			for i := 0; i < n; i++ {
				from := i
				for i < n && color.GrayModel.Convert(code.At(i, j)).(color.Gray).Y < 128 {
					i++
				}
				if i > from {
					fmt.Fprintf(&s.page.content, "%.3f %.3f %.3f %.3f re\n", x+float64(from)*unit, s.height-top-float64(j+1)*unit, float64(i-from)*unit, unit)
				}
			}
		}
		s.page.content.WriteString("f\n")
		s.mark(nil)
	}}}
}

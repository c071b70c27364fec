package document

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

const (
	mm        = 72 / 25.4 // in points
	margin    = 25 * mm
	grey      = "0.33 g 0.33 G\n"
	black     = "0 g 0 G\n"
	linkColor = "0.05 0.2 0.5 rg 0.05 0.2 0.5 RG\n"
)

// pdfPage is a page whose marks are being made. y runs from its top down.
type pdfPage struct {
	id      int
	content bytes.Buffer
	body    int        // the object of its marks
	marked  []*element // whose marks they are, by their number
	notes   []string   // annotations
	now     *element   // whose marks are being made
	dirty   bool       // has something of the text
	foot    []row      // of notes
	footing float64    // their height
}

// row is what stands on one page from margin to margin.
type row struct {
	before float64 // above it, unless it is the first of its page
	height float64
	keep   bool  // on the page of the next
	notes  []int // whose marks stand in it
	draw   func(top float64)
}

// setter puts a document on pages.
type setter struct {
	doc           *Document
	typesetter    typesetter
	file          *pdfFile
	report        *Report
	width, height float64
	page          *pdfPage
	pages         []finished
	y             float64
	pending       []row // that are to stand with what comes next
	carried       []row // of notes, for the next page
	noted         map[int]bool
	root          *element
	elements      []*element // all, in the order in which they were made
	children      map[child]*element
	parents       []string // the tree of who is whose mark, by key
	outline       []bookmark
	images        []string // their names and objects
	opens         int      // the page on which the letter begins
}

type finished struct {
	id, body, key int
	annotations   []string
}

type bookmark struct {
	title string
	page  int
	y     float64
}

func (s *setter) bottom() float64 { return s.height - margin }

// space is how high what fills a page is.
func (s *setter) space() float64 { return s.height - 2*margin }

func (s *setter) newPage() {
	s.endPage()
	s.page = &pdfPage{id: s.file.number(), body: s.file.number()}
	s.y = margin
	carried := s.carried
	s.carried = nil
	s.addFoot(carried, s.space()-4*bodySize*s.lead())
}

// addFoot puts rows of notes at the foot of the page as far as there is room, and the others on the next.
func (s *setter) addFoot(rows []row, room float64) {
	for i, r := range rows {
		above := 0.0
		if len(s.page.foot) == 0 {
			above = noteGap
		}
		if s.page.footing+above+r.height > room {
			s.carried = append(s.carried, rows[i:]...)
			return
		}
		s.page.foot, s.page.footing = append(s.page.foot, r), s.page.footing+above+r.height
	}
}

// noteGap is the room for the line above the notes.
const noteGap = 12

func (s *setter) endPage() {
	p := s.page
	if p == nil {
		return
	}
	if len(p.foot) > 0 {
		top := s.bottom() - p.footing
		s.artifact(func() {
			x := margin
			if s.rtl() {
				x = s.width - margin - 120
			}
			fmt.Fprintf(&p.content, "0.5 w %s %s m %s %s l S\n", num(x), num(s.height-top-5), num(x+120), num(s.height-top-5))
		})
		top += noteGap
		for _, r := range p.foot {
			r.draw(top)
			top += r.height
		}
	}
	s.mark(nil)
	s.file.stream(p.body, "", p.content.Bytes())
	key := len(s.parents)
	marked := make([]string, len(p.marked))
	for i, e := range p.marked {
		marked[i] = strconv.Itoa(e.id) + " 0 R"
	}
	s.parents = append(s.parents, "["+strings.Join(marked, " ")+"]")
	s.pages = append(s.pages, finished{p.id, p.body, key, p.notes})
	s.page = nil
}

// mark begins marks of an element; nil ends those that are being made.
func (s *setter) mark(e *element) {
	p := s.page
	if p.now == e {
		return
	}
	if p.now != nil {
		p.content.WriteString("EMC\n")
	}
	if p.now = e; e != nil {
		n := len(p.marked)
		p.marked = append(p.marked, e)
		e.kids = append(e.kids, fmt.Sprintf("<</Type /MCR /Pg %d 0 R /MCID %d>>", p.id, n))
		fmt.Fprintf(&p.content, "/%s <</MCID %d>> BDC\n", e.kind, n)
	}
}

// artifact makes marks that say nothing.
func (s *setter) artifact(draw func()) {
	s.mark(nil)
	s.page.content.WriteString("/Artifact BMC\n")
	draw()
	s.page.content.WriteString("EMC\n")
}

// flow puts rows on pages. Rows that are to be kept together are, if a page can hold them.
func (s *setter) flow(rows []row) {
	rows = append(s.pending, rows...)
	s.pending = nil
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n-1].keep {
			n++
		}
		if n == len(rows) && rows[n-1].keep { // what comes next decides
			s.pending = rows
			return
		}
		s.place(rows[:n])
		rows = rows[n:]
	}
}

// flush puts down what was to stand with what comes next, with room for it.
func (s *setter) flush(room float64) {
	rows := s.pending
	s.pending = nil
	if len(rows) > 0 || room > 0 {
		s.place(append(rows, row{height: room, draw: func(float64) {}}))
		s.y -= room
	}
}

func (s *setter) place(group []row) {
	height, notes := s.measure(group)
	if height > s.space() && len(group) > 1 { // no page holds them all
		for i := range group {
			s.place(group[i : i+1])
		}
		return
	}
	room := s.bottom() - s.y - s.page.footing
	if s.page.dirty && (height > room || height+notes > room && (notes < s.space()/2 || height+noteGap+4*noteSize > room)) {
		s.newPage()
	}
	for _, r := range group {
		if s.page.dirty {
			s.y += r.before
		}
		if s.page.dirty && s.y+r.height > s.bottom()-s.page.footing+0.01 {
			s.newPage()
		}
		r.draw(s.y)
		s.y += r.height
		s.page.dirty = true
		for _, n := range r.notes {
			if !s.noted[n] {
				s.noted[n] = true
				rows := s.noteRows(n)
				if len(s.carried) > 0 {
					s.carried = append(s.carried, rows...)
				} else {
					s.addFoot(rows, s.bottom()-s.y)
				}
			}
		}
	}
}

// measure returns how high rows are, and the notes whose marks stand in them.
func (s *setter) measure(group []row) (height, notes float64) {
	for i, r := range group {
		if height += r.height; i > 0 || s.page.dirty {
			height += r.before
		}
		for _, n := range r.notes {
			if !s.noted[n] {
				for _, line := range s.noteHeights(n) {
					notes += line
				}
			}
		}
	}
	if notes > 0 && len(s.page.foot) == 0 {
		notes += noteGap
	}
	return height, notes
}

// narrowest is how narrow lists and quotations within each other become.
const narrowest = 120

// box is where on a line something may stand.
type box struct{ x, width float64 }

// indent narrows a box from where its lines begin; one that is narrow already stays.
func (b box) indent(by float64, rtl bool) box {
	if b.width-by < narrowest {
		return b
	}
	if !rtl {
		b.x += by
	}
	b.width -= by
	return b
}

// drawLine draws a line of text at a height of the page; align is where it stands in its box.
func (s *setter) drawLine(l textLine, b box, top float64, align Align, of *element, language string) {
	x := b.x
	if align == Start {
		align = Left
		if l.rtl {
			align = Right
		}
	}
	switch align {
	case Right:
		x += b.width - l.width
	case Centre:
		x += (b.width - l.width) / 2
	}
	base := s.height - (top + l.height()/2 + 0.32*l.tall)
	for _, p := range l.pieces() {
		look := p.clusters[0].look
		e := of
		switch {
		case look.link != "":
			e = s.linkOf(of, look)
		case look.language != "" && look.language != language:
			e = s.spanOf(of, look)
		}
		if e != nil {
			s.mark(e)
		}
		s.drawPiece(p, x+p.x, base, l.text)
		if look.link != "" && e != nil {
			s.annotate(e, look.link, x+p.x, base, p.width, look.size)
		}
	}
}

func (s *setter) drawPiece(p piece, x, base float64, text []rune) {
	c := &s.page.content
	first := p.clusters[0]
	look, f := first.look, first.face
	switch {
	case look.link != "":
		c.WriteString(linkColor)
	case look.grey:
		c.WriteString(grey)
	}
	fmt.Fprintf(c, "BT /F%d %s Tf %s %s Td [<", s.fontNumber(f), num(look.size*f.scale), num(x), num(base+look.rise))
	exact, drawn := 0.0, 0 // in thousandths of the size
	var codes []uint16
	if p.closes == '\u200f' {
		fmt.Fprintf(c, "%04X", f.code(blank, 0, string(p.closes)))
	}
	for _, k := range p.clusters {
		if len(k.parts) > 0 && !controls(text[k.start:k.end]) {
			if by := int(exact) - drawn; by > 2 || by < -2 {
				fmt.Fprintf(c, "> %d <", -by)
				drawn += by
			}
			codes = codes[:0]
			if k.closes {
				codes = append(codes, f.code(blank, 0, "\u200f"))
			}
			codes = f.encode(codes, k.parts, k.advance, text[k.start:k.end], k.level%2 == 1)
			for _, code := range codes {
				fmt.Fprintf(c, "%04X", code)
				drawn += f.list[code].width
			}
		}
		exact += float64(k.advance) * 1000 / float64(f.upem)
	}
	if p.closes == '\u200e' {
		fmt.Fprintf(c, "%04X", f.code(blank, 0, string(p.closes)))
	}
	c.WriteString(">] TJ ET\n")
	if look.strike {
		fmt.Fprintf(c, "0.6 w %s %s m %s %s l S\n", num(x), num(base+0.28*look.size), num(x+p.width), num(base+0.28*look.size))
	}
	if look.link != "" || look.grey {
		c.WriteString(black)
	}
}

func controls(text []rune) bool {
	for _, r := range text {
		if !isControl(r) {
			return false
		}
	}
	return true
}

func (s *setter) fontNumber(f *face) int {
	for i, used := range s.typesetter.used {
		if used == f {
			return i
		}
	}
	return 0
}

// linkOf returns the element of a link, which may go over several lines.
func (s *setter) linkOf(of *element, l *look) *element {
	return s.childOf(of, l, "Link", "")
}

func (s *setter) spanOf(of *element, l *look) *element {
	return s.childOf(of, l, "Span", l.language)
}

// child names an element by the look of its words within that of their block.
type child struct {
	of   *element
	look *look
}

func (s *setter) childOf(of *element, l *look, kind, language string) *element {
	if of == nil {
		return nil
	}
	key := child{of, l}
	e := s.children[key]
	if e == nil {
		e = of.add(s.file, kind)
		e.lang = language
		s.children[key] = e
		s.elements = append(s.elements, e)
	}
	return e
}

// annotate lets a part of a line be followed to an address.
func (s *setter) annotate(e *element, address string, x, base, width, size float64) {
	id, key := s.file.number(), len(s.parents)
	s.parents = append(s.parents, strconv.Itoa(e.id)+" 0 R")
	s.file.object(id, fmt.Sprintf("<</Type /Annot /Subtype /Link /Rect [%s %s %s %s] /Border [0 0 0] /F 4 /StructParent %d /Contents %s /A <</S /URI /URI %s>>>>",
		num(x), num(base-0.25*size), num(x+width), num(base+0.85*size), key, textString(address), plainString(asciiOf(address))))
	e.kids = append(e.kids, fmt.Sprintf("<</Type /OBJR /Obj %d 0 R>>", id))
	s.page.notes = append(s.page.notes, strconv.Itoa(id)+" 0 R")
}

// asciiOf is an address in ASCII.
func asciiOf(address string) string {
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

package document

import (
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// addCover adds a page that goes before the letter: what is said to the one who gets it, and no word of what is signed.
func (d *Document) addCover(head Letterhead, in Input) {
	c, t := *in.Cover, in.Edition.Text(in.Language)
	if c.Language == "" {
		c.Language = in.Edition.Language
	}
	l := i18n.Find(c.Language)
	if l == nil {
		l = d.words
	}
	if d.Blocks = append(d.Blocks, NewPage{Begins: TheCover}); len(head.Leads) > 0 {
		d.Blocks = append(d.Blocks, head)
	}
	add := func(role Role, language string, runs ...Run) {
		d.Blocks = append(d.Blocks, Paragraph{Role: role, Runs: runs, Language: language})
	}
	if len(c.Address) == 0 {
		if list := in.Edition.Text(c.Language).Addressees; c.Addressee <= len(list) {
			c.Address = list[c.Addressee-1].Lines()
		}
	}
	d.Blocks = append(d.Blocks, Window{Lines: c.Address})
	facts := Facts{Language: l.Code}
	fact := func(key, value string) {
		if value != "" {
			facts.Rows = append(facts.Rows, Fact{Label: l.T("document.cover." + key), Value: value})
		}
	}
	fact("ours", c.Ours)
	fact("yours", c.Yours)
	if day, err := time.Parse(time.DateOnly, c.Date); err == nil {
		fact("date", l.Dates(day))
	}
	fact("through", c.Through)
	if len(facts.Rows) > 0 {
		d.Blocks = append(d.Blocks, facts)
	}
	subject := c.Subject
	if subject == "" {
		subject = t.Name()
	}
	add(Subject, c.Language, Run{Text: l.T("document.cover.subject", "Text", subject), Bold: true})
	if c.Salutation != "" {
		add(Salutation, c.Language, Run{Text: c.Salutation})
	}
	if c.Text != "" {
		for paragraph := range strings.SplitSeq(c.Text, "\n\n") {
			add(Body, c.Language, Run{Text: paragraph})
		}
	} else if in.counted() == 0 {
		add(Body, l.Code, Run{Text: l.T("document.cover.text")})
	} else {
		add(Body, l.Code, Run{Text: l.T("document.cover.text_signed", "Organisations", l.N("counts.organisations_n", in.Counts.Organisations), "Persons",
			l.N("counts.persons_n", in.Counts.Persons))})
	}
	if c.Closing != "" {
		add(Closing, c.Language, Run{Text: c.Closing})
	}
	if c.From != "" {
		add(SignedBy, c.Language, Run{Text: c.From})
	}
	enclosed := []string{l.T("document.cover.the_letter")}
	if in.lists() {
		enclosed = append(enclosed, l.T("document.cover.the_signatories"))
	}
	for _, a := range t.Annexes() {
		enclosed = append(enclosed, a.Name)
	}
	add(Remark, l.Code, Run{Text: l.T("document.cover.enclosed") + "\n" + strings.Join(enclosed, "\n")})
	if len(c.CC) > 0 {
		add(Remark, c.Language, Run{Text: l.T("document.cover.cc") + "\n" + strings.Join(c.CC, "\n")})
	}
	d.Blocks = append(d.Blocks, NewPage{Begins: TheText})
}

// LabelsFor makes sheets of address labels of everybody that a letter asks, as their covers have it.
func LabelsFor(l letter.Letter, covers []letter.Cover) *Document {
	t := l.Edition.Text(l.Edition.Language)
	d := begin(l, t)
	var labels Labels
	for i, a := range t.Addressees {
		lines := a.Lines()
		for _, c := range covers {
			if c.Addressee == i+1 && len(c.Address) > 0 {
				lines = c.Address
			}
		}
		labels.Addresses = append(labels.Addresses, lines)
	}
	d.Blocks = append(d.Blocks, labels)
	return d
}

// Where an address shows through the window of an envelope, of DIN 5008 (form B) and of the American number 10 folded in three, and how
// wide that is.
const (
	windowTop   = 50 * mm
	windowEnd   = 92 * mm
	windowWidth = 85 * mm
)

// windowRows are the lines of an address, which stand together.
func (s *setter) windowRows(w Window, at box) []row {
	b := box{at.x, windowWidth}
	if s.rtl() {
		b.x = at.x + at.width - windowWidth
	}
	rows := s.text([]Run{{Text: strings.Join(s.isolate(w.Lines...), "\n")}}, look{size: bodySize}, s.doc.Language, "P", Start, b, s.root)
	for i := range rows {
		rows[i].keep = i+1 < len(rows)
	}
	return rows
}

// grid is how labels stand on a sheet that is sold for them, in points.
type grid struct {
	columns, rows       int
	left, top           float64
	width, height, next float64 // next is from the left of one to that of the next
}

// The grids: 21 on A4 (63.5 by 38.1 mm), 30 on US Letter (2 5/8 by 1 inch).
var grids = map[Sheet]grid{
	A4:     {3, 7, 7.2 * mm, 15.1 * mm, 63.5 * mm, 38.1 * mm, 66 * mm},
	Letter: {3, 10, 13.5, 36, 189, 72, 198},
}

const insideLabel = 4 * mm

// labels puts addresses on sheets of labels. One that is too long for its label is written smaller, and if need be goes on on the next.
func (s *setter) labels(l Labels) {
	g, ok := grids[s.doc.Sheet]
	if !ok {
		g = grids[A4]
	}
	n := 0 // labels begun
	for _, address := range l.Addresses {
		lines := s.labelLines(address, g)
		of := s.element(s.root, "P", s.doc.Language)
		for len(lines) > 0 {
			at := n % (g.columns * g.rows)
			if at == 0 && n > 0 {
				s.newPage()
			}
			column, down := at%g.columns, at/g.columns
			if s.rtl() {
				column = g.columns - 1 - column
			}
			b := box{g.left + float64(column)*g.next + insideLabel, g.width - 2*insideLabel}
			top := g.top + float64(down)*g.height
			for y := top + insideLabel; len(lines) > 0 && y+lines[0].height() <= top+g.height-insideLabel; lines = lines[1:] {
				s.drawLine(lines[0], b, y, Start, of, s.doc.Language)
				y += lines[0].height()
			}
			s.page.dirty = true
			n++
		}
	}
}

// labelLines sets an address in the largest letters in which it has room on a label, or in the smallest.
func (s *setter) labelLines(address []string, g grid) (lines []textLine) {
	for size := 11.0; size >= 5; size-- {
		look := look{size: size, language: s.doc.Language}
		lines = s.typesetter.set([]stretch{{strings.Join(s.isolate(address...), "\n"), look}}, s.rtl(), 1.25).lines(g.width - 2*insideLabel)
		if heightOf(lines) <= g.height-2*insideLabel {
			break
		}
	}
	return lines
}

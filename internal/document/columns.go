package document

import (
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
)

// entry is one signatory, laid out.
type entry struct {
	lines  []textLine
	height float64
}

const (
	columnGap = 16.0
	entryGap  = 5.0
	nameSize  = 9.5
)

// signatories puts names into columns, down one and on at the top of the next. No entry is broken, and the columns of the last page are
// about as long as each other.
func (s *setter) signatories(list Signatories, at box) {
	language := s.languageOf(list.Language)
	rtl := i18n.Direction(language) == "rtl"
	columns := 3
	if len(list.Names) < 3 {
		columns = max(len(list.Names), 1)
	}
	width := (at.width - 2*columnGap) / 3
	of := s.element(s.root, "L", language)
	s.flush(60)
	s.y += 6
	next := 0 // of the names that are not laid out yet
	var waiting []entry
	for next < len(list.Names) || len(waiting) > 0 {
		room := s.bottom() - s.y - s.page.footing
		// As many as could stand on this page at most, and one more.
		height := 0.0
		for _, e := range waiting {
			height += e.height
		}
		for next < len(list.Names) && height <= room*float64(columns) {
			e := s.entry(list.Names[next], width, rtl, language)
			waiting, height, next = append(waiting, e), height+e.height, next+1
		}
		fits, _ := fill(waiting, columns, room)
		if fits == 0 && s.page.dirty {
			s.newPage()
			continue
		}
		if fits == 0 { // higher than a page: as it is, over its foot
			fits = 1
		}
		high := room
		if fits == len(waiting) && next == len(list.Names) {
			high = balanced(waiting, columns, room)
		}
		_, places := fill(waiting[:fits], columns, high)
		deepest := 0.0
		for i, e := range waiting[:fits] {
			p := place2{0, 0}
			if i < len(places) {
				p = places[i]
			}
			x := at.x + float64(p.column)*(width+columnGap)
			if rtl {
				x = at.x + at.width - width - float64(p.column)*(width+columnGap)
			}
			li := s.element(of, "LI", language)
			body := s.element(li, "LBody", language)
			if len(e.lines) > 0 && isRTLText(string(e.lines[0].text)) {
				body.actual = strings.NewReplacer(i18n.FSI, "", i18n.PDI, "", "\n", ", ").Replace(string(e.lines[0].text))
			}
			top := s.y + p.top
			for _, l := range e.lines {
				s.drawLine(l, box{x, width}, top, Start, body, language)
				top += l.height()
			}
			deepest = max(deepest, p.top+e.height)
		}
		s.mark(nil)
		s.page.dirty = true
		s.y += deepest
		waiting = append([]entry(nil), waiting[fits:]...)
		if next < len(list.Names) || len(waiting) > 0 {
			s.newPage()
		}
	}
}

type place2 struct {
	column int
	top    float64
}

// fill puts entries into columns of a height, and returns how many there is room for and where they stand.
func fill(entries []entry, columns int, height float64) (fits int, places []place2) {
	p := place2{}
	for _, e := range entries {
		if p.top+e.height > height+0.01 {
			p = place2{p.column + 1, 0}
		}
		if p.column >= columns || e.height > height+0.01 {
			break
		}
		places = append(places, p)
		p.top += e.height
		fits++
	}
	return fits, places
}

// balanced returns the least height of columns that hold all entries.
func balanced(entries []entry, columns int, room float64) float64 {
	low, high := 0.0, room
	for high-low > 1 {
		middle := (low + high) / 2
		if fits, _ := fill(entries, columns, middle); fits == len(entries) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// entry lays one signatory out.
func (s *setter) entry(x Signatory, width float64, rtl bool, language string) (e entry) {
	isolated := func(text string) string {
		if rtl || isRTLText(text) {
			return i18n.FSI + text + i18n.PDI
		}
		return text
	}
	parts := []stretch{{isolated(x.Name), look{size: nameSize, language: language}}}
	var about []string
	between := " · "
	for _, text := range []string{x.Title, x.Affiliation, x.Country} {
		if text != "" {
			about = append(about, isolated(text))
			if isRTLText(text) != rtl { // in one line, parts that run against it would be broken into the next in disorder
				between = "\n"
			}
		}
	}
	if len(about) > 0 {
		parts = append(parts, stretch{"\n" + strings.Join(about, between), look{size: 8, grey: true, language: language}})
	}
	if x.Mark != "" {
		parts = append(parts, stretch{"\n" + x.Mark, look{size: 8, grey: true, italic: true, language: language}})
	}
	p := s.typesetter.set(parts, rtl, 1.3)
	if rtl {
		p.lead = 1.5
	}
	e.lines = p.lines(width)
	for _, l := range e.lines {
		e.height += l.height()
	}
	e.height += entryGap
	return e
}

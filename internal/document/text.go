package document

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	"golang.org/x/text/unicode/bidi"
)

// look is how characters are drawn, and what they are beside letters.
type look struct {
	bold, italic, strike bool
	size                 float64
	rise                 float64 // above the line, as the mark of a note has it
	grey                 bool
	link                 string
	language             string
	note                 int // the note this is the mark of, from 1
}

func (l look) weight() int {
	switch {
	case l.bold:
		return 1
	case l.italic:
		return 2
	}
	return 0
}

// stretch is text of one look.
type stretch struct {
	text string
	look
}

// cluster is the smallest piece of a line: characters that are drawn together.
type cluster struct {
	face       *face
	parts      []part
	advance    int // in the font's units
	width      float64
	start, end int // characters
	level      uint8
	look       *look
	closes     bool // runs from right to left, and some readers of documents take it for a part of a number
	blank      bool // white space, which no line begins or ends with
	breaks     bool // a line may begin here
	ends       bool // a line ends after it, whatever follows
}

// passage is a paragraph that is ready to be broken into lines.
type passage struct {
	text     []rune
	clusters []cluster // in reading order
	rtl      bool      // its sentences run from right to left
	lead     float64   // from line to line, as a multiple of the size
	size     float64
}

// typesetter makes lines of text.
type typesetter struct {
	*faces
	segments segmenter.Segmenter
}

// set shapes stretches of text as one paragraph.
func (t *typesetter) set(stretches []stretch, rtl bool, lead float64) *passage {
	n := 0
	for _, s := range stretches {
		n += utf8.RuneCountInString(s.text)
	}
	p := &passage{rtl: rtl, lead: lead, text: make([]rune, 0, n)}
	looks := make([]*look, 0, n)
	for i := range stretches {
		s := &stretches[i]
		p.size = max(p.size, s.size)
		for _, r := range s.text {
			if r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029' {
				r = ' '
			}
			p.text, looks = append(p.text, r), append(looks, &s.look)
		}
	}
	if len(p.text) == 0 {
		return p
	}
	base := 0
	if rtl {
		base = 1
	}
	levels := levelsOf(p.text, base)
	scripts := scriptsOf(p.text)
	chosen := make([]*face, len(p.text))
	var before *face
	for i, r := range p.text {
		if i > 0 && looks[i].weight() != looks[i-1].weight() {
			before = nil
		}
		chosen[i] = t.choose(r, scripts[i], looks[i].weight(), before)
		before = chosen[i]
	}
	p.clusters = make([]cluster, 0, len(p.text))
	for start := 0; start < len(p.text); {
		end := start + 1
		for end < len(p.text) && levels[end] == levels[start] && scripts[end] == scripts[start] && chosen[end] == chosen[start] && looks[end] == looks[start] &&
			p.text[end] != '\n' && p.text[end-1] != '\n' {
			end++
		}
		t.shapeRun(p, start, end, chosen[start], scripts[start], levels[start], looks[start])
		start = end
	}
	t.markBreaks(p)
	return p
}

// scriptsOf gives each character that has no script of its own that of the one before it, the first ones that of those after them.
func scriptsOf(text []rune) []language.Script {
	scripts := make([]language.Script, len(text))
	last := language.Unknown
	for i, r := range text {
		if isStrong(r) {
			last = language.LookupScript(r)
		}
		scripts[i] = last
	}
	next := language.Latin
	for i := len(text) - 1; i >= 0; i-- {
		if scripts[i] == language.Unknown {
			scripts[i] = next
		}
		next = scripts[i]
	}
	return scripts
}

func (t *typesetter) shapeRun(p *passage, start, end int, f *face, script language.Script, level uint8, l *look) {
	if p.text[start] == '\n' {
		p.clusters = append(p.clusters, cluster{face: f, start: start, end: end, level: level, look: l, blank: true, ends: true})
		return
	}
	b := t.buffer
	b.Clear()
	b.AddRunes(p.text, start, end-start)
	b.Props.Direction = harfbuzz.LeftToRight
	if level%2 == 1 {
		b.Props.Direction = harfbuzz.RightToLeft
	}
	b.Props.Script, b.Props.Language = script, language.NewLanguage(l.language)
	b.Shape(f.shape, nil)
	parts := make([]part, len(b.Info))
	first := len(p.clusters)
	for i := 0; i < len(b.Info); {
		c := cluster{face: f, start: b.Info[i].Cluster, level: level, look: l}
		from := i
		for ; i < len(b.Info) && b.Info[i].Cluster == c.start; i++ {
			pos := b.Pos[i]
			parts[i] = part{uint16(b.Info[i].Glyph), int16(c.advance + int(pos.XOffset)), int16(pos.YOffset)}
			c.advance += int(pos.XAdvance)
		}
		c.parts = parts[from:i:i]
		p.clusters = append(p.clusters, c)
	}
	run := p.clusters[first:]
	if level%2 == 1 {
		slices.Reverse(run)
	}
	for i := range run {
		c := &run[i]
		if c.end = end; i+1 < len(run) {
			c.end = run[i+1].start
		}
		c.width = float64(c.advance) * l.size * f.scale / float64(f.upem)
		if level%2 == 1 && c.end == c.start+1 {
			properties, _ := bidi.LookupRune(p.text[c.start])
			class := properties.Class()
			c.closes = class == bidi.CS || class == bidi.ES || class == bidi.ET
		}
		c.blank = true
		for _, r := range p.text[c.start:c.end] {
			c.blank = c.blank && (unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' || isControl(r))
		}
	}
}

// isControl reports whether a character only orders others and is not kept in a document, which has them in order.
func isControl(r rune) bool {
	return r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func (t *typesetter) markBreaks(p *passage) {
	t.segments.Init(p.text)
	next := 0
	for lines := t.segments.LineIterator(); lines.Next(); {
		at := lines.Line().Offset
		for next < len(p.clusters) && p.clusters[next].start < at {
			next++
		}
		if at > 0 && (p.text[at-1] == '-' || p.text[at-1] == '\u2010') { // readers of documents would take the hyphen away with the break
			continue
		}
		if next < len(p.clusters) && p.clusters[next].start == at {
			p.clusters[next].breaks = true
		}
	}
}

// textLine is one line of a passage.
type textLine struct {
	*passage
	start, end int // clusters
	width      float64
	tall       float64 // the size of its largest letters
	notes      []int   // whose marks stand in it
}

// height is from this line to the next.
func (l textLine) height() float64 {
	return l.tall * l.lead
}

// lines breaks a passage into lines of a width. A word that is too long for a line is cut between its letters.
func (p *passage) lines(width float64) (lines []textLine) {
	start, last := 0, -1 // of the line; where it could end
	used := 0.0
	end := func(at int) {
		lines = append(lines, p.line(start, at))
		start, last, used = at, -1, 0
		for start < len(p.clusters) && p.clusters[start].blank && !p.clusters[start].ends { // nothing is seen of it at the beginning of a line
			start++
		}
	}
	for i := 0; i < len(p.clusters); i++ {
		c := &p.clusters[i]
		if i < start {
			continue
		}
		if c.breaks && i > start {
			last = i
		}
		if c.ends {
			used = 0
			lines = append(lines, p.line(start, i+1))
			start, last = i+1, -1
			continue
		}
		if used += c.width; used > width+0.01 && !c.blank && i > start {
			if last < 0 {
				last = i
			}
			end(last)
			i = start - 1
		}
	}
	if start < len(p.clusters) || len(lines) == 0 {
		lines = append(lines, p.line(start, len(p.clusters)))
	}
	return lines
}

func (p *passage) line(start, end int) textLine {
	l := textLine{passage: p, start: start, end: end}
	seen := end
	for seen > start && p.clusters[seen-1].blank {
		seen--
	}
	for _, c := range p.clusters[start:seen] {
		l.width += c.width
	}
	for _, c := range p.clusters[start:end] {
		if c.look.rise == 0 && (!c.blank || seen == start) {
			l.tall = max(l.tall, c.look.size)
		}
		if c.look.note > 0 && !slices.Contains(l.notes, c.look.note) {
			l.notes = append(l.notes, c.look.note)
		}
	}
	if l.tall == 0 {
		l.tall = p.size
	}
	return l
}

// piece is a part of a line that is drawn at once, from left to right. One that runs against its line, such as a number in Persian,
// closes with a mark that shows nothing: without it readers of documents take the blank after it for the one before.
type piece struct {
	x        float64 // from the left end of the line
	width    float64
	clusters []*cluster
	first    int // the first of its characters in reading order
	last     int // the last of its clusters, in the line
	closes   rune
}

// pieces returns what a line is drawn as, in reading order.
func (l textLine) pieces() (list []piece) {
	line := l.clusters[l.start:l.end]
	levels := make([]uint8, len(line))
	base := uint8(0)
	if l.rtl {
		base = 1
	}
	seen := len(line)
	for seen > 0 && line[seen-1].blank {
		seen--
	}
	for i := range line {
		if levels[i] = line[i].level; i >= seen {
			levels[i] = base
		}
	}
	x := 0.0
	for _, i := range visual(levels[:seen]) {
		c := &line[i]
		n := len(list)
		if n == 0 || !list[n-1].takes(c) {
			list = append(list, piece{x: x, first: c.start, last: i})
			n++
		}
		p := &list[n-1]
		p.clusters, p.width, p.first, p.last = append(p.clusters, c), p.width+c.width, min(p.first, c.start), max(p.last, i)
		x += c.width
	}
	for i := 0; i < len(list); i++ { // runs of pieces that go against the line
		start, last := i, 0
		for i < len(list) && list[i].clusters[0].level%2 != base {
			last = max(last, list[i].last)
			i++
		}
		if i > start && last+1 < seen {
			if base == 1 {
				list[start].closes = '\u200f'
			} else {
				list[i-1].closes = '\u200e'
			}
		}
	}
	if seen > 0 && seen < len(line) { // the blank at which the line was broken parts its words from the next line's for whoever copies them
		last := &line[seen]
		if !last.ends && len(last.parts) > 0 {
			at := piece{x: x, first: last.start, clusters: []*cluster{last}, width: last.width}
			if l.rtl {
				at.x = -last.width
			}
			list = append(list, at)
		}
	}
	slices.SortStableFunc(list, func(a, b piece) int { return a.first - b.first })
	return list
}

func (p *piece) takes(c *cluster) bool {
	last := p.clusters[len(p.clusters)-1]
	return last.face == c.face && last.look == c.look && last.level == c.level
}

// isRTLText reports whether text has characters that are written from right to left.
func isRTLText(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		if r < 0x590 {
			return false
		}
		p, _ := bidi.LookupRune(r)
		return p.Class() == bidi.R || p.Class() == bidi.AL
	})
}

package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
)

// style is how a run of words looks.
type style struct {
	bold, italic, struck bool
	href                 string // of the link that it is part of
	field                string // the style that says what it is of an address or a signature, in a document made of a letter
}

// span is a run of words of one style.
type span struct {
	text string
	style
	reference bool // text is the label of a footnote
}

// paragraph is what a line is, apart from its words.
type paragraph struct {
	marker string // of a list item, as it is shown
	level  int    // of a heading
	depth  int    // of the list it is part of, 0 outside
	quoted bool
	rule   bool   // a line across the page, and no words
	note   string // label of the footnote it is the text of

	addition string // the style of what was added to the letter, "" for the letter itself
	part     letterPart
}

// flow writes a formatted document as lines. The fronts of such documents tell it words, ends of lines and space between
// them; what a line is made of in Markdown is its concern.
type flow struct {
	kind   paragraph // of the open line
	lines  []line
	notes  []footnote
	added  []additionText
	rest   strings.Builder
	hidden int
	unseen page // what is not shown

	spans  []span
	at     int  // number of what is written now, in the source
	from   int  // and of what the open line begins with
	gap    int  // blank lines above the open line
	listed bool // the line above is part of a list
	words  bool // the open line has words
	size   int  // of all words, in bytes

	noBreaks bool // a no-break space is one that somebody typed, and stays
	made     bool // of a letter: what is marked is an item whatever it begins with, and lists have the room that they are meant to have
}

// additionText is what was added to the letter in a style, by lines.
type additionText struct {
	style string
	at    int
	lines []string
}

// footnote is the text of a footnote by lines.
type footnote struct {
	label         string
	source, words []string
}

// maxShown is the largest text, in bytes, that a formatted document may show.
const maxShown = 2 << 20

// blank is the space of an empty line, apart the space between two paragraphs. A document that has both sets its blocks
// apart by empty lines.
const (
	apart = 1
	blank = 2
)

// add adds words to the open line.
func (f *flow) add(text string, s style) {
	if text == "" {
		return
	}
	if f.size += len(text); f.size > maxShown {
		return // the front refuses the file
	}
	if !f.words {
		f.from = f.at
	}
	f.spans = append(f.spans, span{text: text, style: s})
	f.words = f.words || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
}

// refer adds the reference to a footnote.
func (f *flow) refer(label string) {
	f.spans = append(f.spans, span{text: label, reference: true})
}

// space asks for space above the next line, if there is not more already.
func (f *flow) space(gap int) { f.gap = max(f.gap, gap) }

// breakLine ends the line at a break; a break on an empty line leaves a blank one.
func (f *flow) breakLine() {
	if !f.words {
		f.space(blank)
	}
	n := len(f.lines)
	if f.end(); len(f.lines) > n {
		f.lines[n].broken = true
	}
}

// end ends the open line, if it has words.
func (f *flow) end() {
	spans := f.spans
	f.spans, f.words = nil, false
	source, text := f.render(spans)
	if isRule(text) {
		f.space(apart)
		return
	}
	k := f.kind
	if f.kind.rule = false; text == "" {
		if k.rule && f.made && k.addition == "" && k.note == "" {
			f.take(line{source: "---", gap: max(f.gap, apart), at: f.at})
			f.gap = apart
		}
		return
	}
	l := line{source: source, text: text, gap: f.gap, at: f.from}
	l.before, l.field = f.fieldsOf(spans)
	if k.addition != "" {
		f.addAddition(k.addition, text)
		return
	}
	if own := readMarker(text, nil); k.marker != "" && (f.made || own.kind == noMarker || own.kind == bullet && k.marker != "-") {
		l.source, l.text = k.marker+" "+l.source, k.marker+" "+l.text
	}
	if k.note != "" {
		f.addNote(k.note, l)
		return
	}
	f.gap = 0
	if k.level > 0 {
		l.level = min(k.level, 6)
		l.source = strings.Repeat("#", l.level) + " " + l.source
	}
	if k.depth > 0 {
		l.indent = 3 * (k.depth - 1)
		if k.marker == "" {
			l.indent = 3 * k.depth
		}
		if f.listed && k.marker != "" && l.gap <= apart && !f.made {
			l.gap = 0
		}
	}
	l.quoted, l.part = k.quoted, k.part
	f.listed = k.depth > 0
	f.kind.marker = ""
	f.take(l)
}

// fieldsOf returns the form of address that a line begins with, and what its other words are of an address or a signature, "" for
// neither.
func (f *flow) fieldsOf(spans []span) (before, field string) {
	for _, s := range spans {
		switch {
		case s.field == BeforeStyle:
			before += f.clean(s.text)
		case field == "":
			field = s.field
		}
	}
	return strings.Join(strings.Fields(before), " "), field
}

// addAddition adds a line to what was added to the letter. The lines of one addition stand together, however many there are.
func (f *flow) addAddition(style, text string) {
	if last := len(f.added) - 1; last < 0 || f.added[last].style != style {
		f.added = append(f.added, additionText{style: style, at: f.from})
	}
	a := &f.added[len(f.added)-1]
	a.lines = append(a.lines, text)
}

// addNote adds a line to the text of a footnote.
func (f *flow) addNote(label string, l line) {
	if last := len(f.notes) - 1; last < 0 || f.notes[last].label != label {
		f.notes = append(f.notes, footnote{label: label})
	}
	n := &f.notes[len(f.notes)-1]
	n.source, n.words = append(n.source, l.source), append(n.words, l.text)
}

// render writes the spans as Markdown and as words alone.
func (f *flow) render(spans []span) (source, text string) {
	if len(spans) == 0 {
		return "", ""
	}
	var md, words strings.Builder
	for len(spans) > 0 {
		s := spans[0]
		spans = spans[1:]
		if s.reference {
			md.WriteString("[^" + s.text + "]")
			continue
		}
		var run strings.Builder
		run.WriteString(s.text)
		for len(spans) > 0 && !spans[0].reference && spans[0].style == s.style {
			run.WriteString(spans[0].text)
			spans = spans[1:]
		}
		core := f.clean(run.String())
		words.WriteString(core)
		if f.kind.level > 0 {
			s.bold, s.italic = false, false
		}
		md.WriteString(marked(core, s.style))
	}
	text = strings.Join(strings.Fields(words.String()), " ")
	source = foldSpaces(md.String(), f.noBreaks)
	if strings.HasPrefix(source, "#") || strings.HasPrefix(source, ">") || strings.HasPrefix(source, "+ ") {
		source = `\` + source
	}
	return source, text
}

// clean removes what shows nothing; a line holds no line break.
func (f *flow) clean(s string) string {
	s, hidden := clean(s)
	f.hidden += hidden
	return strings.ReplaceAll(s, "\n", " ")
}

// marked writes words with Markdown's marks around them; the space around the words stays outside.
func marked(text string, s style) string {
	core := strings.TrimSpace(text)
	if core == "" {
		return text
	}
	before, after, _ := strings.Cut(text, core)
	escaped := escapeMarkdown(core)
	if href := target(s.href); href != "" && href != core && href != "mailto:"+core {
		escaped = "[" + strings.NewReplacer("[", `\[`, "]", `\]`).Replace(strings.ReplaceAll(escaped, `\[`, "[")) + "](" + href + ")"
	}
	hasLetter := strings.ContainsFunc(core, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	if hasLetter && s.struck {
		escaped = "~~" + escaped + "~~"
	}
	switch {
	case !hasLetter:
	case s.bold && s.italic:
		escaped = "***" + escaped + "***"
	case s.bold:
		escaped = "**" + escaped + "**"
	case s.italic:
		escaped = "*" + escaped + "*"
	}
	return before + escaped + after
}

// maxHref is how long the address of a link may be, in bytes.
const maxHref = 2000

// target returns the address of a link, "" if it leads nowhere that a reader may be sent.
func target(href string) string {
	href = strings.TrimSpace(href)
	scheme, rest, ok := strings.Cut(href, ":")
	switch strings.ToLower(scheme) {
	case "http", "https":
		ok = ok && len(rest) > 2 && strings.HasPrefix(rest, "//")
	case "mailto":
		ok = ok && strings.Contains(rest, "@")
	default:
		ok = false
	}
	if !ok || len(href) > maxHref || !utf8.ValidString(href) || strings.ContainsFunc(href, unicode.IsControl) {
		return ""
	}
	return strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `\`, "%5C", "[", "%5B", "]", "%5D").Replace(href)
}

// entity is what Markdown would take for a character in disguise.
var entity = regexp.MustCompile(`&(?:#?[0-9A-Za-z]{1,32};)`)

// escapeMarkdown writes words so that Markdown shows them as they are.
func escapeMarkdown(s string) string {
	if !strings.ContainsAny(s, "\\`*_[<&~|") {
		return s
	}
	s = entity.ReplaceAllString(s, `\$0`)
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i, r := range s {
		switch r {
		case '\\':
			if !strings.HasPrefix(s[i:], `\&`) || !entity.MatchString(s[i+1:min(len(s), i+40)]) {
				b.WriteByte('\\')
			}
		case '`', '*', '<':
			b.WriteByte('\\')
		case '[':
			if strings.HasPrefix(s[i:], "[^") || strings.Contains(s[i:min(len(s), i+400)], "](") {
				b.WriteByte('\\')
			}
		case '~':
			if strings.HasPrefix(s[i:], "~~") {
				b.WriteByte('\\')
			}
		case '_':
			if !isWordRune(lastRune(s[:i])) || !isWordRune(firstRune(s[i+1:])) {
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// foldSpaces makes a space of each run of white space, or a tab of one that has a tab. A no-break space that stands alone can stay
// one.
func foldSpaces(s string, noBreaks bool) string {
	var b strings.Builder
	b.Grow(len(s))
	run := 0
	var first rune
	tab := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if run++; run == 1 {
				first = r
			}
			tab = tab || r == '\t'
			continue
		}
		switch {
		case run == 0 || b.Len() == 0:
		case tab:
			b.WriteByte('\t')
		case noBreaks && run == 1 && (first == '\u00a0' || first == '\u202f'):
			b.WriteRune(first)
		default:
			b.WriteByte(' ')
		}
		run, tab = 0, false
		b.WriteRune(r)
	}
	return b.String()
}

// page returns what was written. Where empty lines set blocks apart, short paragraphs without one between them are the
// lines of a block: an address that was typed a paragraph a line.
func (f *flow) page() (page, error) {
	f.end()
	quote(f.lines)
	blanks := 0
	for _, l := range f.lines {
		if l.gap >= blank {
			blanks++
		}
	}
	for i := range f.lines {
		l := &f.lines[i]
		if i > 0 && blanks >= 3 && l.gap == apart && isBlockLine(f.lines[i-1]) && isBlockLine(*l) {
			l.gap = 0
		}
		l.gap = min(l.gap, 1)
	}
	p := page{lines: f.lines, rest: strings.TrimSpace(f.rest.String()), hidden: f.hidden, leftOut: f.unseen.leftOut}
	for _, a := range f.added {
		p.leave(a.at, strings.Join(a.lines, " "), Added)
	}
	for _, n := range f.notes[:min(len(f.notes), maxLines)] {
		p.lines = append(p.lines, line{source: "[^" + n.label + "]: " + strings.Join(n.source, " "), text: strings.Join(n.words, " "), gap: 1})
	}
	if f.size > maxShown {
		return p, fault.New(fault.TooLarge, "import.too_large", "Limit", maxShown, "Size", f.size)
	}
	return p, nil
}

// isBlockLine reports whether a line may be one of several of an address or a signature.
func isBlockLine(l line) bool {
	return l.level == 0 && runeCount(l.text) < shortLine && !strings.HasSuffix(l.text, ".") && readMarker(l.text, nil).kind == noMarker
}

// inside returns the lines of what write writes: those of a cell.
func (f *flow) inside(write func()) []line {
	f.end()
	lines, gap, listed := f.lines, f.gap, f.listed
	f.lines, f.gap = nil, 0
	write()
	f.end()
	inner := f.lines
	f.lines, f.gap, f.listed = lines, gap, listed
	return inner
}

// table writes a table, of which each row has its cells and each cell its lines. Rows of short cells become rows of a table if there
// are several, else lines; others, which only lay out a page, blocks.
func (f *flow) table(rows [][][]line) {
	f.end()
	f.space(apart)
	flat, columns, laid := 0, 0, false
	for _, row := range rows {
		words := 0
		for _, c := range row {
			if len(c) > 0 {
				words++
			}
			laid = laid || len(c) > 1 || len(c) == 1 && (c[0].level > 0 || len(c[0].text) > cellBytes || strings.HasSuffix(c[0].text, ":"))
		}
		if columns = max(columns, len(row)); words > 1 {
			flat++
		}
	}
	isTable, first := flat > 1 && !laid, true
	for _, row := range rows {
		if isTable {
			f.row(row, columns, first)
			first = false
		} else {
			f.cells(slices.DeleteFunc(row, func(c []line) bool { return len(c) == 0 }))
		}
	}
	f.space(apart)
}

// row writes the row of a table, and below the first the rule that Markdown has there.
func (f *flow) row(row [][]line, columns int, first bool) {
	l := line{gap: f.gap, cells: columns}
	sources, words := make([]string, columns), make([]string, columns)
	for i, c := range row {
		if len(c) > 0 {
			sources[i], words[i], l.at = strings.ReplaceAll(c[0].source, "|", `\|`), c[0].text, cmp.Or(l.at, c[0].at)
		}
	}
	if l.at == 0 {
		return
	}
	l.source, l.text = "| "+strings.Join(sources, " | ")+" |", strings.Join(words, " | ")
	if f.gap = 0; first {
		l.rule = "|" + strings.Repeat(" --- |", columns)
	}
	f.take(l)
}

// cells writes the cells of a row on one line if each is a short line, else as blocks.
func (f *flow) cells(cells [][]line) {
	if len(cells) == 0 {
		return
	}
	flat := len(cells) > 1
	for _, c := range cells {
		flat = flat && len(c) == 1 && c[0].level == 0 && len(c[0].text) < cellBytes
	}
	if flat {
		l, between := line{gap: f.gap, at: cells[0][0].at}, ""
		for _, c := range cells {
			l.source, l.text = l.source+between+c[0].source, l.text+between+c[0].text
			if between = " | "; strings.HasSuffix(c[0].text, ":") { // "To:" in a column of its own
				between = " "
			}
		}
		f.take(l)
		f.gap = 0
		return
	}
	for _, c := range cells {
		c[0].gap = max(c[0].gap, f.gap, apart)
		for _, l := range c {
			f.take(l)
		}
	}
	f.gap = apart
}

// take adds a line, to the rest if there are enough.
func (f *flow) take(l line) {
	if len(f.lines) >= maxLines {
		f.rest.WriteString(l.source + "\n\n")
		return
	}
	f.lines = append(f.lines, l)
}

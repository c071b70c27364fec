package importer

import (
	"regexp"
	"strings"
	"unicode"
)

// line is one line of a letter after wrapped lines were joined: a paragraph, a list item, a line of an address.
type line struct {
	source string // as in the source, markup kept, without white space around it
	text   string // the words alone: markup removed, white space folded
	gap    int    // blank lines above
	level  int    // of a heading, 0 for none
	indent int    // columns
	broken bool   // ends with a Markdown hard break
	at     int    // number of the line in the source
	id     int    // of all lines that are part of this one
	cells  int    // columns of the table that it is a row of, 0 for none
	quoted bool
	rule   string // what Markdown writes below the head of a table
	part   letterPart
	field  string // the style that says what it is of an address or a signature
	before string // the form of address that it begins with, where a style says so
}

var (
	tableRule    = regexp.MustCompile(`^\|?(?:\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?$`)
	cellEnd      = regexp.MustCompile(`\s*\|\s*`)
	ruleLine     = regexp.MustCompile(`^(?:[-_*=~#]\s?){3,}$`)
	backslash    = regexp.MustCompile(`\\([\\` + "`" + `*_{}\[\]()#+.!|>~-])`)
	image        = regexp.MustCompile(`!\[[^\[\]]*\]\([^()]*\)`)
	link         = regexp.MustCompile(`\[([^\[\]]*)\]\([^()]*\)`)
	autolink     = regexp.MustCompile(`<((?:https?://|mailto:)?[^<>\s]+[.@][^<>\s]+)>`)
	footnoteRef  = regexp.MustCompile(`\[\^[^\[\]\s]{1,20}\]`)
	starEmphasis = regexp.MustCompile(`\*([^*\s](?:[^*]*[^*\s])?)\*`)
	lineEmphasis = regexp.MustCompile(`(^|[^\p{L}\p{N}_])_([^_\s](?:[^_]*[^_\s])?)_($|[^\p{L}\p{N}_])`)
)

// readText is the front for plain text. People paste Markdown into plain text, so its marks are known here too.
func readText(text string) (p page) {
	p.lines, p.rest = splitLines(rawLines(text))
	p.lines = joinWrapped(p.lines, wrapWidth(p.lines))
	p.show()
	return p
}

// rawLine is a line of a source as it is written there.
type rawLine struct {
	text string
	at   int // its number
}

func rawLines(text string) (lines []rawLine) {
	lines = make([]rawLine, 0, strings.Count(text, "\n")+1)
	for raw := range strings.Lines(text) {
		lines = append(lines, rawLine{raw, len(lines) + 1})
	}
	return lines
}

// How many runes the lines of a source have that was wrapped at one width.
const (
	widestWrap    = 110 // a longer line was not wrapped, unless it has no spaces to wrap it at
	narrowestWrap = 55  // a narrower source is one of short lines
	wrappedRunes  = 50  // of a line that the next one may go on with
	raggedRunes   = 40  // least of a line that was wrapped by hand, if six tenths of the width are less
	boldBytes     = 300 // of a line whose bold words go on in the next one
	itemIndent    = 8   // most columns that a line of an item is set in; more is code
	ruleBytes     = 200 // of a rule that are looked at
	unwrappable   = 3   // most words of a line that has no spaces to wrap it at: an address
)

// maxLines is how many lines are looked at; a longer source is no letter, and its other lines go to the body as they are.
const maxLines = 10_000

// maxParagraph is how many bytes of a line are searched for requests and figures.
const maxParagraph = 256 << 10

// splitLines makes a line of each line of the source that holds words, headings of underlined ones, and rows of tables.
func splitLines(raws []rawLine) (lines []line, rest string) {
	gap := 0
	for i, raw := range raws {
		if len(lines) == maxLines {
			return lines, joinRaw(raws[i:])
		}
		body := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(raw.text), ">"))
		n := len(lines)
		if isRule(body) {
			if underlines := n > 0 && gap == 0 && lines[n-1].level == 0; underlines && body[0] == '=' {
				lines[n-1].level = 1
			}
			gap++
			continue
		}
		if n > 0 && gap == 0 && strings.Contains(body, "|") {
			if tableRule.MatchString(body[:min(len(body), ruleBytes)]) && lines[n-1].asRow() {
				lines[n-1].rule = body
				continue
			}
		}
		l := newLine(raw.text, body)
		if l.text == "" {
			gap++
			continue
		}
		l.quoted = strings.HasPrefix(strings.TrimSpace(raw.text), ">")
		l.at, l.gap, gap = raw.at, gap, 0
		if n > 0 && l.gap == 0 {
			if lines[n-1].cells > 0 && l.asRow() {
				lines = append(lines, l)
				continue
			}
			if len(lines[n-1].source) < boldBytes && strings.Count(lines[n-1].source, "**")%2 == 1 {
				lines[n-1] = join(lines[n-1], l)
				continue
			}
		}
		lines = append(lines, l)
	}
	return lines, ""
}

func joinRaw(raws []rawLine) string {
	var b strings.Builder
	for _, raw := range raws {
		b.WriteString(raw.text)
	}
	return strings.TrimSpace(b.String())
}

// asRow makes a row of a table of a line, if it has cells.
func (l *line) asRow() bool {
	cells := cellEnd.Split(strings.TrimSuffix(strings.TrimPrefix(l.source, "|"), "|"), -1)
	if !strings.Contains(l.source, "|") || l.level > 0 {
		return false
	}
	for i, cell := range cells {
		cells[i] = plain(cell)
	}
	l.cells, l.text = len(cells), strings.Join(cells, " | ")
	return true
}

// isRule reports whether a line is a rule or the underline of a heading.
func isRule(body string) bool {
	return len(body) > 2 && strings.IndexByte("-_*=~#", body[0]) >= 0 && ruleLine.MatchString(body[:min(len(body), ruleBytes)])
}

func newLine(raw, body string) line {
	l := line{source: body, indent: indentOf(raw)}
	raw = strings.TrimRight(raw, "\n")
	l.broken = strings.HasSuffix(raw, "  ") || strings.HasSuffix(raw, `\`)
	if rest := strings.TrimLeft(body, "#"); rest != body && len(body)-len(rest) <= 6 && strings.HasPrefix(rest, " ") {
		l.level = len(body) - len(rest)
		body = strings.TrimRight(rest, "# ")
	}
	l.text = plain(strings.TrimSuffix(body, `\`))
	if strings.HasPrefix(body, "o\t") { // a bullet of word processors
		l.text = "o\t" + strings.TrimPrefix(l.text, "o ")
	}
	return l
}

func indentOf(raw string) int {
	n := 0
	for _, r := range raw {
		switch {
		case r == '\t':
			n += 4
		case unicode.IsSpace(r):
			n++
		default:
			return n
		}
	}
	return n
}

// plain removes Markdown's marks and folds white space.
func plain(s string) string {
	if !strings.ContainsAny(s, "*_[<") {
		return strings.Join(strings.Fields(s), " ")
	}
	if strings.Contains(s, "](") {
		s = link.ReplaceAllString(image.ReplaceAllString(s, ""), "$1")
	}
	if strings.Contains(s, "[^") {
		s = footnoteRef.ReplaceAllString(s, "")
	}
	if strings.Contains(s, "<") {
		s = autolink.ReplaceAllString(s, "$1")
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "**", ""), "__", "")
	if strings.Count(s, "*") > 1 {
		s = starEmphasis.ReplaceAllString(s, "$1")
	}
	if strings.Count(s, "_") > 1 && !strings.Contains(s, "://") {
		s = lineEmphasis.ReplaceAllString(s, "$1$2$3")
	}
	return strings.Join(strings.Fields(s), " ")
}

func join(a, b line) line {
	a.source += " " + b.source
	a.text = plain(a.source)
	if a.level > 0 {
		a.text = strings.TrimLeft(a.text, "# ")
	}
	a.broken = b.broken
	return a
}

// joinWrapped joins the lines of paragraphs that were clearly wrapped at the width, and of list items.
func joinWrapped(lines []line, width int) (joined []line) {
	if width == 0 {
		return lines
	}
	for start := 0; start < len(lines); {
		end := start + 1
		for end < len(lines) && lines[end].gap == 0 {
			end++
		}
		joined = append(joined, joinBlock(lines[start:end], width)...)
		start = end
	}
	return joined
}

// wrapWidth returns the width that the source was wrapped at, 0 if it was not: long lines tell that it was not, unless there are
// many more that were.
func wrapWidth(lines []line) int {
	width, pairs, long := 0, 0, 0
	for i, l := range lines {
		n := runeCount(l.source)
		switch {
		case n <= widestWrap:
			width = max(width, n)
		case wordCount(l.text) > unwrappable:
			long++
		}
		if i > 0 && l.gap == 0 && n <= widestWrap && runeCount(lines[i-1].source) > wrappedRunes {
			pairs++
		}
	}
	if width < narrowestWrap || pairs == 0 || long*4 > pairs {
		return 0
	}
	return width
}

func joinBlock(block []line, width int) []line {
	ragged := isRagged(block, width)
	out := []line{block[0]}
	var parts []string // of the paragraph being joined
	flush := func() {
		if len(parts) > 1 {
			last := &out[len(out)-1]
			whole := newLine("", strings.Join(parts, " "))
			last.source, last.text = whole.source, whole.text
		}
		parts = parts[:0]
	}
	parts = append(parts, block[0].source)
	for i := 1; i < len(block); i++ {
		a, b := block[i-1], block[i]
		first, _, _ := strings.Cut(b.source, " ")
		fits := runeCount(a.source)+1+runeCount(first) <= width-a.indent
		inItem := b.indent > a.indent && readMarker(out[len(out)-1].text, nil).kind != noMarker && b.indent <= itemIndent
		starts := a.broken || a.level > 0 || b.level > 0 || a.cells > 0 || b.cells > 0 || a.quoted != b.quoted || readMarker(b.text, nil).kind != noMarker
		if starts || (fits && !ragged && !inItem) {
			flush()
			out = append(out, b)
		}
		parts = append(parts, b.source)
	}
	flush()
	return out
}

// isRagged reports whether a block is a paragraph that was wrapped by hand: three lines or more, all but the last long,
// most of them ending inside a sentence.
func isRagged(block []line, width int) bool {
	inside := 0
	for _, l := range block[:len(block)-1] {
		if runeCount(l.source) < max(width*6/10, raggedRunes) {
			return false
		}
		if !strings.ContainsAny(l.text[len(l.text)-1:], ".:;!?,") {
			inside++
		}
	}
	return len(block) >= 3 && inside*2 >= len(block)-1 || len(block) == 2 && inside == 1 && endsSentence(block[1].text)
}

// endsSentence reports whether the text ends with the stop of a sentence.
func endsSentence(text string) bool {
	text = strings.TrimRight(text, "\"”»’')] ")
	for _, stop := range [...]string{".", "!", "?", "؟", "…", "۔", ":", "؛", ";"} {
		if strings.HasSuffix(text, stop) {
			return true
		}
	}
	return false
}

package importer

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// block writes an element and what is in it.
func (w *webPage) block(n *html.Node) {
	w.write(n, style{})
	w.flow.end()
}

// write writes a node. Its depth is bounded by the parser's.
func (w *webPage) write(n *html.Node, s style) {
	switch n.Type {
	case html.TextNode:
		w.take(n)
		w.flow.add(foldHTML(n.Data), s)
		return
	case html.DocumentNode:
		w.children(n, s)
		return
	case html.ElementNode:
	default:
		return
	}
	if label := w.notes[n]; label != "" {
		w.take(n)
		w.flow.refer(label)
		return
	}
	if w.skip[n] && n.DataAtom == atom.A {
		w.take(n)
	}
	if w.skip[n] || n != w.main && w.isFurniture(n) {
		return
	}
	switch n.DataAtom {
	case atom.B, atom.Strong:
		s.bold = true
	case atom.I, atom.Em, atom.Cite:
		s.italic = true
	case atom.S, atom.Strike, atom.Del:
		s.struck = true
	case atom.A:
		s.href = attribute(n, "href")
	case atom.Br:
		w.flow.breakLine()
		return
	case atom.Sup:
		if w.raised(n, s) {
			return
		}
	case atom.Img, atom.Hr:
		if n.DataAtom == atom.Hr {
			w.flow.end()
			w.flow.space(apart)
		}
		return
	case atom.Pre:
		w.preformatted(n)
		return
	case atom.Ol, atom.Ul:
		w.list(n, s)
		return
	case atom.Table:
		w.table(n, s)
		return
	}
	gap, isBlock := blockGap(n.DataAtom)
	if !isBlock {
		w.children(n, s)
		return
	}
	w.flow.end()
	w.flow.space(gap)
	before := w.flow.kind
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.flow.kind = paragraph{level: int(n.Data[1] - '0'), note: before.note}
	case atom.Blockquote:
		w.flow.kind.quoted = true
	}
	w.children(n, s)
	if isBlankBlock(n) && !w.flow.words {
		w.flow.space(blank)
	}
	w.flow.end()
	w.flow.space(gap)
	marker := w.flow.kind.marker // an item's mark stands before its first line only
	w.flow.kind = before
	if before.marker != "" {
		w.flow.kind.marker = marker
	}
}

// take marks the texts of a node as read.
func (w *webPage) take(n *html.Node) {
	if at, ok := w.unread[n]; ok {
		w.flow.at = at
		delete(w.unread, n)
	}
	for c := range n.Descendants() {
		if at, ok := w.unread[c]; ok {
			w.flow.at = at
			delete(w.unread, c)
		}
	}
}

func (w *webPage) children(n *html.Node, s style) {
	for c := range n.ChildNodes() {
		w.write(c, s)
	}
}

// blockGap returns the space around a block, false for what is part of a line.
func blockGap(a atom.Atom) (gap int, ok bool) {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Dl, atom.Figure, atom.Details, atom.Fieldset:
		return apart, true
	case atom.Html, atom.Body, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Address, atom.Center, atom.Li,
		atom.Dt, atom.Dd, atom.Figcaption, atom.Summary, atom.Td, atom.Th, atom.Tr, atom.Caption, atom.Hgroup, atom.Form, atom.Legend:
		return 0, true
	}
	return 0, false
}

// isBlankBlock reports whether a paragraph holds nothing but space, which a page shows as an empty line.
func isBlankBlock(n *html.Node) bool {
	if n.DataAtom != atom.P && n.DataAtom != atom.Div || n.FirstChild == nil {
		return false
	}
	for c := range n.ChildNodes() {
		if _, isBlock := blockGap(c.DataAtom); isBlock || c.DataAtom == atom.Img || c.DataAtom == atom.Table {
			return false
		}
	}
	text := textOf(n, 20)
	return strings.TrimSpace(text) == "" && (strings.Contains(text, "\u00a0") || n.DataAtom == atom.P)
}

// foldHTML makes a space of the white space that a page shows as one; a no-break space stays.
func foldHTML(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t', '\r', '\f':
			return ' '
		}
		return r
	}, s)
}

// superscripts are written for raised digits that refer to nothing: m².
var superscripts = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// raised writes raised digits so that they are not taken for a part of the number before them.
func (w *webPage) raised(n *html.Node, s style) bool {
	text := strings.TrimSpace(textOf(n, 10))
	if text == "" || !isDigits(text) || len(text) > 3 || n.FirstChild != n.LastChild || n.FirstChild.Type != html.TextNode {
		return false
	}
	w.take(n)
	w.flow.add(superscripts.Replace(text), s)
	return true
}

// preformatted writes text whose line ends are kept, which may be a letter wrapped by hand.
func (w *webPage) preformatted(n *html.Node) {
	w.flow.end()
	w.flow.space(apart)
	text, hidden := clean(textOf(n, Limit))
	w.flow.hidden += hidden
	w.take(n)
	p := readText(text)
	for i, l := range p.lines {
		if i == 0 {
			l.gap = max(l.gap, apart)
		}
		l.at += w.flow.at - 1
		w.flow.take(l)
	}
	w.flow.rest.WriteString(p.rest)
	w.flow.space(apart)
}

// list writes the items with the marks that the page shows.
func (w *webPage) list(n *html.Node, s style) {
	w.flow.end()
	before := w.flow.kind
	if before.depth == 0 {
		w.flow.space(apart)
	}
	kind := listKind(n)
	value := 1
	if start, ok := itemNumber(n, "start"); ok {
		value = start
	}
	for c := range n.ChildNodes() {
		if c.Type != html.ElementNode || w.skip[c] {
			continue
		}
		if c.DataAtom != atom.Li {
			w.flow.kind = paragraph{depth: before.depth + 1, quoted: before.quoted, note: before.note}
			w.write(c, s)
			continue
		}
		if own, ok := itemNumber(c, "value"); ok {
			value = own
		}
		w.flow.kind = paragraph{marker: markOf(kind, value), depth: before.depth + 1, quoted: before.quoted, note: before.note}
		w.children(c, s)
		w.flow.end()
		value++
	}
	w.flow.kind = before
	w.flow.kind.marker = ""
	if before.depth == 0 {
		w.flow.space(apart)
	}
}

// maxItemNumber bounds the numbers that a page may give to items.
const maxItemNumber = 10_000

// itemNumber returns the number that an attribute gives to an item.
func itemNumber(n *html.Node, key string) (number int, ok bool) {
	number, err := strconv.Atoi(strings.TrimSpace(attribute(n, key)))
	return number, err == nil && number >= 0 && number < maxItemNumber
}

// listKind returns how a list is marked, in the words of Word's number formats.
func listKind(n *html.Node) string {
	if n.DataAtom == atom.Ul {
		return "bullet"
	}
	switch attribute(n, "type") {
	case "a":
		return "lowerLetter"
	case "A":
		return "upperLetter"
	case "i":
		return "lowerRoman"
	case "I":
		return "upperRoman"
	}
	_, set, _ := strings.Cut(strings.ToLower(attribute(n, "style")), "list-style")
	for _, kind := range [...]struct{ css, kind string }{
		{"lower-alpha", "lowerLetter"}, {"lower-latin", "lowerLetter"}, {"upper-alpha", "upperLetter"}, {"upper-latin", "upperLetter"},
		{"lower-roman", "lowerRoman"}, {"upper-roman", "upperRoman"}, {"persian", "persianDigits"}, {"arabic-indic", "hindiNumbers"},
		{"disc", "bullet"}, {"square", "bullet"}, {"circle", "bullet"},
	} {
		if strings.Contains(set, kind.css) {
			return kind.kind
		}
	}
	return "decimal"
}

// markOf returns the mark of an item with a stop behind the number.
func markOf(kind string, value int) string {
	if kind == "bullet" {
		return "-"
	}
	return numeral(kind, value) + "."
}

// table reads the rows of a table; see flow.table.
func (w *webPage) table(n *html.Node, s style) {
	w.flow.end()
	w.flow.space(apart)
	before := w.flow.kind
	var rows [][][]line
	for c := range n.ChildNodes() {
		switch c.DataAtom {
		case atom.Caption:
			w.write(c, s)
		case atom.Thead, atom.Tbody, atom.Tfoot:
			for row := range c.ChildNodes() {
				if row.DataAtom == atom.Tr && !w.skip[row] && !isUnseen(row) {
					rows = append(rows, w.row(row, s))
				}
			}
		}
	}
	w.flow.kind = before
	w.flow.table(rows)
}

func (w *webPage) row(row *html.Node, s style) (cells [][]line) {
	for c := range row.ChildNodes() {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			cells = append(cells, w.flow.inside(func() { w.children(c, s) }))
		}
	}
	return cells
}

// writeNotes writes the footnotes below the text.
func (w *webPage) writeNotes() {
	for _, n := range w.targets {
		w.flow.end()
		w.flow.kind = paragraph{note: n.label}
		delete(w.skip, n.text)
		w.flow.spans = nil
		if n.text.DataAtom == atom.Li {
			w.children(n.text, style{})
		} else {
			w.write(n.text, style{})
		}
		w.flow.end()
	}
	w.flow.kind = paragraph{}
}

package importer

import (
	"regexp"
	"slices"
	"strings"
)

var (
	mediaPath   = regexp.MustCompile(`(?i)^\S*[/\\]\S*\.(?:jpe?g|png|gif|webp|svg|mp4|avif|bmp)(?:\?\S*)?$|^\S+\.(?:jpe?g|png|gif|webp|svg|avif)$`)
	footnoteDef = regexp.MustCompile(`^\[\^[^\[\]\s]{1,20}\]:|^\[\p{Nd}{1,3}\]\s+\S`)
)

// How the lines of a web page around a letter look.
const (
	furnitureWords = 14 // most words of such a line, and of a headline that it lists
	furnitureTop   = 10 // lines from the top in which one word alone may be a button …
	furnitureEnd   = 5  // … and lines from the end
	labelTop       = 3  // lines from the top in which one may have a label: "Posted in: News"
	labelledWords  = 3  // most words behind such a label
	namedWords     = 5  // most words behind two or more that name furniture: "Share this on Facebook"
	mediaBytes     = 500
	noteBytes      = 64 // of a line in which the label of a footnote stands
)

// withoutFurniture leaves out what a web page put around the letter: buttons, navigation, paths of pictures.
func (r *reader) withoutFurniture(lines []line) (kept []line) {
	gap, links := 0, r.linkList(lines)
	first, last := r.extent(lines)
	for i, l := range lines {
		outside := (i < first || i > last) && readMarker(l.text, nil).kind <= bullet
		if i >= links || isPath(l.text) || outside && r.isFurniture(l, i, len(lines)-i) {
			r.around[l.id] = true
			gap += 1 + l.gap
			continue
		}
		l.gap += gap
		gap = 0
		kept = append(kept, l)
	}
	return kept
}

// extent returns between which lines a letter stands for sure: from its salutation, or its first paragraph, to its closing, or its last
// paragraph and the list below that.
func (r *reader) extent(lines []line) (first, last int) {
	_, first = r.findSalutation(slices.Clone(lines[:min(len(lines), searched+1)]))
	if first < 0 {
		first = slices.IndexFunc(lines, isProse)
	}
	last = r.lastClosing(lines, max(first, 0))
	if last >= 0 || first < 0 {
		return first, last
	}
	for last = len(lines) - 1; last > first && !isProse(lines[last]); {
		last--
	}
	for last+1 < len(lines) && readMarker(lines[last+1].text, nil).kind != noMarker {
		last++
	}
	return first, last
}

// linkList returns where a list of other pages begins: "Related articles" and nothing but headlines behind it.
func (r *reader) linkList(lines []line) int {
	for i, l := range slices.Backward(lines) {
		if wordCount(l.text) > furnitureWords || endsSentence(l.text) {
			break
		}
		if r.LinkLists.has(foldButton(l.text)) {
			return i
		}
	}
	return len(lines)
}

// isPath reports whether a line is nothing but the path of a picture.
func isPath(text string) bool {
	return wordCount(text) == 1 && mediaPath.MatchString(text[:min(len(text), mediaBytes)])
}

// foldButton folds a line without the marks that web pages set around a link.
func foldButton(text string) string { return strings.Trim(fold(text), " .:|»>-") }

// isFurniture reports whether a line is furniture by its words, and by how many lines stand above it and are left from it on.
func (r *reader) isFurniture(l line, above, left int) bool {
	n := wordCount(l.text)
	if n > furnitureWords {
		return false
	}
	folded, last := foldButton(l.text), left <= furnitureEnd
	if strings.HasPrefix(l.text, "©") {
		return true
	}
	if counted := strings.TrimLeft(folded, "0123456789 "); n == 2 && counted != folded && r.Furniture.has(counted) { // "3 comments"
		return true
	}
	if r.Furniture.has(folded) {
		return n > 1 || above < furnitureTop || last || r.FurnitureAlone.has(folded)
	}
	if slices.ContainsFunc(r.FurnitureIn, func(p string) bool { return strings.Contains(folded, p) }) {
		return true
	}
	if rest, labelled := r.Furniture.label(l.text); labelled && (last || above < labelTop) && wordCount(rest) <= labelledWords {
		return true
	}
	named := wordCount(r.Furniture.leading(folded))
	return named >= 2 && n <= named+namedWords && !endsSentence(l.text)
}

// takeNotes takes the footnotes out of the lines; they follow the body. One that nothing refers to is written as a paragraph, since
// Markdown would not show it.
func takeNotes(lines []line) (kept, notes []line) {
	labels := map[string]bool{} // that are referred to
	for _, l := range lines {
		if !strings.Contains(l.source, "[^") {
			continue
		}
		for i, label := range footnoteRef.FindAllString(l.source, -1) {
			labels[label] = labels[label] || i > 0 || !footnoteDef.MatchString(l.source)
		}
	}
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if !footnoteDef.MatchString(l.source[:min(len(l.source), noteBytes)]) {
			kept = append(kept, l)
			continue
		}
		if label := footnoteRef.FindString(l.source); strings.HasPrefix(l.source, label) {
			if label != "" && !labels[label] {
				l.source, l.gap = `\`+l.source, 1
			}
			labels[label] = false // a second one is not shown
		}
		notes = append(notes, l)
		for i+1 < len(lines) && lines[i+1].indent > 0 && lines[i+1].gap == 0 {
			i++
			notes = append(notes, lines[i])
		}
	}
	return kept, notes
}

// markdown writes lines as Markdown, in the words and with the marks of the source.
func markdown(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteString(between(lines[i-1], l))
		}
		if n := min(l.indent, 3); isMarkdownItem(l) && n > 0 && i > 0 {
			b.WriteString("    "[:n])
		}
		b.WriteString(strings.TrimSuffix(l.source, `\`))
		if l.rule != "" {
			b.WriteString("\n" + l.rule)
		}
	}
	return b.String()
}

// between returns what stands between two lines: items of a Markdown list and lines of a note follow each other, short
// lines without a gap keep their break, all others are paragraphs.
func between(a, b line) string {
	switch {
	case b.gap == 0 && a.cells > 0 && b.cells > 0:
		return "\n"
	case b.gap > 0 || b.level > 0 || a.level > 0 || a.cells > 0 || b.cells > 0:
		return "\n\n"
	case isMarkdownItem(a) && isMarkdownItem(b):
		return "\n"
	case readMarker(b.text, nil).kind == noMarker && runeCount(a.text) < shortLine:
		return "  \n"
	}
	return "\n\n"
}

func isMarkdownItem(l line) bool {
	m := readMarker(l.text, nil)
	return m.kind == bullet && strings.ContainsAny(l.source[:1], "-*+") || m.kind == numbered && startsWithDigit(l.source)
}

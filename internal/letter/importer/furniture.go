package importer

import (
	"regexp"
	"strings"
)

var (
	mediaPath   = regexp.MustCompile(`(?i)^\S*[/\\]\S*\.(?:jpe?g|png|gif|webp|svg|mp4|avif|bmp)(?:\?\S*)?$|^\S+\.(?:jpe?g|png|gif|webp|svg|avif)$`)
	footnoteDef = regexp.MustCompile(`^\[\^[^\[\]\s]{1,20}\]:|^\[\p{Nd}{1,3}\]\s+\S`)
)

// dropFurniture leaves out what a web page put around the text: buttons, navigation, paths of pictures.
func (r *reader) dropFurniture() {
	kept := r.lines[:0:0]
	dropped, gap := 0, 0
	links := r.linkList()
	for i, l := range r.lines {
		if i >= links || r.isFurniture(i, l, i > len(r.lines)-6) {
			dropped++
			gap += 1 + l.gap
			continue
		}
		l.gap += gap
		gap = 0
		kept = append(kept, l)
	}
	r.lines = kept
	if dropped > 0 {
		r.warn("leftovers", "Count", dropped)
	}
}

// linkList returns where a list of other pages begins: "Related articles" and nothing but headlines behind it.
func (r *reader) linkList() int {
	for i := len(r.lines) - 1; i >= 0; i-- {
		l := r.lines[i]
		if wordCount(l.text) > 14 || endsSentence(l.text) {
			break
		}
		if r.is(strings.Trim(fold(l.text), " .:|»>-"), func(w *words) []string { return w.linkLists }) {
			return i
		}
	}
	return len(r.lines)
}

func (r *reader) isFurniture(i int, l line, last bool) bool {
	n := wordCount(l.text)
	if n == 1 && mediaPath.MatchString(l.text[:min(len(l.text), 500)]) {
		return true
	}
	if n > 14 {
		return false
	}
	folded := strings.Trim(fold(l.text), " .:|»>-")
	if r.is(folded, func(w *words) []string { return w.furniture }) {
		return n > 1 || i < 10 || last || folded == "share" || folded == "tweet" || folded == "print"
	}
	for _, w := range r.langs {
		for _, p := range w.furnitureIn {
			if strings.Contains(folded, p) {
				return true
			}
		}
	}
	if rest, labelled := r.label(l.text, func(w *words) []string { return w.furniture }); labelled && (last || i < 3) && wordCount(rest) < 4 {
		return true
	}
	start := r.starts(folded, func(w *words) []string { return w.furniture })
	return wordCount(start) >= 2 && n <= wordCount(start)+5 && !endsSentence(l.text)
}

// takeNotes moves footnotes out of the way; they follow the body.
func (r *reader) takeNotes() {
	kept := r.lines[:0:0]
	for i := 0; i < len(r.lines); i++ {
		l := r.lines[i]
		if !footnoteDef.MatchString(l.source[:min(len(l.source), 64)]) {
			kept = append(kept, l)
			continue
		}
		r.notes = append(r.notes, l)
		for i+1 < len(r.lines) && r.lines[i+1].indent > 0 && r.lines[i+1].gap == 0 {
			i++
			r.notes = append(r.notes, r.lines[i])
		}
	}
	r.lines = kept
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
	}
	return b.String()
}

// between returns what stands between two lines: items of a Markdown list and lines of a note follow each other, short
// lines without a gap keep their break, all others are paragraphs.
func between(a, b line) string {
	switch {
	case b.gap > 0 || b.level > 0 || a.level > 0:
		return "\n\n"
	case isMarkdownItem(b):
		if isMarkdownItem(a) {
			return "\n"
		}
		return "\n\n"
	case readMarker(b.text, nil).kind == noMarker && runeCount(a.text) < 60:
		return "  \n"
	}
	return "\n\n"
}

func isMarkdownItem(l line) bool {
	m := readMarker(l.text, nil)
	return m.kind == bullet && strings.ContainsAny(l.source[:1], "-*+") || m.kind == numbered && startsWithDigit(l.source)
}

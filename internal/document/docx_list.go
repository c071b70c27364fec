package document

import (
	"fmt"
	"strings"
)

// wordLists are the lists of a document. Each has a number, whose paragraphs Word counts on.
type wordLists struct {
	levels []string          // one definition each, the first of list 1
	counts map[listKey]count // of the list of its kind that was last written
}

// listKey is what the marks of a list have in common.
type listKey struct {
	level, indent int
	before, after string
	bold          bool
}

// count is where a list is.
type count struct{ list, last int }

// number returns the list that an item goes on with, or begins.
func (l *wordLists) number(mark string, bold bool, level, indent int) int {
	if l.counts == nil {
		l.counts = map[listKey]count{}
	}
	before, n, after := markParts(mark)
	key := listKey{level, indent, before, after, bold}
	last, ok := l.counts[key]
	if n == 0 { // a bullet, or a number in digits that Word does not count in
		if !ok {
			last.list = l.add(key, 1, mark == "•", before)
			l.counts[key] = last
		}
		return last.list
	}
	if !ok || n != last.last+1 {
		last.list = l.add(key, n, false, before+fmt.Sprintf("%%%d", level+1)+after)
	}
	last.last = n
	l.counts[key] = last
	return last.list
}

// markParts returns the number in a mark and what stands around it, or the whole mark as before if there is none in European digits.
func markParts(mark string) (before string, n int, after string) {
	mark = strings.ReplaceAll(mark, "%", "")
	from := strings.IndexAny(mark, "0123456789")
	if from < 0 {
		return mark, 0, ""
	}
	to := from
	for to < len(mark) && mark[to] >= '0' && mark[to] <= '9' {
		if n = n*10 + int(mark[to]-'0'); n > 30_000 { // more than Word counts to
			return mark, 0, ""
		}
		to++
	}
	if n == 0 {
		return mark, 0, ""
	}
	return mark[:from], n, mark[to:]
}

func (l *wordLists) add(key listKey, start int, bullet bool, text string) int {
	format, bold := "decimal", ""
	if bullet {
		format = "bullet"
	}
	if key.bold {
		bold = "<w:b/><w:bCs/>"
	}
	left := key.indent + wordIndent
	l.levels = append(l.levels, fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="%d"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/>`+
		`<w:pPr><w:ind w:left="%d" w:hanging="%d"/></w:pPr><w:rPr>%s%s</w:rPr></w:lvl>`,
		key.level, start, format, xmlText(text), left, wordIndent, bold, direction(isRTLText(text) || strings.ContainsAny(text, "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩"))))
	return len(l.levels)
}

func (l *wordLists) xml() string {
	var b strings.Builder
	for i, level := range l.levels {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%[1]d"><w:nsid w:val="%08[2]X"/><w:multiLevelType w:val="multilevel"/>%[3]s</w:abstractNum>`, i, i+1, level)
	}
	for i := range l.levels {
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, i+1, i)
	}
	return b.String()
}

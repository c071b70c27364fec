package letter

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// numberedLines makes lists of what Markdown does not know as one: lines that begin with a number in the digits of another
// script, or in a form such as "1-" or "(1)". A letter's demands are written like that in Persian, Arabic or Hindi.
type numberedLines struct{}

var numberedLine = regexp.MustCompile(`^\s*(?:\((\p{Nd}{1,3})\)|(\p{Nd}{1,3})\s?[.)\-–ـ])\s+`)

// zeros are the digits nought of the scripts whose numbers are read.
var zeros = []rune{'0', '٠', '۰', '०', '০', '੦', '૦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐'}

// numberOf returns the number that a line begins with and the length of that beginning, 0 if there is none.
func numberOf(line []byte) (number, size int) {
	m := numberedLine.FindSubmatch(line)
	if m == nil {
		return 0, 0
	}
	plain := strings.Map(func(r rune) rune {
		for _, zero := range zeros {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return -1
	}, string(m[1])+string(m[2]))
	number, err := strconv.Atoi(plain)
	if err != nil || number < 1 {
		return 0, 0
	}
	return number, len(m[0])
}

// Transform replaces each paragraph that begins with 1, or with the number after that of the list before it.
func (numberedLines) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var paragraphs []*ast.Paragraph
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if p, ok := n.(*ast.Paragraph); ok && entering {
			paragraphs = append(paragraphs, p)
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	var list *ast.List // the last one made here
	last := 0          // and its last number
	for _, p := range paragraphs {
		lines := linesOf(p)
		n, _ := beginning(lines[0], reader.Source())
		if n == 0 || n != 1 && n != last+1 {
			continue
		}
		follows := list != nil && n == last+1 && p.PreviousSibling() == ast.Node(list)
		if !follows {
			list = ast.NewList('.')
			list.IsTight, list.Start, last = true, n, n-1
		}
		var item *ast.TextBlock
		for _, line := range lines {
			if n, size := beginning(line, reader.Source()); n == last+1 {
				line = without(line, size)
				endLine(item)
				last, item = n, ast.NewTextBlock()
				li := ast.NewListItem(0)
				li.AppendChild(li, item)
				list.AppendChild(list, li)
			}
			for _, inline := range line {
				item.AppendChild(item, inline)
			}
		}
		if follows {
			p.Parent().RemoveChild(p.Parent(), p)
		} else {
			p.Parent().ReplaceChild(p.Parent(), p, list)
		}
	}
}

// endLine takes the line break off the end of an item, which may be nil.
func endLine(item *ast.TextBlock) {
	if item == nil {
		return
	}
	if t, ok := item.LastChild().(*ast.Text); ok {
		t.SetSoftLineBreak(false)
		t.SetHardLineBreak(false)
	}
}

// linesOf returns the inline nodes of a paragraph, line by line.
func linesOf(p *ast.Paragraph) (lines [][]ast.Node) {
	var line []ast.Node
	for n := p.FirstChild(); n != nil; n = n.NextSibling() {
		line = append(line, n)
		if t, ok := n.(*ast.Text); ok && (t.SoftLineBreak() || t.HardLineBreak()) {
			lines, line = append(lines, line), nil
		}
	}
	if line != nil || lines == nil {
		lines = append(lines, line)
	}
	return lines
}

// beginning returns the number that a line begins with and the length of that beginning in the source; the text of a line
// may be cut into several nodes.
func beginning(line []ast.Node, source []byte) (number, size int) {
	if len(line) == 0 {
		return 0, 0
	}
	first, ok := line[0].(*ast.Text)
	if !ok {
		return 0, 0
	}
	rest := source[first.Segment.Start:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return numberOf(rest)
}

// without returns the line without its first bytes.
func without(line []ast.Node, size int) []ast.Node {
	end := line[0].(*ast.Text).Segment.Start + size
	for i, n := range line {
		t, ok := n.(*ast.Text)
		if !ok || t.Segment.Start >= end {
			return line[i:]
		}
		if t.Segment.Stop > end || i == len(line)-1 {
			t.Segment = t.Segment.WithStart(min(end, t.Segment.Stop))
			return line[i:]
		}
	}
	return nil
}

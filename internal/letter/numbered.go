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
type numberedLines struct {
	demands bool // what is written with ")" is a list of its own, which may begin and go on with any number: see demandItems
}

var numberedLine = regexp.MustCompile(`^\s*(?:\((\p{Nd}{1,3})\)|(\p{Nd}{1,3})\s?([.)\-–ـ]))\s+`)

// zeros are the digits nought of the scripts whose numbers are read.
var zeros = []rune{'0', '٠', '۰', '०', '০', '੦', '૦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐'}

// mark is what a numbered line begins with.
type mark struct {
	number int  // 0 for a line that is none
	demand bool // written with ")" alone
	size   int  // in bytes, with the white space around it
}

// numberOf returns the number in digits of the scripts that letters are numbered in, 0 if there is none, or another digit in it.
func numberOf(digits string) int {
	number, err := strconv.Atoi(strings.Map(func(r rune) rune {
		for _, zero := range zeros {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return 'x'
	}, digits))
	if err != nil {
		return 0
	}
	return number
}

func markOf(line []byte) mark {
	m := numberedLine.FindSubmatch(line)
	if m == nil {
		return mark{}
	}
	return mark{numberOf(string(m[1]) + string(m[2])), string(m[3]) == ")", len(m[0])}
}

// Transform replaces each paragraph that begins with 1, or with the number after that of the list before it; of demands, with any.
func (x numberedLines) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var paragraphs []*ast.Paragraph
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if p, ok := n.(*ast.Paragraph); ok && entering {
			paragraphs = append(paragraphs, p)
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	var list *ast.List // the last one made here
	last := mark{}     // and its last number
	for _, p := range paragraphs {
		lines := linesOf(p)
		m := beginning(lines[0], reader.Source())
		demand := x.demands && m.demand
		goesOn := list != nil && demand == last.demand && (demand || m.number == last.number+1)
		if m.number == 0 || m.number != 1 && !demand && !goesOn {
			continue
		}
		follows := goesOn && p.PreviousSibling() == ast.Node(list)
		if !follows {
			list = ast.NewList('.')
			if demand {
				list.Marker = ')'
			}
			list.IsTight, list.Start, last = true, m.number, mark{number: m.number - 1, demand: demand}
		}
		var item *ast.TextBlock
		for _, line := range lines {
			if m := beginning(line, reader.Source()); m.number == last.number+1 && (x.demands && m.demand) == demand || demand && m.demand && m.number > 0 {
				at := line[0].(*ast.Text).Segment.Start
				line = without(line, m.size)
				endLine(item)
				last.number, item = m.number, ast.NewTextBlock()
				li := ast.NewListItem(0)
				li.SetAttribute(placeOfMark, [2]int{at, at + m.size})
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

// placeOfMark is the attribute that keeps where in the source the number of an item made here stands; no page shows it.
var placeOfMark = []byte("place")

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

// beginning returns the number that a line begins with in the source; the text of a line may be cut into several nodes.
func beginning(line []ast.Node, source []byte) mark {
	if len(line) == 0 {
		return mark{}
	}
	first, ok := line[0].(*ast.Text)
	if !ok {
		return mark{}
	}
	rest := source[first.Segment.Start:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return markOf(rest)
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

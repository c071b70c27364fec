package letter

import (
	"bytes"
	"cmp"
	"math"
	"regexp"
	"slices"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Block is a part of Markdown that stands by itself, such as a paragraph or a list: whole lines of it, and what a page shows of
// them. Between two blocks there are line breaks and nothing else.
type Block struct {
	Start, Stop int      // bytes of the source, without the line break that ends the last line
	HTML        string   // sanitised; "" of what has to be written as source: code, HTML, what no page shows
	Note        string   // the label of a footnote
	Index       int      // its number on the page
	Anchors     []string // of the paragraphs that it is for remarks: see Paragraphs

	mark *regexp.Regexp // what may stand on a line below it that its parser keeps nothing of
}

// marksBelow are the lines that belong to the block above them and are no words of it.
var marksBelow = map[ast.NodeKind]*regexp.Regexp{
	ast.KindHeading:    regexp.MustCompile(`^ {0,3}(?:=+|-+)[ \t]*$`),
	ast.KindList:       regexp.MustCompile(`^[ \t]*(?:[-*+]|\p{Nd}{1,9}[.)])[ \t]*$`),
	extast.KindTable:   regexp.MustCompile(`^[ \t]*[|:-][ \t|:-]*$`),
	ast.KindBlockquote: regexp.MustCompile(`^ {0,3}>[ \t>]*$`),
}

// Blocks cuts Markdown into its blocks, in the order of the source.
func Blocks(markdown string) (list []Block) {
	source, t := []byte(markdown), Text{Format: Format}
	md := t.markdown("")
	add := func(parts ...ast.Node) *Block {
		b := Block{Start: math.MaxInt}
		written := true
		for _, n := range parts {
			start, stop := extentOf(n, source)
			b.Start, b.Stop = min(b.Start, start), max(b.Stop, stop)
			written = written && isWritten(n)
			b.HTML += rendered(md, n, source)
		}
		if b.Start > b.Stop { // an empty one, whose line is found below
			return nil
		}
		if b.mark = marksBelow[parts[0].Kind()]; !written {
			b.HTML, b.mark = "", nil
		}
		list = append(list, b)
		return &list[len(list)-1]
	}
	for _, n := range children(md.Parser().Parse(text.NewReader(source))) {
		if n.Kind() != extast.KindFootnoteList {
			if b := add(n); b != nil {
				for _, part := range t.partsOf(md, n, source) {
					b.Anchors = append(b.Anchors, anchorOf(plainOf(part.html)))
				}
			}
			continue
		}
		for _, note := range children(n) {
			if b := add(children(note)...); b != nil {
				b.Note, b.Index = string(note.(*extast.Footnote).Ref), note.(*extast.Footnote).Index
			}
		}
	}
	slices.SortFunc(list, func(a, b Block) int { return cmp.Compare(a.Start, b.Start) })
	return closed(list, source)
}

// extentOf returns the lines of a block that stands at the margin. What a node says of where it is covers its words and not always
// its marks.
func extentOf(n ast.Node, source []byte) (start, stop int) {
	start = math.MaxInt
	grow := func(from, to int) { start, stop = min(start, from), max(stop, to) }
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if c.Type() == ast.TypeBlock {
			for i := range c.Lines().Len() {
				grow(c.Lines().At(i).Start, c.Lines().At(i).Stop)
			}
			if at := c.Pos(); at >= 0 && c.Kind() != ast.KindParagraph && c.Kind() != extast.KindTable { // these begin where lines do that they lost
				grow(at, at)
			}
		}
		switch c := c.(type) {
		case *ast.Text:
			grow(c.Segment.Start, c.Segment.Stop)
		case *ast.ListItem:
			if from, to, ok := markIn(c, source); ok {
				grow(from, to)
			}
		}
		return ast.WalkContinue, nil
	})
	if start > stop {
		return start, stop
	}
	start = bytes.LastIndexByte(source[:start], '\n') + 1
	stop = start + len(bytes.TrimRight(source[start:stop], "\n"))
	return start, lineEnd(source, stop)
}

func lineEnd(source []byte, at int) int {
	if i := bytes.IndexByte(source[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(source)
}

// closed gives each line that has something on it to a block: to the one above it what is but a mark of that. All else, such as the
// end of a fence or the definition of a link, is written as source, with what it touches.
func closed(list []Block, source []byte) (whole []Block) {
	at := 0
	lines := func(stop int) { // up to which no block begins
		for at < stop {
			end, n := lineEnd(source, at), len(whole)
			switch line := source[at:end]; {
			case len(bytes.TrimSpace(line)) == 0:
			case n > 0 && whole[n-1].mark != nil && whole[n-1].Stop == at-1 && whole[n-1].mark.Match(line):
				whole[n-1].Stop = end
			default:
				whole = joined(whole, Block{Start: at, Stop: end})
			}
			at = end + 1
		}
	}
	for _, b := range list {
		lines(b.Start)
		n := len(whole)
		if b.HTML == "" || n > 0 && (b.Start <= whole[n-1].Stop || whole[n-1].HTML == "" && whole[n-1].Stop == b.Start-1) {
			whole = joined(whole, Block{Start: b.Start, Stop: b.Stop})
		} else {
			whole = append(whole, b)
		}
		at = max(at, b.Stop+1)
	}
	lines(len(source))
	return whole
}

// joined adds lines that are written as source to those they touch.
func joined(whole []Block, b Block) []Block {
	n := len(whole)
	if n == 0 || whole[n-1].Stop < b.Start-1 {
		return append(whole, b)
	}
	whole[n-1] = Block{Start: whole[n-1].Start, Stop: max(whole[n-1].Stop, b.Stop)}
	return whole
}

// isWritten reports whether a block is made of what a letter is made of.
func isWritten(n ast.Node) bool {
	written := true
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch c := c.(type) {
		case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock, *ast.RawHTML:
			written = false
		case *ast.Link:
			written = written && len(c.Title) == 0
		case *ast.Image: // alone in its paragraph it is a figure
			p := c.Parent()
			written = written && p.Kind() == ast.KindParagraph && p.ChildCount() == 1 && p.Parent().Kind() == ast.KindDocument && pictureRef.Match(c.Destination)
		}
		return ast.WalkContinue, nil
	})
	return written
}

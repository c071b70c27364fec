package letter

import (
	"bytes"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// besidePrefix begins the anchors of the second of two texts on one page.
const besidePrefix = "beside-"

// Beside renders the bodies of two texts of one edition in cells that stand beside each other, as many of one as of the
// other. The items of numbered lists meet by number, and what stands between them block by block where both have as many
// blocks; where they have not, all of it is one cell, and each text flows on its own.
func Beside(a, b Text) (left, right []string) {
	x, xNotes := blocksOf(a, "")
	y, yNotes := blocksOf(b, besidePrefix)
	if slices.EqualFunc(numbered(x), numbered(y), func(p, q block) bool { return p.number == q.number }) {
		for len(x)+len(y) > 0 {
			i, j := untilNumber(x), untilNumber(y)
			if i == 0 && j == 0 { // both are at the same item
				i, j = 1, 1
			}
			if i == j {
				for k := range i {
					left, right = append(left, x[k].html), append(right, y[k].html)
				}
			} else {
				left, right = append(left, join(x[:i])), append(right, join(y[:j]))
			}
			x, y = x[i:], y[j:]
		}
	} else {
		left, right = []string{join(x)}, []string{join(y)}
	}
	if xNotes+yNotes != "" {
		left, right = append(left, xNotes), append(right, yNotes)
	}
	return left, right
}

// block is a paragraph, a heading, an item of a numbered list, and so on.
type block struct {
	html   string
	number int // of a numbered item, else 0
}

// blocksOf renders a body block by block, its footnotes apart.
func blocksOf(t Text, prefix string) (blocks []block, notes string) {
	md, source := t.markdown(prefix), []byte(t.Body)
	doc := md.Parser().Parse(text.NewReader(source))
	for _, n := range children(doc) {
		if n.Kind() == extast.KindFootnoteList {
			notes = rendered(md, n, source)
			continue
		}
		blocks = append(blocks, t.partsOf(md, n, source)...)
	}
	return blocks, notes
}

func rendered(md goldmark.Markdown, n ast.Node, source []byte) string {
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, source, n); err != nil {
		return "" // a buffer does not fail
	}
	return sanitiser.Sanitize(out.String())
}

// partsOf renders what stands at the margin of a body: of a numbered list, which it takes apart, each item by itself.
func (t Text) partsOf(md goldmark.Markdown, n ast.Node, source []byte) (blocks []block) {
	list, ok := n.(*ast.List)
	if !ok || !list.IsOrdered() {
		return []block{{rendered(md, n, source), 0}}
	}
	for i, item := range children(list) {
		alone := ast.NewList(list.Marker)
		alone.IsTight, alone.Start = list.IsTight, list.Start+i
		if number := numberIn(item, source); t.Format >= 2 && number > 0 {
			alone.Start = number
		}
		alone.AppendChild(alone, item)
		blocks = append(blocks, block{rendered(md, alone, source), alone.Start})
	}
	return blocks
}

func children(parent ast.Node) (nodes []ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		nodes = append(nodes, n)
	}
	return nodes
}

func numbered(blocks []block) []block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b block) bool { return b.number == 0 })
}

// untilNumber returns how many blocks stand before the first numbered item.
func untilNumber(blocks []block) int {
	if i := slices.IndexFunc(blocks, func(b block) bool { return b.number > 0 }); i >= 0 {
		return i
	}
	return len(blocks)
}

func join(blocks []block) string {
	var b strings.Builder
	for _, x := range blocks {
		b.WriteString(x.html)
	}
	return b.String()
}

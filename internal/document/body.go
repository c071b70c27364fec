package document

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// reader makes blocks of the tree of a letter's body. It follows the renderer of the letter's page: what that shows is here, what it
// leaves out is not.
type reader struct {
	source  []byte
	picture func(hash string) []byte // nil for one that is not there
	digits  func(string) string      // the digits of the letter's language
	notes   [][]Block
}

func bodyOf(t letter.Text, picture func(hash string) []byte) (body []Block, notes [][]Block) {
	r := &reader{picture: picture, digits: func(s string) string { return s }}
	if l := i18n.Find(t.Language); l != nil {
		r.digits = l.Digits
	}
	root, source := t.Tree()
	r.source = source
	body = r.blocks(root)
	return r.gatherNotes(body), r.notes
}

// gatherNotes moves notes that only another note refers to to the end of that, since paper has no notes to notes, and those that are
// referred to from nowhere else than from each other to the end of the body.
func (r *reader) gatherNotes(body []Block) []Block {
	referred := map[int]bool{}
	eachLine(body, func(runs []Run) {
		for _, run := range runs {
			referred[run.Note] = true
		}
	})
	moved := func(mark Run) (blocks []Block) {
		n := mark.Note
		if n < 1 || n > len(r.notes) || referred[n] {
			return nil
		}
		blocks, r.notes[n-1], referred[n] = marked(mark, r.notes[n-1]), nil, true
		return blocks
	}
	gather := func(blocks []Block) []Block {
		for from := 0; from < len(blocks); from++ { // what is added may refer to more
			eachLine(blocks[from:from+1], func(runs []Run) {
				for _, run := range runs {
					blocks = append(blocks, moved(run)...)
				}
			})
		}
		return blocks
	}
	for i := range r.notes {
		if referred[i+1] {
			r.notes[i] = gather(r.notes[i])
		}
	}
	for i := range r.notes {
		body = append(body, gather(moved(Run{Note: i + 1, Text: r.digits(strconv.Itoa(i + 1))}))...)
	}
	return body
}

// marked returns the blocks of a note with its mark before them.
func marked(mark Run, blocks []Block) []Block {
	runs := []Run{mark, {Text: " "}}
	if len(blocks) > 0 {
		if p, ok := blocks[0].(Paragraph); ok {
			p.Runs = append(runs, p.Runs...)
			return append([]Block{p}, blocks[1:]...)
		}
	}
	return append([]Block{Paragraph{Runs: runs}}, blocks...)
}

func (r *reader) blocks(parent ast.Node) (list []Block) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		list = append(list, r.block(n)...)
	}
	return list
}

func (r *reader) block(n ast.Node) []Block {
	switch n := n.(type) {
	case *ast.Heading:
		return []Block{Heading{Level: n.Level + 1, Runs: r.runs(n, Run{})}}
	case *ast.Paragraph, *ast.TextBlock:
		return r.paragraph(n)
	case *ast.List:
		return []Block{r.list(n)}
	case *ast.Blockquote:
		return []Block{Quotation{r.blocks(n)}}
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return []Block{Code{strings.TrimRight(string(n.Lines().Value(r.source)), "\n")}}
	case *ast.ThematicBreak:
		return []Block{Rule{}}
	case *extast.Table:
		return []Block{r.table(n)}
	case *extast.FootnoteList:
		for note := n.FirstChild(); note != nil; note = note.NextSibling() {
			f, ok := note.(*extast.Footnote)
			if !ok || f.Index < 1 {
				continue
			}
			for len(r.notes) < f.Index {
				r.notes = append(r.notes, nil)
			}
			r.notes[f.Index-1] = r.blocks(f)
		}
	}
	return nil
}

// paragraph is one, or the pictures that stand in it each for itself.
func (r *reader) paragraph(n ast.Node) (list []Block) {
	var runs []Run
	end := func() {
		if len(runs) > 0 {
			list = append(list, Paragraph{Runs: runs})
		}
		runs = nil
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if image, ok := c.(*ast.Image); ok {
			if hash, stored := strings.CutPrefix(string(image.Destination), "picture:"); stored {
				end()
				list = append(list, r.figure(image, hash))
				continue
			}
		}
		runs = append(runs, r.inline(c, Run{})...)
	}
	end()
	return list
}

func (r *reader) figure(n *ast.Image, hash string) Picture {
	words, marks := apart(r.runs(n, Run{}))
	return Picture{Data: r.picture(hash), Alt: plainOf(words), Caption: append(captionOf(n), marks...)}
}

// apart returns the words of runs and their marks of notes, which have no place in what is said of a picture.
func apart(runs []Run) (words, marks []Run) {
	for _, run := range runs {
		if run.Note > 0 {
			marks = append(marks, run)
		} else {
			words = append(words, run)
		}
	}
	return words, marks
}

// captionOf is what the title of a picture says of it, and who made it.
func captionOf(n *ast.Image) (runs []Run) {
	caption, credit, _ := strings.Cut(string(n.Title), "|")
	if caption = strings.TrimSpace(caption); caption != "" {
		runs = append(runs, Run{Text: caption})
	}
	if credit = strings.TrimSpace(credit); credit != "" {
		if caption != "" {
			credit = " " + credit
		}
		runs = append(runs, Run{Text: credit, Italic: true})
	}
	return runs
}

func plainOf(runs []Run) string { return onOneLine(textOf(runs)) }

func onOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// textOf returns the words of runs with their breaks.
func textOf(runs []Run) string {
	var b strings.Builder
	for _, run := range runs {
		b.WriteString(run.Text)
	}
	return b.String()
}

func (r *reader) list(n *ast.List) (list List) {
	list.Loose = !n.IsTight
	for i, item := 0, n.FirstChild(); item != nil; i, item = i+1, item.NextSibling() {
		x := Item{Mark: "•", Blocks: r.blocks(item)}
		if n.IsOrdered() {
			number := strconv.Itoa(n.Start + i)
			if value, ok := item.AttributeString("value"); ok {
				if written, ok := value.([]byte); ok {
					number = string(written)
				}
			}
			class, _ := item.AttributeString("class")
			words, _ := class.([]byte)
			x.Demand = string(words) == "demand"
			x.Mark = r.digits(number) + string(n.Marker)
		}
		list.Items = append(list.Items, x)
	}
	return list
}

func (r *reader) table(n *extast.Table) (table Table) {
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		if row.Kind() == extast.KindTableHeader {
			table.Head++
		}
		var cells []Cell
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			cell := Cell{Runs: r.runs(c, Run{})}
			if x, ok := c.(*extast.TableCell); ok {
				switch x.Alignment {
				case extast.AlignLeft:
					cell.Align = Left
				case extast.AlignCenter:
					cell.Align = Centre
				case extast.AlignRight:
					cell.Align = Right
				}
			}
			cells = append(cells, cell)
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// runs are the words of a node's children in a style.
func (r *reader) runs(parent ast.Node, style Run) (list []Run) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		list = append(list, r.inline(n, style)...)
	}
	return list
}

func (r *reader) inline(n ast.Node, style Run) []Run {
	as := func(text string) []Run {
		style.Text = text
		return []Run{style}
	}
	switch n := n.(type) {
	case *ast.Text:
		words := string(n.Segment.Value(r.source))
		if !n.IsRaw() && !style.Code {
			words = letter.Unescaped([]byte(words))
		}
		switch {
		case n.HardLineBreak():
			words += "\n"
		case n.SoftLineBreak():
			words += " "
		}
		return as(words)
	case *ast.String:
		return as(string(n.Value))
	case *ast.CodeSpan:
		style.Code = true
		return r.runs(n, style)
	case *ast.Emphasis:
		if n.Level > 1 {
			style.Bold = true
		} else {
			style.Italic = true
		}
		return r.runs(n, style)
	case *extast.Strikethrough:
		style.Strike = true
		return r.runs(n, style)
	case *ast.Link:
		style.Link = linkTo(string(n.Destination))
		return r.runs(n, style)
	case *ast.AutoLink:
		style.Link = linkTo(string(n.URL(r.source)))
		return as(string(n.Label(r.source)))
	case *ast.Image:
		runs := r.runs(n, style)
		if strings.HasPrefix(string(n.Destination), "picture:") { // within a line there is room for its words alone
			runs = append(runs, as(" ")...)
			return append(runs, captionOf(n)...)
		}
		style.Link = linkTo(string(n.Destination))
		return r.runs(n, style)
	case *extast.FootnoteLink:
		style.Note = n.Index
		return as(r.digits(strconv.Itoa(n.Index)))
	case *extast.FootnoteBacklink, *ast.RawHTML:
		return nil
	}
	return r.runs(n, style)
}

// linkTo returns an address that a reader of the document may follow, "" for any other.
func linkTo(address string) string {
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(strings.ToLower(address), scheme) && !strings.ContainsAny(address, " \n\t") {
			return address
		}
	}
	return ""
}

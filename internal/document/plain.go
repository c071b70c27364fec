package document

import (
	"io"
	"strconv"
	"strings"
)

// WriteText writes the document as plain text: a paragraph is a line, with an empty one before it, and notes follow at the end.
func (d *Document) WriteText(w io.Writer) error {
	var p plainText
	p.blocks(d.Blocks, "")
	for i, note := range d.Notes {
		p.marked(noteMark(i+1), note, "")
	}
	_, err := io.WriteString(w, strings.TrimLeft(p.String(), "\n"))
	return err
}

type plainText struct{ strings.Builder }

func noteMark(n int) string { return "[" + strconv.Itoa(n) + "]" }

// line writes a paragraph, whose own lines each begin with the indent.
func (p *plainText) line(indent, text string) {
	p.WriteString("\n")
	for line := range strings.SplitSeq(strings.TrimRight(text, " \n"), "\n") {
		p.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
}

// wordsOfRuns are those of runs, with the addresses of links and the marks of notes.
func wordsOfRuns(runs []Run) string {
	var b strings.Builder
	for i, r := range runs {
		if r.Note > 0 {
			b.WriteString(noteMark(r.Note))
			continue
		}
		b.WriteString(r.Text)
		ends := i+1 == len(runs) || runs[i+1].Link != r.Link
		if r.Link != "" && ends && !strings.Contains(r.Link, strings.TrimSpace(r.Text)) {
			b.WriteString(" <" + r.Link + ">")
		}
	}
	return b.String()
}

// marked writes blocks with a mark before the first of them.
func (p *plainText) marked(mark string, blocks []Block, indent string) {
	var inner plainText
	inner.blocks(blocks, indent+strings.Repeat(" ", 4))
	text := strings.TrimLeft(inner.String(), "\n ")
	p.WriteString("\n" + strings.TrimRight(indent+mark+" "+text, " \n") + "\n")
}

func (p *plainText) blocks(blocks []Block, indent string) {
	for _, b := range blocks {
		switch b := b.(type) {
		case Heading:
			p.WriteString("\n")
			p.line(indent, wordsOfRuns(b.Runs))
		case Paragraph:
			p.line(indent, wordsOfRuns(b.Runs))
		case List:
			for _, item := range b.Items {
				p.marked(item.Mark, item.Blocks, indent)
			}
		case Quotation:
			p.blocks(b.Blocks, indent+"> ")
		case Code:
			p.line(indent+"    ", b.Text)
		case Table:
			p.WriteString("\n")
			for _, cells := range b.Rows {
				var row []string
				for _, cell := range cells {
					row = append(row, plainOf(cell.Runs))
				}
				p.WriteString(indent + strings.Join(row, " | ") + "\n")
			}
		case Picture:
			p.line(indent, strings.TrimSpace("["+b.Alt+"] "+plainOf(b.Caption)))
		case Rule:
			p.line(indent, "* * *")
		case Letterhead:
			for _, lead := range b.Leads {
				p.line(indent, strings.Join(append([]string{lead.Name}, lead.Address...), "\n"))
			}
		case Window:
			p.line(indent, strings.Join(b.Lines, "\n"))
		case Labels:
			for _, lines := range b.Addresses {
				p.line(indent, strings.Join(lines, "\n"))
			}
		case Signatories:
			p.WriteString("\n")
			for _, s := range b.Names {
				p.WriteString(indent + s.line() + "\n")
			}
		case Facts:
			p.WriteString("\n")
			for _, f := range b.Rows {
				if f.Label != "" {
					f.Label += ": "
				}
				p.WriteString(indent + f.Label + f.Value + "\n")
			}
		}
	}
}

// line is a signatory on one line.
func (s Signatory) line() string {
	text := s.Name
	for _, part := range []string{s.Title, s.Affiliation, s.Country} {
		if part != "" {
			text += ", " + part
		}
	}
	if s.Mark != "" {
		text += " (" + s.Mark + ")"
	}
	return text
}

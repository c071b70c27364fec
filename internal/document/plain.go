package document

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// WriteText writes the document as plain text: a paragraph is a line, with an empty one before it, and notes follow at the end.
func (d *Document) WriteText(w io.Writer) error {
	p := plainText{w: bufio.NewWriter(w)}
	p.blocks(d.Blocks, "")
	for i, note := range d.Notes {
		if len(note) > 0 { // else it stands in another note
			p.marked(noteMark(i+1), note, "")
		}
	}
	return p.w.Flush()
}

// plainText writes lines as they come, so that a text takes no more memory than its longest paragraph.
type plainText struct {
	w       *bufio.Writer // which keeps its first error
	begun   bool
	gaps    int    // empty lines before the next one
	mark    string // what the next line begins with, in place of
	covered int    // so many bytes of its indent
}

func noteMark(n int) string { return "[" + strconv.Itoa(n) + "]" }

// gap sets the next line apart, unless it goes on behind a mark.
func (p *plainText) gap() {
	if p.mark == "" && p.begun {
		p.gaps++
	}
}

// put writes one line.
func (p *plainText) put(indent, line string) {
	for range p.gaps {
		_ = p.w.WriteByte('\n')
	}
	_, _ = p.w.WriteString(strings.TrimRight(p.behindMark(indent)+line, " ") + "\n")
	p.begun, p.gaps, p.mark = true, 0, ""
}

// behindMark is what a line begins with: its indent, or the mark that waits for a line.
func (p *plainText) behindMark(indent string) string {
	if p.mark == "" {
		return indent
	}
	return p.mark + strings.TrimLeft(indent[min(p.covered, len(indent)):], " ")
}

// line writes a paragraph, whose own lines each begin with the indent.
func (p *plainText) line(indent, text string) {
	if text = strings.TrimRight(text, " \n"); text == "" {
		return
	}
	p.gap()
	for line := range strings.SplitSeq(text, "\n") {
		p.put(indent, line)
	}
}

// deeper indents further, up to the width at which there is room for words: each line repeats its indent.
func deeper(indent, by string) string {
	if len(indent)+len(by) > 32 {
		return indent
	}
	return indent + by
}

// wordsOfRuns are those of runs, with the addresses of links and the marks of notes.
func wordsOfRuns(runs []Run) string {
	var b strings.Builder
	linked := "" // the words of the link so far
	for i, r := range runs {
		if r.Note > 0 {
			b.WriteString(noteMark(r.Note))
		} else {
			b.WriteString(r.Text)
			linked += r.Text
		}
		if ends := i+1 == len(runs) || runs[i+1].Link != r.Link; ends {
			if r.Link != "" && bareAddress(linked) != bareAddress(r.Link) {
				b.WriteString(" <" + r.Link + ">")
			}
			linked = ""
		}
	}
	return b.String()
}

// bareAddress is an address as people write it.
func bareAddress(address string) string {
	address = strings.TrimSpace(address)
	if scheme, rest, ok := strings.Cut(address, "://"); ok && (scheme == "https" || scheme == "http") {
		address = rest
	}
	return strings.TrimSuffix(strings.TrimPrefix(address, "mailto:"), "/")
}

// marked writes blocks with a mark before the first of them.
func (p *plainText) marked(mark string, blocks []Block, indent string) {
	p.gap()
	p.mark, p.covered = p.behindMark(indent)+mark+" ", len(indent)+4
	p.blocks(blocks, deeper(indent, "    "))
	if p.mark != "" {
		p.put("", "")
	}
}

func (p *plainText) blocks(blocks []Block, indent string) {
	for _, b := range blocks {
		switch b := b.(type) {
		case Heading:
			p.gap()
			p.line(indent, wordsOfRuns(b.Runs))
		case Paragraph:
			p.line(indent, wordsOfRuns(b.Runs))
		case List:
			for _, item := range b.Items {
				p.marked(item.Mark, item.Blocks, indent)
			}
		case Quotation:
			p.blocks(b.Blocks, deeper(indent, "> "))
		case Code:
			p.line(deeper(indent, "    "), b.Text)
		case Table:
			p.gap()
			for _, cells := range b.Rows {
				var row []string
				for _, cell := range cells {
					row = append(row, onOneLine(wordsOfRuns(cell.Runs)))
				}
				p.put(indent, strings.Join(row, " | "))
			}
		case Picture:
			p.line(indent, "["+b.Alt+"] "+onOneLine(wordsOfRuns(b.Caption)))
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
			p.gap()
			for _, s := range b.Names {
				p.put(indent, s.line())
			}
		case Facts:
			p.gap()
			for _, f := range b.Rows {
				if f.Label != "" {
					f.Label += ": "
				}
				p.put(indent, f.Label+f.Value)
			}
		}
	}
}

// line is a signatory on one line.
func (s Signatory) line() string {
	var text strings.Builder
	text.WriteString(s.Name)
	for _, part := range []string{s.Title, s.Affiliation, s.Country} {
		if part != "" {
			text.WriteString(", " + part)
		}
	}
	if s.Mark != "" {
		text.WriteString(" (" + s.Mark + ")")
	}
	return text.String()
}

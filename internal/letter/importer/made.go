package importer

import (
	"slices"
	"strings"
)

// letterPart is what a line is of a letter, as its style says.
type letterPart int

const (
	bodyPart letterPart = iota
	titlePart
	subtitlePart
	addressPart
	datePart
	salutationPart
	closingPart
	signaturePart
)

// isMade reports whether a document was made of a letter: then it has something that was added, and its styles say what each line is.
// Elsewhere nobody uses them with care, and the rules that find the parts of a letter know better.
func (p *page) isMade() bool {
	return slices.ContainsFunc(p.leftOut, func(l LeftOut) bool { return l.Why == Added }) &&
		slices.ContainsFunc(p.lines, func(l line) bool { return l.part != bodyPart })
}

// readMade reads a document that was made of a letter.
func (r *reader) readMade(d *Draft, p *page) {
	lines, notes := takeNotes(p.lines)
	d.Form = FormLetter
	var body []line
	blocks := map[letterPart][][]string{} // lines by paragraph
	last := line{}
	for _, l := range lines {
		switch {
		case l.part == bodyPart:
			body = append(body, l)
		case l.part == last.part && l.at == last.at && l.gap == 0:
			n := len(blocks[l.part]) - 1
			blocks[l.part][n] = append(blocks[l.part][n], l.text)
		default:
			blocks[l.part] = append(blocks[l.part], []string{l.text})
		}
		last = l
	}
	whole := func(part letterPart) string {
		return strings.Join(slices.Concat(blocks[part]...), " ")
	}
	d.Title, d.Subtitle = whole(titlePart), whole(subtitlePart)
	for _, lines := range blocks[addressPart] {
		a := Addressee{Name: r.withoutHonorifics(lines[0])}
		if before, ok := strings.CutSuffix(lines[0], a.Name); ok && a.Name != "" {
			a.Before = strings.TrimSpace(before)
		} else {
			a.Name = lines[0]
		}
		if len(lines) > 1 {
			a.Office, a.Address = lines[1], lines[2:]
		}
		d.Addressees = append(d.Addressees, a)
	}
	if written := whole(datePart); written != "" {
		d.DateAsWritten = written
		if dated, ok := readDateLine(written); ok {
			date := r.dating(dated)
			d.Date, d.DateAsWritten, d.Place = date.day, date.asWritten, date.place
		}
	}
	d.SalutationLine, d.ClosingLine = whole(salutationPart), whole(closingPart)
	const ends = ",;:.!،؛ \u00a0"
	d.Salutation, d.Closing = strings.TrimRight(d.SalutationLine, ends), strings.TrimRight(d.ClosingLine, ends)
	for _, lines := range blocks[signaturePart] {
		s := Signer{Name: lines[0]}
		if len(lines) > 1 {
			s.Role = lines[1]
		}
		if len(lines) > 2 {
			s.Organisation = strings.Join(lines[2:], " ")
		}
		d.SignedBy = append(d.SignedBy, s)
	}
	for _, l := range body { // a demand is what has a number with one bracket: see letter.Text
		if m := readMarker(l.text, nil); m.kind == numbered && strings.TrimSpace(l.text[:m.size]) == m.number+")" {
			d.Demands = append(d.Demands, Demand{Number: m.number, Text: l.text[m.size:]})
		}
	}
	d.Figures = r.readFigures(slices.Concat(body, notes))
	body = slices.Concat(body, notes)
	r.finish(d, p, body, body)
}

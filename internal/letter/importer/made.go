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
	blocks := map[letterPart][][]line{} // by paragraph
	last := line{}
	for _, l := range lines {
		switch {
		case l.part == bodyPart:
			body = append(body, l)
		case l.part == last.part && l.at == last.at && l.gap == 0:
			n := len(blocks[l.part]) - 1
			blocks[l.part][n] = append(blocks[l.part][n], l)
		default:
			blocks[l.part] = append(blocks[l.part], []line{l})
		}
		last = l
	}
	whole := func(part letterPart) string {
		return joinLines(slices.Concat(blocks[part]...))
	}
	d.Title, d.Subtitle = whole(titlePart), whole(subtitlePart)
	for _, lines := range blocks[addressPart] {
		d.Addressees = append(d.Addressees, r.madeAddressee(lines))
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
		d.SignedBy = append(d.SignedBy, madeSigner(lines))
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

// joinLines returns the words of lines.
func joinLines(lines []line) string { return strings.Join(textsOf(lines), " ") }

func textsOf(lines []line) (texts []string) {
	for _, l := range lines {
		texts = append(texts, l.text)
	}
	return texts
}

// fieldsOf sorts lines by the styles that say what each is, if any does. Somebody may have typed others without.
func fieldsOf(lines []line) (fields map[string][]line, ok bool) {
	fields = map[string][]line{}
	for _, l := range lines {
		fields[l.field] = append(fields[l.field], l)
		ok = ok || l.field != ""
	}
	return fields, ok
}

// madeAddressee reads an address. Where no style says what its lines are, name and office come first.
func (r *reader) madeAddressee(lines []line) (a Addressee) {
	if fields, ok := fieldsOf(lines); ok {
		for _, l := range fields[NameStyle] {
			if rest, cut := strings.CutPrefix(l.text, l.before); cut && l.before != "" {
				a.Before, l.text = l.before, strings.TrimSpace(rest)
			}
			a.Name = strings.TrimSpace(a.Name + " " + l.text)
		}
		a.Office = joinLines(fields[OfficeStyle])
		for _, l := range lines {
			if l.field != NameStyle && l.field != OfficeStyle {
				a.Address = append(a.Address, l.text)
			}
		}
		return a
	}
	a.Name = r.withoutHonorifics(lines[0].text)
	if before, ok := strings.CutSuffix(lines[0].text, a.Name); ok && a.Name != "" {
		a.Before = strings.TrimSpace(before)
	} else {
		a.Name = lines[0].text
	}
	if len(lines) > 1 {
		a.Office, a.Address = lines[1].text, textsOf(lines[2:])
	}
	return a
}

// madeSigner reads a signature. Where no style says what its lines are, they are name, role and organisation.
func madeSigner(lines []line) (s Signer) {
	if fields, ok := fieldsOf(lines); ok {
		s.Name, s.Role = joinLines(fields[NameStyle]), joinLines(fields[RoleStyle])
		for _, l := range lines {
			if l.field != NameStyle && l.field != RoleStyle {
				s.Organisation = strings.TrimSpace(s.Organisation + " " + l.text)
			}
		}
		return s
	}
	s.Name = lines[0].text
	if len(lines) > 1 {
		s.Role = lines[1].text
	}
	if len(lines) > 2 {
		s.Organisation = joinLines(lines[2:])
	}
	return s
}

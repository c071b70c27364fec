package roster

import "strings"

// maxLabelled is how many lines of a text are looked at.
const maxLabelled = 500

// Labelled reads what a text says of its writer in lines such as "Organisation: River Watch", whose first words are those of a
// heading. Of two lines with one meaning the first is taken. The writer's name stands where no line gives one; where a line names
// an organisation all the same, that is who signs, and the writer stands for it.
func Labelled(line int, text, writer string) Entry {
	var headings, values []string
	n := 0
	for l := range strings.Lines(text) {
		if n++; n > maxLabelled {
			break
		}
		at := strings.IndexAny(l, ":：")
		if at < 1 {
			continue
		}
		heading, value := strings.Trim(l[:at], " \t\u00a0*-•"), strings.Trim(strings.TrimLeft(l[at:], ":："), " \t\r\n\u00a0*")
		if value != "" && isLabel(heading) {
			headings, values = append(headings, heading), append(values, value)
		}
	}
	read := layout{columns: map[Field]int{}, consent: says}
	columns := read.columns
	for i, f := range FieldsOf(headings) {
		if columns[f] == 0 {
			columns[f] = i + 1
		}
	}
	named := columns[Name]+columns[Given]+columns[Family] > 0
	if !named {
		values = append(values, writer)
		columns[Name] = len(values)
	}
	if at := columns[Listing]; at > 0 {
		read.consent = consentOf(headings[at-1])
	}
	e := row{line: line, cells: values}.entry(read)
	if e.Kind == "" && e.Organisation != "" && !named {
		e.Kind = "organisation"
	}
	return e
}

// maxLabel is how many words a label has, other than a sentence that ends in a colon.
const maxLabel = 8

// isLabel reports whether what stands before a colon is a heading and not a part of what somebody writes.
func isLabel(heading string) bool {
	return len(heading) <= 200 && (isHeading(heading) && meaningOf(heading).field != "" ||
		len(strings.Fields(heading)) <= maxLabel && meaningOf(heading).field == "" && consentOf(heading) > asked)
}

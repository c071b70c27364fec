package roster

import (
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

// layout is how the rows of a list are read.
type layout struct {
	columns       map[Field]int
	headings      row
	consent       consent // what the column of listings asks
	organisations bool    // persons stand for the organisations beside them
	names         bool    // names have numbers before them
	numbered      bool    // organisations have
}

// recognise puts the row's headings into columns; of two columns with one meaning the first is taken. A list that seems to say whether
// a name may be shown, in a way that is not understood, is refused until the column is named.
func (r *Roster) recognise(l *layout, rows []row, given map[Field]int) error {
	taken := map[int]Field{}
	for field, number := range given {
		taken[number] = field
	}
	meanings := meaningsOf(l.headings.cells)
	_, listed := given[Listing]
	if given[Name] == 0 {
		for i := range meanings {
			_, named := taken[i+1]
			if most, bare := answers(rows, i+1); named || most && bare { // yes and no are no names
				meanings[i].shown, meanings[i].unsure = false, false
				if listed && meanings[i].field == Name && !named {
					meanings[i].field = ""
				}
			}
		}
		if number := chooseName(meanings); number > 0 && !listed {
			return fault.New(fault.Invalid, "roster.consent", "Number", number, "Heading", short(l.headings.cells[number-1]))
		}
		r.OfOrganisations = ofOrganisations(meanings)
	}
	for i, m := range meanings {
		heading, number := strings.Join(strings.Fields(l.headings.cells[i]), " "), i+1
		field, asks := m.field, says
		if !listed {
			field, asks = m.amongCells(heading, rows, number)
		}
		if named, ok := taken[number]; ok {
			field = named
			if asks = consentOf(heading); asks == unasked || asks == asked {
				asks = says
			}
		} else if field == Listing && !listed && (asks == asked || l.columns[Listing] != 0) {
			return fault.New(fault.Invalid, "roster.consent", "Number", number, "Heading", short(heading))
		} else if _, elsewhere := given[field]; elsewhere || l.columns[field] != 0 {
			field = ""
		}
		switch {
		case field != "":
			l.columns[field] = number
			if field == Listing {
				l.consent = asks
			}
			r.Columns = append(r.Columns, Column{number, heading, field, field == Listing && asks == hides})
		case heading != "":
			r.Ignored = append(r.Ignored, heading)
		}
	}
	return nil
}

// short is as much of a heading as a message repeats.
func short(heading string) string {
	if runes := []rune(heading); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return heading
}

// amongCells returns what a column holds by its heading and its cells: yes and no are no names, and answer what the heading asks.
func (m meaning) amongCells(heading string, rows []row, number int) (Field, consent) {
	most, bare := answers(rows, number)
	asks := consentOf(heading)
	list := wordsIn(heading)
	switch {
	case m.field == Listing && asks == asked && most && !bare:
		return Listing, says
	case m.field == "" && asks == unasked && !(most && bare && nameWords.in(list)) && mayKeepBack(list, rows, number):
		return Listing, asked
	case m.field == Email && most: // asks about the address and holds none
		return "", unasked
	case m.field == Listing, m.field == Country, m.field == Email, !most || !bare:
		return m.field, asks
	case asks > unasked:
		return Listing, asks
	case m.field == "" && nameWords.in(list) && useWords.in(list) && asksPlainly(list):
		return Listing, shows
	case m.field == "" && nameWords.in(list), m.field == Name && showWords.in(list):
		return Listing, asked
	case m.field == Organisation, m.field == Affiliation:
		return "", unasked
	}
	return m.field, asks
}

// chooseName leaves of several columns of names the one that is to be shown, and returns the number of one that may be it or not.
func chooseName(list []meaning) (unsure int) {
	isName := func(m meaning) bool { return !m.contact && (m.field == Name || m.field == Given || m.field == Family) }
	if shown := slices.IndexFunc(list, func(m meaning) bool { return m.shown }); shown >= 0 {
		for i := range list {
			if i != shown && isName(list[i]) {
				list[i].field = ""
			}
		}
		return 0
	}
	at := slices.IndexFunc(list, func(m meaning) bool { return m.unsure })
	for i, m := range list {
		if at >= 0 && i != at && isName(m) {
			return at + 1
		}
	}
	return 0
}

// ofOrganisations reports whether a list is of organisations, with somebody who stands for each, and makes its columns that: a person
// to be written to, or any beside a column that begins with the organisations' names.
func ofOrganisations(list []meaning) bool {
	at := func(match func(meaning) bool) int { return slices.IndexFunc(list, match) }
	contact := at(func(m meaning) bool { return m.field == Name && m.contact })
	person := at(func(m meaning) bool { return !m.contact && (m.field == Name || m.field == Given || m.field == Family) })
	organisation := at(func(m meaning) bool { return m.field == Organisation })
	affiliation := at(func(m meaning) bool { return m.field == Affiliation })
	switch {
	case contact >= 0 && person >= 0:
		for i := range list {
			if list[i].contact {
				list[i].field = ""
			}
		}
	case contact >= 0 && organisation < 0 && affiliation >= 0:
		list[affiliation].field = Organisation
		return true
	case contact >= 0 && organisation < 0:
		for i := range list {
			if list[i].contact {
				list[i].field = ""
			}
		}
		return false
	case contact >= 0:
		return true
	}
	return organisation >= 0 && list[organisation].named && person > organisation
}

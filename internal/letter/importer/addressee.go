package importer

import (
	"slices"
	"strings"
)

// readAddressees reads a block of addressees: those between semicolons, each of them one or several.
func (r *reader) readAddressees(lines []line) (all []Addressee) {
	for _, lines := range splitAddressees(lines) {
		all = append(all, r.readListed(lines)...)
	}
	return all
}

// readListed reads one addressee with its address, or several, each on its line or with an honorific.
func (r *reader) readListed(lines []line) (all []Addressee) {
	groups := r.groupAddressees(lines)
	institution := ""
	if len(groups) > 1 && len(groups[0]) == 1 && r.isInstitution(groups[0][0]) && r.honorific(groups[1][0]) != "" {
		institution, groups = trimMarks(groups[0][0]), groups[1:]
	}
	for i, group := range groups {
		a := r.readAddressee(group)
		if i == 0 && institution != "" {
			a.Address = slices.Concat([]string{institution}, a.Address)
		}
		if a.Name != "" || a.Office != "" {
			all = append(all, a)
		}
	}
	return all
}

// isInstitution reports whether the line above a name is where the person works rather than an addressee or an office.
func (r *reader) isInstitution(text string) bool {
	if r.honorific(text) != "" || r.beginsOffice(text) || readMarker(text, nil).kind != noMarker || !r.hasBody(text) {
		return false
	}
	return true
}

// groupAddressees splits the lines of a block where a new addressee begins.
func (r *reader) groupAddressees(lines []line) (groups [][]string) {
	entries, offices := 0, 0
	for _, l := range lines {
		if r.isEntry(l.text) {
			entries++
		}
		if r.beginsOffice(l.text) {
			offices++
		}
	}
	for i, l := range lines {
		text, m := l.text, readMarker(l.text, nil)
		item := m.kind == bullet || m.kind == numbered && !houseFirst.MatchString(text)
		if item {
			text = strings.TrimSpace(text[m.size:])
		}
		if i == 0 || item || offices == len(lines) || entries > 1 && r.isEntry(l.text) || r.beginsAddressee(l, groups[len(groups)-1], i == 1 && entries < 2) {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], text)
	}
	return groups
}

// splitAddressees splits lines where a semicolon ends an addressee: "Minister, A; Mayor, B".
func splitAddressees(lines []line) (runs [][]line) {
	ended := true
	for _, l := range lines {
		for part := range strings.SplitAfterSeq(strings.ReplaceAll(l.text, "؛", ";"), ";") {
			text, ends := strings.CutSuffix(part, ";")
			if text = strings.TrimSpace(text); text != "" {
				if ended {
					runs = append(runs, nil)
				}
				l.text, l.source = text, text
				runs[len(runs)-1] = append(runs[len(runs)-1], l)
				ended = false
			}
			ended = ended || ends
		}
	}
	return runs
}

// beginsAddressee reports whether a line begins another addressee than the lines above, by an honorific, or by an office below
// a blank line. The second line may be the name of who holds the office above it.
func (r *reader) beginsAddressee(l line, above []string, second bool) bool {
	if len(above) == 2 && r.beginsOffice(above[0]) && r.isNameBelow(above[1]) && r.beginsOffice(l.text) { // an office and who holds it
		return true
	}
	if r.honorific(l.text) == "" || r.isOfficeWithHonorific(l.text) {
		return false
	}
	return !second || len(above) != 1 || !r.hasRole(above[0]) || r.isInstitution(above[0])
}

// isEntry reports whether a line names an addressee and the office.
func (r *reader) isEntry(text string) bool {
	name, rest, ok := cutComma(text)
	return ok && r.isPerson(r.withoutHonorifics(name)) && r.hasRole(rest)
}

// readAddressee takes name, office and address from the lines of one addressee, the office above or below the name.
func (r *reader) readAddressee(lines []string) (a Addressee) {
	first := r.withoutAfterName(r.withoutArticle(trimMarks(lines[0])))
	name, rest, split := cutComma(first)
	if split && r.Postnominals.has(fold(rest)) {
		rest, split = "", false
	}
	bare := r.withoutHonorifics(name)
	titled := bare != name && !r.isOfficeWithHonorific(name)
	office := bare
	if !titled {
		office = name
	}
	switch holder := r.withoutHonorifics(rest); {
	case split && holder != rest && r.hasRole(office) && !r.isPerson(office) && !r.hasRole(holder) && !r.hasBody(holder): // "The Minister, Ms X"
		a.Office, a.Name = r.withoutArticle(office), holder
	case titled && r.namesOffice(bare):
		a.Office = trimMarks(strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(first, r.honorific(first)), ".")))
		if office, name := r.splitAndWarn(a.Office); r.NameFollows && name != "" && !split {
			a.Office, a.Name = office, name
		}
	case titled || r.isPerson(bare):
		a.Name = bare
		if split {
			a.Office = rest
		}
	case r.hasRole(first):
		a.Office, a.Name = r.splitAndWarn(first)
	default:
		a.Name = first
		if split && !r.hasBody(rest) {
			a.Name, a.Address = name, []string{rest}
		}
	}
	r.readAddresseeLines(&a, lines)
	return a
}

// splitAndWarn splits an office and a name, and says so if that is a guess.
func (r *reader) splitAndWarn(text string) (office, name string) {
	office, name, unsure := r.splitOffice(text)
	if unsure {
		r.warn("addressee_name_unsure", "Text", text)
	}
	return office, name
}

// rankWords is how many words an office has at most that is the rank of the name behind it: "Deputy Mayor X".
const rankWords = 2

// readAddresseeLines takes the lines below the first.
func (r *reader) readAddresseeLines(a *Addressee, lines []string) {
	for i, l := range lines[1:] {
		text := r.withoutAfterName(trimMarks(l))
		switch {
		case i == 0 && r.isRankOf(a, lines[0]) && r.hasRole(text) && !r.isPlace(text) && !r.hasHonoredName(text):
			a.Office = text // "Mayor X" above "Mayor of Y"
		case text == "" || isContact(text):
		case i == 0 && a.Name == "" && r.isNameBelow(text):
			a.Name = r.withoutHonorifics(text)
		case a.Office == "" && len(a.Address) == 0 && r.hasRole(text):
			a.Office = text
		case a.Office != "" && len(a.Address) == 0 && r.continues(lines[i], text):
			a.Office += " " + text
		default:
			a.Address = append(a.Address, text)
		}
	}
}

// isRankOf reports whether the first line of an addressee is a rank and a name, so that the office may stand below.
func (r *reader) isRankOf(a *Addressee, first string) bool {
	return a.Name != "" && a.Office != "" && wordCount(a.Office) <= rankWords && strings.HasSuffix(trimMarks(first), a.Office+" "+a.Name)
}

// isNameBelow reports whether the line below an office is the name of who holds it.
func (r *reader) isNameBelow(text string) bool {
	bare := r.withoutHonorifics(text)
	return !r.Articles.lead(fold(text)) && (bare != text || r.isPerson(bare)) && !r.hasRole(bare) && !r.hasBody(bare) && !r.isPlace(bare)
}

// hasHonoredName reports whether a line is a name with an honorific of its own.
func (r *reader) hasHonoredName(text string) bool {
	return r.honorific(text) != "" && !r.isOfficeWithHonorific(text)
}

// completeAddressees fills what the head left open from the people that the salutation names.
func (r *reader) completeAddressees(all []Addressee, salutation string) []Addressee {
	all = r.withoutRepeatedOffices(all)
	people, unsure := r.saluted(salutation)
	for _, text := range unsure {
		r.warn("addressee_name_unsure", "Text", text)
	}
	switch {
	case len(people) == 0:
	case len(all) == 0:
		r.warn("addressee_from_salutation")
		return people
	case len(all) == 1 && len(people) == 1:
		r.mergeSaluted(&all[0], people[0])
	}
	return all
}

// withoutRepeatedOffices drops an office that another addressee holds: "To the Prime Minister" above the address.
func (r *reader) withoutRepeatedOffices(all []Addressee) []Addressee {
	office := func(a Addressee) string {
		folded := fold(a.Office)
		if r.Articles.lead(folded) {
			return skipWords(folded, 1)
		}
		return folded
	}
	return slices.DeleteFunc(slices.Clone(all), func(a Addressee) bool {
		return a.Name == "" && slices.ContainsFunc(all, func(b Addressee) bool { return b.Name != "" && office(a) == office(b) })
	})
}

// mergeSaluted takes the name or the office of the only addressee from the salutation. An office of two is held by two people.
func (r *reader) mergeSaluted(a *Addressee, saluted Addressee) {
	if a.Name == "" && saluted.Name != "" && !everywhere().Ands.in(fold(a.Office)) {
		a.Name = saluted.Name
		r.warn("name_from_salutation")
	}
	if a.Office == "" && saluted.Office != "" && !hasWord(fold(a.Name), fold(saluted.Office)) && r.isPerson(r.withoutPostnominals(a.Name)) {
		a.Office = saluted.Office
		r.warn("office_from_salutation")
	}
}

// honorificBefore returns the honorifics that stand before the name of an addressee in the head: they are no part of the name, but of
// the letter. Words of the office above or beside the name are none, nor is what a comma ends.
func (r *reader) honorificBefore(a Addressee, head []line) string {
	for _, l := range head {
		before, _, ok := strings.Cut(l.text, a.Name)
		if !ok || a.Name == "" {
			continue
		}
		if at := strings.LastIndex(before, a.Office); at >= 0 && a.Office != "" {
			before = before[at+len(a.Office):]
		}
		before = strings.TrimLeft(before[max(0, strings.LastIndexAny(before, ",;:،؛：")):], ",;:،؛：")
		for fields := strings.Fields(before); len(fields) > 0; fields = fields[1:] {
			if words := strings.Join(fields, " "); r.honorific(words+" "+a.Name) == words {
				return words
			}
		}
	}
	return ""
}

// cutComma splits at the first comma of any script.
func cutComma(text string) (before, after string, ok bool) {
	at := strings.IndexAny(text, ",،")
	if at < 0 {
		return text, "", false
	}
	return trimMarks(text[:at]), trimMarks(text[at:]), true
}

// cutLast splits off the last word.
func cutLast(text string) (before, last string, ok bool) {
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

func endsWithComma(text string) bool {
	return strings.HasSuffix(text, ",") || strings.HasSuffix(text, "،")
}

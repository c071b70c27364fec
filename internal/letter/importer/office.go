package importer

import (
	"slices"
	"strings"
)

// hasOf reports whether a folded office says of what it is.
func hasOf(folded string) bool {
	w := everywhere()
	return w.Ofs.in(folded) || w.OfficeOfs.in(folded) ||
		slices.ContainsFunc(w.ElidedOfs, func(of string) bool { return strings.Contains(folded, " "+of) })
}

// beginsOffice reports whether a line begins with a word of an office: "The Minister …", «وزیر …».
func (r *reader) beginsOffice(text string) bool {
	fields := strings.Fields(fold(text))
	if len(fields) > 0 && (r.Articles.has(fields[0]) || r.OfficeArticles.has(fields[0])) {
		fields = fields[1:]
	}
	if len(fields) == 0 {
		return false
	}
	first, _ := r.ElidedArticles.cutElided(fields[0])
	return r.Roles.has(strings.Trim(first, ","))
}

// isOfficeAndName reports whether a line is an office and a name with an honorific: «وزیر علوم، جناب آقای …».
func (r *reader) isOfficeAndName(text string) bool {
	office, name, ok := cutComma(text)
	return ok && wordCount(text) <= officeNameWords && r.beginsOffice(office) && r.honorific(name) != ""
}

// isOfficeWithHonorific reports whether a line such as "President of the Court" begins with a word that is both.
func (r *reader) isOfficeWithHonorific(text string) bool {
	return r.RankOfs.lead(fold(r.withoutHonorifics(text)))
}

// namesOffice reports whether what follows an honorific is an office: "Mr President", «جناب آقای رئیس جمهور».
func (r *reader) namesOffice(bare string) bool {
	folded := fold(bare)
	first, _, more := strings.Cut(folded, " ")
	return r.Roles.has(first) && (!more || caseless(bare) || hasOf(folded))
}

// splitOffice splits "Prime Minister Jane Doe", and "Office, Jane Doe", into office and name. Where the name begins inside
// a run of capitals is a guess, which it does not make after "of"; unsure says that it is one.
func (r *reader) splitOffice(text string) (office, name string, unsure bool) {
	if before, after, ok := cutComma(text); ok {
		bare := r.withoutHonorifics(after)
		if bare != after || r.isPerson(after) && !r.isPlace(after) {
			return before, bare, false
		}
		return text, "", false
	}
	fields := strings.Fields(text)
	if r.NameFollows {
		if office, name = r.nameWithHonorific(fields); name == "" {
			office, name = r.nameBehindArticles(fields)
		}
		if name != "" {
			return office, name, false
		}
	}
	if office, name = r.nameBeforeOf(fields); name != "" {
		return office, name, false
	}
	last := -1
	for i, f := range fields {
		if word := strings.Trim(fold(f), ".,"); r.Roles.has(word) || r.OfWords.has(word) || r.Bodies.has(word) {
			last = i
		}
	}
	names := fields[last+1:]
	if last < 0 || !allUpper(names) || strings.ToUpper(text) == text {
		return text, "", false
	}
	lastWord, ranked := strings.Trim(fold(fields[last]), ".,"), r.hasRole(strings.Join(fields[:last], " "))
	switch {
	case r.Roles.has(lastWord):
		if len(names) < leastNameWords || len(names) > mostNamesBehind {
			return text, "", false
		}
	case ranked && isOf(lastWord) && len(names) == leastNameWords+1:
		names, unsure = names[1:], true // "Secretary of State Mike Lowe"
	case ranked && r.Bodies.has(lastWord) && !isOf(lastWord) && len(names) == leastNameWords:
		unsure = true
	default:
		return text, "", false
	}
	return strings.Join(fields[:len(fields)-len(names)], " "), strings.Join(names, " "), unsure
}

// mostNamesBehind is how many words a name has at most that stands behind its office.
const mostNamesBehind = 4

// nameWithHonorific splits where an honorific begins the name of a person: «وزير الزراعة الدكتور …».
func (r *reader) nameWithHonorific(fields []string) (office, name string) {
	for i := 1; i < len(fields); i++ {
		inner := strings.Join(fields[i:], " ")
		if bare := r.withoutHonorifics(inner); bare != inner && r.isPerson(bare) {
			return strings.Join(fields[:i], " "), bare
		}
	}
	return "", ""
}

// nameBehindArticles splits behind an office with a joined article: «السفير خالد المنذر». One without goes on with what it is of.
func (r *reader) nameBehindArticles(fields []string) (office, name string) {
	i := 0
	for i < len(fields) && strings.HasPrefix(fields[i], r.JoinedArticle) {
		i++
	}
	if i == 0 || !r.Roles.has(fold(fields[0])) || !r.isPerson(strings.Join(fields[i:], " ")) {
		return "", ""
	}
	return strings.Join(fields[:i], " "), strings.Join(fields[i:], " ")
}

// nameBeforeOf splits "President Alma Reyes of Corazal" into office and name.
func (r *reader) nameBeforeOf(fields []string) (office, name string) {
	first := 0
	for first < len(fields) && r.Roles.has(fold(fields[first])) {
		first++
	}
	of := slices.IndexFunc(fields, func(f string) bool { return isOf(fold(f)) })
	if first == 0 || of < first+leastNameWords || of > first+leastNameWords+1 {
		return "", ""
	}
	if name = strings.Join(fields[first:of], " "); !r.isPerson(name) {
		return "", ""
	}
	return strings.Join(fields[:first], " "), name
}

func isOf(word string) bool { return everywhere().Ofs.has(word) }

func allUpper(fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return !startsUpper(f) })
}

package importer

import (
	"slices"
	"strings"
	"unicode"
)

// addAddressees reads a block of addressees: one with its address, or several, each on its line or with an honorific.
func (r *reader) addAddressees(b headBlock) {
	groups := r.groupAddressees(b.lines)
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
			r.draft.Addressees = append(r.draft.Addressees, a)
		}
	}
}

// isInstitution reports whether the line above a name is where the person works rather than an addressee or an office.
func (r *reader) isInstitution(text string) bool {
	if r.honorific(text) != "" || r.beginsOffice(text) || readMarker(text, nil).kind != noMarker || !r.hasBody(text) {
		return false
	}
	if !r.hasRole(text) {
		return true
	}
	fields := strings.Fields(fold(text)) // "Ombudsman Service" is one, "Rapporteur on human rights" is an office
	for i := range fields[:len(fields)-1] {
		role := strings.TrimSuffix(fields[i], "'s")
		if r.is(role, func(w *words) []string { return w.roles }) && r.is(fields[i+1], func(w *words) []string { return w.bodies }) {
			return true
		}
	}
	return false
}

// groupAddressees splits the lines of a block where a new addressee begins.
func (r *reader) groupAddressees(lines []line) [][]string {
	entries := 0
	for _, l := range lines {
		if r.isEntry(l.text) {
			entries++
		}
	}
	var groups [][]string
	for i, l := range lines {
		text := l.text
		m := readMarker(text, nil)
		isItem := m.kind == bullet || m.kind == numbered && !houseFirst.MatchString(text)
		if isItem {
			text = strings.TrimSpace(text[m.size:])
		}
		office := len(groups) > 0 && len(groups[len(groups)-1]) == 1 && r.honorific(l.text) != "" && r.hasRole(groups[len(groups)-1][0]) && !r.isInstitution(groups[len(groups)-1][0]) && i == 1 && entries < 2
		begins := i == 0 || isItem || r.honorific(l.text) != "" && !office && !r.isOfficeWithHonorific(l.text) || entries > 1 && r.isEntry(l.text) || i > 0 && l.gap > 0 && r.hasRole(l.text) && len(groups[len(groups)-1]) > 1
		if begins {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], text)
	}
	return groups
}

// isOfficeWithHonorific reports whether a line such as "President of the Court" begins with a word that is both.
func (r *reader) isOfficeWithHonorific(text string) bool {
	rest := fold(r.withoutHonorifics(text))
	for _, of := range [...]string{"of ", "for ", "to "} {
		if strings.HasPrefix(rest, of) {
			return true
		}
	}
	return false
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
	bare := r.withoutHonorifics(name)
	titled := bare != name && !r.isOfficeWithHonorific(name)
	rest = strings.TrimSpace(rest)
	if split && r.is(fold(rest), func(w *words) []string { return w.postnominals }) {
		rest, split = "", false
	}
	switch {
	case titled && r.namesOffice(bare):
		a.Office = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(first, r.honorific(first)), "."))
		a.Office = trimMarks(a.Office)
		if office, name := r.splitOffice(a.Office); r.langs[0] == &arabic && name != "" && !split {
			a.Office, a.Name = office, name
		}
	case (titled || r.isPerson(bare)) && !(r.hasRole(bare) && !titled):
		a.Name = bare
		if split {
			a.Office = rest
		}
	case r.hasRole(first):
		a.Office, a.Name = r.splitOffice(first)
	default:
		a.Name = first
		if split && !r.hasBody(rest) {
			a.Name, a.Address = name, []string{rest}
		}
	}
	r.readAddresseeLines(&a, lines)
	return a
}

// withoutAfterName removes honorifics behind a name or an office: «وزير العدل المحترم».
func (r *reader) withoutAfterName(text string) string {
	for range 3 {
		folded := fold(text)
		cut := ""
		for _, w := range r.langs {
			for _, h := range w.afterName {
				if strings.HasSuffix(folded, " "+h) && len(h) > len(cut) {
					cut = h
				}
			}
		}
		if cut == "" {
			return text
		}
		fields := strings.Fields(text)
		text = trimMarks(strings.Join(fields[:len(fields)-wordCount(cut)], " "))
	}
	return text
}

// withoutArticle removes an article before an office, but not before an honorific such as "The Honourable".
func (r *reader) withoutArticle(text string) string {
	rest := skipWords(text, 1)
	if r.langs[0] == &french {
		if at := strings.IndexAny(text, "'’"); at == 1 && r.beginsOffice(strings.TrimLeft(text[at:], "'’")) {
			return strings.TrimLeft(text[at:], "'’")
		}
		if french := fold(strings.TrimSuffix(text, rest)); (french == "le" || french == "la" || french == "les") && r.beginsOffice(rest) {
			return rest
		}
	}
	article := strings.TrimSpace(strings.TrimSuffix(text, rest))
	if !strings.EqualFold(article, "the") || startsWith(fold(rest), []string{"hon", "honourable", "honorable", "rt", "right", "rev", "reverend"}) != "" {
		return text
	}
	return rest
}

// namesOffice reports whether what follows an honorific is an office: "Mr President", «جناب آقای رئیس جمهور».
func (r *reader) namesOffice(bare string) bool {
	first, _, _ := strings.Cut(fold(bare), " ")
	if !r.is(first, func(w *words) []string { return w.roles }) {
		return false
	}
	return wordCount(bare) == 1 || firstRune(bare) >= 0x590 || hasOf(fold(bare))
}

// hasOf reports whether a folded office says of what it is.
func hasOf(folded string) bool {
	return hasAny(folded, []string{"of", "for", "de", "du", "des", "à", "aux", "chargé", "chargée"}) || strings.Contains(folded, " d'") || strings.Contains(folded, " l'")
}

func (r *reader) readAddresseeLines(a *Addressee, lines []string) {
	for i, l := range lines[1:] {
		text := r.withoutAfterName(trimMarks(l))
		bare := r.withoutHonorifics(text)
		switch {
		case i == 0 && a.Name != "" && a.Office != "" && wordCount(a.Office) <= 2 && strings.HasSuffix(trimMarks(lines[0]), a.Office+" "+a.Name) && r.hasRole(text) && !r.isPlace(text) && !r.hasHonoredName(text):
			a.Office = text // "Mayor X" above "Mayor of Y": the first is the rank of the name
		case text == "" || isContact(text):
		case a.Name == "" && len(a.Address) == 0 && !strings.HasPrefix(fold(text), "the ") && (bare != text || r.isPerson(bare)) && !r.hasRole(bare) && !r.isPlace(bare) && !r.hasBody(bare) && i == 0:
			a.Name = bare
		case a.Office == "" && len(a.Address) == 0 && r.hasRole(text):
			a.Office = text
		case a.Office != "" && len(a.Address) == 0 && (r.continues(lines[i], text) || i > 0 && r.hasRole(text) && !r.isPlace(text)):
			if r.continues(lines[i], text) {
				a.Office += " " + text
				continue
			}
			a.Address = append(a.Address, text)
		default:
			a.Address = append(a.Address, text)
		}
	}
}

// hasHonoredName reports whether a line is a name with an honorific of its own.
func (r *reader) hasHonoredName(text string) bool {
	return r.honorific(text) != "" && !r.isOfficeWithHonorific(text)
}

// splitOffice splits "Prime Minister Jane Doe", and "Office, Jane Doe", into office and name. Where the name begins inside
// a run of capitals is a guess, which it does not make after "of".
func (r *reader) splitOffice(text string) (office, name string) {
	if before, after, ok := cutComma(text); ok {
		if bare := r.withoutHonorifics(after); bare != after || r.isPerson(after) && !r.hasRole(after) && !r.hasBody(after) && !r.isPlace(after) {
			return before, bare
		}
		return text, ""
	}
	fields := strings.Fields(text)
	for i := range fields[1:] {
		inner := strings.Join(fields[i+1:], " ") // «وزير الزراعة الدكتور …»
		if bare := r.withoutHonorifics(inner); r.langs[0] == &arabic && bare != inner && r.isPerson(bare) {
			return strings.Join(fields[:i+1], " "), bare
		}
	}
	if r.langs[0] == &arabic && strings.HasPrefix(fields[0], "ال") && r.is(fold(fields[0]), func(w *words) []string { return w.roles }) {
		i := 1 // «السفير خالد المنذر»; an office without the article goes on with what it is of
		for i < len(fields) && strings.HasPrefix(fields[i], "ال") {
			i++
		}
		if i < len(fields) && r.isPerson(strings.Join(fields[i:], " ")) {
			return strings.Join(fields[:i], " "), strings.Join(fields[i:], " ")
		}
	}
	last := -1
	for i, f := range fields {
		folded := strings.Trim(fold(f), ".,")
		if r.is(folded, func(w *words) []string { return w.roles }) || r.is(folded, func(w *words) []string { return w.ofWords }) || r.is(folded, func(w *words) []string { return w.bodies }) {
			last = i
		}
	}
	if office, name := r.nameBeforeOf(fields); name != "" {
		return office, name
	}
	tail := fields[last+1:]
	if last < 0 || !allUpper(tail) || strings.ToUpper(text) == text {
		return text, ""
	}
	lastWord := strings.Trim(fold(fields[last]), ".,")
	role := r.is(lastWord, func(w *words) []string { return w.roles })
	switch {
	case role && len(tail) >= 2 && len(tail) <= 4:
	case !role && !isOf(lastWord) && len(tail) == 2 && r.hasRole(strings.Join(fields[:last], " ")) && r.is(lastWord, func(w *words) []string { return w.bodies }):
		r.warn("addressee_name_unsure", "Text", text)
	case !role && len(tail) == 3 && r.hasRole(strings.Join(fields[:last], " ")) && isOf(lastWord):
		tail = tail[1:]
		r.warn("addressee_name_unsure", "Text", text)
	default:
		return text, ""
	}
	return strings.Join(fields[:len(fields)-len(tail)], " "), strings.Join(tail, " ")
}

// nameBeforeOf splits "President Alma Reyes of Corazal" into office and name.
func (r *reader) nameBeforeOf(fields []string) (office, name string) {
	first := 0
	for first < len(fields) && r.is(fold(fields[first]), func(w *words) []string { return w.roles }) {
		first++
	}
	of := slices.IndexFunc(fields, func(f string) bool { return isOf(fold(f)) })
	if first == 0 || of < first+2 || of > first+3 || !r.isPerson(strings.Join(fields[first:of], " ")) {
		return "", ""
	}
	return strings.Join(fields[:first], " "), strings.Join(fields[first:of], " ")
}

func isOf(word string) bool {
	return word == "of" || word == "for" || word == "de" || word == "du" || word == "des" || word == "à"
}

func allUpper(fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return !startsUpper(f) })
}

// isPerson reports whether the text looks like the name of a person: two to six words, capitals where the script has
// them, none of them a word of an office, an organisation or an address.
func (r *reader) isPerson(text string) bool {
	fields := strings.Fields(strings.Trim(text, " ,.()"))
	if len(fields) < 2 || len(fields) > 6 || strings.Contains(strings.Trim(text, " ,.()"), "(") || r.hasBody(text) || r.hasRole(text) {
		return false
	}
	for _, f := range fields {
		if r.is(strings.TrimSuffix(fold(strings.Trim(f, ",.()")), "'s"), func(w *words) []string { return w.notNames }) {
			return false
		}
		first := firstRune(strings.TrimLeft(f, "(\"“'"))
		switch {
		case first >= 0x590 && unicode.IsLetter(first):
		case unicode.IsUpper(first) && !strings.ContainsFunc(f, unicode.IsDigit):
		case r.is(fold(f), func(w *words) []string { return w.particles }):
		case (strings.HasPrefix(f, "d'") || strings.HasPrefix(f, "d’")) && startsUpper(strings.TrimLeft(f[1:], "'’")): // d'Arvor
		default:
			return false
		}
	}
	return true
}

// introduces reports whether a sentence introduces a letter: "X wrote an open letter to Y:".
func (r *reader) introduces(text string) bool {
	_, _, ok := r.splitIntroduction(text)
	return ok
}

// splitIntroduction returns sender and addressee as an introducing sentence names them.
func (r *reader) splitIntroduction(text string) (from, to string, ok bool) {
	if runeCount(text) > 600 {
		return "", "", false
	}
	lower := foldKeepingLength(text)
	for _, w := range r.langs {
		for _, phrase := range w.wrote {
			at := indexWord(lower.text, phrase)
			if at <= 0 {
				continue
			}
			from = strings.TrimSpace(text[:lower.at(at)])
			to = strings.TrimSpace(text[lower.at(at+len(phrase)):])
			return from, to, true
		}
	}
	return "", "", false
}

// readIntroduction takes sender and addressee from the sentences above the letter when its head does not name them.
func (r *reader) readIntroduction() {
	for _, l := range r.intro {
		from, to, ok := r.splitIntroduction(l.text)
		if !ok {
			continue
		}
		from = strings.TrimPrefix(strings.TrimPrefix(from, "The "), "the ")
		if i := strings.LastIndexAny(from, ".:،,"); i > 0 {
			from = strings.TrimSpace(from[i:])
			from = strings.TrimLeft(from, ".:،, ")
		}
		from = r.withoutTime(from)
		if r.draft.Sender.IsZero() && from != "" && wordCount(from) <= 14 {
			r.draft.Sender.Name = r.withoutHonorifics(from)
			r.warn("sender_from_introduction")
		}
		if len(r.draft.Addressees) == 0 {
			r.addPhrase(to, "addressee_from_introduction")
		}
		return
	}
}

// withoutTime removes "today" and "on Monday" from the end of a sender.
func (r *reader) withoutTime(from string) string {
	for {
		before, last, ok := cutLast(from)
		if !ok || !r.is(fold(last), func(w *words) []string { return w.times }) && !weekday(fold(last)) {
			return strings.TrimRight(from, ",، ")
		}
		from = strings.TrimRight(before, " ")
	}
}

// addPhrase takes an addressee from a phrase inside a sentence, up to the words that end it.
func (r *reader) addPhrase(phrase, warning string) {
	if at := strings.IndexAny(phrase, ":;؛()\"“«\n"); at >= 0 {
		phrase = phrase[:at]
	}
	if at := strings.Index(phrase, "،"); at > 0 && r.langs[0] == &arabic && !r.beginsOffice(trimMarks(phrase[at:])) {
		phrase = phrase[:at]
	}
	if at := strings.Index(phrase, ". "); at >= 0 && at > 12 {
		phrase = phrase[:at]
	}
	lower := foldKeepingLength(phrase)
	end := len(lower.text)
	for _, clause := range [...]string{", and ", ", which ", ", who ", ", asking ", ", urging ", ", calling ", ", demanding "} {
		if at := strings.Index(lower.text, clause); at > 0 && at < end {
			end = at
		}
	}
	for _, w := range r.langs {
		for _, stop := range w.wroteEnd {
			if at := indexWord(lower.text, stop); at > 0 && at < end && !endsWithRole(r, lower.text[:at], stop) {
				end = at
			}
		}
	}
	phrase = trimMarks(phrase[:lower.at(end)])
	if phrase == "" || wordCount(phrase) > 25 {
		return
	}
	a := r.readAddressee([]string{phrase})
	if a.Name == "" && a.Office == "" {
		return
	}
	r.draft.Addressees = append(r.draft.Addressees, a)
	r.warn(warning)
}

// endsWithRole keeps "Special Rapporteur on …" whole.
func endsWithRole(r *reader, before, stop string) bool {
	fields := strings.Fields(before)
	return (stop == "on" || stop == "برای") && len(fields) > 0 && r.is(fields[len(fields)-1], func(w *words) []string { return w.roles })
}

// completeAddressees fills what the head left open from the salutation, the title and the introduction.
func (r *reader) completeAddressees() {
	r.readSubject()
	if len(r.draft.Addressees) == 0 {
		for _, source := range [...]struct{ text, warning string }{
			{r.draft.Title, "addressee_from_title"}, {r.draft.Subtitle, "addressee_from_title"}, {introText(r.intro), "addressee_from_introduction"},
		} {
			if to := r.afterLetterTo(source.text); to != "" && len(r.draft.Addressees) == 0 {
				r.addPhrase(to, source.warning)
			}
		}
	}
	r.dropRepeatedOffice()
	people := r.saluted()
	switch {
	case len(people) == 0:
	case len(r.draft.Addressees) == 0:
		r.draft.Addressees = people
		r.warn("addressee_from_salutation")
	case len(r.draft.Addressees) == 1 && len(people) == 1:
		r.mergeSaluted(&r.draft.Addressees[0], people[0])
	}
}

// dropRepeatedOffice drops an office that a later addressee holds: "To the Prime Minister" above the address.
func (r *reader) dropRepeatedOffice() {
	all := r.draft.Addressees
	r.draft.Addressees = slices.DeleteFunc(all, func(a Addressee) bool {
		return a.Name == "" && slices.ContainsFunc(all, func(b Addressee) bool {
			return b.Name != "" && strings.TrimPrefix(fold(a.Office), "the ") == strings.TrimPrefix(fold(b.Office), "the ")
		})
	})
}

func introText(lines []line) string {
	var b strings.Builder
	for _, l := range lines[:min(len(lines), 4)] {
		b.WriteString(l.text[:min(len(l.text), 2000)])
		b.WriteByte(' ')
	}
	return strings.ToValidUTF8(b.String(), "")
}

// withoutPostnominals removes "KC MP" from the end of a name.
func (r *reader) withoutPostnominals(name string) string {
	for {
		before, last, ok := cutLast(name)
		if !ok || !r.is(fold(last), func(w *words) []string { return w.postnominals }) {
			return name
		}
		name = before
	}
}

func (r *reader) mergeSaluted(a *Addressee, s Addressee) {
	if a.Name == "" && s.Name != "" && !has(fold(a.Office), "and") && !has(fold(a.Office), "و") {
		a.Name = s.Name
		r.warn("name_from_salutation")
	}
	if a.Office == "" && s.Office != "" && !has(fold(a.Name), fold(s.Office)) && r.isPerson(r.withoutPostnominals(a.Name)) {
		a.Office = s.Office
		r.warn("office_from_salutation")
	}
}

// letterTo stands before the addressee in a title or an introduction.
var letterTo = []string{"open letter to", "joint letter to", "public letter to", "letter addressed to", "letter to", "letter below to", "letter attached to", "letter below goes to", "letter goes to", "letter sent to", "is addressed to", "letter will be sent to", "letter will go to", "appeal to", "petition to",
	"نامه سرگشاده به", "نامهی سرگشاده به", "نامه سرگشاده خطاب به", "نامه به", "نامه خطاب به", "نامهای به", "نامه مشترک به", "نامهی مشترک به", "نامهای سرگشاده به",
	"lettre ouverte à", "lettre ouverte au", "lettre ouverte aux", "lettre à", "lettre au", "lettre aux", "lettre adressée à", "lettre adressée au", "appel au", "pétition à", "pétition au",
	"رساله مفتوحه الی", "رساله الی", "رساله موجهه الی", "خطاب مفتوح الی", "کتاب مفتوح الی", "نداء الی", "عریضه الی", "رساله مشترکه الی"}

func (r *reader) afterLetterTo(text string) string {
	lower := foldKeepingLength(text)
	for _, phrase := range letterTo {
		if at := indexWord(lower.text, phrase); at >= 0 {
			rest := strings.TrimSpace(text[lower.at(at+len(phrase)):])
			if !strings.ContainsAny(rest[:min(len(rest), 1)], "?!.,:;)") {
				for _, article := range [...]string{"la ", "le ", "les ", "l'", "l’"} {
					rest = strings.TrimPrefix(rest, article)
				}
				return rest
			}
		}
	}
	return r.afterTitledTo(text)
}

// afterTitledTo returns what follows "to" in "Open letter from X to the Minister", if an office or an honorific begins it.
func (r *reader) afterTitledTo(text string) string {
	if runeCount(text) > 300 || r.starts(fold(trimQuotes(text)), func(w *words) []string { return w.letterTitles }) == "" {
		return ""
	}
	fields := strings.Fields(text)
	for i, f := range fields {
		if word := fold(f); i == 0 || i+1 == len(fields) || word != "to" && word != "به" {
			continue
		}
		if rest := strings.Join(fields[i+1:], " "); r.honorific(rest) != "" || r.beginsOffice(rest) {
			return rest
		}
	}
	return ""
}

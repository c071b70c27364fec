package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxSigners bounds the list; longer ones are imported as signatories, not as part of the text.
const maxSigners = 2000

// signerParts separate name, role and organisation on one line.
var signerParts = regexp.MustCompile(`\s+[–—|/-]+\s+|\s*[,،]\s*|\s+\(|\)$`)

// readSigners reads the lines below the closing: signers in blocks of name, role and organisation, or a list of one a line.
func (r *reader) readSigners() {
	list := false
	for _, block := range r.splitSideBySide(r.takeFooter(r.signatureBlocks())) {
		lines := block
		if rest, labelled := r.signedLabel(block[0]); labelled {
			list = true
			lines = lines[1:]
			if rest != "" {
				lines = slices.Concat([]line{{text: rest, source: rest}}, lines)
			}
		}
		r.addSigners(lines, list)
		if len(r.draft.SignedBy) >= maxSigners {
			r.draft.SignedBy = r.draft.SignedBy[:maxSigners]
			r.warn("too_many", "What", "signers")
			break
		}
	}
	r.dropFirstNames()
}

// dropFirstNames drops "Salma" above the signature of Salma Reth.
func (r *reader) dropFirstNames() {
	all := r.draft.SignedBy
	if len(all) > 1 && all[0].Role == "" && all[0].Organisation == "" && strings.HasPrefix(all[1].Name, all[0].Name+" ") {
		r.draft.SignedBy = all[1:]
	}
}

// signatureBlocks returns the lines of the signatures, grouped at blank lines and labels, up to copies and contacts.
func (r *reader) signatureBlocks() [][]line {
	var blocks [][]line
	for i, l := range r.tail {
		if r.isCopyLabel(l) || isProse(l) && wordCount(l.text) > 25 || len(blocks) > maxSigners {
			break
		}
		text := trimMarks(l.text)
		_, labelled := r.signedLabel(l)
		if strings.HasSuffix(l.text, ":") && !labelled && !r.isBehalfLine(l) || r.isHeaderRow(l) {
			continue
		}
		if houseFirst.MatchString(text) && r.isPlace(text) && l.gap > 0 { // an address below the name
			break
		}
		if isMonthAndYear(text) || r.isOthers(text) {
			continue
		}
		if text == "" || emailAddress.MatchString(text) || isContact(text) || strings.Contains(text, "://") || strings.Contains(text, "www.") {
			continue
		}
		if i == 0 || l.gap > 0 || len(blocks) == 0 || r.isSignedLabel(l) {
			blocks = append(blocks, nil)
		}
		blocks[len(blocks)-1] = append(blocks[len(blocks)-1], l)
	}
	return blocks
}

// isMonthAndYear recognises "January 2026" and «شهر، دی‌ماه ۱۴۰۳», which are no date that can be given.
func isMonthAndYear(text string) bool {
	fields := strings.Fields(strings.NewReplacer(",", " ").Replace(fold(text)))
	n := len(fields)
	if n < 2 || n > 5 || !isDigits(fields[n-1]) || len(fields[n-1]) != 4 {
		return false
	}
	month := fields[n-2]
	if short, ok := strings.CutSuffix(month, "ماه"); ok && short != "" {
		month = short
	}
	return monthNames[month] > 0 || solarNames[month] > 0
}

// isOthers recognises "and 120 others".
func (r *reader) isOthers(text string) bool {
	fields := strings.Fields(fold(text))
	return len(fields) > 1 && len(fields) <= 6 && r.is(fields[0], func(w *words) []string { return w.conjunction }) && strings.ContainsFunc(text, unicode.IsDigit)
}

// signedLabel recognises "Signed:", "Signatories" and what stands behind it on the line.
func (r *reader) signedLabel(l line) (rest string, ok bool) {
	if rest, ok = r.label(inBrackets.ReplaceAllString(l.text, ""), func(w *words) []string { return w.signed }); ok {
		if startsWithDigit(rest) || !strings.Contains(l.text, rest) { // how many they are
			rest = ""
		}
		return rest, true
	}
	return "", r.isSignedLabel(l)
}

// addSigners reads one block. A line goes on with the signer above if it is a role or an organisation of a person.
func (r *reader) addSigners(lines []line, list bool) {
	fresh := true
	single := list && !r.isPersonBlock(lines)
	lines = r.namesFirst(r.nameFirst(lines))
	had := len(r.draft.SignedBy)
	for i, l := range lines {
		if r.isBehalfLine(l) && i+1 < len(lines) || r.isBehalfLine(l) && len(lines) == 1 && r.moreFollows(l) {
			behalf, _ := r.behalf(r.signerText(l))
			r.behalfOf = trimMarks(behalf)
			continue
		}
		if s, ok := r.readColumns(l); ok {
			r.draft.SignedBy = append(r.draft.SignedBy, s)
			fresh = false
			continue
		}
		entry := r.signerText(l)
		if r.starts(fold(entry), func(w *words) []string { return w.represented }) != "" && !fresh {
			continue
		}
		if rest, ok := r.behalf(entry); ok && len(r.draft.SignedBy) > 0 && !fresh {
			if unicode.IsLower(firstRune(rest)) { // "on behalf of its members"
				continue
			}
			r.attach(rest)
			for j := had; j < len(r.draft.SignedBy)-1; j++ { // "A and B" for the same
				if s := &r.draft.SignedBy[j]; s.Role == "" && s.Organisation == "" {
					s.Organisation = rest
				}
			}
			continue
		}
		goesOn := !fresh || i == 0 && len(r.draft.SignedBy) > 0 && len(lines) == 1 && !list && r.hasRole(entry)
		if item := readMarker(l.text, nil).kind; !single && goesOn && item != bullet && item != numbered && (r.belongs(entry) || i == 1 && !list && r.pairs(entry) || i == 2 && len(lines) == 3 && r.isPersonBlock(lines)) {
			r.attach(entry)
			continue
		}
		for _, part := range r.splitEntries(entry) {
			if s := r.readSigner(strings.TrimSpace(part)); s.Name != "" {
				r.draft.SignedBy = append(r.draft.SignedBy, s)
				fresh = false
			}
		}
	}
	for i := had; i < len(r.draft.SignedBy) && r.behalfOf != ""; i++ {
		if s := &r.draft.SignedBy[i]; s.Organisation == "" && s.Name != r.behalfOf {
			s.Organisation = r.behalfOf
		}
	}
	if len(r.draft.SignedBy) > had {
		r.behalfOf = ""
	}
}

// splitEntries splits "A (chair), B (secretary); C": entries that stand on one line.
func (r *reader) splitEntries(entry string) []string {
	names, least := entry, 3
	if label, rest, ok := strings.Cut(entry, ": "); ok {
		if _, behalf := r.behalf(label); behalf || !r.isPerson(label) {
			names, least = rest, 2
		}
	}
	if has(fold(names), "and") && !strings.Contains(names, ",") {
		least = 2
	}
	if parts := betweenNames.Split(names, 40); len(parts) >= least && !slices.ContainsFunc(parts, func(p string) bool { return !r.isPerson(r.withoutHonorifics(p)) }) {
		return parts
	}
	if parts := betweenEntries.Split(entry, 20); len(parts) > 1 && strings.HasSuffix(entry, ")") {
		for i := range parts[:len(parts)-1] {
			parts[i] += ")"
		}
		return parts
	}
	return strings.Split(entry, ";")
}

// nameFirst puts the name above the role in a signature of two lines that has them the other way round.
func (r *reader) nameFirst(lines []line) []line {
	if len(lines) != 2 || strings.ContainsAny(strings.TrimRight(lines[0].text, ",،")+lines[1].text, ",،") {
		return lines
	}
	above, below := r.signerText(lines[0]), r.signerText(lines[1])
	if r.hasRole(above) && r.honorific(above) == "" && !r.isPerson(above) && r.isPerson(r.withoutHonorifics(below)) && (wordCount(above) <= 2 || r.honorific(below) != "") {
		return []line{lines[1], lines[0]}
	}
	return lines
}

// namesFirst puts each name above the office that stands alone above it: « Le secrétaire, » and the name on the next line.
func (r *reader) namesFirst(lines []line) []line {
	if len(r.langs[0].closingFormulas) == 0 {
		return lines
	}
	lines = slices.Clone(lines)
	for i := 0; i+1 < len(lines); i++ {
		above := strings.TrimRight(r.signerText(lines[i]), ",، ")
		if r.beginsOffice(above) && wordCount(above) <= 5 && r.isPerson(r.withoutHonorifics(r.signerText(lines[i+1]))) && (i == 0 || !r.isPerson(r.signerText(lines[i-1]))) {
			lines[i].text, lines[i].source = above, above
			lines[i], lines[i+1] = lines[i+1], lines[i]
			i++
		}
	}
	return lines
}

// isBehalfLine recognises "For the Teachers' Federation," above the name of who signs for it.
func (r *reader) isBehalfLine(l line) bool {
	alone := len(r.draft.SignedBy) == 0 && l.gap > 0 && (has(fold(l.text), "on behalf of") || len(r.langs[0].closingFormulas) > 0)
	if wordCount(l.text) > 14 || !strings.HasSuffix(l.text, ",") && !strings.HasSuffix(l.text, ":") && !alone {
		return false
	}
	_, ok := r.behalf(r.signerText(l))
	return ok || strings.HasPrefix(l.text, "For ")
}

// moreFollows reports whether other lines stand below a line of the signatures.
func (r *reader) moreFollows(l line) bool {
	return len(r.tail) > 0 && r.tail[len(r.tail)-1].text != l.text
}

// isHeaderRow recognises the head of a table of signatories: "Name | Role | Organisation".
func (r *reader) isHeaderRow(l line) bool {
	columns := strings.FieldsFunc(l.source, func(c rune) bool { return c == '\t' || c == '|' })
	return len(columns) > 1 && !slices.ContainsFunc(columns, func(c string) bool {
		return strings.TrimSpace(c) != "" && !r.is(fold(plain(c)), func(w *words) []string { return w.headers })
	})
}

// takeFooter takes a letterhead that stands below the signatures as the sender, if nothing above names one.
func (r *reader) takeFooter(blocks [][]line) [][]line {
	last := len(blocks) - 1
	if last < 1 || !r.draft.Sender.IsZero() {
		return blocks
	}
	lines := blocks[last]
	first := lines[0].text
	places := 0
	for _, l := range lines[1:] {
		if r.isPlace(l.text) {
			places++
		}
	}
	if places == 0 || len(lines) > 5 || r.isPlace(first) && !r.hasBody(first) || r.hasRole(first) || r.honorific(first) != "" || !r.isProper(first) {
		return blocks
	}
	r.addSender(headBlock{lines: lines})
	return blocks[:last]
}

// sideBySide is the space between signatures that stand beside each other.
var sideBySide = regexp.MustCompile(`\t+|\s{3,}`)

// splitSideBySide makes a block for each column of signatures that stand beside each other.
func (r *reader) splitSideBySide(blocks [][]line) [][]line {
	var out [][]line
	for _, block := range blocks {
		names := sideBySide.Split(block[0].source, 6)
		if len(names) < 2 || slices.ContainsFunc(names, func(n string) bool { return !r.isPerson(r.withoutHonorifics(plain(n))) }) {
			out = append(out, block)
			continue
		}
		columns := make([][]line, len(names))
		for _, l := range block[:min(len(block), 6)] {
			parts := sideBySide.Split(l.source, len(names)+1)
			if len(parts) > len(names) {
				parts = parts[:len(names)]
			}
			for i, part := range parts {
				columns[i] = append(columns[i], line{source: part, text: plain(part)})
			}
		}
		out = append(out, columns...)
	}
	return out
}

// signMarks stand before a name that was signed by hand.
var signMarks = regexp.MustCompile(`(?i)^(?:\((?:signed|sgd)\)|\[signed\]|sgd\.?|/s/|s/|per:|by:)\s+`)

// betweenNames stands between names on one line.
var betweenNames = regexp.MustCompile(`\s*[,،]\s*(?:and |و )?|\s+(?:and|&|و|[-–—])\s+`)

// betweenEntries stands between "A (chair), B (secretary)".
var betweenEntries = regexp.MustCompile(`\)\s*[,;،؛]\s+`)

// signerText returns the words of a signature line without number or bullet; tabs become commas of a table.
func (r *reader) signerText(l line) string {
	text := l.text
	if m := readMarker(text, nil); m.kind == bullet || m.kind == numbered {
		text = text[m.size:]
	}
	if inner, rest, ok := strings.Cut(strings.TrimPrefix(text, "("), ") "); ok && strings.HasPrefix(text, "(") && r.is(strings.Trim(fold(inner), "."), func(w *words) []string { return w.honorifics }) {
		text = rest // "(Mrs) Edith Pownall"
	}
	text = signMarks.ReplaceAllString(text, "")
	return strings.Trim(trimQuotes(strings.Trim(text, " \t،,;؛_.…*")), " ")
}

// isPersonBlock reports whether a block in a list is one person on several lines.
func (r *reader) isPersonBlock(lines []line) bool {
	if len(lines) < 2 || len(lines) > 4 {
		return false
	}
	first := r.withoutHonorifics(r.signerText(lines[0]))
	second := lines[1].text
	return r.isPerson(first) && (r.hasRole(second) || len(lines) == 2 && r.hasBody(second)) && !r.isEntry(second) && readMarker(second, nil).kind == noMarker
}

// belongs reports whether a line is role or organisation of the last signer.
func (r *reader) belongs(entry string) bool {
	last := r.draft.SignedBy[len(r.draft.SignedBy)-1]
	name, split := entry, false
	if at := signerParts.FindStringIndex(entry); at != nil && at[0] > 0 {
		name, split = entry[:at[0]], true
	}
	switch {
	case betweenEntries.MatchString(entry):
		return false
	case r.hasBody(last.Name) || last.Role != "" && last.Organisation != "":
		return false
	case split && r.isPerson(r.withoutHonorifics(name)):
		return false
	case r.isPerson(r.withoutHonorifics(entry)) && r.honorific(entry) != "":
		return false
	}
	return r.hasRole(entry) || r.hasBody(entry) && (r.isPerson(last.Name) || last.Role != "") || last.Role != "" && !r.isPerson(entry)
}

// pairs reports whether the second line of a signature that begins with a person is what the person belongs to.
func (r *reader) pairs(entry string) bool {
	last := r.draft.SignedBy[len(r.draft.SignedBy)-1]
	return r.isPerson(last.Name) && last.Role == "" && last.Organisation == "" && !r.isPerson(entry) && r.honorific(entry) == ""
}

// attach adds a line of role or organisation to the last signer.
func (r *reader) attach(entry string) {
	last := &r.draft.SignedBy[len(r.draft.SignedBy)-1]
	if inner, ok := strings.CutPrefix(entry, "("); ok {
		entry = strings.TrimSuffix(inner, ")")
	}
	if role, rest, ok := cutComma(entry); ok && last.Role == "" && r.hasRole(role) && !r.hasRole(rest) {
		last.Role = role
		if last.Organisation == "" {
			last.Organisation = rest
		}
		return
	}
	switch {
	case last.Role == "" && r.hasRole(entry):
		last.Role = r.withoutArticle(entry)
	case r.isPlace(entry) || startsWithDigit(entry) || wordCount(entry) == 1 && has(fold(r.draft.Salutation), "editor"): // a reader's town
	case last.Organisation == "":
		last.Organisation = entry
	default:
		r.draft.SignedBy = append(r.draft.SignedBy, r.readSigner(entry))
	}
}

// behalf removes "on behalf of" from a line.
func (r *reader) behalf(entry string) (rest string, ok bool) {
	if phrase := r.starts(fold(entry), func(w *words) []string { return w.behalf }); phrase != "" {
		rest = skipWords(entry, wordCount(phrase))
		return strings.TrimPrefix(strings.TrimPrefix(rest, "l'"), "l’"), true
	}
	for _, prefix := range [...]string{"for the ", "For the "} { // a name of an organisation begins with a capital
		if rest, ok = strings.CutPrefix(entry, prefix); ok && startsUpper(rest) {
			return rest, true
		}
	}
	return entry, false
}

// readSigner reads "Name, role, organisation". What does not begin with a person is an organisation, whole.
func (r *reader) readSigner(entry string) (s Signer) {
	entry, _ = r.behalf(entry)
	entry = trimMarks(entry)
	if role, name, ok := strings.Cut(entry, ": "); ok && r.hasRole(role) && !r.isPerson(role) && r.isPerson(r.withoutHonorifics(name)) {
		return Signer{Name: r.signerName(name), Role: role}
	}
	if entry == "" || runeCount(entry) > 300 || isPlaceholder(entry) || r.closingOf(entry) != "" {
		return s
	}
	if role, name, ok := cutComma(entry); ok && r.langs[0] == &french && r.beginsOffice(role) && r.isPerson(r.withoutHonorifics(name)) { // « La présidente, Claire Obrecht »
		return Signer{Name: r.signerName(name), Role: r.withoutArticle(role)}
	}
	cuts := signerParts.FindAllStringIndex(entry, -1)
	if len(cuts) == 0 || cuts[0][0] == 0 {
		return Signer{Name: r.signerName(entry)}
	}
	name := entry[:cuts[0][0]]
	rest := trimMarks(entry[cuts[0][1]:])
	if !r.isPerson(r.withoutHonorifics(name)) && r.honorific(name) == "" && !(r.hasRole(rest) && !r.hasBody(name)) {
		return Signer{Name: entry}
	}
	if cut := entry[cuts[0][0]:cuts[0][1]]; strings.Contains(cut, "(") && len(cuts) <= 2 && wordCount(rest) == 1 && startsUpper(rest) && !r.hasRole(rest) && !isAcronym(rest) {
		if r.honorific(name) != "" {
			return Signer{Name: r.signerName(name)}
		}
		return Signer{Name: entry} // "Free Airwaves (Norvia)": a place rather than what the signer is
	}
	s.Name = r.signerName(name)
	s.Role, s.Organisation = r.roleAndBody(strings.TrimSuffix(rest, ")"), rest)
	return s
}

// isPlaceholder reports whether a line stands for a signature: "_____", "/s/", "[Your organisation]".
func isPlaceholder(entry string) bool {
	return strings.Trim(entry, "._-…! ") == "" || entry == "/s/" || strings.HasPrefix(entry, "[") && strings.HasSuffix(entry, "]")
}

// readColumns reads a row of a table whose columns are name, role and organisation.
func (r *reader) readColumns(l line) (s Signer, ok bool) {
	columns := strings.FieldsFunc(l.source, func(c rune) bool { return c == '\t' || c == '|' })
	for i := range columns {
		columns[i] = trimMarks(plain(columns[i]))
	}
	columns = slices.DeleteFunc(columns, func(c string) bool { return c == "" || startsWithDigit(c) && len(c) < 5 })
	if len(columns) < 2 || len(columns) > 4 || !r.isPerson(r.withoutHonorifics(columns[0])) {
		return s, false
	}
	s.Name = r.signerName(columns[0])
	switch {
	case len(columns) > 2:
		s.Role, s.Organisation = columns[1], columns[2]
	default:
		s.Role, s.Organisation = r.roleAndBody(columns[1], columns[1])
	}
	return s, true
}

// signerName removes honorifics; a name that is nothing else stays.
func (r *reader) signerName(text string) string {
	bare := r.withoutHonorifics(text)
	if bare == "" || wordCount(bare) < 2 && r.hasBody(text) {
		return text
	}
	return bare
}

// isCalling recognises what a person does by the end of the word: "Violinist", "Mathematician".
func isCalling(text string) bool {
	return wordCount(text) == 1 && (strings.HasSuffix(text, "ist") || strings.HasSuffix(text, "cian") || strings.HasSuffix(text, "rian"))
}

// roleAndBody splits "role, organisation".
func (r *reader) roleAndBody(text, whole string) (role, body string) {
	if strings.Contains(whole, "(") {
		text = whole
	}
	first, rest, ok := cutComma(text)
	if at := signerParts.FindStringIndex(text); !ok && at != nil && at[0] > 0 && at[1] < len(text) {
		first, rest, ok = text[:at[0]], text[at[1]:], true
	}
	if body, behalf := r.behalf(text); behalf {
		return "", body
	}
	switch {
	case ok && r.hasRole(first):
		return first, rest
	case ok && !r.hasBody(first) && r.hasBody(rest) && wordCount(first) < 5:
		return first, rest
	case ok && r.hasRole(rest):
		return text, ""
	case r.hasRole(text), isCalling(text), firstRune(text) < 0x590 && !strings.Contains(text, ",") && !r.isProper(text):
		return text, ""
	}
	return "", text
}

package importer

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const (
	signerRunes     = 300 // most of a signer; what is longer is a sentence
	roleWords       = 4   // most of a role that no word tells for one
	mostColumns     = 4   // of a table of signatories
	numberBytes     = 4   // most of the number of a row
	mostEntries     = 20  // on one line, with their roles in brackets
	mostListedNames = 40  // on one line
)

// signerParts separate name, role and organisation on one line.
var signerParts = regexp.MustCompile(`\s+[–—|/-]+\s+|\s*[,،;؛]\s*|\s+\(|\)$`)

// betweenEntries stands between "A (chair), B (secretary)".
var betweenEntries = regexp.MustCompile(`\)\s*[,;،؛]\s+`)

// betweenNames stands between names on one line.
var betweenNames = sync.OnceValue(func() *regexp.Regexp {
	and := alternation(everywhere().Ands)
	return regexp.MustCompile(`\s*[,،]\s*(?:(?:` + and + `) )?|\s+(?:` + and + `|[&–—-])\s+`)
})

// signerText returns the words of a signature line without number or bullet, and without marks beside the name.
func (r *reader) signerText(l line) string {
	text := l.text
	if m := readMarker(text, nil); m.isItem() {
		text = text[m.size:]
	}
	if inner, ok := strings.CutPrefix(text, "("); ok {
		if honorific, rest, ok := strings.Cut(inner, ") "); ok && r.Honorifics.has(strings.Trim(fold(honorific), ".")) {
			text = rest // "(Mrs) Edith Pownall"
		}
	}
	if mark, rest, ok := strings.Cut(text, " "); ok && r.SignMarks.has(fold(mark)) {
		text = rest
	}
	return strings.Trim(trimQuotes(strings.Trim(text, " \t،,;؛_.…*")), " ")
}

// splitEntries splits "A (chair), B (secretary); C": entries that stand on one line. Two names are a list where capitals show
// that they are names, and behind a label.
func (r *reader) splitEntries(entry string) []string {
	names, least := entry, 3
	if label, rest, ok := strings.Cut(entry, ": "); ok {
		if _, behalf := r.behalf(label); behalf || !r.isPerson(label) {
			names, least = rest, 2
		}
	}
	if !caseless(names) && everywhere().Ands.in(fold(names)) && !strings.Contains(names, ",") {
		least = 2
	}
	notPerson := func(part string) bool { return !r.namesPerson(part) }
	if parts := betweenNames().Split(names, mostListedNames); len(parts) >= least && !slices.ContainsFunc(parts, notPerson) {
		return parts
	}
	unnamed := func(part string) bool { return !r.namesPerson(signerParts.Split(part, 2)[0]) }
	if parts := betweenEntries.Split(entry, mostEntries); len(parts) > 1 && (strings.HasSuffix(entry, ")") || !slices.ContainsFunc(parts, unnamed)) {
		for i := range parts[:len(parts)-1] {
			parts[i] += ")"
		}
		return parts
	}
	return splitOutside(entry, ';')
}

// splitOutside splits a text at a sign that stands outside of brackets.
func splitOutside(text string, sign rune) []string {
	depth := 0
	return strings.FieldsFunc(text, func(c rune) bool {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		return c == sign && depth <= 0
	})
}

// behalf removes "on behalf of" from a line.
func (r *reader) behalf(entry string) (rest string, ok bool) {
	if phrase := r.Behalf.leading(fold(entry)); phrase != "" {
		rest, _ = everywhere().ElidedArticles.cutElided(skipWords(entry, wordCount(phrase)))
		return rest, true
	}
	if rest, ok = r.BehalfNames.cut(entry); ok && startsUpper(rest) {
		return rest, true
	}
	return entry, false
}

// readSigner reads "Name, role, organisation". What does not begin with a person is an organisation, whole.
func (r *reader) readSigner(entry string) (s Signer) {
	entry, _ = r.behalf(entry)
	entry = trimMarks(entry)
	if role, name, ok := strings.Cut(entry, ": "); ok && r.hasRole(role) && !r.isPerson(role) && r.namesPerson(name) {
		return Signer{Name: r.signerName(name), Role: role}
	}
	if !strings.ContainsFunc(entry, unicode.IsLetter) || runeCount(entry) > signerRunes || r.isPlaceholder(entry) || r.closingOf(entry) != "" ||
		connectives()[fold(entry)] { // "120", "and"
		return s
	}
	if role, name, ok := cutComma(entry); ok && r.OfficeFirst && r.beginsOffice(role) && r.namesPerson(name) { // « La présidente, Claire Obrecht »
		return Signer{Name: r.signerName(name), Role: r.withoutArticle(role)}
	}
	cuts := signerParts.FindAllStringIndex(entry, -1)
	if len(cuts) == 0 || cuts[0][0] == 0 {
		return Signer{Name: r.signerName(entry)}
	}
	name, cut, rest := entry[:cuts[0][0]], entry[cuts[0][0]:cuts[0][1]], trimMarks(entry[cuts[0][1]:])
	honored := r.honorific(name) != ""
	if !honored && !r.isPerson(name) && (!r.hasRole(rest) || r.hasBody(name)) {
		return Signer{Name: entry}
	}
	if strings.Contains(cut, "(") && len(cuts) <= 2 && wordCount(rest) == 1 && startsUpper(rest) && !r.hasRole(rest) && !isAcronym(rest) {
		if honored {
			return Signer{Name: r.signerName(name)}
		}
		return Signer{Name: entry} // "Free Airwaves (Norvia)": a place rather than what the signer is
	}
	s.Name = r.signerName(name)
	inside, behind, split := strings.Cut(rest, ")")
	if behind = trimMarks(behind); !split || behind == "" || strings.Contains(inside, "(") || !strings.Contains(cut, "(") {
		s.Role, s.Organisation = r.roleAndBody(strings.TrimSuffix(strings.TrimPrefix(rest, "("), ")"), rest)
		return s
	}
	switch s.Role, s.Organisation = r.roleAndBody(behind, behind); { // "Ada Finch (chair), Moor Guild"
	case s.Role == "" && (r.hasRole(inside) || !r.isProper(inside)):
		s.Role = inside
	case s.Organisation == "" && r.isProper(inside):
		s.Organisation = inside
	}
	return s
}

// isPlaceholder reports whether a line stands for a signature: "_____", "/s/", "[Your organisation]".
func (r *reader) isPlaceholder(entry string) bool {
	return strings.Trim(entry, "._-…! ") == "" || r.NoSignature.has(entry) || strings.HasPrefix(entry, "[") && strings.HasSuffix(entry, "]")
}

// column is what a column of a table of signatories says.
type column int

const (
	noColumn column = iota
	otherColumn
	nameColumn
	roleColumn
	bodyColumn
)

// columnOf returns what the head of a column says, noColumn if it is none.
func (r *reader) columnOf(head string) column {
	folded := strings.Trim(fold(inBrackets.ReplaceAllString(head, "")), " .:*")
	for _, kind := range [...]struct {
		heads phrases
		column
	}{{r.NameHeaders, nameColumn}, {r.RoleHeaders, roleColumn}, {r.BodyHeaders, bodyColumn}, {r.Headers, otherColumn}} {
		if kind.heads.has(folded) {
			return kind.column
		}
	}
	if folded == "" {
		return otherColumn
	}
	return noColumn
}

// columnsOf returns the cells of a row, empty ones too.
func columnsOf(l line) []string {
	if l.cells > 0 {
		return strings.Split(l.text, " | ")
	}
	columns := columnEnd.Split(l.source, -1)
	for i, c := range columns {
		columns[i] = plain(c)
	}
	return columns
}

var columnEnd = regexp.MustCompile(`\s*[\t|]\s*`)

// readColumns reads a row of a table: by the heads of its columns, or as name, role and organisation.
func (s *signatures) readColumns(l line) (row Signer, ok bool) {
	columns := columnsOf(l)
	for i, c := range columns {
		columns[i] = trimMarks(withoutAddress(c))
	}
	if len(columns) > 1 && len(columns) == len(s.columns) {
		into := map[column]*string{nameColumn: &row.Name, roleColumn: &row.Role, bodyColumn: &row.Organisation}
		for i, kind := range s.columns {
			if field := into[kind]; field != nil {
				*field = strings.TrimSpace(*field + " " + columns[i]) // "First name | Surname"
			}
		}
		if row.Name = s.signerName(row.Name); row.Name == "" {
			row.Name, row.Organisation = row.Organisation, ""
		}
		return row, true
	}
	columns = slices.DeleteFunc(columns, func(c string) bool { return c == "" || startsWithDigit(c) && len(c) <= numberBytes })
	if len(columns) < 2 || len(columns) > mostColumns || !s.namesPerson(columns[0]) {
		return row, false
	}
	row.Name = s.signerName(columns[0])
	if len(columns) > 2 {
		row.Role, row.Organisation = columns[1], columns[2]
	} else {
		row.Role, row.Organisation = s.roleAndBody(columns[1], columns[1])
	}
	return row, true
}

// What leads to a signer and is no part of the name: a mail or web address, a name on a platform; and what it leaves behind.
var (
	address = regexp.MustCompile(`[<(\[][a-z0-9.-]+\.[a-z]{2,}[>)\]]|[^\s<>()\[\]]*://[^\s<>()\[\]]+|www\.[^\s<>()\[\]]+|` + emailAddress.String() + `|\B@[\w.]+`)
	hollow  = regexp.MustCompile(`\s*[(<\[]\s*[)>\]]`)
	dangles = regexp.MustCompile(`[\s,،;–—|-]+(\)|$)`)
)

// wordBehind finds an address that words go on behind, so that it stands in a sentence.
var wordBehind = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:` + address.String() + `)[)>\]]*\s+[\p{L}\p{N}]`) })

// withoutAddress removes addresses from a line, with the brackets and separators around them.
func withoutAddress(text string) string {
	if bare := address.ReplaceAllString(text, ""); bare != text && !wordBehind().MatchString(text) {
		return strings.TrimSpace(dangles.ReplaceAllString(hollow.ReplaceAllString(bare, ""), "$1"))
	}
	return text
}

// signerName removes honorifics; a name that is nothing else stays.
func (r *reader) signerName(text string) string {
	bare := r.withoutHonorifics(text)
	if bare == "" || wordCount(bare) < leastNameWords && r.hasBody(text) {
		return text
	}
	return bare
}

// roleAndBody splits "role, organisation".
func (r *reader) roleAndBody(text, whole string) (role, body string) {
	if strings.Contains(whole, "(") {
		text = whole
	}
	if body, behalf := r.behalf(text); behalf {
		return "", body
	}
	first, rest, ok := cutComma(text)
	if at := signerParts.FindStringIndex(text); !ok && at != nil && at[0] > 0 && at[1] < len(text) {
		first, rest, ok = text[:at[0]], text[at[1]:], true
	}
	calling := wordCount(text) == 1 && r.CallingEndings.ends(text)                // "Violinist"
	small := !caseless(text) && !strings.Contains(text, ",") && !r.isProper(text) // "retired, but angry"
	switch {
	case ok && r.hasBody(first) && !r.hasRole(first) && r.hasRole(rest):
		return rest, first // "Harbour School; former member of the board"
	case ok && (r.hasRole(first) || r.hasBody(rest) && !r.hasBody(first) && wordCount(first) <= roleWords):
		return first, rest
	case r.hasRole(text), calling, small:
		return text, ""
	}
	return "", text
}

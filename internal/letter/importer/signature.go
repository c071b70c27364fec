package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxSigners bounds the list; longer ones are imported as signatories, not as part of the text.
const maxSigners = 2000

// How many lines or words tell what stands below a closing.
const (
	behalfWords  = 14 // most of a line that names an organisation above who signs for it
	othersWords  = 6  // most of "and 120 others"
	monthWords   = 5  // most of a month and a year, with place and label
	personLines  = 4  // most of one person with role and organisation
	footerLines  = 5  // most of a letterhead
	besideLines  = 6  // most of signatures beside each other
	mostBeside   = 6  // of them
	officeAbove  = 5  // most of an office above a name, where forms are set
	commentWords = 5  // least of a comment of one sentence
	labelWords   = 4  // most of a label before what is no signer
)

// sideBySide is the space between signatures that stand beside each other.
var sideBySide = regexp.MustCompile(`\t+|\s{3,}`)

// signatures are what stands below the closing of a letter, while its lines are read.
type signatures struct {
	*reader
	signers    []Signer
	letterhead []line // of a sender that is not known otherwise
	below      []line // what follows the signatures and belongs to the letter: a postscript, copies, notes
	labelled   bool   // a label says that they are signatures

	paired   bool     // each signer has a line with breaks in it
	columns  []column // of the table that is read
	behalfOf string   // the organisation that the next signers sign for
	last     string   // the last line of all
	toEditor bool     // the letter is to a newspaper, whose readers sign with their town
}

// readSigners reads the lines below the closing: signers in blocks of name, role and organisation, or a list of one a line. If
// the sender is not known, a letterhead below them is no signature.
func (r *reader) readSigners(tail []line, salutation string, senderKnown bool) (s signatures) {
	s = signatures{reader: r, toEditor: r.Editors.in(fold(salutation))}
	if len(tail) == 0 {
		return s
	}
	s.last = tail[len(tail)-1].text
	blocks := s.blocks(tail)
	if last := len(blocks) - 1; last > 0 && r.isFooter(blocks[last]) {
		if !senderKnown {
			s.letterhead = blocks[last]
		}
		blocks = blocks[:last]
	}
	for _, lines := range r.splitSideBySide(blocks) {
		if rest, labelled := r.signedLabel(lines[0]); labelled {
			s.labelled, lines = true, lines[1:]
			if rest != "" {
				lines = slices.Concat([]line{{text: rest, source: rest}}, lines)
			}
		}
		s.add(lines, s.labelled)
		if len(s.signers) >= maxSigners {
			s.signers = s.signers[:maxSigners]
			r.warn("too_many", "What", "signers")
			break
		}
	}
	if all := s.signers; len(all) > 1 && all[0].Role == "" && all[0].Organisation == "" && strings.HasPrefix(all[1].Name, all[0].Name+" ") {
		s.signers = all[1:] // "Salma" above the signature of Salma Reth
	}
	return s
}

// blocks returns the lines of the signatures, grouped at blank lines and labels. What is none of them is left aside: what a copy label
// begins is kept below, and behind a paragraph or an address nobody signs any more, unless in a list.
func (s *signatures) blocks(tail []line) (blocks [][]line) {
	s.paired = isPaired(tail)
	below, closed, list := false, false, s.paired
	for i, l := range tail {
		if s.isSignedLabel(l) {
			below, closed, list = false, false, true
		} else if below = below || s.isCopyLabel(l); below {
			s.below = append(s.below, l)
			continue
		}
		if list = list || readMarker(l.text, nil).isItem(); list || len(blocks) < 2 {
			l.text = withoutAddress(l.text)
		}
		text := trimMarks(l.text)
		switch {
		case closed, text == "", isContact(text), address.MatchString(text), isMonthAndYear(text), s.isOthers(text):
			continue
		case s.LooseSigned.has(fold(text)), s.isOtherLabel(text), s.isTableHead(l):
			continue
		case s.isSentence(l.text), l.gap > 0 && houseFirst.MatchString(text) && s.isPlace(text): // the address of who signed
			closed = !list
			continue
		}
		if i == 0 || l.gap > 0 || len(blocks) == 0 || s.isSignedLabel(l) || s.paired && !tail[i-1].broken {
			if len(blocks) > maxSigners {
				return blocks
			}
			blocks = append(blocks, nil)
		}
		blocks[len(blocks)-1] = append(blocks[len(blocks)-1], l)
	}
	return blocks
}

// isPaired reports whether lines are set by breaks in twos or a few more, so that what follows a break belongs to the signer above it.
func isPaired(lines []line) bool {
	groups, size := 0, 0
	for _, l := range lines {
		if size++; l.broken {
			if size >= personLines {
				return false
			}
			continue
		}
		if size > 1 {
			groups++
		}
		size = 0
	}
	return groups > 1
}

// isSentence reports whether a line says something rather than name a signer: a comment, or a paragraph.
func (r *reader) isSentence(text string) bool {
	first, _, _ := cutComma(text)
	return isProse(line{text: text}) && !r.namesPerson(first) ||
		wordCount(text) >= commentWords && strings.ContainsRune(".!?", lastRune(text)) && !caseless(text) && !r.isProper(text) && !r.hasRole(text) && !r.hasBody(text)
}

// isOtherLabel reports whether a line has a label that names nobody: "Opening hours: …".
func (s *signatures) isOtherLabel(text string) bool {
	label, rest, ok := strings.Cut(text, ":")
	first, _, _ := cutComma(rest)
	if _, signed := s.Signed.label(text); signed || !ok || strings.TrimSpace(rest) == "" || wordCount(label) > labelWords {
		return false
	}
	_, behalf := s.behalf(label)
	return !behalf && !s.hasRole(label) && !s.hasBody(rest) && !s.namesPerson(label) && !s.namesPerson(first)
}

// isTableHead recognises a heading above some signatures, and the head of a table of them: "Name | Role | Organisation".
func (s *signatures) isTableHead(l line) bool {
	if _, labelled := s.signedLabel(l); strings.HasSuffix(l.text, ":") && !labelled && !s.isBehalfLine(l) {
		return true
	}
	columns := columnsOf(l)
	if len(columns) < 2 || slices.ContainsFunc(columns, func(c string) bool { return s.columnOf(c) == noColumn && (l.rule == "" || s.namesPerson(c)) }) {
		return false
	}
	if s.columns = nil; slices.ContainsFunc(columns, func(c string) bool { return s.columnOf(c) == nameColumn }) {
		for _, c := range columns {
			s.columns = append(s.columns, s.columnOf(c))
		}
	}
	return true
}

// isMonthAndYear recognises "January 2026" and «شهر، دی‌ماه ۱۴۰۳», which are no date that can be given.
func isMonthAndYear(text string) bool {
	fields := strings.Fields(strings.ReplaceAll(fold(text), ",", " "))
	n := len(fields)
	if n < 2 || n > monthWords || !isDigits(fields[n-1]) || len(fields[n-1]) != 4 {
		return false
	}
	month := fields[n-2]
	if short := everywhere().MonthSuffixes.trimEnd(month); short != "" {
		month = short
	}
	return isMonthName(month)
}

// isOthers recognises "and 120 others".
func (r *reader) isOthers(text string) bool {
	fields := strings.Fields(fold(text))
	return len(fields) > 1 && len(fields) <= othersWords && r.Conjunction.has(fields[0]) && hasDigit(text)
}

// signedLabel recognises "Signed:", "Signatories" and what stands behind it on the line.
func (r *reader) signedLabel(l line) (rest string, ok bool) {
	if rest, ok = r.Signed.label(inBrackets.ReplaceAllString(l.text, "")); !ok {
		return "", r.isSignedLabel(l)
	}
	if startsWithDigit(rest) || !strings.Contains(l.text, rest) { // how many they are
		rest = ""
	}
	return rest, true
}

// isFooter reports whether the last block below the closing is a letterhead rather than a signature.
func (r *reader) isFooter(lines []line) bool {
	first := lines[0].text
	return len(lines) <= footerLines && slices.ContainsFunc(lines[1:], func(l line) bool { return r.isPlace(l.text) }) &&
		(r.isProper(first) || r.hasBody(first)) && !r.hasRole(first) && r.honorific(first) == "" && (r.hasBody(first) || !r.isPlace(first))
}

// splitSideBySide makes a block for each column of signatures that stand beside each other.
func (r *reader) splitSideBySide(blocks [][]line) (out [][]line) {
	for _, block := range blocks {
		names := sideBySide.Split(block[0].source, mostBeside)
		if len(names) < 2 || slices.ContainsFunc(names, func(n string) bool { return !r.namesPerson(plain(n)) }) {
			out = append(out, block)
			continue
		}
		columns := make([][]line, len(names))
		for _, l := range block[:min(len(block), besideLines)] {
			for i, part := range sideBySide.Split(l.source, len(names)+1) {
				if i < len(names) {
					columns[i] = append(columns[i], line{source: part, text: plain(part)})
				}
			}
		}
		out = append(out, columns...)
	}
	return out
}

// add reads one block. A line goes on with the signer above if it is a role or an organisation of a person.
func (s *signatures) add(lines []line, list bool) {
	single := list && !s.isPersonBlock(lines)
	lines = s.namesFirst(lines)
	had, fresh := len(s.signers), true // no signer of this block was read yet
	for i, l := range lines {
		if (i+1 < len(lines) || len(lines) == 1 && l.text != s.last) && s.isBehalfLine(l) {
			organisation, _ := s.behalf(s.signerText(l))
			s.behalfOf = trimMarks(organisation)
			continue
		}
		if row, ok := s.readColumns(l); ok {
			if row.Name != "" {
				s.signers = append(s.signers, row)
			}
			fresh = false
			continue
		}
		entry := s.signerText(l)
		if !fresh && s.Represented.starts(fold(entry)) {
			continue
		}
		if organisation, ok := s.behalf(entry); ok && !fresh {
			if !unicode.IsLower(firstRune(organisation)) { // "on behalf of its members"
				s.attach(organisation)
				for j := had; j < len(s.signers)-1; j++ { // "A and B" for the same
					if other := &s.signers[j]; other.Role == "" && other.Organisation == "" {
						other.Organisation = organisation
					}
				}
			}
			continue
		}
		if s.paired && !fresh && i > 0 && lines[i-1].broken {
			s.attach(entry)
			continue
		}
		goesOn := !fresh || i == 0 && len(s.signers) > 0 && len(lines) == 1 && !list && s.hasRole(entry)
		if goesOn && !single && !readMarker(l.text, nil).isItem() && (s.belongs(entry) || i == 1 && !list && s.pairs(entry) ||
			i == 2 && len(lines) == 3 && s.isPersonBlock(lines)) {
			s.attach(entry)
			continue
		}
		for _, part := range s.splitEntries(entry) {
			if signer := s.readSigner(strings.TrimSpace(part)); signer.Name != "" {
				s.signers = append(s.signers, signer)
				fresh = false
			}
		}
	}
	for i := had; i < len(s.signers) && s.behalfOf != ""; i++ {
		if signer := &s.signers[i]; signer.Organisation == "" && signer.Name != s.behalfOf {
			signer.Organisation = s.behalfOf
		}
	}
	if len(s.signers) > had {
		s.behalfOf = ""
	}
}

// namesFirst puts each name above the office that stands alone above it: « Le secrétaire, » and the name on the next line.
func (r *reader) namesFirst(lines []line) []line {
	lines = slices.Clone(lines)
	for i := 0; i+1 < len(lines); i++ {
		above, below := strings.TrimRight(r.signerText(lines[i]), ",، "), r.signerText(lines[i+1])
		named := i > 0 && r.isPerson(r.signerText(lines[i-1])) // the office is that of the line above it
		office := !r.namesPerson(above) && (r.beginsOffice(above) || r.hasRole(above) && r.honorific(below) != "")
		if !named && office && wordCount(above) <= officeAbove && r.namesPerson(below) {
			lines[i].text, lines[i].source = above, above
			lines[i], lines[i+1] = lines[i+1], lines[i]
			i++
		}
	}
	return lines
}

// isBehalfLine recognises "For the Teachers' Federation," above the name of who signs for it.
func (s *signatures) isBehalfLine(l line) bool {
	alone := len(s.signers) == 0 && l.gap > 0 && (s.Formal || s.BehalfInside.in(fold(l.text)))
	if wordCount(l.text) > behalfWords || !strings.HasSuffix(l.text, ",") && !strings.HasSuffix(l.text, ":") && !alone {
		return false
	}
	_, ok := s.behalf(s.signerText(l))
	return ok || slices.ContainsFunc(s.BehalfLines, func(p string) bool { return strings.HasPrefix(l.text, capital(p)+" ") })
}

// isPersonBlock reports whether a block in a list is one person on several lines.
func (r *reader) isPersonBlock(lines []line) bool {
	if len(lines) < 2 || len(lines) > personLines || !r.namesPerson(r.signerText(lines[0])) {
		return false
	}
	second := lines[1].text
	return (r.hasRole(second) || len(lines) == 2 && r.hasBody(second)) && !r.isEntry(second) && readMarker(second, nil).kind == noMarker
}

// belongs reports whether a line is role or organisation of the last signer.
func (s *signatures) belongs(entry string) bool {
	last := s.signers[len(s.signers)-1]
	switch at := signerParts.FindStringIndex(entry); {
	case betweenEntries.MatchString(entry), s.hasBody(last.Name), last.Role != "" && last.Organisation != "":
		return false
	case at != nil && at[0] > 0 && s.namesPerson(entry[:at[0]]):
		return false
	case s.honorific(entry) != "" && s.namesPerson(entry):
		return false
	}
	return s.hasRole(entry) || s.hasBody(entry) && (last.Role != "" || s.isPerson(last.Name)) || last.Role != "" && !s.isPerson(entry)
}

// pairs reports whether the second line of a signature that begins with a person is what the person belongs to.
func (s *signatures) pairs(entry string) bool {
	last := s.signers[len(s.signers)-1]
	return last.Role == "" && last.Organisation == "" && s.isPerson(last.Name) && !s.isPerson(entry) && s.honorific(entry) == ""
}

// attach adds a line of role or organisation to the last signer.
func (s *signatures) attach(entry string) {
	last := &s.signers[len(s.signers)-1]
	if inner, ok := strings.CutPrefix(entry, "("); ok {
		entry = strings.TrimSuffix(inner, ")")
	}
	role, rest, split := cutComma(entry)
	switch {
	case split && last.Role == "" && s.hasRole(role) && !s.hasRole(rest):
		last.Role = role
		if last.Organisation == "" {
			last.Organisation = rest
		}
	case last.Role == "" && s.hasRole(entry):
		last.Role = s.withoutArticle(entry)
	case s.isPlace(entry), startsWithDigit(entry), s.toEditor && wordCount(entry) == 1: // a reader's town
	case last.Organisation == "":
		last.Organisation = entry
	default:
		if signer := s.readSigner(entry); signer.Name != "" {
			s.signers = append(s.signers, signer)
		}
	}
}

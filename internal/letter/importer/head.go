package importer

import (
	"slices"
	"strings"
)

// heading is what stands above the salutation.
type heading struct {
	lines      []line // of the head, letterheads on one line taken apart
	titles     titles
	sender     Sender
	addressees []Addressee
	date       dating
	paged      dateline // when the page was published, if a line says so
	rest       []line   // titles behind the second, and what is known to be none of these where there is no salutation
}

// titles are the title of a letter and what stands below it.
type titles struct{ title, subtitle string }

// headKind is what a block of the head is about.
type headKind int

const (
	unknownBlock headKind = iota
	titleBlock
	senderBlock
	addresseeBlock
	ignoredBlock
)

// headBlock is some lines of the head that belong together.
type headBlock struct {
	kind  headKind
	lines []line
	sure  bool // a label says what it is
	dated bool // the date stands above it
}

// headReader reads the head of a letter by what stands around it.
type headReader struct {
	*reader
	blocks  []headBlock
	date    dating
	paged   dateline
	greeted bool        // the letter has a salutation
	people  []Addressee // whom it names
	tail    []line      // signatures
}

// How many words the lines of a head have.
const (
	partWords       = 10 // most of a part of a letterhead on one line
	invocationWords = 7  // most of a formula above the letter, or of a byline
	repeatedWords   = 3  // least of a title that stands twice; shorter lines may
	addressedWords  = 25 // most of an addressee behind a word such as "to"
	referenceWords  = 6  // most of a line with a file number

	mostHeadParts = 12 // of a letterhead on one line
)

// readHead finds title, subtitle, sender, addressees and date in the lines above the salutation.
func (r *reader) readHead(p parts) (h heading) {
	people, _ := r.saluted(p.salutation.words)
	x := headReader{reader: r, greeted: p.salutation.words != "", people: people, tail: p.tail}
	h.lines = r.splitLetterheads(r.withoutRepeats(p.head))
	x.group(h.lines)
	x.classify()
	x.settle()
	for _, b := range x.blocks {
		switch b.kind {
		case titleBlock:
			if h.titles.subtitle != "" {
				h.rest = append(h.rest, b.lines...)
			}
			h.titles = r.addTitle(h.titles, b.lines)
		case senderBlock:
			h.sender = r.addSender(h.sender, b.lines, b.sure)
		case addresseeBlock:
			h.addressees = append(h.addressees, r.readAddressees(b.lines)...)
		case unknownBlock:
			if !x.greeted {
				h.rest = append(h.rest, b.lines...)
			}
		}
	}
	h.date, h.paged = x.date, x.paged
	return h
}

// withoutRepeats drops a title that stands twice, as web pages have it.
func (r *reader) withoutRepeats(lines []line) (kept []line) {
	seen := map[string]bool{}
	for i, l := range lines {
		key := fold(l.text)
		if seen[key] && wordCount(key) >= repeatedWords {
			continue
		}
		seen[key] = i == 0 || r.isTitle(l) // the lines of an address may stand twice
		kept = append(kept, l)
	}
	return kept
}

// splitLetterheads makes lines of a letterhead on one line: "Clean Rivers · 12 Mill Lane · Ashby".
func (r *reader) splitLetterheads(lines []line) (out []line) {
	for _, l := range lines {
		between := letterheadSigns
		if emailAddress.MatchString(l.text) {
			between = letterheadDashes
		}
		parts := between.Split(l.text, mostHeadParts)
		if len(parts) < 2 || slices.ContainsFunc(parts, func(p string) bool { return wordCount(p) > partWords }) ||
			!slices.ContainsFunc(parts, func(p string) bool { return isContact(p) || r.isPlace(p) }) {
			out = append(out, l)
			continue
		}
		gap := l.gap
		for _, part := range parts {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, line{text: part, source: part, indent: l.indent, gap: gap})
			}
			gap = 0
		}
	}
	return out
}

// group makes blocks of the lines: at blank lines, labels and dates, and at names with honorifics where there are no blank
// lines. Dates and invocations are taken out.
func (x *headReader) group(lines []line) {
	open, dated := false, false
	spaced := len(lines) > 0 && slices.ContainsFunc(lines[1:], func(l line) bool { return l.gap > 0 })
	add := func(kind headKind, sure bool, lines ...line) {
		x.blocks = append(x.blocks, headBlock{kind: kind, sure: sure, lines: lines, dated: dated})
	}
	for _, l := range lines {
		open = open && l.gap == 0
		if x.takeDate(l) {
			open, dated = false, true
			continue
		}
		last := &headBlock{kind: ignoredBlock}
		if len(x.blocks) > 0 {
			last = &x.blocks[len(x.blocks)-1]
		}
		if x.isInvocation(l.text) || x.isOnlyHonorific(l.text) {
			open = open && last.sure && len(last.lines) == 0
			continue
		}
		if x.titleGoesOn(*last, l) {
			last.lines = append(last.lines, l)
			continue
		}
		if kind, rest, ok := x.headLabel(l.text); ok {
			if x.isOnlyHonorific(rest) {
				rest = ""
			}
			about := ""
			if at := strings.IndexAny(rest, ":："); at > 0 && kind == addresseeBlock { // "To X: for an open bridge"
				rest, about = strings.TrimSpace(rest[:at]), strings.Trim(rest[at:], ":： ")
			}
			attention := kind == addresseeBlock && x.Attentions.starts(fold(l.text))
			if attention && !open && len(x.blocks) > 0 && rest != "" && x.honorific(rest) == "" && !x.hasRole(rest) && !x.isPerson(rest) {
				continue // "Attention: Legal Department" below an address
			}
			if open && attention && last.kind == unknownBlock {
				last.kind = addresseeBlock
				last.lines = append(last.lines, line{text: rest, source: rest})
				continue
			}
			open = kind != titleBlock && kind != ignoredBlock
			add(kind, true)
			if rest != "" {
				x.blocks[len(x.blocks)-1].lines = []line{{text: rest, source: rest}}
			}
			if about != "" {
				open = false
				add(titleBlock, true, line{text: about, source: about})
			}
			continue
		}
		switch {
		case last.sure && len(last.lines) == 0 && last.kind != ignoredBlock:
			open = true
		case open && !last.sure && x.opensBlock(*last, l, spaced):
			open = false
		}
		if open {
			last.lines = append(last.lines, l)
			continue
		}
		add(unknownBlock, false, l)
		open = l.level == 0
	}
}

// takeDate takes the date of a line that is nothing else, or of one part of a line such as "14 June 2022 | By …". The first date
// of the head is the letter's; when the page was published says so only if nothing else does.
func (x *headReader) takeDate(l line) bool {
	if dated, ok := x.readPageDate(l.text); ok {
		if x.paged.text == "" {
			x.paged = dated
		}
		return true
	}
	for part := range strings.SplitSeq(l.text, " | ") {
		if dated, ok := readDateLine(part); ok {
			if x.date.asWritten == "" {
				x.date = x.dating(dated)
			}
			return true
		}
	}
	return false
}

// opensBlock reports whether a line begins something new though no blank line stands above it.
func (x *headReader) opensBlock(b headBlock, l line, spaced bool) bool {
	if l.level > 0 {
		return true
	}
	last := b.lines[len(b.lines)-1]
	titled := len(b.lines) == 1 && x.isTitle(last) && !(spaced && x.isLetterhead(last))
	if x.honorific(l.text) != "" && (!spaced || titled) {
		return titled || len(b.lines) > 1 || !x.hasRole(b.lines[0].text) || x.honorific(b.lines[0].text) != ""
	}
	if isContact(l.text) || x.isPlace(l.text) && !x.namesLetter(last.text) {
		return false
	}
	return titled || x.isTitle(l) && !x.isTitle(last)
}

// isOnlyHonorific reports whether a line is an honorific whose name stands on the next line.
func (r *reader) isOnlyHonorific(text string) bool {
	return r.Honorifics.has(strings.Trim(fold(text), " .,:"))
}

// isInvocation reports whether a line is a formula above the letter, or the author of an article.
func (r *reader) isInvocation(text string) bool {
	folded := strings.Trim(fold(text), " .:!-*")
	if wordCount(folded) > invocationWords {
		return false
	}
	if by := r.Bylines.leading(folded); by != "" && (r.OwnBylines.has(by) || r.isPerson(strings.TrimLeft(skipWords(text, wordCount(by)), ": "))) {
		return true
	}
	start := r.Invocation.leading(folded)
	return start == folded && start != "" || wordCount(start) > 1
}

// headLabel recognises "To: …", "To the …", "From: …", "Subject: …".
func (r *reader) headLabel(text string) (kind headKind, rest string, ok bool) {
	if rest, ok = r.To.label(text); ok {
		return addresseeBlock, rest, true
	}
	if rest, ok = r.From.label(text); ok {
		return senderBlock, rest, true
	}
	if r.isReferenceLine(text) {
		return ignoredBlock, text, true
	}
	if rest, ok = r.Subjects.label(text); ok {
		return titleBlock, rest, true
	}
	if rest, ok = r.Copies.label(text); ok {
		return ignoredBlock, rest, true
	}
	folded := fold(text)
	for _, w := range r.langs {
		to := w.To.leading(folded)
		if to == "" || wordCount(text) > addressedWords {
			continue
		}
		rest = skipWords(text, wordCount(to))
		named := caseless(rest) && len(to) > shortTo || startsUpper(rest) || r.Articles.lead(fold(rest))
		if rest == "" || named || r.honorific(rest) != "" || r.hasRole(rest) {
			return addresseeBlock, rest, true
		}
	}
	return unknownBlock, "", false
}

// shortTo is how many bytes the word for "to" has that says too little without a colon before words that have no capitals.
const shortTo = 4

// isReferenceLine recognises "Our ref: SC/114/2025" and «شماره: ۱۲۳».
func (r *reader) isReferenceLine(text string) bool {
	return wordCount(text) <= referenceWords && hasDigit(text) && r.References.starts(fold(text))
}

// titleGoesOn reports whether a title in capitals goes on: OPEN LETTER / TO THE MINISTER.
func (r *reader) titleGoesOn(b headBlock, l line) bool {
	if len(b.lines) == 0 || len(b.lines) > 3 || !isCapitals(l.text) || !isCapitals(b.lines[0].text) || !r.isTitle(b.lines[0]) {
		return false
	}
	first, _, _ := strings.Cut(fold(l.text), " ")
	return r.OfWords.has(first) && !strings.Contains(l.text, ":")
}

// addTitle takes lines as the title, or as what stands below it.
func (r *reader) addTitle(t titles, lines []line) titles {
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = strings.TrimSpace(l.text)
	}
	text := strings.Join(parts, " ")
	switch {
	case t.title == "" && len(lines) > 1 && !r.continues(lines[0].text, lines[1].text):
		return titles{parts[0], strings.Join(parts[1:], " ")}
	case t.title == "":
		t.title = text
	case t.subtitle == "":
		t.subtitle = text
	}
	return t
}

// addSender takes a letterhead: name, address, e-mail. It is sure if a label says so.
func (r *reader) addSender(s Sender, lines []line, sure bool) Sender {
	for i, l := range lines {
		text := trimMarks(l.text)
		if rest, ok := r.Addresses.label(l.text); ok {
			text = trimMarks(rest)
		}
		if email := emailAddress.FindString(l.text); email != "" {
			if s.Email == "" {
				s.Email = strings.TrimRight(email, ".")
			}
			continue
		}
		switch {
		case text == "" || isContact(text):
		case s.Name == "" && sure:
			s.Name, s.Address = r.splitName(r.withoutHonorifics(text))
		case s.Name == "" && !r.isStreet(text):
			s.Name = r.withoutHonorifics(text)
		case len(s.Address) == 0 && isAcronym(s.Name) && (isAcronymOf(s.Name, text) || i == 0 && !r.isPlace(text)):
			s.Name = text
		case len(s.Address) == 0 && i > 0 && r.continues(lines[i-1].text, text):
			s.Name += " " + text
		case len(s.Address) == 0 && isAcronym(strings.Trim(text, "()")) && isAcronymOf(strings.Trim(text, "()"), s.Name):
		default:
			s.Address = append(s.Address, text)
		}
	}
	return s
}

// splitName splits "Name, street, town" of a labelled sender.
func (r *reader) splitName(text string) (name string, address []string) {
	name, rest, ok := cutComma(text)
	if !ok || !r.isPlace(rest) {
		return text, nil
	}
	return name, []string{rest}
}

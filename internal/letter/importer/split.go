package importer

import (
	"slices"
	"strings"
)

// parts are the lines of a letter by what they belong to; the salutation and the closing are its corners.
type parts struct {
	intro      []line // introduces the letter and is not part of it
	head       []line // title, letterhead, addressee, date
	salutation corner
	body       []line
	closing    corner
	tail       []line // signatures
}

// corner is a salutation or a closing.
type corner struct {
	words string
	line  string // with the punctuation behind them
}

// What tells a paragraph from a line of a head or a signature, in words of the line. Names with office and institution are
// shorter, or do not end like a sentence.
const (
	paragraphWords = 12   // that end like a sentence
	longWords      = 45   // however they end
	longBytes      = 3000 // so of text that has no spaces
	sentenceWords  = 8    // that do so in a script that writes small words joined, beside a salutation, or in two sentences
	sentencesRunes = 70   // of two sentences; shorter ones are abbreviations: "St. Mary's Ch. Rd."
	askingWords    = 6    // of a sentence that asks for something, in languages of set forms
)

// shortLine is how many runes a line has that may be one of an address or a signature; a longer one is a paragraph.
const shortLine = 60

// isProse reports whether a line is a paragraph rather than a line of a head or a signature.
func isProse(l line) bool {
	n := wordCount(l.text)
	if len(l.text) > longBytes || n >= longWords {
		return true
	}
	if n < sentenceWords || !endsSentence(l.text) {
		return false
	}
	return n >= paragraphWords || caseless(l.text) && strings.HasSuffix(l.text, ".") ||
		strings.Contains(l.text, ". ") && runeCount(l.text) > sentencesRunes
}

// split finds where the letter begins and ends.
func (r *reader) split(lines []line) (p parts) {
	lines, start := r.findSalutation(lines)
	first := start + 1
	if start < 0 {
		first = r.findProse(lines)
	} else {
		lines = r.joinSalutations(lines, start)
	}
	lines = r.splitClosing(lines, first)
	end := r.findEnd(lines, first, start >= 0)
	for i, l := range lines[:first] {
		sentence := start >= 0 && l.level == 0 && wordCount(l.text) >= sentenceWords && strings.HasSuffix(l.text, ".")
		switch {
		case i == start:
			p.salutation.words = trimSalutation(l.text)
		case (isProse(l) || sentence) && !r.isHeadLine(l):
			p.intro = append(p.intro, l)
		default:
			p.head = append(p.head, l)
		}
	}
	p.body = lines[first:end]
	if start < 0 && len(p.intro) == 0 && len(p.body) > 1 && r.introduces(p.body[0].text) {
		p.intro, p.body = p.body[:1], p.body[1:]
	}
	p.closing.words, p.tail = r.takeClosing(lines[end:])
	p.salutation.line, p.closing.line = p.salutation.words, p.closing.words
	if i := slices.IndexFunc(lines[:min(len(lines), searched)], func(l line) bool {
		return trimSalutation(l.text) == p.salutation.words
	}); i >= 0 {
		p.salutation.line += punctuationAfter(lines[i].text, p.salutation.words)
	}
	for _, l := range slices.Backward(lines) {
		if strings.HasPrefix(trimQuotes(l.text), p.closing.words) {
			p.closing.line += punctuationAfter(l.text, p.closing.words)
			break
		}
	}
	return p
}

// punctuationAfter returns the comma, colon or the like that follows the words of a corner on their line.
func punctuationAfter(line, words string) string {
	if words == "" {
		return ""
	}
	_, rest, _ := strings.Cut(line, words)
	rest = strings.TrimLeft(rest, "*_ ")
	for _, mark := range []string{",", "،", ":", "：", ";", "!", "."} {
		if strings.HasPrefix(rest, mark) {
			return mark
		}
	}
	return ""
}

// isHeadLine reports whether a long line belongs to the head all the same: a heading, or one with a label or a date.
func (r *reader) isHeadLine(l line) bool {
	labels := [...]phrases{r.To, r.From, r.Subjects}
	return l.level > 0 || isDated(l) || slices.ContainsFunc(labels[:], func(p phrases) bool { _, ok := p.label(l.text); return ok })
}

// findProse returns the first paragraph of a letter without salutation.
func (r *reader) findProse(lines []line) int {
	for i, l := range lines {
		asks := r.Formal && l.level == 0 && wordCount(l.text) >= askingWords && strings.HasSuffix(l.text, ".") && r.asksAsWe(fold(l.text))
		if (isProse(l) || asks) && !r.isHeadLine(l) || i > 0 && r.isListed(l) {
			return i
		}
	}
	return min(len(lines), 1)
}

// isListed reports whether a line is an item that asks or says something, not one of a list of addressees.
func (r *reader) isListed(l line) bool {
	m := readMarker(l.text, nil)
	return m.kind == numbered && m.value == 1 && strings.ContainsAny(l.text[len(l.text)-1:], "?.!:") && r.honorific(l.text[m.size:]) == ""
}

// How far the lines around a corner are looked at.
const (
	searched         = 80 // lines from the top that a salutation is looked for in
	closingSearched  = 60 // lines from the end that the formula of a closing is looked for in
	salutationBelow  = 7  // lines below a name and an office in which the salutation follows
	subjectLines     = 3  // lines below a salutation of which one is a paragraph; the others are a subject
	attachedBelow    = 11 // lines below a closing in which the salutation of an attached letter follows
	signaturesBelow  = 5  // lines below a closing of which none is a paragraph
	signatureWords   = 25 // of a line below a closing that is a paragraph, not a signer with several offices
	salutationWords  = 14 // of a salutation that has a line of its own
	salutationRunes  = 160
	greetingWords    = 10  // of a salutation that the first sentence follows on its line …
	greetingStops    = 4   // … or of one with an abbreviation: "Dear Mr. A. Rowe, we write …"
	greetingBytes    = 120 // … and what both take at most
	vocativeWords    = 6   // of an office that stands for a salutation without "Dear"
	lastLineWords    = 10  // of a line that ends a letter without closing
	shoutedNameWords = 3   // of a name with an exclamation mark: "Women Vote!"
)

// findSalutation returns the index of the salutation, -1 if there is none. Of a line that holds the salutation and the first
// sentence it makes two.
func (r *reader) findSalutation(lines []line) (_ []line, at int) {
	at, told := -1, false // a paragraph that does not introduce the letter stands above
	for i, l := range lines[:min(len(lines), searched)] {
		if two, ok := r.splitSalutation(l); ok {
			return slices.Replace(lines, i, i+1, two...), i
		}
		strong, weak := r.isSalutation(l)
		if strong && (r.isAddressedAbove(lines[i:]) || r.isNamedAbove(lines[i:])) {
			continue
		}
		if strong {
			return lines, r.vocativeBefore(lines, i)
		}
		told = told || l.level == 0 && isProse(l) && !r.introduces(l.text)
		if weak && at < 0 && (!told || isVocative(l.text)) && r.proseFollows(lines[i:]) {
			at = i
		}
	}
	return lines, at
}

// isSalutation tells a sure salutation ("Dear …") from a line that may be one ("Mr President,").
func (r *reader) isSalutation(l line) (strong, weak bool) {
	text := trimQuotes(l.text)
	n := wordCount(text)
	if n > salutationWords || runeCount(text) > salutationRunes || emailAddress.MatchString(text) {
		return false, false
	}
	folded := fold(text)
	if l.level > 0 && !strings.HasSuffix(folded, ",") && (l.level == 1 || endsSentence(folded) && !strings.HasSuffix(folded, ":")) {
		return false, false // a title that speaks to somebody
	}
	if r.Salutations.starts(folded) {
		return !strings.HasSuffix(folded, "."), false
	}
	bare := strings.TrimRight(folded, ",:!- ")
	if bare == folded {
		return false, r.endsEndearment(bare) && n <= vocativeWords
	}
	if !r.Vocatives.starts(folded) && !r.endsEndearment(bare) {
		return false, false
	}
	if r.Formal && n <= vocativeWords && l.gap > 0 && strings.HasSuffix(folded, ",") {
		if h := r.honorific(text); h != "" && r.beginsOffice(strings.TrimPrefix(text, h)) {
			return true, false // « Madame la Ministre, »
		}
	}
	if strings.ContainsAny(strings.TrimRight(text, ":"), ":@") { // a label or an address inside
		return false, false
	}
	_, last, _ := cutLast(bare)
	quotes := strings.HasSuffix(folded, ":") && n > 2 && !startsUpper(trimMarks(text)[strings.LastIndexByte(trimMarks(text), ' ')+1:]) && !caseless(text)
	return false, !quotes || r.Roles.has(last) || r.Vocatives.has(last) || r.Peers.has(last) || r.Polite.has(last) // "Dr X warned:"
}

// isVocative reports whether a line is short and has nothing behind whom it speaks to: "Mr President,".
func isVocative(text string) bool {
	_, rest, _ := cutComma(text)
	return wordCount(text) <= vocativeWords && rest == "" && !strings.HasSuffix(text, ":")
}

// isAddressedAbove reports whether the first line, with honorific, name and office, is the addressee, because the salutation
// follows.
func (r *reader) isAddressedAbove(lines []line) bool {
	name, rest, ok := cutComma(lines[0].text)
	if !ok || len(lines) < 2 || r.honorific(name) == "" || !r.hasRole(rest) {
		return false
	}
	strong, weak := r.isSalutation(lines[1])
	return strong || weak
}

// isNamedAbove reports whether the first line, with an honorific, begins an address, because its office stands right below and
// a salutation further below: «عالیجناب آقای …».
func (r *reader) isNamedAbove(lines []line) bool {
	if len(lines) < 3 || lines[1].gap > 0 || !r.hasRole(lines[1].text) || endsWithComma(lines[0].text) {
		return false
	}
	return slices.ContainsFunc(lines[2:min(len(lines), 2+salutationBelow)], func(l line) bool {
		strong, _ := r.isSalutation(l)
		return strong
	})
}

func (r *reader) endsEndearment(folded string) bool {
	_, last, ok := cutLast(folded)
	return ok && r.Endearments.has(last)
}

// proseFollows reports whether the line below the first, a subject aside, is a paragraph.
func (r *reader) proseFollows(lines []line) bool {
	for _, l := range lines[1:min(len(lines), 1+subjectLines)] {
		if isProse(l) {
			return true
		}
		if strong, _ := r.isSalutation(l); strong {
			return false
		}
	}
	return false
}

// vocativeBefore returns the line above a greeting when that line is the salutation proper: «جناب آقای …،» stands alone
// above «با سلام» and the addressee was named before it.
func (r *reader) vocativeBefore(lines []line, i int) int {
	if i == 0 || i == 1 && lines[0].gap > 0 && !r.GreetsBelow {
		return i
	}
	above, greeting := lines[i-1], lines[i].text
	alone := above.gap > 0 && i > 1 || r.GreetsBelow && strings.HasSuffix(above.text, "،")
	if _, weak := r.isSalutation(above); weak && alone && r.Greetings.starts(fold(trimQuotes(greeting))) && !r.Again.starts(fold(greeting)) {
		return i - 1
	}
	return i
}

// joinSalutations joins "Dear President Lant," and the line "Dear Commissioners," below it.
func (r *reader) joinSalutations(lines []line, start int) []line {
	for below := start + 1; below < len(lines) && lines[below].gap == 0; {
		if strong, _ := r.isSalutation(lines[below]); !strong || !r.Again.lead(fold(lines[below].text)) {
			break
		}
		lines[start] = join(lines[start], lines[below])
		lines = slices.Delete(lines, below, below+1)
	}
	return lines
}

// splitSalutation splits "Dear Sir, we write …" into two lines.
func (r *reader) splitSalutation(l line) (two []line, ok bool) {
	if wordCount(l.text) <= salutationWords || l.level > 0 {
		return nil, false
	}
	quoted := trimQuotes(l.text)
	if !r.Salutations.starts(fold(quoted[:min(len(quoted), greetingBytes)])) {
		return nil, false
	}
	at := strings.IndexAny(l.source, ",،:")
	if at <= 0 || at > greetingBytes {
		return nil, false
	}
	if n := wordCount(l.source[:at]); n > greetingWords || n > greetingStops && strings.Contains(l.source[:at], ".") {
		return nil, false
	}
	greeting, rest := l, l
	greeting.source, rest.source = l.source[:at], strings.TrimSpace(l.source[at+len(string(firstRune(l.source[at:]))):])
	greeting.text, rest.text, rest.gap = plain(greeting.source), plain(rest.source), 1
	return []line{greeting, rest}, rest.text != ""
}

func trimSalutation(text string) string {
	return strings.TrimRight(trimQuotes(text), ",،:：;؛!-–— ")
}

// findEnd returns where the signatures begin: at the closing, at a list of signatories, or after the last paragraph.
func (r *reader) findEnd(lines []line, first int, saluted bool) int {
	if i := r.lastClosing(lines, first); i >= 0 {
		for i > first && r.closingOf(lines[i-1].text) != "" && !strings.HasSuffix(lines[i-1].text, ".") { // "With best wishes" above "Yours ever"
			i--
		}
		return i
	}
	if i := slices.IndexFunc(lines[first:], r.isSignedLabel); i >= 0 {
		return first + i
	}
	end := r.afterLastParagraph(lines, first)
	if !saluted && !r.endsAsSigned(lines[end:]) {
		return len(lines)
	}
	return end
}

// lastClosing returns the last closing, -1 if there is none.
func (r *reader) lastClosing(lines []line, first int) int {
	for i := len(lines) - 1; i >= first; i-- {
		if r.closingOf(lines[i].text) != "" && r.shortLinesFollow(lines[i:]) && !r.letterFollows(lines[i:]) {
			return i
		}
	}
	return -1
}

// endsAsSigned reports whether the short lines below the last paragraph have the name of an organisation and a date.
func (r *reader) endsAsSigned(lines []line) bool {
	return slices.ContainsFunc(lines, isDated) && slices.ContainsFunc(lines, func(l line) bool { return !isDated(l) && r.hasBody(l.text) })
}

// letterFollows reports whether the letter that a call asks to sign stands behind the closing, which is the first line.
func (r *reader) letterFollows(lines []line) bool {
	for i := 1; i < min(len(lines), 1+attachedBelow); i++ {
		if strong, _ := r.isSalutation(lines[i]); strong && r.closingOf(lines[i].text) == "" && r.proseFollows(lines[i:]) {
			return true
		}
	}
	return false
}

// afterLastParagraph returns the index of the short lines that end a letter without closing.
func (r *reader) afterLastParagraph(lines []line, first int) int {
	end := len(lines)
	for i := len(lines) - 1; i >= first; i-- {
		l := lines[i]
		n := wordCount(l.text)
		named := strings.HasSuffix(l.text, ":") || strings.HasSuffix(l.text, "!") && n <= shoutedNameWords
		if n > lastLineWords || endsSentence(l.text) && !named || readMarker(l.text, r.Ordinals).kind != noMarker || l.level > 0 {
			break
		}
		end = i
	}
	if end < len(lines) && lines[end].gap == 0 && end > first {
		return len(lines)
	}
	return end
}

// shortLinesFollow reports whether the lines below the first, a closing, are not paragraphs.
func (r *reader) shortLinesFollow(lines []line) bool {
	for _, l := range lines[1:min(len(lines), 1+signaturesBelow)] {
		if r.isCopyLabel(l) {
			break
		}
		if isProse(l) && wordCount(l.text) > signatureWords {
			return false
		}
	}
	return true
}

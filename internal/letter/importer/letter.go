package importer

import (
	"regexp"
	"slices"
	"strings"
)

// reader holds the parts of one letter while it is read.
type reader struct {
	draft *Draft
	langs []*words // of the letter first

	lines []line
	rest  string // beyond maxLines, not looked at
	intro []line // what introduces the letter and is not part of it
	head  []line // title, letterhead, addressee, date
	body  []line
	tail  []line // signatures
	notes []line // footnotes

	behalfOf string // the organisation that the next signer signs for
}

func newReader(lines []line, rest string) *reader {
	r := &reader{draft: &Draft{Form: FormLetter}, lines: lines, rest: rest}
	r.draft.Language = detect(lines)
	r.langs = languages(r.draft.Language)
	return r
}

// hint takes the language that a file says it is in when its words do not tell.
func (r *reader) hint(tag string) {
	if r.draft.Language == "" && tag != "" {
		r.draft.Language = tag
		r.langs = languages(tag)
	}
}

func (r *reader) warn(key string, args ...any) {
	w := Warning{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if w.Args == nil {
			w.Args = map[string]any{}
		}
		w.Args[args[i].(string)] = args[i+1]
	}
	r.draft.Warnings = append(r.draft.Warnings, w)
}

// read finds the parts and then what each part says.
func (r *reader) read() *Draft {
	switch {
	case r.draft.Language == "":
		r.warn("language_unknown")
	case r.langs[0].tag != r.draft.Language:
		r.warn("language_unread")
	}
	r.dropFurniture()
	r.takeNotes()
	r.split()
	r.readHead()
	r.readIntroduction()
	r.readBodyDate()
	r.completeAddressees()
	r.readSigners()
	r.readForm()
	if r.draft.Form != FormArticle {
		r.readDemands()
		r.readDeadline()
	}
	r.readFigures()
	r.keepAsWritten()
	r.draft.Introduction = markdown(r.intro)
	r.draft.Body = markdown(slices.Concat(r.body, r.notes))
	if r.rest != "" {
		r.draft.Body += "\n\n" + r.rest
		r.warn("too_many", "What", "lines")
	}
	return r.draft
}

// any reports whether the folded text has one of the phrases of any language.
func (r *reader) any(folded string, of func(*words) []string) bool {
	for _, w := range r.langs {
		if hasAny(folded, of(w)) {
			return true
		}
	}
	return false
}

// starts returns the phrase of any language that the folded text begins with.
func (r *reader) starts(folded string, of func(*words) []string) string {
	best := ""
	for _, w := range r.langs {
		for _, p := range of(w) {
			if len(p) > len(best) && startsWith(folded, []string{p}) != "" {
				best = p
			}
		}
	}
	return best
}

// is reports whether the folded text is one of the phrases of any language.
func (r *reader) is(folded string, of func(*words) []string) bool {
	for _, w := range r.langs {
		if slices.Contains(of(w), folded) {
			return true
		}
	}
	return false
}

// label splits "To: Mr X" at the label; ok is false if the line does not begin with one of the labels and a colon.
func (r *reader) label(text string, of func(*words) []string) (rest string, ok bool) {
	at := strings.IndexAny(text, ":：")
	if at <= 0 || at > 80 {
		return "", false
	}
	folded := strings.Trim(fold(text[:at]), " .")
	if r.is(folded, of) {
		return strings.TrimSpace(strings.TrimLeft(text[at:], ":： ")), true
	}
	return "", false
}

// split finds where the letter begins and ends: the salutation and the closing are its corners.
func (r *reader) split() {
	start := r.findSalutation()
	first := start + 1
	if start < 0 {
		first = r.findProse()
	}
	first = r.takeSecondSalutation(start, first)
	r.splitClosing(first)
	end := r.findEnd(first, start >= 0)
	for i, l := range r.lines[:first] {
		switch {
		case i == start:
			r.draft.Salutation = trimSalutation(l.text)
		case (isProse(l) || start >= 0 && l.level == 0 && wordCount(l.text) >= 8 && strings.HasSuffix(l.text, ".")) && !r.isHeadLine(l):
			r.intro = append(r.intro, l)
		default:
			r.head = append(r.head, l)
		}
	}
	r.body, r.tail = r.lines[first:end], r.lines[end:]
	if start < 0 && len(r.intro) == 0 && len(r.body) > 1 && r.introduces(r.body[0].text) {
		r.intro, r.body = r.body[:1], r.body[1:]
	}
	r.takeClosing()
}

// takeSecondSalutation joins "Dear President Lant," and the line "Dear Commissioners," below it.
func (r *reader) takeSecondSalutation(start, first int) int {
	for start >= 0 && first < len(r.lines) && first <= start+3 && r.lines[first].gap == 0 && strings.HasPrefix(fold(r.lines[first].text), "dear ") {
		if strong, _ := r.isSalutation(r.lines[first]); !strong {
			break
		}
		r.lines[start] = join(r.lines[start], r.lines[first])
		r.lines = slices.Delete(r.lines, first, first+1)
	}
	return first
}

// isHeadLine reports whether a long line belongs to the head all the same.
func (r *reader) isHeadLine(l line) bool {
	if l.level > 0 {
		return true
	}
	if _, ok := r.label(l.text, func(w *words) []string { return slices.Concat(w.to, w.from, w.subjects) }); ok {
		return true
	}
	return isDated(l)
}

func isDated(l line) bool {
	_, _, ok := dateLine(l)
	return ok
}

// isProse reports whether a line is a paragraph rather than a line of a head or a signature.
func isProse(l line) bool {
	n := wordCount(l.text)
	dense := n >= 8 && strings.HasSuffix(l.text, ".") && firstRune(l.text) >= 0x590 // Arabic writes small words joined
	return len(l.text) > 3000 || dense || n >= 12 && endsSentence(l.text) || n >= 45 || n >= 8 && strings.Contains(l.text, ". ") && endsSentence(l.text) && runeCount(l.text) > 70
}

// findProse returns the first paragraph of a letter without salutation.
func (r *reader) findProse() int {
	for i, l := range r.lines {
		if (isProse(l) || l.level == 0 && wordCount(l.text) >= 6 && strings.HasSuffix(l.text, ".") && len(r.langs[0].closingFormulas) > 0 && r.asksAsWe(fold(l.text))) && !r.isHeadLine(l) || i > 0 && r.isListed(l) {
			return i
		}
	}
	return min(len(r.lines), 1)
}

// isListed reports whether a line is an item that asks or says something, not one of a list of addressees.
func (r *reader) isListed(l line) bool {
	m := readMarker(l.text, nil)
	return m.kind == numbered && m.value == 1 && strings.ContainsAny(l.text[len(l.text)-1:], "?.!:") && r.honorific(l.text[m.size:]) == ""
}

// searched is how many lines from the top a salutation is looked for in.
const searched = 80

// findSalutation returns the index of the salutation, -1 if there is none. A line that holds the salutation and the first
// sentence is split in two.
func (r *reader) findSalutation() int {
	best := -1
	for i, l := range r.lines[:min(len(r.lines), searched)] {
		if r.splitSalutation(i) {
			return i
		}
		strong, weak := r.isSalutation(l)
		if strong && (r.closes(i) || r.isAddressedAbove(i) || r.isNamedAbove(i)) {
			continue
		}
		if strong {
			return r.vocativeBefore(i)
		}
		if weak && best < 0 && r.proseFollows(i) {
			best = i
		}
	}
	return best
}

// isSalutation tells a sure salutation ("Dear …") from a line that may be one ("Mr President,").
func (r *reader) isSalutation(l line) (strong, weak bool) {
	text := trimQuotes(l.text)
	if wordCount(text) > 14 || runeCount(text) > 160 || l.level > 0 || emailAddress.MatchString(text) {
		return false, false
	}
	folded := fold(text)
	if r.starts(folded, func(w *words) []string { return w.salutations }) != "" {
		return !strings.HasSuffix(folded, "."), false
	}
	bare := strings.TrimRight(folded, ",:!- ")
	if bare == folded && !strings.HasSuffix(folded, "!") {
		return false, r.endsEndearment(bare) && wordCount(text) <= 6
	}
	weak = r.starts(folded, func(w *words) []string { return w.vocatives }) != "" || r.endsEndearment(bare)
	if h := r.honorific(text); weak && h != "" && len(r.langs[0].closingFormulas) > 0 && r.beginsOffice(strings.TrimPrefix(text, h)) && wordCount(text) <= 6 && strings.HasSuffix(folded, ",") && l.gap > 0 {
		return true, false // « Madame la Ministre, »
	}
	return false, weak && !hasInnerLabel(text)
}

// isAddressedAbove reports whether a line with honorific, name and office is the addressee, because the salutation follows.
func (r *reader) isAddressedAbove(i int) bool {
	name, rest, ok := cutComma(r.lines[i].text)
	if !ok || r.honorific(name) == "" || !r.hasRole(rest) || i+1 >= len(r.lines) {
		return false
	}
	strong, weak := r.isSalutation(r.lines[i+1])
	return strong || weak
}

// isNamedAbove reports whether a line with an honorific begins an address, because its office stands right below and a
// salutation further below: «عالیجناب آقای …».
func (r *reader) isNamedAbove(i int) bool {
	if i+2 >= len(r.lines) || r.lines[i+1].gap > 0 || !r.hasRole(r.lines[i+1].text) || strings.HasSuffix(r.lines[i].text, ",") || strings.HasSuffix(r.lines[i].text, "،") {
		return false
	}
	return slices.ContainsFunc(r.lines[i+2:min(len(r.lines), i+9)], func(l line) bool {
		strong, _ := r.isSalutation(l)
		return strong
	})
}

func hasInnerLabel(text string) bool { return strings.ContainsAny(strings.TrimRight(text, ":"), ":@") }

func (r *reader) endsEndearment(folded string) bool {
	at := strings.LastIndexByte(folded, ' ')
	return at > 0 && r.is(folded[at+1:], func(w *words) []string { return w.endearments })
}

// closes reports whether the line is the closing rather than the salutation: nothing but short lines follow it.
func (r *reader) closes(i int) bool {
	if slices.ContainsFunc(r.lines[i+1:], isProse) {
		return false
	}
	return r.closingOf(r.lines[i].text) != ""
}

// proseFollows reports whether the next line, a subject line aside, is a paragraph.
func (r *reader) proseFollows(i int) bool {
	for _, l := range r.lines[i+1 : min(len(r.lines), i+4)] {
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
func (r *reader) vocativeBefore(i int) int {
	if i == 0 || i == 1 && r.lines[0].gap > 0 && r.langs[0] != &arabic {
		return i
	}
	above := r.lines[i-1]
	_, weak := r.isSalutation(above)
	alone := above.gap > 0 && i > 1 || r.langs[0] == &arabic && strings.HasSuffix(above.text, "،")
	if weak && alone && r.starts(fold(trimQuotes(r.lines[i].text)), func(w *words) []string { return w.greetings }) != "" && !strings.HasPrefix(fold(r.lines[i].text), "dear") {
		return i - 1
	}
	return i
}

// splitSalutation splits "Dear Sir, we write …" into two lines.
func (r *reader) splitSalutation(i int) bool {
	l := r.lines[i]
	if wordCount(l.text) <= 14 || l.level > 0 {
		return false
	}
	quoted := trimQuotes(l.text)
	if r.starts(fold(quoted[:min(len(quoted), 200)]), func(w *words) []string { return w.salutations }) == "" {
		return false
	}
	at := strings.IndexAny(l.source, ",،:")
	if at <= 0 || at > 120 || wordCount(l.source[:at]) > 10 || strings.Contains(l.source[:at], ".") && wordCount(l.source[:at]) > 4 {
		return false
	}
	_, size := len(l.source), len(string(firstRune(l.source[at:])))
	head, rest := l, l
	head.source, rest.source = l.source[:at], strings.TrimSpace(l.source[at+size:])
	head.text, rest.text, rest.gap = plain(head.source), plain(rest.source), 1
	if rest.text == "" {
		return false
	}
	r.lines = slices.Insert(r.lines, i+1, rest)
	r.lines[i] = head
	return true
}

func trimSalutation(text string) string {
	return strings.TrimRight(trimQuotes(text), ",،:：;؛!-–— ")
}

// splitClosing makes a line of its own of a formula that ends the last paragraph: « Nous restons à votre disposition. Veuillez
// agréer … ».
func (r *reader) splitClosing(first int) {
	formulas := r.langs[0].closingFormulas
	if len(formulas) == 0 {
		return
	}
	for i := len(r.lines) - 1; i >= max(first, len(r.lines)-60); i-- {
		l := r.lines[i]
		if len(l.text) > 4000 || !hasAny(fold(l.text), formulas) {
			continue
		}
		all := sentences(l.text)
		last := all[len(all)-1]
		at := strings.LastIndex(l.source, last)
		if len(all) < 2 || at <= 0 || r.closingOf(last) == "" {
			return
		}
		rest := l
		rest.source, rest.text, rest.gap = l.source[at:], last, 1
		r.lines[i].source = strings.TrimSpace(l.source[:at])
		r.lines[i].text = plain(r.lines[i].source)
		r.lines = slices.Insert(r.lines, i+1, rest)
		return
	}
}

// findEnd returns where the signatures begin: at the closing, at a list of signatories, or after the last paragraph.
func (r *reader) findEnd(first int, saluted bool) int {
	for i := len(r.lines) - 1; i >= first; i-- {
		if r.closingOf(r.lines[i].text) != "" && r.shortLinesFollow(i) && !r.letterFollows(i) {
			for i > first && r.closingOf(r.lines[i-1].text) != "" && !strings.HasSuffix(r.lines[i-1].text, ".") { // "With best wishes" above "Yours ever"
				i--
			}
			return i
		}
	}
	for i := first; i < len(r.lines); i++ {
		if r.isSignedLabel(r.lines[i]) {
			return i
		}
	}
	if !saluted && !r.endsAsSigned(first) {
		return len(r.lines)
	}
	return r.afterLastParagraph(first)
}

// endsAsSigned reports whether a text without salutation ends with the name of an organisation and a date.
func (r *reader) endsAsSigned(first int) bool {
	dated, named := false, false
	for _, l := range r.lines[r.afterLastParagraph(first):] {
		dated = dated || isDated(l)
		named = named || !isDated(l) && r.hasBody(l.text)
	}
	return dated && named
}

// letterFollows reports whether the letter that a call asks to sign stands behind its closing.
func (r *reader) letterFollows(i int) bool {
	for j := i + 1; j < min(len(r.lines), i+12); j++ {
		if strong, _ := r.isSalutation(r.lines[j]); strong && r.closingOf(r.lines[j].text) == "" && r.proseFollows(j) {
			return true
		}
	}
	return false
}

// afterLastParagraph returns the index of the short lines that end a letter without closing.
func (r *reader) afterLastParagraph(first int) int {
	end := len(r.lines)
	for i := len(r.lines) - 1; i >= first; i-- {
		l := r.lines[i]
		named := strings.HasSuffix(l.text, "!") && wordCount(l.text) <= 3 // "Women Vote!"
		if wordCount(l.text) > 10 || endsSentence(l.text) && !strings.HasSuffix(l.text, ":") && !named || readMarker(l.text, r.langs).kind != noMarker || l.level > 0 {
			break
		}
		end = i
	}
	if end < len(r.lines) && r.lines[end].gap == 0 && end > first {
		return len(r.lines)
	}
	return end
}

// shortLinesFollow reports whether the first lines after a closing are not paragraphs.
func (r *reader) shortLinesFollow(i int) bool {
	long := 0
	for _, l := range r.lines[i+1 : min(len(r.lines), i+6)] {
		if r.isCopyLabel(l) {
			break
		}
		if isProse(l) && wordCount(l.text) > 25 {
			long++
		}
	}
	return long == 0
}

// inBrackets is what a label may say beside itself: "Signatories (as of 4 May):".
var inBrackets = regexp.MustCompile(`\s\([^()]{1,60}\)`)

func (r *reader) isSignedLabel(l line) bool {
	folded := strings.TrimRight(fold(l.text), ":., ")
	if wordCount(folded) > 8 {
		return false
	}
	if r.is(folded, func(w *words) []string { return w.signed }) {
		generic := folded == "individuals" || folded == "organisations" || folded == "organizations" || folded == "نامها"
		return !generic || l.level > 0 || endsSentence(l.text)
	}
	if strings.HasSuffix(strings.TrimSpace(l.text), ":") {
		for _, w := range r.langs {
			if slices.ContainsFunc(w.signed, func(p string) bool { return wordCount(p) > 1 && strings.HasSuffix(folded, " "+p) }) {
				return true
			}
		}
	}
	_, labelled := r.label(inBrackets.ReplaceAllString(l.text, ""), func(w *words) []string { return w.signed })
	return labelled
}

// copyStarts begin a line of copies though no colon stands behind them.
var copyStarts = []string{"cc", "رونوشت", "رونوشت به", "copies to", "copy to", "copie à", "copies à", "copie pour information", "suivent les signatures", "نسخه الی", "صوره الی", "نسخ الی"}

func (r *reader) isCopyLabel(l line) bool {
	folded := strings.TrimRight(fold(l.text), ":. ")
	if r.is(folded, func(w *words) []string { return w.copies }) {
		return true
	}
	_, ok := r.label(l.text, func(w *words) []string { return w.copies })
	start := r.starts(folded, func(w *words) []string { return w.copies })
	return ok || slices.Contains(copyStarts, start)
}

// closingOf returns the closing that a line begins with, as written, or "". A closing is a line of its own, or is
// followed by a comma and the signer.
func (r *reader) closingOf(text string) string {
	long := max(24, r.langs[0].closingWords)
	if wordCount(text) > long {
		return ""
	}
	text = trimQuotes(text)
	if wordCount(text) <= 24 && r.starts(fold(text), func(w *words) []string { return w.closingSentences }) != "" || hasAny(fold(text), r.langs[0].closingFormulas) {
		return strings.TrimRight(text, ",،.:;؛!-–— ")
	}
	if wordCount(text) > 14 {
		return ""
	}
	folded := strings.TrimRight(fold(text), ",.:;!- ")
	if folded == "signed" && strings.HasSuffix(text, ",") || r.is(folded, func(w *words) []string { return w.closings }) {
		return strings.TrimRight(text, ",،.:;؛!-–— ")
	}
	if n := wordCount(text); n >= 2 && n <= 6 && (strings.HasSuffix(text, ",") || strings.HasSuffix(text, "،")) && r.starts(folded, func(w *words) []string { return w.closingStarts }) != "" && !strings.ContainsAny(folded, "0123456789") && r.starts(folded, func(w *words) []string { return w.salutations }) == "" {
		return strings.TrimRight(text, ",، ") // "In health and solidarity,"
	}
	at := strings.IndexAny(text, ",،:")
	if at <= 0 {
		return r.longClosing(folded, text)
	}
	first := strings.TrimRight(fold(text[:at]), " ")
	if r.is(first, func(w *words) []string { return w.closings }) {
		return strings.TrimSpace(text[:at])
	}
	return r.longClosing(folded, strings.TrimRight(text, ",،:"))
}

// longClosing takes "Yours sincerely and in solidarity": a closing with a few more words and no end of a sentence.
func (r *reader) longClosing(folded, text string) string {
	start := r.starts(folded, func(w *words) []string { return w.closings })
	if len(start) < 5 || wordCount(start) < 2 || wordCount(folded) > wordCount(start)+4 || endsSentence(text) || strings.ContainsAny(folded, "0123456789") {
		return ""
	}
	if r.starts(folded, func(w *words) []string { return w.salutations }) != "" && r.starts(start, func(w *words) []string { return w.salutations }) != "" {
		return ""
	}
	return strings.TrimRight(text, ",،.:;؛!-–— ")
}

// keepAsWritten records what the fields leave out and the letter itself must not lose: honorifics before a name, and the
// punctuation of salutation and closing.
func (r *reader) keepAsWritten() {
	d := r.draft
	d.SalutationLine, d.ClosingLine = d.Salutation, d.Closing
	for _, l := range r.lines[:min(len(r.lines), searched)] {
		if d.Salutation != "" && trimSalutation(l.text) == d.Salutation {
			d.SalutationLine = d.Salutation + punctuationAfter(l.text, d.Salutation)
			break
		}
	}
	for i := len(r.lines) - 1; i >= 0 && d.Closing != ""; i-- {
		if strings.HasPrefix(trimQuotes(r.lines[i].text), d.Closing) {
			d.ClosingLine = d.Closing + punctuationAfter(r.lines[i].text, d.Closing)
			break
		}
	}
	for i := range d.Addressees {
		a := &d.Addressees[i]
		for _, l := range r.head {
			at := strings.Index(l.text, a.Name)
			if a.Name == "" || at <= 0 {
				continue
			}
			if before := r.honorific(l.text[:at] + a.Name); before != "" && strings.HasSuffix(strings.TrimSpace(l.text[:at]), before) {
				a.Before = before
				break
			}
		}
	}
}

// punctuationAfter returns the comma, colon or the like that follows a part of a line.
func punctuationAfter(line, part string) string {
	_, rest, _ := strings.Cut(line, part)
	rest = strings.TrimLeft(rest, "*_ ")
	for _, mark := range []string{",", "،", ":", "：", ";", "!", "."} {
		if strings.HasPrefix(rest, mark) {
			return mark
		}
	}
	return ""
}

// takeClosing moves the closing out of the tail; a signer on its line stays there.
func (r *reader) takeClosing() {
	if len(r.tail) == 0 {
		return
	}
	closing := r.closingOf(r.tail[0].text)
	if closing == "" {
		return
	}
	r.draft.Closing = closing
	rest := trimMarks(strings.TrimPrefix(trimQuotes(r.tail[0].text), closing))
	if rest == "" {
		r.tail = r.tail[1:]
		return
	}
	first := r.tail[0]
	first.text, first.source = rest, rest
	r.tail = slices.Concat([]line{first}, r.tail[1:])
}

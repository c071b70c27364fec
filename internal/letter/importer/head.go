package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	emailAddress     = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	webAddress       = regexp.MustCompile(`(?i)^(?:w(?:eb(?:site)?)?\s*:\s*)?(?:https?://\S+|www\.\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:org|com|net|int|eu|info|ngo|ir|uk|de|ch|fr|be|ca|ma|tn|dz|eg|lb|jo|sn)(?:/\S*)?)$`)
	phoneNumber      = regexp.MustCompile(`(?i)^(?:t|f|m|p|tel|tél|téléphone|télécopie|هاتف|الهاتف|فاكس|جوال|telephone|phone|fax|mobile|تلفن|نمابر|فکس|موبایل)?[.: ]*\+?\(?[\p{Nd}][\p{Nd}\s()/.-]{6,}$`)
	houseFirst       = regexp.MustCompile(`^\d{1,5}[a-zA-Z]?,? \p{Lu}`)
	letterheadDashes = regexp.MustCompile(`\s+[|·•–—-]\s+`)
	letterheadSigns  = regexp.MustCompile(`\s+[|·•]\s+`)
	postcode         = regexp.MustCompile(`\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|\d{4,6}(?:-\d{3,4})?|\d{4} ?[A-Z]{2})\b`)
)

// takeRepeats drops a title that stands twice, as web pages have it.
func (r *reader) takeRepeats() {
	seen := map[string]bool{}
	kept := r.head[:0:0]
	for i, l := range r.head {
		key := fold(l.text)
		if wordCount(key) > 2 && seen[key] {
			continue
		}
		seen[key] = i == 0 || r.isTitle(l) // the lines of an address may stand twice
		kept = append(kept, l)
	}
	r.head = kept
}

// takeDateLine takes the date of a line that is nothing else, or of one part of a line such as "14 June 2022 | By …".
func (r *reader) takeDateLine(l line) bool {
	for part := range strings.SplitSeq(l.text, " | ") {
		if dates, place, ok := dateLine(line{text: part}); ok {
			r.setDate(dates, place, part)
			return true
		}
	}
	return false
}

// isOnlyHonorific reports whether a line is an honorific whose name stands on the next line.
func (r *reader) isOnlyHonorific(text string) bool {
	return r.is(strings.Trim(fold(text), " .,:"), func(w *words) []string { return w.honorifics })
}

// isInvocation reports whether a line is a formula above the letter, or the author of an article.
func (r *reader) isInvocation(text string) bool {
	folded := strings.Trim(fold(text), " .:!-*")
	if wordCount(folded) >= 8 {
		return false
	}
	if by := r.starts(folded, func(w *words) []string { return w.bylines }); by != "" && (strings.HasSuffix(by, " our") || r.isPerson(strings.TrimLeft(skipWords(text, wordCount(by)), ": "))) {
		return true
	}
	start := r.starts(folded, func(w *words) []string { return w.invocation })
	return start == folded && start != "" || wordCount(start) > 1
}

// titleGoesOn reports whether a title in capitals goes on: OPEN LETTER / TO THE MINISTER.
func (r *reader) titleGoesOn(b headBlock, l line) bool {
	if len(b.lines) == 0 || len(b.lines) > 3 || !r.isTitle(b.lines[0]) || !isCapitals(l.text) || !isCapitals(b.lines[0].text) {
		return false
	}
	first, _, _ := strings.Cut(fold(l.text), " ")
	return r.is(first, func(w *words) []string { return w.ofWords }) && !strings.Contains(l.text, ":")
}

func isCapitals(text string) bool {
	return strings.ToUpper(text) == text && strings.ToLower(text) != text
}

// headLabel recognises "To: …", "To the …", "From: …", "Subject: …".
func (r *reader) headLabel(text string) (kind headKind, rest string, ok bool) {
	if rest, ok = r.label(text, func(w *words) []string { return w.to }); ok {
		return addresseeBlock, rest, true
	}
	if rest, ok = r.label(text, func(w *words) []string { return w.from }); ok {
		return senderBlock, rest, true
	}
	if r.isReferenceLine(text) {
		return ignoredBlock, text, true
	}
	if rest, ok = r.label(text, func(w *words) []string { return w.subjects }); ok {
		return titleBlock, rest, true
	}
	if rest, ok = r.label(text, func(w *words) []string { return w.copies }); ok {
		return ignoredBlock, rest, true
	}
	folded := fold(text)
	for _, w := range r.langs {
		if to := startsWith(folded, w.to); to != "" && wordCount(text) <= 25 {
			rest = skipWords(text, wordCount(to))
			if rest == "" {
				return addresseeBlock, "", true
			}
			if r.honorific(rest) != "" || r.hasRole(rest) || startsUpper(rest) || strings.HasPrefix(fold(rest), "the ") || firstRune(rest) > 0x590 && len(to) > 4 {
				return addresseeBlock, rest, true
			}
		}
	}
	return unknownBlock, "", false
}

// isReferenceLine recognises "Our ref: SC/114/2025" and «شماره: ۱۲۳».
func (r *reader) isReferenceLine(text string) bool {
	return wordCount(text) <= 6 && strings.ContainsFunc(text, unicode.IsDigit) &&
		r.starts(fold(text), func(w *words) []string { return w.references }) != ""
}

// isNameLike reports whether lines look like the name of an organisation: short, no end of a sentence, no title.
func (r *reader) isNameLike(lines []line) bool {
	for _, l := range lines {
		if wordCount(l.text) > 9 || endsSentence(l.text) || r.isTitle(l) {
			return false
		}
	}
	return len(lines) <= 3 && (isAcronym(lines[0].text) || r.hasBody(lines[0].text) || len(lines) > 1 && r.hasBody(lines[1].text) || wordCount(lines[0].text) <= 3)
}

func isAcronym(text string) bool {
	if runeCount(text) > 12 || strings.Contains(text, " ") {
		return false
	}
	upper := 0
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			upper++
		}
	}
	return upper >= 2
}

// isTitle reports whether a line is a title by its words or its looks.
func (r *reader) isTitle(l line) bool {
	if isContact(l.text) || r.honorific(l.text) != "" || r.isQuestioned(l.text) {
		return false
	}
	if l.level > 0 {
		return true
	}
	folded := fold(trimQuotes(l.text))
	if wordCount(folded) > 40 {
		return false
	}
	if r.namesLetter(l.text) {
		return true
	}
	n := wordCount(l.text)
	if n >= 4 && isCapitals(l.text) && (!r.isPlace(l.text) || n >= 6 && !strings.ContainsFunc(l.text, func(c rune) bool { return unicode.IsDigit(c) || c == ',' })) {
		return true
	}
	if n >= 4 && has(folded, "letter") && r.any(folded, func(w *words) []string { return w.ofWords }) {
		return true // "Coalition letter on …"
	}
	return n >= 4 && r.any(folded, func(w *words) []string { return w.titles[:min(len(w.titles), 10)] })
}

// namesLetter reports whether a line begins with what it is: "Open letter …".
func (r *reader) namesLetter(text string) bool {
	return r.starts(fold(trimQuotes(text)), func(w *words) []string { return w.titles }) != ""
}

// hasRole reports whether the text holds a word of an office.
func (r *reader) hasRole(text string) bool {
	return r.any(fold(text), func(w *words) []string { return w.roles })
}

// hasBody reports whether the text holds a word of an organisation's name.
func (r *reader) hasBody(text string) bool {
	return r.any(fold(text), func(w *words) []string { return w.bodies })
}

// isPlace reports whether a line looks like one of an address.
func (r *reader) isPlace(text string) bool {
	if wordCount(text) > 10 {
		return false
	}
	proper := r.isProper(text)
	if proper && (r.hasPostcode(text) || houseFirst.MatchString(text) && wordCount(text) <= 6) {
		return true
	}
	folded := strings.ToLower(fold(text))
	numbered := strings.ContainsFunc(text, unicode.IsDigit)
	if !r.any(folded, func(w *words) []string { return w.places }) || r.hasRole(text) && !numbered {
		return false
	}
	if firstRune(text) >= 0x590 {
		return numbered || r.starts(folded, func(w *words) []string { return w.places }) != ""
	}
	return proper && (numbered || r.partHasPlace(folded))
}

// partHasPlace reports whether a part of an address begins or ends with its word: "Kemp House", "Rue du Lac".
func (r *reader) partHasPlace(folded string) bool {
	for part := range strings.SplitSeq(folded, ",") {
		fields := strings.Fields(strings.Trim(part, " ."))
		if len(fields) > 0 && len(fields) <= 5 && (r.is(fields[len(fields)-1], func(w *words) []string { return w.places }) || r.is(fields[0], func(w *words) []string { return w.places })) {
			return true
		}
	}
	return false
}

// hasPostcode reports whether a line has a postcode; four digits behind words may be a year.
func (r *reader) hasPostcode(text string) bool {
	at := postcode.FindStringIndex(text)
	if at == nil {
		return false
	}
	code := text[at[0]:at[1]]
	return len(code) != 4 || at[0] == 0 || !isYear(float64(atoi(code))) || strings.Trim(code, "0123456789") != ""
}

func isContact(text string) bool {
	if wordCount(text) > 9 {
		return false
	}
	return emailAddress.MatchString(text) || webAddress.MatchString(text) || phoneNumber.MatchString(text)
}

// honorific returns the honorifics that a name begins with, as written, or "".
func (r *reader) honorific(text string) string {
	rest := r.withoutHonorifics(text)
	return strings.TrimSpace(strings.TrimSuffix(text, rest))
}

// withoutHonorifics removes honorifics from the start of a name: "H.E. Dr", «جناب آقای دکتر».
func (r *reader) withoutHonorifics(text string) string {
	for range 5 {
		folded := fold(text)
		best := 0
		for _, w := range r.langs {
			for _, h := range w.honorifics {
				if rest, ok := strings.CutPrefix(folded, h); ok && len(h) > best && honorificEnds(h, rest) {
					best = len(h)
				}
			}
		}
		if best == 0 {
			return text
		}
		text = strings.TrimLeft(cutFolded(text, best), " .,،/")
	}
	return text
}

// honorificEnds reports whether a word ends where the honorific ends and a name follows. "He" is one only as H.E.
func honorificEnds(h, rest string) bool {
	if strings.HasSuffix(h, "'") {
		return rest != ""
	}
	if h == "he" || h == "me" || h == "pr" || runeCount(h) == 1 {
		return strings.HasPrefix(rest, ". ")
	}
	return strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "/ ") || strings.HasPrefix(rest, ".") && len(rest) > 1 || strings.HasPrefix(rest, ", ")
}

// cutFolded drops from the text what folds to its first n folded bytes.
func cutFolded(text string, n int) string {
	for i := range text {
		if i > 0 && len(fold(text[:i])) >= n {
			if next := firstRune(text[i:]); next == '\u200c' {
				continue
			}
			return text[i:]
		}
	}
	return ""
}

// addTitle takes the title and then the subtitle.
func (r *reader) addTitle(b headBlock) {
	var parts []string
	for _, l := range b.lines {
		parts = append(parts, strings.TrimSpace(l.text))
	}
	text := strings.Join(parts, " ")
	switch {
	case len(b.lines) > 1 && r.draft.Title == "" && !r.continues(b.lines[0].text, b.lines[1].text):
		r.draft.Title = parts[0]
		r.draft.Subtitle = strings.Join(parts[1:], " ")
	case text == "":
	case r.draft.Title == "":
		r.draft.Title = text
	case r.draft.Subtitle == "":
		r.draft.Subtitle = text
	}
}

// continues reports whether a name or title goes on in the next line.
func (r *reader) continues(a, b string) bool {
	fields := strings.Fields(fold(a))
	if len(fields) == 0 || strings.HasSuffix(a, ",") || strings.HasSuffix(a, "،") {
		return false
	}
	if r.is(fields[len(fields)-1], func(w *words) []string { return w.ofWords }) || strings.HasSuffix(a, "-") {
		return true
	}
	first, _, _ := strings.Cut(fold(b), " ")
	if !startsUpper(b) && r.is(first, func(w *words) []string { return w.ofWords }) {
		return true
	}
	return isCapitals(a) && isCapitals(b)
}

// addSender takes the letterhead: name, address, e-mail.
func (r *reader) addSender(b headBlock) {
	s := &r.draft.Sender
	for i, l := range b.lines {
		text := trimMarks(l.text)
		if rest, ok := r.label(l.text, func(w *words) []string { return w.addresses }); ok {
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
		case s.Name == "" && b.sure:
			s.Name, s.Address = r.splitName(r.withoutHonorifics(text))
		case s.Name == "" && !r.isStreet(text):
			s.Name = r.withoutHonorifics(text)
		case len(s.Address) == 0 && isAcronym(s.Name) && (initials(text, s.Name) || !r.isPlace(text) && i == 0):
			s.Name = text
		case len(s.Address) == 0 && i > 0 && r.continues(b.lines[i-1].text, text):
			s.Name += " " + text
		case len(s.Address) == 0 && isAcronym(strings.Trim(text, "()")) && initials(s.Name, strings.Trim(text, "()")):
		default:
			s.Address = append(s.Address, text)
		}
	}
}

// splitName splits "Name, street, town" of a labelled sender.
func (r *reader) splitName(text string) (name string, address []string) {
	name, rest, ok := cutComma(text)
	if !ok || !r.isPlace(rest) {
		return text, nil
	}
	return name, []string{rest}
}

// isStreet reports whether a line begins like a street address, not like a name.
func (r *reader) isStreet(text string) bool {
	return startsWithDigit(text) || r.isPlace(text) && !r.hasBody(text)
}

// initials reports whether the acronym is made of the first letters of the name's words, small words aside.
func initials(name, acronym string) bool {
	return acronym != "" && slices.Contains(acronyms(name), strings.ToUpper(acronym))
}

// acronyms returns the initials of a name of several words, with and without its small words.
func acronyms(name string) []string {
	all, upper := "", ""
	for word := range strings.FieldsFuncSeq(name, func(c rune) bool { return c == ' ' || c == '-' }) {
		first := firstRune(word)
		all += strings.ToUpper(string(first))
		if startsUpper(word) {
			upper += string(first)
		}
	}
	return []string{all, upper}
}

// cutComma splits at the first comma of any script.
func cutComma(text string) (before, after string, ok bool) {
	at := strings.IndexAny(text, ",،")
	if at < 0 {
		return text, "", false
	}
	return trimMarks(text[:at]), trimMarks(text[at:]), true
}

// isLunar reports whether a date in numbers with a Hijri year is a lunar one, as it is in an Arabic letter.
func (r *reader) isLunar(d written) bool { return d.numeric && d.solar && r.langs[0].tag == "ar" }

// setDate takes the first date line as the letter's date.
func (r *reader) setDate(dates []written, place, text string) {
	d := r.draft
	if d.Date != "" || d.DateAsWritten != "" {
		return
	}
	d.Place = place
	d.DateAsWritten = text
	if place != "" {
		d.DateAsWritten = strings.TrimLeft(strings.TrimPrefix(text, place), " ,،:-–—|(")
	}
	if len(dates) == 2 && dates[0].unread {
		dates[0], dates[1] = dates[1], dates[0]
	}
	if at := strings.Index(d.DateAsWritten, ":"); at > 0 && !strings.ContainsFunc(d.DateAsWritten[:at], unicode.IsDigit) {
		d.DateAsWritten = strings.TrimSpace(d.DateAsWritten[at+1:])
	}
	first := dates[0]
	if first.unread || r.isLunar(first) {
		r.warn("date_calendar", "Text", d.DateAsWritten)
		return
	}
	t, ok := first.time()
	if !ok {
		r.warn("date_impossible", "Text", d.DateAsWritten)
		return
	}
	d.Date = t.Format("2006-01-02")
	if first.ambiguous {
		r.warn("date_ambiguous", "Text", d.DateAsWritten)
	}
	if first.hasWeekday && first.weekday != t.Weekday() {
		r.warn("date_weekday", "Text", d.DateAsWritten)
	}
	for _, other := range dates[1:] {
		if t2, ok := other.time(); ok && !other.unread && !t2.Equal(t) {
			r.warn("date_contradicts", "Text", text)
		}
	}
}

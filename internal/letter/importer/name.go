package importer

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

var (
	emailAddress     = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	houseFirst       = regexp.MustCompile(`^\d{1,5}[a-zA-Z]?,? \p{Lu}`)
	houseNumber      = regexp.MustCompile(`^\d{1,5}(?: ?(?:bis|ter|[a-zA-Z]))?,? \p{L}`)
	labelledNumber   = regexp.MustCompile(`^[\p{L}./ ]{1,24}:\s*\+?\(?\p{Nd}[\p{Nd}\s()/.-]{6,}$`)
	letterheadDashes = regexp.MustCompile(`\s+[|·•–—-]\s+`)
	letterheadSigns  = regexp.MustCompile(`\s+[|·•]\s+`)
	postcode         = regexp.MustCompile(`\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|\d{4,6}(?:-\d{3,4})?|\d{4} ?[A-Z]{2})\b`)

	webAddress = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:` + anyOf(func(w *words) string { return w.WebLabels }) + `\s*:\s*)?(?:https?://\S+|www\.\S+|` +
			`[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:org|com|net|int|eu|info|ngo|ir|uk|de|ch|fr|be|ca|ma|tn|dz|eg|lb|jo|sn)(?:/\S*)?)$`)
	})
	phoneNumber = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^` + anyOf(func(w *words) string { return w.PhoneLabels }) + `?[.: ]*\+?\(?[\p{Nd}][\p{Nd}\s()/.-]{6,}$`)
	})
)

// How many words tell names, titles and addresses apart.
const (
	leastNameWords  = 2  // of a person's name; one word may be anything
	mostPersonWords = 6  // of a person's name
	properWords     = 14 // most of a name of any kind, office and institution included
	placeLineWords  = 10 // most of a line of an address
	houseWords      = 6  // most of a line that begins with the number of a house
	placePartWords  = 5  // most between the commas of such a line
	contactWords    = 9  // most of a line with an address or a telephone number
	titleWords      = 40 // most of a title
	innerTitleWords = 4  // least of a line that is one by a word inside, or in capitals
	shoutedWords    = 6  // least of a line in capitals that is one though it has a word of an address
	acronymRunes    = 12 // most of an acronym
	mostHonorifics  = 5  // before a name: "H.E. Prof. Dr"
	mostAfterName   = 3  // honorifics behind a name
)

// isPerson reports whether the text looks like the name of a person: two to six words, capitals where the script has
// them, none of them a word of an office, an organisation or an address.
func (r *reader) isPerson(text string) bool {
	text = strings.Trim(text, " ,.()")
	fields := strings.Fields(text)
	if len(fields) < leastNameWords || len(fields) > mostPersonWords || strings.Contains(text, "(") || r.hasBody(text) || r.hasRole(text) {
		return false
	}
	return !slices.ContainsFunc(fields, func(f string) bool {
		return r.NotNames.has(r.Possessives.trimEnd(fold(strings.Trim(f, ",.()")))) || !r.isNameWord(f)
	})
}

// namesPerson reports whether the text looks like the name of a person, with or without honorifics.
func (r *reader) namesPerson(text string) bool { return r.isPerson(r.withoutHonorifics(text)) }

// isNameWord reports whether a word looks like one of a name by its first letter.
func (r *reader) isNameWord(word string) bool {
	first := firstRune(strings.TrimLeft(word, "(\"“'"))
	rest, elided := everywhere().Particles.cutElided(word) // d'Arvor
	switch {
	case first >= firstCaseless && unicode.IsLetter(first), unicode.IsUpper(first) && !strings.ContainsFunc(word, unicode.IsDigit):
		return true
	}
	return r.Particles.has(fold(word)) || elided && startsUpper(rest)
}

// isProper reports whether a line looks like a name: its words have capitals, small words aside. A script without
// capitals tells nothing, so a line of it does not look like one.
func (r *reader) isProper(text string) bool {
	if wordCount(text) > properWords || endsSentence(strings.TrimRight(text, ":.")) {
		return false
	}
	for f := range strings.FieldsSeq(text) {
		word := strings.Trim(f, "(),.;:'\"“”‘’&/-–")
		if word == "" || startsUpper(word) || startsWithDigit(word) {
			continue
		}
		if folded := fold(word); caseless(word) || !r.OfWords.has(folded) && !r.Particles.has(folded) {
			return false
		}
	}
	return true
}

// hasRole reports whether the text holds a word of an office.
func (r *reader) hasRole(text string) bool { return r.Roles.in(fold(text)) }

// hasBody reports whether the text holds a word of an organisation's name.
func (r *reader) hasBody(text string) bool { return r.Bodies.in(fold(text)) }

// honorific returns the honorifics that a name begins with, as written, or "".
func (r *reader) honorific(text string) string {
	return strings.TrimSpace(strings.TrimSuffix(text, r.withoutHonorifics(text)))
}

// withoutHonorifics removes honorifics from the start of a name: "H.E. Dr", «جناب آقای دکتر».
func (r *reader) withoutHonorifics(text string) string {
	for range mostHonorifics {
		folded, longest := fold(text), 0
		for _, h := range r.Honorifics {
			if rest, ok := strings.CutPrefix(folded, h); ok && len(h) > longest && r.honorificEnds(h, rest) {
				longest = len(h)
			}
		}
		if longest == 0 {
			return text
		}
		text = strings.TrimLeft(cutFolded(text, longest), " .,،/")
	}
	return text
}

// honorificEnds reports whether a word ends where the honorific ends and a name follows. One letter may be an initial, and is
// an honorific only with a stop.
func (r *reader) honorificEnds(h, rest string) bool {
	if strings.HasSuffix(h, "'") {
		return rest != ""
	}
	if r.WithStop.has(h) || runeCount(h) == 1 {
		return strings.HasPrefix(rest, ". ")
	}
	return strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "/ ") || strings.HasPrefix(rest, ", ") || strings.HasPrefix(rest, ".") && len(rest) > 1
}

// cutFolded drops from the text what folds to its first n folded bytes.
func cutFolded(text string, n int) string {
	for i := range text {
		if i > 0 && len(fold(text[:i])) >= n && firstRune(text[i:]) != '\u200c' {
			return text[i:]
		}
	}
	return ""
}

// withoutAfterName removes honorifics behind a name or an office: «وزير العدل المحترم».
func (r *reader) withoutAfterName(text string) string {
	for range mostAfterName {
		folded, longest := fold(text), ""
		for _, h := range r.AfterName {
			if len(h) > len(longest) && strings.HasSuffix(folded, " "+h) {
				longest = h
			}
		}
		if longest == "" {
			return text
		}
		fields := strings.Fields(text)
		text = trimMarks(strings.Join(fields[:len(fields)-wordCount(longest)], " "))
	}
	return text
}

// withoutPostnominals removes "KC MP" from the end of a name.
func (r *reader) withoutPostnominals(name string) string {
	for {
		before, last, ok := cutLast(name)
		if !ok || !r.Postnominals.has(fold(last)) {
			return name
		}
		name = before
	}
}

// withoutArticle removes an article before an office, but not before an honorific such as "The Honourable".
func (r *reader) withoutArticle(text string) string {
	if at := strings.IndexAny(text, "'’"); at == 1 && r.Elisions.has(fold(text[:at])+"'") && r.beginsOffice(strings.TrimLeft(text[at:], "'’")) {
		return strings.TrimLeft(text[at:], "'’")
	}
	rest := skipWords(text, 1)
	article := fold(strings.TrimSuffix(text, rest))
	if r.OfficeArticles.has(article) && r.beginsOffice(rest) || r.Articles.has(article) && !r.ArticleStays.starts(fold(rest)) {
		return rest
	}
	return text
}

// isTitle reports whether a line is a title by its words or its looks.
func (r *reader) isTitle(l line) bool {
	if isContact(l.text) || r.honorific(l.text) != "" || isQuestioned(l.text) {
		return false
	}
	if l.level > 0 {
		return true
	}
	folded := fold(trimQuotes(l.text))
	if wordCount(folded) > titleWords {
		return false
	}
	if r.namesLetter(l.text) {
		return true
	}
	n := wordCount(l.text)
	if n < innerTitleWords {
		return false
	}
	plain := n >= shoutedWords && !strings.Contains(l.text, ",") && !hasDigit(l.text)
	return isCapitals(l.text) && (plain || !r.isPlace(l.text)) ||
		r.LetterWords.in(folded) && r.OfWords.in(folded) || // "Coalition letter on …"
		r.InnerTitles.in(folded)
}

// namesLetter reports whether a line begins with what it is: "Open letter …".
func (r *reader) namesLetter(text string) bool {
	folded := fold(trimQuotes(text))
	return r.Titles.starts(folded) || r.InnerTitles.starts(folded)
}

func isCapitals(text string) bool {
	return strings.ToUpper(text) == text && strings.ToLower(text) != text
}

// continues reports whether a name or title goes on in the next line.
func (r *reader) continues(a, b string) bool {
	fields := strings.Fields(fold(a))
	if len(fields) == 0 || endsWithComma(a) {
		return false
	}
	first, _, _ := strings.Cut(fold(b), " ")
	return r.OfWords.has(fields[len(fields)-1]) || strings.HasSuffix(a, "-") || !startsUpper(b) && r.OfWords.has(first) || isCapitals(a) && isCapitals(b)
}

// isPlace reports whether a line looks like one of an address.
func (r *reader) isPlace(text string) bool {
	n := wordCount(text)
	if n > placeLineWords {
		return false
	}
	proper := r.isProper(text)
	if startsWithDigit(text) && houseNumber.MatchString(text) && r.Places.in(fold(text)) {
		return true
	}
	if proper && (r.hasPostcode(text) || n <= houseWords && houseFirst.MatchString(text)) {
		return true
	}
	folded, numbered := fold(text), hasDigit(text)
	if !r.Places.in(folded) || r.hasRole(text) && !numbered {
		return false
	}
	if caseless(text) {
		return numbered || r.Places.starts(folded)
	}
	return proper && (numbered || r.partHasPlace(folded))
}

// partHasPlace reports whether a part of an address begins or ends with its word: "Kemp House", "Rue du Lac".
func (r *reader) partHasPlace(folded string) bool {
	for part := range strings.SplitSeq(folded, ",") {
		fields := strings.Fields(strings.Trim(part, " ."))
		if len(fields) > 0 && len(fields) <= placePartWords && (r.Places.has(fields[0]) || r.Places.has(fields[len(fields)-1])) {
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
	return len(code) != 4 || at[0] == 0 || !isDigits(code) || !isYear(float64(atoi(code)))
}

// isStreet reports whether a line begins like a street address, not like a name.
func (r *reader) isStreet(text string) bool {
	return startsWithDigit(text) || r.isPlace(text) && !r.hasBody(text)
}

// isContact reports whether a line has a mail address, or is a web address or a telephone number.
func isContact(text string) bool {
	return wordCount(text) <= contactWords && (emailAddress.MatchString(text) || webAddress().MatchString(text) ||
		phoneNumber().MatchString(text) || labelledNumber.MatchString(text))
}

// isAcronym reports whether a word is an acronym in Latin letters.
func isAcronym(text string) bool {
	if runeCount(text) > acronymRunes || strings.Contains(text, " ") {
		return false
	}
	upper := strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c
		}
		return -1
	}, text)
	return len(upper) >= 2
}

// isAcronymOf reports whether an acronym is made of the first letters of the name's words, small words aside.
func isAcronymOf(acronym, name string) bool {
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

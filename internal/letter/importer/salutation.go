package importer

import (
	"regexp"
	"strings"
	"sync"
)

// again finds the first words of a second salutation on one line: ", and dear ".
var again = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[,;]? (?:` + alternation(everywhere().Again) + `) `)
})

const (
	mostSalutations = 4 // on one line
	mostGreetings   = 4 // before a name: "Dear most respected"
	mostNameWords   = 6 // behind an honorific; what is longer is no name

	titleBelowWords = 14 // of a title below a salutation
)

// saluted returns the people that a salutation names; a polite word such as "Sir" is nobody. Unsure are the texts in which
// the name begins at a guess.
func (r *reader) saluted(salutation string) (people []Addressee, unsure []string) {
	if salutation == "" {
		return nil, nil
	}
	for _, one := range again().Split(salutation, mostSalutations) {
		for _, part := range r.splitPeople(r.withoutGreeting(one)) {
			a, guess := r.salutedOne(part)
			if guess != "" {
				unsure = append(unsure, guess)
			}
			if a.Name != "" || a.Office != "" {
				people = append(people, a)
			}
		}
	}
	return people, unsure
}

func (r *reader) withoutGreeting(text string) string {
	for range mostGreetings {
		word := r.Greetings.leading(fold(text))
		if word == "" {
			break
		}
		text = strings.TrimLeft(skipWords(text, wordCount(word)), ",، ")
	}
	return text
}

// splitPeople splits "Mr A and Ms B" where an honorific follows the conjunction, or an office and a name.
func (r *reader) splitPeople(text string) (parts []string) {
	fields := strings.Fields(text)
	start := 0
	for i := range fields[:max(0, len(fields)-1)] {
		conjunction := r.Conjunction.has(fold(fields[i]))
		if !conjunction && !endsWithComma(fields[i]) || r.honorific(strings.Join(fields[i+1:], " ")) == "" && !r.isOfficePair(fields, i) {
			continue
		}
		end := i + 1
		if conjunction && i > start {
			end = i
		}
		parts = append(parts, strings.Join(fields[start:end], " "))
		start = i + 1
	}
	return append(parts, strings.Join(fields[start:], " "))
}

// isOfficePair reports whether a name stands before word i, and an office with a name behind it: "Ada Rowe and President Lant".
func (r *reader) isOfficePair(fields []string, i int) bool {
	return i > 0 && i+2 < len(fields) && startsUpper(fields[i-1]) && startsUpper(fields[i+2]) && r.Roles.has(fold(fields[i+1]))
}

// salutedOne reads one person of a salutation. The guess is the text that was split without being sure, "" if none was.
func (r *reader) salutedOne(text string) (a Addressee, guess string) {
	text = r.withoutAfterName(r.withoutArticle(trimMarks(text)))
	bare := r.withoutHonorifics(text)
	folded, titled := fold(bare), bare != text
	if folded == "" || r.Polite.has(fold(text)) || r.Polite.starts(folded) {
		return a, ""
	}
	name, rest, split := cutComma(bare)
	switch {
	case split && titled && !r.hasRole(name) && r.hasRole(rest):
		return Addressee{Name: name, Office: rest}, "" // "Ms Okello, Minister of Gender"
	case r.hasRole(bare):
		office, name, unsure := r.splitOffice(bare)
		if unsure {
			guess = bare
		}
		if before, last, ok := cutLast(bare); ok && name == "" && r.isRank(before) && startsUpper(last) && !r.hasRole(last) && !r.hasBody(last) {
			office, name = before, last
		}
		return Addressee{Name: name, Office: office}, guess
	case !titled && !r.isPerson(bare) && !r.hasBody(bare), titled && wordCount(bare) > mostNameWords:
		return a, ""
	case split:
		return Addressee{Name: name, Office: rest}, ""
	}
	return Addressee{Name: bare}, ""
}

// isRank reports whether an office does not say of what it is, so that the next word is a name: "Minister Okello".
func (r *reader) isRank(office string) bool { return r.hasRole(office) && !hasOf(fold(office)) }

// readSubject takes subject lines below the salutation as title and subtitle, or a title that stands there without a label.
func (r *reader) readSubject(t titles, body []line) (titles, []line) {
	for len(body) > 1 {
		kind, rest, ok := r.headLabel(body[0].text)
		if !ok || kind != titleBlock || rest == "" {
			break
		}
		t = r.addTitle(t, []line{{text: rest}})
		body = body[1:]
	}
	if len(body) > 1 && t.title == "" && r.isTitleLine(body[0], body[1]) {
		t, body = r.addTitle(t, body[:1]), body[1:]
	}
	return t, body
}

// isTitleLine reports whether a line under the salutation is a title rather than a paragraph or a list.
func (r *reader) isTitleLine(l, below line) bool {
	if l.level > 0 || endsSentence(l.text) || isProse(l) || isContact(l.text) || readMarker(l.text, r.Ordinals).kind != noMarker {
		return false
	}
	if greets, _ := r.isSalutation(l); greets {
		return false
	}
	n := wordCount(l.text)
	apart := l.gap > 0 && below.gap > 0 && isProse(below)
	return r.isTitle(l) || apart && n >= 2 && n <= titleBelowWords && !strings.HasSuffix(l.text, ",") && (startsUpper(l.text) || caseless(l.text))
}

package importer

import (
	"regexp"
	"slices"
	"strings"
)

// secondDear stands between two salutations on one line.
var secondDear = regexp.MustCompile(`(?i)[,;]? (?:and )?dear `)

// saluted returns the people that the salutation names; a polite word such as "Sir" is nobody.
func (r *reader) saluted() []Addressee {
	text := r.draft.Salutation
	if text == "" {
		return nil
	}
	var parts []string
	for _, one := range secondDear.Split(text, 4) {
		parts = append(parts, r.splitPeople(r.withoutGreeting(one))...)
	}
	var people []Addressee
	for _, part := range parts {
		if a := r.salutedOne(part); a.Name != "" || a.Office != "" {
			people = append(people, a)
		}
	}
	return people
}

func (r *reader) withoutGreeting(text string) string {
	for range 4 {
		word := r.starts(fold(text), func(w *words) []string { return w.greetings })
		if word == "" {
			break
		}
		text = strings.TrimLeft(skipWords(text, wordCount(word)), ",، ")
	}
	return text
}

// splitPeople splits "Mr A and Ms B" where an honorific follows the conjunction.
func (r *reader) splitPeople(text string) []string {
	fields := strings.Fields(text)
	var parts []string
	start := 0
	for i, f := range fields {
		joins := r.is(fold(f), func(w *words) []string { return w.conjunction }) || strings.HasSuffix(f, ",") || strings.HasSuffix(f, "،")
		if joins && i+1 < len(fields) && (r.honorific(strings.Join(fields[i+1:], " ")) != "" || i+2 < len(fields) && i > 0 && startsUpper(fields[i-1]) && startsUpper(fields[i+2]) && r.is(fold(fields[i+1]), func(w *words) []string { return w.roles })) {
			parts = append(parts, strings.Join(fields[start:i+1], " "))
			start = i + 1
		}
	}
	parts = append(parts, strings.Join(fields[start:], " "))
	for i, p := range parts {
		in := strings.Fields(p)
		if len(in) > 1 && i < len(parts)-1 && r.is(fold(in[len(in)-1]), func(w *words) []string { return w.conjunction }) {
			parts[i] = strings.Join(in[:len(in)-1], " ")
		}
	}
	return parts
}

func (r *reader) salutedOne(text string) (a Addressee) {
	text = r.withoutAfterName(r.withoutArticle(trimMarks(text)))
	bare := r.withoutHonorifics(text)
	folded := fold(bare)
	if r.is(fold(text), func(w *words) []string { return w.polite }) {
		return a
	}
	if folded == "" || r.is(folded, func(w *words) []string { return w.polite }) || r.starts(folded, func(w *words) []string { return w.polite }) != "" {
		return a
	}
	if name, rest, ok := cutComma(bare); ok && bare != text && !r.hasRole(name) && r.hasRole(rest) {
		return Addressee{Name: name, Office: rest} // "Ms Okello, Minister of Gender"
	}
	if r.hasRole(bare) {
		a.Office, a.Name = r.splitOffice(bare)
		if before, last, ok := cutLast(bare); ok && a.Name == "" && r.hasRole(before) && !r.hasRole(last) && !r.hasBody(last) && startsUpper(last) && !hasOf(fold(before)) {
			a.Office, a.Name = before, last
		}
		return a
	}
	titled := bare != text
	if !titled && !r.isPerson(bare) && !r.hasBody(bare) || titled && wordCount(bare) > 6 {
		return a
	}
	if name, rest, ok := cutComma(bare); ok {
		return Addressee{Name: name, Office: rest}
	}
	return Addressee{Name: bare}
}

// isTitleLine reports whether a line under the salutation is a title rather than a paragraph or a list.
func (r *reader) isTitleLine(l line) bool {
	if l.level > 0 || endsSentence(l.text) || isProse(l) || isContact(l.text) || readMarker(l.text, r.langs).kind != noMarker {
		return false
	}
	if greets, _ := r.isSalutation(l); greets {
		return false
	}
	n := wordCount(l.text)
	return r.isTitle(l) || l.gap > 0 && n >= 2 && n <= 14 && !strings.HasSuffix(l.text, ",") && len(r.body) > 1 && r.body[1].gap > 0 && isProse(r.body[1]) && (startsUpper(l.text) || firstRune(l.text) >= 0x590)
}

// cutLast splits off the last word.
func cutLast(text string) (before, last string, ok bool) {
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

// readSubject takes a subject line under the salutation as title or subtitle.
func (r *reader) readSubject() {
	for len(r.body) > 1 {
		kind, rest, ok := r.headLabel(r.body[0].text)
		if !ok || kind != titleBlock || rest == "" {
			break
		}
		r.addTitle(headBlock{lines: []line{{text: rest}}})
		r.body = r.body[1:]
	}
	if len(r.body) > 1 && r.draft.Title == "" && r.isTitleLine(r.body[0]) {
		r.addTitle(headBlock{lines: r.body[:1]})
		r.body = r.body[1:]
	}
}

// readBodyDate takes a date line that stands among the signatures, or in the first or last lines of the body.
func (r *reader) readBodyDate() {
	take := func(lines []line, among []int) []line {
		for _, i := range among {
			if i < 0 || i >= len(lines) {
				continue
			}
			if dates, place, ok := dateLine(lines[i]); ok && r.draft.DateAsWritten == "" {
				r.setDate(dates, place, lines[i].text)
				return slices.Concat(lines[:i], lines[i+1:])
			}
		}
		return lines
	}
	all := make([]int, min(len(r.tail), 200))
	for i := range all {
		all[i] = i
	}
	r.tail = take(r.tail, all)
	r.body = take(r.body, []int{0, 1, len(r.body) - 1, len(r.body) - 2})
	r.readDateline()
}

// readDateline takes the date of a press text from the start of its first paragraph: "(Geneva, 12 March 2024) – …".
func (r *reader) readDateline() {
	for _, l := range slices.Concat(r.intro, r.body[:min(len(r.body), 2)]) {
		head := strings.ToValidUTF8(l.text[:min(len(l.text), 100)], "")
		at := strings.IndexAny(head, "–—")
		if at < 0 {
			at = strings.Index(head, " - ")
		}
		if end := strings.Index(head, ") "); strings.HasPrefix(head, "(") && end > 0 {
			at = end
		}
		if r.draft.DateAsWritten != "" {
			continue
		}
		if colon := strings.Index(head, ": "); colon > at && at > 0 && isDated(line{text: head[:colon]}) { // "Place – 6 July 2027: …"
			at = colon
		}
		if at <= 0 {
			continue
		}
		if dates, place, ok := dateLine(line{text: strings.Trim(head[:at], "() ")}); ok {
			r.setDate(dates, place, strings.Trim(head[:at], "() "))
		}
	}
}

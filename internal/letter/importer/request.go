package importer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How far from its verb the subject of a request stands.
const (
	subjectBytes   = 120 // before a verb, in which "we" stands
	subjectWords   = 8   // so in words, adverbs and clauses aside
	nameBytes      = 60  // between a name, or "the undersigned", and a verb behind it
	nameAfterBytes = 20  // between a verb and a name behind it
	comparedNames  = 20  // signers whose names are compared
	leastNameRunes = 3   // of such a name
)

// asks reports whether a folded sentence is a request of the letter's own: in the first person, to "you", or by an
// organisation that speaks of itself by name.
func (x *demandReader) asks(folded string) bool {
	for _, not := range x.NotAsking {
		folded = strings.ReplaceAll(folded, not, "-")
	}
	return x.asksAsWe(folded) || x.asksPolitely(folded) || x.ToYou.in(folded) || x.asksByName(folded)
}

// asksPolitely recognises "Please lift the rule."; what a letter only says to be polite is no request.
func (r *reader) asksPolitely(folded string) bool {
	word := r.Please.leading(folded)
	return word != "" && !r.PoliteOnly.starts(strings.TrimSpace(folded[len(word):]))
}

// asksAsWe finds a verb of request with "we", "I" or "the undersigned" before it, adverbs aside. Where a language puts the person
// into the verb, the verb is enough.
func (r *reader) asksAsWe(folded string) bool {
	for _, w := range r.langs {
		if w.RequestNouns.in(folded) && w.FirstPerson.in(folded) {
			return true
		}
		for _, verb := range w.Requests {
			for from := 0; ; {
				at := indexWord(folded[from:], verb)
				if at < 0 {
					break
				}
				at += from
				if len(w.Senders) == 0 || r.subjectBefore(w, folded[:at]) {
					return true
				}
				_, size := utf8.DecodeRuneInString(folded[at:])
				from = at + size
			}
		}
	}
	return false
}

// subjectBefore reports whether the words before a verb end with a sender.
func (r *reader) subjectBefore(w *words, before string) bool {
	if first, _, more := strings.Cut(before, ", "); more && w.Subject.has(first) && strings.HasSuffix(strings.TrimSpace(before), ",") {
		return true // "We, actors and musicians of the Orpheum, ask …"
	}
	fields := strings.Fields(before[max(0, len(before)-subjectBytes):])
	for i, last := len(fields)-1, len(fields)-1; i >= max(0, last+1-subjectWords); i-- {
		word := strings.Trim(fields[i], ",;:()\"'.-")
		if w.Senders.has(word) {
			return true
		}
		clause := i < last && i > 0 && strings.HasSuffix(fields[i], ",")
		if !clause && !w.Adverbs.has(word) && !r.AdverbEndings.ends(word) {
			return false
		}
	}
	return false
}

// asksByName finds a verb in the third person whose subject is the sender or a signer, in full or as an acronym.
func (x *demandReader) asksByName(folded string) bool {
	for _, w := range x.langs {
		for _, verb := range w.Reported {
			at := indexWord(folded, verb)
			if at == 0 && w.VerbFirst && x.namesItself(folded[len(verb):]) || at > 0 && x.isSubject(folded[:at]) {
				return true
			}
		}
	}
	return false
}

// isSubject reports whether the folded words before a verb end with one of the letter's own side.
func (x *demandReader) isSubject(before string) bool {
	fields := strings.Fields(before)
	if everywhere().NounBefore.has(fields[len(fields)-1]) { // « d'une demande simple »
		return false
	}
	return slices.ContainsFunc(x.names, func(name string) bool {
		i := lastIndexWord(before, name)
		return i >= 0 && len(before)-i-len(name) < nameBytes && !strings.ContainsAny(before[i+len(name):], ".;")
	}) || everywhere().Undersigned.in(strings.ToValidUTF8(before[max(0, len(before)-nameBytes):], ""))
}

// namesItself reports whether the letter's own side is named soon behind a verb.
func (x *demandReader) namesItself(folded string) bool {
	return slices.ContainsFunc(x.names, func(name string) bool {
		at := indexWord(folded, name)
		return at >= 0 && at < nameAfterBytes
	})
}

// ownNames returns the folded names that the letter's own side goes by.
func ownNames(sender Sender, signers []Signer) (names []string) {
	add := func(name string) {
		for _, n := range append(acronyms(name), name) {
			if folded := fold(n); runeCount(folded) >= leastNameRunes {
				names = append(names, folded)
			}
		}
	}
	add(sender.Name)
	for _, s := range signers[:min(len(signers), comparedNames)] {
		add(s.Name)
		add(s.Organisation)
	}
	return append(names, everywhere().OwnNames...)
}

func lastIndexWord(text, word string) int {
	last := -1
	for from := 0; ; {
		i := indexWord(text[from:], word)
		if i < 0 {
			return last
		}
		last = from + i
		from = last + len(word)
	}
}

// sentences splits a paragraph at stops that a space and no lower-case letter follow.
func sentences(text string) (out []string) {
	text = strings.ToValidUTF8(text[:min(len(text), maxParagraph)], "")
	start := 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if !strings.ContainsRune(".!?؟۔", c) {
			continue
		}
		end := i
		for end < len(text) && strings.ContainsRune("\"”’»')]", firstRune(text[end:])) {
			end += len(string(firstRune(text[end:])))
		}
		if end >= len(text) || text[end] == ' ' && !isAbbreviation(text[start:i], text[end+1:]) {
			out = append(out, strings.TrimSpace(text[start:end]))
			start, i = end, end
		}
	}
	if rest := strings.TrimSpace(text[start:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

// isAbbreviation reports whether a stop ends an abbreviation: "Mr. X", "U.S. allies", "No. 5".
func isAbbreviation(before, after string) bool {
	if next := firstRune(after); next >= 'a' && next <= 'z' {
		return true
	}
	word := strings.TrimLeft(before[strings.LastIndexByte(before, ' ')+1:], openers)
	if everywhere().Abbreviations.has(strings.ToLower(word)) {
		return true
	}
	first := firstRune(word)
	initial := runeCount(word) == 2 && unicode.IsLetter(first) && (unicode.IsUpper(first) || first >= firstCaseless) // also «ایوو م. برانت»
	return initial || strings.Count(word, ".") > 1 && len(word) <= dottedBytes
}

// dottedBytes is how long an abbreviation with several stops is at most: "U.S.A."; a sentence may end with three of them.
const dottedBytes = 6

package importer

import (
	"regexp"
	"slices"
	"strings"
)

// How many words a closing has at most. What is longer is a sentence of the letter.
const (
	closingWords     = 14 // of a closing that a comma and the signer may follow
	closingSentence  = 24 // of one that is a whole sentence, if its language does not say more
	closingLine      = 6  // of a line that is one by its first word and its comma
	closingExtra     = 4  // behind the words of a known one: "Yours sincerely and in solidarity"
	signedLabelWords = 8  // of a line that is the heading of a list of signatories

	formulaBytes = 4000 // of a paragraph that ends with the formula of a closing
)

// inBrackets is what a label may say beside itself: "Signatories (as of 4 May):".
var inBrackets = regexp.MustCompile(`\s\([^()]{1,60}\)`)

const closingMarks = ",،.:;؛!-–— "

// closingOf returns the closing that a line begins with, as written, or "". A closing is a line of its own, or is
// followed by a comma and the signer.
func (r *reader) closingOf(text string) string {
	if wordCount(text) > max(closingSentence, r.ClosingWords) {
		return ""
	}
	text = trimQuotes(text)
	n, folded, bare := wordCount(text), fold(text), strings.TrimRight(text, closingMarks)
	if n <= closingSentence && r.ClosingSentences.starts(folded) || r.ClosingFormulas.in(folded) {
		return bare
	}
	if n > closingWords {
		return ""
	}
	folded = strings.TrimRight(folded, ",.:;!- ")
	if r.Closings.has(folded) || r.CommaClosings.has(folded) && strings.HasSuffix(text, ",") {
		return bare
	}
	if n >= 2 && n <= closingLine && endsWithComma(text) && r.ClosingStarts.starts(folded) && !hasDigit(folded) && !r.Salutations.starts(folded) {
		return strings.TrimRight(text, ",، ") // "In health and solidarity,"
	}
	at := strings.IndexAny(text, ",،:")
	if at <= 0 {
		return r.longClosing(folded, text)
	}
	if r.Closings.has(fold(text[:at])) {
		return strings.TrimSpace(text[:at])
	}
	return r.longClosing(folded, strings.TrimRight(text, ",،:"))
}

// longClosing takes "Yours sincerely and in solidarity": a closing with a few more words and no end of a sentence.
func (r *reader) longClosing(folded, text string) string {
	start := r.Closings.leading(folded)
	n := wordCount(start)
	if n < 2 || wordCount(folded) > n+closingExtra || endsSentence(text) || hasDigit(folded) || r.Salutations.starts(start) {
		return ""
	}
	return strings.TrimRight(text, closingMarks)
}

// splitClosing makes a line of its own of a formula that ends the last paragraph: « Nous restons à votre disposition. Veuillez
// agréer … ».
func (r *reader) splitClosing(lines []line, first int) []line {
	for i := len(lines) - 1; i >= max(first, len(lines)-closingSearched); i-- {
		l := lines[i]
		if len(l.text) > formulaBytes || !r.ClosingFormulas.in(fold(l.text)) {
			continue
		}
		all := sentences(l.text)
		last := all[len(all)-1]
		at := strings.LastIndex(l.source, last)
		if len(all) < 2 || at <= 0 || r.closingOf(last) == "" {
			break
		}
		formula := l
		formula.source, formula.text, formula.gap = l.source[at:], last, 1
		l.source = strings.TrimSpace(l.source[:at])
		l.text = plain(l.source)
		return slices.Replace(lines, i, i+1, l, formula)
	}
	return lines
}

// takeClosing takes the closing out of the lines below the body; a signer on its line stays there.
func (r *reader) takeClosing(tail []line) (closing string, rest []line) {
	if len(tail) == 0 {
		return "", nil
	}
	first := tail[0]
	if closing = r.closingOf(first.text); closing == "" {
		return "", tail
	}
	signer := trimMarks(strings.TrimPrefix(trimQuotes(first.text), closing))
	if signer == "" {
		return closing, tail[1:]
	}
	first.text, first.source = signer, signer
	return closing, slices.Concat([]line{first}, tail[1:])
}

// isSignedLabel reports whether a line is the heading of a list of signatories.
func (r *reader) isSignedLabel(l line) bool {
	folded := strings.TrimRight(fold(l.text), ":., ")
	if wordCount(folded) > signedLabelWords {
		return false
	}
	if r.Signed.has(folded) {
		return !r.LooseSigned.has(folded) || l.level > 0 || endsSentence(l.text)
	}
	if strings.HasSuffix(l.text, ":") && slices.ContainsFunc(r.Signed, func(p string) bool { return wordCount(p) > 1 && strings.HasSuffix(folded, " "+p) }) {
		return true
	}
	_, labelled := r.Signed.label(inBrackets.ReplaceAllString(l.text, ""))
	return labelled
}

// isCopyLabel reports whether a line begins what follows the signatures: copies, enclosures, contacts.
func (r *reader) isCopyLabel(l line) bool {
	folded := strings.TrimRight(fold(l.text), ":. ")
	_, labelled := r.Copies.label(l.text)
	return labelled || r.Copies.has(folded) || r.CopyStarts.has(r.Copies.leading(folded))
}

package importer

import (
	"slices"
	"strings"
)

// How much of a body tells what form it has.
const (
	signingLines = 200  // of introduction and body in which a signature is asked for
	signingBytes = 4000 // of such a line
	speakingLen  = 400  // lines of a body in which somebody speaks as "we"
)

// formOf tells letters from calls to sign one and from articles, by what was read of the text so far. Reported says that the
// addressee is known from a report about a letter alone.
//
// A call speaks to those who may sign: it asks for signatures and is not addressed to an authority. An article speaks to
// nobody: it has no salutation, no closing, no addressee and asks for nothing in the first person.
func (r *reader) formOf(d *Draft, intro, body []line, reported bool) Form {
	asks, asksReaders := r.countSigning(body)
	inIntro, _ := r.countSigning(intro)
	asks += inIntro
	unsigned := d.Salutation == "" && d.Closing == ""
	switch {
	case asks > 0 && r.salutesPeers(d.Salutation), asks > 1 && unsigned && (asksReaders > 1 || r.Signing.in(fold(d.Title+" "+d.Subtitle))):
		return FormCall
	case !unsigned, r.titledAsLetter(d.Title), r.titledAsLetter(d.Subtitle):
		return FormLetter
	case len(d.SignedBy) > 0 && r.Statements.starts(fold(trimQuotes(d.Title))), len(d.Addressees) > 0 && !reported:
		return FormLetter
	case !r.speaksAsWe(body):
		return FormArticle
	case len(d.Addressees) == 0 && !r.isTitle(line{text: d.Title}):
		r.warn("form_unsure")
	}
	return FormLetter
}

// titledAsLetter reports whether a title begins or ends with what a letter is called; one inside may be of a report about a letter.
func (r *reader) titledAsLetter(title string) bool {
	folded := strings.TrimFunc(fold(title), func(c rune) bool { return !isWordRune(c) })
	return r.LetterTitles.starts(folded) || slices.ContainsFunc(r.LetterTitles, func(p string) bool { return strings.HasSuffix(folded, " "+p) })
}

// salutesPeers reports whether the salutation speaks to those who may sign, not to an authority.
func (r *reader) salutesPeers(salutation string) bool {
	folded := fold(salutation)
	return slices.ContainsFunc(r.Peers, func(p string) bool { return hasWord(folded, p) && (folded == p || !r.PeersAlone.has(p)) })
}

// countSigning counts the lines that ask for a signature, and those of them that speak to a reader.
func (r *reader) countSigning(lines []line) (asks, asksReaders int) {
	for _, l := range lines[:min(len(lines), signingLines)] {
		folded := fold(l.text[:min(len(l.text), signingBytes)])
		if !r.Signing.in(folded) {
			continue
		}
		asks++
		if r.Readers.in(folded) {
			asksReaders++
		}
	}
	return asks, asksReaders
}

// calledAddressees returns whom a letter is to that a call asks to sign: none of the peers that the call speaks to, else who
// stands in the sentence that says what there is to sign.
func (r *reader) calledAddressees(all []Addressee, salutation string, body []line) []Addressee {
	peers, _ := r.saluted(salutation)
	all = slices.DeleteFunc(slices.Clone(all), func(a Addressee) bool {
		return slices.ContainsFunc(peers, func(p Addressee) bool { return p.Name == a.Name && p.Office == a.Office })
	})
	for _, l := range body[:min(len(body), introLines)] {
		if to := r.afterLetterTo(l.text[:min(len(l.text), introBytes)]); to != "" && len(all) == 0 {
			all = r.addresseeIn(to, "addressee_from_introduction")
		}
	}
	return all
}

// speaksAsWe reports whether the text asks for something in the first person, outside quotation marks.
func (r *reader) speaksAsWe(body []line) bool {
	for _, l := range body[:min(len(body), speakingLen)] {
		for _, s := range sentences(l.text) {
			if folded := fold(s); !strings.Contains(folded, `"`) && r.asksAsWe(folded) {
				return true
			}
		}
	}
	return false
}

package importer

import (
	"slices"
	"strings"
)

// readForm tells letters from calls to sign one and from articles.
//
// A call speaks to those who may sign: it asks for signatures and is not addressed to an authority. An article speaks to
// nobody: it has no salutation, no closing, no addressee and asks for nothing in the first person.
func (r *reader) readForm() {
	d := r.draft
	asks := r.signingLines()
	_, unaddressed := r.salutedPeers()
	switch {
	case asks > 0 && unaddressed && d.Salutation != "", asks > 1 && d.Salutation == "" && d.Closing == "" && (r.titleCalls() || r.asksReaders() > 1):
		d.Form = FormCall
		r.addCalledAddressee()
	case d.Salutation != "" || d.Closing != "" || r.titledAsLetter() || r.isStatement():
	case len(d.Addressees) > 0 && (!r.onlyReported() || r.speaksAsWe()):
	case r.speaksAsWe():
		if !r.isTitle(line{text: d.Title}) {
			r.warn("form_unsure")
		}
	default:
		d.Form = FormArticle
		d.SignedBy, d.Addressees = nil, nil
		if r.onlyReported() {
			d.Sender = Sender{}
		}
	}
}

// onlyReported reports whether the addressee is known from a headline or a report about a letter alone. An introduction
// that ends with a colon has the letter behind it.
func (r *reader) onlyReported() bool {
	taken := slices.ContainsFunc(r.draft.Warnings, func(w Warning) bool {
		return w.Key == "addressee_from_title" || w.Key == "addressee_from_introduction"
	})
	return taken && !slices.ContainsFunc(r.intro, func(l line) bool { return strings.HasSuffix(l.text, ":") })
}

// isStatement reports whether a text is titled a statement and signed.
func (r *reader) isStatement() bool {
	return len(r.draft.SignedBy) > 0 && r.starts(fold(trimQuotes(r.draft.Title)), func(w *words) []string { return w.statements }) != ""
}

// titledAsLetter reports whether title or subtitle say that this is a letter or an appeal.
func (r *reader) titledAsLetter() bool {
	for _, title := range [...]string{r.draft.Title, r.draft.Subtitle} {
		if r.starts(fold(trimQuotes(title)), func(w *words) []string { return w.letterTitles }) != "" {
			return true
		}
	}
	return false
}

// salutedPeers reports whether the salutation speaks to those who may sign, not to an authority.
func (r *reader) salutedPeers() (word string, ok bool) {
	folded := fold(r.draft.Salutation)
	for _, w := range r.langs {
		for _, p := range w.peers {
			if has(folded, p) && (p != "bonjour" || folded == p) { // said to nobody in particular
				return p, true
			}
		}
	}
	return "", false
}

// addCalledAddressee drops the peers, who are not addressees of the letter they are asked to sign, and takes the addressee
// from the sentence that says what there is to sign.
func (r *reader) addCalledAddressee() {
	peers := r.saluted()
	r.draft.Addressees = slices.DeleteFunc(r.draft.Addressees, func(a Addressee) bool {
		return slices.ContainsFunc(peers, func(p Addressee) bool { return p.Name == a.Name && p.Office == a.Office })
	})
	for _, l := range r.body[:min(len(r.body), 4)] {
		if to := r.afterLetterTo(l.text[:min(len(l.text), 2000)]); to != "" && len(r.draft.Addressees) == 0 {
			r.addPhrase(to, "addressee_from_introduction")
		}
	}
}

// signingLines counts the lines that ask for a signature.
func (r *reader) signingLines() int {
	n := 0
	for _, part := range [][]line{r.intro, r.body} {
		for _, l := range part[:min(len(part), 200)] {
			if r.any(fold(l.text[:min(len(l.text), 4000)]), func(w *words) []string { return w.signing }) {
				n++
			}
		}
	}
	return n
}

// asksReaders counts the lines that speak to a reader about signing.
func (r *reader) asksReaders() int {
	n := 0
	for _, l := range r.body[:min(len(r.body), 200)] {
		folded := fold(l.text[:min(len(l.text), 4000)])
		if r.any(folded, func(w *words) []string { return w.signing }) && r.any(folded, func(w *words) []string { return w.readers }) {
			n++
		}
	}
	return n
}

func (r *reader) titleCalls() bool {
	return r.any(fold(r.draft.Title+" "+r.draft.Subtitle), func(w *words) []string { return w.signing })
}

// speaksAsWe reports whether the text asks for something in the first person, outside quotation marks.
func (r *reader) speaksAsWe() bool {
	for _, l := range r.body[:min(len(r.body), 400)] {
		for _, s := range sentences(l.text) {
			folded := fold(s)
			if strings.HasPrefix(folded, "\"") || strings.Contains(folded, "\"") {
				continue
			}
			if r.asksAsWe(folded) {
				return true
			}
		}
	}
	return false
}

package importer

import "strings"

const (
	introRunes  = 600  // of a sentence that says who wrote to whom
	senderWords = 14   // of a sender that it names
	phraseWords = 25   // of an addressee that it names
	stopBytes   = 12   // behind which a stop ends such an addressee; before it is one of an abbreviation
	titleRunes  = 300  // of a title in which the addressee stands behind a sender
	introLines  = 4    // of an introduction, or of the body of a call, in which the addressee stands
	introBytes  = 2000 // of such a line
)

// introduces reports whether a sentence introduces a letter: "X wrote an open letter to Y:".
func (r *reader) introduces(text string) bool {
	_, _, ok := r.splitIntroduction(text)
	return ok
}

// splitIntroduction returns sender and addressee as an introducing sentence names them.
func (r *reader) splitIntroduction(text string) (from, to string, ok bool) {
	if runeCount(text) > introRunes {
		return "", "", false
	}
	folded := foldKeepingLength(text)
	for _, phrase := range r.Wrote {
		if at := indexWord(folded.text, phrase); at > 0 {
			return strings.TrimSpace(text[:folded.at(at)]), strings.TrimSpace(text[folded.at(at+len(phrase)):]), true
		}
	}
	return "", "", false
}

// readIntroduction returns who wrote to whom, as the first sentence of an introduction says that does.
func (r *reader) readIntroduction(intro []line) (from, to string) {
	for _, l := range intro {
		from, to, ok := r.splitIntroduction(l.text)
		if !ok {
			continue
		}
		from, _ = r.Articles.cut(from)
		if i := strings.LastIndexAny(from, ".:،,"); i > 0 {
			from = strings.TrimLeft(from[i:], ".:،, ")
		}
		if from = r.withoutTime(from); wordCount(from) > senderWords {
			from = ""
		}
		return r.withoutHonorifics(from), to
	}
	return "", ""
}

// withoutTime removes "today" and "on Monday" from the end of a sender.
func (r *reader) withoutTime(from string) string {
	for {
		before, last, ok := cutLast(from)
		if last = fold(last); !ok || !r.Times.has(last) && !isWeekday(last) {
			return strings.TrimRight(from, ",، ")
		}
		from = strings.TrimRight(before, " ")
	}
}

// addresseeIn takes an addressee from a phrase inside a sentence, up to the words that end it, and warns that it did.
func (r *reader) addresseeIn(phrase, warning string) []Addressee {
	if at := strings.IndexAny(phrase, ":;؛()\"“«\n"); at >= 0 {
		phrase = phrase[:at]
	}
	if at := strings.Index(phrase, "،"); at > 0 && r.CommaEnds && !r.beginsOffice(trimMarks(phrase[at:])) {
		phrase = phrase[:at]
	}
	if at := strings.Index(phrase, ". "); at > stopBytes {
		phrase = phrase[:at]
	}
	folded := foldKeepingLength(phrase)
	end := len(folded.text)
	for _, clause := range r.Clauses {
		if at := strings.Index(folded.text, ", "+clause+" "); at > 0 {
			end = min(end, at)
		}
	}
	for _, stop := range r.WroteEnd {
		if at := indexWord(folded.text, stop); at > 0 && !(r.RoleOfs.has(stop) && r.endsWithRole(folded.text[:at])) {
			end = min(end, at)
		}
	}
	phrase = trimMarks(phrase[:folded.at(end)])
	if phrase == "" || wordCount(phrase) > phraseWords {
		return nil
	}
	a := r.readAddressee([]string{phrase})
	if a.Name == "" && a.Office == "" {
		return nil
	}
	r.warn(warning)
	return []Addressee{a}
}

// endsWithRole reports whether the last word is one of an office: "Special Rapporteur on …" goes on.
func (r *reader) endsWithRole(folded string) bool {
	fields := strings.Fields(folded)
	return len(fields) > 0 && r.Roles.has(fields[len(fields)-1])
}

// reportedAddressee takes the addressee from title, subtitle or introduction: "Open letter to …".
func (r *reader) reportedAddressee(t titles, intro []line) []Addressee {
	var told strings.Builder
	for _, l := range intro[:min(len(intro), introLines)] {
		told.WriteString(l.text[:min(len(l.text), introBytes)])
		told.WriteByte(' ')
	}
	for _, source := range [...]struct{ text, warning string }{
		{t.title, "addressee_from_title"}, {t.subtitle, "addressee_from_title"},
		{strings.ToValidUTF8(told.String(), ""), "addressee_from_introduction"},
	} {
		if to := r.afterLetterTo(source.text); to != "" {
			if all := r.addresseeIn(to, source.warning); all != nil {
				return all
			}
		}
	}
	return nil
}

// afterLetterTo returns what follows "letter to" in a title or a sentence, "" if nothing does.
func (r *reader) afterLetterTo(text string) string {
	w, folded := everywhere(), foldKeepingLength(text)
	for _, phrase := range w.LetterTo {
		at := indexWord(folded.text, phrase)
		if at < 0 {
			continue
		}
		if rest := strings.TrimSpace(text[folded.at(at+len(phrase)):]); !strings.ContainsAny(rest[:min(len(rest), 1)], "?!.,:;)") {
			for _, article := range w.OfficeArticles {
				rest = strings.TrimPrefix(rest, article+" ")
			}
			rest, _ = w.ElidedArticles.cutElided(rest)
			return rest
		}
	}
	return r.afterTitledTo(text)
}

// afterTitledTo returns what follows "to" in "Open letter from X to the Minister", if an office or an honorific begins it.
func (r *reader) afterTitledTo(text string) string {
	if runeCount(text) > titleRunes || !r.titledAsLetter(text) {
		return ""
	}
	fields := strings.Fields(text)
	for i := 1; i+1 < len(fields); i++ {
		if !everywhere().TitledTo.has(fold(fields[i])) {
			continue
		}
		if rest := strings.Join(fields[i+1:], " "); r.honorific(rest) != "" || r.beginsOffice(rest) {
			return rest
		}
	}
	return ""
}

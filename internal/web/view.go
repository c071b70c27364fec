package web

import (
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
)

// This file holds what templates ask of the page structs beyond their fields.

// cardView is a LetterCard with what every page has.
type cardView struct {
	Base
	Card LetterCard
}

// CardOf puts a letter's card into the page's language.
func (b Base) CardOf(c LetterCard) cardView { return cardView{Base: b, Card: c} }

// textsView is the languages of an edition with what every page has.
type textsView struct {
	Base
	Texts []TextLink
}

// TextsOf puts the languages of an edition into the page's language.
func (b Base) TextsOf(texts []TextLink) textsView { return textsView{Base: b, Texts: texts} }

// letterOf is a text with what every page has.
type letterOf struct {
	Base
	Letter LetterView
}

// LetterOf puts what stands around a text into the page's language.
func (b Base) LetterOf(v LetterView) letterOf { return letterOf{Base: b, Letter: v} }

// Any reports whether there is anything to count.
func (c Counts) Any() bool { return c.Organisations+c.Persons+c.Withdrawn+c.Removed > 0 }

// CountsOf reports whether the count box has a line for the kind: a letter for people alone shows no "0 organisations".
func (p LetterPage) CountsOf(kind string) bool {
	return len(p.Form.Kinds) == 0 || p.Form.Allows(kind) || p.Counts.of(kind) > 0
}

// CountsOf reports whether the count box has a line for the kind.
func (p SignatoriesPage) CountsOf(string) bool { return true }

func (c Counts) of(kind string) int {
	if kind == "person" {
		return c.Persons
	}
	return c.Organisations
}

// Tally is the counts in one line.
func (p LetterPage) Tally() string {
	organisations := p.L.N("counts.organisations_n", p.Counts.Organisations)
	persons := p.L.N("counts.persons_n", p.Counts.Persons)
	switch {
	case !p.CountsOf("organisation"):
		return persons
	case !p.CountsOf("person"):
		return organisations
	}
	return p.L.T("card.counts", "Organisations", organisations, "Persons", persons)
}

// Dateline returns place and date as one line, with the comma of the letter's script.
func (v LetterView) Dateline() string {
	if v.Place == "" || v.Date == "" {
		return v.Place + v.Date
	}
	return v.Place + comma(v.Title.Lang) + v.Date
}

// comma returns the comma of a language's script with the space after it.
func comma(language string) string {
	if i18n.Direction(language) == "rtl" && language != "he" && language != "yi" {
		return "، "
	}
	return ", "
}

// Allows reports whether the letter can be signed as a person or for an organisation.
func (f SignForm) Allows(kind string) bool {
	return slices.Contains(f.Kinds, kind) || slices.Contains(f.Kinds, "both")
}

// IsKind reports whether the kind is the chosen one, or the first offered when none is.
func (f SignForm) IsKind(kind string) bool {
	if f.Kind == "" && len(f.Kinds) > 0 {
		return kind == f.Kinds[0]
	}
	return f.Kind == kind
}

// DescribedBy returns the ids of a field's error, if it has one, and of its hint.
func (f SignForm) DescribedBy(field string) string {
	var ids []string
	if f.Errors[field] != "" {
		ids = append(ids, "e-"+field)
	}
	if field != "name" || f.Allows("organisation") {
		ids = append(ids, "h-"+field)
	}
	return strings.Join(ids, " ")
}

// SecretGroups returns the secret in groups of four, easier to copy by hand.
func (p ReceiptPage) SecretGroups() []string {
	var groups []string
	for group := range slices.Chunk([]rune(p.Secret), 4) {
		groups = append(groups, string(group))
	}
	return groups
}

// Meta returns what stands under a name: title, affiliation and country, those there are.
func (s SignatoryView) Meta() []string {
	return slices.DeleteFunc([]string{s.Title, s.Affiliation, s.Country}, func(text string) bool { return text == "" })
}

// mailLine is one line of a caught mail; Link says that it is one of the mail's links.
type mailLine struct {
	Text string
	Link bool
}

// Lines returns the mail's text line by line.
func (m CaughtMail) Lines() []mailLine {
	var lines []mailLine
	for line := range strings.Lines(m.Text) {
		text := strings.TrimRight(line, "\r\n")
		link := slices.Contains(m.Links, strings.TrimSpace(text))
		if link {
			text = strings.TrimSpace(text)
		}
		lines = append(lines, mailLine{Text: text, Link: link})
	}
	return lines
}

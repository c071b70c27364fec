// Package page owns what the pages of readers and of the desk have in common: the base of each, its template, forms and their
// fields, the parts of a letter that both show, charts, error pages, files that never change, and what is known of a request.
//
// It promises that what people typed is escaped, that a page which cannot be rendered writes nothing, that a form with a mistake
// comes back with everything typed, and that whether it does is decided in one place. It must not know a handler, nor hold a
// rule about letters and signatures.
package page

import (
	"net/http"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// Page is a struct that a template is executed with.
type Page interface {
	Template() string // its file in templates/, without ".html"
}

// Base is what every page has. Templates speak through L and link through URL and Assets.
type Base struct {
	L         *i18n.Locale
	Assets    *Assets
	Prefix    string         // "/fa" when the page's URL names its language, else ""
	Site      string         // the instance's name
	Title     string         // of the page, for <title>; the layout adds Site
	Summary   string         // one sentence for search engines and link previews, "" for none
	Path      string         // of this page without language segment, with its query
	Canonical string         // absolute URL of this page in this language
	Languages []LanguageLink // the same page in the interface's languages
	Demo      bool           // the demonstration instance: a banner says so
	NoIndex   bool           // pages that search engines must not keep
	Feed      FeedLink       // what can be followed from here; zero for nothing
	Metadata  any            // what the page is about, for machines, as JSON-LD; nil for nothing
	OEmbed    string         // address that says how another site shows the page, "" for none
	Picture   *Picture       // that others show beside a link to the page; nil for none
	Desk      *Nav           // pages of somebody who is signed in; nil elsewhere
	Note      string         // what was just done, "" for nothing
	AsOf      string         // when the page was so, while the database is away; else ""
	Scripts   bool           // the page is one of the desk, whose script makes some of it easier
}

// URL returns a path in the language that the page's own URL names, if it names one: "/fa/letters/x" for "/letters/x".
func (b Base) URL(path string) string { return b.Prefix + path }

// Kept is for how many days what is sealed outlives a letter, in words.
func (b Base) Kept() string { return Kept(b.L) }

// Kept is for how many days what is sealed outlives a letter, in words.
func Kept(l *i18n.Locale) string { return l.N("counts.days_n", letter.KeptDays) }

// Ordinal returns the number of a row, which the first of all has as 1, in the page's digits.
func (b Base) Ordinal(row int) string { return b.L.Number(row + 1) }

// LanguageLink is a page in another language.
type LanguageLink struct {
	Code, Name, Dir, URL string
	Current              bool
}

// LanguagesOf returns the links to a path in the interface's languages.
func LanguagesOf(current *i18n.Locale, path string) (links []LanguageLink) {
	for _, l := range i18n.All() {
		links = append(links, LanguageLink{Code: l.Code, Name: l.Name, Dir: l.Dir, URL: "/" + l.Code + path, Current: l == current})
	}
	return links
}

// Picture is one with its absolute address and its pixels.
type Picture struct {
	URL           string
	Width, Height int
	Alt           string
}

// FeedLink is where a page's feed is.
type FeedLink struct{ Atom, JSON, Title string }

// Nav is what every page of the desk has beside its content.
type Nav struct {
	Name          string // of the user
	Operator      bool   // they run the server
	Organisations []Link
	Letter        *LetterNav // of the letter that the page is of, nil for none
}

// LetterNav is what every page of a letter has: its steps, what comes next, and its other pages.
type LetterNav struct {
	Title Tagged
	URL   string // of the letter at the desk
	Steps []NavStep
	Next  *Link // nil where nothing has to be done, and on the page where it is
	Items []NavItem
}

// NavStep is a step in a letter's life.
type NavStep struct {
	Text          string
	Done, Current bool
}

// NavItem is a page of a letter.
type NavItem struct {
	Text, URL string
	Current   bool
	Waits     int // things for the reader to do there
}

// LetterMenu is the list of a letter's pages in a language.
type LetterMenu struct {
	L     *i18n.Locale
	Items []NavItem
}

// In returns the list for a page in a language.
func (n LetterNav) In(l *i18n.Locale) LetterMenu { return LetterMenu{l, n.Items} }

// Here is the text of the current item.
func (n LetterNav) Here() string {
	for _, x := range n.Items {
		if x.Current {
			return x.Text
		}
	}
	return ""
}

// Link is a text that leads somewhere.
type Link struct {
	Text Tagged
	URL  string
}

// Tagged is text of a letter or a directory entry, with its own language and direction.
type Tagged struct{ Text, Lang, Dir string }

// Tag returns a text with its language and the direction of that.
func Tag(text, language string) Tagged {
	return Tagged{Text: text, Lang: language, Dir: i18n.Direction(language)}
}

// Option is one entry of a select, or any value with its text.
type Option struct{ Value, Text string }

// Choice is an entry of a list to choose from, whose text has a language of its own.
type Choice struct {
	Value  string
	Text   Tagged
	Chosen bool
}

// Comma returns the comma of a language's script with the space after it.
func Comma(language string) string {
	if i18n.Direction(language) == "rtl" && language != "he" && language != "yi" {
		return "، "
	}
	return ", "
}

// Base returns what every page has.
func (s *Site) Base(r *http.Request, title string) Base {
	v := VisitOf(r)
	path := r.URL.Path
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		path = "/" // the same page in another language cannot be linked to
	} else if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	asOf := ""
	if !v.AsOf.IsZero() {
		asOf = v.Locale.DateTime(v.AsOf, time.UTC)
	}
	return Base{L: v.Locale, Assets: s.Assets, Prefix: v.Prefix, Site: s.Name, Title: title, AsOf: asOf, Path: path, Canonical: s.BaseURL + v.Prefix + r.URL.Path,
		Demo: s.Demo, Languages: LanguagesOf(v.Locale, path)}
}

// Meta returns what stands under a name: title, affiliation, country, those there are.
func Meta(parts ...string) []string {
	return slices.DeleteFunc(parts, func(text string) bool { return text == "" })
}

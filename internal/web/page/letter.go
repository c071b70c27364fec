package page

import (
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// DocumentLink leads to a letter as a document.
type DocumentLink struct {
	URL    string
	Format document.Format
	About  string // size and date of what lies there, "" if none does
}

// LetterView is the text of one edition in one language, ready to print.
type LetterView struct {
	URL          string
	Title        Tagged // Lang and Dir hold for all text of the letter
	Untitled     bool   // the letter has no title of its own; Title names it for lists and this page
	Subtitle     string
	Introduction template.HTML
	Leads        []OrganisationView
	Addressees   []AddresseeView
	Place, Date  string
	Salutation   string
	Body         template.HTML
	Demands      []DemandView // those that do not stand in Body
	Closing      string
	SignedBy     []SignerView
	Translator   string
	Texts        []TextLink // this edition in its languages
	Number       int        // of the edition
	Current      bool       // is the letter's current edition
	Published    string     // date
	SHA256       string
	FileURL      string         // the canonical file
	Documents    []DocumentLink // the letter as files to hand over; none before it is published
	PressURL     string         // the press kit, "" but on the letter's own page
	EditionsURL  string
	Editions     int        // how many there are
	Stale        bool       // this translation is older than the authoritative text
	Source       int        // of a stale translation: the edition it was made from, 0 if that is not known
	SourceURL    string     // what has changed since, "" if Source is 0
	AuthorityURL string     // the authoritative text, "" when this is it
	Authority    bool       // this is the authoritative text
	Beside       []TextLink // the texts that can stand beside this one
	AloneURL     string     // this text without another beside it
	Columns      []Column   // two texts beside each other, or none
}

// Column is one of two texts that stand beside each other. Both have as many cells, so that the same paragraph of both
// stands in the same row.
type Column struct {
	LetterView
	First bool
	Text  TextLink        // its language
	Cells []template.HTML // the body
	Asks  [][]DemandView  // the demands that do not stand in the body
}

// AddresseeView is who is asked.
type AddresseeView struct {
	Name, Office string
	URL          string // of their page, "" for none
	Address      []string
}

// DemandView is one numbered demand.
type DemandView struct{ Number, Text string }

// SignerView is who signed the text itself.
type SignerView struct{ Name, Role, Organisation string }

// TextLink is one language of an edition.
type TextLink struct {
	Lang, Name, Dir, URL          string
	Current, Authoritative, Stale bool
	Translator                    string
}

// OrganisationView is an organisation on a letterhead or its own page.
type OrganisationView struct {
	Name    Tagged
	URL     string
	Address []string
	Email   string
	Phone   string
	Links   []string
	LogoURL string
	Country string
	About   Tagged
}

// Dateline returns place and date as one line, with the comma of the letter's script.
func (v LetterView) Dateline() string {
	if v.Place == "" || v.Date == "" {
		return v.Place + v.Date
	}
	return v.Place + Comma(v.Title.Lang) + v.Date
}

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

// Markdown renders Markdown in a language as a page shows it.
func Markdown(markdown, language string) template.HTML {
	return Sanitised(letter.RenderMarkdown(markdown), language)
}

// noteReference is a reference to a footnote, whose number Markdown writes in European digits.
var noteReference = regexp.MustCompile(`role="doc-noteref"[^>]*>[0-9]+<`)

// Sanitised marks what letter.RenderMarkdown or letter.Beside returned, which is sanitised, and gives its footnotes the
// language's digits. It is where template.HTML is made.
func Sanitised(html, language string) template.HTML {
	if l := i18n.Find(language); l != nil {
		html = noteReference.ReplaceAllStringFunc(html, l.Digits)
	}
	return template.HTML(html)
}

// ViewOf returns the text of an edition in a language.
func ViewOf(r *http.Request, l letter.Letter, e letter.Edition, language string) LetterView {
	t := e.Text(language)
	loc := LocaleOf(r)
	path := "/letters/" + l.Slug
	v := LetterView{URL: Local(r, path), Title: Tag(t.Name(), t.Language), Subtitle: t.Subtitle, Untitled: t.Title == "", Place: t.Place, Date: t.Date,
		Salutation: t.Salutation, Closing: t.Closing, Translator: t.Translator, Number: e.Number, Current: e.Number == l.Edition.Number,
		Published: loc.Date(e.PublishedAt), SHA256: t.SHA256, EditionsURL: Local(r, path+"/editions"), Stale: t.Stale,
		Source: t.Source, Authority: t.Language == e.Language, Body: Sanitised(t.HTML(), t.Language)}
	file := path + "/editions/" + strconv.Itoa(e.Number)
	v.FileURL = file + "." + t.Language + ".md"
	if !e.PublishedAt.IsZero() {
		for _, format := range [...]document.Format{document.PDF, document.DOCX} {
			v.Documents = append(v.Documents, DocumentLink{URL: file + "." + t.Language + "." + string(format), Format: format})
		}
	}
	if t.Introduction != "" {
		v.Introduction = Markdown(t.Introduction, t.Language)
	}
	for _, o := range l.Leads {
		v.Leads = append(v.Leads, OrganisationOf(r, o, t.Language))
	}
	for _, a := range t.Addressees {
		v.Addressees = append(v.Addressees, AddresseeView{Name: a.Line(), Office: a.Office, Address: a.Address})
	}
	for _, d := range t.Demands {
		if !d.InBody {
			v.Demands = append(v.Demands, DemandView{Number: d.Number, Text: d.Text})
		}
	}
	for _, x := range t.SignedBy {
		v.SignedBy = append(v.SignedBy, SignerView(x))
	}
	at := path
	if !v.Current {
		at = file
	}
	for _, code := range e.Languages() {
		text := e.Texts[code]
		v.Texts = append(v.Texts, TextLink{Lang: code, Name: i18n.LanguageName(code), Dir: i18n.Direction(code),
			URL: Local(r, at+"?text="+code), Current: code == t.Language, Authoritative: code == e.Language, Stale: text.Stale,
			Translator: text.Translator})
	}
	if t.Source > 0 {
		v.SourceURL = Local(r, path+"/editions/"+strconv.Itoa(e.Number)+"/diff/"+strconv.Itoa(t.Source)+"?text="+e.Language)
	}
	if !v.Authority {
		v.AuthorityURL = Local(r, at+"?text="+e.Language)
	}
	return v
}

// OrganisationOf returns an organisation as a letter in a language shows it.
func OrganisationOf(r *http.Request, o account.Organisation, language string) OrganisationView {
	name := language
	if o.Names[name] == "" {
		name = ""
	}
	v := OrganisationView{Name: Tagged{Text: o.Name(language, i18n.Default), Lang: name}, URL: Local(r, "/organisations/"+o.Slug),
		Address: o.Address, Email: o.Email, Phone: o.Phone, Links: o.Links}
	if name != "" {
		v.Name.Dir = i18n.Direction(name)
	}
	if o.Logo != "" {
		v.LogoURL = "/media/" + o.Logo
	}
	if o.Country != "" {
		v.Country = i18n.CountryName(LocaleOf(r), o.Country)
	}
	if about := o.Description(language, i18n.Default); about != "" {
		v.About = Tagged{Text: about}
	}
	return v
}

// StateOf returns the letter's state as readers see it: past its deadline a letter is closed to them, though it stays open
// for a day to those who have yet to confirm.
func StateOf(l letter.Letter, now time.Time) letter.State {
	if l.State == letter.Open && l.SignOn != letter.SignOnNone && !l.AcceptsSignatures(now) {
		return letter.Closed
	}
	return l.State
}

// DiffLine is a paragraph that stayed, came, went or was reworded.
type DiffLine struct {
	Kind string // same, added, removed, reworded
	Text []DiffSpan
}

// DiffSpan is a run of words inside a paragraph.
type DiffSpan struct {
	Kind string // same, added, removed
	Text string
}

// LinesOf returns a difference as a page shows it.
func LinesOf(difference []letter.DiffParagraph) (lines []DiffLine) {
	for _, d := range difference {
		line := DiffLine{Kind: string(d.Kind)}
		for _, span := range d.Spans {
			line.Text = append(line.Text, DiffSpan{string(span.Kind), span.Text})
		}
		lines = append(lines, line)
	}
	return lines
}

// Changed returns the lines in which the two texts of a difference are not the same.
func Changed(lines []DiffLine) (changes []DiffLine) {
	for _, line := range lines {
		if line.Kind != string(letter.DiffSame) {
			changes = append(changes, line)
		}
	}
	return changes
}

// diffOf is a difference with what every page has.
type diffOf struct {
	Base
	Lines []DiffLine
}

// DiffOf puts a difference into the page's language.
func (b Base) DiffOf(lines []DiffLine) diffOf { return diffOf{b, lines} }

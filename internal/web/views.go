package web

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// trustedHTML renders Markdown in a language as a page shows it.
func trustedHTML(markdown string, demands []letter.Demand, language string) template.HTML {
	return sanitised(letter.RenderMarkdown(markdown, demands), language)
}

// noteReference is a reference to a footnote, whose number Markdown writes in European digits.
var noteReference = regexp.MustCompile(`role="doc-noteref"[^>]*>[0-9]+<`)

// sanitised marks what letter.RenderMarkdown or letter.Beside returned, which is sanitised, and gives its footnotes the
// language's digits. It is the only place that makes template.HTML.
func sanitised(html, language string) template.HTML {
	if l := i18n.Find(language); l != nil {
		html = noteReference.ReplaceAllStringFunc(html, l.Digits)
	}
	return template.HTML(html)
}

// local returns a path in the language that the request's URL names.
func (s *Server) local(r *http.Request, path string) string { return visitOf(r).prefix + path }

func languagesOf(current *i18n.Locale, path string) (links []LanguageLink) {
	for _, l := range i18n.All() {
		links = append(links, LanguageLink{Code: l.Code, Name: l.Name, Dir: l.Dir, URL: "/" + l.Code + path, Current: l == current})
	}
	return links
}

func tagged(text, language string) Tagged {
	return Tagged{Text: text, Lang: language, Dir: i18n.Direction(language)}
}

// title returns a letter's title in the page's language, if it has one.
func (s *Server) title(r *http.Request, l *cachedLetter) Tagged {
	t := l.Edition.Text(visitOf(r).locale.Code)
	return tagged(t.Name(), t.Language)
}

func (s *Server) letterView(r *http.Request, l letter.Letter, e letter.Edition, language string) LetterView {
	t := e.Text(language)
	loc := visitOf(r).locale
	path := "/letters/" + l.Slug
	v := LetterView{URL: s.local(r, path), Title: tagged(t.Name(), t.Language), Subtitle: t.Subtitle, Untitled: t.Title == "", Place: t.Place, Date: t.Date,
		Salutation: t.Salutation, Closing: t.Closing, Translator: t.Translator, Number: e.Number, Current: e.Number == l.Edition.Number,
		Published: loc.Date(e.PublishedAt), SHA256: t.SHA256, EditionsURL: s.local(r, path+"/editions"), Stale: t.Stale,
		Source: t.Source, Authority: t.Language == e.Language, Body: trustedHTML(t.Body, t.Demands, t.Language)}
	file := path + "/editions/" + strconv.Itoa(e.Number)
	v.FileURL = file + "." + t.Language + ".md"
	if t.Introduction != "" {
		v.Introduction = trustedHTML(t.Introduction, nil, t.Language)
	}
	for _, o := range l.Leads {
		v.Leads = append(v.Leads, s.organisationView(r, o, t.Language))
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
			URL: s.local(r, at+"?text="+code), Current: code == t.Language, Authoritative: code == e.Language, Stale: text.Stale,
			Translator: text.Translator})
	}
	if t.Source > 0 {
		v.SourceURL = s.local(r, path+"/editions/"+strconv.Itoa(e.Number)+"/diff/"+strconv.Itoa(t.Source)+"?text="+e.Language)
	}
	if !v.Authority {
		v.AuthorityURL = s.local(r, at+"?text="+e.Language)
	}
	return v
}

// besideLanguage returns the language whose text is asked for beside the one shown, "" for none.
func besideLanguage(r *http.Request, e letter.Edition, text string) string {
	beside := r.URL.Query().Get("beside")
	if _, ok := e.Texts[beside]; !ok || beside == text {
		return ""
	}
	return beside
}

// pair returns the letter in a language with links to put another text beside it, and that text where one is asked for.
func (s *Server) pair(r *http.Request, l letter.Letter, e letter.Edition, language, beside string) LetterView {
	v := s.letterView(r, l, e, language)
	for _, x := range v.Texts {
		if x.Current {
			v.AloneURL = x.URL
		}
	}
	for _, x := range v.Texts {
		if !x.Current {
			x.URL, x.Current = v.AloneURL+"&beside="+x.Lang, x.Lang == beside
			v.Beside = append(v.Beside, x)
		}
	}
	if beside == "" {
		return v
	}
	cells := [2][]string{}
	cells[0], cells[1] = letter.Beside(e.Text(language), e.Text(beside))
	views := [2]LetterView{v, s.letterView(r, l, e, beside)}
	for i, view := range views {
		c := Column{LetterView: view, First: i == 0, Asks: [][]DemandView{view.Demands}}
		for _, x := range view.Texts {
			if x.Current {
				c.Text = x
			}
		}
		for _, cell := range cells[i] {
			c.Cells = append(c.Cells, sanitised(cell, view.Title.Lang))
		}
		if len(views[0].Demands) == len(views[1].Demands) {
			c.Asks = nil
			for _, d := range view.Demands {
				c.Asks = append(c.Asks, []DemandView{d})
			}
		}
		v.Columns = append(v.Columns, c)
	}
	return v
}

func (s *Server) organisationView(r *http.Request, o account.Organisation, language string) OrganisationView {
	name := language
	if o.Names[name] == "" {
		name = ""
	}
	v := OrganisationView{Name: Tagged{Text: o.Name(language, i18n.Default), Lang: name}, URL: s.local(r, "/organisations/"+o.Slug),
		Address: o.Address, Email: o.Email, Phone: o.Phone, Links: o.Links}
	if name != "" {
		v.Name.Dir = i18n.Direction(name)
	}
	if o.Logo != "" {
		v.LogoURL = "/media/" + o.Logo
	}
	if o.Country != "" {
		v.Country = i18n.CountryName(visitOf(r).locale, o.Country)
	}
	if about := o.Description(language, i18n.Default); about != "" {
		v.About = Tagged{Text: about}
	}
	return v
}

// state returns the letter's state as readers see it: past its deadline a letter is closed to them, though it stays open
// for a day to those who have yet to confirm.
func (s *Server) state(l *cachedLetter) letter.State {
	if l.State == letter.Open && l.SignOn != letter.SignOnNone && !l.AcceptsSignatures(s.o.Now()) {
		return letter.Closed
	}
	return l.State
}

func (s *Server) card(r *http.Request, l *cachedLetter) LetterCard {
	loc := visitOf(r).locale
	t := l.Edition.Text(loc.Code)
	c := LetterCard{URL: s.local(r, "/letters/"+l.Slug), Title: tagged(t.Name(), t.Language), Subtitle: tagged(t.Subtitle, t.Language),
		State: string(s.state(l)), Counted: l.SignOn != letter.SignOnNone, Counts: headline(l.Counts)}
	for _, a := range t.Addressees {
		if text := a.Name; text != "" || a.Office != "" {
			if text == "" {
				text = a.Office
			} else if a.Office != "" {
				text += comma(t.Language) + a.Office
			}
			c.To = append(c.To, tagged(text, t.Language))
		}
	}
	for _, o := range l.Leads {
		c.Leads = append(c.Leads, s.organisationView(r, o, t.Language).Name)
	}
	if l.Deadline.IsSet() {
		c.Deadline = loc.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	return c
}

// share returns the links that spread a page. They are plain links: nothing is asked of anybody until one is followed.
func (s *Server) share(path, title string) Share {
	address := s.o.BaseURL + path
	q := func(s string) string { return url.QueryEscape(s) }
	return Share{URL: address, Mail: "mailto:?subject=" + url.PathEscape(title) + "&body=" + url.PathEscape(address),
		Links: []ShareLink{
			{"WhatsApp", "https://wa.me/?text=" + q(title+" "+address)},
			{"Telegram", "https://t.me/share/url?url=" + q(address) + "&text=" + q(title)},
			{"Mastodon", "https://share.joinmastodon.org/#text=" + q(title+" "+address)},
			{"X", "https://x.com/intent/post?url=" + q(address) + "&text=" + q(title)},
			{"Facebook", "https://www.facebook.com/sharer/sharer.php?u=" + q(address)},
		}}
}

package web

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// trustedHTML marks what letter.RenderMarkdown has sanitised. It is the only place that makes template.HTML.
func trustedHTML(markdown string, demands []letter.Demand) template.HTML {
	return template.HTML(letter.RenderMarkdown(markdown, demands))
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
		Authority: t.Language == e.Language, Body: trustedHTML(t.Body, t.Demands)}
	file := path + "/editions/" + strconv.Itoa(e.Number)
	v.FileURL = file + "." + t.Language + ".md"
	if t.Introduction != "" {
		v.Introduction = trustedHTML(t.Introduction, nil)
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
				text += ", " + a.Office
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

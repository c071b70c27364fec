package public

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// CirculationPage is a draft for one of its readers, behind a link of their own.
type CirculationPage struct {
	page.Base
	Form       page.Form
	Action     string
	Name       string          // of the reader
	Letter     page.LetterView // the text, without what only a published one has
	Paragraphs []ParagraphView
	Gone       []page.RemarkGroup // remarks on words that have been changed since
	Soft, Hard string             // until when; "" when it is over
	Takes      bool               // answers and remarks
	Frozen     bool
	Lifted     bool
	Language   string   // of the text
	In         []string // who is in and wants to be named
	LeadAsked  bool
	Leads      bool // the reader's organisation does
	Approved   bool // it has approved this text
	SpeaksFor  []page.Choice
}

// Template is its file.
func (CirculationPage) Template() string { return "public/circulation" }

// ParagraphView is a part of the text with what is said of it.
type ParagraphView struct {
	Number int
	HTML   template.HTML
	page.RemarkGroup
	Open bool // a remark on it came back with a mistake
	May  bool // a remark can be made here
}

// Answers are what a reader can say to being asked along.
func (CirculationPage) Answers() []string { return []string{"in", "considering", "declined"} }

// remarkingOf is a paragraph with the form to remark on it.
type remarkingOf struct {
	page.Base
	ParagraphView
	Action, Language string
	Error, Typed     string
}

// RemarkingOf puts a paragraph's form into the page's language.
func (p CirculationPage) RemarkingOf(v ParagraphView) remarkingOf {
	x := remarkingOf{Base: p.Base, ParagraphView: v, Action: p.Action, Language: p.Language}
	if v.Open {
		x.Error, x.Typed = p.Form.Errors["remark-"+v.Anchor], p.Form.Value("text")
	}
	return x
}

// circulationNotes are what a reader's page can say about what was just done.
var circulationNotes = map[string]bool{"answer": true, "remark": true, "lead": true}

// ShowCirculation shows a draft to one of its readers.
func (h *Handlers) ShowCirculation(w http.ResponseWriter, r *http.Request) error {
	return h.circulationPage(w, r, nil, nil)
}

// readerOf returns the reader of the link and the letter. Once that is open the link leads to its public page, but for who speaks for a
// lead organisation.
func (h *Handlers) readerOf(w http.ResponseWriter, r *http.Request) (reader letter.Reader, l letter.Letter, opened bool, err error) {
	w.Header().Set("Cache-Control", "no-store")
	reader, l, err = h.Letters.Circulations.ReaderOf(r.Context(), r.PathValue("token"))
	leads := func(o account.Organisation) bool { return o.ID == reader.SpeaksFor }
	if err != nil || l.State == letter.Draft || slices.ContainsFunc(l.Leads, leads) {
		return reader, l, false, err
	}
	http.Redirect(w, r, page.Local(r, "/letters/"+l.Slug), http.StatusSeeOther)
	return reader, l, true, nil
}

// signedInAs returns the session of somebody who is signed in at the desk too, nil for others.
func (h *Handlers) signedInAs(r *http.Request) *account.Session {
	c, err := r.Cookie(h.Cookie("desk"))
	if err != nil {
		return nil
	}
	x, err := h.Accounts.Session(r.Context(), c.Value)
	if err != nil {
		return nil
	}
	return x
}

func (h *Handlers) circulationPage(w http.ResponseWriter, r *http.Request, typed url.Values, wrong error) error {
	reader, l, opened, err := h.readerOf(w, r)
	if err != nil || opened {
		return err
	}
	if l.State != letter.Draft {
		return h.agreementPage(w, r, reader, l, typed, wrong)
	}
	loc, ctx, e := page.LocaleOf(r), r.Context(), l.Edition
	c, err := h.Letters.Circulations.Find(ctx, l.ID)
	if err != nil {
		return err
	}
	remarks, err := h.Letters.Circulations.Remarks(ctx, l.ID, e)
	if err != nil {
		return err
	}
	readers, err := h.Letters.Circulations.Readers(ctx, l.ID)
	if err != nil {
		return err
	}
	t := e.Text(r.URL.Query().Get("text"))
	if _, asked := e.Texts[r.URL.Query().Get("text")]; !asked {
		t = e.Text(loc.Code)
	}
	if typed == nil {
		typed = url.Values{"answer": {string(reader.Answer)}, "name": {reader.Name}, "lead_name": {reader.Name}}
		if reader.Named {
			typed.Set("named", "1")
		}
	}
	path := page.Local(r, "/circulation/"+r.PathValue("token"))
	p := CirculationPage{Base: h.Base(r, t.Name()), Form: page.NewForm(r, typed, wrong), Action: path + "?text=" + t.Language, Name: reader.Name,
		Letter: page.ViewOf(r, l, e, t.Language), Takes: c.Takes(h.Now()), Frozen: c.Frozen(e), Lifted: c.Lifted(e), Language: t.Language,
		LeadAsked: reader.LeadAsked, Leads: reader.SpeaksFor != 0}
	p.NoIndex, p.Canonical = true, ""
	p.Letter.SHA256 = e.SHA256 // the authoritative text is what is approved and frozen, whatever language is read
	if p.Letter.Number = e.Number; circulationNotes[r.URL.Query().Get("done")] && wrong == nil {
		p.Note = loc.T("circulation.done." + r.URL.Query().Get("done"))
	}
	for i, x := range p.Letter.Texts {
		p.Letter.Texts[i].URL = path + "?text=" + x.Lang
	}
	if p.Takes {
		p.Soft, p.Hard = loc.DateTime(c.Soft, c.Zone), loc.DateTime(c.Hard, c.Zone)
	}
	for _, x := range readers {
		if x.Answer == letter.In && x.Named && !x.Withdrawn {
			p.In = append(p.In, x.Name)
		}
	}
	by := func(x letter.Remark) string {
		switch i := slices.IndexFunc(readers, func(o letter.Reader) bool { return o.ID == x.Reader }); {
		case x.User != 0:
			return loc.T("circulation.editors")
		case x.Reader == reader.ID:
			return loc.T("circulation.you")
		case i >= 0 && readers[i].Named:
			return readers[i].Name
		}
		return loc.T("circulation.another")
	}
	seen := map[string]bool{}
	for _, x := range letter.Paragraphs(t) {
		v := ParagraphView{Number: x.Number, HTML: template.HTML(x.HTML), May: p.Takes && !seen[x.Anchor], Open: wrong != nil &&
			typed.Get("anchor") == x.Anchor && typed.Get("do") == "remark"}
		v.Anchor = x.Anchor
		for _, y := range remarks {
			if !y.Gone && y.Language == t.Language && y.Place == x.Number {
				v.Remarks = append(v.Remarks, page.RemarkOf(loc, y, by(y)))
			}
		}
		seen[x.Anchor] = true
		p.Paragraphs = append(p.Paragraphs, v)
	}
	for _, y := range remarks {
		if y.Gone {
			p.Gone = append(p.Gone, page.RemarkGroup{Quote: page.Tag(y.Quote, y.Language), Remarks: []page.RemarkView{page.RemarkOf(loc, y, by(y))}})
		}
	}
	if p.Leads {
		missing, err := h.Letters.Circulations.Unapproved(ctx, l, e.SHA256, 0)
		if err != nil {
			return err
		}
		p.Approved = !slices.ContainsFunc(missing, func(o account.Organisation) bool { return o.ID == reader.SpeaksFor })
	} else if x := h.signedInAs(r); p.LeadAsked && x != nil {
		for _, m := range x.Members {
			if m.Role.May(account.Editor) {
				o := m.Organisation
				p.SpeaksFor = append(p.SpeaksFor, page.Choice{Value: o.Slug, Text: page.Tag(o.Name(loc.Code, i18n.Default), ""), Chosen: typed.Get("as") == o.Slug})
			}
		}
	}
	return h.Render(w, page.Status(wrong), p)
}

// SubmitCirculation takes a reader's answer, remark, or consent to lead.
func (h *Handlers) SubmitCirculation(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	reader, l, opened, err := h.readerOf(w, r)
	if err != nil || opened {
		return err
	}
	if l.State != letter.Draft {
		return h.submitAgreement(w, r, reader, l, v)
	}
	ctx, done, at := r.Context(), v.Get("do"), ""
	switch done {
	case "answer":
		err = h.Letters.Circulations.AnswerAs(ctx, reader, l.Slug, letter.Answer(v.Get("answer")), v.Get("name"), v.Get("named") == "1")
	case "remark":
		err = h.Letters.Circulations.RemarkAs(ctx, reader, l.Slug, v.Get("language"), v.Get("anchor"), v.Get("text"))
		if number, failed := strconv.Atoi(v.Get("number")); failed == nil {
			at = "#p" + strconv.Itoa(number)
		}
	case "lead":
		if v.Get("consent") != "1" {
			err = fault.New(fault.Invalid, "circulation.consent").On("consent")
			break
		}
		err = h.Letters.Circulations.JoinAsLead(ctx, reader, l.Slug, letter.Lead{SHA256: v.Get("sha256"), Organisation: v.Get("as"), Name: v.Get("lead_name"),
			Language: page.LocaleOf(r).Code, By: h.signedInAs(r)})
		err = renameField(err, "name", "lead_name")
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if page.ComesBack(err, page.Summary...) {
		for name, value := range map[string]string{"answer": string(reader.Answer), "name": reader.Name, "lead_name": reader.Name} {
			if !v.Has(name) { // of the page's other forms
				v.Set(name, value)
			}
		}
		return h.circulationPage(w, r, v, err)
	}
	if err != nil {
		return err
	}
	query := "?text=" + url.QueryEscape(r.URL.Query().Get("text")) + "&done=" + done
	http.Redirect(w, r, page.Local(r, "/circulation/"+r.PathValue("token"))+query+at, http.StatusSeeOther)
	return nil
}

// renameField puts what is wrong with a field beside the one that asked for it.
func renameField(err error, from, to string) error {
	for _, f := range fault.All(err) {
		if f.Field == from {
			return page.OnField(f, to)
		}
	}
	return err
}

package public

import (
	"net/http"
	"net/url"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AgreementPage is the next edition of a letter for who speaks for one of the organisations that lead it, behind a link of their own.
type AgreementPage struct {
	page.Base
	Form        page.Form
	Lead        page.Tagged // for whom they speak
	LetterTitle page.Tagged
	LetterURL   string              // of its public page
	Agreement   *page.AgreementView // nil when nothing waits
}

// Template is its file.
func (AgreementPage) Template() string { return "public/agreement" }

// agreementNotes are what the page can say about what was just done.
var agreementNotes = map[string]bool{"approved": true, "objected": true}

func (h *Handlers) agreementPage(w http.ResponseWriter, r *http.Request, reader letter.Reader, l letter.Letter, typed url.Values, wrong error) error {
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	p := AgreementPage{Base: h.Base(r, loc.T("agreement.title")), Form: page.NewForm(r, typed, wrong), LetterTitle: page.Tag(t.Name(), t.Language),
		LetterURL: page.Local(r, "/letters/"+l.Slug)}
	p.NoIndex, p.Canonical = true, ""
	if done := r.URL.Query().Get("done"); agreementNotes[done] && wrong == nil {
		p.Note = loc.T("agreement.done." + done)
	}
	for _, o := range l.Leads {
		if o.ID == reader.SpeaksFor {
			p.Lead = page.Tag(o.Name(loc.Code, i18n.Default), "")
		}
	}
	a, err := h.Letters.Agreements.Find(r.Context(), l)
	if err != nil {
		return err
	}
	if !a.Waits() {
		return h.Render(w, page.Status(wrong), p)
	}
	known, asked, err := h.Letters.Agreements.Asks(r.Context(), l, reader.SpeaksFor)
	if err != nil {
		return err
	}
	p.Agreement = page.AgreementOf(r, l, a, known, asked, reader.SpeaksFor)
	p.Agreement.Action = page.Local(r, "/circulation/"+r.PathValue("token"))
	return h.Render(w, page.Status(wrong), p)
}

// submitAgreement takes what a lead organisation says of the letter's next edition.
func (h *Handlers) submitAgreement(w http.ResponseWriter, r *http.Request, reader letter.Reader, l letter.Letter, v url.Values) error {
	done, err := "", error(nil)
	switch v.Get("do") {
	case "approve":
		done, err = "approved", h.Letters.Agreements.ApproveAs(r.Context(), reader, l.Slug, v.Get("sha256"))
	case "object":
		done, err = "objected", h.Letters.Agreements.ObjectAs(r.Context(), reader, l.Slug, v.Get("sha256"), v.Get("words"))
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if page.ComesBack(err, append(page.Summary, fault.Gone)...) {
		return h.agreementPage(w, r, reader, l, v, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, page.Local(r, "/circulation/"+r.PathValue("token"))+"?done="+done, http.StatusSeeOther)
	return nil
}

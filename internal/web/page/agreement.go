package page

import (
	"net/http"
	"slices"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// AgreementView is a letter's next edition before one of the organisations that lead it, at the desk and behind a reader's link.
type AgreementView struct {
	Action    string
	Number    int
	Follows   string
	Due       string // when it is published by itself, in a sentence; ""
	Digest    string // of what is asked
	Since     bool   // the differences are to the texts that the organisation approved, not to the published ones
	Working   bool   // a text is being changed: what is shown is not what was asked about
	Texts     []ChangeView
	Leads     []StandView
	MayAnswer bool
	Approved  bool // by all for whom the one who looks may answer
}

// ChangeView is a text of the next edition beside the one that is known.
type ChangeView struct {
	Name, Lang, Dir string
	SHA256          string
	Changes         []DiffLine // what differs
	Lines           []DiffLine // the whole text
}

// StandView is where a lead organisation stands.
type StandView struct {
	Name      Tagged
	Says      string // in a word or two
	Objection string
	At        string // of the objection
}

// AgreementOf returns the view of an agreement for somebody who may answer for some organisations.
func AgreementOf(r *http.Request, l letter.Letter, a letter.Agreement, changes []letter.Change, working bool, own ...int64) *AgreementView {
	loc := LocaleOf(r)
	v := &AgreementView{Number: a.Number, Follows: string(a.Follows), Digest: a.Digest, Working: working, Approved: true}
	if !a.Due.IsZero() {
		v.Due = loc.T("agreement.due", "Time", loc.DateTime(a.Due, l.Deadline.Zone))
	}
	for _, c := range changes {
		text := ChangeView{Name: i18n.LanguageName(c.Language), Lang: c.Language, Dir: i18n.Direction(c.Language), SHA256: letter.Hash(c.Asked),
			Lines: LinesOf(letter.Diff(c.Known, c.Asked))}
		text.Changes = Changed(text.Lines)
		v.Texts = append(v.Texts, text)
	}
	for _, s := range a.Leads {
		view := StandView{Name: Tag(s.Lead.Name(loc.Code, i18n.Default), ""), Objection: s.Objection}
		says := "waits"
		switch {
		case s.Approved:
			says = "approved"
		case s.Anew:
			says = "anew"
		case s.Objection != "":
			says = "objects"
		case !s.Reached:
			says = "unreached"
		case s.Before:
			says = "before"
		}
		if s.Objection != "" {
			view.At = loc.DateTime(s.ObjectedAt, l.Deadline.Zone)
		}
		view.Says = loc.T("agreement.stand." + says)
		v.Leads = append(v.Leads, view)
		if slices.Contains(own, s.Lead.ID) {
			v.MayAnswer = !v.Working
			v.Approved = v.Approved && s.Approved
			v.Since = v.Since || s.Before
		}
	}
	return v
}

// agreementOf is an agreement with what its page has.
type agreementOf struct {
	Base
	*AgreementView
	Form Form
}

// AgreementOf puts an agreement into the page's language.
func (b Base) AgreementOf(v *AgreementView, f Form) agreementOf { return agreementOf{b, v, f} }

package page

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// AgreementView is a letter's next edition before one of the organisations that lead it, at the desk and behind a reader's link.
type AgreementView struct {
	Action    string
	Number    int
	Follows   string
	Due       string // when it is published by itself, in a sentence; ""
	SHA256    string
	Since     bool // the difference is to the text that the organisation approved, not to the published one
	Working   bool // the text is being changed: what is shown is not what was asked about
	Lang, Dir string
	Changes   []DiffLine // what differs
	Lines     []DiffLine // the whole text
	Leads     []StandView
	MayAnswer bool
	Approved  bool // by all for whom the one who looks may answer
}

// StandView is where a lead organisation stands on a text.
type StandView struct {
	Name      Tagged
	Says      string // in a word or two
	Objection string
	At        string // of the objection
}

// AgreementOf returns the view of an agreement for somebody who knows another text. own are the organisations that they may answer for.
func AgreementOf(r *http.Request, l letter.Letter, a letter.Agreement, known, asked string, own ...int64) *AgreementView {
	loc := LocaleOf(r)
	v := &AgreementView{Number: a.Number, Follows: string(a.Follows), SHA256: a.Sums[l.Edition.Language], Lang: l.Edition.Language,
		Dir: i18n.Direction(l.Edition.Language), Working: letter.Hash(asked) != a.Sums[l.Edition.Language]}
	if !a.Due.IsZero() {
		v.Due = loc.T("agreement.due", "Time", loc.DateTime(a.Due, l.Deadline.Zone))
	}
	v.Lines = LinesOf(letter.Diff(known, asked))
	for _, line := range v.Lines {
		if line.Kind != string(letter.DiffSame) {
			v.Changes = append(v.Changes, line)
		}
	}
	v.Approved = true
	for _, s := range a.Leads {
		view := StandView{Name: Tag(s.Lead.Name(loc.Code, i18n.Default), "")}
		says := "waits"
		switch {
		case s.Approved:
			says = "approved"
		case !s.ObjectedAt.IsZero():
			says, view.Objection, view.At = "objects", s.Objection, loc.DateTime(s.ObjectedAt, l.Deadline.Zone)
		case !s.Reached:
			says = "unreached"
		case s.Before:
			says = "before"
		}
		view.Says = loc.T("agreement.stand." + says)
		v.Leads = append(v.Leads, view)
		for _, id := range own {
			if id == s.Lead.ID {
				v.MayAnswer = !v.Working
				v.Approved = v.Approved && s.Approved
				v.Since = v.Since || s.Before
			}
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

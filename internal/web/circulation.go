package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// circulationNotes are what a reader's page can say about what was just done.
var circulationNotes = map[string]bool{"answer": true, "remark": true, "lead": true}

func (s *Server) showCirculation(w http.ResponseWriter, r *http.Request) error {
	return s.circulationPage(w, r, nil, nil)
}

// readerOf returns the reader of the link and the draft; once that is open the link leads to the public letter.
func (s *Server) readerOf(w http.ResponseWriter, r *http.Request) (reader letter.Reader, l letter.Letter, opened bool, err error) {
	w.Header().Set("Cache-Control", "no-store")
	if reader, l, err = s.letters.Circulations.ReaderOf(r.Context(), r.PathValue("token")); err != nil || l.State == letter.Draft {
		return reader, l, false, err
	}
	http.Redirect(w, r, s.local(r, "/letters/"+l.Slug), http.StatusSeeOther)
	return reader, l, true, nil
}

// signedInAs returns the session of somebody who is signed in at the desk too, nil for others.
func (s *Server) signedInAs(r *http.Request) *account.Session {
	c, err := r.Cookie(s.deskCookie())
	if err != nil {
		return nil
	}
	x, err := s.accounts.Session(r.Context(), c.Value)
	if err != nil {
		return nil
	}
	return x
}

func (s *Server) circulationPage(w http.ResponseWriter, r *http.Request, typed url.Values, wrong error) error {
	reader, l, opened, err := s.readerOf(w, r)
	if err != nil || opened {
		return err
	}
	loc, ctx, e := visitOf(r).locale, r.Context(), l.Edition
	c, err := s.letters.Circulations.Find(ctx, l.ID)
	if err != nil {
		return err
	}
	remarks, err := s.letters.Circulations.Remarks(ctx, l.ID, e)
	if err != nil {
		return err
	}
	readers, err := s.letters.Circulations.Readers(ctx, l.ID)
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
	path := s.local(r, "/circulation/"+r.PathValue("token"))
	p := CirculationPage{Base: s.base(r, t.Name()), Form: s.deskForm(r, typed, wrong), Action: path + "?text=" + t.Language, Name: reader.Name,
		Letter: s.letterView(r, l, e, t.Language), Takes: c.Takes(s.o.Now()), Frozen: c.Frozen(e), Lifted: c.Lifted(e), Language: t.Language,
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
		v := ParagraphView{Number: x.Number, HTML: template.HTML(x.HTML), May: p.Takes && !seen[x.Anchor], Open: wrong != nil && typed.Get("anchor") == x.Anchor && typed.Get("do") == "remark"}
		v.Anchor = x.Anchor
		for _, y := range remarks {
			if !y.Gone && y.Language == t.Language && y.Place == x.Number {
				v.Remarks = append(v.Remarks, remarkView(loc, y, by(y)))
			}
		}
		seen[x.Anchor] = true
		p.Paragraphs = append(p.Paragraphs, v)
	}
	for _, y := range remarks {
		if y.Gone {
			p.Gone = append(p.Gone, RemarkGroup{Quote: tagged(y.Quote, y.Language), Remarks: []RemarkView{remarkView(loc, y, by(y))}})
		}
	}
	if p.Leads {
		missing, err := s.letters.Circulations.Unapproved(ctx, l, e.SHA256, 0)
		if err != nil {
			return err
		}
		p.Approved = !slices.ContainsFunc(missing, func(o account.Organisation) bool { return o.ID == reader.SpeaksFor })
	} else if x := s.signedInAs(r); p.LeadAsked && x != nil {
		for _, m := range x.Members {
			if m.Role.May(account.Editor) {
				p.SpeaksFor = append(p.SpeaksFor, Choice{Value: m.Organisation.Slug, Text: tagged(m.Organisation.Name(loc.Code, i18n.Default), ""), Chosen: typed.Get("as") == m.Organisation.Slug})
			}
		}
	}
	return render(w, statusOfForm(wrong), p)
}

func remarkView(loc *i18n.Locale, x letter.Remark, by string) RemarkView {
	return RemarkView{ID: strconv.FormatInt(x.ID, 36), By: by, At: loc.Date(x.At), Text: strings.Split(x.Text, "\n\n"), Resolved: x.Resolved}
}

func (s *Server) submitCirculation(w http.ResponseWriter, r *http.Request) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	reader, l, opened, err := s.readerOf(w, r)
	if err != nil || opened {
		return err
	}
	ctx, done, at := r.Context(), v.Get("do"), ""
	switch done {
	case "answer":
		err = s.letters.Circulations.AnswerAs(ctx, reader, l.Slug, letter.Answer(v.Get("answer")), v.Get("name"), v.Get("named") == "1")
	case "remark":
		err = s.letters.Circulations.RemarkAs(ctx, reader, l.Slug, v.Get("language"), v.Get("anchor"), v.Get("text"))
		if number, failed := strconv.Atoi(v.Get("number")); failed == nil {
			at = "#p" + strconv.Itoa(number)
		}
	case "lead":
		if v.Get("consent") != "1" {
			err = fault.New(fault.Invalid, "circulation.consent").On("consent")
			break
		}
		err = s.letters.Circulations.JoinAsLead(ctx, reader, l.Slug, letter.Lead{SHA256: v.Get("sha256"), Organisation: v.Get("as"), Name: v.Get("lead_name"),
			Language: visitOf(r).locale.Code, By: s.signedInAs(r)})
		err = renameField(err, "name", "lead_name")
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		for name, value := range map[string]string{"answer": string(reader.Answer), "name": reader.Name, "lead_name": reader.Name} {
			if !v.Has(name) { // of the page's other forms
				v.Set(name, value)
			}
		}
		return s.circulationPage(w, r, v, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.local(r, "/circulation/"+r.PathValue("token"))+"?text="+url.QueryEscape(r.URL.Query().Get("text"))+"&done="+done+at, http.StatusSeeOther)
	return nil
}

// renameField puts what is wrong with a field beside the one that asked for it.
func renameField(err error, from, to string) error {
	for _, f := range fault.All(err) {
		if f.Field == from {
			return onField(f, to)
		}
	}
	return err
}

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

func (s *Server) showHeld(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.heldPage(w, r, d, url.Values{}, nil, nil)
}

// heldPage shows a letter's signatures in a state, those held first; chosen are those about to be removed or, with an error, those it is about.
func (s *Server) heldPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error, chosen []int64) error {
	loc := visitOf(r).locale
	t := d.Letter.Edition.Text(loc.Code)
	state := signing.StateHeld
	if r.URL.Query().Get("state") == string(signing.StateListed) {
		state = signing.StateListed
	}
	path := s.local(r, "/desk/letters/"+d.Letter.Slug)
	p := HeldPage{Base: s.deskBase(r, d, loc.T("desk.held.title")), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language), BoardURL: path,
		Action: path + "/signatures?state=" + string(state), State: string(state), HeldURL: path + "/signatures", ListedURL: path + "/signatures?state=listed"}
	p.MayAsk, p.Email = d.Role.May(account.Editor) && s.o.CanMail, d.User.Email
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 36, 64)
	list, failed := s.signing.ListByState(r.Context(), d.Letter.ID, state, after, heldShown)
	if failed != nil {
		return failed
	}
	for _, o := range list {
		v := HeldView{ID: strconv.FormatInt(o.ID, 36), Kind: string(o.Kind), Listing: string(o.Listing), Basis: string(o.Basis), Signed: loc.Date(o.SignedAt),
			Name: o.Name, Chosen: slices.Contains(chosen, o.ID), Meta: SignatoryView{Title: o.Title, Affiliation: o.Affiliation}.Meta()}
		if o.Listing == roll.Counted { // who chose that is shown to nobody, editors included
			v.Name, v.Meta = "", nil
		}
		if o.Reason != "" && state == signing.StateHeld {
			v.Why = loc.T("held." + o.Reason)
		}
		if v.Name != "" && o.Reason == signing.HeldMandate {
			v.From, v.Proved, p.Mandates = o.Domain(), o.Proved, true
		}
		for _, lead := range d.Letter.Leads {
			if slices.Contains(o.Vouched, lead.ID) {
				v.Vouched = append(v.Vouched, tagged(lead.Name(loc.Code, i18n.Default), ""))
			}
		}
		p.Signatures = append(p.Signatures, v)
	}
	for _, reason := range signing.RemovalReasons {
		p.Reasons = append(p.Reasons, Option{string(reason), loc.T("counts.ended." + string(reason))})
	}
	if len(list) == heldShown {
		p.NextURL = path + "/signatures?state=" + string(state) + "&after=" + strconv.FormatInt(list[len(list)-1].ID, 36)
	}
	if err == nil {
		p.Sure = len(chosen)
	}
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitHeld(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	var ids []int64
	for _, text := range v["id"] {
		if id, err := strconv.ParseInt(text, 36, 64); err == nil {
			ids = append(ids, id)
		}
	}
	asked := signing.Removal{IDs: ids, Reason: verify.Reason(v.Get("reason"))}
	done := ""
	switch {
	case len(ids) == 0:
		err = fault.New(fault.Invalid, "signature.none").On("id")
	case v.Get("do") == "release":
		done = "released"
		for _, id := range ids {
			released, failed := s.signing.Release(r.Context(), d.Letter.ID, id, d.User.ID, speaksFor(d)...)
			if err = failed; err != nil {
				break
			}
			if !released {
				done = "vouched"
			}
		}
	case v.Get("do") == "ask":
		if !d.Role.May(account.Editor) {
			return fault.New(fault.Forbidden, "role")
		}
		done, err = "questioned", s.signing.AskSigners(r.Context(), d.Letter.ID, ids, d.User.ID, v.Get("question"))
	case !slices.Contains(signing.RemovalReasons, asked.Reason):
		err = fault.New(fault.Invalid, "signature.reason").On("reason")
	case v.Get("do") == "remove": // first shows what it will do
		return s.heldPage(w, r, d, v, nil, ids)
	case v.Get("do") == "sure":
		done, err = s.carry(r, d, asked, "removed")
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) || fault.Is(err, fault.Forbidden) {
		return s.heldPage(w, r, d, v, err, ids)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/signatures", done)
}

// speaksFor are the lead organisations for which the user can vouch.
func speaksFor(d *deskVisit) (leads []int64) {
	for _, o := range d.Letter.Leads {
		if d.RoleIn(o).May(account.Editor) {
			leads = append(leads, o.ID)
		}
	}
	return leads
}

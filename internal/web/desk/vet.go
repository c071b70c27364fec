package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// HeldPage lists signatures for those who decide about them.
type HeldPage struct {
	page.Base
	Form               page.Form
	Action             string
	State              string // held or listed
	HeldURL, ListedURL string
	Signatures         []HeldView
	Reasons            []page.Option
	NextURL            string
	MayAsk             bool
	Email              string // of the user: where an answer goes
	Mandates           bool   // counting some of these vouches for them
	Sure               int    // how many are about to be removed; 0 before that is asked
	Waits              bool   // these are what a second member is asked about
}

// Template is its file.
func (HeldPage) Template() string { return "desk/held" }

// HeldView is a signature for those who decide about it.
type HeldView struct {
	ID, Kind, Listing, Basis, Signed, Name, Why string
	Meta                                        []string
	Chosen, Twin                                bool
	From                                        string        // domain of the address, of an organisation held for its mandate
	Proved                                      string        // domain whose record was found
	Vouched                                     []page.Tagged // lead organisations
}

// heldShown is how many held signatures a page shows at most.
const heldShown = 50

// ShowHeld lists signatures to decide about.
func (h *Handlers) ShowHeld(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.heldPage(w, r, d, url.Values{}, nil, nil)
}

// heldPage shows a letter's signatures in a state, those held first; chosen are those about to be removed or, with an error, those it is about.
func (h *Handlers) heldPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error, chosen []int64) error {
	loc := page.LocaleOf(r)
	state := signing.StateHeld
	if r.URL.Query().Get("state") == string(signing.StateListed) {
		state = signing.StateListed
	}
	path := page.Local(r, "/desk/letters/"+d.Letter.Slug)
	p := HeldPage{Base: h.base(r, d, loc.T("desk.held.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/signatures?state=" + string(state), State: string(state), HeldURL: path + "/signatures", ListedURL: path + "/signatures?state=listed"}
	p.MayAsk, p.Email = d.Role.May(account.Editor) && h.CanMail, d.User.Email
	list, failed := h.heldList(r, d, state)
	if failed != nil {
		return failed
	}
	if p.Waits = r.URL.Query().Has("id"); p.Waits {
		p.State = ""
	}
	for _, o := range list {
		v := HeldView{ID: strconv.FormatInt(o.ID, 36), Kind: string(o.Kind), Listing: string(o.Listing), Basis: string(o.Basis), Signed: loc.Date(o.SignedAt),
			Name: o.Name, Chosen: slices.Contains(chosen, o.ID), Twin: o.Twin, Meta: page.Meta(o.Title, o.Affiliation)}
		if o.Reason != "" && o.State == signing.StateHeld {
			v.Why = loc.T("held." + o.Reason)
		}
		if v.Name != "" && o.Reason == signing.HeldMandate {
			v.From, v.Proved, p.Mandates = o.Domain(), o.Proved, true
		}
		for _, lead := range d.Letter.Leads {
			if slices.Contains(o.Vouched, lead.ID) {
				v.Vouched = append(v.Vouched, page.Tag(lead.Name(loc.Code, i18n.Default), ""))
			}
		}
		p.Signatures = append(p.Signatures, v)
	}
	for _, reason := range signing.RemovalReasons {
		p.Reasons = append(p.Reasons, page.Option{Value: string(reason), Text: loc.T("counts.ended." + string(reason))})
	}
	if len(list) == heldShown && !p.Waits {
		p.NextURL = path + "/signatures?state=" + string(state) + "&after=" + strconv.FormatInt(list[len(list)-1].ID, 36)
	}
	if err == nil {
		p.Sure = len(chosen)
	}
	return h.Render(w, page.Status(err), p)
}

// heldList returns the signatures that a page's address names, or else those of a state, from where it says on.
func (h *Handlers) heldList(r *http.Request, d *Visit, state signing.State) ([]signing.Held, error) {
	q := r.URL.Query()
	if q.Has("id") {
		return h.Signing.Holds.Of(r.Context(), d.Letter.ID, chosenOf(q))
	}
	after, _ := strconv.ParseInt(q.Get("after"), 36, 64)
	return h.Signing.Holds.List(r.Context(), d.Letter.ID, state, after, heldShown)
}

// heldActs are what the buttons of the page do with the signatures that were chosen.
var heldActs = map[string]act{"release": (*Handlers).release, "ask": (*Handlers).ask, "sure": (*Handlers).remove}

// SubmitHeld decides about signatures. Removing them first shows what it will do.
func (h *Handlers) SubmitHeld(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	ids, done := chosenOf(v), ""
	switch do := v.Get("do"); {
	case len(ids) == 0:
		err = fault.New(fault.Invalid, "signature.none").On("id")
	case do == "ask" && !d.Role.May(account.Editor):
		return fault.New(fault.Forbidden, "role")
	case do != "remove":
		done, err = h.carryOut(heldActs, r, d, v)
	default:
		if _, err = removalOf(v); err == nil {
			return h.heldPage(w, r, d, v, nil, ids)
		}
	}
	if comesBack(err, fault.Forbidden) {
		return h.heldPage(w, r, d, v, err, ids)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/signatures", done)
}

// chosenOf are the signatures that a form is about.
func chosenOf(v url.Values) (ids []int64) {
	for _, text := range v["id"] {
		if id, err := strconv.ParseInt(text, 36, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// release lets held signatures into the count, or vouches for them where one of several leads has, or asks a second member first.
func (h *Handlers) release(r *http.Request, d *Visit, v url.Values) (done string, err error) {
	asked := signing.Releasing{IDs: chosenOf(v), By: d.User.ID}
	if done, err = h.carry(r, d, asked, "released"); err != nil || done != "released" {
		return done, err
	}
	if held, err := h.Signing.Holds.Any(r.Context(), d.Letter.ID, asked.IDs); err != nil || held {
		return "vouched", err
	}
	return done, nil
}

// ask mails the signers a question, whose answers go to the user.
func (h *Handlers) ask(r *http.Request, d *Visit, v url.Values) (string, error) {
	return "questioned", h.Signing.Holds.Ask(r.Context(), d.Letter.ID, chosenOf(v), d.User.ID, v.Get("question"))
}

// remove takes signatures out, or asks a second member first.
func (h *Handlers) remove(r *http.Request, d *Visit, v url.Values) (string, error) {
	asked, err := removalOf(v)
	if err != nil {
		return "", err
	}
	return h.carry(r, d, asked, "removed")
}

// removalOf is the removal that a form asks for.
func removalOf(v url.Values) (signing.Removal, error) {
	asked := signing.Removal{IDs: chosenOf(v), Reason: verify.Reason(v.Get("reason"))}
	if !slices.Contains(signing.RemovalReasons, asked.Reason) {
		return asked, fault.New(fault.Invalid, "signature.reason").On("reason")
	}
	return asked, nil
}

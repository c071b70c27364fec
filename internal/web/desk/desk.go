// Package desk owns what editors, reviewers and operators see: the handlers of every address under /desk, each with the struct
// of its page beside it, and who may use one.
//
// It promises that nobody learns of a letter or an organisation that is not theirs, that a form with a mistake comes back with
// everything typed, and that no page is kept by a browser. It must not know SQL, hold a rule about letters, signatures or who
// decides, or name the role that an address wants: the list of both is web/routes.go.
package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
)

// Handlers answer who is signed in. An error that a handler returns is answered by Site.Fail.
type Handlers struct {
	*page.Site
	Accounts    *account.Service
	Mailboxes   *mailbox.Service
	Letters     *letter.Service
	Roll        *roll.Service
	Signing     *signing.Service
	Invitations *invitation.Service
	News        *news.Service
	Intake      *intake.Service
	Deliveries  *delivery.Service
	Documents   *document.Service
	Handouts    *handout.Service
	Inbox       *inbox.Service
	Mailer      *mail.Mailer // shows mails before they are sent
	Jobs        job.Overview
	LookupTXT   account.LookupTXT // of keys of mails that are read in
}

// Need says who may use a route. Who may not learns nothing: a letter or organisation of others is not there.
type Need struct {
	of   string // "": anybody who is signed in; "operator"; "organisation" or "letter": a role in the one that {slug} names
	role account.Role
}

// What a route can want: that somebody is signed in, or runs the instance.
var (
	SignedIn = Need{}
	Operator = Need{of: "operator"}
)

// InOrganisation wants a role, or one above it, in the organisation that {slug} names.
func InOrganisation(r account.Role) Need { return Need{"organisation", r} }

// OnLetter wants a role, or one above it, in an organisation that leads the letter that {slug} names.
func OnLetter(r account.Role) Need { return Need{"letter", r} }

// Visit is a request of somebody who is signed in and may make it.
type Visit struct {
	*account.Session
	Letter       letter.Letter        // of a route about a letter
	Organisation account.Organisation // of a route about an organisation
	Role         account.Role         // in that, or in those that lead the letter

	waits waits // what of the letter waits for them
}

// Admit returns a handler that lets in who may use a route, and leads who is not signed in to where they can.
func (h *Handlers) Admit(who Need, fn func(w http.ResponseWriter, r *http.Request, d *Visit) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		d, err := h.admit(r, who)
		if fault.Is(err, fault.Forbidden) && d == nil && r.Method != http.MethodPost {
			http.Redirect(w, r, page.Local(r, "/desk/sign-in?to="+url.QueryEscape(r.URL.RequestURI())), http.StatusSeeOther)
			return nil
		}
		if err != nil {
			return err
		}
		return fn(w, r, d)
	}
}

// admit finds out who asks and whether they may. A nil visit says that nobody is signed in.
func (h *Handlers) admit(r *http.Request, who Need) (d *Visit, err error) {
	c, err := r.Cookie(h.Cookie("desk"))
	if err != nil {
		return nil, fault.New(fault.Forbidden, "session")
	}
	x, err := h.Accounts.Session(r.Context(), c.Value)
	if err != nil {
		return nil, err
	}
	d = &Visit{Session: x}
	unknown := fault.New(fault.NotFound, "page.unknown")
	switch who.of {
	case "operator":
		if !x.User.Operator {
			return d, unknown
		}
		return d, nil
	case "organisation":
		d.Organisation, err = h.Letters.Directory.Find(r.Context(), r.PathValue("slug"))
		d.Role = x.RoleIn(d.Organisation)
	case "letter":
		d.Letter, err = h.Letters.Find(r.Context(), r.PathValue("slug"))
		d.Role = x.RoleIn(d.Letter.Leads...)
	default:
		return d, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return d, err
	}
	if err != nil || d.Role == account.Nobody { // a draft of others answers like none
		return d, unknown
	}
	if !d.Role.May(who.role) {
		return d, fault.New(fault.Forbidden, "role")
	}
	if who.of == "letter" {
		d.waits, err = h.waitsOf(r.Context(), d.Letter, d.Role, x)
	}
	return d, err
}

// notes are what a page can say about what was just done, in the words desk.done of the catalogues; the address names it.
var notes = strings.Fields(`saved opened closed extended published role removed uninvited passkey passkey_removed password password_removed recovery session
	sessions founded released vouched questioned asked_again invited asked approved refused applied undone exporting again circulated frozen lead_approved
	tended remark objected leads_asked update_published update_removed news_tested office_asked stated_refused mail_read mail_known`)

// base returns what every page of the desk has; d is nil on those for who is not signed in.
func (h *Handlers) base(r *http.Request, d *Visit, title string) page.Base {
	b := h.Base(r, title)
	b.NoIndex, b.Canonical, b.Scripts = true, "", true
	if d != nil {
		b.Desk = &page.Nav{Name: d.User.Name, Operator: d.User.Operator}
		if d.Letter.ID != 0 {
			b.Desk.Letter = h.menu(r, d)
		}
		for _, m := range d.Members {
			o := m.Organisation
			b.Desk.Organisations = append(b.Desk.Organisations, page.Link{Text: page.Tag(o.Name(b.L.Code, i18n.Default), ""),
				URL: page.Local(r, "/desk/organisations/"+o.Slug)})
		}
	}
	if note := r.URL.Query().Get("done"); slices.Contains(notes, note) {
		b.Note = b.L.T("desk.done." + note)
	}
	return b
}

// seeOther ends a form that was carried out: the page it leads to says what was done.
func seeOther(w http.ResponseWriter, r *http.Request, path, done string) error {
	if done != "" {
		and := "?"
		if strings.Contains(path, "?") {
			and = "&"
		}
		path += and + "done=" + done
	}
	http.Redirect(w, r, page.Local(r, path), http.StatusSeeOther)
	return nil
}

// comesBack reports whether an error comes back with its form. Every page of the desk sums up what is wrong; some say faults of
// other kinds too.
func comesBack(err error, also ...fault.Kind) bool {
	return page.ComesBack(err, append(also, page.Summary...)...)
}

// act is what one button of a page does; it returns what the next page says about it, one of notes.
type act func(h *Handlers, r *http.Request, d *Visit, v url.Values) (done string, err error)

// carryOut does what the button that was pressed is for.
func (h *Handlers) carryOut(acts map[string]act, r *http.Request, d *Visit, v url.Values) (done string, err error) {
	if do := acts[v.Get("do")]; do != nil {
		return do(h, r, d, v)
	}
	return "", fault.New(fault.Invalid, "form.encoding")
}

package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// need says who may use a route of the desk. Who may not learns nothing: a letter or organisation of others is not there.
type need struct {
	of   string // "": anybody who is signed in; "operator"; "organisation" or "letter": a role in the one that {slug} names
	role account.Role
}

var (
	signedIn = need{}
	operator = need{of: "operator"}
)

func inOrganisation(r account.Role) need { return need{"organisation", r} }
func onLetter(r account.Role) need       { return need{"letter", r} }

// deskVisit is a request of somebody who is signed in and may make it.
type deskVisit struct {
	*account.Session
	Letter       letter.Letter        // of a route about a letter
	Organisation account.Organisation // of a route about an organisation
	Role         account.Role         // in that, or in those that lead the letter
}

// desk registers a route of the editors' desk with who may use it.
func (s *Server) desk(pattern string, who need, fn func(w http.ResponseWriter, r *http.Request, d *deskVisit) error) {
	s.handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		d, err := s.admit(r, who)
		if fault.Is(err, fault.Forbidden) && d == nil && r.Method != http.MethodPost {
			http.Redirect(w, r, s.local(r, "/desk/sign-in?to="+url.QueryEscape(r.URL.RequestURI())), http.StatusSeeOther)
			return nil
		}
		if err != nil {
			return err
		}
		return fn(w, r, d)
	})
}

// admit finds out who asks and whether they may. A nil visit says that nobody is signed in.
func (s *Server) admit(r *http.Request, who need) (d *deskVisit, err error) {
	c, err := r.Cookie(s.deskCookie())
	if err != nil {
		return nil, fault.New(fault.Forbidden, "session")
	}
	x, err := s.accounts.Session(r.Context(), c.Value)
	if err != nil {
		return nil, err
	}
	d = &deskVisit{Session: x}
	unknown := fault.New(fault.NotFound, "page.unknown")
	switch who.of {
	case "operator":
		if !x.User.Operator {
			return d, unknown
		}
		return d, nil
	case "organisation":
		d.Organisation, err = s.letters.Directory.Find(r.Context(), r.PathValue("slug"))
		d.Role = x.RoleIn(d.Organisation)
	case "letter":
		d.Letter, err = s.letters.Find(r.Context(), r.PathValue("slug"))
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
	return d, nil
}

func (s *Server) deskCookie() string {
	if s.o.SecureCookies {
		return "__Host-desk"
	}
	return "desk"
}

func (s *Server) setSession(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: s.deskCookie(), Value: secret, Path: "/", HttpOnly: true, Secure: s.o.SecureCookies, SameSite: http.SameSiteLaxMode,
		MaxAge: int(account.SessionLife.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// deskBase returns what every page of the desk has.
func (s *Server) deskBase(r *http.Request, d *deskVisit, title string) Base {
	b := s.base(r, title)
	b.NoIndex, b.Canonical, b.Scripts = true, "", true
	if d != nil {
		b.Desk = &DeskNav{Name: d.User.Name}
		for _, m := range d.Members {
			o := m.Organisation
			b.Desk.Organisations = append(b.Desk.Organisations, DeskLink{Text: tagged(o.Name(visitOf(r).locale.Code, i18n.Default), ""), URL: s.local(r, "/desk/organisations/"+o.Slug)})
		}
	}
	if note := r.URL.Query().Get("done"); deskNotes[note] {
		b.Note = b.L.T("desk.done." + note)
	}
	return b
}

// deskNotes are what a page of the desk can say about what was just done; the address names it.
var deskNotes = map[string]bool{"saved": true, "opened": true, "closed": true, "extended": true, "published": true, "role": true, "removed": true, "uninvited": true,
	"passkey": true, "passkey_removed": true, "password": true, "password_removed": true, "recovery": true, "session": true, "sessions": true, "founded": true,
	"released": true, "vouched": true, "questioned": true, "asked_again": true, "invited": true, "asked": true, "approved": true, "refused": true, "applied": true, "undone": true, "exporting": true, "again": true, "circulated": true, "frozen": true, "lead_approved": true, "tended": true, "remark": true}

// seeOther ends a form that was carried out: the page it leads to says what was done.
func (s *Server) seeOther(w http.ResponseWriter, r *http.Request, path, done string) error {
	if done != "" {
		path += "?done=" + done
	}
	http.Redirect(w, r, s.local(r, path), http.StatusSeeOther)
	return nil
}

// faulty reports whether err is one that the form itself shows: something typed that is wrong.
func faulty(err error) bool {
	_, list := errors.AsType[fault.List](err)
	one, single := errors.AsType[*fault.Error](err)
	return list || single && (one.Kind == fault.Invalid || one.Kind == fault.Conflict || one.Kind == fault.Limited || one.Kind == fault.TooLarge || one.Field != "")
}

// deskForm returns what was typed, with a message by each field that needs one.
func (s *Server) deskForm(r *http.Request, values url.Values, err error) Form {
	f := Form{Values: values, Errors: map[string]string{}}
	l := visitOf(r).locale
	for _, x := range fault.All(err) {
		if f.Errors[x.Field] == "" {
			f.Errors[x.Field] = say(l, x)
			f.Order = append(f.Order, x.Field)
		}
	}
	return f
}

// statusOfForm is that of a form that comes back.
func statusOfForm(err error) int {
	if faults := fault.All(err); len(faults) > 0 {
		return statusOf[faults[0].Kind]
	}
	return http.StatusOK
}

// agentOf returns the family of a browser and its system, for its user's list of sessions; nothing finer is kept.
func agentOf(r *http.Request) string {
	agent := r.UserAgent()
	find := func(names ...string) string {
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := find("Firefox/", "Firefox", "Edg/", "Edge", "OPR/", "Opera", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	return strings.Trim(browser+", "+system, ", ")
}

// toPath returns where a sign-in leads: a page of the desk that was asked for, or the desk.
func toPath(typed string) string {
	if u, err := url.Parse(typed); err == nil && u.Scheme == "" && u.Host == "" && (u.Path == "/desk" || strings.HasPrefix(u.Path, "/desk/")) && !strings.Contains(typed, "\\") {
		return u.RequestURI()
	}
	return "/desk"
}

package desk

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
)

// SignInPage lets a user in.
type SignInPage struct {
	page.Base
	Form    page.Form
	Passkey Ceremony
}

// Template is its file.
func (SignInPage) Template() string { return "desk/sign-in" }

// Ceremony is what the browser needs for a passkey; without Options none are offered.
type Ceremony struct{ Options, Sealed string }

// ShowSignIn asks who comes to the desk.
func (h *Handlers) ShowSignIn(w http.ResponseWriter, r *http.Request) error {
	return h.signInPage(w, r, url.Values{"to": {r.URL.Query().Get("to")}}, nil)
}

func (h *Handlers) signInPage(w http.ResponseWriter, r *http.Request, typed url.Values, err error) error {
	w.Header().Set("Cache-Control", "no-store")
	p := SignInPage{Base: h.base(r, nil, page.LocaleOf(r).T("desk.sign_in.title")), Form: page.NewForm(r, typed, err)}
	ceremony, failed := h.Accounts.AskPasskey()
	if failed != nil {
		return failed
	}
	p.Passkey = Ceremony{Options: ceremony.Options, Sealed: ceremony.Sealed}
	return h.Render(w, page.Status(err), p)
}

// SubmitSignIn lets a user in.
func (h *Handlers) SubmitSignIn(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	in := account.SignIn{Email: v.Get("email"), Password: v.Get("password"), Code: v.Get("code"), Passkey: v.Get("passkey"), Ceremony: v.Get("ceremony"),
		Agent: agentOf(r)}
	var secret string
	if in.Passkey != "" {
		secret, err = h.Accounts.SignInWithPasskey(r.Context(), in)
	} else {
		secret, err = h.Accounts.SignInWithPassword(r.Context(), in)
	}
	if comesBack(err, fault.Gone) {
		v.Del("password")
		return h.signInPage(w, r, v, err)
	}
	if err != nil {
		return err
	}
	h.endOld(r)
	h.setSession(w, secret)
	return seeOther(w, r, toPath(v.Get("to")), "")
}

// endOld ends the session that the browser had before: signing in never leaves one behind.
func (h *Handlers) endOld(r *http.Request) {
	if d, err := h.admit(r, SignedIn); err == nil {
		_ = h.Accounts.EndSession(r.Context(), d.Session, d.Session.ID) // it ends by itself later
	}
}

// SubmitSignOut ends the session.
func (h *Handlers) SubmitSignOut(w http.ResponseWriter, r *http.Request, d *Visit) error {
	if err := h.Accounts.EndSession(r.Context(), d.Session, d.Session.ID); err != nil {
		return err
	}
	h.setSession(w, "")
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return seeOther(w, r, "/desk/sign-in", "")
}

// EnterDemo lets the demonstration's link in; no other instance has the route.
func (h *Handlers) EnterDemo(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.Accounts.Session(r.Context(), r.PathValue("session")); err != nil {
		return err
	}
	h.setSession(w, r.PathValue("session"))
	return seeOther(w, r, "/desk", "")
}

func (h *Handlers) setSession(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: h.Cookie("desk"), Value: secret, Path: "/", HttpOnly: true, Secure: h.SecureCookies, SameSite: http.SameSiteLaxMode,
		MaxAge: int(account.SessionLife.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
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
	if u, err := url.Parse(typed); err == nil && u.Scheme == "" && u.Host == "" && (u.Path == "/desk" || strings.HasPrefix(u.Path, "/desk/")) &&
		!strings.Contains(typed, "\\") {
		return u.RequestURI()
	}
	return "/desk"
}

// JoinPage is where a link leads by which somebody becomes a user.
type JoinPage struct {
	page.Base
	Form         page.Form
	Action       string
	Kind         string      // setup join reset
	Organisation page.Tagged // of a join
	Role         string
	Expires      string
	As           string // who is signed in already, "" for nobody
	App          AppView
	Passkey      Ceremony
}

// Template is its file.
func (JoinPage) Template() string { return "desk/join" }

// ShowJoin shows where a link leads by which somebody becomes a user.
func (h *Handlers) ShowJoin(w http.ResponseWriter, r *http.Request) error {
	e, err := h.Accounts.Enrolments.Find(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return h.joinPage(w, r, e, url.Values{"name": {e.Name}, "email": {e.Email}}, nil)
}

func (h *Handlers) joinPage(w http.ResponseWriter, r *http.Request, e account.Enrolment, typed url.Values, err error) error {
	w.Header().Set("Cache-Control", "no-store")
	l := page.LocaleOf(r)
	p := JoinPage{Base: h.base(r, nil, l.T("desk.join.title."+string(e.Kind))), Action: page.Local(r, "/desk/join/"+r.PathValue("token")),
		Kind: string(e.Kind), Form: page.NewForm(r, typed, err)}
	p.Path = "/" // the link is not to stand in others
	p.Languages = nil
	p.Organisation = page.Tag(e.Organisation.Name(l.Code, i18n.Default), "")
	if e.Role != account.Nobody {
		p.Role = l.T("desk.role." + string(e.Role))
	}
	p.Expires = l.DateTime(e.Expires, time.UTC)
	app, failed := h.Accounts.SameApp(typed.Get("app"), h.Name)
	if failed != nil {
		return failed
	}
	p.App = AppView(app)
	ceremony, failed := h.Accounts.PasskeyFor(r.Context(), e, h.Name)
	if failed != nil {
		return failed
	}
	p.Passkey = Ceremony{Options: ceremony.Options, Sealed: ceremony.Sealed}
	if d, failed := h.admit(r, SignedIn); failed == nil && e.Kind == account.Join {
		p.As = d.User.Name
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitJoin makes somebody a user, or a member.
func (h *Handlers) SubmitJoin(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	e, err := h.Accounts.Enrolments.Find(r.Context(), token)
	if err != nil {
		return err
	}
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	if v.Get("do") == "accept" {
		d, err := h.admit(r, SignedIn)
		if err == nil {
			err = h.Accounts.Enrolments.Accept(r.Context(), token, d.Session)
		}
		if err != nil {
			return err
		}
		return seeOther(w, r, "/desk", "")
	}
	secret, err := h.Accounts.Enrolments.Enrol(r.Context(), token, account.Joining{Name: v.Get("name"), Email: v.Get("email"), Organisation: v.Get("organisation"),
		Language: page.LocaleOf(r).Code, Password: v.Get("password"), App: v.Get("app"), Code: v.Get("code"), Passkey: v.Get("passkey"),
		Ceremony: v.Get("ceremony"), Agent: agentOf(r)})
	if comesBack(err) {
		v.Del("password")
		v.Del("code")
		return h.joinPage(w, r, e, v, err)
	}
	if err != nil {
		return err
	}
	h.endOld(r)
	h.setSession(w, secret)
	return seeOther(w, r, "/desk/account/recovery", "")
}

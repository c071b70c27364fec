package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	return s.signInPage(w, r, url.Values{"to": {r.URL.Query().Get("to")}}, nil)
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, typed url.Values, err error) error {
	w.Header().Set("Cache-Control", "no-store")
	p := SignInPage{Base: s.deskBase(r, nil, visitOf(r).locale.T("desk.sign_in.title")), Form: s.deskForm(r, typed, err)}
	ceremony, failed := s.accounts.AskPasskey()
	if failed != nil {
		return failed
	}
	p.Passkey = Ceremony{Options: ceremony.Options, Sealed: ceremony.Sealed}
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitSignIn(w http.ResponseWriter, r *http.Request) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	in := account.SignIn{Email: v.Get("email"), Password: v.Get("password"), Code: v.Get("code"), Passkey: v.Get("passkey"), Ceremony: v.Get("ceremony"), Agent: agentOf(r)}
	var secret string
	if in.Passkey != "" {
		secret, err = s.accounts.SignInWithPasskey(r.Context(), in)
	} else {
		secret, err = s.accounts.SignInWithPassword(r.Context(), in)
	}
	if faulty(err) || fault.Is(err, fault.Gone) {
		v.Del("password")
		return s.signInPage(w, r, v, err)
	}
	if err != nil {
		return err
	}
	s.endOld(r)
	s.setSession(w, secret)
	return s.seeOther(w, r, toPath(v.Get("to")), "")
}

// endOld ends the session that the browser had before: signing in never leaves one behind.
func (s *Server) endOld(r *http.Request) {
	if d, err := s.admit(r, signedIn); err == nil {
		_ = s.accounts.EndSession(r.Context(), d.Session, d.Session.ID) // it ends by itself later
	}
}

func (s *Server) submitSignOut(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	if err := s.accounts.EndSession(r.Context(), d.Session, d.Session.ID); err != nil {
		return err
	}
	s.setSession(w, "")
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return s.seeOther(w, r, "/desk/sign-in", "")
}

// enterDemo lets the demonstration's link in; no other instance has the route.
func (s *Server) enterDemo(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.accounts.Session(r.Context(), r.PathValue("session")); err != nil {
		return err
	}
	s.setSession(w, r.PathValue("session"))
	return s.seeOther(w, r, "/desk", "")
}

func (s *Server) showJoin(w http.ResponseWriter, r *http.Request) error {
	e, err := s.accounts.Enrolment(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return s.joinPage(w, r, e, url.Values{"name": {e.Name}, "email": {e.Email}}, nil)
}

func (s *Server) joinPage(w http.ResponseWriter, r *http.Request, e account.Enrolment, typed url.Values, err error) error {
	w.Header().Set("Cache-Control", "no-store")
	l := visitOf(r).locale
	p := JoinPage{Base: s.deskBase(r, nil, l.T("desk.join.title."+string(e.Kind))), Action: s.local(r, "/desk/join/"+r.PathValue("token")), Kind: string(e.Kind), Form: s.deskForm(r, typed, err)}
	p.Path = "/" // the link is not to stand in others
	p.Languages = nil
	p.Organisation = tagged(e.Organisation.Name(l.Code, i18n.Default), "")
	if e.Role != account.Nobody {
		p.Role = l.T("desk.role." + string(e.Role))
	}
	p.Expires = l.DateTime(e.Expires, time.UTC)
	app, failed := s.accounts.SameApp(typed.Get("app"), s.o.Site)
	if failed != nil {
		return failed
	}
	p.App = AppView(app)
	ceremony, failed := s.accounts.PasskeyFor(r.Context(), e, s.o.Site)
	if failed != nil {
		return failed
	}
	p.Passkey = Ceremony{Options: ceremony.Options, Sealed: ceremony.Sealed}
	if d, failed := s.admit(r, signedIn); failed == nil && e.Kind == account.Join {
		p.As = d.User.Name
	}
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitJoin(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	e, err := s.accounts.Enrolment(r.Context(), token)
	if err != nil {
		return err
	}
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	if v.Get("do") == "accept" {
		d, err := s.admit(r, signedIn)
		if err == nil {
			err = s.accounts.Accept(r.Context(), token, d.Session)
		}
		if err != nil {
			return err
		}
		return s.seeOther(w, r, "/desk", "")
	}
	secret, err := s.accounts.Enrol(r.Context(), token, account.Joining{Name: v.Get("name"), Email: v.Get("email"), Organisation: v.Get("organisation"),
		Language: visitOf(r).locale.Code, Password: v.Get("password"), App: v.Get("app"), Code: v.Get("code"), Passkey: v.Get("passkey"), Ceremony: v.Get("ceremony"), Agent: agentOf(r)})
	if faulty(err) {
		v.Del("password")
		v.Del("code")
		return s.joinPage(w, r, e, v, err)
	}
	if err != nil {
		return err
	}
	s.endOld(r)
	s.setSession(w, secret)
	return s.seeOther(w, r, "/desk/account/recovery", "")
}

func (s *Server) showAccount(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.accountPage(w, r, d, url.Values{}, nil)
}

func (s *Server) accountPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	l := visitOf(r).locale
	p := AccountPage{Base: s.deskBase(r, d, l.T("desk.account.title")), Form: s.deskForm(r, typed, err), Name: d.User.Name, Email: d.User.Email,
		HasPassword: d.User.HasPassword, RecoveryLeft: d.User.RecoveryLeft, RecoveryKept: d.User.RecoveryKept, Fresh: d.IsFresh(s.o.Now())}
	p.SignInURL = s.local(r, "/desk/sign-in?to=/desk/account")
	for _, k := range d.User.Passkeys {
		p.Passkeys = append(p.Passkeys, PasskeyView{ID: k.ID, Name: k.Name, Created: l.Date(k.CreatedAt), Used: l.Date(k.UsedAt)})
	}
	sessions, failed := s.accounts.Sessions(r.Context(), d.Session)
	if failed != nil {
		return failed
	}
	for _, x := range sessions {
		if !x.Expired {
			p.Sessions = append(p.Sessions, SessionView{ID: strconv.FormatInt(x.ID, 36), Agent: x.Agent, Since: l.DateTime(x.CreatedAt, time.UTC), Seen: l.DateTime(x.Seen, time.UTC), Current: x.Current})
		}
	}
	if p.Fresh {
		app, failed := s.accounts.SameApp(typed.Get("app"), s.o.Site)
		if failed != nil {
			return failed
		}
		p.App = AppView(app)
		ceremony, failed := s.accounts.NewPasskey(&d.User, s.o.Site)
		if failed != nil {
			return failed
		}
		p.Passkey = Ceremony{Options: ceremony.Options, Sealed: ceremony.Sealed}
	}
	return render(w, statusOfForm(err), p)
}

// submitAccount changes the user's own ways in. Whoever found a desk open cannot: the user must just have signed in.
func (s *Server) submitAccount(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	ctx, do := r.Context(), v.Get("do")
	done := ""
	switch {
	case do == "session":
		id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
		done, err = "session", s.accounts.EndSession(ctx, d.Session, id)
	case do == "sessions":
		done, err = "sessions", s.accounts.EndOtherSessions(ctx, d.Session)
	case do == "keep":
		if err = s.accounts.KeepRecoveryCodes(ctx, d.User); err == nil {
			return s.seeOther(w, r, "/desk", "recovery")
		}
	case !d.IsFresh(s.o.Now()):
		return s.seeOther(w, r, "/desk/sign-in?to=/desk/account", "")
	case do == "passkey":
		done, err = "passkey", s.accounts.AddPasskey(ctx, d.Session, v.Get("ceremony"), v.Get("passkey"), v.Get("label"))
	case do == "remove-passkey":
		done, err = "passkey_removed", s.accounts.RemovePasskey(ctx, d.Session, v.Get("id"))
	case do == "password":
		done, err = "password", s.accounts.SetPassword(ctx, d.Session, v.Get("password"), v.Get("app"), v.Get("code"))
	case do == "remove-password":
		done, err = "password_removed", s.accounts.RemovePassword(ctx, d.Session)
	case do == "recovery":
		if err = s.accounts.RenewRecoveryCodes(ctx, d.User); err == nil {
			return s.seeOther(w, r, "/desk/account/recovery", "")
		}
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) || fault.Is(err, fault.Gone) {
		v.Del("password")
		v.Del("code")
		return s.accountPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/account", done)
}

func (s *Server) showRecovery(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	codes := s.accounts.RecoveryCodes(d.User)
	if codes == nil {
		return s.seeOther(w, r, "/desk/account", "")
	}
	return render(w, http.StatusOK, RecoveryPage{Base: s.deskBase(r, d, visitOf(r).locale.T("desk.recovery.title")), Codes: codes})
}

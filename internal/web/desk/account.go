package desk

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AccountPage is a user's own ways in and sessions.
type AccountPage struct {
	page.Base
	Form         page.Form
	Name, Email  string
	HasPassword  bool
	Passkeys     []PasskeyView
	Sessions     []SessionView
	RecoveryLeft int
	RecoveryKept bool
	Fresh        bool // the user has just signed in and may change these
	SignInURL    string
	App          AppView
	Passkey      Ceremony
}

// WorkChoices and CountChoices are how often a user can be written about what others do, and about the counts.
func (p AccountPage) WorkChoices() []page.Option  { return rhythms(p.L, account.WorkRhythms) }
func (p AccountPage) CountChoices() []page.Option { return rhythms(p.L, account.CountRhythms) }

func rhythms(l *i18n.Locale, of []account.Rhythm) (list []page.Option) {
	for _, x := range of {
		list = append(list, page.Option{Value: string(x), Text: l.T("desk.account.rhythm." + string(x))})
	}
	return list
}

// Template is its file.
func (AccountPage) Template() string { return "desk/account" }

// AppView is a secret for an authenticator app.
type AppView struct {
	Sealed, Secret, URL, Path string
	Size                      int
}

// Side is the length of a side of the QR code with its quiet zone, in modules.
func (a AppView) Side() int { return a.Size + 8 }

// Open is the address that an authenticator app on the same device opens. html/template refuses schemes that it does not
// know; this one is made by package account and holds nothing that was typed.
func (a AppView) Open() template.URL { return template.URL(a.URL) }

// PasskeyView is one passkey of a user.
type PasskeyView struct{ ID, Name, Created, Used string }

// SessionView is one session of a user.
type SessionView struct {
	ID, Agent, Since, Seen string
	Current                bool
}

// ShowAccount shows a user's own ways in and sessions.
func (h *Handlers) ShowAccount(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.accountPage(w, r, d, url.Values{}, nil)
}

func (h *Handlers) accountPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	l := page.LocaleOf(r)
	p := AccountPage{Base: h.base(r, d, l.T("desk.account.title")), Form: page.NewForm(r, typed, err), Name: d.User.Name, Email: d.User.Email,
		HasPassword: d.User.HasPassword, RecoveryLeft: d.User.RecoveryLeft, RecoveryKept: d.User.RecoveryKept, Fresh: d.IsFresh(h.Now())}
	p.SignInURL = page.Local(r, "/desk/sign-in?to=/desk/account")
	notice, failed := h.Accounts.Notices.Of(r.Context(), d.User.ID)
	if failed != nil {
		return failed
	}
	if !typed.Has("work") {
		typed.Set("work", string(notice.Work))
		typed.Set("counts", string(notice.Counts))
	}
	for _, k := range d.User.Passkeys {
		p.Passkeys = append(p.Passkeys, PasskeyView{ID: k.ID, Name: k.Name, Created: l.Date(k.CreatedAt), Used: l.Date(k.UsedAt)})
	}
	sessions, failed := h.Accounts.Sessions(r.Context(), d.Session)
	if failed != nil {
		return failed
	}
	for _, x := range sessions {
		if !x.Expired {
			p.Sessions = append(p.Sessions, SessionView{ID: strconv.FormatInt(x.ID, 36), Agent: x.Agent, Since: l.DateTime(x.CreatedAt, time.UTC),
				Seen: l.DateTime(x.Seen, time.UTC), Current: x.Current})
		}
	}
	if p.Fresh {
		app, failed := h.Accounts.SameApp(typed.Get("app"), h.Name)
		if failed != nil {
			return failed
		}
		p.App = AppView(app)
		ceremony, failed := h.Accounts.NewPasskey(&d.User, h.Name)
		if failed != nil {
			return failed
		}
		p.Passkey = Ceremony{Options: ceremony.Options, Sealed: ceremony.Sealed}
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitAccount changes the user's own ways in. Whoever found a desk open cannot: the user must just have signed in.
func (h *Handlers) SubmitAccount(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, do := r.Context(), v.Get("do")
	done := ""
	switch {
	case do == "session":
		id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
		done, err = "session", h.Accounts.EndSession(ctx, d.Session, id)
	case do == "sessions":
		done, err = "sessions", h.Accounts.EndOtherSessions(ctx, d.Session)
	case do == "notices":
		done, err = "saved", h.Accounts.Notices.Choose(ctx, d.User.ID, account.Rhythm(v.Get("work")), account.Rhythm(v.Get("counts")))
	case do == "keep":
		if err = h.Accounts.KeepRecoveryCodes(ctx, d.User); err == nil {
			return seeOther(w, r, "/desk", "recovery")
		}
	case !d.IsFresh(h.Now()):
		return seeOther(w, r, "/desk/sign-in?to=/desk/account", "")
	case do == "passkey":
		done, err = "passkey", h.Accounts.AddPasskey(ctx, d.Session, v.Get("ceremony"), v.Get("passkey"), v.Get("label"))
	case do == "remove-passkey":
		done, err = "passkey_removed", h.Accounts.RemovePasskey(ctx, d.Session, v.Get("id"))
	case do == "password":
		done, err = "password", h.Accounts.SetPassword(ctx, d.Session, v.Get("password"), v.Get("app"), v.Get("code"))
	case do == "remove-password":
		done, err = "password_removed", h.Accounts.RemovePassword(ctx, d.Session)
	case do == "recovery":
		if err = h.Accounts.RenewRecoveryCodes(ctx, d.User); err == nil {
			return seeOther(w, r, "/desk/account/recovery", "")
		}
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err, fault.Gone) {
		v.Del("password")
		v.Del("code")
		return h.accountPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/account", done)
}

// RecoveryPage shows a user's recovery codes until they are kept.
type RecoveryPage struct {
	page.Base
	Codes []string
}

// Template is its file.
func (RecoveryPage) Template() string { return "desk/recovery" }

// ShowRecovery shows a user's recovery codes until they are kept.
func (h *Handlers) ShowRecovery(w http.ResponseWriter, r *http.Request, d *Visit) error {
	codes := h.Accounts.RecoveryCodes(d.User)
	if codes == nil {
		return seeOther(w, r, "/desk/account", "")
	}
	return h.Render(w, http.StatusOK, RecoveryPage{Base: h.base(r, d, page.LocaleOf(r).T("desk.recovery.title")), Codes: codes})
}

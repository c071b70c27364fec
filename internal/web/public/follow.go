package public

import (
	"net/http"
	"net/url"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
)

// FollowPage is where somebody asks for news of a letter without signing it. Whatever address is typed, the answer is the same.
type FollowPage struct {
	page.Base
	Form        page.Form
	Action      string
	LetterTitle page.Tagged
	LetterURL   string
	NoMail      bool   // the instance cannot send mail, so it offers no form
	Over        bool   // followers of the letter are not kept any more
	Sent        bool   // the mail is on its way, if the address may be sent one
	Mailbox     string // of the demonstration
}

// Template is its file.
func (FollowPage) Template() string { return "public/follow" }

// ShowFollow shows the form.
func (h *Handlers) ShowFollow(w http.ResponseWriter, r *http.Request) error {
	return h.followPage(w, r, url.Values{}, nil)
}

func (h *Handlers) followPage(w http.ResponseWriter, r *http.Request, typed url.Values, wrong error) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	loc, path := page.LocaleOf(r), "/letters/"+l.Slug
	p := FollowPage{Base: h.Base(r, loc.T("follow.title")), Form: page.NewForm(r, typed, wrong), Action: page.Local(r, path+"/follow"),
		LetterTitle: h.title(r, l), LetterURL: page.Local(r, path), NoMail: !h.CanMail, Over: !h.News.CanFollow(l.Letter),
		Sent: r.URL.Query().Get("done") == "sent" && wrong == nil}
	if p.NoIndex = true; h.Catcher != nil {
		p.Mailbox = page.Local(r, "/dev/mailbox")
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, page.Status(wrong), p)
}

// SubmitFollow has the mail sent that asks whether it was its reader who asked.
func (h *Handlers) SubmitFollow(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if !h.CanMail {
		return h.followPage(w, r, v, fault.New(fault.Conflict, "follow.no_mail"))
	}
	err = h.News.Ask(r.Context(), l.Letter, v.Get("email"), page.LocaleOf(r).Code)
	if page.ComesBack(err, page.Summary...) {
		return h.followPage(w, r, v, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, page.Local(r, "/letters/"+l.Slug+"/follow?done=sent"), http.StatusSeeOther)
	return nil
}

// FollowingPage is where somebody confirms that they want news, or sees what they follow and ends it. GET is inert.
type FollowingPage struct {
	page.Base
	Form        page.Form
	Action      string
	LetterTitle page.Tagged
	LetterURL   string
	FollowURL   string // where to begin again, "" for not
	Confirm     bool   // it is still to be confirmed
	Confirmed   bool   // it was: they follow from the next day on
	Follows     bool
	OwnURL      string        // where somebody who follows by now sees and ends it
	WrittenIn   []page.Option // languages of the mails
	Again       bool          // the press must be repeated
	Done        string        // what was just done
}

// Template is its file.
func (FollowingPage) Template() string { return "public/following" }

// ShowFollowConfirm is inert.
func (h *Handlers) ShowFollowConfirm(w http.ResponseWriter, r *http.Request) error {
	p, err := h.followConfirmPage(w, r)
	if err != nil {
		return err
	}
	if p.OwnURL != "" {
		http.Redirect(w, r, p.OwnURL, http.StatusSeeOther)
		return nil
	}
	return h.Render(w, http.StatusOK, p)
}

func (h *Handlers) followConfirmPage(w http.ResponseWriter, r *http.Request) (p FollowingPage, err error) {
	w.Header().Set("Cache-Control", "no-store")
	asked, err := h.News.AskedOf(r.Context(), r.PathValue("token"))
	if err != nil {
		return p, err
	}
	l, err := h.cache.findByID(r.Context(), asked.Letter)
	if err != nil {
		return p, err
	}
	p = h.followingBase(r, l, "/follow/"+r.PathValue("token"), "follow.confirm_title")
	p.Confirm, p.Confirmed = !asked.Confirmed, asked.Confirmed
	if asked.Follows != "" {
		p.OwnURL = page.Local(r, "/following/"+asked.Follows)
	}
	return p, nil
}

func (h *Handlers) followingBase(r *http.Request, l *cachedLetter, path, title string) FollowingPage {
	loc := page.LocaleOf(r)
	p := FollowingPage{Base: h.Base(r, loc.T(title)), Action: page.Local(r, path), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug)}
	p.NoIndex, p.Canonical, p.Path, p.Languages = true, "", path, page.LanguagesOf(loc, path)
	return p
}

// SubmitFollowConfirm makes somebody one who follows, by the second press.
func (h *Handlers) SubmitFollowConfirm(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	p, err := h.followConfirmPage(w, r)
	if err != nil {
		return err
	}
	if h.firstPress(w, r) {
		p.Again = true
		return h.Render(w, http.StatusForbidden, p)
	}
	no, asked := v.Get("do") != "confirm", p.Confirm
	if err := h.News.ConfirmAsked(r.Context(), r.PathValue("token"), no); err != nil {
		return err
	}
	p.Confirm, p.Confirmed = false, !no
	switch {
	case !no:
		p.Done = p.L.T("follow.confirmed")
	case asked:
		p.Done = p.L.T("follow.denied")
	default:
		p.Done = p.L.T("follow.ended")
	}
	return h.Render(w, http.StatusOK, p)
}

// ShowFollowing shows what the link of a mail is about. It is inert, and names no address: the mail may have been passed on.
func (h *Handlers) ShowFollowing(w http.ResponseWriter, r *http.Request) error {
	p, err := h.followingPage(w, r, nil)
	if err != nil {
		return err
	}
	return h.Render(w, http.StatusOK, p)
}

func (h *Handlers) followingPage(w http.ResponseWriter, r *http.Request, wrong error) (p FollowingPage, err error) {
	w.Header().Set("Cache-Control", "no-store")
	f, err := h.News.Followed(r.Context(), r.PathValue("token"))
	if err != nil {
		return p, err
	}
	l, err := h.cache.findByID(r.Context(), f.Letter)
	if err != nil {
		return p, err
	}
	p = h.followingBase(r, l, "/following/"+r.PathValue("token"), "follow.own_title")
	p.Form, p.Follows = page.NewForm(r, url.Values{"language": {f.Language}}, wrong), f.Follows
	for _, x := range i18n.All() {
		p.WrittenIn = append(p.WrittenIn, page.Option{Value: x.Code, Text: x.Name})
	}
	if h.News.CanFollow(l.Letter) {
		p.FollowURL = page.Local(r, "/letters/"+l.Slug+"/follow")
	}
	return p, nil
}

// SubmitFollowing ends the news, chooses their language, or has a list of all that is followed mailed.
func (h *Handlers) SubmitFollowing(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	p, err := h.followingPage(w, r, nil)
	if err != nil {
		return err
	}
	if h.firstPress(w, r) {
		p.Again = true
		return h.Render(w, http.StatusForbidden, p)
	}
	token, done := r.PathValue("token"), ""
	switch v.Get("do") {
	case "language":
		done, err = "follow.language_set", h.News.SetLanguage(r.Context(), token, v.Get("language"))
	case "list":
		done, err = "follow.list_sent", h.News.AskAll(r.Context(), token)
	case "end":
		done, err = "follow.ended", h.News.End(r.Context(), token)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if err != nil && !page.ComesBack(err, page.Summary...) {
		return err
	}
	q, failed := h.followingPage(w, r, err)
	if failed != nil {
		return failed
	}
	if err == nil {
		q.Done = q.L.T(done)
	}
	return h.Render(w, page.Status(err), q)
}

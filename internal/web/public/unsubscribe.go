package public

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/web/page"
)

// UnsubscribePage ends all mails that a mailbox did not ask for, or the news of one letter. GET is inert; one press in the mail program
// (RFC 8058) needs no page.
type UnsubscribePage struct {
	page.Base
	Action string
	Letter bool // the link is that of one letter's news
	Again  bool // the press must be repeated
	Done   bool
}

// Template is its file.
func (UnsubscribePage) Template() string { return "public/unsubscribe" }

func (h *Handlers) unsubscribePage(r *http.Request) UnsubscribePage {
	loc, path := page.LocaleOf(r), "/unsubscribe/"+r.PathValue("token")
	p := UnsubscribePage{Base: h.Base(r, loc.T("unsubscribe.title")), Action: page.Local(r, path), Letter: news.IsToken(r.PathValue("token"))}
	if p.Letter {
		p.Title = loc.T("unsubscribe.letter_title")
	}
	p.NoIndex, p.Canonical, p.Path, p.Languages = true, "", path, page.LanguagesOf(loc, path)
	return p
}

func (h *Handlers) checkUnsubscribe(token string) error {
	if news.IsToken(token) {
		_, _, err := h.News.ReadToken(token)
		return err
	}
	return h.Mailboxes.CheckUnsubscribe(token)
}

// ShowUnsubscribe is inert.
func (h *Handlers) ShowUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := h.checkUnsubscribe(r.PathValue("token")); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, h.unsubscribePage(r))
}

// SubmitUnsubscribe ends the mails of the link: at once when a mail program asks as RFC 8058 says, which no scanner does; from
// the page like every button that a scanner can press, with the second press.
func (h *Handlers) SubmitUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if err := h.checkUnsubscribe(token); err != nil {
		return err
	}
	form, err := page.ReadAny(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p := h.unsubscribePage(r)
	if form.Get("List-Unsubscribe") != "One-Click" && h.firstPress(w, r) {
		p.Again = true
		return h.Render(w, http.StatusForbidden, p)
	}
	p.Title = p.L.T("unsubscribe.done_title")
	if p.Letter {
		p.Title = p.L.T("unsubscribe.letter_done_title")
		err = h.News.End(r.Context(), token)
	} else {
		err = h.Mailboxes.Unsubscribe(r.Context(), token)
	}
	if err != nil {
		return err
	}
	p.Done = true
	return h.Render(w, http.StatusOK, p)
}

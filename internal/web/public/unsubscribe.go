package public

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/web/page"
)

// UnsubscribePage ends all invitations. GET is inert; one press in the mail program (RFC 8058) needs no page.
type UnsubscribePage struct {
	page.Base
	Action string
	Again  bool // the press must be repeated
	Done   bool
}

// Template is its file.
func (UnsubscribePage) Template() string { return "public/unsubscribe" }

func (h *Handlers) unsubscribePage(r *http.Request) UnsubscribePage {
	loc, path := page.LocaleOf(r), "/unsubscribe/"+r.PathValue("token")
	p := UnsubscribePage{Base: h.Base(r, loc.T("unsubscribe.title")), Action: page.Local(r, path)}
	p.NoIndex, p.Canonical, p.Path, p.Languages = true, "", path, page.LanguagesOf(loc, path)
	return p
}

// ShowUnsubscribe is inert.
func (h *Handlers) ShowUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := h.Mailboxes.CheckUnsubscribe(r.PathValue("token")); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, h.unsubscribePage(r))
}

// SubmitUnsubscribe ends all invitations: at once when a mail program asks as RFC 8058 says, which no scanner does; from
// the page like every button that a scanner can press, with the second press.
func (h *Handlers) SubmitUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if err := h.Mailboxes.CheckUnsubscribe(token); err != nil {
		return err
	}
	form, err := page.ReadAny(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p := h.unsubscribePage(r)
	if form.Get("List-Unsubscribe") != "One-Click" && h.browser(r) == "" {
		h.setBrowser(w, r)
		p.Again = true
		return h.Render(w, http.StatusForbidden, p)
	}
	if err := h.Mailboxes.Unsubscribe(r.Context(), token); err != nil {
		return err
	}
	p.Done = true
	p.Title = p.L.T("unsubscribe.done_title")
	return h.Render(w, http.StatusOK, p)
}

package public

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/web/page"
)

// LearnPage says who can learn what of whoever signs, so that somebody at risk can decide. docs/security.md says how each of it is
// held; the two change together.
type LearnPage struct {
	page.Base
	Who []LearnView
}

// LearnView is one who might want to know who signed.
type LearnView struct{ ID, Name, Can, Cannot string }

// Template is its file.
func (LearnPage) Template() string { return "public/learn" }

// learners are those who might, the farthest first; what they can learn is in the catalogues.
var learners = []string{"anybody", "addressee", "editor", "editors", "relay", "network", "disk", "keys", "operator"}

// ShowLearn says who can learn what.
func (h *Handlers) ShowLearn(w http.ResponseWriter, r *http.Request) error {
	return h.Render(w, http.StatusOK, NewLearnPage(h.Base(r, page.LocaleOf(r).T("learn.title"))))
}

// NewLearnPage returns the page in the language of its base.
func NewLearnPage(b page.Base) LearnPage {
	p := LearnPage{Base: b}
	for _, who := range learners {
		p.Who = append(p.Who, LearnView{who, b.L.T("learn.who." + who + ".name"), b.L.T("learn.who." + who + ".can"),
			b.L.T("learn.who."+who+".cannot", "Days", b.Kept())})
	}
	return p
}

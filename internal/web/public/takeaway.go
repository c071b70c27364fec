package public

import (
	"net/http"
	"strings"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// SendTakeaway sends what others show or print of a letter, in a language of its text: "card.fa.png", the
// picture beside a link, and "press.fa.zip", the press kit.
func (h *Handlers) SendTakeaway(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	what, rest, _ := strings.Cut(r.PathValue("file"), ".")
	language, kind, _ := strings.Cut(rest, ".")
	if _, ok := l.Edition.Texts[language]; !ok {
		return fault.New(fault.NotFound, "page.unknown")
	}
	w.Header().Set("Content-Language", language)
	name := l.Slug + "-" + r.PathValue("file")
	switch what + "." + kind {
	case "card.png":
		f, err := h.Bundles.OpenCard(r.Context(), l.Slug, l.Version, language)
		if err != nil {
			return err
		}
		shownElsewhere(w)
		return sendKept(w, r, f, "image/png", `inline; filename="`+name+`"`)
	case "press.zip":
		f, err := h.Bundles.OpenPress(r.Context(), l.Slug, l.Version, language)
		if err != nil {
			return err
		}
		return sendKept(w, r, f, "application/zip", `attachment; filename="`+name+`"`)
	}
	return fault.New(fault.NotFound, "page.unknown")
}

// shownElsewhere lets pages of other sites show a picture.
func shownElsewhere(w http.ResponseWriter) {
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// picture is the card of a letter for the pages that name it.
func (h *Handlers) picture(r *http.Request, l *cachedLetter, t letter.Text) *page.Picture {
	alt := t.Name()
	if l.SignOn != letter.SignOnNone {
		alt += " · " + h.tally(r, l)
	}
	return &page.Picture{URL: h.cardURL(l, t), Width: document.CardWidth, Height: document.CardHeight, Alt: alt}
}

func (h *Handlers) cardURL(l *cachedLetter, t letter.Text) string {
	return h.BaseURL + "/letters/" + l.Slug + "/card." + t.Language + ".png"
}

// tally is how many of each kind that can sign have signed a letter, in the page's language.
func (h *Handlers) tally(r *http.Request, l *cachedLetter) string {
	return LetterPage{Base: page.Base{L: page.LocaleOf(r)}, Counts: headline(l.Counts), Form: SignForm{Kinds: kindsOf(l.SignOn)}}.Tally()
}

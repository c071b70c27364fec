package public

import (
	"html/template"
	"net/http"
	"strconv"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// UpdatePage is a dated article about a letter.
type UpdatePage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	Update      UpdateLink
	Body        template.HTML
	Texts       []page.TextLink // its languages, where it has several
	Share       Share
}

// Template is its file.
func (UpdatePage) Template() string { return "public/update" }

// UpdateLink is an update in a list.
type UpdateLink struct {
	URL       string
	Title     page.Tagged
	Date      string
	Lang, Dir string
}

// ShowUpdate shows an update about a letter.
func (h *Handlers) ShowUpdate(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	number, ok := editionNumber(r.PathValue("number"))
	if !ok {
		return fault.New(fault.NotFound, "update.unknown")
	}
	u, err := h.Letters.Updates.Find(r.Context(), l.ID, number)
	if err != nil {
		return err
	}
	t, path := textOf(r, u), "/letters/"+l.Slug+"/updates/"+strconv.Itoa(number)
	p := UpdatePage{Base: h.Base(r, t.Title), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug), Update: h.updateLink(r, l, u),
		Body: page.Markdown(t.Body, t.Language), Share: h.share(path, t.Title)}
	for _, x := range append([]letter.UpdateText{u.UpdateText}, u.Also...) {
		if len(u.Also) > 0 {
			p.Texts = append(p.Texts, page.TextLink{Lang: x.Language, Name: i18n.LanguageName(x.Language), Dir: i18n.Direction(x.Language),
				URL: page.Local(r, path+"?text="+x.Language), Current: x.Language == t.Language, Authoritative: x.Language == u.Language})
		}
	}
	p.Feed = h.feedOf(r, l)
	return h.Render(w, http.StatusOK, p)
}

// textOf returns an update's text in the language that is asked for, else in the page's.
func textOf(r *http.Request, u letter.Update) letter.UpdateText {
	if t := u.In(r.URL.Query().Get("text")); t.Language == r.URL.Query().Get("text") {
		return t
	}
	return u.In(page.LocaleOf(r).Code)
}

func (h *Handlers) updateLink(r *http.Request, l *cachedLetter, u letter.Update) UpdateLink {
	t := textOf(r, u)
	return UpdateLink{URL: page.Local(r, "/letters/"+l.Slug+"/updates/"+strconv.Itoa(u.Number)), Title: page.Tag(t.Title, t.Language),
		Date: page.LocaleOf(r).Date(u.At), Lang: t.Language, Dir: i18n.Direction(t.Language)}
}

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
	p := UpdatePage{Base: h.Base(r, u.Title), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug), Update: h.updateLink(r, l, u),
		Body: page.Markdown(u.Body, u.Language), Share: h.share("/letters/"+l.Slug+"/updates/"+strconv.Itoa(number), u.Title)}
	p.Feed = h.feedOf(r, l)
	return h.Render(w, http.StatusOK, p)
}

func (h *Handlers) updateLink(r *http.Request, l *cachedLetter, u letter.Update) UpdateLink {
	return UpdateLink{URL: page.Local(r, "/letters/"+l.Slug+"/updates/"+strconv.Itoa(u.Number)), Title: page.Tag(u.Title, u.Language),
		Date: page.LocaleOf(r).Date(u.At), Lang: u.Language, Dir: i18n.Direction(u.Language)}
}

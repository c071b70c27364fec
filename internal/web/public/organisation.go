package public

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/web/page"
)

// OrganisationPage shows a directory entry with its letters.
type OrganisationPage struct {
	page.Base
	Organisation page.OrganisationView
	Letters      []LetterCard
}

// Template is its file.
func (OrganisationPage) Template() string { return "public/organisation" }

// CardOf puts a letter's card into the page's language.
func (p OrganisationPage) CardOf(c LetterCard) cardView { return cardView{p.Base, c} }

// ShowOrganisation shows a directory entry with its letters.
func (h *Handlers) ShowOrganisation(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Letters.Directory.Find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	view := page.OrganisationOf(r, o, loc.Code)
	p := OrganisationPage{Base: h.Base(r, view.Name.Text), Organisation: view}
	letters, err := h.Letters.ListLedBy(r.Context(), o.ID)
	if err != nil {
		return err
	}
	for _, x := range letters {
		l, err := h.cache.find(r.Context(), x.Slug)
		if err != nil {
			return err
		}
		p.Letters = append(p.Letters, h.card(r, l))
	}
	return h.Render(w, http.StatusOK, p)
}

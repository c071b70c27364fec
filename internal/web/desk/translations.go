package desk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// TranslationsPage is the texts of a letter, one in each language.
type TranslationsPage struct {
	page.Base
	Action   string
	MayWrite bool
	Texts    []page.TextLink
	Missing  []page.Option // languages in which there is none yet
}

// Template is its file.
func (TranslationsPage) Template() string { return "desk/translations" }

// ShowTranslations shows the texts of a letter, or leads to the one in the language that was chosen.
func (h *Handlers) ShowTranslations(w http.ResponseWriter, r *http.Request, d *Visit) error {
	loc, l := page.LocaleOf(r), d.Letter
	path := page.Local(r, "/desk/letters/"+l.Slug)
	if chosen := r.URL.Query().Get("language"); i18n.IsLanguage(chosen) && d.Role.May(account.Editor) {
		http.Redirect(w, r, path+"/texts/"+chosen, http.StatusSeeOther)
		return nil
	}
	e, _, err := h.Letters.Editions.Working(r.Context(), l)
	if err != nil {
		return err
	}
	p := TranslationsPage{Base: h.base(r, d, loc.T("desk.menu.translations")), Action: path + "/texts", MayWrite: d.Role.May(account.Editor),
		Texts: textsOf(e, path)}
	for _, code := range i18n.Languages() {
		if _, there := e.Texts[code]; !there {
			p.Missing = append(p.Missing, page.Option{Value: code, Text: loc.Language(code)})
		}
	}
	slices.SortFunc(p.Missing, func(a, b page.Option) int { return strings.Compare(a.Text, b.Text) })
	return h.Render(w, http.StatusOK, p)
}

// textsOf are the texts of an edition, the authoritative one first.
func textsOf(e letter.Edition, path string) (list []page.TextLink) {
	for _, code := range e.Languages() {
		x := e.Texts[code]
		list = append(list, page.TextLink{Lang: code, Name: i18n.LanguageName(code), Dir: i18n.Direction(code), URL: path + "/texts/" + code,
			Authoritative: code == e.Language, Stale: x.Stale, Translator: x.Translator})
	}
	return list
}

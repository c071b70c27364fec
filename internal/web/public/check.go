package public

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// CheckPage walks through checking a letter's count.
type CheckPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	Counts      Counts
	Tally       string // the counts in one line
	LogName     string // origin
	LogID       string // of the letter
	Key         string
	Root        string
	Texts       []page.TextLink // the current edition's files
	SHA256      string          // of the authoritative one
	TextName    string          // of its downloaded file
	SHA256Of    string          // its language, named in the page's language
	BundleURL   string
	BundleName  string   // of the downloaded file
	SignURL     string   // of "my signature"
	Former      []string // names of the logs that this one goes on from
}

// Template is its file.
func (CheckPage) Template() string { return "public/check" }

// ShowCheck walks through checking the count.
func (h *Handlers) ShowCheck(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if l.SignOn == letter.SignOnNone {
		return fault.New(fault.NotFound, "page.unknown") // there is no count
	}
	state, err := h.Log.State(r.Context())
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	letterPath := "/letters/" + l.Slug
	p := CheckPage{Base: h.Base(r, loc.T("check.title")), LetterTitle: h.title(r, l), LetterURL: page.Local(r, letterPath), Counts: h.counts(r, l),
		LogName: state.Published.Origin, LogID: l.LogID.String(), Key: h.Log.Key(), Root: l.Counts.Root.String(), SHA256: l.Edition.SHA256,
		SHA256Of: loc.Language(l.Edition.Language), BundleURL: letterPath + "/bundle.zip", BundleName: l.Slug + "-bundle.zip",
		TextName: l.Slug + "-" + strconv.Itoa(l.Edition.Number) + "." + l.Edition.Language + ".md", SignURL: page.Local(r, "/signature")}
	p.Tally = loc.T("card.counts", "Organisations", loc.N("counts.organisations_n", p.Counts.Organisations), "Persons",
		loc.N("counts.persons_n", p.Counts.Persons))
	for _, f := range h.Former {
		name, _, _ := strings.Cut(f.Key, "+")
		p.Former = append(p.Former, name)
	}
	for _, language := range l.Edition.Languages() {
		p.Texts = append(p.Texts, page.TextLink{Lang: language, Name: i18n.LanguageName(language), Dir: i18n.Direction(language),
			URL: letterPath + "/editions/" + strconv.Itoa(l.Edition.Number) + "." + language + ".md", Authoritative: language == l.Edition.Language})
	}
	return h.Render(w, http.StatusOK, p)
}

package public

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// EditionsPage lists the editions of a letter.
type EditionsPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	Editions    []EditionView
}

// Template is its file.
func (EditionsPage) Template() string { return "public/editions" }

// EditionView is one edition in the list.
type EditionView struct {
	Number    int
	URL       string
	Published string
	Follows   string // "", cosmetic, translation, substantive
	SHA256    string
	Texts     []page.TextLink
	DiffURL   string // to the one before, "" for the first
	Signed    int    // signatures on it
}

// EditionPage is one edition as it was published.
type EditionPage struct {
	page.Base
	Letter     page.LetterView
	Cite       string // how it is quoted
	CurrentURL string // the letter's page
	DiffURL    string // to the current edition, "" when it is the current one
}

// Template is its file.
func (EditionPage) Template() string { return "public/edition" }

// DiffPage shows what changed between two editions.
type DiffPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	From, To    int
	Follows     string
	Texts       []page.TextLink // languages both have
	Lang, Dir   string
	Lines       []page.DiffLine
}

// Template is its file.
func (DiffPage) Template() string { return "public/diff" }

// ShowEditions lists the editions of a letter.
func (h *Handlers) ShowEditions(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	editions, err := h.Letters.Editions.List(r.Context(), l.ID)
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	p := EditionsPage{Base: h.Base(r, loc.T("editions.title")), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug)}
	for _, e := range editions {
		path := "/letters/" + l.Slug + "/editions/" + strconv.Itoa(e.Number)
		view := EditionView{Number: e.Number, URL: page.Local(r, path), Published: loc.Date(e.PublishedAt), Follows: string(e.Follows),
			SHA256: e.SHA256, Signed: l.Counts.ByEdition[e.Number]}
		if e.Number > 1 {
			view.DiffURL = page.Local(r, path+"/diff/"+strconv.Itoa(e.Number-1))
		}
		for _, language := range e.Languages() {
			view.Texts = append(view.Texts, page.TextLink{Lang: language, Name: i18n.LanguageName(language), Dir: i18n.Direction(language),
				URL: path + "." + language + ".md", Authoritative: language == e.Language, Stale: e.Texts[language].Stale,
				Translator: e.Texts[language].Translator})
		}
		p.Editions = append(p.Editions, view)
	}
	return h.Render(w, http.StatusOK, p)
}

// ShowEdition serves "3" as a page, "3.fa.md" as the canonical file, "3.fa.pdf" and "3.fa.docx" as the document.
func (h *Handlers) ShowEdition(w http.ResponseWriter, r *http.Request) error {
	slug, name := r.PathValue("slug"), r.PathValue("edition")
	l, err := h.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	if base, ok := strings.CutSuffix(name, ".md"); ok {
		number, language, _ := strings.Cut(base, ".")
		n, ok := editionNumber(number)
		if !ok {
			return fault.New(fault.NotFound, "edition.unknown")
		}
		file, sum, err := h.Letters.Editions.File(r.Context(), slug, n, language)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Language", language)
		w.Header().Set("Content-Disposition", `inline; filename="`+slug+"-"+base+`.md"`)
		w.Header().Set("Cache-Control", page.Immutable)
		page.Serve(w, r, "text/markdown; charset=utf-8", `"`+sum+`"`, []byte(file))
		return nil
	}
	for _, format := range [...]document.Format{document.PDF, document.DOCX} {
		if base, ok := strings.CutSuffix(name, "."+string(format)); ok {
			return h.sendDocument(w, r, l, base, format)
		}
	}
	n, ok := editionNumber(name)
	if !ok {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	e, err := h.Letters.Editions.Find(r.Context(), l.ID, n)
	if err != nil {
		return err
	}
	loc, language := page.LocaleOf(r), h.textLanguage(r, e)
	p := EditionPage{Base: h.Base(r, loc.T("letter.edition", "Number", n)+" · "+l.Edition.Text(loc.Code).Name()),
		Letter: h.pair(r, l.Letter, e, language, besideLanguage(r, e, language)), CurrentURL: page.Local(r, "/letters/"+l.Slug)}
	p.Letter.Editions, p.Cite = len(l.Editions), h.cite(loc, l.Letter, e, e.Text(language))
	if n != l.Edition.Number {
		p.DiffURL = page.Local(r, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"/diff/"+strconv.Itoa(n))
	}
	return h.Render(w, http.StatusOK, p)
}

// sendDocument sends the document of an edition in a language, "3.fa".
func (h *Handlers) sendDocument(w http.ResponseWriter, r *http.Request, l *cachedLetter, name string, format document.Format) error {
	number, language, _ := strings.Cut(name, ".")
	n, ok := editionNumber(number)
	if !ok {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	if _, _, err := h.Letters.Editions.File(r.Context(), l.Slug, n, language); err != nil { // there is none of a text that is not there
		return err
	}
	f, err := h.Bundles.OpenDocument(r.Context(), l.Slug, l.Version, n, language, format)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Language", language)
	shown := "inline"
	if format != document.PDF { // browsers show no other
		shown = "attachment"
	}
	return sendKept(w, r, f, format.MediaType(), shown+`; filename="`+l.Slug+"-"+name+"."+string(format)+`"`)
}

func editionNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n < 1_000_000 && strconv.Itoa(n) == s
}

// ShowDiff shows what changed between two editions.
func (h *Handlers) ShowDiff(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	a, okA := editionNumber(r.PathValue("edition"))
	b, okB := editionNumber(r.PathValue("other"))
	if !okA || !okB {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	from, err := h.Letters.Editions.Find(r.Context(), l.ID, min(a, b))
	if err != nil {
		return err
	}
	to, err := h.Letters.Editions.Find(r.Context(), l.ID, max(a, b))
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	language := h.textLanguage(r, to)
	if _, ok := from.Texts[language]; !ok || to.Texts[language].Stale && r.URL.Query().Get("text") != language {
		language = to.Language // nobody has brought the other up to date: its words would not tell what changed
	}
	p := DiffPage{Base: h.Base(r, loc.T("diff.title", "From", from.Number, "To", to.Number)), LetterTitle: h.title(r, l),
		LetterURL: page.Local(r, "/letters/"+l.Slug), From: from.Number, To: to.Number, Follows: string(to.Follows),
		Lang: language, Dir: i18n.Direction(language)}
	for _, code := range to.Languages() {
		if _, ok := from.Texts[code]; ok {
			p.Texts = append(p.Texts, page.TextLink{Lang: code, Name: i18n.LanguageName(code), Dir: i18n.Direction(code),
				URL: page.Local(r, r.URL.Path+"?text="+code), Current: code == language, Authoritative: code == to.Language, Stale: to.Texts[code].Stale})
		}
	}
	p.Lines = page.LinesOf(letter.Diff(from.Text(language).Canonical(), to.Text(language).Canonical()))
	return h.Render(w, http.StatusOK, p)
}

package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
)

const htmlType = "text/html; charset=utf-8"

func (s *Server) loadLetter(ctx context.Context, slug string) (*cachedLetter, error) {
	l, err := s.letters.Find(ctx, slug)
	if err != nil {
		return nil, err
	}
	if l.State == letter.Draft {
		return nil, fault.New(fault.NotFound, "letter.unknown") // that a draft exists is nobody's business
	}
	c := &cachedLetter{Letter: l}
	editions, err := s.letters.Editions(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range editions {
		e.Texts = nil // only the current one is shown from here
		c.Published = append(c.Published, e)
		if e.Follows == letter.FollowsSubstantive {
			c.Since = max(c.Since, e.Number)
		}
	}
	if c.Counts, c.Persons, c.Organisations, err = s.roll.Summary(ctx, l.ID, c.Since); err != nil {
		return nil, err
	}
	if c.Updates, err = s.letters.Updates.List(ctx, l.ID); err != nil {
		return nil, err
	}
	batches, err := s.signing.Batches(ctx, l.ID)
	for _, b := range batches {
		if b.Added > 0 && (b.State == signing.BatchApplying || b.State == signing.BatchApplied) {
			c.Batches = append(c.Batches, b)
		}
	}
	return c, err
}

func (s *Server) showLetter(w http.ResponseWriter, r *http.Request) error {
	slug, asJSON := strings.CutSuffix(r.PathValue("slug"), ".json")
	l, err := s.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	if asJSON {
		page, err := l.page(pageKey{text: ".json"}, func() ([]byte, error) { return encodeJSON(s.documentOf(l)) })
		if err != nil {
			return err
		}
		page.send(w, r, "application/json")
		return nil
	}
	v := visitOf(r)
	key := pageKey{prefix: v.prefix, locale: v.locale.Code, text: s.textLanguage(r, l.Edition), open: s.open(l)}
	key.beside = besideLanguage(r, l.Edition, key.text)
	page, err := l.page(key, func() ([]byte, error) {
		return renderBytes(s.letterPage(r, l, key.text, key.beside, s.emptyForm(r, l)))
	})
	if err != nil {
		return err
	}
	page.send(w, r, htmlType)
	return nil
}

// textLanguage returns the language to show a letter in: the one asked for, else the page's, else the authoritative one.
func (s *Server) textLanguage(r *http.Request, e letter.Edition) string {
	for _, wanted := range []string{r.URL.Query().Get("text"), visitOf(r).locale.Code} {
		if _, ok := e.Texts[wanted]; ok && wanted != "" {
			return wanted
		}
	}
	return e.Language
}

// open reports whether a form is offered now.
func (s *Server) open(l *cachedLetter) bool { return s.o.CanMail && l.AcceptsSignatures(s.o.Now()) }

func (s *Server) letterPage(r *http.Request, l *cachedLetter, text, beside string, form SignForm) LetterPage {
	loc := visitOf(r).locale
	t := l.Edition.Text(text)
	p := LetterPage{Base: s.base(r, t.Name()), Letter: s.pair(r, l.Letter, l.Edition, text, beside),
		Counted: l.SignOn != letter.SignOnNone, Counts: s.counts(r, l), Open: s.open(l), Form: form,
		ListURL: s.local(r, "/letters/"+l.Slug+"/signatories"), Share: s.share("/letters/"+l.Slug, t.Name())}
	p.Feed, p.Metadata = s.feedOf(r, l), s.metadata(l, t)
	for _, u := range l.Updates {
		p.Updates = append(p.Updates, s.updateLink(r, l, u))
	}
	p.Path, p.Canonical = "/letters/"+l.Slug, s.o.BaseURL+"/letters/"+l.Slug
	p.Languages = languagesOf(loc, p.Path)
	p.Summary = t.Subtitle
	p.Letter.Editions = len(l.Published)
	if l.Deadline.IsSet() {
		p.Deadline, p.DeadlineISO = loc.DateTime(l.Deadline.At, l.Deadline.Zone), l.Deadline.At.Format(time.RFC3339)
	}
	for _, x := range l.Persons {
		p.Recent = append(p.Recent, signatoryView(loc, x))
	}
	for _, x := range l.Organisations {
		p.RecentOrgs = append(p.RecentOrgs, signatoryView(loc, x))
	}
	if l.Call != nil {
		p.CallURL = s.local(r, "/letters/"+l.Slug+"/call")
	}
	if p.Counted && !p.Open {
		p.ClosedText, p.NoMail = s.closedText(r, l)
	}
	return p
}

// closedText says why no form is offered; noMail that it is only because the instance cannot send mail.
func (s *Server) closedText(r *http.Request, l *cachedLetter) (text string, noMail bool) {
	switch loc := visitOf(r).locale; {
	case l.AcceptsSignatures(s.o.Now()):
		return "", true
	case l.State == letter.Open:
		return loc.T("fault.letter.deadline"), false
	default:
		return loc.T("fault.letter.closed"), false
	}
}

func (s *Server) showEditions(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	editions, err := s.letters.Editions(r.Context(), l.ID)
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	p := EditionsPage{Base: s.base(r, loc.T("editions.title")), LetterTitle: s.title(r, l), LetterURL: s.local(r, "/letters/"+l.Slug)}
	for _, e := range editions {
		path := "/letters/" + l.Slug + "/editions/" + strconv.Itoa(e.Number)
		view := EditionView{Number: e.Number, URL: s.local(r, path), Published: loc.Date(e.PublishedAt), Follows: string(e.Follows),
			SHA256: e.SHA256, Signed: l.Counts.ByEdition[e.Number]}
		if e.Number > 1 {
			view.DiffURL = s.local(r, path+"/diff/"+strconv.Itoa(e.Number-1))
		}
		for _, language := range e.Languages() {
			view.Texts = append(view.Texts, TextLink{Lang: language, Name: i18n.LanguageName(language), Dir: i18n.Direction(language),
				URL: path + "." + language + ".md", Authoritative: language == e.Language, Stale: e.Texts[language].Stale,
				Translator: e.Texts[language].Translator})
		}
		p.Editions = append(p.Editions, view)
	}
	return render(w, http.StatusOK, p)
}

// showEdition serves "3" as a page and "3.fa.md" as the canonical file.
func (s *Server) showEdition(w http.ResponseWriter, r *http.Request) error {
	slug, name := r.PathValue("slug"), r.PathValue("edition")
	l, err := s.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	if base, ok := strings.CutSuffix(name, ".md"); ok {
		number, language, _ := strings.Cut(base, ".")
		n, ok := editionNumber(number)
		if !ok {
			return fault.New(fault.NotFound, "edition.unknown")
		}
		file, sum, err := s.letters.File(r.Context(), slug, n, language)
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Language", language)
		h.Set("Content-Disposition", `inline; filename="`+slug+"-"+base+`.md"`)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", `"`+sum+`"`)
		h.Set("Content-Type", "text/markdown; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(file)))
		_, _ = w.Write([]byte(file))
		return nil
	}
	n, ok := editionNumber(name)
	if !ok {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	e, err := s.letters.Edition(r.Context(), l.ID, n)
	if err != nil {
		return err
	}
	loc, language := visitOf(r).locale, s.textLanguage(r, e)
	p := EditionPage{Base: s.base(r, loc.T("letter.edition", "Number", n)+" · "+l.Edition.Text(loc.Code).Name()),
		Letter: s.pair(r, l.Letter, e, language, besideLanguage(r, e, language)), CurrentURL: s.local(r, "/letters/"+l.Slug)}
	p.Letter.Editions = len(l.Published)
	if n != l.Edition.Number {
		p.DiffURL = s.local(r, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"/diff/"+strconv.Itoa(n))
	}
	return render(w, http.StatusOK, p)
}

func editionNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n < 1_000_000 && strconv.Itoa(n) == s
}

func (s *Server) showDiff(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	a, okA := editionNumber(r.PathValue("edition"))
	b, okB := editionNumber(r.PathValue("other"))
	if !okA || !okB {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	from, err := s.letters.Edition(r.Context(), l.ID, min(a, b))
	if err != nil {
		return err
	}
	to, err := s.letters.Edition(r.Context(), l.ID, max(a, b))
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	language := s.textLanguage(r, to)
	if _, ok := from.Texts[language]; !ok || to.Texts[language].Stale && r.URL.Query().Get("text") != language {
		language = to.Language // nobody has brought the other up to date: its words would not tell what changed
	}
	p := DiffPage{Base: s.base(r, loc.T("diff.title", "From", from.Number, "To", to.Number)), LetterTitle: s.title(r, l),
		LetterURL: s.local(r, "/letters/"+l.Slug), From: from.Number, To: to.Number, Follows: string(to.Follows),
		Lang: language, Dir: i18n.Direction(language)}
	for _, code := range to.Languages() {
		if _, ok := from.Texts[code]; ok {
			p.Texts = append(p.Texts, TextLink{Lang: code, Name: i18n.LanguageName(code), Dir: i18n.Direction(code),
				URL: s.local(r, r.URL.Path+"?text="+code), Current: code == language, Authoritative: code == to.Language, Stale: to.Texts[code].Stale})
		}
	}
	for _, d := range letter.Diff(from.Text(language).Canonical(), to.Text(language).Canonical()) {
		line := DiffLine{Kind: string(d.Kind)}
		for _, span := range d.Spans {
			line.Text = append(line.Text, DiffSpan(span))
		}
		p.Lines = append(p.Lines, line)
	}
	return render(w, http.StatusOK, p)
}

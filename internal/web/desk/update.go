package desk

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// UpdatePage is where an update about a letter is written, or one that is published gets a further language or is taken back.
type UpdatePage struct {
	page.Base
	Form      page.Form
	Action    string
	NewsURL   string
	PublicURL string // of one that is published, "" while it is written
	Texts     []page.TextLink
	Spoken    []page.Option
	Preview   template.HTML // how what was typed looks, "" before it is asked for
	Article   page.Tagged
	Attaching bool // something is wrong with a picture or document
	Dir       string
}

// Template is its file.
func (UpdatePage) Template() string { return "desk/update" }

// AttachForm is the form that a picture or document is added to.
func (p UpdatePage) AttachForm() page.Form { return p.Form }

// newUpdate stands for the number of an update that is not published yet.
const newUpdate = "new"

// ShowUpdate shows the form of an update.
func (h *Handlers) ShowUpdate(w http.ResponseWriter, r *http.Request, d *Visit) error {
	l, loc := d.Letter, page.LocaleOf(r)
	v := url.Values{"language": {l.Edition.Language}, "day": {h.Now().UTC().Format(time.DateOnly)}}
	if r.URL.Query().Has("thanks") {
		counts, _, _, err := h.Roll.Summary(r.Context(), l.ID, 0)
		if err != nil {
			return err
		}
		in := i18n.Find(l.Edition.Language)
		if in == nil {
			in = loc
		}
		v.Set("title", in.T("desk.update.thanks_title"))
		v.Set("body", in.T("desk.update.thanks_body", "Title", l.Edition.Text(in.Code).Name(), "Organisations", in.N("counts.organisations_n", counts.Organisations),
			"Persons", in.N("counts.persons_n", counts.Persons)))
	}
	return h.updatePage(w, r, d, v, nil)
}

func (h *Handlers) updatePage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, wrong error) error {
	loc, l := page.LocaleOf(r), d.Letter
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := UpdatePage{Base: h.base(r, d, loc.T("desk.update.title")), Form: page.NewForm(r, typed, wrong), NewsURL: path + "/news",
		Action: path + "/updates/" + r.PathValue("update"), Attaching: typed.Get("do") == "picture" || typed.Get("do") == "document"}
	there := map[string]bool{}
	if number := r.PathValue("update"); number != newUpdate {
		u, err := h.updateOf(r, l)
		if err != nil {
			return err
		}
		p.PublicURL = page.Local(r, "/letters/"+l.Slug+"/updates/"+number)
		p.Article = page.Tag(u.Title, u.Language)
		for _, t := range append([]letter.UpdateText{u.UpdateText}, u.Also...) {
			there[t.Language] = t.Language == u.Language
			p.Texts = append(p.Texts, page.TextLink{Lang: t.Language, Name: i18n.LanguageName(t.Language), Dir: i18n.Direction(t.Language),
				URL: p.PublicURL + "?text=" + t.Language, Authoritative: t.Language == u.Language})
		}
	}
	for _, x := range i18n.Languages() {
		if !there[x] { // the one it was written in stays
			p.Spoken = append(p.Spoken, page.Option{Value: x, Text: loc.Language(x)})
		}
	}
	slices.SortFunc(p.Spoken, func(a, b page.Option) int { return strings.Compare(a.Text, b.Text) })
	p.Dir = i18n.Direction(typed.Get("language"))
	if typed.Get("do") == "preview" && wrong == nil {
		p.Preview = page.Markdown(letter.CleanMarkdown(typed.Get("body")), typed.Get("language"))
	}
	return h.Render(w, page.Status(wrong), p)
}

func (h *Handlers) updateOf(r *http.Request, l letter.Letter) (letter.Update, error) {
	number, err := strconv.Atoi(r.PathValue("update"))
	if err != nil {
		return letter.Update{}, fault.New(fault.NotFound, "update.unknown")
	}
	return h.Letters.Updates.Find(r.Context(), l.ID, number)
}

// SubmitUpdate shows how an update looks, publishes it, adds a language to it, or takes it back.
func (h *Handlers) SubmitUpdate(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, files, err := page.ReadUploads(w, r, page.MaxUpload)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	do, number := v.Get("do"), r.PathValue("update")
	if err == nil {
		switch do {
		case "preview":
			return h.updatePage(w, r, d, v, nil)
		case "picture", "document":
			if err = h.attach(r, v, files[do].Data); err == nil {
				v.Set("do", "preview")
				return h.updatePage(w, r, d, v, nil)
			}
		case "remove":
			n, failed := strconv.Atoi(number)
			if failed != nil {
				return fault.New(fault.NotFound, "update.unknown")
			}
			if err = h.Letters.Updates.Remove(r.Context(), d.Letter.Slug, n, d.User.ID); err == nil {
				return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/news", "update_removed")
			}
		case "publish":
			if err = h.putUpdate(r, d, v); err == nil {
				return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/news", "update_published")
			}
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err) {
		return h.updatePage(w, r, d, v, err)
	}
	return err
}

// putUpdate publishes an update, or a further language of one.
func (h *Handlers) putUpdate(r *http.Request, d *Visit, v url.Values) error {
	t := letter.UpdateText{Language: v.Get("language"), Title: v.Get("title"), Body: v.Get("body")}
	if !i18n.IsLanguage(t.Language) {
		return fault.List{fault.New(fault.Invalid, "language").On("language")}
	}
	if number, err := strconv.Atoi(r.PathValue("update")); err == nil {
		return h.Letters.Updates.Translate(r.Context(), d.Letter.Slug, number, t, d.User.ID)
	}
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(text.LatinDigits(v.Get("day"))))
	if err != nil || day.After(h.Now()) {
		return fault.List{fault.New(fault.Invalid, "update.day").On("day")}
	}
	u := letter.Update{UpdateText: t}
	if day.Format(time.DateOnly) != h.Now().UTC().Format(time.DateOnly) { // an earlier day has no hour
		u.At = day
	}
	_, err = h.Letters.Updates.Add(r.Context(), d.Letter.Slug, u, d.User.ID)
	return err
}

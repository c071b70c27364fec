package desk

import (
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/web/page"
)

// ExportsPage makes lists for an audience, and gives them out, also as the letter with them.
type ExportsPage struct {
	page.Base
	Form      page.Form
	Action    string
	Audiences []string
	Second    bool   // what is not public wants a second member
	Until     string // up to when a list of those who are informed can be fetched, once that is known
	Exports   []ExportView
	Covers    []page.Option // of addressees, which may go before the letter
}

// Template is its file.
func (ExportsPage) Template() string { return "desk/exports" }

// ExportView is a list that was made, or is being made.
type ExportView struct {
	ID, Audience, At, Until string
	Made                    bool
	Addresses               bool // it holds addresses: no document is made with it
	Lines                   int
}

// formats are those in which an export can be fetched.
var formats = map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

// ShowExports shows the lists made for an audience.
func (h *Handlers) ShowExports(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.exportsPage(w, r, d, url.Values{"audience": {string(roll.ForPublic)}}, nil)
}

func (h *Handlers) exportsPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := ExportsPage{Base: h.base(r, d, loc.T("desk.export.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/exports"}
	for _, a := range roll.Audiences {
		p.Audiences = append(p.Audiences, string(a))
	}
	if !l.Protected {
		p.Audiences = append(p.Audiences, string(handout.Informed))
	}
	if end := l.End(); !end.IsZero() {
		p.Until = loc.Date(end.Add(letter.KeptAfterClose))
	}
	p.Covers = coverOptions(loc, l)
	var failed error
	if p.Second, failed = h.Accounts.Approvals.NeedsSecond(r.Context(), l.ID, handout.Request{Audience: roll.ForCoalition}, d.User.ID); failed != nil {
		return failed
	}
	exports, failed := h.Handouts.List(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, e := range slices.Backward(exports) {
		p.Exports = append(p.Exports, ExportView{ID: strconv.FormatInt(e.ID, 36), Audience: string(e.Audience), Made: e.Made, Lines: e.Lines,
			Addresses: e.Audience == handout.Informed,
			At:        loc.DateTime(e.CreatedAt, time.UTC),
			Until:     loc.DateTime(e.CreatedAt.Add(handout.KeptFor), time.UTC)})
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitExports has one made, sends one, or throws one away.
func (h *Handlers) SubmitExports(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	done := ""
	switch do := v.Get("do"); do {
	case "make":
		done, err = h.carry(r, d, handout.Request{Audience: roll.Audience(v.Get("audience"))}, "exporting")
	case "csv", "xlsx": // fetching is recorded, so it is a form
		return h.sendExport(w, r, d, id, do)
	case string(document.PDF), string(document.DOCX):
		addressee, _ := strconv.Atoi(v.Get("addressee"))
		return h.sendWithExport(w, r, d, id, addressee, document.Format(do))
	case "discard":
		done, err = "removed", h.Handouts.Discard(r.Context(), d.Letter.ID, id, d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) {
		return h.exportsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/exports", done)
}

// sendExport sends a made export as a file.
func (h *Handlers) sendExport(w http.ResponseWriter, r *http.Request, d *Visit, id int64, format string) error {
	e, lines, err := h.Handouts.Fetch(r.Context(), d.Letter.ID, id, format, d.User.ID)
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	name := d.Letter.Slug + "-" + string(e.Audience) + "-" + e.CreatedAt.Format(time.DateOnly) + "." + format
	return h.Stream(w, r, name, formats[format], func(out io.Writer) error {
		rows := exportRows(loc, e.Audience, lines)
		if e.Audience == handout.Informed {
			rows = informedRows(loc, lines)
		}
		if format == "xlsx" {
			return roll.WriteXLSX(out, loc.Dir == "rtl", rows)
		}
		return roll.WriteCSVTable(out, rows)
	})
}

// sendWithExport sends the letter with the names of a made export, and the cover for an addressee before it.
func (h *Handlers) sendWithExport(w http.ResponseWriter, r *http.Request, d *Visit, id int64, addressee int, f document.Format) error {
	copied := document.NewCopy()
	e, lines, err := h.Handouts.Fetch(r.Context(), d.Letter.ID, id, string(f)+" "+copied, d.User.ID)
	if err != nil {
		return err
	}
	language := ""
	if addressee == 0 { // else that of the cover
		language = d.Letter.Edition.Prefer(page.LocaleOf(r).Code)
	}
	name := d.Letter.Slug + "-" + string(e.Audience) + "-" + e.CreatedAt.Format(time.DateOnly)
	return h.sendDocument(w, r, name, f, func() (*document.Document, error) {
		return h.Documents.Make(r.Context(), document.Wanted{Slug: d.Letter.Slug, Language: language, Audience: e.Audience,
			Addressee: addressee, BaseURL: h.BaseURL, Names: handout.Signatories(lines), Copy: copied})
	})
}

// exportRows puts the lines of an export into words. Titles and affiliations are for identification only, as the headings say.
func exportRows(loc *i18n.Locale, a roll.Audience, lines iter.Seq2[handout.Line, error]) iter.Seq2[roll.Row, error] {
	return func(yield func(roll.Row, error) bool) {
		headings := roll.Row{loc.T("desk.export.kind"), loc.T("desk.export.name"), loc.T("desk.export.role"), loc.T("desk.export.affiliation"),
			loc.T("desk.export.country"), loc.T("desk.export.basis")}
		if a != roll.ForPublic {
			headings = append(headings, loc.T("desk.export.listing"))
		}
		if !yield(append(headings, loc.T("desk.export.country_code")), nil) {
			return
		}
		for x, err := range lines {
			row := roll.Row{loc.T("desk.export.kind_" + string(x.Kind)), x.Name, x.Title, x.Affiliation, i18n.CountryName(loc, x.Country),
				loc.T("basis." + string(x.Basis))}
			if a != roll.ForPublic {
				row = append(row, loc.T("listing."+string(x.Listing)))
			}
			if !yield(append(row, x.Country), err) || err != nil {
				return
			}
		}
	}
}

// informedRows puts the list of those who are informed into words, with those that each of them ticked.
func informedRows(loc *i18n.Locale, lines iter.Seq2[handout.Line, error]) iter.Seq2[roll.Row, error] {
	return func(yield func(roll.Row, error) bool) {
		if !yield(roll.Row{loc.T("desk.export.name"), loc.T("desk.export.kind_organisation"), loc.T("desk.export.email"), loc.T("desk.export.language"),
			loc.T("desk.export.country"), loc.T("desk.export.day"), loc.T("desk.export.words")}, nil) {
			return
		}
		for x, err := range lines {
			if err != nil {
				yield(nil, err)
				return
			}
			c := x.Contact
			if !yield(roll.Row{x.Name, c.Organisation, c.Email, c.Language, i18n.CountryName(loc, x.Country), c.Day, c.Words}, nil) {
				return
			}
		}
	}
}

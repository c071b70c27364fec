package web

import (
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
)

// formats are those in which an export can be fetched.
var formats = map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

func (s *Server) showExports(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.exportsPage(w, r, d, url.Values{"audience": {string(roll.ForPublic)}}, nil)
}

func (s *Server) exportsPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	loc, l := visitOf(r).locale, d.Letter
	t := l.Edition.Text(loc.Code)
	path := s.local(r, "/desk/letters/"+l.Slug)
	p := ExportsPage{Base: s.deskBase(r, d, loc.T("desk.export.title")), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language), BoardURL: path, Action: path + "/exports"}
	for _, a := range roll.Audiences {
		p.Audiences = append(p.Audiences, string(a))
	}
	var failed error
	if p.Second, failed = s.accounts.NeedsSecond(r.Context(), l.ID); failed != nil {
		return failed
	}
	exports, failed := s.signing.Exports(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, e := range slices.Backward(exports) {
		p.Exports = append(p.Exports, ExportView{ID: strconv.FormatInt(e.ID, 36), Audience: string(e.Audience), Made: e.Made, Lines: e.Lines, At: loc.DateTime(e.CreatedAt, time.UTC),
			Until: loc.DateTime(e.CreatedAt.Add(signing.ExportFor), time.UTC)})
	}
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitExports(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	done := ""
	switch do := v.Get("do"); do {
	case "make":
		done, err = s.carry(r, d, signing.Exporting{Audience: roll.Audience(v.Get("audience"))}, "exporting")
	case "csv", "xlsx": // fetching is recorded, so it is a form
		return s.sendExport(w, r, d, id, do)
	case "discard":
		done, err = "removed", s.signing.DiscardExport(r.Context(), d.Letter.ID, id, d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		return s.exportsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/exports", done)
}

// sendExport sends a made export as a file.
func (s *Server) sendExport(w http.ResponseWriter, r *http.Request, d *deskVisit, id int64, format string) error {
	e, lines, err := s.signing.FetchExport(r.Context(), d.Letter.ID, id, format, d.User.ID)
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	name := d.Letter.Slug + "-" + string(e.Audience) + "-" + e.CreatedAt.Format(time.DateOnly) + "." + format
	return s.stream(w, r, name, formats[format], func(out io.Writer) error {
		rows := exportRows(loc, e.Audience, lines)
		if format == "xlsx" {
			return roll.WriteXLSX(out, loc.Dir == "rtl", rows)
		}
		return roll.WriteCSVTable(out, rows)
	})
}

// exportRows puts the lines of an export into words. Titles and affiliations are for identification only, as the headings say.
func exportRows(loc *i18n.Locale, a roll.Audience, lines iter.Seq2[signing.Exported, error]) iter.Seq2[roll.Row, error] {
	return func(yield func(roll.Row, error) bool) {
		headings := roll.Row{loc.T("desk.export.kind"), loc.T("desk.export.name"), loc.T("desk.export.role"), loc.T("desk.export.affiliation"), loc.T("desk.export.country"), loc.T("desk.export.basis")}
		if a != roll.ForPublic {
			headings = append(headings, loc.T("desk.export.listing"))
		}
		if !yield(headings, nil) {
			return
		}
		for x, err := range lines {
			row := roll.Row{loc.T("desk.export.kind_" + string(x.Kind)), x.Name, x.Title, x.Affiliation, i18n.CountryName(loc, x.Country), loc.T("basis." + string(x.Basis))}
			if a != roll.ForPublic {
				row = append(row, loc.T("listing."+string(x.Listing)))
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

package desk

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
)

// TrailPage is the audit trail of a letter.
type TrailPage struct {
	page.Base
	Trail    []TrailView
	OlderURL string
}

// Template is its file.
func (TrailPage) Template() string { return "desk/trail" }

// TrailView is a line of the audit trail.
type TrailView struct{ At, By, What, Object string }

// trailShown is how many lines of the audit trail a page has.
const trailShown = 50

// ShowTrail shows the audit trail of a letter.
func (h *Handlers) ShowTrail(w http.ResponseWriter, r *http.Request, d *Visit) error {
	loc := page.LocaleOf(r)
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 36, 64)
	trail, err := h.Accounts.Trail(r.Context(), 0, d.Letter.ID, before, trailShown)
	if err != nil {
		return err
	}
	p := TrailPage{Base: h.base(r, d, loc.T("desk.trail.title")), Trail: trailOf(loc, trail)}
	if len(trail) == trailShown {
		p.OlderURL = page.Local(r, "/desk/letters/"+d.Letter.Slug+"/trail?before="+strconv.FormatInt(trail[len(trail)-1].ID, 36))
	}
	return h.Render(w, http.StatusOK, p)
}

// trailOf says the lines of an audit trail in the page's language.
func trailOf(l *i18n.Locale, trail []account.Entry) (lines []TrailView) {
	for _, e := range trail {
		v := TrailView{At: l.DateTime(e.At, time.UTC), By: e.By, What: l.T("desk.act." + strings.ReplaceAll(e.Act, ".", "_")), Object: e.Object}
		if account.Role(e.Object).May(account.Viewer) {
			v.Object = l.T("desk.role." + e.Object)
		}
		noun, _, _ := strings.Cut(e.Act, ".")
		switch {
		case e.Object == "":
		case noun == "approval":
			v.Object = l.T("desk.approval." + e.Object)
		case noun == "delivery":
			v.Object = l.T("delivery.channel." + e.Object)
		case noun == "response":
			v.Object = l.T("response.kind." + e.Object)
		case noun == "demand", noun == "stated":
			v.Object = l.Digits(e.Object)
		}
		if audience, format, _ := strings.Cut(e.Object, " "); strings.HasPrefix(e.Act, "export.") {
			format, number, _ := strings.Cut(format, " ")
			v.Object = strings.TrimSpace(l.T("desk.export.for_"+audience) + " " + strings.ToUpper(format) + " " + number)
		}
		lines = append(lines, v)
	}
	return lines
}

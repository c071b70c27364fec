package public

import (
	"net/http"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// DemandPage is a demand with what happened to it.
type DemandPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	Heading     string // "Demand 6"
	Text        page.Tagged
	Facts       []page.FactView
	Cells       []CellTimeline
	Calls       []EarlierView // of others for the same
	Precedents  []EarlierView
	Elsewhere   []ElsewhereView // in letters that this one goes on with, or that go on with it
}

// EarlierView is what others have asked before, or where such a thing was done.
type EarlierView struct {
	Who, Title string
	Days       string // when it was sent or done, and published
	URL        string
}

// ElsewhereView is the same demand in another letter of the instance.
type ElsewhereView struct {
	Letter page.Tagged
	URL    string
	Stands string
}

// Template is its file.
func (DemandPage) Template() string { return "public/demand" }

// CellTimeline is where a demand stands with one addressee, and how it came there.
type CellTimeline struct {
	page.CellView
	Number int    // of the addressee
	Reason string // why they are asked, of one who is not in the text
	Events []page.EventView
}

// ShowDemand shows a demand of a letter's current edition.
func (h *Handlers) ShowDemand(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(l.Standing.Demands, func(d delivery.Demand) bool { return d.Number == r.PathValue("number") })
	if i < 0 {
		return fault.New(fault.NotFound, "page.unknown")
	}
	t, d := h.tell(r, l), l.Standing.Demands[i]
	heading := t.loc.T("answers.demand_n", "Number", t.loc.Digits(d.Number))
	p := DemandPage{Base: h.Base(r, heading), LetterTitle: h.title(r, l), LetterURL: page.Local(r, t.path), Heading: heading, Text: t.text(i),
		Facts: page.FactsOf(t.loc, l.Edition.Language, d.Known())}
	p.Text.Text = letter.Excerpt(p.Text.Text, longestDemand)
	p.Feed, p.Summary = h.feedOf(r, l), letter.Excerpt(p.Text.Text, shortDemand)
	for _, e := range d.Earlier {
		v := EarlierView{Who: e.Who, Title: e.Title, URL: e.Source}
		sent := "answers.sent_on"
		if e.Kind == delivery.Precedent {
			sent = "answers.done_on"
		}
		for _, x := range [][2]string{{sent, e.Sent}, {"answers.published_on", e.Published}} {
			if x[1] != "" {
				v.Days = strings.TrimPrefix(v.Days+" · "+t.loc.T(x[0], "Date", t.roughDay(x[1])), " · ")
			}
		}
		if e.Kind == delivery.Precedent {
			p.Precedents = append(p.Precedents, v)
		} else {
			p.Calls = append(p.Calls, v)
		}
	}
	if p.Elsewhere, err = h.elsewhere(r, l, d); err != nil {
		return err
	}
	for _, c := range d.Cells {
		to, _ := l.Standing.Find(c.Addressee)
		p.Cells = append(p.Cells, CellTimeline{t.cell(c), c.Addressee, to.Reason, t.timeline(c)})
	}
	return h.Render(w, http.StatusOK, p)
}

// elsewhere finds the same words among the demands of the letters that a letter goes on with.
func (h *Handlers) elsewhere(r *http.Request, l *cachedLetter, d delivery.Demand) (list []ElsewhereView, err error) {
	for _, other := range l.GoesOn {
		o, err := h.cache.find(r.Context(), other.Slug)
		if err != nil {
			return nil, err
		}
		for i, x := range o.Standing.Demands {
			if text.Fold(x.Text) != text.Fold(d.Text) {
				continue
			}
			line := h.tell(r, o).demand(i, func(delivery.Addressee) bool { return true })
			v := ElsewhereView{Letter: h.title(r, o), URL: line.URL, Stands: page.LocaleOf(r).Date(o.OpenedAt)}
			for _, c := range line.Cells {
				v.Stands = strings.TrimPrefix(v.Stands+" · "+page.LocaleOf(r).T("answers.line", "Name", c.Addressee.Text, "Stands", c.Line), " · ")
			}
			list = append(list, v)
		}
	}
	return list, nil
}

// longestDemand is in characters: more than a demand has.
const longestDemand = 20_000

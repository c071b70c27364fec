package public

import (
	"net/http"
	"slices"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
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
}

// Template is its file.
func (DemandPage) Template() string { return "public/demand" }

// CellTimeline is where a demand stands with one addressee, and how it came there.
type CellTimeline struct {
	page.CellView
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
	t, d := tell(r, l), l.Standing.Demands[i]
	heading := t.loc.T("answers.demand_n", "Number", t.loc.Digits(d.Number))
	p := DemandPage{Base: h.Base(r, heading), LetterTitle: h.title(r, l), LetterURL: page.Local(r, t.path), Heading: heading, Text: t.text(i),
		Facts: page.FactsOf(t.loc, l.Edition.Language, d.Known())}
	p.Text.Text = letter.Excerpt(p.Text.Text, longestDemand)
	p.Feed, p.Summary = h.feedOf(r, l), letter.Excerpt(p.Text.Text, shortDemand)
	for _, c := range d.Cells {
		to, _ := l.Standing.Find(c.Addressee)
		p.Cells = append(p.Cells, CellTimeline{t.cell(c), to.Reason, t.timeline(c)})
	}
	return h.Render(w, http.StatusOK, p)
}

// longestDemand is in characters: more than a demand has.
const longestDemand = 20_000

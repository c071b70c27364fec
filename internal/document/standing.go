package document

import (
	"slices"

	"github.com/undersigned/undersigned/internal/letter"
)

// DemandLine is where a demand stands with each of those it is asked of.
type DemandLine struct {
	Number string // in ASCII digits
	Text   string // where the edition's own text in the language has none of that number
	Cells  []DemandCell
	Stated []string // what offices of those who are asked state themselves, in words
}

// DemandCell is where it stands with one of them, in words.
type DemandCell struct{ Addressee, Stands string }

// shortDemand is in characters what a demand is named by where its text stands before.
const shortDemand = 140

// addStanding adds where the demands stand, if there is something to say.
func (d *Document) addStanding(in Input) {
	if len(in.Standing) == 0 {
		return
	}
	l := d.words
	d.heading(3, l.T("answers.title_on", "Date", l.Date(in.StandingOn)))
	demands := in.Edition.Text(in.Language).Numbered()
	table := Facts{Language: l.Code}
	for _, x := range in.Standing {
		if i := slices.IndexFunc(demands, func(y letter.Demand) bool { return y.Number == x.Number }); i >= 0 {
			x.Text = demands[i].Text
		}
		table.Rows = append(table.Rows, Fact{Label: l.T("answers.demand_n", "Number", l.Digits(x.Number)), Value: letter.Excerpt(x.Text, shortDemand)})
		for _, c := range x.Cells {
			table.Rows = append(table.Rows, Fact{Value: l.T("answers.line", "Name", c.Addressee, "Stands", c.Stands)})
		}
		for _, words := range x.Stated {
			table.Rows = append(table.Rows, Fact{Value: words})
		}
	}
	d.Blocks = append(d.Blocks, table)
}

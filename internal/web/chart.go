package web

import (
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/signing"
)

// Chart is signatures over time: bars for those who look, a table for everybody.
type Chart struct {
	Width, Height int
	Bars          []Bar
	From, To      string // first and last day
	Most          string // on one day
	Rows          []ChartRow
}

// Bar is a day's rectangle; people stand on organisations.
type Bar struct{ X, Width, Y, Height, OrganisationsY, OrganisationsHeight int }

// ChartRow is a day in words.
type ChartRow struct{ Day, Organisations, Persons string }

// Size of a chart in its own units, and how many days it shows.
const (
	chartWidth  = 600
	chartHeight = 120
	chartDays   = 60
)

// chartOf draws the days up to the last one on which somebody signed, nil when nobody did.
func chartOf(l *i18n.Locale, days []signing.Day) *Chart {
	if len(days) == 0 {
		return nil
	}
	last := days[len(days)-1].Day
	first := days[0].Day
	if earliest := last.AddDate(0, 0, 1-chartDays); first.Before(earliest) {
		first = earliest
	}
	span, most := int(last.Sub(first)/(24*time.Hour))+1, 1
	for _, d := range days {
		if !d.Day.Before(first) {
			most = max(most, d.Organisations+d.Persons)
		}
	}
	c := &Chart{Width: chartWidth, Height: chartHeight, From: l.Date(first), To: l.Date(last), Most: l.Number(most)}
	step := min(chartWidth/span, 40)
	for _, d := range days {
		if d.Day.Before(first) {
			continue
		}
		height := func(n int) int { return (n*chartHeight + most - 1) / most }
		b := Bar{X: int(d.Day.Sub(first)/(24*time.Hour)) * step, Width: max(step-2, 1), Height: height(d.Organisations + d.Persons), OrganisationsHeight: height(d.Organisations)}
		b.Y, b.OrganisationsY = chartHeight-b.Height, chartHeight-b.OrganisationsHeight
		c.Bars = append(c.Bars, b)
		c.Rows = append(c.Rows, ChartRow{l.Date(d.Day), l.Number(d.Organisations), l.Number(d.Persons)})
	}
	return c
}

package page

import (
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
)

// Chart is signatures over time: bars for those who look, a table for everybody.
type Chart struct {
	Width, Height int
	Bars          []Bar
	Kind          string // days or hours
	From, To      string // first and last of them
	Most          string // in one
	Held          string // of hours: how many are held that came in bursts, "" for none
	Rows          []ChartRow
}

// Bar is the rectangle of a day or an hour; people stand on organisations, those held on both.
type Bar struct{ X, Width, Y, Height, OrganisationsY, OrganisationsHeight, HeldY, HeldHeight int }

// ChartRow is a day or an hour in words.
type ChartRow struct{ At, Organisations, Persons, Held string }

// ChartHours is how many hours a chart shows.
const ChartHours = 48

// Size of a chart in its own units, and how many days it shows.
const (
	chartWidth  = 600
	chartHeight = 120
	chartDays   = 60
)

// DaysOf draws the days up to the last one on which somebody signed, nil when nobody did.
func DaysOf(l *i18n.Locale, days []roll.Time) *Chart {
	return draw("days", days, 24*time.Hour, chartDays, l.Date, l)
}

// HoursOf draws the hours up to the last one in which somebody signed, nil when nobody did.
func HoursOf(l *i18n.Locale, hours []roll.Time) *Chart {
	return draw("hours", hours, time.Hour, ChartHours, func(t time.Time) string { return l.DateTime(t, time.UTC) }, l)
}

func draw(kind string, times []roll.Time, unit time.Duration, limit int, say func(time.Time) string, l *i18n.Locale) *Chart {
	if len(times) == 0 {
		return nil
	}
	last := times[len(times)-1].At
	first := times[0].At
	if earliest := last.Add(-time.Duration(limit-1) * unit); first.Before(earliest) {
		first = earliest
	}
	span, most, held := int(last.Sub(first)/unit)+1, 1, 0
	for _, t := range times {
		if !t.At.Before(first) {
			most = max(most, t.Organisations+t.Persons+t.Held)
			held += t.Held
		}
	}
	c := &Chart{Width: chartWidth, Height: chartHeight, Kind: kind, From: say(first), To: say(last), Most: l.Number(most)}
	if held > 0 {
		c.Held = l.Number(held)
	}
	step := min(chartWidth/span, 40)
	for _, t := range times {
		if t.At.Before(first) {
			continue
		}
		height := func(n int) int { return (n*chartHeight + most - 1) / most }
		counted := height(t.Organisations + t.Persons)
		b := Bar{X: int(t.At.Sub(first)/unit) * step, Width: max(step-2, 1), Height: counted,
			OrganisationsHeight: height(t.Organisations), HeldHeight: height(t.Organisations+t.Persons+t.Held) - counted}
		b.Y, b.OrganisationsY, b.HeldY = chartHeight-counted, chartHeight-b.OrganisationsHeight, chartHeight-counted-b.HeldHeight
		c.Bars = append(c.Bars, b)
		row := ChartRow{At: say(t.At), Organisations: l.Number(t.Organisations), Persons: l.Number(t.Persons)}
		if held > 0 {
			row.Held = l.Number(t.Held)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// CountryRow is how many names are of a country.
type CountryRow struct {
	Name, N string
	Width   int // of its bar, in hundredths of the longest
}

// fewSigners is below how many names a country is not told apart from others.
const fewSigners = 5

// CountriesOf puts countries into words. Those with few names stand together, so that nobody can be picked out by one.
func CountriesOf(l *i18n.Locale, list []roll.Country) (rows []CountryRow) {
	few, most := 0, 1
	add := func(name string, n int) {
		most = max(most, n)
		rows = append(rows, CountryRow{Name: name, N: l.Number(n), Width: n})
	}
	for _, c := range list { // those with most first
		name := i18n.CountryName(l, c.Code)
		if c.Code == "" {
			name = l.T("desk.country.none")
		}
		if c.N < fewSigners {
			few += c.N
			continue
		}
		add(name, c.N)
	}
	switch {
	case few >= fewSigners:
		add(l.T("desk.country.others"), few)
	case few > 0:
		rows = append(rows, CountryRow{Name: l.T("desk.country.others"), N: l.T("desk.country.fewer")})
	}
	for i := range rows {
		rows[i].Width = rows[i].Width * 100 / most
	}
	return rows
}

// chartWith is a chart with what every page has.
type chartWith struct {
	Base
	Chart *Chart
}

// ChartWith puts a chart into the page's language.
func (b Base) ChartWith(c *Chart) chartWith { return chartWith{b, c} }

package page

import (
	"slices"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
)

func TestChart_staysInItsFrame(t *testing.T) {
	l := i18n.Find("en")
	if DaysOf(l, nil) != nil || HoursOf(l, nil) != nil {
		t.Error("a chart of nothing")
	}
	var days, hours []roll.Time
	for i := range 200 {
		days = append(days, roll.Time{At: time.Date(2030, 1, 1+i, 0, 0, 0, 0, time.UTC), Organisations: i % 3, Persons: i * i})
		hours = append(hours, roll.Time{At: time.Date(2030, 1, 1, i, 0, 0, 0, time.UTC), Organisations: i % 3, Persons: i, Held: i % 7})
	}
	for _, n := range []int{1, 2, 47, 48, 49, 59, 60, 61, 200} {
		for limit, c := range map[int]*Chart{chartDays: DaysOf(l, days[:n]), ChartHours: HoursOf(l, hours[:n])} {
			if n > 1 && len(c.Bars) != min(n, limit) {
				t.Errorf("%d %s: %d bars", n, c.Kind, len(c.Bars))
			}
			for _, b := range c.Bars {
				if b.X < 0 || b.X+b.Width > chartWidth || b.Y < 0 || b.HeldY < 0 || b.HeldHeight < 0 || b.HeldY+b.HeldHeight != b.Y || b.Height > chartHeight ||
					b.OrganisationsHeight > b.Height {
					t.Errorf("%d %s: %+v", n, c.Kind, b)
				}
			}
		}
	}
	if c := HoursOf(l, hours[:9]); c.Held != "22" || c.Rows[3].Held != "3" || DaysOf(l, days).Held != "" {
		t.Errorf("held in bursts: %+v", c)
	}
}

// No country is told by a number that one signer could be picked out by.
func TestCountries_fewStandTogether(t *testing.T) {
	l := i18n.Find("en")
	for _, c := range []struct {
		given []roll.Country
		want  []CountryRow
	}{
		{nil, nil},
		{[]roll.Country{{Code: "NO", N: 10}, {Code: "FR", N: 5}}, []CountryRow{{"Norway", "10", 100}, {"France", "5", 50}}},
		{[]roll.Country{{Code: "NO", N: 10}, {Code: "FR", N: 4}, {Code: "IR", N: 1}}, []CountryRow{{"Norway", "10", 100}, {"Other countries", "5", 50}}},
		{[]roll.Country{{N: 20}, {Code: "IR", N: 1}}, []CountryRow{{"None given", "20", 100}, {"Other countries", "fewer than 5", 0}}},
		{[]roll.Country{{Code: "IR", N: 4}}, []CountryRow{{"Other countries", "fewer than 5", 0}}},
	} {
		if got := CountriesOf(l, c.given); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.given, got, c.want)
		}
	}
}

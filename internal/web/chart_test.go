package web

import (
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/signing"
)

func TestChart_staysInItsFrame(t *testing.T) {
	l := i18n.Find("en")
	if chartOf(l, nil) != nil {
		t.Error("a chart of nothing")
	}
	var days []signing.Day
	for i := range 200 {
		days = append(days, signing.Day{Day: time.Date(2030, 1, 1+i, 0, 0, 0, 0, time.UTC), Organisations: i % 3, Persons: i * i})
	}
	for _, n := range []int{1, 2, 59, 60, 61, 200} {
		c := chartOf(l, days[:n])
		if n > 1 && len(c.Bars) != min(n, chartDays) {
			t.Errorf("%d days: %d bars", n, len(c.Bars))
		}
		for _, b := range c.Bars {
			if b.X < 0 || b.X+b.Width > chartWidth || b.Y < 0 || b.Height > chartHeight || b.OrganisationsHeight > b.Height {
				t.Errorf("%d days: %+v", n, b)
			}
		}
	}
}

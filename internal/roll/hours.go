package roll

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Time is how many signatures that count were given in an hour or on a day, UTC.
type Time struct {
	At                     time.Time
	Organisations, Persons int
	Held                   int // of those that wait for a decision, how many came in a burst; of hours only
}

// Country is how many names of the public list are of a country.
type Country struct {
	Code string // "" for those who said none
	N    int
}

// hourKey is an hour, since 1970, of one kind.
type hourKey struct {
	hour int64
	kind verify.Kind
}

const microsAnHour = int64(time.Hour / time.Microsecond)

func hourOf(given time.Time, kind verify.Kind) hourKey {
	return hourKey{given.UnixMicro() / microsAnHour, kind}
}

// HeldBurst is the reason of a signature that is held since many came from one mail domain within the hour.
const HeldBurst = "burst"

// Hours returns the hours since then in which signatures were given, in their order.
func (s *Service) Hours(ctx context.Context, l letter.ID, since time.Time) (list []Time, err error) {
	hours := map[int64]*Time{}
	of := func(hour int64) *Time {
		if hours[hour] == nil {
			hours[hour] = &Time{At: time.Unix(hour*3600, 0).UTC()}
		}
		return hours[hour]
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		first := since.UnixMicro() / microsAnHour
		for x, err := range store.Each(tx, qListHours, scanHour, l, first) {
			if err != nil {
				return err
			}
			if x.kind == verify.Organisation {
				of(x.hour).Organisations += x.n
			} else {
				of(x.hour).Persons += x.n
			}
		}
		for at, err := range store.Each(tx, qListBursts, func(r store.Row) (at int64, err error) { return at, r.Scan(&at) }, l, HeldBurst) {
			if err != nil {
				return err
			}
			if hour := at / microsAnHour; hour >= first {
				of(hour).Held++
			}
		}
		return nil
	})
	for _, hour := range slices.Sorted(maps.Keys(hours)) {
		list = append(list, *hours[hour])
	}
	return list, err
}

type hourRow struct {
	hourKey
	n int
}

func scanHour(r store.Row) (x hourRow, err error) { return x, r.Scan(&x.hour, &x.kind, &x.n) }

// Daily returns the days on which signatures were given, in their order.
func (s *Service) Daily(ctx context.Context, l letter.ID) (days []Time, err error) {
	hours, err := s.Hours(ctx, l, time.Time{})
	for _, h := range hours {
		day := h.At.Truncate(24 * time.Hour)
		if h.Organisations+h.Persons == 0 {
			continue
		}
		if len(days) == 0 || !days[len(days)-1].At.Equal(day) {
			days = append(days, Time{At: day})
		}
		last := &days[len(days)-1]
		last.Organisations, last.Persons = last.Organisations+h.Organisations, last.Persons+h.Persons
	}
	return days, err
}

// Countries returns of which countries the names of the public list are, those with most first.
func (s *Service) Countries(ctx context.Context, l letter.ID) (list []Country, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListCountries, func(r store.Row) (c Country, err error) { return c, r.Scan(&c.Code, &c.N) }, l)
		return err
	})
	slices.SortFunc(list, func(a, b Country) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Code, b.Code)) })
	return list, err
}

package signing

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// Day is how many signatures that count were given on a day, UTC.
type Day struct {
	Day                    time.Time
	Organisations, Persons int
}

// qDaily walks all signatures of a letter, so it is for its editors only.
var qDaily = store.Q("signature.daily", `
	SELECT created_at / 86400000000 AS day, kind, COUNT(*) FROM signature
	WHERE letter_id = $1 AND state IN ('new', 'listed') GROUP BY created_at / 86400000000, kind ORDER BY 1, 2`)

// Daily returns the days on which signatures were given, in their order.
func (s *Service) Daily(ctx context.Context, l letter.ID) (days []Day, err error) {
	type row struct {
		day  int64
		kind Kind
		n    int
	}
	var rows []row
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		rows, err = store.List(tx, qDaily, func(r store.Row) (x row, err error) { return x, r.Scan(&x.day, &x.kind, &x.n) }, l)
		return err
	})
	for _, x := range rows {
		day := time.Unix(x.day*86400, 0).UTC()
		if len(days) == 0 || !days[len(days)-1].Day.Equal(day) {
			days = append(days, Day{Day: day})
		}
		if last := &days[len(days)-1]; x.kind == Organisation {
			last.Organisations = x.n
		} else {
			last.Persons = x.n
		}
	}
	return days, err
}

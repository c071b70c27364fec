package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// ahead are the days before something is due on which editors are told, the last being the day after.
var ahead = []int{10, 3, 0, -1}

var (
	qListDue = store.Q("delivery.list_letters", `
		SELECT letter_id FROM delivery UNION SELECT letter_id FROM office_statement WHERE state = 'held' ORDER BY letter_id`)
	qPutReminder = store.Q("delivery_reminder.put", `
		INSERT INTO delivery_reminder (letter_id, due, days) VALUES ($1, $2, $3) ON CONFLICT (letter_id, due, days) DO NOTHING`)
)

// Due is the job that tells the editors of a letter what is due on a day.
type Due struct {
	Letter letter.ID `json:"letter"`
	Day    string    `json:"day"` // YYYY-MM-DD
}

// Kind names the job.
func (Due) Kind() string { return "delivery.due" }

// waits reports whether something is still to come of a cell.
func (c Cell) waits() bool {
	return !c.Due.IsZero() && slices.Contains([]Status{StatusWaiting, StatusUnanswered, StatusAcknowledged, StatusPromised, StatusLate}, c.Status)
}

// On returns the cells by which something is due on a day, by the numbers of their demands.
func (st Standing) On(day string) map[string][]Cell {
	found := map[string][]Cell{}
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			if c.waits() && c.Due.Format(time.DateOnly) == day {
				found[d.Number] = append(found[d.Number], c)
			}
		}
	}
	return found
}

// StatedOn returns the statements of offices that nobody has looked at yet, and of which everybody is told after a day that they wait, by the
// numbers of their demands.
func (st Standing) StatedOn(day string) map[string][]Stated {
	found := map[string][]Stated{}
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			for _, x := range c.Stated {
				if x.State == StatedHeld && x.lookedAtBy().Format(time.DateOnly) == day {
					found[d.Number] = append(found[d.Number], x)
				}
			}
		}
	}
	return found
}

// Held counts the statements of offices that wait to be looked at.
func (st Standing) Held() (n int) {
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			for _, x := range c.Stated {
				if x.State == StatedHeld {
					n++
				}
			}
		}
	}
	return n
}

// days are those by which something is due: of cells, and of statements that wait.
func (st Standing) days() (days []time.Time) {
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			if c.waits() {
				days = append(days, c.Due)
			}
			for _, x := range c.Stated {
				if x.State == StatedHeld {
					days = append(days, x.lookedAtBy())
				}
			}
		}
	}
	return days
}

// Soon returns how many cells are due within so many days, and how many are late.
func (st Standing) Soon(now time.Time, days int) (soon, late int) {
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			switch {
			case c.Status == StatusLate:
				late++
			case c.waits() && daysBetween(atDay(now), c.Due) <= days:
				soon++
			}
		}
	}
	return soon, late
}

// Remind has editors told of what is due, once for each of the days ahead. It is safe to run at any time and in several processes.
func (s *Service) Remind(ctx context.Context) error {
	var letters []letter.ID
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		letters, err = store.List(tx, qListDue, func(row store.Row) (id letter.ID, err error) { return id, row.Scan(&id) })
		return err
	})
	failed := []error{err}
	for _, id := range letters {
		l, err := s.Letters.FindByID(ctx, id)
		if err == nil && l.State != letter.Archived {
			err = s.remind(ctx, l)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (s *Service) remind(ctx context.Context, l letter.Letter) error {
	st, err := s.Standing(ctx, l, ForEditors)
	if err != nil {
		return err
	}
	today := atDay(s.DB.Now())
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, due := range st.days() {
			days := daysBetween(today, due)
			if !slices.Contains(ahead, days) {
				continue
			}
			n, err := tx.Exec(qPutReminder, l.ID, day(due), days)
			if err == nil && n > 0 {
				err = job.Enqueue(tx, Due{l.ID, day(due)})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

package invitation

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

const (
	maxReminderDays = 60 // before the deadline
	maxReminders    = 5
	// reminderApart is how far reminders are from each other, and from the invitation itself.
	reminderApart = 20 * time.Hour
	// remindWithin is how late a reminder may be: after that its moment has passed, as it does while a server is down.
	remindWithin = 24 * time.Hour
)

// usualReminders are the days before the deadline on which a letter reminds if nobody said otherwise.
var usualReminders = []int{7, 2}

// Reminder is a moment at which those who have not answered are reminded. It does not say whom, nor how many that were:
// who signed and is counted only gets none, and that must show nowhere.
type Reminder struct {
	Days int // before the deadline
	At   time.Time
	Done bool
}

// Reminders returns when a letter reminds, the earliest first; none without a deadline.
func (s *Service) Reminders(ctx context.Context, l letter.Letter) (reminders []Reminder, err error) {
	days, err := s.reminderDays(ctx, l.ID)
	if err != nil || !l.Deadline.IsSet() {
		return nil, err
	}
	var done map[int64]bool
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		done = map[int64]bool{}
		for r, err := range store.Each(tx, qListReminded, scanReminded, l.ID) {
			if err != nil {
				return err
			}
			done[r.at] = r.done != nil
		}
		return nil
	})
	for _, n := range days {
		at := reminderAt(l, n)
		reminders = append(reminders, Reminder{Days: n, At: at, Done: done[at.UnixMicro()]})
	}
	return reminders, err
}

// reminderAt returns the moment so many days before the deadline, at the same time of day in its zone.
func reminderAt(l letter.Letter, days int) time.Time {
	at := l.Deadline.At
	if l.Deadline.Zone != nil {
		at = at.In(l.Deadline.Zone)
	}
	return at.AddDate(0, 0, -days).UTC()
}

// reminderDays returns the letter's plan, the most days first.
func (s *Service) reminderDays(ctx context.Context, l letter.ID) (days []int, err error) {
	var text string
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindPlan, l).Scan(&text) })
	if errors.Is(err, store.ErrNoRow) {
		return usualReminders, nil
	}
	if err != nil || text == "" {
		return nil, err
	}
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		days = append(days, n)
	}
	return days, nil
}

// SetReminders sets on which days before its deadline a letter reminds; on none, it stops.
func (s *Service) SetReminders(ctx context.Context, l letter.ID, days []int, by int64) error {
	days = slices.Clone(days)
	slices.SortFunc(days, func(a, b int) int { return b - a })
	days = slices.Compact(days)
	texts := make([]string, len(days))
	for i, n := range days {
		if n < 1 || n > maxReminderDays || len(days) > maxReminders {
			return fault.New(fault.Invalid, "reminder.days", "Limit", maxReminders, "Days", maxReminderDays).On("days")
		}
		texts[i] = strconv.Itoa(n)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qPutPlan, l, strings.Join(texts, ",")); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "invitation.reminders", Object: strings.Join(texts, ", ")})
	})
}

// Remind enqueues the reminders whose moment has come. It goes on where another run was stopped, and may run in several
// processes at once: the place it has come to is written with the mails it enqueues.
func (s *Service) Remind(ctx context.Context) error {
	now := s.DB.Now()
	var letters []letter.ID
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		letters, err = store.List(tx, qListRemindable, func(row store.Row) (id letter.ID, err error) { return id, row.Scan(&id) },
			now.UnixMicro(), now.AddDate(0, 0, maxReminderDays+1).UnixMicro())
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range letters {
		if err := s.remindOf(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// reminded is a reminder that was begun.
type reminded struct {
	at    int64
	after int64
	done  *int64
}

func scanReminded(row store.Row) (r reminded, err error) {
	return r, row.Scan(&r.at, &r.after, &r.done)
}

func (s *Service) remindOf(ctx context.Context, id letter.ID) error {
	l, err := s.Letters.ByID(ctx, id)
	if err != nil {
		return err
	}
	days, err := s.reminderDays(ctx, id)
	if err != nil {
		return err
	}
	for _, n := range days {
		at, now := reminderAt(l, n), s.DB.Now()
		if at.After(now) || now.Sub(at) > remindWithin || !l.AcceptsSignatures(now) {
			continue
		}
		r, begun, err := s.beginReminder(ctx, id, at)
		if err != nil {
			return err
		}
		for begun && r.done == nil {
			if r, begun, err = s.remindSlice(ctx, l, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// beginReminder returns the reminder of a moment; false when another was sent shortly before, as after a deadline that was
// moved by an hour.
func (s *Service) beginReminder(ctx context.Context, l letter.ID, at time.Time) (r reminded, begun bool, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		begun = true
		all, err := store.List(tx, qListReminded, scanReminded, l)
		if err != nil {
			return err
		}
		r = reminded{at: at.UnixMicro()}
		for _, other := range all {
			switch {
			case other.at == r.at:
				r = other
				return nil
			case time.UnixMicro(other.at).Sub(at).Abs() < reminderApart:
				begun = false
			}
		}
		if begun {
			_, err = tx.Exec(qBeginReminder, l, r.at)
		}
		return err
	})
	return r, begun, err
}

// remindSlice enqueues some mails of a reminder and says how far it then is; false when another process has the turn.
func (s *Service) remindSlice(ctx context.Context, l letter.Letter, r reminded) (reminded, bool, error) {
	key, err := s.Letters.Key(ctx, l.ID)
	if err != nil {
		return r, false, err
	}
	var rows []invitation
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		rows, err = store.List(tx, qListToRemind, scan, l.ID, r.after, store.IDAt(time.UnixMicro(r.at).Add(-reminderApart)), atOnce)
		return err
	})
	if err != nil {
		return r, false, err
	}
	drafts := make([]draft, len(rows))
	for i, v := range rows {
		g, err := v.open(key)
		if err != nil {
			return r, false, err
		}
		a, f := text.ParseAddress(g.Email)
		if f != nil {
			return r, false, f
		}
		drafts[i] = draft{id: v.id, box: s.Mailboxes.Of(key, l.ID, a)}
	}
	next, turn := reminded{at: r.at, after: r.after}, false
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		next.done = nil
		if len(drafts) > 0 {
			next.after = drafts[len(drafts)-1].id
		}
		if len(drafts) < atOnce {
			next.done = new(tx.Now().UnixMicro())
		}
		n, err := tx.Exec(qMoveReminder, next.after, next.done, l.ID, r.at, r.after)
		if turn = n > 0; err != nil || !turn {
			return err
		}
		for _, d := range drafts {
			mail, err := d.box.SpendForEditors(tx)
			if err != nil {
				return err
			}
			if err := job.Enqueue(tx, Mail{Letter: l.ID, Invitation: d.id, Reminder: true, Spent: !mail}); err != nil {
				return err
			}
		}
		return nil
	})
	return next, turn, err
}

package delivery

import (
	"cmp"
	"slices"
	"time"
)

// Said is what an addressee said about a demand.
type Said string

// What an addressee can say.
const (
	Promised     Said = "promised"
	Refused      Said = "refused"
	Partly       Said = "partly"        // they will do part of it
	SaysDone     Said = "says_done"     // they say that it is done
	NotAddressed Said = "not_addressed" // they answered, and not this
)

// Outcome is what came of a demand.
type Outcome string

// What can come of it.
const (
	Open      Outcome = "open" // nothing yet, or what was done was undone
	PartlyMet Outcome = "partly_met"
	Met       Outcome = "met"
	Overtaken Outcome = "overtaken" // what it was to prevent has happened
	Withdrawn Outcome = "withdrawn" // by those who asked
)

// Status is the headline of a cell.
type Status string

// The statuses.
const (
	StatusNotDelivered Status = "not_delivered"
	StatusWaiting      Status = "waiting"
	StatusUnanswered   Status = "unanswered"
	StatusLate         Status = "late"
	StatusAcknowledged Status = "acknowledged"
	StatusPromised     Status = "promised"
	StatusRefused      Status = "refused"
	StatusPartlyMet    Status = "partly_met"
	StatusMet          Status = "met"
	StatusOvertaken    Status = "overtaken"
	StatusWithdrawn    Status = "withdrawn"
)

// Statuses are all of them, those first in which most is still to be done or nothing can be done any more.
var Statuses = []Status{StatusNotDelivered, StatusLate, StatusUnanswered, StatusWaiting, StatusAcknowledged, StatusRefused, StatusPromised, StatusPartlyMet,
	StatusOvertaken, StatusMet, StatusWithdrawn}

// Patience is how many days after a delivery a demand without a date of its own is waited for before it is called unanswered.
const Patience = 14

// Facts are all that a status follows from. Days are calendar days at 00:00 UTC.
type Facts struct {
	Rounds    []time.Time // days from which an answer is waited for: of the first delivery, and of each follow-up
	Answers   []Answer    // in the order of days
	Replies   []time.Time // days on which we answered something that they asked
	Said      Said        // the last word about this demand, "" for none
	SaidOn    time.Time
	Outcome   Outcome // the last, "" for none
	OutcomeOn time.Time
	Due       time.Time // by a date of the letter; zero for none
	Rule      *Rule     // within which they have to answer; nil for none
}

// Answer is a response as far as clocks go.
type Answer struct {
	Kind  Kind
	On    time.Time
	Until time.Time // of an extension
}

// Rule is a named rule by which an addressee has to answer within so many days.
type Rule struct {
	Days     int            `json:"days"`
	Working  bool           `json:"working,omitempty"`  // only days of work count
	Weekend  []time.Weekday `json:"weekend,omitempty"`  // days that are none; Saturday and Sunday if empty
	Holidays []string       `json:"holidays,omitempty"` // YYYY-MM-DD
	Source   string         `json:"source"`             // which rule, and where it stands
}

// counts reports whether a day is one of those that a rule counts.
func (r Rule) counts(day time.Time) bool {
	weekend := r.Weekend
	if len(weekend) == 0 {
		weekend = []time.Weekday{time.Saturday, time.Sunday}
	}
	return !r.Working || !slices.Contains(weekend, day.Weekday()) && !slices.Contains(r.Holidays, day.Format(time.DateOnly))
}

// after is the day on which so many days that count have passed since another.
func (r Rule) after(day time.Time, n int) time.Time {
	for n > 0 {
		if day = day.AddDate(0, 0, 1); r.counts(day) {
			n--
		}
	}
	return day
}

// between is how many days that count have passed from one to another.
func (r Rule) between(from, to time.Time) (n int) {
	for day := from.AddDate(0, 0, 1); !day.After(to); day = day.AddDate(0, 0, 1) {
		if r.counts(day) {
			n++
		}
	}
	return n
}

// due is the day by which an answer has to be there: a date of the letter, which nobody but the letter moves, else the end of the rule.
// That is later by an extension, and by the days that count between something they asked in time and our answer. It is zero where there
// is none, or the clock stands still.
func (f Facts) due() (due time.Time, stopped bool) {
	round := f.round()
	if round.IsZero() {
		return time.Time{}, false
	}
	if !f.Due.IsZero() {
		return f.Due, false
	}
	if f.Rule == nil || slices.ContainsFunc(f.Answers, func(a Answer) bool { return a.Kind.answers() && !a.On.Before(round) }) {
		return time.Time{}, false
	}
	due = f.Rule.after(round, f.Rule.Days)
	var running time.Time // from when on the clock runs again
	for _, a := range f.Answers {
		if a.On.Before(round) || a.On.After(due) {
			continue
		}
		switch {
		case a.Kind == Extension && a.Until.After(due):
			due = a.Until
		case a.Kind == Clarification:
			i := slices.IndexFunc(f.Replies, func(day time.Time) bool { return !day.Before(a.On) })
			if i < 0 {
				return time.Time{}, true
			}
			due = f.Rule.after(due, f.Rule.between(later(a.On, running), f.Replies[i]))
			running = f.Replies[i]
		}
	}
	return due, false
}

// round is the day from which the clock runs: that of the last delivery that asked.
func (f Facts) round() time.Time {
	if len(f.Rounds) == 0 {
		return time.Time{}
	}
	return slices.MaxFunc(f.Rounds, time.Time.Compare)
}

// first is the day of the first delivery.
func (f Facts) first() time.Time {
	if len(f.Rounds) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(f.Rounds, time.Time.Compare)
}

// Status returns where a demand stands on a day, and since when. What came of it goes before what was said of it, that before whether
// they answered at all, and only a date or a named rule makes anybody late.
func (f Facts) Status(today time.Time) (status Status, since time.Time) {
	switch f.Outcome {
	case PartlyMet, Met, Overtaken, Withdrawn:
		return Status(f.Outcome), f.OutcomeOn
	}
	if f.Said == Refused {
		return StatusRefused, f.SaidOn
	}
	due, stopped := f.due()
	if !due.IsZero() && today.After(due) {
		return StatusLate, due
	}
	if f.Said == Promised || f.Said == Partly || f.Said == SaysDone {
		return StatusPromised, f.SaidOn
	}
	round := f.round()
	if round.IsZero() {
		return StatusNotDelivered, time.Time{}
	}
	if f.Said == NotAddressed && !f.SaidOn.Before(round) && !stopped { // they answered, and not this
		return StatusUnanswered, f.first()
	}
	for _, a := range slices.Backward(f.Answers) {
		if a.Kind != OutOfOffice && !a.On.Before(round) {
			return StatusAcknowledged, a.On
		}
	}
	if due.IsZero() && daysBetween(round, today) >= Patience {
		return StatusUnanswered, f.first()
	}
	return StatusWaiting, round
}

// daysBetween is how many days lie between two.
func daysBetween(from, to time.Time) int { return int(to.Sub(from).Hours() / 24) }

// atDay is the calendar day of an instant.
func atDay(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Least returns of the cells of a demand the status in which most is still to be done: what the demand as a whole can say. Whom the text
// addresses are asked; those to whom it was passed on stand beside them.
func (d Demand) Least() Status {
	cells := d.own()
	if len(cells) == 0 {
		return StatusNotDelivered
	}
	return slices.MinFunc(cells, func(a, b Cell) int {
		return cmp.Compare(slices.Index(Statuses, a.Status), slices.Index(Statuses, b.Status))
	}).Status
}

// own are the cells of those whom the text addresses, or all where it addresses nobody.
func (d Demand) own() []Cell {
	cells := slices.DeleteFunc(slices.Clone(d.Cells), func(c Cell) bool { return c.Passed })
	if len(cells) == 0 {
		return d.Cells
	}
	return cells
}

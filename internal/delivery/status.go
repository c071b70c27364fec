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

// Statuses are all of them, those first in which most is still to be done.
var Statuses = []Status{StatusNotDelivered, StatusLate, StatusUnanswered, StatusWaiting, StatusAcknowledged, StatusRefused, StatusPromised, StatusPartlyMet,
	StatusMet, StatusOvertaken, StatusWithdrawn}

// Patience is how many days after a delivery a demand without a date of its own is waited for before it is called unanswered.
const Patience = 14

// Facts are all that a status follows from. Days are calendar days at 00:00 UTC.
type Facts struct {
	Rounds     []time.Time // days of deliveries that ask: the first, and each follow-up
	Answers    []Answer    // in the order of days
	Said       Said        // the last word about this demand, "" for none
	SaidOn     time.Time
	Outcome    Outcome // the last, "" for none
	OutcomeOn  time.Time
	Due        time.Time // by a date of the letter; zero for none
	Rule       *Rule     // within which they have to answer; nil for none
	AnsweredBy time.Time // when we answered the last clarification that they asked for; zero for not yet
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

// end is the last day of a rule that begins to count after a day.
func (r Rule) end(from time.Time) time.Time {
	weekend := r.Weekend
	if len(weekend) == 0 {
		weekend = []time.Weekday{time.Saturday, time.Sunday}
	}
	at := from
	for n := 0; n < r.Days; {
		at = at.AddDate(0, 0, 1)
		if !r.Working || !slices.Contains(weekend, at.Weekday()) && !slices.Contains(r.Holidays, at.Format(time.DateOnly)) {
			n++
		}
	}
	return at
}

// due is the day by which an answer has to be there: a date of the letter, else the end of the rule, later by an extension and by the
// days for which a clarification stopped the clock. It is zero where there is none, or the clock stands still.
func (f Facts) due() (due time.Time, stopped bool) {
	round := f.round()
	if round.IsZero() {
		return time.Time{}, false
	}
	if due = f.Due; due.IsZero() && f.Rule != nil && !slices.ContainsFunc(f.Answers, func(a Answer) bool { return a.Kind.answers() && !a.On.Before(round) }) {
		due = f.Rule.end(round)
	}
	if due.IsZero() {
		return due, false
	}
	for _, a := range f.Answers {
		if a.On.Before(round) {
			continue
		}
		switch a.Kind {
		case Extension:
			if a.Until.After(due) {
				due = a.Until
			}
		case Clarification:
			if f.AnsweredBy.Before(a.On) {
				return time.Time{}, true
			}
			due = due.AddDate(0, 0, daysBetween(a.On, f.AnsweredBy))
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
	for _, a := range slices.Backward(f.Answers) {
		if a.Kind != OutOfOffice && !a.On.Before(round) && (f.Said != NotAddressed || stopped) {
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

// Least returns of the cells of a demand the status in which most is still to be done: what the demand as a whole can say.
func (d Demand) Least() Status {
	if len(d.Cells) == 0 {
		return StatusNotDelivered
	}
	return slices.MinFunc(d.Cells, func(a, b Cell) int {
		return cmp.Compare(slices.Index(Statuses, a.Status), slices.Index(Statuses, b.Status))
	}).Status
}

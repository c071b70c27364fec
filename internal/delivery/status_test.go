package delivery_test

import (
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
)

func on(day string) time.Time {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return at
}

// Where a demand stands, by the facts that are known, on the day that is named last.
func TestStatus(t *testing.T) {
	sent := []time.Time{on("2026-03-02")} // a Monday
	working := &delivery.Rule{Days: 15, Working: true, Source: "a rule"}
	answer := func(kind delivery.Kind, day string) delivery.Answer { return delivery.Answer{Kind: kind, On: on(day)} }
	for _, x := range []struct {
		name  string
		facts delivery.Facts
		today string
		want  delivery.Status
		since string
	}{
		{"nothing", delivery.Facts{}, "2026-04-01", delivery.StatusNotDelivered, ""},
		{"a date of the letter makes nobody late who never got it", delivery.Facts{Due: on("2026-03-10")}, "2026-04-01", delivery.StatusNotDelivered, ""},
		{"today", delivery.Facts{Rounds: sent}, "2026-03-02", delivery.StatusWaiting, "2026-03-02"},
		{"thirteen days", delivery.Facts{Rounds: sent}, "2026-03-15", delivery.StatusWaiting, "2026-03-02"},
		{"fourteen days", delivery.Facts{Rounds: sent}, "2026-03-16", delivery.StatusUnanswered, "2026-03-02"},
		{"years do not make late without a date", delivery.Facts{Rounds: sent}, "2031-03-16", delivery.StatusUnanswered, "2026-03-02"},
		{"until the date", delivery.Facts{Rounds: sent, Due: on("2026-05-01")}, "2026-05-01", delivery.StatusWaiting, "2026-03-02"},
		{"after the date", delivery.Facts{Rounds: sent, Due: on("2026-05-01")}, "2026-05-02", delivery.StatusLate, "2026-05-01"},
		{"a new ask begins the clock anew", delivery.Facts{Rounds: append(sent, on("2026-04-20"))}, "2026-04-25", delivery.StatusWaiting, "2026-04-20"},
		{"and counts from the first", delivery.Facts{Rounds: append(sent, on("2026-04-20"))}, "2026-05-25", delivery.StatusUnanswered, "2026-03-02"},
		{"working days", delivery.Facts{Rounds: sent, Rule: working}, "2026-03-23", delivery.StatusWaiting, "2026-03-02"},
		{"working days are over", delivery.Facts{Rounds: sent, Rule: working}, "2026-03-24", delivery.StatusLate, "2026-03-23"},
		{"a holiday", delivery.Facts{Rounds: sent, Rule: &delivery.Rule{Days: 15, Working: true, Holidays: []string{"2026-03-09"}, Source: "a rule"}}, "2026-03-24",
			delivery.StatusWaiting, "2026-03-02"},
		{"another weekend", delivery.Facts{Rounds: sent, Rule: &delivery.Rule{Days: 5, Working: true, Weekend: []time.Weekday{time.Thursday, time.Friday}, Source: "a rule"}},
			"2026-03-09", delivery.StatusWaiting, "2026-03-02"},
		{"calendar days", delivery.Facts{Rounds: sent, Rule: &delivery.Rule{Days: 15, Source: "a rule"}}, "2026-03-18", delivery.StatusLate, "2026-03-17"},
		{"out of office answers nothing", delivery.Facts{Rounds: sent, Answers: []delivery.Answer{answer(delivery.OutOfOffice, "2026-03-03")}}, "2026-03-20",
			delivery.StatusUnanswered, "2026-03-02"},
		{"acknowledged", delivery.Facts{Rounds: sent, Answers: []delivery.Answer{answer(delivery.Acknowledgement, "2026-03-05")}}, "2026-06-20",
			delivery.StatusAcknowledged, "2026-03-05"},
		{"acknowledged is no answer to a rule", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{answer(delivery.Acknowledgement, "2026-03-05")}},
			"2026-03-24", delivery.StatusLate, "2026-03-23"},
		{"a reply is", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{answer(delivery.Answered, "2026-03-05")}}, "2026-03-24",
			delivery.StatusAcknowledged, "2026-03-05"},
		{"an extension", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{{Kind: delivery.Extension, On: on("2026-03-05"), Until: on("2026-04-10")}}},
			"2026-04-10", delivery.StatusAcknowledged, "2026-03-05"},
		{"an extension is over", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{{Kind: delivery.Extension, On: on("2026-03-05"), Until: on("2026-04-10")}}},
			"2026-04-11", delivery.StatusLate, "2026-04-10"},
		{"a clarification stops the clock", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{answer(delivery.Clarification, "2026-03-05")}},
			"2026-08-01", delivery.StatusAcknowledged, "2026-03-05"},
		{"and our answer starts it", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{answer(delivery.Clarification, "2026-03-05")},
			Replies: []time.Time{on("2026-03-15")}}, "2026-04-01", delivery.StatusLate, "2026-03-31"}, // six working days
		{"each question stops it for its own answer", delivery.Facts{Rounds: sent, Rule: &delivery.Rule{Days: 30, Source: "a rule"}, Answers: []delivery.Answer{
			answer(delivery.Clarification, "2026-03-05"), answer(delivery.Clarification, "2026-03-20")}, Replies: []time.Time{on("2026-03-08"), on("2026-03-25")}},
			"2026-04-10", delivery.StatusLate, "2026-04-09"},
		{"a question that comes late stops nothing", delivery.Facts{Rounds: sent, Rule: working, Answers: []delivery.Answer{answer(delivery.Clarification, "2026-05-05")}},
			"2026-05-06", delivery.StatusLate, "2026-03-23"},
		{"nobody moves a date of the letter", delivery.Facts{Rounds: sent, Due: on("2026-05-01"), Answers: []delivery.Answer{{Kind: delivery.Extension, On: on("2026-03-05"),
			Until: on("2026-08-01")}}}, "2026-05-02", delivery.StatusLate, "2026-05-01"},
		{"promised", delivery.Facts{Rounds: sent, Said: delivery.Promised, SaidOn: on("2026-03-09")}, "2026-08-01", delivery.StatusPromised, "2026-03-09"},
		{"promised, and the letter's date has passed", delivery.Facts{Rounds: sent, Said: delivery.Promised, SaidOn: on("2026-03-09"), Due: on("2026-05-01")}, "2026-08-01",
			delivery.StatusLate, "2026-05-01"},
		{"refused stays refused", delivery.Facts{Rounds: sent, Said: delivery.Refused, SaidOn: on("2026-03-09"), Due: on("2026-05-01")}, "2026-08-01",
			delivery.StatusRefused, "2026-03-09"},
		{"not addressed, at once", delivery.Facts{Rounds: sent, Said: delivery.NotAddressed, SaidOn: on("2026-03-04"),
			Answers: []delivery.Answer{answer(delivery.Answered, "2026-03-04")}}, "2026-03-05", delivery.StatusUnanswered, "2026-03-02"},
		{"not addressed", delivery.Facts{Rounds: sent, Said: delivery.NotAddressed, SaidOn: on("2026-03-09"), Answers: []delivery.Answer{answer(delivery.Answered, "2026-03-09")}},
			"2026-08-01", delivery.StatusUnanswered, "2026-03-02"},
		{"their word that it is done", delivery.Facts{Rounds: sent, Said: delivery.SaysDone, SaidOn: on("2026-03-09")}, "2026-08-01", delivery.StatusPromised, "2026-03-09"},
		{"met", delivery.Facts{Rounds: sent, Said: delivery.Refused, SaidOn: on("2026-03-09"), Outcome: delivery.Met, OutcomeOn: on("2026-06-01"), Due: on("2026-05-01")},
			"2026-08-01", delivery.StatusMet, "2026-06-01"},
		{"undone", delivery.Facts{Rounds: sent, Said: delivery.Promised, SaidOn: on("2026-03-09"), Outcome: delivery.Open, OutcomeOn: on("2026-07-01")},
			"2026-08-01", delivery.StatusPromised, "2026-03-09"},
		{"overtaken", delivery.Facts{Rounds: sent, Outcome: delivery.Overtaken, OutcomeOn: on("2026-06-01")}, "2026-08-01", delivery.StatusOvertaken, "2026-06-01"},
		{"met without a delivery", delivery.Facts{Outcome: delivery.Met, OutcomeOn: on("2026-06-01")}, "2026-08-01", delivery.StatusMet, "2026-06-01"},
	} {
		status, since := x.facts.Status(on(x.today))
		got := ""
		if !since.IsZero() {
			got = since.Format(time.DateOnly)
		}
		if status != x.want || got != x.since {
			t.Errorf("%s: %s since %s, want %s since %s", x.name, status, got, x.want, x.since)
		}
	}
}

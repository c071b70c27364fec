package public

import (
	"net/http"
	"strconv"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// date is a day that matters to a letter.
type date struct {
	id     string // the same whatever the day becomes
	on     time.Time
	demand int            // by its place in the letter, -1 for the letter's deadline and for a day that editors entered
	label  string         // of such a day
	yearly bool           // it comes again each year
	to     int            // the addressee whose clock it is, 0 for a day that the letter itself gives
	rule   *delivery.Rule // by which it is a day, nil for none
}

// dates are when demands are due, until when the letter can be signed, and the days that editors entered.
func (l *cachedLetter) dates() (list []date) {
	if l.Deadline.IsSet() {
		on := l.Deadline.At
		if l.Deadline.Zone != nil {
			on = on.In(l.Deadline.Zone)
		}
		list = append(list, date{id: "deadline", on: on, demand: -1})
	}
	for _, k := range l.Standing.Dates {
		list = append(list, date{id: "day-" + delivery.ID(k.ID), on: k.Day, demand: -1, label: k.Label, yearly: k.Yearly})
	}
	for i, d := range l.Standing.Demands {
		id := "demand-" + delivery.ID(d.ID)
		if d.ID == 0 {
			id = "demand-number-" + d.Number
		}
		var given time.Time
		for _, f := range d.Known() {
			if day, err := time.Parse(time.DateOnly, f.Value); err == nil && f.Kind == letter.FactDue {
				given = day
				list = append(list, date{id: id, on: day, demand: i})
			}
		}
		for _, c := range d.Cells {
			if !c.Due.IsZero() && !c.Due.Equal(given) {
				list = append(list, date{id: id + "-" + strconv.Itoa(c.Addressee), on: c.Due, demand: i, to: c.Addressee, rule: c.Rule})
			}
		}
	}
	return list
}

// SendCalendar sends the dates of a letter as iCalendar (RFC 5545): whole days, named so that a calendar which is fetched again moves
// them. Nobody who signed is in it.
func (h *Handlers) SendCalendar(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	t := h.tell(r, l)
	title, address := h.title(r, l).Text, h.BaseURL+page.Local(r, t.path)
	calendar := ics.NewCalendar()
	calendar.SetProductId("-//Undersigned//Open letters//" + t.loc.Code)
	calendar.SetMethod(ics.MethodPublish)
	calendar.SetXWRCalName(t.loc.T("answers.event.calendar", "Title", title))
	for _, d := range l.dates() {
		event := calendar.AddEvent(l.LogID.String() + "-" + d.id + "@undersigned")
		event.SetDtStampTime(l.Edition.PublishedAt)
		event.SetAllDayStartAt(d.on)
		event.SetAllDayEndAt(d.on.AddDate(0, 0, 1)) // the day after the last
		event.SetTimeTransparency(ics.TransparencyTransparent)
		if d.yearly {
			if rule := "FREQ=YEARLY"; d.on.Month() == time.February && d.on.Day() == 29 {
				event.AddRrule(rule + ";BYMONTH=2;BYMONTHDAY=-1")
			} else {
				event.AddRrule(rule)
			}
		}
		if d.label != "" {
			event.SetSummary(d.label)
			event.SetDescription(title)
			event.SetURL(address)
			continue
		}
		if d.demand < 0 {
			event.SetSummary(t.loc.T("answers.event.deadline", "Title", title))
			event.SetURL(address)
			continue
		}
		demand := t.demand(d.demand, func(delivery.Addressee) bool { return false })
		key, args := "answers.event.due", []any{"Number", demand.Number, "Text", demand.Text.Text}
		if d.to != 0 {
			key, args = "answers.event.due_by", append(args, "Name", t.name(d.to).Text)
		}
		event.SetSummary(t.loc.T(key, args...))
		about := title
		if d.rule != nil {
			about += "\n" + t.rule(*d.rule)
		}
		event.SetDescription(about)
		event.SetURL(h.BaseURL + demand.URL)
	}
	w.Header().Set("Content-Disposition", `inline; filename="`+l.Slug+`.ics"`)
	newPage([]byte(calendar.Serialize(ics.WithNewLineWindows))).send(w, r, "text/calendar; charset=utf-8")
	return nil
}

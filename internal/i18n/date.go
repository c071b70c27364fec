package i18n

import (
	"strconv"
	"strings"
	"time"

	"github.com/jalaali/go-jalaali"
)

// Date returns the day in the language's calendar, as "20 October 2020".
func (l *Locale) Date(t time.Time) string { return l.date(t, l.Calendar) }

// Dates returns the day in the language's calendar, and in the Gregorian one beside it if that is another.
func (l *Locale) Dates(t time.Time) string {
	if l.Calendar == "gregorian" {
		return l.Date(t)
	}
	return l.Date(t) + " (" + l.date(t, "gregorian") + ")"
}

func (l *Locale) date(t time.Time, calendar string) string {
	year, month, day := t.Year(), int(t.Month()), t.Day()
	names := "gregorian"
	if calendar == "solar-hijri" {
		if y, m, d, err := jalaali.ToJalaali(year, t.Month(), day); err == nil {
			year, month, day, names = y, int(m), d, calendar
		}
	}
	name := l.T("month." + names + ".m" + strconv.Itoa(month))
	number := l.digits(day)
	if day == 1 {
		number = l.T("date.first") // an ordinal in some languages
	}
	return l.T("date.day", "Day", rawText(number), "Month", rawText(name), "Year", rawText(l.digits(year)))
}

// Month returns the Gregorian month, "November 2025": one of another calendar begins within it.
func (l *Locale) Month(t time.Time) string {
	return l.T("date.month", "Month", rawText(l.T("month.gregorian.m"+strconv.Itoa(int(t.Month())))), "Year", rawText(l.digits(t.Year())))
}

// DateTime returns day and time of day in the zone, and the zone's city: "20 October 2020, 17:30 (Vienna time)".
func (l *Locale) DateTime(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	date, clock := rawText(l.Date(t)), rawText(l.hours(t))
	city := zoneName(zone)
	if city == "" {
		return l.T("date.time_utc", "Date", date, "Time", clock)
	}
	return l.T("date.time", "Date", date, "Time", clock, "Zone", city)
}

// Clock returns the time of day in UTC, as "14:20 UTC".
func (l *Locale) Clock(t time.Time) string {
	return l.T("date.clock", "Time", rawText(l.hours(t.UTC())))
}

// hours returns the time of day in t's own location, as "17:30".
func (l *Locale) hours(t time.Time) string {
	return l.T("date.hours", "Hour", rawText(l.Digits(t.Format("15"))), "Minute", rawText(l.Digits(t.Format("04"))))
}

// zoneName returns the city of an IANA name, such as "Vienna" of "Europe/Vienna", and "" for UTC.
func zoneName(zone *time.Location) string {
	switch name := zone.String(); name {
	case "UTC", "Etc/UTC", "Local", "":
		return ""
	default:
		return strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
	}
}

// rawText is an argument that is already in the language and needs no isolation.
type rawText string

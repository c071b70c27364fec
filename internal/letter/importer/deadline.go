package importer

import (
	"regexp"
	"strings"
	"sync"
	"time"
)

// zone is a time zone as letters name it: an offset in minutes, and which rule of summer time it follows.
type zone struct {
	offset int
	summer summerRule
	winter bool // the name of a winter time, wrong in summer
}

type summerRule int

const (
	noSummer summerRule = iota
	europe              // last Sunday of March to last Sunday of October, 01:00 UTC
	america             // second Sunday of March to first Sunday of November
)

const (
	deadlineLines  = 500   // of each part of a letter in which the deadline is looked for
	deadlineBytes  = 20000 // of a line
	deadlineLonger = 1200  // bytes of a sentence that is too long to be read for one
	callWords      = 12    // of a sentence that asks for a signature by a date alone, in a call to sign
	lastDayWords   = 20    // of a sentence that says so outside of one
	untilBytes     = 80    // before a date in which "by" stands
	mostHours      = 10    // in a sentence
	mostOffset     = 14    // hours of a time zone
	solarBehind    = 622   // years of the Solar Hijri calendar
	yearsTried     = 3     // after that of the letter, since a day need not be in each
)

var utcOffset = regexp.MustCompile(`(?:utc|gmt) ?([+-]) ?(\d{1,2})(?::?(\d{2}))?`)

// hourPatterns find hours in folded text: hour, minute, half of the day.
type hourPatterns struct {
	worded []*regexp.Regexp // with the word of an hour
	bare   *regexp.Regexp   // an hour only if minutes or a half of the day are written
}

var hours = sync.OnceValue(func() (p hourPatterns) {
	for _, w := range tables() {
		if w.Hour != "" {
			p.worded = append(p.worded, regexp.MustCompile(w.Hour))
		}
	}
	behind := anyOf(func(w *words) string { return w.HourWords })
	p.bare = regexp.MustCompile(`(?:^|[^\d:])(\d{1,2})(?:[:.](\d{2}))? ?(` + behind + `)?(?:$|[^\p{L}\d])`)
	return p
})

// deadline is the last day to sign.
type deadline struct {
	at              string // YYYY-MM-DD, or RFC 3339 when hour and zone are known; "" if the letter says none
	closeOfBusiness bool   // it is the end of the working day, wherever that is
}

// deadlineReader reads the sentences of a letter for the last day to sign.
type deadlineReader struct {
	*reader
	dated string // the day of the letter, YYYY-MM-DD or ""
	form  Form
	found deadline
}

// isDeadline reports whether the value of a property is a day or an instant.
func isDeadline(value string) bool {
	_, err := time.Parse(time.RFC3339, value)
	return err == nil || isDated(line{text: value})
}

// propertyDeadline reads the last day to sign that a property of the file gives.
func (r *reader) propertyDeadline(value string) string {
	if dated, ok := readDateLine(value); ok {
		return r.dating(dated).day
	}
	return value
}

// readDeadline finds the last day to sign in the parts of a letter, if it is not known. The date of an answer that the letter asks for
// is not one.
func (r *reader) readDeadline(known, dated string, form Form, parts ...[]line) deadline {
	d := deadlineReader{reader: r, dated: dated, form: form, found: deadline{at: known}}
	for _, part := range parts {
		for _, l := range part[:min(len(part), deadlineLines)] {
			for _, s := range sentences(l.text[:min(len(l.text), deadlineBytes)]) {
				if len(s) <= deadlineLonger {
					d.readSentence(s)
				}
			}
		}
	}
	return d.found
}

// readSentence takes the first deadline, and looks whether later ones agree with it.
func (d *deadlineReader) readSentence(s string) {
	folded := fold(s)
	if !d.namesDeadline(folded) {
		return
	}
	date, ok := d.afterUntil(folded)
	if !ok {
		return
	}
	day, ok := d.dayOf(date, s)
	switch {
	case !ok:
	case d.found.at != "":
		if !strings.HasPrefix(d.found.at, day.Format(time.DateOnly)) {
			d.warn("deadline_ambiguous", "Text", s)
		}
	default:
		if date.hasWeekday && date.weekday != day.Weekday() {
			d.warn("date_weekday", "Text", s)
		}
		if date.ambiguous {
			d.warn("date_ambiguous", "Text", s)
		}
		d.found = deadline{at: d.withHour(day, folded[:date.start]+" | "+folded[date.end:], s), closeOfBusiness: d.EndOfDay.in(folded)}
	}
}

// namesDeadline reports whether a sentence is about the last day to sign.
func (d *deadlineReader) namesDeadline(folded string) bool {
	named, until := d.Deadlines.in(folded), d.Untils.in(folded)
	switch {
	case (named || until) && d.Signing.in(folded):
		return true
	case d.OwnReply.in(folded):
		return false
	case d.form == FormCall && (named || until && wordCount(folded) <= callWords):
		return true
	}
	return wordCount(folded) <= lastDayWords && everywhere().LastDays.in(folded)
}

// afterUntil returns the first date that stands behind "by" or "deadline".
func (d *deadlineReader) afterUntil(folded string) (date written, ok bool) {
	for _, date := range findDates(folded) {
		before := strings.ToValidUTF8(folded[max(0, date.start-untilBytes):date.start], "")
		if d.Untils.in(before) || d.Deadlines.in(before) {
			return date, true
		}
	}
	return written{}, false
}

// dayOf returns the day of a date. Where the year is not written, it is the one in which the day next follows the letter's
// date.
func (d *deadlineReader) dayOf(date written, s string) (day time.Time, ok bool) {
	if date.unread || d.isLunar(date) {
		d.warn("date_calendar", "Text", s)
		return day, false
	}
	if date.year > 0 {
		if day, ok = date.time(); !ok {
			d.warn("date_impossible", "Text", s)
		}
		return day, ok
	}
	start, err := time.Parse(time.DateOnly, d.dated)
	if err != nil {
		if d.found.at == "" {
			d.warn("deadline_no_year", "Text", s)
		}
		return day, false
	}
	date.year = start.Year()
	if date.solar {
		date.year -= solarBehind
	}
	for range yearsTried {
		if day, ok = date.time(); ok && !day.Before(start) {
			if d.found.at == "" {
				d.warn("deadline_year")
			}
			return day, true
		}
		date.year++
	}
	return day, false
}

// withHour returns the day, or the instant if hour and zone stand in the rest of the sentence.
func (d *deadlineReader) withHour(day time.Time, rest, s string) string {
	hour, minute, ok := readHour(rest)
	if !ok {
		return day.Format(time.DateOnly)
	}
	z, ok := d.readZone(rest)
	if !ok {
		d.warn("deadline_no_zone", "Text", s)
		return day.Format(time.DateOnly)
	}
	if z.winter && inSummer(day, europe) {
		d.warn("deadline_summer", "Text", s)
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, time.FixedZone("", z.offsetOn(day)*60))
	return at.Format(time.RFC3339)
}

// readHour reads "5 pm", "17:00", "noon", « 17 h 30 », «ساعت ۱۸», «الساعة 5 مساءً».
func readHour(folded string) (hour, minute int, ok bool) {
	if everywhere().Noons.in(folded) {
		return 12, 0, true
	}
	p := hours()
	for _, worded := range p.worded {
		if m := worded.FindStringSubmatch(folded); m != nil {
			if hour, minute, ok = takeHour(m); ok {
				return hour, minute, true
			}
		}
	}
	for _, m := range p.bare.FindAllStringSubmatch(folded, mostHours) {
		if m[2] == "" && m[3] == "" {
			continue // any number
		}
		if hour, minute, ok = takeHour(m); ok {
			return hour, minute, true
		}
	}
	return 0, 0, false
}

// takeHour reads a match of a pattern of hours.
func takeHour(m []string) (hour, minute int, ok bool) {
	hour, minute = atoi(m[1]), atoi(m[2])
	half := strings.ReplaceAll(m[3], ".", "")
	switch w := everywhere(); {
	case hour < w.Afternoons[half]:
		hour += 12
	case hour == 12 && w.Mornings.has(half):
		hour = 0
	}
	return hour, minute, hour < 24 && minute < 60
}

// readZone reads an offset from UTC, or the longest name of a zone.
func (r *reader) readZone(folded string) (zone, bool) {
	if m := utcOffset.FindStringSubmatch(folded); m != nil {
		minutes := atoi(m[2])*60 + atoi(m[3])
		if m[1] == "-" {
			minutes = -minutes
		}
		return zone{offset: minutes}, atoi(m[2]) <= mostOffset
	}
	best := ""
	for name := range everywhere().Zones {
		if len(name) > len(best) && hasWord(folded, name) && !r.NotZones.has(name) {
			best = name
		}
	}
	return everywhere().Zones[best], best != ""
}

func (z zone) offsetOn(day time.Time) int {
	if inSummer(day, z.summer) {
		return z.offset + 60
	}
	return z.offset
}

// inSummer reports whether summer time holds on the day, by the rules in force since 2007.
func inSummer(day time.Time, rule summerRule) bool {
	switch rule {
	case europe:
		return !day.Before(lastSunday(day.Year(), time.March)) && day.Before(lastSunday(day.Year(), time.October))
	case america:
		return !day.Before(sunday(day.Year(), time.March, 2)) && day.Before(sunday(day.Year(), time.November, 1))
	}
	return false
}

func lastSunday(year int, month time.Month) time.Time {
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, -int(last.Weekday()))
}

func sunday(year int, month time.Month, n int) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (7-int(first.Weekday()))%7+7*(n-1))
}

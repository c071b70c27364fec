package importer

import (
	"regexp"
	"strconv"
	"strings"
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

// zones are the names and cities whose offset is clear. "CST" and "IST" are several zones and are left out.
var zones = map[string]zone{
	"utc": {}, "gmt": {}, "z": {}, "bst": {offset: 60}, "west": {offset: 60}, "cet": {offset: 60, winter: true}, "cest": {offset: 120},
	"eet": {offset: 120, winter: true}, "eest": {offset: 180}, "est": {offset: -300, winter: true}, "edt": {offset: -240},
	"cdt": {offset: -300}, "mst": {offset: -420, winter: true}, "mdt": {offset: -360}, "pst": {offset: -480, winter: true},
	"pdt": {offset: -420}, "et": {offset: -300, summer: america}, "pt": {offset: -480, summer: america},
	"eastern": {offset: -300, summer: america}, "pacific": {offset: -480, summer: america}, "msk": {offset: 180}, "irst": {offset: 210},
	"jst": {offset: 540}, "kst": {offset: 540}, "eat": {offset: 180}, "wat": {offset: 60}, "cat": {offset: 120}, "sast": {offset: 120},
	"london": {summer: europe}, "dublin": {summer: europe}, "lisbon": {summer: europe},
	"brussels": {60, europe, false}, "geneva": {60, europe, false}, "paris": {60, europe, false}, "berlin": {60, europe, false},
	"vienna": {60, europe, false}, "the hague": {60, europe, false}, "amsterdam": {60, europe, false}, "rome": {60, europe, false},
	"madrid": {60, europe, false}, "stockholm": {60, europe, false}, "oslo": {60, europe, false}, "zurich": {60, europe, false},
	"athens": {120, europe, false}, "helsinki": {120, europe, false}, "central european": {60, europe, false},
	"new york": {-300, america, false}, "washington": {-300, america, false}, "toronto": {-300, america, false},
	"tehran": {offset: 210}, "kabul": {offset: 270}, "istanbul": {offset: 180}, "nairobi": {offset: 180}, "tokyo": {offset: 540},
	"تهران": {offset: 210}, "کابل": {offset: 270}, "گرینویچ": {}, "لندن": {summer: europe}, "برلین": {60, europe, false},
	"پاریس": {60, europe, false}, "ژنو": {60, europe, false}, "بروکسل": {60, europe, false}, "اروپای مرکزی": {60, europe, false},
	"ایران": {offset: 210}, "افغانستان": {offset: 270},
	"genève": {60, europe, false}, "bruxelles": {60, europe, false}, "londres": {summer: europe},
	"alger": {offset: 60}, "tunis": {offset: 60}, "dakar": {}, "abidjan": {}, "montréal": {-300, america, false},
	"باریس": {60, europe, false}, "جنیف": {60, europe, false}, "غرینتش": {}, "جرینتش": {}, "غرینیتش": {}, "تونس": {offset: 60},
	"الجزائر": {offset: 60}, "بغداد": {offset: 180}, "الریاض": {offset: 180}, "مکه المکرمه": {offset: 180},
	"الدوحه": {offset: 180}, "الکویت": {offset: 180}, "دبی": {offset: 240},
}

var (
	clockHour   = regexp.MustCompile(`(?:^|[^\d:])(\d{1,2})(?:[:.](\d{2}))? ?(a\.?m|p\.?m|o'clock|hrs|hours|h)?(?:$|[^\p{L}\d])`)
	persianHour = regexp.MustCompile(`ساعت (\d{1,2})(?:[:.](\d{2}))?`)
	arabicHour  = regexp.MustCompile(`الساعه (\d{1,2})(?:[:.](\d{2}))?(?: ?(صباحا|مساء|ظهرا|عصرا))?`)
	frenchHour  = regexp.MustCompile(`(?:^|[^\d])(\d{1,2}) ?h(?:eures?)? ?(\d{2})?(?:$|[^\p{L}\d])`)
	utcOffset   = regexp.MustCompile(`(?:utc|gmt) ?([+-]) ?(\d{1,2})(?::?(\d{2}))?`)
)

// readDeadline finds the last day to sign. The date of an answer that the letter asks for is not one.
func (r *reader) readDeadline() {
	for _, part := range [][]line{r.head, r.intro, r.body, r.tail} {
		for _, l := range part[:min(len(part), 500)] {
			for _, s := range sentences(l.text[:min(len(l.text), 20000)]) {
				if len(s) <= 1200 {
					r.readDeadlineSentence(s)
				}
			}
		}
	}
}

func (r *reader) readDeadlineSentence(s string) {
	folded := fold(s)
	if !r.namesDeadline(folded) {
		return
	}
	dates := r.afterUntil(folded, findDates(folded))
	if len(dates) == 0 {
		return
	}
	d := dates[0]
	if r.draft.Deadline != "" {
		if day, ok := r.deadlineDay(d, s); ok && !strings.HasPrefix(r.draft.Deadline, day.Format("2006-01-02")) {
			r.warn("deadline_ambiguous", "Text", s)
		}
		return
	}
	day, ok := r.deadlineDay(d, s)
	if !ok {
		return
	}
	if d.hasWeekday && d.weekday != day.Weekday() {
		r.warn("date_weekday", "Text", s)
	}
	if d.ambiguous {
		r.warn("date_ambiguous", "Text", s)
	}
	r.draft.CloseOfBusiness = r.any(folded, func(w *words) []string { return w.endOfDay })
	r.draft.Deadline = r.withHour(day, folded, d, s)
}

// namesDeadline reports whether a sentence is about the last day to sign.
func (r *reader) namesDeadline(folded string) bool {
	signs := r.any(folded, func(w *words) []string { return w.signing })
	named := r.any(folded, func(w *words) []string { return w.deadlines })
	until := r.any(folded, func(w *words) []string { return w.untils })
	reply := r.any(folded, func(w *words) []string { return w.ownReply })
	switch {
	case signs && (named || until):
		return true
	case reply:
		return false
	case named && r.draft.Form == FormCall:
		return true
	case until && r.draft.Form == FormCall && wordCount(folded) <= 12:
		return true
	}
	return wordCount(folded) <= 20 && hasAny(folded, []string{"deadline", "مهلت", "date limite", "اخر موعد", "الموعد النهایی"})
}

// afterUntil prefers the dates that stand behind "by" or "deadline".
func (r *reader) afterUntil(folded string, dates []written) []written {
	for i, d := range dates {
		before := folded[max(0, d.start-80):d.start]
		if r.any(strings.ToValidUTF8(before, ""), func(w *words) []string { return w.untils }) || r.any(strings.ToValidUTF8(before, ""), func(w *words) []string { return w.deadlines }) {
			return dates[i:]
		}
	}
	return nil
}

// deadlineDay returns the day of the date. Where the year is not written, it is the one in which the day next follows the
// letter's date.
func (r *reader) deadlineDay(d written, s string) (time.Time, bool) {
	if d.unread || r.isLunar(d) {
		r.warn("date_calendar", "Text", s)
		return time.Time{}, false
	}
	if d.year > 0 {
		day, ok := d.time()
		if !ok {
			r.warn("date_impossible", "Text", s)
			return day, false
		}
		return day, true
	}
	start, err := time.Parse("2006-01-02", r.draft.Date)
	if err != nil {
		if r.draft.Deadline == "" {
			r.warn("deadline_no_year", "Text", s)
		}
		return time.Time{}, false
	}
	d.year = start.Year()
	if d.solar {
		d.year -= 622
	}
	for range 3 {
		if day, ok := d.time(); ok && !day.Before(start) {
			if r.draft.Deadline == "" {
				r.warn("deadline_year")
			}
			return day, true
		}
		d.year++
	}
	return time.Time{}, false
}

// withHour returns the day, or the instant if hour and zone are written.
func (r *reader) withHour(day time.Time, folded string, d written, s string) string {
	rest := folded[:d.start] + " | " + folded[d.end:]
	hour, minute, ok := readHour(rest)
	if !ok {
		return day.Format("2006-01-02")
	}
	z, ok := readZone(rest, r.langs[0])
	if !ok {
		r.warn("deadline_no_zone", "Text", s)
		return day.Format("2006-01-02")
	}
	offset := z.offsetOn(day)
	if z.winter && inSummer(day, europe) {
		r.warn("deadline_summer", "Text", s)
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, time.FixedZone("", offset*60))
	return at.Format(time.RFC3339)
}

// readHour reads "5 pm", "17:00", "noon", « 17 h 30 », «ساعت ۱۸», «الساعة 5 مساءً».
func readHour(folded string) (hour, minute int, ok bool) {
	if has(folded, "noon") || has(folded, "midday") {
		return 12, 0, true
	}
	if m := persianHour.FindStringSubmatch(folded); m != nil {
		return atoi(m[1]), atoi(m[2]), atoi(m[1]) < 24 && atoi(m[2]) < 60
	}
	if m := arabicHour.FindStringSubmatch(folded); m != nil {
		hour = atoi(m[1])
		if hour < 12 && (m[3] == "مساء" || m[3] == "عصرا" || m[3] == "ظهرا" && hour < 5) {
			hour += 12
		}
		return hour, atoi(m[2]), hour < 24 && atoi(m[2]) < 60
	}
	if has(folded, "midi") {
		return 12, 0, true
	}
	if m := frenchHour.FindStringSubmatch(folded); m != nil && atoi(m[1]) < 24 && atoi(m[2]) < 60 {
		return atoi(m[1]), atoi(m[2]), true
	}
	for _, m := range clockHour.FindAllStringSubmatch(folded, 10) {
		hour, minute = atoi(m[1]), atoi(m[2])
		half := strings.ReplaceAll(m[3], ".", "")
		if half == "" && m[2] == "" || hour > 23 || minute > 59 {
			continue
		}
		switch {
		case half == "pm" && hour < 12:
			hour += 12
		case half == "am" && hour == 12:
			hour = 0
		}
		return hour, minute, true
	}
	return 0, 0, false
}

// notZones are names of zones that are common words of French.
var notZones = map[string]bool{"est": true, "et": true, "pt": true, "z": true, "eat": true, "cat": true}

func readZone(folded string, language *words) (zone, bool) {
	if m := utcOffset.FindStringSubmatch(folded); m != nil {
		hours, _ := strconv.Atoi(m[2])
		minutes := hours*60 + atoi(m[3])
		if m[1] == "-" {
			minutes = -minutes
		}
		return zone{offset: minutes}, hours <= 14
	}
	best := ""
	for name := range zones {
		if len(name) > len(best) && has(folded, name) && !(language == &french && notZones[name]) {
			best = name
		}
	}
	return zones[best], best != ""
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

package importer

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	jalaali "github.com/jalaali/go-jalaali"
)

// written is a date as it was found in folded text.
type written struct {
	start, end       int // in the folded text
	year, month, day int // year is 0 if it was not written
	solar            bool
	unread           bool // in a calendar that is not read, such as the lunar one
	numeric          bool // written in numbers alone
	ambiguous        bool // day and month may be the other way round
	weekday          time.Weekday
	hasWeekday       bool
}

// dateline is a line, or a part of one, that is nothing but a date.
type dateline struct {
	dates []written // one or more, of which the years are written
	place string    // before the date
	text  string
}

const (
	datedBytes   = 2000 // of a line in which dates are looked for
	mostDates    = 20   // of one kind on a line
	datedRunes   = 100  // of a line that is nothing but a date
	besideWords  = 4    // of such a line that belong neither to date nor to weekday: a place
	placeWords   = 4    // of a place
	weekdayBytes = 24   // before a date in which its weekday stands
)

var (
	dateISO     = regexp.MustCompile(`(\d{4})-(\d{1,2})-(\d{1,2})`)
	dateNumeric = regexp.MustCompile(`(\d{1,4}) ?[/.\-] ?(\d{1,2}) ?[/.\-] ?(\d{1,4})`)
)

// datePatterns find dates with words in folded text.
type datePatterns struct{ lunar, dayFirst, daySpelled, monthFirst *regexp.Regexp }

// patterns returns the patterns of dates in all languages. They are compiled when the first letter is read.
var patterns = sync.OnceValue(func() datePatterns {
	w := everywhere()
	month := alternation(slices.Concat(keys(w.Months), keys(w.Solar)))
	behind := `(?: ?/ ?(?:` + month + `)| \((?:` + month + `)\))?(?: ?(?:` + alternation(w.MonthSuffixes) + `))?` // «كانون الثاني/يناير»
	of := func(d func(*words) dateWords) dateWords {
		return dateWords{
			Ending: anyOf(func(w *words) string { return d(w).Ending }),
			Of:     anyOf(func(w *words) string { return d(w).Of }),
			Year:   anyOf(func(w *words) string { return d(w).Year }),
		}
	}
	lunar := of(func(w *words) dateWords { return w.LunarDay })
	first := of(func(w *words) dateWords { return w.DayFirst })
	spelled := of(func(w *words) dateWords { return w.DaySpelled })
	last := of(func(w *words) dateWords { return w.MonthFirst })
	return datePatterns{
		lunar: regexp.MustCompile(`(\d{1,2})(?: ` + lunar.Of + `)? (` + alternation(w.Lunar) + `)(?:[ ,]{0,2}(?:` + lunar.Year + ` )?(\d{3,4}))?`),
		dayFirst: regexp.MustCompile(`(\d{1,2})` + first.Ending + `?(?: ` + first.Of + `)?[ ,.-]{0,3}(` + month + `)\.?` + behind +
			`(?:[ ,.-]{0,3}(?:` + first.Year + ` )?(\d{4}))?`),
		daySpelled: regexp.MustCompile(`(` + alternation(keys(w.Days)) + `) (?:` + spelled.Of + ` )?(` + month + `)` + behind +
			`(?: (?:` + spelled.Year + ` )?(\d{4}))?`),
		monthFirst: regexp.MustCompile(`(` + month + `)\.? ?(\d{1,2})` + last.Ending + `?(?:,? ?,?(\d{4}))?`),
	}
})

// findDates returns the dates in a folded line, in order.
func findDates(folded string) (found []written) {
	folded = folded[:min(len(folded), datedBytes)]
	part := func(m []int, i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return folded[m[2*i]:m[2*i+1]]
	}
	add := func(m []int, w written, year, month, day int) {
		w.start, w.end = m[0], m[1]
		w.year, w.month, w.day = year, month, day
		if alone(folded, m) && !overlaps(found, w) && w.day >= 1 && w.day <= 31 && w.month >= 1 && w.month <= 12 {
			found = append(found, w)
		}
	}
	named := func(m []int, name, year string, day int) {
		if everywhere().MonthsWithYear.has(name) && year == "" {
			return
		}
		if month, ok := everywhere().Months[name]; ok {
			add(m, written{}, atoi(year), int(month), day)
			return
		}
		add(m, written{solar: true}, atoi(year), everywhere().Solar[name], day)
	}
	each := func(pattern *regexp.Regexp, take func(m []int)) {
		for _, m := range pattern.FindAllStringSubmatchIndex(folded, mostDates) {
			take(m)
		}
	}
	p := patterns()
	each(p.lunar, func(m []int) { add(m, written{unread: true}, atoi(part(m, 3)), 1, atoi(part(m, 1))) })
	each(p.dayFirst, func(m []int) { named(m, part(m, 2), part(m, 3), atoi(part(m, 1))) })
	each(p.daySpelled, func(m []int) { named(m, part(m, 2), part(m, 3), everywhere().Days[part(m, 1)]) })
	each(p.monthFirst, func(m []int) { named(m, part(m, 1), part(m, 3), atoi(part(m, 2))) })
	each(dateISO, func(m []int) {
		w := calendar(atoi(part(m, 1))).inNumbers(folded[m[1]:])
		add(m, w, atoi(part(m, 1)), atoi(part(m, 2)), atoi(part(m, 3)))
	})
	each(dateNumeric, func(m []int) {
		w, year, month, day := numericDate(part(m, 1), part(m, 2), part(m, 3))
		add(m, w.inNumbers(folded[m[1]:]), year, month, day)
	})
	slices.SortFunc(found, func(a, b written) int { return a.start - b.start })
	for i := range found {
		readWeekday(folded, &found[i])
	}
	return found
}

// Years tell the calendar of a date in numbers: those of living memory in the Solar Hijri one are over where those in the lunar
// one begin, and what is later than the Gregorian ones is of the Buddhist era.
const firstSolar, firstLunar, afterLunar, lastGregorian = 1250, 1430, 1500, 2400

// calendar tells by its year which calendar a date in numbers is of.
func calendar(year int) written {
	return written{solar: year >= firstSolar && year < firstLunar, unread: year >= firstLunar && year < afterLunar || year > lastGregorian}
}

// inNumbers marks a date written in numbers; «هـ» behind it says that the year is a lunar one, unless it goes on «هـ.ش».
func (d written) inNumbers(behind string) written {
	d.numeric = true
	w := everywhere()
	rest, hijri := strings.CutPrefix(strings.TrimLeft(behind, " "), w.HijriSign)
	rest = strings.TrimLeft(rest, ". ")
	if hijri && (d.solar || d.unread) && !strings.HasPrefix(rest, w.SolarSign) && !isWordRune(firstRune(strings.TrimPrefix(rest, w.LunarSign))) {
		d.solar, d.unread = false, true
	}
	return d
}

// numericDate reads 12/03/2024, 2024/03/12 and ۱۴۰۵/۰۵/۱۲. With the year last, the day stands first unless it cannot.
func numericDate(a, b, c string) (w written, year, month, day int) {
	switch {
	case len(a) == 4 && len(c) <= 2:
		return calendar(atoi(a)), atoi(a), atoi(b), atoi(c)
	case len(c) != 4 || len(a) > 2:
		return written{}, 0, 0, 0
	}
	w, year, month, day = calendar(atoi(c)), atoi(c), atoi(b), atoi(a)
	if month > 12 {
		month, day = day, month
	}
	w.ambiguous = month <= 12 && day <= 12 && month != day
	return w, year, month, day
}

// alone reports whether a match is not part of a longer word or number.
func alone(s string, m []int) bool {
	rest := strings.TrimPrefix(s[m[1]:], everywhere().HijriSign) // «1445هـ»
	before, after := lastRune(s[:m[0]]), firstRune(rest)
	return !isWordRune(before) && !isWordRune(after) && before != '/' && after != '/'
}

func overlaps(found []written, w written) bool {
	return slices.ContainsFunc(found, func(f written) bool { return w.start < f.end && f.start < w.end })
}

// readWeekday takes in the weekday before the date.
func readWeekday(folded string, d *written) {
	before := strings.TrimRight(folded[max(0, d.start-weekdayBytes):d.start], " ,.(-")
	for _, article := range everywhere().Articles {
		before = strings.TrimSuffix(before, " "+article)
	}
	before = strings.TrimSuffix(before, ",")
	best := ""
	for name, day := range everywhere().Weekdays {
		if rest, ok := strings.CutSuffix(before, name); ok && len(name) > len(best) && !isWordRune(lastRune(rest)) {
			best, d.weekday, d.hasWeekday = name, day, true
		}
	}
}

// time returns the day in the Gregorian calendar; ok is false if there is no such day.
func (d written) time() (t time.Time, ok bool) {
	year, month, day := d.year, time.Month(d.month), d.day
	if d.solar {
		var err error
		if year, month, day, err = jalaali.ToGregorian(d.year, jalaali.Month(d.month), d.day); err != nil {
			return time.Time{}, false
		}
	}
	t = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == day && t.Month() == month && year >= 1000
}

// readDateLine reads a text that is nothing but a date, with or without a place and a weekday.
func readDateLine(text string) (d dateline, ok bool) {
	if runeCount(text) > datedRunes || !hasDigit(text) { // it has a year
		return d, false
	}
	folded := fold(text)
	dates := slices.DeleteFunc(findDates(folded), func(d written) bool { return d.year == 0 })
	if len(dates) == 0 || everywhere().Deadlines.in(folded) {
		return d, false
	}
	rest := folded
	for _, date := range slices.Backward(dates) {
		rest = rest[:date.start] + " | " + rest[date.end:]
	}
	if hasDigit(rest) || strings.ContainsAny(rest, `@"`) {
		return d, false
	}
	beside := 0
	for word := range strings.FieldsFuncSeq(rest, func(r rune) bool { return !isWordRune(r) && r != '\'' }) {
		if !isDateWord(word) {
			beside++
		}
	}
	d = dateline{dates, placeBefore(text), text}
	return d, beside == 0 || beside <= besideWords && (d.place != "" || strings.HasPrefix(strings.TrimSpace(rest), "|"))
}

// isDated reports whether a line is nothing but a date.
func isDated(l line) bool {
	_, ok := readDateLine(l.text)
	return ok
}

func isWeekday(word string) bool {
	_, ok := everywhere().Weekdays[word]
	return ok
}

// isDateWord reports whether a folded word belongs to the date that it stands beside.
func isDateWord(word string) bool { return isWeekday(word) || everywhere().DateWith.has(word) }

// isMonthName reports whether a folded word is a month of a calendar that is read.
func isMonthName(word string) bool {
	return everywhere().Months[word] > 0 || everywhere().Solar[word] > 0
}

// withoutDateWords removes words around a place that belong to the date: "Done at Port Alder on".
func withoutDateWords(text string) string {
	fields := strings.Fields(text)
	town := func(word string) bool {
		return slices.ContainsFunc(everywhere().TownArticles, func(article string) bool { return word == capital(article) })
	}
	for len(fields) > 1 && isDateWord(fold(fields[0])) && !town(fields[0]) {
		fields = fields[1:]
	}
	for len(fields) > 1 && isDateWord(fold(fields[len(fields)-1])) {
		fields = fields[:len(fields)-1]
	}
	return strings.Join(fields, " ")
}

// placeEnd returns where a place ends: at a comma or the like, or at a hyphen that does not join two words.
func placeEnd(text string) int {
	for i, r := range text {
		if strings.ContainsRune(",،(–—:|", r) || r == '-' && (strings.HasSuffix(text[:i], " ") || !unicode.IsLetter(firstRune(text[i+1:]))) {
			return i
		}
	}
	return -1
}

// placeBefore returns the place that stands before a date: "London, 9 March 2020", "Geneva – 9 March 2020".
func placeBefore(text string) string {
	at := placeEnd(text)
	if at <= 0 {
		at = strings.IndexFunc(text, unicode.IsDigit)
	}
	if at <= 0 {
		return ""
	}
	place := withoutDateWords(strings.TrimSpace(text[:at]))
	if hasDigit(place) || wordCount(place) > placeWords || !startsUpper(place) && !caseless(place) {
		return ""
	}
	for word := range strings.FieldsSeq(fold(place)) {
		if isDateWord(strings.Trim(word, ".")) || isMonthName(word) {
			return ""
		}
	}
	return place
}

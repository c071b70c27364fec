package importer

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
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

var (
	monthNames, solarNames = monthTables()
	lunarNames             = lunarTable()
	monthWords             = alternation(monthNames, solarNames)
	dayNames               = dayTable()
	secondMonth            = `(?: ?/ ?(?:` + monthWords + `)| \((?:` + monthWords + `)\))?` // «كانون الثاني/يناير»
	dateDayFirst           = regexp.MustCompile(`(\d{1,2})(?:st|nd|rd|th|er|ère|ام|م)?(?: (?:(?:day )?of|من(?: شهر)?))?[ ,.-]{0,3}(` + monthWords + `)\.?` + secondMonth + `(?: ?ماه)?(?:[ ,.-]{0,3}(?:سال |سنه |عام |لسنه )?(\d{4}))?`)
	dateSpelled            = regexp.MustCompile(`(` + alternation(dayNames) + `) (?:من )?(` + monthWords + `)` + secondMonth + `(?: ?ماه)?(?: (?:سال |سنه |عام )?(\d{4}))?`)
	dateLunar              = regexp.MustCompile(`(\d{1,2})(?: من)?(?: شهر)? (` + alternation(lunarNames) + `)(?:[ ,]{0,2}(?:سنه |عام |لعام )?(\d{3,4}))?`)
	dateMonthFirst         = regexp.MustCompile(`(` + monthWords + `)\.? ?(\d{1,2})(?:st|nd|rd|th)?(?:,? ?,?(\d{4}))?`)
	dateISO                = regexp.MustCompile(`(\d{4})-(\d{1,2})-(\d{1,2})`)
	dateNumeric            = regexp.MustCompile(`(\d{1,4}) ?[/.\-] ?(\d{1,2}) ?[/.\-] ?(\d{1,4})`)
)

func monthTables() (gregorian, solar map[string]int) {
	gregorian, solar = map[string]int{}, map[string]int{}
	for _, w := range tables {
		for name, m := range w.months {
			gregorian[name] = int(m)
		}
		maps.Copy(solar, w.solar)
	}
	return gregorian, solar
}

func dayTable() map[string]int {
	days := map[string]int{}
	for _, w := range tables {
		maps.Copy(days, w.days)
	}
	return days
}

// lunarTable returns the months of the lunar calendar, which Persian letters name too.
func lunarTable() map[string]int {
	names := map[string]int{}
	for i, name := range arabic.lunar {
		names[name] = i + 1
	}
	return names
}

// alternation returns the keys as a regular expression, longest first.
func alternation(tables ...map[string]int) string {
	var keys []string
	for _, t := range tables {
		for key := range t {
			keys = append(keys, regexp.QuoteMeta(key))
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return strings.Join(keys, "|")
}

// findDates returns the dates in a folded line, in order. Only the first 2,000 bytes of a line are looked at.
func findDates(folded string) []written {
	folded = folded[:min(len(folded), 2000)]
	var found []written
	add := func(m []int, w written, year, month, day int) {
		w.start, w.end = m[0], m[1]
		w.year, w.month, w.day = year, month, day
		if alone(folded, m) && !overlaps(found, w) && w.day >= 1 && w.day <= 31 && w.month >= 1 && w.month <= 12 {
			found = append(found, w)
		}
	}
	named := func(m []int, name, year, day string) {
		if name == "آب" && year == "" { // August in the Levant, and water in Persian
			return
		}
		if month, ok := monthNames[name]; ok {
			add(m, written{}, atoi(year), month, atoi(day))
			return
		}
		add(m, written{solar: true}, atoi(year), solarNames[name], atoi(day))
	}
	part := func(m []int, i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return folded[m[2*i]:m[2*i+1]]
	}
	for _, m := range dateLunar.FindAllStringSubmatchIndex(folded, 20) {
		add(m, written{unread: true}, atoi(part(m, 3)), 1, atoi(part(m, 1)))
	}
	for _, m := range dateDayFirst.FindAllStringSubmatchIndex(folded, 20) {
		named(m, part(m, 2), part(m, 3), part(m, 1))
	}
	for _, m := range dateSpelled.FindAllStringSubmatchIndex(folded, 20) {
		named(m, part(m, 2), part(m, 3), strconv.Itoa(dayNames[part(m, 1)]))
	}
	for _, m := range dateMonthFirst.FindAllStringSubmatchIndex(folded, 20) {
		named(m, part(m, 1), part(m, 3), part(m, 2))
	}
	for _, m := range dateISO.FindAllStringSubmatchIndex(folded, 20) {
		w := calendar(atoi(part(m, 1))).inNumbers(folded[m[1]:])
		add(m, w, atoi(part(m, 1)), atoi(part(m, 2)), atoi(part(m, 3)))
	}
	for _, m := range dateNumeric.FindAllStringSubmatchIndex(folded, 20) {
		w, year, month, day := numericDate(part(m, 1), part(m, 2), part(m, 3))
		add(m, w.inNumbers(folded[m[1]:]), year, month, day)
	}
	slices.SortFunc(found, func(a, b written) int { return a.start - b.start })
	for i := range found {
		readWeekday(folded, &found[i])
	}
	return found
}

// calendar tells by its year which calendar a date in numbers is of.
func calendar(year int) written {
	return written{solar: year >= 1250 && year < 1430, unread: year >= 1430 && year < 1500 || year > 2400}
}

// inNumbers marks a date written in numbers; «هـ» behind it says that the year is a lunar one, unless it goes on «هـ.ش».
func (d written) inNumbers(behind string) written {
	d.numeric = true
	rest, hijri := strings.CutPrefix(strings.TrimLeft(behind, " "), "ه")
	if rest = strings.TrimLeft(rest, ". "); hijri && (d.solar || d.unread) && !strings.HasPrefix(rest, "ش") && !isWordRune(firstRune(strings.TrimPrefix(rest, "ق"))) {
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
	rest := s[m[1]:]
	if hijri, ok := strings.CutPrefix(rest, "ه"); ok { // «1445هـ»
		rest = hijri
	}
	before, after := lastRune(s[:m[0]]), firstRune(rest)
	return !isWordRune(before) && !isWordRune(after) && before != '/' && after != '/'
}

func overlaps(found []written, w written) bool {
	for _, f := range found {
		if w.start < f.end && f.start < w.end {
			return true
		}
	}
	return false
}

// readWeekday takes in the weekday before the date.
func readWeekday(folded string, d *written) {
	before := strings.TrimRight(folded[max(0, d.start-24):d.start], " ,.(-")
	before = strings.TrimSuffix(strings.TrimSuffix(before, " the"), ",")
	best := ""
	for _, w := range tables {
		for name, day := range w.weekdays {
			if len(name) > len(best) && strings.HasSuffix(before, name) && !isWordRune(lastRune(before[:len(before)-len(name)])) {
				best, d.weekday, d.hasWeekday = name, day, true
			}
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

// dateLine reports whether a line is nothing but a date, with or without a place and a weekday.
func dateLine(l line) (dates []written, place string, ok bool) {
	if runeCount(l.text) > 100 {
		return nil, "", false
	}
	folded := fold(l.text)
	dates = slices.DeleteFunc(findDates(folded), func(d written) bool { return d.year == 0 })
	if len(dates) == 0 {
		return nil, "", false
	}
	for _, w := range tables {
		if hasAny(folded, w.deadlines) {
			return nil, "", false
		}
	}
	rest := folded
	for i := len(dates) - 1; i >= 0; i-- {
		rest = rest[:dates[i].start] + " | " + rest[dates[i].end:]
	}
	if strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsDigit(r) || r == '@' || r == '"' }) {
		return nil, "", false
	}
	words := strings.FieldsFunc(rest, func(r rune) bool { return !isWordRune(r) && r != '\'' })
	n := 0
	for _, word := range words {
		if !dateWord(word) {
			n++
		}
	}
	place = placeBefore(l.text)
	return dates, place, n == 0 || n <= 4 && (place != "" || strings.HasPrefix(strings.TrimSpace(rest), "|"))
}

func weekday(word string) bool {
	return slices.ContainsFunc(tables, func(w *words) bool { _, ok := w.weekdays[word]; return ok })
}

func dateWord(word string) bool {
	for _, w := range tables {
		if _, ok := w.weekdays[word]; ok || slices.Contains(w.dateWith, word) {
			return true
		}
	}
	return false
}

// withoutDateWords removes words around a place that belong to the date: "Done at Port Alder on".
func withoutDateWords(text string) string {
	fields := strings.Fields(text)
	for len(fields) > 1 && dateWord(fold(fields[0])) && fields[0] != "La" && fields[0] != "Le" {
		fields = fields[1:]
	}
	for len(fields) > 1 && dateWord(fold(fields[len(fields)-1])) {
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
	folded := fold(place)
	if strings.ContainsFunc(place, unicode.IsDigit) || wordCount(place) > 4 {
		return ""
	}
	for word := range strings.FieldsSeq(folded) {
		if dateWord(strings.Trim(word, ".")) || monthNames[word] > 0 || solarNames[word] > 0 {
			return ""
		}
	}
	if first := firstRune(place); !startsUpper(place) && first < 0x590 {
		return ""
	}
	return place
}

package importer

import (
	"slices"
	"strings"
	"time"
)

// dating is when and where a letter was written.
type dating struct {
	day       string // YYYY-MM-DD, Gregorian; "" if what is written is no day that can be told
	asWritten string // "" if the letter has no date
	place     string
}

// Where a date is looked for if the head has none.
const (
	datedSignatures = 200 // lines from the first signature
	pageDateWords   = 16  // of a line that says when a page was published
	pressParagraphs = 2   // paragraphs of the body that may begin with one, behind an introduction
	pressBytes      = 100 // of such a paragraph that have the place and the date
)

// dating reads the date of a line.
func (r *reader) dating(l dateline) dating {
	d := dating{asWritten: l.text, place: l.place}
	if l.place != "" {
		d.asWritten = strings.TrimLeft(strings.TrimPrefix(l.text, l.place), " ,،:-–—|(")
	}
	if label, rest, ok := strings.Cut(d.asWritten, ":"); ok && label != "" && !hasDigit(label) {
		d.asWritten = strings.TrimSpace(rest)
	}
	first, others := l.dates[0], l.dates[1:]
	if len(others) == 1 && first.unread {
		first, others = others[0], l.dates[:1]
	}
	if first.unread || r.isLunar(first) {
		r.warn("date_calendar", "Text", d.asWritten)
		return d
	}
	t, ok := first.time()
	if !ok {
		r.warn("date_impossible", "Text", d.asWritten)
		return d
	}
	d.day = t.Format(time.DateOnly)
	if first.ambiguous {
		r.warn("date_ambiguous", "Text", d.asWritten)
	}
	if first.hasWeekday && first.weekday != t.Weekday() {
		r.warn("date_weekday", "Text", d.asWritten)
	}
	for _, other := range others {
		if t2, ok := other.time(); ok && !other.unread && !t2.Equal(t) {
			r.warn("date_contradicts", "Text", l.text)
		}
	}
	return d
}

// readPageDate reads the date of a line that says when a page was published or changed, whatever else it says: "Published on
// 9 June 2031 by Press Office".
func (r *reader) readPageDate(text string) (d dateline, ok bool) {
	label := r.PageDates.leading(fold(text))
	if label == "" || wordCount(text) > pageDateWords || endsSentence(text) {
		return d, false
	}
	if d, ok = readDateLine(text); ok {
		return d, true
	}
	fields := strings.Fields(text)[wordCount(label):]
	for len(fields) > 0 && everywhere().DateWith.has(strings.Trim(fold(fields[0]), ":")) {
		fields = fields[1:]
	}
	for i := range fields {
		if d, ok = readDateLine(strings.Trim(strings.Join(fields[:i+1], " "), ":,،|- ")); ok {
			return d, true
		}
	}
	return d, false
}

// isLunar reports whether a date in numbers with a Hijri year is a lunar one, as it is in an Arabic letter.
func (r *reader) isLunar(d written) bool { return d.numeric && d.solar && r.LunarYears }

// findDate finds the date of a letter whose head has none, and takes its line away: among the signatures, or at the ends of the
// body. A date at the start of a paragraph stays there.
func (r *reader) findDate(p parts) (d dating, body, tail []line) {
	for i, l := range p.tail[:min(len(p.tail), datedSignatures)] {
		if dated, ok := readDateLine(l.text); ok {
			return r.dating(dated), p.body, slices.Concat(p.tail[:i], p.tail[i+1:])
		}
	}
	for _, i := range [...]int{0, 1, len(p.body) - 1, len(p.body) - 2} {
		if i < 0 || i >= len(p.body) {
			continue
		}
		if dated, ok := readDateLine(p.body[i].text); ok {
			return r.dating(dated), slices.Concat(p.body[:i], p.body[i+1:]), p.tail
		}
	}
	for _, l := range slices.Concat(p.intro, p.body[:min(len(p.body), pressParagraphs)]) {
		if dated, ok := readPressDate(l.text); ok {
			return r.dating(dated), p.body, p.tail
		}
	}
	return d, p.body, p.tail
}

// readPressDate reads the date of a press text, from the start of its first paragraph: "(Geneva, 12 March 2024) – …",
// "Geneva – 12 March 2024: …".
func readPressDate(text string) (d dateline, ok bool) {
	head := strings.ToValidUTF8(text[:min(len(text), pressBytes)], "")
	end := strings.IndexAny(head, "–—")
	if end < 0 {
		end = strings.Index(head, " - ")
	}
	if bracket := strings.Index(head, ") "); strings.HasPrefix(head, "(") && bracket > 0 {
		end = bracket
	}
	if end <= 0 {
		return d, false
	}
	if colon := strings.Index(head, ": "); colon > end {
		if _, dated := readDateLine(head[:colon]); dated {
			end = colon
		}
	}
	return readDateLine(strings.Trim(head[:end], "() "))
}

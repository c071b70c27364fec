package importer

import (
	"strings"
)

// maxFigures bounds the list.
const maxFigures = 500

// readFigures finds the numbers that the text states.
func (r *reader) readFigures() {
	x := newLexicon(r.langs)
	seen := map[string]bool{}
	for _, part := range [][]line{r.intro, r.body, r.notes} {
		for _, l := range part {
			r.readLineFigures(x, l, seen)
			if len(r.draft.Figures) >= maxFigures {
				r.warn("too_many", "What", "figures")
				return
			}
		}
	}
}

func (r *reader) readLineFigures(x *lexicon, l line, seen map[string]bool) {
	text := l.text
	if m := readMarker(text, r.langs); m.kind != noMarker {
		text = text[m.size:]
	}
	f := figureReader{x: x, text: text, ts: tokens(text)}
	for i := 0; i < len(f.ts) && len(r.draft.Figures) < maxFigures; {
		figure, next, ok := f.at(i)
		if ok && !seen[figure.Quote] {
			seen[figure.Quote] = true
			r.draft.Figures = append(r.draft.Figures, figure)
		}
		i = max(next, i+1)
	}
}

// figureReader reads the figures of one line.
type figureReader struct {
	x         *lexicon
	text      string
	ts        []token
	reference int // behind the last number of a reference such as "articles 18 and 19"
}

// at reads a figure that begins at token i; next is where to go on.
func (f *figureReader) at(i int) (figure Figure, next int, ok bool) {
	if figure, next, ok = f.magnitude(i); ok {
		return figure, next, true
	}
	if figure, next, ok = f.roundly(i); ok {
		return figure, next, true
	}
	n, ok := f.x.readNumber(f.ts, i)
	if !ok {
		return figure, i + 1, false
	}
	if f.isReference(n) {
		f.reference = n.to
		return figure, n.to, false
	}
	if end, ok := f.untilMonth(n); ok {
		return figure, end, false
	}
	if end, ratio := f.ratio(n); ratio {
		return figure, end, false
	}
	q, from := f.qualifierBefore(n.from)
	if n.qualifier != noModifier {
		q = n.qualifier
	}
	if low, high, to, isRange := f.readRange(n, q); isRange {
		if f.x.between[f.word(from-1)] {
			from--
		}
		return Figure{Low: new(low), High: new(high.value), Qualifier: Range, Quote: f.quote(from, to)}, to, true
	}
	q, to := f.qualifierAfter(n, q)
	if !f.counts(n, q) {
		return figure, n.to, false
	}
	if q == noModifier {
		q = Exact
	}
	return Figure{Value: new(n.value), Qualifier: q, Quote: f.quote(from, to)}, to, true
}

// word returns the folded word at i, "" outside the line.
func (f *figureReader) word(i int) string {
	if i < 0 || i >= len(f.ts) {
		return ""
	}
	return f.ts[i].word
}

// isReference reports whether the number names something rather than counting it.
func (f *figureReader) isReference(n number) bool {
	before, behind := f.word(n.from-1), f.word(n.to)
	if n.from > 0 && f.ts[n.from-1].ended && !strings.HasSuffix(before, "no") && !f.x.notCounts[before] {
		before = ""
	}
	if f.ts[n.to-1].ended {
		behind = ""
	}
	switch {
	case f.x.notCounts[before], f.x.ages[behind], n.digits && f.isMonth(n.from-1), f.isMonth(n.to) && !f.ts[n.to-1].ended:
		return true
	case f.reference > 0 && n.from <= f.reference+1 && (f.reference == n.from && !f.stopsBefore(n.from) || isJoiner(before)):
		return true
	case n.digits && f.ts[n.from].bracketed && n.value < 1000:
		return true
	case n.digits && (isDigits(before) && !f.ts[n.from-1].ended || isDigits(behind)):
		return true
	case f.x.ages[f.word(n.to)+" "+f.word(n.to+1)], strings.HasPrefix(f.word(n.to), "years-old"), n.value > 1e13:
		return true
	}
	if before == "at" && !n.digits && n.value <= 12 && (f.ts[n.to-1].ended || n.to == len(f.ts)) {
		return true // an hour: "closes at six."
	}
	aged := strings.HasPrefix(f.word(n.from-2), "âgé") && before == "de"
	return f.word(n.from-2) == "the" && before == "age" || before == "of" && f.word(n.from-2) == "age" || aged
}

// stopsBefore reports whether a sentence ends before token i.
func (f *figureReader) stopsBefore(i int) bool {
	return i > 0 && strings.ContainsAny(f.text[f.ts[i-1].end:f.ts[i].start], ".!?؟")
}

func isJoiner(word string) bool {
	switch word {
	case "and", "or", "to", "و", "تا", "یا", "-", "&", "et", "ou", "à", "au", "او", "الی":
		return true
	}
	return false
}

// isMonth reports whether token i is the name of a month; Latin ones are written with a capital ("may" is not).
func (f *figureReader) isMonth(i int) bool {
	word := f.word(i)
	if at := strings.IndexByte(word, '/'); at > 0 { // «كانون الثاني/يناير»
		word = word[:at]
	}
	if monthNames[word+" "+f.word(i+1)] > 0 {
		return true
	}
	if word == "" || monthNames[word] == 0 && solarNames[word] == 0 && lunarNames[word] == 0 {
		return false
	}
	first := firstRune(f.text[f.ts[i].start:])
	return first >= 0x590 || f.x.months[word] || startsUpper(f.text[f.ts[i].start:])
}

// counts reports whether a number that stands alone is a statement: a year, "one" and a zero are not.
func (f *figureReader) counts(n number, q Qualifier) bool {
	behind := f.word(n.to)
	if f.ts[n.to-1].ended {
		behind = ""
	}
	switch {
	case n.percentage:
		return true
	case n.value == 0:
		return false
	case (q == FewerThan || q == MoreThan) && n.value < 100 && f.ts[n.to-1].ended && (f.word(n.from-1) == "under" || f.word(n.from-1) == "over"):
		return false // an age
	case n.digits && q == noModifier && f.isLabel(n):
		return false
	case !n.digits && n.value < 10 && f.isAbstract(n):
		return false
	case n.yearLike && isYear(n.value):
		sure := q == AtLeast || q == MoreThan || q == FewerThan
		return f.x.counted[behind] || f.x.counted[f.word(n.to+1)] && behind != "" && !f.ts[n.to].ended && sure || sure && behind != ""
	case !n.digits && n.value == 1 && n.to == n.from+1:
		return q != noModifier && q != About
	case !n.digits && f.word(n.from) == "نه":
		return f.x.counted[behind]
	case f.word(n.from) == "neuf" && (behind == "" || f.x.and[behind]): // which is "new" too
		return false
	case !n.digits && n.value < 10 && firstRune(f.word(n.from)) >= 0x590 && behind == "" && f.x.duals[strings.TrimPrefix(f.word(n.from), "و")] == 0:
		return false
	}
	return true
}

// untilMonth reports whether the number is the first day of "between 2 and 9 January", or the first age of "twenty-two and
// thirty years old", and where that ends.
func (f *figureReader) untilMonth(n number) (end int, ok bool) {
	at := n.to
	for range 4 {
		if at < len(f.ts) && isJoiner(f.word(at)) {
			at++
		}
		if at >= len(f.ts) {
			return 0, false
		}
		next, ok := f.x.readNumber(f.ts, at)
		if !ok {
			return 0, false
		}
		at = next.to
		if f.isMonth(at) && n.value < 32 && !f.ts[at-1].ended || f.x.ages[f.word(at)+" "+f.word(at+1)] {
			return at, true
		}
	}
	return 0, false
}

// isAbstract reports whether a small number in words counts nothing that happened: "two main reasons", "two-thirds".
func (f *figureReader) isAbstract(n number) bool {
	for i := n.to; i < min(n.to+2, len(f.ts)) && !f.ts[i-1].ended; i++ {
		if f.x.abstract[f.word(i)] {
			return true
		}
	}
	return false
}

// ratio reports whether the number is the first of "one in five", and where that ends.
func (f *figureReader) ratio(n number) (end int, ok bool) {
	at := n.to + 1
	if f.word(n.to) == "out" && f.word(at) == "of" {
		at++
	} else if n.value == 1 && f.word(n.to+1) == "in" && !f.ts[n.to].ended { // one child in six
		at++
	} else if f.word(n.to) != "in" && f.word(n.to) != "از" {
		return 0, false
	}
	if f.ts[n.to-1].ended || at >= len(f.ts) || n.value > 10 {
		return 0, false
	}
	of, ok := f.x.readNumber(f.ts, at)
	return of.to, ok && of.high == 0 && of.value > n.value && of.value <= 1000
}

// isLabel reports whether a number at the end of a clause numbers the noun before it: "shaft 7,".
func (f *figureReader) isLabel(n number) bool {
	return f.ts[n.to-1].ended && n.value < 1000 && n.from > 0 && runeCount(f.word(n.from-1)) > 3 && !f.ts[n.from-1].ended && !f.x.leadsTo[f.word(n.from-1)]
}

// isYear reports whether a bare number of four digits is more likely a year, Gregorian or Hijri.
func isYear(v float64) bool { return v >= 1800 && v <= 2100 || v >= 1250 && v <= 1450 }

// qualifierBefore reads the qualifier in front of token i and returns where the quote begins.
func (f *figureReader) qualifierBefore(i int) (Qualifier, int) {
	end := i
	for range 3 {
		for size := 4; size >= 1; size-- {
			if q, ok := f.phrase(f.x.qualifiers, end-size, end); ok {
				return q, end - size
			}
		}
		if !f.x.fillers[f.word(end-1)] || end-1 < 0 || f.ts[end-1].ended {
			break
		}
		end--
	}
	return noModifier, i
}

// phrase looks the words [from, to) up, if no clause ends between them.
func (f *figureReader) phrase(in map[string]Qualifier, from, to int) (Qualifier, bool) {
	if from < 0 || to > len(f.ts) {
		return noModifier, false
	}
	words := make([]string, 0, 4)
	for i := from; i < to; i++ {
		if f.ts[i].ended && i < to-1 || f.ts[i].ended && !strings.HasPrefix(f.ts[i].word, "approx") && f.ts[i].word != "ca" && f.ts[i].word != "c" {
			return noModifier, false
		}
		words = append(words, f.ts[i].word)
	}
	q, ok := in[strings.Join(words, " ")]
	return q, ok
}

// qualifierAfter reads "or more" behind the number.
func (f *figureReader) qualifierAfter(n number, q Qualifier) (Qualifier, int) {
	if f.ts[n.to-1].ended {
		return q, n.to
	}
	for size := 2; size >= 1; size-- {
		if n.to+size > len(f.ts) {
			continue
		}
		words := f.word(n.to)
		if size == 2 {
			words += " " + f.word(n.to+1)
		}
		if after, ok := f.x.after[words]; ok {
			return after, n.to + size
		}
	}
	return q, n.to
}

// readRange reads "40–50", "between 40 and 50", "40 to 50"; "rose from 106 to 304" is two numbers.
func (f *figureReader) readRange(n number, q Qualifier) (low float64, high number, to int, ok bool) {
	if n.high > 0 {
		if n.yearLike && isYear(n.value) || q == noModifier && n.value < 32 && f.isMonth(n.to) {
			return 0, n, 0, false
		}
		return n.value, number{value: n.high, to: n.to}, n.to, true
	}
	opened := f.x.between[f.word(n.from-1)]
	joiner := f.word(n.to)
	if f.ts[n.to-1].ended || n.to+1 >= len(f.ts) || f.ts[n.to].ended {
		return 0, n, 0, false
	}
	joins := f.x.rangeTo[joiner] && !isJoinerOfTwo(joiner) || joiner == "-" || opened && isJoinerOfTwo(joiner)
	if !joins || f.word(n.from-1) == "from" || f.word(n.from-1) == "de" && risen[f.word(n.from-2)] || joiner == "الی" && f.word(n.from-1) == "من" && risen[f.word(n.from-2)] {
		return 0, n, 0, false
	}
	high, ok = f.x.readNumber(f.ts, n.to+1)
	if !ok || high.high > 0 || f.isMonth(high.to) || high.yearLike && isYear(high.value) {
		return 0, n, 0, false
	}
	low = n.value
	if low < 1000 && high.value >= 1000 && f.scaled(high) && low < high.value/scaleOf(high.value) {
		low *= scaleOf(high.value)
	}
	return low, high, high.to, high.value > low
}

// risen stand before two numbers of two times: « passé de 106 à 304 ».
var risen = map[string]bool{"passé": true, "passée": true, "passés": true, "passées": true, "passe": true, "passent": true, "passer": true, "chuté": true, "tombé": true, "monté": true, "ارتفع": true, "انخفض": true, "ارتفعت": true, "انخفضت": true, "زاد": true}

// isJoinerOfTwo reports whether the word joins two numbers into a range only after "between".
func isJoinerOfTwo(word string) bool { return word == "and" || word == "و" || word == "et" }

// scaled reports whether the number ends with a word such as "million", which then counts for both ends of a range.
func (f *figureReader) scaled(n number) bool { return f.x.scales[f.word(n.to-1)] >= 1000 }

func scaleOf(v float64) float64 {
	switch {
	case v >= 1e9:
		return 1e9
	case v >= 1e6:
		return 1e6
	}
	return 1e3
}

// several stand before a magnitude in the singular: "several hundred".
var several = map[string]bool{"several": true, "few": true, "many": true, "چند": true, "چندین": true, "plusieurs": true, "quelques": true, "عده": true, "بضعه": true, "بضع": true}

// magnitude reads "tens of thousands", "dozens", «ده‌ها هزار»; the most conservative reading counts.
func (f *figureReader) magnitude(i int) (figure Figure, next int, ok bool) {
	value, isMany := f.x.manyOf[f.word(i)]
	from := i
	if !isMany {
		value, ok = f.x.scales[f.word(i+1)]
		if !ok || !several[f.word(i)] || f.ts[i].ended {
			return figure, i, false
		}
		i++
	}
	to := i + 1
	of := 0
	for to < len(f.ts) && !f.ts[to-1].ended {
		word := f.word(to)
		if (word == "of" || word == "de") && f.word(to+1) != "" && f.x.manyOf[f.word(to+1)] > 0 {
			value *= f.x.manyOf[f.word(to+1)]
			to += 2
			of++
			continue
		}
		factor := f.x.scales[word]
		if factor == 0 || firstRune(word) < 0x590 && !several[f.word(from)] {
			break
		}
		value *= factor
		to++
	}
	bare := f.word(i) == "tens" || f.word(i) == "scores"
	if bare && of == 0 && f.word(to) != "of" {
		return figure, i, false
	}
	return Figure{Value: new(value), Qualifier: Magnitude, Quote: f.quote(from, to)}, to, true
}

// roundly reads « une centaine », which is about a hundred if nothing else is said.
func (f *figureReader) roundly(i int) (figure Figure, next int, ok bool) {
	value := f.x.roundly[f.word(i)]
	if value == 0 {
		return figure, i, false
	}
	q, from := f.qualifierBefore(i)
	if q == noModifier {
		if q = About; f.word(i-1) == "une" || f.word(i-1) == "un" {
			from--
		}
	}
	return Figure{Value: new(value), Qualifier: q, Quote: f.quote(from, i+1)}, i + 1, true
}

// quoted is how many words behind a number its quote has.
const quoted = 4

// quote returns the words of a figure and a few behind it, up to the end of the clause.
func (f *figureReader) quote(from, to int) string {
	end := to
	for end < len(f.ts) && end < to+quoted && !f.ts[end-1].ended && f.ts[end].word != "-" {
		end++
	}
	return f.text[f.ts[from].start:f.ts[end-1].end]
}

package importer

import (
	"slices"
	"strings"
)

// maxFigures bounds the list.
const maxFigures = 500

// What makes a number one that a text states.
const (
	quotedWords    = 4    // behind a number that its quote has
	mostInWords    = 4    // words of a qualifier
	mostFillers    = 3    // words between it and the number
	leastMeasure   = 100  // smaller numbers behind "under", at the end of a clause, are ages
	leastScaled    = 1000 // a smaller one before a word such as "million" is counted in them in a range
	bracketedBelow = 1000 // numbers in brackets alone that are no figures but references
	labelBelow     = 1000 // numbers behind a noun, at the end of a clause, that number it
	labelledRunes  = 3    // of a shorter word that is no such noun
	smallWord      = 10   // smaller numbers in words may count ideas: "two reasons"
	mostHour       = 12
	mostDay        = 31
	mostOneIn      = 10   // first number of a ratio
	mostRatio      = 1000 // second
	datesInRow     = 4    // numbers before a month that share it: "on 2, 3 and 9 January"
	largest        = 1e13 // what is larger is a telephone or an account number
)

// readFigures finds the numbers that lines state, each quote once.
func (r *reader) readFigures(lines []line) (figures []Figure) {
	seen := map[string]bool{}
	for _, l := range lines {
		text := l.text[readMarker(l.text, r.Ordinals).size:]
		f := figureReader{reader: r, text: text, ts: tokens(text)}
		for i := 0; i < len(f.ts) && len(figures) < maxFigures; {
			figure, next, ok := f.at(i)
			if ok && !seen[figure.Quote] {
				seen[figure.Quote] = true
				figures = append(figures, figure)
			}
			i = max(next, i+1)
		}
		if len(figures) >= maxFigures {
			r.warn("too_many", "What", "figures")
			break
		}
	}
	return figures
}

// figureReader reads the figures of one line.
type figureReader struct {
	*reader
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
	n, ok := f.readNumber(f.ts, i)
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
	if end, ok := f.ratio(n); ok {
		return figure, end, false
	}
	q, from := f.qualifierBefore(n.from)
	if n.qualifier != noModifier {
		q = n.qualifier
	}
	if low, high, to, ok := f.readRange(n, q); ok {
		if f.Between.has(f.word(from - 1)) {
			from--
		}
		return Figure{Low: new(low), High: new(high), Qualifier: Range, Quote: f.quote(from, to)}, to, true
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

// pair returns the folded words at i and behind it.
func (f *figureReader) pair(i int) string { return f.word(i) + " " + f.word(i+1) }

// ended reports whether a clause ends behind token i.
func (f *figureReader) ended(i int) bool { return i >= 0 && i < len(f.ts) && f.ts[i].ended }

// behind returns the word behind a number in its clause.
func (f *figureReader) behind(n number) string {
	if f.ended(n.to - 1) {
		return ""
	}
	return f.word(n.to)
}

// isReference reports whether the number names something rather than counting it.
func (f *figureReader) isReference(n number) bool {
	before, behind := f.word(n.from-1), f.behind(n)
	if f.ended(n.from-1) && !f.NotCounts.has(before) { // "No. 5" goes on
		before = ""
	}
	switch {
	case f.NotCounts.has(before), f.Ages.has(behind), f.Ages.has(f.pair(n.to)), n.digits && f.isMonth(n.from-1), behind != "" && f.isMonth(n.to):
		return true
	case f.reference > 0 && n.from <= f.reference+1 && (f.reference == n.from && !f.stopsBefore(n.from) || everywhere().Joiners.has(before)):
		return true
	case n.digits && (f.ts[n.from].bracketed && n.value < bracketedBelow || isDigits(before) && !f.ended(n.from-1) || isDigits(behind)):
		return true
	case n.value > largest, everywhere().AgeOf.has(f.word(n.from-2) + " " + before):
		return true
	}
	return f.HourAt.has(before) && !n.digits && n.value <= mostHour && (f.ended(n.to-1) || n.to == len(f.ts)) // "closes at six."
}

// stopsBefore reports whether a sentence ends before token i.
func (f *figureReader) stopsBefore(i int) bool {
	return i > 0 && strings.ContainsAny(f.text[f.ts[i-1].end:f.ts[i].start], ".!?؟")
}

// isMonth reports whether token i is the name of a month; Latin ones are written with a capital ("may" is not), but for
// languages that write them without.
func (f *figureReader) isMonth(i int) bool {
	word := f.word(i)
	if at := strings.IndexByte(word, '/'); at > 0 { // «كانون الثاني/يناير»
		word = word[:at]
	}
	if everywhere().Months[word+" "+f.word(i+1)] > 0 {
		return true
	}
	if word == "" || !isMonthName(word) && !everywhere().Lunar.has(word) {
		return false
	}
	written := f.text[f.ts[i].start:]
	return caseless(written) || startsUpper(written) || slices.ContainsFunc(f.langs, func(w *words) bool { return w.SmallMonths && w.Months[word] > 0 })
}

// counts reports whether a number that stands alone is a statement: a year, "one" and a zero are not.
func (f *figureReader) counts(n number, q Qualifier) bool {
	first, behind := f.word(n.from), f.behind(n)
	switch {
	case n.percentage:
		return true
	case n.value == 0:
		return false
	case (q == FewerThan || q == MoreThan) && n.value < leastMeasure && f.ended(n.to-1) && f.AgeLimits.has(f.word(n.from-1)):
		return false
	case n.digits && q == noModifier && f.isLabel(n):
		return false
	case n.yearLike && isYear(n.value):
		sure := behind != "" && (q == AtLeast || q == MoreThan || q == FewerThan)
		return f.Counted.has(behind) || sure
	case n.digits:
		return true
	case n.value < smallWord && f.isAbstract(n):
		return false
	case n.value == 1 && n.to == n.from+1:
		return q != noModifier && q != About
	case f.OnlyCounted.has(first):
		return f.Counted.has(behind)
	case f.NotLast.has(first) && (behind == "" || f.NumberAnd.has(behind)):
		return false
	}
	return n.value >= smallWord || !caseless(first) || behind != "" || f.Duals[strings.TrimPrefix(first, f.JoinedAnd)] != 0
}

// untilMonth reports whether the number is the first day of "between 2 and 9 January", or the first age of "twenty-two and
// thirty years old", and where that ends.
func (f *figureReader) untilMonth(n number) (end int, ok bool) {
	at := n.to
	for range datesInRow {
		if everywhere().Joiners.has(f.word(at)) {
			at++
		}
		if at >= len(f.ts) {
			return 0, false
		}
		next, ok := f.readNumber(f.ts, at)
		if !ok {
			return 0, false
		}
		at = next.to
		if n.value <= mostDay && !f.ended(at-1) && f.isMonth(at) || f.Ages.has(f.pair(at)) {
			return at, true
		}
	}
	return 0, false
}

// isAbstract reports whether a small number in words counts nothing that happened: "two main reasons", "two-thirds".
func (f *figureReader) isAbstract(n number) bool {
	return !f.ended(n.to-1) && (f.Abstract.has(f.word(n.to)) || !f.ended(n.to) && f.Abstract.has(f.word(n.to+1)))
}

// ratio reports whether the number is the first of "one in five", and where that ends.
func (f *figureReader) ratio(n number) (end int, ok bool) {
	at := n.to + 1
	switch {
	case f.OutOf.has(f.pair(n.to)):
		at++
	case n.value == 1 && f.OneThingIn.has(f.word(at)) && !f.ended(n.to): // one child in six
		at++
	case !everywhere().OneIn.has(f.word(n.to)):
		return 0, false
	}
	if f.ended(n.to-1) || at >= len(f.ts) || n.value > mostOneIn {
		return 0, false
	}
	of, ok := f.readNumber(f.ts, at)
	return of.to, ok && of.high == 0 && of.value > n.value && of.value <= mostRatio
}

// isLabel reports whether a number at the end of a clause numbers the noun before it: "shaft 7,".
func (f *figureReader) isLabel(n number) bool {
	before := f.word(n.from - 1)
	return f.ended(n.to-1) && !f.ended(n.from-1) && n.value < labelBelow && runeCount(before) > labelledRunes && !f.LeadsTo.has(before)
}

// isYear reports whether a bare number of four digits is more likely a year that letters speak of, Gregorian or Hijri.
func isYear(v float64) bool { return v >= 1800 && v <= 2100 || v >= firstSolar && v <= 1450 }

// qualifierBefore reads the qualifier in front of token i and returns where the quote begins.
func (f *figureReader) qualifierBefore(i int) (Qualifier, int) {
	end := i
	for range mostFillers {
		for size := mostInWords; size >= 1; size-- {
			if q, ok := f.qualifier(end-size, end); ok {
				return q, end - size
			}
		}
		if end--; !f.Fillers.has(f.word(end)) || f.ended(end) {
			break
		}
	}
	return noModifier, i
}

// qualifier looks the words [from, to) up, if no clause ends between them.
func (f *figureReader) qualifier(from, to int) (Qualifier, bool) {
	if from < 0 || to > len(f.ts) {
		return noModifier, false
	}
	words := make([]string, 0, mostInWords)
	for i := from; i < to; i++ {
		if f.ts[i].ended && (i < to-1 || !f.WithoutEnd.has(f.ts[i].word)) {
			return noModifier, false
		}
		words = append(words, f.ts[i].word)
	}
	q, ok := f.Qualifiers[strings.Join(words, " ")]
	return q, ok
}

// qualifierAfter reads "or more" behind the number, and returns where the quote ends.
func (f *figureReader) qualifierAfter(n number, q Qualifier) (Qualifier, int) {
	if f.ended(n.to - 1) {
		return q, n.to
	}
	if after, ok := f.After[f.pair(n.to)]; ok {
		return after, n.to + 2
	}
	if after, ok := f.After[f.word(n.to)]; ok {
		return after, n.to + 1
	}
	return q, n.to
}

// readRange reads "40–50", "between 40 and 50", "40 to 50"; "rose from 106 to 304" is two numbers. "And" makes a range only
// behind "between".
func (f *figureReader) readRange(n number, q Qualifier) (low, high float64, to int, ok bool) {
	if n.high > 0 {
		date := n.yearLike && isYear(n.value) || q == noModifier && n.value <= mostDay && f.isMonth(n.to)
		return n.value, n.high, n.to, !date
	}
	before, joiner := f.word(n.from-1), f.word(n.to)
	if f.ended(n.to-1) || n.to+1 >= len(f.ts) || f.ended(n.to) {
		return 0, 0, 0, false
	}
	w, joins := everywhere(), joiner == "-" || f.RangeTo.has(joiner)
	if w.NumberAnd.has(joiner) {
		joins = f.Between.has(before)
	}
	rises := f.RisesFrom.has(before) || w.RisesAfter.has(before) && w.Rises.has(f.word(n.from-2))
	if !joins || rises {
		return 0, 0, 0, false
	}
	end, ok := f.readNumber(f.ts, n.to+1)
	if !ok || end.high > 0 || f.isMonth(end.to) || end.yearLike && isYear(end.value) {
		return 0, 0, 0, false
	}
	low, high = n.value, end.value
	if scale := scaleOf(high); low < leastScaled && high >= leastScaled && low < high/scale && f.Scales[f.word(end.to-1)] >= leastScaled {
		low *= scale // "3 to 4 million"
	}
	return low, high, end.to, high > low
}

func scaleOf(v float64) float64 {
	switch {
	case v >= 1e9:
		return 1e9
	case v >= 1e6:
		return 1e6
	}
	return 1e3
}

// magnitude reads "tens of thousands", "dozens", «ده‌ها هزار»; the most conservative reading counts.
func (f *figureReader) magnitude(i int) (figure Figure, next int, ok bool) {
	w := everywhere()
	value, isMany := f.ManyOf[f.word(i)]
	from, several := i, w.Several.has(f.word(i))
	if !isMany {
		value, ok = f.Scales[f.word(i+1)]
		if !ok || !several || f.ended(i) {
			return figure, i, false
		}
		i++
	}
	to, of := i+1, false
	for !f.ended(to - 1) {
		many := f.ManyOf[f.word(to+1)]
		if w.ManyOfs.has(f.word(to)) && many > 0 {
			value *= many
			to, of = to+2, true
			continue
		}
		factor := f.Scales[f.word(to)]
		if factor == 0 || !caseless(f.word(to)) && !several {
			break
		}
		value *= factor
		to++
	}
	if f.LooseMany.has(f.word(i)) && !of && !w.ManyOfs.has(f.word(to)) {
		return figure, i, false
	}
	return Figure{Value: new(value), Qualifier: Magnitude, Quote: f.quote(from, to)}, to, true
}

// roundly reads « une centaine », which is about a hundred if nothing else is said.
func (f *figureReader) roundly(i int) (figure Figure, next int, ok bool) {
	value := f.Roundly[f.word(i)]
	if value == 0 {
		return figure, i, false
	}
	q, from := f.qualifierBefore(i)
	if q == noModifier {
		if q = About; f.RoundlyOne.has(f.word(i - 1)) {
			from--
		}
	}
	return Figure{Value: new(value), Qualifier: q, Quote: f.quote(from, i+1)}, i + 1, true
}

// quote returns the words of a figure and a few behind it, up to the end of the clause.
func (f *figureReader) quote(from, to int) string {
	end := to
	for end < len(f.ts) && end < to+quotedWords && !f.ended(end-1) && f.word(end) != "-" {
		end++
	}
	return f.text[f.ts[from].start:f.ts[end-1].end]
}

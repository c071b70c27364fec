package importer

import (
	"slices"
	"strings"
	"unicode"
)

// token is a word of a line with its place in it.
type token struct {
	word       string // folded, without the punctuation around it
	start, end int    // in the line, without the punctuation
	opened     bool   // a bracket stands before it
	ended      bool   // a clause ends behind it
	bracketed  bool   // it stands in brackets alone
}

const (
	openers = "(\"“‘'«[{"
	enders  = ".,;:!?)\"”’'»]}…،؛؟"
)

// tokenBytes is how much of a token is folded; no word of a number is longer.
const tokenBytes = 80

// tokens splits a line, whose words are separated by single spaces.
func tokens(text string) []token {
	var out []token
	text = text[:min(len(text), maxParagraph)]
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], ' ')
		if end < 0 {
			end = len(text)
		} else {
			end += at
		}
		if and := splitAnd(text[at:end]); and > 0 { // «و30», which Arabic writes joined
			out = append(out, newToken(text[at:at+and], at))
			at += and
		}
		t := newToken(text[at:end], at)
		if last := len(out) - 1; last >= 0 && t.start == t.end && t.ended { // a mark set apart, as French has it: « l'heure ; »
			out[last].ended = true
		} else if last >= 0 && !out[last].ended && everywhere().LooseSuffixes.has(t.word) {
			out[last].word += t.word
			out[last].end, out[last].ended = t.end, t.ended
		} else {
			out = append(out, t)
		}
		at = end + 1
	}
	return out
}

// splitAnd returns the length of an "and" that is joined to digits, 0 if the word has none.
func splitAnd(word string) int {
	and := everywhere().JoinedAnd
	if rest, ok := strings.CutPrefix(word, and); ok && startsWithDigit(rest) {
		return len(and)
	}
	return 0
}

// withoutElided removes a word that is joined to the next one by an apostrophe. « d'une » stays whole, because it stands in
// « plus d'une ».
func withoutElided(core string) string {
	w := everywhere()
	rest, elided := w.Elisions.cutElided(core)
	if !elided && startsUpper(core) {
		rest, elided = w.ElidedArticles.cutElided(strings.ToLower(core[:1]) + core[1:])
	}
	if !elided || rest == "" || slices.ContainsFunc(w.RoundlyOne, func(one string) bool { return strings.HasPrefix(rest, one) }) {
		return core
	}
	return rest
}

// newToken makes a token of a word that stands at an offset of its line.
func newToken(raw string, at int) token {
	left := strings.TrimLeft(raw, openers)
	core := strings.TrimRight(left, enders)
	start, end := at+len(raw)-len(left), at+len(raw)-len(left)+len(core)
	ended := len(core) != len(left)
	if bare := withoutElided(core); bare != core {
		start += len(core) - len(bare)
		core = bare
	}
	return token{
		word: fold(core[:min(len(core), tokenBytes)]), start: start, end: end,
		opened: len(left) != len(raw), ended: ended,
		bracketed: strings.HasPrefix(raw, "(") && strings.Contains(left, ")") || strings.HasPrefix(raw, "[") && strings.Contains(left, "]"),
	}
}

// number is a number found in tokens [from, to).
type number struct {
	from, to   int
	value      float64
	high       float64 // of a range written as one word: 40–50
	digits     bool    // written in digits
	yearLike   bool    // four digits without a separator
	qualifier  Qualifier
	percentage bool
}

// signs are marks written before a number.
var signs = map[rune]Qualifier{'~': About, '≈': About, '±': About, '>': MoreThan, '<': FewerThan, '≥': AtLeast, '≤': UpTo}

// Currencies are written joined to the digits, dollars with a country before them.
const currencies, dollarPrefix = "$€£¥", "us"

// unitSuffixes are written joined to the digits.
var unitSuffixes = map[string]float64{"": 1, "k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "b": 1e9, "+": 1, "%": 1, "٪": 1}

// readDigits reads a token such as 1,500 · ۵۴٬۰۰۰ · $3.5m · 40-50 · 100+ · 20%.
func readDigits(word string) (n number, ok bool) {
	rest := word
	if q, sign := signs[firstRune(rest)]; sign {
		n.qualifier = q
		rest = rest[len(string(firstRune(rest))):]
	}
	rest = strings.TrimLeft(strings.TrimPrefix(rest, dollarPrefix), currencies)
	value, rest, yearLike, ok := readInteger(rest)
	if !ok {
		return n, false
	}
	n.value, n.digits, n.yearLike = value, true, yearLike
	if high, found := strings.CutPrefix(rest, "-"); found && high != "" {
		return readDigitRange(n, high)
	}
	factor, known := unitSuffixes[rest]
	if !known {
		return n, false
	}
	n.value *= factor
	n.percentage = rest == "%" || rest == "٪"
	if rest == "+" {
		n.qualifier = AtLeast
	}
	return n, true
}

func readDigitRange(n number, text string) (number, bool) {
	high, rest, _, ok := readInteger(strings.TrimLeft(text, currencies))
	factor, known := unitSuffixes[rest]
	if !ok || !known || high <= n.value {
		return n, false
	}
	n.high = high * factor
	if n.value < high {
		n.value *= factor
	}
	return n, true
}

// longestDigits is how many bytes the digits of a number have at most.
const longestDigits = 24

// readInteger reads digits with separators of thousands and decimals from the start of s.
func readInteger(s string) (value float64, rest string, yearLike, ok bool) {
	i, group, groups, leading := 0, 0, 0, 0
	for i < len(s) {
		r := firstRune(s[i:])
		size := len(string(r))
		switch {
		case r >= '0' && r <= '9':
			value = value*10 + float64(r-'0')
			group++
		case (r == ',' || r == '٬' || r == '\'') && group > 0 && group <= 3 && (groups == 0 || group == 3) && threeDigits(s[i+size:]):
			if groups == 0 {
				leading = group
			}
			groups++
			group = 0
		default:
			value, i = readFraction(value, s, i)
			return value, s[i:], groups == 0 && group == 4, group > 0 && i > 0 && (s[0] != '0' || group == 1) && leading <= 3
		}
		i += size
		if i > longestDigits {
			return 0, s, false, false
		}
	}
	return value, "", groups == 0 && group == 4, group > 0 && (s[0] != '0' || group == 1)
}

// readFraction reads ".5" at i.
func readFraction(value float64, s string, i int) (float64, int) {
	r := firstRune(s[i:])
	if r != '.' && r != '٫' {
		return value, i
	}
	at := i + len(string(r))
	unit := 0.1
	start := at
	for at < len(s) && s[at] >= '0' && s[at] <= '9' && at-start < 9 {
		value += float64(s[at]-'0') * unit
		unit /= 10
		at++
	}
	if at == start {
		return value, i
	}
	return roundTo(value), at
}

// roundTo removes what binary fractions add to a decimal one.
func roundTo(v float64) float64 { return float64(int64(v*1e6+0.5)) / 1e6 }

func threeDigits(s string) bool {
	if len(s) < 3 {
		return false
	}
	for i := range 3 {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == 3 || s[3] < '0' || s[3] > '9'
}

// readNumber reads a number in digits or words at token i.
func (r *reader) readNumber(ts []token, i int) (number, bool) {
	word := ts[i].word
	if word == "" {
		return number{}, false
	}
	if !strings.ContainsFunc(word[:min(len(word), signBytes)], unicode.IsDigit) {
		return r.readWords(ts, i)
	}
	n, ok := readDigits(r.separated(word))
	if !ok {
		return n, false
	}
	n.from, n.to = i, i+1
	joinGroups(ts, &n)
	r.scale(ts, &n)
	return n, true
}

// signBytes is where a number's first digit stands at most, behind signs and a currency.
const signBytes = 12

// separated writes digits the way readDigits takes them where a language has the decimal comma and thousands apart: 1,5 and
// 1.500.
func (r *reader) separated(word string) string {
	if !r.DecimalComma {
		return word
	}
	if at := strings.IndexByte(word, '.'); at > 0 && at < 4 && threeDigits(word[at+1:]) {
		return strings.ReplaceAll(word, ".", ",")
	}
	if at := strings.IndexByte(word, ','); at > 0 && startsWithDigit(word[at+1:]) && !threeDigits(word[at+1:]) {
		return word[:at] + "." + word[at+1:]
	}
	return word
}

// joinGroups joins "54 000".
func joinGroups(ts []token, n *number) {
	for n.value >= 1 && n.high == 0 && n.to < len(ts) && !ts[n.to-1].ended && len(ts[n.to].word) == 3 && threeDigits(ts[n.to].word) &&
		len(ts[n.from].word) <= 3 && len(ts[n.to-1].word) <= 3 && isDigits(ts[n.to-1].word) {
		n.value = n.value*1000 + float64(atoi(ts[n.to].word))
		n.to++
	}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// scale multiplies digits by the word behind them: 1.5 million, ۳۰ هزار, and adds what follows: ۳ هزار و ۵۰۰.
func (r *reader) scale(ts []token, n *number) {
	for n.to < len(ts) && !ts[n.to-1].ended {
		factor, ok := r.Scales[ts[n.to].word]
		if !ok {
			break
		}
		n.value *= factor
		n.high *= factor
		n.yearLike = false
		n.to++
		if n.to+1 < len(ts) && factor >= 1000 && r.DigitsAnd.has(ts[n.to].word) && !ts[n.to+1].opened {
			if more, ok := readDigits(ts[n.to+1].word); ok && more.value < factor && more.high == 0 {
				n.value += more.value
				n.to += 2
			}
		}
	}
	if n.to < len(ts) && !ts[n.to-1].ended {
		word := ts[n.to].word
		n.percentage = n.percentage || r.Percent.has(word) || n.to+1 < len(ts) && r.Percent.has(word+" "+ts[n.to+1].word)
	}
}

// wordSum adds up the words of a number.
type wordSum struct {
	total, current, last float64
	any                  bool
}

// take adds one word; it returns false if the word does not go on with the number.
func (s *wordSum) take(w *words, word string) bool {
	if v, ok := w.Numbers[word]; ok {
		if s.any && (v >= s.last || s.last < 20 || v == 0) {
			return false
		}
		s.current += v
		s.last, s.any = v, true
		return true
	}
	factor, ok := w.Scales[word]
	if !ok || s.any && s.last == factor {
		return false
	}
	if factor <= 100 {
		s.current = max(1, s.current) * factor
	} else {
		s.total += max(1, s.current) * factor
		s.current = 0
	}
	s.last, s.any = factor, true
	return true
}

// takeHyphened takes "thirty-one" whole or not at all.
func (s *wordSum) takeHyphened(w *words, word string) bool {
	if _, whole := w.Numbers[word]; whole || !strings.Contains(word, "-") {
		return s.take(w, word)
	}
	trial := *s
	for part := range strings.SplitSeq(word, "-") {
		if !w.NumberAnd.has(part) && !trial.take(w, part) {
			return false
		}
	}
	*s = trial
	return true
}

// goesOn reports whether the word behind "and" is smaller than what was said: "two hundred and six", not "six and two". Below
// a hundred it goes on in scripts that write it so, and with a few units: « vingt et un ».
func (s *wordSum) goesOn(w *words, word string) bool {
	word, _, _ = strings.Cut(word, "-")
	if v, ok := w.Numbers[word]; ok && (v >= s.last || s.last < 20) {
		return false
	}
	if s.last < 100 && !caseless(word) && !w.AndUnits.has(word) {
		return false
	}
	trial := *s
	return trial.take(w, word)
}

// readWords reads "one hundred and fifty", "a dozen", "half a million", «هزار و پانصد».
func (r *reader) readWords(ts []token, i int) (n number, ok bool) {
	if r.JoinedAnd != "" {
		if n, ok = r.readUnitsFirst(ts, i); ok {
			return n, true
		}
	}
	n.from = i
	half := 1.0
	if r.Halves.has(ts[i].word) && i+1 < len(ts) {
		half = 0.5
		i++
	}
	if r.Ones.has(ts[i].word) {
		if i++; i >= len(ts) || r.Scales[ts[i].word] == 0 {
			return n, false
		}
	} else if word := ts[i].word; half == 1 && r.Scales[word] > 0 && !caseless(word) && (!r.Alone.has(word) || i > 0 && r.Percent.has(ts[i-1].word+" "+word)) {
		return n, false
	}
	var s wordSum
	at := i
	for at < len(ts) {
		word := ts[at].word
		if s.any && at+1 < len(ts) && r.NumberAnd.has(word) && s.goesOn(r.words, ts[at+1].word) {
			at++
			continue
		}
		if !s.takeHyphened(r.words, word) {
			break
		}
		at++
		if ts[at-1].ended {
			break
		}
	}
	n.to, n.value = at, (s.total+s.current)*half
	return n, s.any && n.value > 0
}

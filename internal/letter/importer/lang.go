package importer

import (
	"strings"
	"unicode"
)

// byLetter is a language that letters tell from others of its script.
type byLetter struct {
	tag     string
	letters string // that it uses alone, or more than others
	alone   bool   // no other language uses them
}

var (
	arabicScript   = []byLetter{{"ckb", "ۆێڕڵە", true}, {"ur", "ٹڈڑےںہھ", true}, {"fa", "پچژگکی", false}, {"ar", "ةىكيإأ", false}}
	cyrillicScript = []byLetter{{"uk", "іїєґ", false}, {"ru", "ыэёъ", false}, {"sr", "ђћџљњј", false}}
)

// latinStops recognise languages that are not read, so that they are at least named.
var latinStops = []struct {
	tag   string
	words string
}{
	{"de", "der die das und ist nicht mit für wir sie den von zu eine"},
	{"es", "el la los las que de en por para con una del es y"},
	{"pt", "o a os as que de em por para com uma do da não"},
	{"it", "il la gli che di per con una del della non sono è e"},
	{"nl", "de het een en van is niet met voor wij dat zijn op te"},
	{"tr", "ve bir bu için ile olarak olan daha çok biz siz değil da de"},
	{"sv", "och att det som en på är av för med till den inte vi"},
	{"pl", "i w na z do nie się że jest oraz przez dla o od"},
}

// otherScripts name the language of a script that one language mostly uses.
var otherScripts = []struct {
	tag   string
	table *unicode.RangeTable
}{
	{"ja", unicode.Hiragana}, {"zh", unicode.Han}, {"ko", unicode.Hangul}, {"he", unicode.Hebrew}, {"el", unicode.Greek},
	{"hi", unicode.Devanagari}, {"th", unicode.Thai}, {"hy", unicode.Armenian}, {"ka", unicode.Georgian},
}

const (
	sampled   = 64 << 10 // bytes of a text that are looked at to tell its language
	leastStop = 2        // common words that tell a language in Latin letters; one may be a name
	leastOwn  = 25       // a text in a language with letters of its own has one among as many at least
)

// Language returns the BCP 47 tag of the language that most of a text is in, "" if it cannot tell.
func Language(text string) string { return detect([]line{{text: text}}) }

// detect returns the BCP 47 tag of the language that most of the text is in, "" if it cannot tell.
func detect(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		if b.Len() > sampled {
			break
		}
		b.WriteString(l.text[:min(len(l.text), sampled)])
		b.WriteByte(' ')
	}
	text := b.String()
	var latin, arabic, cyrillic int
	other := make([]int, len(otherScripts))
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r):
			arabic++
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		case r > 0x370 && unicode.IsLetter(r):
			for i, o := range otherScripts {
				if unicode.Is(o.table, r) {
					other[i]++
				}
			}
		}
	}
	for i, n := range other {
		if n > max(latin, arabic, cyrillic) {
			return otherScripts[i].tag
		}
	}
	switch {
	case arabic > latin && arabic > cyrillic:
		return byStopsOfScript(text, byLetters(text, arabicScript, "fa"))
	case cyrillic > latin:
		return byLetters(text, cyrillicScript, "ru")
	}
	return byStops(text)
}

// byLetters picks the language whose letters occur most. Letters of Kurdish and Urdu occur in nothing else, while these use
// Persian ones too.
func byLetters(text string, script []byLetter, otherwise string) string {
	best, most := otherwise, 0
	for _, s := range script {
		n := 0
		for _, r := range text {
			if strings.ContainsRune(s.letters, r) {
				n++
			}
		}
		if s.alone && n*leastOwn > len(text)/2 { // a letter of this script has two bytes
			return s.tag
		}
		if n > most {
			best, most = s.tag, n
		}
	}
	return best
}

// byStopsOfScript picks the language whose commonest words occur more than those of the one that the letters tell, if there
// are tables for both: Persian and Arabic share most letters.
func byStopsOfScript(text, tag string) string {
	folded, best, most := fold(text), tag, -1
	for _, w := range tables() {
		if w.Tag == tag {
			most = countWords(folded, w.Stop)
		}
	}
	for _, w := range tables() {
		if n := countWords(folded, w.Stop); most >= 0 && !w.isCased() && n > most {
			best, most = w.Tag, n
		}
	}
	return best
}

func byStops(text string) string {
	folded := fold(text)
	best, most := "", leastStop-1
	consider := func(tag string, stop phrases) {
		if n := countWords(folded, stop); n > most {
			best, most = tag, n
		}
	}
	for _, w := range tables() {
		if w.isCased() {
			consider(w.Tag, w.Stop)
		}
	}
	for _, l := range latinStops {
		consider(l.tag, strings.Fields(l.words))
	}
	return best
}

// isCased reports whether the script of a language has capitals.
func (w *words) isCased() bool { return !caseless(w.Stop[0]) }

// countWords counts how many words of the folded text are in the list.
func countWords(folded string, list phrases) int {
	set := map[string]bool{}
	for _, w := range list {
		set[w] = true
	}
	n := 0
	for w := range strings.FieldsSeq(folded) {
		if set[strings.Trim(w, ".,;:!?()\"'")] {
			n++
		}
	}
	return n
}

// languages returns the tables to read a letter with: its own first, then those of the language whose words stand in it when
// it gives a date, a name or an address as they are written elsewhere. Words mean something else in a neighbour language, so
// a table is read in its own letters only. A letter in a language without a table is read with the first.
func languages(tag string) []*words {
	own := tables()[0]
	for _, w := range tables() {
		if w.Tag == tag {
			own = w
		}
	}
	for _, w := range tables() {
		if w.Tag == own.Neighbour {
			return []*words{own, w}
		}
	}
	return []*words{own}
}

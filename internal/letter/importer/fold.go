package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/text"
)

// foldRunes maps letters that are written in several ways onto one; -1 drops the rune.
var foldRunes = map[rune]rune{
	'\u200c': -1, '\u200d': -1, '\u0640': -1, // joiners and tatweel
	'ي': 'ی', 'ى': 'ی', 'ك': 'ک', 'ة': 'ه', 'ۀ': 'ه', 'أ': 'ا', 'إ': 'ا', 'ؤ': 'و',
	'’': '\'', '‘': '\'', 'ʼ': '\'', '′': '\'',
	'“': '"', '”': '"', '„': '"', '«': '"', '»': '"',
	'–': '-', '—': '-', '−': '-', '‐': '-', '‑': '-', '‒': '-',
	'،': ',', '؛': ';', '：': ':',
}

// fold brings text into the form that all word tables are written in: lower case, one kind of each letter, digit, quote
// and dash, single spaces, Persian prefixes and suffixes joined to their word.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		if r = foldRune(r); r < 0 {
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return joinAffixes(strings.TrimSuffix(b.String(), " "))
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	if to, ok := foldRunes[r]; ok {
		return to
	}
	if r >= 0x64b && r <= 0x652 || r == 0x670 || r == 0x654 { // Arabic vowel signs
		return -1
	}
	if d := text.Digit(r); d >= 0 {
		return rune('0' + d)
	}
	return unicode.ToLower(r)
}

// affixes are Persian prefixes and suffixes that are written joined, with a ZWNJ or apart.
var affixes = strings.NewReplacer(" های ", "های ", " ها ", "ها ", " ای ", "ای ", " ایم", "ایم")

func joinAffixes(s string) string {
	if !strings.Contains(s, "ا") {
		return s
	}
	s = affixes.Replace(s)
	for _, prefix := range [...]string{"می ", "نمی "} {
		s = joinPrefix(s, prefix)
	}
	return s
}

// joinPrefix drops the space after the prefix where a letter follows.
func joinPrefix(s, prefix string) string {
	if !strings.Contains(s, prefix) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], prefix) && (i == 0 || s[i-1] == ' ') {
			b.WriteString(prefix[:len(prefix)-1])
			i += len(prefix)
			if next, _ := utf8.DecodeRuneInString(s[i:]); !unicode.IsLetter(next) {
				b.WriteByte(' ')
			}
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// hasWord reports whether the folded text contains the folded phrase as whole words.
func hasWord(folded, phrase string) bool { return indexWord(folded, phrase) >= 0 }

// indexWord returns where the phrase stands in the text as whole words, or -1.
func indexWord(text, phrase string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], phrase)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(phrase)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !isWordRune(before) && !isWordRune(after) {
			return at
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		from = at + size
	}
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r))
}

// wordCount counts the words of a line.
func wordCount(s string) (n int) {
	for range strings.FieldsSeq(s) {
		n++
	}
	return n
}

// runeCount is short for utf8.RuneCountInString.
func runeCount(s string) int { return utf8.RuneCountInString(s) }

// trimMarks removes what stands around a field: white space, separators and a final stop.
func trimMarks(s string) string {
	s = strings.TrimLeft(strings.TrimRight(s, " \t,،;؛:：-–—|"), " \t,،;؛:：.-–—|")
	for strings.HasSuffix(s, ".") && !keepsStop(s) {
		s = strings.TrimRight(s[:len(s)-1], " ,;:-–—|")
	}
	return s
}

// keepsStop reports whether the stop at the end is part of the last word: "Inc.", "N.W.".
func keepsStop(s string) bool {
	word := s[strings.LastIndexByte(s, ' ')+1 : len(s)-1]
	return everywhere().KeepStop.has(strings.ToLower(word)) || strings.Contains(strings.Trim(word, "."), ".")
}

// trimQuotes removes quotation marks around a line.
func trimQuotes(s string) string { return strings.Trim(s, "\"“”„«»") }

// skipWords drops as many words from the text as the folded prefix has.
func skipWords(text string, n int) string {
	for range n {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		at := strings.IndexFunc(text, unicode.IsSpace)
		if at < 0 {
			return ""
		}
		text = text[at:]
	}
	return strings.TrimSpace(text)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func startsUpper(s string) bool { return unicode.IsUpper(firstRune(s)) }

// capital returns a word with a capital.
func capital(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}

// firstCaseless is the first letter of the scripts without capitals, of which Hebrew is the first in Unicode. In them words
// cannot be told for names by their looks, and small words are written joined, so that lines have fewer.
const firstCaseless = 0x590

// caseless reports whether a text begins in a script without capitals.
func caseless(s string) bool { return firstRune(s) >= firstCaseless }

// hasDigit reports whether a text has a decimal digit of any script.
func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }

// folding is a folded text that remembers where its bytes come from.
type folding struct {
	text string
	from []int
}

// foldKeepingLength folds a short text and keeps the offsets, so that what was found folded can be cut from the source.
func foldKeepingLength(s string) folding {
	var f folding
	var b strings.Builder
	for i, r := range s {
		if unicode.IsSpace(r) {
			r = ' '
		} else if r = foldRune(r); r < 0 {
			continue
		}
		n := b.Len()
		b.WriteRune(r)
		for range b.Len() - n {
			f.from = append(f.from, i)
		}
	}
	f.text = b.String()
	f.from = append(f.from, len(s))
	return f
}

// at returns the offset in the source of an offset in the folded text.
func (f folding) at(i int) int { return f.from[min(i, len(f.from)-1)] }

package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/undersigned/undersigned/internal/text"
)

// markerKind is how a list is numbered.
type markerKind int

const (
	noMarker markerKind = iota
	bullet
	numbered // 1. 1) 1- (1) ۱.
	decimal  // 2.1
	lettered // a) (a) a. A) الف)
	roman    // i) (ii) iv.
	spelled  // First, …
)

// marker is the mark at the start of a list item.
type marker struct {
	kind   markerKind
	number string // as written, without the punctuation around it
	value  int    // 1 for the first, 0 if unknown
	sign   string // of a bullet
	size   int    // bytes of the line's text before the item's own words
}

// bullets are the marks that word processors and web pages leave at the start of an item.
const bullets = "•·●◦‣▪▫■□➢➤►✓✔❖⁃∙\uf0b7\uf0a7\uf0d8§"

var (
	markNumbered = regexp.MustCompile(`^[(\[]?(\p{Nd}{1,3})(?:[.)\]]|\s?[-–—:ـ](?:\s|$)|\.\s?-|°[.)]?\s|/\s)\s*`)
	markDecimal  = regexp.MustCompile(`^(\p{Nd}{1,2}(?:\.\p{Nd}{1,2}){1,3})[.)]?\s+`)
	markJoined   = regexp.MustCompile(`^(\p{Nd}{1,2})[-–](\p{L})`)
	markLettered = regexp.MustCompile(`^(?:\(([a-zA-Z]|الف|هـ|[آأا-يپچژگکی])\)|([a-zA-Z]|الف|هـ|[آأا-يپچژگکی])(?:\)|\.\s|\s?[-–]\s))\s*`)
	markRoman    = regexp.MustCompile(`^\(?([ivxIVX]{1,5})(?:\)|\.\s)\s*`)
	markBullet   = regexp.MustCompile(`^(?:[` + bullets + `]\s*|[-–—*+]\s+|o[\t\x{a0}] *)`)
)

var romans = map[string]int{"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}

// letterOrders are the orders in which folded letters number: of the Persian and the Arabic alphabet, and the old one of the
// numerals.
var letterOrders = [...][]string{
	{"الف", "ب", "پ", "ت", "ث", "ج", "چ", "ح", "خ", "د"},
	{"الف", "ب", "ج", "د", "ه", "و", "ز", "ح", "ط", "ی"},
	{"الف", "ب", "پ", "ت", "ج", "چ", "د", "ه", "و", "ز"},
	{"ا", "ب", "ج", "د", "ه", "و", "ز", "ح", "ط", "ی", "ک", "ل", "م", "ن", "س", "ع", "ف", "ص", "ق", "ر", "ش", "ت"},
	{"ا", "ب", "ت", "ث", "ج", "ح", "خ", "د", "ذ", "ر", "ز", "س", "ش", "ص", "ض", "ط", "ظ", "ع", "غ", "ف", "ق", "ک", "ل", "م", "ن", "ه", "و", "ی"},
}

// markerBytes are those of a line in which the mark of an item stands.
const markerBytes = 64

// readMarker recognises the mark at the start of a line; ordinals are the words that number items, nil to leave them aside.
func readMarker(text string, ordinals map[string]int) marker {
	head := text[:min(len(text), markerBytes)]
	if m := markDecimal.FindStringSubmatch(head); m != nil {
		return marker{kind: decimal, number: m[1], size: len(m[0])}
	}
	if m := markNumbered.FindStringSubmatch(head); m != nil && !startsWithDigit(text[len(m[0]):]) {
		return marker{kind: numbered, number: m[1], value: atoi(m[1]), size: len(m[0])}
	}
	if m := markJoined.FindStringSubmatch(head); m != nil {
		return marker{kind: numbered, number: m[1], value: atoi(m[1]), size: len(m[0]) - len(m[2])}
	}
	if m := markRoman.FindStringSubmatch(head); m != nil && romans[strings.ToLower(m[1])] > 0 {
		return marker{kind: roman, number: m[1], value: romans[strings.ToLower(m[1])], size: len(m[0])}
	}
	if m := markLettered.FindStringSubmatch(head); m != nil {
		letter := m[1] + m[2]
		return marker{kind: lettered, number: letter, value: letterValue(letter), size: len(m[0])}
	}
	if m := markBullet.FindString(head); m != "" {
		return marker{kind: bullet, sign: strings.TrimSpace(m), size: len(m)}
	}
	return readSpelled(head, ordinals)
}

// readSpelled recognises "First, …" and «دوم: …».
func readSpelled(head string, ordinals map[string]int) marker {
	at := strings.IndexAny(head, " ,:،-–")
	if at <= 0 || len(ordinals) == 0 {
		return marker{}
	}
	word := head[:at]
	value := ordinals[fold(word)]
	if value == 0 {
		return marker{}
	}
	return marker{kind: spelled, number: word, value: value, size: len(head) - len(strings.TrimLeft(head[at:], " ,:،-–"))}
}

// isItem reports whether the mark is one that lists of names have, too.
func (m marker) isItem() bool { return m.kind == bullet || m.kind == numbered }

func letterValue(letter string) int {
	if caseless(letter) {
		letter = fold(letter)
		for _, order := range letterOrders {
			if at := slices.Index(order, letter); at >= 0 {
				return at + 1
			}
		}
		return 0
	}
	return int(strings.ToLower(letter)[0]-'a') + 1
}

func startsWithDigit(s string) bool {
	for _, r := range s {
		return unicode.IsDigit(r)
	}
	return false
}

// atoi reads a short number in any digits.
func atoi(s string) int {
	n := 0
	for _, r := range s {
		if d := text.Digit(r); d >= 0 && n < 1e8 {
			n = n*10 + d
		}
	}
	return n
}

// follows reports whether m is the next item after last in the same list.
func (m marker) follows(last marker) bool {
	if m.kind != last.kind {
		return m.kind == roman && last.kind == lettered && m.value == 1 && !startsUpper(m.number) && last.value == 8
	}
	switch m.kind {
	case bullet, decimal:
		return true
	case noMarker:
		return false
	case lettered:
		if caseless(m.number) {
			before, own := fold(last.number), fold(m.number)
			return slices.ContainsFunc(letterOrders[:], func(order []string) bool {
				at := slices.Index(order, before)
				return at >= 0 && at+1 < len(order) && order[at+1] == own
			})
		}
	}
	return m.value == last.value+1
}

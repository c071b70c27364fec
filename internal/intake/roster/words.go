package roster

import (
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/text"
)

// words are folded words that mean one thing, in English, French, Persian and Arabic.
type words struct {
	whole map[string]bool
	stems []string
}

// wordsOf reads words that stand apart by blanks. One that ends in * means all that begin so, one that begins with ~ is also
// written with the Arabic article.
func wordsOf(list string) words {
	w := words{whole: map[string]bool{}}
	for word := range strings.FieldsSeq(list) {
		stem, article := strings.HasSuffix(word, "*"), strings.HasPrefix(word, "~")
		folded := text.Fold(word)
		if stem {
			w.stems = append(w.stems, folded)
			continue
		}
		w.whole[folded] = true
		if article {
			w.whole["ال"+folded] = true
		}
	}
	return w
}

func (w words) has(word string) bool {
	if rest, ok := strings.CutPrefix(word, "و"); ok && strings.HasPrefix(rest, "ال") { // "and the" is written as a part of the word
		word = rest
	}
	return w.whole[word] || slices.ContainsFunc(w.stems, func(stem string) bool { return strings.HasPrefix(word, stem) })
}

// in reports whether one of a text's words is among them.
func (w words) in(list []string) bool { return slices.ContainsFunc(list, w.has) }

// cover reports whether each of a text's words is in one of the sets.
func cover(list []string, sets ...words) bool {
	for _, word := range list {
		if !slices.ContainsFunc(sets, func(w words) bool { return w.has(word) }) {
			return false
		}
	}
	return len(list) > 0
}

// wordsIn returns the folded words of a text.
func wordsIn(s string) []string { return strings.Fields(text.Fold(s)) }

func isNumber(word string) bool {
	return strings.Trim(text.LatinDigits(word), "0123456789") == ""
}

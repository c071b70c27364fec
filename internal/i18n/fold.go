package i18n

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the words of a text as they are compared and searched: compatibility forms and marks gone, lower case, and the
// letters of Arabic script that keyboards write in several ways made one. Words are separated by single blanks.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r), r == 0x640: // marks, tatweel
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r):
			r = unicode.ToLower(r)
			if plain, ok := foldedForms[r]; ok {
				b.WriteString(plain)
				continue
			}
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// foldedForms are lower-case letters that keyboards or hurry write in several ways.
var foldedForms = map[rune]string{'ي': "ی", 'ى': "ی", 'ئ': "ی", 'ك': "ک", 'ة': "ه", 'ۀ': "ه", 'ە': "ه", 'أ': "ا", 'إ': "ا",
	'آ': "ا", 'ٱ': "ا", 'ؤ': "و", 'ς': "σ", 'ß': "ss", 'ł': "l", 'đ': "d", 'ð': "d", 'ø': "o", 'ı': "i", 'æ': "ae", 'œ': "oe", 'þ': "th"}

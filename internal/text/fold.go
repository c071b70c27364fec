package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the words of a text as they are compared and searched: compatibility forms and marks gone, lower case, and the
// letters of Arabic script that keyboards write in several ways made one. Words are separated by single blanks.
func Fold(s string) string {
	if !hasOnlyASCII(s) {
		s = norm.NFKD.String(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			b.WriteByte(foldedASCII[r])
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

func hasOnlyASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// foldedASCII maps letters to lower case, digits to themselves, and everything else to a blank.
var foldedASCII = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		table[c] = ' '
		if r := unicode.ToLower(rune(c)); unicode.IsLetter(r) || unicode.IsDigit(r) {
			table[c] = byte(r)
		}
	}
	return table
}()

// foldedForms are lower-case letters that keyboards or hurry write in several ways.
var foldedForms = map[rune]string{'ي': "ی", 'ى': "ی", 'ئ': "ی", 'ك': "ک", 'ة': "ه", 'ۀ': "ه", 'ە': "ه", 'أ': "ا", 'إ': "ا",
	'آ': "ا", 'ٱ': "ا", 'ؤ': "و", 'ς': "σ", 'ß': "ss", 'ł': "l", 'đ': "d", 'ð': "d", 'ø': "o", 'ı': "i", 'æ': "ae", 'œ': "oe", 'þ': "th"}

package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Misleads reports whether a name may have been made to look like another: a word mixes scripts, a word that looks Latin
// throughout but is not stands beside Latin ones or alone, or letters are of the kinds that only imitate others.
func Misleads(name string) bool {
	return mixesScripts(name) || onlyLookAlikes(name) || strings.ContainsFunc(name, imitates)
}

// mixesScripts reports whether a word of the name has letters of two scripts that no writing system mixes, as a look-alike
// made of Latin and Cyrillic letters has (UTS 39, 5.1: single-script word). Han, kana, Hangul and Bopomofo go together,
// and East Asian names take in Latin letters without a blank («NPO法人»).
func mixesScripts(name string) bool {
	word := ""
	for _, r := range name {
		if !unicode.IsLetter(r) {
			if !unicode.Is(unicode.Mn, r) && !isJoiner(r) {
				word = ""
			}
			continue
		}
		script := scriptOf(r)
		switch {
		case script == "" || script == word:
		case word == "" || word == "Latin" && script == "East Asian":
			word = script
		case word == "East Asian" && script == "Latin":
		default:
			return true
		}
	}
	return false
}

// scriptOf returns a script's name, "" for letters that belong to several.
func scriptOf(r rune) string {
	switch {
	case unicode.In(r, unicode.Common, unicode.Inherited):
		return ""
	case unicode.Is(unicode.Latin, r):
		return "Latin"
	case unicode.Is(unicode.Arabic, r):
		return "Arabic"
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return "East Asian"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// onlyLookAlikes reports whether words of Cyrillic or Greek letters look Latin throughout, as «Реасе» does, and nothing
// else in the name tells their script: all its other words are Latin or look it too. «Тарас Шевченко» passes by its
// second word, and a short name alone («Роса») always.
func onlyLookAlikes(name string) bool {
	twins, latin := 0, false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
		case r < unicode.MaxASCII || unicode.Is(unicode.Latin, r):
			latin = true
		case latinTwins[r] != 0:
			twins++
		default:
			return false
		}
	}
	return twins >= 5 || latin && twins > 0
}

// imitates reports whether a letter is a mathematical, enclosed or small-capital copy of a Latin one, or a stroke laid over
// letters, which no name needs.
func imitates(r rune) bool {
	switch {
	case r >= 0x1d400 && r <= 0x1d7ff, r >= 0x2100 && r <= 0x214f && unicode.IsLetter(r), r >= 0x249c && r <= 0x24e9,
		r >= 0x1f110 && r <= 0x1f189, r >= 0x1d00 && r <= 0x1d22, r >= 0x334 && r <= 0x338:
		return true
	}
	return unicode.Is(unicode.Latin, r) && latinTwins[r] != 0
}

// latinTwins are the letters that print like a Latin one (from UTS 39 confusables).
var latinTwins = map[rune]rune{
	'а': 'a', 'А': 'a', 'В': 'b', 'с': 'c', 'С': 'c', 'ԁ': 'd', 'е': 'e', 'Е': 'e', 'һ': 'h', 'Н': 'h', 'і': 'i', 'І': 'i',
	'ј': 'j', 'Ј': 'j', 'К': 'k', 'ӏ': 'l', 'М': 'm', 'о': 'o', 'О': 'o', 'р': 'p', 'Р': 'p', 'ԛ': 'q', 'ѕ': 's', 'Ѕ': 's',
	'Т': 't', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'Х': 'x', 'у': 'y', 'У': 'y', 'Ү': 'y', 'ү': 'y', 'Ӏ': 'i', 'Ԍ': 'g', 'Ԛ': 'q', 'Ԝ': 'w',
	'Α': 'a', 'Β': 'b', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'i', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n', 'ο': 'o', 'Ο': 'o', 'Ρ': 'p',
	'Τ': 't', 'Υ': 'y', 'Χ': 'x', 'ν': 'v', 'α': 'a', 'ι': 'i', 'ρ': 'p', 'ϲ': 'c', 'Ϲ': 'c', 'ϳ': 'j', 'Ϳ': 'j', 'υ': 'u', 'κ': 'k',
	'ɑ': 'a', 'ɡ': 'g', 'ɪ': 'i', 'ʟ': 'l', 'ɴ': 'n', 'ʀ': 'r', 'ʏ': 'y', 'ʙ': 'b', 'ʜ': 'h',
}

// skeletonForms are the letters of Arabic script that look alike beside those that fold makes one, and what Latin letters
// and digits look like in a row.
var skeletonForms = strings.NewReplacer("ہ", "ه", "ھ", "ه", "ە", "ه", "ې", "ی", "ۍ", "ی", "ے", "ی", "ڪ", "ک", "ٮ", "ب", "ڡ", "ف",
	"rn", "m", "vv", "w", "0", "o", "1", "i", "l", "i", "٠", "۰", "١", "۱", "٢", "۲", "٣", "۳", "٧", "۷", "٨", "۸", "٩", "۹", " ", "")

// Skeleton maps a name to what it looks like, so that two names an eye cannot tell apart have one skeleton. It is kept beside what was
// folded for search: a skeleton finds imitations, never a name.
func Skeleton(name string) string {
	return skeletonForms.Replace(Fold(strings.Map(func(r rune) rune {
		if twin, ok := latinTwins[r]; ok {
			return twin
		}
		if r == '|' {
			return 'l'
		}
		return r
	}, norm.NFKC.String(name))))
}

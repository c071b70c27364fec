package importer

import (
	"strconv"
	"strings"
)

// abjad is the old order of the Arabic letters, in which they number.
var abjad = [...]string{
	"أ", "ب", "ج", "د", "هـ", "و", "ز", "ح", "ط", "ي", "ك", "ل", "م", "ن",
	"س", "ع", "ف", "ص", "ق", "ر", "ش", "ت", "ث", "خ", "ذ", "ض", "ظ", "غ",
}

// alpha is the order of the Arabic alphabet.
var alpha = [...]string{
	"أ", "ب", "ت", "ث", "ج", "ح", "خ", "د", "ذ", "ر", "ز", "س", "ش", "ص",
	"ض", "ط", "ظ", "ع", "غ", "ف", "ق", "ك", "ل", "م", "ن", "ه", "و", "ي",
}

// numeral returns a number as lists of a kind show it; the kinds are Word's number formats, and "persianDigits".
func numeral(kind string, value int) string {
	if value < 1 {
		return strconv.Itoa(value)
	}
	switch kind {
	case "lowerLetter", "upperLetter":
		letter := strings.Repeat(string(rune('a'+(value-1)%26)), min(1+(value-1)/26, 8))
		if kind == "upperLetter" {
			letter = strings.ToUpper(letter)
		}
		return letter
	case "lowerRoman":
		return strings.ToLower(romanNumeral(value))
	case "upperRoman":
		return romanNumeral(value)
	case "decimalZero":
		if value < 10 {
			return "0" + strconv.Itoa(value)
		}
	case "arabicAbjad":
		return abjad[(value-1)%len(abjad)]
	case "arabicAlpha":
		return alpha[(value-1)%len(alpha)]
	case "hindiNumbers", "thaiNumbers", "hindiCounting":
		return inDigits(value, map[string]rune{"hindiNumbers": '٠', "thaiNumbers": '๐', "hindiCounting": '०'}[kind])
	case "persianDigits":
		return inDigits(value, '۰')
	case "decimalFullWidth":
		return inDigits(value, '０')
	case "decimalEnclosedParen":
		return "(" + strconv.Itoa(value) + ")"
	case "ordinal":
		return strconv.Itoa(value) + "."
	}
	return strconv.Itoa(value)
}

func inDigits(value int, zero rune) string {
	return strings.Map(func(r rune) rune { return r - '0' + zero }, strconv.Itoa(value))
}

func romanNumeral(value int) string {
	if value > 3999 {
		return strconv.Itoa(value)
	}
	var b strings.Builder
	for _, step := range [...]struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for value >= step.value {
			b.WriteString(step.sign)
			value -= step.value
		}
	}
	return b.String()
}

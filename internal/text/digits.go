package text

import (
	"strings"
	"unicode"
)

// Digit returns the value of a decimal digit of any script, -1 for anything else.
func Digit(r rune) int {
	if r < 0x80 {
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	if !unicode.IsDigit(r) {
		return -1
	}
	// Every script has its ten digits in a row from 0 on, and where rows of ten adjoin the table has them as one range.
	for _, row := range unicode.Nd.R16 {
		if r <= rune(row.Hi) {
			return int(r-rune(row.Lo)) % 10
		}
	}
	for _, row := range unicode.Nd.R32 {
		if r <= rune(row.Hi) {
			return int(r-rune(row.Lo)) % 10
		}
	}
	return -1
}

// LatinDigits writes the digits that people type in their script as programs read them.
func LatinDigits(typed string) string {
	return strings.Map(func(r rune) rune {
		if d := Digit(r); d >= 0 {
			return rune('0' + d)
		}
		return r
	}, typed)
}

package i18n

import "strings"

// LatinDigits writes the digits that people type in Persian or Arabic as programs read them.
func LatinDigits(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		}
		return r
	}, typed)
}

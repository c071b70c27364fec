package page

import (
	"html"
	"strconv"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/i18n"
)

// Badge is a line of text as a picture, about as wide as it is long: a picture cannot ask how wide its letters are.
func Badge(loc *i18n.Locale, text string) string {
	const height, margin, letter = 28, 12, 7.5
	width := strconv.Itoa(2*margin + int(letter*float64(utf8.RuneCountInString(text))))
	return `<svg xmlns="http://www.w3.org/2000/svg" width="` + width + `" height="` + strconv.Itoa(height) + `" role="img" aria-label="` +
		html.EscapeString(text) + `"><rect width="100%" height="100%" rx="4" fill="#1d1d1b"/>` +
		`<text x="50%" y="19" fill="#fff" text-anchor="middle" direction="` + loc.Dir +
		`" font-family="system-ui,sans-serif" font-size="13">` + html.EscapeString(text) + `</text></svg>`
}

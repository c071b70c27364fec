package inbox

import (
	"strings"
	"unicode"
)

// line returns text as one line without characters that could end a header, begin another line or reorder what stands
// beside them. The joiners that scripts need stay.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case r == 0x200c, r == 0x200d, unicode.IsGraphic(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, strings.ToValidUTF8(s, ""))), " ")
}

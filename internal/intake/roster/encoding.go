package roster

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"

	"github.com/undersigned/undersigned/internal/fault"
)

// codePages are what spreadsheets save text in that is not Unicode; of two that read a text alike the first is proposed.
var codePages = []struct {
	name string
	page *charmap.Charmap
}{
	{"windows-1252", charmap.Windows1252}, {"windows-1256", charmap.Windows1256}, {"windows-1250", charmap.Windows1250}, {"windows-1251", charmap.Windows1251},
	{"windows-1253", charmap.Windows1253}, {"windows-1254", charmap.Windows1254}, {"windows-1255", charmap.Windows1255}, {"macintosh", charmap.Macintosh},
}

// Encodings returns the names of the encodings that a list can be read in beside UTF-8 and UTF-16.
func Encodings() (names []string) {
	for _, p := range codePages {
		names = append(names, p.name)
	}
	return names
}

// decode returns the text of a file in UTF-8, in UTF-16 with a byte order mark, or else in the encoding. Lines end in LF.
func decode(data []byte, encoding string) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		text, err := utf.UTF16(utf.LittleEndian, utf.ExpectBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", 0).Because(err)
		}
		data = text
	case encoding != "" && !utf8.Valid(data):
		at := slices.Index(Encodings(), encoding)
		if at < 0 {
			return "", fault.New(fault.Invalid, "roster.encoding_unknown")
		}
		text, err := codePages[at].page.NewDecoder().Bytes(data)
		if err != nil {
			return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", 0).Because(err)
		}
		data = text
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		switch {
		case r == utf8.RuneError && size <= 1:
			if like := Guess(data); like != "" {
				return "", fault.New(fault.Invalid, "roster.encoding", "Encoding", like)
			}
			return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", at)
		case r == 0:
			return "", fault.New(fault.Invalid, "import.binary", "Offset", at)
		}
		at += size
	}
	return lines(strings.ReplaceAll(string(data), "\r\n", "\n")), nil
}

// lines makes LF of CR where lines end in CR alone, as Excel for Mac writes them. What stands between quotes does not count.
func lines(text string) string {
	quoted, cr := false, false
	for i := range len(text) {
		switch text[i] {
		case '"':
			quoted = !quoted
		case '\n':
			if !quoted {
				return text
			}
		case '\r':
			cr = cr || !quoted
		}
	}
	if !cr {
		return text
	}
	return strings.ReplaceAll(text, "\r", "\n")
}

// maxGuessed is how much of a file is looked at to tell its encoding.
const maxGuessed = 64 << 10

// Guess returns the encoding that a text looks like which is neither UTF-8 nor UTF-16, "" if it looks like none.
func Guess(data []byte) (encoding string) {
	if bytes.IndexByte(data, 0) >= 0 {
		return ""
	}
	data = data[:min(len(data), maxGuessed)]
	best := 0
	for _, p := range codePages {
		if n := likely(data, p.page); n > best {
			best, encoding = n, p.name
		}
	}
	return encoding
}

// likely says how much a text looks like words in an encoding: letters count for it where they go with those beside them.
func likely(data []byte, page *charmap.Charmap) (n int) {
	before := ' '
	for _, b := range data {
		r := page.DecodeByte(b)
		accented := r >= utf8.RuneSelf
		switch {
		case r == utf8.RuneError || r >= utf8.RuneSelf && unicode.IsControl(r):
			n -= 5
		case !accented && !(unicode.IsLetter(r) && before >= utf8.RuneSelf):
		case unicode.IsLetter(r) && unicode.IsLetter(before):
			switch {
			case script(r) != script(before), unicode.IsUpper(r) && unicode.IsLower(before):
				n -= 3
			case accented && (script(r) != unicode.Latin || before < utf8.RuneSelf): // accented letters seldom meet
				n += 2
			}
		case accented && unicode.IsLetter(r):
			n++
		case accented && unicode.IsSymbol(r):
			n--
		}
		before = r
	}
	return n
}

func script(r rune) *unicode.RangeTable {
	for _, table := range []*unicode.RangeTable{unicode.Latin, unicode.Arabic, unicode.Cyrillic, unicode.Greek, unicode.Hebrew} {
		if unicode.Is(table, r) {
			return table
		}
	}
	return nil
}

// previewed is how many lines of a list Preview shows, and how much of each.
const (
	previewed  = 4
	maxPreview = 160
)

// Preview returns the first lines of a list as they read in an encoding, those with letters beyond ASCII before others: it is by them
// that somebody tells whether it is the right one.
func Preview(data []byte, encoding string) (shown []string) {
	text, err := decode(data, encoding)
	if err != nil {
		return nil
	}
	var plain []string
	for line := range strings.Lines(text) {
		line, _, _ = Tidy(line)
		if runes := []rune(line); len(runes) > maxPreview {
			line = string(runes[:maxPreview-1]) + "…"
		}
		switch {
		case line == "":
		case strings.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }):
			shown = append(shown, line)
		case len(plain) < previewed:
			plain = append(plain, line)
		}
		if len(shown) == previewed {
			return shown
		}
	}
	return append(shown, plain[:min(len(plain), previewed-len(shown))]...)
}

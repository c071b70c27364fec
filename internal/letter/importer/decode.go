package importer

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/text"
	"golang.org/x/text/unicode/norm"
)

// binaryMagic are the first bytes of formats that people mistake for text.
var binaryMagic = [...]string{"PK\x03\x04", "%PDF-", "\xd0\xcf\x11\xe0", "{\\rtf", "\x1f\x8b"}

// Decode returns the text of UTF-8, or of UTF-16 with a byte order mark.
func Decode(data []byte) (string, error) {
	if order := utf16Order(data); order != nil {
		return decodeUTF16(data, order)
	}
	for _, magic := range binaryMagic {
		if bytes.HasPrefix(data, []byte(magic)) {
			return "", fault.New(fault.Invalid, "import.binary", "Offset", 0)
		}
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return "", fault.New(fault.Invalid, "import.binary", "Offset", at)
	}
	if at := invalidAt(data); at >= 0 {
		return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", at)
	}
	return string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))), nil
}

// invalidAt returns the offset of the first byte that is not UTF-8, or -1.
func invalidAt(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

func utf16Order(data []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return binary.BigEndian
	}
	return nil
}

func decodeUTF16(data []byte, order binary.ByteOrder) (string, error) {
	var b strings.Builder
	b.Grow(len(data))
	for at := 2; at < len(data); at += 2 {
		if at+1 == len(data) {
			return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", at)
		}
		r := rune(order.Uint16(data[at:]))
		switch {
		case r == 0:
			return "", fault.New(fault.Invalid, "import.binary", "Offset", at)
		case utf16.IsSurrogate(r):
			if at+3 >= len(data) {
				return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", at)
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(data[at+2:]))); r == utf8.RuneError {
				return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", at)
			}
			at += 2
		}
		b.WriteRune(r)
	}
	return b.String(), nil
}

// clean normalises to NFC and line ends to \n, and removes characters that show nothing but change how others show. It
// counts the ones nobody types by mistake. The joiners ZWNJ and ZWJ stay: Persian needs them.
func clean(source string) (cleaned string, hidden int) {
	source = norm.NFC.String(strings.ReplaceAll(source, "\r\n", "\n"))
	cleaned = strings.Map(func(r rune) rune {
		switch {
		case text.EndsLine(r):
			return '\n'
		case text.Planted.Forbids(r):
			hidden++
			return -1
		case text.Pasted.Forbids(r):
			return -1
		}
		return r
	}, source)
	return cleaned, hidden
}

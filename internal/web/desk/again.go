package desk

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// maxKept is how large a file is that a form keeps while it is shown again: a browser does not fill in files.
const maxKept = 700 << 10

// keep puts a file that was chosen into the form, or takes the one out that was chosen before.
func keep(v url.Values, name string, data []byte) (string, []byte, error) {
	if len(data) == 0 && v.Get("kept") != "" {
		data, err := base64.StdEncoding.DecodeString(v.Get("kept"))
		if err != nil {
			return "", nil, fault.New(fault.Invalid, "form.encoding")
		}
		return v.Get("kept_name"), data, nil
	}
	v.Del("kept")
	if len(data) > 0 && len(data) <= maxKept {
		v.Set("kept", base64.StdEncoding.EncodeToString(data))
		v.Set("kept_name", name)
	}
	return name, data, nil
}

// fieldOfRefusal is the field of the form that answers why a list was refused.
var fieldOfRefusal = map[string]string{"roster.columns": "columns", "roster.column_number": "columns", "roster.consent": "columns",
	"roster.encoding":         "encoding",
	"roster.encoding_unknown": "encoding"}

// offerAgain shows what was given, and the encodings to choose from once one was asked for.
func (p *IntakePage) offerAgain(typed url.Values) {
	if typed.Get("kept") != "" {
		p.Kept = typed.Get("kept_name")
	}
	if typed.Get("encoding") == "" {
		return
	}
	data, err := base64.StdEncoding.DecodeString(typed.Get("kept"))
	for _, encoding := range roster.Encodings() {
		p.Encodings = append(p.Encodings, page.Option{Value: encoding, Text: encoding})
		if lines := roster.Preview(data, encoding); err == nil && len(lines) > 0 {
			p.Previews = append(p.Previews, PreviewView{encoding, lines[:min(len(lines), 2)]})
		}
	}
}

// columnsOf reads what columns hold, such as "name=2, listing=4", in any digits.
func columnsOf(typed string) (columns map[roster.Field]int, ok bool) {
	columns = map[roster.Field]int{}
	for part := range strings.FieldsFuncSeq(text.LatinDigits(typed), func(r rune) bool { return strings.ContainsRune(",،;؛ \t\r\n\u200e\u200f", r) }) {
		name, number, _ := strings.Cut(part, "=")
		field := roster.Field(strings.ToLower(name))
		n, err := strconv.Atoi(number)
		if err != nil || !slices.Contains(roster.Fields, field) {
			return nil, false
		}
		columns[field] = n
	}
	return columns, true
}

// Package importer owns the reading of letters written elsewhere: it turns the bytes of a text or Markdown file into a
// Draft that an editor checks before anything is published.
//
// It promises that nothing is invented: every string of a Draft stands in the source, white space and markup aside, and
// what the source does not say stays empty; that it is pure (no file, no clock, no network) and answers in time
// proportional to the size of the source; and that it never fails on what a letter says, only on bytes it cannot read.
// Whatever it was unsure of is a Warning.
//
// It must not know letters as they are stored, editions, the command line or any language but through its word tables.
//
// Reading has three steps. A front (text.go) turns bytes into lines, knowing one file format. The rules (letter.go and
// the files named after a part of a letter) find the parts, knowing how letters are built. The word tables (lang_*.go)
// say which words a language uses for it. A new format is one more front, a new language one more table.
package importer

import (
	"path/filepath"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

// Limit is the largest source, in bytes, that Read takes.
const Limit = 4 << 20

// front turns decoded text into at most maxLines lines and the text behind them; one for each file format.
type front func(text string) (lines []line, rest string)

var fronts = map[string]front{
	".txt":      readText,
	".text":     readText,
	".md":       readMarkdown,
	".markdown": readMarkdown,
}

// Read turns the bytes of the named file into a draft letter. The name only tells the format, by its extension.
//
// Its errors are of *fault.Error: import.format (unknown extension), import.empty, import.too_large, import.binary and
// import.not_utf8 with the byte Offset of the first wrong byte.
func Read(name string, data []byte) (*Draft, error) {
	ext := strings.ToLower(filepath.Ext(name))
	open, ok := fronts[ext]
	switch {
	case !ok:
		return nil, fault.New(fault.Invalid, "import.format", "Extension", ext)
	case len(data) > Limit:
		return nil, fault.New(fault.TooLarge, "import.too_large", "Limit", Limit, "Size", len(data))
	}
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	text, hidden := clean(text)
	if strings.TrimSpace(text) == "" {
		return nil, fault.New(fault.Invalid, "import.empty")
	}
	r := newReader(open(text))
	if hidden > 0 {
		r.warn("hidden_characters", "Count", hidden)
	}
	return r.read(), nil
}

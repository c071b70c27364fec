// Package importer owns the reading of letters written elsewhere: it turns the bytes of a text, Markdown, HTML or Word file
// into a Draft that an editor checks before anything is published.
//
// It promises that nothing is lost in silence: every line ends in the letter, in a field, or in what was left out; that nothing is
// invented: every string of a Draft stands in the source as it is shown, white space aside, and
// what the source does not say stays empty; that it fetches nothing a file names and unpacks no more than the limits here;
// that it is pure (no file, no clock, no network) and answers in time proportional to the size of the source; and that it
// never fails on what a letter says, only on bytes it cannot read. Whatever it was unsure of is a Warning.
//
// It must not know letters as they are stored, editions, the command line or any language but through its word tables.
//
// Reading has three steps. A front (text.go, markdown.go, html.go, docx.go) turns bytes into lines, knowing one file format; those of
// formatted documents write them through a flow (flow.go). The rules find the parts of a letter and what each says: readLetter
// (reader.go) calls one phase after another, each in the file named after its part, and a phase takes lines and returns what
// it found. Rules know how letters are built, and scripts, but no language: the word tables (words.go, lang_*.go) say which
// words a language uses. A new format is one more front, a new language one more table.
package importer

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

// Limit is the largest text, in bytes, that Read takes.
const Limit = 4 << 20

// archiveLimit is the largest packed document; most of one are its pictures, which are not read.
const archiveLimit = 32 << 20

// page is what a front reads from a file.
type page struct {
	lines    []line // at most maxLines
	rest     string // the text behind them
	language string // BCP 47, as the file says; "" if it does not
	deadline string // a date, as a property of the file says; "" if none does
	hidden   int    // characters removed that show nothing but change how others show
	leftOut  []LeftOut
	warnings []string
}

// format is a file format that letters are read from.
type format struct {
	read  func(data []byte) (page, error)
	limit int // of a file, in bytes
}

var formats = map[string]format{
	".txt":      {textual(readText), Limit},
	".text":     {textual(readText), Limit},
	".md":       {textual(readMarkdown), Limit},
	".markdown": {textual(readMarkdown), Limit},
	".html":     {readHTML, Limit},
	".htm":      {readHTML, Limit},
	".xhtml":    {readHTML, Limit},
	".docx":     {readDOCX, archiveLimit},
	".doc":      {readDOC, archiveLimit},
}

// folderExtensions are those of the files of a folder that are meant to be letters.
var folderExtensions = []string{".txt", ".md", ".html", ".htm", ".docx"}

// InFolder reports whether a file of a folder is one to read, by its name.
func InFolder(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "~$") && slices.Contains(folderExtensions, extension(name))
}

// LimitOf returns how large the named file may be, in bytes.
func LimitOf(name string) int { return max(formats[extension(name)].limit, Limit) }

func extension(name string) string { return strings.ToLower(filepath.Ext(name)) }

// Read turns the bytes of the named file into a draft letter. The name only tells the format, by its extension.
//
// Its errors are of *fault.Error: import.format (unknown extension), import.empty, import.too_large, import.too_complex,
// import.binary and import.not_utf8 with the byte Offset of the first wrong byte; for packed documents import.not_docx,
// import.old_word, import.part (with the Part that cannot be read) and import.unpacked.
func Read(name string, data []byte) (*Draft, error) {
	p, err := open(name, data)
	if err != nil {
		return nil, err
	}
	return readLetter(p), nil
}

// open reads the lines of a file of any format.
func open(name string, data []byte) (page, error) {
	ext := extension(name)
	f, ok := formats[ext]
	switch {
	case !ok:
		return page{}, fault.New(fault.Invalid, "import.format", "Extension", ext)
	case len(data) > f.limit:
		return page{}, fault.New(fault.TooLarge, "import.too_large", "Limit", f.limit, "Size", len(data))
	}
	p, err := f.read(data)
	if err == nil && len(p.lines) == 0 && p.rest == "" {
		err = fault.New(fault.Invalid, "import.empty")
	}
	return p, err
}

// textual makes a reader of bytes of one that knows text.
func textual(read func(text string) page) func(data []byte) (page, error) {
	return func(data []byte) (page, error) {
		text, err := Decode(data)
		if err != nil {
			return page{}, err
		}
		text, hidden := clean(text)
		if strings.TrimSpace(text) == "" {
			return page{}, nil
		}
		p := read(text)
		if len(p.lines) == 0 && p.rest == "" { // nothing but rules and comments
			p.lines = []line{{}}
		}
		p.hidden = hidden
		return p, nil
	}
}

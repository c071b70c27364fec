package roster

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/undersigned/undersigned/internal/fault"
)

// readCSV reads comma-, semicolon-, tab- or bar-separated text, as spreadsheets save it.
func readCSV(data []byte, encoding string) (t table, err error) {
	text, err := decode(data, encoding)
	if err != nil {
		return t, err
	}
	separator := rune(0)
	if line, rest, found := strings.Cut(text, "\n"); found && strings.HasPrefix(line, "sep=") { // a note of Excel's to itself
		if sep := strings.TrimRight(line[len("sep="):], "\r"); utf8.RuneCountInString(sep) == 1 {
			separator, _ = utf8.DecodeRuneInString(sep)
			text = "\n" + rest // keeps the numbers of lines
		}
	}
	if separator == 0 || separator == '"' || separator == utf8.RuneError {
		separator = separatorOf(text)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = separator, -1, true, separator != '\t'
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			return t, fault.New(fault.Invalid, "roster.line", "Line", e.StartLine).Because(err)
		}
		if err != nil {
			return t, err
		}
		line, _ := r.FieldPos(0)
		if err := t.add(row{line: line, cells: cells}); err != nil {
			return t, err
		}
	}
}

func (t *table) add(r row) error {
	if len(t.rows) >= MaxRows {
		return fault.New(fault.TooLarge, "roster.rows", "Limit", MaxRows)
	}
	if len(r.cells) > maxColumns {
		r.cells = slices.Clone(r.cells[:maxColumns]) // or the whole row would stay in memory
	}
	t.rows = append(t.rows, r)
	return nil
}

// separators in the order of preference.
var separators = []rune{',', ';', '\t', '|'}

// separatorOf returns the separator that divides most of the first lines into the same number of cells; of two, the one
// that makes more cells.
func separatorOf(text string) rune {
	sample := text[:min(len(text), 64<<10)]
	best, most, wide := ',', 0, 0
	for _, sep := range separators {
		r := csv.NewReader(strings.NewReader(sample))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = sep, -1, true
		widths := map[int]int{} // how many lines have so many cells
		for range 50 {
			cells, err := r.Read()
			if err != nil {
				break
			}
			if len(cells) > 1 {
				widths[len(cells)]++
			}
		}
		for width, lines := range widths {
			if lines > most || lines == most && width > wide {
				best, most, wide = sep, lines, width
			}
		}
	}
	return best
}

// Bounds of an XLSX file's parts. archive/zip refuses a part that is larger than it says.
const (
	maxParts    = 2000
	maxInflated = 50 << 20
	maxRatio    = 150 // of inflated to packed, once it matters
)

// readXLSX reads the first visible sheet that holds anything.
func readXLSX(data []byte) (t table, err error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return t, fault.New(fault.Invalid, "roster.not_xlsx").Because(err)
	}
	inflated := uint64(0)
	for _, f := range archive.File {
		inflated += f.UncompressedSize64
		if len(archive.File) > maxParts || inflated > maxInflated || f.UncompressedSize64 > maxInflated ||
			inflated > 1<<20 && inflated/maxRatio > uint64(len(data)) {
			return t, fault.New(fault.TooLarge, "roster.bomb")
		}
	}
	defer func() {
		if p := recover(); p != nil { // the library is known to panic on some damaged files
			t, err = table{}, fault.New(fault.Invalid, "roster.not_xlsx")
		}
	}()
	// Both limits alike keep every part in memory: beyond the second the library would write names to a temporary file.
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxInflated, UnzipXMLSizeLimit: maxInflated})
	if err != nil {
		return t, fault.New(fault.Invalid, "roster.not_xlsx").Because(err)
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err != nil || !visible {
			continue
		}
		if t, err = readSheet(book, sheet); err != nil || len(t.rows) > 0 {
			return t, err
		}
	}
	return t, nil
}

func readSheet(book *excelize.File, sheet string) (t table, err error) {
	t.sheet = sheet
	rows, err := book.Rows(sheet)
	if err != nil {
		return t, fault.New(fault.Invalid, "roster.not_xlsx").Because(err)
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return t, fault.New(fault.Invalid, "roster.line", "Line", line).Because(err)
		}
		r := row{line: line, cells: cells}
		if r.empty() {
			if line > 2*MaxRows {
				return t, fault.New(fault.TooLarge, "roster.rows", "Limit", MaxRows)
			}
			continue
		}
		if err := t.add(r); err != nil {
			return t, err
		}
	}
	return t, rows.Error()
}

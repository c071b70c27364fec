package roster_test

import (
	"archive/zip"
	"bytes"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake/roster"
)

func zipOf(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range parts {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sane fails unless the outcome of Read is a message for its user or a list whose every line can be stored.
func sane(t *testing.T, r *roster.Roster, err error) {
	t.Helper()
	if err != nil {
		if len(fault.All(err)) == 0 {
			t.Fatalf("not for a user: %v", err)
		}
		return
	}
	last := 0
	for _, e := range r.Entries {
		if e.Line <= last {
			t.Fatalf("line %d after line %d", e.Line, last)
		}
		last = e.Line
		for _, text := range []string{e.Name, e.Title, e.Affiliation, e.Organisation, e.Email, e.Country} {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\n\r\u202e\u200f") || text != strings.TrimSpace(text) {
				t.Fatalf("line %d: %q", e.Line, text)
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"Name,Country\nAnn,FR\n", "sep=;\nName;Title\n\"a\n b\";c", "\ufeffنام|کشور\nشیرین|IR", "\"", "a\tb\r\rc", "Name\n\"\"\"\"", "\xff\xfeN\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := roster.Read("list.csv", data, nil)
		sane(t, r, err)
	})
}

func FuzzXLSX(f *testing.F) {
	whole := sheet(f, []any{"Name", "Country"}, []any{"Ann", "FR"}, []any{"شیرین", "ایران"})
	f.Add(whole, 0, byte(0))
	f.Add(whole, 700, byte(0xff))
	f.Add([]byte("PK\x03\x04"), 0, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		if at >= 0 && at < len(data) {
			data = bytes.Clone(data)
			data[at] ^= flip
		}
		r, err := roster.Read("list.xlsx", data, nil)
		sane(t, r, err)
	})
}

// FuzzSheet changes the XML inside a file that is otherwise whole.
func FuzzSheet(f *testing.F) {
	f.Add(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row><row r="9999999"><c r="XFD1" t="s"><v>77</v></c></row></sheetData></worksheet>`, "")
	f.Add(`<!DOCTYPE a [<!ENTITY b "c">]><worksheet><sheetData><row><c t="e"><v>&b;</v></c></row></sheetData></worksheet>`, `<sst><si><t>a</t></si></sst>`)
	f.Fuzz(func(t *testing.T, xml, shared string) {
		r, err := readParts(t, xml, shared)
		sane(t, r, err)
	})
}

// readParts reads an XLSX file that has nothing but one sheet.
func readParts(t testing.TB, xml, shared string) (*roster.Roster, error) {
	t.Helper()
	return roster.Read("list.xlsx", zipOf(t, map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   xml, "xl/sharedStrings.xml": shared}), nil)
}

// A row that names its last column would keep sixteen thousand cells in memory.
func TestRead_wideRowsAreCut(t *testing.T) {
	var rows strings.Builder
	for range 3000 {
		rows.WriteString(`<row><c r="A1" t="inlineStr"><is><t>Ann</t></is></c><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>`)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := readParts(t, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`+rows.String()+`</sheetData></worksheet>`, "")
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err == nil && len(r.Entries) == 0 {
		t.Error("nothing was read")
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d MiB are kept", grown>>20)
	}
	runtime.KeepAlive(r)
}

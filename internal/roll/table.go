package roll

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"encoding/xml"
	"io"
	"iter"

	"github.com/undersigned/undersigned/internal/text"
)

// Row is a line of a table, the headings among them.
type Row = []string

// WriteCSVTable writes a table in the form of RFC 4180, in UTF-8 with the byte order mark by which spreadsheets know it. No
// cell is taken for a formula.
func WriteCSVTable(w io.Writer, rows iter.Seq2[Row, error]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for cells, err := range rows {
		if err != nil {
			return err
		}
		for i := range cells {
			cells[i] = notFormula(text.Turning.Drop(cells[i]))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// The parts of an XLSX file beside its sheet (ECMA-376, 18).
var xlsxParts = []struct{ name, text string }{
	{"[Content_Types].xml",
		`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
	{"xl/workbook.xml",
		`<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
			`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
			`<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
}

// WriteXLSX writes a table as a workbook of one sheet, row by row: the library that reads such files would hold it in memory
// or put names into a temporary file. Every cell is text, so none is a formula. rtl has its columns begin at the right.
func WriteXLSX(w io.Writer, rtl bool, rows iter.Seq2[Row, error]) error {
	z := zip.NewWriter(w)
	for _, part := range xlsxParts {
		f, err := z.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, xml.Header+part.text); err != nil {
			return err
		}
	}
	f, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f) // its errors stay until Flush
	view := ""
	if rtl {
		view = `<sheetViews><sheetView rightToLeft="1" workbookViewId="0"/></sheetViews>`
	}
	_, _ = out.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + view + `<sheetData>`)
	for cells, err := range rows {
		if err != nil {
			return err
		}
		_, _ = out.WriteString("<row>")
		for _, cell := range cells {
			_, _ = out.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`)
			_ = xml.EscapeText(out, []byte(text.Turning.Drop(cell)))
			_, _ = out.WriteString("</t></is></c>")
		}
		_, _ = out.WriteString("</row>")
	}
	_, _ = out.WriteString("</sheetData></worksheet>")
	if err := out.Flush(); err != nil {
		return err
	}
	return z.Close()
}

package document

import (
	"fmt"
	"strings"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

type namedStyle struct{ id, name string }

// partStyles are those that all paragraphs of a part have or are based on. The importer knows them by their names, and leaves the parts
// out of a letter that is read back.
var partStyles = map[Part]namedStyle{
	TheCover:       {"UndersignedCover", importer.CoverStyle},
	TheSignatories: {"UndersignedSignatories", importer.SignatoriesStyle},
	TheSheet:       {"UndersignedSheet", importer.SheetStyle},
}

// fieldStyles are the styles of words in an address or a signature; they change no looks. By their names the importer knows what each is.
var fieldStyles = [...]namedStyle{FormOfAddress: {"LetterFormOfAddress", importer.BeforeStyle}, Name: {"LetterName", importer.NameStyle},
	Office: {"LetterOffice", importer.OfficeStyle}, AddressLine: {"LetterAddress", importer.AddressStyle},
	Function: {"LetterRole", importer.RoleStyle}, Organisation: {"LetterOrganisation", importer.OrganisationStyle}}

// styles writes the styles. Names of Word's own are in English whatever its language.
func (x *wordWriter) styles() string {
	rules := x.doc.rules()
	size := rules.halfPoints
	if size == 0 {
		size = 22
	}
	var b strings.Builder
	languages := fmt.Sprintf(`<w:lang w:val="%s" w:eastAsia="zh-CN" w:bidi="ar-SA"/>`, xmlText(x.doc.Language))
	if x.rtl() {
		languages = fmt.Sprintf(`<w:lang w:val="en" w:eastAsia="zh-CN" w:bidi="%s"/>`, xmlText(x.doc.Language))
	}
	fmt.Fprintf(&b, `<w:docDefaults><w:rPrDefault><w:rPr>%s<w:sz w:val="%d"/><w:szCs w:val="%d"/>%s</w:rPr></w:rPrDefault>`+
		`<w:pPrDefault><w:pPr><w:spacing w:after="140" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>`,
		fontOf("Times New Roman"), size, size+2*bigger(rules.plain), languages)
	style := func(kind, id, name, based, paragraph, run string) {
		if rules.plain { // one size, no bold, no italics, no colours
			run = ""
		}
		first := ""
		if id == "Normal" || id == "TableNormal" {
			first = ` w:default="1"`
		}
		fmt.Fprintf(&b, `<w:style w:type="%s"%s w:styleId="%s"><w:name w:val="%s"/>`, kind, first, id, name)
		if based != "" {
			fmt.Fprintf(&b, `<w:basedOn w:val="%s"/>`, based)
		}
		b.WriteString(`<w:qFormat/>`)
		if paragraph != "" {
			b.WriteString("<w:pPr>" + paragraph + "</w:pPr>")
		}
		if run != "" {
			b.WriteString("<w:rPr>" + run + "</w:rPr>")
		}
		if kind != "table" {
			b.WriteString("</w:style>")
		}
	}
	sized := func(halfPoints int) string {
		return fmt.Sprintf(`<w:sz w:val="%d"/><w:szCs w:val="%d"/>`, halfPoints, halfPoints+2)
	}
	const (
		bold, italic, grey = "<w:b/><w:bCs/>", "<w:i/><w:iCs/>", `<w:color w:val="595959"/>`
		keep, together     = "<w:keepNext/>", "<w:keepLines/>"
	)
	space := func(before, after int) string {
		return fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d"/>`, before, after)
	}
	outline := func(level int) string { return fmt.Sprintf(`<w:outlineLvl w:val="%d"/>`, level) }
	paragraph := func(id, name, based, paragraph, run string) { style("paragraph", id, name, based, paragraph, run) }
	paragraph("Normal", "Normal", "", "", "")
	paragraph("Title", "Title", "Normal", keep+together+space(240, 120), bold+sized(32))
	paragraph("Subtitle", "Subtitle", "Normal", together+space(0, 200), italic+sized(24))
	for i := range 6 {
		paragraph(fmt.Sprintf("Heading%d", i+1), fmt.Sprintf("heading %d", i+1), "Normal", keep+together+space(280, 100)+outline(i), bold+sized(max(28-2*i, 22)))
	}
	paragraph("InsideAddress", "Inside Address", "Normal", together+space(120, 200), "")
	paragraph("Date", "Date", "Normal", space(120, 200), "")
	paragraph("Salutation", "Salutation", "Normal", keep+space(240, 140), "")
	paragraph("Closing", "Closing", "Normal", keep+space(240, 140), "")
	paragraph("Signature", "Signature", "Normal", together+space(240, 140), "")
	paragraph("ListParagraph", "List Paragraph", "Normal", "", "")
	paragraph("ListContinue", "List Continue", "Normal", "", "")
	paragraph("Quote", "Quote", "Normal", "", "")
	paragraph("CodeLines", "HTML Preformatted", "Normal", "", fontOf("Courier New")+sized(19))
	paragraph("TableText", "Table Text", "Normal", space(40, 40), sized(20))
	paragraph("TableTextSmall", "Table Text Small", "TableText", "", sized(15))
	paragraph("Picture", "Picture", "Normal", space(140, 60), "")
	paragraph("Caption", "caption", "Normal", space(0, 200), sized(18))
	paragraph("Rule", importer.RuleStyle, "Normal", `<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="7F7F7F"/></w:pBdr>`+space(0, 200), "")
	paragraph("Header", "header", "Normal", space(0, 0), grey+sized(17))
	paragraph("Footer", "footer", "Normal", space(0, 0)+`<w:jc w:val="center"/>`, grey+sized(17))
	paragraph("FootnoteText", "footnote text", "Normal", space(0, 60), sized(18))
	paragraph("UndersignedRemark", importer.RemarkStyle, "Normal", "", grey+sized(18))
	paragraph("UndersignedSubmitters", importer.RemarkStyle+" Submitters", "UndersignedRemark", "", `<w:color w:val="auto"/>`+sized(size))
	paragraph("UndersignedLetterhead", importer.LetterheadStyle, "Normal", space(0, 0), grey+sized(17))
	paragraph("UndersignedLetterheadName", importer.LetterheadStyle+" Name", "UndersignedLetterhead", space(40, 20), bold+`<w:color w:val="auto"/>`+sized(21))
	for _, part := range [...]namedStyle{partStyles[TheCover], partStyles[TheSignatories], partStyles[TheSheet]} {
		if part.id == partStyles[TheCover].id { // a letter of its own
			paragraph(part.id, part.name, "Normal", "", "")
		} else {
			paragraph(part.id, part.name, "Normal", `<w:spacing w:before="30" w:after="30" w:line="240" w:lineRule="auto"/>`, sized(19))
		}
		paragraph(part.id+"Heading1", part.name+" Heading 1", part.id, keep+together+space(0, 140)+outline(0), bold+sized(26))
		paragraph(part.id+"Heading2", part.name+" Heading 2", part.id, keep+together+space(240, 100)+outline(1), bold+sized(23))
		paragraph(part.id+"Remark", part.name+" Remark", part.id, space(40, 100), grey+sized(18))
		paragraph(part.id+"Code", part.name+" Code", part.id, "", sized(15))
	}
	character := func(id, name, run string) { style("character", id, name, "", "", run) }
	character("Hyperlink", "Hyperlink", `<w:color w:val="0B4F9E"/><w:u w:val="single"/>`)
	character("CodeCharacters", "HTML Code", fontOf("Courier New"))
	for _, s := range fieldStyles[1:] {
		character(s.id, s.name, "")
	}
	b.WriteString(`<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/>` +
		`<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>`)

	const cells = `<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="80" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>` +
		`<w:right w:w="80" w:type="dxa"/></w:tblCellMar>`
	line := func(side string, eighths int) string {
		return fmt.Sprintf(`<w:%s w:val="single" w:sz="%d" w:space="0" w:color="7F7F7F"/>`, side, eighths)
	}
	style("table", "TableNormal", "Normal Table", "", "", "")
	b.WriteString(`<w:tblPr>` + cells + `</w:tblPr></w:style>`)
	style("table", "PlainTable", "Undersigned Plain Table", "TableNormal", "", "")
	b.WriteString(`<w:tblPr>` + cells + `</w:tblPr></w:style>`)
	style("table", "UndersignedLetterheadTable", "Undersigned Letterhead Table", "TableNormal", "", "")
	b.WriteString(`<w:tblPr><w:tblBorders>` + line("bottom", 6) + `</w:tblBorders>` + cells + `</w:tblPr></w:style>`)
	style("table", "LetterTable", "Undersigned Table", "TableNormal", "", "")
	head := bold
	if rules.plain {
		head = ""
	}
	b.WriteString(`<w:tblPr><w:tblBorders>` + line("top", 6) + line("bottom", 6) + line("insideH", 2) + `</w:tblBorders>` + cells + `</w:tblPr>` +
		`<w:tblStylePr w:type="firstRow"><w:rPr>` + head + `</w:rPr></w:tblStylePr></w:style>`)
	return b.String()
}

// fontOf names a font that every word processor has, or one of the same widths.
func fontOf(name string) string {
	return fmt.Sprintf(`<w:rFonts w:ascii="%[1]s" w:eastAsia="%[1]s" w:hAnsi="%[1]s" w:cs="%[1]s"/>`, name)
}

// bigger is by how much letters of complex scripts are larger than others, in points: at the same size they look smaller.
func bigger(plain bool) int {
	if plain {
		return 0
	}
	return 1
}

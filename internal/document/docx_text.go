package document

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"

	"github.com/undersigned/undersigned/internal/i18n"
)

// wordParagraph is what a paragraph is, apart from its words.
type wordParagraph struct {
	style    string // its id
	language string // "" if that of the document
	list     int    // number of the list that it begins an item of
	level    int
	align    Align
	close    bool // with little room below, within a list
	keep     bool // it stands on the page of what follows it
	foreign  bool // its words say whether it is read from the right or the left: a name or an address may be in another language
}

// paragraph writes one.
func (x *wordWriter) paragraph(p wordParagraph, runs []Run) {
	rtl := i18n.Direction(x.languageOf(p.language)) == "rtl"
	if text := plainOf(runs); p.foreign && strings.ContainsFunc(text, unicode.IsLetter) {
		rtl = isRTLText(text)
	}
	x.begin(p, rtl)
	x.runs(runs, x.languageOf(p.language), rtl)
	x.part.WriteString("</w:p>")
}

// begin writes a paragraph up to its words. The order of properties is that of the schema; Word refuses another.
func (x *wordWriter) begin(p wordParagraph, rtl bool) {
	x.tabled = false
	b := x.part
	b.WriteString("<w:p><w:pPr>")
	if p.style != "" {
		fmt.Fprintf(b, `<w:pStyle w:val="%s"/>`, p.style)
	}
	if p.keep {
		b.WriteString("<w:keepNext/>")
	}
	if x.breaks {
		b.WriteString("<w:pageBreakBefore/>")
		x.breaks = false
	}
	if p.list > 0 {
		fmt.Fprintf(b, `<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, p.level, p.list)
	}
	if rtl {
		b.WriteString("<w:bidi/>")
	}
	if p.close {
		b.WriteString(`<w:spacing w:after="60"/>`)
	}
	if x.indent > 0 && p.list == 0 {
		fmt.Fprintf(b, `<w:ind w:left="%d"/>`, x.indent)
	}
	// Of a paragraph from right to left "left" is where its lines begin. All begins at the margin of the letter's own language.
	switch against := rtl != x.rtl(); {
	case p.align == Centre:
		b.WriteString(`<w:jc w:val="center"/>`)
	case p.align == Start && against, p.align == Left && rtl, p.align == Right && !rtl:
		b.WriteString(`<w:jc w:val="right"/>`)
	}
	b.WriteString("</w:pPr>")
}

// runs writes words. Those of one link stand in one.
func (x *wordWriter) runs(runs []Run, language string, rtl bool) {
	for len(runs) > 0 {
		n, link := 1, wordLink(runs[0].Link)
		if link == "" {
			x.run(runs[0], language, rtl, false)
			runs = runs[1:]
			continue
		}
		for n < len(runs) && runs[n].Link == runs[0].Link {
			n++
		}
		fmt.Fprintf(x.part, `<w:hyperlink r:id="%s">`, x.part.refer(wordRelation{"hyperlink", link, true}))
		for _, r := range runs[:n] {
			x.run(r, language, rtl, true)
		}
		x.part.WriteString("</w:hyperlink>")
		runs = runs[n:]
	}
}

// wordLink returns an address as Word takes one: a file with an address that is none counts as broken.
func wordLink(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "mailto" && u.Host == "" {
		return ""
	}
	if strings.ContainsAny(address, "\"<>\\^`{|}") || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return u.String()
	}
	return address
}

func (x *wordWriter) run(r Run, language string, rtl, linked bool) {
	if r.Note > 0 && x.note(r) {
		return
	}
	if r.Language != "" {
		language = r.Language
	}
	rules := x.doc.rules()
	var before strings.Builder
	switch {
	case r.Note > 0:
		before.WriteString(`<w:rStyle w:val="FootnoteReference"/>`)
	case r.Field != NoField:
		before.WriteString(`<w:rStyle w:val="` + fieldStyles[r.Field].id + `"/>`)
	case linked:
		before.WriteString(`<w:rStyle w:val="Hyperlink"/>`)
	case r.Code && !rules.plain:
		before.WriteString(`<w:rStyle w:val="CodeCharacters"/>`)
	}
	if r.Bold && !rules.plain {
		before.WriteString("<w:b/><w:bCs/>")
	}
	if r.Italic && !rules.plain {
		before.WriteString("<w:i/><w:iCs/>")
	}
	if r.Strike {
		before.WriteString("<w:strike/>")
	}
	for _, piece := range directed(r.Text, rtl) {
		properties := before.String() + direction(piece.rtl)
		if (i18n.Direction(language) == "rtl") == piece.rtl && language != x.doc.Language {
			properties += languageMark(language)
		}
		x.part.WriteString("<w:r>")
		if properties != "" {
			x.part.WriteString("<w:rPr>" + properties + "</w:rPr>")
		}
		x.text(piece.text)
		x.part.WriteString("</w:r>")
	}
}

// direction is the property of words that are read from right to left: Word takes their looks from those of complex scripts.
func direction(rtl bool) string {
	if rtl {
		return "<w:rtl/>"
	}
	return ""
}

// languageMark says which language words are in; those from right to left have an attribute of their own.
func languageMark(language string) string {
	if i18n.Direction(language) == "rtl" {
		return `<w:lang w:bidi="` + xmlText(language) + `"/>`
	}
	return `<w:lang w:val="` + xmlText(language) + `"/>`
}

// text writes the words of a run, with its breaks.
func (x *wordWriter) text(text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			x.part.WriteString("<w:br/>")
		}
		for j, words := range strings.Split(line, "\t") {
			if j > 0 {
				x.part.WriteString("<w:tab/>")
			}
			if words != "" {
				x.part.WriteString(`<w:t xml:space="preserve">` + xmlText(words) + `</w:t>`)
			}
		}
	}
}

// note writes the mark of a note, which Word numbers itself. A note has one mark; what refers to it again refers to that. Within
// notes there are none: their marks are words.
func (x *wordWriter) note(r Run) bool {
	if x.part == &x.notes || r.Note > len(x.doc.Notes) {
		return false
	}
	const style = `<w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>`
	if x.referred[r.Note] {
		fmt.Fprintf(x.part, `<w:fldSimple w:instr=" NOTEREF _Note%d \f \h "><w:r>%s<w:t>%s</w:t></w:r></w:fldSimple>`, r.Note, style, xmlText(r.Text))
		return true
	}
	x.referred[r.Note] = true
	fmt.Fprintf(x.part, `<w:bookmarkStart w:id="%[1]d" w:name="_Note%[1]d"/><w:r>%[2]s<w:footnoteReference w:id="%[1]d"/></w:r><w:bookmarkEnd w:id="%[1]d"/>`,
		r.Note, style)
	return true
}

// directedText is words of one direction.
type directedText struct {
	text string
	rtl  bool
}

// directed cuts text where its direction changes. A word processor works the order out by itself, but from the script of a run it
// takes the font, and the side on which it draws the marks at its ends. Digits go with the words before them, marks and spaces with
// those around them, and where these differ with the paragraph.
func directed(text string, rtl bool) (list []directedText) {
	type piece struct {
		from, to int
		known    bool
		rtl      bool
	}
	var pieces []piece
	strong := rtl
	for i, r := range text {
		p := piece{from: i, to: i + utf8.RuneLen(r)}
		if r == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(text[i:])
			p.to = i + size
		}
		properties, _ := bidi.LookupRune(r)
		switch properties.Class() {
		case bidi.L:
			p.known, strong = true, false
		case bidi.R, bidi.AL:
			p.known, p.rtl, strong = true, true, true
		case bidi.EN, bidi.AN:
			p.known, p.rtl = true, strong
		}
		if last := len(pieces) - 1; last >= 0 && pieces[last].known == p.known && (!p.known || pieces[last].rtl == p.rtl) {
			pieces[last].to = p.to
			continue
		}
		pieces = append(pieces, p)
	}
	for i, p := range pieces {
		if !p.known {
			before, after := rtl, rtl
			if i > 0 {
				before = pieces[i-1].rtl
			}
			if i+1 < len(pieces) {
				after = pieces[i+1].rtl
			}
			if p.rtl = rtl; before == after {
				p.rtl = before
			}
		}
		if last := len(list) - 1; last >= 0 && list[last].rtl == p.rtl {
			list[last].text += text[p.from:p.to]
		} else {
			list = append(list, directedText{text[p.from:p.to], p.rtl})
		}
	}
	return list
}

// xmlText writes text so that it can stand in an element or an attribute. What XML cannot hold is left out.
func xmlText(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r < ' ' && r != '\n' && r != '\t' && r != '\r', r == utf8.RuneError, r == 0xfffe, r == 0xffff:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

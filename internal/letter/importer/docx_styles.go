package importer

import (
	"strconv"
	"strings"
)

// The styles of what a document that was made of a letter has beside its text. A paragraph whose style is one of them, or based on one,
// is no part of the letter.
const (
	LetterheadStyle  = "Undersigned Letterhead"
	CoverStyle       = "Undersigned Cover"
	RemarkStyle      = "Undersigned Remark"
	SignatoriesStyle = "Undersigned Signatories"
	SheetStyle       = "Undersigned Sheet"
)

// RuleStyle is that of a paragraph that is a line across the page.
const RuleStyle = "Undersigned Rule"

// The styles that say what words are of an address or a signature.
const (
	BeforeStyle       = "Undersigned Form of Address"
	NameStyle         = "Undersigned Name"
	OfficeStyle       = "Undersigned Office"
	AddressStyle      = "Undersigned Address"
	RoleStyle         = "Undersigned Role"
	OrganisationStyle = "Undersigned Organisation"
)

// partOf are the parts of a letter by the names of the styles that its paragraphs have in a document which was made of it.
var partOf = map[string]letterPart{"Title": titlePart, "Subtitle": subtitlePart, "Inside Address": addressPart, "Date": datePart,
	"Salutation": salutationPart, "Closing": closingPart, "Signature": signaturePart}

// value is an element with nothing but w:val.
type value struct {
	Val string `xml:"val,attr"`
}

// number returns the value, otherwise if there is none.
func (v *value) number(otherwise int) int {
	if v == nil {
		return otherwise
	}
	n, err := strconv.Atoi(v.Val)
	if err != nil {
		return otherwise
	}
	return n
}

// on reports whether a switch such as w:b is set.
func (v *value) on() bool {
	return v != nil && v.Val != "0" && v.Val != "false" && v.Val != "none" && v.Val != "off"
}

// runProperties are w:rPr.
type runProperties struct {
	Style  *value `xml:"rStyle"`
	Bold   *value `xml:"b"`
	Italic *value `xml:"i"`
	Strike *value `xml:"strike"`
	Twice  *value `xml:"dstrike"` // struck by two lines
	Hidden *value `xml:"vanish"`
	Align  *value `xml:"vertAlign"`
	Del    *value `xml:"del"` // of a paragraph's mark: it goes on with the next one
}

// paragraphProperties are w:pPr.
type paragraphProperties struct {
	Style   *value `xml:"pStyle"`
	Outline *value `xml:"outlineLvl"`
	Numbers *struct {
		Level *value `xml:"ilvl"`
		ID    *value `xml:"numId"`
	} `xml:"numPr"`
	Spacing *struct {
		Before string `xml:"before,attr"`
		After  string `xml:"after,attr"`
		Auto   string `xml:"afterAutospacing,attr"`
	} `xml:"spacing"`
	Contextual *value         `xml:"contextualSpacing"`
	Run        *runProperties `xml:"rPr"`
	Section    *section       `xml:"sectPr"`
}

// section is w:sectPr.
type section struct {
	Headers   []margin `xml:"headerReference"`
	Footers   []margin `xml:"footerReference"`
	TitlePage *value   `xml:"titlePg"`
}

// margin names the part of a header or a footer.
type margin struct {
	Type string `xml:"type,attr"`
	ID   string `xml:"id,attr"`
}

// wordSpacing is the space around a paragraph, in twentieths of a point.
type wordSpacing struct {
	before, after int
	contextual    bool // none beside a paragraph of the same style
}

// autoSpacing is the space that Word leaves where it decides, as web browsers do.
const autoSpacing = 280

// with returns the spacing with what the properties say about it.
func (s wordSpacing) with(p *paragraphProperties) wordSpacing {
	if p == nil {
		return s
	}
	if p.Contextual != nil {
		s.contextual = p.Contextual.on()
	}
	if p.Spacing == nil {
		return s
	}
	if n, err := strconv.Atoi(p.Spacing.Before); err == nil {
		s.before = n
	}
	if n, err := strconv.Atoi(p.Spacing.After); err == nil {
		s.after = n
	}
	if p.Spacing.Auto == "1" || p.Spacing.Auto == "true" {
		s.after = autoSpacing
	}
	return s
}

// wordStyle is a style of styles.xml.
type wordStyle struct {
	ID        string               `xml:"styleId,attr"`
	Type      string               `xml:"type,attr"`
	Default   string               `xml:"default,attr"`
	Name      value                `xml:"name"`
	BasedOn   value                `xml:"basedOn"`
	Paragraph *paragraphProperties `xml:"pPr"`
	Run       *runProperties       `xml:"rPr"`
}

// readStyles takes in styles.xml.
func (d *document) readStyles() error {
	var sheet struct {
		Paragraph *paragraphProperties `xml:"docDefaults>pPrDefault>pPr"`
		Style     []wordStyle          `xml:"style"`
	}
	if err := d.archive.parse(d.parts["styles"], &sheet); err != nil {
		return err
	}
	d.spacing = wordSpacing{}.with(sheet.Paragraph)
	d.styles = map[string]wordStyle{}
	for _, s := range sheet.Style {
		d.styles[s.ID] = s
		if s.Type == "paragraph" && (s.Default == "1" || s.Default == "true") {
			d.styles[""] = s // of a paragraph that names none
		}
	}
	return nil
}

// maxBasedOn is how many styles are based on one another at most; a file may have a circle of them.
const maxBasedOn = 12

// chain returns a style and those that it is based on, itself first.
func (d *document) chain(id string) []wordStyle {
	var chain []wordStyle
	for len(chain) < maxBasedOn {
		s, ok := d.styles[id]
		if !ok {
			break
		}
		chain = append(chain, s)
		if id = s.BasedOn.Val; id == "" {
			break
		}
	}
	return chain
}

// isMade reports whether a document has the styles of one that was made of a letter.
func (d *document) isMade() bool {
	for _, s := range d.styles {
		if s.Name.Val == SheetStyle {
			return true
		}
	}
	return false
}

// known takes from the names of styles what a paragraph is: of what was added to a letter, of a part of it, quoted.
func (k *paragraph) known(chain []wordStyle) {
	for i, s := range chain {
		switch s.Name.Val {
		case LetterheadStyle, CoverStyle, RemarkStyle, SignatoriesStyle, SheetStyle:
			k.addition = s.Name.Val
		case "Quote", "Intense Quote":
			k.quoted = true
		case RuleStyle:
			k.rule = true
		default:
			if i == 0 {
				k.part = partOf[s.Name.Val]
			}
		}
	}
}

// level returns the level of a heading by its outline or by the name of its style, which Word does not translate.
func (d *document) level(p *paragraphProperties, chain []wordStyle) int {
	if p.Outline != nil {
		return headingLevel(p.Outline.number(9))
	}
	for _, s := range chain {
		name := strings.ToLower(s.Name.Val)
		switch name {
		case "title":
			return 1
		case "subtitle":
			return 2
		}
		if rest, ok := strings.CutPrefix(name, "heading "); ok {
			if n, err := strconv.Atoi(rest); err == nil && n >= 1 {
				return n
			}
		}
		if s.Paragraph != nil && s.Paragraph.Outline != nil {
			return headingLevel(s.Paragraph.Outline.number(9))
		}
	}
	if p.Style != nil && len(chain) == 0 { // a document without styles.xml
		if rest, ok := strings.CutPrefix(strings.ToLower(p.Style.Val), "heading"); ok {
			if n, err := strconv.Atoi(rest); err == nil && n >= 1 {
				return n
			}
		}
	}
	return 0
}

func headingLevel(outline int) int {
	if outline < 0 || outline > 8 {
		return 0
	}
	return outline + 1
}

// spacingOf returns the space around a paragraph.
func (d *document) spacingOf(p *paragraphProperties, chain []wordStyle) wordSpacing {
	s := d.spacing
	for i := len(chain) - 1; i >= 0; i-- {
		s = s.with(chain[i].Paragraph)
	}
	return s.with(p)
}

// look adds what run properties, and the character style they name, say about a run.
func (d *document) look(p *runProperties, s style) (_ style, hidden bool) {
	if p == nil {
		return s, false
	}
	if p.Style != nil {
		chain := d.chain(p.Style.Val)
		if len(chain) > 0 {
			switch name := chain[0].Name.Val; name {
			case BeforeStyle, NameStyle, OfficeStyle, AddressStyle, RoleStyle, OrganisationStyle:
				s.field = name
			}
		}
		for i := len(chain) - 1; i >= 0; i-- {
			if r := chain[i].Run; r != nil {
				s.bold = s.bold && r.Bold == nil || r.Bold.on()
				s.italic = s.italic && r.Italic == nil || r.Italic.on()
				s.struck = s.struck && r.Strike == nil || r.Strike.on() || r.Twice.on()
			}
		}
	}
	if p.Bold != nil {
		s.bold = p.Bold.on()
	}
	if p.Italic != nil {
		s.italic = p.Italic.on()
	}
	if p.Strike != nil || p.Twice != nil {
		s.struck = p.Strike.on() || p.Twice.on()
	}
	return s, p.Hidden.on()
}

// numbering is numbering.xml with the counters of the lists.
type numbering struct {
	lists    map[int]*wordList // by w:numId
	counters map[int]*[9]int   // by w:abstractNumId, -1 where nothing was counted yet
	started  map[[2]int]bool   // levels of lists that began with a number of their own
}

// wordList is a list with what it changes of the abstract one.
type wordList struct {
	id, abstract int
	levels       [9]wordLevel
	starts       map[int]int
}

// wordLevel is w:lvl.
type wordLevel struct {
	Level   int    `xml:"ilvl,attr"`
	Start   *value `xml:"start"`
	Format  *value `xml:"numFmt"`
	Text    *value `xml:"lvlText"`
	Restart *value `xml:"lvlRestart"`
	Legal   *value `xml:"isLgl"`
	Style   *value `xml:"pStyle"` // whose paragraphs are of this level
}

// readNumbering takes in numbering.xml.
func (d *document) readNumbering() error {
	var sheet struct {
		Abstract []struct {
			ID    int         `xml:"abstractNumId,attr"`
			Level []wordLevel `xml:"lvl"`
		} `xml:"abstractNum"`
		List []struct {
			ID       int   `xml:"numId,attr"`
			Abstract value `xml:"abstractNumId"`
			Override []struct {
				Level int        `xml:"ilvl,attr"`
				Start *value     `xml:"startOverride"`
				New   *wordLevel `xml:"lvl"`
			} `xml:"lvlOverride"`
		} `xml:"num"`
	}
	if err := d.archive.parse(d.parts["numbering"], &sheet); err != nil {
		return err
	}
	abstract := map[int][9]wordLevel{}
	for _, a := range sheet.Abstract {
		var levels [9]wordLevel
		for _, l := range a.Level {
			if l.Level >= 0 && l.Level < len(levels) {
				levels[l.Level] = l
			}
		}
		abstract[a.ID] = levels
	}
	d.numbers = numbering{lists: map[int]*wordList{}, counters: map[int]*[9]int{}, started: map[[2]int]bool{}}
	for _, l := range sheet.List {
		list := &wordList{id: l.ID, abstract: l.Abstract.number(0), starts: map[int]int{}}
		list.levels = abstract[list.abstract]
		for _, o := range l.Override {
			if o.Level < 0 || o.Level >= len(list.levels) {
				continue
			}
			if o.New != nil {
				list.levels[o.Level] = *o.New
			}
			if o.Start != nil {
				list.starts[o.Level] = o.Start.number(1)
			}
		}
		d.numbers.lists[l.ID] = list
	}
	return nil
}

// levelOf returns the level of a list that a style's paragraphs are of.
func (n *numbering) levelOf(id int, style string) int {
	if list := n.lists[id]; list != nil {
		for i, l := range list.levels {
			if l.Style != nil && l.Style.Val == style {
				return i
			}
		}
	}
	return 0
}

// next counts an item and returns the mark that Word shows before it, "" for an item without one.
func (n *numbering) next(id, level int) string {
	list := n.lists[id]
	if list == nil || level < 0 || level >= len(list.levels) {
		return ""
	}
	counter := n.counters[list.abstract]
	if counter == nil {
		counter = &[9]int{-1, -1, -1, -1, -1, -1, -1, -1, -1}
		n.counters[list.abstract] = counter
	}
	start, own := list.starts[level]
	if !own {
		start = list.levels[level].Start.number(1)
	}
	switch key := [2]int{id, level}; {
	case own && !n.started[key]:
		n.started[key] = true
		counter[level] = start
	case counter[level] < 0:
		counter[level] = start
	default:
		counter[level]++
	}
	for deeper := level + 1; deeper < len(counter); deeper++ {
		if r := list.levels[deeper].Restart; r == nil || r.Val != "0" {
			counter[deeper] = -1
		}
	}
	return list.mark(level, counter)
}

// mark writes the pattern of a level, such as "%1.%2)", with the numbers in it.
func (l *wordList) mark(level int, counter *[9]int) string {
	own := l.levels[level]
	format := "decimal"
	if own.Format != nil {
		format = own.Format.Val
	}
	pattern := "%" + strconv.Itoa(level+1) + "."
	if own.Text != nil {
		pattern = own.Text.Val
	}
	switch {
	case format == "none" || pattern == "":
		return ""
	case format == "bullet":
		return "-"
	case !strings.Contains(pattern, "%"): // a mark that does not count, such as a number in digits that Word has no format for
		if m := readMarker(pattern+" x", nil); m.isItem() {
			return pattern
		}
		return "-"
	}
	for i := range l.levels {
		sign := "%" + strconv.Itoa(i+1)
		if !strings.Contains(pattern, sign) {
			continue
		}
		of, at := "decimal", counter[i]
		if f := l.levels[i].Format; f != nil && !own.Legal.on() {
			of = f.Val
		}
		if at < 0 {
			at = l.levels[i].Start.number(1)
		}
		pattern = strings.ReplaceAll(pattern, sign, numeral(of, min(at, 99_999)))
	}
	if pattern = strings.TrimSpace(pattern); isWordRune(lastRune(pattern)) && !strings.Contains(pattern, ".") {
		pattern += "."
	}
	return pattern
}

package letter

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

// Format 2 of a text has each demand in the body alone, as an item of an ordered list that is written with ")": "3) Reopen the
// bridge". "1." is an ordinary list. Format 1, whose texts stay as they were signed, kept the words of a demand beside the body
// and looked for them there, so that one could stand twice, in two versions.
const Format = 2

// demandItems marks the items that are demands: the outermost that are written with ")". Each item of any list shows the number it
// was written with, where Markdown would count on from the first.
type demandItems struct{ prefix string }

func (x demandItems) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if list, ok := n.(*ast.List); ok && entering && list.IsOrdered() {
			for i, item := range children(list) {
				if number := numberIn(item, reader.Source()); number > 0 && (number != list.Start+i || list.Marker == ')') {
					item.SetAttributeString("value", strconv.AppendInt(nil, int64(number), 10))
				}
			}
		}
		return ast.WalkContinue, nil
	})
	seen := map[int]bool{}
	for _, item := range demandsOf(doc) {
		number := numberIn(item, reader.Source())
		if number == 0 {
			continue
		}
		if !seen[number] { // one anchor a page
			seen[number] = true
			item.SetAttributeString("id", fmt.Appendf(nil, "%sdemand-%d", x.prefix, number))
		}
		item.SetAttributeString("class", []byte("demand"))
	}
}

// demandsOf returns the items of a document that are demands, in their order.
func demandsOf(doc ast.Node) (items []*ast.ListItem) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		list, ok := n.(*ast.List)
		if !entering || !ok || list.Marker != ')' {
			return ast.WalkContinue, nil
		}
		for _, item := range children(list) {
			items = append(items, item.(*ast.ListItem))
		}
		return ast.WalkSkipChildren, nil
	})
	return items
}

var (
	itemNumber = regexp.MustCompile(`(\p{Nd}{1,9})\s?[.)\-–ـ]`)
	itemMark   = regexp.MustCompile(`(?:[-*+]|\p{Nd}{1,9}[.)])[ \t]*`)
)

// maxOnALine is how many items within one another may begin on one line; more are nobody's letter.
const maxOnALine = 8

// markIn returns where in the source the mark of a list item stands, with the white space after it; not ok for an item without words.
func markIn(item ast.Node, source []byte) (start, end int, ok bool) {
	if place, found := item.Attribute(placeOfMark); found {
		at := place.([2]int)
		return at[1] - len(bytes.TrimLeft(source[at[0]:at[1]], " \t")), at[1], true
	}
	inner := 0 // items that begin on the same line, each with its mark
	first := item.FirstChild()
	for first != nil && inner <= maxOnALine && (first.Type() != ast.TypeBlock || first.Lines().Len() == 0) {
		if first.Kind() == ast.KindListItem {
			inner++
		}
		first = first.FirstChild()
	}
	if first == nil || inner > maxOnALine {
		return 0, 0, false
	}
	stop := first.Lines().At(0).Start
	line := bytes.LastIndexByte(source[:stop], '\n') + 1
	marks := itemMark.FindAllIndex(source[line:stop], -1)
	if len(marks) <= inner { // its words begin on the next line
		stop = max(line-1, 0)
		line = bytes.LastIndexByte(source[:stop], '\n') + 1
		if marks = itemMark.FindAllIndex(source[line:stop], -1); len(marks) <= inner {
			return 0, 0, false
		}
	}
	mark := marks[len(marks)-1-inner]
	return line + mark[0], line + mark[1], true
}

// numberIn returns the number that an item of an ordered list is written with, 0 for none.
func numberIn(item ast.Node, source []byte) int {
	start, end, ok := markIn(item, source)
	if !ok {
		return 0
	}
	m := itemNumber.FindSubmatch(source[start:end])
	if m == nil {
		return 0
	}
	return numberOf(string(m[1]))
}

// demands returns the demands that stand in the body of a text of format 2. Their numbers are in ASCII digits, their words are
// plain, without references to footnotes.
func (t Text) demands() (list []Demand) {
	source := []byte(t.Body)
	for _, item := range demandsOf(t.parse(source)) {
		if number, words := numberIn(item, source), wordsOf(item, source); number > 0 && words != "" {
			list = append(list, Demand{Number: strconv.Itoa(number), Text: words, InBody: true})
		}
	}
	return list
}

// Tree returns the body as it is parsed for the page, and the source its nodes point into. The attributes "class" and "value" of a
// list's item say that it is a demand, and its number where that is not the next.
func (t Text) Tree() (root ast.Node, source []byte) {
	source = []byte(t.Body)
	return t.parse(source), source
}

func (t Text) parse(source []byte) ast.Node {
	return t.markdown("").Parser().Parse(text.NewReader(source))
}

// wordsOf returns the words of a node as a reader sees them, on one line.
func wordsOf(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		switch c := c.(type) {
		case *ast.Text:
			if entering {
				b.WriteString(Unescaped(c.Segment.Value(source)))
				if c.SoftLineBreak() || c.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.AutoLink:
			if entering {
				b.Write(c.Label(source))
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			if entering {
				b.WriteByte(' ')
				b.Write(c.Lines().Value(source))
			}
		default:
			if c.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

var escaped = regexp.MustCompile("\\\\[!-/:-@\\[-`{-~]|" + entity.String())

// Unescaped returns what a run of Markdown's text stands for: each escape and each entity once.
func Unescaped(run []byte) string {
	return escaped.ReplaceAllStringFunc(string(run), func(s string) string {
		if s[0] == '\\' {
			return s[1:]
		}
		return html.UnescapeString(s)
	})
}

// Numbered are the demands with numbers that pages and addresses use: ASCII digits, each once. Only a text of format 1 has
// demands without one, or two of one number.
func (t Text) Numbered() []Demand {
	list := slices.Clone(t.Demands)
	for i, n := range numbersFor(list) {
		list[i].Number = strconv.Itoa(n)
	}
	return list
}

// Anchor is the anchor of the demand at a place in Numbered, on the text's page.
func (t Text) Anchor(i int) string {
	if t.Format < 2 {
		return "demand-" + strconv.Itoa(i+1)
	}
	return "demand-" + t.Demands[i].Number
}

// numbersFor gives each demand the number that it is written with, and where there is none or another demand has it, the next
// that is free.
func numbersFor(demands []Demand) []int {
	numbers := make([]int, len(demands))
	taken := map[int]bool{}
	for i, d := range demands {
		if n := numberOf(strings.Trim(d.Number, ".)(- ")); n > 0 && !taken[n] {
			numbers[i], taken[n] = n, true
		}
	}
	next := 1
	for i := range numbers {
		if numbers[i] == 0 {
			for taken[next] {
				next++
			}
			numbers[i], taken[next] = next, true
		}
		next = numbers[i] + 1
	}
	return numbers
}

// Twice returns the first number that two demands of the text have, 0 if each has its own, or if the text is of format 1, which had
// demands without one.
func (t Text) Twice() int {
	if t.Format < 2 {
		return 0
	}
	seen := map[string]bool{}
	for _, d := range t.Demands {
		if seen[d.Number] {
			return numberOf(d.Number)
		}
		seen[d.Number] = true
	}
	return 0
}

// maxDemands is how many demands a text can have.
const maxDemands = 200

// checkDemands refuses a text whose demands cannot each be answered by their number.
func (t Text) checkDemands() error {
	bad := func(key string, pairs ...any) error {
		return fault.List{fault.New(fault.Invalid, key, pairs...).On("body")}
	}
	switch n := t.Twice(); {
	case t.Format < 2:
		return nil
	case n > 0:
		return bad("demand_twice", "Number", n)
	case len(t.Demands) > maxDemands:
		return bad("demand_many", "Count", maxDemands)
	case len(t.Demands) < len(demandsOf(t.parse([]byte(t.Body)))):
		return bad("demand_blank")
	}
	return nil
}

// Ask writes demands into the body, each once: where its words stand, as an item or in a paragraph of their own, that becomes
// the demand; what stands nowhere goes to the end. One that has no number, or that of another, gets the next free one. The error
// names those whose words stand where no demand can be, as in a table.
func (t *Text) Ask(demands []Demand) error {
	var faults fault.List
	for _, d := range t.place(demands, false) {
		faults = append(faults, fault.New(fault.Invalid, "demand_misplaced", "Text", d.Text).On("body"))
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// settle makes a text one of format 2, from what was recognised as its demands: they are written with ")", and other lists, however
// they were written, with ".". It returns those whose words stand where no demand can be.
func (t *Text) settle(demands []Demand) (misplaced []Demand) {
	t.Format = Format
	misplaced = t.place(demands, true)
	t.Body = reveal(notesLast(t.Body))
	t.Demands = t.demands()
	return misplaced
}

// spot is a part of a body that can be a demand.
type spot struct {
	start, end    int    // of its mark, or where that goes
	stop          int    // where the part ends
	words         string // plain: see plain
	head          string // of an item, those before the first list in it
	digits        string // of its mark, as written
	before, after string // what parts it from the rest of its paragraph, of a line
	breaks        int    // bytes of the hard break that ends it, of a line
	deep          bool   // an item of several blocks, which Markdown knows by ASCII digits alone
	demand        bool   // is one already
	taken         bool
}

// place is Ask and, if others is true, settle. It returns the demands that it could not write: their words stand in a table, a
// quotation or code, and they would stand twice.
func (t *Text) place(demands []Demand, others bool) (misplaced []Demand) {
	t.Body = CleanMarkdown(t.Body)
	source := []byte(t.Body)
	doc := t.parse(source)
	spots, whole := spotsOf(doc, source), plain(wordsOf(doc, source))
	taken := map[int]bool{}
	for _, s := range spots {
		if s.demand && !others {
			taken[numberOf(s.digits)] = true
		}
	}
	var asked []Demand
	var found []*spot // where each stands, nil for nowhere
	for _, d := range demands {
		words := plain(d.Text)
		at := takeSpot(spots, words)
		if at == nil && holds(whole, words) { // it stands once
			if !slices.ContainsFunc(spots, func(s spot) bool { return (s.taken || s.demand) && holds(s.words, words) }) {
				misplaced = append(misplaced, d)
			}
			continue
		}
		if at != nil && d.Number == "" {
			d.Number = at.digits
		}
		asked, found = append(asked, d), append(found, at)
	}
	var edits []edit
	end := ""
	for i, n := range numbersFor(asked) {
		s := found[i]
		if s != nil && s.demand && !others {
			continue
		}
		for taken[n] {
			n++
		}
		taken[n] = true
		digits := t.digits(n)
		if s != nil && s.deep {
			digits = strconv.Itoa(n)
		}
		switch {
		case s == nil:
			end += "\n" + digits + ") " + strings.Join(strings.Fields(asked[i].Text), " ")
		case numberOf(s.digits) == n:
			edits = append(edits, edit{s.start, s.end, s.before + s.digits + ") ", s.stop, s.after, s.breaks})
		default:
			edits = append(edits, edit{s.start, s.end, s.before + digits + ") ", s.stop, s.after, s.breaks})
		}
	}
	for _, s := range spots {
		if others && s.demand && !s.taken {
			edits = append(edits, edit{s.start, s.end, s.digits + ". ", s.stop, "", 0})
		}
	}
	if t.Body = CleanMarkdown(apply(t.Body, edits)); end == "" {
		return misplaced
	}
	text, notes := cutNotes(t.Body)
	if last := t.parse([]byte(text)).LastChild(); last == nil || last.Kind() != ast.KindList || last.(*ast.List).Marker != ')' {
		end = "\n" + end // else they go on with the list that ends the text
	}
	t.Body = CleanMarkdown(text + end + "\n\n" + notes)
	return misplaced
}

// PutBack returns a body with a line that an import had left out, in plain words, at its end and before its notes.
func PutBack(body, line string) string {
	text, notes := cutNotes(CleanMarkdown(body))
	return CleanMarkdown(text + "\n\n" + reveal(strings.Join(strings.Fields(line), " ")) + "\n\n" + notes)
}

// digits is a number as the text's language writes it.
func (t Text) digits(n int) string {
	if l := i18n.Find(t.Language); l != nil {
		return l.Digits(strconv.Itoa(n))
	}
	return strconv.Itoa(n)
}

// spotsOf returns the items of lists, and the paragraphs, lines and headings that stand by themselves.
func spotsOf(doc ast.Node, source []byte) (spots []spot) {
	demands := map[ast.Node]bool{}
	for _, item := range demandsOf(doc) {
		demands[item] = true
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		alone := n.Parent() != nil && n.Parent().Kind() == ast.KindDocument
		switch n := n.(type) {
		case *ast.ListItem:
			start, end, ok := markIn(n, source)
			if !ok {
				break
			}
			s := spot{start: start, end: end, stop: max(endOf(n, source), end), deep: n.ChildCount() > 1, words: plain(wordsOf(n, source)),
				head: plain(wordsOf(n.FirstChild(), source)), demand: demands[n]}
			if m := itemNumber.FindSubmatch(source[start:end]); m != nil {
				s.digits = string(m[1])
			}
			spots = append(spots, s)
			if s.demand {
				return ast.WalkSkipChildren, nil
			}
		case *ast.Paragraph:
			if alone {
				start := n.Lines().At(0).Start
				spots = append(spots, spot{start: start, end: start, stop: endOf(n, source), words: plain(wordsOf(n, source))})
				spots = append(spots, lineSpots(n, source)...)
			}
		case *ast.Heading:
			if alone && n.Lines().Len() == 1 {
				line := bytes.LastIndexByte(source[:n.Lines().At(0).Start], '\n') + 1
				if start := n.Lines().At(0).Start; start > line { // with "#" before it
					m := itemNumber.FindSubmatchIndex(source[start:endOf(n, source)])
					s := spot{start: line, end: start, stop: endOf(n, source), words: plain(wordsOf(n, source))}
					if m != nil && m[0] == 0 {
						s.digits, s.end = string(source[start+m[2]:start+m[3]]), start+m[1]
						s.end += len(source[s.end:s.stop]) - len(bytes.TrimLeft(source[s.end:s.stop], " "))
						s.words = plain(string(source[s.end:s.stop]))
					}
					spots = append(spots, s)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return spots
}

// lineSpots returns the lines of a paragraph of several.
func lineSpots(p *ast.Paragraph, source []byte) (spots []spot) {
	last := p.Lines().Len() - 1
	for i := range last + 1 {
		line := p.Lines().At(i)
		stop := line.Start + len(bytes.TrimRight(source[line.Start:line.Stop], " \t\n\\"))
		if last == 0 || stop == line.Start {
			continue
		}
		s := spot{start: line.Start, end: line.Start, stop: stop, words: plain(string(source[line.Start:stop]))}
		if i > 0 {
			s.before = "\n"
		}
		if i < last {
			s.after, s.breaks = "\n", len(bytes.TrimRight(source[stop:line.Stop], "\n"))
		}
		spots = append(spots, s)
	}
	return spots
}

// endOf returns where the last line of a block ends in the source.
func endOf(n ast.Node, source []byte) (end int) {
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if c.Type() == ast.TypeBlock && c.Lines().Len() > 0 {
			end = max(end, c.Lines().At(c.Lines().Len()-1).Stop)
		}
		if t, ok := c.(*ast.Text); ok {
			end = max(end, t.Segment.Stop)
		}
		return ast.WalkContinue, nil
	})
	return min(end, len(source))
}

// plain returns the words of a text alone, one blank between them: marks of lists and sentences say nothing of which words they are.
func plain(s string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && r != '\u200c'
	}), " "))
}

// holds reports whether plain words stand in a plain text, as whole words.
func holds(text, words string) bool {
	return words != "" && strings.Contains(" "+text+" ", " "+words+" ")
}

// takeSpot returns the part whose words are these, else the first in which they stand, else an item with which they begin, since a list
// within it may have been read without its marks, and takes it; nil if there is none.
func takeSpot(spots []spot, words string) *spot {
	for _, is := range []func(s spot) bool{
		func(s spot) bool { return s.words == words },
		func(s spot) bool { return holds(s.words, words) },
		func(s spot) bool { return strings.Contains(s.head, " ") && strings.HasPrefix(words+" ", s.head+" ") },
	} {
		for i := range spots {
			if s := &spots[i]; !s.taken && is(*s) {
				for j := range spots { // a paragraph and its lines are one place
					spots[j].taken = spots[j].taken || spots[j].start < s.stop && s.start < spots[j].stop && !spots[j].demand
				}
				s.taken = true
				return s
			}
		}
	}
	return nil
}

// edit replaces a mark; what stands below it up to stop is indented by as much as the mark grows.
type edit struct {
	start, end int
	mark       string
	stop       int
	after      string // goes to stop, in place of as many bytes
	breaks     int
}

// maxEdits bounds the work on a body; a text with more lists of demands is not published: see maxDemands.
const maxEdits = 1000

func apply(body string, edits []edit) string {
	edits = edits[:min(len(edits), maxEdits)]
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.start, a.start) })
	grown := map[int]int{} // by where an edit began, how much longer it has made the body
	for _, e := range edits {
		stop := e.stop
		for at, by := range grown {
			if at < e.stop {
				stop += by
			}
		}
		before := len(body)
		rest, grows := body[e.end:stop], utf8.RuneCountInString(e.mark)-utf8.RuneCountInString(body[e.start:e.end])
		if grows > 0 {
			rest = strings.ReplaceAll(rest, "\n ", "\n "+strings.Repeat(" ", grows))
		}
		body = body[:e.start] + e.mark + rest + e.after + body[stop+e.breaks:]
		grown[e.start] = len(body) - before
	}
	return body
}

package letter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	gohtml "html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Markdown can hold words that no page shows: HTML, comments, definitions of links and their titles, footnotes to which nothing
// refers, the language of a block of code, cells beyond the last column. They would be signed and not seen, so a text that holds any
// is not taken.

// Hidden returns the lines of Markdown with words that its page does not show, each with those words.
//
// It marks what the parser hands to the renderer, byte by byte, and what only says how to show it. Letters and digits that are left
// over are hidden.
func Hidden(markdown string) (list []HiddenLine) {
	list, _ = look(markdown)
	return list
}

// look is Hidden, and also returns which lines, from 1, have any HTML.
func look(markdown string) (list []HiddenLine, html []int) {
	source := []byte(markdown)
	v := viewOf(source)
	number := 1
	for start := 0; start < len(source); number++ {
		end := len(source)
		if i := bytes.IndexByte(source[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		if words := wordsLeft(source[start:end], v.shown[start:end]); words != "" {
			list = append(list, HiddenLine{Line: number, Words: words})
		}
		if slices.Contains(v.html[start:end], true) {
			html = append(html, number)
		}
		start = end
	}
	return list, html
}

// HiddenLine is a line of Markdown that is not wholly shown.
type HiddenLine struct {
	Line  int // from 1
	Words string
}

// wordsLeft returns what is not shown of a line, if there is more in it than marks of Markdown.
func wordsLeft(line []byte, shown []bool) string {
	var left strings.Builder
	says := false
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if !shown[i] {
			says = says || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r > unicode.MaxASCII && unicode.IsSymbol(r)
			left.WriteRune(r)
		} else {
			left.WriteByte(' ')
		}
		i += size
	}
	if !says {
		return ""
	}
	return strings.Join(strings.Fields(left.String()), " ")
}

var (
	noteLabel  = regexp.MustCompile(`\[\^(\p{Nd}{1,4})\]`)
	emptyItem  = regexp.MustCompile(`(?m)^[ \t>]*\(?\p{Nd}{1,9}\s?[.)\-–ـ][ \t]*$`)
	itemBegins = regexp.MustCompile(`^([ \t>]*\p{Nd}{1,9})([.)])`)
	labelEnds  = regexp.MustCompile("^[*_~`\\s]*\\]\\(\\s*")
)

// view marks the bytes of Markdown that a page shows, or that only say how to show something.
type view struct {
	source []byte
	shown  []bool
	html   []bool // what no page shows, whatever it looks like
	prose  []bool // lines that are read as text
	notes  map[string]bool
}

func set(marks []bool, start, end int) {
	for i := max(start, 0); i < min(end, len(marks)); i++ {
		marks[i] = true
	}
}

func all(marks []bool, start, end int) bool { return !slices.Contains(marks[start:end], false) }

func viewOf(source []byte) view {
	v := view{source, make([]bool, len(source)), make([]bool, len(source)), make([]bool, len(source)), map[string]bool{}}
	_ = ast.Walk(Text{Format: Format}.parse(source), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			v.see(n)
		}
		return ast.WalkContinue, nil
	})
	for _, at := range noteLabel.FindAllSubmatchIndex(source, -1) { // of those that the parser has found: it does not say where
		if v.notes[string(source[at[2]:at[3]])] && !slices.Contains(v.html[at[0]:at[1]], true) &&
			(all(v.prose, at[0], at[1]) || bytes.HasPrefix(source[at[1]:], []byte(":"))) {
			set(v.shown, at[0], at[1])
		}
	}
	for _, at := range emptyItem.FindAllIndex(source, -1) { // shows its number
		if !slices.Contains(v.html[at[0]:at[1]], true) {
			set(v.shown, at[0], at[1])
		}
	}
	return v
}

func (v view) see(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		set(v.shown, n.Segment.Start, n.Segment.Stop)
		v.refuseControls(n.Segment.Start, n.Segment.Stop)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		v.lines(v.shown, n)
	case *ast.HTMLBlock:
		v.lines(v.html, n)
		set(v.html, n.ClosureLine.Start, n.ClosureLine.Stop)
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			set(v.html, n.Segments.At(i).Start, n.Segments.At(i).Stop)
		}
	case *ast.AutoLink:
		label := n.Label(v.source)
		if at := cap(v.source) - cap(label); at >= 0 && bytes.HasPrefix(v.source[at:], label) { // it is a part of the source
			set(v.shown, at, at+len(label))
		}
	case *ast.Link:
		if start, end, title := v.targetOf(n, n.Destination); leadsOn(n.Destination) {
			set(v.shown, start, end)
			set(v.html, end, title)
		}
	case *ast.Image:
		start, end, title := v.targetOf(n, n.Destination)
		switch {
		case within(n, ast.KindImage): // only its alternative text is
		case pictureRef.Match(n.Destination): // with its caption and credit
			set(v.shown, start, title)
			v.refuseControls(start, title)
		case leadsOn(n.Destination):
			set(v.shown, start, end)
			set(v.html, end, title)
		}
	case *ast.ListItem:
		ordered := n.Parent().(*ast.List).IsOrdered()
		if start, end, ok := markIn(n, v.source); ok && (!ordered || numberIn(n, v.source) > 0) { // else it shows another number
			set(v.shown, start, end)
		}
	case *extast.Footnote:
		v.notes[string(n.Ref)] = true
	}
	if k := n.Kind(); n.Type() == ast.TypeBlock && k != ast.KindHTMLBlock && k != ast.KindCodeBlock && k != ast.KindFencedCodeBlock {
		v.lines(v.prose, n)
	}
}

func (v view) lines(marks []bool, n ast.Node) {
	for i := range n.Lines().Len() {
		set(marks, n.Lines().At(i).Start, n.Lines().At(i).Stop)
	}
}

// refuseControls takes what is shown back where an entity stands for a character that a text may not hold, such as one that turns
// the direction of the line.
func (v view) refuseControls(start, end int) {
	part := v.source[start:max(start, min(end, len(v.source)))]
	for _, at := range entity.FindAllIndex(part, -1) {
		if before := part[:at[0]]; (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1 { // no entity
			continue
		}
		if meant := gohtml.UnescapeString(string(part[at[0]:at[1]])); text.Written.Drop(meant) != meant {
			for i := at[0]; i < at[1]; i++ {
				v.shown[start+i] = false
			}
		}
	}
}

var entity = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)

func within(n ast.Node, kind ast.NodeKind) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == kind {
			return true
		}
	}
	return false
}

// leadsOn reports whether a page links to such an address. One with blanks could be a sentence.
func leadsOn(destination []byte) bool {
	if bytes.ContainsAny(destination, " \t\n") {
		return false
	}
	link := fmt.Sprintf(`<a href="%s">x</a>`, util.EscapeHTML(util.URLEscape(destination, true)))
	return strings.Contains(sanitiser.Sanitize(link), "href")
}

// targetOf returns where the address of a link or picture stands in the source, and where its title ends; zeros for one whose address
// stands elsewhere.
func (v view) targetOf(n ast.Node, destination []byte) (start, end, title int) {
	label := 0
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		switch c := c.(type) {
		case *ast.Text:
			label = max(label, c.Segment.Stop)
		case *ast.RawHTML:
			label = max(label, c.Segments.At(c.Segments.Len()-1).Stop)
		case *ast.Image:
			if c != n && entering {
				_, _, inner := v.targetOf(c, c.Destination)
				label = max(label, inner+len(")"))
				return ast.WalkSkipChildren, nil
			}
		}
		return ast.WalkContinue, nil
	})
	m := labelEnds.FindIndex(v.source[label:])
	if label == 0 || m == nil {
		return 0, 0, 0
	}
	start = label + m[1]
	end = addressEnds(v.source, start)
	if raw := bytes.Trim(v.source[start:end], "<>"); !bytes.Equal(raw, destination) && !bytes.Equal(util.UnescapePunctuations(raw), destination) {
		return 0, 0, 0
	}
	title = end + len(v.source[end:]) - len(bytes.TrimLeft(v.source[end:], " \t\n"))
	if title < len(v.source) && bytes.IndexByte([]byte(`"'(`), v.source[title]) >= 0 {
		closing := v.source[title]
		if closing == '(' {
			closing = ')'
		}
		for title++; title < len(v.source) && v.source[title] != closing; title++ {
			if v.source[title] == '\\' {
				title++
			}
		}
		title++
	}
	return start, end, min(title, len(v.source))
}

// addressEnds returns where an address that begins in a link's bracket ends: CommonMark 6.3.
func addressEnds(source []byte, start int) int {
	if bytes.HasPrefix(source[start:], []byte("<")) {
		return start + bytes.IndexByte(source[start:], '>') + 1
	}
	depth := 0
	for end := start; end < len(source); end++ {
		switch c := source[end]; c {
		case '\\':
			end++
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return end
			}
			depth--
		case ' ', '\t', '\n':
			return end
		}
	}
	return len(source)
}

// special are the characters by which Markdown takes words off the page.
var special = regexp.MustCompile("(\\\\*)[<\\[|`~&]")

// reveal returns Markdown without anything hidden: what would hide words becomes words itself. What it cannot reveal stays.
func reveal(markdown string) string {
	for range 4 { // what is revealed may hide something else
		hidden, marked := look(markdown)
		if len(hidden) == 0 {
			break
		}
		lines := strings.Split(markdown, "\n")
		for _, h := range hidden {
			if emptyItem.MatchString(h.Words) { // a number that Markdown would count anew
				lines[h.Line-1] = itemBegins.ReplaceAllString(lines[h.Line-1], `$1\$2`)
				continue
			}
			marked = append(marked, h.Line)
		}
		slices.Sort(marked)
		for _, number := range slices.Compact(marked) {
			line := &lines[number-1]
			if m := fence.FindString(*line); m != "" { // what stands beside it is the language of the code
				*line = strings.Trim(*line, "`~ ") + "\n\n" + m
				continue
			}
			*line = special.ReplaceAllStringFunc(*line, func(s string) string {
				if len(s)%2 == 0 { // escaped
					return s
				}
				return s[:len(s)-1] + `\` + s[len(s)-1:]
			})
		}
		markdown = CleanMarkdown(strings.Join(lines, "\n"))
	}
	return markdown
}

// Unshown is a published text that holds words which are signed and not seen. It cannot be mended, only followed by another edition.
type Unshown struct {
	Slug     string
	Edition  int
	Language string
	HiddenLine
}

var qListPublished = store.Q("edition_text.list_published", `
	SELECT l.slug, t.number, t.language, t.content FROM edition_text t
	JOIN edition e ON e.letter_id = t.letter_id AND e.number = t.number JOIN letter l ON l.id = t.letter_id
	WHERE e.published_at IS NOT NULL ORDER BY t.letter_id, t.number, t.language`)

// Unshown returns the published texts that hold words which no page shows, the first such line of each: editions from before texts
// were looked at.
func (es Editions) Unshown(ctx context.Context) (list []Unshown, err error) {
	err = es.letters.DB.View(ctx, func(tx *store.Tx) error {
		list = nil
		for u, err := range store.Each(tx, qListPublished, scanUnshown) {
			if err != nil {
				return err
			}
			if u.Line > 0 {
				list = append(list, u)
			}
		}
		return nil
	})
	return list, err
}

func scanUnshown(row store.Row) (u Unshown, err error) {
	var content string
	var t Text
	if err := row.Scan(&u.Slug, &u.Edition, &u.Language, &content); err != nil {
		return u, err
	}
	if err := json.Unmarshal([]byte(content), &t); err != nil {
		return u, fmt.Errorf("letter: decode text: %w", err)
	}
	if hidden := Hidden(t.Body); len(hidden) > 0 {
		u.HiddenLine = hidden[0]
	}
	return u, nil
}

// checkShown refuses a text that holds words which would be signed and not seen.
func (t Text) checkShown() error {
	hidden := Hidden(t.Body)
	if len(hidden) == 0 {
		return nil
	}
	return fault.List{fault.New(fault.Invalid, "text_hidden", "Words", shorten(hidden[0].Words, 200)).On("body")}
}

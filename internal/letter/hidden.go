package letter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// Markdown can hold words that no page shows: HTML, comments, definitions of links and their titles, footnotes to which nothing
// refers, the language of a block of code, cells beyond the last column. They would be signed and not seen, so a text that holds any
// is not taken.

// Hidden returns the lines of Markdown with words that its page does not show, each with those words.
//
// It marks what the parser hands to the renderer, byte by byte, and what only says how to show it. Letters and digits that are left
// over are hidden.
func Hidden(markdown string) (list []HiddenLine) {
	source := []byte(markdown)
	shown := shownIn(source)
	number := 1
	for start := 0; start < len(source); number++ {
		end := len(source)
		if i := bytes.IndexByte(source[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		if words := wordsLeft(source[start:end], shown[start:end]); words != "" {
			list = append(list, HiddenLine{Line: number, Words: words})
		}
		start = end
	}
	return list
}

// HiddenLine is a line of Markdown that is not wholly shown.
type HiddenLine struct {
	Line  int // from 1
	Words string
}

// wordsLeft returns what is not shown of a line, if there is a letter or a digit in it.
func wordsLeft(line []byte, shown []bool) string {
	var left strings.Builder
	any := false
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if !shown[i] {
			any = any || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
			left.WriteRune(r)
		} else {
			left.WriteByte(' ')
		}
		i += size
	}
	words := strings.Join(strings.Fields(left.String()), " ")
	if !any || emptyItem.MatchString(words) { // such an item shows its number
		return ""
	}
	return words
}

var (
	noteLabel = regexp.MustCompile(`\[\^[\p{L}\p{N}_-]{1,20}\]`) // the page shows a number in its place
	emptyItem = regexp.MustCompile(`^\(?\p{Nd}{1,9}\s?[.)\-–ـ]$`)
)

// shownIn tells of each byte of Markdown whether it is shown, or says how something shown is.
func shownIn(source []byte) []bool {
	shown := make([]bool, len(source))
	mark := func(start, end int) {
		for i := max(start, 0); i < min(end, len(source)); i++ {
			shown[i] = true
		}
	}
	_ = ast.Walk(Text{Format: Format}.parse(source), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			mark(n.Segment.Start, n.Segment.Stop)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				mark(n.Lines().At(i).Start, n.Lines().At(i).Stop)
			}
		case *ast.AutoLink: // the tree does not say where it stands; an address is seen as it is, wherever
			for at, label := 0, n.Label(source); ; at += len(label) {
				i := bytes.Index(source[at:], label)
				if i < 0 || len(label) == 0 {
					break
				}
				at += i
				mark(at, at+len(label))
			}
		case *ast.Link:
			if start, end, _ := targetOf(n, source); leadsOn(n.Destination) {
				mark(start, end)
			}
		case *ast.Image:
			if start, end, title := targetOf(n, source); pictureRef.Match(n.Destination) {
				mark(start, title) // with its caption and credit
			} else if leadsOn(n.Destination) {
				mark(start, end)
			}
		case *ast.ListItem:
			if start, end, ok := markIn(n, source); ok {
				mark(start, end)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, at := range noteLabel.FindAllIndex(source, -1) {
		mark(at[0], at[1])
	}
	return shown
}

// leadsOn reports whether a page links to such an address.
func leadsOn(destination []byte) bool {
	link := fmt.Sprintf(`<a href="%s">x</a>`, util.EscapeHTML(util.URLEscape(destination, true)))
	return strings.Contains(sanitiser.Sanitize(link), "href")
}

// targetOf returns where the address of a link or picture stands in the source, and where its title ends; zeros for one whose address
// stands elsewhere.
func targetOf(n ast.Node, source []byte) (start, end, title int) {
	label := 0
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := c.(*ast.Text); ok && entering {
			label = max(label, t.Segment.Stop)
		}
		return ast.WalkContinue, nil
	})
	i := bytes.Index(source[label:], []byte("]("))
	if label == 0 || i < 0 || bytes.ContainsAny(source[label:label+i], "\n[") {
		return 0, 0, 0
	}
	space := func(at int) int { return len(source) - len(bytes.TrimLeft(source[at:], " \t\n")) }
	start = space(label + i + len("]("))
	depth := 0
	if end = start; bytes.HasPrefix(source[start:], []byte("<")) {
		end += max(bytes.IndexByte(source[start:], '>'), 0)
	}
	for ; end < len(source); end++ {
		switch c := source[end]; {
		case c == '\\':
			end++
			continue
		case c == '(':
			depth++
			continue
		case c == ')' && depth > 0:
			depth--
			continue
		case c != ')' && c != ' ' && c != '\t' && c != '\n':
			continue
		}
		break
	}
	end = min(end, len(source))
	title = space(end)
	if title < len(source) && bytes.IndexByte([]byte(`"'(`), source[title]) >= 0 {
		closing := source[title]
		if closing == '(' {
			closing = ')'
		}
		for title++; title < len(source) && source[title] != closing; title++ {
			if source[title] == '\\' {
				title++
			}
		}
	}
	return start, end, min(title, len(source))
}

// special are the characters by which Markdown takes words off the page.
var special = regexp.MustCompile("\\\\?[<\\[|`~&]")

// reveal returns Markdown without anything hidden: what would hide words becomes words itself. What it cannot reveal stays.
func reveal(markdown string) string {
	for range 4 { // what is revealed may hide something else
		hidden := Hidden(markdown)
		if len(hidden) == 0 {
			break
		}
		lines := strings.Split(markdown, "\n")
		for _, h := range hidden {
			line := &lines[h.Line-1]
			*line = special.ReplaceAllStringFunc(*line, func(s string) string {
				if s[0] == '\\' {
					return s
				}
				return `\` + s
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
	return fault.List{fault.New(fault.Invalid, "text_hidden", "Words", shorten(hidden[0].Words, 200), "Line", hidden[0].Line).On("body")}
}

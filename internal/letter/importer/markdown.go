package importer

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
)

// What Markdown hides: see markdownFile.
var (
	htmlComment  = regexp.MustCompile(`(?s)<!--.*?-->`)
	htmlTag      = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9-]*)(\s[^<>]*)?/?>`)
	htmlBlock    = regexp.MustCompile(`^ {0,3}</?([a-zA-Z][a-zA-Z0-9]*)(?:[\s/>]|$)`)
	hiddenStart  = regexp.MustCompile(`<[a-zA-Z/!?]`)
	anchor       = regexp.MustCompile(`(?i)<a\s[^<>]*?href\s*=\s*["']?([^"'\s<>()]+)["']?[^<>]*>(.*?)</a\s*>`)
	picture      = regexp.MustCompile(`(?i)<img\s[^<>]*>`)
	pictureFact  = regexp.MustCompile(`(?i)\s(src|alt)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')`)
	linkTitle    = regexp.MustCompile(`(^|[^!])(\[[^\[\]]*\]\([^()\s]+)\s+["'(]([^"()]*)["')]\s*\)`)
	definition   = regexp.MustCompile(`^ {0,3}\[([^\[\]^][^\[\]]*)\]:\s*(<[^<>]*>|\S+)(?:\s+["'(](.*)["')])?\s*$`)
	labelledText = regexp.MustCompile(`\[([^\[\]]+)\](?:\[([^\[\]]*)\])?`)
	property     = regexp.MustCompile(`^([A-Za-z_][\w-]*)\s*[:=]\s*(.*)$`)
	fenceLine    = regexp.MustCompile("^ {0,3}(```+|~~~+)")
)

// blockTags are the elements that Markdown takes for blocks of HTML, inlineTags those inside a line that show nothing themselves.
const (
	blockTags = " address article aside blockquote body button canvas caption center col colgroup dd details dialog dir div dl dt fieldset" +
		" figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu menuitem meta nav" +
		" noframes noscript ol optgroup option p param pre script section select source style summary table tbody td template textarea tfoot" +
		" th thead title tr track ul "
	inlineTags = " a abbr acronym bdi bdo big br cite data del dfn em font i img input ins kbd label mark output picture q rp rt ruby s samp small" +
		" span strike strong sub sup svg time tt u var wbr "
	wholeTags = " table ol ul dl pre script style " // those that end at their closing tag only
)

// inlineMarks are what Markdown writes for elements inside a line.
var inlineMarks = map[string]string{"b": "**", "strong": "**", "i": "*", "em": "*", "cite": "*", "del": "~~", "s": "~~", "strike": "~~"}

// markdownFile is a Markdown file while it is read. What Markdown would hide becomes what it shows, or is left out and said so: HTML
// is read as a page is, comments, titles of links and definitions that nothing refers to are left out.
type markdownFile struct {
	page
	open  []rawLine // not made lines yet
	parts int       // of HTML
}

// maxHTMLParts is how many pieces of HTML are read; the tags of others are shown.
const maxHTMLParts = 500

// readMarkdown is the front for Markdown.
func readMarkdown(source string) page {
	var m markdownFile
	raws := m.takeDefinitions(m.takeProperties(rawLines(m.takeComments(maskCode(source)))))
	for i := 0; i < len(raws); i++ {
		raw := raws[i]
		if end := htmlEnd(raws, i); end > i && m.parts < maxHTMLParts && m.readHTML(raws[i:end]) {
			i = end - 1
			continue
		}
		for part := range strings.Lines(m.inline(raw)) {
			m.open = append(m.open, rawLine{part, raw.at})
		}
	}
	m.flush()
	m.lines = joinWrapped(m.lines, max(wrapWidth(m.lines), markdownWidth(m.lines)))
	for i, l := range m.lines {
		m.lines[i].text = backslash.ReplaceAllString(unmasked.Replace(l.text), "$1")
	}
	m.show()
	for i, l := range m.lines {
		m.lines[i].source = unmasked.Replace(l.source)
	}
	m.rest = unmasked.Replace(m.rest)
	for i, left := range m.leftOut {
		m.leftOut[i].Text = unmasked.Replace(left.Text)
	}
	return m.page
}

// What begins a tag or a link is another character while it stands in code, where it begins neither. No text has these two: Unicode
// keeps them for the inside of programs.
var (
	masked   = strings.NewReplacer("<", "\uFDD0", "[", "\uFDD1")
	unmasked = strings.NewReplacer("\uFDD0", "<", "\uFDD1", "[")
	foreign  = strings.NewReplacer("\uFDD0", "\uFFFD", "\uFDD1", "\uFFFD")
)

// maskCode masks the code of a Markdown file. Code that is set in becomes text, whose characters are escaped: in a letter it is more
// often an address or a quotation.
func maskCode(source string) string {
	source = foreign.Replace(source)
	if !strings.ContainsAny(source, "<[") || !strings.ContainsAny(source, "`~") && !strings.Contains(source, "    ") && !strings.Contains(source, "\t") {
		return source
	}
	var b strings.Builder
	from := 0
	mask := func(at text.Segment, before string) {
		b.WriteString(source[from:at.Start])
		code := masked.Replace(source[at.Start:at.Stop])
		if before != "" {
			code = strings.NewReplacer("\uFDD0", before+"\uFDD0", "\uFDD1", before+"\uFDD1").Replace(code)
		}
		b.WriteString(code)
		from = at.Stop
	}
	_ = ast.Walk(parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...), parser.WithInlineParsers(parser.DefaultInlineParsers()...),
	).Parse(text.NewReader([]byte(source))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil && entering; c = c.NextSibling() {
				mask(c.(*ast.Text).Segment, "")
			}
		case *ast.FencedCodeBlock:
			for _, line := range n.Lines().Sliced(0, n.Lines().Len()) {
				if entering {
					mask(line, "")
				}
			}
		case *ast.CodeBlock:
			for _, line := range n.Lines().Sliced(0, n.Lines().Len()) {
				if entering {
					mask(line, `\`)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String() + source[from:]
}

// markdownWidth returns the width of the widest line that has others around it, if a sentence goes on in one: in Markdown the end of
// a line ends no paragraph, however long other lines are.
func markdownWidth(lines []line) (width int) {
	goesOn := false
	for i, l := range lines {
		if i == 0 || l.gap > 0 || runeCount(lines[i-1].source) <= wrappedRunes {
			continue
		}
		goesOn = goesOn || unicode.IsLower(firstRune(l.text)) && !endsSentence(lines[i-1].text)
		for _, n := range [...]int{runeCount(lines[i-1].source), runeCount(l.source)} {
			if n <= widestWrap {
				width = max(width, n)
			}
		}
	}
	if width < narrowestWrap || !goesOn {
		return 0
	}
	return width
}

// flush makes lines of what is open.
func (m *markdownFile) flush() {
	lines, rest := splitLines(m.open)
	m.lines, m.open = append(m.lines, lines...), nil
	m.rest = strings.TrimSpace(m.rest + "\n\n" + rest)
}

// takeComments takes out the comments, and leaves their line ends so that the lines keep their numbers.
func (m *markdownFile) takeComments(text string) string {
	if !strings.Contains(text, "<!--") {
		return text
	}
	at, from := 1, 0
	return htmlComment.ReplaceAllStringFunc(text, func(comment string) string {
		start := from + strings.Index(text[from:], comment)
		at += strings.Count(text[from:start], "\n")
		m.leave(at, strings.TrimSuffix(strings.TrimPrefix(comment, "<!--"), "-->"), Hidden)
		from = start
		return strings.Repeat("\n", strings.Count(comment, "\n"))
	})
}

// takeProperties takes the block of properties above the text ("front matter"): title, date and language become what they are in
// other files, the rest is left out.
func (m *markdownFile) takeProperties(raws []rawLine) []rawLine {
	if len(raws) == 0 {
		return raws
	}
	mark := strings.TrimSpace(raws[0].text)
	end := 1
	for end < len(raws) && strings.TrimSpace(raws[end].text) != mark {
		l := strings.TrimRight(raws[end].text, "\n")
		if s := strings.TrimSpace(l); s != "" && s == l && !property.MatchString(l) && !strings.ContainsAny(l[:1], "-#[") {
			return raws
		}
		end++
	}
	if mark != "---" && mark != "+++" || end == len(raws) {
		return raws
	}
	block, titles := raws[1:end], []rawLine{}
	for _, raw := range block {
		key, value := "", raw.text
		if p := property.FindStringSubmatch(strings.TrimRight(raw.text, "\n ")); p != nil {
			key, value = strings.ToLower(p[1]), strings.Trim(p[2], `"' `)
		}
		if day, hour, ok := strings.Cut(value, "T"); ok && key == "date" && isDated(line{text: day}) {
			value = day
			m.leave(raw.at, hour, Properties)
		}
		switch {
		case strings.Trim(value, "|>-") == "":
			m.leave(raw.at, raw.text, Properties)
		case key == "title":
			titles = append(titles, rawLine{"# " + value, raw.at}, rawLine{at: raw.at})
		case key == "subtitle":
			titles = append(titles, rawLine{"## " + value, raw.at}, rawLine{at: raw.at})
		case key == "date" && isDated(line{text: value}):
			titles = append(titles, rawLine{value, raw.at}, rawLine{at: raw.at})
		case key == "deadline" && isDeadline(value):
			m.deadline = value
		case key == "lang", key == "language", key == "locale":
			m.language, _, _ = strings.Cut(strings.ToLower(value), "-")
			m.leave(raw.at, raw.text, Properties)
		default:
			m.leave(raw.at, raw.text, Properties)
		}
	}
	return append(titles, raws[end+1:]...)
}

// takeDefinitions writes the addresses of links where the links are, and takes out the lines that define them.
func (m *markdownFile) takeDefinitions(raws []rawLine) (kept []rawLine) {
	type target struct {
		href, text, title string
		at                int
		used              bool
	}
	targets := map[string]*target{}
	for i, raw := range raws {
		d := definition.FindStringSubmatch(raw.text)
		if d == nil || i > 0 && len(kept) > 0 && kept[len(kept)-1].at == raw.at-1 && strings.TrimSpace(raws[i-1].text) != "" {
			kept = append(kept, raw)
			continue
		}
		label := fold(d[1])
		if targets[label] != nil {
			m.leave(raw.at, raw.text, Hidden)
			continue
		}
		targets[label] = &target{href: strings.Trim(d[2], "<>"), text: raw.text, title: d[3], at: raw.at}
	}
	if len(targets) == 0 {
		return kept
	}
	for i, raw := range kept {
		var b strings.Builder
		from := 0
		for _, found := range labelledText.FindAllStringSubmatchIndex(raw.text, -1) {
			text := raw.text[found[2]:found[3]]
			label := text
			if found[4] >= 0 && found[5] > found[4] {
				label = raw.text[found[4]:found[5]]
			}
			if t := targets[fold(label)]; t != nil && !strings.HasPrefix(raw.text[found[1]:], "(") {
				b.WriteString(raw.text[from:found[0]] + "[" + text + "](" + t.href + ")")
				from, t.used = found[1], true
			}
		}
		kept[i].text = b.String() + raw.text[from:]
	}
	for _, t := range targets {
		if t.used {
			t.text = t.title
		}
		m.leave(t.at, t.text, Hidden)
	}
	return kept
}

// htmlEnd returns behind which line a block of HTML ends that begins at line i, i if none does: at a blank line, or where its
// element does.
func htmlEnd(raws []rawLine, i int) int {
	tag := htmlBlock.FindStringSubmatch(raws[i].text)
	if tag == nil {
		return i
	}
	name := strings.ToLower(tag[1])
	if !strings.Contains(blockTags, " "+name+" ") {
		return i
	}
	end := i
	for end < len(raws) && strings.TrimSpace(raws[end].text) != "" {
		end++
	}
	if strings.Contains(wholeTags, " "+name+" ") {
		for at := i; at < min(len(raws), i+maxHTMLLines); at++ {
			if strings.Contains(strings.ToLower(raws[at].text), "</"+name) {
				return max(end, at+1)
			}
		}
	}
	return end
}

// maxHTMLLines is how far below its start the end of an element is looked for.
const maxHTMLLines = 2000

// readHTML reads a block of HTML as a page; ok is false if it cannot.
func (m *markdownFile) readHTML(raws []rawLine) (ok bool) {
	m.parts++ // of those that cannot be read too: each try costs as much
	p, err := readPage(joinRaw(raws))
	if err != nil {
		return false
	}
	m.flush()
	for i, l := range p.lines {
		if i == 0 {
			l.gap = 1
		}
		l.at, l.broken = l.at+raws[0].at-1, true
		m.lines = append(m.lines, l)
	}
	for _, left := range p.leftOut {
		m.leave(left.Line+raws[0].at-1, left.Text, left.Why)
	}
	m.open = append(m.open, rawLine{at: raws[0].at})
	return true
}

// inline writes the HTML inside a line as Markdown; a break makes two lines of it.
func (m *markdownFile) inline(raw rawLine) string {
	text := raw.text
	if strings.Contains(text, "](") {
		text = linkTitle.ReplaceAllStringFunc(text, func(s string) string {
			parts := linkTitle.FindStringSubmatch(s)
			m.leave(raw.at, parts[3], Hidden)
			return parts[1] + parts[2] + ")"
		})
	}
	if !strings.Contains(text, "<") {
		return text
	}
	inTable := strings.HasPrefix(strings.TrimSpace(text), "|")
	s := anchor.ReplaceAllString(text, "[$2]($1)")
	s = picture.ReplaceAllStringFunc(s, func(tag string) string {
		facts := map[string]string{}
		for _, f := range pictureFact.FindAllStringSubmatch(tag, -1) {
			facts[strings.ToLower(f[1])] = html.UnescapeString(f[2] + f[3])
		}
		return "![" + facts["alt"] + "](" + strings.ReplaceAll(facts["src"], " ", "%20") + ")"
	})
	return htmlTag.ReplaceAllStringFunc(s, func(tag string) string {
		name := strings.ToLower(htmlTag.FindStringSubmatch(tag)[2])
		switch {
		case name == "br" && inTable:
			return " "
		case name == "br":
			return "  \n"
		case inlineMarks[name] != "":
			return inlineMarks[name]
		case strings.Contains(inlineTags, " "+name+" "):
			return ""
		case strings.Contains(blockTags, " "+name+" "):
			return " "
		}
		return `\` + tag
	})
}

// autolinked is what stands behind the "<" of an address that Markdown shows.
var autolinked = regexp.MustCompile(`^<(?:https?://|mailto:)?[^<>\s]+[.@:][^<>\s]+>`)

// show escapes what Markdown would still hide outside of code: tags, and lines that it takes for the definition of a link.
func (p *page) show() {
	code := false
	for i, l := range p.lines {
		if code = code != fenceLine.MatchString(l.source); !code {
			p.lines[i].source = visible(l.source)
		}
	}
	p.rest = visible(p.rest)
	quote(p.lines)
}

// quote marks what a letter quotes, unless most of the file is quoted: then that is the letter.
func quote(lines []line) {
	quoted := 0
	for _, l := range lines {
		if l.quoted {
			quoted++
		}
	}
	for i, l := range lines {
		if l.quoted && quoted*2 <= len(lines) {
			lines[i].source = "> " + l.source
		}
	}
}

func visible(source string) string {
	if strings.HasPrefix(source, "[") && !strings.HasPrefix(source, "[^") && definition.MatchString(source) {
		source = `\` + source
	}
	if !strings.Contains(source, "<") {
		return source
	}
	var b strings.Builder
	from, code := 0, false
	for _, found := range hiddenStart.FindAllStringIndex(source, -1) {
		at := found[0]
		between := source[from:at]
		code = code != (strings.Count(between, "`")%2 == 1)
		b.WriteString(between)
		if !code && !strings.HasSuffix(between, `\`) && !autolinked.MatchString(source[at:min(len(source), at+maxHref)]) {
			b.WriteByte('\\')
		}
		from = at
	}
	return b.String() + source[from:]
}

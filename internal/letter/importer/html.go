package importer

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/undersigned/undersigned/internal/fault"
)

// maxTags is how many tags a page may have; the parser itself refuses more than 512 inside one another.
const maxTags = 60_000

// How much of a page tells what its parts are.
const (
	declaredBytes = 4096 // from the start, in which the encoding is declared
	noteSignBytes = 40   // of a link that refers to a footnote
	wayBackRunes  = 6    // of a link that leads back from one: "↩ 12"
	footerBytes   = 400  // of a footer in which the rights are reserved
	classBytes    = 60   // of the name of a class; longer ones are made by tools
	cellBytes     = 300  // of a cell that stands on a line with others
)

// readHTML is the front for web pages, as an editor or a browser saves them.
func readHTML(data []byte) (page, error) {
	text, err := decodeHTML(data)
	if err != nil {
		return page{}, err
	}
	return readPage(text)
}

// readPage reads the text of a page, or of a part of one.
func readPage(text string) (page, error) {
	if strings.Count(text, "<") > maxTags {
		return page{}, fault.New(fault.Invalid, "import.too_complex")
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return page{}, fault.New(fault.Invalid, "import.too_complex")
	}
	w := webPage{facts: map[*html.Node]*facts{}, anchors: map[string]*html.Node{}, notes: map[*html.Node]string{}, skip: map[*html.Node]bool{},
		unread: numberTexts(root, text)}
	w.learn(root)
	w.findNotes()
	w.main = w.findMain(root)
	if title := w.titleOutside(); title != nil {
		w.block(title)
	}
	w.block(w.main)
	w.writeNotes()
	p, err := w.flow.page()
	p.language = w.language
	w.leaveUnread(root, &p)
	return p, err
}

// numberTexts returns the number of the line that each text of the tree begins on. The parser does not tell it, so the texts are
// looked up among those of the source, in their order.
func numberTexts(root *html.Node, source string) map[*html.Node]int {
	type piece struct {
		text string
		at   int
	}
	var pieces []piece
	var pictures []int
	z, at := html.NewTokenizer(strings.NewReader(source)), 1
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		raw := z.Raw()
		ends := bytes.Count(raw, []byte("\n"))
		if kind == html.TextToken {
			above := bytes.Count(raw[:len(raw)-len(bytes.TrimLeft(raw, " \t\r\n"))], []byte("\n"))
			if text := strings.TrimSpace(string(z.Text())); text != "" {
				pieces = append(pieces, piece{text, at + above})
			}
		}
		if name, _ := z.TagName(); string(name) == "img" && kind != html.EndTagToken {
			pictures = append(pictures, at)
		}
		at += ends
	}
	numbers, last := map[*html.Node]int{}, 1
	for n := range root.Descendants() {
		if n.DataAtom == atom.Img && len(pictures) > 0 {
			numbers[n], pictures = pictures[0], pictures[1:]
		}
		if n.Type != html.TextNode {
			continue
		}
		if text := strings.TrimSpace(n.Data); text != "" {
			for i, p := range pieces[:min(len(pieces), soughtPieces)] {
				if strings.HasPrefix(text, p.text) {
					last, pieces = p.at, pieces[i+1:]
					break
				}
			}
			numbers[n] = last
		}
	}
	return numbers
}

// soughtPieces is how far ahead a text is looked for among the pieces of the source.
const soughtPieces = 30

// leaveUnread leaves out the texts of the page that nothing has read, by lines.
func (w *webPage) leaveUnread(root *html.Node, p *page) {
	var words strings.Builder
	at := 0
	end := func() {
		p.leave(at, words.String(), Around)
		words.Reset()
	}
	for n := range root.Descendants() {
		if _, isBlock := blockGap(n.DataAtom); isBlock || n.DataAtom == atom.Br || n.DataAtom == atom.A || n.DataAtom == atom.Button {
			end()
		}
		number, ok := w.unread[n]
		if !ok {
			continue
		}
		if n.DataAtom == atom.Img { // pictures are not read, what is said of them is left out
			end()
			p.leave(number, strings.Join(strings.Fields(attribute(n, "alt")), " "), Around)
			continue
		}
		switch n.Parent.DataAtom {
		case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Title:
			continue
		}
		if words.Len() == 0 {
			at = number
		}
		words.WriteString(n.Data)
	}
	end()
}

// declared is where a page says its encoding.
var declared = regexp.MustCompile(`(?i)(?:<meta[^>]{1,200}charset\s*=\s*["']?\s*|<\?xml[^>]{1,100}encoding\s*=\s*["'])([a-z0-9_:.-]{2,40})`)

// decodeHTML returns the text of UTF-8, UTF-16 with a byte order mark, or the encoding that the page declares.
func decodeHTML(data []byte) (string, error) {
	m := declared.FindSubmatch(data[:min(len(data), declaredBytes)])
	if m == nil || utf16Order(data) != nil || utf8.Valid(data) {
		return Decode(data)
	}
	encoding, err := htmlindex.Get(string(m[1]))
	if err != nil || encoding == unicode.UTF8 {
		return Decode(data)
	}
	decoded, err := encoding.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return "", fault.New(fault.Invalid, "import.not_utf8", "Offset", invalidAt(data))
	}
	return Decode(decoded)
}

// facts are what is known of an element before it is written.
type facts struct {
	order int  // in the document
	chars int  // of the text shown
	title bool // it holds a heading of the first level
	menu  bool // it holds a menu or a form
	links int
	main  bool // it holds the article
}

// webPage is a parsed page while its lines are written.
type webPage struct {
	flow     flow
	facts    map[*html.Node]*facts
	anchors  map[string]*html.Node // by id or name
	links    []*html.Node          // to anchors of the page
	notes    map[*html.Node]string // the label of each reference to a footnote
	targets  []note
	skip     map[*html.Node]bool // ways back from a footnote, and the footnotes themselves
	unread   map[*html.Node]int  // texts that were not written yet, with the number of their line
	main     *html.Node
	language string
}

// note is a footnote: its label and the element that holds its text.
type note struct {
	label string
	text  *html.Node
}

// learn takes in facts, anchors and language of the tree. The parser bounds its depth.
func (w *webPage) learn(n *html.Node) *facts {
	f := &facts{order: len(w.facts)}
	w.facts[n] = f
	if n.Type == html.TextNode {
		f.chars = len(strings.TrimSpace(n.Data))
		return f
	}
	if n.Type == html.ElementNode {
		w.learnElement(n, f)
		if isUnseen(n) {
			return f
		}
	}
	for c := range n.ChildNodes() {
		if c.Type != html.ElementNode && c.Type != html.TextNode {
			continue
		}
		in := w.learn(c)
		f.chars += in.chars
		f.links += in.links
		f.title = f.title || in.title
		f.menu = f.menu || in.menu
		f.main = f.main || in.main
	}
	return f
}

func (w *webPage) learnElement(n *html.Node, f *facts) {
	for _, a := range n.Attr {
		switch a.Key {
		case "id", "name":
			if a.Key == "id" || n.DataAtom == atom.A {
				if _, ok := w.anchors[a.Val]; !ok && a.Val != "" {
					w.anchors[a.Val] = n
				}
			}
		case "lang", "xml:lang":
			if w.language == "" && (n.DataAtom == atom.Html || n.DataAtom == atom.Body) {
				tag, _, _ := strings.Cut(strings.ToLower(a.Val), "-")
				if len(tag) == 2 || len(tag) == 3 {
					w.language = tag
				}
			}
		}
	}
	switch n.DataAtom {
	case atom.A:
		f.links++
		if strings.HasPrefix(attribute(n, "href"), "#") {
			w.links = append(w.links, n)
		}
	case atom.H1:
		f.title = true
	case atom.Nav, atom.Form:
		f.menu = true
	case atom.Article, atom.Main:
		f.main = true
	}
	if attribute(n, "role") == "main" {
		f.main = true
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// isUnseen reports whether an element is never part of a text, or hidden.
func isUnseen(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Nav, atom.Aside, atom.Button, atom.Input, atom.Select,
		atom.Textarea, atom.Svg, atom.Iframe, atom.Object, atom.Video, atom.Audio, atom.Canvas, atom.Dialog, atom.Menu, atom.Math, atom.Datalist:
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if a.Val == "true" {
				return true
			}
		case "style":
			if unseenStyle.MatchString(a.Val) {
				return true
			}
		case "role":
			switch a.Val {
			case "navigation", "complementary", "search", "contentinfo", "menu", "menubar", "dialog", "alertdialog", "toolbar":
				return true
			}
		}
	}
	return false
}

var (
	unseenStyle = regexp.MustCompile(`(?i)(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)`)
	// furnitureClass are the names that pages give to what stands around a text.
	furnitureClass = regexp.MustCompile(`(?i)^(?:.*[-_])?(?:` +
		`cookies?|cookie[-_]?(?:banner|notice|consent|bar)|consent|gdpr|breadcrumbs?|share|sharing|sharedaddy|social|` +
		`social[-_]?(?:links|share|media|icons)|comments?|comment[-_]?(?:list|form|area)|disqus_thread|related|` +
		`related[-_]?(?:posts|articles|content)|newsletter|newsletter[-_]?(?:signup|form)|subscribe|sidebar|navbar|navigation|menu|` +
		`pagination|pager|advert|ads|skip[-_]?link|skip|sr[-_]only|visually[-_]hidden|screen[-_]reader[-_]text|print[-_]?hidden|` +
		`noprint)$`)
)

// isFurniture reports whether an element is what a page puts around its text.
func (w *webPage) isFurniture(n *html.Node) bool {
	if isUnseen(n) {
		return true
	}
	f, all := w.facts[n], w.facts[w.main]
	if f == nil || f.main || all != nil && f.chars*2 > all.chars {
		return false
	}
	switch n.DataAtom {
	case atom.Form:
		return true
	case atom.Header:
		return f.menu
	case atom.Footer:
		return f.links > 0 || f.menu || w.main.DataAtom == atom.Body && strings.Contains(textOf(n, footerBytes), "©")
	case atom.Html, atom.Body, atom.Main, atom.Article:
		return false
	}
	if id := attribute(n, "id"); id != "" && furnitureClass.MatchString(id) {
		return true
	}
	for class := range strings.FieldsSeq(attribute(n, "class")) {
		if len(class) < classBytes && furnitureClass.MatchString(class) {
			return true
		}
	}
	return false
}

// findMain returns the element that holds the text: the largest article that is most of the page, else the main element,
// else the body.
func (w *webPage) findMain(root *html.Node) *html.Node {
	var body, main, article *html.Node
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || w.facts[n] == nil {
			continue
		}
		switch {
		case n.DataAtom == atom.Body:
			body = n
		case n.DataAtom == atom.Article:
			if article == nil || w.facts[n].chars > w.facts[article].chars {
				article = n
			}
		case n.DataAtom == atom.Main || attribute(n, "role") == "main":
			if main == nil || w.facts[n].chars > w.facts[main].chars {
				main = n
			}
		}
	}
	if body == nil {
		body = root
	}
	if main == nil || w.facts[main].chars*5 < w.facts[body].chars {
		main = body
	}
	if article != nil && w.facts[article].chars*2 > w.facts[main].chars {
		return article
	}
	return main
}

// titleOutside returns the heading of the page when it stands above the element that holds the text.
func (w *webPage) titleOutside() *html.Node {
	if w.main == nil || w.facts[w.main].title {
		return nil
	}
	var found *html.Node
	for n, f := range w.facts {
		if n.DataAtom == atom.H1 && f.order < w.facts[w.main].order && (found == nil || f.order > w.facts[found].order) {
			found = n
		}
	}
	for n := found; n != nil; n = n.Parent {
		if n.DataAtom == atom.Header && w.facts[n].menu || n.DataAtom == atom.Nav {
			return nil
		}
	}
	return found
}

// textOf returns the beginning of an element's text.
func textOf(n *html.Node, limit int) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
		if b.Len() > limit {
			break
		}
	}
	return b.String()
}

// noteSign is what the reference to a footnote looks like.
var noteSign = regexp.MustCompile(`^\s*[\[(]?\s*(\p{Nd}{1,3}|[a-zA-Z]|[ivx]{1,5}|[*†‡§]{1,3})\s*[\])]?\s*$`)

// noteName is what anchors of footnotes are called.
var noteName = regexp.MustCompile(`(?i)(?:^|[-_#:])(?:_?s?d?(?:ftn|edn|fn|footnote|endnote|note|cite[-_]?note|reference)|ref)`)

// findNotes finds the links to footnotes: a raised or bracketed sign whose target stands further below.
func (w *webPage) findNotes() {
	taken := map[*html.Node]string{} // by target
	labels := map[string]bool{}
	for _, a := range w.links {
		name := attribute(a, "href")[1:]
		to := w.anchors[name]
		sign := noteSign.FindStringSubmatch(textOf(a, noteSignBytes))
		if to == nil || sign == nil || w.facts[to].order <= w.facts[a].order {
			continue
		}
		raised := isRaised(a) || strings.Contains(textOf(a, noteSignBytes), "[") || attribute(a, "role") == "doc-noteref" ||
			noteName.MatchString(name) || noteName.MatchString(attribute(a, "class"))
		text := holder(to)
		if !raised || contains(text, a) {
			continue
		}
		label, ok := taken[text]
		if !ok {
			label = noteLabel(sign[1], len(taken)+1, labels)
			taken[text], labels[label] = label, true
			w.targets = append(w.targets, note{label, text})
			w.skip[text] = true
		}
		w.notes[a] = label
	}
	for _, a := range w.links { // ways back
		to := w.anchors[attribute(a, "href")[1:]]
		if to != nil && len(w.notes) > 0 && w.facts[to].order < w.facts[a].order && runeCount(strings.TrimSpace(textOf(a, noteSignBytes))) <= wayBackRunes {
			w.skip[a] = true
		}
	}
}

// noteLabel returns the label that a note is referred to by: its number, or where it has none, its place.
func noteLabel(sign string, place int, taken map[string]bool) string {
	label := strconv.Itoa(place)
	if n := atoi(sign); n > 0 {
		label = strconv.Itoa(n)
	}
	for taken[label] {
		label += "a"
	}
	return label
}

// holder returns the block that an anchor of a note stands in.
func holder(n *html.Node) *html.Node {
	for at := n; at.Parent != nil; at = at.Parent {
		switch at.DataAtom {
		case atom.Li, atom.P, atom.Div, atom.Dd, atom.Td, atom.Tr, atom.Section:
			return at
		case atom.Body, atom.Html, atom.Ol, atom.Ul, atom.Article, atom.Main:
			return n
		}
	}
	return n
}

func isRaised(a *html.Node) bool {
	if a.Parent != nil && a.Parent.DataAtom == atom.Sup {
		return true
	}
	for c := range a.ChildNodes() {
		if c.DataAtom == atom.Sup {
			return true
		}
	}
	return false
}

func contains(n, inner *html.Node) bool {
	for at := inner; at != nil; at = at.Parent {
		if at == n {
			return true
		}
	}
	return false
}

package letter

import (
	"bytes"
	"fmt"
	gohtml "html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// RenderMarkdown returns sanitised HTML of Markdown: no script, no raw HTML, no picture from elsewhere. A picture names a stored
// one by hash and carries caption and credit in its title: ![alternative text](picture:HASH "Caption | Credit").
func RenderMarkdown(source string) string { return Text{Body: source}.HTML() }

// HTML is the body as RenderMarkdown shows it. Its demands have the anchors demand-N, by their number; in format 1, by their place
// among the demands.
func (t Text) HTML() string {
	var out bytes.Buffer
	if err := t.markdown("").Convert([]byte(t.Body), &out); err != nil {
		return "" // goldmark fails only when its writer does, and a buffer does not
	}
	return sanitiser.Sanitize(out.String())
}

// markdown returns what reads and renders the body, as the format of the text has it; all anchors begin with the prefix.
func (t Text) markdown(prefix string) goldmark.Markdown {
	var anchors parser.ASTTransformer = demandAnchors{t.Demands, prefix}
	if t.Format >= 2 {
		anchors = demandItems{prefix}
	}
	return goldmark.New(
		goldmark.WithExtensions(extension.NewFootnote(extension.WithFootnoteIDPrefix(prefix)), extension.Linkify, extension.Strikethrough,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(numberedLines{demands: t.Format >= 2}, 800), util.Prioritized(anchors, 900))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(figures{}, 100))))
}

// sanitiser lets through what the renderer makes and nothing else.
var sanitiser = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "em", "strong", "del", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "blockquote", "code", "pre",
		"hr", "table", "thead", "tbody", "tr", "sup", "figure", "figcaption", "cite")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("value").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("li")
	p.AllowElements("ol", "li", "div", "td", "th", "img", "a")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("td", "th")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^(`+besidePrefix+`)?(fn(ref)?[0-9]*:[0-9]+|demand-[0-9]+)$`)).OnElements("li", "sup")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(footnote-ref|footnote-backref|footnotes|demand)$`)).OnElements("a", "div", "li")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^doc-(noteref|endnotes|backlink)$`)).OnElements("a", "div")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/media/[0-9a-f]{64}$`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowURLSchemes("mailto")
	for _, scheme := range []string{"http", "https"} {
		p.AllowURLSchemeWithCustomPolicy(scheme, func(u *url.URL) bool { return u.Host != "" })
	}
	p.AllowRelativeURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	return p
}()

// demandAnchors marks the list items whose words are a demand's, in format 1.
type demandAnchors struct {
	demands []Demand
	prefix  string
}

func (d demandAnchors) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	if len(d.demands) == 0 {
		return
	}
	index := map[string]int{}
	for i, demand := range slices.Backward(d.demands) {
		index[fold(demand.Text)] = i + 1
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if item, ok := n.(*ast.ListItem); ok && entering {
			words := fold(plainText(item, reader.Source()))
			if i := index[words]; i > 0 {
				delete(index, words) // one anchor a page
				item.SetAttributeString("id", fmt.Appendf(nil, "%sdemand-%d", d.prefix, i))
				item.SetAttributeString("class", []byte("demand"))
			}
		}
		return ast.WalkContinue, nil
	})
}

// fold makes two renderings of the same words equal.
func fold(s string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return strings.ContainsRune(" \t\n*_;,.", r)
	}), " "))
}

func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch t := c.(type) {
		case *ast.Text:
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.AutoLink:
			b.Write(t.Label(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// figures renders pictures; one that is not stored here becomes a plain link, so that no page loads from elsewhere.
type figures struct{}

func (f figures) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, f.image)
	r.Register(ast.KindParagraph, f.paragraph)
}

var pictureRef = regexp.MustCompile(`^picture:([0-9a-f]{64})$`)

func (figures) image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.Image)
	alt := util.EscapeHTML([]byte(plainText(n, source)))
	ref := pictureRef.FindSubmatch(n.Destination)
	if ref == nil {
		fmt.Fprintf(w, `<a href="%s">%s</a>`, util.EscapeHTML(util.URLEscape(n.Destination, true)), alt)
		return ast.WalkSkipChildren, nil
	}
	fmt.Fprintf(w, `<img src="/media/%s" alt="%s" loading="lazy">`, ref[1], alt)
	if len(n.Title) > 0 {
		caption, credit, _ := strings.Cut(string(n.Title), "|")
		fmt.Fprintf(w, "<figcaption>%s", util.EscapeHTML([]byte(strings.TrimSpace(caption))))
		if credit = strings.TrimSpace(credit); credit != "" {
			fmt.Fprintf(w, " <cite>%s</cite>", util.EscapeHTML([]byte(credit)))
		}
		_, _ = w.WriteString("</figcaption>")
	}
	return ast.WalkSkipChildren, nil
}

// paragraph makes one that holds nothing but a stored picture a figure.
func (figures) paragraph(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	tag := "p"
	if image, ok := node.FirstChild().(*ast.Image); ok && node.ChildCount() == 1 && pictureRef.Match(image.Destination) {
		tag = "figure"
	}
	if entering {
		_, _ = w.WriteString("<" + tag)
		if node.Attributes() != nil {
			html.RenderAttributes(w, node, html.ParagraphAttributeFilter)
		}
		_, _ = w.WriteString(">")
	} else {
		_, _ = w.WriteString("</" + tag + ">\n")
	}
	return ast.WalkContinue, nil
}

// Excerpt returns the beginning of Markdown as plain text on one line, at most limit characters and cut between words.
func Excerpt(source string, limit int) string {
	return shorten(plainOf(RenderMarkdown(source)), limit)
}

// plainOf returns the words of rendered Markdown on one line.
func plainOf(html string) string {
	return strings.Join(strings.Fields(gohtml.UnescapeString(plainPolicy.Sanitize(blockEnd.ReplaceAllString(html, " $0")))), " ")
}

// shorten cuts a line between words, to at most limit characters.
func shorten(out string, limit int) string {
	if utf8.RuneCountInString(out) <= limit {
		return out
	}
	runes := []rune(out)
	cut := string(runes[:limit-1])
	if at := strings.LastIndexByte(cut, ' '); at > len(cut)/2 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " ,;:،؛") + "…"
}

var (
	plainPolicy = bluemonday.StrictPolicy()
	blockEnd    = regexp.MustCompile(`</(?:p|li|h[1-6]|td|th|blockquote|figcaption)>|<br`)
)

package page

import (
	"html"
	"net/url"
)

// SnippetWidth and SnippetHeight are the pixels of a letter's frame on another site.
const (
	SnippetWidth  = 480
	SnippetHeight = 420
)

// Snippet is what another site puts into its page to show a letter: a frame, and inside it a link for readers whose browser shows none.
func Snippet(base, slug, language, title string) string {
	address := base + "/letters/" + slug
	return `<iframe src="` + html.EscapeString(address+"/embed?lang="+url.QueryEscape(language)) + `" title="` + html.EscapeString(title) +
		`" width="480" height="420" loading="lazy" style="border:0;max-width:100%">` +
		`<a href="` + html.EscapeString(address) + `">` + html.EscapeString(title) + `</a></iframe>`
}

package page

import (
	"html"
	"net/url"
	"strconv"
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
		`" width="` + strconv.Itoa(SnippetWidth) + `" height="` + strconv.Itoa(SnippetHeight) + `" loading="lazy" style="border:0;max-width:100%">` +
		`<a href="` + html.EscapeString(address) + `">` + html.EscapeString(title) + `</a></iframe>`
}

package importer

import (
	"slices"
	"strings"
)

// Shown returns the text that a file shows, as its front reads it: with and without Markdown's marks.
func Shown(name string, data []byte) string {
	p, err := open(name, data)
	if err != nil {
		return ""
	}
	var marked, words strings.Builder
	for _, l := range p.lines {
		marked.WriteString(l.source + "\n")
		words.WriteString(l.text + "\n")
	}
	for _, left := range p.leftOut {
		words.WriteString(left.Text + "\n")
	}
	return marked.String() + p.rest + "\n" + words.String()
}

// Joins reports whether a word only says how the fields beside it belong together, or stands before a name.
func Joins(word string) bool {
	honorific := func(h string) bool { return hasWord(h, barely(word)[0]) }
	return connectives()[barely(word)[0]] || slices.ContainsFunc(everywhere().Honorifics, honorific)
}

package testkit

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Fields returns what the first form of a page that leads to the address would send, without its buttons.
func Fields(doc *html.Node, action string) url.Values {
	for form := range doc.Descendants() {
		if form.Data != "form" || strings.SplitN(Attribute(form, "action"), "?", 2)[0] != action {
			continue
		}
		return FieldsOf(form)
	}
	return nil
}

// FieldsOf returns what a form would send, without its buttons.
func FieldsOf(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name, kind := Attribute(n, "name"), Attribute(n, "type")
		switch {
		case n.Type != html.ElementNode || name == "" || kind == "file":
		case n.Data == "textarea":
			text := ""
			if n.FirstChild != nil {
				text = strings.TrimPrefix(n.FirstChild.Data, "\n")
			}
			v.Add(name, text)
		case n.Data == "select":
			for o := range n.Descendants() {
				if o.Data == "option" && (has(o, "selected") || v.Get(name) == "" && !has(n, "multiple")) {
					v.Set(name, Attribute(o, "value"))
				}
			}
		case n.Data == "input" && (kind != "radio" && kind != "checkbox" || has(n, "checked")):
			v.Add(name, Attribute(n, "value"))
		}
	}
	return v
}

// Values returns the values of all fields of that name on a page.
func Values(doc *html.Node, name string) (values []string) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && Attribute(n, "name") == name {
			values = append(values, Attribute(n, "value"))
		}
	}
	return values
}

// Attribute returns an attribute of an element, "" if it has none of that name.
func Attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

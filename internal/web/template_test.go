package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/jba/templatecheck"
	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/public"
)

// Every template asks its page only for fields and methods that are there, with arguments that fit.
func TestTemplates_fitTheirPages(t *testing.T) {
	checked := map[string]bool{}
	l := i18n.Find(i18n.Default)
	for _, s := range samplePages(l, wordsFor(l.Code)) {
		name := s.page.Template()
		if checked[name] {
			continue
		}
		checked[name] = true
		if err := templatecheck.CheckHTML(renderer().Templates()[name], s.page); err != nil {
			t.Errorf("%s with %T: %v", name, s.page, err)
		}
	}
}

// hostileWords is what somebody could type, or import, to break out of a page.
var hostileWords = words{
	title:        "<script>alert(1)</script>\u202Ereversed",
	subtitle:     "\"><img src=x onerror=alert(2)>\u202E",
	name:         "\u202E<script>alert(3)</script> ' onmouseover=alert(4) x='",
	longName:     strings.Repeat("Ƥ", 499) + "\u202E",
	organisation: "</textarea></title><script>alert(5)</script>\u202E",
	office:       "javascript:alert(6)\u202E",
	text:         "{{.L}} <b onclick=alert(7)>\u202E" + strings.Repeat("W", 500),
	body:         "<p>body</p>",
	place:        "\u202E<script>",
	dir:          "ltr",
}

// allPages executes every sample in every language with what each language is given.
func allPages(t *testing.T, given func(code string) words, do func(t *testing.T, s sample, l *i18n.Locale, doc *html.Node)) {
	t.Helper()
	seen := map[string]bool{}
	for _, l := range i18n.All() {
		for _, s := range samplePages(l, given(l.Code)) {
			seen[s.page.Template()] = true
			t.Run(s.name+"/"+l.Code, func(t *testing.T) {
				body, err := renderer().Bytes(s.page)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(body), "&lt;no value&gt;") || strings.Contains(string(body), "ZgotmplZ") {
					t.Error("the page holds a missing or refused value")
				}
				doc, err := html.Parse(bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				do(t, s, l, doc)
			})
		}
	}
	for name := range renderer().Templates() {
		if !seen[name] {
			t.Errorf("no sample of %s", name)
		}
	}
}

// What people typed stays text: it opens no element, no attribute and no address, and cannot reorder what stands around it.
func TestPages_hostileData(t *testing.T) {
	allPages(t, func(string) words { return hostileWords }, func(t *testing.T, s sample, _ *i18n.Locale, doc *html.Node) {
		for n := range doc.Descendants() {
			switch {
			case n.Type == html.ElementNode:
				if isData := n.Data == "script" && attr(n, "type") == "application/ld+json"; isData {
					if !json.Valid([]byte(n.FirstChild.Data)) {
						t.Errorf("not JSON: %.80q", n.FirstChild.Data)
					}
				} else if n.Data == "script" && (n.FirstChild != nil || !slices.Contains([]string{assets().Path("copy.js"), assets().Path("desk.js"), assets().Path("editor.js")},
					attr(n, "src"))) || n.Data == "style" {
					t.Errorf("inline <%s>", n.Data)
				}
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") && a.Key != "on" {
						t.Errorf("<%s> has the attribute %s", n.Data, a.Key)
					}
					if (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") {
						t.Errorf("<%s> leads to %s", n.Data, a.Val)
					}
				}
			case n.Type == html.TextNode && strings.Contains(n.Data, "\u202E") && !within(n, "title") && !within(n, "script") && !isolated(n):
				t.Errorf("an override reaches the sentence around it: <%s> %.60q", n.Parent.Data, n.Data)
			}
		}
	})
}

// isolated reports whether the text's direction ends with its element, or with the sentence's own isolate.
func isolated(n *html.Node) bool {
	if at := strings.Index(n.Data, "\u202E"); strings.LastIndex(n.Data[:at], i18n.FSI) >= 0 && strings.Contains(n.Data[at:], i18n.PDI) {
		return true
	}
	alone := true
	for c, p := n, n.Parent; p != nil && p.Data != "main"; c, p = p, p.Parent {
		alone = alone && p.FirstChild == c && p.LastChild == c
		if p.Data == "bdi" || attr(p, "dir") != "" || alone && slices.Contains([]string{"p", "li", "dd", "dt", "h1", "h2", "h3"}, p.Data) {
			return true // an element that says its direction, or a paragraph of its own
		}
	}
	return false
}

// Identifiers are unique and what refers to one finds it; images, scripts and styles come from here.
func TestPages_references(t *testing.T) {
	allPages(t, wordsFor, func(t *testing.T, s sample, l *i18n.Locale, doc *html.Node) {
		ids := map[string]bool{}
		for n := range doc.Descendants() {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("the id %q stands twice", id)
				}
				ids[id] = true
			}
		}
		for n := range doc.Descendants() {
			for _, key := range []string{"for", "aria-describedby", "aria-labelledby"} {
				for id := range strings.FieldsSeq(attr(n, key)) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> finds nothing", n.Data, key, id)
					}
				}
			}
			if id, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && id != "n1" && !ids[id] {
				t.Errorf("the link #%s leads nowhere", id)
			}
			if src := attr(n, "src"); src != "" && !strings.HasPrefix(src, "/") {
				t.Errorf("<%s> is loaded from %s", n.Data, src)
			}
			if n.Type == html.ElementNode && n.Data == "html" && (attr(n, "lang") != l.Code || attr(n, "dir") != l.Dir) {
				t.Errorf("the page says lang=%q dir=%q", attr(n, "lang"), attr(n, "dir"))
			}
		}
		if h1 := elements(doc, "h1"); len(h1) != 1 {
			t.Errorf("%d headings of the first rank", len(h1))
		}
	})
}

// The forms keep what handlers, mails and other programs rely on (DESIGN.md 7).
func TestPages_forms(t *testing.T) {
	allPages(t, wordsFor, func(t *testing.T, s sample, _ *i18n.Locale, doc *html.Node) {
		var withEmail, posts []*html.Node
		for _, form := range elements(doc, "form") {
			if attr(form, "method") != "post" {
				continue
			}
			posts = append(posts, form)
			if !strings.HasPrefix(attr(form, "action"), "/") {
				t.Errorf("the form's action %q is not absolute", attr(form, "action"))
			}
			if named(form, "email") != nil {
				withEmail = append(withEmail, form)
			}
		}
		switch page := s.page.(type) {
		case public.LetterPage:
			if !page.Open {
				if len(posts) != 0 {
					t.Error("a letter that cannot be signed has a form")
				}
				return
			}
			if len(withEmail) != 1 || len(posts) != 1 {
				t.Fatalf("%d POST forms, %d with a field email", len(posts), len(withEmail))
			}
			for _, field := range []string{"edition", "text", "kind", "name", "email", "organisation", "listing", "country", "updates", "informed", "consent"} {
				if named(withEmail[0], field) == nil {
					t.Errorf("the sign form has no field %s", field)
				}
			}
			for _, field := range page.Form.Order {
				if field != "kind" && field != "listing" && attr(named(withEmail[0], field), "aria-invalid") != "true" {
					t.Errorf("the wrong field %s is not marked", field)
				}
			}
		case public.ConfirmPage:
			if len(posts) != 1 {
				t.Fatalf("%d POST forms", len(posts))
			}
			buttons := elements(posts[0], "button")
			if len(buttons) == 0 || attr(buttons[0], "value") != "confirm" {
				t.Error("the first button does not confirm")
			}
			for _, b := range buttons {
				if attr(b, "name") != "do" || attr(b, "value") == "" {
					t.Error("a button has no name or no value")
				}
			}
			if code := named(posts[0], "code"); (code == nil) != page.Known {
				t.Errorf("known: %v, but the field for the code: %v", page.Known, code != nil)
			}
		case public.SignaturePage:
			for _, form := range posts {
				if secret := named(form, "secret"); secret == nil || strings.Contains(attr(form, "action"), "?") {
					t.Error("a form of the own signature does not carry the secret in its body")
				}
			}
		}
	})
}

func attr(n *html.Node, key string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func elements(n *html.Node, name string) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			found = append(found, d)
		}
	}
	return found
}

// named returns the first field of that name in a form.
func named(form *html.Node, name string) *html.Node {
	for d := range form.Descendants() {
		if d.Type == html.ElementNode && attr(d, "name") == name && d.Data != "button" {
			return d
		}
	}
	return nil
}

func within(n *html.Node, name string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return true
		}
	}
	return false
}

// dynamicKeys are the beginnings of keys that templates complete with a value, and the values.
var dynamicKeys = map[string][]string{
	"kind.":           {"person", "organisation", "both"},
	"listing.":        {"public", "addressee", "coalition", "counted"},
	"listing_hint.":   {"public", "addressee", "coalition", "counted"},
	"form.sees_":      {"public", "addressee", "coalition", "counted"},
	"counts.ended.":   {"signer", "erasure", "duplicate", "fraud", "moderation", "import"},
	"basis.":          {"email", "domain", "reply", "paper", "import", "voucher"},
	"state.":          {"draft", "open", "closed", "archived"},
	"own_state.":      {"new", "listed", "held", "withdrawn", "removed"},
	"own_state_hint.": {"new", "listed", "held", "withdrawn", "removed"},
	"follows.as_":     {"cosmetic", "translation", "substantive"},

	"desk.invitations.state.": {"invited", "visited", "considering", "declined", "signed"},
	"desk.join.title.":        {"setup", "join", "reset"},
	"desk.role.":              {"owner", "editor", "reviewer", "viewer"},
	"desk.follows.as_":        {"cosmetic", "translation", "substantive"},
	"desk.sign_on.":           {"both", "organisations", "people", "none"},
	"desk.board.will.":        {"both", "organisations", "people", "none"},
	"invitation.answer.":      {"visited", "considering", "declined"},
	"invitation.told.":        {"visited", "considering", "declined"},

	"desk.chart.label_": {"days", "hours"},
	"desk.chart.table_": {"days", "hours"},
	"desk.chart.unit_":  {"days", "hours"},

	"desk.export.for_":  {"public", "addressee", "coalition"},
	"desk.export.hint_": {"public", "addressee", "coalition"},

	"desk.intake.state.":    {"read", "asked", "approved", "failed"},
	"desk.intake.batch.":    {"applying", "applied", "undoing", "undone"},
	"desk.intake.kind.":     {"person", "organisation", "both"},
	"desk.dry_run.lede_":    {"read", "approved", "failed"},
	"desk.dry_run.total_":   {"add", "ask", "hold", "duplicate", "invalid", "done"},
	"desk.dry_run.outcome_": {"add", "ask", "hold", "duplicate", "invalid", "done"},
	"desk.dry_run.field_":   {"name", "given", "family", "title", "affiliation", "organisation", "country", "email", "listing", "kind"},
	"circulation.answer_":   {"in", "considering", "declined"},
	"letter.contact_":       {"press", "office"},
}

// Every message that a template asks for is in every catalogue.
func TestTemplates_messageKeys(t *testing.T) {
	keys := map[string]bool{}
	for _, page := range renderer().Templates() {
		for _, named := range page.Templates() {
			if named.Tree != nil {
				messageKeys(t, named, named.Tree.Root, keys)
			}
		}
	}
	if len(keys) < 150 {
		t.Fatalf("only %d keys found: the walk is broken", len(keys))
	}
	for key := range keys {
		for _, l := range i18n.All() {
			if !l.Has(key) {
				t.Errorf("%s: no message %q", l.Code, key)
			}
		}
	}
}

func messageKeys(t *testing.T, in *template.Template, n any, keys map[string]bool) {
	v := reflect.ValueOf(n)
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			messageKeys(t, in, c, keys)
		}
	case *parse.ActionNode:
		messageKeys(t, in, n.Pipe, keys)
	case *parse.TemplateNode:
		messageKeys(t, in, n.Pipe, keys)
	case *parse.IfNode:
		branch(t, in, &n.BranchNode, keys)
	case *parse.WithNode:
		branch(t, in, &n.BranchNode, keys)
	case *parse.RangeNode:
		branch(t, in, &n.BranchNode, keys)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			messageKeys(t, in, c, keys)
		}
	case *parse.CommandNode:
		if len(n.Args) > 1 && asksForMessage(n.Args[0]) {
			addKey(t, in, n.Args[1], keys)
		}
		for _, a := range n.Args {
			messageKeys(t, in, a, keys)
		}
	}
}

func branch(t *testing.T, in *template.Template, b *parse.BranchNode, keys map[string]bool) {
	messageKeys(t, in, b.Pipe, keys)
	messageKeys(t, in, b.List, keys)
	messageKeys(t, in, b.ElseList, keys)
}

func asksForMessage(n parse.Node) bool {
	var chain []string
	switch n := n.(type) {
	case *parse.FieldNode:
		chain = n.Ident
	case *parse.VariableNode:
		chain = n.Ident[1:]
	}
	return len(chain) == 2 && chain[0] == "L" && (chain[1] == "T" || chain[1] == "N")
}

func addKey(t *testing.T, in *template.Template, n parse.Node, keys map[string]bool) {
	if s, ok := n.(*parse.StringNode); ok {
		keys[s.Text] = true
		return
	}
	if pipe, ok := n.(*parse.PipeNode); ok && len(pipe.Cmds) == 1 && len(pipe.Cmds[0].Args) == 3 {
		if prefix, ok := pipe.Cmds[0].Args[1].(*parse.StringNode); ok && len(dynamicKeys[prefix.Text]) > 0 {
			for _, value := range dynamicKeys[prefix.Text] {
				keys[prefix.Text+value] = true
			}
			return
		}
	}
	t.Errorf("%s: the key %s cannot be checked", in.Name(), n)
}

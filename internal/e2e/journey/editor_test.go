package journey

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// sheet is the page of a text, open in a browser, with what its editor shows.
type sheet struct {
	*testkit.Tab
	t *testing.T
}

// openSheet opens the page of a text of the test letter as somebody who may write.
func openSheet(t *testing.T, a *testkit.Running, language string) sheet {
	t.Helper()
	d := sheetOf(t, a, a.Operator(t))
	d.open(a, testkit.Slug, language)
	return d
}

// sheetOf returns a browser in which an editor is signed in.
func sheetOf(t *testing.T, a *testkit.Running, who *testkit.Editor) sheet {
	t.Helper()
	d := sheet{testkit.Browser(t), t}
	d.Screen(1280, 900, "light")
	d.Open(a.URL + "/desk/sign-in")
	d.SetCookie(a.URL, "__Host-desk", who.Cookie("__Host-desk").Value)
	return d
}

func (d sheet) open(a *testkit.Running, slug, language string) {
	d.t.Helper()
	d.Open(a.URL + "/desk/letters/" + slug + "/texts/" + language)
	d.Eval(shownAsDocument)
}

// shownAsDocument waits until the editor shows the text.
const shownAsDocument = `new Promise((done, failed) => { const part = document.querySelector("[data-document]");
	const look = () => { if (!part.hidden) done(""); };
	new MutationObserver(look).observe(part, { attributes: true });
	look(); })`

// source returns the text as the form would send it.
func (d sheet) source() string {
	d.t.Helper()
	return d.Eval(`document.getElementById("f-body").value`)
}

// load puts a text into the field, as its source, and shows it as a document.
func (d sheet) load(body string) {
	d.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Eval(`(async () => { document.querySelector("[data-mode=source]").click();
		document.getElementById("f-body").value = ` + string(text) + `;
		document.querySelector("[data-mode=document]").click();
		return ` + shownAsDocument + `; })()`)
}

// typed is what a block is after a word was typed at its end.
type typed struct {
	Note, Source bool
	Text         string // the whole text
	HTML         string // what the editor shows of the block
}

// typeEverywhere types a word at the end of each block that holds words, one after the other, as a keyboard does.
const typeEverywhere = `(async () => {
	const area = document.getElementById("f-body"), editor = document.querySelector("[data-write] > [contenteditable]"), all = [];
	const blocks = () => [...editor.children].filter((b) => b.textContent.trim() || b.querySelector("img:not([class])"));
	for (let i = 0; i < blocks().length; i++) {
		const block = blocks()[i], texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
		let last = null;
		while (texts.nextNode()) if (texts.currentNode.data.trim() && !texts.currentNode.parentElement.closest("[contenteditable=false], figcaption")) last = texts.currentNode;
		if (!last || block.localName === "figure") continue;
		editor.focus();
		const inFence = block.localName === "pre" && last.data.split("\n").length > 2;
		getSelection().collapse(last, inFence ? last.data.lastIndexOf("\n") : last.data.length);
		await new Promise((next) => setTimeout(next));
		document.execCommand("insertText", false, " wherry");
		await new Promise((next) => setTimeout(next));
		all.push({ Note: block.localName === "aside", Source: block.localName === "pre", Text: area.value, HTML: blocks()[i].outerHTML });
	}
	return JSON.stringify(all);
})()`

// Opening a text as a document and leaving it changes no byte of it; typing a word into one block changes no other, and readers see of
// that one what the editor shows: for each block of each sample, and of each letter and case that is given.
func TestEditor_changesOneBlockAlone(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	d := openSheet(t, a, "en")
	languages := map[string][]string{} // bodies by language
	for _, body := range bodies(t) {
		languages[body.language] = append(languages[body.language], body.text)
	}
	edited, sources := 0, 0
	for language, texts := range languages {
		d.open(a, testkit.Slug, language)
		for _, body := range texts {
			d.load(body)
			if got := d.source(); got != body {
				t.Errorf("opening changes %q to %q", body, got)
				continue
			}
			var all []typed
			if err := json.Unmarshal([]byte(d.Eval(typeEverywhere)), &all); err != nil {
				t.Fatal(err)
			}
			if blocks := letter.Blocks(body); len(all) != len(blocks)-len(wordless.FindAllString(body, -1)) {
				t.Errorf("a word was typed into %d of %d blocks of %q", len(all), len(blocks), body)
			}
			before := body
			for _, x := range all {
				if problem := changedAlone(before, x); problem != "" {
					t.Errorf("%s\nbefore: %q\nafter: %q", problem, before, x.Text)
				}
				before = x.Text
				edited++
				if x.Source {
					sources++
				}
			}
		}
	}
	if edited < 500 || sources == 0 {
		t.Errorf("only %d blocks were edited, %d of them as source", edited, sources)
	}
	if complaints := d.Complaints(a.URL); len(complaints) > 0 {
		t.Errorf("%s", complaints)
	}
}

// wordless are the blocks of a text that hold no words to go on with.
var wordless = regexp.MustCompile(`(?m)^(?:\*\*\*|---|!\[.*\]\(picture:.*\))$`)

// nasty are words that mean something else in Markdown, at the beginning of a line or within one.
var nasty = []string{"# not a heading", "1. no list", "3) no demand", "(2) nor this", "12- nor that", "۲- نه", "۱– نه", "٣ـ لا", "- no", "+ no", "* no", "> no quotation", "---", "===", "***", "___",
	"a*b*c **d** _e_ f_g_h __i__", "[sic] [x](y) ![z](w) [^1] [^9]: no", "<b>bold</b> <!-- no --> a < b > c", "&amp; &lt;b&gt; &#65; R&D", "`code` ``` ~~~ ~x~ ~~y~~", "C:\\dir\\*x \\", "| a | b |", "|---|---|",
	"https://x.example/a~b*c_d, www.x.example/[y] a_b@x.example.", "!", "1", "#", "\u200cنیم", "5 * 3 * 2", "a \\* b", "~~~", "    four blanks", "[", "]", "](x)", "\t tab"}

// Words that somebody types are those that readers see, whatever they would mean in Markdown: in a paragraph, an item, a cell, a heading, a quotation,
// a footnote.
func TestEditor_wordsAreWords(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	d := openSheet(t, a, "en")
	for _, words := range nasty {
		d.load("Start[^1]\n\n- item\n\n1) demand\n\n## Heading\n\n> Quoted\n\n| cell | b |\n| --- | --- |\n| c | d |\n\nBefore **strong**\\\nafter\n\n[^1]: note")
		text, err := json.Marshal(words)
		if err != nil {
			t.Fatal(err)
		}
		var all []typed
		script := strings.ReplaceAll(strings.ReplaceAll(typeEverywhere, `" wherry"`, string(text)), "last.data.length)", "0)")
		if err := json.Unmarshal([]byte(d.Eval(script)), &all); err != nil {
			t.Fatal(err)
		}
		if len(all) != 8 {
			t.Errorf("%q was typed into %d blocks", words, len(all))
		}
		for _, x := range all {
			is := letter.Blocks(x.Text)
			if !slices.ContainsFunc(is, func(b letter.Block) bool { return shapeOf(b.HTML) == shapeOf(x.HTML) }) || len(is) != 8 {
				t.Errorf("typing %q makes %q, of %d blocks; the editor shows %s", words, x.Text, len(is), shapeOf(x.HTML))
			}
		}
	}
}

// changedAlone says what is wrong with a text after a word was typed into one of its blocks, "" if nothing is.
func changedAlone(before string, x typed) string {
	was, is := letter.Blocks(before), letter.Blocks(x.Text)
	if len(was) != len(is) {
		return fmt.Sprintf("%d blocks became %d", len(was), len(is))
	}
	changed := -1
	for i := range is {
		if before[was[i].Start:was[i].Stop] == x.Text[is[i].Start:is[i].Stop] {
			continue
		}
		if changed >= 0 {
			return fmt.Sprintf("the blocks %d and %d changed", changed, i)
		}
		changed = i
	}
	switch {
	case changed < 0:
		return "no block changed"
	case x.Source && is[changed].HTML == "":
		return ""
	}
	if shown, read := shapeOf(x.HTML), shapeOf(is[changed].HTML); shown != read {
		return fmt.Sprintf("the editor shows\n%s\nand readers see\n%s", shown, read)
	}
	return ""
}

// shapeOf returns what matters of HTML to a reader: its words, what they look like, and what lists, tables and pictures are made of.
func shapeOf(source string) string {
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	now := "" // the looks of the last word
	var read func(n *html.Node, number int, looks []string)
	read = func(n *html.Node, number int, looks []string) {
		attribute := func(key string) string {
			for _, a := range n.Attr {
				if a.Key == key {
					return a.Val
				}
			}
			return ""
		}
		part := func(format string, values ...any) {
			now = ""
			fmt.Fprintf(&out, format, values...)
		}
		name := n.Data
		switch {
		case n.Type == html.TextNode:
			if looked := strings.Join(slices.Sorted(slices.Values(looks)), " "); looked != now && strings.TrimSpace(n.Data) != "" {
				spaces := len(n.Data) - len(strings.TrimLeft(n.Data, " \n"))
				out.WriteString(n.Data[:spaces] + "{" + looked + "}" + n.Data[spaces:])
				now = looked
				return
			}
			out.WriteString(n.Data)
			return
		case name == "sup":
			part("<ref>")
			return
		case strings.Contains(attribute("class"), "footnote-backref") || strings.HasPrefix(attribute("class"), "ProseMirror-"):
			return
		case name == "p":
			part(" ")
		case name == "li":
			part("<li %d>", number)
		case name == "td" || name == "th":
			part("<cell %s>", attribute("align"))
		case name == "a" && !address.MatchString(text(n)): // what is an address is a link in any case
			looks = append(slices.Clone(looks), attribute("href"))
		case name == "img":
			part("<img %s %s>", attribute("src"), attribute("alt"))
		case slices.Contains([]string{"strong", "em", "del", "code"}, name):
			looks = append(slices.Clone(looks), name)
		case slices.Contains([]string{"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "tr", "figcaption", "cite", "br"}, name):
			part("<%s>", name)
		}
		next := 1
		if start := attribute("start"); start != "" {
			_, _ = fmt.Sscan(start, &next)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Data == "li" {
				for _, a := range c.Attr {
					if a.Key == "value" {
						_, _ = fmt.Sscan(a.Val, &next)
					}
				}
				if name == "ul" {
					next = 0
				}
				read(c, next, looks)
				next++
				continue
			}
			read(c, 0, looks)
		}
	}
	read(doc, 0, nil)
	return strings.NewReplacer("> ", ">", " <", "<").Replace(strings.Join(strings.Fields(out.String()), " "))
}

var address = regexp.MustCompile(`^https?://|^www\.|@`)

func text(n *html.Node) string {
	var out strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			out.WriteString(c.Data)
		}
	}
	return out.String()
}

type body struct{ language, text string }

// hard are texts with everything that a letter can hold, and with what the editor can only show as source.
var hard = []body{
	{"en", "## A heading\nwith words below\n\n* one\n* two\n\n  more\n\n  1. deep\n  2. er\n+ three\n\n> quoted\n> words\n>\n> - and a list\n\n***\n\nEnd."},
	{"en", "| a | b |\n|:--|--:|\n| 1 \\| 2 | **x** |\n| [y](https://x.example/) | |\n\nWords[^z] and[^1].\n\n[^1]: First, *and*\n\n    last.\n[^z]: Other."},
	{"en", "Setext\n======\n\n```\ncode *here*\n```\n\n7) seven\n9) nine\n\n3. three\n\n    code\n\nA [link *with* looks](mailto:a@x.example), a\\*b, 5 &lt; 6, [sic], C:\\\\x and a_b_c."},
	{"fa", "۱) یک\n۲) دو **پررنگ**\n\nمیان\n\n۱- یک\n۲- دو\n\n۳- سه\n\n(1) یک\n(2) دو"},
	{"en", "![Alt words](picture:" + strings.Repeat("ab", 32) + " \"Caption | Credit\")\n\n---\n\nLine\\\nbreak\\\n1\\. no list\n\n- a\n\n* b"},
	{"en", "😀 One 👩‍👩‍👧\n\n😀😀 Two\n\n1) 😀\n\nThree"},
	{"en", "\n\n  Untidy  \n\n\n\n# A\n- b\n1. c\n\n"},
}

// bodies returns the hard texts, and those of every sample of the project, and of each letter and case that is given.
func bodies(t *testing.T) (list []body) {
	t.Helper()
	list = slices.Clone(hard)
	for _, x := range testkit.Drafts(t, "../..") {
		for _, prose := range []bool{false, true} {
			if text := letter.TextOf(x.Draft, prose); text.Body != "" {
				list = append(list, body{text.Language, text.Body})
			}
		}
	}
	if len(list) < 100 {
		t.Errorf("only %d texts", len(list))
	}
	return list
}

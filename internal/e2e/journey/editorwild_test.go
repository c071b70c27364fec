package journey

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// wild does something at random places of a document, again and again, and returns after each what was done, the text, and what the editor
// shows of each block that is not empty. It takes the seed of its random numbers and how often.
const wild = `(async (seed, times) => {
	const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 65536) % n; };
	const area = document.getElementById("f-body"), editor = document.querySelector("[data-write] > [contenteditable]"), all = [];
	const next = () => new Promise((done) => setTimeout(done));
	const key = (name) => !editor.dispatchEvent(new KeyboardEvent("keydown", { key: name, keyCode: { Enter: 13, Backspace: 8, Tab: 9 }[name], bubbles: true, cancelable: true }));
	const isEmpty = (part) => !part.textContent.trim() && !part.querySelector("img:not([class]), sup, table, hr");
	const shown = () => [...editor.children].map((block) => {
		const copy = block.cloneNode(true);
		const hollow = [...editor.querySelectorAll("aside")].filter((note) => !note.textContent.trim()).map((note) => note.dataset.label);
		for (const sup of copy.querySelectorAll("sup")) if (hollow.includes(sup.dataset.label)) sup.remove();
		for (const link of [...copy.querySelectorAll("a")].reverse()) {
			const next = link.nextSibling;
			if (next?.localName === "a" && next.href === link.href) link.append(...next.childNodes), next.remove();
		}
		for (const list of [copy, ...copy.querySelectorAll("ol")].filter((e) => e.localName === "ol")) {
			let n = list.start;
			for (const item of list.children) item.value = n = item.hasAttribute("value") ? item.value : n, n++;
		}
		for (const end of copy.querySelectorAll("br")) if (!end.nextSibling || end.nextSibling.className?.startsWith("ProseMirror")) end.remove();
		for (const part of [...copy.querySelectorAll("li, ol, ul, blockquote, p, h1, h2, h3, h4, h5, h6")].reverse()) if (isEmpty(part)) part.remove();
		return copy;
	}).filter((b) => b.localName === "table" || b.localName === "hr" || !isEmpty(b)).map((b) => b.outerHTML);
	const buttons = ["strong", "em", "heading", "bullets", "numbers", "demand", "quotation", "note", "table", "row", "column", "removerow", "undo", "redo"];
	for (let i = 0; i < times; i++) {
		const texts = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT), list = [];
		while (texts.nextNode()) if (!texts.currentNode.parentElement.closest("[contenteditable=false], figure")) list.push(texts.currentNode);
		editor.focus();
		let did = "nowhere";
		if (list.length) {
			const from = random(list.length), a = list[from], b = random(3) ? a : list[Math.min(list.length - 1, from + random(3))];
			const start = random(a.data.length + 1), end = a === b ? start + random(2) * random(a.data.length + 1 - start) : random(b.data.length + 1);
			getSelection().setBaseAndExtent(a, start, b, end);
			await next();
			did = JSON.stringify(getSelection().toString().slice(0, 40)) + " after " + JSON.stringify(a.data.slice(0, start).slice(-20));
		}
		const what = random(8);
		if (what === 0) document.execCommand("insertText", false, ["x", " y ", "1) ", "# ", "*", "- ", "ژ", "۲. "][random(8)]), did = "typed at " + did;
		else if (what === 1) key("Enter"), did = "Enter at " + did;
		else if (what === 2) key("Backspace") || document.execCommand("delete"), did = "Backspace at " + did;
		else if (what === 3) key("Tab"), did = "Tab at " + did;
		else {
			const name = buttons[random(buttons.length)], button = document.querySelector("[data-do=" + name + "]");
			button.click();
			did = name + " at " + did;
		}
		await next();
		all.push({ Did: did, Text: area.value, Blocks: shown() });
	}
	return JSON.stringify(all);
})`

// Whatever is done to a letter, its text reads as it looks.
func TestEditor_wild(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	d := openSheet(t, a, "en")
	for seed, body := range bodies(t)[:len(hard)+40] {
		if strings.Contains(body.text, "(1)") { // next to a list that is written anew such a one becomes a part of it, which the page says
			continue
		}
		d.load(body.text)
		var all []struct {
			Did, Text string
			Blocks    []string
		}
		if err := json.Unmarshal([]byte(d.Eval(fmt.Sprintf("%s(%d, 40)", wild, seed+1))), &all); err != nil {
			t.Fatal(err)
		}
		before := body.text
		for _, x := range all {
			if problem := readsAsShown(x.Text, x.Blocks); problem != "" {
				t.Errorf("seed %d, %s: %s\nbefore: %q\nafter: %q", seed+1, x.Did, problem, before, x.Text)
				break
			}
			before = x.Text
		}
	}
}

// readsAsShown says which block of a text readers would see otherwise than the editor shows it, "" for none.
func readsAsShown(text string, shown []string) string {
	var read, looks []string
	for _, b := range letter.Blocks(text) {
		if b.HTML == "" {
			read = append(read, "source")
			continue
		}
		read = append(read, itemsOf(b.HTML)...)
	}
	for _, html := range shown {
		if strings.HasPrefix(html, "<pre") {
			looks = append(looks, "source")
			continue
		}
		looks = append(looks, itemsOf(html)...)
	}
	slices.Sort(read)
	slices.Sort(looks)
	if i := firstDifference(looks, read); i >= 0 {
		return fmt.Sprintf("the editor shows\n%q\nand readers see\n%q", looks[i:], read[i:])
	}
	return ""
}

// itemsOf returns a block, or the items of a list one by one: two lists with nothing but an empty paragraph between them are read as one.
func itemsOf(html string) []string {
	parts := strings.Split(strings.NewReplacer("<ol>", "", "<ul>", "").Replace(shapeOf(html)), "<li ")
	return slices.DeleteFunc(parts, func(part string) bool { return part == "" })
}

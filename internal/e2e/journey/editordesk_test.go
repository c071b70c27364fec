package journey

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var f10 = []rune(kb.F10)[0]

const (
	control = kb.ModifierCtrl
	alt     = kb.ModifierAlt
)

// atEnd puts the cursor at the end of the part of the document that a selector names.
func (d sheet) atEnd(selector string) {
	d.t.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Eval(`(async () => { const editor = document.querySelector("[data-write] > [contenteditable]"), part = editor.querySelector(` + string(quoted) + `);
		editor.focus();
		getSelection().selectAllChildren(part);
		getSelection().collapseToEnd();
		await new Promise((next) => setTimeout(next));
		return ""; })()`)
}

func (d sheet) expect(what, want string) {
	d.t.Helper()
	if got := d.source(); got != want {
		d.t.Errorf("%s: the text is %q, want %q", what, got, want)
	}
}

// choose goes from the document to a button of its toolbar and presses it, by keyboard.
func (d sheet) choose(name string) {
	d.t.Helper()
	d.Chord(f10, alt)
	for range 2 { // the toolbar, and that of a table
		for range 20 {
			if d.Eval(`document.activeElement.dataset.do ?? ""`) == name {
				d.Key(kb.Enter)
				return
			}
			d.Key(kb.ArrowRight)
		}
		d.Key(kb.Tab)
	}
	d.t.Fatalf("no button %s; the focus is on %s", name, d.Eval(`document.activeElement.outerHTML.slice(0, 200)`))
}

// pressed returns the buttons that say they are on, and those that say they do nothing here.
func (d sheet) pressed() string {
	d.t.Helper()
	return d.Eval(`[...document.querySelectorAll("[data-do]")].filter((b) => b.ariaPressed === "true").map((b) => b.dataset.do).join(" ")`)
}

// A letter is written by keyboard: all that a letter can hold, by the toolbar and by the usual keys; undoing it all leaves the bytes that
// were there; what is saved is what was written.
func TestEditor_writesALetter(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	d := openSheet(t, a, "en")
	start := "Setext\n---\n* a list\n\nStart"
	d.load(start)
	d.atEnd(":scope > p:last-of-type")
	d.Write(" of ")
	d.Chord('b', control)
	d.Write("all")
	d.Chord('b', control)
	d.Write(" this")
	d.expect("bold", "Setext\n---\n* a list\n\nStart of **all** this")
	d.Chord('\r')
	d.choose("demand")
	d.Write("Reopen the bridge")
	if got := d.pressed(); got != "demand" {
		t.Errorf("in a demand the buttons %q are on", got)
	}
	d.Chord('\r')
	d.Write("Publish the 2nd report")
	d.Chord('\r')
	d.Chord('\r')
	d.Write("Below")
	d.Chord('f', control, alt)
	d.Write("Where it stands")
	want := "Setext\n---\n* a list\n\nStart of **all** this\n\n1) Reopen the bridge\n2) Publish the 2nd report\n\nBelow[^1]\n\n[^1]: Where it stands"
	d.expect("demands and a footnote", want)
	d.atEnd(":scope > p:last-of-type")
	d.choose("table")
	d.Write("a")
	d.Chord('\t')
	d.Write("b")
	d.Chord('\t')
	d.Write("c")
	d.choose("row")
	d.Write("d")
	d.choose("undo")
	d.choose("redo")
	table := "\n\n| a | b |\n| --- | --- |\n| c |  |\n| d |  |"
	d.expect("a table", strings.Replace(want, "\n\n[^1]:", table+"\n\n[^1]:", 1))
	d.choose("removecolumn")
	d.choose("removetable")
	d.expect("the table is gone", want)
	d.atEnd("ol li:last-child p")
	d.choose("numbers")
	d.expect("a numbered list", strings.NewReplacer("1)", "1.", "2)", "2.").Replace(want))
	d.choose("demand")
	d.expect("demands again", want)
	d.atEnd(":scope > p:first-of-type")
	d.Chord('k', control)
	d.Write("x.example/page")
	d.Chord('\r')
	d.expect("a link", strings.Replace(want, "this", "this[x.example/page](https://x.example/page)", 1))
	d.Chord('z', control)
	d.choose("quotation")
	d.expect("a quotation", strings.Replace(want, "Start of", "> Start of", 1))
	d.choose("quotation")
	d.choose("heading")
	d.expect("a heading", strings.Replace(want, "Start of", "## Start of", 1))
	for range 60 {
		d.Chord('z', control)
	}
	d.expect("all undone", start)
	for range 60 {
		d.Chord('y', control)
	}
	if status := d.Press("button[value=save]"); status >= 400 {
		t.Errorf("saving was answered with %d: %.300s", status, d.Text())
	}
	l, err := a.Letters.Find(t.Context(), testkit.Slug)
	if err != nil {
		t.Fatal(err)
	}
	e, _, err := a.Letters.Editions.Working(t.Context(), l)
	if err != nil || e.Text("en").Body != letter.CleanMarkdown(strings.Replace(want, "Start of", "## Start of", 1)) {
		t.Errorf("saved is %q, %v", e.Text("en").Body, err)
	}
	if complaints := d.Complaints(a.URL); len(complaints) > 0 {
		t.Errorf("%s", complaints)
	}
}

// paste gives the document what somebody copied elsewhere.
func (d sheet) paste(html string) {
	d.t.Helper()
	quoted, err := json.Marshal(html)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Eval(`(() => { const data = new DataTransfer();
		data.setData("text/html", ` + string(quoted) + `);
		document.querySelector("[data-write] > [contenteditable]").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
		return ""; })()`)
}

// What is pasted from Word and from Google's documents keeps what a letter can hold, and the page says what it left.
func TestEditor_paste(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	d := openSheet(t, a, "en")
	read := func(name string) string {
		data, err := os.ReadFile("../../letter/importer/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, x := range []struct{ name, html, want, left string }{
		{"Word", read("web_word.html"), "April[^1], and nearly 3,000 people used the path each month.\n\nWe urge you to:\n\n1. take the fence down;\n2. mend the stile.\n\nYours faithfully," +
			"\n\nGwen Ashby\n\nSecretary, Lowmoor Walkers\n\n[^1]: Order 12 of the Moor Authority.", ""},
		{"Google", read("web_docs_export.html"), "at noon[^1]. More than 2,000 readers have signed a petition against it.\n\nWe call on the council to:\n\n1. open the rooms until eight in the evening; and" +
			"\n2. hire two librarians.\n\nKind regards,\n\nHanne Vik\n\nSecretary, Norvale Reading Rooms\n\n[^1]: Decision 14 of the council.", ""},
		{"LibreOffice", read("web_libreoffice.html"), "gone[^1] from nine streams.\n\nWe call on the Board to:\n\n1. count the fish;\n2. close the season:\n   1. in May,\n   2. in June.\n\nSincerely,\n\nBo Lind\\\n" +
			"Treasurer, Tarn Anglers Club\n\n[^1]: Count of 2030.", ""},
		{"looks", `<b style="font-weight:normal" id="docs-internal-guid-1"><p><span style="font-weight:700;color:#ff0000">Red</span><span style="font-style:italic"> slant</span>` +
			`<span style="text-decoration:underline">ed</span></p><p style="text-align:center"><a href="https://www.google.com/url?q=https%3A%2F%2Fx.example%2Fa&sa=D">link</a> ` +
			`<a href="javascript:alert(1)">none</a></p></b>`, "**Red** *slant*ed\n\n[link](https://x.example/a) none", "colours, underlines, and alignment"},
		{"what a letter cannot hold", `<p>One<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup><img src="https://x.example/p.png" onerror="alert(1)"></p><script>alert(1)</script>` +
			`<table><tr><td colspan="2"><p>wide</p><p>cell</p></td></tr><tr><td>a</td><td>b</td></tr></table><iframe src="https://x.example"></iframe>` +
			`<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a> A comment.</p></div>`, "One\n\n| wide cell |  |\n| --- | --- |\n| a | b |", "comments, what was embedded, pictures, and merged cells"},
		{"bullets", `<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>a</p>` +
			`<p class=MsoListParagraph style='mso-list:l1 level2 lfo2'><span style='mso-list:Ignore'>o<span>&nbsp; </span></span>b</p>` +
			`<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>c</p><p>End</p>`, "- a\n  - b\n- c\n\nEnd", ""},
	} {
		d.load("")
		d.paste(x.html)
		if got := d.source(); !strings.HasSuffix(got, x.want) {
			t.Errorf("%s: the text ends %q, want %q", x.name, got[max(0, len(got)-len(x.want)):], x.want)
		}
		if _, left, _ := strings.Cut(d.Eval(`document.querySelector("[data-says]").textContent`), ": "); left != x.left {
			t.Errorf("%s: left out are %q, want %q", x.name, left, x.left)
		}
	}
	if complaints := d.Complaints(a.URL); len(complaints) > 0 {
		t.Errorf("%s", complaints)
	}
}

// A picture that a text of the letter has is put into its place, says what it shows, and moves; the text is saved as it looks.
func TestEditor_pictures(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	hash, err := a.Letters.Media.PutPicture(t.Context(), onePixel(t))
	if err != nil {
		t.Fatal(err)
	}
	d := openSheet(t, a, "en")
	d.load("One\n\nTwo[^1]\n\n![It](picture:" + hash + ")\n\n[^1]: Note")
	d.Click("[data-write] figure img")
	d.Eval(`(() => { document.getElementById("e-caption").value = ""; return ""; })()`)
	d.Type("#e-caption", `The "old" bridge`)
	d.Type("#e-credit", "A. Smith")
	d.Type("#e-alt", " shows")
	mark := "![It shows](picture:" + hash + ` 'The "old" bridge | A. Smith')`
	d.expect("a caption", "One\n\nTwo[^1]\n\n"+mark+"\n\n[^1]: Note")
	d.Click("[data-move='-1']")
	d.expect("a move", "One\n\n"+mark+"\n\nTwo[^1]\n\n[^1]: Note")
	d.Click("[data-move='-1']")
	d.Click("[data-move='-1']") // it is the first
	d.expect("another", mark+"\n\nOne\n\nTwo[^1]\n\n[^1]: Note")
	d.Click("[data-move='1']")
	d.atEnd(":scope > p:first-of-type")
	d.Click("[data-do=picture]")
	d.Click("[data-list] button")
	d.expect("another picture", "One\n\n![](picture:"+hash+")\n\n"+mark+"\n\nTwo[^1]\n\n[^1]: Note")
	d.Click("[data-about] [data-remove]")
	d.expect("a picture less", "One\n\n"+mark+"\n\nTwo[^1]\n\n[^1]: Note")
	d.Click("[data-do=picture]")
	d.Click("[data-upload]")
	if focus := d.Eval(`document.activeElement.name ?? document.activeElement.outerHTML.slice(0, 200)`); focus != "picture" {
		t.Errorf("adding a picture from a file leads to %q", focus)
	}
	if status := d.Press("button[value=save]"); status >= 400 {
		t.Errorf("saving was answered with %d: %.300s", status, d.Text())
	}
	if complaints := d.Complaints(a.URL); len(complaints) > 0 {
		t.Errorf("%s", complaints)
	}
}

func onePixel(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 200, 120))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What readers remarked on a paragraph stands beside it while it is written anew, in the margin or below it, and is no part of the text.
func TestEditor_remarks(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	text := letter.Text{Language: "en", Title: "Open the quay", Body: "The quay is shut.\n\nForty families wait.\n\n1) Open it.\n2) Say when.", Format: letter.Format}
	l, err := a.Letters.Create(t.Context(), "quay", &text, letter.Settings{Leads: []string{testkit.Lead}}, ada.Session.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	remark := func(place int, words string) {
		t.Helper()
		anchor := letter.Paragraphs(l.Edition.Text("en"))[place].Anchor
		if err := a.Letters.Circulations.RemarkFromDesk(t.Context(), "quay", "en", anchor, words, ada.Session.User.ID); err != nil {
			t.Fatal(err)
		}
	}
	remark(2, "Forty-one by now.")
	remark(4, "By which day?")
	remark(0, "A fine letter.")
	d := sheetOf(t, a, ada)
	d.open(a, "quay", "en")
	const remarked = `[...document.querySelectorAll(".remarked")].map((r) => r.previousElementSibling.textContent + ": " + r.querySelector(".said").textContent).join("; ")`
	if got := d.Eval(remarked); got != "Forty families wait.: Forty-one by now.; Open it.Say when.: By which day?" {
		t.Errorf("beside paragraphs stand %q", got)
	}
	if got := d.Eval(`[...document.querySelectorAll("[data-remarks] [data-anchor]:not([hidden]) .said")].map((r) => r.textContent).join("; ")`); got != "A fine letter." {
		t.Errorf("below the text stand %q", got)
	}
	const top = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() => String(Math.round(document.querySelector(".remarked > div").getBoundingClientRect().top - document.querySelector("[data-write] p:nth-of-type(2)").getBoundingClientRect().top)))`
	if off := d.Eval(top); off != "0" {
		t.Errorf("the remark in the margin is %s pixels below its paragraph", off)
	}
	d.Shot("remarks-wide")
	d.atEnd(":scope > p:nth-of-type(2)")
	d.Write(" Still.")
	d.expect("writing on", "The quay is shut.\n\nForty families wait. Still.\n\n1) Open it.\n2) Say when.")
	if got := d.Eval(remarked); !strings.HasPrefix(got, "Forty families wait. Still.: Forty-one by now.") {
		t.Errorf("beside the paragraph that was written on stand %q", got)
	}
	d.Screen(390, 800, "dark")
	d.Shot("remarks-narrow")
	if found := d.Inspect(""); len(found) > 0 {
		t.Errorf("%q", found)
	}
	d.Click("[data-mode=source]")
	if d.Eval(`String(document.querySelectorAll("[data-remarks] [data-anchor]:not([hidden])").length)`) != "3" {
		t.Error("beside the source not all remarks are listed")
	}
}

package letter_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

func asks(pairs ...string) (list []letter.Demand) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, letter.Demand{Number: pairs[i], Text: pairs[i+1]})
	}
	return list
}

// What was recognised as a demand is written with ")" where it stands, once, and no other list is.
func TestRenewed(t *testing.T) {
	for name, x := range map[string]struct {
		language, body string
		demands        []letter.Demand
		want           string
	}{
		"as items":               {"en", "We ask:\n\n1. Open the gate.\n2. Pay **the keeper**.", asks("1", "Open the gate.", "2", "Pay the keeper."), "We ask:\n\n1) Open the gate.\n2) Pay **the keeper**."},
		"beside another list":    {"en", "1) Ice\n2) Fire\n\nWe ask:\n\n1. Open it.", asks("1", "Open it."), "1. Ice\n2. Fire\n\nWe ask:\n\n1) Open it."},
		"as points":              {"en", "- Open it,\n  at once:\n\n  today\n- Shut it.", asks("", "Open it, at once: today", "", "Shut it."), "1) Open it,\n   at once:\n\n   today\n2) Shut it."},
		"in Persian digits":      {"fa", "۱. باز کنید\n۲. بپردازید", asks("۱", "باز کنید", "۲", "بپردازید"), "۱) باز کنید\n۲) بپردازید"},
		"in Persian, apart":      {"fa", "متن.", asks("", "باز کنید"), "متن.\n\n۱) باز کنید"},
		"beside the body":        {"en", "One.", asks("2.", "Open it.", "", "Pay."), "One.\n\n2) Open it.\n3) Pay."},
		"the same words twice":   {"en", "1. Open it.\n\nAs we said:\n\n1. Open it.", asks("1", "Open it.", "2", "Pay."), "1) Open it.\n\nAs we said:\n\n1. Open it.\n\n2) Pay."},
		"after the last item":    {"en", "1. Open it.", asks("1", "Open it.", "2", "Pay."), "1) Open it.\n2) Pay."},
		"before the notes":       {"en", "One.[^1]\n\n[^1]: A note.\n\n    And more.\n[^2]: Another.", asks("1", "Open it."), "One.[^1]\n\n1) Open it.\n\n\\[^2]: Another.\n\n[^1]: A note.\n\n    And more."},
		"one in another":         {"en", "- outer\n  -    inner", asks("1", "outer", "2", "inner"), "1) outer\n   -    inner"},
		"lines of a paragraph":   {"en", "We ask:\nFree him.\\\nPay them.\nThank you.", asks("1", "Free him.", "2", "Pay them."), "We ask:\n\n1) Free him.\n\n2) Pay them.\n\nThank you."},
		"headings":               {"en", "## 1. Open it\n\nNow.\n\n### Pay\n\nSoon.", asks("1", "Open it", "2", "Pay"), "1) Open it\n\nNow.\n\n2) Pay\n\nSoon."},
		"a part of a word":       {"en", "We speak exactly.\n\n- Act", asks("1", "Act"), "We speak exactly.\n\n1) Act"},
		"in a table":             {"en", "| We ask |\n|---|\n| Open it. |", asks("1", "Open it."), "| We ask |\n|---|\n| Open it. |"},
		"with a list in it":      {"en", "1. open the ford:\n   - for carts,\n   - for people;\n2. publish the plan.", asks("1", "open the ford: - for carts, - for people;", "2", "publish the plan."), "1) open the ford:\n   - for carts,\n   - for people;\n2) publish the plan."},
		"with numbers in it":     {"en", "1. open the ford:\n   1. carts\n   2. people\n2. publish it.", asks("1", "open the ford: 1. carts 2. people", "2", "publish it."), "1) open the ford:\n   1. carts\n   2. people\n2) publish it."},
		"items of links":         {"fa", "منابع:\n\n۱) https://a.example/x\n\n۲) https://b.example/y", nil, "منابع:\n\n۱. https://a.example/x\n\n۲. https://b.example/y"},
		"several blocks":         {"fa", "- a\n\n  second", asks("", "a second"), "1) a\n\n   second"},
		"in code":                {"en", "```\nOpen it.\n```", asks("1", "Open it."), "```\nOpen it.\n```"},
		"a language of code":     {"en", "```go\nx := 1\n```\n\n1. Open the ford.", asks("1", "Open the ford."), "go\n\n```\nx := 1\n```\n\n1) Open the ford."},
		"two of one number":      {"en", "1. Open it.\n\nAnd:\n\n1. Pay.", asks("1", "Open it.", "1", "Pay."), "1) Open it.\n\nAnd:\n\n2) Pay."},
		"in brackets":            {"en", "(1) Open it.\n(2) Pay.", asks("(1)", "Open it.", "(2)", "Pay."), "1) Open it.\n2) Pay."},
		"a request in prose":     {"en", "The gate is shut. We ask you to open it\nby May.\n\nThank you.", asks("", "We ask you to open it by May."), "1) The gate is shut. We ask you to open it\nby May.\n\nThank you."},
		"with a link and note":   {"en", "1. Open [the gate](https://a.example/x).[^1]\n\n[^1]: Of oak.", asks("1", "Open the gate."), "1) Open [the gate](https://a.example/x).[^1]\n\n[^1]: Of oak."},
		"a stray mark of a list": {"en", "Two things:\n\n7) ice", nil, "Two things:\n\n7. ice"},
	} {
		got := letter.Text{Language: x.language, Body: x.body, Demands: x.demands}.Renewed()
		if diff := cmp.Diff(x.want, got.Body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if name != "one in another" && name != "in a table" && name != "in code" && len(got.Demands) != len(x.demands) {
			t.Errorf("%s: demands %v", name, got.Demands)
		}
		if again := got.Renewed(); !cmp.Equal(got, again) {
			t.Errorf("%s: changes when it is renewed again: %s", name, cmp.Diff(got, again))
		}
	}
}

// Whose words stand where no demand can be is said: nothing is dropped in silence, and nothing stands twice.
func TestAsk_saysWhatCannotBe(t *testing.T) {
	for name, body := range map[string]string{
		"in a table": "We say:\n\n| We ask | By |\n|---|---|\n| Open the ford. | May |", "quoted": "> Open the ford.", "in code": "```\nOpen the ford.\n```",
		"in a note": "One.[^1]\n\n[^1]: Open the ford.",
	} {
		text := letter.Text{Language: "en", Format: letter.Format, Body: body}
		err := text.Ask(asks("", "Open the ford.", "", "Pay the keeper."))
		if faults := fault.All(err); len(faults) != 1 || faults[0].Key != "demand_misplaced" || faults[0].Args["Text"] != "Open the ford." {
			t.Errorf("%s: the error is %v", name, err)
		}
		if strings.Count(text.Body, "Open the ford.") != 1 || strings.Count(text.Body, "1) Pay the keeper.") != 1 {
			t.Errorf("%s: the body is\n%s", name, text.Body)
		}
		draft := &importer.Draft{Language: "en", Body: body, Demands: []importer.Demand{{Number: "1", Text: "Open the ford."}}}
		if _, err := letter.FromDraft(draft, false, nil); err != nil || len(draft.Warnings) != 1 || draft.Warnings[0].Key != "demand_misplaced" {
			t.Errorf("%s: the warnings are %v, %v", name, draft.Warnings, err)
		}
	}
	for name, body := range map[string]string{"an item": "1) Open the ford.", "in an item": "1) Now: open the ford. And pay.", "in a paragraph": "Please open the ford.", "nowhere": "One."} {
		text := letter.Text{Language: "en", Format: letter.Format, Body: body}
		if err := text.Ask(asks("", "Open the ford.")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The body says what is asked: by the numbers it is written with, in ASCII digits.
func TestDemands_ofTheBody(t *testing.T) {
	for name, x := range map[string]struct {
		body string
		want []letter.Demand
	}{
		"none":              {"1. Ice\n2. Fire\n\n- Air", nil},
		"a list":            {"1) Open `it`.\n2) Pay, *now*, 3 \\* 4 &amp; more.", asks("1", "Open it.", "2", "Pay, now, 3 * 4 & more.")},
		"numbers that jump": {"3) Open it.\n7) Pay.", asks("3", "Open it.", "7", "Pay.")},
		"a text between":    {"1) Open it.\n\nBecause.\n\n2) Pay.", asks("1", "Open it.", "2", "Pay.")},
		"with a list":       {"1) Open it:\n   1) the gate\n   2) the door\n2) Pay.", asks("1", "Open it: the gate the door", "2", "Pay.")},
		"Persian":           {"۱) باز کنید\n۳) بپردازید", asks("1", "باز کنید", "3", "بپردازید")},
		"Arabic, from 4":    {"٤) أجب", asks("4", "أجب")},
		"not a demand":      {"(1) one\n(2) two\n\n۱. یک", nil},
		"in the line":       {"As said in 3) above", nil},
		"empty":             {"1)\n2) Pay.", asks("2", "Pay.")},
		"in a quotation":    {"> 1) Open it.", asks("1", "Open it.")},
	} {
		got := letter.Text{Format: letter.Format, Body: x.body}
		for i := range x.want {
			x.want[i].InBody = true
		}
		if diff := cmp.Diff(x.want, got.Renewed().Demands); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		html := got.HTML()
		for _, d := range x.want {
			if !strings.Contains(html, `id="demand-`+d.Number+`"`) || !strings.Contains(html, `value="`+d.Number+`"`) {
				t.Errorf("%s: no anchor and number of %s in %s", name, d.Number, html)
			}
		}
		if found := unsafe(t, strings.NewReplacer(` value="`, ` start="`).Replace(html)); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
	shown := letter.Text{Format: letter.Format, Body: "5. a\n7. b\n   1. x\n   4. y\n\nText\n\n12345. c"}.HTML()
	for _, want := range []string{`<ol start="5">`, `<li value="7">`, `<li value="4">`, `<ol start="12345">`} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %s in %s", want, shown)
		}
	}
	if n := (letter.Text{Format: letter.Format, Body: "1) a\n\nb\n\n1) c"}).Renewed().Twice(); n != 1 {
		t.Errorf("two demands of number 1: %d", n)
	}
}

// Footnotes stand at the end, in the order of what refers to them.
func TestNotes_standLast(t *testing.T) {
	for name, x := range map[string][2]string{
		"as they are":       {"One.[^1]\n\n[^1]: A.", "One.[^1]\n\n[^1]: A."},
		"in between":        {"One.[^1] Two.[^b]\n\n[^b]: B,\nand on.\n\n    More.\n\n[^1]: A.\n\nThree.", "One.[^1] Two.[^2]\n\nThree.\n\n[^1]: A.\n\n[^2]: B,\nand on.\n\n    More."},
		"one after another": {"One.[^2]\n[^1]: A.\n[^2]: B.\n\nTwo.[^1]", "One.[^1]\n\nTwo.[^2]\n\n[^1]: B.\n\n[^2]: A."},
		"code":              {"```\n[^1]: A.\n```\n\nOne.", "```\n[^1]: A.\n```\n\nOne."},
		"none":              {"One.", "One."},
	} {
		got := letter.Text{Format: letter.Format, Body: x[0]}.Renewed()
		if got.Body != x[1] {
			t.Errorf("%s: %q, want %q", name, got.Body, x[1])
		}
		if again := got.Renewed(); again.Body != got.Body {
			t.Errorf("%s: moves again: %q", name, again.Body)
		}
	}
}

// hiding is Markdown that no page shows, and ordinary Markdown beside it.
var hiding = map[string]struct{ body, hidden string }{
	"HTML":                    {"One.\n\n<div>We give up.</div>\n\nTwo.", "<div>We give up.</div>"},
	"HTML in the line":        {"One <b title=\"give up\">two</b>.", "<b title=\"give up\"> </b>"},
	"a comment":               {"One.\n\n<!-- We give up. -->", "<!-- We give up. -->"},
	"a comment of links":      {"[//]: # (We give up.)\n\nOne.", "[//]: # (We give up.)"},
	"a definition":            {"[One][a].\n\n[a]: https://a.example \"We give up\"", "[ ][a] [a]: https://a.example \"We give up\""},
	"a title":                 {"[One](https://a.example \"We give up\").", "[ ] \"We give up\")"},
	"a picture from abroad":   {"![One](https://a.example/p.png \"We give up\")", "![ ] \"We give up\")"},
	"a note":                  {"One.\n\n[^2]: We give up.", ": We give up."},
	"a language of code":      {"```we-give-up\nx = 1\n```", "```we-give-up"},
	"a cell too many":         {"| a | b |\n|---|---|\n| 1 | 2 | give up |", "| | | give up |"},
	"an address in a comment": {"[a <!-- ](<we surrender all>) -->](http://a.example)", "x"},
	"a comment in a link":     {"[a <!-- ](http://a.example) -->](http://a.example)", "x"},
	"notes in a comment":      {"One.[^1] <!-- [^1] [^We_give_up] -->\n\n[^1]: A note.", "x"},
	"notes in a title":        {"One.[^1] [a](http://a.example \"[^1] [^our_rights]\")\n\n[^1]: A note.", "x"},
	"numbers in a comment":    {"One.\n\n<!--\n12.\n24)\n-->", "x"},
	"signs in a comment":      {"One <!-- ½ ② Ⅳ € 💀 -->", "x"},
	"a turned line":           {"We &#x202E;elbib", "x"},
	"nothing between letters": {"We &#8203;a&shy;b&zwj;c", "x"},
	"a caption in a picture":  {"![a ![b](picture:" + picture + " \"SURRENDER all\")](picture:" + picture + " \"C\")", "x"},
	"an escaped backslash":    {"We \\\\&#x202E;SURRENDER", "x"},
	"a sentence as address":   {"[x](<#We SURRENDER all>)", "x"},
	"a number that is none":   {"5. a\n0. b", "x"},
	"a digit of mathematics":  {"𝟑1) Open it", ""},
	"a linked picture":        {"[![a lock](picture:" + picture + " \"C\")](http://a.example/b)", ""},
	"an entity of a tag":      {"One <span>two</span>", "<span> </span>"},

	"prose":                  {"One *two* **three** ~~four~~ `five` \\* &amp; 6.", ""},
	"lists":                  {"1) a\n2. b\n- c\n\n۱. d\n\n3)", ""},
	"notes":                  {"One.[^1] Two.[^2]\n\n[^1]: A note, https://a.example/x.\n[^2]: b\n\n    and more", ""},
	"links":                  {"[One](https://a.example/(x)?y=z), <https://b.example>, www.c.example, a@d.example and [t*w*o](<https://e.example/f>)", ""},
	"a picture":              {"![a lock](picture:" + picture + " \"Caption | Credit\")", ""},
	"a table":                {"| a | b |\n|:--|--:|\n| 1 | **2** |", ""},
	"headings, quotation":    {"# A\n\nB\n===\n\n> c\n> 1. d\n\n---\n\n    code\n\n```\nfence\n```", ""},
	"an address that is cut": {"[One](javascript:give/up)", "[ ](javascript:give/up)"},
	"a line that ends hard":  {"One\\\ntwo", ""},
}

// Words that would be signed and not seen are found, and revealed when a file is read.
func TestHidden(t *testing.T) {
	for name, x := range hiding {
		var words []string
		for _, h := range letter.Hidden(x.body) {
			words = append(words, h.Words)
		}
		if got := strings.Join(words, " "); (got == "") != (x.hidden == "") {
			t.Errorf("%s: hidden %q, want %q", name, got, x.hidden)
		}
		renewed := letter.Text{Language: "en", Body: x.body}.Renewed().Body
		if left := letter.Hidden(renewed); len(left) > 0 {
			t.Errorf("%s: still hidden in %q: %v", name, renewed, left)
		}
		checkShown(t, name, letter.Text{Format: letter.Format, Body: renewed})
	}
	// The control: the check of words finds what a page does not show.
	for name, x := range hiding {
		if missing := unshown(letter.Text{Format: letter.Format, Body: x.body}); strings.Contains(x.hidden, "give") && len(missing) == 0 {
			t.Errorf("%s: the words of the page are thought to be all", name)
		}
	}
}

var (
	tags      = regexp.MustCompile(`<[^>]*>`)
	attribute = regexp.MustCompile(` (?:alt|href)="([^"]*)"`)
	marks     = regexp.MustCompile(`(?m)^[\s>]*\(?\p{Nd}{1,9}\s?[.)\-–ـ](?:\s|$)|\[\^[^\[\]\s]{1,20}\]|picture:[0-9a-f]{64}|&[a-z]+;`)
	word      = regexp.MustCompile(`[\p{L}\p{N}\p{M}]+`)
)

// unshown returns the words of a body that its page does not show. It knows nothing of how Markdown is read: a word of the source
// must stand on the page as often as in the source, in its text or in the address of a link.
func unshown(t letter.Text) (missing []string) {
	html := t.HTML()
	var page strings.Builder
	page.WriteString(tags.ReplaceAllString(html, " "))
	for _, m := range attribute.FindAllStringSubmatch(html, -1) {
		page.WriteString(" " + m[1])
	}
	shown := map[string]int{}
	for _, w := range word.FindAllString(unescape(page.String()), -1) {
		shown[w]++
	}
	for _, w := range word.FindAllString(unescape(marks.ReplaceAllString(t.Body, " ")), -1) {
		if shown[w]--; shown[w] < 0 {
			missing = append(missing, w)
		}
	}
	return missing
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&quot;", `"`, "%20", " ").Replace(s)
}

func checkShown(t *testing.T, name string, text letter.Text) {
	t.Helper()
	if missing := unshown(text); len(missing) > 0 {
		t.Errorf("%s: signed and not shown: %q\n%s\n%s", name, missing, text.Body, text.HTML())
	}
}

// Every word that is signed of a letter that was read from a file stands on its page, and each of its demands in the text, once.
func TestTextOf_isShown(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../testkit/letters/*", "../cli/samples/*", "../../../shared/letters/*.txt", "../../../shared/cases/*/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	read := 0
	for _, file := range files {
		if !slices.Contains([]string{".txt", ".md", ".html", ".docx"}, filepath.Ext(file)) || filepath.Base(file) == "expected.txt" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		draft, err := importer.Read(filepath.Base(file), data)
		if err != nil {
			continue
		}
		read++
		for _, prose := range []bool{false, true} {
			text := letter.TextOf(draft, prose)
			checkShown(t, file, text)
			if text.Twice() > 0 {
				t.Errorf("%s: two demands of number %d", file, text.Twice())
			}
			for _, d := range text.Demands {
				if n := strings.Count(letters(text.Body), letters(d.Text)); n != 1 && len(d.Text) > 30 {
					t.Errorf("%s: demand %s stands in the text %d times: %s", file, d.Number, n, d.Text)
				}
			}
		}
	}
	if read < 2 {
		t.Errorf("only %d files", read)
	}
}

// letters is a text without anything else.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, regexp.MustCompile(`\]\([^()\s]*\)|\[\^[^\]]*\]`).ReplaceAllString(s, ""))
}

// Whatever somebody writes: what is not refused is shown, and renewing loses no word.
func FuzzHidden(f *testing.F) {
	for _, x := range hiding {
		f.Add(x.body)
	}
	for _, attack := range attacks {
		f.Add(attack)
	}
	f.Fuzz(func(t *testing.T, body string) {
		text := letter.Text{Format: letter.Format, Body: letter.CleanMarkdown(body)}
		if len(letter.Hidden(text.Body)) == 0 && !strings.ContainsAny(text.Body, "&%\\") {
			var page strings.Builder
			page.WriteString(letters(tags.ReplaceAllString(text.HTML(), "")))
			for _, m := range attribute.FindAllStringSubmatch(text.HTML(), -1) {
				if address, err := url.PathUnescape(unescape(m[1])); err == nil {
					page.WriteString(" " + letters(address))
				}
			}
			missing := slices.DeleteFunc(unshown(text), func(w string) bool { // marks of lists; words that the page cuts
				return !strings.ContainsFunc(w, unicode.IsLetter) || strings.Contains(page.String(), letters(w))
			})
			if len(missing) > 0 {
				t.Errorf("signed and not shown: %q\n%s\n%s", missing, text.Body, text.HTML())
			}
		}
		renewed := letter.Text{Body: text.Body}.Renewed()
		if onlyLetters := regexp.MustCompile(`\p{Nd}`); len(onlyLetters.ReplaceAllString(letters(renewed.Body), "")) < len(onlyLetters.ReplaceAllString(letters(text.Body), "")) {
			t.Errorf("renewing %q loses words: %q", text.Body, renewed.Body)
		}
	})
}

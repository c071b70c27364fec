package journey

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// audited are the pages that axe-core looks at in other languages than English too: those with forms.
var audited = []string{"letter", "form-empty", "check-mail", "confirm-no-code", "receipt", "signature-found", "signatories", "side-by-side"}

// Every page of a living server, opened by a browser on a narrow screen: nothing runs over the edge, axe-core finds nothing
// serious, nothing is asked of another origin, the policy refuses nothing, and the console is silent. Every other language
// is dark.
func TestPages_alive(t *testing.T) {
	axe, err := os.ReadFile("../../web/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	a := testkit.App(t, store.SQLite)
	text := testkit.ReadText(t, "granary.en.md")
	text.Body += "\n\nA further paragraph, with **weight** and [a link](https://lantern.example/more)."
	if _, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: testkit.Slug, Text: text, Follows: letter.FollowsSubstantive,
		Publish: true}); err != nil {
		t.Fatal(err)
	}
	for i, l := range i18n.All() {
		x := struct{ language, scheme string }{l.Code, []string{"dark", "light"}[i%2]}
		t.Run(x.language, func(t *testing.T) {
			b, stranger := testkit.Browser(t), testkit.Browser(t)
			b.Screen(320, 640, x.scheme)
			stranger.Screen(320, 640, x.scheme)
			look := func(b *testkit.Tab, name string, status, want int) {
				t.Helper()
				if status != want {
					t.Errorf("%s was answered with %d, want %d", name, status, want)
				}
				b.Shot(name + "." + x.language)
				tool := string(axe)
				if x.language != "en" && !slices.Contains(audited, name) {
					tool = "" // axe-core is slow; internal/web shows it every page of every language
				}
				for _, finding := range b.Inspect(tool) {
					t.Errorf("%s: %s", name, finding)
				}
			}
			open := func(name, path string, want int) {
				t.Helper()
				look(b, name, b.Open(a.URL+"/"+x.language+path), want)
			}
			open("home", "/", 200)
			open("letter", testkit.Page, 200)
			look(b, "form-empty", b.Press(".sign button[type=submit]"), 422)
			if focus := b.Eval(`document.activeElement.id`); focus != "errors" {
				t.Errorf("after a mistake the focus is on %q, not on the summary", focus)
			}
			s := signerFor(x.language, 2)
			fill(b, s)
			look(b, "check-mail", b.Press(".sign button[type=submit]"), 200)
			mail := a.Inbox.Wait(t, s.email)
			look(stranger, "confirm-stranger", stranger.Open(mail.Link), 200)
			look(stranger, "confirm-no-code", stranger.Press("form.confirm button[value=confirm]"), 403)
			look(b, "confirm", b.Open(mail.Link), 200)
			look(b, "receipt", b.Press("form.confirm button[value=confirm]"), 200)
			secret := strings.ReplaceAll(b.Eval(`document.querySelector(".secret").innerText`), " ", "")
			testkit.Eventually(t, "the signatures are listed", func() bool {
				return strings.Contains(a.Client(t).Get(testkit.Page+"/signatories?kind=organisation").Body, s.organisation)
			})
			open("letter-signed", testkit.Page, 200)
			open("side-by-side", testkit.Page+"?text=fa&beside=en", 200)
			open("edition-side-by-side", testkit.Page+"/editions/1?text=en&beside=fa", 200)
			open("signature", "/signature", 200)
			b.Type("#f-secret", "aaaa")
			look(b, "signature-wrong", b.Press(".ask button"), 403)
			b.Type("#f-secret", secret)
			look(b, "signature-found", b.Press(".ask button"), 200)
			open("signatories", testkit.Page+"/signatories?kind=person", 200)
			open("call", testkit.Page+"/call", 200)
			open("editions", testkit.Page+"/editions", 200)
			open("edition", testkit.Page+"/editions/1", 200)
			open("diff", testkit.Page+"/editions/2/diff/1", 200)
			open("organisation", "/organisations/"+testkit.Lead, 200)
			open("about", "/about", 200)
			open("not-found", "/nothing", 404)
			open("gone", "/confirm/rubbish", 410)
			for _, tab := range []*testkit.Tab{b, stranger} {
				if found := tab.Complaints(a.URL); len(found) > 0 {
					t.Errorf("the browser complains: %q", found)
				}
				if len(tab.Requests()) < 4 {
					t.Error("no requests were noted: the watch is broken")
				}
			}
		})
	}
}

// The watch over a page does see what it is there to see.
func TestPages_watchControl(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	b := testkit.Browser(t)
	b.Screen(320, 640, "light")
	b.Open(a.URL + testkit.Page)
	b.Eval(`(() => { const i = new Image(); i.src = "https://elsewhere.example/pixel.png"; document.body.append(i); console.error("planted");
		const wide = document.createElement("div"); wide.style.width = "900px"; wide.append("wide");
		document.querySelector("main").append(wide); return "" })()`)
	testkit.Eventually(t, "the browser complains of the policy and the console", func() bool {
		found := strings.Join(b.Complaints(a.URL), "\n")
		return strings.Contains(found, "Content Security Policy") && strings.Contains(found, "console error")
	})
	if found := b.Inspect(""); len(found) == 0 {
		t.Error("the inspection misses a page that scrolls sideways")
	}
}

// The whole flow by keyboard alone: Tab, Space, Enter and letters.
func TestFlow_byKeyboard(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	for _, language := range []string{"en", "fa"} {
		t.Run(language, func(t *testing.T) {
			s := signers[language][0]
			b := testkit.Browser(t)
			b.Screen(320, 640, "light")
			b.Open(letterURL(a, language))
			tabTo(t, b, "a.skip")
			b.Key(kb.Enter)
			tabTo(t, b, `a[href="#sign"]`)
			b.Key(kb.Enter)
			tabTo(t, b, "input[name=kind]")
			tabTo(t, b, "#f-name")
			b.Write(s.name)
			tabTo(t, b, "#f-email")
			b.Write(s.email)
			tabTo(t, b, "input[name=listing]")
			b.Key(kb.ArrowDown)
			b.Key(kb.ArrowUp)
			if chosen := b.Eval(`document.querySelector("input[name=listing]:checked").value`); chosen != "public" {
				t.Errorf("arrow keys chose the listing %s", chosen)
			}
			tabTo(t, b, "#f-consent")
			b.Key(" ")
			tabTo(t, b, ".sign button[type=submit]")
			if status := b.KeyPress(kb.Enter); status != 200 || !strings.Contains(b.Location(), "/check-mail") {
				t.Fatalf("Enter led to %s with %d: %s", b.Location(), status, b.Text())
			}
			mail := a.Inbox.Wait(t, s.email)
			b.Open(mail.Link)
			tabTo(t, b, "form.confirm button[value=confirm]")
			if status := b.KeyPress(" "); status != 200 {
				t.Fatalf("Space was answered with %d", status)
			}
			secret := strings.ReplaceAll(b.Eval(`document.querySelector(".secret").innerText`), " ", "")
			b.Open(a.URL + "/" + language + "/signature")
			tabTo(t, b, "#f-secret")
			b.Write(secret)
			if status := b.KeyPress(kb.Enter); status != 200 || !strings.Contains(b.Text(), s.name) {
				t.Fatalf("the secret led to %d: %s", status, b.Text())
			}
			tabTo(t, b, "button[value=withdraw]")
			if status := b.KeyPress(kb.Enter); status != 200 {
				t.Errorf("withdrawing was answered with %d", status)
			}
		})
	}
}

// tabTo presses Tab until the element has the focus, which must be visible.
func tabTo(t *testing.T, b *testkit.Tab, selector string) {
	t.Helper()
	for range 80 {
		b.Key(kb.Tab)
		if b.Eval(fmt.Sprintf(`String(document.activeElement.matches(%q))`, selector)) == "true" {
			if b.Eval(`(() => { const s = getComputedStyle(document.activeElement);
				const l = document.activeElement.closest("label") ? getComputedStyle(document.activeElement.closest("label")) : s;
				return String(s.outlineStyle !== "none" || s.boxShadow !== "none" || l.outlineStyle !== "none") })()`) != "true" {
				t.Errorf("the focus on %s cannot be seen", selector)
			}
			return
		}
	}
	t.Fatalf("80 times Tab does not lead to %s; the focus is on %s", selector, b.Eval(`document.activeElement.outerHTML.slice(0, 200)`))
}

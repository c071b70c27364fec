package journey

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// walk is an editor in a browser whose pages and typed fields are counted.
type walk struct {
	*testkit.Tab
	t            *testing.T
	name         string
	pages, typed int
}

// Typing and pages of the whole way from the set-up link to an opened letter with ten invitations sent.
const (
	maxPages = 12
	maxTyped = 25
)

func (w *walk) open(address string) {
	w.t.Helper()
	w.seen(w.Open(address))
}

func (w *walk) press(selector string) {
	w.t.Helper()
	w.seen(w.Press(selector))
}

func (w *walk) fill(selector, text string) {
	w.t.Helper()
	w.typed++
	w.Type(selector, text)
}

func (w *walk) seen(status int) {
	w.t.Helper()
	w.pages++
	if status >= 400 {
		w.t.Fatalf("page %d: %d: %.400s", w.pages, status, w.Text())
	}
	w.Shot(w.name + "-" + string(rune('a'+w.pages-1)))
}

// tenToInvite is a list as an office has it: out of a mail, out of a spreadsheet, typed.
const tenToInvite = `Mira Sollis <mira@quay.example>
"Weaver, Tam" <tam@loom.example>
office@harbour.example
Granary Keepers	Oda Brandt	oda@granary.example
Ferry Union	secretary@ferry.example
Jo Ashdown <jo@ashdown.example>
press@lowland.example
Lowland Teachers	Pia Roe	pia@teachers.example
Ivo Marsh <ivo@marsh.example>
board@varrow.example`

// From the set-up link to an opened letter with ten invitations sent, with a passkey or, without scripts, with a password and an app: nobody has to
// load many pages or type much.
func TestDesk_firstLetterInBrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "web", "testdata", "axe", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"passkey", "password"} {
		t.Run(way, func(t *testing.T) {
			a := testkit.App(t, store.SQLite)
			link, err := a.Accounts.Enrolments.NewSetUp(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w := &walk{Tab: testkit.Browser(t), t: t, name: "desk-" + way}
			w.Screen(1280, 900, "light")
			if way == "passkey" {
				w.Authenticator()
			} else {
				w.Script(false)
			}
			w.open(a.URL + "/desk/join/" + link)
			w.fill("#f-name", "Ada Lindqvist")
			w.fill("#f-email", "ada@lantern.example")
			w.fill("#f-organisation", "Lantern Court Watch")
			if way == "passkey" {
				w.press("button[data-ask]")
			} else {
				secret := strings.ReplaceAll(w.Eval(`document.querySelector(".app code").textContent`), " ", "")
				code, err := totp.GenerateCode(secret, a.DB.Now())
				if err != nil {
					t.Fatal(err)
				}
				w.fill("#f-password", "a lantern on the quay")
				w.fill("#f-code", code)
				w.press("section.way:last-of-type button")
			}
			w.press(`button[value="keep"]`)
			w.press(`a[href="/desk/new"]`)
			w.fill("#f-text", pasted)
			w.press(`button[value="read"]`)
			w.fill("#f-day", "")
			w.Eval(`document.querySelector("#f-day").value = "2099-06-30"`)
			w.press(`button[value="create"]`)
			w.press(`button[value="open"]`)
			if text := w.Text(); !strings.Contains(text, "The letter is open.") {
				t.Errorf("opening shows %.300s", text)
			}
			w.press(`a[href$="/invitations"]`)
			w.fill("#f-invitees", tenToInvite)
			w.press(`button[value="read"]`)
			w.press(`button[value="send"]`)
			if text := w.Text(); !strings.Contains(text, "10 invitations") || w.pages > maxPages || w.typed > maxTyped {
				t.Errorf("%d pages, %d typed fields: %.300s", w.pages, w.typed, text)
			}
			for line := range strings.SplitSeq(tenToInvite, "\n") {
				if mail := a.Inbox.Wait(t,
					line[strings.LastIndexAny(line, "<\t ")+1:strings.LastIndex(line, ".example")+8]); !strings.Contains(mail.Link, "/invitations/") {
					t.Errorf("%s", mail.Text)
				}
			}
			if way == "passkey" {
				for _, finding := range w.Inspect(string(axe)) {
					t.Errorf("axe: %s", finding)
				}
				w.press(`form[action="/desk/sign-out"] button`)
				w.press(`form[data-passkey] button`)
				if !strings.Contains(w.Text(), "Open the granary") {
					t.Errorf("signing in by passkey shows %.200s", w.Text())
				}
			}
			if complaints := w.Complaints(a.URL); len(complaints) > 0 {
				t.Errorf("%s", complaints)
			}
			if l, err := a.Letters.Find(t.Context(), "open-the-granary-of-lower-varrow"); err != nil || l.Deadline.At.Year() != 2099 {
				t.Errorf("%v, %v", l.Deadline, err)
			}
		})
	}
}

// What somebody types is saved while they type: the page can go at any moment.
func TestDesk_textSavesItself(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	tab := testkit.Browser(t)
	tab.Open(a.URL + "/desk/sign-in")
	tab.SetCookie(a.URL, "__Host-desk", ada.Cookie("__Host-desk").Value)
	tab.Open(a.URL + "/desk/letters/" + testkit.Slug + "/texts/en")
	tab.Type("#f-closing", " In haste,")
	tab.Eval(`new Promise((done) => { const said = document.querySelector("[data-saved]");
		new MutationObserver(() => done(said.textContent)).observe(said, { childList: true, characterData: true, subtree: true }); })`)
	l, err := a.Letters.Find(t.Context(), testkit.Slug)
	if err != nil {
		t.Fatal(err)
	}
	e, next, err := a.Letters.Editions.Working(t.Context(), l)
	if err != nil || !next || !strings.Contains(e.Text("en").Closing, "In haste,") {
		t.Errorf("%v %q, %v", next, e.Text("en").Closing, err)
	}
	if complaints := tab.Complaints(a.URL); len(complaints) > 0 {
		t.Errorf("%s", complaints)
	}
}

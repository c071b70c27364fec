package journey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// signer is one way through the sign form.
type signer struct {
	label, kind, listing, name, organisation, email string
	shown                                           []string // names that the public list shows afterwards
	hidden                                          []string // words that no public page shows
}

var signers = map[string][]signer{
	"en": {
		{"person", "person", "public", "Hesper Quillan", "", "hesper@quill.example", []string{"Hesper Quillan"}, []string{"hesper@quill.example"}},
		{"organisation", "organisation", "public", "Tolliver Brand", "Varrow Bakers’ Guild", "guild@bakers.example", []string{"Varrow Bakers’ Guild"},
			[]string{"Tolliver Brand", "guild@bakers.example"}},
		{"both", "both", "public", "Imre Lacey", "Ferrymen of the Sill", "imre@ferry.example", []string{"Imre Lacey", "Ferrymen of the Sill"},
			[]string{"imre@ferry.example"}},
		{"counted", "person", "counted", "Secretly Penned", "", "hidden@penned.example", nil, []string{"Secretly Penned", "hidden@penned.example"}},
	},
	"fa": {
		{"person", "person", "public", "شهرزاد نیک‌اندیش", "", "shahrzad@nik.example", []string{"شهرزاد نیک‌اندیش"}, []string{"shahrzad@nik.example"}},
		{"organisation", "organisation", "public", "بابک پیشه‌ور", "کانون نانوایان وارو", "kanoon@nan.example", []string{"کانون نانوایان وارو"},
			[]string{"بابک پیشه‌ور", "kanoon@nan.example"}},
		{"both", "both", "public", "لاله روشن", "انجمن قایقرانان سیل", "laleh@sail.example", []string{"لاله روشن", "انجمن قایقرانان سیل"},
			[]string{"laleh@sail.example"}},
		{"counted", "person", "counted", "پنهان‌نام رازدار", "", "penhan@raz.example", nil, []string{"پنهان‌نام رازدار", "penhan@raz.example"}},
	},
}

// signerFor returns a signer of the language, or, when it has none of its own, one of another language under another name.
func signerFor(language string, n int) signer {
	if list, ok := signers[language]; ok {
		return list[n]
	}
	s := signers[i18n.Default][n]
	s.name, s.email = s.name+" "+strings.ToUpper(language), language+"."+s.email
	if s.organisation != "" {
		s.organisation = strings.ToUpper(language) + " " + s.organisation
	}
	return s
}

// The whole flow in a browser without scripts: fill, check mail, follow the link, press the button, keep the receipt, and
// find count and name after the publication, in both languages and every way to sign.
func TestFlow_withoutScripts(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		for _, language := range []string{"en", "fa"} {
			for _, s := range signers[language] {
				if engine == store.Postgres && (language == "en") != (s.kind == "both") {
					continue // the pages are the same; a few ways show that the database is too
				}
				t.Run(language+"/"+s.label, func(t *testing.T) {
					before := a.Counts(t)
					b := testkit.Browser(t)
					b.Script(false)
					b.Screen(1100, 900, "light")
					sendForm(t, a, b, language, s)
					confirm(t, a, b, language, s)
					waitForCounts(t, a, before, s)
					checkPublic(t, a, language, s)
					if found := b.Complaints(a.URL); len(found) > 0 {
						t.Errorf("the browser complains: %q", found)
					}
				})
			}
		}
	})
}

// letterURL is the letter's address in a language.
func letterURL(a *testkit.Running, language string) string {
	return a.URL + "/" + language + "/letters/" + testkit.Slug
}

func fill(b *testkit.Tab, s signer) {
	b.Click(`input[name=kind][value=` + s.kind + `]`)
	b.Type("#f-name", s.name)
	b.Type("#f-email", s.email)
	if s.organisation != "" {
		b.Type("#f-organisation", s.organisation)
	}
	b.Click(`input[name=listing][value=` + s.listing + `]`)
	b.Click("#f-consent")
}

// sendForm fills the form and returns the code that "check your mail" shows.
func sendForm(t *testing.T, a *testkit.Running, b *testkit.Tab, language string, s signer) (code string) {
	t.Helper()
	if status := b.Open(letterURL(a, language)); status != 200 {
		t.Fatalf("the letter was answered with %d", status)
	}
	fill(b, s)
	if status := b.Press(".sign button[type=submit]"); status != 200 || !strings.Contains(b.Location(), "/check-mail") {
		t.Fatalf("signing ended at %s with %d: %s", b.Location(), status, b.Text())
	}
	page := b.Text()
	found := testkit.CodeOnPage.FindStringSubmatch(page)
	if found == nil || !strings.Contains(page, s.email) {
		t.Fatalf("the page shows no six digits or not the typed address: %s", page)
	}
	b.Shot("check-mail." + language)
	return found[1]
}

func confirm(t *testing.T, a *testkit.Running, b *testkit.Tab, language string, s signer) (secret string) {
	t.Helper()
	mail := a.Inbox.Wait(t, s.email)
	checkMail(t, a, mail, language, s)
	if status := b.Open(mail.Link); status != 200 {
		t.Fatalf("the mail's link was answered with %d", status)
	}
	if page := b.Text(); !strings.Contains(page, s.name) {
		t.Errorf("the browser that signed does not see its own name: %s", page)
	}
	b.Shot("confirm." + language)
	if status := b.Press("form.confirm button[value=confirm]"); status != 200 {
		t.Fatalf("confirming was answered with %d: %s", status, b.Text())
	}
	secret = strings.ReplaceAll(b.Eval(`document.querySelector(".secret").innerText`), " ", "")
	if len(secret) != 26 {
		t.Errorf("the receipt's secret is %q", secret)
	}
	b.Shot("receipt." + language)
	return secret
}

// checkMail checks that the mail speaks the language of the form, leads to the base URL and holds nothing that was typed.
func checkMail(t *testing.T, a *testkit.Running, m testkit.Mail, language string, s signer) {
	t.Helper()
	if want := i18n.Find(language).T("mail.confirm.subject"); m.Subject != want {
		t.Errorf("the mail's subject is %q, want %q", m.Subject, want)
	}
	if !strings.HasPrefix(m.Link, a.URL+"/") {
		t.Errorf("the mail's link is %q", m.Link)
	}
	for _, typed := range []string{s.name, s.organisation} {
		if typed != "" && strings.Contains(m.Text, typed) {
			t.Errorf("the mail holds the typed %q", typed)
		}
	}
}

// checkPublic checks what everyone sees of a signature.
func checkPublic(t *testing.T, a *testkit.Running, language string, s signer) {
	t.Helper()
	c := a.Client(t)
	letter := c.Get("/" + language + "/letters/" + testkit.Slug).Body
	people := c.Get("/" + language + "/letters/" + testkit.Slug + "/signatories?kind=person").Body
	organisations := c.Get("/" + language + "/letters/" + testkit.Slug + "/signatories?kind=organisation").Body
	for _, name := range s.shown {
		if !strings.Contains(letter, name) || !strings.Contains(people+organisations, name) {
			t.Errorf("%q is not on the letter's page or not in the list", name)
		}
	}
	for _, word := range s.hidden {
		if strings.Contains(letter+people+organisations, word) {
			t.Errorf("%q is public", word)
		}
	}
}

// waitForCounts waits until the letter's page counts the signer too.
func waitForCounts(t *testing.T, a *testkit.Running, before testkit.Counts, s signer) {
	t.Helper()
	want := before
	if s.kind != "organisation" {
		want.Persons++
	}
	if s.kind != "person" {
		want.Organisations++
	}
	if s.listing != "public" {
		want.Withheld++
	}
	c := a.Client(t)
	text := fmt.Sprintf(`"organisations":%d,"persons":%d,"withheld":%d`, want.Organisations, want.Persons, want.Withheld)
	testkit.Eventually(t, "the page counts "+text, func() bool {
		return strings.Contains(c.Get("/letters/"+testkit.Slug+".json").Body, text)
	})
}

// A slip in a well-known provider's name is asked about once, with everything typed kept; sent again it is taken as it is.
func TestFlow_asksAboutASlip(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c, form := testkit.NewClient(t, a.URL), testkit.SignForm("Mina Farahani", "mina@gmial.com")
	path := "/letters/" + testkit.Slug + "/signatures"
	asked := c.Post(path, form)
	if asked.Status != 422 || !strings.Contains(asked.Body, "mina@gmail.com") || !strings.Contains(asked.Body, `value="Mina Farahani"`) {
		t.Fatalf("%d %s", asked.Status, asked.Main(t))
	}
	form.Set("email_sure", "mina@gmial.com")
	if got := c.Post(path, form); got.Status != 303 {
		t.Errorf("sent again: %d %s", got.Status, got.Main(t))
	}
	form.Set("email", "mina@gmal.com")
	if got := c.Post(path, form); got.Status != 422 {
		t.Errorf("another slip: %d", got.Status)
	}
}

package journey

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// The interface speaks every language there is a catalogue of, under that language's address and to browsers that ask for it.
func TestLanguages_everyInterface(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	for _, l := range i18n.All() {
		for _, path := range []string{"/", testkit.Page, testkit.Page + "/editions", "/about", "/about/who-can-learn", "/signature"} {
			r := c.Get("/" + l.Code + path)
			if r.Status != 200 || !strings.Contains(r.Body, `<html lang="`+l.Code+`" dir="`+l.Dir+`">`) ||
				!strings.Contains(html.UnescapeString(r.Body), l.T("layout.promise")) {
				t.Errorf("/%s%s: %d", l.Code, path, r.Status)
			}
			for _, o := range i18n.All() {
				if o != l && !strings.Contains(r.Body, `<a href="/`+o.Code+path+`" lang="`+o.Code+`"`) {
					t.Errorf("/%s%s has no link to %s", l.Code, path, o.Code)
				}
			}
		}
		if r := c.Get("/", "Accept-Language", l.Code+"-XX,"+l.Code+";q=0.9"); !strings.Contains(r.Body, `<html lang="`+l.Code+`"`) {
			t.Errorf("a browser that asks for %s gets %.40s", l.Code, r.Body)
		}
	}
}

// Two texts of a letter stand side by side, whatever the interface speaks; languages it has not are left out.
func TestLanguages_sideBySide(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	a.Publish(t) // or the page says so from one look to the next
	c := a.Client(t)
	fa, en := testkit.ReadText(t, "granary.fa.md"), testkit.ReadText(t, "granary.en.md")
	for _, path := range []string{"/fr" + testkit.Page + "?text=fa&beside=en", "/ar" + testkit.Page + "/editions/1?text=fa&beside=en"} {
		r := c.Get(path)
		for _, want := range []string{`<h1 id="letter-title">` + fa.Title + `</h1>`, `<h2>` + en.Title + `</h2>`, `<section lang="fa" dir="rtl"`,
			`<section lang="en" dir="ltr"`,
			`id="demand-2"`, `id="beside-demand-2"`, "1.fa.md", "1.en.md"} {
			if r.Status != 200 || !strings.Contains(r.Body, want) {
				t.Errorf("%s (%d) has no %s", path, r.Status, want)
			}
		}
		if n := strings.Count(r.Body, `<div class="cell`); n < 20 || n%2 != 0 {
			t.Errorf("%s has %d cells", path, n)
		}
		if again := c.Get(path); again.Body != r.Body {
			t.Errorf("%s is another page the second time", path)
		}
	}
	r := c.Get("/fr" + testkit.Page + "?text=fa&beside=en")
	if form := `name="text" value="fa"`; !strings.Contains(r.Body, form) {
		t.Errorf("the form beside two texts has no %s", form)
	}
	for _, query := range []string{"?text=fa&beside=fa", "?beside=xx", "?beside=", "?text=xx&beside=../../en.md", "?text=fa&beside=%00",
		"?beside=" + strings.Repeat("en", 2000), "?text=fa&beside=%ff", "?beside=en&beside=fa"} {
		for _, page := range []string{testkit.Page, testkit.Page + "/editions/1"} {
			if r := c.Get("/en" + page + query); r.Status != 200 || strings.Contains(r.Body, `class="columns"`) {
				t.Errorf("%s%.60s: %d, with two columns: %v", page, query, r.Status, strings.Contains(r.Body, `class="columns"`))
			}
		}
	}
	if r := c.Get("/en" + testkit.Page + "?text=fa"); !strings.Contains(r.Body, `<a href="/en`+testkit.Page+`?text=fa&amp;beside=en"`) {
		t.Error("the letter does not offer to put the English text beside the Persian")
	}
}

// A translation that the authoritative text has left behind says so, alone and side by side, and leads to what changed.
func TestLanguages_staleTranslation(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	text := testkit.ReadText(t, "granary.en.md")
	text.Body += "\n\nOne paragraph more."
	if _, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: testkit.Slug, Text: text, Follows: letter.FollowsSubstantive,
		Publish: true}); err != nil {
		t.Fatal(err)
	}
	stale, diff := i18n.Find("en").T("letter.stale"), `<a href="/en`+testkit.Page+`/editions/2/diff/1?text=en">`
	testkit.Eventually(t, "the new edition shows", func() bool { return strings.Contains(c.Get("/en"+testkit.Page).Body, "One paragraph more.") })
	for query, want := range map[string]bool{"": false, "?text=fa": true, "?text=en&beside=fa": true, "?text=fa&beside=en": true, "?text=en": false} {
		r := c.Get("/en" + testkit.Page + query)
		if got := strings.Contains(r.Body, stale); got != want || strings.Contains(r.Body, diff) != want {
			t.Errorf("%q: stale %v, want %v; leads to the difference: %v", query, got, want, strings.Contains(r.Body, diff))
		}
	}
	if r := c.Get(testkit.Page + "/editions/1?text=fa"); strings.Contains(r.Body, stale) {
		t.Error("in the edition that it was made for, the translation is called old")
	}
	if r := c.Get("/fa" + testkit.Page + "/editions/2/diff/1"); !strings.Contains(r.Body, "One paragraph more.") {
		t.Error("a reader of the old translation is told that nothing changed")
	}
}

// The language of the text that was signed is kept and told apart from that of the page: on the confirmation, the receipt,
// the signer's own page and in the file. What changed since is shown in it, once somebody has brought it up to date.
func TestLanguages_signedIsRemembered(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		if r := c.Get("/en" + testkit.Page + "?text=fa"); !strings.Contains(r.Body, `<input type="hidden" name="text" value="fa">`) {
			t.Error("the form does not say that the Persian text was read")
		}
		form := testkit.SignForm("Odile Ferrand", "odile@ferrand.example")
		form.Set("text", "fa")
		wrong := testkit.SignForm("", "odile@ferrand.example")
		wrong.Set("text", "fa")
		if r := c.Post("/fr/letters/"+testkit.Slug+"/signatures", wrong); r.Status != http.StatusUnprocessableEntity ||
			!strings.Contains(r.Body, `name="text" value="fa"`) {
			t.Errorf("after a mistake (%d) the form has forgotten the language", r.Status)
		}
		r := c.Post("/fr/letters/"+testkit.Slug+"/signatures", form)
		if r.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", r.Status, r.Main(t))
		}
		mail := a.Inbox.Wait(t, "odile@ferrand.example")
		fr := i18n.Find("fr")
		if mail.Subject != fr.T("mail.confirm.subject") || !strings.Contains(mail.Link, "/fr/confirm/") {
			t.Errorf("the mail is not in the page's language: %q, %s", mail.Subject, mail.Link)
		}
		confirm := strings.TrimPrefix(mail.Link, a.URL)
		if page := c.Get(confirm).Main(t); !strings.Contains(page, fr.T("confirm.text_language")+" persan") {
			t.Errorf("the confirmation does not name the language: %s", page)
		}
		receipt := c.Post(confirm, testkit.Press("confirm"))
		if page := receipt.Main(t); !strings.Contains(page, fr.T("signature.text_language")+" persan") {
			t.Errorf("the receipt does not name the language: %s", page)
		}
		secret := receipt.Secret(t)
		own := func() testkit.Answer { return c.Post("/ar/signature", testkit.Press("show", "secret", secret)) }
		if page := own().Main(t); !strings.Contains(page, i18n.Find("ar").T("signature.text_language")+" الفارسية") {
			t.Errorf("the signer's page does not name the language: %s", page)
		}
		var file struct {
			Signatures []struct {
				TextLanguage string `json:"text_language"`
			}
		}
		if err := json.Unmarshal([]byte(c.Post("/signature", testkit.Press("download", "secret", secret)).Body), &file); err != nil ||
			len(file.Signatures) != 1 || file.Signatures[0].TextLanguage != "fa" {
			t.Errorf("the file says %+v, %v", file, err)
		}
		for _, step := range []struct{ file, diff string }{{"granary.en.md", "/ar" + testkit.Page + "/editions/2/diff/1?text=en"},
			{"granary.fa.md", "/ar" + testkit.Page + "/editions/3/diff/1?text=fa"}} {
			text := testkit.ReadText(t, step.file)
			text.Body += "\n\n+"
			follows := letter.FollowsSubstantive
			if text.Language == "fa" {
				follows = letter.FollowsTranslation
			}
			if _, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: testkit.Slug, Text: text, Follows: follows, Publish: true}); err != nil {
				t.Fatal(err)
			}
			if page := own().Body; !strings.Contains(page, `href="`+step.diff+`"`) {
				t.Errorf("after a change of %s the signer's page does not lead to %s", step.file, step.diff)
			}
		}
	})
}

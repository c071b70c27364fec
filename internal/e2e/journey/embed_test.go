package journey

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// A letter is framed by the sites of its settings and by no other; no page but that of the frame is, and it holds no form.
func TestEmbed_byTheSitesOfItsSettings(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	c := a.Client(t)
	const settings = "/desk/letters/" + testkit.Slug + "/settings"
	policy := func(path string) string {
		answer := c.Get(path)
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d", path, answer.Status)
		}
		_, ancestors, _ := strings.Cut(answer.Header.Get("Content-Security-Policy"), "frame-ancestors ")
		return ancestors
	}
	if got := policy(testkit.Page + "/embed"); got != "'none'" {
		t.Errorf("before a site is named: %s", got)
	}
	form := ada.Get(settings).Form(t, settings)
	form.Set("embeds", "partner.example; script-src *")
	if got := ada.Post(settings, form); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "script-src *") {
		t.Errorf("what is no site: %d", got.Status)
	}
	form.Set("embeds", "https://partner.example/campaign\nhttps://Other.example:8443")
	if got := ada.Post(settings, form); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Main(t))
	}
	testkit.Eventually(t, "the sites may frame it", func() bool {
		return policy(testkit.Page+"/embed?lang=fa") == "https://partner.example https://other.example:8443"
	})
	if got := policy(testkit.Page); got != "'none'" {
		t.Errorf("the letter's own page, with its form: %s", got)
	}
	frame := c.Get(testkit.Page + "/embed?lang=fa")
	if !strings.Contains(frame.Body, `lang="fa" dir="rtl"`) || strings.Contains(frame.Body, "<form") || strings.Contains(frame.Body, "<script") ||
		!strings.Contains(frame.Body, `target="_blank"`) {
		t.Errorf("%.900s", frame.Body)
	}
	var answer struct{ Version, Type, HTML string }
	got := c.Get("/oembed?format=json&url=" + url.QueryEscape(a.URL+"/fa"+testkit.Page))
	if err := json.Unmarshal([]byte(got.Body), &answer); err != nil || answer.Type != "rich" || !strings.Contains(answer.HTML, "/embed?lang=fa") {
		t.Errorf("%d %s, %v", got.Status, got.Body, err)
	}
	if got := c.Get("/oembed?url=" + url.QueryEscape("https://elsewhere.example"+testkit.Page)); got.Status != http.StatusNotFound {
		t.Errorf("another site's letter: %d", got.Status)
	}
	badge := c.Get(testkit.Page + "/badge.svg")
	if badge.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(badge.Body, "0 people") {
		t.Errorf("%s: %s", badge.Header.Get("Content-Type"), badge.Body)
	}
}

// In a real browser the frame shows on a site of the letter's settings and on no other, and nothing but the frame shows anywhere; the
// pictures that are made for other sites show on all.
func TestEmbed_inBrowser(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	site := func() *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><title>Another site</title><p>Our campaign</p><iframe width="480" height="420" src="%s"></iframe>`+
				`<img id="badge" src="%[2]s/badge.svg"><img id="card" src="%[2]s/card.fa.png" width="400">`, a.URL+r.URL.RequestURI(), a.URL+testkit.Page)
		}))
		t.Cleanup(s.Close)
		s.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // as the application: the browser would note the requests of another host's frame elsewhere
		return s
	}
	partner, stranger := site(), site()
	ada := a.Operator(t)
	const settings = "/desk/letters/" + testkit.Slug + "/settings"
	form := ada.Get(settings).Form(t, settings)
	form.Set("embeds", partner.URL)
	if got := ada.Post(settings, form); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Main(t))
	}
	testkit.Eventually(t, "the site may frame it", func() bool {
		return strings.Contains(a.Client(t).Get(testkit.Page+"/embed").Header.Get("Content-Security-Policy"), "frame-ancestors "+partner.URL)
	})
	for _, c := range []struct {
		site  *httptest.Server
		path  string
		shown bool
	}{{partner, testkit.Page + "/embed?lang=fa", true}, {stranger, testkit.Page + "/embed?lang=fa", false}, {partner, testkit.Page, false},
		{partner, testkit.Page + "/check", false}, {partner, "/desk/sign-in", false}} {
		tab := testkit.Browser(t)
		tab.Open(c.site.URL + c.path)
		tab.Shot("embed" + strings.ReplaceAll(c.path, "/", "-"))
		styled := slices.ContainsFunc(tab.Requests(), func(address string) bool { return strings.HasSuffix(address, "/site.css") }) // by the page in the frame
		refused := slices.ContainsFunc(tab.Complaints(c.site.URL), func(said string) bool { return strings.Contains(said, "frame-ancestors") })
		if styled != c.shown || refused == c.shown {
			t.Errorf("%s on a site that is named: %v; shown: %v, refused: %v, %q", c.path, c.site == partner, styled, refused, tab.Complaints(c.site.URL))
		}
		if got := tab.Eval(`["badge", "card"].map(id => document.getElementById(id).naturalWidth > 0).join()`); got != "true,true" {
			t.Errorf("%s: the pictures show: %s", c.path, got)
		}
	}
}

// A letter's page names its picture where each service looks for it, and the picture is there.
func TestCard_inBrowser(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	tab := testkit.Browser(t)
	if status := tab.Open(a.URL + "/fa" + testkit.Page); status != http.StatusOK {
		t.Fatal(status)
	}
	content := func(selector string) string { return tab.Eval(`document.querySelector('` + selector + `').content`) }
	address := content(`meta[property="og:image"]`)
	if address != a.URL+testkit.Page+"/card.fa.png" || content(`meta[property="og:image:width"]`) != "1200" || content(`meta[property="og:image:height"]`) != "630" ||
		content(`meta[name="twitter:card"]`) != "summary_large_image" || !strings.Contains(content(`meta[property="og:image:alt"]`), "۰ نفر") {
		t.Errorf("%s, %s", address, content(`meta[property="og:image:alt"]`))
	}
	if got := tab.Eval(`JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent).image`); got != address {
		t.Errorf("schema.org: %s", got)
	}
	var answer struct {
		URL    string `json:"thumbnail_url"`
		Width  int    `json:"thumbnail_width"`
		Height int    `json:"thumbnail_height"`
	}
	discovered := tab.Eval(`document.querySelector('link[type="application/json+oembed"]').href`)
	got := a.Client(t).Get(strings.TrimPrefix(discovered, a.URL))
	if err := json.Unmarshal([]byte(got.Body), &answer); err != nil || answer.URL != address || answer.Width != 1200 || answer.Height != 630 {
		t.Errorf("%s: %s, %v", discovered, got.Body, err)
	}
	if status := tab.Open(address); status != http.StatusOK {
		t.Errorf("%s: %d", address, status)
	}
	if size := tab.Eval(`document.images[0].naturalWidth + "x" + document.images[0].naturalHeight`); size != "1200x630" {
		t.Error(size)
	}
	text := letter.Text{Language: "en", Title: "Not yet", Addressees: []letter.Addressee{{Office: "The Harbour Board"}}, Body: "Not for everybody."}
	if _, err := a.Letters.Create(t.Context(), "quay", &text, letter.Settings{Leads: []string{testkit.Lead}}, a.Operator(t).Session.User.ID); err != nil {
		t.Fatal(err)
	}
	c := a.Client(t)
	draft, unknown := c.Get("/letters/quay/card.en.png"), c.Get("/letters/unknown/card.en.png")
	if draft.Status != http.StatusNotFound || draft.Main(t) != unknown.Main(t) {
		t.Errorf("a draft is told from an unknown letter: %d %s", draft.Status, draft.Main(t))
	}
}

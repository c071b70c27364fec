package journey

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

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

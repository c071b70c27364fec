package promise

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// A reader who has the page gets 304, one who takes gzip gets it, and both are told by the tag.
func TestCache_tagsAndEncodings(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	for _, path := range []string{testkit.Page, "/fa" + testkit.Page, testkit.Page + ".json"} {
		var plain, zipped testkit.Answer
		testkit.Eventually(t, "the letter's edition is in the log, and its page stays as it is", func() bool {
			plain, zipped = c.Get(path), c.Get(path, "Accept-Encoding", "br, gzip;q=0.8")
			return c.Get(path).Header.Get("ETag") == plain.Header.Get("ETag")
		})
		if zipped.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" ||
			plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
			t.Errorf("%s: encodings and tags do not fit: %v, %v", path, plain.Header, zipped.Header)
		}
		z, err := gzip.NewReader(strings.NewReader(zipped.Body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || string(body) != plain.Body {
			t.Errorf("%s: unzipped, the page is another one (%v)", path, err)
		}
		for _, header := range [][]string{{"If-None-Match", plain.Header.Get("ETag")}, {"If-None-Match", `"x", W/` + plain.Header.Get("ETag")},
			{"If-None-Match", zipped.Header.Get("ETag"), "Accept-Encoding", "gzip"}, {"If-None-Match", "*"}} {
			if r := c.Get(path, header...); r.Status != http.StatusNotModified || r.Body != "" || r.Header.Get("ETag") == "" {
				t.Errorf("%s with %q: %d with %d bytes", path, header, r.Status, len(r.Body))
			}
		}
		if r := c.Get(path, "If-None-Match", `"other"`); r.Status != http.StatusOK {
			t.Errorf("%s with another tag: %d", path, r.Status)
		}
		if vary := strings.Join(plain.Header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Encoding") ||
			!strings.HasPrefix(path, "/fa") && !strings.Contains(vary, "Accept-Language") {
			t.Errorf("%s: Vary is %q", path, vary)
		}
	}
}

// Pages of one letter in several languages, of the interface and of the text, are never mixed up, in any order of readers.
func TestCache_languagesApart(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	fa, en := testkit.ReadText(t, "granary.fa.md").Title, testkit.ReadText(t, "granary.en.md").Title
	for range 3 {
		for _, x := range []struct{ path, accept, language, prefix, title string }{
			{testkit.Page, "", "en", "", en}, {testkit.Page, "fa", "fa", "", fa}, {"/fa" + testkit.Page, "en", "fa", "/fa", fa},
			{"/en" + testkit.Page, "fa", "en", "/en", en},
			{"/fa" + testkit.Page + "?text=en", "", "fa", "/fa", en}, {"/en" + testkit.Page + "?text=fa", "", "en", "/en", fa},
			{testkit.Page + "?text=xx", "fa", "fa", "", fa},
			{testkit.Page + "?text=fa", "", "en", "", fa},
		} {
			r := c.Get(x.path, "Accept-Language", x.accept)
			if !strings.Contains(r.Body, `<html lang="`+x.language+`"`) || !strings.Contains(r.Body, `<h1 id="letter-title">`+x.title+`</h1>`) ||
				!strings.Contains(r.Body, `action="`+x.prefix+testkit.Page+`/signatures"`) || r.Header.Get("Content-Language") != x.language {
				t.Errorf("%s with %q is not in %s, or its text or its form is another one", x.path, x.accept, x.language)
			}
		}
	}
}

// A change made by another process beside the running server, as the command line does, shows within two seconds.
func TestCache_changeShows(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		c.Get(testkit.Page)
		c.Get("/letters/new-here")
		other, err := app.Open(t.Context(), app.Options{Instance: a.Options.Instance})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		text := testkit.ReadText(t, "granary.en.md")
		text.Subtitle = "Changed beside the server"
		for _, change := range []letter.Import{{Slug: testkit.Slug, Text: text, Follows: letter.FollowsCosmetic, Publish: true},
			{Slug: "new-here", Text: text, Publish: true}} {
			if _, _, err := other.Letters.Import(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			from := time.Now()
			testkit.Eventually(t, "the change shows", func() bool { return strings.Contains(c.Get("/letters/"+change.Slug).Body, text.Subtitle) })
			if took := time.Since(from); took > 2*time.Second {
				t.Errorf("the change showed after %s", took)
			}
		}
		if r := c.Get("/"); !strings.Contains(r.Body, "/letters/new-here") {
			t.Error("the front page does not list the new letter")
		}
		if err := other.Letters.Close(t.Context(), "new-here", 0); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the letter shows as closed", func() bool {
			return !strings.Contains(c.Get("/letters/new-here").Body, "<form method=\"post\"")
		})
		if r := c.Post("/fa/letters/new-here/signatures", testkit.SignForm("Too Late", "late@too.example")); r.Status != 410 ||
			!strings.Contains(r.Main(t), i18n.Find("fa").T("fault.letter.closed")) {
			t.Errorf("signing a closed letter was answered with %d: %s", r.Status, r.Main(t))
		}
	})
}

// At its deadline a page that stands in the cache loses its form; who signed in time can confirm for a day more.
func TestDeadline_closes(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		var ahead atomic.Int64
		a := testkit.App(t, engine, func(o *app.Options) {
			o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		deadline := letter.Deadline{At: time.Now().Add(time.Hour), Zone: time.UTC}
		if _, err := a.Letters.SetSettings(t.Context(), testkit.Slug, letter.Settings{Deadline: &deadline}, 0); err != nil {
			t.Fatal(err)
		}
		c := a.Client(t)
		_, inGrace := a.Sign(t, c, testkit.SignForm("Just Intime", "just@intime.example"))
		_, tooLate := a.Sign(t, c, testkit.SignForm("Over Slept", "over@slept.example"))
		if !strings.Contains(c.Get("/fa"+testkit.Page).Body, "<form") || !strings.Contains(c.Get("/").Main(t), i18n.Find("en").T("letter.open")) {
			t.Error("before the deadline there is no form, or the front page does not say that the letter is open")
		}
		ahead.Store(int64(2 * time.Hour))
		page := c.Get("/fa" + testkit.Page)
		if strings.Contains(page.Body, "<form") || !strings.Contains(page.Main(t), i18n.Find("fa").T("fault.letter.deadline")) {
			t.Errorf("after the deadline the page is %.500s", page.Main(t))
		}
		if home := c.Get("/").Main(t); !strings.Contains(home, i18n.Find("en").T("home.open_none")) {
			t.Errorf("after the deadline the front page offers the letter: %s", home)
		}
		if r := c.Post(testkit.Page+"/signatures", testkit.SignForm("Too Late", "late@too.example")); r.Status != 410 ||
			!strings.Contains(r.Main(t), testkit.FaultText("letter.deadline")) {
			t.Errorf("signing after the deadline was answered with %d: %s", r.Status, r.Main(t))
		}
		if r := c.Post("/confirm/"+inGrace.Token(), testkit.Press("confirm")); r.Status != 200 {
			t.Errorf("confirming in the day of grace was answered with %d: %s", r.Status, r.Main(t))
		}
		ahead.Store(int64(26 * time.Hour))
		if r := c.Post("/confirm/"+tooLate.Token(), testkit.Press("confirm")); r.Status != 410 {
			t.Errorf("confirming after the grace was answered with %d: %s", r.Status, r.Main(t))
		}
		ahead.Store(int64(80 * time.Hour))
		if r := c.Get("/confirm/" + tooLate.Token()); r.Status != 410 || !strings.Contains(r.Main(t), testkit.FaultText("token.expired")) {
			t.Errorf("a link of 80 hours was answered with %d: %s", r.Status, r.Main(t))
		}
	})
}

package promise

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// pendingLinks is how many links the scanner gets. The rule is one for both engines; the second is asked fewer times.
var pendingLinks = map[store.Engine]int{store.SQLite: 200, store.Postgres: 50}

// waiting is a submission whose link is in the mail.
type waiting struct {
	token string
	c     *testkit.Client // of the human who signed
}

// A mail scanner without the cookie does what scanners do to every link, and nothing is confirmed; then the humans are.
func TestScanner_confirmsNothing(t *testing.T) {
	testkit.NotRaced(t)
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		links := signMany(t, a, pendingLinks[engine])
		if n := scan(t, a, a.URL, links, true); n != 0 {
			t.Errorf("a scanner confirmed %d of %d", n, len(links))
		}
		for _, w := range links {
			if r := w.c.Post("/confirm/"+w.token, testkit.Press("confirm")); r.Status != 200 {
				t.Fatalf("after the scanner the human was answered with %d: %s", r.Status, r.Main(t))
			}
		}
		if n := confirmed(t, a); n != len(links) {
			t.Errorf("the humans confirmed %d of %d", n, len(links))
		}
	})
}

// A negative control: the harness does count when a bare POST confirms. The gap is planted before the server: a proxy that
// adds the cookie of the human.
func TestScanner_controlConfirms(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	links := signMany(t, a, 5)
	target, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		for _, w := range links {
			if strings.HasSuffix(r.In.URL.Path, w.token) {
				r.Out.AddCookie(w.c.Cookie("__Host-sign"))
			}
		}
	}}
	gap := httptest.NewServer(proxy)
	defer gap.Close()
	if n := scan(t, a, gap.URL, links, false); n == 0 {
		t.Error("the harness confirms nothing even where a bare POST does")
	}
}

// A real browser that never signed follows links and presses every button; so do scanners that run pages.
func TestScanner_browserConfirmsNothing(t *testing.T) {
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Server.PublishEvery = 1e9 })
	links := signMany(t, a, 5)
	for _, w := range links {
		b := testkit.Browser(t)
		b.Open(a.URL + "/confirm/" + w.token)
		for _, button := range []string{"confirm", "code", "dispute"} { // each but the last leads to the same page again
			if status := b.Press(`form.confirm button[value=` + button + `]`); status < 400 || status > 499 {
				t.Errorf("the button %s was answered with %d", button, status)
			}
		}
	}
	if n := confirmed(t, a); n != 0 {
		t.Errorf("a browser without the cookie confirmed %d", n)
	}
	for _, w := range links {
		if r := w.c.Post("/confirm/"+w.token, testkit.Press("confirm")); r.Status != 200 {
			t.Errorf("after the browser the human was answered with %d: %s", r.Status, r.Main(t))
		}
	}
}

// signMany signs as many people in as many browsers.
func signMany(t *testing.T, a *testkit.Running, n int) (links []waiting) {
	t.Helper()
	for i := range n {
		c := a.Client(t)
		name := "Signer " + strings.Repeat("a", i%20+1) + " " + string(rune('A'+i%26)) + "son"
		_, mail := a.Sign(t, c, testkit.SignForm(name, fmt.Sprintf("s%d@signers.example", i)))
		links = append(links, waiting{mail.Token(), c})
	}
	return links
}

// scan does to every link what scanners do and returns how many signatures are confirmed afterwards. When strict, it also
// checks that the links stay inert and that every POST is refused with 4xx.
func scan(t *testing.T, a *testkit.Running, base string, links []waiting, strict bool) int {
	t.Helper()
	for _, w := range links {
		c := testkit.NewClient(t, base)
		path := "/confirm/" + w.token
		for _, header := range [][]string{nil, {"Purpose", "prefetch", "Sec-Purpose", "prefetch;prerender", "X-Moz", "prefetch"},
			{"User-Agent", "Mozilla/5.0 (compatible; LinkScan/2.1)"}} {
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				if r := c.Do(method, path, nil, header...); strict && (r.Status != 200 || r.Header.Get("Set-Cookie") != "") {
					t.Errorf("%s was answered with %d and the cookie %q", method, r.Status, r.Header.Get("Set-Cookie"))
				}
			}
		}
		page := c.Get(path)
		forms := page.Forms(t)
		if strict && len(forms) == 0 {
			t.Fatalf("no form on %s", page.Main(t))
		}
		for _, f := range forms {
			for _, button := range f.Buttons {
				r := c.Do(http.MethodPost, f.Action, strings.NewReader(button.Encode()), "Content-Type", "application/x-www-form-urlencoded")
				if strict && (r.Status < 400 || r.Status > 499) {
					t.Errorf("a POST of %v was answered with %d", button, r.Status)
				}
			}
		}
	}
	return confirmed(t, a)
}

// confirmed returns how many signatures are confirmed.
func confirmed(t *testing.T, a *testkit.Running) (n int) {
	t.Helper()
	a.Publish(t)
	c := a.Counts(t)
	return c.Persons + c.Organisations
}

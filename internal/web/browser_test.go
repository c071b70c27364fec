package web

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/desk"
)

var onlyPages = flag.String("pages", "", "open only the pages whose name holds this in the browser test")

var shots = flag.String("shots", "", "write screenshots of the pages that the browser test opens into this directory")

// policy is the strictest Content-Security-Policy that the pages are made for.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'"

// TestPages_inBrowser opens every page in Chromium, in every language narrow and wide, light and dark: axe-core finds
// nothing serious, nothing runs over the edge, nothing can be missed by a thumb, and the policy refuses nothing. It is slow,
// so axe-core looks at each page once a language, on the two screens by turns, and the screens between and beyond show each
// page in one language.
func TestPages_inBrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("no chromium, or -short")
	}
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	server, visits := servePages(t, nil)
	ctx := openBrowser(t, browser)
	for _, screen := range []struct {
		name          string
		width, height int64
		scheme        string
		audit         bool // by axe-core
	}{{"phone", 320, 640, "light", true}, {"desk", 1280, 800, "dark", true}, {"wide", 2200, 1200, "light", false}} {
		for _, v := range visits {
			if !strings.Contains(v.name, *onlyPages) {
				continue
			}
			// Every page in every language on the phone, where it is tightest, and in one on the other screens: audited once in
			// light and once, in another language, in dark.
			turn := (v.language - v.page%len(i18n.All()) + len(i18n.All())) % len(i18n.All())
			if screen.name != "phone" && turn != 2 {
				continue
			}
			err := chromedp.Do(ctx, chromedp.EmulateViewport(screen.width, screen.height), media(screen.scheme, ""), chromedp.Navigate(server.URL+v.path))
			if err != nil {
				t.Fatalf("%s on %s: %v", v.name, screen.name, err)
			}
			var tool []byte
			if screen.audit && (turn == 0 || screen.name != "phone") {
				tool = axe
			}
			report := inspect(t, ctx, tool)
			var findings []string
			if err := json.Unmarshal([]byte(report), &findings); err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				t.Errorf("%s on %s: %s", v.name, screen.name, f)
			}
			if *shots != "" {
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(*shots, fmt.Sprintf("%s-%s.png", v.name, screen.name)), picture)
			}
		}
	}
}

// A page in the Latin script loads no font, though it links to other languages; a Persian one does.
func TestPages_fonts(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("no chromium, or -short")
	}
	var fonts atomic.Int64
	server, _ := servePages(t, func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".woff2") {
			fonts.Add(1)
		}
	})
	ctx := openBrowser(t, browser)
	for _, path := range []string{"/en/page/home", "/en/page/letter-plain", "/en/page/check-mail", "/en/page/editions", "/en/page/about"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+path), chromedp.Evaluate[chromedp.Void]("document.fonts.ready.then(() => {})",
			chromedp.EvalAwaitPromise)); err != nil {
			t.Fatal(err)
		}
		if fonts.Load() != 0 {
			t.Fatalf("%s loads a font", path)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/fa/page/home"), chromedp.Evaluate[chromedp.Void]("document.fonts.ready.then(() => {})",
		chromedp.EvalAwaitPromise)); err != nil {
		t.Fatal(err)
	}
	if fonts.Load() != 2 {
		t.Errorf("a Persian page loads %d fonts, want regular and bold", fonts.Load())
	}
	for _, l := range i18n.All() {
		if l.Dir != "rtl" {
			continue
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/"+l.Code+"/page/letter")); err != nil {
			t.Fatal(err)
		}
		for selector, text := range map[string]string{"h1": arabicSigns, ".totals dd": l.Number(1234567890), ".letter .text p": arabicSigns} {
			if got := fontsOf(t, ctx, selector, text); !slices.Equal(got, []string{"Vazirmatn"}) {
				t.Errorf("%s: %s is set in %q", l.Code, selector, got)
			}
		}
		if got := fontsOf(t, ctx, "h1", "A"); slices.Contains(got, "Vazirmatn") { // a negative control
			t.Errorf("%s: Latin letters are set in %q", l.Code, got)
		}
	}
}

// arabicSigns are letters, marks and digits that fonts of one language alone often lack.
const arabicSigns = "ةىئؤأإآءكيکیگچپژۀهٔلاًٌٍَُِّْ،؛؟٬٫٪٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"

// fontsOf puts text into the first element that the selector finds and returns the families it is set in.
func fontsOf(t *testing.T, ctx context.Context, selector, text string) (families []string) {
	t.Helper()
	put := fmt.Sprintf(`document.querySelector(%q).textContent = %q; document.fonts.ready.then(() => {})`, selector, text)
	err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](put, chromedp.EvalAwaitPromise),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			if _, err := cdp.Call(ctx, target, dom.Enable, dom.EnableParams{}); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, target, css.Enable, cdp.Empty{}); err != nil {
				return err
			}
			doc, err := cdp.Call(ctx, target, dom.GetDocument, dom.GetDocumentParams{})
			if err != nil {
				return err
			}
			node, err := cdp.Call(ctx, target, dom.QuerySelector, dom.QuerySelectorParams{NodeID: doc.Root.NodeID, Selector: selector})
			if err != nil {
				return err
			}
			used, err := cdp.Call(ctx, target, css.GetPlatformFontsForNode, css.GetPlatformFontsForNodeParams{NodeID: node.NodeID})
			for _, f := range used.Fonts {
				families = append(families, f.FamilyName)
			}
			return err
		}))
	if err != nil {
		t.Fatalf("fonts of %s: %v", selector, err)
	}
	slices.Sort(families)
	return slices.Compact(families)
}

// samplePath is a sample page on the test's server.
type samplePath struct {
	name, path     string
	page, language int // which of the pages, in which of the languages
}

// assetBody returns a file of static/ as it is served.
func assetBody(name string) []byte {
	w := httptest.NewRecorder()
	assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, assets().Path(name), nil))
	return w.Body.Bytes()
}

// servePages serves all samples with the policy; seen is called with every request.
func servePages(t *testing.T, seen func(*http.Request)) (*httptest.Server, []samplePath) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/static/", assets())
	mux.HandleFunc("/media/logo.png", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write(assetBody("icon.svg"))
	})
	mux.HandleFunc("POST /blocks/{language}", func(w http.ResponseWriter, r *http.Request) {
		if err := new(desk.Handlers).SubmitBlocks(w, r, nil); err != nil {
			t.Error(err)
		}
	})
	var visits []samplePath
	for language, l := range i18n.All() {
		for i, s := range samplePages(l, wordsFor(l.Code)) {
			path := "/" + l.Code + "/page/" + s.name
			visits = append(visits, samplePath{s.name + "." + l.Code, path, i, language})
			mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", policy)
				if strings.HasPrefix(s.name, "desk-text") { // which saves itself, and asks how it is read
					w.Header().Set("Content-Security-Policy", policy+"; connect-src 'self'")
				}
				body, err := renderer().Bytes(s.page)
				if err != nil {
					t.Error(err)
				}
				_, _ = w.Write(body)
			})
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen != nil {
			seen(r)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server, visits
}

// inspection runs in the page and returns its findings as JSON.
const inspection = `(async () => {
	const found = [], written = document.querySelector("[data-document]");
	if (written?.hidden) await new Promise((done) => new MutationObserver(done).observe(written, { attributes: true }));
	for (const v of window.axe ? (await axe.run(document, {resultTypes: ["violations"]})).violations : []) {
		for (const n of v.nodes) found.push("axe " + v.impact + " " + v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ").slice(0, 200));
	}
	if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
		for (const e of document.querySelectorAll("body *")) {
			const r = e.getBoundingClientRect();
			if (r.width && (r.right > innerWidth + 1 || r.left < -1) && !e.closest(".skip, .spoken, .listings legend")) { found.push("runs over the edge: " +
				e.tagName + "." + e.className); break; }
		}
		found.push("the page scrolls sideways");
	}
	for (const e of document.querySelectorAll("button, .button, select, nav a, label.choice, input[type=text], input[type=email], input[type=search]")) {
		const r = e.getBoundingClientRect();
		if (r.width && r.height < 43.5) found.push("lower than 44 px: " + e.tagName + "." + e.className + " " + e.textContent.slice(0, 30) + " " + r.height);
	}
	for (const e of document.querySelectorAll(".sign, .sign *")) {
		if (!e.matches("input, select, textarea, .spoken") && /auto|scroll/.test(getComputedStyle(e).overflowY)) found.push("a box with a scroll of its own: " +
			e.tagName + "." + e.className);
	}
	for (const e of performance.getEntriesByType("resource")) {
		if (new URL(e.name).origin !== location.origin) found.push("loads " + e.name);
	}
	return JSON.stringify(found);
})()`

// inspect runs the inspection in the page that is open, with axe-core when it is given.
func inspect(t *testing.T, ctx context.Context, axe []byte) string {
	t.Helper()
	if axe != nil {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](string(axe))); err != nil {
			t.Fatal(err)
		}
	}
	report, err := chromedp.Run(ctx, chromedp.Evaluate[string](inspection, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// media emulates a colour scheme, and a medium such as "print".
func media(scheme, medium string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}

// openBrowser starts Chromium for the length of a test.
func openBrowser(t *testing.T, browser string) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(browser), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// A negative control: the inspection does find what it looks for.
func TestInspection_finds(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("no chromium, or -short")
	}
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><img src="/x.png"><button>b</button>
<p style="width:3000px;color:#bbb;background:#fff">faint</p><div class="sign" style="overflow-y:auto"></div></main>`)
	}))
	defer server.Close()
	ctx := openBrowser(t, browser)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	report := inspect(t, ctx, axe)
	for _, want := range []string{"image-alt", "color-contrast", "scrolls sideways", "lower than 44 px", "a scroll of its own"} {
		if !strings.Contains(report, want) {
			t.Errorf("the inspection misses %q: %s", want, report)
		}
	}
}

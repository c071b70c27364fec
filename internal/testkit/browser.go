package testkit

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Tab is a tab of a real browser with cookies of its own. It notes every request, and every complaint of the browser. Its
// methods fail the test that opened it and are for its goroutine only.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	requests   []string // guarded by mu
	complaints []string // guarded by mu
}

// chromium is one browser for a test binary; it ends with it, or with Main.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("force-color-profile", "srgb"))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}
	closeBrowser = func() { _ = chromedp.Cancel(ctx) }
	return ctx, nil
})

var closeBrowser = func() {}

// stepWithin bounds one step in the browser, such as a press and the page that follows.
const stepWithin = 40 * time.Second

// Browser opens a tab that shares no cookie with any other. Without Chromium the test is skipped, or fails where CI=true.
func Browser(t testing.TB) *Tab {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is not for -short")
	}
	browser, err := chromium()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("start Chromium: %v", err)
		}
		t.Skipf("no Chromium: %v", err)
	}
	b := &Tab{t: t}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	b.do("start", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, enable := range []func() error{
			func() error { _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); return err },
			func() error { _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); return err },
			func() error { _, err := cdp.Call(ctx, target, audits.Enable, cdp.Empty{}); return err },
		} {
			if err := enable(); err != nil {
				return err
			}
		}
		return nil
	}))
	return b
}

func (b *Tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		// A page with the status 4xx is logged as an error of the network; whether it should be one is for the test to say.
		if e.Entry.Source != "network" && (e.Entry.Level == "error" || e.Entry.Level == "warning") {
			b.complaints = append(b.complaints, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
		}
	case *audits.EventIssueAdded:
		detail, _ := json.Marshal(e.Issue.Details)
		b.complaints = append(b.complaints, fmt.Sprintf("issue %s: %.300s", e.Issue.Code, detail))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			b.complaints = append(b.complaints, "console "+string(e.Type))
		}
	}
}

// Complaints returns what the browser complained of so far: errors and warnings on the console, refusals by the content
// policy, exceptions, issues; and requests to another origin than the given one.
func (b *Tab) Complaints(base string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.complaints)
	for _, r := range b.requests {
		if u, err := url.Parse(r); err == nil && u.Scheme != "data" && u.Scheme != "about" && u.Scheme+"://"+u.Host != base {
			all = append(all, "request to "+r)
		}
	}
	return all
}

// Requests returns the addresses asked for so far.
func (b *Tab) Requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests)
}

func (b *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	if what == "start" { // what starts a tab binds its life to the context
		ctx = b.ctx
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// Open opens an address and returns the page's status.
func (b *Tab) Open(address string) int {
	b.t.Helper()
	return b.follow("open "+address, chromedp.Navigate(address))
}

func (b *Tab) follow(what string, step chromedp.Action[chromedp.Void]) int {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return int(response.Status)
}

// Script switches the page's scripts on or off, from the next page on.
func (b *Tab) Script(on bool) {
	b.t.Helper()
	b.do("switch scripts", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// Authenticator gives the browser a passkey holder that says yes to everything, as a phone does whose owner touches it.
func (b *Tab) Authenticator() {
	b.t.Helper()
	b.do("add an authenticator", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true,
			AutomaticPresenceSimulation: true}})
		return err
	}))
}

// SetCookie gives the browser a cookie of the server at the address.
func (b *Tab) SetCookie(address, name, value string) {
	b.t.Helper()
	b.do("set a cookie", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: address, Path: "/",
			Secure: new(true), HTTPOnly: new(true)})
		return err
	}))
}

// Screen sets the size of the window in CSS pixels, and the colour scheme light or dark.
func (b *Tab) Screen(width, height int64, scheme string) {
	b.t.Helper()
	b.do("resize", chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
}

// Type puts the cursor into a field and enters text there.
func (b *Tab) Type(selector, text string) {
	b.t.Helper()
	b.do("type into "+selector, chromedp.Focus(chromedp.CSS(selector)), insert(text))
}

// Write enters text where the cursor is.
func (b *Tab) Write(text string) {
	b.t.Helper()
	b.do("write", insert(text))
}

// insert enters text as an input method does: key events would lose joiners and be slower.
func insert(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// Click clicks an element that leads nowhere: a radio button, a box.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Press presses a button or follows a link, which leads to another page, and returns that page's status. It does so by the
// keyboard: a page that scrolls while it opens moves what a mouse aims at.
func (b *Tab) Press(selector string) int {
	b.t.Helper()
	b.do("focus "+selector, chromedp.WaitReady(chromedp.CSS(selector)), chromedp.Focus(chromedp.CSS(selector)))
	return b.follow("press "+selector, chromedp.KeyEvent(kb.Enter))
}

// Key presses a key or types text where the focus is.
func (b *Tab) Key(keys string) {
	b.t.Helper()
	b.do("key", chromedp.KeyEvent(keys))
}

// Chord presses a key that the page takes for itself, alone or with others such as Control: no character comes of it.
func (b *Tab) Chord(key rune, with ...kb.Modifier) {
	b.t.Helper()
	b.do("key", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, k := range kb.Encode(key) {
			chromedp.KeyModifiers(with...)(k)
			if k.Type == kb.KeyChar {
				continue
			}
			if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, *k); err != nil {
				return err
			}
		}
		return nil
	}))
}

// KeyPress presses a key that leads to another page, and returns that page's status.
func (b *Tab) KeyPress(keys string) int {
	b.t.Helper()
	return b.follow("key", chromedp.KeyEvent(keys))
}

// Eval runs an expression in the page and returns its value, which is a string.
func (b *Tab) Eval(expression string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.80s: %v", expression, err)
	}
	return value
}

// Text returns the words that the page shows in its main part.
func (b *Tab) Text() string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.Eval(`document.querySelector("main").innerText`)), " ")
}

// Location returns the address of the page.
func (b *Tab) Location() string {
	b.t.Helper()
	return b.Eval("location.href")
}

// Inspect returns what is wrong with the page: it scrolls sideways, or axe (its source, "" for none) finds something.
func (b *Tab) Inspect(axe string) (found []string) {
	b.t.Helper()
	if axe != "" {
		b.do("load axe", chromedp.Evaluate[chromedp.Void](axe))
	}
	if err := json.Unmarshal([]byte(b.Eval(inspection)), &found); err != nil {
		b.t.Fatal(err)
	}
	return found
}

const inspection = `(async () => {
	const found = [];
	for (const v of window.axe ? (await axe.run(document, {resultTypes: ["violations"]})).violations : []) {
		for (const n of v.nodes)
			found.push("axe " + v.impact + " " + v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ").slice(0, 200));
	}
	if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push("the page scrolls sideways");
	return JSON.stringify(found);
})()`

// Shot writes a picture of the whole page into the test's artifacts; without go test -artifacts it does nothing.
func (b *Tab) Shot(name string) {
	b.t.Helper()
	if keep := flag.Lookup("test.artifacts"); keep == nil || keep.Value.String() != "true" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), picture, 0o644)
	}
	if err != nil {
		b.t.Errorf("picture %s: %v", name, err)
	}
}

package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// assets are those that the server has.
var assets = NewAssets(os.DirFS("../static"))

func TestAssets(t *testing.T) {
	get := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		assets.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	for name, contentType := range map[string]string{"site.css": "text/css; charset=utf-8", "copy.js": "text/javascript; charset=utf-8",
		"icon.svg":                "image/svg+xml",
		"vazirmatn-regular.woff2": "font/woff2", "OFL.txt": "text/plain; charset=utf-8"} {
		w := get("GET", assets.Path(name))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") ||
			w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if w := get("HEAD", assets.Path(name)); w.Code != http.StatusOK || w.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d with %d bytes", name, w.Code, w.Body.Len())
		}
	}
	for _, path := range []string{"/static/", "/static/site.css", "/static/0000000000000000/site.css", assets.Path("site.css") + "/x",
		strings.Replace(assets.Path("site.css"), "site.css", "1-base.css", 1), "/static/" + assets.hash + "/../render.go"} {
		if w := get("GET", path); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: %d, want 404 and no caching", path, w.Code)
		}
	}
	if w := get("POST", assets.Path("site.css")); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// What is text comes packed to those who take that, and what the desk's editor weighs is little.
func TestAssets_packed(t *testing.T) {
	for name, limit := range map[string]int{"editor.js": 120_000, "site.css": 30_000, "vazirmatn-regular.woff2": 0} {
		r := httptest.NewRequest(http.MethodGet, assets.Path(name), nil)
		r.Header.Set("Accept-Encoding", "br, gzip")
		w := httptest.NewRecorder()
		assets.ServeHTTP(w, r)
		if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != (limit > 0) || packed && (w.Body.Len() > limit || w.Header().Get("Vary") != "Accept-Encoding") {
			t.Errorf("%s: %d bytes, %v", name, w.Body.Len(), w.Header())
		}
		if z, err := gzip.NewReader(w.Body); limit > 0 {
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, assets.files[name].body) {
				t.Errorf("%s is unpacked to %d bytes, %v", name, len(body), err)
			}
		}
	}
}

// A style sheet that says left or right does not mirror; one that names another host breaks a promise.
func TestStyleSheet(t *testing.T) {
	css := string(assets.files[styleSheet].body)
	for _, physical := range []string{`(margin|padding|border)-(left|right|top|bottom)\b`, `(?m)^\s*(left|right|top|bottom|width|height)\s*:`,
		`text-align:\s*(left|right)`, `float:`, `https?://`, `@import`, `gradient`} {
		if found := regexp.MustCompile(physical).FindString(css); found != "" {
			t.Errorf("the style sheet says %q", found)
		}
	}
	for _, m := range regexp.MustCompile(`url\("([^"]+)"\)`).FindAllStringSubmatch(css, -1) {
		assets.Path(m[1]) // panics when it is not there
	}
}

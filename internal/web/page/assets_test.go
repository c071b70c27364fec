package page

import (
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

package web

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
)

var preview = flag.String("preview", "", "write every page in every language into this directory")

// TestPreview writes the pages as files, for the eye: go test ./internal/web -run TestPreview -preview DIR
func TestPreview(t *testing.T) {
	if *preview == "" {
		t.Skip("no -preview directory given")
	}
	names, err := fs.Glob(folder("static"), "*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "site.css") {
		if name = path.Base(name); name == "site.css" || path.Ext(name) != ".css" {
			write(t, filepath.Join(*preview, filepath.FromSlash(assets().Path(name))), assetBody(name))
		}
	}
	for _, l := range i18n.All() {
		for _, s := range samplePages(l, wordsFor(l.Code)) {
			body, err := renderer().Bytes(s.page)
			if err != nil {
				t.Fatal(err)
			}
			html := strings.NewReplacer(`"/static/`, `"static/`, "/media/logo.png", strings.TrimPrefix(assets().Path("icon.svg"), "/")).Replace(string(body))
			write(t, filepath.Join(*preview, s.name+"."+l.Code+".html"), []byte(html))
		}
	}
}

func write(t *testing.T, name string, body []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

package web

import (
	"flag"
	"os"
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
	for name, file := range assets.files {
		write(t, filepath.Join(*preview, filepath.FromSlash(assets.path(name))), file.body)
	}
	for _, l := range i18n.All() {
		for _, s := range samplePages(l, wordsFor(l.Code)) {
			body, err := renderBytes(s.page)
			if err != nil {
				t.Fatal(err)
			}
			html := strings.NewReplacer(`"/static/`, `"static/`, "/media/logo.png", strings.TrimPrefix(assets.path("icon.svg"), "/")).Replace(string(body))
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

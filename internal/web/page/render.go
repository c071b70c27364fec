package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// parts are the files that hold what pages share and are no page themselves; a folder's own are in its partials.html.
var parts = []string{"page/layout", "page/letter", "page/form"}

// Renderer holds the templates of all pages. A page's file begins with "top" and ends with "bottom", which are the layout. All
// files are one set, so that what pages share is kept once, and they are parsed when the first page is rendered, which most
// commands never do.
type Renderer struct {
	pages func() map[string]*template.Template // by Page.Template
}

// NewRenderer takes a folder of folders of templates. It panics at the first page when one of them is wrong: no such build
// passes its tests.
func NewRenderer(files fs.FS) *Renderer {
	return &Renderer{sync.OnceValue(func() map[string]*template.Template {
		names, err := fs.Glob(files, "*/*.html")
		if err != nil {
			panic(err)
		}
		set, pages := template.New("").Option("missingkey=error"), map[string]*template.Template{}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				panic(err)
			}
			t := template.Must(set.New(strings.TrimSuffix(name, ".html")).Parse(string(text)))
			if !slices.Contains(parts, t.Name()) && path.Base(t.Name()) != "partials" {
				pages[t.Name()] = t
			}
		}
		return pages
	})}
}

// Templates returns the parsed templates by the name that their page gives.
func (x *Renderer) Templates() map[string]*template.Template { return x.pages() }

// Bytes returns a page as HTML.
func (x *Renderer) Bytes(p Page) ([]byte, error) {
	t := x.pages()[p.Template()]
	if t == nil {
		return nil, fmt.Errorf("page: no template for %T", p)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("page: render %T: %w", p, err)
	}
	return b.Bytes(), nil
}

// Render writes a page with the status. Nothing is written when the template fails, so that the caller can still answer with
// an error page.
func (s *Site) Render(w http.ResponseWriter, status int, p Page) error {
	body, err := s.Renderer.Bytes(p)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", HTML)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a reader who has gone is no error of the page
	return nil
}

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
)

// shared are the templates that every page is parsed with; the partials of a page's own folder are too, where it has some.
var shared = []string{"page/layout.html", "page/letter.html", "page/form.html", "page/partials.html"}

const ownPartials = "partials.html"

// Renderer holds the templates of all pages. A page's file defines "main"; the layout puts it into its frame.
type Renderer struct {
	pages map[string]*template.Template // by Page.Template
}

// NewRenderer parses the files of a folder of templates. It panics when one of them is wrong: no such build passes its tests.
func NewRenderer(files fs.FS) *Renderer {
	names, err := fs.Glob(files, "*/*.html")
	if err != nil {
		panic(err)
	}
	x := &Renderer{pages: map[string]*template.Template{}}
	for _, name := range names {
		partials := path.Join(path.Dir(name), ownPartials)
		if slices.Contains(shared, name) || name == partials {
			continue
		}
		parsed := slices.Clone(shared)
		if slices.Contains(names, partials) && !slices.Contains(shared, partials) {
			parsed = append(parsed, partials)
		}
		x.pages[strings.TrimSuffix(name, ".html")] = template.Must(template.New("layout").Option("missingkey=error").ParseFS(files, append(parsed, name)...))
	}
	return x
}

// Templates returns the parsed templates by the name that their page gives.
func (x *Renderer) Templates() map[string]*template.Template { return x.pages }

// Bytes returns a page as HTML.
func (x *Renderer) Bytes(p Page) ([]byte, error) {
	t := x.pages[p.Template()]
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

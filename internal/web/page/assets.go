package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Assets serves files under /static/<hash>/<name>. One hash stands for all of them, so that a style sheet can name a font
// beside it; a file never changes under its path and is kept for a year.
type Assets struct {
	hash  string
	files map[string]asset
}

type asset struct {
	contentType  string
	body, zipped []byte // zipped is nil of what is packed already
}

// styleSheet is served for all files .css, joined in the order of their names, whatever folder they stand in.
const styleSheet = "site.css"

// assetTypes are the types of what is served; nothing else is.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".png": "image/png",
}

// NewAssets reads files once, from folders of a folder; their names are unique among them. It panics when they cannot be read:
// no such build passes its tests.
func NewAssets(files fs.FS) *Assets {
	names, err := fs.Glob(files, "*/*")
	if err != nil {
		panic(err)
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	s := &Assets{files: map[string]asset{}}
	sum := sha256.New()
	var css bytes.Buffer
	for _, name := range names {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		sum.Write([]byte(name + "\x00" + strconv.Itoa(len(body)) + "\x00"))
		sum.Write(body)
		if path.Ext(name) == ".css" {
			css.Write(body)
			continue
		}
		s.add(path.Base(name), body)
	}
	s.add(styleSheet, css.Bytes())
	s.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return s
}

func (s *Assets) add(name string, body []byte) {
	contentType, ok := assetTypes[path.Ext(name)]
	if _, there := s.files[name]; there || !ok {
		panic("page: no content type for the asset " + name + ", or two of the name")
	}
	a := asset{contentType: contentType, body: body}
	if ext := path.Ext(name); ext != ".woff2" && ext != ".png" {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, _ = z.Write(body) // a buffer does not fail
		_ = z.Close()
		a.zipped = out.Bytes()
	}
	s.files[name] = a
}

// Path returns where a file is served. A name that is not there panics; the tests execute every page.
func (s *Assets) Path(name string) string {
	if _, ok := s.files[name]; !ok {
		panic("page: no asset " + name)
	}
	return "/static/" + s.hash + "/" + name
}

// Has reports whether a path is that of a file.
func (s *Assets) Has(path string) bool {
	_, found := s.find(path)
	return found
}

func (s *Assets) find(path string) (asset, bool) {
	name, ok := strings.CutPrefix(path, "/static/"+s.hash+"/")
	file, found := s.files[name]
	return file, ok && found
}

// ServeHTTP answers GET and HEAD of /static/<hash>/<name>; every other path is 404.
func (s *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, found := s.find(r.URL.Path)
	if !found {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h, body := w.Header(), file.body
	if file.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if TakesGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = file.zipped
		}
	}
	h.Set("Content-Type", file.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", Immutable)
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

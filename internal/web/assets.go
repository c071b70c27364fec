package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

//go:embed static
var staticFiles embed.FS

// assets are the files of static/, read once.
var assets = readAssets(staticFiles)

// assetStore serves files under /static/<hash>/<name>. One hash stands for all of them, so that a style sheet can name
// a font beside it; a file never changes under its path and is kept for a year.
type assetStore struct {
	hash  string
	files map[string]asset
}

type asset struct {
	contentType string
	body        []byte
}

// styleSheet is served for static/css/*.css, joined in the order of their names.
const styleSheet = "site.css"

// assetTypes are the types of what is served; nothing else is.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".png": "image/png",
}

// readAssets panics when the embedded files cannot be read: no such build passes its tests.
func readAssets(files fs.FS) *assetStore {
	s := &assetStore{files: map[string]asset{}}
	sum := sha256.New()
	var css bytes.Buffer
	err := fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name + "\x00" + strconv.Itoa(len(body)) + "\x00"))
		sum.Write(body)
		if path.Dir(name) == "static/css" {
			css.Write(body)
			return nil
		}
		s.add(strings.TrimPrefix(name, "static/"), body)
		return nil
	})
	if err != nil {
		panic(err)
	}
	s.add(styleSheet, css.Bytes())
	s.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return s
}

func (s *assetStore) add(name string, body []byte) {
	contentType, ok := assetTypes[path.Ext(name)]
	if !ok {
		panic("web: no content type for the asset " + name)
	}
	s.files[name] = asset{contentType: contentType, body: body}
}

// path returns where a file of static/ is served. A name that is not there panics; the tests execute every page.
func (s *assetStore) path(name string) string {
	if _, ok := s.files[name]; !ok {
		panic("web: no asset " + name)
	}
	return "/static/" + s.hash + "/" + name
}

func (s *Server) showAsset(w http.ResponseWriter, r *http.Request) error {
	if !assets.has(r.URL.Path) {
		return fault.New(fault.NotFound, "page.unknown")
	}
	assets.ServeHTTP(w, r)
	return nil
}

func (s *assetStore) has(path string) bool {
	name, ok := strings.CutPrefix(path, "/static/"+s.hash+"/")
	_, found := s.files[name]
	return ok && found
}

// ServeHTTP answers GET and HEAD of /static/<hash>/<name>; every other path is 404.
func (s *assetStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/static/"+s.hash+"/")
	file, found := s.files[name]
	if !ok || !found {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Content-Length", strconv.Itoa(len(file.body)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write(file.body)
	}
}

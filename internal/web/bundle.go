package web

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/verify"
)

// WriteBundle writes all that is needed to check a letter's numbers without this server (verify.Source): public data only.
func (s *Server) WriteBundle(ctx context.Context, w io.Writer, slug string) error {
	l, err := s.loadLetter(ctx, slug)
	if err != nil {
		return err
	}
	state, err := s.log.State(ctx) // after the letter: no older than the numbers
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	put := func(name string, data []byte, err error) error {
		if err != nil {
			return err
		}
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	document, err := encodeJSON(s.documentOf(l))
	if err := put("letters/"+slug+".json", document, err); err != nil {
		return err
	}
	editions, err := s.letters.Editions(ctx, l.ID)
	if err != nil {
		return err
	}
	for _, e := range editions {
		for _, language := range e.Languages() {
			file, _, err := s.letters.File(ctx, slug, e.Number, language)
			if err := put(fmt.Sprintf("letters/%s/editions/%d.%s.md", slug, e.Number, language), []byte(file), err); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(put("log/checkpoint", state.Signed(), nil), put("log/key", []byte(s.log.Key()+"\n"), nil)); err != nil {
		return err
	}
	size := state.Published.Size
	for n := int64(0); n*verify.TileWidth < size; n++ {
		t := verify.Tile{Level: verify.Entries, N: n, Width: int(min(size-n*verify.TileWidth, verify.TileWidth))}
		data, err := s.log.Tile(ctx, t)
		if err := put("log/"+t.Path(), data, err); err != nil {
			return err
		}
		text, err := s.openings(ctx, l.ID, n, size)
		if err != nil {
			return err
		}
		if err := put("log/openings/"+strconv.FormatInt(n, 10), text, nil); err != nil {
			return err
		}
	}
	return z.Close()
}

// bundles keeps the bundles that were last asked for as files, SLUG.SIZE.VERSION.zip. They can be deleted at any time.
type bundles struct {
	folder string
	every  time.Duration // a newer one is built at most so often
	turn   chan struct{} // one is built at a time: each reads the whole log

	mu       sync.Mutex
	building map[string]*building // by slug; guarded by mu
}

// building is a bundle that is being built: all who ask for it wait for the same one.
type building struct {
	done chan struct{}
	path string
	err  error
}

// maxBundles is how many bytes of bundles are kept; the oldest go.
const maxBundles = 2 << 30

// BundlesKept is how long a bundle may lie there: a name that was taken down is in none that is older.
const BundlesKept = time.Hour

// bundleWait is how long a request waits for a bundle that is being built, before it is asked to come again.
const bundleWait = 20 * time.Second

func (s *Server) sendBundle(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	l, err := s.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	path, err := s.bundle(r.Context(), l)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+slug+`-bundle.zip"`)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", `"`+strings.TrimSuffix(filepath.Base(path), ".zip")+`"`)
	http.ServeContent(&patient{w, http.NewResponseController(w), s.o.Now().Add(streamWithin)}, r, "", info.ModTime(), f)
	return nil
}

// bundle returns the path of a letter's bundle, building it if the log has grown and the last is old enough.
func (s *Server) bundle(ctx context.Context, l *cachedLetter) (string, error) {
	state, err := s.log.State(ctx)
	if err != nil {
		return "", err
	}
	slug, of := l.Slug, fmt.Sprintf("%d.%d", state.Published.Size, l.Version)
	b := &s.bundles
	b.mu.Lock()
	now := b.building[slug]
	if now == nil {
		if path, fresh := b.newest(slug, of, s.o.Now()); fresh {
			b.mu.Unlock()
			return path, nil
		}
		now = &building{done: make(chan struct{}), path: filepath.Join(b.folder, slug+"."+of+".zip")}
		if b.building == nil {
			b.building = map[string]*building{}
		}
		b.building[slug] = now
		go s.build(context.WithoutCancel(ctx), slug, now)
	}
	b.mu.Unlock()
	timer := time.NewTimer(bundleWait)
	defer timer.Stop()
	select {
	case <-now.done:
		return now.path, now.err
	case <-timer.C:
		return "", fault.New(fault.Unavailable, "bundle.building")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// build writes a bundle beside its place and moves it there; earlier ones of the letter go.
func (s *Server) build(ctx context.Context, slug string, now *building) {
	b := &s.bundles
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	now.err = func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		if err := s.signing.PublishTexts(ctx); err != nil { // or it would show a text that the log does not have yet
			return err
		}
		if err := os.MkdirAll(b.folder, 0o700); err != nil {
			return err
		}
		f, err := os.CreateTemp(b.folder, ".bundle-*")
		if err != nil {
			return err
		}
		defer os.Remove(f.Name())
		if err := errors.Join(s.WriteBundle(ctx, f, slug), f.Close()); err != nil {
			return err
		}
		return os.Rename(f.Name(), now.path)
	}()
	if now.err != nil {
		s.o.Log.LogAttrs(ctx, slog.LevelError, "bundle_failed", slog.String("error", now.err.Error()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.building, slug)
	close(now.done)
	for _, path := range b.of(slug) {
		if path != now.path && now.err == nil {
			_ = os.Remove(path)
		}
	}
	b.sweep(s.o.Now(), maxBundles)
}

// Sweep deletes bundles that are too old to be shown to anybody, and what a killed process has left half built.
func (s *Server) Sweep() {
	s.bundles.mu.Lock()
	defer s.bundles.mu.Unlock()
	s.bundles.sweep(s.o.Now(), maxBundles)
}

// sweep deletes what is old, and of the rest the oldest that are too much.
func (b *bundles) sweep(now time.Time, limit int64) {
	type file struct {
		path string
		info os.FileInfo
	}
	var files []file
	for _, pattern := range []string{"*.zip", ".bundle-*"} {
		paths, _ := filepath.Glob(filepath.Join(b.folder, pattern))
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil {
				files = append(files, file{path, info})
			}
		}
	}
	slices.SortFunc(files, func(x, y file) int { return y.info.ModTime().Compare(x.info.ModTime()) })
	for _, f := range files {
		if limit -= f.info.Size(); limit < 0 || now.Sub(f.info.ModTime()).Abs() > BundlesKept {
			_ = os.Remove(f.path) // who is reading it reads on
		}
	}
}

// of lists the bundles of a letter.
func (b *bundles) of(slug string) []string {
	paths, _ := filepath.Glob(filepath.Join(b.folder, slug+".*.zip")) // a slug has no special characters
	return paths
}

// newest returns the bundle to serve, false when a newer one is to be built: when log or letter have changed, and the last is
// old enough. While the log stands still only a change of the letter can come, such as a name that is taken down.
func (b *bundles) newest(slug, of string, now time.Time) (string, bool) {
	for _, path := range b.of(slug) {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), slug+"."), ".zip")
		size, _, _ := strings.Cut(name, ".")
		grown := !strings.HasPrefix(of, size+".")
		if name == of || grown && now.Sub(info.ModTime()).Abs() < b.every {
			return path, true
		}
	}
	return "", false
}

// openings returns the openings of a bundle of entries as lines of JSON; only is a letter, or 0 for all.
func (s *Server) openings(ctx context.Context, only letter.ID, n, size int64) ([]byte, error) {
	list, err := s.roll.Openings(ctx, only, n*verify.TileWidth, min((n+1)*verify.TileWidth, size))
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, o := range list {
		line, err := encodeJSON(o)
		if err != nil {
			return nil, err
		}
		out = append(out, line...)
	}
	return out, nil
}

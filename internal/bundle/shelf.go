package bundle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
)

// Shelf keeps the bundles that were last asked for as files, SLUG.SIZE.VERSION.zip. They can be deleted at any time.
type Shelf struct {
	*Service
	Folder string
	Every  time.Duration // a newer one is built at most so often
	Now    func() time.Time
	Logger *slog.Logger // told why a bundle could not be built

	turn sync.Mutex // one is built at a time: each reads the whole log

	mu       sync.Mutex
	building map[string]*building // by slug; guarded by mu
}

// building is a bundle that is being built: all who ask for it wait for the same one.
type building struct {
	done chan struct{}
	path string
	err  error
}

const (
	maxKept = 2 << 30          // bytes of bundles; the oldest go
	waitFor = 20 * time.Second // for a bundle that is being built, before whoever asks is told to come again
)

// Kept is how long a bundle may lie there.
const Kept = time.Hour

// skew is how far the clocks of servers on one database may be apart, and how long an erasure may take to be committed.
const skew = time.Minute

// Open opens the newest bundle of a letter, whose version is that of the letter's row, building it first if the log has grown
// and the last one is old enough. The file's name changes with what is in it.
func (b *Shelf) Open(ctx context.Context, slug string, version int64) (*os.File, error) {
	path, err := b.file(ctx, slug, version)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

func (b *Shelf) file(ctx context.Context, slug string, version int64) (string, error) {
	state, err := b.Log.State(ctx)
	if err != nil {
		return "", err
	}
	of := fmt.Sprintf("%d.%d", state.Published.Size, version)
	b.mu.Lock()
	now := b.building[slug]
	if now == nil {
		if path, fresh := b.newest(slug, of, b.Now()); fresh {
			b.mu.Unlock()
			return path, nil
		}
		now = &building{done: make(chan struct{}), path: filepath.Join(b.Folder, slug+"."+of+".zip")}
		if b.building == nil {
			b.building = map[string]*building{}
		}
		b.building[slug] = now
		go b.build(context.WithoutCancel(ctx), slug, now)
	}
	b.mu.Unlock()
	timer := time.NewTimer(waitFor)
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
func (b *Shelf) build(ctx context.Context, slug string, now *building) {
	b.turn.Lock()
	defer b.turn.Unlock()
	if now.err = b.write(ctx, slug, now.path); now.err != nil {
		b.Logger.LogAttrs(ctx, slog.LevelError, "bundle_failed", slog.String("error", now.err.Error()))
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
	b.sweep(b.Now(), maxKept)
}

// write makes the file. A panic becomes an error: in a goroutine of its own it would end the server.
func (b *Shelf) write(ctx context.Context, slug, path string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := b.Signing.PublishTexts(ctx); err != nil { // or it would show a text that the log does not have yet
		return err
	}
	if err := os.MkdirAll(b.Folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(b.Folder, ".bundle-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	begun := b.Now() // what is taken away from here on may be in it
	if err := errors.Join(b.Write(ctx, f, slug), f.Close(), os.Chtimes(f.Name(), begun, begun)); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Forget deletes the bundles that may hold a name which was taken away since: erased is gone from the disk within seconds.
func (b *Shelf) Forget(ctx context.Context) error {
	paths, _ := filepath.Glob(filepath.Join(b.Folder, "*.zip"))
	var all []error
	for _, path := range paths {
		slug, _, _ := strings.Cut(filepath.Base(path), ".") // a slug has no point
		info, err := os.Stat(path)
		if err != nil {
			continue // deleted meanwhile
		}
		l, err := b.Letters.Find(ctx, slug)
		var taken bool
		if err == nil && !strings.HasSuffix(path, fmt.Sprintf(".%d.zip", l.Version)) { // every name that is taken away changes the letter
			taken, err = b.Signing.Erasures.Since(ctx, l.ID, info.ModTime().Add(-skew))
		}
		if err != nil {
			all = append(all, err)
		}
		if taken || fault.Is(err, fault.NotFound) {
			_ = os.Remove(path) // who is reading it reads on
		}
	}
	return errors.Join(all...)
}

// Sweep deletes bundles that are too old to be shown to anybody, and what a killed process has left half built.
func (b *Shelf) Sweep() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(b.Now(), maxKept)
}

// sweep deletes what is old, and of the rest the oldest that are too much.
func (b *Shelf) sweep(now time.Time, limit int64) {
	type file struct {
		path string
		info os.FileInfo
	}
	var files []file
	for _, pattern := range []string{"*.zip", ".bundle-*"} {
		paths, _ := filepath.Glob(filepath.Join(b.Folder, pattern))
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil {
				files = append(files, file{path, info})
			}
		}
	}
	slices.SortFunc(files, func(x, y file) int { return y.info.ModTime().Compare(x.info.ModTime()) })
	for _, f := range files {
		if limit -= f.info.Size(); limit < 0 || now.Sub(f.info.ModTime()).Abs() > Kept {
			_ = os.Remove(f.path) // who is reading it reads on
		}
	}
}

// of lists the bundles of a letter.
func (b *Shelf) of(slug string) []string {
	paths, _ := filepath.Glob(filepath.Join(b.Folder, slug+".*.zip")) // a slug has no special characters
	return paths
}

// newest returns the bundle to serve, false when a newer one is to be built: when log or letter have changed, and the last is
// old enough. While the log stands still only a change of the letter can come, such as a name that is taken down.
func (b *Shelf) newest(slug, of string, now time.Time) (string, bool) {
	for _, path := range b.of(slug) {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), slug+"."), ".zip")
		size, _, _ := strings.Cut(name, ".")
		grown := !strings.HasPrefix(of, size+".")
		if name == of || grown && now.Sub(info.ModTime()).Abs() < b.Every {
			return path, true
		}
	}
	return "", false
}

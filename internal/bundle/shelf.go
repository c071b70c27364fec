package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/roll"
)

// Shelf keeps the bundles, documents, cards and press kits that were last asked for as files, SLUG.SIZE.VERSION and what it is:
// bundle.zip, EDITION.LANGUAGE.FORMAT, card.LANGUAGE.png, press.LANGUAGE.zip. They can be deleted at any time.
type Shelf struct {
	*Service
	Documents *document.Service
	Folder    string
	Every     time.Duration // a newer one is built at most so often
	Now       func() time.Time
	Logger    *slog.Logger // told why one could not be built

	turn sync.Mutex // one is built at a time: each reads the whole log, or all names

	mu       sync.Mutex
	building map[item]*building // guarded by mu
	last     map[item]string    // the path of each that was last served; guarded by mu
}

// item is what is kept of a letter, such as its bundle or a document.
type item struct{ slug, end string } // end is that of the file's name, from its point

const bundleEnd = ".bundle.zip"

// kept are the files of the shelf that may hold a name.
var kept = []string{"*.zip", "*." + string(document.PDF), "*." + string(document.DOCX), "*.png"}

// unfinished are the files that are being written, or were when a process was killed.
const unfinished = ".bundle-*"

// building is an item that is being built: all who ask for it wait for the same one.
type building struct {
	item
	write func(ctx context.Context, w io.Writer) error
	done  chan struct{}
	path  string
	err   error
}

const (
	maxRemembered = 10_000           // paths of items
	maxKept       = 2 << 30          // bytes of all; the oldest go
	waitFor       = 20 * time.Second // for one that is being built, before whoever asks is told to come again
)

// Kept is how long an item may lie there.
const Kept = time.Hour

// Open opens the newest bundle of a letter, whose version is that of the letter's row, building it first if the log has grown
// and the last one is old enough. The file's name changes with what is in it.
func (b *Shelf) Open(ctx context.Context, slug string, version int64) (*os.File, error) {
	return b.open(ctx, item{slug, bundleEnd}, version, func(ctx context.Context, w io.Writer) error { return b.Write(ctx, w, slug) })
}

// OpenDocument opens the document of a published edition for the public, in one of the languages it has and in a format, as Open does a
// bundle.
func (b *Shelf) OpenDocument(ctx context.Context, slug string, version int64, edition int, language string, f document.Format) (*os.File, error) {
	return b.open(ctx, documentItem(slug, edition, language, f), version, func(ctx context.Context, w io.Writer) error {
		return b.Documents.Do(ctx, func() error {
			d, err := b.Documents.Make(ctx, document.Wanted{Slug: slug, Edition: edition, Language: language, Audience: roll.ForPublic, BaseURL: b.BaseURL})
			if err == nil {
				_, err = d.Write(w, f)
			}
			return err
		})
	})
}

func documentItem(slug string, edition int, language string, f document.Format) item {
	return item{slug, fmt.Sprintf(".%d.%s.%s", edition, language, f)}
}

// Look returns what is known of the document that was last served, without making one; nil if none lies there.
func (b *Shelf) Look(slug string, edition int, language string, f document.Format) os.FileInfo {
	b.mu.Lock()
	path := b.last[documentItem(slug, edition, language, f)]
	b.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

func (b *Shelf) open(ctx context.Context, x item, version int64, write func(context.Context, io.Writer) error) (*os.File, error) {
	path, err := b.file(ctx, x, version, write)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	if b.last == nil || len(b.last) > maxRemembered {
		b.last = map[item]string{}
	}
	b.last[x] = path
	b.mu.Unlock()
	return os.Open(path)
}

func (b *Shelf) file(ctx context.Context, x item, version int64, write func(context.Context, io.Writer) error) (string, error) {
	state, err := b.Log.State(ctx)
	if err != nil {
		return "", err
	}
	of := fmt.Sprintf("%d.%d", state.Published.Size, version)
	b.mu.Lock()
	now := b.building[x]
	if now == nil {
		if path, fresh := b.newest(x, of, b.Now()); fresh {
			b.mu.Unlock()
			return path, nil
		}
		now = &building{item: x, write: write, done: make(chan struct{}), path: filepath.Join(b.Folder, x.slug+"."+of+x.end)}
		if b.building == nil {
			b.building = map[item]*building{}
		}
		b.building[x] = now
		go b.build(context.WithoutCancel(ctx), now)
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

// build writes an item beside its place and moves it there; earlier ones go.
func (b *Shelf) build(ctx context.Context, now *building) {
	b.turn.Lock()
	defer b.turn.Unlock()
	if now.err = b.make(ctx, now); now.err != nil {
		b.Logger.LogAttrs(ctx, slog.LevelError, "bundle_failed", slog.String("error", now.err.Error()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.building, now.item)
	close(now.done)
	for _, path := range b.of(now.item) {
		if path != now.path && now.err == nil {
			_ = os.Remove(path)
		}
	}
	b.sweep(b.Now(), maxKept)
}

// make makes the file. A panic becomes an error: in a goroutine of its own it would end the server.
func (b *Shelf) make(ctx context.Context, now *building) (err error) {
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
	f, err := os.CreateTemp(b.Folder, unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	begun := b.Now() // what is taken away from here on may be in it
	if err := errors.Join(now.write(ctx, f), f.Close(), os.Chtimes(f.Name(), begun, begun)); err != nil {
		return err
	}
	return os.Rename(f.Name(), now.path)
}

// Forget deletes what may hold a name which was taken away since: erased is gone from the disk within seconds.
func (b *Shelf) Forget(ctx context.Context) error {
	var all []error
	for _, path := range b.paths(kept...) {
		parts := strings.SplitN(filepath.Base(path), ".", 4) // a slug has no point
		if len(parts) < 4 {
			continue // not of ours
		}
		slug := parts[0]
		info, err := os.Stat(path)
		if err != nil {
			continue // deleted meanwhile
		}
		l, err := b.Letters.Find(ctx, slug)
		var taken bool
		if err == nil && parts[2] != strconv.FormatInt(l.Version, 10) { // every name that is taken away changes the letter
			taken, err = b.Signing.Erasures.Since(ctx, l.ID, info.ModTime())
			if err == nil && !taken {
				taken, err = b.Deliveries.TakenDownSince(ctx, l.ID, info.ModTime())
			}
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

// paths lists files of the folder.
func (b *Shelf) paths(patterns ...string) (all []string) {
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(b.Folder, pattern))
		all = append(all, found...)
	}
	return all
}

// Sweep deletes what is too old to be shown to anybody, and what a killed process has left half built.
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
	for _, path := range b.paths(append(slices.Clone(kept), unfinished)...) {
		if info, err := os.Stat(path); err == nil {
			files = append(files, file{path, info})
		}
	}
	slices.SortFunc(files, func(x, y file) int { return y.info.ModTime().Compare(x.info.ModTime()) })
	for _, f := range files {
		if limit -= f.info.Size(); limit < 0 || now.Sub(f.info.ModTime()).Abs() > Kept {
			_ = os.Remove(f.path) // who is reading it reads on
		}
	}
}

// of lists what is kept of an item.
func (b *Shelf) of(x item) []string {
	return b.paths(x.slug + ".*" + x.end) // neither has special characters
}

// newest returns the file to serve, false when a newer one is to be built: when log or letter have changed, and the last is
// old enough. While the log stands still only a change of the letter can come, such as a name that is taken down.
func (b *Shelf) newest(x item, of string, now time.Time) (string, bool) {
	for _, path := range b.of(x) {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), x.slug+"."), x.end)
		size, _, _ := strings.Cut(name, ".")
		grown := !strings.HasPrefix(of, size+".")
		if name == of || grown && now.Sub(info.ModTime()).Abs() < b.Every {
			return path, true
		}
	}
	return "", false
}

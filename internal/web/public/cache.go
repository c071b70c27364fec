package public

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// letterCache keeps the letters that are read now, and their rendered pages, so that a reader costs no query. A letter's
// version is read again at most once a second: a change by another process shows within two.
type letterCache struct {
	load    func(ctx context.Context, slug string) (*cachedLetter, error)
	version func(ctx context.Context, slug string) (int64, error)
	now     func() time.Time

	slug func(ctx context.Context, id letter.ID) (string, error)

	versions func(ctx context.Context) (map[string]int64, error) // of every published letter
	passing  func(error) bool                                    // whether the database is away

	mu      sync.Mutex
	entries map[string]*cacheEntry // guarded by mu
	slugs   map[letter.ID]string   // guarded by mu; a letter keeps its slug
	bytes   int                    // rendered since all was last forgotten; guarded by mu
}

const (
	recheckEvery = time.Second
	maxCached    = 500 // letters
	maxPages     = 64  // rendered pages of one letter, and as many with two texts side by side

	maxPageBytes = 32 << 20 // rendered pages of all letters: a thousand, as a rule
)

// cacheEntry holds the last look at a letter. One request looks, the others wait for it and not for a lock, so that each can leave.
type cacheEntry struct {
	mu   sync.Mutex
	last *look // guarded by mu; nil before the first
}

// look is one look at a letter. Its fields are written before done is closed, and only read after.
type look struct {
	done    chan struct{}
	letter  *cachedLetter // nil if there is none, or what it is cannot be known
	checked time.Time     // when the letter was found to be so
	at      time.Time     // when it began
	err     error         // beside a letter: the database was away, and the letter is as it was before
}

// over reports whether the look has ended.
func (x *look) over() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// cachedLetter is a published letter with its rendered pages. Only these change.
type cachedLetter struct {
	*bundle.Published

	rendered func(bytes int) // tells the cache of what it now holds

	mu    sync.Mutex
	pages map[pageKey]*cachedPage // guarded by mu
	pairs map[pageKey]*cachedPage // guarded by mu; apart, since there are many pairs of texts and few are read

	receipts map[receiptKey]*stencil // guarded by mu
}

type pageKey struct {
	prefix, locale, text string
	beside               string // language of a second text, "" for none
	open                 bool
	asOf                 time.Time // of a letter as it was while the database is away, else zero
}

// cachedPage is a page ready to send.
type cachedPage struct {
	body, zipped   []byte
	tag, zippedTag string
}

// find returns a published letter.
func (c *letterCache) find(ctx context.Context, slug string) (*cachedLetter, error) {
	if !letter.IsSlug(slug) {
		return nil, fault.New(fault.NotFound, "letter.unknown")
	}
	c.mu.Lock()
	if c.entries == nil || len(c.entries) > maxCached {
		c.entries = map[string]*cacheEntry{}
	}
	e := c.entries[slug]
	if e == nil {
		e = &cacheEntry{}
		c.entries[slug] = e
	}
	c.mu.Unlock()
	e.mu.Lock()
	x := e.last
	if x != nil && x.over() {
		if age := c.now().Sub(x.at); x.letter == nil || age < 0 || age >= recheckEvery {
			x = c.lookAgain(ctx, slug, e)
		}
	} else if x == nil {
		x = c.lookAgain(ctx, slug, e)
	}
	e.mu.Unlock()
	select {
	case <-x.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if x.letter == nil {
		return nil, x.err
	}
	if v := page.VisitIn(ctx); x.err != nil && v != nil {
		v.AsOf = x.checked
	}
	return x.letter, nil
}

// lookAgain begins a look at the letter of an entry, whose mutex is held.
func (c *letterCache) lookAgain(ctx context.Context, slug string, e *cacheEntry) *look {
	before, x := e.last, &look{done: make(chan struct{})}
	e.last = x
	go func() {
		defer close(x.done)
		defer func() {
			if v := recover(); v != nil { // its value may hold anything and is not kept
				x.letter, x.err = nil, fmt.Errorf("public: panic while a letter is read: %T\n%s", v, debug.Stack())
			}
			if x.letter == nil {
				c.drop(slug, e)
			}
		}()
		c.fill(context.WithoutCancel(ctx), x, slug, before)
	}()
	return x
}

// fill finds out how a letter is now. While the database is away it stays as it was: forget sees to it that this is not long ago.
func (c *letterCache) fill(ctx context.Context, x *look, slug string, before *look) {
	x.at = c.now()
	var held *cachedLetter
	if before != nil {
		held, x.checked = before.letter, before.checked
	}
	fresh, err := c.renew(ctx, slug, held, x.checked, x.at)
	switch {
	case err == nil:
		x.letter, x.checked = fresh, x.at
	case held != nil && c.passing(err):
		x.letter, x.err = held, err
	default:
		x.err = err
	}
}

// renew returns the letter that is held if it has not changed, else the one that is loaded.
func (c *letterCache) renew(ctx context.Context, slug string, held *cachedLetter, checked, now time.Time) (*cachedLetter, error) {
	if held != nil {
		version, err := c.version(ctx, slug)
		if err != nil && c.passing(err) {
			return nil, err
		}
		if err == nil && version == held.Version && now.UTC().YearDay() == checked.UTC().YearDay() { // pages count days
			return held, nil
		}
	}
	l, err := c.load(ctx, slug) // others wait for the same load
	if err != nil {
		return nil, err
	}
	l.rendered = c.rendered
	return l, nil
}

func (c *letterCache) drop(slug string, e *cacheEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[slug] == e {
		delete(c.entries, slug)
	}
}

// forget drops the letters that have changed since they were read, so that while the database is away no page shows what was taken
// down before.
func (c *letterCache) forget(ctx context.Context) error {
	versions, err := c.versions(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	entries := maps.Clone(c.entries)
	c.mu.Unlock()
	for slug, e := range entries {
		e.mu.Lock()
		if x := e.last; x != nil && x.over() && x.letter != nil {
			if version, ok := versions[slug]; !ok || x.letter.Version < version {
				e.last = nil
			}
		}
		e.mu.Unlock()
	}
	return nil
}

// rendered counts what was rendered, and forgets all letters when that is too much: whoever is read now is rendered again.
// What a changed letter replaced is counted too, so that it is never more that is held.
func (c *letterCache) rendered(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes += bytes; c.bytes > maxPageBytes {
		c.entries, c.bytes = nil, 0
	}
}

// findByID returns a published letter.
func (c *letterCache) findByID(ctx context.Context, id letter.ID) (*cachedLetter, error) {
	c.mu.Lock()
	slug, known := c.slugs[id]
	c.mu.Unlock()
	if !known {
		var err error
		if slug, err = c.slug(ctx, id); err != nil {
			return nil, err
		}
		c.mu.Lock()
		if c.slugs == nil || len(c.slugs) > maxCached {
			c.slugs = map[letter.ID]string{}
		}
		c.slugs[id] = slug
		c.mu.Unlock()
	}
	return c.find(ctx, slug)
}

// page returns the rendered page of a key, made by build the first time.
func (l *cachedLetter) page(key pageKey, build func() ([]byte, error)) (*cachedPage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pages := &l.pages
	if key.beside != "" {
		pages = &l.pairs
	}
	if p := (*pages)[key]; p != nil {
		return p, nil
	}
	body, err := build()
	if err != nil {
		return nil, err
	}
	p := newPage(body)
	if *pages == nil || len(*pages) >= maxPages {
		*pages = map[pageKey]*cachedPage{}
	}
	(*pages)[key] = p
	l.rendered(len(p.body) + len(p.zipped))
	return p, nil
}

func newPage(body []byte) *cachedPage {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(body) // a buffer does not fail
	_ = z.Close()
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	return &cachedPage{body: body, zipped: zipped.Bytes(), tag: `"` + tag + `"`, zippedTag: `"` + tag + `-gz"`}
}

// send writes the page, or 304 to a reader who has it. The two encodings are two representations with two tags.
func (p *cachedPage) send(w http.ResponseWriter, r *http.Request, contentType string) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache") // keep it, but ask whether it is still right
	h.Add("Vary", "Accept-Encoding")
	body, tag := p.body, p.tag
	if page.TakesGzip(r) {
		body, tag = p.zipped, p.zippedTag
		h.Set("Content-Encoding", "gzip")
	}
	page.Serve(w, r, contentType, tag, body)
}

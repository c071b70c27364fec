package public

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
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

// cacheEntry is a letter as it was when it was last looked at. One request looks, the others wait for it and not for a lock, so that
// each can leave.
type cacheEntry struct {
	mu      sync.Mutex
	letter  *cachedLetter // guarded by mu, as what follows
	checked time.Time     // when it was found to be so
	looked  time.Time     // when it was last tried to find out
	err     error         // of that
	looking chan struct{} // closed when the look that goes on has ended, nil when none does
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
	now := c.now()
	if age := now.Sub(e.looked); e.letter == nil || age < 0 || age >= recheckEvery {
		if e.looking == nil {
			e.looking = make(chan struct{})
			go c.look(context.WithoutCancel(ctx), slug, e)
		}
		looking := e.looking
		e.mu.Unlock()
		select {
		case <-looking:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		e.mu.Lock()
	}
	defer e.mu.Unlock()
	if e.err != nil && (e.letter == nil || !c.passing(e.err)) {
		return nil, e.err
	}
	if v := page.VisitIn(ctx); e.err != nil && v != nil {
		v.AsOf = e.checked
	}
	return e.letter, nil
}

// look finds out how a letter is now. While the database is away it stays as it was: forget sees to it that this is not long ago.
func (c *letterCache) look(ctx context.Context, slug string, e *cacheEntry) {
	now := c.now()
	e.mu.Lock()
	l, checked := e.letter, e.checked
	e.mu.Unlock()
	fresh, err := c.renew(ctx, slug, l, checked, now)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.looked, e.err = now, err; err == nil {
		e.letter, e.checked = fresh, now
	}
	close(e.looking)
	e.looking = nil
	if err != nil && (e.letter == nil || fault.Is(err, fault.NotFound)) {
		e.letter = nil
		c.drop(slug, e)
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
		if e.letter != nil && e.letter.Version != versions[slug] && e.looking == nil {
			e.letter = nil
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

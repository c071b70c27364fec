package public

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
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

type cacheEntry struct {
	mu      sync.Mutex
	letter  *cachedLetter // guarded by mu
	checked time.Time     // guarded by mu
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
	defer e.mu.Unlock()
	now := c.now()
	if age := now.Sub(e.checked); e.letter != nil && age >= 0 && age < recheckEvery {
		return e.letter, nil
	}
	if e.letter != nil {
		version, err := c.version(context.WithoutCancel(ctx), slug)
		if err == nil && version == e.letter.Version && now.UTC().YearDay() == e.checked.UTC().YearDay() { // pages count days
			e.checked = now
			return e.letter, nil
		}
	}
	l, err := c.load(context.WithoutCancel(ctx), slug) // others wait for the same load
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			c.mu.Lock()
			delete(c.entries, slug)
			c.mu.Unlock()
		}
		return nil, err
	}
	l.rendered = c.rendered
	e.letter, e.checked = l, now
	return l, nil
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

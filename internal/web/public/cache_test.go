package public

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/letter"
)

// A page is rendered once, alone and side by side, and readers of many pairs of texts do not drive out the letter itself.
func TestCachedLetter_pages(t *testing.T) {
	l := &cachedLetter{rendered: func(int) {}}
	built := map[pageKey]int{}
	get := func(key pageKey) {
		if _, err := l.page(key, func() ([]byte, error) { built[key]++; return []byte("page"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	alone, pair := pageKey{locale: "en", text: "fa"}, pageKey{locale: "en", text: "fa", beside: "en"}
	for range 3 {
		get(alone)
		get(pair)
	}
	if built[alone] != 1 || built[pair] != 1 {
		t.Errorf("rendered %v", built)
	}
	for i := range 3 * maxPages {
		get(pageKey{locale: "en", text: "fa", beside: strconv.Itoa(i)})
	}
	get(alone)
	if built[alone] != 1 || len(l.pairs) > maxPages || len(l.pages) != 1 {
		t.Errorf("the letter was rendered %d times; %d pairs and %d pages are kept", built[alone], len(l.pairs), len(l.pages))
	}
}

// However many letters are read in however many languages, what is kept of their pages stays under a bound, and a letter that
// was forgotten is loaded and rendered again.
func TestLetterCache_boundedByBytes(t *testing.T) {
	loads := map[string]int{}
	c := &letterCache{now: time.Now,
		version: func(context.Context, string) (int64, error) { return 0, nil },
		load: func(_ context.Context, slug string) (*cachedLetter, error) {
			loads[slug]++
			return &cachedLetter{Published: &bundle.Published{}}, nil
		}}
	random := make([]byte, 1<<20)
	rand.Read(random) // so that gzip makes it no smaller
	read := func(slug string) {
		l, err := c.find(t.Context(), slug)
		if err == nil {
			_, err = l.page(pageKey{}, func() ([]byte, error) { return random, nil })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 * maxPageBytes / len(random) {
		read("first")
		read("letter-" + strconv.Itoa(i))
		held := 0
		for _, e := range c.entries {
			for _, p := range e.last.letter.pages {
				held += len(p.body) + len(p.zipped)
			}
		}
		if held > maxPageBytes {
			t.Fatalf("%d bytes of pages are kept", held)
		}
	}
	if loads["first"] < 2 || loads["letter-0"] != 1 {
		t.Errorf("loaded %d times, and once: %d", loads["first"], loads["letter-0"])
	}
}

// Whatever changes while it is looked at, who asks for a letter gets it or an error; and a look that panics is an error.
func TestLetterCache_aLetterOrAnError(t *testing.T) {
	var version atomic.Int64
	c := &letterCache{now: time.Now, passing: func(error) bool { return false },
		version:  func(context.Context, string) (int64, error) { return version.Load(), nil },
		versions: func(context.Context) (map[string]int64, error) { return map[string]int64{"x": version.Add(1)}, nil },
		load: func(_ context.Context, slug string) (*cachedLetter, error) {
			switch slug {
			case "none":
				return nil, errors.New("none")
			case "panics":
				panic("a name")
			}
			return &cachedLetter{Published: &bundle.Published{Letter: letter.Letter{Version: version.Load()}}}, nil
		}}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range 5_000 {
				if l, err := c.find(t.Context(), "x"); l == nil || err != nil {
					t.Errorf("%v, %v", l, err)
					return
				}
			}
		})
	}
	work.Go(func() {
		for range 5_000 {
			if err := c.forget(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	work.Wait()
	for _, slug := range []string{"none", "panics"} {
		if l, err := c.find(t.Context(), slug); l != nil || err == nil || strings.Contains(err.Error(), "a name") || c.entries[slug] != nil {
			t.Errorf("%s: %v, %v", slug, l, err)
		}
	}
}

package public

import (
	"strconv"
	"testing"
)

// A page is rendered once, alone and side by side, and readers of many pairs of texts do not drive out the letter itself.
func TestCachedLetter_pages(t *testing.T) {
	l := &cachedLetter{}
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

package roll

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/text"
)

// maxSortKey keeps index entries small; names that agree in so many bytes follow in the order of signing.
const maxSortKey = 120

// collators make sort keys; one serves one goroutine at a time.
var collators = sync.Pool{New: func() any { return collate.New(language.Und, collate.IgnoreCase) }}

// SortKey returns the collation key of a name: the root order of CLDR, which every language's list here shares.
func SortKey(name string) []byte {
	collator := collators.Get().(*collate.Collator)
	defer collators.Put(collator)
	var buffer collate.Buffer
	key := collator.KeyFromString(&buffer, name)
	return bytes.Clone(key[:min(len(key), maxSortKey)])
}

// Bounds of what a name adds to the search index.
const (
	maxWords    = 12
	maxWordSize = 64 // bytes
)

// joined takes out what some write and others leave out: علی‌رضا or علیرضا, O'Brien or OBrien.
var joined = strings.NewReplacer("\u200c", "", "\u200d", "", "'", "", "’", "", "ʼ", "")

// searchWords returns what a name is found by: its folded words, each with those that follow it, so that one look-up finds
// "farahani" as well as "mina farah".
func searchWords(name string) []string {
	entries := suffixes(text.Fold(name))
	if whole := joined.Replace(name); whole != name {
		entries = append(entries, suffixes(text.Fold(whole))...)
	}
	slices.Sort(entries)
	entries = slices.Compact(entries)
	return entries[:min(len(entries), maxWords)]
}

// suffixes returns the text from each of its words on, cut to what the index holds.
func suffixes(folded string) (list []string) {
	for folded != "" && len(list) < maxWords {
		list = append(list, cutWord(folded))
		_, folded, _ = strings.Cut(folded, " ")
	}
	return list
}

func cutWord(s string) string {
	if len(s) > maxWordSize {
		return strings.TrimRight(strings.ToValidUTF8(s[:maxWordSize], ""), " ")
	}
	return s
}

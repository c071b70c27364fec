package signing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// recentNames is how many of the last public names of each kind a letter's page shows.
const recentNames = 12

// Publish gives durable acts their place in the log, moves them into list and count, and publishes a checkpoint. It is the
// only writer of tally and list entries; several processes may run it at once. It returns how many acts there were.
func (s *Service) Publish(ctx context.Context) (done int, err error) {
	done, err = s.Log.Sequence(ctx, s.applyLeaves, publishCounts)
	s.Events.Published.Add(int64(done))
	return done, err
}

// PublishTexts does the same for what is about letters alone: a new text or deadline is in the log at once.
func (s *Service) PublishTexts(ctx context.Context) error {
	_, err := s.Log.SequenceTexts(ctx, s.applyLeaves, publishCounts)
	return err
}

// applyLeaves does to list and count what leaves of one letter say that get their index, and tells acts the index of their
// signature.
func (s *Service) applyLeaves(tx *store.Tx, id, next int64, waiting []tlog.Waiting) (taken []tlog.Waiting, err error) {
	l := letter.ID(id)
	var locked letter.ID // before the signatures, as everyone does
	if err := tx.Row(qLockLetter, l).Scan(&locked); err != nil {
		return nil, err
	}
	recent, err := findRecent(tx, l)
	if err != nil {
		return nil, err
	}
	tally, seen := map[cell]int{}, glance{hours: map[hourKey]int{}, countries: map[string]int{}}
	for _, w := range waiting {
		if w.Subject != 0 { // else it is about the letter
			f, err := scanSequenced(tx.Row(qFindSequenced, l, w.Subject))
			if err != nil {
				return nil, err
			}
			if _, sign := w.Leaf.(verify.Sign); !sign && f.LeafIndex == nil {
				continue // its signature waits itself
			}
			if err := f.apply(tx, &w, next+int64(len(taken)), tally, seen, &recent); err != nil {
				return nil, err
			}
		}
		taken = append(taken, w)
	}
	if len(taken) == 0 {
		return nil, nil
	}
	for c, n := range tally {
		if n == 0 {
			continue
		}
		if _, err := tx.Exec(qAddTally, l, c.Edition, c.Kind, c.Listing == verify.Withheld, c.Basis, c.outcome, n); err != nil {
			return nil, err
		}
	}
	if err := seen.add(tx, l); err != nil {
		return nil, err
	}
	text, err := json.Marshal(recent)
	if err != nil {
		return nil, err
	}
	empty := (&verify.Tree{}).Root()
	_, err = tx.Exec(qPutPublication, l, next+int64(len(taken)), empty[:], string(text))
	return taken, err
}

// publishCounts shows the numbers that go with a checkpoint.
func publishCounts(tx *store.Tx, c verify.Checkpoint) error {
	letters, err := store.List(tx, qListUnpublished, func(row store.Row) (id letter.ID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	for _, l := range letters {
		if err := letter.Touch(tx, l); err != nil {
			return err
		}
		if _, err := tx.Exec(qShowTally, l); err != nil {
			return err
		}
		if _, err := tx.Exec(qShowPublication, c.Size, c.Root[:], tx.Now().UnixMicro(), l); err != nil {
			return err
		}
	}
	return nil
}

// sequenced is a signature one of whose leaves gets its index, with the name that is, or is about to be, in the list.
type sequenced struct {
	Signature
	public verify.Record // empty for other listings
}

func scanSequenced(row store.Row) (x sequenced, err error) {
	x.Signature, err = scanSignatureAnd(row, recordFields(nil, &x.public)...)
	return x, err
}

// cell is one number of the tally.
type cell struct {
	verify.Cell
	outcome verify.Reason // outcomeCounted, or the reason of an end
}

const outcomeCounted verify.Reason = "counted"

// apply does what follows from one leaf. The tally folds what the log says, so that its numbers are those of a replay.
func (x sequenced) apply(tx *store.Tx, w *tlog.Waiting, index int64, tally map[cell]int, seen glance, recent *recent) error {
	c := cell{verify.Cell{Edition: x.Edition, Kind: x.Kind, Listing: x.LeafListing, Basis: x.Basis}, outcomeCounted}
	switch leaf := w.Leaf.(type) {
	case verify.Sign:
		c.Listing = leaf.Listing
		tally[c]++
		seen.hours[x.hour()]++
		if _, err := tx.Exec(qSetLeaf, index, leaf.Listing, x.Letter, x.ID); err != nil {
			return err
		}
		return x.list(tx, x.State == StateNew, seen, recent)
	case verify.Relist:
		leaf.Target = *x.LeafIndex
		w.Leaf = leaf
		tally[c]--
		c.Listing = leaf.Listing
		tally[c]++
		if _, err := tx.Exec(qSetLeafListing, leaf.Listing, x.Letter, x.ID); err != nil {
			return err
		}
		return x.list(tx, x.State == StateListed, seen, recent)
	case verify.Withdraw:
		leaf.Target = *x.LeafIndex
		w.Leaf = leaf
		tally[c]--
		seen.hours[x.hour()]--
		if leaf.Reason != verify.Reaffirmed { // the signature in its place is what counts
			c.outcome = leaf.Reason
			tally[c]++
		}
	}
	return nil
}

// list puts a public name into the list, if its signature stands.
func (x sequenced) list(tx *store.Tx, stands bool, seen glance, recent *recent) error {
	if !stands || x.public.Name == "" {
		return nil
	}
	recent.add(x.Kind, x.ID)
	n, err := insertListed(tx, x.Letter, x.Kind, x.public.Name, x.ID)
	seen.countries[x.public.Country] += n
	return err
}

// insertListed puts a name into the list and its words into the search, and returns 1 unless it was there.
func insertListed(tx *store.Tx, l letter.ID, kind verify.Kind, name string, id int64) (int, error) {
	n, err := tx.Exec(qInsertList, l, kind, sortKey(name), id)
	if err != nil {
		return 0, err
	}
	for _, word := range searchWords(name) {
		if _, err := tx.Exec(qInsertWord, l, kind, word, id); err != nil {
			return 0, err
		}
	}
	return int(n), nil
}

// maxSortKey keeps index entries small; names that agree in so many bytes follow in the order of signing.
const maxSortKey = 120

// collators make sort keys; one serves one goroutine at a time.
var collators = sync.Pool{New: func() any { return collate.New(language.Und, collate.IgnoreCase) }}

// sortKey returns the collation key of a name: the root order of CLDR, which every language's list here shares.
func sortKey(name string) []byte {
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
	entries := suffixes(i18n.Fold(name))
	if whole := joined.Replace(name); whole != name {
		entries = append(entries, suffixes(i18n.Fold(whole))...)
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

// recent are the ids of the public signatures that joined last, newest first.
type recent struct {
	Persons       []int64 `json:"persons,omitempty"`
	Organisations []int64 `json:"organisations,omitempty"`
}

func (r *recent) add(kind verify.Kind, id int64) {
	list := &r.Persons
	if kind == verify.Organisation {
		list = &r.Organisations
	}
	*list = append([]int64{id}, slices.DeleteFunc(*list, func(old int64) bool { return old == id })...)
	*list = (*list)[:min(len(*list), recentNames)]
}

func findRecent(tx *store.Tx, l letter.ID) (recent, error) {
	p, err := scanPublication(tx.Row(qFindPublication, l))
	if errors.Is(err, store.ErrNoRow) {
		err = nil
	}
	return p.recent, err
}

// publication is what was last published of a letter.
type publication struct {
	size   int64 // of the tree
	root   verify.Hash
	at     time.Time // zero before the first checkpoint that has a leaf of the letter
	recent recent
}

func scanPublication(row store.Row) (p publication, err error) {
	var root []byte
	var micros int64
	var text string
	if err := row.Scan(&p.size, &root, &micros, &text); err != nil {
		return p, err
	}
	copy(p.root[:], root)
	if micros > 0 {
		p.at = unixMicro(micros)
	}
	return p, json.Unmarshal([]byte(text), &p.recent)
}

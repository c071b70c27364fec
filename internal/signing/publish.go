package signing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// publishSlice is how many acts one transaction publishes: small enough that signing waits little for it.
const publishSlice = 500

// recentNames is how many of the last public names of each kind a letter's page shows.
const recentNames = 12

// Publish moves durable acts into list and count, in an order that tells nothing of their time, and returns how many. It
// is the only writer of tally and list entries; several processes may run it at once.
func (s *Service) Publish(ctx context.Context) (done int, err error) {
	for after := letter.ID(0); ; {
		var next letter.ID
		err := s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qNextPending, after).Scan(&next) })
		if errors.Is(err, store.ErrNoRow) {
			return done, nil
		}
		if err != nil {
			return done, err
		}
		after = next
		for {
			n := 0
			err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
				n, err = publishLetter(tx, next)
				return err
			})
			if err != nil {
				return done, fmt.Errorf("signing.Publish: letter %d: %w", next, err)
			}
			done += n
			s.Events.Published.Add(int64(n))
			if n < publishSlice {
				break
			}
		}
	}
}

// waiting is an act with what publishing it needs.
type waiting struct {
	phase    int
	rank, id int64
	name     string
	act      act
	kind     Kind
	state    State
	public   string // the name as listed, "" for other listings
}

func publishLetter(tx *store.Tx, l letter.ID) (int, error) {
	var locked letter.ID // one publisher a letter at a time
	if err := tx.Row(qLockLetter, l).Scan(&locked); err != nil {
		return 0, err
	}
	acts, err := store.List(tx, qTakeLeaves, scanWaiting, l, publishSlice)
	if err != nil || len(acts) == 0 {
		return 0, err
	}
	recent, err := findRecent(tx, l)
	if err != nil {
		return 0, err
	}
	tally := map[cell]int{}
	for _, w := range acts {
		w.count(tally)
		if w.name != actWithdraw && w.public != "" && (w.state == StateNew || w.state == StateListed) {
			if err := w.list(tx, l); err != nil {
				return 0, err
			}
			recent.add(w.kind, w.id)
		}
		if w.name == actSign && w.state == StateNew {
			if _, err := tx.Exec(qSetListed, l, w.id); err != nil {
				return 0, err
			}
		}
		if _, err := tx.Exec(qRemoveLeaf, l, w.phase, w.rank, w.id, w.name); err != nil {
			return 0, err
		}
	}
	for c, n := range tally {
		if n == 0 {
			continue
		}
		if _, err := tx.Exec(qAddTally, l, c.edition, c.kind, c.withheld, c.basis, c.outcome, n); err != nil {
			return 0, err
		}
	}
	text, err := json.Marshal(recent)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(qPutPublication, l, tx.Now().UnixMicro(), string(text)); err != nil {
		return 0, err
	}
	return len(acts), letter.Touch(tx, l)
}

// cell is one number of the tally.
type cell struct {
	edition  int
	kind     Kind
	withheld bool
	basis    Basis
	outcome  string
}

const outcomeCounted = "counted"

func (w waiting) count(tally map[cell]int) {
	c := cell{w.act.Edition, w.kind, w.act.Withheld, w.act.Basis, outcomeCounted}
	switch w.name {
	case actSign:
		tally[c]++
	case actRelist:
		tally[c]--
		c.withheld = w.act.Relisted
		tally[c]++
	case actWithdraw:
		tally[c]--
		if c.outcome = w.act.Outcome; c.outcome != "" {
			tally[c]++
		}
	}
}

func (w waiting) list(tx *store.Tx, l letter.ID) error {
	if _, err := tx.Exec(qInsertList, l, w.kind, sortKey(w.public), w.id); err != nil {
		return err
	}
	for _, word := range searchWords(w.public) {
		if _, err := tx.Exec(qInsertWord, l, w.kind, word, w.id); err != nil {
			return err
		}
	}
	return nil
}

func scanWaiting(row store.Row) (w waiting, err error) {
	var detail, title, affiliation string
	if err := row.Scan(&w.phase, &w.rank, &w.id, &w.name, &detail, &w.kind, &w.state, &w.public, &title, &affiliation); err != nil {
		return w, err
	}
	return w, json.Unmarshal([]byte(detail), &w.act)
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

func (r *recent) add(kind Kind, id int64) {
	list := &r.Persons
	if kind == Organisation {
		list = &r.Organisations
	}
	*list = append([]int64{id}, slices.DeleteFunc(*list, func(old int64) bool { return old == id })...)
	*list = (*list)[:min(len(*list), recentNames)]
}

func findRecent(tx *store.Tx, l letter.ID) (r recent, err error) {
	_, r, err = scanPublication(tx.Row(qFindPublication, l))
	if errors.Is(err, store.ErrNoRow) {
		err = nil
	}
	return r, err
}

func scanPublication(row store.Row) (at time.Time, r recent, err error) {
	var micros int64
	var text string
	if err := row.Scan(&micros, &text); err != nil {
		return at, r, err
	}
	return time.UnixMicro(micros).UTC(), r, json.Unmarshal([]byte(text), &r)
}

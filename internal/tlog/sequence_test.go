package tlog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// What begins to wait while a batch runs does not get into it in the place of what waited before: it would come before what it
// follows. Ranks are random, so that this is never so by chance takes a crowd.
func TestSequence_nothingOvertakesWhatItFollows(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		const letter, crowd, late = 1, 600, 300 // more than a slice
		id := verify.LetterID{letter}
		withdraw := func(subject int) tlog.Waiting {
			return tlog.Waiting{Letter: letter, Subject: int64(subject), Leaf: verify.Withdraw{Letter: id, Reason: verify.Signer, Day: "2026-06-01"}}
		}
		enqueue(t, db, letter, crowd)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := range crowd {
				if err := tlog.Enqueue(tx, withdraw(i+1)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var order []tlog.Waiting
		follow := func(tx *store.Tx, _ store.LetterID, _ int64, waiting []tlog.Waiting) ([]tlog.Waiting, error) {
			if len(order) == 0 { // the batch runs: there is an edition, many sign it, change their listing, and leave
				more := []tlog.Waiting{{Letter: letter, Leaf: verify.Edition{Letter: id, Number: 1, Texts: []verify.Text{{Language: "en"}}}}}
				for i := crowd; i < crowd+late; i++ {
					more = append(more, signLeaf(letter, i),
						tlog.Waiting{Letter: letter, Subject: int64(i + 1), Leaf: verify.Relist{Letter: id, Listing: verify.Withheld}}, withdraw(i+1))
				}
				for _, w := range more {
					if err := tlog.Enqueue(tx, w); err != nil {
						return nil, err
					}
				}
			}
			order = append(order, waiting...)
			return waiting, nil
		}
		for range 2 {
			if _, err := l.Sequence(t.Context(), follow, func(*store.Tx, verify.Checkpoint) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if len(order) != 2*crowd+1+3*late {
			t.Fatalf("%d leaves have their place, want %d", len(order), 2*crowd+1+3*late)
		}
		wrong := map[string]int{}
		edition, last := false, map[int64]string{}
		for i, w := range order {
			name := strings.TrimPrefix(fmt.Sprintf("%T", w.Leaf), "verify.")
			switch is := last[w.Subject]; {
			case i < 2*crowd && (name == "Edition" || w.Subject > crowd):
				wrong[name+" in the batch that it came too late for"]++
			case name == "Edition":
				edition = true
			case w.Subject > crowd && !edition, name == "Relist" && is != "Sign", name == "Withdraw" && is != "Relist" && w.Subject > crowd:
				wrong[name+" before what it follows"]++
			}
			last[w.Subject] = name
		}
		if len(wrong) > 0 {
			t.Error(wrong)
		}
	})
}

// another is a leaf of a kind that the log does not know, though it could be written and read.
type another struct{ verify.Withdraw }

func TestEnqueue_refusesALeafWithoutAPlace(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		known := verify.Withdraw{Letter: verify.LetterID{1}, Reason: verify.Signer, Day: "2026-06-01"}
		for leaf, refused := range map[verify.Leaf]bool{known: false, another{known}: true} {
			err := db.Update(t.Context(), func(tx *store.Tx) error { return tlog.Enqueue(tx, tlog.Waiting{Letter: 1, Subject: 1, Leaf: leaf}) })
			if (err != nil) != refused {
				t.Errorf("a %T: %v", leaf, err)
			}
		}
		if n, err := l.Backlog(t.Context()); err != nil || n != 1 {
			t.Errorf("%d leaves wait, %v", n, err)
		}
	})
}

package tlog

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// sliceSize is how many leaves one transaction appends. A checkpoint may cover 4,096 (DESIGN.md 4); fewer keep whoever
// signs meanwhile from waiting.
const sliceSize = 512

// Waiting is a leaf that has no index yet.
type Waiting struct {
	Letter  store.LetterID
	Subject int64       // the signature it is about, 0 for the letter
	Leaf    verify.Leaf // of a relist or a withdraw the target is not known yet

	phase int
	rank  int64
}

// The phases of a batch, in their order: what a signature refers to comes before it, what ends it after it.
const (
	phaseText = iota // texts, deadlines, imports
	phaseSign
	phaseRelist
	phaseWithdraw
	phaseDeliver
	phaseClose
)

// phaseOf returns the phase of a leaf, false for one of a kind that has none: where it would stand among the others is not known.
func phaseOf(leaf verify.Leaf) (phase int, ok bool) {
	switch leaf.(type) {
	case verify.Edition, verify.Deadline, verify.Import:
		return phaseText, true
	case verify.Sign:
		return phaseSign, true
	case verify.Relist:
		return phaseRelist, true
	case verify.Withdraw:
		return phaseWithdraw, true
	case verify.Deliver:
		return phaseDeliver, true
	case verify.Close:
		return phaseClose, true
	}
	return 0, false
}

// Enqueue makes one or two leaves wait, in the transaction of what they state: both are durable or none is. For what is about
// the letter itself the transaction has locked the letter.
func Enqueue(tx *store.Tx, waiting ...Waiting) error {
	args := make([]any, 0, 10)
	for _, w := range waiting {
		text := verify.Format(w.Leaf)
		phase, ok := phaseOf(w.Leaf)
		if !ok {
			return fmt.Errorf("tlog.Enqueue: a %T has no place among the leaves of a batch", w.Leaf)
		}
		rank := randomRank()
		if phase == phaseText { // editions and deadlines follow each other: these keep their order, whatever the clock does
			if err := tx.Row(qNextRank, w.Letter).Scan(&rank); err != nil {
				return err
			}
		}
		if _, err := verify.Parse(text); err != nil {
			return err // it would stop the log for good
		}
		args = append(args, w.Letter, phase, rank, w.Subject, string(text))
	}
	q := qEnqueue
	switch len(waiting) {
	case 0:
		return nil
	case 2:
		q = qEnqueue2
	}
	_, err := tx.Exec(q, args...)
	return err
}

// randomRank is a random number below 2^62.
func randomRank() int64 {
	var b [8]byte
	rand.Read(b[:])
	return int64(binary.BigEndian.Uint64(b[:]) >> 2)
}

// CancelRelist takes back a relist leaf that still waits, and reports whether there was one. A signature's listing has two
// values, so a second change before the first was logged undoes it.
func CancelRelist(tx *store.Tx, letter store.LetterID, signature int64) (bool, error) {
	n, err := tx.Exec(qCancel, letter, phaseRelist, signature)
	return n > 0, err
}

// Follow is called in the transaction that gives leaves of one letter their index, the first of them index next. It fills in
// the targets of acts, and does what follows from each leaf for its own tables. An act whose signature has no index yet it
// leaves out of what it returns, which keeps the order: it waits for the next batch.
type Follow func(tx *store.Tx, letter store.LetterID, next int64, waiting []Waiting) ([]Waiting, error)

// place is where a leaf waits. A batch takes the leaves whose places it has read when it began, and no others: whatever one of
// them follows has waited no less long and is in a phase before it, while what comes meanwhile may follow something that does
// too, and under load would leave no last slice.
type place struct {
	phase   int
	rank    int64
	subject int64
}

func (w Waiting) place() place { return place{w.phase, w.rank, w.Subject} }

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.rank, b.rank), cmp.Compare(a.subject, b.subject))
}

// Sequence appends the leaves that wait and publishes a checkpoint that covers them. It returns how many there were; none
// when another process has the turn. published is called in the transaction that publishes.
func (l *Log) Sequence(ctx context.Context, follow Follow, published func(tx *store.Tx, c verify.Checkpoint) error) (done int, err error) {
	return l.sequence(ctx, phaseClose, follow, published)
}

// SequenceTexts is Sequence for what is about the letters themselves: texts, deadlines and imports. It says nothing about a
// signer, so it need not wait for the log's rhythm.
func (l *Log) SequenceTexts(ctx context.Context, follow Follow, published func(tx *store.Tx, c verify.Checkpoint) error) (done int, err error) {
	return l.sequence(ctx, phaseText, follow, published)
}

func (l *Log) sequence(ctx context.Context, last int, follow Follow, published func(tx *store.Tx, c verify.Checkpoint) error) (done int, err error) {
	release, ok, err := l.db.TryTurn(ctx, "sequence")
	if err != nil || !ok {
		return 0, err
	}
	defer release()
	var failed error // of a letter; the others go on
	for letter := store.LetterID(0); ; {
		var share []place
		err := l.db.View(ctx, func(tx *store.Tx) (err error) {
			if err := tx.Row(qNext, letter).Scan(&letter); err != nil {
				return err
			}
			share, err = store.List(tx, qPlaces, func(row store.Row) (p place, err error) { return p, row.Scan(&p.phase, &p.rank, &p.subject) }, letter, last)
			return err
		})
		if errors.Is(err, store.ErrNoRow) {
			break
		}
		if err != nil {
			return done, err
		}
		n, err := l.take(ctx, letter, share, follow)
		if done += n; err != nil {
			failed = errors.Join(failed, fmt.Errorf("tlog.Sequence: letter %d: %w", letter, err))
		}
	}
	return done, errors.Join(failed, l.publish(ctx, published))
}

// take appends a share of a letter's leaves, a slice of one phase a transaction.
func (l *Log) take(ctx context.Context, letter store.LetterID, share []place, follow Follow) (done int, err error) {
	for len(share) > 0 {
		first, some := share[0], share[:min(len(share), sliceSize)]
		if i := slices.IndexFunc(some, func(p place) bool { return p.phase != first.phase }); i > 0 {
			some = some[:i]
		}
		last := some[len(some)-1]
		n := 0
		err := l.db.Update(ctx, func(tx *store.Tx) error {
			n = 0
			read, err := store.List(tx, qTake, func(row store.Row) (Waiting, error) { return scanWaiting(row, letter) }, letter, first.phase,
				first.rank, first.subject, last.rank, last.subject)
			read = slices.DeleteFunc(read, func(w Waiting) bool {
				_, ours := slices.BinarySearchFunc(some, w.place(), comparePlaces)
				return !ours
			})
			if err != nil || len(read) == 0 {
				return err
			}
			n, err = l.slice(tx, letter, read, follow)
			return err
		})
		if errors.Is(err, errTakenBack) {
			continue
		}
		if err != nil {
			return done, err
		}
		done, share = done+n, share[len(some):]
	}
	return done, nil
}

// Waits ranges over the signatures whose sign leaf waits for its index.
func Waits(tx *store.Tx) iter.Seq2[Waiting, error] {
	return store.Each(tx, qWaits, func(row store.Row) (w Waiting, err error) { return w, row.Scan(&w.Letter, &w.Subject) }, phaseSign)
}

// Backlog returns how many leaves are not in a published checkpoint yet.
func (l *Log) Backlog(ctx context.Context) (n int64, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		var size, published int64
		if err := tx.Row(qSizes).Scan(&size, &published); err != nil {
			return err
		}
		err := tx.Row(qBacklog).Scan(&n)
		n += size - published
		return err
	})
	return n, err
}

// slice appends leaves of a letter, and returns how many there were of those read.
func (l *Log) slice(tx *store.Tx, letter store.LetterID, read []Waiting, follow Follow) (int, error) {
	s, err := l.readState(tx.Row(qState))
	if err != nil {
		return 0, err
	}
	// Follow changes its own copy: this function may run again.
	waiting, err := follow(tx, letter, s.Checkpoint.Size, slices.Clone(read))
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	edge, err := readEdge(tx, s.Checkpoint.Size)
	if err != nil {
		return 0, err
	}
	for i, w := range waiting {
		if c, ok := w.Leaf.(verify.Close); ok {
			c.Size = s.Checkpoint.Size + int64(i)
			w.Leaf = c
		}
		text := verify.Format(w.Leaf)
		// The last look: what is in the log stays there.
		if _, err := verify.Parse(text); err != nil {
			return 0, err
		}
		edge.add(text)
		n, err := tx.Exec(qRemove, letter, w.phase, w.rank, w.Subject)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, errTakenBack
		}
	}
	return len(waiting), l.extend(tx, s, edge)
}

func scanWaiting(row store.Row, letter store.LetterID) (w Waiting, err error) {
	var text string
	if err := row.Scan(&w.phase, &w.rank, &w.Subject, &text); err != nil {
		return w, err
	}
	w.Letter = letter
	w.Leaf, err = verify.Parse([]byte(text))
	return w, err
}

// errTakenBack says that a leaf was taken back after this transaction had read it: it begins again.
var errTakenBack = errors.New("tlog: a leaf was taken back meanwhile")

// errTurn says that another process extended the log though this one had the turn: its lock was lost, or somebody works on
// the database by hand.
var errTurn = errors.New("another process has extended the log; this one waits for its next turn")

// extend stores what the edge has gained, and the checkpoint, if the tree is still the one that s is of.
func (l *Log) extend(tx *store.Tx, s State, edge *edge) error {
	for _, t := range edge.changed() {
		if _, err := tx.Exec(qPutTile, t.level, t.n, t.data); err != nil {
			return err
		}
	}
	root, err := edge.root()
	if err != nil {
		return err
	}
	next := verify.Checkpoint{Origin: l.key.Origin(), Size: edge.size, Root: root}
	signed, err := next.Sign(l.signer)
	if err != nil {
		return err
	}
	n, err := tx.Exec(qExtend, next.Size, next.Root[:], string(signed), s.Checkpoint.Size, s.Checkpoint.Root[:])
	if err == nil && n == 0 {
		err = errTurn
	}
	return err
}

// publish shows the public the tree as it is, if that has grown since the last time, also by a process that then died.
func (l *Log) publish(ctx context.Context, published func(tx *store.Tx, c verify.Checkpoint) error) error {
	s, err := l.state(ctx)
	if err != nil || s.Checkpoint.Size == s.Published.Size {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qPublish, s.Checkpoint.Size, s.signed, tx.Now().UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		return published(tx, s.Checkpoint)
	})
}

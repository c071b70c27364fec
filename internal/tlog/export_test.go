package tlog

import (
	"math"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/internal/store"
)

var ErrTurn = errTurn

// Twin is the log as another process has it open.
func (l *Log) Twin() *Log {
	return &Log{db: l.db, key: l.key, signer: l.signer, promise: l.promise, check: l.check}
}

// Slice sequences the signatures of a letter that wait, without a turn and without publishing.
func (l *Log) Slice(tx *store.Tx, letter store.LetterID, follow Follow) error {
	read, err := store.List(tx, qTake, func(row store.Row) (Waiting, error) { return scanWaiting(row, letter) }, letter, phaseSign, -1, -1, int64(math.MaxInt64), 0)
	if err == nil {
		_, err = l.slice(tx, letter, read, follow)
	}
	return err
}

// ExtendFrom appends a leaf to the tree as it is, in the belief that it is still the one of a state.
func (l *Log) ExtendFrom(tx *store.Tx, s State, leaf []byte) error {
	now, err := l.readState(tx.Row(qState))
	if err != nil {
		return err
	}
	edge, err := readEdge(tx, now.Checkpoint.Size)
	if err != nil {
		return err
	}
	edge.add(leaf)
	return l.extend(tx, s, edge)
}

// SignedTree is the checkpoint of the tree, published or not.
func (s State) SignedTree() string { return s.signed }

// Signer signs as the log does.
func (k Key) Signer() (note.Signer, error) { return note.NewSigner(k.secret) }

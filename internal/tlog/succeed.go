package tlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Former is a log that another goes on from: what was signed in its name was never taken back.
type Former struct {
	Key        string    `json:"key"`        // verifier key
	Checkpoint string    `json:"checkpoint"` // the last that the backup knew of, signed
	At         time.Time `json:"at"`         // when it was succeeded
}

// Succeed hands the tree of a database to a log of another name and key. It is for a database that a backup has brought
// back: the log of the old name may have shown the public more than the backup knows, and what its key signed then must
// never be contradicted. The leaves keep their indexes, and the successor begins with them. It returns the last checkpoint
// that the backup knows of the old log, signed.
func Succeed(tx *store.Tx, verifier string, key Key) (last []byte, err error) {
	old := &Log{}
	if old.check, err = note.NewVerifier(verifier); err != nil {
		return nil, fmt.Errorf("tlog: the key of the old log: %w", err)
	}
	s, err := old.readState(tx.Row(qState))
	if err != nil {
		return nil, err
	}
	if key.Origin() == s.Checkpoint.Origin {
		return nil, errors.New("tlog: the successor of a log needs another name")
	}
	signer, err := note.NewSigner(key.secret)
	if err != nil {
		return nil, fmt.Errorf("tlog: the key of the log: %w", err)
	}
	var signed [2][]byte
	for i, c := range []verify.Checkpoint{s.Checkpoint, s.Published} {
		c.Origin = key.Origin()
		if signed[i], err = c.Sign(signer); err != nil {
			return nil, fmt.Errorf("tlog: %w", err)
		}
	}
	_, err = tx.Exec(qSucceed, string(signed[0]), string(signed[1]))
	return s.Signed(), err
}

// OpenKnown reads a checkpoint that somebody outside has kept, if the log of the verifier key has signed it.
func OpenKnown(text []byte, verifier string) (verify.Checkpoint, error) {
	check, err := note.NewVerifier(verifier)
	if err != nil {
		return verify.Checkpoint{}, fmt.Errorf("tlog: %w", err)
	}
	return verify.OpenCheckpoint(text, check)
}

// ErrFork says that a checkpoint is not of the beginning of this tree.
var ErrFork = errors.New("the log does not begin with what that checkpoint covers")

// Extends reports, by its error, whether the tree begins with what a checkpoint of the same log covers.
func (l *Log) Extends(ctx context.Context, c verify.Checkpoint) error {
	return l.db.View(ctx, func(tx *store.Tx) error {
		s, err := l.readState(tx.Row(qState))
		if err != nil {
			return err
		}
		if c.Origin != s.Checkpoint.Origin || c.Size > s.Checkpoint.Size {
			return ErrFork
		}
		root, err := tlog.TreeHash(c.Size, stored(tx, c.Size))
		if err == nil && root != c.Root {
			err = ErrFork
		}
		return err
	})
}

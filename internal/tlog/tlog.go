// Package tlog owns the public log of an instance: the leaves that wait, the order in which they get their index, the
// tiles and checkpoints of the tree, and the key that signs them.
//
// It promises that a leaf has one index for ever; that a checkpoint covers only what is on stable storage; that of several
// processes on one database one at a time extends the log and none can fork it; that the public is shown no leaf past the
// published checkpoint; and that the order within a batch tells nothing of the time at which its leaves came. Every format
// comes from package verify. It must not know what follows from a leaf for whoever wrote it.
package tlog

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Log is the log of an open instance.
type Log struct {
	db      *store.DB
	key     Key
	signer  note.Signer
	promise note.Signer
	check   note.Verifier
}

// Key is the signing key of a log, whose name is the log's origin.
type Key struct {
	secret, verifier string
}

// Verifier returns the verifier key, the one line that auditors need.
func (k Key) Verifier() string { return k.verifier }

// Origin returns the name of the log.
func (k Key) Origin() string {
	origin, _, _ := strings.Cut(k.verifier, "+")
	return origin
}

// NewOrigin returns a random name for the log of a new instance. It is no host name: the log outlives those.
func NewOrigin() string {
	var b [8]byte
	rand.Read(b[:])
	return "undersigned/" + hex.EncodeToString(b[:])
}

var origin = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./_-]{2,120}$`)

// CheckOrigin says what is wrong with a name that an operator chose.
func CheckOrigin(s string) error {
	if !origin.MatchString(s) {
		return fmt.Errorf("--origin %q: 3 to 120 letters, digits and . / _ -, for example letters.example.org/log", s)
	}
	return nil
}

// KeyFile is the file of the log's key in DATA/keys.
const KeyFile = "log.key"

// OpenKey reads dir/keys/log.key, an Ed25519 key in the form of golang.org/x/mod/sumdb/note, and makes it when there is none.
func OpenKey(dir, origin string) (Key, error) {
	return openKey(dir, func() (string, error) {
		secret, _, err := note.GenerateKey(rand.Reader, origin)
		return secret, err
	})
}

// ReadKey reads dir/keys/log.key; fs.ErrNotExist says that there is none.
func ReadKey(dir string) (Key, error) {
	return openKey(dir, func() (string, error) { return "", fs.ErrNotExist })
}

func openKey(dir string, make func() (string, error)) (Key, error) {
	text, err := seal.KeyFile(dir, KeyFile, make)
	if err != nil {
		return Key{}, err
	}
	k := Key{secret: text}
	if k.verifier, err = verifierOf(text); err != nil {
		return Key{}, fmt.Errorf("%s/keys/log.key is not the key of a log; put back the file this instance was made with", dir)
	}
	return k, nil
}

// Open opens the log of a database, and begins an empty one where there is none.
func Open(ctx context.Context, db *store.DB, key Key) (*Log, error) {
	l := &Log{db: db, key: key}
	var err error
	if l.signer, err = note.NewSigner(key.secret); err == nil {
		l.check, err = note.NewVerifier(key.verifier)
	}
	if err == nil {
		l.promise, err = promiseSigner(key)
	}
	if err != nil {
		return nil, fmt.Errorf("tlog: the key of the log: %w", err)
	}
	if _, err := l.state(ctx); !errors.Is(err, store.ErrNoRow) {
		return l, err
	}
	empty := verify.Checkpoint{Origin: key.Origin(), Root: (&verify.Tree{}).Root()}
	signed, err := empty.Sign(l.signer)
	if err != nil {
		return nil, fmt.Errorf("tlog: %w", err)
	}
	return l, db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qBegin, empty.Root[:], string(signed), string(signed), tx.Now().UnixMicro())
		return err
	})
}

// Key returns the verifier key.
func (l *Log) Key() string { return l.key.verifier }

// Now returns the time of the instance's clock.
func (l *Log) Now() time.Time { return l.db.Now() }

// Promise signs that a sign leaf with the record will be in a published checkpoint by then.
func (l *Log) Promise(record verify.Hash, by time.Time) (string, error) {
	signed, err := note.Sign(&note.Note{Text: verify.Promise{Record: record, By: by}.Text()}, l.promise)
	return string(signed), err
}

// State is how far the log is.
type State struct {
	Checkpoint  verify.Checkpoint // of the tree
	Published   verify.Checkpoint // as the public sees it
	PublishedAt time.Time

	signed, published string
}

// Signed returns the published checkpoint as it is served.
func (s State) Signed() []byte { return []byte(s.published) }

// State returns how far the log is. It checks both signatures: a checkpoint of another key is never served.
func (l *Log) State(ctx context.Context) (State, error) { return l.state(ctx) }

func (l *Log) state(ctx context.Context) (s State, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		s, err = l.readState(tx.Row(qState))
		return err
	})
	return s, err
}

func (l *Log) readState(row store.Row) (s State, err error) {
	var size, publishedSize, at int64
	var root []byte
	if err := row.Scan(&size, &root, &s.signed, &publishedSize, &s.published, &at); err != nil {
		return s, err
	}
	s.PublishedAt = time.UnixMicro(at).UTC()
	if s.Checkpoint, err = verify.OpenCheckpoint([]byte(s.signed), l.check); err != nil {
		return s, fmt.Errorf("tlog: %w", err)
	}
	if s.Published, err = verify.OpenCheckpoint([]byte(s.published), l.check); err != nil {
		return s, fmt.Errorf("tlog: %w", err)
	}
	if s.Checkpoint.Size != size || !bytes.Equal(s.Checkpoint.Root[:], root) || s.Published.Size != publishedSize || publishedSize > size {
		return s, fmt.Errorf("tlog: %w: the state of the log does not agree with its checkpoints", ErrDamaged)
	}
	return s, nil
}

// ErrDamaged says that what is stored of the log contradicts itself. Nothing may be appended then.
var ErrDamaged = errors.New("the log is damaged")

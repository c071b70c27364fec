package letter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// Log is what the public log says of letters: their editions, deadlines and ends.
type Log struct {
	db     *store.DB
	leaves sync.Map // leafKey to Leaf: editions do not change
}

// logEdition puts an edition into the log, in the transaction that publishes it, and returns the hash that names it there.
func logEdition(tx *store.Tx, l Letter, e Edition) (verify.Hash, error) {
	leaf, err := editionLeaf(tx, l, e)
	if err != nil {
		return verify.Hash{}, err
	}
	return verify.RecordHash(verify.Format(leaf)), tlog.Enqueue(tx, tlog.Waiting{Letter: l.ID, Leaf: leaf})
}

func editionLeaf(tx *store.Tx, l Letter, e Edition) (leaf verify.Edition, err error) {
	leaf = verify.Edition{Letter: l.LogID, Number: e.Number}
	if e.Number > 1 {
		previous, err := findEdition(tx, l.ID, e.Number-1)
		if err != nil {
			return leaf, err
		}
		leaf.Previous, leaf.Follows = previous.LeafHash, verify.Follows(e.Follows)
	}
	texts, err := store.List(tx, qListTexts, scanText, l.ID, e.Number) // sorted by language
	if err != nil {
		return leaf, err
	}
	for _, t := range texts {
		sum, err := hex.DecodeString(t.SHA256)
		if err != nil || len(sum) != 32 {
			return leaf, fmt.Errorf("letter %d: edition %d: hash of %s", l.ID, e.Number, t.Language)
		}
		leaf.Texts = append(leaf.Texts, verify.Text{Language: t.Language, SHA256: [32]byte(sum)})
	}
	return leaf, nil
}

func logDeadline(tx *store.Tx, l Letter, at time.Time) error {
	return tlog.Enqueue(tx, tlog.Waiting{Letter: l.ID, Leaf: verify.Deadline{Letter: l.LogID, At: at.Truncate(time.Second)}})
}

// LogID returns the name of a letter in the log.
func LogID(tx *store.Tx, id ID) (verify.LetterID, error) {
	var text string
	if err := tx.Row(qFindLogID, id).Scan(&text); err != nil {
		return verify.LetterID{}, err
	}
	return verify.ParseLetterID(text)
}

// FindByLogID returns the letter that the log calls so, or store.ErrNoRow.
func FindByLogID(tx *store.Tx, id verify.LetterID) (ID, error) {
	return scanID(tx.Row(qFindByLogID, id.String()))
}

// SumOf returns the SHA-256 of the text of an edition as it is stored, or store.ErrNoRow.
func SumOf(tx *store.Tx, id ID, number int, language string) (sum [32]byte, err error) {
	var canonical string
	err = tx.Row(qFindCanonical, id, number, language).Scan(&canonical)
	return sha256.Sum256([]byte(canonical)), err
}

// IsFinal reports whether the close leaf of a letter is written.
func IsFinal(tx *store.Tx, id ID) (bool, error) {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	return l.Final, err
}

// AsksMandate reports whether a letter wants to know that who signs for an organisation may.
func AsksMandate(tx *store.Tx, id ID) (bool, error) {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	return l.Mandate, err
}

// IsProtected reports whether the signers of a letter may be in danger.
func IsProtected(tx *store.Tx, id ID) (bool, error) {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	return l.Protected, err
}

// EditionLeaf returns the text of an edition's leaf.
func (g *Log) EditionLeaf(ctx context.Context, id ID, number int) (text string, err error) {
	err = g.db.View(ctx, func(tx *store.Tx) error {
		l, err := scanLetter(tx.Row(qLoadLetter, id))
		if err != nil {
			return err
		}
		e, err := findEdition(tx, id, number)
		if err != nil {
			return err
		}
		leaf, err := editionLeaf(tx, l, e)
		text = string(verify.Format(leaf))
		return err
	})
	return text, err
}

// Leaf names a published edition in the log.
type Leaf struct {
	Letter  verify.LetterID
	Edition verify.Hash
}

type leafKey struct {
	letter ID
	number int
}

// Leaf returns how the log names a published edition.
func (g *Log) Leaf(ctx context.Context, id ID, number int) (Leaf, error) {
	key := leafKey{id, number}
	if known, ok := g.leaves.Load(key); ok {
		return known.(Leaf), nil
	}
	var leaf Leaf
	err := g.db.View(ctx, func(tx *store.Tx) (err error) {
		leaf, err = FindLeaf(tx, id, number)
		return err
	})
	if err == nil {
		g.leaves.Store(key, leaf)
	}
	return leaf, err
}

// FindLeaf is Log.Leaf inside a transaction.
func FindLeaf(tx *store.Tx, id ID, number int) (leaf Leaf, err error) {
	var letter string
	var hash []byte
	err = tx.Row(qFindLeaf, id, number).Scan(&letter, &hash)
	if errors.Is(err, store.ErrNoRow) {
		return leaf, fault.New(fault.NotFound, "edition.unknown")
	}
	if err != nil {
		return leaf, err
	}
	copy(leaf.Edition[:], hash)
	leaf.Letter, err = verify.ParseLetterID(letter)
	return leaf, err
}

// Ending returns the letters that are closed and whose close leaf is not written yet.
func (g *Log) Ending(ctx context.Context) (letters []Letter, err error) {
	err = g.db.View(ctx, func(tx *store.Tx) error {
		letters, err = store.List(tx, qListEnding, scanLetter)
		return err
	})
	return letters, err
}

// drandGenesis and drandPeriod are those of the drand network "quicknet" (chain 52db9ba7…), whose rounds are public
// randomness that nobody can foresee: https://drand.love.
const (
	drandGenesis = 1692803367 // seconds since 1970
	drandPeriod  = 3
)

// beaconAfter is how long after its close leaf a letter's round of randomness is drawn: whoever writes the leaf cannot know
// it, and the checkpoint that holds the leaf has long been published by then.
const beaconAfter = 24 * time.Hour

// LogClose puts the close leaf of a letter into the log, once.
func LogClose(tx *store.Tx, l Letter) error {
	n, err := tx.Exec(qSetCloseLogged, tx.Now().UnixMicro(), l.ID)
	if err != nil || n == 0 {
		return err
	}
	round := (tx.Now().Add(beaconAfter).Unix()-drandGenesis)/drandPeriod + 1
	return tlog.Enqueue(tx, tlog.Waiting{Letter: l.ID, Leaf: verify.Close{Letter: l.LogID, Beacon: max(round, 0)}})
}

// Adopt puts the editions of letters that were published before the instance had a log into it.
func (g *Log) Adopt(ctx context.Context) error {
	for {
		more := false
		err := g.db.Update(ctx, func(tx *store.Tx) error {
			more = false
			var id ID
			if err := tx.Row(qListUnlogged).Scan(&id); err != nil {
				if errors.Is(err, store.ErrNoRow) {
					return nil
				}
				return err
			}
			more = true
			if err := Touch(tx, id); err != nil {
				return err
			}
			var still ID // not adopted by another process while this one waited for the letter
			if err := tx.Row(qListUnlogged).Scan(&still); err != nil || still != id {
				if errors.Is(err, store.ErrNoRow) {
					err = nil
				}
				return err
			}
			l, err := scanLetter(tx.Row(qLoadLetter, id))
			if err != nil {
				return err
			}
			for number := 1; number <= l.Edition.Number; number++ {
				e, err := findEdition(tx, id, number)
				if err != nil {
					return err
				}
				hash, err := logEdition(tx, l, e)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(qSetLeaf, hash[:], id, number); err != nil {
					return err
				}
			}
			if l.Deadline.IsSet() {
				return logDeadline(tx, l, l.Deadline.At)
			}
			return nil
		})
		if err != nil || !more {
			return err
		}
	}
}

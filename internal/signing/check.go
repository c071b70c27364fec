package signing

import (
	"errors"
	"fmt"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

var qListChecked = store.Q("signature.list_checked", `
	SELECT `+signatureSelect+`, x.sealed FROM signature s
	LEFT JOIN signature_sealed x ON x.letter_id = s.letter_id AND x.id = s.id
	WHERE s.leaf_index >= $1 AND s.leaf_index < $2 ORDER BY s.leaf_index`)

// Check compares signatures with the leaves of the log, which are given to it in their order, in one transaction. It finds a
// signature without leaf and a leaf without signature, a public name or sealed data that its leaf does not commit to, and
// numbers that a replay does not give.
type Check struct {
	tx       *store.Tx
	service  *Service
	problem  func(error)
	replay   verify.Replay
	first    int64         // index of the first leaf in leaves
	leaves   []verify.Leaf // of the bundle that is being filled
	keys     map[letter.ID]*seal.LetterKey
	editions map[editionKey]letter.Leaf
	letters  map[verify.LetterID]letter.ID
}

type editionKey struct {
	letter letter.ID
	number int
}

// NewCheck begins a check inside a transaction; what it finds it tells to problem.
func (s *Service) NewCheck(tx *store.Tx, problem func(error)) *Check {
	return &Check{tx: tx, service: s, problem: problem, keys: map[letter.ID]*seal.LetterKey{}, editions: map[editionKey]letter.Leaf{},
		letters: map[verify.LetterID]letter.ID{}}
}

// Leaf takes the next leaf; nil for one that cannot be read.
func (c *Check) Leaf(index int64, leaf verify.Leaf, hash verify.Hash) error {
	if leaf == nil {
		c.replay.Skip()
	} else if err := c.replay.Add(leaf, hash); err != nil {
		c.problem(err)
	}
	c.leaves = append(c.leaves, leaf)
	if len(c.leaves) < verify.TileWidth {
		return nil
	}
	return c.flush()
}

// flush compares the leaves of a bundle with their rows.
func (c *Check) flush() error {
	rows, err := store.List(c.tx, qListChecked, scanChecked, c.first, c.first+int64(len(c.leaves)))
	if err != nil {
		return err
	}
	openings := map[int64]verify.Opening{}
	for o, err := range roll.EachOpening(c.tx, c.first, c.first+int64(len(c.leaves))) {
		if err != nil {
			return err
		}
		openings[o.Index] = o.Opening
	}
	seen := map[int64]bool{}
	for _, r := range rows {
		index := *r.LeafIndex
		if seen[index] {
			c.problem(fmt.Errorf("leaf %d belongs to two signatures", index))
			continue
		}
		seen[index] = true
		leaf, ok := c.leaves[index-c.first].(verify.Sign)
		if !ok {
			c.problem(fmt.Errorf("signature %d: leaf %d is not that of a signature", r.ID, index))
			continue
		}
		if err := c.row(r, leaf, openings[index]); err != nil {
			return err
		}
	}
	for i, leaf := range c.leaves {
		if _, ok := leaf.(verify.Sign); ok && !seen[c.first+int64(i)] {
			c.problem(fmt.Errorf("leaf %d has no signature", c.first+int64(i)))
		}
	}
	c.first += int64(len(c.leaves))
	c.leaves = c.leaves[:0]
	return nil
}

// row compares one signature with its leaf.
func (c *Check) row(r checked, leaf verify.Sign, public verify.Opening) error {
	key := editionKey{r.Letter, r.Edition}
	edition, ok := c.editions[key]
	if !ok {
		var err error
		if edition, err = letter.FindLeaf(c.tx, r.Letter, r.Edition); err != nil {
			return err
		}
		c.editions[key], c.letters[edition.Letter] = edition, r.Letter
	}
	wrong := func(what string) { c.problem(fmt.Errorf("signature %d of letter %d: %s", r.ID, r.Letter, what)) }
	if leaf.Letter != edition.Letter || leaf.Edition != edition.Edition || leaf.Kind != r.Kind || leaf.Basis != r.Basis {
		wrong("its row and its leaf do not say the same")
	}
	if public.Record != "" {
		if _, err := public.Check(leaf); err != nil {
			wrong("its public name: " + err.Error())
		}
	}
	if r.sealed == nil {
		return nil
	}
	k, err := c.key(r.Letter)
	if err != nil || k == nil {
		return err
	}
	p, err := r.open(k, r.sealed)
	if err != nil {
		wrong("its sealed data do not open")
		return nil
	}
	again, err := signLeaf(edition, r.Basis, p)
	if err != nil || again.Record != leaf.Record || again.Contact != leaf.Contact || again.Day != leaf.Day {
		wrong("its leaf does not commit to its sealed data")
	}
	return nil
}

// key returns a letter's data key, nil once it was destroyed.
func (c *Check) key(l letter.ID) (*seal.LetterKey, error) {
	if k, ok := c.keys[l]; ok {
		return k, nil
	}
	k, err := c.service.Letters.KeyIn(c.tx, l)
	if fault.Is(err, fault.Gone) {
		err = nil
	}
	c.keys[l] = k
	return k, err
}

// End compares the numbers, once every leaf was given.
func (c *Check) End() error {
	if err := c.flush(); err != nil {
		return err
	}
	if err := c.unlogged(); err != nil {
		return err
	}
	for _, l := range c.replay.Letters() {
		id, err := letter.FindByLogID(c.tx, l.ID)
		if errors.Is(err, store.ErrNoRow) {
			c.problem(fmt.Errorf("the log speaks of the letter %s, which is not there", l.ID))
			continue
		}
		if err != nil {
			return err
		}
		if err := c.tally(id, l); err != nil {
			return err
		}
		if err := c.texts(id, l); err != nil {
			return err
		}
	}
	return nil
}

var (
	qListNew  = store.Q("signature.list_new", `SELECT letter_id, id FROM signature WHERE state = 'new' AND leaf_index IS NULL ORDER BY letter_id, id`)
	qListPast = store.Q("signature.list_past", `SELECT letter_id, id FROM signature WHERE leaf_index >= $1 ORDER BY letter_id, id LIMIT 100`)
)

// unlogged finds signatures that were acknowledged and are neither in the log nor on their way, and places past its end.
func (c *Check) unlogged() error {
	type key struct {
		letter letter.ID
		id     int64
	}
	scan := func(row store.Row) (k key, err error) { return k, row.Scan(&k.letter, &k.id) }
	waiting := map[key]bool{}
	for w, err := range tlog.Waits(c.tx) {
		if err != nil {
			return err
		}
		waiting[key{w.Letter, w.Subject}] = true
	}
	for k, err := range store.Each(c.tx, qListNew, scan) {
		if err != nil {
			return err
		}
		if !waiting[k] {
			c.problem(fmt.Errorf("signature %d of letter %d was acknowledged and is not on its way into the log", k.id, k.letter))
		}
	}
	for k, err := range store.Each(c.tx, qListPast, scan, c.first) {
		if err != nil {
			return err
		}
		c.problem(fmt.Errorf("signature %d of letter %d has a place past the end of the log", k.id, k.letter))
	}
	return nil
}

func (c *Check) tally(id letter.ID, l *verify.Letter) error {
	counted, ended, err := roll.Posted(c.tx, id)
	if err != nil {
		return err
	}
	for cell, n := range l.Cells {
		if counted[cell] != n {
			c.problem(fmt.Errorf("letter %d: %v is %d in the count and %d in the log", id, cell, counted[cell], n))
		}
		delete(counted, cell)
	}
	for cell, n := range counted {
		if n != 0 {
			c.problem(fmt.Errorf("letter %d: %v is %d in the count and not in the log", id, cell, n))
		}
	}
	for _, reason := range []verify.Reason{verify.Signer, verify.Erasure, verify.Duplicate, verify.Fraud, verify.Moderation, verify.Undone} {
		if ended[reason] != l.Ended[reason] {
			c.problem(fmt.Errorf("letter %d: %d ended as %s in the count and %d in the log", id, ended[reason], reason, l.Ended[reason]))
		}
	}
	return nil
}

// texts compares the editions with their leaves.
func (c *Check) texts(id letter.ID, l *verify.Letter) error {
	for _, e := range l.Editions {
		for _, t := range e.Texts {
			sum, err := letter.SumOf(c.tx, id, e.Number, t.Language)
			if err != nil && !errors.Is(err, store.ErrNoRow) {
				return err
			}
			if err != nil || sum != t.SHA256 {
				c.problem(fmt.Errorf("letter %d: the text of edition %d in %s is not the one that the log names", id, e.Number, t.Language))
			}
		}
	}
	return nil
}

// checked is a signature with what its leaf commits to.
type checked struct {
	Signature
	sealed []byte
}

func scanChecked(row store.Row) (r checked, err error) {
	r.Signature, err = scanSignatureAnd(row, &r.sealed)
	return r, err
}

package verify

import (
	"errors"
	"fmt"
	"maps"
)

// Replay follows the leaves of a log one after the other and yields the numbers of every letter. The rule:
//
//	a letter's count = its sign leaves that name an edition leaf of this letter which came before, that precede its close
//	leaf, and that, where they were imported, are no more than its import leaves before them allow for; less those that a
//	later withdraw leaf of the same letter ends. An end ends once.
//
// After its close leaf a letter takes withdraw and deliver leaves alone. A leaf that the rule passes over is an error of the log, as a server that
// keeps the rules writes none. It changes nothing.
type Replay struct {
	letters map[LetterID]*Letter
	signs   []signed // by leaf index
	places  []place  // that signatures stand in; the first is nobody's
	numbers map[place]uint32
}

// Letter is what the leaves of one letter say.
type Letter struct {
	ID       LetterID
	Editions []EditionLeaf
	Deadline Deadline
	Closed   bool
	Cells    map[Cell]int   // signatures that stand
	Ended    map[Reason]int // signatures that ended
	Imports  int            // signatures that import leaves allow for

	first    int64        // index of its first leaf
	imported int          // signatures that came by import so far
	numbers  map[Hash]int // of editions, by RecordHash
}

// EditionLeaf is an edition with the hash and the index of its leaf.
type EditionLeaf struct {
	Edition
	Hash  Hash
	Index int64
}

// Cell is the place of a signature in the count.
type Cell struct {
	Edition int // number
	Kind    Kind
	Listing Listing
	Basis   Basis
}

// signed is a sign leaf, as small as it can be: a log has millions.
type signed struct {
	place uint32 // in Replay.places; 0 for another leaf, and for a signature that never counted
	ended bool
}

// place is a cell of a letter.
type place struct {
	letter *Letter
	cell   Cell
}

// Counts are the numbers that a letter's page may show.
type Counts struct {
	Organisations int `json:"organisations"` // that stand, whatever their listing
	Persons       int `json:"persons"`
	Withheld      int `json:"withheld"`  // of both: no public name
	Imported      int `json:"imported"`  // of both: brought in by an editor
	Withdrawn     int `json:"withdrawn"` // beside them: taken back by their signers
	Removed       int `json:"removed"`   // beside them: taken out by an editor
	Earlier       int `json:"earlier"`   // of both: on a text that a substantive edition has replaced
}

// Size returns how many leaves were added.
func (r *Replay) Size() int64 { return int64(len(r.signs)) }

// Letters returns every letter that a leaf named.
func (r *Replay) Letters() map[LetterID]*Letter { return r.letters }

// Skip takes the place of a leaf that cannot be read.
func (r *Replay) Skip() { r.signs = append(r.signs, signed{}) }

// Add takes the next leaf, whose RecordHash is hash. An error says which rule it breaks; the leaf then counts nothing.
func (r *Replay) Add(leaf Leaf, hash Hash) error {
	index := r.Size()
	r.Skip()
	if r.letters == nil {
		r.letters, r.places, r.numbers = map[LetterID]*Letter{}, make([]place, 1), map[place]uint32{}
	}
	l := r.letters[leaf.Of()]
	if l == nil {
		l = &Letter{ID: leaf.Of(), Cells: map[Cell]int{}, Ended: map[Reason]int{}, first: index, numbers: map[Hash]int{}}
		r.letters[l.ID] = l
	}
	var err error
	switch leaf := leaf.(type) {
	case Edition:
		err = l.edition(leaf, hash, index)
	case Sign:
		err = r.sign(l, leaf, index)
	case Relist:
		err = r.relist(l, leaf)
	case Withdraw:
		err = r.withdraw(l, leaf)
	case Deadline:
		err = l.open()
		if err == nil {
			l.Deadline = leaf
		}
	case Import:
		err = l.open()
		if err == nil {
			l.Imports += leaf.N
		}
	case Close:
		err = l.close(leaf, index)
	case Deliver:
		err = l.deliver(leaf, index)
	}
	if err != nil {
		return fmt.Errorf("leaf %d: %w", index, err)
	}
	return nil
}

func (l *Letter) open() error {
	if l.Closed {
		return errors.New("it follows the letter's close leaf")
	}
	return nil
}

func (l *Letter) edition(e Edition, hash Hash, index int64) error {
	if err := l.open(); err != nil {
		return err
	}
	if e.Number != len(l.Editions)+1 {
		return fmt.Errorf("edition %d comes after %d editions", e.Number, len(l.Editions))
	}
	if e.Number > 1 && e.Previous != l.Editions[e.Number-2].Hash {
		return fmt.Errorf("edition %d does not follow edition %d", e.Number, e.Number-1)
	}
	l.Editions = append(l.Editions, EditionLeaf{e, hash, index})
	l.numbers[hash] = e.Number
	return nil
}

func (r *Replay) sign(l *Letter, s Sign, index int64) error {
	number, known := l.numbers[s.Edition]
	if !known {
		return errors.New("it signs an edition that this letter did not have")
	}
	if err := l.open(); err != nil {
		return err
	}
	if s.Basis.Imported() {
		if l.imported == l.Imports {
			return fmt.Errorf("import leaves allow for %d signatures, and it is one more", l.Imports)
		}
		l.imported++
	}
	r.put(&r.signs[index], place{l, Cell{number, s.Kind, s.Listing, s.Basis}})
	return nil
}

// put gives a signature a place in the count.
func (r *Replay) put(s *signed, p place) {
	n := r.numbers[p]
	if n == 0 {
		n = uint32(len(r.places))
		r.places, r.numbers[p] = append(r.places, p), n
	}
	s.place = n
	p.letter.Cells[p.cell]++
}

// target returns the signature that an act is about.
func (r *Replay) target(l *Letter, index int64) (*signed, error) {
	if index < 0 || index >= r.Size()-1 {
		return nil, fmt.Errorf("its target %d does not come before it", index)
	}
	s := &r.signs[index]
	switch {
	case s.place == 0:
		return nil, fmt.Errorf("its target %d is no signature that counts", index)
	case r.places[s.place].letter != l:
		return nil, fmt.Errorf("its target %d is a signature of another letter", index)
	case s.ended:
		return nil, fmt.Errorf("its target %d has ended before", index)
	}
	return s, nil
}

func (r *Replay) relist(l *Letter, a Relist) error {
	if err := l.open(); err != nil {
		return err
	}
	s, err := r.target(l, a.Target)
	if err != nil {
		return err
	}
	cell := r.places[s.place].cell
	if cell.Listing == a.Listing {
		return errors.New("it changes nothing")
	}
	l.Cells[cell]--
	cell.Listing = a.Listing
	r.put(s, place{l, cell})
	return nil
}

func (r *Replay) withdraw(l *Letter, a Withdraw) error {
	s, err := r.target(l, a.Target)
	if err != nil {
		return err
	}
	s.ended = true
	l.Cells[r.places[s.place].cell]--
	l.Ended[a.Reason]++
	return nil
}

func (l *Letter) close(c Close, index int64) error {
	if err := l.open(); err != nil {
		return err
	}
	if c.Size != index {
		return fmt.Errorf("it states the size %d", c.Size)
	}
	l.Closed = true
	return nil
}

func (l *Letter) deliver(d Deliver, index int64) error {
	if d.Size != index {
		return fmt.Errorf("it states the numbers of size %d", d.Size)
	}
	c := l.Counts()
	if d.Organisations != c.Organisations || d.Persons != c.Persons || d.Withheld != c.Withheld || d.Imported != c.Imported {
		return errors.New("it states numbers that the leaves before it do not give")
	}
	return nil
}

// Since returns the number of the last substantive edition; 1 when there was none, 0 before the first edition.
func (l *Letter) Since() int {
	since := min(len(l.Editions), 1)
	for _, e := range l.Editions {
		if e.Follows == Substantive {
			since = e.Number
		}
	}
	return since
}

// Counts returns the letter's numbers.
func (l *Letter) Counts() (c Counts) {
	since := l.Since()
	for cell, n := range l.Cells {
		if cell.Kind == Organisation {
			c.Organisations += n
		} else {
			c.Persons += n
		}
		if cell.Listing == Withheld {
			c.Withheld += n
		}
		if cell.Basis.Imported() {
			c.Imported += n
		}
		if cell.Edition < since {
			c.Earlier += n
		}
	}
	for reason, n := range l.Ended {
		switch {
		case reason.Removed():
			c.Removed += n
		case reason != Reaffirmed:
			c.Withdrawn += n
		}
	}
	return c
}

// clone returns a copy that later leaves do not change.
func (l *Letter) clone() *Letter {
	c := *l
	c.Editions, c.Cells, c.Ended = c.Editions[:len(c.Editions):len(c.Editions)], maps.Clone(l.Cells), maps.Clone(l.Ended)
	return &c
}

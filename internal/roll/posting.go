package roll

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Posting collects what leaves that get their index change in the list and the numbers of one letter. The tally folds what the
// log says, so that its numbers are those of a replay.
type Posting struct {
	tx        *store.Tx
	letter    letter.ID
	tally     map[cell]int
	hours     map[hourKey]int
	countries map[string]int
	recent    recent
}

// cell is one number of the tally.
type cell struct {
	verify.Cell
	outcome verify.Reason // counted, or the reason of an end
}

const counted verify.Reason = "counted"

// Post begins a posting, inside the transaction that gives the leaves their index. It locks the letter's row; whoever calls it
// locks signatures after that.
func Post(tx *store.Tx, l letter.ID) (*Posting, error) {
	var locked letter.ID
	if err := tx.Row(qLockLetter, l).Scan(&locked); err != nil {
		return nil, err
	}
	p, err := scanPublication(tx.Row(qFindPublication, l))
	if err != nil && !errors.Is(err, store.ErrNoRow) {
		return nil, err
	}
	return &Posting{tx: tx, letter: l, tally: map[cell]int{}, hours: map[hourKey]int{}, countries: map[string]int{}, recent: p.recent}, nil
}

// Count takes a signature that was given at that moment into the count.
func (p *Posting) Count(c verify.Cell, given time.Time) {
	p.tally[cell{c, counted}]++
	p.hours[hourOf(given, c.Kind)]++
}

// Relist says that the name of a signature in the count became public or ceased to be.
func (p *Posting) Relist(c verify.Cell, to verify.Listing) {
	p.tally[cell{c, counted}]--
	c.Listing = to
	p.tally[cell{c, counted}]++
}

// End takes a signature out of the count. One in whose place its signer put another is counted nowhere any more.
func (p *Posting) End(c verify.Cell, given time.Time, why verify.Reason) {
	p.tally[cell{c, counted}]--
	p.hours[hourOf(given, c.Kind)]--
	if why != verify.Reaffirmed {
		p.tally[cell{c, why}]++
	}
}

// Show puts the name of a signature into list and search, and among those that joined last.
func (p *Posting) Show(id int64, kind verify.Kind, name, country string) error {
	p.recent.add(kind, id)
	n, err := list(p.tx, p.letter, kind, name, id)
	p.countries[country] += n
	return err
}

// Close stores what was collected. size is that of the log after these leaves: the numbers are shown with the first checkpoint
// that has so many.
func (p *Posting) Close(size int64) error {
	for c, n := range p.tally {
		if n == 0 {
			continue
		}
		if _, err := p.tx.Exec(qAddTally, p.letter, c.Edition, c.Kind, c.Listing == verify.Withheld, c.Basis, c.outcome, n); err != nil {
			return err
		}
	}
	for k, n := range p.hours {
		if n == 0 {
			continue
		}
		if _, err := p.tx.Exec(qAddHour, p.letter, k.hour, k.kind, n); err != nil {
			return err
		}
	}
	for code, n := range p.countries {
		if n == 0 {
			continue
		}
		if _, err := p.tx.Exec(qAddCountry, p.letter, code, n); err != nil {
			return err
		}
	}
	text, err := json.Marshal(p.recent)
	if err != nil {
		return err
	}
	empty := (&verify.Tree{}).Root()
	_, err = p.tx.Exec(qPutPublication, p.letter, size, empty[:], string(text))
	return err
}

// Publish shows the numbers that go with a checkpoint, in the transaction that publishes it.
func Publish(tx *store.Tx, c verify.Checkpoint) error {
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

// Posted returns the numbers of a letter as of the last leaf that has an index, published or not: what counts, and what ended.
func Posted(tx *store.Tx, l letter.ID) (counts map[verify.Cell]int, ended map[verify.Reason]int, err error) {
	counts, ended = map[verify.Cell]int{}, map[verify.Reason]int{}
	for t, err := range store.Each(tx, qListPosted, scanTally, l) {
		if err != nil {
			return nil, nil, err
		}
		if t.outcome == counted {
			counts[t.Cell] += t.n
		} else {
			ended[t.outcome] += t.n
		}
	}
	return counts, ended, nil
}

// recentNames is how many of the last public names of each kind a letter's page shows.
const recentNames = 12

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
		p.at = time.UnixMicro(micros).UTC()
	}
	return p, json.Unmarshal([]byte(text), &p.recent)
}

package roll

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Counts are the published numbers of a letter. Organisations and Persons are all confirmed signatures of their kind,
// whatever their listing; the others say how many of them, or besides them, are what.
type Counts struct {
	Organisations, Persons int
	Withheld               int // of all: show no public name
	Imported               int // of all: came by reply, paper or import
	Withdrawn, Removed     int // beside them
	Earlier                int // of all: on an edition that a substantive one has replaced
	ByEdition              map[int]int
	Ended                  map[verify.Reason]int // of those withdrawn and removed
	PublishedAt            time.Time             // of the checkpoint; zero before the first
	Size                   int64                 // of the log that the numbers are of
	Root                   verify.Hash
}

// Summary returns what a letter's page shows of its signatures: the counts and the names that joined last. since is the
// number of the last substantive edition; signatures on editions before it count as earlier.
func (s *Service) Summary(ctx context.Context, l letter.ID, since int) (c Counts, persons, organisations []Signatory, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		c, persons, organisations = Counts{ByEdition: map[int]int{}, Ended: map[verify.Reason]int{}, Root: (&verify.Tree{}).Root()}, nil, nil
		for t, err := range store.Each(tx, qListTally, scanTally, l) {
			if err != nil {
				return err
			}
			c.add(t, since)
		}
		p, err := scanPublication(tx.Row(qFindPublication, l))
		if errors.Is(err, store.ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		c.PublishedAt, c.Size, c.Root = p.at, p.size, p.root
		if persons, err = findListed(tx, l, p.recent.Persons); err != nil {
			return err
		}
		organisations, err = findListed(tx, l, p.recent.Organisations)
		return err
	})
	return c, persons, organisations, err
}

// Sum returns the numbers that the leaves which have an index give, whether or not a checkpoint covers them yet.
func Sum(tx *store.Tx, l letter.ID) (Counts, error) {
	c := Counts{ByEdition: map[int]int{}, Ended: map[verify.Reason]int{}}
	for t, err := range store.Each(tx, qListPosted, scanTally, l) {
		if err != nil {
			return c, err
		}
		c.add(t, 0)
	}
	return c, nil
}

func (c *Counts) add(t tallied, since int) {
	if reason := t.outcome; reason != counted {
		if c.Ended[reason] += t.n; reason.Removed() {
			c.Removed += t.n
		} else {
			c.Withdrawn += t.n
		}
		return
	}
	if t.Kind == verify.Organisation {
		c.Organisations += t.n
	} else {
		c.Persons += t.n
	}
	if t.Listing == verify.Withheld {
		c.Withheld += t.n
	}
	if t.Basis.Imported() {
		c.Imported += t.n
	}
	if t.Edition < since {
		c.Earlier += t.n
	}
	c.ByEdition[t.Edition] += t.n
}

type tallied struct {
	cell
	n int
}

func scanTally(row store.Row) (t tallied, err error) {
	var withheld bool
	err = row.Scan(&t.Edition, &t.Kind, &withheld, &t.Basis, &t.outcome, &t.n)
	if t.Listing = verify.Public; withheld {
		t.Listing = verify.Withheld
	}
	return t, err
}

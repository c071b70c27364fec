package public

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/web/page"
)

// Counts are the numbers of the count box; never one inflated number.
type Counts struct {
	Organisations, Persons                 int
	Withheld, Imported, Withdrawn, Removed int
	Earlier                                int // of all, signed on an earlier, substantively different edition

	ByEdition []EditionCount // all that stand, the current edition first; none while there is only one
	Ended     []ReasonCount  // those withdrawn and removed, by reason
	AsOf      string         // time of the checkpoint, "" before the first
	Size      int            // entries of the log at that checkpoint
	CheckURL  string         // how to check them
}

// EditionCount is how many signatures stand on an edition.
type EditionCount struct{ Number, N int }

// ReasonCount is how many signatures ended for a reason.
type ReasonCount struct {
	Reason string // signer erasure duplicate fraud moderation import
	N      int
}

// Any reports whether there is anything to count.
func (c Counts) Any() bool { return c.Organisations+c.Persons+c.Withdrawn+c.Removed > 0 }

func (c Counts) of(kind string) int {
	if kind == "person" {
		return c.Persons
	}
	return c.Organisations
}

// headline is what a letter's card shows: all that stand, by kind. Signers of texts that a substantive edition replaced are
// among them, and stated beside them in the count box.
func headline(c roll.Counts) Counts {
	return Counts{Organisations: c.Organisations, Persons: c.Persons, Withheld: c.Withheld, Imported: c.Imported,
		Withdrawn: c.Withdrawn, Removed: c.Removed, Earlier: c.Earlier}
}

// counts is what the count box shows.
func (h *Handlers) counts(r *http.Request, l *cachedLetter) Counts {
	c := headline(l.Counts)
	c.CheckURL = page.Local(r, "/letters/"+l.Slug+"/check")
	if !l.Counts.PublishedAt.IsZero() {
		c.AsOf, c.Size = page.LocaleOf(r).DateTime(l.Counts.PublishedAt, time.UTC), int(l.Counts.Size)
	}
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(l.Counts.ByEdition))) {
		if n := l.Counts.ByEdition[number]; n > 0 {
			c.ByEdition = append(c.ByEdition, EditionCount{number, n})
		}
	}
	if len(c.ByEdition) == 1 && c.ByEdition[0].Number == l.Edition.Number {
		c.ByEdition = nil
	}
	for _, reason := range slices.Sorted(maps.Keys(l.Counts.Ended)) {
		if n := l.Counts.Ended[reason]; n > 0 {
			c.Ended = append(c.Ended, ReasonCount{string(reason), n})
		}
	}
	return c
}

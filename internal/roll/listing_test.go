package roll_test

import (
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/roll"
)

// TestListing_whoSeesWhat is the table of who sees a name, written a second time: a listing that is added wants a row in both.
func TestListing_whoSeesWhat(t *testing.T) {
	rows := []struct {
		listing                      roll.Listing
		public, addressee, coalition bool
		hides                        []roll.Listing // names of these are seen by somebody who does not see them under this one
	}{
		{roll.Public, true, true, true, nil},
		{roll.Addressee, false, true, true, []roll.Listing{roll.Public}},
		{roll.Coalition, false, false, true, []roll.Listing{roll.Public, roll.Addressee}},
		{roll.Counted, false, false, false, []roll.Listing{roll.Public, roll.Addressee, roll.Coalition}},
	}
	if len(rows) != len(roll.Listings) {
		t.Errorf("%d of %d listings", len(rows), len(roll.Listings))
	}
	for _, row := range rows {
		for audience, want := range map[roll.Audience]bool{roll.ForPublic: row.public, roll.ForAddressee: row.addressee,
			roll.ForCoalition: row.coalition, "nobody": false} {
			if got := audience.Sees(row.listing); got != want {
				t.Errorf("%s sees %s: %v", audience, row.listing, got)
			}
		}
		for _, from := range roll.Listings {
			if got := row.listing.Hides(from); got != slices.Contains(row.hides, from) {
				t.Errorf("%s hides what was %s: %v", row.listing, from, got)
			}
		}
	}
	if roll.ForCoalition.Sees("unknown") {
		t.Error("a listing that does not exist is seen")
	}
}

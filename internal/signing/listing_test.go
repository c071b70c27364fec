package signing_test

import (
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/signing"
)

// TestListing_whoSeesWhat is the table of who sees a name, written a second time: a listing that is added wants a row in both.
func TestListing_whoSeesWhat(t *testing.T) {
	rows := []struct {
		listing                      signing.Listing
		public, addressee, coalition bool
		hides                        []signing.Listing // names of these are seen by somebody who does not see them under this one
	}{
		{signing.Public, true, true, true, nil},
		{signing.Addressee, false, true, true, []signing.Listing{signing.Public}},
		{signing.Coalition, false, false, true, []signing.Listing{signing.Public, signing.Addressee}},
		{signing.Counted, false, false, false, []signing.Listing{signing.Public, signing.Addressee, signing.Coalition}},
	}
	if len(rows) != len(signing.Listings) {
		t.Errorf("%d of %d listings", len(rows), len(signing.Listings))
	}
	for _, row := range rows {
		for audience, want := range map[signing.Audience]bool{signing.ForPublic: row.public, signing.ForAddressee: row.addressee,
			signing.ForCoalition: row.coalition, "nobody": false} {
			if got := signing.Sees(audience, row.listing); got != want {
				t.Errorf("%s sees %s: %v", audience, row.listing, got)
			}
		}
		for _, from := range signing.Listings {
			if got := signing.Hides(row.listing, from); got != slices.Contains(row.hides, from) {
				t.Errorf("%s hides what was %s: %v", row.listing, from, got)
			}
		}
	}
	if signing.Sees(signing.ForCoalition, "unknown") {
		t.Error("a listing that does not exist is seen")
	}
}

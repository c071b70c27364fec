package roll

import (
	"slices"

	"github.com/undersigned/undersigned/internal/fault"
)

// Listing says who may see the name of a signature.
type Listing string

// The listings.
const (
	Public    Listing = "public"
	Addressee Listing = "addressee" // the addressee and the coalition
	Coalition Listing = "coalition" // the lead organisations
	Counted   Listing = "counted"   // nobody: counted only
)

// Listings are all listings, the most visible first: the order in which a form offers them.
var Listings = []Listing{Public, Addressee, Coalition, Counted}

// Audience says for whom a page, a document or an export is made.
type Audience string

// The audiences.
const (
	ForPublic    Audience = "public"
	ForAddressee Audience = "addressee"
	ForCoalition Audience = "coalition"
)

// Audiences are all audiences.
var Audiences = []Audience{ForPublic, ForAddressee, ForCoalition}

// seenBy says for each listing who sees the name. It is the only place that does.
var seenBy = map[Listing][]Audience{
	Public:    {ForPublic, ForAddressee, ForCoalition},
	Addressee: {ForAddressee, ForCoalition},
	Coalition: {ForCoalition},
	Counted:   {},
}

// Valid reports whether there is such a listing.
func (l Listing) Valid() bool { return slices.Contains(Listings, l) }

// Check returns a fault unless there is such an audience.
func (a Audience) Check() error {
	if !slices.Contains(Audiences, a) {
		return fault.New(fault.Invalid, "export.audience").On("audience")
	}
	return nil
}

// Sees reports whether the audience may see a name of that listing.
func (a Audience) Sees(l Listing) bool { return slices.Contains(seenBy[l], a) }

// Hides reports whether somebody does not see a name any more when it comes from another listing to this one.
func (l Listing) Hides(from Listing) bool {
	return slices.ContainsFunc(seenBy[from], func(a Audience) bool { return !a.Sees(l) })
}

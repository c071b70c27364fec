package signing

import (
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

// For tests of rules that have no door of their own.
var (
	CheckName  = checkName
	Misleads   = misleads
	Skeleton   = skeleton
	Fold       = i18n.Fold
	OpenCursor = openCursor
	SortKey    = sortKey
	Words      = searchWords
	Digits     = asciiDigits
	Mask       = mask
	Sees       = Audience.sees
	Hides      = Listing.hides
)

// ParseAddress returns the three spellings of an address.
func ParseAddress(typed string) (kept, exact, mailbox string, f *fault.Error) {
	a, f := parseAddress(typed)
	return a.typed, a.exact, a.mailbox, f
}

package signing

// For tests of rules that have no door of their own.
var (
	OpenCursor = openCursor
	SortKey    = sortKey
	Words      = searchWords
	Digits     = asciiDigits
	Mask       = mask
)

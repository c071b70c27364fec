package roll

import "github.com/undersigned/undersigned/internal/i18n"

// For tests of rules that have no door of their own.
var (
	Fold       = i18n.Fold
	OpenCursor = openCursor
	Words      = searchWords
)

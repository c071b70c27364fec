package roll

// For tests of rules that have no door of their own.
var (
	OpenCursor = openCursor
	Words      = searchWords
)

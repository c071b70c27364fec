package signing

// For tests of rules that have no door of their own.
var (
	Digits = asciiDigits
	Mask   = mask
)

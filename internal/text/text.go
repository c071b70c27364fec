// Package text owns what the characters of a text may be and when two texts are the same: which characters hide or reorder
// others, what a line or a name that somebody typed may hold, how words are folded for search, which names look alike, the
// digits of every script, and the spellings of a mail address.
//
// It promises that all its functions are pure and that normalising twice changes nothing more. What it returns is stored or
// hashed (search words, tags of names and addresses, canonical files), so for a text that is valid today the bytes stay the
// same. It must not know a noun of the domain or a catalogue.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Rule is a set of kinds of characters that have no place in a text. A character that shows nothing, or changes how others
// show, is of exactly one kind; the joiners ZWNJ and ZWJ are of none, since scripts need them (Unicode TR 36, UTS 39).
type Rule uint16

const (
	breaks      Rule = 1 << iota // ends of lines and paragraphs, tabs
	control                      // C0 and C1 but for the breaks
	overrides                    // bidirectional embeddings, overrides and isolates
	marks                        // the directional marks LRM, RLM, ALM
	zeroWidth                    // soft hyphen, zero-width blanks, invisible operators, the byte order mark
	tags                         // the tag characters
	replacement                  // U+FFFD, what is left of a character that could not be read
	selectors                    // variation selectors of symbols
	empty                        // letters and symbols without a shape
	unknown                      // private use, other format characters, and what no version of Unicode known here has
)

// The rules, by what a text is for.
const (
	// Typed is for a line that somebody types about themselves: every kind is refused, see Line.
	Typed = breaks | Written | selectors | empty | unknown
	// Pasted is for a text that was copied or comes from a file, before somebody looked at it.
	Pasted = control | overrides | marks | zeroWidth
	// Written is for what a letter says. What it leaves decides what is signed: a kind more or less changes canonical files.
	Written = Pasted | tags | replacement
	// Shown is for what others wrote and we show as it is, in mails and of mails: none of it does something to a header, a
	// terminal or what stands beside it. U+FFFD stays, to say that something could not be read.
	Shown = Pasted | tags | unknown
	// ShownLine is Shown where a break would end the line too.
	ShownLine = Shown | breaks
	// Cell is for a cell of a spreadsheet: what copied names bring along, with the selectors behind a symbol.
	Cell = Pasted | selectors
	// Turning is what would turn the text of other cells around.
	Turning = overrides | marks
	// Planted is what nobody types by mistake.
	Planted = control | overrides
)

// Forbids reports whether a character is of one of the rule's kinds.
func (rule Rule) Forbids(r rune) bool {
	if r >= ' ' && r <= '~' {
		return false
	}
	if kind := formatOf(r); kind != 0 {
		return rule&kind != 0
	}
	if rule&(empty|unknown) == 0 || isJoiner(r) {
		return false
	}
	if !unicode.IsGraphic(r) {
		return rule&unknown != 0
	}
	return rule&empty != 0 && isEmpty(r)
}

// formatOf returns the kind of a character that has a use, 0 for letters and all others.
func formatOf(r rune) Rule {
	switch {
	case EndsLine(r), r == '\t':
		return breaks
	case r < ' ', r >= 0x7f && r < 0xa0:
		return control
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return overrides
	case r == 0x200e, r == 0x200f, r == 0x61c:
		return marks
	case r == 0xad, r == 0x200b, r >= 0x2060 && r <= 0x2064, r == 0xfeff:
		return zeroWidth
	case r >= 0xe0000 && r <= 0xe007f:
		return tags
	case r == 0xfffd:
		return replacement
	case r >= 0xfe00 && r <= 0xfe0f:
		return selectors
	}
	return 0
}

// isEmpty reports whether a character that counts as a letter, a mark or a symbol has no shape: joiners of graphemes, fillers of
// Hangul, inherent vowels of Khmer, selectors of Mongolian and Han, the blank of Braille, the null notehead, U+FFFC.
func isEmpty(r rune) bool {
	switch {
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f, r == 0x2800, r == 0x3164, r == 0xffa0,
		r >= 0xfff0 && r <= 0xffff, r == 0x1d159, r >= 0xe0080 && r <= 0xe0fff:
		return true
	}
	return false
}

func isJoiner(r rune) bool { return r == 0x200c || r == 0x200d }

// EndsLine reports whether a character ends a line.
func EndsLine(r rune) bool {
	return r >= '\n' && r <= '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n\n")

// LineEnds makes every sign for the end of a line an LF; a paragraph separator ends a paragraph.
func LineEnds(s string) string { return lineEnds.Replace(s) }

// Drop returns a text without the characters that the rule forbids.
func (rule Rule) Drop(s string) string {
	return strings.Map(func(r rune) rune {
		if rule.Forbids(r) {
			return -1
		}
		return r
	}, s)
}

// Line returns a text as one line: NFC, single blanks for white space of any kind, nothing that the rule forbids and no bytes that
// are not UTF-8.
func (rule Rule) Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case rule.Forbids(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

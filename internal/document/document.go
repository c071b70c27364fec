// Package document owns a letter as a document that is handed over: its model, made from an edition for an audience in a layout, and
// what is written of it, PDF, Word document and plain text; and the card, its picture beside a link.
//
// It promises that every word which is signed stands in the document, once and in its order (but for a list, which has none of them),
// that the same input, the fonts of the machine included, gives the same bytes, that what it cannot show, a picture or a character, it
// reports, and that a Word document imports back as the letter it was made of. What does not come back: pictures, of which the importer
// says what they show, the marks of code, and where lines end in code and in the source; captions become paragraphs. It must not know who
// may see which name (roll says it), nor HTTP.
package document

import (
	"github.com/undersigned/undersigned/internal/i18n"
)

// Document is a letter with its signatories and its verification sheet, as a row of blocks. It holds nothing of a format that it is
// written in.
type Document struct {
	Title    string
	Language string // of the letter; blocks and runs that are in another one say so
	Author   string // the lead organisations
	Sheet    Sheet
	Layout   Layout // "" is that of a letter
	Blocks   []Block
	Notes    [][]Block // the footnotes; a run names its own by its place, from 1
	Copy     string    // the number of a copy that is not public, 32 hex digits drawn at random
	Stamp    string    // stands across each page of what is no document yet

	words *i18n.Locale // in which the document speaks itself
}

// Sheet is a size of paper.
type Sheet string

// The sheets.
const (
	A4     Sheet = "a4"
	Letter Sheet = "letter"
)

// Block is a part of a document from margin to margin: one of the types below.
type Block any

// Run is text of one kind within a block. "\n" ends a line.
type Run struct {
	Text                       string
	Bold, Italic, Strike, Code bool
	Link                       string
	Language                   string // "" if that of its block
	Field                      Field  // what it is of an address or a signature
	Note                       int    // of the mark of a note: its place in Document.Notes, from 1
}

// Field is what words are of an address or a signature.
type Field int

// The fields.
const (
	NoField Field = iota
	FormOfAddress
	Name
	Office
	AddressLine
	Function // in which somebody signs
	Organisation
)

// Heading begins a part of the document. Level 1 is the title.
type Heading struct {
	Level    int
	Runs     []Run
	Language string // "" if that of the document, as in all blocks
}

// Role says what a paragraph is in its letter.
type Role int

// The roles.
const (
	Body Role = iota
	Subtitle
	Address // of whom the letter is to
	Dateline
	Subject
	Salutation
	Closing
	SignedBy
	Remark     // of the document itself, in small letters
	Submitters // who hands a document in, where its layout says so
)

// Paragraph is text in lines.
type Paragraph struct {
	Role     Role
	Runs     []Run
	Language string
}

// List is items with a mark each.
type List struct {
	Items []Item
	Loose bool // with room between the items
}

// Item is an item of a list. Its mark is a number as the letter has it, or a bullet.
type Item struct {
	Mark   string
	Demand bool
	Blocks []Block
}

// Quotation is what is quoted.
type Quotation struct{ Blocks []Block }

// Code is text whose lines are kept.
type Code struct{ Text string }

// Table is rows of cells, the first of which are headings.
type Table struct {
	Head int
	Rows [][]Cell
}

// Cell is a cell of a table.
type Cell struct {
	Runs  []Run
	Align Align
}

// Align says where the text of a cell stands.
type Align int

// The places, the first being that of the language.
const (
	Start Align = iota
	Left
	Centre
	Right
)

// Picture is a picture with what is said of it.
type Picture struct {
	Data    []byte // PNG, JPEG or GIF; nil if it is not at hand
	Alt     string
	Caption []Run
	Written bool // somebody's signature, which is as high as handwriting
}

// Rule is a line between parts of a text.
type Rule struct{}

// Letterhead names who leads the letter, in rows of at most four.
type Letterhead struct{ Leads []Lead }

// Lead is an organisation on the letterhead.
type Lead struct {
	Name    string
	Address []string // with what else says how it is reached
	Logo    []byte
}

// Window is an address that shows through the window of an envelope.
type Window struct{ Lines []string }

// Labels are addresses to be stuck on envelopes, on sheets of their own.
type Labels struct{ Addresses [][]string }

// Signatories are names in columns.
type Signatories struct {
	Names    []Signatory
	Language string
}

// Signatory is one of them.
type Signatory struct {
	Name, Title, Affiliation, Country string
	Mark                              string // how it was given, if not through a mailbox
}

// Facts are pairs of a label and what it is.
type Facts struct {
	Rows     []Fact
	Language string
}

// Fact is one of them.
type Fact struct {
	Label string
	Value string
	Code  bool // the value is a fingerprint or an address, which is written from left to right
}

// Square is a QR code.
type Square struct {
	Text string
	Alt  string
}

// NewPage begins a page, and a part of the document.
type NewPage struct{ Begins Part }

// Part is what stands on pages of its own.
type Part int

// The parts.
const (
	TheText  Part = iota // what is signed, with its letterhead
	TheCover             // what goes before it
	TheSignatories
	TheSheet // that says how to check the document
)

// Package roster reads lists of signatories out of spreadsheets: CSV in any of its dialects, and XLSX.
//
// It promises that a list is bounded before it is read, that every line is accounted for by its number in the file, that
// columns are recognised by their headings in the languages of the interface or named by the caller, and that nothing is
// guessed silently: what it left out stands in Ignored, what it changed in a line's Notes. It must not know the database,
// nor whom the letter has already.
package roster

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/text"
)

// Limits of a list. A larger one is split by whoever has it.
const (
	Limit      = 32 << 20 // bytes of the file
	MaxRows    = 200_000
	maxColumns = 100
	maxCell    = 2000 // bytes; what is longer is no name
)

// Field is what a column holds.
type Field string

// The fields.
const (
	Name         Field = "name"
	Given        Field = "given"  // with Family in place of Name
	Family       Field = "family" //
	Title        Field = "title"
	Affiliation  Field = "affiliation"
	Organisation Field = "organisation"
	Country      Field = "country"
	Email        Field = "email"
	Listing      Field = "listing"
	Kind         Field = "kind"
)

// Fields are all fields, in the order in which they are offered.
var Fields = []Field{Name, Given, Family, Title, Affiliation, Organisation, Country, Email, Listing, Kind}

// Roster is a list as it was read.
type Roster struct {
	SHA256  string   // lower-case hex, of the file
	Sheet   string   // the sheet that was read; "" for CSV
	Columns []Column // that are used, from left to right
	Ignored []string // headings of columns that hold something else
	Entries []Entry

	OfOrganisations bool // its organisations sign, and the persons beside them are who stands for them
}

// Column is a recognised column.
type Column struct {
	Number  int // from 1
	Heading string
	Field   Field
	Inverse bool // of Listing: yes keeps the name back
}

// Entry is one line of the list. Texts are as typed, without what shows nothing: they have yet to be checked as names are.
type Entry struct {
	Line         int // in the file, from 1
	Name         string
	Title        string
	Affiliation  string
	Organisation string
	Email        string
	Country      string // ISO 3166-1 alpha-2, "" if none was given or it is not known
	Listing      string // public, addressee, coalition, counted or ""
	Kind         string // person, organisation, both or ""
	Unnamed      bool   // the name is a word in place of one that is kept back
	Notes        []Note
	Fault        *fault.Error // why nobody signs by it

	// Of a mail.
	Writer   Writer
	Sent     time.Time
	Language string // that it is written in (BCP 47), "" if that is not known
	Subject  string
	Text     string // what its sender wrote
}

// Without returns the list without the lines of those numbers.
func (r *Roster) Without(lines []int) *Roster {
	rest := *r
	rest.Entries = slices.DeleteFunc(slices.Clone(r.Entries), func(e Entry) bool { return slices.Contains(lines, e.Line) })
	return &rest
}

// Writer says whether a line was written by whom it lists.
type Writer string

// The writers.
const (
	Another Writer = ""        // who made the list
	Sender  Writer = "sender"  // the line is of a mail that came from its address
	Claimed Writer = "claimed" // the line is of a mail that anybody may have sent in the name of its address
)

// Note is what was changed in a line, or could not be read of it.
type Note string

// The notes.
const (
	NoteHidden     Note = "hidden"     // characters that show nothing were taken out
	NoteCountry    Note = "country"    // the country is not known and was left out
	NoteListing    Note = "listing"    // the listing is not known: the line keeps back the name
	NoteUnanswered Note = "unanswered" // whether the name may be shown was not answered: it is kept back
	NoteUnnamed    Note = "unnamed"    // the line does not name its signer
	NoteLong       Note = "long"       // a cell was cut
	NoteKind       Note = "kind"       // the kind is not known and was left out
	NoteProtected  Note = "protected"  // the letter is for signers at risk: what comes on a list shows no name
	NoteEarlier    Note = "earlier"    // the mail was written before there was the text that is signed
	NoteAltered    Note = "altered"    // the mail has a signature of its domain, which does not hold
	NoteNoKey      Note = "no_key"     // the key of the mail's signature could not be had
)

// Read reads a list. The name of the file says what it is; columns names columns by number where their headings do not.
func Read(name string, data []byte, columns map[Field]int) (*Roster, error) {
	return ReadIn("", name, data, columns)
}

// ReadIn reads a list whose text is in one of Encodings; "" is UTF-8, or UTF-16 with a byte order mark.
func ReadIn(encoding, name string, data []byte, columns map[Field]int) (*Roster, error) {
	if len(data) > Limit {
		return nil, fault.New(fault.TooLarge, "import.too_large", "Size", len(data), "Limit", Limit)
	}
	t, err := readTable(name, data, encoding)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	r := &Roster{SHA256: hex.EncodeToString(sum[:]), Sheet: t.sheet}
	return r, r.read(t.rows, columns)
}

func readTable(name string, data []byte, encoding string) (table, error) {
	switch extension := strings.ToLower(filepath.Ext(name)); {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data)
	case extension == ".csv" || extension == ".tsv" || extension == ".txt" || extension == "":
		return readCSV(data, encoding)
	case extension == ".xlsx":
		return table{}, fault.New(fault.Invalid, "roster.not_xlsx")
	default:
		return table{}, fault.New(fault.Invalid, "roster.format", "Extension", extension)
	}
}

// Lines returns the rows of a file as text, a line each with tabs between its cells, for who wants to look at it and
// change it before it is read. Names, bounds and errors are those of Read.
func Lines(name string, data []byte) (string, error) {
	if len(data) > Limit {
		return "", fault.New(fault.TooLarge, "import.too_large", "Size", len(data), "Limit", Limit)
	}
	t, err := readTable(name, data, "")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range t.rows {
		if r.empty() {
			continue
		}
		for i, cell := range r.cells {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(strings.Join(strings.Fields(cell), " "))
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// table is the cells of a file before anybody knows what they mean.
type table struct {
	sheet string
	rows  []row
}

type row struct {
	line  int
	cells []string
}

func (r row) cell(number int) string {
	if number < 1 || number > len(r.cells) {
		return ""
	}
	return r.cells[number-1]
}

// first returns the first cell that holds anything.
func (r row) first() string {
	for _, c := range r.cells {
		if c = strings.TrimSpace(c); c != "" {
			return c
		}
	}
	return ""
}

// sameAs reports whether another row says the same, as headings do that come again on each page.
func (r row) sameAs(o row) bool {
	for i := range max(len(r.cells), len(o.cells)) {
		if text.Fold(r.cell(i+1)) != text.Fold(o.cell(i+1)) {
			return false
		}
	}
	return len(r.cells) > 0
}

func (r row) empty() bool {
	return !slices.ContainsFunc(r.cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// headingRows is how far down the headings of the columns may stand: lists often begin with a title and a date.
const headingRows = 20

func (r *Roster) read(rows []row, given map[Field]int) error {
	rows = slices.DeleteFunc(rows, row.empty)
	if len(rows) == 0 {
		return fault.New(fault.Invalid, "roster.empty")
	}
	at := findHeadings(rows)
	if at < 0 && len(given) > 0 && isHeadingRow(rows[0]) {
		at = 0
	}
	if at < 0 && len(given) == 0 {
		if given = guessColumns(rows); given == nil {
			return fault.New(fault.Invalid, "roster.columns")
		}
	}
	l := layout{columns: map[Field]int{}, consent: says}
	if at >= 0 {
		l.headings = rows[at]
		rows = rows[at+1:]
		if err := r.recognise(&l, rows, given); err != nil {
			return err
		}
	}
	for field, number := range given {
		if field == Listing && number == 0 { // no column says it
			continue
		}
		if number < 1 || number > maxColumns {
			return fault.New(fault.Invalid, "roster.column_number", "Number", number)
		}
		l.columns[field] = number
		if at < 0 {
			r.Columns = append(r.Columns, Column{Number: number, Field: field})
		}
	}
	if l.columns[Name] == 0 && l.columns[Family] == 0 && l.columns[Organisation] == 0 {
		return fault.New(fault.Invalid, "roster.columns")
	}
	slices.SortFunc(r.Columns, func(a, b Column) int { return a.Number - b.Number })
	if len(rows) == 0 {
		return fault.New(fault.Invalid, "roster.empty")
	}
	l.organisations, l.names, l.numbered = r.OfOrganisations, isNumbered(rows, l.columns[Name]), isNumbered(rows, l.columns[Organisation])
	for _, row := range rows {
		r.Entries = append(r.Entries, row.entry(l))
	}
	return nil
}

// entry reads one line.
func (r row) entry(l layout) Entry {
	e := Entry{Line: r.line}
	take := func(f Field) string {
		text, hidden, cut := Tidy(r.cell(l.columns[f]))
		if hidden {
			e.note(NoteHidden)
		}
		if cut {
			e.note(NoteLong)
		}
		switch {
		case f == Listing, f == Country && strings.EqualFold(text, "NA"): // Namibia
		case f == Given || f == Family:
			if isDashes(text) {
				return ""
			}
		case isBlank(text):
			return ""
		}
		return text
	}
	e.Name, e.Title, e.Affiliation, e.Organisation, e.Email = take(Name), take(Title), take(Affiliation), take(Organisation), take(Email)
	if e.Name == "" {
		e.Name = strings.TrimSpace(take(Given) + " " + take(Family))
	}
	e.Name = unnumbered(e.Name, l.names)
	if l.numbered {
		e.Organisation = unnumbered(e.Organisation, true)
	}
	e.Email = strings.TrimPrefix(e.Email, "mailto:")
	if text := take(Country); text != "" {
		if e.Country = i18n.CountryCode(text); e.Country == "" {
			e.note(NoteCountry)
		}
	}
	if l.columns[Listing] != 0 {
		var n Note
		if e.Listing, n = l.consent.listingOf(take(Listing)); n != "" {
			e.note(n)
		}
	}
	if text := take(Kind); text != "" {
		if e.Kind = kindOf(text); e.Kind == "" {
			e.note(NoteKind)
		}
	}
	who := cmp.Or(e.Name, e.Organisation)
	if l.organisations {
		who = cmp.Or(e.Organisation, e.Name)
	}
	switch {
	case isUnnamed(who):
		e.Unnamed, e.Listing = true, "counted"
		e.note(NoteUnnamed)
	case countsOthers(who), !strings.ContainsFunc(who, unicode.IsLetter) && countsOthers(r.first()), l.headings.sameAs(r):
		e.Fault = fault.New(fault.Invalid, "roster.no_signatory")
	}
	return e
}

func (e *Entry) note(n Note) {
	if !slices.Contains(e.Notes, n) {
		e.Notes = append(e.Notes, n)
	}
}

// Tidy normalises a cell: NFC, single blanks, none of the marks that spreadsheets and messengers leave in copied names
// (directional marks and overrides, soft hyphens, variation selectors), and reports whether there were any.
func Tidy(cell string) (tidied string, hidden, cut bool) {
	if len(cell) > maxCell {
		cell, cut = strings.ToValidUTF8(cell[:maxCell], ""), true
	}
	hidden = strings.ContainsFunc(cell, text.Cell.Forbids)
	tidied = text.Cell.Line(strings.ToValidUTF8(cell, "\ufffd"))
	// Spreadsheets mark a cell as text with an apostrophe that is no part of it.
	if rest, ok := strings.CutPrefix(tidied, "'"); ok && rest != "" && !strings.Contains(rest, "'") {
		if first, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune("=+-@", first) {
			tidied = rest
		}
	}
	return tidied, hidden, cut
}

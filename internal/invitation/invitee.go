package invitation

import (
	"cmp"
	"encoding/csv"
	"net/mail"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

// Limits of a pasted list of people and organisations to be invited.
const (
	maxInviteeBytes = 1 << 20
	MaxInvitees     = 5000
	MaxWords        = 500 // characters of the words to one of them
)

// Invitee is somebody to be invited, as a list names them.
type Invitee struct {
	Line         int // in the list, from 1
	Name         string
	Email        string
	Organisation string
	Language     string // a code of the interface's languages; "" for the call's
	Words        string // of whoever invites to this one, a line of plain text; "" for none
	Repeats      int    // the line that named the address before, 0 if none did
}

// Misread is a line of a list that names nobody who could be invited.
type Misread struct {
	Line  int
	Text  string
	Fault *fault.Error
}

// InviteeList is a pasted list as it was read: every line that is not blank is an invitee, misread, or the headings.
type InviteeList struct {
	Invitees []Invitee
	Misread  []Misread
	Ignored  []string // headings of columns that say nothing of use here
}

// ForAll gives the language and the words to those for whom the list says no other. Both may be "".
func (l InviteeList) ForAll(language, words string) error {
	if language != "" && i18n.Find(language) == nil {
		return fault.New(fault.Invalid, "invitee.language").On("language")
	}
	words, f := text.Line("words", words, MaxWords)
	if f != nil {
		return f
	}
	for i := range l.Invitees {
		v := &l.Invitees[i]
		v.Language, v.Words = cmp.Or(v.Language, language), cmp.Or(v.Words, words)
	}
	return nil
}

// ParseInvitees reads a pasted list, one invitee a line: "a@b", "Name <a@b>" (several of these with commas between them
// too), or cells with tabs, semicolons or commas between them, in the order "Organisation; Name; a@b" or under a line of
// headings. A cell that is the code of a language of the interface is the invited's language.
func ParseInvitees(text string) (InviteeList, error) {
	if len(text) > maxInviteeBytes {
		return InviteeList{}, fault.New(fault.TooLarge, "import.too_large", "Size", len(text), "Limit", maxInviteeBytes).On("invitees")
	}
	r := inviteeReader{lines: map[string]int{}}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(strings.ToValidUTF8(text, "\ufffd"))
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if strings.TrimSpace(line) != "" {
			r.line(number, line)
		}
		if len(r.list.Invitees)+len(r.list.Misread) > MaxInvitees {
			return InviteeList{}, fault.New(fault.TooLarge, "roster.rows", "Limit", MaxInvitees).On("invitees")
		}
	}
	return r.list, nil
}

type inviteeReader struct {
	list    InviteeList
	columns map[roster.Field]int // of the headings, from 0; nil before any
	comma   rune                 // what stands between the cells under the headings
	lines   map[string]int       // the first line of each address
}

// Columns that only these lists have, named as in the messages of their headings.
const (
	fieldLanguage roster.Field = "language"
	fieldWords    roster.Field = "line"
)

func (r *inviteeReader) line(number int, line string) {
	switch {
	case !strings.Contains(line, "@") && r.headings(line):
	case r.columns != nil && r.byHeadings(number, line):
	case r.addresses(number, line):
	default:
		r.cells(number, line)
	}
}

// headings reports whether a line names columns, one of addresses among them, and then keeps them.
func (r *inviteeReader) headings(line string) bool {
	cells, comma := cellsOf(line)
	fields := roster.FieldsOf(cells)
	if !slices.Contains(fields, roster.Email) {
		return false
	}
	r.columns, r.comma = map[roster.Field]int{}, comma
	for i, field := range fields {
		if heading, _, _ := roster.Tidy(cells[i]); field == "" {
			field = ownField(heading)
		}
		_, twice := r.columns[field]
		switch field {
		case roster.Name, roster.Given, roster.Family, roster.Organisation, roster.Affiliation, roster.Email, fieldLanguage, fieldWords:
			if !twice {
				r.columns[field] = i
				continue
			}
		}
		if heading, _, _ := roster.Tidy(cells[i]); heading != "" {
			r.list.Ignored = append(r.list.Ignored, heading)
		}
	}
	return true
}

// ownField returns which of the columns that only these lists have a heading names, "" for none.
func ownField(heading string) roster.Field {
	for _, field := range []roster.Field{fieldLanguage, fieldWords} {
		for _, l := range i18n.All() {
			if text.Fold(l.T("invitation."+string(field))) == text.Fold(heading) {
				return field
			}
		}
	}
	return ""
}

// byHeadings reads a line of a table; false if its column of addresses holds none.
func (r *inviteeReader) byHeadings(number int, line string) bool {
	cells := split(line, r.comma)
	take := func(f roster.Field) string {
		if i, ok := r.columns[f]; ok && i < len(cells) {
			text, _, _ := roster.Tidy(cells[i])
			return text
		}
		return ""
	}
	v := Invitee{Line: number, Name: take(roster.Name), Email: take(roster.Email), Organisation: take(roster.Organisation),
		Words: take(fieldWords)}
	if !strings.Contains(v.Email, "@") {
		return false
	}
	if v.Name == "" {
		v.Name = strings.TrimSpace(take(roster.Given) + " " + take(roster.Family))
	}
	if v.Organisation == "" {
		v.Organisation = take(roster.Affiliation)
	}
	if text := take(fieldLanguage); text != "" {
		if v.Language = languageOf(text); v.Language == "" {
			r.misread(number, line, fault.New(fault.Invalid, "invitee.language"))
			return true
		}
	}
	r.add(v, line)
	return true
}

// addresses reads what a mail program writes; false if the line is anything else. What it would drop, comments and names
// of groups, is left to cells.
func (r *inviteeReader) addresses(number int, line string) bool {
	text, _, cut := roster.Tidy(line)
	if cut || strings.ContainsAny(text, "(:") {
		return false
	}
	list, err := mail.ParseAddressList(strings.TrimRight(text, ",; "))
	if err != nil {
		return false
	}
	for _, a := range list {
		r.add(Invitee{Line: number, Name: a.Name, Email: a.Address}, line)
	}
	return true
}

// cells reads a line without headings.
func (r *inviteeReader) cells(number int, line string) {
	cells, comma := cellsOf(line)
	v := Invitee{Line: number}
	var texts []string
	first, found := 0, 0
	for i, cell := range cells {
		text, _, cut := roster.Tidy(cell)
		switch {
		case cut:
			r.misread(number, line, fault.New(fault.Invalid, "invitee.parts"))
			return
		case strings.Contains(text, "@"):
			if found++; found == 1 {
				first = i
			}
			v.Name, v.Email = cutAddress(text)
		case text == "":
		case v.Language == "" && i18n.Find(text) != nil:
			v.Language = text
		default:
			texts = append(texts, text)
		}
	}
	if found > 1 {
		r.several(number, line, cells)
		return
	}
	if found == 1 && comma == ',' && v.Name != "" && first > 0 { // "Family, Given <a@b>"
		v.Name = strings.Join(append(texts, v.Name), ", ")
		texts = nil
	}
	switch {
	case found == 0:
		r.misread(number, line, fault.New(fault.Invalid, "invitee.address"))
		return
	case v.Name != "" && len(texts) == 1:
		v.Organisation = texts[0]
	case v.Name == "" && len(texts) == 1:
		v.Name = texts[0]
	case v.Name == "" && len(texts) == 2 && first > 0:
		v.Organisation, v.Name = texts[0], texts[1]
	case v.Name == "" && len(texts) == 2:
		v.Name, v.Organisation = texts[0], texts[1]
	case len(texts) > 0:
		r.misread(number, line, fault.New(fault.Invalid, "invitee.parts"))
		return
	}
	r.add(v, line)
}

// several reads a line of nothing but addresses, each with or without a name.
func (r *inviteeReader) several(number int, line string, cells []string) {
	for _, cell := range cells {
		text, _, _ := roster.Tidy(cell)
		if text == "" {
			continue
		}
		if strings.Count(text, "@") != 1 {
			r.misread(number, text, fault.New(fault.Invalid, "invitee.address"))
			continue
		}
		v := Invitee{Line: number}
		v.Name, v.Email = cutAddress(text)
		r.add(v, text)
	}
}

// add checks an invitee as the sign form would, and takes it or says what is wrong.
func (r *inviteeReader) add(v Invitee, line string) {
	v.Email = strings.TrimPrefix(v.Email, "mailto:")
	v, a, f := v.check()
	if f != nil {
		r.misread(v.Line, line, f)
		return
	}
	if v.Repeats = r.lines[a.Exact]; v.Repeats == 0 {
		r.lines[a.Exact] = v.Line
	}
	r.list.Invitees = append(r.list.Invitees, v)
}

func (r *inviteeReader) misread(number int, line string, f *fault.Error) {
	text, _, _ := roster.Tidy(line)
	r.list.Misread = append(r.list.Misread, Misread{number, text, f})
}

// check normalises an invitee and says what is wrong with it first.
func (v Invitee) check() (Invitee, text.Address, *fault.Error) {
	a, f := text.ParseAddress(v.Email)
	if f != nil {
		return v, a, f
	}
	v.Email = a.Typed
	if strings.TrimSpace(v.Name) != "" {
		if v.Name, f = text.Name("name", v.Name, signing.MaxName); f != nil {
			return v, a, f
		}
	}
	if strings.TrimSpace(v.Organisation) != "" {
		if v.Organisation, f = text.Name("organisation", v.Organisation, signing.MaxName); f != nil {
			return v, a, f
		}
	}
	if v.Language != "" && i18n.Find(v.Language) == nil {
		return v, a, fault.New(fault.Invalid, "invitee.language")
	}
	v.Words, f = text.Line("words", v.Words, MaxWords)
	return v, a, f
}

// cutAddress divides "Name <a@b>" into its parts.
func cutAddress(cell string) (name, email string) {
	before, rest, angled := strings.Cut(cell, "<")
	if !angled {
		return "", cell
	}
	email, after, _ := strings.Cut(rest, ">")
	return strings.Trim(strings.TrimSpace(before+" "+after), `"' `), strings.TrimSpace(email)
}

// cellsOf divides a line at its tabs, else at its semicolons, else at its commas, and says at which.
func cellsOf(line string) ([]string, rune) {
	for _, comma := range []rune{'\t', ';'} {
		if strings.ContainsRune(line, comma) {
			return split(line, comma), comma
		}
	}
	return split(line, ','), ','
}

func split(line string, comma rune) []string {
	in := csv.NewReader(strings.NewReader(line))
	in.Comma, in.LazyQuotes, in.FieldsPerRecord, in.TrimLeadingSpace = comma, true, -1, comma != '\t'
	cells, err := in.Read()
	if err != nil {
		return strings.Split(line, string(comma))
	}
	return cells
}

// languageOf returns the code of a language given as code or by its name in itself.
func languageOf(typed string) string {
	for _, l := range i18n.All() {
		if folded := text.Fold(typed); folded == text.Fold(l.Code) || folded == text.Fold(l.Name) {
			return l.Code
		}
	}
	return ""
}

package importer

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// LeftOut is what a file says and the draft does not: words of one line, as they stand there, or of all lines of what was added to a letter.
type LeftOut struct {
	Line int    `json:"line"` // of the source; of a document of Word, the paragraph; 0 for what stands outside them
	Text string `json:"text"`
	Why  Reason `json:"why"`
}

// Reason says why something was left out.
type Reason string

// The reasons.
const (
	Around     Reason = "around"
	Hidden     Reason = "hidden"
	Properties Reason = "properties"
	Above      Reason = "above"
	Below      Reason = "below"
	Label      Reason = "label"
	Added      Reason = "added"
	Picture    Reason = "picture"
)

// reasonText is the English of every reason.
var reasonText = map[Reason]string{
	Around:     "belongs to the page around the letter",
	Hidden:     "is not shown where the file is",
	Properties: "is a property of the file",
	Above:      "stands above the letter and is no part of it that is known",
	Below:      "stands below the letter and names nobody who signed",
	Label:      "only says what stands beside it",
	Picture:    "says what a picture shows, which a text cannot",
	Added:      "was added to the letter when this document was made of it",
}

// String says in English why.
func (r Reason) String() string { return reasonText[r] }

// MarshalText makes a reason a string in JSON.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// leave notes words that are left out, if they are any.
func (p *page) leave(at int, text string, why Reason) {
	if text = strings.Join(strings.Fields(text), " "); strings.ContainsFunc(text, isWordRune) {
		p.leftOut = append(p.leftOut, LeftOut{at, text, why})
	}
}

// account leaves out what no part of the draft has: of every line that is not kept as it is, the words that stand in no field.
// Where these are most of a line, it is left out whole.
func (p *page) account(r *reader, d *Draft, body, kept []line) {
	shown, first := make([]string, len(p.lines)+1), len(p.lines)
	if len(body) > 0 {
		first = body[0].id
	}
	for _, l := range kept {
		shown[l.id] += " " + l.text
	}
	var fields fieldIndex
	for _, l := range p.lines {
		if r.around[l.id] {
			p.leave(l.at, l.text, Around)
			continue
		}
		if shown[l.id] == " "+l.text {
			continue
		}
		if fields == nil {
			fields = indexFields(d)
		}
		why := Above
		if l.id > first {
			why = Below
		}
		for _, text := range fields.missing(l.text, strings.TrimSpace(shown[l.id])) {
			switch {
			case r.isLabel(text):
				p.leave(l.at, text, Label)
			case why == Below && text != l.text && r.isHonorifics(text): // of a signer on this line
			default:
				p.leave(l.at, text, why)
			}
		}
	}
	slices.SortStableFunc(p.leftOut, func(a, b LeftOut) int { return cmp.Compare(a.Line, b.Line) })
}

// isLabel reports whether words are nothing but a label whose text was read: "Subject:", "Signed by".
func (r *reader) isLabel(text string) bool {
	folded := strings.Trim(fold(text), " .:*|-")
	return r.Subjects.has(folded) || r.DateWith.has(folded) || r.Signed.has(folded) || r.isSignedLabel(line{text: text})
}

// isHonorifics reports whether words are nothing but what stands before a name: "Prof. Dr".
func (r *reader) isHonorifics(text string) bool {
	const name = "Name Name"
	return r.withoutHonorifics(strings.TrimRight(text, ".")+". "+name) == name || r.withoutHonorifics(text+" "+name) == name
}

// fieldIndex are the words of all fields by word: each with those that follow it in its field.
type fieldIndex map[string][]fieldEnd

// fieldEnd is a field from one of its words on.
type fieldEnd struct {
	words []string
	whole bool // from its first word on
}

// mostIndexed is how many words of a field a line may begin with.
const mostIndexed = 200

// indexFields returns the words of the fields. Of signers, who may be many, only whole fields are found.
func indexFields(d *Draft) fieldIndex {
	index := fieldIndex{}
	add := func(inside int, fields ...string) {
		for _, field := range fields {
			words := barely(field)
			for i := range words[:min(len(words), inside)] {
				index[words[i]] = append(index[words[i]], fieldEnd{words[i:], i == 0})
			}
		}
	}
	add(mostIndexed, d.Title, d.Subtitle, d.DateAsWritten, d.Place, d.SalutationLine, d.ClosingLine, d.Sender.Name, d.Sender.Email)
	add(mostIndexed, d.Sender.Address...)
	for _, a := range d.Addressees {
		add(mostIndexed, a.Before, a.Name, a.Office)
		add(mostIndexed, a.Address...)
	}
	for _, s := range d.SignedBy {
		add(1, s.Name, s.Role, s.Organisation)
	}
	return index
}

// barely returns the folded words of a text without the signs around them; a sign alone is "".
func barely(text string) []string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = strings.TrimFunc(fold(w), func(r rune) bool { return !isWordRune(r) })
	}
	return words
}

// missing returns the words of a line that stand in no field and are no part of what is shown of it.
func (index fieldIndex) missing(text, shown string) (missing []string) {
	before, after, ok := strings.Cut(text, shown)
	if shown != "" && ok {
		return append(index.missing(before, ""), index.missing(after, "")...)
	}
	words, folded, mark := strings.Fields(text), barely(text), ""
	if m := readMarker(text, nil); m.isItem() {
		mark = strings.TrimSpace(text[:m.size])
	}
	known, all, first, last := 0, 0, -1, -1 // words known, all words, and the ends of a run that is not known
	end := func() {
		if first >= 0 {
			missing = append(missing, strings.Trim(strings.Join(words[first:last+1], " "), ",;()[]<>|- "))
		}
		first = -1
	}
	for i := 0; i < len(words); {
		n := index.longest(folded[i:])
		switch {
		case n > 0:
			end()
			known += n
		case folded[i] != "" && !connectives()[folded[i]] && !(i == 0 && len(words) > 1 && (mark == words[i] || isDigits(folded[i]))):
			all++
			if last = i; first < 0 {
				first = i
			}
		}
		all += n
		i += max(n, 1)
	}
	end()
	if len(missing) > 0 && known*2 < all {
		return []string{text}
	}
	return missing
}

// longest returns how many of the words stand in a field: a whole one, or two and more, one that the line begins or ends with.
func (index fieldIndex) longest(words []string) (longest int) {
	for _, field := range index[words[0]] {
		if n := common(words, field.words); n > longest && (n > 1 || n == len(field.words) && field.whole) {
			longest = n
		}
	}
	return longest
}

// common returns how many words two texts have in common at their start.
func common(a, b []string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// connectives are the words that only say how the fields beside them belong together: "to", "and", "on behalf of".
var connectives = sync.OnceValue(func() map[string]bool {
	w, set := everywhere(), map[string]bool{}
	for _, p := range [...]phrases{w.Articles, w.OfficeArticles, w.Ands, w.Conjunction, w.Behalf, w.BehalfNames, w.To, w.From} {
		for _, phrase := range p {
			for word := range strings.FieldsSeq(phrase) {
				set[word] = true
			}
		}
	}
	return set
})

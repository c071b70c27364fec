package signing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Shown is what a signature shows of who gives it, as it is typed, and to whom. What a list says of it is its Record.
type Shown struct {
	Kind         verify.Kind  `json:"-"`              // verify.Person or verify.Organisation, of a form also Both; where it is stored it is a column
	Name         string       `json:"name,omitempty"` // the person's, or that of an organisation's representative, who is never shown
	Title        string       `json:"title,omitempty"`
	Affiliation  string       `json:"affiliation,omitempty"`
	Organisation string       `json:"organisation,omitempty"`
	Country      string       `json:"country,omitempty"` // ISO 3166-1 alpha-2 or ""
	Listing      roll.Listing `json:"listing"`
}

// Both is a kind of form: one mail and one confirmation, and a signature of each kind.
const Both verify.Kind = "both"

// Parts returns what each of the signatures shows that a form becomes.
func (s Shown) Parts() []Shown {
	if s.Kind != Both {
		return []Shown{s}
	}
	organisation, person := s, s
	organisation.Kind, person.Kind = verify.Organisation, verify.Person
	return []Shown{organisation, person}
}

// Record returns what is published of a signature, or would be if its listing were public: a person with the organisation
// as affiliation where no other is given, or the organisation alone.
func (s Shown) Record() verify.Record {
	if s.Kind == verify.Organisation {
		return verify.Record{Name: s.Organisation, Country: s.Country}
	}
	return verify.Record{Name: s.Name, Title: s.Title, Affiliation: cmp.Or(s.Affiliation, s.Organisation), Country: s.Country}
}

// shownOf is the reverse of Shown.Record, as far as that can be: it leaves out what a record does not say.
func shownOf(kind verify.Kind, r verify.Record) Shown {
	if kind == verify.Organisation {
		return Shown{Kind: kind, Organisation: r.Name, Country: r.Country}
	}
	return Shown{Kind: kind, Name: r.Name, Title: r.Title, Affiliation: r.Affiliation, Country: r.Country}
}

// masked shows the kind, the listing, and of each name the first letters: a forwarded link tells nobody who signs.
func (s Shown) masked() Shown {
	return Shown{Kind: s.Kind, Name: mask(s.Name), Organisation: mask(s.Organisation), Listing: s.Listing}
}

// mask hides all but the first letter of each word.
func mask(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		r := []rune(w)
		words[i] = string(r[:1]) + "…"
	}
	return strings.Join(words, " ")
}

// line is a text of one line in a form, and the rule for it: it returns the text as it is kept, or what is wrong with it.
type line struct {
	field string
	text  *string
	rule  func(field, typed string) (string, *fault.Error)
}

// lines returns the typed texts with their rules.
func (s *Shown) lines() [4]line {
	organisation := checkLine // of a person, who may belong to one
	if s.Kind == verify.Organisation || s.Kind == Both {
		organisation = checkName
	}
	return [4]line{{"organisation", &s.Organisation, organisation}, {"name", &s.Name, checkName}, {"title", &s.Title, checkLine},
		{"affiliation", &s.Affiliation, checkLine}}
}

func checkLine(field, typed string) (string, *fault.Error) { return text.Line(field, typed, MaxText) }

func checkName(field, typed string) (string, *fault.Error) { return text.Name(field, typed, MaxName) }

// Check normalises the texts and returns what is wrong with them. An organisation's representative may stay unnamed.
func (s *Shown) Check() (faults fault.List) {
	for _, l := range s.lines() {
		if l.field == "name" && s.Kind == verify.Organisation && strings.TrimSpace(s.Name) == "" {
			s.Name = ""
			continue
		}
		var f *fault.Error
		if *l.text, f = l.rule(l.field, *l.text); f != nil {
			faults = append(faults, f)
		}
	}
	return faults
}

// correct puts what is typed in a correction in the place of what was typed before, and returns what is wrong with it. What
// is empty there stays as it was.
func (s *Shown) correct(c Shown) (faults fault.List) {
	c.Kind = s.Kind
	old := s.lines()
	for i, l := range c.lines() {
		if strings.TrimSpace(*l.text) == "" || l.field == "organisation" && s.Kind == verify.Person {
			continue
		}
		text, f := l.rule(l.field, *l.text)
		if f != nil {
			faults = append(faults, f)
			continue
		}
		*old[i].text = text
	}
	if c.Listing.Valid() {
		s.Listing = c.Listing
	}
	return faults
}

// formOrder is the order in which a form shows what is wrong with it.
var formOrder = []string{"edition", "kind", "name", "email", "title", "affiliation", "organisation", "listing", "country", "informed", "consent"}

func inFormOrder(faults fault.List) fault.List {
	slices.SortStableFunc(faults, func(a, b *fault.Error) int {
		return cmp.Compare(slices.Index(formOrder, a.Field), slices.Index(formOrder, b.Field))
	})
	return faults
}

package document

import (
	"cmp"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// MakeBrief makes a document of what somebody needs who reports on a letter: to whom, by whom, until when, what it asks, who answers
// questions, and the sheet with the numbers and how to check them. It names no signatory.
func MakeBrief(in Input) *Document {
	t := in.Edition.Text(in.Language)
	d := begin(in.Letter, t)
	card := MakeCard(in)
	l := d.words
	d.Blocks = append(d.Blocks, Heading{Level: 1, Runs: []Run{{Text: d.Title}}})
	facts, contact := Facts{Language: l.Code}, Facts{Language: l.Code}
	for _, line := range card.To {
		facts.Rows = append(facts.Rows, Fact{Label: l.T("card.to"), Value: line})
	}
	for i, name := range card.Leads {
		facts.Rows = append(facts.Rows, Fact{Label: l.T("card.leads"), Value: name})
		o := in.Letter.Leads[i]
		for _, line := range append([]string{o.Email, o.Phone}, o.Links...) {
			if line != "" {
				contact.Rows = append(contact.Rows, Fact{Label: name, Value: line})
			}
		}
	}
	if c := in.Letter.Call; c != nil && c.Email != "" {
		contact.Rows = append([]Fact{{Label: c.Contact, Value: c.Email}}, contact.Rows...)
	}
	if until := in.Letter.Deadline; until.IsSet() {
		facts.Rows = append(facts.Rows, Fact{Label: l.T("card.deadline"), Value: l.DateTime(until.At, until.Zone)})
	}
	d.Blocks = append(d.Blocks, facts)
	if demands := t.Numbered(); len(demands) > 0 {
		d.heading(2, l.T("letter.demands"))
		slices.SortStableFunc(demands, func(a, b letter.Demand) int { // the text may have them in another order
			return cmp.Or(len(a.Number)-len(b.Number), strings.Compare(a.Number, b.Number))
		})
		var list List
		for _, x := range demands {
			list.Items = append(list.Items, Item{Mark: l.Digits(x.Number) + ".", Demand: true,
				Blocks: []Block{Paragraph{Runs: []Run{{Text: letter.Excerpt(x.Text, longestDemand)}}}}})
		}
		d.Blocks = append(d.Blocks, list)
	}
	if len(contact.Rows) > 0 {
		d.heading(2, l.T("call.contact"))
		d.Blocks = append(d.Blocks, contact)
	}
	d.Author = strings.Join(card.Leads, ", ")
	d.addSheet(in)
	return d
}

// longestDemand is in characters: more than a demand has that is meant to be reported on.
const longestDemand = 2000

// wordsFor is the catalogue in which a document of a language speaks itself.
func wordsFor(language string) *i18n.Locale {
	if l := i18n.Find(language); l != nil {
		return l
	}
	return i18n.Find(i18n.Default)
}

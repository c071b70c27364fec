package page

import (
	"html/template"

	"github.com/undersigned/undersigned/internal/delivery"
)

// DemandLine is a demand in a list, with where it stands.
type DemandLine struct {
	Number string // in the page's digits
	URL    string
	Text   Tagged
	Cells  []CellView
}

// CellView is where a demand stands with one addressee.
type CellView struct {
	Addressee Tagged
	URL       string // of the addressee's page
	Status    delivery.Status
	Line      string // the status in words
	Said      string // what they said, where the status does not tell
	Due       string // where the status does not tell
	Rule      string // by which it was or is due, in words, with its source; "" for a date of the letter
	Evidence  []EvidenceView
	Stated    []StatedView // by their office, oldest first
}

// StatedNow are the statements of an office that a list names: the last that stands, and what has become of later ones.
func (v CellView) StatedNow() (list []StatedView) {
	for _, x := range v.Stated {
		if !x.Changed {
			list = append(list, x)
		}
	}
	return list
}

// StatedView is what an office stated of a demand, or what became of that.
type StatedView struct {
	Line      string // who stated what, and when
	Words     []string
	Lang, Dir string // of these
	Evidence  []EvidenceView
	URL       string // of the page where it stands whole
	Changed   bool   // by a later one
	Back      bool   // the office has taken it back
}

// EvidenceView leads to what something rests on.
type EvidenceView struct {
	Text, URL string
	Elsewhere bool // on another site
}

// EventView is something that happened: a delivery, a response, what became known of a demand.
type EventView struct {
	Date, ISO string
	Words     string
	URL       string // of its page, "" for none
	State     string // of an email, "" else
	Note      Tagged
	Evidence  []EvidenceView
	Corrects  string // what it corrects, in words
	Corrected bool   // by a later one
	Order     int    // of things of different kinds on the same day
}

// StatementView is what somebody who is addressed wants to have said.
type StatementView struct {
	Body          template.HTML
	Lang, Dir, By string
}

// told is what became of a letter, with what every page has, for the parts of templates that show it.
type told struct {
	Base
	Demands  []DemandLine
	Named    bool // each cell says with whom
	Events   []EventView
	Evidence []EvidenceView

	Statement StatementView
	Stated    []StatedView
}

// DemandsOf puts a table of demands into the page's language.
func (b Base) DemandsOf(demands []DemandLine, named bool) told {
	return told{Base: b, Demands: demands, Named: named}
}

// EventsOf puts what happened into the page's language.
func (b Base) EventsOf(events []EventView) told { return told{Base: b, Events: events} }

// EvidenceOf puts what something rests on into the page's language.
func (b Base) EvidenceOf(list []EvidenceView) told { return told{Base: b, Evidence: list} }

// StatementOf puts what stands around somebody's statement into the page's language.
func (b Base) StatementOf(v StatementView) told { return told{Base: b, Statement: v} }

// StatedOf puts what stands around the statements of an office into the page's language.
func (b Base) StatedOf(list []StatedView) told { return told{Base: b, Stated: list} }

// Package delivery owns what becomes of a letter once it is written: who it goes to, how it was handed over, what came back, and where
// each demand stands with each of those it is asked of.
//
// It promises that a status follows from dated facts by one pure function and from nothing else, what an office states itself least of all;
// that `met` rests on more than the addressee's own word; that nobody speaks for an office who cannot read its mailbox, and that holding or
// refusing what it states is public; that what was handed over is kept as it was, with a commitment to it in the public log; that a delivery
// or response which is not public is in no view, count or leaf of the public before it is; and that history is added to and never changed.
// It must not know pages, mails, nor how a document is laid out.
package delivery

import (
	"context"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Service holds the use cases around deliveries and answers.
type Service struct {
	DB        *store.DB
	Keys      *seal.Keys
	Letters   *letter.Service
	Documents *document.Service
	Signing   *signing.Service
	Handouts  *handout.Service
	BaseURL   string // how readers reach the server; stands in what is handed over
}

// Standing is where a letter stands: who it goes to, what was handed over, what came back, and each demand.
type Standing struct {
	Addressees []Addressee
	Deliveries []Delivery // oldest first
	Responses  []Response // oldest first
	Demands    []Demand
	Dates      []KeyDate         // earliest first
	Exhibits   map[string]string // names of the files that something rests on, by hash

	today        time.Time
	stated       []Stated     // by offices
	confidential map[int]bool // addressees of whom the public knows nothing but the text; nil for editors
}

// Served reports whether an addressee has got the letter, as far as is known, or will once what waits has gone.
func (st Standing) Served(addressee int) bool {
	return slices.ContainsFunc(st.Deliveries, func(d Delivery) bool {
		return d.Addressee == addressee && (d.Arrived() || d.State == Waiting && !d.Corrected)
	})
}

// Returned are the addressees whose last delivery came back, or was turned away, and from whom nothing has come since.
func (st Standing) Returned() (numbers []int) {
	last := map[int]Delivery{}
	for _, d := range st.Deliveries {
		if !d.Corrected {
			last[d.Addressee] = d
		}
	}
	for _, a := range st.Addressees {
		d, there := last[a.Number]
		since := func(r Response) bool {
			return r.Kind != OutOfOffice && r.Answers(a.Number) && !r.At.Before(atDay(d.At))
		}
		if there && (d.State == Bounced || d.State == Turned) && !slices.ContainsFunc(st.Responses, since) {
			numbers = append(numbers, a.Number)
		}
	}
	return numbers
}

// Demand is a demand of the letter's current edition with each of those it is asked of.
type Demand struct {
	letter.Asked
	Cells   []Cell
	Earlier []EarlierCall // earliest first
}

// View says who looks.
type View bool

// The views.
const (
	ForPublic  View = false
	ForEditors View = true
)

// Standing returns where a letter stands now, as the public or its editors may know it.
func (s *Service) Standing(ctx context.Context, l letter.Letter, v View) (st Standing, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		st, err = standing(tx, s.Letters, l, v)
		return err
	})
	return st, err
}

func standing(tx *store.Tx, letters *letter.Service, l letter.Letter, v View) (st Standing, err error) {
	now := tx.Now()
	st.today = atDay(now)
	if st.Addressees, err = addressees(tx, l); err != nil {
		return st, err
	}
	if st.Deliveries, err = store.List(tx, qListDeliveries, scanDelivery, l.ID); err != nil {
		return st, err
	}
	files, err := store.List(tx, qListFiles, scanFile, l.ID)
	if err != nil {
		return st, err
	}
	for i, d := range st.Deliveries {
		for _, f := range files {
			if f.delivery == d.ID && f.Role != words {
				st.Deliveries[i].Files = append(st.Deliveries[i].Files, f)
			}
		}
	}
	if st.Responses, err = store.List(tx, qListResponses, scanResponse, l.ID); err != nil {
		return st, err
	}
	if v == ForPublic {
		st.hide()
	}
	for _, d := range st.Deliveries {
		if at := slices.IndexFunc(st.Deliveries, func(x Delivery) bool { return x.ID == d.Corrects }); at >= 0 {
			st.Deliveries[at].Corrected = true
		}
	}
	entries, err := store.List(tx, qListEntries, scanEntry, l.ID)
	if err != nil {
		return st, err
	}
	corrected := map[int64]bool{}
	for _, e := range entries {
		corrected[e.Corrects] = true
	}
	for i, e := range entries {
		entries[i].Corrected = corrected[e.ID]
	}
	entries = visible(entries, st, v)
	if st.stated, err = statedIn(tx, l.ID, v); err != nil {
		return st, err
	}
	stated := st.stated
	for i, x := range stated { // that a response is private nobody learns from what rests on it
		if id, rests := x.Evidence.Response(); rests {
			if _, known := st.Response(id); !known {
				stated[i].Evidence = ""
			}
		}
	}
	if st.Exhibits, err = exhibitNames(tx, l, entries); err != nil {
		return st, err
	}
	asked, err := letters.Demands.CurrentIn(tx, l)
	if err != nil {
		return st, err
	}
	for _, a := range asked {
		d := Demand{Asked: a}
		known := entries
		st.stated = stated
		if v == ForPublic && !a.Sure { // an editor has still to say that it is the demand which they are about
			known, st.stated = nil, nil
		}
		for _, to := range st.Addressees {
			if st.confidential[to.Number] { // to say that nothing was handed over would be untrue
				continue
			}
			if to.Role == Asks && to.isAsked(a) {
				d.Cells = append(d.Cells, st.cell(a, to, known, now))
			}
		}
		st.Demands = append(st.Demands, d)
	}
	return st, st.beside(tx, l)
}

// hide leaves out what the public may not know: what is private or under embargo, and of an addressee who is to be known for nothing but
// standing in the text all else.
func (st *Standing) hide() {
	confidential := map[int]bool{}
	for i, a := range st.Addressees {
		if confidential[a.Number] = a.Confidential(); a.Confidential() {
			st.Addressees[i] = Addressee{Number: a.Number, Slug: a.Slug, Role: a.Role, Name: a.Name, Office: a.Office, Place: a.Place}
		}
	}
	st.Deliveries = slices.DeleteFunc(st.Deliveries, func(d Delivery) bool { return !d.IsPublic() || confidential[d.Addressee] })
	st.Responses = slices.DeleteFunc(st.Responses, func(r Response) bool {
		return r.State == Private || confidential[r.Addressee] || confidential[r.Forwarded] ||
			slices.ContainsFunc(r.Also, func(n int) bool { return confidential[n] })
	})
	st.Addressees = slices.DeleteFunc(st.Addressees, func(a Addressee) bool { return !st.names(a) })
	st.confidential = confidential
}

// names reports whether anything that is public names an addressee: the letter's text, a delivery, a response.
func (st Standing) names(a Addressee) bool {
	return a.Place > 0 || slices.ContainsFunc(st.Deliveries, func(d Delivery) bool { return d.Addressee == a.Number }) ||
		slices.ContainsFunc(st.Responses, func(r Response) bool { return r.Answers(a.Number) || r.Forwarded == a.Number })
}

// visible leaves out of what the public sees the entries that rest on a response which is not published, and what somebody said of whom
// nobody may know that they were asked.
func visible(entries []Entry, st Standing, v View) []Entry {
	if v == ForEditors {
		return entries
	}
	return slices.DeleteFunc(entries, func(e Entry) bool {
		if e.Said != "" && st.confidential[e.addressee] { // they have got it, then
			return true
		}
		id, rests := e.Evidence.Response()
		_, known := st.Response(id)
		return rests && !known
	})
}

// Response returns a response by its id, false if there is none, or none that may be seen.
func (st Standing) Response(id int64) (Response, bool) {
	i := slices.IndexFunc(st.Responses, func(r Response) bool { return r.ID == id })
	if i < 0 {
		return Response{}, false
	}
	return st.Responses[i], true
}

// Find returns an addressee by number, false if the letter has none.
func (st Standing) Find(number int) (Addressee, bool) {
	for _, a := range st.Addressees {
		if a.Number == number {
			return a, true
		}
	}
	return Addressee{}, false
}

// Begun reports whether there is more to say than what is asked: something was handed over, came back, is said of it, or known of a
// demand.
func (st Standing) Begun() bool {
	said := func(a Addressee) bool { return a.Said != nil }
	return len(st.Deliveries)+len(st.Responses) > 0 || slices.ContainsFunc(st.Addressees, said) ||
		slices.ContainsFunc(st.Demands, func(d Demand) bool {
			return slices.ContainsFunc(d.Cells, func(c Cell) bool { return len(c.History)+len(c.Stated) > 0 })
		})
}

// Tally is how many demands are met, and how many of those who are asked have answered.
type Tally struct{ Met, Demands, Answered, Asked int }

// Tally counts.
func (st Standing) Tally() (t Tally) {
	for _, d := range st.Demands {
		if t.Demands++; d.Least() == StatusMet {
			t.Met++
		}
	}
	for _, a := range st.Addressees {
		if a.Role != Asks || a.Place == 0 || st.confidential[a.Number] { // others were passed it by those
			continue
		}
		if t.Asked++; slices.ContainsFunc(st.Responses, func(r Response) bool { return r.Answers(a.Number) && r.Kind.answers() }) {
			t.Answered++
		}
	}
	return t
}

// first is when an addressee got the letter first, zero for not yet.
func (st Standing) first(addressee int) time.Time {
	for _, d := range st.Deliveries { // oldest first
		if d.Addressee == addressee && d.Arrived() {
			return d.At
		}
	}
	return time.Time{}
}

// MembersAnswered is how many members of an addressee that is a group have answered, as far as each is named.
func (st Standing) MembersAnswered(addressee int) int {
	named := map[string]bool{}
	for _, r := range st.Responses {
		if r.Answers(addressee) && r.Kind.answers() && r.From != "" {
			named[text.Fold(r.From)] = true
		}
	}
	a, _ := st.Find(addressee)
	return min(len(named), a.Members)
}

// NewHolder returns who holds an office since the letter was last handed over to it: they may not know of it.
func (st Standing) NewHolder(a Addressee) (Holder, bool) {
	if len(a.Holders) == 0 {
		return Holder{}, false
	}
	h := a.Holders[len(a.Holders)-1]
	from, err := time.Parse(time.DateOnly, h.From)
	if err != nil || h.Until != "" || from.After(st.today) {
		return Holder{}, false
	}
	before := false
	for _, d := range st.Deliveries {
		if d.Addressee != a.Number || d.State == Turned || d.State == Bounced || d.Corrected {
			continue
		}
		if !d.At.Before(from) {
			return Holder{}, false
		}
		before = true
	}
	return h, before
}

// day is the calendar day of an instant, in UTC, as a page and a file state it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

package delivery

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Cell is one demand asked of one addressee.
type Cell struct {
	Addressee int
	Passed    bool      // the text addresses somebody else: the letter was passed or sent on to them
	Delivered time.Time // the first time; zero for not yet
	Said      Said
	Outcome   Outcome
	Status    Status
	Since     time.Time // day from which the status holds; zero for none
	Days      int       // from then to today
	Due       time.Time // day by which something had to be there; zero for none
	Rule      *Rule     // from which that day follows; nil for a date of the letter
	History   []Entry   // oldest first
	Stated    []Stated  // by their office, oldest first; the status follows from none of it
}

// Evidence are the references that what is known of a cell rests on, each once, the latest first. What was corrected is not known.
func (c Cell) Evidence() (list []Evidence) {
	for _, e := range slices.Backward(c.History) {
		if !e.Corrected && !slices.Contains(list, e.Evidence) {
			list = append(list, e.Evidence)
		}
	}
	return list
}

// Entry is something that became known of a cell.
type Entry struct {
	ID       int64
	Said     Said
	Outcome  Outcome
	On       time.Time // day
	Evidence Evidence
	Note     string
	Corrects int64 // an earlier entry, 0 for none

	Corrected bool // by a later one

	addressee int
	demand    int64
}

// Evidence is what an entry rests on: "response:ID", "exhibit:SHA256" or a web address.
type Evidence string

// Response returns the id of the response that it is.
func (e Evidence) Response() (id int64, ok bool) {
	rest, ok := strings.CutPrefix(string(e), "response:")
	if !ok {
		return 0, false
	}
	id, err := ParseID(rest)
	return id, err == nil
}

// Exhibit returns the hash of the exhibit that it is.
func (e Evidence) Exhibit() (hash string, ok bool) { return strings.CutPrefix(string(e), "exhibit:") }

// ID is an id as people and programs are shown it.
func ID(id int64) string { return strconv.FormatInt(id, 36) }

// ParseID reads what ID wrote.
func ParseID(s string) (int64, error) { return strconv.ParseInt(s, 36, 64) }

var (
	qListEntries = store.Q("cell_entry.list", `
		SELECT id, addressee, demand_id, said, outcome, at, evidence, note, COALESCE(corrects, 0) FROM cell_entry WHERE letter_id = $1 ORDER BY id`)
	qInsertEntry = store.Q("cell_entry.insert", `
		INSERT INTO cell_entry (id, letter_id, addressee, demand_id, said, outcome, at, evidence, note, corrects, made_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`)
	qDiscardEntries = store.Q("cell_entry.discard", `DELETE FROM cell_entry WHERE evidence = $1 AND letter_id = $2`)
)

func scanEntry(row store.Row) (e Entry, err error) {
	var on string
	if err := row.Scan(&e.ID, &e.addressee, &e.demand, &e.Said, &e.Outcome, &on, &e.Evidence, &e.Note, &e.Corrects); err != nil {
		return e, err
	}
	e.On, err = time.Parse(time.DateOnly, on)
	return e, err
}

// cell puts together what is known of a demand asked of an addressee.
func (st Standing) cell(a letter.Asked, to Addressee, entries []Entry, now time.Time) Cell {
	c := Cell{Addressee: to.Number, Passed: to.Place == 0}
	f := Facts{Rule: to.Rule}
	for _, d := range st.Deliveries { // oldest first
		if d.Addressee != to.Number || !d.Arrived() {
			continue
		}
		if d.Kind == Reply || d.Kind == FollowUp {
			f.Replies = append(f.Replies, atDay(d.At))
		}
		if d.Kind == Reply || d.Kind == Correction { // no ask
			continue
		}
		if c.Delivered.IsZero() {
			c.Delivered, f.Rounds = d.At, append(f.Rounds, atDay(d.At))
		} else if d.Kind == FollowUp { // a new ask; sending the same again begins nothing
			f.Rounds = append(f.Rounds, atDay(d.At))
		}
	}
	for _, r := range st.Responses {
		if r.Answers(to.Number) && !r.ofMember(to) {
			f.Answers = append(f.Answers, Answer{r.Kind, atDay(r.At), r.until()})
		}
		if r.Forwarded == to.Number && c.Delivered.IsZero() { // who passed it on has handed it over
			f.Rounds = append(f.Rounds, atDay(r.At))
		}
	}
	slices.SortStableFunc(f.Answers, func(a, b Answer) int { return a.On.Compare(b.On) })
	for _, fact := range a.Known() {
		switch fact.Kind {
		case letter.FactDue:
			f.Due, _ = time.Parse(time.DateOnly, fact.Value)
		case letter.FactWithin:
			if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(fact.Value, "P"), "D")); err == nil && !f.round().IsZero() {
				f.Due = f.round().AddDate(0, 0, n)
			}
		}
	}
	for _, e := range entries {
		if a.ID != 0 && e.demand == a.ID && e.addressee == to.Number {
			c.History = append(c.History, e)
		}
	}
	for _, x := range st.stated {
		if x.Of(Demand{Asked: a}) && x.Addressee == to.Number {
			c.Stated = append(c.Stated, x)
		}
	}
	slices.SortStableFunc(c.History, func(a, b Entry) int { return a.On.Compare(b.On) })
	for _, e := range c.History {
		if e.Corrected {
			continue
		}
		if id, is := e.Evidence.Response(); is { // what one member says, the group has not said
			if r, known := st.Response(id); known && r.ofMember(to) {
				continue
			}
		}
		if e.Said != "" {
			f.Said, f.SaidOn = e.Said, e.On
		}
		if e.Outcome != "" && f.Outcome != Overtaken { // the event that cannot be undone has come
			f.Outcome, f.OutcomeOn = e.Outcome, e.On
		}
	}
	c.Said, c.Outcome = f.Said, f.Outcome
	c.Status, c.Since = f.Status(atDay(now))
	if due, _ := f.due(); !due.IsZero() {
		if c.Due = due; f.Due.IsZero() {
			c.Rule = f.Rule
		}
	}
	if !c.Since.IsZero() {
		c.Days = max(0, daysBetween(c.Since, atDay(now)))
	}
	return c
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Known is something that is noted of a demand of the letter's current edition, asked of an addressee: what they said, or what came
// of it.
type Known struct {
	Demand    string // number
	Addressee int
	Said      Said
	Outcome   Outcome
	Evidence  Evidence
	On        time.Time
	Note      string
	Corrects  int64
	File      *File // an exhibit that comes with it and is its evidence
}

// Note adds to the history of a cell. An outcome other than open wants evidence that is more than the addressee's own word.
func (s *Service) Note(ctx context.Context, slug string, k Known, by int64) error {
	if k.File != nil {
		f, err := k.File.read("exhibit")
		if err != nil {
			return err
		}
		k.File = &f
	}
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		st, err := s.lockedStanding(tx, l)
		if err != nil {
			return err
		}
		return s.note(tx, l, st, k, by)
	})
}

// lockedStanding is where a letter that is locked stands, for editors, each demand with the id that what is known of it goes by.
func (s *Service) lockedStanding(tx *store.Tx, l letter.Letter) (Standing, error) {
	if l.State == letter.Draft && l.FixedAt.IsZero() { // nothing can come back before anything was handed over
		return Standing{}, fault.New(fault.Conflict, "letter.draft")
	}
	if _, err := s.Letters.Demands.In(tx, l); err != nil {
		return Standing{}, err
	}
	return standing(tx, s.Letters, l, ForEditors)
}

func (s *Service) note(tx *store.Tx, l letter.Letter, st Standing, k Known, by int64) error {
	at := slices.IndexFunc(st.Demands, func(d Demand) bool { return d.Number == k.Demand })
	if at < 0 {
		return fault.List{fault.New(fault.Invalid, "demand.unknown").On("demand")}
	}
	to, err := pick(st.Addressees, k.Addressee)
	if err != nil {
		return err
	}
	var cell *Cell
	for i, c := range st.Demands[at].Cells {
		if c.Addressee == to.Number {
			cell = &st.Demands[at].Cells[i]
		}
	}
	if cell == nil {
		return fault.List{fault.New(fault.Conflict, "cell.not_asked").On("addressee")}
	}
	if k.File != nil { // nothing is left of it if what it comes with is refused
		x, err := addExhibit(tx, *k.File)
		if err != nil {
			return err
		}
		k.Evidence = Evidence("exhibit:" + x.Hash)
	}
	if err := checkKnown(tx, st, *cell, &k); err != nil {
		return err
	}
	if err := keep(tx, l.ID, st.Addressees); err != nil {
		return err
	}
	if _, err := tx.Exec(qInsertEntry, store.NewID(tx.Now()), l.ID, to.Number, st.Demands[at].ID, k.Said, k.Outcome, day(k.On),
		string(k.Evidence), k.Note, store.OrNull(k.Corrects),
		store.OrNull(by), tx.Now().UnixMicro()); err != nil {
		return err
	}
	return record(tx, l, by, "demand.noted", k.Demand)
}

func checkKnown(tx *store.Tx, st Standing, cell Cell, k *Known) error {
	var faults fault.List
	bad := func(kind fault.Kind, key, field string, args ...any) {
		faults = append(faults, fault.New(kind, key, args...).On(field))
	}
	switch {
	case (k.Said == "") == (k.Outcome == ""):
		bad(fault.Invalid, "cell.either", "said")
	case k.Said != "" && !slices.Contains([]Said{Promised, Refused, Partly, SaysDone, NotAddressed}, k.Said):
		bad(fault.Invalid, "cell.said", "said")
	case k.Outcome != "" && !slices.Contains([]Outcome{Open, PartlyMet, Met, Overtaken, Withdrawn}, k.Outcome):
		bad(fault.Invalid, "cell.outcome", "outcome")
	case k.Outcome != "" && cell.Outcome == Overtaken && k.Corrects == 0:
		bad(fault.Conflict, "cell.overtaken", "outcome")
	}
	if wrong := checkDay(k.On, tx.Now()); wrong != nil {
		faults = append(faults, wrong.On("at"))
	}
	note, wrong := text.Line("line", k.Note, maxShort)
	if wrong != nil {
		faults = append(faults, wrong.On("note"))
	}
	k.Note = note
	if k.Corrects != 0 && !slices.ContainsFunc(cell.History, func(e Entry) bool { return e.ID == k.Corrects }) {
		bad(fault.Invalid, "cell.corrects", "corrects")
	}
	known, err := k.Evidence.exists(tx, st)
	if err != nil {
		return err
	}
	word := k.Evidence.isOwnWord(st)
	switch {
	case !known:
		bad(fault.Invalid, "cell.evidence", "evidence")
	case word && (k.Outcome == Met || k.Outcome == PartlyMet):
		bad(fault.Conflict, "cell.own_word", "evidence")
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// exists reports whether there is what an entry is to rest on.
func (e Evidence) exists(tx *store.Tx, st Standing) (bool, error) {
	if id, ok := e.Response(); ok {
		r, known := st.Response(id)
		return known && r.State != TakenDown, nil
	}
	if hash, ok := e.Exhibit(); ok {
		return hasExhibit(tx, hash)
	}
	return isAddress(string(e)), nil
}

// isOwnWord reports whether an entry rests on what an addressee said: a response, its file, or the address under which one is published,
// to this letter or to another.
func (e Evidence) isOwnWord(st Standing) bool {
	if _, ok := e.Response(); ok {
		return true
	}
	if hash, ok := e.Exhibit(); ok {
		return slices.ContainsFunc(st.Responses, func(r Response) bool { return r.SHA256 == hash || r.CopySHA256 == hash })
	}
	return responsePage.MatchString(string(e))
}

// responsePage is the address of the page of a response, or of its file, to whichever letter.
var responsePage = regexp.MustCompile(`^https?://[^/]+(/[a-z-]+)?/letters/[a-z0-9-]+/responses/`)

// checkDay refuses a moment that has not come, and a year of another calendar.
func checkDay(at, now time.Time) *fault.Error {
	if at.Year() < 1900 {
		return fault.New(fault.Invalid, "day.unreadable")
	}
	if at.After(now.Add(clockSkew)) {
		return fault.New(fault.Invalid, "day.future")
	}
	return nil
}

// clockSkew is how far ahead of ours the clock and the calendar of who types a day may be.
const clockSkew = 14 * time.Hour

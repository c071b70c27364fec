package letter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// FactKind says what a fact about a demand tells.
type FactKind string

// The kinds of fact, and what their value is.
const (
	FactAsked  FactKind = "asked"  // who is asked, where that is one of several: an addressee as the letter names them
	FactActor  FactKind = "actor"  // who is to act, where that is somebody else, in words
	FactDue    FactKind = "due"    // a day, "2026-12-10"
	FactWithin FactKind = "within" // days from the delivery on, as ISO 8601 writes a duration: "P10D"
	FactBefore FactKind = "before" // an event that cannot be undone, in words
	FactUrgent FactKind = "urgent" // nothing
)

// FactKinds are the kinds of fact, in the order in which pages show them.
var FactKinds = []FactKind{FactAsked, FactActor, FactDue, FactWithin, FactBefore, FactUrgent}

// Fact is what is known of a demand beside its text, and how: its own words say so, or an organisation has set it.
type Fact struct {
	ID    int64
	Kind  FactKind
	Value string
	Quote string               // words of the demand, or ""
	SetBy account.Organisation // where there is no quote; the zero one for the command line
	SetAt time.Time
	// The text has moved on: the quoted words stand in the demand no more, or the addressee in the letter. No page shows it to the
	// public; an editor takes it back or says it anew.
	Lapsed bool

	demand int64
}

// Asked is a demand of the current edition with what is known of it. It is one demand in all editions that go on with it, whatever
// its number there.
type Asked struct {
	Demand
	Facts []Fact
	Sure  bool   // false where an editor has still to say which demand of an earlier edition this one continues: see Known
	From  Former // that it continues or is thought to; the zero one of a new demand

	ID int64 // the same in all those editions; 0 for one of an edition from before demands had one
}

// Known are the facts that the public sees: those that the text still bears out, of a demand that is known to be the one they are about.
func (a Asked) Known() []Fact {
	if !a.Sure {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Facts), func(f Fact) bool { return f.Lapsed })
}

// Former is a demand as an earlier edition has it.
type Former struct {
	ID      int64
	Edition int
	Number  string
	Text    string
}

const (
	maxFact  = 300  // characters
	maxFacts = 500  // of a letter
	maxDays  = 3650 // of a duration
)

// Demands are the use cases around what is known of demands beside their text.
type Demands struct{ letters *Service }

// Of returns the demands of the letter's current edition, and which of earlier editions none of them continues.
func (d Demands) Of(ctx context.Context, l Letter) (list []Asked, dropped []Former, err error) {
	err = d.letters.DB.View(ctx, func(tx *store.Tx) error {
		list, dropped, err = withFormer(tx, l)
		return err
	})
	return list, dropped, err
}

// RenameAsked lets what is asked of an addressee be asked of the same one under another name.
func RenameAsked(tx *store.Tx, id ID, from, to string) error {
	_, err := tx.Exec(qRenameAsked, to, id, from)
	return err
}

// In returns the demands of the letter's current edition inside a transaction that holds the letter locked, each with its ID.
func (Demands) In(tx *store.Tx, l Letter) ([]Asked, error) {
	list, _, err := askedOf(tx, l)
	if err != nil || !slices.ContainsFunc(list, func(a Asked) bool { return a.ID == 0 }) {
		return list, err
	}
	if err := identify(tx, l.ID, l.Edition); err != nil {
		return nil, err
	}
	list, _, err = askedOf(tx, l)
	return list, err
}

// Current returns the demands of the letter's current edition alone, without what they continue: no earlier text is read for it.
func (d Demands) Current(ctx context.Context, l Letter) (list []Asked, err error) {
	err = d.letters.DB.View(ctx, func(tx *store.Tx) error {
		list, err = d.CurrentIn(tx, l)
		return err
	})
	return list, err
}

// CurrentIn is Current inside a transaction.
func (Demands) CurrentIn(tx *store.Tx, l Letter) ([]Asked, error) {
	list, _, err := askedOf(tx, l)
	return list, err
}

// askedOf returns the demands of the letter's current edition, and the items of all editions.
func askedOf(tx *store.Tx, l Letter) (list []Asked, items []item, err error) {
	if items, err = store.List(tx, qListItems, scanItem, l.ID); err != nil {
		return nil, nil, err
	}
	facts, err := store.List(tx, qListFacts, scanFact, l.ID)
	if err != nil {
		return nil, nil, err
	}
	for i, f := range facts {
		if f.SetBy.Slug == "" {
			continue
		}
		if facts[i].SetBy, err = account.Find(tx, f.SetBy.Slug); err != nil {
			return nil, nil, err
		}
	}
	for _, x := range l.Edition.Text(l.Edition.Language).Numbered() {
		a := Asked{Demand: x, Sure: true}
		for _, i := range items {
			if i.edition == l.Edition.Number && strconv.Itoa(i.number) == x.Number {
				a.ID, a.Sure = i.id, i.sure
			}
		}
		for _, f := range facts {
			if f.demand == a.ID {
				f.Lapsed = !f.stands(l, x)
				a.Facts = append(a.Facts, f)
			}
		}
		slices.SortStableFunc(a.Facts, func(f, g Fact) int { return slices.Index(FactKinds, f.Kind) - slices.Index(FactKinds, g.Kind) })
		list = append(list, a)
	}
	return list, items, nil
}

// withFormer is askedOf with what each demand continues, and what none does.
func withFormer(tx *store.Tx, l Letter) (list []Asked, dropped []Former, err error) {
	list, items, err := askedOf(tx, l)
	if err != nil {
		return nil, nil, err
	}
	former := map[int64]Former{} // by identity, as the last edition before the current one has it
	editions := map[int]Edition{}
	for _, i := range items {
		if i.edition >= l.Edition.Number {
			continue
		}
		e, known := editions[i.edition]
		if !known {
			if e, err = findEdition(tx, l.ID, i.edition); err != nil {
				return nil, nil, err
			}
			editions[i.edition] = e
		}
		for _, x := range e.Text(e.Language).Numbered() {
			if x.Number == strconv.Itoa(i.number) {
				former[i.id] = Former{i.id, i.edition, x.Number, x.Text}
			}
		}
	}
	for i, a := range list {
		list[i].From = former[a.ID]
		delete(former, a.ID)
	}
	for _, f := range former {
		dropped = append(dropped, f)
	}
	slices.SortFunc(dropped, func(a, b Former) int {
		return cmp.Or(cmp.Compare(b.Edition, a.Edition), cmp.Compare(numberOf(a.Number), numberOf(b.Number)))
	})
	return list, dropped, nil
}

// identify says of each demand of an edition that is about to be published which earlier one it continues: the one with its words,
// else that with its number, if half of its words are the same, else any with half of its words, else that with its number. Where
// words have changed an editor says whether that is right.
func identify(tx *store.Tx, id ID, e Edition) error {
	var before []Former
	items, err := store.List(tx, qListItems, scanItem, id)
	if err != nil {
		return err
	}
	if e.Number > 1 {
		former, err := findEdition(tx, id, e.Number-1)
		if err != nil {
			return err
		}
		for _, x := range former.Text(former.Language).Numbered() {
			f := Former{Edition: former.Number, Number: x.Number, Text: x.Text}
			for _, i := range items {
				if i.edition == former.Number && strconv.Itoa(i.number) == x.Number {
					f.ID = i.id
				}
			}
			if f.ID == 0 { // of an edition from before demands had an identity
				f.ID = store.NewID(tx.Now())
				if _, err := tx.Exec(qPutItem, id, former.Number, numberOf(x.Number), f.ID, true); err != nil {
					return err
				}
			}
			before = append(before, f)
		}
	}
	for _, c := range continued(e.Text(e.Language).Numbered(), before) {
		if e.Number == 1 && slices.ContainsFunc(items, func(i item) bool { return i.edition == 1 && strconv.Itoa(i.number) == c.Number }) {
			continue // of a letter that was handed over before it was published
		}
		if c.From.ID == 0 {
			c.From.ID = store.NewID(tx.Now())
		}
		if _, err := tx.Exec(qPutItem, id, e.Number, numberOf(c.Number), c.From.ID, c.Sure); err != nil {
			return err
		}
	}
	return nil
}

// continued matches demands with those of the edition before.
func continued(demands []Demand, before []Former) []Asked {
	list := make([]Asked, len(demands))
	left := make([]words, len(before)) // nil for one that is matched
	for i, f := range before {
		left[i] = wordsIn(f.Text)
	}
	match := func(sure bool, is func(d Demand, w words, f Former, of words) bool) {
		for i, d := range demands {
			if list[i].From.ID != 0 {
				continue
			}
			w := wordsIn(d.Text)
			for j, f := range before {
				if left[j] != nil && is(d, w, f, left[j]) {
					list[i].From, list[i].Sure, left[j] = f, sure, nil
					break
				}
			}
		}
	}
	match(true, func(_ Demand, w words, _ Former, of words) bool { return slices.Equal(w, of) })
	match(false, func(d Demand, w words, f Former, of words) bool { return d.Number == f.Number && alike(w, of) })
	match(false, func(_ Demand, w words, _ Former, of words) bool { return alike(w, of) })
	match(false, func(d Demand, _ words, f Former, _ words) bool { return d.Number == f.Number })
	for i, d := range demands {
		list[i].Demand = d
		if list[i].From.ID == 0 { // it may be one of those that are left, in other words
			list[i].Sure = !slices.ContainsFunc(left, func(w words) bool { return w != nil })
		}
	}
	return list
}

// Reworded returns the numbers of the demands of a text that say something else than those of the edition before.
func Reworded(before, after Text) (numbers []string) {
	var former []Former
	for i, d := range before.Numbered() {
		former = append(former, Former{ID: int64(i + 1), Number: d.Number, Text: d.Text})
	}
	for _, a := range continued(after.Numbered(), former) {
		if a.From.ID == 0 || !a.Sure {
			numbers = append(numbers, a.Number)
		}
	}
	return numbers
}

// words are those of a demand.
type words []string

func wordsIn(text string) words { return append(words{}, strings.Fields(plain(text))...) }

// alike reports whether at least half of the words, of the longer one, are the same.
func alike(a, b words) bool {
	had := map[string]int{}
	for _, w := range a {
		had[w]++
	}
	same := 0
	for _, w := range b {
		if had[w] > 0 {
			had[w]--
			same++
		}
	}
	return 2*same >= max(len(a), len(b), 1)
}

// AddFact notes a fact about a demand of the current edition, named by its number. A quote must stand in the demand.
func (d Demands) AddFact(ctx context.Context, slug, number string, f Fact, by int64) error {
	return d.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		list, err := d.In(tx, l)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(a Asked) bool { return a.Number == number })
		if at < 0 {
			return fault.New(fault.NotFound, "demand.unknown")
		}
		a := list[at]
		if f, err = f.read(l); err != nil {
			return err
		}
		if f.Quote != "" && !holds(plain(a.Text), plain(f.Quote)) {
			return fault.List{fault.New(fault.Invalid, "demand.quote").On("quote")}
		}
		n := 0
		for _, x := range list {
			n += len(x.Facts)
			for _, known := range x.Facts {
				if x.Number == number && known.Kind == f.Kind {
					return fault.List{fault.New(fault.Conflict, "demand.fact_twice").On("kind")}
				}
			}
		}
		if n >= maxFacts {
			return fault.New(fault.Limited, "demand.facts")
		}
		var organisation *int64
		if f.Quote == "" && by != 0 {
			o, err := speaker(tx, l, by)
			if err != nil {
				return err
			}
			organisation = &o
		}
		if _, err := tx.Exec(qInsertFact, store.NewID(tx.Now()), l.ID, a.ID, f.Kind, f.Value, f.Quote, organisation, tx.Now().UnixMicro()); err != nil {
			return err
		}
		return record(tx, l, by, "demand.fact", number)
	})
}

// read checks a fact as typed and returns it as it is kept.
func (f Fact) read(l Letter) (Fact, error) {
	bad := func(key string, pairs ...any) (Fact, error) {
		return f, fault.List{fault.New(fault.Invalid, key, pairs...).On("value")}
	}
	line, wrong := text.Line("value", f.Value, maxFact)
	if wrong != nil {
		return f, fault.List{wrong}
	}
	switch digits := text.LatinDigits(line); f.Kind {
	case FactDue:
		if day, err := time.Parse(time.DateOnly, digits); err != nil || day.Year() < 1900 { // a year of another calendar
			return bad("demand.due")
		}
		f.Value = digits
	case FactWithin:
		days, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(digits, "P"), "D"))
		if err != nil || days < 1 || days > maxDays {
			return bad("demand.within", "Count", maxDays)
		}
		f.Value = fmt.Sprintf("P%dD", days)
	case FactAsked:
		n, err := strconv.Atoi(digits)
		list := l.Edition.Text(l.Edition.Language).Addressees
		if err != nil || n < 1 || n > len(list) {
			return bad("demand.asked", "Count", len(list))
		}
		f.Value = list[n-1].Called()
	case FactBefore, FactActor:
		if f.Value = line; line == "" {
			return bad("demand.words")
		}
	case FactUrgent:
		f.Value = ""
	default:
		return f, fault.List{fault.New(fault.Invalid, "demand.kind").On("kind")}
	}
	if f.Quote, wrong = text.Line("quote", f.Quote, maxFact); wrong != nil {
		return f, fault.List{wrong}
	}
	return f, nil
}

// Called is how an addressee is named in one line.
func (a Addressee) Called() string { return joinWith(", ", a.Line(), a.Office) }

// stands reports whether a fact still holds of a demand of the letter's current text.
func (f Fact) stands(l Letter, demand Demand) bool {
	if f.Kind == FactAsked && !slices.ContainsFunc(l.Edition.Text(l.Edition.Language).Addressees, func(a Addressee) bool { return a.Called() == f.Value }) {
		return false
	}
	return f.Quote == "" || holds(plain(demand.Text), plain(f.Quote))
}

// speaker returns the lead organisation for which a user sets something.
func speaker(tx *store.Tx, l Letter, by int64) (organisation int64, err error) {
	roles, err := account.RolesOf(tx, by)
	if err != nil {
		return 0, err
	}
	leads, err := account.Leads(tx, l.ID)
	if err != nil {
		return 0, err
	}
	for _, o := range leads {
		if roles[o.Slug].May(account.Editor) {
			return o.ID, nil
		}
	}
	return 0, fault.New(fault.Forbidden, "role")
}

// RemoveFact takes a fact back.
func (d Demands) RemoveFact(ctx context.Context, slug string, id, by int64) error {
	return d.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		list, _, err := askedOf(tx, l)
		if err != nil {
			return err
		}
		number := ""
		for _, a := range list {
			if slices.ContainsFunc(a.Facts, func(f Fact) bool { return f.ID == id }) {
				number = a.Number
			}
		}
		if n, err := tx.Exec(qRemoveFact, id, l.ID); err != nil || n == 0 {
			return err
		}
		return record(tx, l, by, "demand.fact_removed", number)
	})
}

// Continue says which demand of an earlier edition the one with this number goes on with, or with 0 that it is new. One that another
// is only thought to continue can be named; that one is new then, until an editor says otherwise.
func (d Demands) Continue(ctx context.Context, slug, number string, former, by int64) error {
	return d.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		list, dropped, err := withFormer(tx, l)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(a Asked) bool { return a.Number == number && a.ID != 0 })
		if at < 0 {
			return fault.New(fault.NotFound, "demand.unknown")
		}
		other := slices.IndexFunc(list, func(a Asked) bool { return a.From.ID == former && a.Number != number })
		known := former == list[at].From.ID || slices.ContainsFunc(dropped, func(f Former) bool { return f.ID == former })
		switch {
		case former == 0 && list[at].From.ID == 0:
			former = list[at].ID
		case former == 0:
			former = store.NewID(tx.Now())
		case other >= 0 && !list[other].Sure:
			if _, err := tx.Exec(qPutItem, l.ID, l.Edition.Number, numberOf(list[other].Number), store.NewID(tx.Now()), false); err != nil {
				return err
			}
		case !known:
			return fault.List{fault.New(fault.Conflict, "demand.continued").On("continues")}
		}
		if _, err := tx.Exec(qPutItem, l.ID, l.Edition.Number, numberOf(number), former, true); err != nil {
			return err
		}
		return record(tx, l, by, "demand.continues", number)
	})
}

// change is Service.Amend of a letter that is no draft.
func (d Demands) change(ctx context.Context, slug string, fn func(tx *store.Tx, l Letter) error) error {
	return d.letters.Amend(ctx, slug, func(tx *store.Tx, l Letter) error {
		if !l.Fixed() {
			return fault.New(fault.Conflict, "demand.draft") // its demands are not settled
		}
		return fn(tx, l)
	})
}

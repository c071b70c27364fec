package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Role is what a letter wants of somebody who gets it.
type Role string

// The roles. Those who get a copy, or pass the letter on, are asked nothing.
const (
	Asks    Role = "asked"
	CC      Role = "cc"
	Through Role = "through"
)

// Addressee is an office, or a group that is counted as one, that a letter goes to.
type Addressee struct {
	Number        int    // counts those of the letter from 1, and stays
	Slug          string // of their page, which they share with those of other letters that have it
	Role          Role
	Name          string
	Office        string
	Holders       []Holder // who held the office when, the last one last; none if it is not known
	Email         string   // of the office; for editors alone
	Members       int      // of a group, 0 for one
	Reason        string   // why they are asked, of one who is not in the text
	Rule          *Rule
	Communication *Communication // of one who takes it up with somebody else
	Said          *Statement     // what they want to have said
	Place         int            // where the letter's current text addresses them, from 1; 0 if it does not
}

// Holder held an office.
type Holder struct {
	Name  string `json:"name"`
	From  string `json:"from,omitempty"`  // YYYY-MM-DD
	Until string `json:"until,omitempty"` // the last day
}

// Statement is what somebody who is addressed or named wants to have said, word by word.
type Statement struct {
	Text     string `json:"text"`
	Language string `json:"language"`
	From     string `json:"from"`
	On       string `json:"on"` // YYYY-MM-DD
}

// Communication is how a body takes a letter up with the State that it is about, as the special procedures of the United Nations do
// (https://spcommreports.ohchr.org). All of it is typed and nothing computed: the days that a State has to reply say nothing of when a
// communication is published.
type Communication struct {
	Type      string `json:"type,omitempty"`      // as they name it: AL, UA, OL
	Reference string `json:"reference,omitempty"` // theirs
	Sent      string `json:"sent,omitempty"`      // day on which they wrote to the State, YYYY-MM-DD
	Replied   string `json:"replied,omitempty"`   // day on which the State replied
	Published string `json:"published,omitempty"` // day on which it was published
	URL       string `json:"url,omitempty"`       // where
	Open      bool   `json:"open,omitempty"`      // that the letter was the source may be known
}

// Confidential reports whether nobody may know that an addressee got the letter.
func (a Addressee) Confidential() bool { return a.Communication != nil && !a.Communication.Open }

// open refuses to publish a response that would tell of a communication which is confidential.
func open(list []Addressee, r Response) error {
	if slices.ContainsFunc(list, func(a Addressee) bool { return a.Confidential() && (r.Answers(a.Number) || r.Forwarded == a.Number) }) {
		return fault.New(fault.Conflict, "delivery.confidential")
	}
	return nil
}

// Revision names what is known of an addressee, all of it, so that of two editors none overwrites the other unseen.
func (a Addressee) Revision() string {
	a.Place = 0
	return sumOf([]byte(encoded(a, false)))[:16]
}

// Called is how an addressee is named in one line.
func (a Addressee) Called() string { return letter.Addressee{Name: a.Name, Office: a.Office}.Called() }

var (
	qListAddressees = store.Q("addressee.list", `
		SELECT number, slug, role, name, office, holders, email, members, reason, rule, statement, communication FROM addressee WHERE letter_id = $1 ORDER BY number`)
	qPutAddressee = store.Q("addressee.put", `
		INSERT INTO addressee (letter_id, number, slug, role, name, office, holders, email, members, reason, rule, statement, communication)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (letter_id, number) DO UPDATE SET slug = excluded.slug, role = excluded.role, name = excluded.name, office = excluded.office,
			holders = excluded.holders, email = excluded.email, members = excluded.members, reason = excluded.reason, rule = excluded.rule,
			statement = excluded.statement, communication = excluded.communication`)
	qRemoveAddressee = store.Q("addressee.remove", `DELETE FROM addressee WHERE letter_id = $1 AND number = $2`)
	qListLetters     = store.Q("addressee.letters", `
		SELECT slug FROM letter WHERE state <> 'draft' AND (id IN (SELECT letter_id FROM addressee WHERE slug = $1)
			OR id IN (SELECT letter_id FROM letter_addressed WHERE slug = $1)) ORDER BY opened_at DESC, id DESC LIMIT 200`)
)

func scanAddressee(row store.Row) (a Addressee, err error) {
	var holders, rule, statement, communication string
	if err := row.Scan(&a.Number, &a.Slug, &a.Role, &a.Name, &a.Office, &holders, &a.Email, &a.Members, &a.Reason, &rule, &statement, &communication); err != nil {
		return a, err
	}
	for text, to := range map[string]any{holders: &a.Holders, rule: &a.Rule, statement: &a.Said, communication: &a.Communication} {
		if text != "" {
			if err := json.Unmarshal([]byte(text), to); err != nil {
				return a, fmt.Errorf("delivery: addressee %d: %w", a.Number, err)
			}
		}
	}
	return a, nil
}

// encoded is a part of a row as JSON, "" for nothing.
func encoded(v any, nothing bool) string {
	if nothing {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "" // strings and numbers always encode
	}
	return string(text)
}

func putAddressee(tx *store.Tx, l letter.ID, a Addressee) error {
	_, err := tx.Exec(qPutAddressee, l, a.Number, a.Slug, a.Role, a.Name, a.Office, encoded(a.Holders, len(a.Holders) == 0), a.Email, a.Members, a.Reason,
		encoded(a.Rule, a.Rule == nil), encoded(a.Said, a.Said == nil), encoded(a.Communication, a.Communication == nil))
	return err
}

// addressees returns who a letter goes to. Those of its text have a row once there is something to know of them; until then they have
// the numbers that they will have. One who is called otherwise in the text is another, until an editor says that it is the same: two
// members of one parliament have the same office.
func addressees(tx *store.Tx, l letter.Letter) ([]Addressee, error) {
	list, err := store.List(tx, qListAddressees, scanAddressee, l.ID)
	if err != nil {
		return nil, err
	}
	addressed := l.Edition.Text(l.Edition.Language).Addressees
	for i, x := range addressed {
		if at := slices.IndexFunc(list, func(a Addressee) bool { return a.Place == 0 && a.is(x) }); at >= 0 {
			list[at].Place = i + 1
		}
	}
	for i, x := range addressed {
		if !slices.ContainsFunc(list, func(a Addressee) bool { return a.Place == i+1 }) {
			list = append(list, Addressee{Number: next(list), Slug: x.Slug(), Role: Asks, Name: x.Line(), Office: x.Office, Place: i + 1})
		}
	}
	return list, nil
}

// next is the number of an addressee who is added.
func next(list []Addressee) int {
	n := 1
	for _, a := range list {
		n = max(n, a.Number+1)
	}
	return n
}

// is reports whether a row is about an addressee of the text.
func (a Addressee) is(x letter.Addressee) bool { return a.Name == x.Line() && a.Office == x.Office }

// isAsked reports whether a demand is asked of an addressee: of the one that a fact names, else of all whom the text addresses, and of
// those whom the letter was sent on to.
func (a Addressee) isAsked(d letter.Asked) bool {
	for _, f := range d.Known() {
		if f.Kind == letter.FactAsked {
			return f.Value == a.Called()
		}
	}
	return true
}

// LettersTo returns the published letters, by slug and the newest first, that may go to the addressee of a page: their Standing says
// whether they do, and what of it is public. They are 200 at most.
func (s *Service) LettersTo(ctx context.Context, slug string) (letters []string, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		letters, err = store.List(tx, qListLetters, func(row store.Row) (l string, err error) { return l, row.Scan(&l) }, slug)
		return err
	})
	return letters, err
}

// Bounds of what is known of addressees.
const (
	maxAddressees = 200 // of a letter
	maxShort      = 300 // characters of a line
	maxLong       = 20_000
	maxDays       = 3650
	maxMembers    = 100_000
	maxHolders    = 50
	maxHolidays   = 300 // of a rule
)

// AddresseeChange is what is set about an addressee. A nil field stays as it is.
type AddresseeChange struct {
	Number                            int // 0 for one who is not in the text
	Role                              *Role
	Name, Office, Email, Reason, Slug *string
	Members                           *int
	Holders                           []Holder // instead of those known
	Rule                              *Rule    // one of 0 days takes it away
	Statement                         *Statement
	Communication                     *Communication
	Base                              *string // Revision of what was changed; another one in its place is a Conflict
	Is                                int     // number of the addressee of the text that they are, called otherwise now; 0 for nobody
	Alone                             bool    // they take it up with nobody: takes Communication away
}

// PutAddressee sets what is known of an addressee, or adds one, and returns it. by is the user, 0 the command line, here and below.
func (s *Service) PutAddressee(ctx context.Context, slug string, c AddresseeChange, by int64) (a Addressee, err error) {
	err = s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		a, err = s.setAddressee(tx, l, c, by)
		return err
	})
	return a, err
}

func (s *Service) setAddressee(tx *store.Tx, l letter.Letter, c AddresseeChange, by int64) (a Addressee, err error) {
	list, err := addressees(tx, l)
	if err != nil {
		return a, err
	}
	if c.Number == 0 {
		a = Addressee{Number: next(list), Role: CC}
		if len(list) >= maxAddressees {
			return a, fault.New(fault.Limited, "addressee.limit")
		}
	} else if a, err = pick(list, c.Number); err != nil {
		return a, err
	}
	if c.Base != nil && *c.Base != a.Revision() {
		return a, fault.New(fault.Conflict, "addressee.changed")
	}
	if c.Is != 0 {
		if a, list, err = s.rename(tx, l, list, a, c.Is); err != nil {
			return a, err
		}
	}
	if a, err = c.apply(a); err != nil {
		return a, err
	}
	if slices.ContainsFunc(list, func(x Addressee) bool { return x.Number != a.Number && x.Called() == a.Called() }) {
		return a, fault.List{fault.New(fault.Conflict, "addressee.twice").On("name")}
	}
	if err := keep(tx, l.ID, list); err != nil {
		return a, err
	}
	if err := s.confide(tx, l, a); err != nil {
		return a, err
	}
	if err := putAddressee(tx, l.ID, a); err != nil {
		return a, err
	}
	return a, record(tx, l, by, "addressee.set", "")
}

// rename makes one whom the text does not address any more the one whom it addresses in their place, and keeps all that is known of them.
// Of that one nothing is known yet.
func (s *Service) rename(tx *store.Tx, l letter.Letter, list []Addressee, a Addressee, number int) (Addressee, []Addressee, error) {
	to, err := pick(list, number)
	if err != nil {
		return a, list, err
	}
	st, err := standing(tx, s.Letters, l, ForEditors)
	if err != nil {
		return a, list, err
	}
	if a.Place > 0 || a.Role != Asks || to.Place == 0 || st.names(Addressee{Number: number}) {
		return a, list, fault.List{fault.New(fault.Conflict, "addressee.is").On("is")}
	}
	if a.Name != "" && a.Name != to.Name && !slices.ContainsFunc(a.Holders, func(h Holder) bool { return h.Name == a.Name }) {
		a.Holders = append(a.Holders, Holder{Name: a.Name})
	}
	if err := letter.RenameAsked(tx, l.ID, a.Called(), to.Called()); err != nil {
		return a, list, err
	}
	if _, err := tx.Exec(qRemoveAddressee, l.ID, number); err != nil {
		return a, list, err
	}
	a.Name, a.Office, a.Place = to.Name, to.Office, to.Place
	return a, slices.DeleteFunc(list, func(x Addressee) bool { return x.Number == number }), nil
}

// confide does what follows when it changes whether anybody may know that an addressee got the letter: what is in the log cannot be made
// confidential any more, and what may be known from now on is logged.
func (s *Service) confide(tx *store.Tx, l letter.Letter, a Addressee) error {
	list, err := store.List(tx, qListDeliveries, scanDelivery, l.ID)
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.Addressee != a.Number {
			continue
		}
		if a.Confidential() && d.Logged {
			return fault.List{fault.New(fault.Conflict, "delivery.known").On("communication")}
		}
		if d, err = s.find(tx, l, d.ID); err != nil {
			return err
		}
		if err := s.log(tx, l, d, a); err != nil {
			return err
		}
	}
	return nil
}

// keep gives those of the text rows, so that their numbers stay.
func keep(tx *store.Tx, l letter.ID, list []Addressee) error {
	for _, a := range list {
		if err := putAddressee(tx, l, a); err != nil {
			return err
		}
	}
	return nil
}

// addressee is one of a letter, by number.
func addressee(tx *store.Tx, l letter.Letter, number int) (Addressee, error) {
	list, err := addressees(tx, l)
	if err != nil {
		return Addressee{}, err
	}
	return pick(list, number)
}

func pick(list []Addressee, number int) (Addressee, error) {
	i := slices.IndexFunc(list, func(a Addressee) bool { return a.Number == number })
	if i < 0 {
		return Addressee{}, fault.List{fault.New(fault.Invalid, "addressee.unknown", "Count", len(list)).On("addressee")}
	}
	return list[i], nil
}

func (c AddresseeChange) apply(a Addressee) (Addressee, error) {
	var faults fault.List
	for _, x := range []struct {
		field string
		typed *string
		kept  *string
	}{{"name", c.Name, &a.Name}, {"office", c.Office, &a.Office}, {"reason", c.Reason, &a.Reason}} {
		if x.typed == nil {
			continue
		}
		before := *x.kept
		*x.kept = *x.typed
		if line(&faults, x.field, x.kept); a.Place > 0 && *x.kept != before && x.field != "reason" {
			faults = append(faults, fault.New(fault.Conflict, "addressee.in_text").On(x.field))
		}
	}
	if a.Name == "" && a.Office == "" {
		faults = append(faults, fault.New(fault.Invalid, "addressee.nameless").On("name"))
	}
	if c.Email != nil {
		a.Email = ""
		if *c.Email != "" {
			address, wrong := text.Email(*c.Email)
			if wrong != nil {
				faults = append(faults, wrong.On("email"))
			}
			a.Email = address
		}
	}
	if c.Role != nil {
		if !slices.Contains([]Role{Asks, CC, Through}, *c.Role) || a.Place > 0 && *c.Role != Asks {
			faults = append(faults, fault.New(fault.Invalid, "addressee.role").On("role"))
		}
		a.Role = *c.Role
	}
	if c.Members != nil {
		if a.Members = *c.Members; a.Members < 0 || a.Members > maxMembers {
			faults = append(faults, fault.New(fault.Invalid, "addressee.members", "Limit", maxMembers).On("members"))
		}
	}
	if c.Holders != nil {
		if a.Holders = c.Holders; len(a.Holders) > maxHolders {
			return a, fault.List{fault.New(fault.Limited, "addressee.holders", "Limit", maxHolders).On("holders")}
		}
		for i, h := range a.Holders {
			line, wrong := text.Line("line", h.Name, maxShort)
			if a.Holders[i].Name = line; wrong != nil {
				faults = append(faults, wrong.On("holders"))
			}
			if h.Name == "" || !isDay(h.From) || !isDay(h.Until) || h.From != "" && h.Until != "" && h.Until < h.From {
				faults = append(faults, fault.New(fault.Invalid, "addressee.holder").On("holders"))
			}
		}
	}
	if c.Rule != nil {
		if a.Rule = c.Rule; c.Rule.Days == 0 && c.Rule.Source == "" && len(c.Rule.Holidays) == 0 {
			a.Rule = nil
		} else if slices.ContainsFunc(c.Rule.Holidays, func(h string) bool { return h == "" || !isDay(h) }) {
			faults = append(faults, fault.New(fault.Invalid, "day.unreadable").On("holidays"))
		} else if !c.Rule.isWhole() {
			faults = append(faults, fault.New(fault.Invalid, "addressee.rule", "Count", maxDays).On("rule"))
		}
	}
	if c.Statement != nil {
		from, wrong := text.Line("line", c.Statement.From, maxShort)
		if wrong != nil {
			faults = append(faults, wrong.On("statement"))
		}
		c.Statement.From, c.Statement.Text = from, letter.CleanMarkdown(c.Statement.Text)
		if a.Said = c.Statement; strings.TrimSpace(c.Statement.Text) == "" {
			a.Said = nil
		} else if len(a.Said.Text) > maxLong || a.Said.On == "" || !isDay(a.Said.On) || a.Said.From == "" || !i18n.IsLanguage(a.Said.Language) {
			faults = append(faults, fault.New(fault.Invalid, "addressee.statement", "Limit", maxLong).On("statement"))
		}
	}
	if c.Communication != nil {
		a.Communication = c.Communication
		faults = append(faults, c.Communication.check()...)
	}
	if c.Alone {
		a.Communication = nil
	}
	if a.Slug == "" {
		a.Slug = i18n.Slug(a.Called(), "addressee")
	}
	if c.Slug != nil && *c.Slug != "" {
		if a.Slug = strings.ToLower(*c.Slug); !letter.IsSlug(a.Slug) {
			faults = append(faults, fault.New(fault.Invalid, "slug").On("slug"))
		}
	}
	if len(faults) > 0 {
		return a, faults
	}
	return a, nil
}

func (c *Communication) check() (faults fault.List) {
	if c.URL != "" && !isAddress(c.URL) {
		faults = append(faults, fault.New(fault.Invalid, "earlier.source").On("communication_url"))
	}
	line(&faults, "communication_type", &c.Type)
	line(&faults, "communication_reference", &c.Reference)
	for _, x := range [][2]string{{"communication_sent", c.Sent}, {"communication_replied", c.Replied}, {"communication_published", c.Published}} {
		if !isDay(x[1]) {
			faults = append(faults, fault.New(fault.Invalid, "day.unreadable").On(x[0]))
		}
	}
	return faults
}

// isWhole reports whether a rule says what it has to.
func (r Rule) isWhole() bool {
	return r.Days > 0 && r.Days <= maxDays && r.Source != "" && len(r.Weekend) < 7 && len(r.Holidays) <= maxHolidays && len(r.Source) <= maxLong
}

// isDay reports whether a text is a day, or nothing.
func isDay(s string) bool {
	at, err := time.Parse(time.DateOnly, s)
	return s == "" || err == nil && at.Year() >= 1900
}

// record tells the audit trail what a user did; the command line has none.
func record(tx *store.Tx, l letter.Letter, by int64, act, object string) error {
	if by == 0 {
		return nil
	}
	return account.Record(tx, account.Entry{User: by, Letter: l.ID, Act: act, Object: object})
}

package delivery

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// EarlierKind says what an EarlierCall is.
type EarlierKind string

// The kinds of EarlierCall.
const (
	CalledFor EarlierKind = "call"      // somebody else asked for the same
	Precedent EarlierKind = "precedent" // such a thing was done
)

// EarlierCall is what others have asked before for the same as a demand, or where such a thing was done.
type EarlierCall struct {
	ID        int64
	Kind      EarlierKind
	Who       string
	Title     string
	Sent      string // YYYY, YYYY-MM or YYYY-MM-DD, "" where it is not known; of a precedent when it was done
	Published string // the same
	Source    string // web address

	demand int64
}

// KeyDate is a day that matters to a letter and that its text does not name.
type KeyDate struct {
	ID     int64
	Day    time.Time
	Label  string
	Yearly bool // it comes again each year
}

// Next is the day itself, or of one that comes again the next time from today on.
func (k KeyDate) Next(today time.Time) time.Time {
	day := k.Day
	for years := 1; k.Yearly && day.Before(atDay(today)); years++ {
		if day = k.Day.AddDate(years, 0, 0); day.Month() != k.Day.Month() { // of 29 February, in another year
			day = day.AddDate(0, 0, -1)
		}
	}
	return day
}

// Bounds of what editors enter beside a letter.
const (
	maxEarlier = 300 // of a letter
	maxDates   = 100 // of a letter
)

var (
	qInsertEarlier = store.Q("earlier_call.insert", `
		INSERT INTO earlier_call (letter_id, id, demand_id, kind, who, title, sent, published, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qListEarlier = store.Q("earlier_call.list", `
		SELECT id, demand_id, kind, who, title, sent, published, source FROM earlier_call WHERE letter_id = $1 ORDER BY sent = '', sent, id`)
	qRemoveEarlier = store.Q("earlier_call.remove", `DELETE FROM earlier_call WHERE letter_id = $1 AND id = $2`)
	qInsertDate    = store.Q("letter_date.insert", `INSERT INTO letter_date (letter_id, id, day, label, yearly) VALUES ($1, $2, $3, $4, $5)`)
	qListDates     = store.Q("letter_date.list", `SELECT id, day, label, yearly FROM letter_date WHERE letter_id = $1 ORDER BY day, id`)
	qRemoveDate    = store.Q("letter_date.remove", `DELETE FROM letter_date WHERE letter_id = $1 AND id = $2`)

	roughDay = regexp.MustCompile(`^(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-[0-3][0-9])?)?$`)
)

func scanEarlier(row store.Row) (e EarlierCall, err error) {
	return e, row.Scan(&e.ID, &e.demand, &e.Kind, &e.Who, &e.Title, &e.Sent, &e.Published, &e.Source)
}

func scanDate(row store.Row) (k KeyDate, err error) {
	var day string
	if err := row.Scan(&k.ID, &day, &k.Label, &k.Yearly); err != nil {
		return k, err
	}
	k.Day, err = time.Parse(time.DateOnly, day)
	return k, err
}

// isRoughDay reports whether a text is a year, a month or a day, or nothing.
func isRoughDay(s string) bool {
	return s == "" || roughDay.MatchString(s) && (len(s) < len(time.DateOnly) || isDay(s))
}

// isAddress reports whether a text is an address on the web.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(s) <= 2000
}

// line checks a typed line and puts it, cleaned, in its place.
func line(faults *fault.List, field string, typed *string) {
	kept, wrong := text.Line("line", *typed, maxShort)
	if wrong != nil {
		*faults = append(*faults, wrong.On(field))
	}
	*typed = kept
}

// AddEarlier notes that others have asked for the same as a demand of the letter's current edition, by its number, or where it was done.
func (s *Service) AddEarlier(ctx context.Context, slug, number string, e EarlierCall, by int64) error {
	var faults fault.List
	line(&faults, "who", &e.Who)
	line(&faults, "title", &e.Title)
	if !slices.Contains([]EarlierKind{CalledFor, Precedent}, e.Kind) {
		faults = append(faults, fault.New(fault.Invalid, "earlier.kind").On("earlier_kind"))
	}
	if e.Who == "" {
		faults = append(faults, fault.New(fault.Invalid, "earlier.who").On("who"))
	}
	for _, x := range [][2]string{{"sent", e.Sent}, {"published", e.Published}} {
		if !isRoughDay(x[1]) {
			faults = append(faults, fault.New(fault.Invalid, "earlier.day").On(x[0]))
		}
	}
	if !isAddress(e.Source) {
		faults = append(faults, fault.New(fault.Invalid, "earlier.source").On("source"))
	}
	if len(faults) > 0 {
		return faults
	}
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		if !l.Fixed() {
			return fault.New(fault.Conflict, "demand.draft")
		}
		asked, err := s.Letters.Demands.In(tx, l)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(asked, func(a letter.Asked) bool { return a.Number == number })
		if at < 0 {
			return fault.List{fault.New(fault.Invalid, "demand.unknown").On("demand")}
		}
		known, err := store.List(tx, qListEarlier, scanEarlier, l.ID)
		if err != nil {
			return err
		}
		if len(known) >= maxEarlier {
			return fault.New(fault.Limited, "earlier.limit", "Limit", maxEarlier)
		}
		if _, err := tx.Exec(qInsertEarlier, l.ID, store.NewID(tx.Now()), asked[at].ID, e.Kind, e.Who, e.Title, e.Sent, e.Published, e.Source); err != nil {
			return err
		}
		return record(tx, l, by, "demand.earlier", number)
	})
}

// RemoveEarlier takes back what AddEarlier noted.
func (s *Service) RemoveEarlier(ctx context.Context, slug string, id, by int64) error {
	return s.remove(ctx, slug, qRemoveEarlier, id, by, "demand.earlier")
}

// AddDate notes a day that matters to a letter.
func (s *Service) AddDate(ctx context.Context, slug string, k KeyDate, by int64) error {
	var faults fault.List
	line(&faults, "label", &k.Label)
	if k.Label == "" {
		faults = append(faults, fault.New(fault.Invalid, "date.label").On("label"))
	}
	if k.Day.Year() < 1000 || k.Day.Year() > 2200 { // an anniversary can be of long ago
		faults = append(faults, fault.New(fault.Invalid, "day.unreadable").On("date"))
	}
	if len(faults) > 0 {
		return faults
	}
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		known, err := store.List(tx, qListDates, scanDate, l.ID)
		if err != nil {
			return err
		}
		if len(known) >= maxDates {
			return fault.New(fault.Limited, "date.limit", "Limit", maxDates)
		}
		if _, err := tx.Exec(qInsertDate, l.ID, store.NewID(tx.Now()), day(k.Day), k.Label, k.Yearly); err != nil {
			return err
		}
		return record(tx, l, by, "letter.date", day(k.Day))
	})
}

// RemoveDate takes a day away.
func (s *Service) RemoveDate(ctx context.Context, slug string, id, by int64) error {
	return s.remove(ctx, slug, qRemoveDate, id, by, "letter.date")
}

func (s *Service) remove(ctx context.Context, slug string, q *store.Query, id, by int64, act string) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		n, err := tx.Exec(q, l.ID, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "page.unknown")
		}
		return record(tx, l, by, act, "")
	})
}

// beside reads what editors entered beside a letter: days, and who else has asked for its demands.
func (st *Standing) beside(tx *store.Tx, l letter.Letter) (err error) {
	if st.Dates, err = store.List(tx, qListDates, scanDate, l.ID); err != nil {
		return err
	}
	earlier, err := store.List(tx, qListEarlier, scanEarlier, l.ID)
	for i, d := range st.Demands {
		for _, e := range earlier {
			if d.ID != 0 && e.demand == d.ID {
				st.Demands[i].Earlier = append(st.Demands[i].Earlier, e)
			}
		}
	}
	return err
}

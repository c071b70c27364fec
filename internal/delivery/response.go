package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// Kind says what came back.
type Kind string

// The kinds of response.
const (
	Acknowledgement Kind = "acknowledgement"
	Holding         Kind = "holding" // an answer will come
	Extension       Kind = "extension"
	Clarification   Kind = "clarification" // they ask something: the clock stands still
	Forwarded       Kind = "forwarded"
	NotCompetent    Kind = "not_competent"
	Answered        Kind = "reply"
	Meeting         Kind = "meeting"
	PublicStatement Kind = "statement"
	Act             Kind = "act" // something was done, and nothing said
	OutOfOffice     Kind = "out_of_office"
)

// Kinds are all of them, in the order in which forms offer them.
var Kinds = []Kind{Answered, Acknowledgement, Holding, Extension, Clarification, Forwarded, NotCompetent, Meeting, PublicStatement, Act, OutOfOffice}

// answers reports whether somebody who is to answer by a rule has done so with it.
func (k Kind) answers() bool {
	return slices.Contains([]Kind{Answered, Meeting, PublicStatement, Act, NotCompetent, Forwarded}, k)
}

// ResponseState says who may see a response.
type ResponseState string

// The states.
const (
	Private   ResponseState = "private"
	Published ResponseState = "published"
	TakenDown ResponseState = "taken_down" // it was published; that it was there, and when it went, stays
)

// Response is what came back from an addressee.
type Response struct {
	ID         int64
	Addressee  int
	Also       []int // other addressees that it answers for
	Kind       Kind
	At         time.Time // received
	Written    string    // day on it, YYYY-MM-DD, or ""
	From       string    // who answered, and on whose behalf
	Reference  string    // theirs
	Until      string    // day that an extension names
	Forwarded  int       // number of the addressee whom it was passed on to, 0 for nobody
	Language   string
	Excerpt    string // as it is published
	File       string // name of the original, "" for none
	FileType   string
	SHA256     string // of the original
	Copy       string // name of the copy that may be published, "" for none
	CopyType   string
	CopySHA256 string
	State      ResponseState
	DecidedAt  time.Time // when it was published or taken down
	Mail       int64     // that it came by, 0 for none
}

// Answers reports whether a response answers for an addressee, by number.
func (r Response) Answers(addressee int) bool {
	return r.Addressee == addressee || slices.Contains(r.Also, addressee)
}

// ofMember reports whether a response is that of one member of a group, who is named.
func (r Response) ofMember(to Addressee) bool { return to.Members > 0 && r.From != "" }

func (r Response) until() time.Time {
	at, _ := time.Parse(time.DateOnly, r.Until)
	return at
}

const responseColumns = `id, addressee, kind, at, written, sender, reference, until, forwarded, language, excerpt, file_name, file_type, file_sha256,
		copy_name, copy_type, copy_sha256, state, decided_at, also, mail`

var (
	qInsertResponse = store.Q("response.insert", `
		INSERT INTO response (id, letter_id, addressee, kind, at, written, sender, reference, until, forwarded, language, excerpt, file_name, file_type,
			file_sha256, original, copy_name, copy_type, copy_sha256, public_copy, state, decided_at, made_by, created_at, also, mail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`)
	qListResponses = store.Q("response.list", `SELECT `+responseColumns+` FROM response WHERE letter_id = $1 ORDER BY at, id`)
	qFindResponse  = store.Q("response.find", `SELECT `+responseColumns+` FROM response WHERE id = $1 AND letter_id = $2`)
	qSetResponse   = store.Q("response.set_state", `UPDATE response SET state = $1, decided_at = $2 WHERE id = $3 AND state = $4`)
	qEditResponse  = store.Q("response.edit", `
		UPDATE response SET excerpt = $1, language = $2, copy_name = $3, copy_type = $4, copy_sha256 = $5, public_copy = $6
		WHERE id = $7 AND state = 'private'`)
	qDiscardResponse = store.Q("response.discard", `DELETE FROM response WHERE id = $1 AND letter_id = $2 AND state = 'private'`)
	qEmptyResponse   = store.Q("response.empty", `
		UPDATE response SET excerpt = '', sender = '', reference = '', copy_name = '', copy_type = '', copy_sha256 = '', public_copy = NULL,
			file_name = '', file_sha256 = '', original = NULL, mail = 0 WHERE id = $1`)
	qCountTakenDown = store.Q("response.count_taken_down", `
		SELECT COUNT(*) FROM response WHERE letter_id = $1 AND state = 'taken_down' AND decided_at >= $2`)
	qOriginal = store.Q("response.original", `SELECT original FROM response WHERE id = $1 AND letter_id = $2`)
	qCopy     = store.Q("response.copy", `SELECT public_copy FROM response WHERE id = $1 AND letter_id = $2`)
)

func scanResponse(row store.Row) (r Response, err error) {
	var at int64
	var decided *int64
	var also string
	err = row.Scan(&r.ID, &r.Addressee, &r.Kind, &at, &r.Written, &r.From, &r.Reference, &r.Until, &r.Forwarded, &r.Language, &r.Excerpt,
		&r.File, &r.FileType, &r.SHA256, &r.Copy, &r.CopyType, &r.CopySHA256, &r.State, &decided, &also, &r.Mail)
	if r.At = time.UnixMicro(at).UTC(); decided != nil {
		r.DecidedAt = time.UnixMicro(*decided).UTC()
	}
	if err == nil && also != "" {
		err = json.Unmarshal([]byte(also), &r.Also)
	}
	return r, err
}

// Came is a response as it is entered.
type Came struct {
	Addressee int
	Also      []int // other addressees that it answers for
	Kind      Kind
	At        time.Time // received
	Written   string
	From      string
	Reference string
	Until     string
	Forwarded *AddresseeChange // whom it was passed on to: one of the letter by number, or somebody new
	Language  string
	Excerpt   string
	File      *File
	Copy      *File           // what may be published of the file
	Said      map[string]Said // about demands, by number
	Mail      int64           // that it came by, and that is kept with it; 0 for none
	Publish   bool            // at once: only the operator of the command line may
}

// Receive enters what came back. It stays private until a second member has read it.
func (s *Service) Receive(ctx context.Context, slug string, c Came, by int64) (r Response, err error) {
	for file, field := range map[*File]string{c.File: "file", c.Copy: "copy"} {
		if file != nil {
			if *file, err = file.read(field); err != nil {
				return r, err
			}
		}
	}
	err = s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		r, err = s.receive(tx, l, c, by)
		return err
	})
	return r, err
}

func (s *Service) receive(tx *store.Tx, l letter.Letter, c Came, by int64) (r Response, err error) {
	if c.Kind == Forwarded && c.Forwarded != nil && c.Forwarded.Number == 0 { // to somebody who is new, who is asked from now on
		c.Forwarded.Role = new(Asks)
		to, err := s.setAddressee(tx, l, *c.Forwarded, by)
		if err != nil {
			return r, err
		}
		c.Forwarded = &AddresseeChange{Number: to.Number}
	}
	st, err := s.lockedStanding(tx, l)
	if err != nil {
		return r, err
	}
	if err := keep(tx, l.ID, st.Addressees); err != nil {
		return r, err
	}
	r = Response{ID: store.NewID(tx.Now()), Addressee: c.Addressee, Kind: c.Kind, At: c.At, Written: c.Written, Until: c.Until, Language: c.Language,
		State: Private, Mail: c.Mail}
	if err := r.fill(c, l, st, tx.Now()); err != nil {
		return r, err
	}
	if c.Publish {
		if err := open(st.Addressees, r); err != nil {
			return r, err
		}
	}
	var original, public []byte
	if c.File != nil {
		r.File, r.FileType, r.SHA256 = c.File.Name, c.File.Type, sumOf(c.File.Content)
		original = s.Keys.Seal("response", r.ID, c.File.Content)
	}
	if c.Copy != nil {
		r.Copy, r.CopyType, r.CopySHA256, public = c.Copy.Name, c.Copy.Type, sumOf(c.Copy.Content), c.Copy.Content
	}
	var decided *int64
	if c.Publish && by == 0 {
		r.State, r.DecidedAt = Published, tx.Now()
		decided = new(r.DecidedAt.UnixMicro())
	}
	if _, err := tx.Exec(qInsertResponse, r.ID, l.ID, r.Addressee, r.Kind, r.At.UnixMicro(), r.Written, r.From, r.Reference, r.Until, r.Forwarded, r.Language,
		r.Excerpt, r.File, r.FileType, r.SHA256, original, r.Copy, r.CopyType, r.CopySHA256, public, r.State, decided, store.OrNull(by), tx.Now().UnixMicro(),
		encoded(r.Also, len(r.Also) == 0), r.Mail); err != nil {
		return r, err
	}
	if r.Mail != 0 {
		if err := inbox.Enter(tx, l.ID, r.Mail, r.ID, by); err != nil {
			return r, err
		}
	}
	st.Responses = append(st.Responses, r)
	for number := range c.Said {
		if !slices.ContainsFunc(st.Demands, func(d Demand) bool { return d.Number == number }) {
			return r, fault.List{fault.New(fault.Invalid, "demand.unknown").On("said-" + number)}
		}
	}
	for _, d := range st.Demands {
		for _, to := range append([]int{r.Addressee}, r.Also...) {
			asked := to == r.Addressee || slices.ContainsFunc(d.Cells, func(c Cell) bool { return c.Addressee == to })
			if said := c.Said[d.Number]; said != "" && asked {
				k := Known{Demand: d.Number, Addressee: to, Said: said, Evidence: Evidence("response:" + ID(r.ID)), On: atDay(r.At)}
				if err := s.note(tx, l, st, k, by); err != nil {
					return r, err
				}
			}
		}
	}
	return r, record(tx, l, by, "response.added", string(r.Kind))
}

// fill checks what was typed of a response and sets it.
func (r *Response) fill(c Came, l letter.Letter, st Standing, now time.Time) error {
	var faults fault.List
	bad := func(kind fault.Kind, key, field string) { faults = append(faults, fault.New(kind, key).On(field)) }
	if _, err := pick(st.Addressees, c.Addressee); err != nil {
		return err
	}
	for _, n := range c.Also {
		if _, err := pick(st.Addressees, n); err != nil {
			return err
		}
		if !r.Answers(n) {
			r.Also = append(r.Also, n)
		}
	}
	if !slices.Contains(Kinds, c.Kind) {
		bad(fault.Invalid, "response.kind", "kind")
	}
	if wrong := checkDay(c.At, now); wrong != nil {
		faults = append(faults, wrong.On("at"))
	} else if first := st.first(c.Addressee); !first.IsZero() && atDay(c.At).Before(atDay(first)) {
		bad(fault.Conflict, "response.before", "at")
	}
	for _, x := range [][2]string{{"written", c.Written}, {"until", c.Until}} {
		field, typed := x[0], x[1]
		at, _ := time.Parse(time.DateOnly, typed)
		switch {
		case !isDay(typed):
			bad(fault.Invalid, "day.unreadable", field)
		case typed != "" && field == "written" && at.After(c.At.Add(clockSkew)):
			bad(fault.Invalid, "response.written", field)
		case typed != "" && field == "until" && at.Before(atDay(c.At)):
			bad(fault.Invalid, "response.until", field)
		}
	}
	if c.Kind == Extension && c.Until == "" {
		bad(fault.Invalid, "response.until", "until")
	}
	r.From, r.Reference = c.From, c.Reference
	line(&faults, "from", &r.From)
	line(&faults, "reference", &r.Reference)
	if r.Excerpt = letter.CleanMarkdown(c.Excerpt); len(r.Excerpt) > maxLong {
		bad(fault.TooLarge, "response.excerpt", "excerpt")
	}
	if r.Language == "" {
		r.Language = l.Edition.Language
	}
	if !i18n.IsLanguage(r.Language) {
		bad(fault.Invalid, "language", "language")
	}
	if c.Kind == Forwarded && c.Forwarded != nil {
		if r.Forwarded = c.Forwarded.Number; r.Forwarded == c.Addressee {
			bad(fault.Invalid, "response.forwarded", "forwarded")
		} else if _, err := pick(st.Addressees, r.Forwarded); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// Read is the act of a second member who has read a response for names, and lets everybody see it: that very content, and no other.
type Read struct {
	Response int64  `json:"response"`
	Sum      string `json:"sum"` // see Response.Sum
}

// Sum names what is published of a response.
func (r Response) Sum() string {
	h := sha256.New()
	for _, part := range []string{string(r.Kind), r.From, r.Reference, r.Language, r.Excerpt, r.Copy, r.CopyType, r.CopySHA256} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Act names the act.
func (Read) Act() string { return "response" }

// RegisterActs tells that what came back is published once two members have read it.
func (s *Service) RegisterActs(accounts *account.Service) {
	account.Register(accounts, account.Act[Read]{Ask: account.Editor, Decide: account.Editor,
		Check: func(tx *store.Tx, l letter.ID, a Read) error {
			_, err := private(tx, l, a.Response)
			return err
		},
		Again: func(a, waiting Read) *fault.Error {
			if a.Response == waiting.Response {
				return fault.New(fault.Conflict, "response.waits")
			}
			return nil
		},
		Page: func(a Read) string { return "/answers/" + ID(a.Response) },
		Do: func(tx *store.Tx, l letter.ID, a Read, by int64) error {
			r, err := private(tx, l, a.Response)
			if err != nil {
				return err
			}
			if r.Sum() != a.Sum {
				return fault.New(fault.Conflict, "response.changed")
			}
			return s.publish(tx, l, r)
		}})
}

func findResponse(tx *store.Tx, l letter.ID, id int64) (Response, error) {
	r, err := scanResponse(tx.Row(qFindResponse, id, l))
	if errors.Is(err, store.ErrNoRow) {
		return r, fault.New(fault.NotFound, "page.unknown")
	}
	return r, err
}

func private(tx *store.Tx, l letter.ID, id int64) (Response, error) {
	r, err := findResponse(tx, l, id)
	if err == nil && r.State != Private {
		return r, fault.New(fault.Conflict, "response.decided")
	}
	return r, err
}

func (s *Service) decide(tx *store.Tx, l letter.ID, id int64, from, to ResponseState) error {
	n, err := tx.Exec(qSetResponse, to, tx.Now().UnixMicro(), id, from)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "response.decided")
	}
	return letter.Touch(tx, l)
}

// Edit sets what is to be published of a response that is private: the excerpt, and the copy of its file; a nil copy stays as it is. base is
// the Sum of what was read; another one in its place is a Conflict.
func (s *Service) Edit(ctx context.Context, slug string, id int64, base, excerpt, language string, copied *File, by int64) error {
	if copied != nil {
		f, err := copied.read("copy")
		if err != nil {
			return err
		}
		copied = &f
	}
	excerpt = letter.CleanMarkdown(excerpt)
	if len(excerpt) > maxLong {
		return fault.List{fault.New(fault.TooLarge, "response.excerpt").On("excerpt")}
	}
	if !i18n.IsLanguage(language) {
		return fault.List{fault.New(fault.Invalid, "language").On("language")}
	}
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		r, err := private(tx, l.ID, id)
		if err != nil {
			return err
		}
		if r.Sum() != base {
			return fault.New(fault.Conflict, "response.changed")
		}
		public := []byte(nil)
		if copied != nil {
			r.Copy, r.CopyType, r.CopySHA256, public = copied.Name, copied.Type, sumOf(copied.Content), copied.Content
		} else if err := tx.Row(qCopy, id, l.ID).Scan(&public); err != nil {
			return err
		}
		if _, err := tx.Exec(qEditResponse, excerpt, language, r.Copy, r.CopyType, r.CopySHA256, public, id); err != nil {
			return err
		}
		return record(tx, l, by, "response.edited", "")
	})
}

// PublishResponse publishes a response for the operator of the command line.
func (s *Service) PublishResponse(ctx context.Context, slug string, id int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		r, err := private(tx, l.ID, id)
		if err != nil {
			return err
		}
		return s.publish(tx, l.ID, r)
	})
}

// publish lets everybody see a response, unless that would tell what is confidential.
func (s *Service) publish(tx *store.Tx, id letter.ID, r Response) error {
	l, err := letter.FindIn(tx, id)
	if err != nil {
		return err
	}
	list, err := addressees(tx, l)
	if err != nil {
		return err
	}
	if err := open(list, r); err != nil {
		return err
	}
	return s.decide(tx, id, r.ID, Private, Published)
}

// TakeDown destroys what was published of a response, and its original. That it was there, and when it went, stays.
func (s *Service) TakeDown(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		r, err := findResponse(tx, l.ID, id)
		if err != nil {
			return err
		}
		if err := s.decide(tx, l.ID, id, Published, TakenDown); err != nil {
			return err
		}
		if r.Mail != 0 {
			if err := inbox.Destroy(tx, r.Mail); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(qEmptyResponse, id); err != nil {
			return err
		}
		return record(tx, l, by, "response.taken_down", "")
	})
}

// TakenDownSince reports whether a response of a letter was taken down after something was made at a time, as signing.Erasures.Since does.
func (s *Service) TakenDownSince(ctx context.Context, l letter.ID, at time.Time) (any bool, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		var n int
		err := tx.Row(qCountTakenDown, l, at.Add(-signing.Skew).UnixMicro()).Scan(&n)
		any = n > 0
		return err
	})
	return any, err
}

// Discard destroys a response that nobody but editors has seen, and what was noted by it.
func (s *Service) Discard(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		r, err := private(tx, l.ID, id)
		if err != nil {
			return err
		}
		if r.Mail != 0 { // somebody may have entered it as what it is not
			if err := inbox.Leave(tx, l.ID, r.Mail, by); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(qDiscardResponse, id, l.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(qDiscardEntries, "response:"+ID(id), l.ID); err != nil {
			return err
		}
		return record(tx, l, by, "response.discarded", "")
	})
}

// CopyForEditors returns the file of a response as it is to be published.
func (s *Service) CopyForEditors(ctx context.Context, l letter.Letter, id int64) (File, error) {
	return s.copied(ctx, l, id, false)
}

// Original returns the file of a response as it came, for editors.
func (s *Service) Original(ctx context.Context, l letter.Letter, id int64) (f File, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		r, err := findResponse(tx, l.ID, id)
		if err != nil {
			return err
		}
		if r.File == "" {
			return fault.New(fault.NotFound, "page.unknown")
		}
		var sealed []byte
		if err := tx.Row(qOriginal, id, l.ID).Scan(&sealed); err != nil {
			return err
		}
		f.Name, f.Type = r.File, r.FileType
		f.Content, err = s.Keys.Open("response", id, sealed)
		return err
	})
	return f, err
}

// PublicCopy returns the file of a response as everybody may see it.
func (s *Service) PublicCopy(ctx context.Context, l letter.Letter, id int64) (File, error) {
	return s.copied(ctx, l, id, true)
}

func (s *Service) copied(ctx context.Context, l letter.Letter, id int64, public bool) (f File, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		r, err := findResponse(tx, l.ID, id)
		if err != nil {
			return err
		}
		if public && r.State != Published || r.Copy == "" {
			return fault.New(fault.NotFound, "page.unknown")
		}
		f.Name, f.Type = r.Copy, r.CopyType
		return tx.Row(qCopy, id, l.ID).Scan(&f.Content)
	})
	return f, err
}

// sumOf is the hex SHA-256 of bytes.
func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

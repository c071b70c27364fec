package delivery

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// Whoever has the link of an office can read what is public and type. What is typed counts once it is confirmed from the office's mailbox,
// so a link that was passed on costs the office a few mails, and these numbers say how many.
const (
	OfficeDays     = 30 // for so many days a link is good
	maxOfficeMails = 20 // that one link can have sent
	maxTyped       = 5  // statements of one link that wait to be confirmed
)

// OfficeLink is a link by which an office states its own view.
type OfficeLink struct {
	ID        int64
	Addressee int
	Email     string
	Language  string
	Mails     int  // that were asked for with it
	Turned    bool // the office's server took no mail
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // when an editor took it back

	letter      letter.ID
	hash, token []byte // the token is sealed
}

// Good reports whether a link is one still.
func (k OfficeLink) Good(now time.Time) bool { return k.EndedAt.IsZero() && now.Before(k.ExpiresAt) }

// What a mail to an office says.
const (
	OfficeAsk       = "ask"       // here is your link
	OfficeConfirm   = "confirm"   // is this from you?
	OfficeWithdraw  = "withdraw"  // do you take this back?
	OfficePublished = "published" // it is shown
	OfficeRefused   = "refused"   // it is not, and why
)

// OfficeMail is a mail to an office. Its job is written with the act that it tells of.
type OfficeMail struct {
	ID   int64  `json:"id"` // of the link that it holds, or of the statement that it is about
	Says string `json:"says"`
}

// Kind names the job.
func (OfficeMail) Kind() string { return "mail.office" }

const officeTable = "office_link"

const officeColumns = `id, letter_id, addressee, email, language, token_hash, token, mails, turned, created_at, expires_at, ended_at`

var (
	qInsertOffice = store.Q("office_link.insert", `
		INSERT INTO office_link (id, letter_id, addressee, email, language, token_hash, token, mails, turned, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10)`)
	qListOffice  = store.Q("office_link.list", `SELECT `+officeColumns+` FROM office_link WHERE letter_id = $1 ORDER BY id`)
	qFindOffice  = store.Q("office_link.find", `SELECT `+officeColumns+` FROM office_link WHERE id = $1`)
	qEndOffice   = store.Q("office_link.end", `UPDATE office_link SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL`)
	qSpendOffice = store.Q("office_link.spend", `UPDATE office_link SET mails = mails + 1 WHERE id = $1 AND mails < $2`)
	qTurnOffice  = store.Q("office_link.turn", `UPDATE office_link SET turned = $1 WHERE id = $2`)
	// What only a mail needed goes once no more can be sent: the last says what was decided about a statement.
	qForgetOffice = store.Q("office_link.forget", `
		UPDATE office_link SET email = '', token = $1 WHERE email <> '' AND (expires_at < $2 OR ended_at < $2) AND NOT EXISTS (
			SELECT 1 FROM office_statement s WHERE s.link_id = office_link.id AND (s.state = 'held' OR s.decided_at >= $2))`)
	qGiveUpOffice = store.Q("office_link.give_up", `UPDATE office_link SET ended_at = COALESCE(ended_at, $1), email = ''`)
)

func scanOffice(row store.Row) (k OfficeLink, err error) {
	var created, expires int64
	var ended *int64
	err = row.Scan(&k.ID, &k.letter, &k.Addressee, &k.Email, &k.Language, &k.hash, &k.token, &k.Mails, &k.Turned, &created, &expires, &ended)
	k.CreatedAt, k.ExpiresAt, k.EndedAt = time.UnixMicro(created).UTC(), time.UnixMicro(expires).UTC(), store.Instant(ended)
	return k, err
}

// OfficeAsked is a question to an office.
type OfficeAsked struct {
	Addressee int
	Language  string // of the mail and the page; "" for the letter's
	Email     string // as the editor who asks has read it: another one on record is a Conflict
}

// AskOffice sends an office the link by which it states its own view. One link is good at a time.
func (s *Service) AskOffice(ctx context.Context, slug string, ask OfficeAsked, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		st, err := s.lockedStanding(tx, l)
		if err != nil {
			return err
		}
		to, err := pick(st.Addressees, ask.Addressee)
		if err != nil {
			return err
		}
		if ask.Language == "" {
			ask.Language = l.Edition.Language
		}
		if i18n.Find(ask.Language) == nil {
			ask.Language = i18n.Default
		}
		switch {
		case to.Email == "":
			return fault.List{fault.New(fault.Conflict, "office.address").On("addressee")}
		case to.Email != ask.Email:
			return fault.List{fault.New(fault.Conflict, "office.changed").On("email")}
		}
		if err := s.askable(tx, l, to.Number); err != nil {
			return err
		}
		if err := keep(tx, l.ID, st.Addressees); err != nil {
			return err
		}
		links, err := store.List(tx, qListOffice, scanOffice, l.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(links, func(k OfficeLink) bool {
			return k.Addressee == to.Number && k.Email == to.Email && k.Good(tx.Now())
		}) {
			return fault.List{fault.New(fault.Conflict, "office.asked").On("addressee")}
		}
		id, now := store.NewID(tx.Now()), tx.Now()
		token := seal.NewToken(id)
		if _, err := tx.Exec(qInsertOffice, id, l.ID, to.Number, to.Email, ask.Language, seal.Hash(token), s.Keys.Seal(officeTable, id, []byte(token)), false,
			now.UnixMicro(), now.AddDate(0, 0, OfficeDays).UnixMicro()); err != nil {
			return err
		}
		if err := job.Enqueue(tx, OfficeMail{id, OfficeAsk}); err != nil {
			return err
		}
		return record(tx, l, by, "office.asked", "")
	})
}

// EndOffice takes a link back. What was typed with it and not confirmed is deleted, and what was to be taken back with it is not; what was
// confirmed stays.
func (s *Service) EndOffice(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		k, err := scanOffice(tx.Row(qFindOffice, id))
		if errors.Is(err, store.ErrNoRow) || err == nil && k.letter != l.ID {
			return fault.New(fault.NotFound, "page.unknown")
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(qEndOffice, tx.Now().UnixMicro(), id)
		if err != nil || n == 0 { // a form that comes twice is done once
			return err
		}
		if _, err := tx.Exec(qDropTyped, id); err != nil {
			return err
		}
		if _, err := tx.Exec(qEndLeaving, id); err != nil {
			return err
		}
		return record(tx, l, by, "office.ended", "")
	})
}

// OfficeLinks returns the links that were sent to the offices of a letter, the oldest first.
func (s *Service) OfficeLinks(ctx context.Context, l letter.Letter) (links []OfficeLink, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		links, err = store.List(tx, qListOffice, scanOffice, l.ID)
		return err
	})
	return links, err
}

// Office is what the link of an office leads to: what everybody may read, and how far its own statements are.
type Office struct {
	Link     OfficeLink
	Letter   letter.Letter
	To       Addressee
	Standing Standing // of the public
	Asked    []OfficeDemand
}

// OfficeDemand is a demand that is asked of an office.
type OfficeDemand struct {
	Demand Demand
	Cell   Cell     // as the public sees it
	Stated []Stated // all that is confirmed, the oldest first; of what is not public neither words nor evidence
}

// Find returns a demand by its number.
func (o Office) Find(number string) (OfficeDemand, bool) {
	i := slices.IndexFunc(o.Asked, func(d OfficeDemand) bool { return d.Demand.Number == number })
	if i < 0 {
		return OfficeDemand{}, false
	}
	return o.Asked[i], true
}

// openOffice returns what is public of what a letter asks of an addressee, and a fault unless it is public that they are asked.
func (s *Service) openOffice(tx *store.Tx, l letter.Letter, number int) (st Standing, to Addressee, err error) {
	gone := fault.New(fault.Gone, "office.link")
	if l.State == letter.Draft {
		return st, to, gone
	}
	if st, err = standing(tx, s.Letters, l, ForPublic); err != nil {
		return st, to, err
	}
	to, known := st.Find(number)
	if !known || st.confidential[number] || to.Role != Asks || !slices.ContainsFunc(st.Demands, func(d Demand) bool { return d.asks(number) }) {
		return st, to, gone
	}
	return st, to, nil
}

// askable is a fault unless it is public that an addressee is asked something.
func (s *Service) askable(tx *store.Tx, l letter.Letter, number int) error {
	_, _, err := s.openOffice(tx, l, number)
	if fault.Is(err, fault.Gone) {
		return fault.List{fault.New(fault.Conflict, "office.not_public").On("addressee")}
	}
	return err
}

// asks reports whether a demand is asked of an addressee.
func (d Demand) asks(number int) bool {
	return slices.ContainsFunc(d.Cells, func(c Cell) bool { return c.Addressee == number })
}

// officeIn returns what a link leads to, for as long as it is good and the office's address on record is the one that was asked.
func (s *Service) officeIn(tx *store.Tx, k OfficeLink) (o Office, err error) {
	gone := fault.New(fault.Gone, "office.link")
	if !k.Good(tx.Now()) {
		return o, gone
	}
	if o.Letter, err = letter.FindIn(tx, k.letter); err != nil {
		return o, err
	}
	if o.Standing, o.To, err = s.openOffice(tx, o.Letter, k.Addressee); err != nil {
		return o, err
	}
	full, err := addressee(tx, o.Letter, k.Addressee)
	if err != nil {
		return o, err
	}
	if full.Email != k.Email {
		return o, gone
	}
	all, err := statedIn(tx, o.Letter.ID, ForEditors)
	if err != nil {
		return o, err
	}
	o.Link = k
	for _, d := range o.Standing.Demands {
		for _, c := range d.Cells {
			if c.Addressee != k.Addressee {
				continue
			}
			x := OfficeDemand{Demand: d, Cell: c}
			for _, y := range all {
				if y.demand == d.ID && d.ID != 0 && y.Addressee == k.Addressee {
					leaving := y.Leaving
					y = y.public()
					y.Leaving = leaving
					x.Stated = append(x.Stated, y)
				}
			}
			o.Asked = append(o.Asked, x)
		}
	}
	return o, nil
}

// Office returns what a link leads to. It changes nothing: programs that look at mail follow links too.
func (s *Service) Office(ctx context.Context, token string) (o Office, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		k, err := findOffice(tx, token)
		if err != nil {
			return err
		}
		o, err = s.officeIn(tx, k)
		return err
	})
	return o, err
}

func findOffice(tx *store.Tx, token string) (k OfficeLink, err error) {
	gone := fault.New(fault.Gone, "office.link")
	id, ok := seal.TokenID(token)
	if !ok {
		return k, gone
	}
	k, err = scanOffice(tx.Row(qFindOffice, id))
	if errors.Is(err, store.ErrNoRow) || err == nil && subtle.ConstantTimeCompare(k.hash, seal.Hash(token)) != 1 {
		return k, gone
	}
	return k, err
}

// withOffice does something with a link that is good, on a letter that is locked.
func (s *Service) withOffice(ctx context.Context, token string, fn func(tx *store.Tx, o Office) error) error {
	o, err := s.Office(ctx, token)
	if err != nil {
		return err
	}
	return s.Letters.Amend(ctx, o.Letter.Slug, func(tx *store.Tx, l letter.Letter) error {
		if _, err := s.Letters.Demands.In(tx, l); err != nil { // each demand with the id that statements go by
			return err
		}
		k, err := findOffice(tx, token)
		if err != nil {
			return err
		}
		o, err := s.officeIn(tx, k)
		if err != nil {
			return err
		}
		return fn(tx, o)
	})
}

// spend takes one of the mails that a link can have sent.
func (o Office) spend(tx *store.Tx) error {
	n, err := tx.Exec(qSpendOffice, o.Link.ID, maxOfficeMails)
	if err == nil && n == 0 {
		err = fault.New(fault.Limited, "office.mails", "Limit", maxOfficeMails)
	}
	return err
}

// State takes what was typed with the link of an office. It counts for nothing before somebody who reads the office's mail confirms it.
func (s *Service) State(ctx context.Context, token string, y Saying) error {
	y.Addressee = 0
	if err := y.read(); err != nil {
		return err
	}
	return s.withOffice(ctx, token, func(tx *store.Tx, o Office) error {
		d, asked := o.Find(y.Demand)
		if !asked {
			return fault.List{fault.New(fault.Invalid, "demand.unknown").On("demand")}
		}
		var waiting int
		if err := tx.Row(qCountTyped, o.Link.ID).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= maxTyped {
			return fault.New(fault.Limited, "office.typed", "Limit", maxTyped)
		}
		if err := o.spend(tx); err != nil {
			return err
		}
		id := store.NewID(tx.Now())
		mailed := seal.NewToken(id)
		x := Stated{ID: id, Addressee: o.To.Number, Position: y.Position, Language: y.Language, State: Typed, At: tx.Now(), demand: d.Demand.ID, link: o.Link.ID,
			hash: seal.Hash(mailed), token: s.Keys.Seal(statedTable+" token", id, []byte(mailed))}
		if err := s.insertStated(tx, o.Letter, x, y); err != nil {
			return err
		}
		return job.Enqueue(tx, OfficeMail{id, OfficeConfirm})
	})
}

// TakeBack sends the office the mail by which it takes back what it stated.
func (s *Service) TakeBack(ctx context.Context, token string, id int64) error {
	return s.withOffice(ctx, token, func(tx *store.Tx, o Office) error {
		x, err := scanStated(tx.Row(qFindStated, id))
		if errors.Is(err, store.ErrNoRow) || err == nil && (x.letter != o.Letter.ID || x.Addressee != o.To.Number || x.Entered) {
			return fault.New(fault.NotFound, "page.unknown")
		}
		if err != nil {
			return err
		}
		if x.State != StatedHeld && x.State != StatedShown {
			return fault.New(fault.Conflict, "stated.decided")
		}
		if err := o.spend(tx); err != nil {
			return err
		}
		mailed := seal.NewToken(id)
		if _, err := tx.Exec(qLeaveStated, seal.Hash(mailed), s.Keys.Seal(statedTable+" token", id, []byte(mailed)), o.Link.ID, tx.Now().UnixMicro(),
			id); err != nil {
			return err
		}
		return job.Enqueue(tx, OfficeMail{id, OfficeWithdraw})
	})
}

// Confirming is what the mail that an office gets of a statement leads to.
type Confirming struct {
	Letter letter.Letter
	To     Addressee
	Demand Demand
	Stated Stated // whole
	Back   bool   // it is to be taken back
}

// Confirming returns what the link of such a mail is about. It changes nothing.
func (s *Service) Confirming(ctx context.Context, token string) (c Confirming, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		c, err = s.confirmingIn(tx, token)
		return err
	})
	return c, err
}

func (s *Service) confirmingIn(tx *store.Tx, token string) (c Confirming, err error) {
	gone := fault.New(fault.Gone, "office.confirm")
	id, ok := seal.TokenID(token)
	if !ok {
		return c, gone
	}
	x, err := scanStated(tx.Row(qFindStated, id))
	if errors.Is(err, store.ErrNoRow) || err == nil && (x.hash == nil || subtle.ConstantTimeCompare(x.hash, seal.Hash(token)) != 1 ||
		tx.Now().Sub(x.asked()) > typedFor) {
		return c, gone
	}
	if err != nil {
		return c, err
	}
	if c.Letter, err = letter.FindIn(tx, x.letter); err != nil {
		return c, err
	}
	st, to, err := s.openOffice(tx, c.Letter, x.Addressee)
	if err != nil {
		return c, err
	}
	k, err := scanOffice(tx.Row(qFindOffice, x.link))
	if err != nil {
		return c, err
	}
	full, err := addressee(tx, c.Letter, x.Addressee)
	if err != nil {
		return c, err
	}
	if !k.EndedAt.IsZero() || full.Email != k.Email { // whoever once had the address does not speak for the office
		return c, gone
	}
	at := slices.IndexFunc(st.Demands, func(d Demand) bool { return d.ID == x.demand })
	if at < 0 { // the text asks it no more
		return c, gone
	}
	c.To, c.Demand, c.Back = to, st.Demands[at], x.State != Typed
	c.Stated, err = s.openStated(x)
	return c, err
}

// asked is when the mail was asked for that confirms a statement or takes it back.
func (x Stated) asked() time.Time {
	if x.State == Typed {
		return x.createdAt
	}
	return x.leftAt
}

// Confirm does what the mail asked about: what was typed is the office's from now on, and held until an editor has looked at it, or what it
// stated is taken back. who decides otherwise, deny, has it as if nothing had been typed.
func (s *Service) Confirm(ctx context.Context, token string, deny bool) (c Confirming, err error) {
	if c, err = s.Confirming(ctx, token); err != nil {
		return c, err
	}
	err = s.Letters.Amend(ctx, c.Letter.Slug, func(tx *store.Tx, l letter.Letter) error {
		if c, err = s.confirmingIn(tx, token); err != nil {
			return err
		}
		now, id := tx.Now().UnixMicro(), c.Stated.ID
		switch {
		case c.Back && deny:
			_, err = tx.Exec(qKeepStated, id)
		case c.Back && c.Stated.State == StatedHeld: // editors alone have seen it
			_, err = tx.Exec(qDropHeld, id)
		case c.Back:
			_, err = tx.Exec(qWithdrawStated, now, id)
		case deny:
			_, err = tx.Exec(qDropStated, id)
		default:
			_, err = tx.Exec(qConfirmStated, now, id)
		}
		return err
	})
	return c, err
}

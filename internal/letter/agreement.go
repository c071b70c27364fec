package letter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Agreement is the next edition of a letter before the organisations that lead it, whose names stand at its head: it is published once
// each has approved the very texts. One that asks nothing of signers is published by itself when they have had time to object and nobody
// has. The zero Agreement is none.
type Agreement struct {
	Number  int // of the edition
	Follows Follows
	Sums    map[string]string // SHA-256 by language of the texts that they were asked about
	Digest  string            // of number, follows and sums: what they approve
	AskedBy int64             // the user who wants it published
	AskedAt time.Time
	Due     time.Time // when it is published by itself; zero for not before all have approved it
	Leads   []Stand   // of each, in the order of the letter's head

	movedBy   int64 // who has changed a text since, 0 for the command line
	movedMany bool  // several have
	movedAt   time.Time
}

// Stand is where a lead organisation stands.
type Stand struct {
	Lead       account.Organisation
	Approved   bool      // what is asked
	Before     bool      // it approved what was asked before
	Objection  string    // its words, plain; "" for none
	ObjectedAt time.Time // zero for none
	Anew       bool      // what it objected to was asked before: it is asked again
	Reached    bool      // it has members who write here, or somebody with a link

	approved string // the digest that it approved last
}

// digestOf names what is approved: which edition, what it asks of signers, and every text of it.
func digestOf(number int, follows Follows, sums map[string]string) string {
	lines := []string{strconv.Itoa(number), string(follows)}
	for _, code := range slices.Sorted(maps.Keys(sums)) {
		lines = append(lines, code+" "+sums[code])
	}
	return Hash(strings.Join(lines, "\n"))
}

// Waits reports whether there is one.
func (a Agreement) Waits() bool { return a.Number != 0 }

// Of returns where an organisation stands, false for one that does not lead.
func (a Agreement) Of(organisation int64) (Stand, bool) {
	at := slices.IndexFunc(a.Leads, func(s Stand) bool { return s.Lead.ID == organisation })
	if at < 0 {
		return Stand{}, false
	}
	return a.Leads[at], true
}

// LeadWaits are for how long lead organisations can object to a change that asks nothing of signers, in hours, as a letter's settings
// can have it; 0: such a change too waits until each has approved it.
var LeadWaits = []int{24, 72, 168, 0}

// reaskAfter is how long a text that lead organisations were asked about can be worked on before they are asked about what it has
// become: each save would be a mail.
const reaskAfter = 10 * time.Minute

// maxObjection bounds the words of an objection, in characters.
const maxObjection = 4000

// What a mail about an agreement says.
const (
	SaysApprove   = "ask"       // here is the next text; approve it or object
	SaysChanged   = "changed"   // the text that you approved has been changed
	SaysObjected  = "objected"  // a lead organisation objects
	SaysPublished = "published" // it is the letter's text now
)

// LeadMail is a mail to one who speaks for a lead organisation: a member, or a reader who was made its voice by a link.
type LeadMail struct {
	Letter ID     `json:"letter"`
	Lead   int64  `json:"lead"` // the organisation
	User   int64  `json:"user,omitempty"`
	Reader int64  `json:"reader,omitempty"`
	Says   string `json:"says"`
	Number int    `json:"number"`           // of the edition
	Digest string `json:"digest,omitempty"` // of what is asked
}

// Kind names the job.
func (LeadMail) Kind() string { return "mail.lead" }

// LeadEnvelope is what a mail about an agreement needs. It holds nothing that another organisation typed but the text's title.
type LeadEnvelope struct {
	Letter    Letter
	Agreement Agreement
	Language  string
	Address   string // of a reader; a member's is the account's
	Token     string // of a reader
}

// agreed is the job that publishes an edition to which nobody objected.
type agreed struct {
	Letter ID    `json:"letter"`
	Due    int64 `json:"due"` // µs
}

// Kind names the job.
func (agreed) Kind() string { return "letter.agreed" }

// moved is the job that asks lead organisations about what a text has become since they were asked.
type moved struct {
	Letter ID `json:"letter"`
}

// Kind names the job.
func (moved) Kind() string { return "letter.moved" }

// Agreements are the next editions that wait for lead organisations.
type Agreements struct{ letters *Service }

// Find returns what waits of a letter, the zero Agreement for nothing.
func (as Agreements) Find(ctx context.Context, l Letter) (a Agreement, err error) {
	err = as.letters.DB.View(ctx, func(tx *store.Tx) error {
		a, err = as.letters.agreementOf(tx, l)
		return err
	})
	return a, err
}

// Change is a text of the next edition beside the one that somebody knows, as canonical files; Known is "" for a language that comes.
type Change struct{ Language, Known, Asked string }

// Asks returns the next edition's texts beside those that a lead organisation, 0 for none, knows: those that it approved last, else the
// published ones. working reports that they are no more what was asked about.
func (as Agreements) Asks(ctx context.Context, l Letter, a Agreement, organisation int64) (changes []Change, working bool, err error) {
	err = as.letters.DB.View(ctx, func(tx *store.Tx) error {
		next, err := findEdition(tx, l.ID, a.Number)
		if err != nil {
			return err
		}
		known := map[string]string{}
		for code, t := range l.Edition.Texts {
			known[code] = t.Canonical()
		}
		if stand, leads := a.Of(organisation); leads && stand.approved != "" {
			rows, err := store.List(tx, qListAgreementTexts, func(row store.Row) (c Change, err error) {
				return c, row.Scan(&c.Language, &c.Known)
			}, l.ID, stand.approved)
			if err != nil {
				return err
			}
			for _, c := range rows {
				known[c.Language] = c.Known
			}
		}
		changes, working = nil, !a.is(next)
		for _, code := range next.Languages() {
			changes = append(changes, Change{code, known[code], next.Texts[code].Canonical()})
		}
		return nil
	})
	return changes, working, err
}

// Approve approves what has the digest for those lead organisations that the user may speak for, and publishes it if it was the last
// word. Anything else in its place is a Conflict.
func (as Agreements) Approve(ctx context.Context, slug, digest string, by int64) error {
	return as.onAgreement(ctx, slug, digest, func(tx *store.Tx, l Letter, a Agreement) error {
		if err := approveAs(tx, l, digest, by); err != nil {
			return err
		}
		return as.letters.settle(tx, l, a)
	})
}

// ApproveAs is Approve by the link of a reader who speaks for a lead organisation.
func (as Agreements) ApproveAs(ctx context.Context, r Reader, slug, digest string) error {
	return as.onAgreement(ctx, slug, digest, func(tx *store.Tx, l Letter, a Agreement) error {
		lead, err := voiceOf(tx, l, r)
		if err != nil {
			return err
		}
		if err := approveNext(tx, l.ID, lead, digest, 0); err != nil {
			return err
		}
		return as.letters.settle(tx, l, a)
	})
}

// Object notes what those lead organisations that the user may speak for have against the next edition's text. It is not published
// by itself any more.
func (as Agreements) Object(ctx context.Context, slug, digest, words string, by int64) error {
	return as.onAgreement(ctx, slug, digest, func(tx *store.Tx, l Letter, a Agreement) error {
		leads, err := store.List(tx, qListSpokenFor, scanOrganisationID, l.ID, by)
		if err != nil {
			return err
		}
		for _, lead := range leads {
			if err := as.letters.object(tx, l, a, lead, words, by); err != nil {
				return err
			}
		}
		return nil
	})
}

// ObjectAs is Object by the link of a reader who speaks for a lead organisation.
func (as Agreements) ObjectAs(ctx context.Context, r Reader, slug, digest, words string) error {
	return as.onAgreement(ctx, slug, digest, func(tx *store.Tx, l Letter, a Agreement) error {
		lead, err := voiceOf(tx, l, r)
		if err != nil {
			return err
		}
		return as.letters.object(tx, l, a, lead, words, 0)
	})
}

// TakeBack ends what was asked of the lead organisations; the text stays as it is, and so does what they object to.
func (as Agreements) TakeBack(ctx context.Context, slug string, by int64) error {
	_, err := as.letters.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if err := endAgreement(tx, l.ID); err != nil {
			return err
		}
		return record(tx, l, by, "agreement.taken_back", "")
	})
	return err
}

// Envelope returns what a mail needs, false when it must not be sent any more: the text has been changed, published or taken back
// since, the organisation has approved it, or nobody speaks for it by that link.
func (as Agreements) Envelope(ctx context.Context, m LeadMail) (e LeadEnvelope, send bool, err error) {
	err = as.letters.DB.View(ctx, func(tx *store.Tx) error {
		if e.Letter, err = scanLetter(tx.Row(qLoadLetter, m.Letter)); err != nil {
			return err
		}
		if err := complete(tx, &e.Letter); err != nil {
			return err
		}
		if e.Agreement, err = as.letters.agreementOf(tx, e.Letter); err != nil {
			return err
		}
		stand, leads := e.Agreement.Of(m.Lead)
		switch m.Says {
		case SaysPublished:
			send = e.Letter.Edition.Number == m.Number
		case SaysObjected:
			send = e.Agreement.Number == m.Number
		default:
			send = e.Agreement.Waits() && e.Agreement.Digest == m.Digest && leads && !stand.Approved
		}
		e.Language = e.Letter.Edition.Language
		if !send || m.Reader == 0 {
			return nil
		}
		row, err := scanReader(tx.Row(qFindReader, m.Reader))
		if errors.Is(err, store.ErrNoRow) || row.Withdrawn || row.SpeaksFor != m.Lead {
			send = false
			return nil
		}
		if err != nil {
			return err
		}
		key, err := as.letters.KeyIn(tx, m.Letter)
		if err == nil {
			err = row.open(key)
		}
		e.Language, e.Address, e.Token = row.Language, row.Email, row.token
		return err
	})
	return e, send, err
}

// onAgreement runs fn on a letter whose next edition waits for its lead organisations as what has that digest.
func (as Agreements) onAgreement(ctx context.Context, slug, digest string, fn func(tx *store.Tx, l Letter, a Agreement) error) error {
	_, err := as.letters.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if err := complete(tx, &l); err != nil {
			return err
		}
		a, err := as.letters.agreementOf(tx, l)
		if err != nil {
			return err
		}
		if !a.Waits() {
			return fault.New(fault.Gone, "agreement.over")
		}
		next, err := findEdition(tx, l.ID, a.Number)
		if err != nil {
			return err
		}
		if digest != a.Digest || !a.is(next) {
			return fault.New(fault.Conflict, "agreement.changed")
		}
		return fn(tx, l, a)
	})
	return err
}

// is reports whether an edition has the very texts that were asked about.
func (a Agreement) is(e Edition) bool {
	if len(a.Sums) != len(e.Texts) {
		return false
	}
	for code, t := range e.Texts {
		if a.Sums[code] != t.SHA256 {
			return false
		}
	}
	return true
}

// voiceOf returns the lead organisation that a reader speaks for. One that has members who write here speaks by them.
func voiceOf(tx *store.Tx, l Letter, r Reader) (organisation int64, err error) {
	row, err := scanReader(tx.Row(qFindReader, r.ID))
	if errors.Is(err, store.ErrNoRow) {
		return 0, fault.New(fault.Gone, "circulation.link")
	}
	if err != nil {
		return 0, err
	}
	users, err := store.List(tx, qListVoices, scanOrganisationID, row.SpeaksFor)
	if err != nil {
		return 0, err
	}
	leads := func(o account.Organisation) bool { return o.ID == row.SpeaksFor }
	if row.Withdrawn || row.Letter != l.ID || len(users) > 0 || !slices.ContainsFunc(l.Leads, leads) {
		return 0, fault.New(fault.Forbidden, "role")
	}
	return row.SpeaksFor, nil
}

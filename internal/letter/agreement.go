package letter

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// Agreement is the next edition of a letter before the organisations that lead it, whose names stand at its head: it is published once
// each has approved the very text. One that asks nothing of signers is published by itself when they have had time to object and
// nobody has. The zero Agreement is none.
type Agreement struct {
	Number  int // of the edition
	Follows Follows
	Sums    map[string]string // SHA-256 by language of the texts that they were asked about
	AskedBy int64             // the user who wants it published
	AskedAt time.Time
	Due     time.Time // when it is published by itself; zero for not before all have approved it
	Leads   []Stand   // of each, in the order of the letter's head
}

// Stand is where a lead organisation stands on a text.
type Stand struct {
	Lead       account.Organisation
	Approved   bool      // the text
	Before     bool      // it approved the text that this one was made from
	Objection  string    // its words, plain; "" for none
	ObjectedAt time.Time // zero for no objection to this text
	Reached    bool      // it has members who write here, or somebody with a link
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
	SHA256 string `json:"sha256,omitempty"` // of its authoritative text
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
	Letter ID    `json:"letter"`
	By     int64 `json:"by"` // the user who changed it, 0 for the command line
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

// Asks returns the text that lead organisations are asked about, and the one that a lead organisation, 0 for none, knows: the one it
// approved last, else the one that is published.
func (as Agreements) Asks(ctx context.Context, l Letter, organisation int64) (known, asked string, err error) {
	err = as.letters.DB.View(ctx, func(tx *store.Tx) error {
		next, err := findEdition(tx, l.ID, l.Edition.Number+1)
		if err != nil {
			return err
		}
		asked, known = next.Text(next.Language).Canonical(), l.Edition.Text(l.Edition.Language).Canonical()
		err = tx.Row(qFindApprovedText, l.ID, organisation).Scan(&known)
		if errors.Is(err, store.ErrNoRow) {
			return nil
		}
		return err
	})
	return known, asked, err
}

// Approve approves the next edition's text with the hash for those lead organisations that the user may speak for, and publishes it
// if it was the last word. Another text in its place is a Conflict.
func (as Agreements) Approve(ctx context.Context, slug, sha256 string, by int64) error {
	return as.onAgreement(ctx, slug, sha256, func(tx *store.Tx, l Letter, a Agreement) error {
		if err := approveAs(tx, l, sha256, by); err != nil {
			return err
		}
		return as.letters.settle(tx, l, a)
	})
}

// ApproveAs is Approve by the link of a reader who speaks for a lead organisation.
func (as Agreements) ApproveAs(ctx context.Context, r Reader, slug, sha256 string) error {
	return as.onAgreement(ctx, slug, sha256, func(tx *store.Tx, l Letter, a Agreement) error {
		lead, err := voiceOf(tx, l, r)
		if err != nil {
			return err
		}
		if err := approveNext(tx, l.ID, lead, sha256, 0); err != nil {
			return err
		}
		return as.letters.settle(tx, l, a)
	})
}

// Object notes what those lead organisations that the user may speak for have against the next edition's text. It is not published
// by itself any more.
func (as Agreements) Object(ctx context.Context, slug, sha256, words string, by int64) error {
	return as.onAgreement(ctx, slug, sha256, func(tx *store.Tx, l Letter, a Agreement) error {
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
func (as Agreements) ObjectAs(ctx context.Context, r Reader, slug, sha256, words string) error {
	return as.onAgreement(ctx, slug, sha256, func(tx *store.Tx, l Letter, a Agreement) error {
		lead, err := voiceOf(tx, l, r)
		if err != nil {
			return err
		}
		return as.letters.object(tx, l, a, lead, words, 0)
	})
}

// TakeBack ends what was asked of the lead organisations; the text stays as it is.
func (as Agreements) TakeBack(ctx context.Context, slug string, by int64) error {
	_, err := as.letters.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if n, err := tx.Exec(qRemoveAgreement, l.ID); err != nil || n == 0 {
			return err
		}
		if err := forgetAgreement(tx, l.ID); err != nil {
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
			send = e.Agreement.Number == m.Number && e.Agreement.Sums[e.Letter.Edition.Language] == m.SHA256 && leads && !stand.Approved
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

// onAgreement runs fn on a letter whose next edition waits for its lead organisations with the text of that hash.
func (as Agreements) onAgreement(ctx context.Context, slug, sha256 string, fn func(tx *store.Tx, l Letter, a Agreement) error) error {
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
		if sha256 == "" || sha256 != a.Sums[next.Language] || !a.is(next) {
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

// voiceOf returns the lead organisation that a reader speaks for.
func voiceOf(tx *store.Tx, l Letter, r Reader) (organisation int64, err error) {
	row, err := scanReader(tx.Row(qFindReader, r.ID))
	if err != nil {
		return 0, err
	}
	leads := func(o account.Organisation) bool { return o.ID == row.SpeaksFor }
	if row.Withdrawn || row.Letter != l.ID || !slices.ContainsFunc(l.Leads, leads) {
		return 0, fault.New(fault.Forbidden, "role")
	}
	return row.SpeaksFor, nil
}

// propose puts the next edition before the lead organisations on behalf of a user, or publishes it where none is left that has to
// approve it. Whoever has said yes already, the user and who gave the second word for it, has approved it for theirs.
func (s *Service) propose(tx *store.Tx, l Letter, e NewEdition, by int64) error {
	if err := complete(tx, &l); err != nil {
		return err
	}
	next, err := findEdition(tx, l.ID, l.Edition.Number+1)
	if err != nil {
		return err
	}
	a := Agreement{Number: next.Number, Follows: e.Follows, Sums: e.SHA256, AskedBy: e.By, AskedAt: tx.Now()}
	if !a.is(next) {
		return fault.New(fault.Conflict, "letter.text_changed")
	}
	before, err := s.agreementOf(tx, l)
	if err != nil {
		return err
	}
	if e.Follows != FollowsSubstantive && l.LeadWait > 0 && !slices.ContainsFunc(before.Leads, func(s Stand) bool { return s.Objection != "" }) {
		a.Due = tx.Now().Add(time.Duration(l.LeadWait) * time.Hour)
	}
	for _, user := range []int64{e.By, by} {
		if err := approveAs(tx, l, next.SHA256, user); err != nil {
			return err
		}
	}
	missing, err := unapproved(tx, l, next.SHA256, 0)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		return s.settle(tx, l, a)
	}
	if err := putAgreement(tx, l.ID, a, next); err != nil {
		return err
	}
	for _, o := range missing {
		says := SaysApprove
		if stand, _ := before.Of(o.ID); before.Waits() && (stand.Approved || stand.Before) {
			says = SaysChanged
		}
		if err := s.writeToLead(tx, l, o.ID, LeadMail{Says: says, Number: next.Number, SHA256: next.SHA256}); err != nil {
			return err
		}
	}
	if !a.Due.IsZero() {
		return job.EnqueueAt(tx, a.Due, agreed{l.ID, a.Due.UnixMicro()})
	}
	return nil
}

// settle publishes an edition that every lead organisation has approved.
func (s *Service) settle(tx *store.Tx, l Letter, a Agreement) error {
	next, err := findEdition(tx, l.ID, a.Number)
	if err != nil {
		return err
	}
	missing, err := unapproved(tx, l, next.SHA256, 0)
	if err != nil || len(missing) > 0 {
		return err
	}
	return publishAs(tx, l, Publication{Follows: a.Follows, By: a.AskedBy, Sums: a.Sums})
}

// object notes an objection, which keeps the edition from being published by itself, and tells those who speak for the others.
func (s *Service) object(tx *store.Tx, l Letter, a Agreement, lead int64, words string, by int64) error {
	words = CleanMarkdown(words)
	if words == "" || utf8.RuneCountInString(words) > maxObjection {
		return fault.List{fault.New(fault.Invalid, "agreement.objection", "Count", maxObjection).On("words")}
	}
	key, err := s.KeyIn(tx, l.ID)
	if err != nil {
		return err
	}
	sha := a.Sums[l.Edition.Language]
	sealed := key.Seal("lead_objection", lead, []byte(words))
	if _, err := tx.Exec(qPutObjection, l.ID, lead, sha, sealed, tx.Now().UnixMicro()); err != nil {
		return err
	}
	if _, err := tx.Exec(qForgetApproval, l.ID, lead); err != nil {
		return err
	}
	if _, err := tx.Exec(qHoldAgreement, l.ID); err != nil {
		return err
	}
	for _, o := range l.Leads {
		if o.ID == lead {
			continue
		}
		if err := s.writeToLead(tx, l, o.ID, LeadMail{Says: SaysObjected, Number: a.Number}); err != nil {
			return err
		}
	}
	return account.Record(tx, account.Entry{User: by, Organisation: lead, Letter: l.ID, Act: "lead.objected", Object: sha})
}

// writeToLead has a mail written to each who speaks for a lead organisation. A reader's link that was taken back, as a restore takes
// all back, is made anew when they are asked: an organisation that leads has a say.
func (s *Service) writeToLead(tx *store.Tx, l Letter, lead int64, m LeadMail) error {
	m.Letter, m.Lead = l.ID, lead
	users, err := store.List(tx, qListVoices, scanOrganisationID, lead)
	if err != nil {
		return err
	}
	for _, m.User = range users {
		if err := job.Enqueue(tx, m); err != nil {
			return err
		}
	}
	m.User = 0
	readers, err := store.List(tx, qListLeadReaders, scanReader, l.ID, lead)
	if err != nil || len(readers) == 0 {
		return err
	}
	key, err := s.KeyIn(tx, l.ID)
	if err != nil {
		return err
	}
	for _, r := range readers {
		if r.Withdrawn {
			if err := r.open(key); err != nil {
				return err
			}
			r.token = seal.NewToken(r.ID)
			sealed, err := r.seal(key)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(qRelinkReader, seal.Hash(r.token), sealed, r.Language, false, tx.Now().UnixMicro(), r.ID); err != nil {
				return err
			}
		}
		m.Reader = r.ID
		if err := job.Enqueue(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// tellLeads has a mail written to all lead organisations: the edition is published.
func (s *Service) tellLeads(tx *store.Tx, l Letter, number int) error {
	leads, err := account.Leads(tx, l.ID)
	if err != nil {
		return err
	}
	for _, o := range leads {
		if err := s.writeToLead(tx, l, o.ID, LeadMail{Says: SaysPublished, Number: number}); err != nil {
			return err
		}
	}
	return nil
}

// publishAgreed publishes an edition by itself, unless somebody has decided otherwise since.
func (s *Service) publishAgreed(ctx context.Context, j agreed) error {
	l, err := s.ByID(ctx, j.Letter)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, l.Slug, func(tx *store.Tx, l Letter) error {
		if err := complete(tx, &l); err != nil {
			return err
		}
		a, err := s.agreementOf(tx, l)
		if err != nil || !a.Waits() || a.Due.UnixMicro() != j.Due {
			return err
		}
		next, err := findEdition(tx, l.ID, a.Number)
		if err != nil || !a.is(next) { // its change is being asked about
			return err
		}
		if err := publishAs(tx, l, Publication{Follows: a.Follows, By: a.AskedBy, Sums: a.Sums}); err != nil {
			return err
		}
		return s.tellLeads(tx, l, next.Number)
	})
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		return account.Record(tx, account.Entry{Letter: l.ID, Act: "edition.not_published"})
	})
}

// askAnew asks about what a text has become since lead organisations were asked about it: as whoever changed it would.
func (s *Service) askAnew(ctx context.Context, j moved) error {
	var asks NewEdition
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		l, err := scanLetter(tx.Row(qLoadLetter, j.Letter))
		if err != nil {
			return err
		}
		if err := complete(tx, &l); err != nil {
			return err
		}
		a, err := s.agreementOf(tx, l)
		if err != nil || !a.Waits() {
			return err
		}
		next, err := findEdition(tx, l.ID, a.Number)
		if err != nil || a.is(next) {
			return err
		}
		asks = NewEditionOf(next, stronger(a.Follows, next.Follows), j.By)
		return nil
	})
	if err != nil || asks.SHA256 == nil {
		return err
	}
	if j.By == 0 { // the command line is its operator's: no second member is asked for it
		err = s.DB.Update(ctx, func(tx *store.Tx) error { return s.do(tx, j.Letter, asks, 0) })
	} else {
		_, err = s.approvals.Carry(ctx, j.Letter, asks, j.By)
	}
	if len(fault.All(err)) > 0 { // changed again, or nobody who may ask: the desk shows that the text is not the one that was asked about
		return nil
	}
	s.recent.Clear()
	return err
}

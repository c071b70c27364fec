package signing

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Request is a filled sign form.
type Request struct {
	Letter  letter.Letter
	Edition int    // the one the reader saw
	Browser string // the cookie's value
	Lang    string // of the page
	Text    string // language of the text the reader saw; when the edition lacks it, that of the page or the authoritative one

	Shown
	Email            string
	Updates, Consent bool
	Informed         string // the words by which the lead organisations may write to the signer, "" unless they were ticked
	IsCountry        func(code string) bool

	Invitation int64  // whose link's page held the form, 0 for none
	Link       string // of an earlier confirmation mail, whose page held the form; "" for none
}

// ConfirmMail asks the signer to confirm; its job is written with the pending row.
type ConfirmMail struct {
	Pending int64 `json:"pending"`
}

// Kind names the job.
func (ConfirmMail) Kind() string { return "mail.confirm" }

// CodeMail brings a fresh code.
type CodeMail struct {
	Pending int64 `json:"pending"`
}

// Kind names the job.
func (CodeMail) Kind() string { return "mail.code" }

// newSecret returns a receipt secret: 128 random bits as 26 base32 characters.
func newSecret() string {
	b := make([]byte, 16)
	rand.Read(b)
	return seal.Base32.EncodeToString(b)
}

// validate returns what was typed, normalised, and every fault in the form's order.
func (r Request) validate(now time.Time) (p signer, a text.Address, err error) {
	if !r.Letter.AcceptsSignatures(now) {
		return p, a, r.Letter.Refusal()
	}
	p = signer{Shown: r.Shown, Updates: r.Updates}
	if r.Kind != verify.Organisation && r.Kind != Both {
		p.Organisation = ""
	}
	faults := p.Check()
	switch current := r.Letter.Edition.Number; {
	case r.Edition < 1 || r.Edition > current:
		faults = append(faults, fault.New(fault.Invalid, "edition.unknown").On("edition"))
	case r.Edition < current:
		faults = append(faults, fault.New(fault.Invalid, "edition.newer").On("edition"))
	}
	if !Takes(r.Letter, r.Kind) {
		faults = append(faults, fault.New(fault.Invalid, "kind").On("kind"))
	}
	a, f := text.ParseAddress(r.Email)
	if f != nil {
		faults = append(faults, f)
	}
	p.Email = a.Typed
	if !r.Listing.Valid() {
		faults = append(faults, fault.New(fault.Invalid, "listing").On("listing"))
	}
	if r.Country != "" && !r.IsCountry(r.Country) {
		faults = append(faults, fault.New(fault.Invalid, "country").On("country"))
	}
	if r.Informed != "" {
		if !r.Letter.Informs() {
			faults = append(faults, fault.New(fault.Invalid, "informed").On("informed"))
		}
		p.Informed = informedBy(r.Letter, r.Informed, now)
	}
	if !r.Consent {
		faults = append(faults, fault.New(fault.Invalid, "consent").On("consent"))
	}
	if len(faults) > 0 {
		return p, a, inFormOrder(faults)
	}
	return p, a, nil
}

// Takes reports whether a letter takes signatures of the kind.
func Takes(l letter.Letter, k verify.Kind) bool {
	switch l.SignOn {
	case letter.SignOnPeople:
		return k == verify.Person
	case letter.SignOnOrganisations:
		return k == verify.Organisation
	case letter.SignOnBoth:
		return k == verify.Person || k == verify.Organisation || k == Both
	}
	return false
}

// Sign stores a pending signature and the job that mails its confirmation, and returns the pending row's id. What it
// answers does not depend on whether the address signed before or used up its mails. Who comes by the link of an earlier mail to the
// same mailbox is its owner, whom strangers cannot keep from signing.
func (s *Service) Sign(ctx context.Context, r Request) (int64, error) {
	p, a, err := r.validate(s.DB.Now())
	if err != nil {
		return 0, err
	}
	key, err := s.Letters.Key(ctx, r.Letter.ID)
	if err != nil {
		return 0, err
	}
	owner := r.Link != "" && isLink(key, r.Link, r.Letter.ID, a)
	x, err := s.newPending(key, r, submission{signer: p, Invitation: r.Invitation, Owner: owner}, a, PendingFor)
	if err != nil {
		return 0, err
	}
	box := s.Mailboxes.Of(key, r.Letter.ID, a)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		mail, err := box.Spend(tx)
		if err == nil && !mail && owner {
			mail, err = box.SpendReserved(tx)
		}
		if err != nil {
			return err
		}
		if err := x.insert(tx); err != nil || !mail {
			return err
		}
		return job.Enqueue(tx, ConfirmMail{Pending: x.id})
	})
	if err == nil {
		s.Events.Submitted.Add(1)
	}
	return x.id, err
}

// newPending draws the token and the secret of a submission from an address, which can be confirmed for so long, and seals what was typed.
func (s *Service) newPending(key *seal.LetterKey, r Request, p submission, a text.Address, lasts time.Duration) (row pending, err error) {
	now := s.DB.Now()
	row = pending{id: store.NewID(now), letter: r.Letter.ID, edition: r.Edition, language: r.Lang, text: r.Letter.Edition.Prefer(r.Text, r.Lang), kind: p.Kind,
		browserHash: seal.Hash(r.Browser), expires: now.Add(lasts).UnixMicro(), domain: s.domainTag(key, a)}
	p.Token, p.Secret = newLink(key, row.letter, row.id, a), newSecret()
	row.tokenHash = seal.Hash(p.Token)
	row.sealed, err = p.seal(key, row.id)
	return row, err
}

// insert writes a new submission, for which one mail was asked, whether or not the budget of its address had one left: what its
// browser is shown must not say whether others have used that up.
func (row pending) insert(tx *store.Tx) error {
	_, err := tx.Exec(qInsertPending, row.id, row.letter, row.edition, row.language, row.text, row.kind, row.tokenHash, row.browserHash,
		row.sealed, 1, row.expires, row.domain)
	return err
}

// Waiting is a pending signature as its own browser may see it.
type Waiting struct {
	Letter    letter.ID
	Email     string
	Code      string // six digits
	CanResend bool
}

// Waiting returns a pending signature to the browser that made it, and a fault of kind NotFound to any other.
func (s *Service) Waiting(ctx context.Context, id int64, browser string) (Waiting, error) {
	row, err := s.findPending(ctx, id)
	if err != nil {
		return Waiting{}, err
	}
	if !row.knows(browser) {
		return Waiting{}, fault.New(fault.NotFound, "token.unknown")
	}
	key, err := s.Letters.Key(ctx, row.letter)
	if err != nil {
		return Waiting{}, err
	}
	p, err := row.open(key)
	return Waiting{Letter: row.letter, Email: p.Email, Code: key.Code(id), CanResend: row.mails < mailbox.MailsAWeek}, err
}

// Resend mails the confirmation once more if the budget allows, and answers the same if not. It counts what its browser asks for also
// where that is confirmed already: whoever typed the address of another must not see that its owner has signed by their mail.
func (s *Service) Resend(ctx context.Context, id int64, browser string) error {
	row, err := s.findPending(ctx, id)
	if err != nil {
		return err
	}
	if !row.knows(browser) {
		return fault.New(fault.NotFound, "token.unknown")
	}
	key, err := s.Letters.Key(ctx, row.letter)
	if err != nil {
		return err
	}
	p, err := row.open(key)
	if err != nil {
		return err
	}
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return f
	}
	box := s.Mailboxes.Of(key, row.letter, a)
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qCountMail, id, mailbox.MailsAWeek)
		if err != nil || n == 0 || row.confirmed != nil {
			return err
		}
		mail, err := box.Spend(tx)
		if err != nil || !mail {
			return err
		}
		return job.Enqueue(tx, ConfirmMail{Pending: id})
	})
}

// pending is a row of that table.
type pending struct {
	id          int64
	letter      letter.ID
	edition     int
	language    string      // of the page
	text        string      // language of the text signed
	kind        verify.Kind // Both for one of either kind
	tokenHash   []byte
	browserHash []byte
	sealed      []byte
	tries       int
	mails       int // asked for by its browser, whether they were sent or not
	codes       int
	freshHash   []byte
	freshUntil  *int64
	confirmed   *int64
	disputed    *int64
	expires     int64
	domain      []byte // tag of the address's domain, nil where bursts are not looked for; only of a new one
	alike       int    // confirmed within the hour from addresses of the same domain, up to as many as surely make a burst
}

func (row pending) knows(browser string) bool {
	return browser != "" && string(row.browserHash) == string(seal.Hash(browser))
}

// findPending returns a pending row, or a fault that says that the link is unknown or too old.
func (s *Service) findPending(ctx context.Context, id int64) (p pending, err error) {
	err = s.DB.Look(ctx, func(tx *store.Tx) error {
		p, err = scanPending(tx.Row(qFindPending, tx.Now().Add(-burstWithin).UnixMicro(), max(2*s.BurstFrom, 1), id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		return p, fault.New(fault.Gone, "token.unknown")
	}
	if err == nil && p.expires < s.DB.Now().UnixMicro() {
		return p, fault.New(fault.Gone, "token.expired")
	}
	return p, err
}

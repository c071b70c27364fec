package signing

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Request is a filled sign form.
type Request struct {
	Letter  letter.Letter
	Edition int    // the one the reader saw
	Browser string // the cookie's value
	Lang    string // of the page
	Text    string // language of the text the reader saw; when the edition lacks it, that of the page or the authoritative one

	Kind                                          Kind
	Name, Email, Title, Affiliation, Organisation string
	Country                                       string // ISO 3166-1 alpha-2 or ""
	Listing                                       Listing
	Updates, Consent                              bool
	IsCountry                                     func(code string) bool

	Invitation string // token of the link whose page held the form, "" for none
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
func (r Request) validate(now time.Time) (p particulars, a text.Address, err error) {
	var faults fault.List
	add := func(f *fault.Error) {
		if f != nil {
			faults = append(faults, f)
		}
	}
	var f *fault.Error
	if !r.Letter.AcceptsSignatures(now) {
		return p, a, errClosed(r.Letter)
	}
	switch current := r.Letter.Edition.Number; {
	case r.Edition < 1 || r.Edition > current:
		add(fault.New(fault.Invalid, "edition.unknown").On("edition"))
	case r.Edition < current:
		add(fault.New(fault.Invalid, "edition.newer").On("edition"))
	}
	if !r.kindAllowed() {
		add(fault.New(fault.Invalid, "kind").On("kind"))
	}
	if r.Kind == Organisation && strings.TrimSpace(r.Name) == "" {
		p.Name = "" // the representative may stay unnamed
	} else {
		p.Name, f = text.Name("name", r.Name, MaxName)
		add(f)
	}
	if a, f = text.ParseAddress(r.Email); f != nil {
		add(f)
	}
	p.Title, f = text.Line("title", r.Title, MaxText)
	add(f)
	p.Affiliation, f = text.Line("affiliation", r.Affiliation, MaxText)
	add(f)
	if r.Kind == Organisation || r.Kind == Both {
		p.Organisation, f = text.Name("organisation", r.Organisation, MaxName)
		add(f)
	}
	if !r.Listing.valid() {
		add(fault.New(fault.Invalid, "listing").On("listing"))
	}
	if r.Country != "" && !r.IsCountry(r.Country) {
		add(fault.New(fault.Invalid, "country").On("country"))
	}
	if !r.Consent {
		add(fault.New(fault.Invalid, "consent").On("consent"))
	}
	p.Email, p.Country, p.Listing, p.Updates = a.Typed, r.Country, r.Listing, r.Updates
	if len(faults) > 0 {
		return p, a, faults
	}
	return p, a, nil
}

func (r Request) kindAllowed() bool {
	switch r.Letter.SignOn {
	case letter.SignOnPeople:
		return r.Kind == Person
	case letter.SignOnOrganisations:
		return r.Kind == Organisation
	case letter.SignOnBoth:
		return r.Kind == Person || r.Kind == Organisation || r.Kind == Both
	}
	return false
}

// textLanguage returns the language of the edition that the reader had before them.
func (r Request) textLanguage() string {
	for _, code := range []string{r.Text, r.Lang} {
		if _, ok := r.Letter.Edition.Texts[code]; ok {
			return code
		}
	}
	return r.Letter.Edition.Language
}

// Sign stores a pending signature and the job that mails its confirmation, and returns the pending row's id. What it
// answers does not depend on whether the address signed before or used up its mails.
func (s *Service) Sign(ctx context.Context, r Request) (int64, error) {
	p, a, err := r.validate(s.DB.Now())
	if err != nil {
		return 0, err
	}
	key, err := s.keyFor(ctx, r.Letter.ID)
	if err != nil {
		return 0, err
	}
	p.Invitation = invitedBy(key, r.Letter.ID, r.Invitation)
	x, err := s.submit(key, r, p)
	if err != nil {
		return 0, err
	}
	exact, day := key.Tag(a.Exact), s.dayTag(a)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		mail, err := s.spendMail(tx, r.Letter.ID, exact, day)
		if err != nil {
			return err
		}
		if !mail {
			return x.insert(tx, 0)
		}
		if err := x.insert(tx, 1); err != nil {
			return err
		}
		return job.Enqueue(tx, ConfirmMail{Pending: x.id})
	})
	if err == nil {
		s.Events.Submitted.Add(1)
	}
	return x.id, err
}

// submission is a pending signature ready to be written.
type submission struct {
	id     int64
	of     Request
	token  []byte // its hash
	sealed []byte
	lasts  time.Duration // how long it can be confirmed
	domain []byte        // tag of the address's domain, nil where bursts are not looked for
}

// submit draws the token and the secret of a submission and seals what was typed.
func (s *Service) submit(key *seal.LetterKey, r Request, p particulars) (submission, error) {
	id := store.NewID(s.DB.Now())
	p.Token, p.Secret = seal.NewToken(id), newSecret()
	plaintext, err := json.Marshal(p)
	if err != nil {
		return submission{}, fmt.Errorf("signing: %w", err)
	}
	return submission{id, r, seal.Hash(p.Token), key.Seal("pending", id, plaintext), PendingFor, s.domainTag(key, p.Email)}, nil
}

func (x submission) insert(tx *store.Tx, mails int) error {
	_, err := tx.Exec(qInsertPending, x.id, x.of.Letter.ID, x.of.Edition, x.of.Lang, x.of.textLanguage(), x.of.Kind, x.token, seal.Hash(x.of.Browser),
		x.sealed, mails, tx.Now().Add(x.lasts).UnixMicro(), x.domain)
	return err
}

// dayTag names a mailbox in the instance's budget of one day: without "+tag" and dots, or whoever types those would mail
// one person without end.
func (s *Service) dayTag(a text.Address) []byte {
	return s.Keys.Tag("mail "+s.DB.Now().UTC().Format(time.DateOnly), a.Mailbox)
}

// editorsBudget names a mailbox in the budgets of what editors send: they must not use up the mails by which its owner signs.
func (s *Service) editorsBudget(key *seal.LetterKey, a text.Address) (budget, day []byte) {
	return key.Tag("invited " + a.Exact), s.Keys.Tag("invited "+s.DB.Now().UTC().Format(time.DateOnly), a.Mailbox)
}

// spendMail takes one mail to the address from both budgets and reports whether there was one left in each.
func (s *Service) spendMail(tx *store.Tx, l letter.ID, exact, day []byte) (bool, error) {
	if s.Unlimited {
		return true, nil
	}
	now := tx.Now()
	n, err := tx.Exec(qSpendMail, l, exact, now.UnixMicro(), now.Add(-budgetFor).UnixMicro())
	if err != nil || n == 0 {
		return false, err
	}
	n, err = tx.Exec(qSpendDay, now.Unix()/86400, day, mailsADay)
	return n > 0, err
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
	key, err := s.keyFor(ctx, row.letter)
	if err != nil {
		return Waiting{}, err
	}
	p, err := row.open(key)
	return Waiting{Letter: row.letter, Email: p.Email, Code: key.Code(id), CanResend: row.mails < mailsAWeek && row.confirmed == nil}, err
}

// Resend mails the confirmation once more if the budget allows, and answers the same if not.
func (s *Service) Resend(ctx context.Context, id int64, browser string) error {
	row, err := s.findPending(ctx, id)
	if err != nil {
		return err
	}
	if !row.knows(browser) {
		return fault.New(fault.NotFound, "token.unknown")
	}
	key, err := s.keyFor(ctx, row.letter)
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
	exact, day := key.Tag(a.Exact), s.dayTag(a)
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qCountMail, id, mailsAWeek)
		if err != nil || n == 0 {
			return err
		}
		mail, err := s.spendMail(tx, row.letter, exact, day)
		if err != nil || !mail {
			return err
		}
		return job.Enqueue(tx, ConfirmMail{Pending: id})
	})
}

// pending is a row of that table.
type pending struct {
	id           int64
	letter       letter.ID
	edition      int
	language     string // of the page
	text         string // language of the text signed
	kind         Kind
	tokenHash    []byte
	browserHash  []byte
	sealed       []byte
	tries, mails int
	codes        int
	freshHash    []byte
	freshUntil   *int64
	confirmed    *int64
	disputed     *int64
	expires      int64
	alike        int // confirmed within the hour from addresses of the same domain, up to as many as make a burst
}

func (p pending) knows(browser string) bool {
	return browser != "" && string(p.browserHash) == string(seal.Hash(browser))
}

func (p pending) open(key *seal.LetterKey) (out particulars, err error) {
	plaintext, err := key.Open("pending", p.id, p.sealed)
	if err != nil {
		return out, fmt.Errorf("signing: pending %d: %w", p.id, err)
	}
	return out, json.Unmarshal(plaintext, &out)
}

// findPending returns a pending row, or a fault that says that the link is unknown or too old.
func (s *Service) findPending(ctx context.Context, id int64) (p pending, err error) {
	err = s.DB.Look(ctx, func(tx *store.Tx) error {
		p, err = scanPending(tx.Row(qFindPending, tx.Now().Add(-burstWithin).UnixMicro(), max(s.BurstFrom, 1), id))
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

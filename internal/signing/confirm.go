package signing

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Confirmation is what the page behind a mail's link shows.
type Confirmation struct {
	Letter             letter.ID
	Edition            int
	Text               string // language of the text signed
	Kind               Kind
	Name, Organisation string // masked unless Known
	Listing            Listing
	Known              bool // this browser made the submission: one press confirms
	Asked              bool // a mail asked for the submission: no browser has a code for it yet
	CodesLeft          bool // a fresh code can still be mailed
	Disputed           bool // somebody pressed "this was not me"
}

// Confirmation returns what a link's page shows. It changes nothing.
func (s *Service) Confirmation(ctx context.Context, token, browser string) (Confirmation, error) {
	row, p, _, err := s.openToken(ctx, token)
	if err != nil {
		return Confirmation{}, err
	}
	c := Confirmation{Letter: row.letter, Edition: row.edition, Text: row.text, Kind: row.kind, Name: p.Name, Organisation: p.Organisation,
		Listing: p.Listing, Known: row.knows(browser), Asked: p.Asked, CodesLeft: row.codes < maxCodes && row.disputed == nil, Disputed: row.disputed != nil}
	if !c.Known {
		c.Name, c.Organisation = mask(p.Name), mask(p.Organisation)
	}
	return c, nil
}

// Receipt is what a signer takes away. It is the same for every replay of a confirmation.
type Receipt struct {
	Letter             letter.ID
	Edition            int
	Text               string // language of the text signed
	Kind               Kind
	Name, Organisation string
	Listing            Listing
	Secret             string    // 26 characters
	Held               string    // why, or ""
	Again              bool      // the address had signed before
	Promises           []string  // signed by the log, one for each signature; none while it is held
	PromiseBy          time.Time // until when they are to be kept
}

// Correction is what the owner of the mailbox puts in place of what was typed. Empty fields leave it.
type Correction struct {
	Name, Title, Affiliation, Organisation string
	Listing                                Listing
}

// Confirm makes a pending signature a confirmed one, given the cookie of the browser that made it, or the match code that
// browser was shown, or a code mailed on request; with the last the owner of the mailbox may correct what was typed.
func (s *Service) Confirm(ctx context.Context, token, browser, code string, c Correction) (Receipt, error) {
	row, p, key, err := s.openToken(ctx, token)
	if err != nil {
		return Receipt{}, err
	}
	owner := false
	if !row.knows(browser) {
		if owner, err = s.checkCode(ctx, row, key, code); err != nil {
			return Receipt{}, err
		}
	}
	if row.confirmed != nil {
		return s.replay(ctx, row, p, key)
	}
	l, err := s.Letters.Recent(ctx, row.letter)
	if err != nil {
		return Receipt{}, err
	}
	if !l.AcceptsConfirmations(s.DB.Now()) {
		return Receipt{}, errClosed(l)
	}
	if owner {
		if p, err = c.apply(p, row.kind); err != nil {
			return Receipt{}, err
		}
	}
	return s.confirm(ctx, row, l, p, key)
}

// openToken finds and unseals the pending row of a link.
func (s *Service) openToken(ctx context.Context, token string) (row pending, p particulars, key *seal.LetterKey, err error) {
	id, ok := seal.TokenID(token)
	if !ok {
		return row, p, nil, fault.New(fault.Gone, "token.unknown")
	}
	if row, err = s.findPending(ctx, id); err != nil {
		return row, p, nil, err
	}
	if subtle.ConstantTimeCompare(row.tokenHash, seal.Hash(token)) != 1 {
		return row, p, nil, fault.New(fault.Gone, "token.unknown")
	}
	if key, err = s.keyFor(ctx, row.letter); err != nil {
		return row, p, nil, err
	}
	p, err = row.open(key)
	return row, p, key, err
}

// checkCode reports whether the code is the freshly mailed one (owner) and fails unless it is that or the match code.
func (s *Service) checkCode(ctx context.Context, row pending, key *seal.LetterKey, typed string) (owner bool, err error) {
	code := asciiDigits(typed)
	if code == "" {
		return false, fault.New(fault.Forbidden, "code.missing").On("code")
	}
	now := s.DB.Now().UnixMicro()
	owner = row.freshUntil != nil && now < *row.freshUntil && subtle.ConstantTimeCompare(row.freshHash, freshHash(row.id, code)) == 1
	right := owner || subtle.ConstantTimeCompare([]byte(key.Code(row.id)), []byte(code)) == 1
	// The try is counted before its outcome is told, or guesses made at once would all find tries left. A right one is
	// rolled back.
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qCountTry, row.id, maxTries)
		switch {
		case err != nil:
			return err
		case n == 0:
			return fault.New(fault.Limited, "code.spent").On("code")
		case right:
			return errRightCode
		}
		return nil
	})
	if err == nil {
		err = fault.New(fault.Forbidden, "code.wrong", "Left", max(maxTries-1-row.tries, 0)).On("code")
	}
	if errors.Is(err, errRightCode) {
		return owner, nil
	}
	return false, err
}

// errRightCode rolls back the count of a try that was right.
var errRightCode = errors.New("signing: the code is right")

// asciiDigits returns the six digits of a typed code, whatever script they are in and whatever stands between them; ""
// if there are not six.
func asciiDigits(typed string) string {
	code := text.LatinDigits(text.Turning.Drop(strings.NewReplacer(" ", "", "-", "").Replace(typed)))
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}

func (c Correction) apply(p particulars, kind Kind) (particulars, error) {
	var faults fault.List
	set := func(field, typed string, into *string, check func(string, string) (string, *fault.Error)) {
		if strings.TrimSpace(typed) == "" {
			return
		}
		text, f := check(field, typed)
		if f != nil {
			faults = append(faults, f)
			return
		}
		*into = text
	}
	plain := func(field, s string) (string, *fault.Error) { return text.Line(field, s, MaxText) }
	named := func(field, s string) (string, *fault.Error) { return text.Name(field, s, MaxName) }
	set("name", c.Name, &p.Name, named)
	set("title", c.Title, &p.Title, plain)
	set("affiliation", c.Affiliation, &p.Affiliation, plain)
	if kind != Person {
		set("organisation", c.Organisation, &p.Organisation, named)
	}
	if c.Listing.valid() {
		p.Listing = c.Listing
	}
	if len(faults) > 0 {
		return p, faults
	}
	return p, nil
}

// confirm writes the confirmed signatures: at most five statements for a new signer, whatever the kind.
func (s *Service) confirm(ctx context.Context, row pending, l letter.Letter, p particulars, key *seal.LetterKey) (Receipt, error) {
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return Receipt{}, f
	}
	mailbox, exact := key.Tag("mailbox "+a.Mailbox), key.Tag(a.Exact)
	begins, err := s.standings(ctx, row, l, p, key, a, mailbox, exact)
	if err != nil {
		return Receipt{}, err
	}
	now := s.DB.Now()
	secret, err := verify.ParseSecret(p.Secret)
	if err != nil {
		return Receipt{}, fmt.Errorf("signing.Confirm: %w", err)
	}
	leaf, err := s.Letters.Leaf(ctx, row.letter, row.edition)
	if err != nil {
		return Receipt{}, err
	}
	kinds := row.kind.parts()
	signatures := make([]signed, len(kinds))
	invitation := p.Invitation
	p.Invitation = 0 // what is kept of a signature does not name it
	for i, kind := range kinds {
		if signatures[i], err = commit(leaf, kind, begins[i].basis, p, secret, key, now); err != nil {
			return Receipt{}, err
		}
	}
	p.Token, p.Fresh = "", ""
	held := ""
	for _, x := range begins {
		held = firstOf(held, x.held)
	}
	if begins[len(kinds)-1].held == "" { // what is held has no leaf to promise; an organisation can be held alone
		p.PromiseBy = now.Add(PromiseWithin + 2*s.Rhythm).Unix()
		if held != "" {
			p.Promised = Person
		}
	}
	pendingSealed, err := sealPending(key, row.id, p)
	if err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{Letter: row.letter, Edition: row.edition, Text: row.text, Kind: row.kind, Name: p.Name, Organisation: p.Organisation,
		Listing: p.Listing, Secret: p.Secret, Held: held}
	lost, said := false, p
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		receipt.Again, receipt.Held, lost, said = false, "", false, p
		now := tx.Now().UnixMicro()
		n, err := tx.Exec(qSetConfirmed, now, pendingSealed, row.id)
		if lost = n == 0; err != nil || lost {
			return err
		}
		if row.disputed != nil {
			if _, err := tx.Exec(qClearDispute, row.id); err != nil {
				return err
			}
		}
		if invitation != 0 {
			if _, err := tx.Exec(qSetSigner, mailbox, exact, row.letter, invitation); err != nil {
				return err
			}
		}
		if l.Mandate && row.kind != Person { // the letter's row is the turn of those who sign for the same organisation at once
			if err := letter.Touch(tx, row.letter); err != nil {
				return err
			}
		}
		var rows, publics, seals [][]any
		var counting []signed
		for i, x := range signatures {
			state, why := StateNew, begins[i].held
			if l.Mandate && x.kind == Organisation {
				if why, err = twin(tx, row.letter, x, exact, why); err != nil {
					return err
				}
			}
			receipt.Held = firstOf(receipt.Held, why)
			if why != "" {
				state = StateHeld
			} else {
				counting = append(counting, x)
			}
			rows = append(rows, row.signature(x, state, why, mailbox, exact, p.Secret, now))
			publics = append(publics, x.public(row.letter))
			seals = append(seals, x.row(row.letter))
		}
		if n, err = qInsertSignature.put(tx, rows...); err != nil {
			return err
		}
		if int(n) < len(kinds) {
			receipt.Again = true
			if receipt.Held, err = s.signAgain(tx, row, signatures, rows); err != nil || receipt.Held == "" {
				return err
			}
			said.PromiseBy = 0
			return reseal(tx, key, row.id, said)
		}
		if held == "" && receipt.Held != "" { // its organisation counts already
			if said.Promised = Person; row.kind != Both {
				said.PromiseBy = 0
			}
			if err := reseal(tx, key, row.id, said); err != nil {
				return err
			}
		}
		if p.Listing == Public {
			if _, err := qPutPublic.put(tx, publics...); err != nil {
				return err
			}
		}
		if _, err := qPutSealed.put(tx, seals...); err != nil {
			return err
		}
		return wait(tx, row.letter, counting...)
	})
	if err == nil && lost { // another press of the same button was first, or the submission is gone
		return s.afterAnother(ctx, row.id, key)
	}
	if err != nil {
		return receipt, err
	}
	s.Events.Confirmed.Add(1)
	return receipt, s.promise(&receipt, said)
}

func sealPending(key *seal.LetterKey, id int64, p particulars) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("signing.Confirm: %w", err)
	}
	return key.Seal("pending", id, text), nil
}

// reseal puts what is promised now in the place of what was.
func reseal(tx *store.Tx, key *seal.LetterKey, id int64, p particulars) error {
	sealed, err := sealPending(key, id, p)
	if err == nil {
		_, err = tx.Exec(qReseal, sealed, id)
	}
	return err
}

// promise adds what the log owes to a receipt.
func (s *Service) promise(r *Receipt, p particulars) (err error) {
	if p.PromiseBy == 0 {
		return nil
	}
	kinds := r.Kind.parts()
	if p.Promised != "" {
		kinds = []Kind{p.Promised}
	}
	r.PromiseBy = time.Unix(p.PromiseBy, 0).UTC()
	r.Promises, err = s.promises(p, kinds)
	return err
}

// signature is the row of a signature that the submission becomes.
func (row pending) signature(x signed, state State, reason string, mailbox, exact []byte, secret string, now int64) []any {
	return []any{row.letter, x.id, x.kind, row.edition, row.language, row.text, x.p.Listing, x.basis, state, reason, mailbox, exact,
		seal.Hash(secret), row.id, now}
}

// afterAnother returns the receipt of what another request confirmed a moment ago.
func (s *Service) afterAnother(ctx context.Context, id int64, key *seal.LetterKey) (Receipt, error) {
	row, err := s.findPending(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	if row.confirmed == nil {
		return Receipt{}, fault.New(fault.Gone, "token.expired")
	}
	p, err := row.open(key)
	if err != nil {
		return Receipt{}, err
	}
	return s.replay(ctx, row, p, key)
}

// signAgain writes the signatures of an address that has signed before: the last confirmed form of an address is what
// stands, and its receipt is the one that works; the link of the earlier one is gone. Each signature is an act of its own, so
// the earlier one is retired and keeps its row and its leaf. It returns why any of them is held.
func (s *Service) signAgain(tx *store.Tx, row pending, signatures []signed, rows [][]any) (held string, err error) {
	if err := letter.Touch(tx, row.letter); err != nil { // before the signatures, in the order in which Publish locks
		return "", err
	}
	for i, x := range signatures {
		v := rows[i]
		state, reason := v[8].(State), v[9].(string)
		old, err := scanOwn(tx.Row(qFindByTag, row.letter, v[10], v[11], x.kind))
		if err != nil {
			return "", err
		}
		if old.ID != x.id { // or this kind was new and its row was just inserted
			vouched, err := old.vouchedAs(tx, x)
			if err != nil {
				return "", err
			}
			switch {
			case old.State == StateRemoved || old.Reason == HeldRemoved:
				state, reason = StateHeld, HeldRemoved
			case old.counts() && slices.Contains([]string{HeldDuplicate, HeldBurst, HeldDisposable}, reason): // the other spelling is the possible duplicate, not this; and who counted before a burst is not of it
				state, reason = StateNew, ""
			case vouched && reason == HeldMandate: // it is known who signs
				state, reason = StateNew, ""
				edition, err := letter.FindLeaf(tx, row.letter, max(row.edition, old.Edition))
				if err != nil {
					return "", err
				}
				if x.leaf, err = leafOf(edition, x.kind, old.Basis, x.p); err != nil {
					return "", err
				}
				v[7] = old.Basis
			case old.State == StateHeld:
				state, reason = StateHeld, firstOf(reason, old.Reason)
			}
			if row.edition < old.Edition { // an earlier submission, confirmed late: the signer has seen the newer text
				v[3], v[5] = old.Edition, old.Text
				leaf, err := letter.FindLeaf(tx, row.letter, old.Edition)
				if err != nil {
					return "", err
				}
				x.leaf.Edition = leaf.Edition
			}
			if err := retire(tx, old, x); err != nil {
				return "", err
			}
			v[8], v[9] = state, reason
			if _, err := qInsertSignature.put(tx, v); err != nil {
				return "", err
			}
		}
		held = firstOf(held, reason)
		if x.p.Listing == Public {
			if _, err := qPutPublic.put(tx, x.public(row.letter)); err != nil {
				return "", err
			}
		}
		if _, err := qPutSealed.put(tx, x.row(row.letter)); err != nil {
			return "", err
		}
		if state == StateNew {
			if err := wait(tx, row.letter, x); err != nil {
				return "", err
			}
		}
	}
	return held, nil
}

// retire ends a signature in whose place its signer puts another, and lets go of its tags and its secret. by is the other:
// when that is erased, ended or hidden, a backup must not show this one.
func retire(tx *store.Tx, old Own, by signed) error {
	if _, err := tx.Exec(qRemovePendingOf, old.Letter, old.ID); err != nil {
		return err
	}
	if err := end(tx, old, StateWithdrawn, verify.Reaffirmed); err != nil {
		return err
	}
	if by.p.Listing.hides(old.Listing) {
		if err := old.recordErased(tx, string(by.p.Listing), 0); err != nil {
			return err
		}
	}
	if err := old.recordErased(tx, "", by.id); err != nil {
		return err
	}
	return untie(tx, old)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// replay returns the receipt of a confirmation that was done before.
func (s *Service) replay(ctx context.Context, row pending, p particulars, key *seal.LetterKey) (Receipt, error) {
	r := Receipt{Letter: row.letter, Edition: row.edition, Text: row.text, Kind: row.kind, Name: p.Name, Organisation: p.Organisation,
		Listing: p.Listing, Secret: p.Secret}
	own, err := s.bySecret(ctx, p.Secret)
	if err != nil {
		return r, err
	}
	for _, o := range own {
		if o.State == StateHeld {
			r.Held = o.Reason
		}
	}
	return r, s.promise(&r, p)
}

// MailCode mails a fresh code to the address of a link, if its budget allows; it answers the same if not.
func (s *Service) MailCode(ctx context.Context, token string) error {
	row, p, key, err := s.openToken(ctx, token)
	if err != nil {
		return err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return fmt.Errorf("signing.MailCode: %w", err)
	}
	p.Fresh = fmt.Sprintf("%06d", n)
	plaintext, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("signing.MailCode: %w", err)
	}
	sealed := key.Seal("pending", row.id, plaintext)
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qSetFresh, freshHash(row.id, p.Fresh), tx.Now().Add(CodeFor).UnixMicro(), sealed, row.id, maxCodes)
		if err != nil || n == 0 {
			return err
		}
		return job.Enqueue(tx, CodeMail{Pending: row.id})
	})
}

func freshHash(id int64, code string) []byte {
	return seal.Hash(string(binary.BigEndian.AppendUint64(nil, uint64(id))) + code)
}

// Dispute records that somebody behind the link says "this was not me". With the cookie or a code it deletes the
// submission at once; without, since a mail scanner may press it too, no further mail is sent and the submission ends
// after DisputedFor unless it is confirmed before. The owner of the mailbox, known by a mailed code, gets no further mail for
// this letter at all. It reports whether the submission is gone.
func (s *Service) Dispute(ctx context.Context, token, browser, code string) (gone bool, err error) {
	row, p, key, err := s.openToken(ctx, token)
	if err != nil {
		return false, err
	}
	gone = row.knows(browser)
	owner := false
	if !gone && asciiDigits(code) != "" {
		if owner, err = s.checkCode(ctx, row, key, code); err != nil {
			return false, err
		}
		gone = true
	}
	if row.confirmed != nil {
		return false, fault.New(fault.Conflict, "token.used")
	}
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return false, f
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		if !gone {
			_, err := tx.Exec(qSetDisputed, now.UnixMicro(), min(now.Add(DisputedFor).UnixMicro(), row.expires), row.id)
			return err
		}
		n, err := tx.Exec(qRemovePending, row.id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "token.used") // confirmed meanwhile
		}
		if !owner {
			return nil
		}
		_, err = tx.Exec(qBlock, row.letter, key.Tag(a.Exact), "disputed", now.UnixMicro())
		return err
	})
	return gone, err
}

// mask hides all but the first letter of each word, so that a forwarded link shows no name.
func mask(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		r := []rune(w)
		words[i] = string(r[:1]) + "…"
	}
	return strings.Join(words, " ")
}

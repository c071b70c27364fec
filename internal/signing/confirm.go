package signing

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
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

// Confirmation is what the page behind a mail's link shows.
type Confirmation struct {
	Letter    letter.ID
	Edition   int
	Text      string // language of the text signed
	Shown            // masked unless Known
	Known     bool   // this browser made the submission: one press confirms
	Asked     bool   // a mail asked for the submission: no browser has a code for it yet
	CodesLeft bool   // a fresh code can still be mailed
	Disputed  bool   // somebody pressed "this was not me"
	Informed  string // the words by which the lead organisations may write to the signer, "" unless they were ticked
	Replaces  bool   // a signature from the same address stands, whose place it takes
}

// Confirmation returns what a link's page shows. It changes nothing.
func (s *Service) Confirmation(ctx context.Context, token, browser string) (Confirmation, error) {
	row, p, key, err := s.openToken(ctx, token)
	if err != nil {
		return Confirmation{}, err
	}
	c := Confirmation{Letter: row.letter, Edition: row.edition, Text: row.text, Shown: p.Shown, Known: row.knows(browser), Asked: p.Asked,
		CodesLeft: row.codes < maxCodes && row.disputed == nil, Disputed: row.disputed != nil,
		Informed: p.Informed.words()}
	if !c.Known {
		c.Shown = p.masked()
	}
	if row.confirmed == nil {
		c.Replaces, err = s.replaces(ctx, row, p, key)
	}
	return c, err
}

// replaces reports whether a signature stands that a submission takes the place of. Only the page of the link asks: who has the link
// has the mailbox.
func (s *Service) replaces(ctx context.Context, row pending, p submission, key *seal.LetterKey) (found bool, err error) {
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return false, nil // confirming says so
	}
	box := s.Mailboxes.Of(key, row.letter, a)
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		for x, err := range store.Each(tx, qFindByMailbox, scanSignature, row.letter, box.AnyTag(), box.AnyTag(), box.AnyTag()) {
			if err != nil {
				return err
			}
			if bytes.Equal(x.tag, box.Tag()) && (row.kind == Both || x.Kind == row.kind) && slices.Contains([]State{StateNew, StateListed, StateHeld}, x.State) {
				found = true
			}
		}
		return nil
	})
	return found, err
}

// Receipt is what a signer takes away. It is the same for every replay of a confirmation.
type Receipt struct {
	Letter  letter.ID
	Edition int
	Text    string // language of the text signed
	Shown
	Informed  string    // the words by which the lead organisations may write to the signer, "" unless they were ticked
	Secret    string    // 26 characters
	Held      string    // why, or ""
	Again     bool      // the address had signed before
	Promises  []string  // signed by the log, one for each signature; none while it is held
	PromiseBy time.Time // until when they are to be kept
}

func (row pending) receipt(p submission) Receipt {
	return Receipt{Letter: row.letter, Edition: row.edition, Text: row.text, Shown: p.Shown, Informed: p.Informed.words(), Secret: p.Secret}
}

// Confirm makes a pending signature a confirmed one, given the cookie of the browser that made it, or the match code that
// browser was shown, or a code mailed on request; with the last the owner of the mailbox may correct what was typed: what is
// not empty of the correction takes its place.
func (s *Service) Confirm(ctx context.Context, token, browser, code string, correction Shown) (Receipt, error) {
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
		return s.replay(ctx, row, p)
	}
	l, err := s.Letters.Recent(ctx, row.letter)
	if err != nil {
		return Receipt{}, err
	}
	if !l.AcceptsConfirmations(s.DB.Now()) {
		return Receipt{}, l.Refusal()
	}
	if owner {
		if faults := p.correct(correction); len(faults) > 0 {
			return Receipt{}, inFormOrder(faults)
		}
	}
	return s.confirm(ctx, row, l, p, key)
}

// openToken finds and unseals the pending row of a link.
func (s *Service) openToken(ctx context.Context, token string) (row pending, p submission, key *seal.LetterKey, err error) {
	id, l, ok := LinkOf(token)
	if !ok {
		return row, p, nil, fault.New(fault.Gone, "token.unknown")
	}
	if row, err = s.findPending(ctx, id); fault.Is(err, fault.Gone) && l != 0 {
		return row, p, nil, fault.New(fault.Gone, "token.expired") // deleted since
	}
	if err != nil {
		return row, p, nil, err
	}
	if subtle.ConstantTimeCompare(row.tokenHash, seal.Hash(token)) != 1 {
		return row, p, nil, fault.New(fault.Gone, "token.unknown")
	}
	if key, err = s.Letters.Key(ctx, row.letter); err != nil {
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

// confirm writes the confirmed signatures: at most five statements for a new signer, whatever the kind.
func (s *Service) confirm(ctx context.Context, row pending, l letter.Letter, p submission, key *seal.LetterKey) (Receipt, error) {
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return Receipt{}, f
	}
	box := s.Mailboxes.Of(key, row.letter, a)
	draft := Signature{Letter: row.letter, Edition: row.edition, Language: row.language, Text: row.text,
		mailbox: box.AnyTag(), tag: box.Tag(), secret: seal.Hash(p.Secret), pending: row.id}
	decisions, err := s.decide(ctx, row, l, p.Shown, key, a, draft)
	if err != nil {
		return Receipt{}, err
	}
	now := s.DB.Now()
	secret, err := verify.ParseSecret(p.Secret)
	if err != nil {
		return Receipt{}, fmt.Errorf("signing.Confirm: %w", err)
	}
	edition, err := s.Letters.Log.Leaf(ctx, row.letter, row.edition)
	if err != nil {
		return Receipt{}, err
	}
	parts := p.Parts()
	signatures := make([]signed, len(parts))
	held := ""
	for i, part := range parts {
		draft.Basis, draft.Reason = decisions[i].basis, decisions[i].held
		who := signer{part, p.Email, p.Updates, p.Informed}
		if signatures[i], err = newSigned(key, edition, draft, particulars{signer: who, Asked: p.Asked}, secret, now); err != nil {
			return Receipt{}, err
		}
		signatures[i].words = decisions[i].words
		held = cmp.Or(held, decisions[i].held)
	}
	invitation := p.Invitation
	p.Invitation, p.Token, p.Fresh = 0, "", ""
	if decisions[len(parts)-1].held == "" { // what is held has no leaf to promise; an organisation can be held alone
		p.PromiseBy = now.Add(PromiseWithin + 2*s.Rhythm).Unix()
		if held != "" {
			p.Promised = verify.Person
		}
	}
	confirmed, err := p.seal(key, row.id)
	if err != nil {
		return Receipt{}, err
	}
	receipt := row.receipt(p)
	lost, said := false, p
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		receipt.Again, receipt.Held, lost, said = false, "", false, p
		now := tx.Now()
		n, err := tx.Exec(qSetConfirmed, now.UnixMicro(), confirmed, row.id)
		if lost = n == 0; err != nil || lost {
			return err
		}
		if row.disputed != nil {
			if _, err := tx.Exec(qClearDispute, row.id); err != nil {
				return err
			}
		}
		if invitation != 0 {
			if err := s.Invited(tx, row.letter, invitation, draft.mailbox, draft.tag); err != nil {
				return err
			}
		}
		if l.Mandate && row.kind != verify.Person { // the letter's row is the turn of those who sign for the same organisation at once
			if err := letter.Touch(tx, row.letter); err != nil {
				return err
			}
		}
		fresh, counting := slices.Clone(signatures), []signed(nil)
		for i := range fresh {
			x := &fresh[i]
			x.SignedAt = now
			if l.Mandate && x.Kind == verify.Organisation {
				if x.Reason, err = countsFromElsewhere(tx, *x); err != nil {
					return err
				}
			}
			receipt.Held = cmp.Or(receipt.Held, x.Reason)
			if x.State = StateNew; x.Reason != "" {
				x.State = StateHeld
			} else {
				counting = append(counting, *x)
			}
		}
		if n, err = insertSignatures(tx, fresh...); err != nil {
			return err
		}
		if int(n) < len(fresh) {
			receipt.Again = true
			if receipt.Held, err = s.signAgain(tx, row, fresh, key); err != nil || receipt.Held == "" {
				return err
			}
			said.PromiseBy = 0
			return said.replace(tx, key, row.id)
		}
		if held == "" && receipt.Held != "" { // its organisation counts already
			if said.Promised = verify.Person; row.kind != Both {
				said.PromiseBy = 0
			}
			if err := said.replace(tx, key, row.id); err != nil {
				return err
			}
		}
		if err := writeParticulars(tx, fresh...); err != nil {
			return err
		}
		if err := writeWords(tx, fresh...); err != nil {
			return err
		}
		return enqueueLeaves(tx, counting...)
	})
	if err == nil && lost { // another press of the same button was first, or the submission is gone
		return s.afterAnother(ctx, row.id, key)
	}
	if err != nil {
		return receipt, err
	}
	s.Events.Confirmed.Add(1)
	s.Mailboxes.Confirmed(a)
	return receipt, s.promise(&receipt, said)
}

// replace puts what is promised now in the place of what was.
func (p submission) replace(tx *store.Tx, key *seal.LetterKey, pending int64) error {
	sealed, err := p.seal(key, pending)
	if err == nil {
		_, err = tx.Exec(qReseal, sealed, pending)
	}
	return err
}

// promise adds what the log owes to a receipt.
func (s *Service) promise(r *Receipt, p submission) (err error) {
	if p.PromiseBy == 0 {
		return nil
	}
	r.PromiseBy = time.Unix(p.PromiseBy, 0).UTC()
	r.Promises, err = s.promises(p)
	return err
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
	return s.replay(ctx, row, p)
}

// signAgain writes the signatures of an address that has signed before: the last confirmed form of an address is what
// stands, and its receipt is the one that works; the link of the earlier one is gone. Each signature is an act of its own, so
// the earlier one is retired and keeps its row and its leaf; a consent that is not given with the later one is taken back. It returns why any of them is held.
func (s *Service) signAgain(tx *store.Tx, row pending, signatures []signed, key *seal.LetterKey) (held string, err error) {
	if err := letter.Touch(tx, row.letter); err != nil { // before the signatures, in the order in which Publish locks
		return "", err
	}
	for _, x := range signatures {
		old, err := scanSignature(tx.Row(qFindByTag, x.Letter, x.mailbox, x.tag, x.Kind))
		if err != nil {
			return "", err
		}
		if old.ID != x.ID { // or this kind was new and its row was just inserted
			if err := x.decideAgain(tx, old); err != nil {
				return "", err
			}
			if x.particulars.Informed == nil {
				if err := uninform(tx, old, key); err != nil {
					return "", err
				}
			}
			if err := retire(tx, old, x); err != nil {
				return "", err
			}
			if _, err := insertSignatures(tx, x); err != nil {
				return "", err
			}
		}
		held = cmp.Or(held, x.Reason)
		if err := writeParticulars(tx, x); err != nil {
			return "", err
		}
		if err := writeWords(tx, x); err != nil {
			return "", err
		}
		if x.State == StateNew {
			if err := enqueueLeaves(tx, x); err != nil {
				return "", err
			}
		}
	}
	return held, nil
}

// decideAgain says how a signature begins that takes the place of an earlier one of its signer: whether it is held, on which
// basis, and on which edition.
func (x *signed) decideAgain(tx *store.Tx, old Signature) error {
	vouched, err := old.vouchedAs(tx, *x)
	if err != nil {
		return err
	}
	switch {
	case old.State == StateRemoved || old.Reason == HeldRemoved:
		x.State, x.Reason = StateHeld, HeldRemoved
	case old.counts() && slices.Contains([]string{HeldDuplicate, HeldBurst, HeldDisposable},
		x.Reason): // the other spelling is the possible duplicate, not this; and who counted before a burst is not of it
		x.State, x.Reason = StateNew, ""
	case vouched && x.Reason == HeldMandate: // it is known who signs
		x.State, x.Reason, x.Basis = StateNew, "", old.Basis
		edition, err := letter.FindLeaf(tx, x.Letter, max(x.Edition, old.Edition))
		if err != nil {
			return err
		}
		if x.leaf, err = signLeaf(edition, x.Basis, x.particulars); err != nil {
			return err
		}
	case old.Reason == HeldMandate && x.Basis != verify.ByEmail: // it is known by now who signs
	case old.State == StateHeld:
		x.State, x.Reason = StateHeld, cmp.Or(x.Reason, old.Reason)
	}
	if x.Edition >= old.Edition {
		return nil
	}
	edition, err := letter.FindLeaf(tx, x.Letter, old.Edition) // an earlier submission, confirmed late: the signer has seen the newer text
	x.Edition, x.Text, x.leaf.Edition = old.Edition, old.Text, edition.Edition
	return err
}

// retire ends a signature in whose place its signer puts another, and lets go of its tags and its secret. by is the other:
// when that is erased, ended or hidden, a backup must not show this one.
func retire(tx *store.Tx, old Signature, by signed) error {
	if _, err := tx.Exec(qRemovePendingOf, old.Letter, old.ID); err != nil {
		return err
	}
	if err := end(tx, old, StateWithdrawn, verify.Reaffirmed); err != nil {
		return err
	}
	if by.Listing.Hides(old.Listing) {
		if err := old.recordErased(tx, string(by.Listing), 0); err != nil {
			return err
		}
	}
	if err := old.recordErased(tx, "", by.ID); err != nil {
		return err
	}
	return untie(tx, old)
}

// replay returns the receipt of a confirmation that was done before.
func (s *Service) replay(ctx context.Context, row pending, p submission) (Receipt, error) {
	r := row.receipt(p)
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
	sealed, err := p.seal(key, row.id)
	if err != nil {
		return err
	}
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
		return s.Mailboxes.Of(key, row.letter, a).Block(tx, mailbox.Disputed)
	})
	return gone, err
}

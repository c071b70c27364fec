package signing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Own is a signature as its signer, or an editor, deals with it.
type Own struct {
	Letter   letter.ID
	ID       int64
	Kind     Kind
	Edition  int
	Language string // of the page, for mails
	Text     string // language of the text signed, "" when that was not noted
	Listing  Listing
	Basis    Basis
	State    State
	Reason   string
	SignedAt time.Time

	LeafIndex   *int64         // in the log; nil while the signature waits for its index
	LeafListing verify.Listing // as the log says; "" while it waits

	// Only for the signer, by secret; empty once sealed data was destroyed.
	Name, Email, Title, Affiliation, Organisation, Country string
	Updates                                                bool

	Proved string // domain that a record showed to be the signer's, of an organisation that is held for its mandate
}

// counts reports whether the signature is in the count or on its way into it.
func (o Own) counts() bool { return o.State == StateNew || o.State == StateListed }

// Domain returns the domain of the address.
func (o Own) Domain() string { return o.Email[strings.LastIndexByte(o.Email, '@')+1:] }

// active reports whether the signer can still change it.
func (o Own) active() bool { return o.counts() || o.State == StateHeld }

func scanOwn(row store.Row) (o Own, err error) {
	var created int64
	err = row.Scan(&o.Letter, &o.ID, &o.Kind, &o.Edition, &o.Language, &o.Text, &o.Listing, &o.Basis, &o.State, &o.Reason, &created, &o.LeafIndex, &o.LeafListing)
	o.SignedAt = time.UnixMicro(created).UTC()
	return o, err
}

// unlist takes the name out of the public list at once; the count follows with the next publication.
func (o Own) unlist(tx *store.Tx) error {
	p, err := scanSignatory(tx.Row(qFindPublic, o.Letter, o.ID))
	if errors.Is(err, store.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := tx.Exec(qRemoveList, o.Letter, o.Kind, sortKey(p.Name), o.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		if _, err := tx.Exec(qAddCountry, o.Letter, p.Country, -1); err != nil {
			return err
		}
	}
	for _, word := range searchWords(p.Name) {
		if _, err := tx.Exec(qRemoveWord, o.Letter, o.Kind, word, o.ID); err != nil {
			return err
		}
	}
	_, err = tx.Exec(qRemovePublic, o.Letter, o.ID)
	return err
}

func (s *Service) bySecret(ctx context.Context, secret string) (own []Own, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		own, err = store.List(tx, qFindBySecret, scanOwn, seal.Hash(secret))
		return err
	})
	return own, err
}

// NormaliseSecret returns a receipt secret as it was drawn, from what a hurried person typed.
func NormaliseSecret(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r == '0':
			return 'o'
		case r == '1':
			return 'l'
		case r == ' ' || r == '-' || r == '\t' || r == '\n' || r == '\r':
			return -1
		}
		return r
	}, typed)
}

// Find returns the signatures of a receipt secret with what is stored about their signer.
func (s *Service) Find(ctx context.Context, secret string) ([]Own, error) {
	secret = NormaliseSecret(secret)
	if len(secret) != 26 {
		return nil, fault.New(fault.Forbidden, "secret.wrong").On("secret")
	}
	own, err := s.bySecret(ctx, secret)
	if err != nil {
		return nil, err
	}
	if len(own) == 0 {
		return nil, fault.New(fault.Forbidden, "secret.wrong").On("secret")
	}
	for i := range own {
		p, err := s.particularsOf(ctx, own[i])
		if err != nil {
			return nil, err
		}
		o := &own[i]
		o.Name, o.Email, o.Title, o.Affiliation, o.Organisation, o.Country, o.Updates =
			p.Name, p.Email, p.Title, p.Affiliation, p.Organisation, p.Country, p.Updates
	}
	return own, nil
}

// particularsOf opens the sealed row of a signature; it is empty once the row or its key was destroyed.
func (s *Service) particularsOf(ctx context.Context, o Own) (p particulars, err error) {
	key, err := s.keyFor(ctx, o.Letter)
	if fault.Is(err, fault.Gone) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	var sealed []byte
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindSealed, o.Letter, o.ID).Scan(&sealed) })
	if errors.Is(err, store.ErrNoRow) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return openSealed(key, o.ID, sealed)
}

func openSealed(key *seal.LetterKey, id int64, sealed []byte) (p particulars, err error) {
	plaintext, err := key.Open("signature_sealed", id, sealed)
	if err != nil {
		return p, fmt.Errorf("signing: signature %d: %w", id, err)
	}
	return p, json.Unmarshal(plaintext, &p)
}

// change runs fn on a signature of the secret inside a transaction.
func (s *Service) change(ctx context.Context, secret string, id int64, fn func(tx *store.Tx, o Own) error) error {
	own, err := s.Find(ctx, secret)
	if err != nil {
		return err
	}
	for _, o := range own {
		if o.ID != id {
			continue
		}
		return s.DB.Update(ctx, func(tx *store.Tx) error {
			if err := letter.Touch(tx, o.Letter); err != nil { // before the signature, in the order in which Publish locks
				return err
			}
			current, err := scanOwn(tx.Row(qFindOwn, o.Letter, id, seal.Hash(NormaliseSecret(secret))))
			if errors.Is(err, store.ErrNoRow) {
				return fault.New(fault.Forbidden, "secret.wrong").On("secret") // signed again or erased meanwhile
			}
			if err != nil {
				return err
			}
			return fn(tx, current)
		})
	}
	return fault.New(fault.NotFound, "secret.wrong")
}

// Relist changes who may see the name. A name that becomes less visible leaves the list at once.
func (s *Service) Relist(ctx context.Context, secret string, id int64, to Listing) error {
	if !to.valid() {
		return fault.New(fault.Invalid, "listing").On("listing")
	}
	own, err := s.Find(ctx, secret)
	if err != nil {
		return err
	}
	var p particulars
	for _, o := range own {
		if o.ID != id {
			continue
		}
		if p, err = s.particularsOf(ctx, o); err != nil {
			return err
		}
		if p.Email == "" {
			return fault.New(fault.Gone, "letter.closed") // what a public line would need was destroyed
		}
	}
	p.Listing = to
	return s.change(ctx, secret, id, func(tx *store.Tx, o Own) error {
		if !o.active() || o.Listing == to {
			return nil
		}
		final, err := letter.IsFinal(tx, o.Letter)
		if err != nil {
			return err
		}
		// After its close leaf the log takes no change of listing. A name can still be taken down; it goes on counting as it did.
		if final && to == Public && o.LeafListing != verify.Public {
			return fault.New(fault.Gone, "letter.closed")
		}
		if to.hides(o.Listing) {
			if err := o.recordErased(tx, string(to), 0); err != nil {
				return err
			}
		}
		shows, err := o.relist(tx, to)
		if err != nil || to != Public {
			return err
		}
		if _, err := tx.Exec(qPutPublic.one, signed{id: o.ID, kind: o.Kind, p: p}.public(o.Letter)...); err != nil {
			return err
		}
		if o.State != StateListed || !shows {
			return nil
		}
		name, _, _ := p.shown(o.Kind)
		if n, err := insertListed(tx, o.Letter, o.Kind, name, o.ID); err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(qAddCountry, o.Letter, p.Country, 1)
		return err
	})
}

// relist changes the listing, and takes the name out of the public list. It reports whether no leaf will follow that puts a
// name which is to be public into the list.
func (o Own) relist(tx *store.Tx, to Listing) (shows bool, err error) {
	if err := o.unlist(tx); err != nil {
		return false, err
	}
	if _, err := tx.Exec(qSetListing, to, o.Letter, o.ID); err != nil {
		return false, err
	}
	if final, err := letter.IsFinal(tx, o.Letter); err != nil || final || !o.counts() {
		return final, err
	}
	return logRelist(tx, o, to)
}

// Withdraw takes a signature back. Its name leaves the list at once, the count follows with the next publication.
func (s *Service) Withdraw(ctx context.Context, secret string, id int64) error {
	return s.change(ctx, secret, id, func(tx *store.Tx, o Own) error { return takeOut(tx, o, StateWithdrawn, verify.Signer) })
}

// Erase withdraws a signature and destroys everything that could tell whose it was, the address tag included.
func (s *Service) Erase(ctx context.Context, secret string, id int64) error {
	return s.change(ctx, secret, id, func(tx *store.Tx, o Own) error { return erase(tx, o, verify.Erasure) })
}

func erase(tx *store.Tx, o Own, why verify.Reason) error {
	if err := end(tx, o, StateWithdrawn, why); err != nil {
		return err
	}
	for _, q := range []*store.Query{qRemovePendingOf, qForgetBudget} {
		if _, err := tx.Exec(q, o.Letter, o.ID); err != nil {
			return err
		}
	}
	return forget(tx, o)
}

// takeOut ends a signature for good: a restore does it again.
func takeOut(tx *store.Tx, o Own, state State, why verify.Reason) error {
	if !o.active() {
		return nil
	}
	if err := o.recordErased(tx, string(why), 0); err != nil {
		return err
	}
	return end(tx, o, state, why)
}

// end takes a signature out of list and count, once.
func end(tx *store.Tx, o Own, state State, why verify.Reason) error {
	if !o.active() {
		return nil
	}
	if err := o.unlist(tx); err != nil {
		return err
	}
	if _, err := tx.Exec(qRemoveAsked, o.Letter, o.ID); err != nil {
		return err
	}
	reason := string(why)
	if o.Reason == HeldRemoved {
		reason = HeldRemoved // or who was removed would come back by withdrawing and signing again
	}
	if _, err := tx.Exec(qSetState, state, reason, o.Letter, o.ID); err != nil {
		return err
	}
	if !o.counts() {
		return nil
	}
	return logWithdraw(tx, o, why)
}

// ListByState returns signatures of a letter in a state, in the order of signing, after the id, with the names that are
// publicly listed or held, and the address of an organisation that is held for its mandate.
func (s *Service) ListByState(ctx context.Context, l letter.ID, state State, after int64, limit int) (own []Own, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		own, err = store.List(tx, qListByState, scanOwn, l, state, after, limit)
		return err
	})
	for i := range own {
		if own[i].State != StateHeld && own[i].Listing != Public {
			continue
		}
		p, err := s.particularsOf(ctx, own[i])
		if err != nil {
			return nil, err
		}
		own[i].Name, own[i].Title, own[i].Affiliation = p.shown(own[i].Kind)
		if own[i].Reason == HeldMandate {
			own[i].Email, own[i].Proved = p.Email, p.Domain
		}
	}
	return own, err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// HeldCounted is up to how many held signatures CountHeld counts.
const HeldCounted = 500

// CountHeld returns how many signatures of a letter are held, at most HeldCounted.
func (s *Service) CountHeld(ctx context.Context, l letter.ID) (n int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountHeld, l, HeldCounted).Scan(&n) })
	return n, err
}

// find returns a signature of a letter.
func (s *Service) find(ctx context.Context, l letter.ID, id int64) (o Own, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		o, err = scanOwn(tx.Row(qShowSignature, l, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.NotFound, "signature.unknown")
	}
	return o, err
}

// Remove takes a signature out for a reason that is shown to the public. by is the user who decides, 0 the command line.
func (s *Service) Remove(ctx context.Context, l letter.ID, id, by int64, reason verify.Reason) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error { return remove(tx, l, id, by, reason) })
}

// RemovalReasons are those for which a signature can be removed by hand.
var RemovalReasons = []verify.Reason{verify.Duplicate, verify.Fraud, verify.Moderation}

func remove(tx *store.Tx, l letter.ID, id, by int64, reason verify.Reason) error {
	if !slices.Contains(RemovalReasons, reason) {
		return fault.New(fault.Invalid, "signature.reason").On("reason")
	}
	o, err := lockSignature(tx, l, id)
	if err != nil {
		return err
	}
	if !o.active() {
		return fault.New(fault.Conflict, "signature.ended")
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: int64(l), Act: "signature.removed", Object: string(reason)}); err != nil {
		return err
	}
	return takeOut(tx, o, StateRemoved, reason)
}

// Removal asks for the end of signatures, by id, for a reason that is shown to the public.
type Removal struct {
	IDs    []int64       `json:"ids"`
	Reason verify.Reason `json:"reason"`
}

// Act names the act.
func (Removal) Act() string { return "remove" }

// RegisterActs tells which acts on a letter this package carries out. Several signatures are removed by two members.
func (s *Service) RegisterActs(accounts *account.Service) {
	account.Register(accounts, account.Act[Removal]{Ask: account.Reviewer, Decide: account.Editor,
		Alone: func(r Removal) bool { return len(r.IDs) == 1 },
		Do: func(tx *store.Tx, l int64, r Removal, by int64) error {
			for _, id := range r.IDs {
				if err := remove(tx, letter.ID(l), id, by, r.Reason); err != nil && !fault.Is(err, fault.Conflict) { // ended meanwhile
					return err
				}
			}
			return nil
		}})
	s.registerLists(accounts)
	s.registerExports(accounts)
}

// lockSignature returns a signature that no other transaction changes before this one ends. The letter's row comes first, as
// everywhere.
func lockSignature(tx *store.Tx, l letter.ID, id int64) (Own, error) {
	if err := letter.Touch(tx, l); err != nil {
		return Own{}, err
	}
	o, err := scanOwn(tx.Row(qFindSignature, l, id))
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.NotFound, "signature.unknown")
	}
	return o, err
}

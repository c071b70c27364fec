package signing

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Receipts are what signers can do with the secret of their receipt.
type Receipts struct{ signing *Service }

// Own is a signature as its signer sees it: with what is stored about them, as long as that is known.
type Own struct {
	Signature
	Email   string // "" for one that came with a list, and once what was sealed is destroyed
	Updates bool   // they asked for news in the form
	Asked   bool   // they answered a question: Updates is what the signature before said

	Informed *Informed // the lead organisations may write to them; nil unless they ticked that, and once it is taken back
}

func (s *Service) bySecret(ctx context.Context, secret string) (found []Signature, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		found, err = store.List(tx, qFindBySecret, scanSignature, seal.Hash(secret))
		return err
	})
	return found, err
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
func (rs Receipts) Find(ctx context.Context, secret string) ([]Own, error) {
	secret = NormaliseSecret(secret)
	if len(secret) != 26 {
		return nil, fault.New(fault.Forbidden, "secret.wrong").On("secret")
	}
	found, err := rs.signing.bySecret(ctx, secret)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.Forbidden, "secret.wrong").On("secret")
	}
	own := make([]Own, len(found))
	for i, x := range found {
		p, err := rs.signing.particularsOf(ctx, x)
		if err != nil {
			return nil, err
		}
		x.Shown = p.Shown
		own[i] = Own{x, p.Email, p.Updates, p.Asked, p.Informed}
	}
	return own, nil
}

// change runs fn on a signature of the secret inside a transaction.
func (rs Receipts) change(ctx context.Context, secret string, id int64, fn func(tx *store.Tx, x Signature) error) error {
	own, err := rs.Find(ctx, secret)
	if err != nil {
		return err
	}
	for _, o := range own {
		if o.ID != id {
			continue
		}
		return rs.signing.DB.Update(ctx, func(tx *store.Tx) error {
			if err := letter.Touch(tx, o.Letter); err != nil { // before the signature, in the order in which Publish locks
				return err
			}
			current, err := scanSignature(tx.Row(qFindOwn, o.Letter, id, seal.Hash(NormaliseSecret(secret))))
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
func (rs Receipts) Relist(ctx context.Context, secret string, id int64, to roll.Listing) error {
	if !to.Valid() {
		return fault.New(fault.Invalid, "listing").On("listing")
	}
	own, err := rs.Find(ctx, secret)
	if err != nil {
		return err
	}
	var p particulars
	for _, o := range own {
		if o.ID != id {
			continue
		}
		if p, err = rs.signing.particularsOf(ctx, o.Signature); err != nil {
			return err
		}
		if p.Email == "" {
			return fault.New(fault.Gone, "letter.closed") // what a public line would need was destroyed
		}
	}
	p.Listing = to
	return rs.change(ctx, secret, id, func(tx *store.Tx, x Signature) error {
		if !x.active() || x.Listing == to {
			return nil
		}
		final, err := letter.IsFinal(tx, x.Letter)
		if err != nil {
			return err
		}
		// After its close leaf the log takes no change of listing. A name can still be taken down; it goes on counting as it did.
		if final && to == roll.Public && x.LeafListing != verify.Public {
			return fault.New(fault.Gone, "letter.closed")
		}
		if to.Hides(x.Listing) {
			if err := x.recordErased(tx, string(to), 0); err != nil {
				return err
			}
		}
		shows, err := x.relist(tx, to)
		if err != nil || to != roll.Public {
			return err
		}
		entry := p.entry(x)
		if err := roll.Put(tx, entry); err != nil || x.State != StateListed || !shows {
			return err
		}
		return roll.Show(tx, entry)
	})
}

// relist changes the listing, and takes the name out of the public list. It reports whether no leaf will follow that puts a
// name which is to be public into the list.
func (x Signature) relist(tx *store.Tx, to roll.Listing) (shows bool, err error) {
	if err := roll.Remove(tx, x.Letter, x.ID); err != nil {
		return false, err
	}
	if _, err := tx.Exec(qSetListing, to, x.Letter, x.ID); err != nil {
		return false, err
	}
	if final, err := letter.IsFinal(tx, x.Letter); err != nil || final || !x.counts() {
		return final, err
	}
	return logRelist(tx, x, to)
}

// Withdraw takes a signature back. Its name leaves the list at once, the count follows with the next publication.
// News of the letter end with it.
func (rs Receipts) Withdraw(ctx context.Context, secret string, id int64) error {
	address, err := rs.addressOf(ctx, secret, id)
	if err != nil {
		return err
	}
	return rs.change(ctx, secret, id, func(tx *store.Tx, x Signature) error {
		if err := rs.signing.Unfollow(tx, x.Letter, address); err != nil {
			return err
		}
		return takeOut(tx, x, StateWithdrawn, verify.Signer)
	})
}

// addressOf returns the address of a signature, "" once it is not known any more.
func (rs Receipts) addressOf(ctx context.Context, secret string, id int64) (string, error) {
	own, err := rs.Find(ctx, secret)
	for _, o := range own {
		if o.ID == id {
			return o.Email, err
		}
	}
	return "", err
}

// Erase withdraws a signature and destroys everything that could tell whose it was, the address tag included, and ends news of the letter.
func (rs Receipts) Erase(ctx context.Context, secret string, id int64) error {
	address, err := rs.addressOf(ctx, secret, id)
	if err != nil {
		return err
	}
	open, err := rs.openOf(ctx, secret, id)
	if err != nil {
		return err
	}
	return rs.change(ctx, secret, id, func(tx *store.Tx, x Signature) error {
		for _, pending := range open {
			if _, err := tx.Exec(qRemovePending, pending); err != nil {
				return err
			}
		}
		if err := rs.signing.Unfollow(tx, x.Letter, address); err != nil {
			return err
		}
		return rs.signing.erase(tx, x, verify.Erasure)
	})
}

// openOf returns the submissions from the address of a signature that nobody has confirmed: who erases wants none of them either, and
// the links of earlier mails would still show what was typed. Rows of submissions do not say whose they are, so all are opened.
func (rs Receipts) openOf(ctx context.Context, secret string, id int64) (open []int64, err error) {
	own, err := rs.Find(ctx, secret)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(own, func(o Own) bool { return o.ID == id })
	if i < 0 || own[i].Email == "" {
		return nil, nil
	}
	address, f := text.ParseAddress(own[i].Email)
	if f != nil {
		return nil, nil
	}
	key, err := rs.signing.Letters.Key(ctx, own[i].Letter)
	if err != nil {
		return nil, fault.Except(err, fault.Gone)
	}
	for after, more := int64(0), true; more; {
		var rows []pending
		err := rs.signing.DB.View(ctx, func(tx *store.Tx) error {
			rows, err = store.List(tx, qListOpen, func(row store.Row) (p pending, err error) { return p, row.Scan(&p.id, &p.sealed) }, own[i].Letter, after, atOnce)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			after = row.id
			p, err := row.open(key)
			if err != nil {
				return nil, err
			}
			if a, f := text.ParseAddress(p.Email); f == nil && a.Exact == address.Exact {
				open = append(open, row.id)
			}
		}
		more = len(rows) == atOnce
	}
	return open, nil
}

func (s *Service) erase(tx *store.Tx, x Signature, why verify.Reason) error {
	if err := end(tx, x, StateWithdrawn, why); err != nil {
		return err
	}
	if _, err := tx.Exec(qRemovePendingOf, x.Letter, x.ID); err != nil {
		return err
	}
	if err := mailbox.Forget(tx, x.Letter, x.tag); err != nil {
		return err
	}
	return s.forget(tx, x)
}

// takeOut ends a signature for good: a restore does it again.
func takeOut(tx *store.Tx, x Signature, state State, why verify.Reason) error {
	if !x.active() {
		return nil
	}
	if err := x.recordErased(tx, string(why), 0); err != nil {
		return err
	}
	return end(tx, x, state, why)
}

// end takes a signature out of list and count, once.
func end(tx *store.Tx, x Signature, state State, why verify.Reason) error {
	if !x.active() {
		return nil
	}
	if err := roll.Remove(tx, x.Letter, x.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(qRemoveAsked, x.Letter, x.ID); err != nil {
		return err
	}
	reason := string(why)
	if x.Reason == HeldRemoved {
		reason = HeldRemoved // or who was removed would come back by withdrawing and signing again
	}
	if _, err := tx.Exec(qSetState, state, reason, x.Letter, x.ID); err != nil {
		return err
	}
	if !x.counts() {
		return nil
	}
	return logWithdraw(tx, x, why)
}

// find returns a signature of a letter.
func (s *Service) find(ctx context.Context, l letter.ID, id int64) (x Signature, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		x, err = scanSignature(tx.Row(qShowSignature, l, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.NotFound, "signature.unknown")
	}
	return x, err
}

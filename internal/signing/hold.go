package signing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// decision says how a signature begins: why it is held, "" if it is not, and how we know of it.
type decision struct {
	held  string
	basis verify.Basis
	words []word
}

// decide says how each signature of a submission begins, in the order of its parts. x has the tags of the address, the letter
// and what else they have in common.
func (s *Service) decide(ctx context.Context, row pending, l letter.Letter, shown Shown, key *seal.LetterKey, a text.Address, x Signature) ([]decision, error) {
	reason, err := s.holdReason(ctx, row, shown, key, a, x)
	if err != nil {
		return nil, err
	}
	var list []decision
	for _, part := range shown.Parts() {
		d := decision{held: reason, basis: verify.ByEmail}
		if part.Kind == verify.Organisation {
			known, err := s.mandated(ctx, row.letter, part.Organisation, a)
			if err == nil && known == "" && l.Mandate && part.Listing != roll.Counted { // nobody vouches for a name that they may not see
				d.words, known, err = s.vouchedBefore(ctx, key, x, part.Organisation)
			}
			switch {
			case err != nil:
				return nil, err
			case known != "":
				d.basis = known
			case l.Mandate:
				d.held = cmp.Or(d.held, HeldMandate)
			}
		}
		list = append(list, d)
	}
	return list, nil
}

// holdReason says why a signature needs somebody's look before it counts; "" if it does not. The signer is told, and anybody can sign
// under any name: so it depends on what is public and on what came from the signer's own mailbox alone.
func (s *Service) holdReason(ctx context.Context, row pending, shown Shown, key *seal.LetterKey, a text.Address, x Signature) (reason string, err error) {
	if slices.ContainsFunc([]string{shown.Name, shown.Organisation}, text.Misleads) {
		return HeldLookAlike, nil
	}
	if shown.Kind != verify.Person {
		alike, err := s.looksLikeAnother(ctx, shown.Organisation)
		if err != nil || alike {
			return HeldLookAlike, err
		}
	}
	names := [2][]byte{x.mailbox, x.mailbox}
	for i, part := range shown.Parts() {
		names[i] = listedName(key, part.Record().Name)
	}
	listed := sync.OnceValue(func() map[string]bool { return listedTags(key, shown) }) // few names are on a list
	err = s.DB.Look(ctx, func(tx *store.Tx) error {
		reason = ""
		for other, err := range store.Each(tx, qFindByMailbox, scanSignature, x.Letter, x.mailbox, names[0], names[1]) {
			switch {
			case err != nil:
				return err
			case !other.stands() || bytes.Equal(other.tag, x.tag) || shown.Kind != Both && other.Kind != shown.Kind:
			case bytes.Equal(other.mailbox, x.mailbox) || other.published() && listed()[string(other.Kind)+string(other.tag)]:
				reason = HeldDuplicate // another spelling of the address, or a published name that came on a list and says nothing that differs
			}
		}
		return nil
	})
	if err == nil && reason == "" {
		reason = s.suspect(row, key, a.Domain())
	}
	return reason, err
}

// vouchedAs reports whether a signature counts for the organisation that another names, and it is known that its signer may.
func (o Signature) vouchedAs(tx *store.Tx, x signed) (bool, error) {
	if !o.counts() || o.Basis != verify.ByVoucher && o.Basis != verify.ByDomain {
		return false, nil
	}
	var name []byte
	err := tx.Row(qFindName, o.Letter, o.ID).Scan(&name)
	if errors.Is(err, store.ErrNoRow) {
		return false, nil
	}
	return err == nil && len(name) > 0 && bytes.Equal(name, x.name), err
}

// countsFromElsewhere says why an organisation's signature is held where organisations need a mandate: one of the same name,
// spelling aside, counts already from another address, or what it is held for anyway. Only who is known to speak for the
// organisation learns that it has signed: it may have done so without its name. Whoever invites an address as an organisation's is not, so
// that beside one which is counted only both count: a refusal would tell.
func countsFromElsewhere(tx *store.Tx, x signed) (held string, err error) {
	if x.Reason == HeldLookAlike || x.Basis == verify.ByEmail {
		return x.Reason, nil
	}
	q := qCountNamed
	if len(x.words) > 0 {
		q = qCountNamedSeen
	}
	var n int
	if err := tx.Row(q, x.Letter, x.name, x.tag).Scan(&n); err != nil || n == 0 {
		return x.Reason, err
	}
	return HeldSameOrganisation, nil
}

// listedTags returns the tags that a line of a list would have which says the same as the signer, or less.
func listedTags(key *seal.LetterKey, shown Shown) map[string]bool {
	tags := map[string]bool{}
	for _, part := range shown.Parts() {
		r := part.Record()
		for _, less := range []verify.Record{r, {Name: r.Name, Affiliation: r.Affiliation}, {Name: r.Name, Country: r.Country}, {Name: r.Name}} {
			tags[string(part.Kind)+string(listedTag(key, less))] = true
		}
	}
	return tags
}

// Holds are what the editors of a letter do with its signatures: those that are held above all.
type Holds struct{ signing *Service }

// Held is a signature as the editors of its letter deal with it.
type Held struct {
	ID       int64
	Kind     verify.Kind
	Edition  int
	Listing  roll.Listing
	Basis    verify.Basis
	State    State
	Reason   string
	SignedAt time.Time

	verify.Record         // of one that is public, or held and not counted only: who chose that is shown to nobody, editors included
	Twin          bool    // another signature whose name editors may see has the same
	Email, Proved string  // of an organisation that is held for its mandate: its address, and the domain that a record showed to be its own
	Vouched       []int64 // lead organisations, by id, that vouched for it
}

// Domain returns the domain of the address.
func (h Held) Domain() string { return h.Email[strings.LastIndexByte(h.Email, '@')+1:] }

// List returns signatures of a letter in a state, in the order of signing, after the id. An organisation's that is held because
// another counts whose name no editor may see is not among them.
func (hs Holds) List(ctx context.Context, l letter.ID, state State, after int64, limit int) (list []Held, err error) {
	return hs.read(ctx, l, func(tx *store.Tx) ([]Signature, error) {
		return store.List(tx, qListByState, scanSignature, l, state, after, limit)
	})
}

// Of returns the signatures of a letter with these ids that editors may see, held or counted: nobody looks up who has withdrawn.
func (hs Holds) Of(ctx context.Context, l letter.ID, ids []int64) (list []Held, err error) {
	return hs.read(ctx, l, func(tx *store.Tx) (found []Signature, err error) {
		for _, id := range slices.Sorted(slices.Values(ids[:min(len(ids), heldAtOnce)])) {
			x, err := scanSignature(tx.Row(qShowSeen, l, id))
			if errors.Is(err, store.ErrNoRow) {
				continue
			}
			if err != nil {
				return nil, err
			}
			found = append(found, x)
		}
		return found, nil
	})
}

// heldAtOnce is how many signatures one act is about at most.
const heldAtOnce = 200

// read makes what editors deal with of signatures in the order of their ids.
func (hs Holds) read(ctx context.Context, l letter.ID, find func(tx *store.Tx) ([]Signature, error)) (list []Held, err error) {
	var found []Signature
	vouched := map[int64][]int64{}
	err = hs.signing.DB.View(ctx, func(tx *store.Tx) error {
		clear(vouched)
		if found, err = find(tx); err != nil || len(found) == 0 {
			return err
		}
		for v, err := range store.Each(tx, qListVouchers, scanVoucher, l, found[0].ID, found[len(found)-1].ID) {
			if err != nil {
				return err
			}
			vouched[v.signature] = append(vouched[v.signature], v.lead)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, x := range found {
		h := Held{ID: x.ID, Kind: x.Kind, Edition: x.Edition, Listing: x.Listing, Basis: x.Basis, State: x.State, Reason: x.Reason,
			SignedAt: x.SignedAt, Vouched: vouched[x.ID]}
		if x.Listing == roll.Public || x.shownToEditors() {
			p, err := hs.signing.particularsOf(ctx, x)
			if err != nil {
				return nil, err
			}
			if h.Record = p.Record(); x.Reason == HeldMandate {
				h.Email, h.Proved = p.Email, p.Domain
			}
			if h.Twin, err = hs.signing.hasTwin(ctx, x, p.Shown); err != nil {
				return nil, err
			}
		}
		list = append(list, h)
	}
	return list, nil
}

// hasTwin reports whether another signature whose name List shows has the name of this one: an organisation's, spelling aside,
// or what came on a list and says nothing that differs.
func (s *Service) hasTwin(ctx context.Context, x Signature, shown Shown) (found bool, err error) {
	shown.Kind = x.Kind
	key, err := s.Letters.Key(ctx, x.Letter)
	if err != nil {
		return false, err
	}
	listed, name := listedTags(key, shown), listedName(key, shown.Record().Name)
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		var twins int
		if err := tx.Row(qCountTwins, x.Letter, x.ID).Scan(&twins); err != nil {
			return err
		}
		found = twins > 0
		for other, err := range store.Each(tx, qFindByMailbox, scanSignature, x.Letter, name, name, name) {
			if err != nil {
				return err
			}
			found = found || other.ID != x.ID && other.shownToEditors() && listed[string(other.Kind)+string(other.tag)]
		}
		return nil
	})
	return found, err
}

// HeldCounted is up to how many held signatures Holds.Count counts.
const HeldCounted = 500

// Count returns how many signatures of a letter are held, at most HeldCounted.
func (hs Holds) Count(ctx context.Context, l letter.ID) (n int, err error) {
	err = hs.signing.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountHeld, l, HeldCounted).Scan(&n) })
	return n, err
}

// Any reports whether one of the signatures is held.
func (hs Holds) Any(ctx context.Context, l letter.ID, ids []int64) (held bool, err error) {
	err = hs.signing.DB.View(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			x, err := scanSignature(tx.Row(qShowSignature, l, id))
			if err != nil {
				return err
			}
			held = held || x.State == StateHeld
		}
		return nil
	})
	return held, err
}

// lockSignature returns a signature that no other transaction changes before this one ends. The letter's row comes first, as
// everywhere.
func lockSignature(tx *store.Tx, l letter.ID, id int64) (x Signature, err error) {
	if err := letter.Touch(tx, l); err != nil {
		return x, err
	}
	x, err = scanSignature(tx.Row(qFindSignature, l, id))
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.NotFound, "signature.unknown")
	}
	return x, err
}

// opened is what is needed to make the leaf of a held signature.
type opened struct {
	particulars
	edition letter.Leaf
	alone   bool         // its letter lets an organisation count once, whatever address signs for it
	unseen  roll.Listing // of such others, the listing that whoever decides may not see; "" for none
}

func (s *Service) openHeld(tx *store.Tx, x Signature) (o opened, err error) {
	key, err := s.Letters.KeyIn(tx, x.Letter)
	if err != nil {
		return o, fault.Except(err, fault.Gone)
	}
	if o.particulars, err = x.particularsIn(tx, key); err != nil {
		return o, err
	}
	o.edition, err = letter.FindLeaf(tx, x.Letter, x.Edition)
	return o, err
}

// release lets a held signature into the count. An organisation that counts already is not counted again, unless it was held
// for just that. Where the other's name is one that whoever decides may not see, both count: a refusal would tell.
func (o opened) release(tx *store.Tx, x Signature, basis verify.Basis) error {
	if x.State != StateHeld {
		return fault.New(fault.Conflict, "signature.not_held")
	}
	if final, err := letter.IsFinal(tx, x.Letter); err != nil || final {
		return cmp.Or(err, error(fault.New(fault.Gone, "letter.closed")))
	}
	if o.alone && x.Kind == verify.Organisation && x.Reason != HeldSameOrganisation {
		var others int
		if err := tx.Row(qCountSame, x.Letter, x.ID, o.unseen).Scan(&others); err != nil {
			return err
		}
		if others > 0 {
			return fault.New(fault.Conflict, "voucher.twin")
		}
	}
	o.Listing = x.Listing // it may have changed since
	leaf, err := signLeaf(o.edition, basis, o.particulars)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qRelease, basis, x.Letter, x.ID); err != nil {
		return err
	}
	if err := enqueueLeaves(tx, signed{Signature: x, leaf: leaf}); err != nil || !x.hasMailbox() {
		return err
	}
	return job.Enqueue(tx, ReleasedMail{x.Letter, x.ID})
}

// hasMailbox reports whether the signature was given by a form and confirmed by mail: its signer was told that it is held.
func (s Signature) hasMailbox() bool {
	return slices.Contains([]verify.Basis{verify.ByEmail, verify.ByDomain, verify.ByVoucher}, s.Basis)
}

// ReleasedMail tells a signer that their signature, which was held, counts.
type ReleasedMail struct {
	Letter    letter.ID `json:"letter"`
	Signature int64     `json:"signature"`
}

// Kind names the job.
func (ReleasedMail) Kind() string { return "mail.released" }

// Released returns what the mail to the signer of a released signature needs, false when it does not count any more or the address
// takes no mail.
func (s *Service) Released(ctx context.Context, m ReleasedMail) (e Envelope, send bool, err error) {
	x, err := s.find(ctx, m.Letter, m.Signature)
	if err != nil || !x.counts() {
		return e, false, fault.Except(err, fault.NotFound)
	}
	return s.EnvelopeOf(ctx, m.Letter, m.Signature)
}

// Release lets a held signature into the count. by is the user who decides, 0 the command line. An organisation whose mandate is
// not known, whatever else it is held for, wants the word of an editor of a lead organisation, one of those that speaksFor
// names by id: that the domain it has shown is its own, or else that it signs, and then of a second lead's where two lead.
// released says whether this one was enough.
func (hs Holds) Release(ctx context.Context, id letter.ID, signature, by int64, speaksFor ...int64) (released bool, err error) {
	err = hs.signing.DB.Update(ctx, func(tx *store.Tx) error {
		released, err = hs.signing.release(tx, id, signature, by, speaksFor)
		return err
	})
	return released, err
}

func (s *Service) release(tx *store.Tx, id letter.ID, signature, by int64, speaksFor []int64) (released bool, err error) {
	x, err := lockSignature(tx, id, signature)
	if err != nil {
		return false, err
	}
	if by != 0 && x.State == StateHeld && x.Reason == HeldSameOrganisation {
		var others int
		if err := tx.Row(qCountSame, id, signature, roll.Counted).Scan(&others); err != nil {
			return false, err
		}
		if others == 0 { // List does not show it either
			return false, fault.New(fault.NotFound, "signature.unknown")
		}
	}
	o, err := s.openHeld(tx, x)
	if err != nil {
		return false, err
	}
	mandate, err := letter.AsksMandate(tx, id)
	if err != nil {
		return false, err
	}
	o.alone, o.unseen = mandate, roll.Counted
	basis := x.Basis
	if by != 0 && x.State == StateHeld && x.Kind == verify.Organisation && x.Basis == verify.ByEmail && (mandate || x.Reason == HeldMandate) {
		if x.Listing == roll.Counted {
			return false, fault.New(fault.Conflict, "voucher.nameless")
		}
		if basis, err = s.vouch(tx, x, o.particulars, by, speaksFor); err != nil || basis == "" {
			return false, err
		}
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: id, Act: "signature.released"}); err != nil {
		return false, err
	}
	return true, o.release(tx, x, basis)
}

// RemovalReasons are those for which a signature can be removed by hand; the public is told.
var RemovalReasons = []verify.Reason{verify.Duplicate, verify.Fraud, verify.Moderation}

// Remove takes a signature out for a reason of RemovalReasons. by is the user who decides, 0 the command line.
func (hs Holds) Remove(ctx context.Context, l letter.ID, id, by int64, reason verify.Reason) error {
	return hs.signing.DB.Update(ctx, func(tx *store.Tx) error { return remove(tx, l, id, by, reason) })
}

func remove(tx *store.Tx, l letter.ID, id, by int64, reason verify.Reason) error {
	if !slices.Contains(RemovalReasons, reason) {
		return fault.New(fault.Invalid, "signature.reason").On("reason")
	}
	x, err := lockSignature(tx, l, id)
	if err != nil {
		return err
	}
	if !x.active() {
		return fault.New(fault.Conflict, "signature.ended")
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "signature.removed", Object: string(reason)}); err != nil {
		return err
	}
	return takeOut(tx, x, StateRemoved, reason)
}

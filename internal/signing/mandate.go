package signing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// The bases of organisations whose mandate was looked at.
const (
	BasisDomain  Basis = "domain"  // confirmed from the organisation's own domain, or by a record in it
	BasisVoucher Basis = "voucher" // a lead organisation vouched for it, or two where two lead
)

// HeldTwin holds an organisation that counts already, signed for from another address.
const HeldTwin = "same_organisation"

// HeldMandate holds an organisation until somebody knows that who signed for it may.
const HeldMandate = "mandate"

// ownDomain returns the domain of an address where it can be an organisation's own, "" where strangers share it.
func (s *Service) ownDomain(a text.Address) string {
	if domain := a.Domain(); !account.SharedDomain(domain) && !disposable.hold(domain) && !s.Throwaway.hold(domain) {
		return domain
	}
	return ""
}

// within reports whether a domain is another or lies below it.
func within(domain, above string) bool {
	return domain == above || strings.HasSuffix(domain, "."+above)
}

// nameTag finds an organisation's signatures of a letter, whatever the spelling of its name.
func nameTag(key *seal.LetterKey, name string) []byte {
	return key.Tag("organisation " + account.NameKey(name))
}

func (s *Service) mandateTags(name, domain string) (nameTag, fromTag []byte) {
	return s.Keys.Tag("mandate name", account.NameKey(name)), s.Keys.Tag("mandate from", domain)
}

// mandated returns how it is known that an organisation signs from an address, "" if it is not: its entry in the directory has
// the domain, or as many of the letter's leads vouched for that domain before as have to now.
func (s *Service) mandated(ctx context.Context, l letter.ID, name string, a text.Address) (known Basis, err error) {
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(d.domains[account.NameKey(name)], func(known string) bool { return within(a.Domain(), known) }) {
		return BasisDomain, nil
	}
	domain := s.ownDomain(a)
	if domain == "" {
		return "", nil
	}
	of, from := s.mandateTags(name, domain)
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		known = ""
		by, err := store.List(tx, qFindMandates, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, of, from)
		if err != nil || len(by) == 0 {
			return err
		}
		leads, err := account.Vouching(tx, int64(l))
		vouched := 0
		for _, o := range leads {
			if slices.Contains(by, o.ID) {
				vouched++
			}
		}
		if vouched >= vouchersNeeded(leads) {
			known = BasisVoucher
		}
		return err
	})
	return known, err
}

// vouchersNeeded is how many of the lead organisations that can vouch have to: two where two can.
func vouchersNeeded(leads []account.Organisation) int { return min(max(len(leads), 1), 2) }

// entrance is what a held signature needs to join the count.
type entrance struct {
	p       particulars
	edition letter.Leaf
	alone   bool // its letter lets an organisation count once, whatever address signs for it
}

func (s *Service) entranceOf(ctx context.Context, o Own) (e entrance, err error) {
	if e.p, err = s.particularsOf(ctx, o); err != nil {
		return e, err
	}
	e.edition, err = s.Letters.Leaf(ctx, o.Letter, o.Edition)
	return e, err
}

// admit lets a held signature into the count. An organisation that counts already is not counted again, unless it was held for
// just that.
func (e entrance) admit(tx *store.Tx, o Own, basis Basis) error {
	if o.State != StateHeld {
		return fault.New(fault.Conflict, "signature.not_held")
	}
	if final, err := letter.IsFinal(tx, o.Letter); err != nil || final {
		return firstError(err, fault.New(fault.Gone, "letter.closed"))
	}
	if e.alone && o.Kind == Organisation && o.Reason != HeldTwin {
		var twins int
		if err := tx.Row(qCountTwins, o.Letter, o.ID).Scan(&twins); err != nil {
			return err
		}
		if twins > 0 {
			return fault.New(fault.Conflict, "voucher.twin")
		}
	}
	e.p.Listing = o.Listing // it may have changed since
	leaf, err := leafOf(e.edition, o.Kind, basis, e.p)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qAdmit, basis, o.Letter, o.ID); err != nil {
		return err
	}
	return wait(tx, o.Letter, signed{id: o.ID, leaf: leaf})
}

// Release lets a held signature into the count. by is the user who decides, 0 the command line. An organisation whose mandate is
// not known, whatever else it is held for, wants the word of an editor of a lead organisation, one of those that speaksFor
// names by id: that the domain it has shown is its own, or else that it signs, and then of a second lead's where two lead.
// released says whether this one was enough.
func (s *Service) Release(ctx context.Context, id letter.ID, signature, by int64, speaksFor ...int64) (released bool, err error) {
	o, err := s.find(ctx, id, signature)
	if err != nil {
		return false, err
	}
	e, err := s.entranceOf(ctx, o)
	if err != nil {
		return false, err
	}
	l, err := s.Letters.ByID(ctx, id)
	if err != nil {
		return false, err
	}
	e.alone = l.Mandate
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		o, err := lockSignature(tx, id, signature)
		if err != nil {
			return err
		}
		released = true
		basis := o.Basis
		if by != 0 && o.State == StateHeld && o.Kind == Organisation && o.Basis == BasisEmail && (l.Mandate || o.Reason == HeldMandate) {
			if o.Listing == Counted {
				return fault.New(fault.Conflict, "voucher.nameless")
			}
			if basis, err = s.vouch(tx, o, e.p, by, speaksFor); err != nil {
				return err
			}
			if released = basis != ""; !released {
				return nil
			}
		}
		if err := account.Record(tx, account.Entry{User: by, Letter: int64(id), Act: "signature.released"}); err != nil {
			return err
		}
		return e.admit(tx, o, basis)
	})
	return released, err
}

// vouch records the word of a lead organisation that has not given it, and returns the basis on which the signature then counts,
// "" while another word is needed. Nobody vouches twice, for however many organisations they speak.
func (s *Service) vouch(tx *store.Tx, o Own, p particulars, by int64, speaksFor []int64) (Basis, error) {
	given, err := store.List(tx, qListVouchers, scanVoucher, o.Letter, o.ID, o.ID)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(given, func(v voucher) bool { return v.user == by }) {
		return "", fault.New(fault.Conflict, "voucher.again")
	}
	leads, err := account.Vouching(tx, int64(o.Letter))
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(leads, func(lead account.Organisation) bool {
		return slices.Contains(speaksFor, lead.ID) && !slices.ContainsFunc(given, func(v voucher) bool { return v.lead == lead.ID })
	})
	if i < 0 {
		return "", fault.New(fault.Forbidden, "voucher.editor")
	}
	lead, now := leads[i], tx.Now().UnixMicro()
	if _, err := tx.Exec(qPutVoucher, o.Letter, o.ID, lead.ID, by, now); err != nil {
		return "", err
	}
	if err := account.Record(tx, account.Entry{User: by, Organisation: lead.ID, Letter: int64(o.Letter), Act: "signature.vouched", Object: lead.Slug}); err != nil {
		return "", err
	}
	given = append(given, voucher{o.ID, lead.ID, by})
	basis, domain := BasisVoucher, ""
	if p.Domain != "" {
		basis, domain = BasisDomain, p.Domain
	} else if len(given) < vouchersNeeded(leads) {
		return "", nil
	} else if a, f := text.ParseAddress(p.Email); f == nil {
		domain = s.ownDomain(a)
	}
	if domain == "" {
		return basis, nil
	}
	name, from := s.mandateTags(p.Organisation, domain)
	for _, v := range given {
		if _, err := tx.Exec(qPutMandate, name, from, v.lead, now); err != nil {
			return "", err
		}
	}
	return basis, nil
}

// Vouchers returns which lead organisations, by id, vouched for signatures with ids from first to last.
func (s *Service) Vouchers(ctx context.Context, l letter.ID, first, last int64) (leads map[int64][]int64, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		leads = map[int64][]int64{}
		for v, err := range store.Each(tx, qListVouchers, scanVoucher, l, first, last) {
			if err != nil {
				return err
			}
			leads[v.signature] = append(leads[v.signature], v.lead)
		}
		return nil
	})
	return leads, err
}

// MandateRecord returns the record by which whoever runs a domain says that the signature speaks for their organisation. The
// domain is as typed; "" stands for the domain of the signer's address.
func (s *Service) MandateRecord(ctx context.Context, o Own, domain string) (r account.DomainRecord, err error) {
	if domain == "" {
		a, f := text.ParseAddress(o.Email)
		if f != nil {
			return r, f
		}
		domain = a.Domain()
	}
	if domain, err = account.ParseDomain(domain); err != nil {
		return r, err
	}
	key, err := s.keyFor(ctx, o.Letter)
	if err != nil {
		return r, err
	}
	return account.NewDomainRecord(domain, key.Tag("mandate record "+domain+" "+account.NameKey(o.Organisation)+" "+o.Email)), nil
}

// Prove looks for the record of a signature that is held for its mandate. It lets the signature into the count when the domain is
// the one that the directory knows as the organisation's; any other is noted for whoever decides, since a record shows whose a
// domain is, not what its bearer is called.
func (s *Service) Prove(ctx context.Context, secret string, id int64, domain string) (counted bool, err error) {
	own, err := s.Find(ctx, secret)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(own, func(o Own) bool { return o.ID == id })
	if i < 0 || own[i].State != StateHeld || own[i].Reason != HeldMandate {
		return false, fault.New(fault.Conflict, "signature.not_held")
	}
	o := own[i]
	r, err := s.MandateRecord(ctx, o, domain)
	if err != nil {
		return false, err
	}
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return false, err
	}
	known := d.domains[account.NameKey(o.Organisation)]
	if counted = slices.ContainsFunc(known, func(k string) bool { return within(r.Domain, k) }); len(known) > 0 && !counted {
		return false, fault.New(fault.Conflict, "mandate.other_domain").On("domain")
	}
	if err := s.Lookup.Find(ctx, r); err != nil {
		return false, err
	}
	e, err := s.entranceOf(ctx, o)
	if err != nil {
		return false, err
	}
	key, err := s.keyFor(ctx, o.Letter)
	if err != nil {
		return false, err
	}
	e.p.Domain, e.alone = r.Domain, true
	text, err := json.Marshal(e.p)
	if err != nil {
		return false, fmt.Errorf("signing.Prove: %w", err)
	}
	sealed := signed{id: id, sealed: key.Seal("signature_sealed", id, text), name: nameTag(key, e.p.Organisation)}
	return counted, s.change(ctx, secret, id, func(tx *store.Tx, o Own) error {
		if o.State != StateHeld || o.Reason != HeldMandate {
			return fault.New(fault.Conflict, "signature.not_held")
		}
		if _, err := qPutSealed.put(tx, sealed.row(o.Letter)); err != nil || !counted {
			return err
		}
		return e.admit(tx, o, BasisDomain)
	})
}

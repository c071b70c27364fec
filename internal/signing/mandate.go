package signing

import (
	"context"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// The bases of organisations whose mandate was looked at.
const (
	BasisDomain  Basis = "domain"  // confirmed from the organisation's own domain, or by a record in it
	BasisVoucher Basis = "voucher" // a lead organisation vouched for it, or two where two lead
)

// HeldMandate holds an organisation until somebody knows that who signed for it may.
const HeldMandate = "mandate"

// domain returns the part behind the @, in ASCII.
func (a address) domain() string { return a.exact[strings.LastIndexByte(a.exact, '@')+1:] }

// speaker is what a mandate is remembered by: the domain, or the mailbox where the domain is shared by many.
func (a address) speaker() string {
	if domain := a.domain(); !account.SharedDomain(domain) {
		return domain
	}
	return a.mailbox
}

// within reports whether a domain is another or lies below it.
func within(domain, above string) bool {
	return domain == above || strings.HasSuffix(domain, "."+above)
}

// nameTag finds an organisation's signatures of a letter, whatever the spelling of its name.
func nameTag(key *seal.LetterKey, name string) []byte {
	return key.Tag("organisation " + account.NameKey(name))
}

func (s *Service) mandateTags(name, speaker string) (nameTag, fromTag []byte) {
	return s.Keys.Tag("mandate name", account.NameKey(name)), s.Keys.Tag("mandate from", speaker)
}

// mandated reports whether an organisation is known to sign from an address: its entry in the directory has the domain, a
// record of the domain said so, or as many of the letter's leads vouched for it before as have to now.
func (s *Service) mandated(ctx context.Context, l letter.ID, name string, a address) (known bool, err error) {
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(d.domains[account.NameKey(name)], func(known string) bool { return within(a.domain(), known) }) {
		return true, nil
	}
	of, from := s.mandateTags(name, a.speaker())
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		by, err := store.List(tx, qFindMandates, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, of, from)
		if known = slices.Contains(by, 0); err != nil || known || len(by) == 0 {
			return err
		}
		leads, err := account.Leads(tx, int64(l))
		vouched := 0
		for _, o := range leads {
			if slices.Contains(by, o.ID) {
				vouched++
			}
		}
		known = vouched >= vouchersNeeded(leads)
		return err
	})
	return known, err
}

// vouchersNeeded is how many lead organisations have to vouch: two where two lead.
func vouchersNeeded(leads []account.Organisation) int { return min(max(len(leads), 1), 2) }

// entrance is what a held signature needs to join the count.
type entrance struct {
	p       particulars
	edition letter.Leaf
}

func (s *Service) entranceOf(ctx context.Context, o Own) (e entrance, err error) {
	if e.p, err = s.particularsOf(ctx, o); err != nil {
		return e, err
	}
	e.edition, err = s.Letters.Leaf(ctx, o.Letter, o.Edition)
	return e, err
}

// admit lets a held signature into the count.
func (e entrance) admit(tx *store.Tx, o Own, basis Basis) error {
	if o.State != StateHeld {
		return fault.New(fault.Conflict, "signature.not_held")
	}
	if final, err := letter.IsFinal(tx, o.Letter); err != nil || final {
		return firstError(err, fault.New(fault.Gone, "letter.closed"))
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

// Release lets a held signature into the count. by is the user who decides, 0 the command line. An organisation that is
// held for its mandate wants the word of an editor of a lead organisation, one of those that speaksFor names by id, and of
// a second lead's where two lead: released says whether this one was enough.
func (s *Service) Release(ctx context.Context, id letter.ID, signature, by int64, speaksFor ...int64) (released bool, err error) {
	o, err := s.find(ctx, id, signature)
	if err != nil {
		return false, err
	}
	e, err := s.entranceOf(ctx, o)
	if err != nil {
		return false, err
	}
	err = s.edit(ctx, id, signature, func(tx *store.Tx, o Own) error {
		released = true
		basis := o.Basis
		if o.State == StateHeld && o.Reason == HeldMandate {
			basis = BasisVoucher
			if by != 0 {
				if o.Listing == Counted {
					return fault.New(fault.Conflict, "voucher.nameless")
				}
				if released, err = s.vouch(tx, o, e.p, by, speaksFor); err != nil || !released {
					return err
				}
			}
		}
		if err := account.Record(tx, account.Entry{User: by, Letter: int64(id), Act: "signature.released"}); err != nil {
			return err
		}
		return e.admit(tx, o, basis)
	})
	return released, err
}

// vouch records the word of a lead organisation that has not given it, and reports whether it was the last that is needed.
// Nobody vouches twice, for however many organisations they speak.
func (s *Service) vouch(tx *store.Tx, o Own, p particulars, by int64, speaksFor []int64) (enough bool, err error) {
	given, err := store.List(tx, qListVouchers, scanVoucher, o.Letter, o.ID, o.ID)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(given, func(v voucher) bool { return v.user == by }) {
		return false, fault.New(fault.Conflict, "voucher.again")
	}
	leads, err := account.Leads(tx, int64(o.Letter))
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(leads, func(lead account.Organisation) bool {
		return slices.Contains(speaksFor, lead.ID) && !slices.ContainsFunc(given, func(v voucher) bool { return v.lead == lead.ID })
	})
	if i < 0 {
		return false, fault.New(fault.Forbidden, "voucher.editor")
	}
	lead, now := leads[i], tx.Now().UnixMicro()
	if _, err := tx.Exec(qPutVoucher, o.Letter, o.ID, lead.ID, by, now); err != nil {
		return false, err
	}
	if err := account.Record(tx, account.Entry{User: by, Organisation: lead.ID, Letter: int64(o.Letter), Act: "signature.vouched", Object: lead.Slug}); err != nil {
		return false, err
	}
	given = append(given, voucher{o.ID, lead.ID, by})
	if len(given) < vouchersNeeded(leads) {
		return false, nil
	}
	a, f := parseAddress(p.Email)
	if f != nil {
		return false, f
	}
	name, from := s.mandateTags(p.Organisation, a.speaker())
	for _, v := range given {
		if _, err := tx.Exec(qPutMandate, name, from, v.lead, now); err != nil {
			return false, err
		}
	}
	return true, nil
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
		a, f := parseAddress(o.Email)
		if f != nil {
			return r, f
		}
		domain = a.domain()
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

// Prove looks for the record of a signature that is held for its mandate, and lets it into the count. An organisation whose
// entry in the directory has a domain can be proved by that one only.
func (s *Service) Prove(ctx context.Context, secret string, id int64, domain string) error {
	own, err := s.Find(ctx, secret)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(own, func(o Own) bool { return o.ID == id })
	if i < 0 || own[i].State != StateHeld || own[i].Reason != HeldMandate {
		return fault.New(fault.Conflict, "signature.not_held")
	}
	o := own[i]
	r, err := s.MandateRecord(ctx, o, domain)
	if err != nil {
		return err
	}
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return err
	}
	if known := d.domains[account.NameKey(o.Organisation)]; len(known) > 0 && !slices.ContainsFunc(known, func(k string) bool { return within(r.Domain, k) }) {
		return fault.New(fault.Conflict, "mandate.other_domain").On("domain")
	}
	if err := s.Lookup.Find(ctx, r); err != nil {
		return err
	}
	e, err := s.entranceOf(ctx, o)
	if err != nil {
		return err
	}
	a, f := parseAddress(o.Email)
	if f != nil {
		return f
	}
	return s.change(ctx, secret, id, func(tx *store.Tx, o Own) error {
		if o.Reason != HeldMandate {
			return fault.New(fault.Conflict, "signature.not_held")
		}
		name, from := s.mandateTags(e.p.Organisation, a.speaker())
		if _, err := tx.Exec(qPutMandate, name, from, 0, tx.Now().UnixMicro()); err != nil {
			return err
		}
		return e.admit(tx, o, BasisDomain)
	})
}

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
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// HeldSameOrganisation holds an organisation that counts already, signed for from another address.
const HeldSameOrganisation = "same_organisation"

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
func (s *Service) mandated(ctx context.Context, l letter.ID, name string, a text.Address) (known verify.Basis, err error) {
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(d.domains[account.NameKey(name)], func(known string) bool { return within(a.Domain(), known) }) {
		return verify.ByDomain, nil
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
		leads, err := account.Vouching(tx, l)
		vouched := 0
		for _, o := range leads {
			if slices.Contains(by, o.ID) {
				vouched++
			}
		}
		if vouched >= VouchersNeeded(leads) {
			known = verify.ByVoucher
		}
		return err
	})
	return known, err
}

// word is a lead organisation's for a signature that was not there yet.
type word struct {
	lead account.Organisation
	user int64
}

// vouchedBefore returns the words that were given for an organisation before it signed, each a user's for another lead, and the
// basis on which it then counts, "" while another word is needed. x has the tag of the address that signs.
func (s *Service) vouchedBefore(ctx context.Context, key *seal.LetterKey, x Signature, name string) (words []word, known verify.Basis, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		words, known = nil, ""
		users, err := s.Vouchers(tx, key, x.Letter, x.tag, name)
		if err != nil || len(users) == 0 {
			return err
		}
		leads, err := account.Vouching(tx, x.Letter)
		if err != nil {
			return err
		}
		for at, user := range users {
			speaksFor, err := account.SpeaksFor(tx, x.Letter, user)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(leads, func(lead account.Organisation) bool {
				return slices.Contains(speaksFor, lead.ID) && !slices.ContainsFunc(words, func(w word) bool { return w.lead.ID == lead.ID || w.user == user })
			})
			if i < 0 && at == 0 { // who invited speaks for no lead: others saw no such invitation among those they vouch for
				return nil
			}
			if i < 0 {
				continue
			}
			if words = append(words, word{leads[i], user}); len(words) == VouchersNeeded(leads) {
				known = verify.ByVoucher
				return nil
			}
		}
		return nil
	})
	return words, known, err
}

// writeWords notes the words that were given before signatures were there, as such given now.
func writeWords(tx *store.Tx, list ...signed) error {
	for _, x := range list {
		if x.Reason == HeldSameOrganisation { // the trail would tell whoever invited that another counts
			continue
		}
		for _, w := range x.words {
			if err := noteWord(tx, x.Signature, w, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func noteWord(tx *store.Tx, x Signature, w word, invited bool) error {
	if _, err := tx.Exec(qPutVoucher, x.Letter, x.ID, w.lead.ID, w.user, tx.Now().UnixMicro(), invited); err != nil {
		return err
	}
	return account.Record(tx, account.Entry{User: w.user, Organisation: w.lead.ID, Letter: x.Letter, Act: "signature.vouched", Object: w.lead.Slug})
}

// VouchersNeeded is how many of the lead organisations that can vouch have to: two where two can.
func VouchersNeeded(leads []account.Organisation) int { return min(max(len(leads), 1), 2) }

// vouch records the word of a lead organisation that has not given it, and returns the basis on which the signature then counts,
// "" while another word is needed. Nobody vouches twice, for however many organisations they speak.
func (s *Service) vouch(tx *store.Tx, x Signature, p particulars, by int64, speaksFor []int64) (verify.Basis, error) {
	given, err := store.List(tx, qListVouchers, scanVoucher, x.Letter, x.ID, x.ID)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(given, func(v voucher) bool { return v.user == by }) {
		return "", fault.New(fault.Conflict, "voucher.again")
	}
	leads, err := account.Vouching(tx, x.Letter)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(leads, func(lead account.Organisation) bool {
		return slices.Contains(speaksFor, lead.ID) && !slices.ContainsFunc(given, func(v voucher) bool { return v.lead == lead.ID })
	})
	if i < 0 {
		return "", fault.New(fault.Forbidden, "voucher.editor")
	}
	if err := noteWord(tx, x, word{leads[i], by}, false); err != nil {
		return "", err
	}
	given = append(given, voucher{x.ID, leads[i].ID, by, false})
	basis, domain := verify.ByVoucher, ""
	if p.Domain != "" {
		basis, domain = verify.ByDomain, p.Domain
	} else if len(given) < VouchersNeeded(leads) {
		return "", nil
	} else if a, f := text.ParseAddress(p.Email); f == nil {
		domain = s.ownDomain(a)
	}
	if domain == "" {
		return basis, nil
	}
	name, from := s.mandateTags(p.Organisation, domain)
	for _, v := range given {
		if v.invited { // at its address, whoever else signs from the domain
			continue
		}
		if _, err := tx.Exec(qPutMandate, name, from, v.lead, tx.Now().UnixMicro()); err != nil {
			return "", err
		}
	}
	return basis, nil
}

// MandateRecord returns the record by which whoever runs a domain says that the signature speaks for their organisation. The
// domain is as typed; "" stands for the domain of the signer's address.
func (rs Receipts) MandateRecord(ctx context.Context, o Own, domain string) (r account.DomainRecord, err error) {
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
	key, err := rs.signing.Letters.Key(ctx, o.Letter)
	if err != nil {
		return r, err
	}
	return account.NewDomainRecord(domain, key.Tag("mandate record "+domain+" "+account.NameKey(o.Organisation)+" "+o.Email)), nil
}

// Prove looks for the record of a signature that is held for its mandate. It lets the signature into the count when the domain is
// the one that the directory knows as the organisation's; any other is noted for whoever decides, since a record shows whose a
// domain is, not what its bearer is called.
func (rs Receipts) Prove(ctx context.Context, secret string, id int64, domain string) (counted bool, err error) {
	own, err := rs.Find(ctx, secret)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(own, func(o Own) bool { return o.ID == id })
	if i < 0 || own[i].State != StateHeld || own[i].Reason != HeldMandate {
		return false, fault.New(fault.Conflict, "signature.not_held")
	}
	o := own[i]
	r, err := rs.MandateRecord(ctx, o, domain)
	if err != nil {
		return false, err
	}
	d, err := rs.signing.loadDirectory(ctx)
	if err != nil {
		return false, err
	}
	known := d.domains[account.NameKey(o.Organisation)]
	if counted = slices.ContainsFunc(known, func(k string) bool { return within(r.Domain, k) }); len(known) > 0 && !counted {
		return false, fault.New(fault.Conflict, "mandate.other_domain").On("domain")
	}
	if err := rs.signing.Lookup.Find(ctx, r); err != nil {
		return false, err
	}
	var held opened
	err = rs.signing.DB.View(ctx, func(tx *store.Tx) error {
		held, err = rs.signing.openHeld(tx, o.Signature)
		return err
	})
	if err != nil {
		return false, err
	}
	key, err := rs.signing.Letters.Key(ctx, o.Letter)
	if err != nil {
		return false, err
	}
	held.Domain, held.alone = r.Domain, true
	sealed, err := held.seal(key, id)
	if err != nil {
		return false, err
	}
	row := sealedRow{o.Letter, id, sealed, nameTag(key, held.Organisation)}
	return counted, rs.change(ctx, secret, id, func(tx *store.Tx, x Signature) error {
		if x.State != StateHeld || x.Reason != HeldMandate {
			return fault.New(fault.Conflict, "signature.not_held")
		}
		if _, err := qPutSealed.Rows(tx, row.values()); err != nil || !counted {
			return err
		}
		return held.release(tx, x, verify.ByDomain)
	})
}

package signing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Informed is the consent of a signer that lead organisations write to them about their own work.
type Informed struct {
	Words string   `json:"words"` // that were ticked, in the language of the form
	By    []string `json:"by"`    // slugs of the organisations that the words name
	Day   string   `json:"day"`   // on which they were sent, UTC
}

// informedBy is the consent in words that name the lead organisations of a letter.
func informedBy(l letter.Letter, words string, now time.Time) *Informed {
	i := &Informed{Words: words, Day: now.UTC().Format(time.DateOnly)}
	for _, o := range l.Leads {
		i.By = append(i.By, o.Slug)
	}
	return i
}

func (i *Informed) words() string {
	if i == nil {
		return ""
	}
	return i.Words
}

// uninformed is what an Erasure says that took away such a consent.
const uninformed = "informed"

var (
	qSetSealed = store.Q("signature_sealed.set", `UPDATE signature_sealed SET sealed = $1 WHERE letter_id = $2 AND id = $3`)
	// The submission that a signature came from, and one by which its signer is asked again.
	qListSubmitted = store.Q("pending.list_of", `
		SELECT p.id, p.sealed FROM pending p JOIN signature s ON p.id IN (s.pending_id, s.asked_id)
		WHERE s.letter_id = $1 AND s.id = $2 ORDER BY p.id`)
	qListSealed = store.Q("signature_sealed.list", `
		SELECT `+signatureSelect+`, x.sealed FROM signature s JOIN signature_sealed x ON x.letter_id = s.letter_id AND x.id = s.id
		WHERE s.letter_id = $1 AND s.state = 'listed' AND s.id IN (`+places(2, stillAtOnce)+`)`)
)

// Uninform takes back that the lead organisations may write to the signer who has the secret. Lists that are made or fetched from then on
// are without them.
func (rs Receipts) Uninform(ctx context.Context, secret string) error {
	own, err := rs.Find(ctx, secret)
	if err != nil {
		return err
	}
	key, err := rs.signing.Letters.Key(ctx, own[0].Letter)
	if err != nil {
		return err
	}
	return rs.signing.DB.Update(ctx, func(tx *store.Tx) error {
		for _, o := range own {
			x, err := scanSignature(tx.Row(qFindOwn, o.Letter, o.ID, seal.Hash(NormaliseSecret(secret))))
			if errors.Is(err, store.ErrNoRow) {
				return fault.New(fault.Forbidden, "secret.wrong").On("secret") // signed again or erased meanwhile
			}
			if err == nil {
				err = uninform(tx, x, key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// uninform takes the consent out of what is sealed of a signature, its submissions included: the answer to a question that is asked
// again must not bring it back.
func uninform(tx *store.Tx, x Signature, key *seal.LetterKey) error {
	p, err := x.particularsIn(tx, key)
	if err != nil || p.Informed == nil {
		return err
	}
	if err := x.recordErased(tx, uninformed, 0); err != nil {
		return err
	}
	p.Informed = nil
	sealed, err := p.seal(key, x.ID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qSetSealed, sealed, x.Letter, x.ID); err != nil {
		return err
	}
	rows, err := store.List(tx, qListSubmitted, func(row store.Row) (p pending, err error) { return p, row.Scan(&p.id, &p.sealed) }, x.Letter, x.ID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		p, err := row.open(key)
		if err != nil {
			return err
		}
		p.Informed = nil
		if err := p.replace(tx, key, row.id); err != nil {
			return err
		}
	}
	return nil
}

// uninformAgain takes the consent away that a backup brought back, unless what it was sealed with is lost.
func (s *Service) uninformAgain(tx *store.Tx, x Signature, again *Again) error {
	key, err := s.Letters.KeyIn(tx, x.Letter)
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	p, err := x.particularsIn(tx, key)
	if errors.Is(err, seal.ErrOpen) {
		return nil
	}
	if err != nil || p.Informed == nil {
		return err
	}
	again.Hidden++
	return uninform(tx, x, key)
}

// Contact is what organisations are given of somebody to whom they may write, beside name and country.
type Contact struct {
	Organisation string `json:"organisation,omitempty"` // for which they signed
	Email        string `json:"email"`
	Language     string `json:"language"` // of the page by which they signed
	Informed
}

// ListInformed returns those who count and ticked that the lead organisations may write to them, in the order of the public list. Who
// signed as both stands there once, with the organisation.
func (s *Service) ListInformed(ctx context.Context, l letter.ID) (list []Seen, err error) {
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return nil, err
	}
	act := map[string]int{} // where who signed by an act stands in the list
	for after, more := int64(0), true; more; {
		page, err := s.counted(ctx, l, after)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if after = c.ID; c.sealed == nil {
				continue
			}
			p, err := c.open(key, c.sealed)
			if err != nil {
				return nil, err
			}
			if p.Informed == nil {
				continue
			}
			x := Seen{c.ID, c.Kind, c.Listing, c.Basis, verify.Record{Name: p.Name, Country: p.Country},
				&Contact{p.Organisation, p.Email, c.Language, *p.Informed}}
			of := hex.EncodeToString(c.secret)
			if i, twice := act[of]; !twice {
				act[of] = len(list)
				list = append(list, x)
			} else if c.Kind == verify.Organisation {
				list[i] = x
			}
		}
		more = len(page) == seenAtOnce
	}
	slices.SortFunc(list, func(a, b Seen) int {
		name := func(x Seen) []byte { return roll.SortKey(cmp.Or(x.Name, x.Contact.Organisation)) }
		return cmp.Or(bytes.Compare(name(a), name(b)), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// StillInformed returns which of the signatures count and still let the lead organisations write to their signers.
func StillInformed(tx *store.Tx, l letter.ID, key *seal.LetterKey, ids []int64) (map[int64]bool, error) {
	informed := map[int64]bool{}
	for slice := range slices.Chunk(ids, stillAtOnce) {
		for c, err := range store.Each(tx, qListSealed, scanCounted, someOf(l, slice)...) {
			if err != nil {
				return nil, err
			}
			p, err := c.open(key, c.sealed)
			if err != nil {
				return nil, err
			}
			informed[c.ID] = p.Informed != nil
		}
	}
	return informed, nil
}

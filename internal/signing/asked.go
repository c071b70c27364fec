package signing

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Asked is a submission that nobody has typed: a mail asks for it. No browser made it, so only a code that is mailed confirms it,
// and with that its owner may correct what it says.
type Asked struct {
	pending
	of []int64 // the signatures of an earlier text in whose place it asks for others; none of who has not signed
}

// newAsked makes the submission of who is asked to sign the current text of a letter, which they read in a language.
func (s *Service) newAsked(key *seal.LetterKey, l letter.Letter, language, read string, who signer, lasts time.Duration) (a Asked, err error) {
	address, f := text.ParseAddress(who.Email)
	if f != nil {
		return a, f
	}
	a.pending, err = s.newPending(key, Request{Letter: l, Edition: l.Edition.Number, Browser: newSecret(), Lang: language, Text: read},
		submission{signer: who, Asked: true}, address, lasts)
	return a, err
}

// ID returns the id of the submission, for the mail that asks.
func (a Asked) ID() int64 { return a.id }

// Insert stores the submission, in the place of an earlier question: one is enough, and only the last goes with the signature.
func (a Asked) Insert(tx *store.Tx) error {
	if err := a.insert(tx); err != nil || len(a.of) == 0 {
		return err
	}
	for _, of := range a.of {
		if _, err := tx.Exec(qRemoveAsked, a.letter, of); err != nil {
			return err
		}
	}
	_, err := tx.Exec(qSetAsked, a.id, a.letter, a.of[0], a.of[len(a.of)-1])
	return err
}

// Signer is a signature whose signer may be written to: of who signed as both, the organisation's.
type Signer struct {
	Signature
	Email string // "" for one that came with a list
	News  bool   // they asked for news of the letter
	Asked bool   // they answered a question: News is what the signature before said

	typed   signer
	person  *int64        // the signature that an organisation's signer gave as a person in the same act
	listing *roll.Listing // of that one
}

// Signers returns signatures of a letter whose signers may be written to, in the order of signing, after the id.
func (s *Service) Signers(ctx context.Context, l letter.ID, after int64, limit int) (list []Signer, err error) {
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListSigners, func(row store.Row) (x Signer, err error) {
			var sealed []byte
			if x.Signature, err = scanSignatureAnd(row, &sealed, &x.person, &x.listing); err != nil {
				return x, err
			}
			p, err := x.open(key, sealed)
			x.typed, x.Email, x.News, x.Asked = p.signer, p.Email, p.Updates, p.Asked
			return x, err
		}, l, after, limit)
		return err
	})
	return list, err
}

// Standing returns which of a letter's signatures, after one and up to another, stand, and keeps them from being ended or erased while the
// transaction lasts.
func Standing(tx *store.Tx, l letter.ID, after, last int64) (map[int64]bool, error) {
	ids, err := store.List(tx, qLockStanding, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, l, after, last)
	standing := make(map[int64]bool, len(ids))
	for _, id := range ids {
		standing[id] = true
	}
	return standing, err
}

// SeenBefore reports whether a signature took the place of one up to an id.
func SeenBefore(tx *store.Tx, l letter.ID, of, last int64) (seen bool, err error) {
	var n int
	err = tx.Row(qCountBefore, l, of, last).Scan(&n)
	return n > 0, err
}

// AskAgain makes the question whether a signer signs the current text of a letter too, which can be answered for so long.
func (s *Service) AskAgain(ctx context.Context, l letter.Letter, x Signer, lasts time.Duration) (a Asked, err error) {
	key, err := s.Letters.Key(ctx, l.ID)
	if err != nil {
		return a, err
	}
	who, person := x.typed, x.ID
	if x.person != nil {
		who.Kind, person = Both, *x.person
		if x.listing.Hides(who.Listing) { // one listing is asked for both: the one that shows less
			who.Listing = *x.listing
		}
	}
	a, err = s.newAsked(key, l, x.Language, x.Text, who, lasts)
	a.of = []int64{x.ID, person}
	return a, err
}

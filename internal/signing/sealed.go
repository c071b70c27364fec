package signing

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// signer is what somebody typed who signs, or what a list says of them. It is sealed in every row that holds it.
type signer struct {
	Shown
	Email   string `json:"email"`
	Updates bool   `json:"updates,omitempty"` // they asked for news of the letter

	Informed *Informed `json:"informed,omitempty"` // the lead organisations may write to them; nil unless they ticked that
}

// submission is what is sealed in a pending row: what was typed, and what is needed until it is confirmed and for a replay.
type submission struct {
	signer
	Secret     string      `json:"secret,omitempty"`     // the receipt secret
	Token      string      `json:"token,omitempty"`      // of the mail's link; "" once confirmed
	Fresh      string      `json:"fresh,omitempty"`      // the code mailed last
	PromiseBy  int64       `json:"by,omitempty"`         // Unix time until which the leaf is promised
	Promised   verify.Kind `json:"promised,omitempty"`   // the part of both that the promise is about, "" for all
	Asked      bool        `json:"asked,omitempty"`      // no browser made the submission: a mail asks for it
	Owner      bool        `json:"owner,omitempty"`      // it was started by the link of an earlier mail to the same mailbox
	Invitation int64       `json:"invitation,omitempty"` // the one whose link the form was sent by; 0 once confirmed
}

func (p submission) seal(key *seal.LetterKey, id int64) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("signing: seal a submission: %w", err)
	}
	return key.Seal("pending", id, text), nil
}

func (row pending) open(key *seal.LetterKey) (p submission, err error) {
	text, err := key.Open("pending", row.id, row.sealed)
	if err != nil {
		return p, fmt.Errorf("signing: pending %d: %w", row.id, err)
	}
	err = json.Unmarshal(text, &p)
	p.Kind = row.kind
	return p, err
}

// particulars are what is sealed in the row of a signature: who gave it, and what its leaf commits to beside.
type particulars struct {
	signer
	Domain string `json:"domain,omitempty"` // of an organisation: that a record showed to be its own
	Day    string `json:"day,omitempty"`
	Source string `json:"source,omitempty"` // of an import: hex SHA-256 of the file
	Line   int    `json:"line,omitempty"`
	Asked  bool   `json:"asked,omitempty"` // given in answer to a mail that asked, which says nothing of news
	Salts  *salts `json:"salts,omitempty"` // nil in what was sealed before the instance had a log, and where nothing is known any more
}

// salts open the two commitments of a sign leaf. They stand in the sealed row, and the record's beside a public name.
type salts struct {
	Record  []byte `json:"record"`
	Contact []byte `json:"contact"`
}

func (p particulars) contact(b verify.Basis) verify.Contact {
	c := verify.Contact{Address: p.Email, Basis: b, Day: p.Day, Line: p.Line}
	_, _ = hex.Decode(c.Source[:], []byte(p.Source)) // of an import; "" for others
	return c
}

func (p particulars) seal(key *seal.LetterKey, id int64) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("signing: seal a signature: %w", err)
	}
	return key.Seal("signature_sealed", id, text), nil
}

// unknown are the particulars of a signature once its sealed row, or the key, was destroyed.
func (s Signature) unknown() particulars {
	return particulars{signer: signer{Shown: Shown{Kind: s.Kind, Listing: s.Listing}}}
}

// open returns what the sealed row of the signature says. The listing is that of the row: it may have changed since.
func (s Signature) open(key *seal.LetterKey, sealed []byte) (p particulars, err error) {
	text, err := key.Open("signature_sealed", s.ID, sealed)
	if err != nil {
		return p, fmt.Errorf("signing: signature %d: %w", s.ID, err)
	}
	err = json.Unmarshal(text, &p)
	p.Kind, p.Listing = s.Kind, s.Listing
	return p, err
}

// particularsOf opens the sealed row of a signature; nothing but kind and listing is known once the row or its key was destroyed.
func (s *Service) particularsOf(ctx context.Context, x Signature) (particulars, error) {
	key, err := s.Letters.Key(ctx, x.Letter)
	if fault.Is(err, fault.Gone) {
		return x.unknown(), nil
	}
	if err != nil {
		return particulars{}, err
	}
	var p particulars
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		p, err = x.particularsIn(tx, key)
		return err
	})
	return p, err
}

func (x Signature) particularsIn(tx *store.Tx, key *seal.LetterKey) (particulars, error) {
	var sealed []byte
	err := tx.Row(qFindSealed, x.Letter, x.ID).Scan(&sealed)
	if errors.Is(err, store.ErrNoRow) {
		return x.unknown(), nil
	}
	if err != nil {
		return particulars{}, err
	}
	return x.open(key, sealed)
}

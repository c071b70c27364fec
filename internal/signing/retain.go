package signing

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Retain writes the close leaf of letters that have ended, and deletes what must not be kept longer: submissions past their end, and
// the sealed rows of letters whose data key was destroyed.
func (s *Service) Retain(ctx context.Context) error {
	if err := s.finish(ctx); err != nil {
		return err
	}
	var spent []letter.ID // also those whose purge an earlier run did not finish
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		spent, err = store.List(tx, qListUnpurged, func(row store.Row) (id letter.ID, err error) { return id, row.Scan(&id) })
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range spent {
		if _, err := s.DB.Repeat(ctx, qPurgeSealed, l); err != nil {
			return err
		}
	}
	if _, err := s.DB.Repeat(ctx, qRemoveExpired, s.DB.Now().UnixMicro()); err != nil {
		return err
	}
	_, err = s.DB.Repeat(ctx, qForgetDomains, store.IDAt(s.DB.Now().Add(-domainsFor)))
	return err
}

// Envelope is what a mail about a pending signature needs. It holds nothing that the signer typed but the address.
type Envelope struct {
	Letter      letter.ID
	Language    string // of the page the signer used; of an invitation that of the invited, "" for the letter's
	Address     string
	Token       string
	Code        string // the fresh code, for a code mail
	Unsubscribe string // token of the link that ends all invitations, for one of these
	News        bool   // of a signature that stands: its signer asked for news of the letter
	Listing     roll.Listing
	Informed    string // the words by which the lead organisations may write to the signer, "" unless they were ticked
	Edition     int    // of the text that is to be signed
	From        int    // the edition that was signed, of a question about a changed text
	Owner       bool   // the owner of the mailbox asks for it, by the link of an earlier mail
	Late        bool   // the submission is older than an hour: say when its mail was accepted
	Again       bool   // a mail to the address was refused before: say when one is accepted
}

// Envelope returns what a mail about a pending row needs, false when it must not be sent any more: the row is gone,
// expired, confirmed or disputed, or the address is blocked for this letter and its owner did not start this.
func (s *Service) Envelope(ctx context.Context, id int64) (e Envelope, send bool, err error) {
	row, err := s.findPending(ctx, id)
	if fault.Is(err, fault.Gone) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	key, err := s.Letters.Key(ctx, row.letter)
	if fault.Is(err, fault.Gone) || row.disputed != nil || row.confirmed != nil {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	p, err := row.open(key)
	if err != nil {
		return e, false, err
	}
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return e, false, f
	}
	blocked, err := s.Mailboxes.Of(key, row.letter, a).Blocked(ctx)
	if err != nil || blocked == mailbox.Disputed && !p.Owner || blocked != "" && p.Asked {
		return e, false, err
	}
	return Envelope{Letter: row.letter, Language: row.language, Address: p.Email, Token: p.Token, Code: p.Fresh, Listing: p.Listing, Edition: row.edition,
		Informed: p.Informed.words(), Owner: p.Owner, Late: s.late(row), Again: blocked == mailbox.Refused}, true, nil
}

// late reports whether more than an hour has passed since the hours to confirm began to run.
func (s *Service) late(row pending) bool {
	return s.DB.Now().Add(PendingFor).UnixMicro()-row.expires >= time.Hour.Microseconds()
}

// Accepted records that the relay took a confirmation mail: the hours to confirm a late one run only from then on, and an address that was
// refused is reached again. A mail for which the envelope says neither changes nothing, which spares the common case a write.
func (s *Service) Accepted(ctx context.Context, id int64, e Envelope) error {
	if e.Again {
		if err := s.reached(ctx, e); err != nil {
			return err
		}
	}
	row, err := s.findPending(ctx, id)
	if err != nil || !s.late(row) {
		return fault.Except(err, fault.Gone)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qExtendPending, tx.Now().Add(PendingFor).UnixMicro(), id)
		return err
	})
}

// reached ends the block of an address by a refusal.
func (s *Service) reached(ctx context.Context, e Envelope) error {
	key, err := s.Letters.Key(ctx, e.Letter)
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	a, f := text.ParseAddress(e.Address)
	if f != nil {
		return f
	}
	return s.Mailboxes.Of(key, e.Letter, a).Reached(ctx)
}

// Refused records that the address takes no mail (a permanent answer of its server), so that the letter sends it nothing of its own. Who
// types it again is sent a mail all the same.
func (s *Service) Refused(ctx context.Context, id int64) error {
	row, err := s.findPending(ctx, id)
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	key, err := s.Letters.Key(ctx, row.letter)
	if err != nil {
		return fault.Except(err, fault.Gone)
	}
	p, err := row.open(key)
	if err != nil {
		return err
	}
	a, f := text.ParseAddress(p.Email)
	if f != nil {
		return f
	}
	box := s.Mailboxes.Of(key, row.letter, a)
	return s.DB.Update(ctx, func(tx *store.Tx) error { return box.Block(tx, mailbox.Refused) })
}

package mailbox

import (
	"context"
	"crypto/subtle"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// boxTag names a mailbox to the whole instance, also after the letters that wrote to it are gone.
func (s *Service) boxTag(a text.Address) []byte { return s.Keys.Tag("unsubscribed", a.Mailbox) }

// UnsubscribeToken returns the token of the link by which a mailbox ends all mails that it did not ask for: its tag and a tag of
// that. It needs no row, so it works as long as the mail is kept.
func (s *Service) UnsubscribeToken(a text.Address) string {
	tag := s.boxTag(a)
	return seal.Base32.EncodeToString(append(tag, s.Keys.Tag("unsubscribe link", string(tag))...))
}

// CheckUnsubscribe returns a fault unless a link's token was made here. It changes nothing.
func (s *Service) CheckUnsubscribe(token string) error {
	_, err := s.tagOf(token)
	return err
}

func (s *Service) tagOf(token string) ([]byte, error) {
	b, err := seal.Base32.DecodeString(token)
	if err != nil || len(b) != 2*seal.TagSize ||
		subtle.ConstantTimeCompare(b[seal.TagSize:], s.Keys.Tag("unsubscribe link", string(b[:seal.TagSize]))) != 1 {
		return nil, fault.New(fault.Gone, "unsubscribe.unknown")
	}
	return b[:seal.TagSize], nil
}

// Unsubscribe ends the mails of every letter to the mailbox of a link that it did not ask for. Its signatures, and the mails it
// asks for itself, are as before.
func (s *Service) Unsubscribe(ctx context.Context, token string) error {
	tag, err := s.tagOf(token)
	if err != nil {
		return err
	}
	return s.unsubscribe(ctx, tag)
}

// UnsubscribeAddress is Unsubscribe for a mailbox whose owner has said so by a mail.
func (s *Service) UnsubscribeAddress(ctx context.Context, address string) error {
	a, f := text.ParseAddress(address)
	if f != nil {
		return f
	}
	return s.unsubscribe(ctx, s.boxTag(a))
}

func (s *Service) unsubscribe(ctx context.Context, tag []byte) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qUnsubscribe, tag)
		return err
	})
}

// MayInvite reports whether an address still takes mails that it did not ask for, and returns the token of the link that ends
// them.
func (s *Service) MayInvite(ctx context.Context, address string) (may bool, token string, err error) {
	a, f := text.ParseAddress(address)
	if f != nil {
		return false, "", nil
	}
	var n int
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qHasUnsubscribed, s.boxTag(a)).Scan(&n) })
	return err == nil && n == 0, s.UnsubscribeToken(a), err
}

package handout

import (
	"context"
	"slices"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// Informed is the list, with addresses, of those who ticked that the lead organisations may write to them. It is none of the audiences
// by which names are seen, so that whoever asks for the names of this one finds none.
const Informed roll.Audience = "informed"

// check returns a fault unless a list of a letter may be made for the audience.
func check(tx *store.Tx, l letter.ID, a roll.Audience) error {
	if a != Informed {
		return a.Check()
	}
	protected, err := letter.IsProtected(tx, l)
	if err == nil && protected {
		err = fault.New(fault.Conflict, "export.protected").On("audience")
	}
	return err
}

// checkFetch returns a fault unless a list may leave in a format: addresses stand in no document, and in none of a letter whose signers
// have come to be in danger since the list was made.
func (e Handout) checkFetch(tx *store.Tx, format string) error {
	if e.Audience != Informed {
		return nil
	}
	if format != "csv" && format != "xlsx" {
		return fault.New(fault.Invalid, "export.audience").On("audience")
	}
	return check(tx, e.Letter, e.Audience)
}

// listed returns who stands in a list that is made now.
func (s *Service) listed(ctx context.Context, e Handout) ([]signing.Seen, error) {
	if e.Audience == Informed {
		return s.Signing.ListInformed(ctx, e.Letter)
	}
	return s.Signing.ListSeenBy(ctx, e.Letter, e.Audience)
}

// still returns which signatures of a list may still stand in it.
func (e Handout) still(tx *store.Tx, key *seal.LetterKey, ids []int64) (map[int64]bool, error) {
	if e.Audience == Informed {
		return signing.StillInformed(tx, e.Letter, key, ids)
	}
	return signing.StillSeen(tx, e.Letter, e.Audience, ids)
}

// mayWrite reports whether somebody with these roles, by the slug of the organisation, is given a line: that is for the organisations
// which the words name that its signer ticked, and not for one that came to lead the letter later.
func (x Line) mayWrite(roles map[string]account.Role) bool {
	return x.Contact == nil || slices.ContainsFunc(x.Contact.By, func(slug string) bool { return roles[slug].May(account.Editor) })
}

package invitation

import (
	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// InvitedAlone is how many a letter's members together may invite within a month without a second one.
const InvitedAlone = 500

// Inviting asks that so many may be invited. It names nobody: what a second member allows is a number, and the list comes again.
type Inviting struct {
	Count int   `json:"count"`
	By    int64 `json:"by"` // the user who asks
}

// Act names the act.
func (Inviting) Act() string { return "invite" }

// RegisterActs tells that many invitations want two members.
func (s *Service) RegisterActs(accounts *account.Service) {
	account.Register(accounts, account.Act[Inviting]{Ask: account.Editor, Decide: account.Editor,
		Alone: func(i Inviting) account.Share { return account.Share{Takes: i.Count, Of: InvitedAlone} },
		Count: func(i Inviting) int { return i.Count },
		Again: func(i, waiting Inviting) *fault.Error {
			if i.By != waiting.By {
				return nil
			}
			return fault.New(fault.Conflict, "invitation.asked")
		},
		Do: func(tx *store.Tx, l letter.ID, i Inviting, by int64) error {
			if by == i.By { // nobody else was asked: who asked invites
				return nil
			}
			return account.Allow(tx, l, i, i.Count)
		}})
}

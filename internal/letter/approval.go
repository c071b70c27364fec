package letter

import (
	"maps"
	"slices"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// NewEdition asks for the publication of the edition that was begun, as it was when somebody asked: signatures are about to
// stand under another text, so a second member approves the very bytes, and then the organisations that lead the letter do.
type NewEdition struct {
	SHA256  map[string]string `json:"sha256"` // by language
	Follows Follows           `json:"follows"`
	By      int64             `json:"by"`                // the user who asks
	Several bool              `json:"several,omitempty"` // others have changed the texts with them, so they approve nothing by asking
}

// Act names the act.
func (NewEdition) Act() string { return "edition" }

// NewEditionOf asks for the publication of an edition with the texts that it has now.
func NewEditionOf(e Edition, follows Follows, by int64) NewEdition {
	sums := map[string]string{}
	for code, t := range e.Texts {
		sums[code] = t.SHA256
	}
	return NewEdition{SHA256: sums, Follows: follows, By: by}
}

// RegisterActs tells which acts on a letter this package carries out.
func (s *Service) RegisterActs(accounts *account.Service) {
	s.approvals = accounts.Approvals
	account.Register(accounts, account.Act[NewEdition]{Ask: account.Editor, Decide: account.Editor,
		Check: func(tx *store.Tx, id ID, e NewEdition) error {
			if err := e.check(tx, id); err != nil {
				return err
			}
			return hold(tx, id) // it is not published by itself while a second member is asked about another
		},
		Do: s.do,
		Again: func(e, waiting NewEdition) *fault.Error {
			if maps.Equal(e.SHA256, waiting.SHA256) && e.Follows == waiting.Follows {
				return fault.New(fault.Conflict, "edition.asked")
			}
			return nil
		},
		Replaces: true, // what was asked for before is no more what is to be published
		Done:     s.recent.Clear})
}

// do puts the edition before the lead organisations, once no other member has to be asked.
func (s *Service) do(tx *store.Tx, id ID, e NewEdition, by int64) error {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	if err != nil {
		return err
	}
	if l, err = lock(tx, l.Slug); err != nil { // before it is looked at: another publication may be under way
		return err
	}
	if err := e.check(tx, id); err != nil {
		return err
	}
	return s.propose(tx, l, e, by)
}

func (e NewEdition) check(tx *store.Tx, id ID) error {
	if !slices.Contains([]Follows{FollowsCosmetic, FollowsTranslation, FollowsSubstantive}, e.Follows) {
		return fault.New(fault.Invalid, "edition.follows").On("follows")
	}
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	if err != nil {
		return err
	}
	if l.State == Draft { // a draft is opened, by its checklist
		return fault.New(fault.Conflict, "edition.nothing_new")
	}
	next, err := findEdition(tx, l.ID, l.Edition.Number+1)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Conflict, "edition.nothing_new")
	}
	if err != nil {
		return err
	}
	return publishable(tx, l, next, Publication{Follows: e.Follows, Sums: e.SHA256})
}

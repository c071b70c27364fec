package signing

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// What the members of a letter's leads may do with its signatures within a month without a second one.
const (
	removedAlone  = 3
	releasedAlone = 20
)

// pageOf is where signatures can be looked at that an act is about.
func pageOf(ids []int64) string {
	q := url.Values{}
	for _, id := range ids {
		q.Add("id", strconv.FormatInt(id, 36))
	}
	return "/signatures?" + q.Encode()
}

// checkMany refuses an act that is about too many at once.
func checkMany(ids []int64) error {
	if len(ids) > heldAtOnce {
		return fault.New(fault.TooLarge, "limit", "Limit", heldAtOnce).On("id")
	}
	return nil
}

// Removal asks for the end of signatures, by id, for a reason that is shown to the public.
type Removal struct {
	IDs    []int64       `json:"ids"`
	Reason verify.Reason `json:"reason"`
}

// Act names the act.
func (Removal) Act() string { return "remove" }

// Releasing asks that held signatures, by id, count.
type Releasing struct {
	IDs []int64 `json:"ids"`
	By  int64   `json:"by"` // the user who asks: where the word of a lead organisation is wanted, theirs is one
}

// Act names the act.
func (Releasing) Act() string { return "release" }

// RegisterActs tells which acts on a letter this package carries out. Several signatures are removed by two members, and so is one
// after others, or many are released.
func (s *Service) RegisterActs(accounts *account.Service) {
	account.Register(accounts, account.Act[Removal]{Ask: account.Reviewer, Decide: account.Editor,
		Alone: func(r Removal) account.Share {
			if len(r.IDs) > 1 {
				return account.Share{Takes: removedAlone + 1, Of: removedAlone}
			}
			return account.Share{Takes: len(r.IDs), Of: removedAlone}
		},
		Check:  func(_ *store.Tx, _ letter.ID, r Removal) error { return checkMany(r.IDs) },
		Count:  func(r Removal) int { return len(r.IDs) },
		Page:   func(r Removal) string { return pageOf(r.IDs) },
		Detail: func(r Removal) string { return "counts.ended." + string(r.Reason) },
		Do: func(tx *store.Tx, l letter.ID, r Removal, by int64) error {
			for _, id := range r.IDs {
				if err := remove(tx, l, id, by, r.Reason); err != nil && !fault.Is(err, fault.Conflict) { // ended meanwhile
					return err
				}
			}
			return nil
		}})
	account.Register(accounts, account.Act[Releasing]{Ask: account.Reviewer, Decide: account.Editor,
		Alone: func(r Releasing) account.Share { return account.Share{Takes: len(r.IDs), Of: releasedAlone} },
		Check: func(_ *store.Tx, _ letter.ID, r Releasing) error { return checkMany(r.IDs) },
		Count: func(r Releasing) int { return len(r.IDs) },
		Page:  func(r Releasing) string { return pageOf(r.IDs) },
		Do: func(tx *store.Tx, l letter.ID, r Releasing, by int64) error {
			for _, id := range r.IDs {
				if err := s.releaseBy(tx, l, id, slices.Compact([]int64{r.By, by})); err != nil {
					return err
				}
			}
			return nil
		}})
}

// releaseBy releases a held signature at the word of users, in this order: who asked, and who approved it.
func (s *Service) releaseBy(tx *store.Tx, l letter.ID, id int64, users []int64) (err error) {
	given := false // a word that was wanted, though not the last
	for i, by := range users {
		leads, failed := account.SpeaksFor(tx, l, by)
		if failed != nil {
			return failed
		}
		released, failed := s.release(tx, l, id, by, leads)
		switch {
		case len(users) > 1 && slices.ContainsFunc(fault.All(failed), func(f *fault.Error) bool { return f.Key == "signature.not_held" }):
			return nil // it was withdrawn, or released, while it waited
		case released && failed == nil:
			return nil
		case fault.Is(failed, fault.Forbidden) || fault.Is(failed, fault.Conflict) && i+1 < len(users): // it is the other's word that is wanted
			err = failed
		case failed != nil:
			return failed
		default:
			given = true
		}
	}
	if given {
		return nil
	}
	return err
}

package invitation

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// Vouchers returns the users who gave their word beforehand that an organisation may sign from an address: who invited it there
// under that name, spelling aside, and those who vouched for the invited since. Tag is that of the address.
func (s *Service) Vouchers(tx *store.Tx, key *seal.LetterKey, l letter.ID, tag []byte, organisation string) (users []int64, err error) {
	v, err := scan(tx.Row(qFindByTag, l, tag))
	if errors.Is(err, store.ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	g, err := v.open(key)
	if err != nil || g.Organisation == "" || account.NameKey(g.Organisation) != account.NameKey(organisation) {
		return nil, err
	}
	others, err := store.List(tx, qListVouchers, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, l, v.id)
	return append([]int64{v.by}, others...), err
}

// ToVouch returns how many invitations of other leads' members wait for the word of a member; 0 where one word is enough, or theirs
// is none.
func (s *Service) ToVouch(ctx context.Context, l letter.ID, by int64) (n int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		n, err = toVouch(tx, l, by)
		return err
	})
	return n, err
}

func toVouch(tx *store.Tx, l letter.ID, by int64) (n int, err error) {
	mandate, err := letter.AsksMandate(tx, l)
	if err != nil || !mandate {
		return 0, err
	}
	leads, err := account.Vouching(tx, l)
	if err != nil || signing.VouchersNeeded(leads) < 2 {
		return 0, err
	}
	mine, err := account.SpeaksFor(tx, l, by)
	if err != nil {
		return 0, err
	}
	type inviter struct {
		user int64
		n    int
	}
	inviters, err := store.List(tx, qListInviters, func(row store.Row) (i inviter, err error) { return i, row.Scan(&i.user, &i.n) }, l, by)
	if err != nil {
		return 0, err
	}
	for _, i := range inviters {
		theirs, err := account.SpeaksFor(tx, l, i.user)
		if err != nil {
			return 0, err
		}
		mayAdd := func(lead int64) bool { return len(theirs) > 0 && lead != theirs[0] }
		if slices.ContainsFunc(mine, mayAdd) {
			n += i.n
		}
	}
	return n, nil
}

// Vouch gives the word of a member's lead organisation for those whom other leads have invited so far: an organisation among them
// that signs from the invited address then has two. seen is how many they were shown: others are a Conflict.
func (s *Service) Vouch(ctx context.Context, l letter.ID, seen int, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := toVouch(tx, l, by)
		if err != nil {
			return err
		}
		if n == 0 || n != seen {
			return fault.New(fault.Conflict, "invitation.vouched")
		}
		if _, err := tx.Exec(qPutVoucher, l, by, tx.Now().UnixMicro()); err != nil {
			return err
		}
		lead, err := leadOf(tx, l, by)
		if err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Organisation: lead, Letter: l, Act: "invitation.vouched", Object: strconv.Itoa(n)})
	})
}

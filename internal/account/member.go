package account

import (
	"context"
	"slices"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Members returns who may act for an organisation, in the order in which they joined.
func (directory Organisations) Members(ctx context.Context, organisation int64) (list []Member, err error) {
	err = directory.accounts.DB.View(ctx, func(tx *store.Tx) error {
		if list, err = store.List(tx, qListMembers, scanMember, organisation); err != nil {
			return err
		}
		for i, m := range list {
			if list[i].User, err = directory.accounts.scanUser(tx.Row(qFindUser, m.User.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Editors returns those who may write for the lead organisations of a letter, each once.
func (directory Organisations) Editors(ctx context.Context, letter store.LetterID) (users []User, err error) {
	err = directory.accounts.DB.View(ctx, func(tx *store.Tx) error {
		ids, err := store.List(tx, qListEditors, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, letter)
		if err != nil {
			return err
		}
		users = nil
		for _, id := range ids {
			u, err := directory.accounts.scanUser(tx.Row(qFindUser, id))
			if err != nil {
				return err
			}
			users = append(users, u)
		}
		return nil
	})
	return users, err
}

func memberships(tx *store.Tx, u User) ([]Member, error) {
	return store.List(tx, qListMemberships, func(row store.Row) (Member, error) {
		m := Member{User: u}
		var err error
		m.Organisation, err = scanOrganisation(with{row, &m.Role})
		return m, err
	}, u.ID)
}

// RolesOf returns the roles of a user, by the slug of the organisation.
func RolesOf(tx *store.Tx, user int64) (map[string]Role, error) {
	of := map[string]Role{}
	list, err := memberships(tx, User{ID: user})
	for _, m := range list {
		of[m.Organisation.Slug] = m.Role
	}
	return of, err
}

func scanMember(row store.Row) (m Member, err error) { return m, row.Scan(&m.User.ID, &m.Role) }

func putMember(tx *store.Tx, organisation, user int64, role Role, by int64, act string) error {
	if _, err := tx.Exec(qPutMember, organisation, user, role, tx.Now().UnixMicro()); err != nil {
		return err
	}
	return Record(tx, Entry{User: by, Organisation: organisation, Act: act, Object: string(role)})
}

// SetRole gives a member another role, or takes the last one away when that is Nobody. An organisation keeps one owner.
func (directory Organisations) SetRole(ctx context.Context, organisation, user int64, role Role, by int64) error {
	if role != Nobody && !slices.Contains(Roles, role) {
		return fault.List{fault.New(fault.Invalid, "role").On("role")}
	}
	return directory.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		members, err := store.List(tx, qLockMembers, scanMember, organisation)
		if err != nil {
			return err
		}
		owners, there := 0, false
		for _, m := range members {
			there = there || m.User.ID == user
			if m.Role == Owner && m.User.ID != user {
				owners++
			}
		}
		switch {
		case !there:
			return fault.New(fault.NotFound, "member.unknown")
		case owners == 0 && role != Owner:
			return fault.New(fault.Conflict, "member.last_owner")
		case role != Nobody:
			return putMember(tx, organisation, user, role, by, "member.role")
		}
		if _, err := tx.Exec(qRemoveMember, organisation, user); err != nil {
			return err
		}
		return Record(tx, Entry{User: by, Organisation: organisation, Act: "member.removed"})
	})
}

// Found makes an organisation and its first owner, who is signed in. Only operators may.
func (directory Organisations) Found(ctx context.Context, x *Session, o Organisation) error {
	if !x.User.Operator {
		return fault.New(fault.Forbidden, "role")
	}
	if err := directory.Distinct(ctx, o); err != nil {
		return err
	}
	return directory.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := Find(tx, o.Slug); err == nil {
			return fault.List{fault.New(fault.Conflict, "organisation.taken").On("name")}
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := Put(tx, o); err != nil {
			return err
		}
		made, err := Find(tx, o.Slug)
		if err != nil {
			return err
		}
		return putMember(tx, made.ID, x.User.ID, Owner, x.User.ID, "organisation.founded")
	})
}

package letter

import (
	"context"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/store"
)

// Directory is the directory of organisations as letters show it.
type Directory struct{ db *store.DB }

// Find returns the directory entry with the slug, or a fault of kind NotFound.
func (d Directory) Find(ctx context.Context, slug string) (o account.Organisation, err error) {
	err = d.db.View(ctx, func(tx *store.Tx) error {
		o, err = account.Find(tx, slug)
		return err
	})
	return o, err
}

// List returns the whole directory by slug.
func (d Directory) List(ctx context.Context) (list []account.Organisation, err error) {
	err = d.db.View(ctx, func(tx *store.Tx) error {
		list, err = account.List(tx)
		return err
	})
	return list, err
}

// Put writes a directory entry and touches the letters it leads.
func (d Directory) Put(ctx context.Context, o account.Organisation) error {
	return d.db.Update(ctx, func(tx *store.Tx) error {
		if err := account.Put(tx, o); err != nil {
			return err
		}
		stored, err := account.Find(tx, o.Slug)
		if err != nil {
			return err
		}
		_, err = tx.Exec(qTouchLedBy, stored.ID)
		return err
	})
}

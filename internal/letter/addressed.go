package letter

import (
	"context"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qListUnaddressed = store.Q("letter_addressed.missing", `
		SELECT id FROM letter WHERE edition > 0 AND id NOT IN (SELECT letter_id FROM letter_addressed) ORDER BY id`)
	qClearAddressed = store.Q("letter_addressed.clear", `DELETE FROM letter_addressed WHERE letter_id = $1`)
	qAddAddressed   = store.Q("letter_addressed.add", `
		INSERT INTO letter_addressed (letter_id, slug) VALUES ($1, $2) ON CONFLICT (slug, letter_id) DO NOTHING`)
)

// Slug is that of an addressee's page, where nobody has chosen another.
func (a Addressee) Slug() string { return i18n.Slug(a.Called(), "addressee") }

// putAddressed notes whom the current text of a letter addresses, so that their pages find it without reading texts.
func putAddressed(tx *store.Tx, id ID, e Edition) error {
	if _, err := tx.Exec(qClearAddressed, id); err != nil {
		return err
	}
	for _, a := range e.Text(e.Language).Addressees {
		if _, err := tx.Exec(qAddAddressed, id, a.Slug()); err != nil {
			return err
		}
	}
	return nil
}

// AdoptAddressees notes whom letters address that were published before this was noted. It is safe to run again, and in several
// processes: a letter that addresses nobody is read each time, and nothing comes of it.
func (s *Service) AdoptAddressees(ctx context.Context) error {
	var missing []ID
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		missing, err = store.List(tx, qListUnaddressed, func(row store.Row) (id ID, err error) { return id, row.Scan(&id) })
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range missing {
		if err := s.DB.Update(ctx, func(tx *store.Tx) error {
			l, err := FindIn(tx, id)
			if err != nil {
				return err
			}
			return putAddressed(tx, id, l.Edition)
		}); err != nil {
			return err
		}
	}
	return nil
}

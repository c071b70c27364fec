package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	// What was handed over and is still kept, by the letters that it is of.
	qListPacks = store.Q("delivery_file.list_packs", `
		SELECT d.id, d.letter_id, d.state, d.created_at FROM delivery d WHERE EXISTS (
			SELECT 1 FROM delivery_file f WHERE f.letter_id = d.letter_id AND f.delivery_id = d.id AND f.role = 'pack' AND length(f.content) > 0)`)
	qEmptyPacks = store.Q("delivery_file.empty", `
		UPDATE delivery_file SET content = $1 WHERE letter_id = $2 AND delivery_id = $3 AND role = 'pack'`)
	qSetMade = store.Q("delivery.set_made", `UPDATE delivery SET created_at = $1 WHERE id = $2`)
	qSetPack = store.Q("delivery_file.set_pack", `
		UPDATE delivery_file SET copy = $1, commitment = $2, content = $3 WHERE letter_id = $4 AND delivery_id = $5 AND number = $6`)
)

// skew is how far the clocks of servers on one database may be apart, and how long an erasure may take to be committed.
const skew = time.Minute

// pack is a delivery whose files are kept.
type pack struct {
	id     int64
	letter letter.ID
	state  State
	made   time.Time
}

func scanPack(row store.Row) (p pack, err error) {
	var at int64
	err = row.Scan(&p.id, &p.letter, &p.state, &at)
	p.made = time.UnixMicro(at).UTC()
	return p, err
}

// Forget destroys what was handed over where a name that may stand in it was taken away since: the commitment stays, with which whoever
// still has the file can show that it is the one. An email that has not gone yet gets its letter anew.
func (s *Service) Forget(ctx context.Context) error {
	var packs []pack
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		packs, err = store.List(tx, qListPacks, scanPack)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range packs {
		taken, err := s.Signing.Erasures.Since(ctx, p.letter, p.made.Add(-skew))
		if err == nil && taken {
			if p.state == Waiting {
				err = s.renew(ctx, p)
			} else {
				err = s.DB.Update(ctx, func(tx *store.Tx) error {
					_, err := tx.Exec(qEmptyPacks, []byte{}, p.letter, p.id)
					return err
				})
			}
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// renew makes the letter of an email that waits anew, without the name. What an editor has added to it goes as it is.
func (s *Service) renew(ctx context.Context, p pack) error {
	l, err := s.Letters.FindByID(ctx, p.letter)
	if err != nil {
		return err
	}
	var d Delivery
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		d, err = s.find(tx, l, p.id)
		return err
	})
	if err != nil {
		return err
	}
	made, err := s.pack(ctx, l, d.Addressee)
	if err != nil {
		return err
	}
	made.commit()
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, f := range d.Files {
			if !f.made {
				continue
			}
			sealed, err := s.seal(tx, d, f.number, made)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(qSetPack, made.Copy, made.Commitment, sealed, p.letter, p.id, f.number); err != nil {
				return err
			}
		}
		_, err := tx.Exec(qSetMade, tx.Now().UnixMicro(), p.id)
		return err
	})
}

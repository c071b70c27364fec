package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	// What was handed over and is still kept.
	qListPacks = store.Q("delivery_file.list_packs", `
		SELECT f.delivery_id, f.letter_id, f.number, f.made, f.made_at, d.state FROM delivery_file f JOIN delivery d ON d.id = f.delivery_id
		WHERE f.role = 'pack' AND length(f.content) > 0`)
	qEmptyFile = store.Q("delivery_file.empty", `UPDATE delivery_file SET content = $1 WHERE letter_id = $2 AND delivery_id = $3 AND number = $4`)
)

// pack is a file that was handed over, or is about to be.
type pack struct {
	delivery int64
	letter   letter.ID
	number   int
	made     bool
	at       time.Time
	state    State
}

func scanPack(row store.Row) (p pack, err error) {
	var at int64
	err = row.Scan(&p.delivery, &p.letter, &p.number, &p.made, &at, &p.state)
	p.at = time.UnixMicro(at).UTC()
	return p, err
}

// Forget destroys what was handed over where a name that may stand in it was taken away since: the commitment stays, with which whoever
// still has the file can show that it is the one. The letter of an email that has not gone yet is made anew; a file that an editor added to
// one goes with it as it is, and is destroyed then.
func (s *Service) Forget(ctx context.Context) error {
	var packs []pack
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		packs, err = store.List(tx, qListPacks, scanPack)
		return err
	})
	failed := []error{err}
	for _, p := range packs {
		taken, err := s.Signing.Erasures.Since(ctx, p.letter, p.at)
		switch {
		case err != nil || !taken || p.state == Waiting && !p.made:
		case p.state == Waiting:
			err = s.renew(ctx, p)
		default:
			err = s.DB.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(qEmptyFile, []byte{}, p.letter, p.delivery, p.number)
				return err
			})
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// renew makes the letter of an email that waits anew, without the name.
func (s *Service) renew(ctx context.Context, p pack) error {
	l, err := s.Letters.FindByID(ctx, p.letter)
	if err != nil {
		return err
	}
	var d Delivery
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		d, err = s.find(tx, l, p.delivery)
		return err
	})
	if err != nil {
		return err
	}
	made, err := s.pack(ctx, l, d.Addressee, d.by)
	if err != nil {
		return err
	}
	made.commit()
	return s.DB.Update(ctx, func(tx *store.Tx) error { return s.setFile(tx, d, p.number, made) })
}

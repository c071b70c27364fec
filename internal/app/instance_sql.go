package app

import (
	"context"
	"fmt"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qSetOnce      = store.Q("instance.set_once", `INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`)
	qFindInstance = store.Q("instance.find", `SELECT value FROM instance WHERE key = $1`)
)

// openKeys opens the instance's keys and compares their fingerprint with the one that the database was made with.
func openKeys(ctx context.Context, db *store.DB, data string) (*seal.Keys, error) {
	keys, err := seal.OpenKeys(data)
	if err != nil {
		return nil, err
	}
	var known []byte
	read := func(tx *store.Tx) error { return tx.Row(qFindInstance, "instance_key").Scan(&known) }
	if db.View(ctx, read) != nil {
		err := db.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(qSetOnce, "instance_key", []byte(keys.Fingerprint())); err != nil {
				return err
			}
			return read(tx)
		})
		if err != nil {
			return nil, err
		}
	}
	if string(known) != keys.Fingerprint() {
		return nil, fmt.Errorf("the keys in %s/keys are not those of this database; put back the key files it was made with, every process needs the same", data)
	}
	return keys, nil
}

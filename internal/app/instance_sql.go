package app

import (
	"context"
	"errors"

	"github.com/undersigned/undersigned/internal/store"
)

var (
	qSetOnce        = store.Q("instance.set_once", `INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`)
	qFindInstance   = store.Q("instance.find", `SELECT value FROM instance WHERE key = $1`)
	qPutInstance    = store.Q("instance.put", `INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
	qRemoveInstance = store.Q("instance.remove", `DELETE FROM instance WHERE key = $1`)
	qCountAll       = store.Q("instance.count", `SELECT (SELECT COUNT(*) FROM letter), (SELECT COUNT(*) FROM signature)`)
	qNewest         = store.Q("instance.newest_signature", `SELECT MAX(created_at) FROM signature`)
)

func errKeys(data string) error {
	return &refusal{"the keys in " + data + "/keys are not those of this database", "put back the key files it was made with, every process needs the same"}
}

// fact returns what the database says of the instance, "" when it says nothing.
func fact(ctx context.Context, db *store.DB, key string) (string, error) {
	var value []byte
	err := db.Look(ctx, func(tx *store.Tx) error { return tx.Row(qFindInstance, key).Scan(&value) })
	if errors.Is(err, store.ErrNoRow) {
		err = nil
	}
	return string(value), err
}

// once returns a fact about the instance; the first who asks for it says what it is.
func once(ctx context.Context, db *store.DB, key, value string) (string, error) {
	var known []byte
	read := func(tx *store.Tx) error { return tx.Row(qFindInstance, key).Scan(&known) }
	if db.View(ctx, read) == nil {
		return string(known), nil
	}
	err := db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qSetOnce, key, []byte(value)); err != nil {
			return err
		}
		return read(tx)
	})
	return string(known), err
}

package app

import (
	"context"
	"fmt"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

var (
	qSetOnce        = store.Q("instance.set_once", `INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`)
	qFindInstance   = store.Q("instance.find", `SELECT value FROM instance WHERE key = $1`)
	qPutInstance    = store.Q("instance.put", `INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
	qRemoveInstance = store.Q("instance.remove", `DELETE FROM instance WHERE key = $1`)
	qCountAll       = store.Q("instance.count", `SELECT (SELECT COUNT(*) FROM letter), (SELECT COUNT(*) FROM signature)`)
)

// openKeys opens the instance's keys and compares their fingerprint with the one that the database was made with.
func openKeys(ctx context.Context, db *store.DB, data string) (*seal.Keys, error) {
	keys, err := seal.OpenKeys(data)
	if err != nil {
		return nil, err
	}
	known, err := once(ctx, db, "instance_key", keys.Fingerprint())
	if err == nil && known != keys.Fingerprint() {
		err = errKeys(data)
	}
	return keys, err
}

func errKeys(data string) error {
	return fmt.Errorf("the keys in %s/keys are not those of this database; put back the key files it was made with, every process needs the same", data)
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

// openLog opens the log with the key in the data folder. The log's name is made with the instance: wanted, or a random one.
func openLog(ctx context.Context, db *store.DB, data, wanted string) (*tlog.Log, error) {
	first := wanted
	if first == "" {
		first = tlog.NewOrigin()
	} else if err := tlog.CheckOrigin(wanted); err != nil {
		return nil, err
	}
	origin, err := once(ctx, db, "log_origin", first)
	if err != nil {
		return nil, err
	}
	if wanted != "" && origin != wanted {
		return nil, fmt.Errorf("--origin: the log of this instance is called %s, and its name is for ever", origin)
	}
	key, err := tlog.OpenKey(data, origin)
	if err != nil {
		return nil, err
	}
	known, err := once(ctx, db, "log_key", key.Verifier())
	if err != nil {
		return nil, err
	}
	if known != key.Verifier() {
		return nil, errKeys(data)
	}
	return tlog.Open(ctx, db, key)
}

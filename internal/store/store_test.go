package store_test

import (
	"errors"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	qSet  = store.Q("test.set", "INSERT INTO instance (key, value) VALUES ($1, $2)")
	qFind = store.Q("test.find", "SELECT value FROM instance WHERE key = $1")
	qKeys = store.Q("test.keys", "SELECT key FROM instance ORDER BY key")
)

func TestUpdate_one(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		set := func(key string) error {
			return db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(qSet, key, []byte("v"))
				return err
			})
		}
		if err := set("a"); err != nil {
			t.Fatal(err)
		}
		if err := set("a"); !errors.Is(err, store.ErrUnique) {
			t.Fatalf("second: %v", err)
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			var v []byte
			if err := tx.Row(qFind, "a").Scan(&v); err != nil || string(v) != "v" {
				t.Errorf("%q %v", v, err)
			}
			if err := tx.Row(qFind, "b").Scan(&v); !errors.Is(err, store.ErrNoRow) {
				t.Errorf("%v", err)
			}
			keys, err := store.List(tx, qKeys, func(r store.Row) (k string, err error) { return k, r.Scan(&k) })
			if err != nil || len(keys) != 1 {
				t.Errorf("%q %v", keys, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestQueries_prepareOnBothEngines(t *testing.T) { testkit.PrepareAll(t) }

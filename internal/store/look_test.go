package store_test

import (
	"errors"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var (
	qLookOne   = store.Q("test.look_one", `SELECT 1`)
	qLookNone  = store.Q("test.look_none", `SELECT 1 WHERE 1 = 2`)
	qLookWrite = store.Q("test.look_write", `DELETE FROM organisation`)
)

func TestLook_isOneStatementThatReads(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		n := 0
		if err := db.Look(t.Context(), func(tx *store.Tx) error { return tx.Row(qLookOne).Scan(&n) }); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if err := db.Look(t.Context(), func(tx *store.Tx) error { return tx.Row(qLookNone).Scan(&n) }); !errors.Is(err, store.ErrNoRow) {
			t.Errorf("no row: %v", err)
		}
		for name, fn := range map[string]func(tx *store.Tx) error{
			"a second statement": func(tx *store.Tx) error {
				_ = tx.Row(qLookOne).Scan(&n)
				return tx.Row(qLookOne).Scan(&n)
			},
			"one that writes": func(tx *store.Tx) error {
				_, err := tx.Exec(qLookWrite)
				return err
			},
		} {
			if err := db.Look(t.Context(), fn); err == nil {
				t.Errorf("%s is run", name)
			}
		}
		for range 100 { // no connection is lost with any of these
			if err := db.Look(t.Context(), func(tx *store.Tx) error { panic("in a Look") }); err == nil {
				t.Fatal("a panic is no error")
			}
		}
		if err := db.Look(t.Context(), func(tx *store.Tx) error { return tx.Row(qLookOne).Scan(&n) }); err != nil {
			t.Error(err)
		}
	})
}

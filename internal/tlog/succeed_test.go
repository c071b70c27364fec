package tlog_test

import (
	"errors"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// A successor has the same tree under another name, and its own key alone signs it.
func TestSucceed(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		ctx := t.Context()
		old := testkit.PublicLog(t, db)
		err := db.Update(ctx, func(tx *store.Tx) error {
			return tlog.Enqueue(tx, tlog.Waiting{Letter: 1, Leaf: verify.Close{}})
		})
		if err != nil {
			t.Fatal(err)
		}
		done, err := old.Sequence(ctx, func(_ *store.Tx, _ store.LetterID, _ int64, waiting []tlog.Waiting) ([]tlog.Waiting, error) {
			return waiting, nil
		}, func(*store.Tx, verify.Checkpoint) error { return nil })
		if err != nil || done != 1 {
			t.Fatalf("%d leaves, %v", done, err)
		}
		before, err := old.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		key := func(name string) tlog.Key {
			t.Helper()
			k, err := tlog.OpenKey(t.TempDir(), name)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		succeed := func(verifier string, k tlog.Key) (last []byte, err error) {
			err = db.Update(ctx, func(tx *store.Tx) error {
				last, err = tlog.Succeed(tx, verifier, k)
				return err
			})
			return last, err
		}
		if _, err := succeed(old.Key(), key("undersigned/test")); err == nil {
			t.Error("the same name is taken")
		}
		if _, err := succeed(key("undersigned/test").Verifier(), key("undersigned/next")); err == nil {
			t.Error("the key of another log is believed")
		}
		k := key("undersigned/next")
		last, err := succeed(old.Key(), k)
		if err != nil || string(last) != string(before.Signed()) {
			t.Fatalf("%q, %v", last, err)
		}
		next, err := tlog.Open(ctx, db, k)
		if err != nil {
			t.Fatal(err)
		}
		after, err := next.State(ctx)
		if err != nil || after.Published.Size != 1 || after.Published.Root != before.Published.Root || after.Published.Origin != "undersigned/next" {
			t.Errorf("%+v, %v", after, err)
		}
		if err := next.CheckEdge(ctx); err != nil {
			t.Error(err)
		}
		if _, err := old.State(ctx); err == nil {
			t.Error("the old key still opens the log")
		}

		for name, c := range map[string]struct {
			checkpoint verify.Checkpoint
			fork       bool
		}{
			"its own":            {after.Published, false},
			"of nothing":         {verify.Checkpoint{Origin: k.Origin(), Root: (&verify.Tree{}).Root()}, false},
			"of the log before":  {before.Published, true},
			"of more leaves":     {verify.Checkpoint{Origin: k.Origin(), Size: 2, Root: after.Published.Root}, true},
			"with another root":  {verify.Checkpoint{Origin: k.Origin(), Size: 1, Root: verify.Hash{1}}, true},
			"of another nothing": {verify.Checkpoint{Origin: k.Origin(), Root: verify.Hash{1}}, true},
		} {
			if err := next.Extends(ctx, c.checkpoint); errors.Is(err, tlog.ErrFork) != c.fork || (err != nil) != c.fork {
				t.Errorf("a checkpoint %s: %v", name, err)
			}
		}
	})
}

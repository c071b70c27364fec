package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// batch runs the functions in one batch of SQLite's writer, by holding it busy until all of them wait.
func batch(t *testing.T, db *store.DB, fns ...func(tx *store.Tx) error) []error {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	var once sync.Once // a refused batch runs its functions again
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Update(context.Background(), func(*store.Tx) error {
			once.Do(func() { close(begun); <-end })
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrUnknown) {
			t.Errorf("the first of the batch: %v", err)
		}
	})
	<-begun
	errs := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() { errs[i] = db.Update(context.Background(), fn) })
		db.AwaitQueued(i + 1)
	}
	close(end)
	wg.Wait()
	return errs
}

func inserting(name string) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := tx.Exec(qInsert, store.NewID(time.Now()), name, true)
		return err
	}
}

func TestWriter_onlyOneFails(t *testing.T) {
	db := openThings(t, store.SQLite)
	no := errors.New("no")
	var commits int
	db.Plant(func(text string, run func() error) error {
		if text == "COMMIT" {
			commits++
		}
		return run()
	})
	errs := batch(t, db, inserting("a"),
		func(tx *store.Tx) error { _ = inserting("b")(tx); return no },
		inserting("a"),
		func(tx *store.Tx) error { _ = inserting("c")(tx); panic("x") },
		inserting("d"))
	if errs[0] != nil || !errors.Is(errs[1], no) || !errors.Is(errs[2], store.ErrUnique) || errs[3] == nil || errs[4] != nil {
		t.Errorf("%v", errs)
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("%q", got)
	}
	if commits != 1 {
		t.Errorf("%d commits for one batch", commits)
	}
}

// A COMMIT that reports an I/O error: whether or not the rows are there, nobody may be told that they are.
func TestWriter_commitUnknown(t *testing.T) {
	failed := errors.New("disk I/O error: fsync (planted)")
	for _, committed := range []bool{false, true} {
		t.Run(fmt.Sprint("committed=", committed), func(t *testing.T) {
			db := openThings(t, store.SQLite)
			once := true
			db.Plant(func(text string, run func() error) error {
				if text != "COMMIT" || !once {
					return run()
				}
				once = false
				if committed {
					if err := run(); err != nil {
						t.Error(err)
					}
				}
				return failed
			})
			signals, stop := db.Signals("x")
			defer stop()
			errs := batch(t, db, inserting("a"), func(tx *store.Tx) error { tx.Signal("x"); return inserting("b")(tx) })
			for _, err := range errs {
				if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, failed) {
					t.Errorf("%v", err)
				}
			}
			if len(signals) != 0 {
				t.Error("a signal of a transaction that may not exist")
			}
			want := []string{}
			if committed {
				want = []string{"a", "b"}
			}
			if got := names(t, db); !slices.Equal(got, want) {
				t.Errorf("%q", got)
			}
			if err := insert(db, "after"); err != nil {
				t.Errorf("the next batch: %v", err)
			}
		})
	}
}

// A function leaves a broken reference that shows only at COMMIT: it fails, and the others of its batch do not.
func TestWriter_commitRefused(t *testing.T) {
	db := openThings(t, store.SQLite)
	errs := batch(t, db, inserting("a"),
		func(tx *store.Tx) error { _, err := tx.Exec(qFill, 1, "broken", true, nil, nil, nil, 999); return err },
		inserting("a"),
		inserting("b"))
	if errs[0] != nil || !errors.Is(errs[1], store.ErrForeignKey) || !errors.Is(errs[2], store.ErrUnique) || errs[3] != nil {
		t.Errorf("%v", errs)
	}
	if errors.Is(errs[1], store.ErrUnknown) {
		t.Errorf("the outcome is known: %v", errs[1])
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}

// SQLite rolls the whole transaction back when the database is full, so that ROLLBACK TO fails.
func TestWriter_databaseFull(t *testing.T) {
	db := openThings(t, store.SQLite)
	fill := func(tx *store.Tx) error {
		var n any
		if err := tx.Row(qMaxPages).Scan(&n); err != nil {
			return err
		}
		_, err := tx.Exec(qFill, 1, "big", true, make([]byte, 1<<20), nil, nil, nil)
		return err
	}
	errs := batch(t, db, inserting("a"), func(tx *store.Tx) error {
		_ = fill(tx) // swallowed: what follows must not be committed on its own
		_ = inserting("stray")(tx)
		return nil
	}, inserting("b"))
	for i, err := range errs[:2] {
		if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, store.ErrFull) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if errs[2] != nil { // it was not in the lost batch and runs in the next
		t.Errorf("%v", errs[2])
	}
	if got := names(t, db); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%q", got)
	}
}

func TestWriter_rollbackToFails(t *testing.T) {
	db := openThings(t, store.SQLite)
	db.Plant(func(text string, run func() error) error {
		if text == "ROLLBACK TO f" {
			return errors.New("no such savepoint (planted)")
		}
		return run()
	})
	no := errors.New("no")
	errs := batch(t, db, inserting("a"), func(*store.Tx) error { return no }, inserting("b"))
	if !errors.Is(errs[0], store.ErrUnknown) || !errors.Is(errs[1], store.ErrUnknown) || !errors.Is(errs[1], no) || errs[2] != nil {
		t.Errorf("%v", errs)
	}
	if got := names(t, db); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%q", got)
	}
}

// A real full disk: what was acknowledged before is there, what fails is not acknowledged.
func TestWriter_diskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no file system of its own: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	db, err := store.Open(t.Context(), store.WithMigrations(store.Options{Data: dir}, things))
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for i := range 1000 {
		name := fmt.Sprintf("%04d", i)
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qFill, i+1, name, true, make([]byte, 8192), nil, nil, nil)
			return err
		})
		if err != nil {
			break
		}
		acknowledged = append(acknowledged, name)
	}
	if !errors.Is(err, store.ErrFull) || len(acknowledged) == 0 {
		t.Errorf("%d rows, then %v", len(acknowledged), err)
	}
	if got := names(t, db); !slices.Equal(got, acknowledged) {
		t.Errorf("%d rows acknowledged, %d there", len(acknowledged), len(got))
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestWriter_functionEndsItsGoroutine(t *testing.T) {
	db := openThings(t, store.SQLite)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if err := inserting("a")(tx); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	if !errors.Is(err, store.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if err := insert(db, "b"); err != nil {
		t.Errorf("the writer is gone: %v", err)
	}
	if got := names(t, db); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%q", got)
	}
}

func TestPragmas_readBack(t *testing.T) {
	db := openThings(t, store.SQLite)
	for name, want := range map[string][2]string{ // of the writer, of a reader
		"journal_mode": {"wal", "wal"}, "synchronous": {"2", "2"}, "foreign_keys": {"1", "1"}, "secure_delete": {"1", "1"},
		"trusted_schema": {"0", "0"}, "busy_timeout": {"5000", "5000"}, "temp_store": {"2", "2"},
		"query_only": {"0", "1"}, "cache_size": {"-32768", "-8192"},
	} {
		for i, ofWriter := range []bool{true, false} {
			if got, err := db.Pragma(name, ofWriter); err != nil || got != want[i] {
				t.Errorf("%s is %q (%v), want %q (writer: %v)", name, got, err, want[i], ofWriter)
			}
		}
	}
}

func TestOpen_filesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := openWith(t, store.Options{Data: dir})
	if err := insert(db, "a"); err != nil {
		t.Fatal(err)
	}
	found, err := os.ReadDir(dir)
	if err != nil || len(found) < 4 {
		t.Fatalf("%v %v", found, err)
	}
	for _, f := range found {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestLockServe(t *testing.T) {
	dir := t.TempDir()
	db, other := openWith(t, store.Options{Data: dir}), openWith(t, store.Options{Data: dir})
	unlock, err := db.LockServe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.LockServe(); err == nil {
		t.Error("two servers on one folder")
	}
	unlock()
	unlock, err = other.LockServe()
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestClose_runningAndWaiting(t *testing.T) {
	db := openThings(t, store.SQLite)
	begun, end := make(chan struct{}), make(chan struct{})
	running, waits, closed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		running <- db.Update(context.Background(), func(tx *store.Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	go func() { closed <- db.Close() }()
	db.AwaitClosing()
	go func() { waits <- insert(db, "late") }()
	if err := <-waits; !errors.Is(err, store.ErrClosed) {
		t.Errorf("while it closes: %v", err)
	}
	close(end)
	if err := <-running; err != nil {
		t.Errorf("the running one: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// Every reader has its connection; what needs another for a moment must not wait for them.
func TestPing_whileAllReadersAreBusy(t *testing.T) {
	db := openThings(t, store.SQLite)
	var busy sync.WaitGroup
	end := make(chan struct{})
	var views sync.WaitGroup
	for range 4 {
		busy.Add(1)
		views.Go(func() {
			err := db.View(context.Background(), func(tx *store.Tx) error {
				var n int
				err := tx.Row(qCount).Scan(&n)
				busy.Done()
				<-end
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	busy.Wait()
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.View(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a fifth reader: %v", err)
	}
	close(end)
	views.Wait()
}

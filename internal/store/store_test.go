package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) {
	if data := os.Getenv("UNDERSIGNED_TEST_WRITER"); data != "" {
		writeAsChild(data)
		return
	}
	testkit.Main(m)
}

// things is a migration of its own, so that these tests need no table of the domain.
var things = fstest.MapFS{"0001_thing.sql": {Data: []byte(`
CREATE TABLE thing (
	id    {int} NOT NULL PRIMARY KEY,
	name  {key} NOT NULL UNIQUE,
	flag  {bool} NOT NULL,
	data  {bytes},
	note  TEXT,
	ratio {real},
	other {int} REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED
) {strict};
CREATE TABLE pair (
	a {int} NOT NULL REFERENCES thing (id),
	b {key} NOT NULL,
	PRIMARY KEY (a, b)
) {without_rowid};
`)}}

var (
	qInsert   = store.Q("storetest.insert", "INSERT INTO thing (id, name, flag) VALUES ($1, $2, $3)")
	qFill     = store.Q("storetest.fill", "INSERT INTO thing (id, name, flag, data, note, ratio, other) VALUES ($1, $2, $3, $4, $5, $6, $7)")
	qPair     = store.Q("storetest.pair", "INSERT INTO pair (a, b) VALUES ($1, $2)")
	qFind     = store.Q("storetest.find", "SELECT id, name, flag, data, note, ratio, other FROM thing WHERE name = $1 {for_update}")
	qNames    = store.Q("storetest.names", "SELECT name FROM thing ORDER BY name")
	qCount    = store.Q("storetest.count", "SELECT count(*) FROM thing")
	qTouch    = store.Q("storetest.touch", "UPDATE thing SET note = $1 WHERE name = $2")
	qReturn   = store.Q("storetest.insert_returning", "INSERT INTO thing (id, name, flag) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id")
	qMaxPages = store.Q("storetest.max_pages", "PRAGMA max_page_count = 40")
)

// both runs body on both engines with the tables of things.
func both(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) { body(t, openThings(t, engine)) })
	}
}

func openThings(t testing.TB, engine store.Engine) *store.DB {
	t.Helper()
	o := store.Options{}
	if engine == store.Postgres {
		o.Database = testkit.PostgresURL(t)
	} else {
		o.Data = t.TempDir()
	}
	return openWith(t, o)
}

func openWith(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.WithMigrations(o, things))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func insert(db *store.DB, name string) error {
	return db.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(qInsert, store.NewID(time.Now()), name, true)
		return err
	})
}

func scanName(r store.Row) (name string, err error) { return name, r.Scan(&name) }

func names(t testing.TB, db *store.DB) (list []string) {
	t.Helper()
	err := db.View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = store.List(tx, qNames, scanName)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestUpdate_errors(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		if err := insert(db, "a"); err != nil {
			t.Fatal(err)
		}
		if err := insert(db, "a"); !errors.Is(err, store.ErrUnique) {
			t.Errorf("duplicate: %v", err)
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(qPair, 12345, "x"); return err })
		if !errors.Is(err, store.ErrForeignKey) {
			t.Errorf("foreign key: %v", err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qFill, 7, "deferred", true, nil, nil, nil, 12345)
			return err
		})
		if !errors.Is(err, store.ErrForeignKey) || errors.Is(err, store.ErrUnknown) {
			t.Errorf("deferred foreign key: %v", err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error { return tx.Row(qFind, "nobody").Scan() })
		if !errors.Is(err, store.ErrNoRow) {
			t.Errorf("no row: %v", err)
		}
		if err := db.View(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(qInsert, 1, "v", true); return err }); err == nil {
			t.Error("a View wrote")
		}
		if got := names(t, db); !slices.Equal(got, []string{"a"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestTx_failedStatementEndsIt(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		if err := insert(db, "a"); err != nil {
			t.Fatal(err)
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(qInsert, 1, "b", false); err != nil {
				return err
			}
			_, _ = tx.Exec(qInsert, 2, "a", false) // swallowed
			if _, err := tx.Exec(qInsert, 3, "c", false); !errors.Is(err, store.ErrUnique) {
				t.Errorf("the next statement: %v", err)
			}
			return nil
		})
		if !errors.Is(err, store.ErrUnique) {
			t.Errorf("Update: %v", err)
		}
		if got := names(t, db); !slices.Equal(got, []string{"a"}) {
			t.Errorf("%q", got)
		}
	})
}

type thingID int64

func TestTx_values(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		note, ratio := "نامه 'x'", 0.1
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(qFill, thingID(1), "full", true, []byte{0, 255}, &note, &ratio, thingID(1)); err != nil {
				return err
			}
			_, err := tx.Exec(qFill, thingID(2), "empty", false, nil, (*string)(nil), (*float64)(nil), (*thingID)(nil))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"full", "empty"} {
			var id thingID
			var name string
			var flag bool
			var data []byte
			var note2 *string
			var ratio2 *float64
			var other *thingID
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.Row(qFind, want).Scan(&id, &name, &flag, &data, &note2, &ratio2, &other)
			})
			if err != nil {
				t.Fatal(err)
			}
			if full := want == "full"; flag != full || (data != nil) != full || (note2 != nil) != full || (ratio2 != nil) != full || (other != nil) != full {
				t.Errorf("%s: %v %v %v %v %v", want, flag, data, note2, ratio2, other)
			}
			if want == "full" && (*note2 != note || *ratio2 != ratio || *other != 1 || string(data) != "\x00\xff") {
				t.Errorf("%q %v %v %x", *note2, *ratio2, *other, data)
			}
		}
		var n int64
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.Row(qReturn, 9, "new", true).Scan(&n); err != nil || n != 9 {
				return fmt.Errorf("%d %w", n, err)
			}
			if err := tx.Row(qReturn, 10, "new", true).Scan(&n); !errors.Is(err, store.ErrNoRow) {
				return fmt.Errorf("conflict: %w", err)
			}
			touched, err := tx.Exec(qTouch, "t", "new")
			if touched != 1 {
				return fmt.Errorf("touched %d", touched)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestTx_errorHidesValues(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qInsert, "Asra", "a", true)
			return err
		})
		if err == nil || strings.Contains(err.Error(), "Asra") {
			t.Errorf("argument: %v", err)
		}
		if err := insert(db, "Asra"); err != nil {
			t.Fatal(err)
		}
		if err := insert(db, "Asra"); strings.Contains(err.Error(), "Asra") {
			t.Errorf("duplicate: %v", err)
		}
		err = db.View(t.Context(), func(tx *store.Tx) error {
			_, err := store.List(tx, qNames, func(r store.Row) (n int64, err error) { return n, r.Scan(&n) })
			return err
		})
		if err == nil || strings.Contains(err.Error(), "Asra") {
			t.Errorf("scan: %v", err)
		}
	})
}

func TestEach_stopsAndGuards(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		for i := range 5 {
			if err := insert(db, fmt.Sprint("n", i)); err != nil {
				t.Fatal(err)
			}
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			for name, err := range store.Each(tx, qNames, scanName) {
				if err != nil || name != "n0" {
					t.Errorf("%q %v", name, err)
				}
				break
			}
			var n int
			return tx.Row(qCount).Scan(&n) // free again after the break
		})
		if err != nil {
			t.Error(err)
		}
		err = db.View(t.Context(), func(tx *store.Tx) error {
			for range store.Each(tx, qNames, scanName) {
				var n int
				return tx.Row(qCount).Scan(&n)
			}
			return nil
		})
		if err == nil {
			t.Error("a statement inside the loop was let through, which PostgreSQL refuses")
		}
	})
}

func TestView_oneSnapshot(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		if err := insert(db, "a"); err != nil {
			t.Fatal(err)
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			var before, after int
			if err := tx.Row(qCount).Scan(&before); err != nil {
				return err
			}
			if err := insert(db, "b"); err != nil {
				return err
			}
			if err := tx.Row(qCount).Scan(&after); err != nil {
				return err
			}
			if before != 1 || after != 1 {
				t.Errorf("%d, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestView_manyAtOnceAndCancelled(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 0 {
					cancel()
				}
				err := db.View(ctx, func(tx *store.Tx) error {
					var n int
					return tx.Row(qCount).Scan(&n)
				})
				if i%2 == 1 && err != nil {
					t.Error(err)
				}
				if i%2 == 0 && !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled: %v", err)
				}
				cancel()
			})
		}
		wg.Wait()
	})
}

func TestUpdate_manyWritersFailAlone(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		if err := insert(db, "taken"); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				name := fmt.Sprintf("w%02d", i)
				if i%10 == 0 {
					name = "taken"
				}
				err := insert(db, name)
				if i%10 == 0 && !errors.Is(err, store.ErrUnique) || i%10 != 0 && err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if n := len(names(t, db)); n != 91 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestUpdate_panicFailsAlone(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.Exec(qInsert, store.NewID(time.Now()), fmt.Sprint("p", i), true)
					if i%5 == 0 {
						panic("a name")
					}
					return err
				})
				if p, ok := errors.AsType[*store.PanicError](err); ok != (i%5 == 0) {
					t.Errorf("%d: %v", i, err)
				} else if ok && (len(p.Stack) == 0 || strings.Contains(err.Error(), "a name")) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := len(names(t, db)); n != 16 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestUpdate_callerLeavesWhileItRuns(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Update(ctx, func(tx *store.Tx) error {
			cancel()
			_, err := tx.Exec(qInsert, 1, "a", true)
			return err
		})
		if err != nil || !slices.Equal(names(t, db), []string{"a"}) {
			t.Errorf("%v, %q", err, names(t, db))
		}
	})
}

func TestUpdate_callerLeavesTheQueue(t *testing.T) {
	db := openThings(t, store.SQLite)
	begun, end := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- db.Update(t.Context(), func(*store.Tx) error { close(begun); <-end; return nil })
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		second <- db.Update(ctx, func(*store.Tx) error { t.Error("it ran"); return nil })
	}()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(end)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestClose_updatesAfterIt(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := insert(db, "a"); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Update: %v", err)
		}
		if err := db.View(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("View: %v", err)
		}
		if err := db.Ping(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Ping: %v", err)
		}
	})
}

func TestSignals(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		signals, stop := db.Signals("x")
		defer stop()
		no := errors.New("no")
		_ = db.Update(t.Context(), func(tx *store.Tx) error { tx.Signal("x"); return no })
		select {
		case <-signals:
			t.Error("a signal of a transaction that was rolled back")
		default:
		}
		for range 3 {
			if err := db.Update(t.Context(), func(tx *store.Tx) error { tx.Signal("x"); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		<-signals
	})
}

func TestOnStatement(t *testing.T) {
	var seen []string
	db := testkit.StoreAt(t, store.SQLite, store.Options{OnStatement: func(q *store.Query) { seen = append(seen, q.Name()) }})
	if err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row(store.Queries()[0]).Scan() }); err == nil {
		t.Log("it needs no arguments")
	}
	if len(seen) != 1 {
		t.Errorf("%q", seen)
	}
}

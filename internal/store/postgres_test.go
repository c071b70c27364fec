package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// plainly runs statements that Q would not take.
func plainly(t *testing.T, url string, texts ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, text := range texts {
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}

// The connection dies inside COMMIT: nobody knows on which side of it.
func TestPostgres_commitUnknown(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := openWith(t, store.Options{Database: url})
	plainly(t, url,
		`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER die AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name = 'die') EXECUTE FUNCTION die()`)
	if err := insert(db, "die"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if err := insert(db, "after"); err != nil {
		t.Errorf("%v", err)
	}
	if got := names(t, db); !slices.Equal(got, []string{"after"}) {
		t.Errorf("%q", got)
	}
}

// Two transactions that take two rows in opposite order: PostgreSQL ends one of them, and it runs again.
func TestPostgres_deadlockIsRetried(t *testing.T) {
	db := openThings(t, store.Postgres)
	for _, name := range []string{"a", "b"} {
		if err := insert(db, name); err != nil {
			t.Fatal(err)
		}
	}
	var both sync.WaitGroup
	both.Add(2)
	var runs [2]int
	var done sync.WaitGroup
	for i, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		done.Go(func() {
			err := db.Update(context.Background(), func(tx *store.Tx) error {
				runs[i]++
				if _, err := tx.Exec(qTouch, "x", order[0]); err != nil {
					return err
				}
				if runs[i] == 1 {
					both.Done()
					both.Wait()
				}
				_, err := tx.Exec(qTouch, "x", order[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if runs[0]+runs[1] < 3 {
		t.Errorf("no deadlock: %v", runs)
	}
}

func TestPostgres_commitIsDurableWhateverTheDefault(t *testing.T) {
	url := testkit.PostgresURL(t)
	plainly(t, url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`)
	db := openWith(t, store.Options{Database: url})
	if got := db.Setting(t, "synchronous_commit"); got != "on" {
		t.Errorf("synchronous_commit is %s", got)
	}
	if got := db.Setting(t, "TimeZone"); got != "UTC" {
		t.Errorf("TimeZone is %s", got)
	}
}

// Somebody cancels a COMMIT that waits for its standby: PostgreSQL calls that a success, Update must not.
func TestPostgres_notReplicated(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := openWith(t, store.Options{Database: url})
	plainly(t, url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
	defer plainly(t, url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
	failed := make(chan error, 1)
	go func() { // the server takes the new setting a moment later: the first ones may pass
		for i := 0; ; i++ {
			if err := insert(db, fmt.Sprint("a", i)); err != nil {
				failed <- err
				return
			}
		}
	}()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for cancelled := 0; cancelled == 0; {
		err := conn.QueryRow(t.Context(), `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
			WHERE wait_event = 'SyncRep' AND datname = current_database()`).Scan(&cancelled)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-failed; !errors.Is(err, store.ErrUnknown) {
		t.Errorf("%v", err)
	}
}

// Where the data are is said without what opens them.
func TestPlace(t *testing.T) {
	for address, want := range map[string]string{
		"": "",
		"postgres://user:secret@db.example/letters":                                      "postgres://db.example:5432/letters",
		"postgres://user:secret@a.example:5433,b.example/letters?sslmode=prefer":         "postgres://a.example:5433,b.example:5432/letters",
		"postgres:///letters?host=/run/postgresql&user=u&password=secret":                "postgres:///letters?host=%2Frun%2Fpostgresql",
		"host=db.example dbname=letters user=u password=secret target_session_attrs=any": "postgres://db.example:5432/letters",
	} {
		if got, err := store.Place(address); err != nil || got != want {
			t.Errorf("%s is at %q, %v, want %q", address, got, err, want)
		}
	}
	if _, err := store.Place("postgres://user:secret@db.example:port/letters"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a wrong address: %v", err)
	}
}

// Package testkit owns what tests share: databases of both engines, a clock that stands still, a whole application.
//
// It promises that what it starts ends with the test binary, even when that is killed, and that a test sees a database
// of its own. It is imported by tests only and must not decide anything about the product.
package testkit

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// Clock is a clock that moves only when told. It may be used by several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows 1 June 2026, 10:00 UTC.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)}
}

// Now returns the time shown.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Stores runs body once for each engine, each time with a fresh migrated database whose clock is given too. Without
// PostgreSQL its subtest is skipped, or fails where CI=true.
func Stores(t *testing.T, body func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			clock := NewClock()
			body(t, open(t, engine, clock.Now, nil), clock)
		})
	}
}

// Engines runs body once for each engine, both at the same time: what is end to end often waits for a page to show what happened.
// Nothing may follow it in a test, which returns before they do. Without PostgreSQL what opens one skips its subtest, or fails
// where CI=true.
func Engines(t *testing.T, body func(t *testing.T, engine store.Engine)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			body(t, engine)
		})
	}
}

// Store returns a fresh migrated database of the engine, with a Clock of its own.
func Store(t testing.TB, engine store.Engine) *store.DB {
	t.Helper()
	return open(t, engine, NewClock().Now, nil)
}

// StoreAt is Store with options: the clock and the hook of statements. Data and Database are filled in.
func StoreAt(t testing.TB, engine store.Engine, o store.Options) *store.DB {
	t.Helper()
	if o.Now == nil {
		o.Now = NewClock().Now
	}
	return open(t, engine, o.Now, o.OnStatement)
}

// PrepareAll prepares every query that is linked into the test binary, on both engines. A test that imports all domain
// packages calls it, so that no query can name a column that does not exist or suit one engine only.
func PrepareAll(t *testing.T) {
	t.Helper()
	Stores(t, func(t *testing.T, db *store.DB, _ *Clock) {
		if err := db.PrepareAll(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func open(t testing.TB, engine store.Engine, now func() time.Time, on func(*store.Query)) *store.DB {
	t.Helper()
	o := store.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: now, OnStatement: on}
	if engine == store.Postgres {
		o.Database = migratedPostgres(t)
	} else {
		o.Data = migratedFolder(t)
	}
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("open a database of %s: %v", engine, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// sqliteTemplate is a migrated, empty database file.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "undersigned-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	db, err := store.Open(context.Background(), store.Options{Data: dir})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "undersigned.db"))
})

// migratedFolder returns a data folder with a copy of the template.
func migratedFolder(t testing.TB) string {
	t.Helper()
	file, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("make the SQLite template: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "undersigned.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// PublicLog returns the log of a database, with a key of its own.
func PublicLog(t testing.TB, db *store.DB) *tlog.Log {
	t.Helper()
	key, err := tlog.OpenKey(t.TempDir(), "undersigned/test")
	if err != nil {
		t.Fatal(err)
	}
	log, err := tlog.Open(t.Context(), db, key)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

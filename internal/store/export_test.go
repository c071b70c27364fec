package store

import (
	"context"
	"io/fs"
	"runtime"
	"testing"
)

// WithMigrations replaces the embedded migrations.
func WithMigrations(o Options, files fs.FS) Options {
	o.migrations = files
	return o
}

// Migrations returns the embedded migrations.
func Migrations() fs.FS { return embeddedMigrations() }

// Plant lets fn decide what the statements that begin, divide and end the writer's transactions return. It is set
// before the first Update.
func (db *DB) Plant(fn func(text string, run func() error) error) {
	db.writer.conn.planted = func(q *Query, run func() error) error { return fn(q.name, run) }
}

// Pragma reads a pragma of the writer's or of a reader's connection.
func (db *DB) Pragma(name string, ofWriter bool) (value string, err error) {
	pool := db.read
	if ofWriter {
		pool = db.writer.pool
	}
	err = pool.QueryRow("PRAGMA " + name).Scan(&value)
	return value, err
}

// CheckText is the rule for the text of a query.
var CheckText = checkText

var Retryable, VersionLess, Bare = retryable, versionLess, bare

// AwaitQueued returns when n functions wait for SQLite's writer.
func (db *DB) AwaitQueued(n int) {
	for len(db.writer.queue) < n {
		runtime.Gosched()
	}
}

// Setting reads a setting of a PostgreSQL connection.
func (db *DB) Setting(t testing.TB, name string) (value string) {
	t.Helper()
	if err := db.read.QueryRow("SELECT current_setting($1)", name).Scan(&value); err != nil {
		t.Error(err)
	}
	return value
}

// WithoutForeignKeys lets fn write what SQLite would refuse.
func (db *DB) WithoutForeignKeys(fn func() error) error {
	for _, text := range []string{"PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"} {
		err := db.writer.exclusive(context.Background(), func(c *sqliteConn) error {
			_, err := c.conn.ExecContext(context.Background(), text)
			return err
		})
		if err != nil {
			return err
		}
		if fn != nil {
			if err := fn(); err != nil {
				return err
			}
			fn = nil
		}
	}
	return nil
}

// AwaitClosing returns when Close was called.
func (db *DB) AwaitClosing() { <-db.closed }

// Forget cuts SQLite's write-ahead log, false while somebody reads from it.
func (db *DB) Forget() (cut bool, err error) { return db.checkpointer.forget(db.alone) }

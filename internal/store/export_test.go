package store

import (
	"io/fs"
	"runtime"
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

var Retryable, VersionLess = retryable, versionLess

// AwaitQueued returns when n functions wait for SQLite's writer.
func (db *DB) AwaitQueued(n int) {
	for len(db.writer.queue) < n {
		runtime.Gosched()
	}
}

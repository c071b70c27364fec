package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Finding is what Health says of one thing: a code for whoever explains it, the value found, and whether all is well.
type Finding struct {
	Code  string
	Value string
	OK    bool
}

// checkWithin bounds the check of the database file; a large one is not read to its end.
const checkWithin = 10 * time.Second

// Health looks at the database's own settings, and on SQLite at the file.
func (db *DB) Health(ctx context.Context) ([]Finding, error) {
	if db.engine == SQLite {
		return db.healthSQLite(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, statementLimit)
	defer cancel()
	var found []Finding
	for _, s := range []struct{ name, want string }{{"fsync", "on"}, {"full_page_writes", "on"}, {"server_encoding", "UTF8"}} {
		var value string
		if err := db.read.QueryRowContext(ctx, "SELECT current_setting($1)", s.name).Scan(&value); err != nil {
			return nil, fmt.Errorf("store: %s: %w", s.name, mapError(err))
		}
		found = append(found, Finding{s.name, value, value == s.want})
	}
	var standby string
	var allowed int
	var clock time.Time
	err := db.read.QueryRowContext(ctx,
		"SELECT current_setting('synchronous_standby_names'), CAST(current_setting('max_connections') AS INTEGER), clock_timestamp()").
		Scan(&standby, &allowed, &clock)
	if err != nil {
		return nil, fmt.Errorf("store: %w", mapError(err))
	}
	off := db.Now().Sub(clock).Round(time.Second).Abs()
	return append(found, Finding{"synchronous_standby_names", standby, standby != ""}, Finding{"max_connections", fmt.Sprint(allowed), allowed >= 2*connections},
		Finding{"clock", off.String(), off < 5*time.Second}), nil
}

// Ahead is by how much this instance's clock is ahead of the database's. SQLite has none of its own: 0.
func (db *DB) Ahead(ctx context.Context) (time.Duration, error) {
	if db.engine == SQLite {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var clock time.Time
	if err := db.read.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&clock); err != nil {
		return 0, fmt.Errorf("store: %w", mapError(err))
	}
	return db.Now().Sub(clock), nil
}

// CheckFile reads the whole database file of SQLite and says what is damaged in it. PostgreSQL is asked nothing: its own
// checksums and pg_amcheck are for that.
func (db *DB) CheckFile(ctx context.Context) error {
	if db.engine == Postgres {
		return nil
	}
	var said string
	if err := db.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("the database file: %w", mapError(err))
	}
	if said != "ok" {
		return fmt.Errorf("the database file: %s", said)
	}
	return nil
}

func (db *DB) healthSQLite(ctx context.Context) ([]Finding, error) {
	limited, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	var said string
	err := db.read.QueryRowContext(limited, "PRAGMA quick_check(1)").Scan(&said)
	switch {
	case err != nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		return []Finding{{"quick_check", "not finished within " + checkWithin.String(), true}}, nil
	case err != nil:
		return nil, fmt.Errorf("store: quick_check: %w", mapError(err))
	}
	return []Finding{{"quick_check", said, said == "ok"}}, nil
}

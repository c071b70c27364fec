package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Loading says what Load does besides reading rows.
type Loading struct {
	// Replace names tables that may have rows, which the dump's take the place of: what opening a new instance writes.
	Replace []string
	// Then runs in the transaction of the load once every row is there, in the schema of the dump, and may refuse it all.
	Then func(tx *Tx) error
}

// clear returns the statements that empty the tables to be replaced; an older schema may not have all of them.
func (o Loading) clear(tables []table) (statements []string) {
	for _, t := range tables {
		if slices.Contains(o.Replace, t.name) {
			statements = append(statements, "DELETE FROM "+quote(t.name))
		}
	}
	return statements
}

// Load reads a dump of either engine into this database, which must be empty. It is one transaction: a dump that is cut
// off or damaged, or a process that is killed, leaves the database as empty as it was. A dump of an older schema is
// loaded into that schema and then migrated.
func (db *DB) Load(ctx context.Context, r io.Reader, o Loading) error {
	if db.isClosed() {
		return ErrClosed
	}
	in := newDumpReader(r)
	h, err := in.header()
	if err != nil {
		return err
	}
	current, err := db.schemaVersion()
	if err != nil {
		return err
	}
	if h.Schema > current {
		return fmt.Errorf("the dump was written by a newer version of this program (schema %d, this one has %d): "+
			"use that version or a later one; nothing was loaded", h.Schema, current)
	}
	if db.engine == Postgres {
		return db.patiently(func(pool *sql.DB) error {
			return db.inSchema(ctx, pool, h.Schema, current, o, func() error { return db.loadPostgres(ctx, pool, in, o) })
		})
	}
	return db.writer.exclusive(ctx, func(c *sqliteConn) error {
		if h.Schema < current {
			c.discard() // the pool has one connection, and migrations want it
		}
		return db.inSchema(ctx, c.pool, h.Schema, current, o, func() error {
			if err := c.open(ctx); err != nil {
				return mapError(err)
			}
			err := db.loadSQLite(ctx, c, in, o)
			if err != nil || h.Schema < current {
				c.discard()
			}
			return err
		})
	})
}

// inSchema runs load, with the schema of an older version where the dump has that, and then migrates, whether or not
// something was loaded.
func (db *DB) inSchema(ctx context.Context, pool *sql.DB, schema, current int64, o Loading, load func() error) error {
	if schema == current {
		return load()
	}
	err := db.rebuild(ctx, pool, schema, o)
	if err == nil {
		err = load()
	}
	return errors.Join(err, db.migrate(context.WithoutCancel(ctx), pool))
}

// loadSQLite runs on the writer's connection. Foreign keys are checked at COMMIT, so that tables may come in any order.
func (db *DB) loadSQLite(ctx context.Context, c *sqliteConn, in *dumpReader, o Loading) (err error) {
	if err := c.control(beginWrite); err != nil {
		return mapError(err)
	}
	defer func() {
		if err != nil && !errors.Is(err, ErrUnknown) {
			_ = c.control(rollback) // should it fail, the writer discards the connection, which rolls back too
		}
	}()
	if _, err := c.conn.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
		return mapError(err)
	}
	tables, err := emptyTables(ctx, SQLite, c, o)
	if err != nil {
		return err
	}
	for _, text := range o.clear(tables) {
		if _, err := c.conn.ExecContext(ctx, text); err != nil {
			return mapError(err)
		}
	}
	for {
		t, err := in.table(tables)
		if err != nil {
			return err
		}
		if t == nil {
			break
		}
		if err := loadTableSQLite(ctx, c, in, t); err != nil {
			return err
		}
	}
	if err := in.end(tables); err != nil {
		return err
	}
	if err := db.then(ctx, c, o); err != nil {
		return err
	}
	if err := c.control(commit); err != nil {
		if sqliteRefused(err) {
			return damaged("a row refers to one that is not there")
		}
		return unknown(err)
	}
	return nil
}

func (db *DB) then(ctx context.Context, on executor, o Loading) error {
	if o.Then == nil {
		return nil
	}
	return (&Tx{db: db, ctx: ctx, on: on}).run(o.Then)
}

func loadTableSQLite(ctx context.Context, c *sqliteConn, in *dumpReader, t *table) error {
	marks := make([]string, len(t.columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	insert, err := c.conn.PrepareContext(ctx, "INSERT INTO "+quote(t.name)+" ("+quoted(t.columnNames())+
		") VALUES ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return mapError(err)
	}
	defer insert.Close()
	for {
		values, err := in.row(t)
		if err != nil || values == nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return loadError(t, err)
		}
	}
}

// loadError tells a dump that the schema does not allow from a failure of the database.
func loadError(t *table, err error) error {
	if err = mapError(err); errors.Is(err, ErrUnique) {
		return damaged("a row of " + t.name + " is there twice")
	}
	return fmt.Errorf("store: load %s: %w", t.name, err)
}

// loadPostgres copies the tables in one transaction, without foreign keys until all rows are there.
func (db *DB) loadPostgres(ctx context.Context, pool *sql.DB, in *dumpReader, o Loading) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return db.mapClosed(err)
	}
	defer conn.Close()
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return mapError(err)
	}
	defer t.Rollback() // nothing after COMMIT
	tables, err := catalogue(ctx, Postgres, t)
	if err != nil {
		return mapError(err)
	}
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = table.name
	}
	if _, err := t.ExecContext(ctx, "LOCK TABLE "+quoted(names)+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return mapError(err)
	}
	if _, err := emptyTables(ctx, Postgres, t, o); err != nil {
		return err
	}
	keys, err := dropForeignKeys(ctx, t)
	if err != nil {
		return mapError(err)
	}
	for _, text := range o.clear(tables) {
		if _, err := t.ExecContext(ctx, text); err != nil {
			return mapError(err)
		}
	}
	for {
		table, err := in.table(tables)
		if err != nil {
			return err
		}
		if table == nil {
			break
		}
		if err := copyTable(ctx, conn, in, table); err != nil {
			return err
		}
	}
	if err := in.end(tables); err != nil {
		return err
	}
	for _, restore := range keys {
		if _, err := t.ExecContext(ctx, restore); err != nil {
			if err := mapError(err); !errors.Is(err, ErrForeignKey) {
				return err
			}
			return damaged("a row refers to one that is not there")
		}
	}
	if err := db.then(ctx, postgresTx{t}, o); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		if postgresRefused(err) {
			return mapError(err)
		}
		return unknown(err)
	}
	return nil
}

// dropForeignKeys returns the statements that put back what it takes away, in the same words.
func dropForeignKeys(ctx context.Context, t *sql.Tx) (restore []string, err error) {
	type key struct{ table, name, definition string }
	keys, err := rowsOf(ctx, t, `
		SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'f' AND conparentid = 0 AND connamespace = current_schema()::regnamespace ORDER BY 1, 2`,
		func(rows *sql.Rows) (k key, err error) { return k, rows.Scan(&k.table, &k.name, &k.definition) })
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if _, err := t.ExecContext(ctx, "ALTER TABLE "+k.table+" DROP CONSTRAINT "+k.name); err != nil {
			return nil, err
		}
		restore = append(restore, "ALTER TABLE "+k.table+" ADD CONSTRAINT "+k.name+" "+k.definition)
	}
	return restore, nil
}

// copyTable copies the rows of one table on the connection whose transaction is open.
func copyTable(ctx context.Context, conn *sql.Conn, in *dumpReader, t *table) error {
	var damage error // what the dump is at fault for; COPY wraps it
	err := conn.Raw(func(raw any) error {
		_, err := raw.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columnNames(),
			pgx.CopyFromFunc(func() ([]any, error) {
				values, err := in.row(t)
				damage = err
				return values, err
			}))
		return err
	})
	if damage != nil {
		return damage
	}
	if err != nil {
		return loadError(t, err)
	}
	return nil
}

// emptyTables returns the tables of the domain, all of which must be empty but for those that are replaced.
func emptyTables(ctx context.Context, e Engine, on querier, o Loading) ([]table, error) {
	tables, err := catalogue(ctx, e, on)
	if err != nil {
		return nil, mapError(err)
	}
	for _, t := range tables {
		if slices.Contains(o.Replace, t.name) {
			continue
		}
		found, err := rowsOf(ctx, on, "SELECT 1 FROM "+quote(t.name)+" LIMIT 1", func(*sql.Rows) (int, error) { return 1, nil })
		if err != nil {
			return nil, mapError(err)
		}
		if len(found) > 0 {
			return nil, fmt.Errorf("the database is not empty (table %s has rows); nothing was changed: use a new, empty one", t.name)
		}
	}
	return tables, nil
}

// rebuild gives an empty database the schema of an older version.
func (db *DB) rebuild(ctx context.Context, pool *sql.DB, schema int64, o Loading) error {
	t, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return mapError(err)
	}
	defer t.Rollback() // nothing after COMMIT
	tables, err := emptyTables(ctx, db.engine, t, o)
	if err != nil {
		return err
	}
	drop := "DROP TABLE "
	if db.engine == SQLite {
		if _, err := t.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
			return mapError(err)
		}
	}
	for _, name := range append([]table{{name: "migration"}}, tables...) {
		text := drop + quote(name.name)
		if db.engine == Postgres {
			text += " CASCADE" // foreign keys of tables dropped later
		}
		if _, err := t.ExecContext(ctx, text); err != nil {
			return mapError(err)
		}
	}
	if err := t.Commit(); err != nil {
		return mapError(err)
	}
	return db.migrateTo(ctx, pool, schema)
}

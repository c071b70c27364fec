package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// sqliteConn is one connection with the statements prepared on it. One goroutine uses it at a time; it opens itself when
// it is first used and again after discard.
type sqliteConn struct {
	pool  *sql.DB
	conn  *sql.Conn
	stmts map[*Query]*sql.Stmt

	// planted, when a test sets it, decides what control returns.
	planted func(q *Query, run func() error) error
}

// open makes sure that there is a connection.
func (c *sqliteConn) open(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	conn, err := c.pool.Conn(ctx)
	if err != nil {
		return err
	}
	c.conn, c.stmts = conn, map[*Query]*sql.Stmt{}
	return nil
}

// discard closes the connection for good. SQLite then rolls back what was open on it.
func (c *sqliteConn) discard() {
	if c.conn == nil {
		return
	}
	for _, s := range c.stmts {
		s.Close()
	}
	// ErrBadConn keeps the pool from giving the same connection out again.
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.conn.Close()
	c.conn, c.stmts = nil, nil
}

func (c *sqliteConn) stmt(ctx context.Context, q *Query) (*sql.Stmt, error) {
	if s := c.stmts[q]; s != nil {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, q.Text(SQLite))
	if err != nil {
		return nil, err
	}
	c.stmts[q] = s
	return s, nil
}

func (c *sqliteConn) exec(ctx context.Context, q *Query, args []any) (sql.Result, error) {
	s, err := c.stmt(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (c *sqliteConn) query(ctx context.Context, q *Query, args []any) (*sql.Rows, error) {
	s, err := c.stmt(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryContext runs a statement that is not kept prepared.
func (c *sqliteConn) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return c.conn.QueryContext(ctx, text, args...)
}

// control runs a statement that begins, ends or divides a transaction. No context may interrupt it.
func (c *sqliteConn) control(q *Query) error {
	run := func() error {
		_, err := c.exec(context.Background(), q, nil)
		return err
	}
	if c.planted != nil {
		return c.planted(q, run)
	}
	return run()
}

// The statements of control; they are no queries of the domain and are not registered.
var (
	beginRead  = bare("BEGIN DEFERRED")
	beginWrite = bare("BEGIN IMMEDIATE")
	commit     = bare("COMMIT")
	rollback   = bare("ROLLBACK")
	savepoint  = bare("SAVEPOINT f")
	release    = bare("RELEASE f")
	rollbackTo = bare("ROLLBACK TO f")
)

func bare(text string) *Query {
	return &Query{name: text, text: map[Engine]string{SQLite: text, Postgres: text}}
}

// onReader lends fn one of the readers, which is thrown away if fn panics or ends its goroutine.
func (db *DB) onReader(ctx context.Context, fn func(c *sqliteConn) error) error {
	var c *sqliteConn
	select {
	case c = <-db.readers:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return ErrClosed
	}
	defer func() {
		db.readers <- c
		if db.isClosed() {
			db.closeReaders()
		}
	}()
	if err := c.open(ctx); err != nil {
		return db.mapClosed(err)
	}
	whole := false
	defer func() {
		if !whole {
			c.discard()
		}
	}()
	err := fn(c)
	whole = true
	return err
}

// viewSQLite runs fn in a transaction on one of the readers.
func (db *DB) viewSQLite(ctx context.Context, fn func(tx *Tx) error) error {
	return db.onReader(ctx, func(c *sqliteConn) error {
		if err := c.control(beginRead); err != nil {
			c.discard()
			return db.mapClosed(err)
		}
		tx := &Tx{db: db, ctx: ctx, on: c}
		err := tx.run(fn)
		if c.control(rollback) != nil {
			c.discard()
		}
		return err
	})
}

// closeReaders closes the readers that are free; the others close themselves when their View ends.
func (db *DB) closeReaders() {
	for {
		select {
		case c := <-db.readers:
			c.discard()
		default:
			return
		}
	}
}

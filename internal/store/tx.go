package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Tx is one transaction. It belongs to the goroutine that runs the function it was given to and ends with it.
type Tx struct {
	db  *DB
	ctx context.Context
	on  executor

	failed  error // the first failed statement; the transaction cannot go on
	ranging bool  // an Each is open: PostgreSQL's connection is busy
	done    bool
	single  bool // a statement on its own, without a transaction around it
	begun   bool // that statement was run
	wait    *watch
	topics  []string
}

// executor runs statements where the transaction lives: on SQLite's writer, on a reader, on a PostgreSQL connection.
type executor interface {
	exec(ctx context.Context, q *Query, args []any) (sql.Result, error)
	query(ctx context.Context, q *Query, args []any) (*sql.Rows, error)
	querier // for statements made from the catalogue, which are not worth keeping prepared
}

// Row is one row of a result. Destinations are pointers to int64, string, []byte, bool and named types of these; a
// column that can be NULL takes a pointer to a pointer.
type Row interface {
	Scan(dest ...any) error
}

var (
	errDone    = errors.New("store: the transaction has ended")
	errSingle  = errors.New("store: a second statement, or one that writes, in a Look; use View or Update")
	errRanging = errors.New("store: a statement inside the loop of an Each; use List or finish the loop first")
)

// Now returns the time of the instance's clock, in UTC.
func (tx *Tx) Now() time.Time { return tx.db.Now() }

// Engine returns the engine of the database.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// Signal wakes those who called DB.Signals with the topic once the transaction is committed.
func (tx *Tx) Signal(topic string) { tx.topics = append(tx.topics, topic) }

// Exec runs a statement and returns how many rows it wrote or deleted. Arguments are int64, string, []byte, bool, nil,
// named types of these and pointers to them, nil meaning NULL.
func (tx *Tx) Exec(q *Query, args ...any) (affected int64, err error) {
	if err := tx.start(q); err != nil {
		return 0, err
	}
	if tx.single {
		return 0, tx.fail(q, errSingle)
	}
	r, err := tx.on.exec(tx.ctx, q, args)
	tx.wait.pause()
	if err != nil {
		return 0, tx.fail(q, mapError(err))
	}
	affected, err = r.RowsAffected()
	return affected, tx.fail(q, mapError(err))
}

// Row returns the first row of a statement; its Scan runs the statement and returns ErrNoRow when there is none.
func (tx *Tx) Row(q *Query, args ...any) Row { return &singleRow{tx, q, args} }

type singleRow struct {
	tx   *Tx
	q    *Query
	args []any
}

func (r *singleRow) Scan(dest ...any) error {
	if err := r.tx.start(r.q); err != nil {
		return err
	}
	defer r.tx.wait.pause()
	rows, err := r.tx.on.query(r.tx.ctx, r.q, r.args)
	if err != nil {
		return r.tx.fail(r.q, mapError(err))
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return r.tx.fail(r.q, mapError(err))
		}
		return fmt.Errorf("%s: %w", r.q.name, ErrNoRow)
	}
	if err := rows.Scan(dest...); err != nil {
		return r.tx.fail(r.q, scanError(err))
	}
	// Closing reads to the end on PostgreSQL, where a late error of an INSERT … RETURNING shows only then.
	if err := errors.Join(rows.Close(), rows.Err()); err != nil {
		return r.tx.fail(r.q, mapError(err))
	}
	return nil
}

// List returns all rows of a statement.
func List[T any](tx *Tx, q *Query, scan func(Row) (T, error), args ...any) ([]T, error) {
	var list []T
	for v, err := range Each(tx, q, scan, args...) {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// Each ranges over the rows of a statement without holding them all. An error is the last pair. No other statement may
// run inside the loop.
func Each[T any](tx *Tx, q *Query, scan func(Row) (T, error), args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if err := tx.start(q); err != nil {
			yield(zero, err)
			return
		}
		rows, err := tx.on.query(tx.ctx, q, args)
		if err != nil {
			tx.wait.pause()
			yield(zero, tx.fail(q, mapError(err)))
			return
		}
		tx.ranging = true
		defer func() {
			rows.Close()
			tx.wait.pause()
			tx.ranging = false
		}()
		for rows.Next() {
			tx.wait.pause() // whoever takes the rows may take their time
			v, err := scan(scanRow{rows})
			if err != nil {
				yield(zero, tx.fail(q, err))
				return
			}
			if !yield(v, nil) {
				return
			}
			tx.wait.begin()
		}
		if err := rows.Err(); err != nil {
			yield(zero, tx.fail(q, mapError(err)))
		}
	}
}

type scanRow struct{ rows *sql.Rows }

func (r scanRow) Scan(dest ...any) error { return scanError(r.rows.Scan(dest...)) }

// start checks that a statement may run now.
func (tx *Tx) start(q *Query) error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case tx.done:
		return errDone
	case tx.ranging:
		return tx.fail(q, errRanging)
	case tx.single && tx.begun:
		return tx.fail(q, errSingle)
	}
	tx.begun = true
	tx.wait.begin()
	if tx.db.o.OnStatement != nil {
		tx.db.o.OnStatement(q)
	}
	return nil
}

// fail names the statement in err and ends the transaction with it.
func (tx *Tx) fail(q *Query, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", q.name, err)
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

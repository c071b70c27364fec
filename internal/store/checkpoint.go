package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	// forgetEvery is how often what was committed is moved out of SQLite's write-ahead log, where every earlier state of a page
	// stands beside the last one: what is deleted is off the disk two of these later at the latest, unless somebody still reads
	// a state from before. The house promises 10 s.
	forgetEvery = 3 * time.Second

	// forgetAgain is when it is tried again while somebody reads from the log.
	forgetAgain = 250 * time.Millisecond

	// readersEnd is how long writers wait for those who read, each time.
	readersEnd = 20 * time.Millisecond
)

// checkpointer moves what was committed from the write-ahead log into the database file and cuts the log to nothing. SQLite by
// itself only ever moves pages, and writes over the log's beginning when it comes round: its tail keeps what was deleted.
//
// Most of the work is done beside the writer, which then only waits for what was committed meanwhile. A reader that began before
// the last commit keeps the log from being cut until it ends.
type checkpointer struct {
	pool *sql.DB
	wal  string
	done chan struct{} // closed when loop has ended
}

func newCheckpointer(file string) (*checkpointer, error) {
	pool, err := openPool(file, "deferred", 1, nil)
	return &checkpointer{pool: pool, wal: file + "-wal", done: make(chan struct{})}, err
}

// loop forgets now and then until the database is closed.
func (c *checkpointer) loop(db *DB) {
	defer close(c.done)
	timer := time.NewTimer(forgetEvery)
	defer timer.Stop()
	fails := false
	for {
		select {
		case <-db.closed:
			return
		case <-timer.C:
		}
		cut, err := c.forget(db.alone)
		if err != nil && !fails && !db.isClosed() { // once: a disk that is full stays so for a while
			db.o.Log.Error("checkpoint failed", "err", err.Error())
		}
		fails = err != nil
		if cut || fails {
			timer.Reset(forgetEvery)
		} else {
			timer.Reset(forgetAgain)
		}
	}
}

// closeCheckpointer forgets a last time: where other processes have the database open, closing it does not. What they still read
// they forget themselves.
func (db *DB) closeCheckpointer() error {
	if db.writer != nil {
		_, err := db.checkpointer.forget(func(fn func() error) error {
			unlock, err := db.writer.lock()
			if err != nil {
				return err
			}
			defer unlock()
			return fn()
		})
		if err != nil {
			db.o.Log.Error("checkpoint failed", "err", err.Error()) // nothing is lost: the next start has it before it
		}
	}
	return db.checkpointer.pool.Close()
}

// alone runs fn while no process writes.
func (db *DB) alone(fn func() error) error {
	var failed error
	err := db.writer.exclusive(context.Background(), func(*sqliteConn) error {
		failed = fn()
		return nil // the writer's own connection is as good as before
	})
	return errors.Join(failed, err)
}

// forget cuts the log, false while readers need it. alone runs a function while no process writes.
func (c *checkpointer) forget(alone func(fn func() error) error) (cut bool, err error) {
	if info, err := os.Stat(c.wal); err != nil || info.Size() == 0 {
		return true, nil // no log, or an empty one
	}
	if moved, err := c.checkpoint("PASSIVE"); err != nil || !moved {
		return false, err // a reader needs it: no writer has to wait for that
	}
	err = alone(func() error {
		cut, err = c.checkpoint("TRUNCATE")
		return err
	})
	return cut, err
}

// checkpoint reports whether SQLite did all of what the mode asks for.
func (c *checkpointer) checkpoint(mode string) (whole bool, err error) {
	ctx := context.Background()
	conn, err := c.pool.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", readersEnd.Milliseconds())); err != nil {
		return false, err
	}
	var busy, frames, moved int64
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &moved); err != nil {
		return false, mapError(err)
	}
	return busy == 0 && frames == moved, nil
}

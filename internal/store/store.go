// Package store owns the database: it opens it on either engine, migrates it, runs every statement and every
// transaction, and writes and reads engine-neutral dumps. It is the only package that knows database/sql.
//
// It promises:
//
//   - A nil error from Update means that the transaction is on stable storage. ErrUnknown means that it may or may not
//     be; nothing else that Update returns was committed.
//   - Each function given to Update is atomic and fails alone. It may run more than once and holds SQL only.
//   - A statement that fails ends its transaction: what follows in the same function fails with the same error, and
//     nothing of it is committed, even when the function returns nil. PostgreSQL works like that; SQLite is made to.
//   - The same statements mean the same on both engines (see Q), and errors.Is finds the same errors.
//   - No value of a row is in the text of an error.
//
// On SQLite one goroutine writes: it takes the functions that wait, one savepoint each, and commits them together
// (writer.go). On PostgreSQL each function is a transaction of its own (postgres.go).
//
// It must not know any noun of the domain: tables are made by migrations, and queries stand beside their noun.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Options says which database to open.
type Options struct {
	// Data is the folder of keys and, on SQLite, of the database file undersigned.db and of the lock files turn, write
	// and serve.
	Data string
	// Database is empty for SQLite in Data, or postgres://….
	Database string
	// Log gets what no caller can be told; nil discards it.
	Log *slog.Logger
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// OnStatement, when set, is called before each statement, so that a test can hold a use case to a number of them.
	OnStatement func(q *Query)

	migrations fs.FS // nil for the embedded ones; tests replace them
}

// DB is an open database. Its methods may be called by any goroutine.
type DB struct {
	engine Engine
	o      Options

	read    *sql.DB          // SQLite: the pool of readers; PostgreSQL: the one pool
	readers chan *sqliteConn // SQLite: the readers that are free
	writer  *writer          // SQLite only

	checkpointer *checkpointer // SQLite only
	warnings     atomic.Int64  // PostgreSQL: warnings of the server so far, see tryPostgres

	patient          driver.Connector // PostgreSQL only, as what follows; see patiently
	probes, asks     *sql.DB          // of Watch, and of Ping
	reading, writing presence
	wrote            atomic.Bool // since the last probe that wrote
	readyMu          sync.Mutex
	ready            *asked // the last; guarded by readyMu

	closeOnce sync.Once
	closed    chan struct{}

	signalMu sync.Mutex
	signals  map[string][]chan struct{}
}

// Open opens the database, creates it if it is new, checks that the engine is recent enough and set up to keep what it
// acknowledges, and migrates it to this program's schema. It refuses a schema newer than this program.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.migrations == nil {
		o.migrations = embeddedMigrations()
	}
	db := &DB{engine: SQLite, o: o, closed: make(chan struct{}), signals: map[string][]chan struct{}{}}
	open := db.openSQLite
	if o.Database != "" {
		db.engine, open = Postgres, db.openPostgres
	}
	if err := open(ctx); err != nil {
		return nil, err
	}
	return db, nil
}

// Close finishes the running batch and closes the database. Updates that did not start yet, and later ones, get
// ErrClosed.
func (db *DB) Close() error {
	var err error
	db.closeOnce.Do(func() {
		close(db.closed)
		if db.writer != nil {
			db.writer.wait()
			<-db.checkpointer.done
			db.closeReaders()
		}
		if db.read != nil {
			err = db.read.Close()
		}
		for _, pool := range []*sql.DB{db.probes, db.asks} {
			if pool != nil {
				err = errors.Join(err, pool.Close())
			}
		}
		if db.checkpointer != nil {
			err = errors.Join(err, db.closeCheckpointer())
		}
		if db.writer != nil {
			// Last, since the last connection copies the write-ahead log into the database file and deletes it.
			err = errors.Join(err, db.writer.release())
		}
	})
	return err
}

// Engine returns the engine of this database.
func (db *DB) Engine() Engine { return db.engine }

// Now returns the time of this instance's clock, in UTC.
func (db *DB) Now() time.Time { return db.o.Now().UTC() }

// Ping reports, within two seconds, whether the database answers and on PostgreSQL whether it takes writes: whether somebody can
// sign.
func (db *DB) Ping(ctx context.Context) error {
	if db.isClosed() {
		return ErrClosed
	}
	if db.engine == Postgres {
		return db.takesWrites(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	return mapError(db.read.PingContext(ctx)) // the pool keeps a connection more than there are readers
}

// View runs fn on one consistent state of the database, which it can only read. It ends early when ctx does.
func (db *DB) View(ctx context.Context, fn func(tx *Tx) error) error {
	if db.isClosed() {
		return ErrClosed
	}
	if db.engine == Postgres {
		return db.viewPostgres(ctx, fn)
	}
	return db.viewSQLite(ctx, fn)
}

// Look is View for a single statement, which is consistent without a transaction: it saves the beginning and the end of one,
// each a round trip on PostgreSQL. A second statement in fn fails.
func (db *DB) Look(ctx context.Context, fn func(tx *Tx) error) error {
	if db.isClosed() {
		return ErrClosed
	}
	if db.engine == Postgres {
		return db.lookPostgres(ctx, fn)
	}
	return db.onReader(ctx, func(c *sqliteConn) error {
		tx := &Tx{db: db, ctx: ctx, on: c, single: true}
		return tx.run(fn)
	})
}

// Update runs fn in a transaction and returns after the COMMIT is on stable storage. fn may run more than once and must
// hold SQL only: no network, no other Update or View, no effects outside. It never sees ctx: while it waits for its turn,
// the end of ctx removes it; once it runs, Update waits for the outcome.
func (db *DB) Update(ctx context.Context, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.isClosed() {
		return ErrClosed
	}
	if db.engine == Postgres {
		return db.updatePostgres(ctx, fn)
	}
	return db.writer.update(ctx, fn)
}

// Repeat runs a bounded DELETE until it finds nothing more, so that no transaction grows with what has piled up. It returns how
// many rows it deleted.
func (db *DB) Repeat(ctx context.Context, q *Query, args ...any) (deleted int, err error) {
	for {
		var n int64
		err := db.Update(ctx, func(tx *Tx) (err error) {
			n, err = tx.Exec(q, args...)
			return err
		})
		if err != nil || n == 0 {
			return deleted, err
		}
		deleted += int(n)
	}
}

// LockServe makes sure that one server runs on this data folder. On PostgreSQL any number may, but none while somebody else has called
// the function of this name; where the folder cannot be written to, nobody can know.
func (db *DB) LockServe() (unlock func(), err error) {
	if db.engine == SQLite {
		return LockServe(db.o.Data)
	}
	unlock, ok, err := tryLock(db.o.Data, "serve", unix.LOCK_SH)
	switch {
	case err != nil:
		return func() {}, nil
	case !ok:
		return nil, fmt.Errorf("a restore, or a server of the SQLite database, is running on %s: stop it first, or give this one a --data "+
			"folder of its own", db.o.Data)
	}
	return unlock, nil
}

// TryTurn takes the turn of the name among all processes on this database, if nobody has it: a lock that ends with the
// process. It keeps workers from doing the same work twice; what must not happen twice needs a condition in its transaction
// as well, since a process that has lost its connection does not know that its turn is over.
func (db *DB) TryTurn(ctx context.Context, name string) (release func(), ok bool, err error) {
	if db.isClosed() {
		return nil, false, ErrClosed
	}
	if db.engine == Postgres {
		return db.tryTurnPostgres(ctx, name)
	}
	return tryLock(db.o.Data, name, unix.LOCK_EX)
}

// Signals returns a channel that gets a value after each commit in this process of a transaction that called
// Tx.Signal with the topic. Signals that nobody took yet are one. Other processes are not heard: poll as well.
func (db *DB) Signals(topic string) (c <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	db.signalMu.Lock()
	defer db.signalMu.Unlock()
	db.signals[topic] = append(db.signals[topic], ch)
	return ch, func() {
		db.signalMu.Lock()
		defer db.signalMu.Unlock()
		for i, other := range db.signals[topic] {
			if other == ch {
				// A copy, since signal ranges over the old slice without the lock.
				kept := append([]chan struct{}(nil), db.signals[topic][:i]...)
				db.signals[topic] = append(kept, db.signals[topic][i+1:]...)
				return
			}
		}
	}
}

// signal wakes the listeners of the topics of a committed transaction.
func (db *DB) signal(topics []string) {
	for _, topic := range topics {
		db.signalMu.Lock()
		listeners := db.signals[topic]
		db.signalMu.Unlock()
		for _, c := range listeners {
			select {
			case c <- struct{}{}:
			default: // one is waiting already
			}
		}
	}
}

func (db *DB) isClosed() bool {
	select {
	case <-db.closed:
		return true
	default:
		return false
	}
}

// mapClosed turns the pool's own word for "closed" into ErrClosed.
func (db *DB) mapClosed(err error) error {
	if err != nil && db.isClosed() {
		return ErrClosed
	}
	return mapError(err)
}

// run calls fn and returns its error, the error of a statement that fn swallowed, or its panic.
func (tx *Tx) run(fn func(tx *Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
			tx.db.o.Log.Error("panic in a transaction", "stack", string(err.(*PanicError).Stack))
		}
		tx.done = true
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.failed
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrAway says that PostgreSQL does not answer, or takes no writes: nothing was written. It passes by itself.
var ErrAway = errors.New("store: the database is away")

// The limits of waiting for PostgreSQL. SQLite answers as its disk does, and has none.
const (
	// statementLimit is how long a statement, or the next of its rows, may take, and a whole Update. It is no budget: signers are
	// answered sooner, since a server watches (see Watch).
	statementLimit = time.Minute
	// sessionLimit is how long the server itself lets one statement run, or a transaction lie idle, unless it or the address of the
	// database says otherwise: longer than anything here takes, so that what a vanished process has left open ends.
	sessionLimit = 15 * time.Minute
	// connectLimit is how long one host of the address may take to greet, unless the address says otherwise.
	connectLimit = 2 * time.Second

	watchEvery = time.Second
	patience   = 4 * time.Second // without an answer until the database counts as away
	readyLimit = 1500 * time.Millisecond
	readyEvery = 200 * time.Millisecond
)

// presence is whether PostgreSQL answers one kind of statement, and who waits for it.
type presence struct {
	mu   sync.Mutex
	here context.Context         // of those who wait; it ends when the database is away; guarded by mu
	end  context.CancelCauseFunc // guarded by mu
	away atomic.Bool
}

// use returns the context of the presence, or ErrAway.
func (p *presence) use() (context.Context, error) {
	if p.away.Load() {
		return nil, ErrAway
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here == nil {
		p.here, p.end = context.WithCancelCause(context.Background())
	}
	return p.here, nil
}

// set says whether the database is away, and reports whether that is new. Whoever waits is told at once.
func (p *presence) set(away bool) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away.Swap(away) == away {
		return false
	}
	if away && p.here != nil {
		p.end(ErrAway)
		p.here = nil
	}
	return true
}

// watch bounds what waits for the database: each wait between begin and end is at most statementLimit, and all end when the
// database is away. A nil one bounds nothing.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	unbind func() bool
}

func (p *presence) wait(ctx context.Context) (*watch, error) {
	here, err := p.use()
	if err != nil {
		return nil, err
	}
	w := &watch{}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.unbind = context.AfterFunc(here, func() { w.cancel(ErrAway) })
	w.timer = time.AfterFunc(statementLimit, func() { w.cancel(ErrAway) })
	return w, nil
}

func (w *watch) begin() {
	if w != nil {
		w.timer.Reset(statementLimit)
	}
}

func (w *watch) pause() {
	if w != nil {
		w.timer.Stop()
	}
}

func (w *watch) close() {
	w.timer.Stop()
	w.unbind()
	w.cancel(nil)
}

// explain says of an error that it came because the database is away.
func (w *watch) explain(err error) error {
	if err == nil || errors.Is(err, ErrAway) || errors.Is(err, ErrUnknown) || !errors.Is(context.Cause(w.ctx), ErrAway) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// Watch asks PostgreSQL once a second whether it answers and takes writes, until ctx ends. While it does not, everything fails at
// once with ErrAway instead of waiting, and connections to a server that is not the one any more are dropped. On SQLite it does
// nothing.
func (db *DB) Watch(ctx context.Context) {
	if db.engine == SQLite {
		return
	}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	read, written := time.Now(), time.Now() // when it last did
	for {
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, patience)
		errRead := db.probe(limited, db.probes, false)
		errWrite := errRead
		if errRead == nil {
			read = began
			// An idle server is not made to write each second.
			if errWrite = nil; db.wrote.Swap(false) || db.writing.away.Load() {
				errWrite = db.probe(limited, db.probes, true)
			}
			if errWrite == nil {
				written = began
			} else {
				db.wrote.Store(true)
			}
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		db.mark(ctx, &db.reading, "read", errRead, time.Since(read))
		db.mark(ctx, &db.writing, "write", errWrite, time.Since(written))
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// mark notes the outcome of a probe, since the last good one of which so much time has passed.
func (db *DB) mark(ctx context.Context, p *presence, what string, err error, silent time.Duration) {
	if err != nil && silent < patience {
		return
	}
	if !p.set(err != nil) {
		return
	}
	if err != nil {
		db.o.Log.LogAttrs(ctx, slog.LevelError, "database_away", slog.String("for", what), slog.String("error", awayReason(err)))
	} else {
		db.o.Log.LogAttrs(ctx, slog.LevelInfo, "database_back", slog.String("for", what))
	}
	// What lies in the pool was made before: to a server that hangs, or is not the primary any more.
	go func() {
		db.read.SetMaxIdleConns(0)
		db.read.SetMaxIdleConns(connections)
	}()
}

// awayReason says why a probe failed, for the log, without the names of the database's host and user that the driver would say.
func awayReason(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "postgres: " + e.Code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer"
	}
	return "no connection"
}

// asked is a question whether the database takes writes, which whoever asks meanwhile shares.
type asked struct {
	at   time.Time
	done chan struct{}
	err  error // written before done is closed
}

// takesWrites asks PostgreSQL, within readyLimit, whether it takes writes. Anybody may ask, and each question is a durable write: so
// there is one at a time, and its answer holds for readyEvery.
func (db *DB) takesWrites(ctx context.Context) error {
	db.readyMu.Lock()
	q := db.ready
	if q == nil || q.over() && time.Since(q.at) >= readyEvery {
		q = &asked{at: time.Now(), done: make(chan struct{})}
		db.ready = q
		go func() {
			defer close(q.done)
			limited, cancel := context.WithTimeout(context.Background(), readyLimit)
			defer cancel()
			q.err = mapError(db.probe(limited, db.asks, true))
		}()
	}
	db.readyMu.Unlock()
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *asked) over() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// probe asks on a connection of a pool that nothing else waits for. A write is a message in the write-ahead log, which COMMIT makes durable as it does a
// signature, on standbys too; it is of no table and no byte of it stays.
func (db *DB) probe(ctx context.Context, pool *sql.DB, write bool) error {
	text := "SELECT 1"
	if write {
		text = "SELECT pg_logical_emit_message(true, 'undersigned', '')"
	}
	rows, err := pool.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

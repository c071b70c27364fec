package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// maxBatch bounds how many functions share a COMMIT, and so how long the last of them waits.
const maxBatch = 64

// writer is SQLite's group commit. Its goroutine takes a waiting function, the lock files, then every other function
// that waits, one savepoint each, and commits them together; only then each caller gets its own error.
//
// The lock files make processes take turns: DATA/turn is the place at the head of the queue, DATA/write is held from
// BEGIN to COMMIT. Without turn, the process that has just released write would mostly get it again, and with SQLite's
// own lock alone a second process fails with SQLITE_BUSY beside a busy server.
type writer struct {
	db          *DB
	pool        *sql.DB
	conn        sqliteConn
	turn, write *os.File

	queue   chan *request // functions for a batch
	alone   chan *request // functions that want the connection for themselves, see exclusive
	stopped chan struct{}

	// Owned by the goroutine of loop.
	batch  []*request // the functions of the running batch
	unlock func()     // releases the lock files while a batch runs
}

// request is one function that waits for the writer, or was run by it.
type request struct {
	fn     func(tx *Tx) error
	own    func(c *sqliteConn) error // instead of fn, see exclusive
	state  atomic.Int32
	err    error
	topics []string
	done   chan struct{}
}

const (
	waiting int32 = iota
	running
	cancelled
)

// newWriter opens the writer's connection pool and lock files; loop is started by the caller.
func newWriter(db *DB, file string) (*writer, error) {
	w := &writer{db: db, queue: make(chan *request, 4*maxBatch), alone: make(chan *request), stopped: make(chan struct{})}
	var err error
	if w.turn, err = lockFile(db.o.Data, "turn"); err == nil {
		w.write, err = lockFile(db.o.Data, "write")
	}
	if err == nil {
		w.pool, err = openPool(file, "immediate", 1, writerPragmas)
	}
	if err != nil {
		w.release()
		return nil, err
	}
	w.conn.pool = w.pool
	return w, nil
}

// update queues fn and waits for its outcome.
func (w *writer) update(ctx context.Context, fn func(tx *Tx) error) error {
	return w.submit(ctx, w.queue, &request{fn: fn, done: make(chan struct{})})
}

// exclusive runs fn on the writer's connection with the lock files held and no transaction open.
func (w *writer) exclusive(ctx context.Context, fn func(c *sqliteConn) error) error {
	return w.submit(ctx, w.alone, &request{own: fn, done: make(chan struct{})})
}

func (w *writer) submit(ctx context.Context, queue chan<- *request, r *request) error {
	select {
	case queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.db.closed:
		return ErrClosed
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, cancelled) {
			return ctx.Err()
		}
	case <-w.stopped: // it may have been queued after the last look at the queue
		if r.state.CompareAndSwap(waiting, cancelled) {
			return ErrClosed
		}
	}
	<-r.done // it runs: only its outcome is an answer
	return r.err
}

// take claims the request for running; false when its caller has left.
func (r *request) take() bool { return r.state.CompareAndSwap(waiting, running) }

// loop runs batches until the database is closed.
func (w *writer) loop() {
	ended := false
	defer func() {
		if !ended {
			// A function ended this goroutine (runtime.Goexit, as t.FailNow does). The batch is lost, the writer is not.
			w.fail(errors.New("a function ended the writer's goroutine"))
			go w.loop()
		}
	}()
	for {
		select {
		case <-w.db.closed:
			ended = true
			close(w.stopped)
			return
		default:
		}
		select {
		case r := <-w.queue:
			w.run(r)
		case r := <-w.alone:
			w.runAlone(r)
		case <-w.db.closed:
		}
	}
}

// wait returns when the running batch has ended and no other will begin.
func (w *writer) wait() { <-w.stopped }

// release closes the connection and the lock files.
func (w *writer) release() error {
	w.conn.discard()
	var err error
	if w.pool != nil {
		err = w.pool.Close()
	}
	w.turn.Close()
	w.write.Close()
	return err
}

// lock takes this process's turn to write.
func (w *writer) lock() (unlock func(), err error) {
	if err := flock(w.turn, unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("store: lock %s: %w", w.turn.Name(), err)
	}
	defer flock(w.turn, unix.LOCK_UN) //nolint // nothing can be done about it, and Close drops it
	if err := flock(w.write, unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("store: lock %s: %w", w.write.Name(), err)
	}
	return func() { _ = flock(w.write, unix.LOCK_UN) }, nil
}

// run runs one batch that begins with first.
func (w *writer) run(first *request) {
	unlock, err := w.lock()
	if err != nil {
		w.refuse(first, err)
		return
	}
	w.unlock = unlock
	if err := w.begin(); err != nil {
		w.conn.discard()
		w.refuse(first, mapError(err))
		return
	}
	for r := first; r != nil; r = w.next() {
		if !r.take() {
			continue
		}
		w.batch = append(w.batch, r)
		if err := w.runOne(r); err != nil {
			w.fail(err)
			return
		}
	}
	w.commit()
}

// next returns another waiting request, nil when there is none or the batch is full.
func (w *writer) next() *request {
	if len(w.batch) >= maxBatch {
		return nil
	}
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

func (w *writer) begin() error {
	if err := w.conn.open(context.Background()); err != nil {
		return err
	}
	return w.conn.control(beginWrite)
}

// runOne runs one function in its savepoint. The error returned is not the function's: it says that the batch cannot go
// on, because SQLite has rolled the whole transaction back (a full disk does that) or nobody knows its state.
func (w *writer) runOne(r *request) (broken error) {
	if err := w.conn.control(savepoint); err != nil {
		return err
	}
	tx := &Tx{db: w.db, ctx: context.Background(), on: &w.conn}
	r.err = tx.run(r.fn)
	r.topics = tx.topics
	if r.err == nil {
		return w.conn.control(release)
	}
	if err := w.conn.control(rollbackTo); err != nil {
		if errors.Is(r.err, ErrFull) {
			return fmt.Errorf("%w: %w", err, ErrFull)
		}
		return err
	}
	return w.conn.control(release)
}

// commit commits the batch and tells every caller.
func (w *writer) commit() {
	err := w.conn.control(commit)
	if err == nil {
		w.end()
		return
	}
	if !sqliteRefused(err) || w.conn.control(rollback) != nil {
		w.fail(err)
		return
	}
	// A constraint checked at COMMIT. Nothing was committed, and it is known; whose fault it is shows one by one.
	if len(w.batch) == 1 {
		w.batch[0].err = mapError(err)
		w.end()
		return
	}
	w.commitSingly()
}

// commitSingly gives each function of a refused batch a transaction of its own.
func (w *writer) commitSingly() {
	for i, r := range w.batch {
		if r.err != nil {
			continue // it failed by itself and was rolled back
		}
		err := w.begin()
		if err == nil {
			err = w.runOne(r)
		}
		if err == nil {
			err = w.conn.control(commit)
		}
		if err == nil {
			continue
		}
		if sqliteRefused(err) && w.conn.control(rollback) == nil {
			r.err = mapError(err)
			continue
		}
		// What came before is committed and keeps its answer.
		for _, rest := range w.batch[i:] {
			if rest.err == nil {
				rest.err = unknown(err)
			}
		}
		w.conn.discard()
		break
	}
	w.end()
}

// runAlone runs a request that wants the connection for itself.
func (w *writer) runAlone(r *request) {
	unlock, err := w.lock()
	if err != nil {
		w.refuse(r, err)
		return
	}
	w.unlock = unlock
	if !r.take() {
		w.end()
		return
	}
	w.batch = append(w.batch, r)
	if r.err = w.conn.open(context.Background()); r.err == nil {
		r.err = r.own(&w.conn)
	}
	if r.err != nil {
		w.conn.discard()
	}
	w.end()
}

// refuse answers a request for which nothing was begun.
func (w *writer) refuse(r *request, err error) {
	if r.take() {
		r.err = err
		w.batch = append(w.batch, r)
	}
	w.end()
}

// fail ends a batch of which nobody knows whether it was committed. Every caller is told so, also one whose own function
// had failed before: it may have been the cause.
func (w *writer) fail(cause error) {
	w.db.o.Log.Error("batch lost", "functions", len(w.batch), "err", cause.Error())
	for _, r := range w.batch {
		if r.err != nil {
			r.err = fmt.Errorf("%w: %w", ErrUnknown, r.err)
		} else {
			r.err = unknown(cause)
		}
	}
	// A new connection: the state of this one, and of its page cache after a failed write, is not worth guessing.
	w.conn.discard()
	w.end()
}

func unknown(cause error) error { return fmt.Errorf("%w: %w", ErrUnknown, mapError(cause)) }

// end lets the next process write and then answers the callers.
func (w *writer) end() {
	if w.unlock != nil {
		w.unlock()
		w.unlock = nil
	}
	for _, r := range w.batch {
		if r.err == nil {
			w.db.signal(r.topics)
		}
		close(r.done)
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}

// Package job owns background work that must not be lost: mails to send, counts to rebuild, data to purge.
//
// It promises:
//
//   - A job exists if and only if the transaction that enqueued it was committed.
//   - A job runs at least once: a process that is killed loses nothing, since its claim is a lease that runs out. So a
//     handler may run again for a job that was done, and must stand that.
//   - A job that fails is tried again, later and later up to once an hour, for six days at least. What is then given up,
//     or refused by its handler, stays in the table as dead and is counted.
//   - What is in the table and in the log is ids and short codes, never personal data. Args hold ids only.
//
// It must not know what any job does: kinds, arguments and handlers belong to the packages that enqueue and handle.
package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// Args are the arguments of a job: a struct that encoding/json can write and read, of ids rather than of texts.
type Args interface {
	// Kind names the handler, as in "mail.confirm". It must not depend on the value.
	Kind() string
}

// topic is the signal by which a commit wakes the runners of its process.
const topic = "job"

// Enqueue adds a job that may run as soon as the transaction is committed.
func Enqueue(tx *store.Tx, args Args) error { return EnqueueAt(tx, tx.Now(), args) }

// EnqueueAt adds a job that may run from the given time on.
func EnqueueAt(tx *store.Tx, at time.Time, args Args) error {
	return enqueue(tx, qInsert, at, nil, args)
}

// EnqueueUnique adds a job unless one with the same key waits for its first run already; that one is moved forward if at
// is earlier. A job with the key that runs, or ran and failed, is no obstacle: it may have started before the change
// that the new one is about. When it fails again while the new one waits, it is dropped in favour of that.
func EnqueueUnique(tx *store.Tx, at time.Time, key string, args Args) error {
	return enqueue(tx, qInsertUnique, at, &key, args)
}

func enqueue(tx *store.Tx, q *store.Query, at time.Time, key *string, args Args) error {
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("job %s: %w", args.Kind(), err)
	}
	if _, err := tx.Exec(q, store.NewID(tx.Now()), args.Kind(), key, string(text), at.UnixMicro()); err != nil {
		return err
	}
	if !at.After(tx.Now()) {
		tx.Signal(topic)
	}
	return nil
}

// Count says how many jobs of a kind there are.
type Count struct {
	Kind    string
	Waiting int64     // not yet done; those that run now are among them
	Dead    int64     // given up or refused by their handler
	Oldest  time.Time // when the oldest waiting one was first to run, zero when none waits; in the future for a planned one
}

// Counts counts the jobs of each kind.
func Counts(tx *store.Tx) ([]Count, error) {
	return store.List(tx, qCounts, func(r store.Row) (c Count, err error) {
		var oldest *int64
		if err := r.Scan(&c.Kind, &c.Waiting, &c.Dead, &oldest); err != nil {
			return c, err
		}
		if oldest != nil {
			c.Oldest = time.UnixMicro(*oldest).UTC()
		}
		return c, nil
	})
}

// retryError, deadError and codedError are what a handler can say beside "it failed".
type (
	retryError struct {
		after time.Duration
		err   error
	}
	laterError struct{ after time.Duration }
	deadError  struct{ err error }
	codedError struct {
		code string
		err  error
	}
)

// Retry is returned by a handler whose job is to run again, but not before after has passed: a mail server that says
// "try later", a budget that is spent.
func Retry(after time.Duration, err error) error { return &retryError{after, orFailed(err)} }

// Later is returned by a handler that did nothing, since the turn of its job has not come: it runs again once after has passed.
// Nothing failed.
func Later(after time.Duration) error { return &laterError{after} }

// Dead is returned by a handler whose job must never run again.
func Dead(err error) error { return &deadError{orFailed(err)} }

// Code gives an error the short code under which it is stored and logged, such as "smtp_450". It must hold no personal
// data; err itself is neither stored nor logged.
func Code(code string, err error) error { return &codedError{code, orFailed(err)} }

var errFailed = errors.New("job: failed")

func orFailed(err error) error {
	if err == nil {
		return errFailed
	}
	return err
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }
func (e *laterError) Error() string { return "job: later" }

func (e *deadError) Error() string  { return e.err.Error() }
func (e *deadError) Unwrap() error  { return e.err }
func (e *codedError) Error() string { return e.code + ": " + e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

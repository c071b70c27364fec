package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

const (
	firstPause = 15 * time.Second
	maxPause   = time.Hour
	// A job is given up only when it has failed often and for long: a mail server may be down over a long weekend.
	giveUpAttempts = 20
	giveUpAge      = 6 * 24 * time.Hour
)

// result is the end of one run.
type result struct {
	claim
	kind string
	err  error
}

// outcome is what becomes of the job.
type outcome struct {
	done bool
	next *int64 // µs; nil for dead
	code string // "" for one whose turn has not come
	back bool   // it costs no try
}

// finish stores results, as many in one transaction as there are. While the database takes none it tries again: to go on
// working without remembering what was done would do it twice.
func (r *Runner) finish(ctx context.Context, abandoned <-chan struct{}) {
	for {
		var batch []result
		select {
		case first := <-r.results:
			batch = append(batch, first)
		case <-abandoned:
			select {
			case first := <-r.results:
				batch = append(batch, first)
			default:
				return
			}
		}
	more:
		for len(batch) < maxClaim {
			select {
			case next := <-r.results:
				batch = append(batch, next)
			default:
				break more
			}
		}
		r.storeBatch(context.WithoutCancel(ctx), batch, abandoned)
	}
}

func (r *Runner) storeBatch(ctx context.Context, batch []result, abandoned <-chan struct{}) {
	now := r.db.Now()
	outcomes := make([]outcome, len(batch))
	for i, res := range batch {
		outcomes[i] = decide(res, now)
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 30*time.Second) {
		err := r.db.Update(ctx, func(tx *store.Tx) error {
			done := map[string]int{}
			for i, res := range batch {
				n, err := outcomes[i].store(tx, res)
				if err != nil {
					return err
				}
				done[res.kind] += n
			}
			for _, kind := range slices.Sorted(maps.Keys(done)) { // in one order, so that processes do not wait for each other in a ring
				if done[kind] == 0 {
					continue
				}
				if _, err := tx.Exec(qAddDone, hourOf(tx.Now()), kind, done[kind]); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			break
		}
		r.log.ErrorContext(ctx, "results of jobs not stored", "jobs", len(batch), "err", err.Error())
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			continue
		case <-abandoned:
			timer.Stop()
		}
		return // they run again when their leases end
	}
	for i, res := range batch {
		outcomes[i].log(ctx, r.log, res)
	}
}

// store records the outcome, and returns how many jobs it ended.
func (o outcome) store(tx *store.Tx, res result) (int, error) {
	if o.done {
		n, err := tx.Exec(qDone, res.id)
		return int(n), err
	}
	if o.next != nil {
		if n, err := tx.Exec(qSuperseded, res.id, res.attempts); err != nil || n > 0 {
			return 0, err
		}
	}
	if o.back {
		_, err := tx.Exec(qBack, o.next, store.OrNull(o.code), res.id, res.attempts)
		return 0, err
	}
	_, err := tx.Exec(qFailed, o.next, o.code, res.id, res.attempts)
	return 0, err
}

func (o outcome) log(ctx context.Context, log *slog.Logger, res result) {
	attrs := []any{"kind", res.kind, "job", res.id, "attempt", res.attempts}
	switch {
	case o.done:
		log.DebugContext(ctx, "job done", attrs...)
	case o.back: // whoever put it back has said why, where that is worth it
		log.DebugContext(ctx, "job put off", append(attrs, "next", time.UnixMicro(*o.next).UTC())...)
	case o.next == nil:
		log.ErrorContext(ctx, "job dead", append(attrs, "code", o.code)...)
	default:
		log.WarnContext(ctx, "job failed", append(attrs, "code", o.code, "next", time.UnixMicro(*o.next).UTC())...)
	}
}

// decide turns a handler's error into what becomes of its job.
func decide(res result, now time.Time) outcome {
	if res.err == nil {
		return outcome{done: true}
	}
	if e, ok := errors.AsType[*laterError](res.err); ok {
		return outcome{next: new(res.after(now, e.after)), back: true}
	}
	o := outcome{code: code(res.err)}
	if _, dead := errors.AsType[*deadError](res.err); dead {
		return o
	}
	if res.attempts >= giveUpAttempts && now.Sub(res.due) > giveUpAge {
		return o
	}
	wait := pause(res.attempts)
	if e, ok := errors.AsType[*retryError](res.err); ok {
		wait, o.back = e.after, e.after == 0
	}
	o.next = new(res.after(now, wait))
	return o
}

// after is when the job runs again, µs. One that need not wait keeps its place in the queue.
func (res result) after(now time.Time, wait time.Duration) int64 {
	if wait == 0 && res.due.Before(now) {
		return res.due.UnixMicro()
	}
	return now.Add(wait).UnixMicro()
}

// pause grows with each attempt, up to an hour. The jitter keeps jobs that failed together from coming back together.
func pause(attempts int64) time.Duration {
	d := maxPause
	if attempts < 10 {
		d = min(maxPause, firstPause<<max(attempts-1, 0))
	}
	return d*4/5 + rand.N(d/5)
}

// code is what is stored and logged of an error: never its text, which may quote an address.
func code(err error) string {
	if e, ok := errors.AsType[*codedError](err); ok {
		return e.code
	}
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Key
	}
	switch { // a wait for the database that ends because that is away was cancelled too
	case errors.Is(err, store.ErrUnknown), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrAway):
		return "database"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return fmt.Sprintf("%T", innermost(err))
}

// innermost follows single wraps down to the type that says most.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// Options of a Runner; a zero field takes its default.
type Options struct {
	Workers int           // jobs that run at the same time, 8
	Poll    time.Duration // how often to look for jobs of other processes, 1 s
	Lease   time.Duration // how long a claim lasts after its process died, 3 min
	Grace   time.Duration // how long Run waits for running handlers at its end, 20 s
}

// Option is a property of one kind of job.
type Option func(*handler)

// Limit sets how many jobs of the kind run at the same time in this process; the default is all workers.
func Limit(n int) Option { return func(h *handler) { h.limit = n } }

// Timeout sets how long one run may take before its context ends; the default is two minutes.
func Timeout(d time.Duration) Option { return func(h *handler) { h.timeout = d } }

// Gate is what several kinds of job have to pass one after the other, such as a mail relay: while it is shut none of them is claimed or
// started, and nobody's try is spent.
type Gate struct {
	Wait func() time.Duration // for how long it stays shut, 0 while it is open; it is asked often
}

// Through has jobs of a kind pass a gate. Those of a bulk kind start only while no job of the gate's other kinds has been claimed: whoever
// waits for one mail does not wait behind a thousand.
func Through(g *Gate, bulk bool) Option { return func(h *handler) { h.gate, h.bulk = g, bulk } }

// Runner claims jobs and runs their handlers. Any number of processes may run one each on the same database.
type Runner struct {
	db       *store.DB
	log      *slog.Logger
	o        Options
	handlers []*handler // in the order of Handle; the fields below "Run" belong to Run's goroutine
	wake     chan struct{}
	results  chan result
	slots    chan *handler // a handler that ended; Run takes them back
}

// handler is what is known about one kind.
type handler struct {
	kind    string
	run     func(ctx context.Context, id int64, args json.RawMessage) error
	limit   int
	timeout time.Duration
	lease   time.Duration
	gate    *Gate // nil for none
	bulk    bool

	// Run
	running int
	queue   []claim // claimed and not started
	due     bool    // there may be more to claim
}

// claim is a job held by this process until the end of its lease.
type claim struct {
	id       int64
	args     json.RawMessage
	attempts int64
	due      time.Time
	until    time.Time
}

// maxClaim bounds how many jobs one statement claims, and so the size of a transaction beside the signers' own.
const maxClaim = 64

// NewRunner returns a Runner. Handlers are added before Run is called.
func NewRunner(db *store.DB, log *slog.Logger, o Options) *Runner {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Lease <= 0 {
		o.Lease = 3 * time.Minute
	}
	if o.Grace <= 0 {
		o.Grace = 20 * time.Second
	}
	return &Runner{db: db, log: log, o: o, wake: make(chan struct{}, 1),
		results: make(chan result, 4*maxClaim), slots: make(chan *handler, o.Workers)}
}

// Handle says what to do with jobs of a kind. The context ends with the kind's timeout, or when the process has waited
// long enough for running handlers at its end.
func (r *Runner) Handle(kind string, fn func(ctx context.Context, id int64, args json.RawMessage) error, opts ...Option) {
	h := &handler{kind: kind, run: fn, limit: r.o.Workers, timeout: 2 * time.Minute}
	for _, opt := range opts {
		opt(h)
	}
	h.limit = min(max(h.limit, 1), r.o.Workers)
	h.lease = max(r.o.Lease, h.timeout+time.Minute)
	for _, other := range r.handlers {
		if other.kind == kind {
			panic(fmt.Sprintf("job: two handlers for %s", kind))
		}
	}
	r.handlers = append(r.handlers, h)
}

// Handle says what to do with jobs whose arguments are of type T. Arguments that are not make a dead job.
func Handle[T Args](r *Runner, fn func(ctx context.Context, id int64, args T) error, opts ...Option) {
	var zero T
	r.Handle(zero.Kind(), func(ctx context.Context, id int64, text json.RawMessage) error {
		var args T
		if err := json.Unmarshal(text, &args); err != nil {
			return Dead(Code("args", err))
		}
		return fn(ctx, id, args)
	}, opts...)
}

// Wake makes a running Run look for jobs now. A commit of this process that enqueues one does so by itself.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it was told already
	}
}

// Run runs jobs until ctx ends. It then gives back what it had claimed and not started, and waits for the handlers that
// run, at the end of the grace with their contexts cancelled.
func (r *Runner) Run(ctx context.Context) error {
	signals, stop := r.db.Signals(topic)
	defer stop()
	handling, cancelHandlers := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelHandlers()

	abandoned := make(chan struct{}) // closed when results are not waited for any more
	var workers sync.WaitGroup
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		r.finish(handling, abandoned)
	}()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		r.start(handling, &workers, abandoned)
		lookedAtAll := true
		select {
		case h := <-r.slots:
			h.running--
			if !h.wants() {
				continue
			}
			lookedAtAll = false
		case <-r.wake:
			r.lookAtAll()
		case <-signals:
			r.lookAtAll()
		case <-timer.C:
			r.lookAtAll()
		case <-ctx.Done():
			continue
		}
		wait, err := r.claim(ctx)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			level := slog.LevelError
			if errors.Is(err, store.ErrAway) { // which the database says itself
				level = slog.LevelDebug
			}
			r.log.Log(ctx, level, "jobs not claimed", "err", err.Error())
			lookedAtAll, wait = true, r.o.Poll
		}
		if lookedAtAll { // or one busy kind would put off the look at the others for ever
			timer.Reset(wait)
		}
	}
	err := r.release(context.WithoutCancel(ctx), func(*handler) bool { return true })
	return errors.Join(err, r.wait(&workers, cancelHandlers, abandoned, finished))
}

// lookAtAll makes the next claim ask for jobs of every kind.
func (r *Runner) lookAtAll() {
	for _, h := range r.handlers {
		h.due = true
	}
}

// shut returns for how long the handler's gate stays shut.
func (h *handler) shut() time.Duration {
	if h.gate == nil {
		return 0
	}
	return h.gate.Wait()
}

// wants reports whether to claim more jobs: the queue no longer covers the next run of each worker.
func (h *handler) wants() bool { return h.due && len(h.queue) < h.limit }

// claim claims jobs of the kinds that want some, and says how long to wait before looking again.
func (r *Runner) claim(ctx context.Context) (wait time.Duration, err error) {
	if err := r.release(ctx, func(h *handler) bool { return h.shut() > 0 }); err != nil {
		return r.o.Poll, err
	}
	wait = r.o.Poll
	now := r.db.Now()
	var due []*handler
	err = r.db.View(ctx, func(tx *store.Tx) error {
		due, wait = nil, r.o.Poll
		for _, h := range r.handlers {
			if !h.wants() {
				continue
			}
			if shut := h.shut(); shut > 0 {
				wait = max(min(wait, shut), time.Millisecond)
				continue
			}
			var next *int64
			if err := tx.Row(qNext, h.kind).Scan(&next); err != nil {
				return err
			}
			switch {
			case next == nil:
			case *next <= now.UnixMicro():
				due = append(due, h)
				continue
			default:
				wait = max(min(wait, time.UnixMicro(*next).Sub(now)), time.Millisecond)
			}
			h.due = false
		}
		return nil
	})
	if err != nil || len(due) == 0 {
		return wait, err
	}
	claims := make([][]claim, len(due))
	err = r.db.Update(ctx, func(tx *store.Tx) error {
		for i, h := range due {
			until := now.Add(h.lease)
			claims[i], err = store.List(tx, qClaim, func(row store.Row) (c claim, err error) {
				var args string
				var due int64
				err = row.Scan(&c.id, &args, &c.attempts, &due)
				c.args, c.due, c.until = json.RawMessage(args), time.UnixMicro(due).UTC(), until
				return c, err
			}, h.kind, now.UnixMicro(), h.room(), until.UnixMicro())
			if err != nil {
				return err
			}
			slices.SortFunc(claims[i], func(a, b claim) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.id, b.id)) }) // RETURNING has no order
		}
		return nil
	})
	if err != nil {
		return wait, err // what was claimed after all, if ErrUnknown, comes back when its lease ends
	}
	for i, h := range due {
		h.due = len(claims[i]) == h.room()
		h.queue = append(h.queue, claims[i]...)
	}
	return wait, nil
}

// room says how many jobs to claim: a few rounds of work, so that claims are few and still short of their lease.
func (h *handler) room() int { return min(maxClaim, 8*h.limit) - len(h.queue) }

// start starts queued jobs while there are workers, one of each kind in turn.
func (r *Runner) start(ctx context.Context, workers *sync.WaitGroup, abandoned <-chan struct{}) {
	free := r.o.Workers
	for _, h := range r.handlers {
		free -= h.running
	}
	for again := true; again && free > 0; {
		again = false
		for _, h := range r.handlers {
			if free == 0 || h.running >= h.limit || len(h.queue) == 0 || h.shut() > 0 || h.bulk && r.waits(h.gate) {
				continue
			}
			c := h.queue[0]
			h.queue = h.queue[1:]
			again = true
			if r.db.Now().Add(h.timeout).After(c.until) {
				continue // its lease could end while it runs; it will be claimed again
			}
			h.running++
			free--
			workers.Go(func() {
				res := result{claim: c, kind: h.kind, err: r.handle(ctx, h, c)}
				select {
				case r.results <- res: // blocks while results cannot be stored: then no more work is begun
				case <-abandoned:
					return
				}
				r.slots <- h
			})
		}
	}
}

// waits reports whether a job that is not of a bulk kind waits for the gate.
func (r *Runner) waits(g *Gate) bool {
	for _, h := range r.handlers {
		if h.gate == g && !h.bulk && len(h.queue) > 0 {
			return true
		}
	}
	return false
}

// errPanic stands for a handler's panic; its value may hold anything and is not kept.
var errPanic = errors.New("panic")

// handle runs the handler on one job.
func (r *Runner) handle(ctx context.Context, h *handler, c claim) (err error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			r.log.Error("panic in a job", "kind", h.kind, "job", c.id, "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = Code("panic", errPanic)
		}
	}()
	return h.run(ctx, c.id, c.args)
}

// release gives back what handlers have claimed and not started.
func (r *Runner) release(ctx context.Context, of func(*handler) bool) error {
	var queued []claim
	for _, h := range r.handlers {
		if of(h) && len(h.queue) > 0 {
			queued = append(queued, h.queue...)
			h.queue, h.due = nil, true
		}
	}
	if len(queued) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Grace)
	defer cancel()
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, c := range queued {
			// Back at its first run it may meet another with its key; one of them is enough.
			if n, err := tx.Exec(qSuperseded, c.id, c.attempts); err != nil || n > 0 {
				if err != nil {
					return err
				}
				continue
			}
			if _, err := tx.Exec(qBack, c.due.UnixMicro(), nil, c.id, c.attempts); err != nil {
				return err
			}
		}
		return nil
	})
}

// wait waits for the running handlers and for their results to be stored.
func (r *Runner) wait(workers *sync.WaitGroup, cancelHandlers func(), abandoned chan<- struct{}, finished <-chan struct{}) error {
	ended := make(chan struct{})
	go func() {
		workers.Wait()
		close(ended)
	}()
	drain := func(limit time.Duration) bool {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		for {
			select {
			case h := <-r.slots:
				h.running--
			case <-ended:
				return true
			case <-timer.C:
				return false
			}
		}
	}
	whole := drain(r.o.Grace)
	if !whole {
		cancelHandlers()
		whole = drain(2 * time.Second)
	}
	close(abandoned)
	<-finished
	if !whole {
		return errors.New("job: handlers did not end; their jobs will run again")
	}
	return nil
}

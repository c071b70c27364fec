package job_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

type greet struct{ Letter int64 }

func (greet) Kind() string { return "test.greet" }

var (
	qRows = store.Q("jobtest.rows", "SELECT kind, attempts, run_at, error FROM job ORDER BY id")
	qLate = store.Q("jobtest.late", "UPDATE job SET due_at = $1, attempts = $2")
)

type row struct {
	kind     string
	attempts int64
	runAt    *int64
	code     *string
}

func rows(t *testing.T, db *store.DB) (list []row) {
	t.Helper()
	err := db.View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = store.List(tx, qRows, func(r store.Row) (v row, err error) {
			return v, r.Scan(&v.kind, &v.attempts, &v.runAt, &v.code)
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func update(t *testing.T, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, db *store.DB, letters ...int64) {
	t.Helper()
	update(t, db, func(tx *store.Tx) error {
		for _, l := range letters {
			if err := job.Enqueue(tx, greet{l}); err != nil {
				return err
			}
		}
		return nil
	})
}

// run starts r and returns what stops it and waits until everything is stored.
func run(t *testing.T, r *job.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// slow keeps polls out of a test: only signals, Wake and the end of a job make the runner look.
var slow = job.Options{Poll: time.Hour}

func TestRun_doneOnceAndDeleted(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		seen := make(chan int64, 1000)
		r := job.NewRunner(db, nil, slow)
		job.Handle(r, func(_ context.Context, _ int64, a greet) error { seen <- a.Letter; return nil })
		enqueue(t, db, 1) // before Run: found at its start
		stop := run(t, r)
		want := []int64{1}
		for i := int64(2); i <= 200; i++ {
			enqueue(t, db, i) // after it: found by the signal of the commit
			want = append(want, i)
		}
		var got []int64
		for range want {
			got = append(got, <-seen)
		}
		stop()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("ran %v", got)
		}
		if left := rows(t, db); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestEnqueue_rolledBack(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		no := errors.New("no")
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if err := job.Enqueue(tx, greet{1}); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) || len(rows(t, db)) != 0 {
			t.Errorf("%v, %v", err, rows(t, db))
		}
	})
}

func TestRun_retryDeadPanic(t *testing.T) {
	secret := errors.New("550 no such user asra@example.org")
	tests := []struct {
		name string
		err  error
		code string
		wait [2]time.Duration // bounds of the pause; zero for dead
	}{
		{"plain", secret, "*errors.errorString", [2]time.Duration{12 * time.Second, 15 * time.Second}},
		{"coded", job.Code("smtp_450", secret), "smtp_450", [2]time.Duration{12 * time.Second, 15 * time.Second}},
		{"retry", job.Retry(time.Hour, job.Code("budget", secret)), "budget", [2]time.Duration{time.Hour, time.Hour}},
		{"dead", job.Dead(job.Code("smtp_550", secret)), "smtp_550", [2]time.Duration{}},
		{"timeout", context.DeadlineExceeded, "timeout", [2]time.Duration{12 * time.Second, 15 * time.Second}},
		{"panic", nil, "panic", [2]time.Duration{12 * time.Second, 15 * time.Second}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
				ran := make(chan struct{}, 10)
				r := job.NewRunner(db, nil, slow)
				job.Handle(r, func(context.Context, int64, greet) error {
					ran <- struct{}{}
					if test.err == nil {
						panic("a name")
					}
					return test.err
				})
				enqueue(t, db, 1)
				stop := run(t, r)
				<-ran
				stop()
				left := rows(t, db)
				if len(left) != 1 || left[0].attempts != 1 || left[0].code == nil || *left[0].code != test.code {
					t.Fatalf("left %+v", left)
				}
				var waiting, dead int64 = 1, 0
				if test.wait[1] == 0 {
					if left[0].runAt != nil {
						t.Error("not dead")
					}
					waiting, dead = 0, 1
				} else if wait := time.UnixMicro(*left[0].runAt).Sub(clock.Now()); wait < test.wait[0] || wait > test.wait[1] {
					t.Errorf("waits %v", wait)
				}
				err := db.View(t.Context(), func(tx *store.Tx) error {
					counts, err := job.Counts(tx)
					if len(counts) != 1 || counts[0].Waiting != waiting || counts[0].Dead != dead {
						t.Errorf("%+v", counts)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestRun_failsThenSucceeds(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		for attempt := range 3 {
			ran := make(chan int64, 1)
			r := job.NewRunner(db, nil, slow)
			job.Handle(r, func(_ context.Context, id int64, _ greet) error {
				ran <- id
				if attempt < 2 {
					return errors.New("not yet")
				}
				return nil
			})
			if attempt == 0 {
				enqueue(t, db, 1)
			}
			stop := run(t, r)
			<-ran
			stop()
			clock.Advance(2 * time.Minute)
		}
		if left := rows(t, db); len(left) != 0 {
			t.Errorf("left %+v", left)
		}
	})
}

// While a gate is shut the jobs behind it keep their places and their tries, and so does the one that tries.
func TestRun_gateKeepsTheQueue(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		const jobs = 40
		for n := range jobs {
			enqueue(t, db, int64(n))
			clock.Advance(time.Second)
		}
		var shut atomic.Bool
		var order []int64
		done := make(chan struct{})
		r := job.NewRunner(db, nil, job.Options{Workers: 1, Poll: 5 * time.Millisecond})
		tries := 0
		job.Handle(r, func(_ context.Context, _ int64, g greet) error {
			if tries++; tries%3 != 0 { // the relay takes one mail in three tries
				shut.Store(true)
				time.AfterFunc(10*time.Millisecond, func() { shut.Store(false) })
				return job.Retry(0, job.Code("relay", nil))
			}
			if order = append(order, g.Letter); len(order) == jobs {
				close(done)
			}
			return nil
		}, job.Limit(1), job.Through(&job.Gate{Wait: func() time.Duration {
			if shut.Load() {
				return time.Millisecond
			}
			return 0
		}}, false))
		stop := run(t, r)
		<-done
		stop()
		for place, n := range order { // others may pass one whose answer is being stored
			if off := int64(place) - n; off > 8 || off < -8 || tries != 3*jobs {
				t.Errorf("%d tries, in the order %v", tries, order)
				break
			}
		}
		if left := rows(t, db); len(left) != 0 {
			t.Errorf("left: %+v", left)
		}
	})
}

// A job whose turn has not come runs later: it has not failed, has spent no try, and does not end by being put off often.
func TestRun_putOff(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		enqueue(t, db, 1)
		for attempt := range 30 {
			ran := make(chan int64, 1)
			r := job.NewRunner(db, nil, slow)
			job.Handle(r, func(_ context.Context, id int64, _ greet) error {
				ran <- id
				return job.Later(7 * 24 * time.Hour)
			})
			stop := run(t, r)
			<-ran
			stop()
			left := rows(t, db)
			if len(left) != 1 || left[0].attempts != 0 || left[0].code != nil || left[0].runAt == nil || *left[0].runAt != clock.Now().Add(7*24*time.Hour).UnixMicro() {
				t.Fatalf("put off for the %dth time: %+v", attempt+1, left)
			}
			clock.Advance(7 * 24 * time.Hour)
		}
	})
}

func TestRun_killedProcess(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		// A runner that never comes back from its handler and is never stopped stands for a process that was killed.
		held := make(chan struct{})
		killed := job.NewRunner(db, nil, job.Options{Poll: time.Hour, Workers: 1, Grace: time.Millisecond})
		job.Handle(killed, func(context.Context, int64, greet) error { held <- struct{}{}; select {} })
		enqueue(t, db, 1, 2, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go killed.Run(ctx)
		<-held

		ran := make(chan int64, 10)
		next := job.NewRunner(db, nil, slow)
		job.Handle(next, func(_ context.Context, _ int64, a greet) error { ran <- a.Letter; return nil })
		stop := run(t, next)
		defer stop()
		next.Wake()
		select {
		case l := <-ran:
			t.Fatalf("job %d ran inside another's lease", l)
		default:
		}
		clock.Advance(3*time.Minute + time.Second)
		next.Wake()
		got := []int64{<-ran, <-ran, <-ran}
		slices.Sort(got)
		if !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("ran %v", got)
		}
		stop()
		if left := rows(t, db); len(left) != 0 {
			t.Errorf("left %+v", left)
		}
	})
}

func TestRun_stopGivesBack(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		begun, end := make(chan struct{}), make(chan struct{})
		r := job.NewRunner(db, nil, job.Options{Poll: time.Hour, Workers: 1})
		job.Handle(r, func(context.Context, int64, greet) error { begun <- struct{}{}; <-end; return nil })
		enqueue(t, db, 1, 2, 3, 4)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		<-begun
		cancel()
		close(end)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		left := rows(t, db)
		if len(left) != 3 {
			t.Fatalf("left %+v", left)
		}
		for _, l := range left {
			if l.attempts != 0 || *l.runAt > clock.Now().UnixMicro() {
				t.Errorf("not given back: %+v", l)
			}
		}
	})
}

func TestRun_limitOfKind(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		var mu sync.Mutex
		now, most := 0, 0
		ran := make(chan struct{}, 100)
		r := job.NewRunner(db, nil, slow)
		job.Handle(r, func(context.Context, int64, greet) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			for range 100 {
				runtime.Gosched()
			}
			mu.Lock()
			now--
			mu.Unlock()
			ran <- struct{}{}
			return nil
		}, job.Limit(2))
		letters := make([]int64, 100)
		enqueue(t, db, letters...)
		stop := run(t, r)
		for range letters {
			<-ran
		}
		stop()
		if most > 2 {
			t.Errorf("%d ran at the same time", most)
		}
	})
}

func TestRun_twoRunners(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		const n = 500
		letters := make([]int64, n)
		for i := range letters {
			letters[i] = int64(i)
		}
		enqueue(t, db, letters...)
		ran := make(chan int64, 2*n)
		var stops []func()
		for range 2 {
			r := job.NewRunner(db, nil, slow)
			job.Handle(r, func(_ context.Context, _ int64, a greet) error { ran <- a.Letter; return nil })
			stops = append(stops, run(t, r))
		}
		var got []int64
		for range n {
			got = append(got, <-ran)
		}
		for _, stop := range stops {
			stop()
		}
		slices.Sort(got)
		if !slices.Equal(got, letters) || len(ran) > 0 {
			t.Error("a job was left out or ran twice")
		}
	})
}

func TestEnqueueUnique(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		unique := func(at time.Time) {
			t.Helper()
			update(t, db, func(tx *store.Tx) error { return job.EnqueueUnique(tx, at, "greet:7", greet{7}) })
		}
		unique(clock.Now().Add(time.Hour))
		unique(clock.Now())
		unique(clock.Now().Add(time.Minute))
		left := rows(t, db)
		if len(left) != 1 || *left[0].runAt != clock.Now().UnixMicro() {
			t.Fatalf("%+v", left)
		}

		// While it runs, another may wait; when it then fails, the other takes its place.
		begun, end := make(chan struct{}), make(chan struct{})
		r := job.NewRunner(db, nil, job.Options{Poll: time.Hour, Workers: 1})
		job.Handle(r, func(context.Context, int64, greet) error { begun <- struct{}{}; <-end; return errors.New("no") })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		<-begun
		unique(clock.Now().Add(time.Minute))
		if left := rows(t, db); len(left) != 2 {
			t.Fatalf("%+v", left)
		}
		cancel()
		close(end)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if left := rows(t, db); len(left) != 1 || left[0].attempts != 0 {
			t.Errorf("%+v", left)
		}
	})
}

func TestRun_givesUpLate(t *testing.T) {
	for _, test := range []struct {
		name     string
		age      time.Duration
		attempts int64
		dead     bool
	}{
		{"often but young", 5 * 24 * time.Hour, 200, false},
		{"old but seldom", 30 * 24 * time.Hour, 3, false},
		{"old and often", 7 * 24 * time.Hour, 100, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
				enqueue(t, db, 1)
				update(t, db, func(tx *store.Tx) error {
					_, err := tx.Exec(qLate, clock.Now().Add(-test.age).UnixMicro(), test.attempts)
					return err
				})
				ran := make(chan struct{}, 1)
				r := job.NewRunner(db, nil, slow)
				job.Handle(r, func(context.Context, int64, greet) error { ran <- struct{}{}; return errors.New("no") })
				stop := run(t, r)
				<-ran
				stop()
				left := rows(t, db)
				if len(left) != 1 || (left[0].runAt == nil) != test.dead {
					t.Errorf("%+v", left)
				}
				if !test.dead && time.UnixMicro(*left[0].runAt).Sub(clock.Now()) > time.Hour {
					t.Error("waits more than an hour")
				}
			})
		})
	}
}

func TestRun_logsNoText(t *testing.T) {
	var log strings.Builder
	db := testkit.Store(t, store.SQLite)
	ran := make(chan struct{}, 1)
	r := job.NewRunner(db, slog.New(slog.NewTextHandler(&log, nil)), slow)
	job.Handle(r, func(context.Context, int64, greet) error {
		ran <- struct{}{}
		return errors.New("550 no such user asra@example.org")
	})
	enqueue(t, db, 1)
	stop := run(t, r)
	<-ran
	stop()
	if got := log.String(); strings.Contains(got, "asra") || !strings.Contains(got, "job failed") {
		t.Errorf("log: %s", got)
	}
}

func TestQueries_prepareOnBothEngines(t *testing.T) { testkit.PrepareAll(t) }

// A planned job and one enqueued by another process: found by the clock alone.
func TestRun_byTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.StoreAt(t, store.SQLite, store.Options{Now: time.Now})
		begun := time.Now()
		ran := make(chan time.Duration, 2)
		r := job.NewRunner(db, nil, job.Options{})
		job.Handle(r, func(context.Context, int64, greet) error { ran <- time.Since(begun); return nil })
		stop := run(t, r)
		synctest.Wait()
		update(t, db, func(tx *store.Tx) error {
			if err := job.EnqueueAt(tx, begun.Add(90*time.Second+time.Millisecond/2), greet{1}); err != nil {
				return err
			}
			return job.EnqueueAt(tx, begun.Add(time.Hour), greet{2})
		})
		for _, want := range []time.Duration{90 * time.Second, time.Hour} {
			if got := <-ran; got < want || got > want+time.Second {
				t.Errorf("ran after %v, want %v", got, want)
			}
		}
		stop()
	})
}

// A handler that outlives its timeout and then the grace is told so, and its job runs again later.
func TestRun_timeoutAndGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.StoreAt(t, store.SQLite, store.Options{Now: time.Now})
		r := job.NewRunner(db, nil, job.Options{Grace: 5 * time.Second})
		causes := make(chan error, 2)
		job.Handle(r, func(ctx context.Context, _ int64, _ greet) error {
			<-ctx.Done()
			causes <- ctx.Err()
			return ctx.Err()
		}, job.Timeout(time.Minute))
		enqueue(t, db, 1)
		begun := time.Now()
		stop := run(t, r)
		if err := <-causes; !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		time.Sleep(20 * time.Second) // it runs again after at most 15
		begun = time.Now()
		stop()
		if err := <-causes; !errors.Is(err, context.Canceled) || time.Since(begun) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		left := rows(t, db)
		if len(left) != 1 || left[0].attempts != 2 || *left[0].code != "stopped" {
			t.Errorf("%+v", left)
		}
	})
}

// BenchmarkRun shows jobs done a second by a runner whose handler does nothing.
func BenchmarkRun(b *testing.B) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		b.Run(string(engine), func(b *testing.B) {
			db := testkit.Store(b, engine)
			for left := b.N; left > 0; left -= 500 {
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					for range min(left, 500) {
						if err := job.Enqueue(tx, greet{1}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			ran := make(chan struct{}, b.N)
			r := job.NewRunner(db, nil, slow)
			job.Handle(r, func(context.Context, int64, greet) error { ran <- struct{}{}; return nil })
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			b.ResetTimer()
			go func() { ended <- r.Run(ctx) }()
			for range b.N {
				<-ran
			}
			cancel()
			if err := <-ended; err != nil {
				b.Error(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

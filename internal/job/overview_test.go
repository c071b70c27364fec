package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What failed is told by kind and code, what was done by the hour; an operator can have one tried again at once.
func TestOverview_saysHowTheWorkIs(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := job.Overview{DB: db}
		ctx := t.Context()
		mended := make(chan struct{})
		r := job.NewRunner(db, nil, slow)
		ran := make(chan int64, 100)
		job.Handle(r, func(_ context.Context, _ int64, a greet) error {
			defer func() { ran <- a.Letter }()
			select {
			case <-mended:
				return nil
			default:
			}
			switch a.Letter {
			case 1:
				return job.Code("smtp_450", errors.New("somebody@x.example"))
			case 2:
				return job.Dead(job.Code("args", nil))
			}
			return nil
		})
		stop := run(t, r)
		enqueue(t, db, 1, 2, 3, 4, 5)
		for range 5 {
			<-ran
		}
		stop()
		want := job.Health{Waiting: 1, Done: 3, Failing: []job.Failure{{Kind: "test.greet", Code: "args", N: 1}, {Kind: "test.greet", Code: "smtp_450", N: 1}}}
		h, err := o.Health(ctx, "test")
		if diff := cmp.Diff(want, h); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if other, err := o.Health(ctx, "tes"); err != nil || other.Waiting+other.Done+len(other.Failing) != 0 {
			t.Errorf("another family: %+v, %v", other, err)
		}
		failed, err := o.Failed(ctx, 10)
		if err != nil || len(failed) != 2 || failed[0].Code != "smtp_450" || failed[0].Attempts != 1 || !failed[0].Next.After(clock.Now()) || !failed[1].Next.IsZero() {
			t.Fatalf("%+v, %v", failed, err)
		}
		close(mended)
		stop = run(t, r)
		for _, f := range failed {
			update(t, db, func(tx *store.Tx) error {
				kind, err := job.Again(tx, f.ID)
				if err == nil && kind != "test.greet" {
					t.Errorf("%q", kind)
				}
				return err
			})
			<-ran
		}
		stop()
		update(t, db, func(tx *store.Tx) error {
			kind, err := job.Again(tx, failed[0].ID)
			if kind != "" {
				t.Errorf("what is done is tried again: %q", kind)
			}
			return err
		})
		if h, err = o.Health(ctx, "test"); err != nil || h.Done != 5 || h.Waiting != 0 || len(h.Failing) != 0 {
			t.Errorf("%+v, %v", h, err)
		}
		clock.Advance(25 * time.Hour)
		if h, err = o.Health(ctx, "test"); err != nil || h.Done != 0 {
			t.Errorf("a day later: %+v, %v", h, err)
		}
		clock.Advance(25 * time.Hour)
		if err := o.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.View(ctx, func(tx *store.Tx) error { return tx.Row(qDoneRows).Scan(&n) }); err != nil || n != 0 {
			t.Errorf("%d rows are kept, %v", n, err)
		}
	})
}

var qDoneRows = store.Q("jobtest.done_rows", `SELECT COUNT(*) FROM job_done`)

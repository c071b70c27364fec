package job

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// Overview tells how the work in the background is getting on. What it reads does not grow with what was done.
type Overview struct{ DB *store.DB }

// Health says how jobs of some kinds are.
type Health struct {
	Waiting int  // to be run; those that failed and are tried again are among them
	More    bool // there are more than that
	Done    int  // in the last 24 hours
	Failing []Failure
}

// Failure is how many jobs of a kind have failed in a way.
type Failure struct {
	Kind, Code string
	N          int
}

// Failed is a job that has failed and is tried again, or was given up.
type Failed struct {
	ID       int64
	Kind     string
	Attempts int
	Code     string
	Next     time.Time // zero for one that was given up
}

const (
	countedAtMost = 1000
	doneFor       = 48 * time.Hour // how long it is known how many were done
)

var (
	qAddDone = store.Q("job_done.add", `
		INSERT INTO job_done (hour, kind, n) VALUES ($1, $2, $3) ON CONFLICT (hour, kind) DO UPDATE SET n = job_done.n + excluded.n`)
	qForgetDone = store.Q("job_done.forget", `DELETE FROM job_done WHERE hour < $1`)
	qSumDone    = store.Q("job_done.sum", `SELECT COALESCE(SUM(n), 0) FROM job_done WHERE hour > $1 AND kind >= $2 AND kind < $3`)

	qCountWaiting = store.Q("job.count_waiting", `
		SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE kind >= $1 AND kind < $2 AND run_at IS NOT NULL LIMIT $3) found`)
	qCountFailures = store.Q("job.count_failures", `
		SELECT kind, error, COUNT(*) FROM (SELECT kind, error FROM job WHERE error IS NOT NULL ORDER BY id LIMIT 1000) found
		WHERE kind >= $1 AND kind < $2 GROUP BY kind, error ORDER BY kind, error`)
	qListFailed = store.Q("job.list_failed", `
		SELECT id, kind, attempts, error, run_at FROM job WHERE error IS NOT NULL ORDER BY id LIMIT $1`)
	qFindFailed = store.Q("job.find_failed", `SELECT id, kind, attempts, error, run_at FROM job WHERE id = $1 AND error IS NOT NULL`)
	qAgain      = store.Q("job.again", `UPDATE job SET run_at = $1, due_at = $1, error = 'revived' WHERE id = $2 AND error IS NOT NULL`)
)

// Health returns how the jobs are whose kind begins with a word and a dot, as "mail" does.
func (o Overview) Health(ctx context.Context, family string) (h Health, err error) {
	first, last := family+".", family+"/" // the character after the dot
	err = o.DB.View(ctx, func(tx *store.Tx) error {
		h = Health{}
		if err := tx.Row(qCountWaiting, first, last, countedAtMost+1).Scan(&h.Waiting); err != nil {
			return err
		}
		if h.More = h.Waiting > countedAtMost; h.More {
			h.Waiting = countedAtMost
		}
		if err := tx.Row(qSumDone, hourOf(tx.Now())-24, first, last).Scan(&h.Done); err != nil {
			return err
		}
		h.Failing, err = store.List(tx, qCountFailures, func(r store.Row) (f Failure, err error) { return f, r.Scan(&f.Kind, &f.Code, &f.N) }, first, last)
		return err
	})
	return h, err
}

// Failed returns jobs that need attention, the oldest first.
func (o Overview) Failed(ctx context.Context, limit int) (list []Failed, err error) {
	err = o.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListFailed, scanFailed, limit)
		return err
	})
	return list, err
}

// Retain forgets how many jobs were done long ago.
func (o Overview) Retain(ctx context.Context) error {
	return o.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qForgetDone, hourOf(tx.Now().Add(-doneFor)))
		return err
	})
}

// Again makes a job that has failed, or was given up, run at once, and returns its kind; "" says that it is not one of these.
func Again(tx *store.Tx, id int64) (kind string, err error) {
	f, err := scanFailed(tx.Row(qFindFailed, id))
	if errors.Is(err, store.ErrNoRow) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	n, err := tx.Exec(qAgain, tx.Now().UnixMicro(), id)
	if err != nil || n == 0 {
		return "", err
	}
	tx.Signal(topic)
	return f.Kind, nil
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

func scanFailed(r store.Row) (f Failed, err error) {
	var next *int64
	err = r.Scan(&f.ID, &f.Kind, &f.Attempts, &f.Code, &next)
	if next != nil {
		f.Next = time.UnixMicro(*next).UTC()
	}
	return f, err
}

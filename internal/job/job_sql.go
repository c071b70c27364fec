package job

import "github.com/undersigned/undersigned/internal/store"

// A job is in one of four states, told by its columns: fresh (attempts = 0), running (attempts > 0, no error; run_at is
// the end of its lease), failed and waiting (error set), dead (no run_at).
var (
	qInsert = store.Q("job.insert", `
		INSERT INTO job (id, kind, key, args, attempts, due_at, run_at)
		VALUES ($1, $2, $3, $4, 0, $5, $5)`)

	qInsertUnique = store.Q("job.insert_unique", `
		INSERT INTO job (id, kind, key, args, attempts, due_at, run_at)
		VALUES ($1, $2, $3, $4, 0, $5, $5)
		ON CONFLICT (key) WHERE key IS NOT NULL AND attempts = 0
		DO UPDATE SET run_at = CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END`)

	// One look-up in the index by kind; NULL when none waits.
	qNext = store.Q("job.next", `SELECT min(run_at) FROM job WHERE kind = $1 AND run_at IS NOT NULL`)

	// The oldest first; skip_locked lets several processes claim at the same time.
	qClaim = store.Q("job.claim", `
		WITH due AS MATERIALIZED (
			SELECT id FROM job WHERE kind = $1 AND run_at <= $2 ORDER BY run_at LIMIT $3 {skip_locked})
		UPDATE job SET run_at = $4, attempts = attempts + 1, error = NULL
		WHERE id IN (SELECT id FROM due) RETURNING id, args, attempts, due_at`)

	qDone = store.Q("job.done", `DELETE FROM job WHERE id = $1`)

	// A failed job gives way to another that waits with the same key.
	qSuperseded = store.Q("job.superseded", `
		DELETE FROM job WHERE id = $1 AND attempts = $2 AND EXISTS (
			SELECT 1 FROM job o WHERE o.key = job.key AND o.id <> job.id AND o.run_at IS NOT NULL
			AND (o.attempts = 0 OR o.error IS NOT NULL))`)

	// attempts tells whether the claim is still this process's own.
	qFailed = store.Q("job.failed", `UPDATE job SET run_at = $1, error = $2 WHERE id = $3 AND attempts = $4`)

	// What was given back: claimed and never started, or put off. It costs no try. That the number comes again does no harm: while
	// a claim is out that nobody has ended, the number does not fall below its own.
	qBack = store.Q("job.back", `UPDATE job SET run_at = $1, attempts = attempts - 1, error = $2 WHERE id = $3 AND attempts = $4`)

	qCounts = store.Q("job.counts", `
		SELECT kind, count(*) FILTER (WHERE run_at IS NOT NULL), count(*) FILTER (WHERE run_at IS NULL),
			min(CASE WHEN run_at IS NOT NULL THEN due_at END)
		FROM job GROUP BY kind ORDER BY kind`)
)

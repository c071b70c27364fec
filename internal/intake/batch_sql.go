package intake

import (
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

var (
	qInsertBatch = store.Q("signature_batch.insert", `
		INSERT INTO signature_batch (letter_id, id, basis, source, sha256, added, state, created_at, listing, kind)
		VALUES ($1, $2, $3, $4, $5, 0, 'applying', $6, $7, $8)`)
	qListUnbounded = store.Q("signature_batch.list_unbounded", `
		SELECT letter_id, id, basis, source, sha256, added, state, created_at, listing, kind, allowed FROM signature_batch
		WHERE allowed = 0 AND state <> 'undone' ORDER BY letter_id, id`)
	qCountBatchLines = store.Q("signature_batch_line.count", `SELECT COUNT(*) FROM signature_batch_line WHERE letter_id = $1 AND batch_id = $2`)
	qAllowBatch      = store.Q("signature_batch.allow", `UPDATE signature_batch SET allowed = allowed + $1 WHERE letter_id = $2 AND id = $3`)
	qListBatches     = store.Q("signature_batch.list", `
		SELECT letter_id, id, basis, source, sha256, added, state, created_at, listing, kind, allowed FROM signature_batch WHERE letter_id = $1 ORDER BY id`)
	qLockBatch = store.Q("signature_batch.lock", `
		SELECT letter_id, id, basis, source, sha256, added, state, created_at, listing, kind, allowed FROM signature_batch
		WHERE letter_id = $1 AND id = $2 {for_update}`)
	qSetBatch = store.Q("signature_batch.set", `UPDATE signature_batch SET state = $1, added = added + $2 WHERE letter_id = $3 AND id = $4`)

	qInsertBatchLine = store.Q("signature_batch_line.insert", `
		INSERT INTO signature_batch_line (letter_id, batch_id, line, kind, signature_id, pending_id) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (letter_id, batch_id, line, kind) DO NOTHING`)
	qListBatchLines = store.Q("signature_batch_line.list", `
		SELECT line, kind, signature_id, pending_id FROM signature_batch_line
		WHERE letter_id = $1 AND batch_id = $2 AND (line, kind) > ($3, $4) ORDER BY line, kind LIMIT $5`)
)

func scanBatch(row store.Row) (b Batch, err error) {
	var created int64
	err = row.Scan(&b.Letter, &b.ID, &b.Basis, &b.Source, &b.SHA256, &b.Added, &b.State, &created, &b.Listing, &b.Kind, &b.allowed)
	b.CreatedAt = time.UnixMicro(created).UTC()
	return b, err
}

// batchLine is a line of a file that became a signature, or a submission that waits for its sender.
type batchLine struct {
	line    int
	kind    verify.Kind
	id      int64 // 0 for a submission
	pending int64 // 0 for a signature
}

func scanBatchLine(row store.Row) (l batchLine, err error) {
	return l, row.Scan(&l.line, &l.kind, &l.id, &l.pending)
}

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
		SELECT letter_id, id, basis, source, sha256, added, state, created_at, listing, kind, allowed, next_at FROM signature_batch
		WHERE allowed = 0 AND state <> 'undone' ORDER BY letter_id, id`)
	qCountBatchLines = store.Q("signature_batch_line.count", `SELECT COUNT(*) FROM signature_batch_line WHERE letter_id = $1 AND batch_id = $2`)
	qAllowBatch      = store.Q("signature_batch.allow", `UPDATE signature_batch SET allowed = allowed + $1 WHERE letter_id = $2 AND id = $3`)
	qListBatches     = store.Q("signature_batch.list", `
		SELECT letter_id, id, basis, source, sha256, added, state, created_at, listing, kind, allowed, next_at FROM signature_batch WHERE letter_id = $1 ORDER BY id`)
	qLockBatch = store.Q("signature_batch.lock", `
		SELECT letter_id, id, basis, source, sha256, added, state, created_at, listing, kind, allowed, next_at FROM signature_batch
		WHERE letter_id = $1 AND id = $2 {for_update}`)
	qSetBatch = store.Q("signature_batch.set", `UPDATE signature_batch SET state = $1, added = added + $2 WHERE letter_id = $3 AND id = $4`)

	qInsertBatchLine = store.Q("signature_batch_line.insert", `
		INSERT INTO signature_batch_line (letter_id, batch_id, line, kind, signature_id, pending_id) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (letter_id, batch_id, line, kind) DO NOTHING`)
	qListBatchLines = store.Q("signature_batch_line.list", `
		SELECT line, kind, 0, 0, fate FROM intake_line WHERE letter_id = $1 AND batch_id = $2 AND (line, kind) > ($3, $4)
		UNION ALL
		SELECT line, kind, signature_id, pending_id, NULL FROM signature_batch_line WHERE letter_id = $1 AND batch_id = $2 AND (line, kind) > ($3, $4)
		ORDER BY line, kind LIMIT $5`)

	// What is added at the desk.
	qAnnounceBatch = store.Q("signature_batch.announce", `
		INSERT INTO signature_batch (letter_id, id, basis, source, sha256, added, state, created_at, next_at, listing, kind)
		VALUES ($1, $2, $3, $4, $5, $6, 'applying', $7, $7, $8, $9)`)
	qListDue = store.Q("signature_batch.list_due", `
		SELECT b.letter_id, b.id, b.basis, b.source, b.sha256, b.added, b.state, b.created_at, b.listing, b.kind, b.allowed, b.next_at
		FROM signature_batch b JOIN letter l ON l.id = b.letter_id
		WHERE b.state = 'applying' AND b.next_at > 0 AND (b.next_at <= $1 OR l.state <> 'open' OR l.deadline_at <= $1) ORDER BY b.letter_id, b.id`)
	qPostponeBatch = store.Q("signature_batch.postpone", `
		UPDATE signature_batch SET next_at = $1 WHERE letter_id = $2 AND id = $3 AND state = 'applying'`)
	qEndBatch = store.Q("signature_batch.end", `
		UPDATE signature_batch SET state = 'applied', next_at = 0 WHERE letter_id = $1 AND id = $2 AND state = 'applying'`)

	qInsertTakenLine  = store.Q("intake_line.insert", `INSERT INTO intake_line (letter_id, batch_id, line, kind, fate) VALUES ($1, $2, $3, $4, $5)`)
	qListTakenLines   = store.Q("intake_line.list", `SELECT line, kind FROM intake_line WHERE letter_id = $1 AND batch_id = $2`)
	qRemoveTakenLine  = store.Q("intake_line.remove", `DELETE FROM intake_line WHERE letter_id = $1 AND batch_id = $2 AND line = $3 AND kind = $4`)
	qRetainTakenLines = store.Q("intake_line.retain", `
		DELETE FROM intake_line WHERE (letter_id, batch_id, line, kind) IN (SELECT letter_id, batch_id, line, kind FROM intake_line
			WHERE letter_id IN (SELECT id FROM letter WHERE data_key IS NULL) LIMIT 500)`)
	qGiveUpTakenLines = store.Q("intake_line.give_up", `
		DELETE FROM intake_line WHERE (letter_id, batch_id, line, kind) IN (SELECT letter_id, batch_id, line, kind FROM intake_line LIMIT 500)`)

	qInsertTaken = store.Q("intake_taken.insert", `
		INSERT INTO intake_taken (letter_id, mailbox_tag, tag, kind, batch_id) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, mailbox_tag, tag, kind, batch_id) DO NOTHING`)
	qListTaken   = store.Q("intake_taken.list", `SELECT tag FROM intake_taken WHERE letter_id = $1 AND mailbox_tag = $2 AND kind = $3 LIMIT 100`)
	qRemoveTaken = store.Q("intake_taken.remove", `
		DELETE FROM intake_taken WHERE (letter_id, mailbox_tag, tag, kind, batch_id) IN (
			SELECT letter_id, mailbox_tag, tag, kind, batch_id FROM intake_taken WHERE letter_id = $1 AND batch_id = $2 LIMIT 500)`)
	qRetainTaken = store.Q("intake_taken.retain", `
		DELETE FROM intake_taken WHERE (letter_id, mailbox_tag, tag, kind, batch_id) IN (SELECT letter_id, mailbox_tag, tag, kind, batch_id FROM intake_taken
			WHERE letter_id IN (SELECT id FROM letter WHERE data_key IS NULL) LIMIT 500)`)
	qGiveUpTaken = store.Q("intake_taken.give_up", `
		DELETE FROM intake_taken WHERE (letter_id, mailbox_tag, tag, kind, batch_id) IN (
			SELECT letter_id, mailbox_tag, tag, kind, batch_id FROM intake_taken LIMIT 500)`)
)

func scanBatch(row store.Row) (b Batch, err error) {
	var created int64
	err = row.Scan(&b.Letter, &b.ID, &b.Basis, &b.Source, &b.SHA256, &b.Added, &b.State, &created, &b.Listing, &b.Kind, &b.allowed, &b.nextAt)
	b.CreatedAt = time.UnixMicro(created).UTC()
	return b, err
}

// batchLine is a line of a file that became a signature, or a submission that waits for its sender.
type batchLine struct {
	line    int
	kind    verify.Kind
	id      int64  // 0 for a submission
	pending int64  // 0 for a signature
	fate    []byte // of one from the desk: says which of them, sealed
}

func scanBatchLine(row store.Row) (l batchLine, err error) {
	return l, row.Scan(&l.line, &l.kind, &l.id, &l.pending, &l.fate)
}

func scanLineKey(row store.Row) (k lineKey, err error) { return k, row.Scan(&k.line, &k.kind) }

package signing

import (
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

var (
	qRecordForgotten = store.Q("erasure.record_of", `
		INSERT INTO erasure (letter_id, signature_id, pending_id, at, replaced_by)
		SELECT letter_id, id, pending_id, CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM signature WHERE letter_id = $3 AND id = $4
		ON CONFLICT (letter_id, signature_id) DO NOTHING`)
	qRecordErasure = store.Q("erasure.record", `
		INSERT INTO erasure (letter_id, signature_id, pending_id, at, replaced_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (letter_id, signature_id) DO NOTHING`)
	qCountErasures = store.Q("erasure.count", `SELECT COUNT(*) FROM erasure`)
	qListErasures  = store.Q("erasure.list", `SELECT letter_id, signature_id, pending_id, at, replaced_by FROM erasure ORDER BY letter_id, signature_id`)
	qDropPending   = store.Q("pending.drop", `DELETE FROM pending WHERE id = $1`)

	qCountWaiting  = store.Q("pending.count_waiting", `SELECT COUNT(*) FROM pending WHERE confirmed_at IS NULL AND disputed_at IS NULL`)
	qGiveUpPending = store.Q("pending.give_up", `DELETE FROM pending WHERE id IN (SELECT id FROM pending ORDER BY id LIMIT 500)`)
	qGiveUpSealed  = store.Q("signature_sealed.give_up", `
		DELETE FROM signature_sealed WHERE (letter_id, id) IN (SELECT letter_id, id FROM signature_sealed ORDER BY letter_id, id LIMIT 500)`)
	qGiveUpBudgets = store.Q("mail_budget.give_up", `DELETE FROM mail_budget`)
	qGiveUpDays    = store.Q("mail_day.give_up", `DELETE FROM mail_day`)
	qGiveUpBlocks  = store.Q("mail_block.give_up", `DELETE FROM mail_block`)
	qListTagged    = store.Q("signature.list_tagged", `
		SELECT letter_id, id FROM signature WHERE (letter_id, id) > ($1, $2) ORDER BY letter_id, id LIMIT $3`)
	qSetTags = store.Q("signature.set_tags", `UPDATE signature SET mailbox_tag = $1, tag = $2 WHERE letter_id = $3 AND id = $4`)
)

func scanErasure(row store.Row) (e Erasure, err error) {
	var at int64
	err = row.Scan(&e.Letter, &e.Signature, &e.Pending, &at, &e.ReplacedBy)
	e.At = time.UnixMicro(at).UTC()
	return e, err
}

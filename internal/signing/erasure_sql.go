package signing

import (
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

var (
	// Of what was erased whole nothing more is taken away.
	qRecordErasureOf = store.Q("erasure.record_of", `
		INSERT INTO erasure (letter_id, signature_id, what, at, pending_id, replaced_by)
		SELECT letter_id, id, CAST($1 AS TEXT), CAST($2 AS BIGINT), pending_id, CAST($3 AS BIGINT) FROM signature s WHERE letter_id = $4 AND id = $5
			AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.letter_id = s.letter_id AND e.signature_id = s.id AND e.what = '')
		ON CONFLICT (letter_id, signature_id, what, at) DO NOTHING`)
	qRecordErasure = store.Q("erasure.record", `
		INSERT INTO erasure (letter_id, signature_id, what, at, pending_id, replaced_by)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT)
		WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE letter_id = $1 AND signature_id = $2 AND what = '')
		ON CONFLICT (letter_id, signature_id, what, at) DO NOTHING`)
	qCountErasures = store.Q("erasure.count", `SELECT COUNT(*) FROM erasure`)
	qErasedSince   = store.Q("erasure.since", `SELECT EXISTS (SELECT 1 FROM erasure WHERE letter_id = $1 AND at >= $2)`)
	qListErasures  = store.Q("erasure.list", `
		SELECT letter_id, signature_id, pending_id, at, replaced_by, what FROM erasure ORDER BY letter_id, signature_id, what, at`)
	qDropPending = store.Q("pending.drop", `DELETE FROM pending WHERE id = $1`)

	qCountWaiting  = store.Q("pending.count_waiting", `SELECT COUNT(*) FROM pending WHERE confirmed_at IS NULL AND disputed_at IS NULL`)
	qGiveUpPending = store.Q("pending.give_up", `DELETE FROM pending WHERE id IN (SELECT id FROM pending ORDER BY id LIMIT 500)`)
	qGiveUpSealed  = store.Q("signature_sealed.give_up", `
		DELETE FROM signature_sealed WHERE (letter_id, id) IN (SELECT letter_id, id FROM signature_sealed ORDER BY letter_id, id LIMIT 500)`)
	qListTagged = store.Q("signature.list_tagged", `
		SELECT letter_id, id FROM signature WHERE (letter_id, id) > ($1, $2) ORDER BY letter_id, id LIMIT $3`)
	qSetTags = store.Q("signature.set_tags", `UPDATE signature SET mailbox_tag = $1, tag = $2 WHERE letter_id = $3 AND id = $4`)
)

func scanErasure(row store.Row) (e Erasure, err error) {
	var at int64
	err = row.Scan(&e.Letter, &e.Signature, &e.Pending, &at, &e.ReplacedBy, &e.What)
	e.At = time.UnixMicro(at).UTC()
	return e, err
}

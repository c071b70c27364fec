package handout

import (
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

const columns = `letter_id, id, audience, made_by, lines, created_at`

var (
	qInsert   = store.Q("export.insert", `INSERT INTO export (letter_id, id, audience, made_by, created_at) VALUES ($1, $2, $3, $4, $5)`)
	qCount    = store.Q("export.count", `SELECT COUNT(*) FROM export WHERE letter_id = $1`)
	qList     = store.Q("export.list", `SELECT `+columns+` FROM export WHERE letter_id = $1 ORDER BY id`)
	qFind     = store.Q("export.find", `SELECT `+columns+` FROM export WHERE letter_id = $1 AND id = $2`)
	qListMade = store.Q("export.list_made", `SELECT `+columns+` FROM export WHERE lines IS NOT NULL ORDER BY letter_id, id`)
	qSetMade  = store.Q("export.set_made", `UPDATE export SET lines = $1 WHERE letter_id = $2 AND id = $3 AND lines IS NULL`)
	qRemove   = store.Q("export.remove", `DELETE FROM export WHERE letter_id = $1 AND id = $2`)
	qRetain   = store.Q("export.retain", `
		DELETE FROM export WHERE created_at < $1 OR letter_id IN (SELECT id FROM letter WHERE data_key IS NULL)`)

	qPutPart = store.Q("export_part.put", `
		INSERT INTO export_part (letter_id, export_id, part, sealed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (letter_id, export_id, part) DO UPDATE SET sealed = excluded.sealed`)
	qFindPart = store.Q("export_part.find", `SELECT sealed FROM export_part WHERE letter_id = $1 AND export_id = $2 AND part = $3`)
	qLockPart = store.Q("export_part.lock", `SELECT sealed FROM export_part WHERE letter_id = $1 AND export_id = $2 AND part = $3 {for_update}`)
	qSetPart  = store.Q("export_part.set", `UPDATE export_part SET sealed = $1 WHERE letter_id = $2 AND export_id = $3 AND part = $4`)
	// What belongs to no handout any more, some at a time.
	qPurgeParts = store.Q("export_part.purge", `
		DELETE FROM export_part WHERE EXISTS (SELECT 1 FROM (
			SELECT p.letter_id, p.export_id, p.part FROM export_part p
			WHERE NOT EXISTS (SELECT 1 FROM export e WHERE e.letter_id = p.letter_id AND e.id = p.export_id) LIMIT 50) o
			WHERE o.letter_id = export_part.letter_id AND o.export_id = export_part.export_id AND o.part = export_part.part)`)

	qGiveUpParts = store.Q("export_part.give_up", `DELETE FROM export_part`)
	qGiveUp      = store.Q("export.give_up", `DELETE FROM export`)
)

func scan(row store.Row) (e Handout, err error) {
	var by *int64
	var lines *int
	var created int64
	err = row.Scan(&e.Letter, &e.ID, &e.Audience, &by, &lines, &created)
	if by != nil {
		e.By = *by
	}
	if lines != nil {
		e.Lines, e.Made = *lines, true
	}
	e.CreatedAt = time.UnixMicro(created).UTC()
	return e, err
}

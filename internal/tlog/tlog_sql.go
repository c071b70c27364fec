package tlog

import "github.com/undersigned/undersigned/internal/store"

var (
	qBegin = store.Q("log_state.begin", `
		INSERT INTO log_state (id, size, root, checkpoint, published_size, published, published_at) VALUES (1, 0, $1, $2, 0, $3, $4)
		ON CONFLICT (id) DO NOTHING`)
	qState = store.Q("log_state.find", `
		SELECT size, root, checkpoint, published_size, published, published_at FROM log_state WHERE id = 1`)
	qSizes = store.Q("log_state.sizes", `SELECT size, published_size FROM log_state WHERE id = 1`)
	// The condition is what keeps two processes from extending the same tree.
	qExtend  = store.Q("log_state.extend", `UPDATE log_state SET size = $1, root = $2, checkpoint = $3 WHERE id = 1 AND size = $4 AND root = $5`)
	qPublish = store.Q("log_state.publish", `
		UPDATE log_state SET published_size = $1, published = $2, published_at = $3 WHERE id = 1 AND size = $1 AND published_size < $1`)

	qSucceed = store.Q("log_state.succeed", `UPDATE log_state SET checkpoint = $1, published = $2 WHERE id = 1`)

	qFindTile = store.Q("log_tile.find", `SELECT data FROM log_tile WHERE level = $1 AND n = $2`)
	qPutTile  = store.Q("log_tile.put", `
		INSERT INTO log_tile (level, n, data) VALUES ($1, $2, $3) ON CONFLICT (level, n) DO UPDATE SET data = excluded.data`)

	qEnqueue  = store.Q("leaf_pending.insert", `INSERT INTO leaf_pending (letter_id, phase, rank, subject, leaf) VALUES ($1, $2, $3, $4, $5)`)
	qEnqueue2 = store.Q("leaf_pending.insert_two", `
		INSERT INTO leaf_pending (letter_id, phase, rank, subject, leaf) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10)`)
	qNextRank = store.Q("leaf_pending.next_rank", `SELECT COALESCE(MAX(rank), 0) + 1 FROM leaf_pending WHERE letter_id = $1 AND phase = 0`)
	qCancel   = store.Q("leaf_pending.cancel", `DELETE FROM leaf_pending WHERE letter_id = $1 AND phase = $2 AND subject = $3`)
	qNext     = store.Q("leaf_pending.next_letter", `SELECT letter_id FROM leaf_pending WHERE letter_id > $1 ORDER BY letter_id LIMIT 1`)
	qPlaces   = store.Q("leaf_pending.places", `
		SELECT phase, rank, subject FROM leaf_pending WHERE letter_id = $1 AND phase <= $2 ORDER BY phase, rank, subject`)
	qWaits   = store.Q("leaf_pending.waits", `SELECT letter_id, subject FROM leaf_pending WHERE phase = $1`)
	qBacklog = store.Q("leaf_pending.backlog", `SELECT COUNT(*) FROM leaf_pending`)
	qTake    = store.Q("leaf_pending.take", `
		SELECT phase, rank, subject, leaf FROM leaf_pending
		WHERE letter_id = $1 AND phase = $2 AND (rank, subject) >= ($3, $4) AND (rank, subject) <= ($5, $6) ORDER BY rank, subject`)
	qRemove = store.Q("leaf_pending.remove", `DELETE FROM leaf_pending WHERE letter_id = $1 AND phase = $2 AND rank = $3 AND subject = $4`)
)

package inbox

import (
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

const columns = `id, size, whole, state, letter_id, what, about, ref, became, changed_at, tries, sealed`

var (
	qHas        = store.Q("incoming.has", `SELECT COUNT(*) FROM incoming WHERE tag = $1`)
	qKept       = store.Q("incoming.kept", `SELECT COALESCE(SUM(size), 0), COUNT(*) FROM incoming WHERE size > 0`)
	qInsertPart = store.Q("incoming_part.insert", `INSERT INTO incoming_part (incoming_id, number, sealed) VALUES ($1, $2, $3)`)
	qInsert     = store.Q("incoming.insert", `
		INSERT INTO incoming (id, tag, size, whole, state, letter_id, what, about, ref, became, sender, changed_at, sealed)
		VALUES ($1, $2, $3, $4, 'new', $5, '', '', 0, 0, $6, $7, $8) ON CONFLICT (tag) DO NOTHING`)
	qDropParts = store.Q("incoming_part.remove", `DELETE FROM incoming_part WHERE incoming_id = $1`)
	qListParts = store.Q("incoming_part.list", `SELECT sealed FROM incoming_part WHERE incoming_id = $1 ORDER BY number`)
	qFind      = store.Q("incoming.find", `SELECT `+columns+` FROM incoming WHERE id = $1`)
	qTry       = store.Q("incoming.try", `UPDATE incoming SET tries = tries + 1 WHERE id = $1`)
	qSorted    = store.Q("incoming.sorted", `
		UPDATE incoming SET state = $1, letter_id = $2, what = $3, about = $4, ref = $5, sender = $6, changed_at = $7, sealed = $8 WHERE id = $9 AND state = 'new'`)
	// What has come back of a delivery, from whoever got it.
	qCountAnswers = store.Q("incoming.count_answers", `
		SELECT COUNT(*) FROM incoming WHERE about = $1 AND ref = $2 AND ref > 0 AND what IN ('reply', 'automatic', 'arrived')`)
	qEmpty = store.Q("incoming.empty", `
		UPDATE incoming SET size = 0, sender = $1, sealed = $2, state = CASE WHEN state = 'waits' THEN 'done' ELSE state END WHERE id = $3`)
	qSet = store.Q("incoming.set", `
		UPDATE incoming SET state = $1, became = $2, changed_at = $3, changed_by = $4 WHERE id = $5 AND letter_id = $6 AND state = $7`)
	qGive = store.Q("incoming.give", `
		UPDATE incoming SET letter_id = $1, state = 'waits', about = $2, ref = 0, changed_at = $3, changed_by = $4
		WHERE id = $5 AND letter_id = $6 AND state IN ('waits', 'noted', 'done')`)
	qList = store.Q("incoming.list", `
		SELECT `+columns+` FROM incoming WHERE letter_id = $1 AND state = $2 AND id < $3 AND size > 0 ORDER BY id DESC LIMIT $4`)
	// What machines said of the deliveries of a letter.
	qListNotices = store.Q("incoming.list_notices", `
		SELECT `+columns+` FROM incoming WHERE letter_id = $1 AND state IN ('noted', 'waits', 'done') AND about = $2 AND what <> $3 AND size > 0
		ORDER BY id DESC LIMIT 500`)
	qCountWaiting = store.Q("incoming.count_waiting", `SELECT COUNT(*) FROM incoming WHERE letter_id = $1 AND state = 'waits'`)
	qCountStates  = store.Q("incoming.count_states", `SELECT state, COUNT(*) FROM incoming GROUP BY state ORDER BY state`)

	qCountDay = store.Q("incoming_day.add", `
		INSERT INTO incoming_day (day, what, n) VALUES ($1, $2, 1) ON CONFLICT (day, what) DO UPDATE SET n = incoming_day.n + 1`)
	qListDays   = store.Q("incoming_day.list", `SELECT what, SUM(n) FROM incoming_day WHERE day >= $1 GROUP BY what ORDER BY what`)
	qForgetDays = store.Q("incoming_day.forget", `DELETE FROM incoming_day WHERE day < $1`)

	// What nobody has to look at any more.
	qListOld = store.Q("incoming.list_old", `
		SELECT id FROM incoming WHERE state IN ('noted', 'done') AND size > 0 AND changed_at < $1 ORDER BY id LIMIT 100`)
	// What waits for nobody but the operator, and has waited long.
	qListStale = store.Q("incoming.list_stale", `
		SELECT id FROM incoming WHERE letter_id = 0 AND state = 'waits' AND size > 0 AND changed_at < $1 ORDER BY id LIMIT 100`)
	// What went into a list: it is a batch by now, or was thrown away.
	qListAdded = store.Q("incoming.list_added", `
		SELECT i.id FROM incoming i WHERE i.state = 'taken' AND i.size > 0 AND i.became > 0 AND NOT EXISTS (
				SELECT 1 FROM intake p WHERE p.letter_id = i.letter_id AND p.id = i.became)
			AND EXISTS (SELECT 1 FROM signature_batch b WHERE b.letter_id = i.letter_id AND b.id = i.became) ORDER BY i.id LIMIT 100`)
	qReopen = store.Q("incoming.reopen", `
		UPDATE incoming SET state = 'waits', became = 0, changed_at = $1 WHERE state = 'taken' AND size > 0 AND became > 0 AND NOT EXISTS (
				SELECT 1 FROM intake p WHERE p.letter_id = incoming.letter_id AND p.id = incoming.became)
			AND NOT EXISTS (SELECT 1 FROM signature_batch b WHERE b.letter_id = incoming.letter_id AND b.id = incoming.became)`)
	qAllWaitAgain = store.Q("incoming.all_wait_again", `
		UPDATE incoming SET state = 'waits', became = 0, changed_at = $1 WHERE letter_id = $2 AND state = 'taken' AND became = $3 AND size > 0`)
	qWaitAgain = store.Q("incoming.wait_again", `
		UPDATE incoming SET state = 'waits', became = 0, changed_at = $1 WHERE letter_id = $2 AND state = 'taken' AND became = $3 AND id = $4 AND size > 0`)
	// Sign-ons to a letter whose lists can grow no more, and what was given to it, of which nobody knows what it is.
	qListEnded = store.Q("incoming.list_ended", `
		SELECT i.id FROM incoming i JOIN letter l ON l.id = i.letter_id WHERE i.about IN ('call', 'invitation', '') AND i.state <> 'entered' AND i.size > 0
			AND l.data_key IS NULL AND i.changed_at < $1 ORDER BY i.id LIMIT 100`)
	// What somebody has written about their signature of a letter; ref is the letter of what is none of its editors' business.
	qListOf = store.Q("incoming.list_of", `
		SELECT id FROM incoming WHERE sender = $1 AND (letter_id = $2 OR letter_id = 0 AND ref = $2) AND about NOT IN ('delivery', 'office') AND state <> 'entered'
			AND size > 0 ORDER BY id`)
	qListOrphans = store.Q("incoming_part.list_orphans", `
		SELECT DISTINCT p.incoming_id FROM incoming_part p WHERE p.incoming_id < $1 AND NOT EXISTS (
			SELECT 1 FROM incoming i WHERE i.id = p.incoming_id) ORDER BY p.incoming_id LIMIT 100`)
	qForgetRows = store.Q("incoming.forget", `
		DELETE FROM incoming WHERE id IN (SELECT id FROM incoming WHERE size = 0 AND changed_at < $1 LIMIT 500)`)
	qGiveUp      = store.Q("incoming.give_up", `DELETE FROM incoming WHERE id IN (SELECT id FROM incoming ORDER BY id LIMIT 500)`)
	qGiveUpParts = store.Q("incoming_part.give_up", `
		DELETE FROM incoming_part WHERE (incoming_id, number) IN (SELECT incoming_id, number FROM incoming_part ORDER BY incoming_id, number LIMIT 50)`)

	qPutLook = store.Q("inbox_look.put", `
		INSERT INTO inbox_look (id, at, good_at, code, words, waiting) VALUES (1, $1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at, good_at = CASE WHEN excluded.good_at > 0 THEN excluded.good_at ELSE inbox_look.good_at END,
			code = excluded.code, words = excluded.words, waiting = excluded.waiting`)
	qFindLook = store.Q("inbox_look.find", `SELECT at, good_at, code, words, waiting FROM inbox_look WHERE id = 1`)
)

// incoming is a row of that table.
type incoming struct {
	id      int64
	size    int64
	whole   bool
	state   State
	letter  store.LetterID
	what    What
	about   string
	ref     int64 // what of its about it answers
	became  int64
	changed time.Time
	tries   int // at sorting it, that were begun before
	sealed  []byte
}

func scan(row store.Row) (i incoming, err error) {
	var changed int64
	err = row.Scan(&i.id, &i.size, &i.whole, &i.state, &i.letter, &i.what, &i.about, &i.ref, &i.became, &changed, &i.tries, &i.sealed)
	i.changed = time.UnixMicro(changed).UTC()
	return i, err
}

func scanID(row store.Row) (id int64, err error) { return id, row.Scan(&id) }

package roll

import "github.com/undersigned/undersigned/internal/store"

var (
	qPutEntry  = store.InsertInto("signature_public.put", "signature_public", entryColumns, store.Replacing("letter_id, id", entryColumns[3:]...))
	qFindEntry = store.Q("signature_public.find",
		`SELECT letter_id, id, kind, salt, `+recordSelect+` FROM signature_public u WHERE u.letter_id = $1 AND u.id = $2`)
	qRemoveEntry = store.Q("signature_public.remove", `DELETE FROM signature_public WHERE letter_id = $1 AND id = $2`)
	qSetSalt     = store.Q("signature_public.set_salt", `UPDATE signature_public SET salt = $1 WHERE letter_id = $2 AND id = $3`)

	qInsertList = store.Q("signature_list.insert", `
		INSERT INTO signature_list (letter_id, kind, sort_key, id) VALUES ($1, $2, $3, $4) ON CONFLICT (letter_id, kind, sort_key, id) DO NOTHING`)
	qRemoveList = store.Q("signature_list.remove", `DELETE FROM signature_list WHERE letter_id = $1 AND kind = $2 AND sort_key = $3 AND id = $4`)
	qInsertWord = store.Q("signature_word.insert", `
		INSERT INTO signature_word (letter_id, kind, word, id) VALUES ($1, $2, $3, $4) ON CONFLICT (letter_id, kind, word, id) DO NOTHING`)
	qRemoveWord = store.Q("signature_word.remove", `DELETE FROM signature_word WHERE letter_id = $1 AND kind = $2 AND word = $3 AND id = $4`)

	qListPage = store.Q("signature_list.page", `
		SELECT `+signatorySelect+`, l.sort_key
		FROM signature_list l
		JOIN signature_public u ON u.letter_id = l.letter_id AND u.id = l.id
		JOIN signature s ON s.letter_id = l.letter_id AND s.id = l.id
		WHERE l.letter_id = $1 AND l.kind = $2 AND (l.sort_key, l.id) > ($3, $4)
		ORDER BY l.sort_key, l.id LIMIT $5`)
	qSearchPage = store.Q("signature_word.page", `
		SELECT `+signatorySelect+`, w.word
		FROM signature_word w
		JOIN signature_public u ON u.letter_id = w.letter_id AND u.id = w.id
		JOIN signature s ON s.letter_id = w.letter_id AND s.id = w.id
		WHERE w.letter_id = $1 AND w.kind = $2 AND w.word >= $3 AND w.word < $4 AND (w.word, w.id) > ($5, $6)
		ORDER BY w.word, w.id LIMIT $7`)
	qFindListed = store.Q("signature_public.find_listed", `
		SELECT `+signatorySelect+` FROM signature_public u
		JOIN signature s ON s.letter_id = u.letter_id AND s.id = u.id
		WHERE u.letter_id = $1 AND u.id = $2 AND s.state = 'listed'`)

	qLockLetter = store.Q("signature.lock_letter", `SELECT id FROM letter WHERE id = $1 {for_update}`)
	qAddTally   = store.Q("tally.add", `
		INSERT INTO tally (letter_id, edition, kind, withheld, basis, outcome, n, sequenced) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
		ON CONFLICT (letter_id, edition, kind, withheld, basis, outcome) DO UPDATE SET sequenced = tally.sequenced + excluded.sequenced`)
	qShowTally      = store.Q("tally.show", `UPDATE tally SET n = sequenced WHERE letter_id = $1 AND n <> sequenced`)
	qListTally      = store.Q("tally.list", `SELECT edition, kind, withheld, basis, outcome, n FROM tally WHERE letter_id = $1`)
	qListPosted     = store.Q("tally.list_sequenced", `SELECT edition, kind, withheld, basis, outcome, sequenced FROM tally WHERE letter_id = $1`)
	qPutPublication = store.Q("publication.put", `
		INSERT INTO publication (letter_id, sequenced_size, size, root, published_at, recent) VALUES ($1, $2, 0, $3, 0, $4)
		ON CONFLICT (letter_id) DO UPDATE SET sequenced_size = excluded.sequenced_size, recent = excluded.recent`)
	qListUnpublished = store.Q("publication.list_unpublished", `SELECT letter_id FROM publication WHERE sequenced_size > size ORDER BY letter_id`)
	qShowPublication = store.Q("publication.show", `UPDATE publication SET size = $1, root = $2, published_at = $3 WHERE letter_id = $4`)
	qFindPublication = store.Q("publication.find", `SELECT size, root, published_at, recent FROM publication WHERE letter_id = $1`)

	qAddHour = store.Q("signature_hour.add", `
		INSERT INTO signature_hour (letter_id, hour, kind, n) VALUES ($1, $2, $3, $4)
		ON CONFLICT (letter_id, hour, kind) DO UPDATE SET n = signature_hour.n + excluded.n`)
	qAddCountry = store.Q("signature_country.add", `
		INSERT INTO signature_country (letter_id, country, n) VALUES ($1, $2, $3)
		ON CONFLICT (letter_id, country) DO UPDATE SET n = signature_country.n + excluded.n`)
	qListHours     = store.Q("signature_hour.list", `SELECT hour, kind, n FROM signature_hour WHERE letter_id = $1 AND hour >= $2 AND n > 0 ORDER BY hour, kind`)
	qListCountries = store.Q("signature_country.list", `SELECT country, n FROM signature_country WHERE letter_id = $1 AND n > 0`)
	qListBursts    = store.Q("signature.list_bursts", `
		SELECT s.created_at FROM (SELECT created_at, reason FROM signature WHERE letter_id = $1 AND state = 'held' ORDER BY id DESC LIMIT 1000) s
		WHERE s.reason = $2`)

	// What the sign leaves from $1 up to $2 open, in their order.
	qListOpenings = store.Q("signature.list_openings", `
		SELECT s.letter_id, s.leaf_index, u.salt, `+recordSelect+` FROM signature s
		LEFT JOIN signature_public u ON u.letter_id = s.letter_id AND u.id = s.id
		WHERE s.leaf_index >= $1 AND s.leaf_index < $2 ORDER BY s.leaf_index`)
)

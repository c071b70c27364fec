package signing

import "github.com/undersigned/undersigned/internal/store"

var (
	qInsertAnnouncement = store.Q("announcement.insert", `
		INSERT INTO announcement (letter_id, kind, subject, created_at, after_id, mails) VALUES ($1, $2, $3, $4, 0, 0)
		ON CONFLICT (letter_id, kind, subject) DO NOTHING`)
	qFindAnnouncement = store.Q("announcement.find", `
		SELECT after_id FROM announcement WHERE letter_id = $1 AND kind = $2 AND subject = $3 AND done_at IS NULL`)
	qListAnnouncements = store.Q("announcement.list", `
		SELECT kind, subject, created_at, mails, done_at FROM announcement WHERE letter_id = $1 ORDER BY created_at, kind, subject`)
	// The cursor is the turn: two processes that announce at once cannot both move it on.
	qMoveAnnouncement = store.Q("announcement.move", `
		UPDATE announcement SET after_id = $1, mails = mails + $2, done_at = $3
		WHERE letter_id = $4 AND kind = $5 AND subject = $6 AND after_id = $7 AND done_at IS NULL`)
	// One row an act: of who signed as both, the organisation's.
	qListRecipients = store.Q("signature.list_told", `
		SELECT `+signatureSelect+`, x.sealed,
			(SELECT o.id FROM signature o WHERE o.secret_hash = s.secret_hash AND o.letter_id = s.letter_id
				AND o.kind = 'person' AND s.kind = 'organisation' AND o.state IN ('new', 'listed', 'held')),
			(SELECT o.listing FROM signature o WHERE o.secret_hash = s.secret_hash AND o.letter_id = s.letter_id
				AND o.kind = 'person' AND s.kind = 'organisation' AND o.state IN ('new', 'listed', 'held'))
		FROM signature s JOIN signature_sealed x ON x.letter_id = s.letter_id AND x.id = s.id
		WHERE s.letter_id = $1 AND s.id > $2 AND s.state IN ('new', 'listed', 'held')
			AND NOT (s.kind = 'person' AND EXISTS (SELECT 1 FROM signature o WHERE o.secret_hash = s.secret_hash AND o.letter_id = s.letter_id
				AND o.kind = 'organisation' AND o.state IN ('new', 'listed', 'held')))
		ORDER BY s.id LIMIT $3`)
	qSetAsked    = store.Q("signature.set_asked", `UPDATE signature SET asked_id = $1 WHERE letter_id = $2 AND id IN ($3, $4)`)
	qRemoveAsked = store.Q("pending.remove_asked", `
		DELETE FROM pending WHERE id = (SELECT asked_id FROM signature WHERE letter_id = $1 AND id = $2) AND confirmed_at IS NULL`)
)

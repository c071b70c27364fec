package news

import "github.com/undersigned/undersigned/internal/store"

var (
	qInsert = store.Q("announcement.insert", `
		INSERT INTO announcement (letter_id, kind, subject, created_at, after_id, mails) VALUES ($1, $2, $3, $4, 0, 0)
		ON CONFLICT (letter_id, kind, subject) DO NOTHING`)
	qFind = store.Q("announcement.find", `
		SELECT after_id FROM announcement WHERE letter_id = $1 AND kind = $2 AND subject = $3 AND done_at IS NULL`)
	qList = store.Q("announcement.list", `
		SELECT kind, subject, created_at, mails, done_at FROM announcement WHERE letter_id = $1 ORDER BY created_at, kind, subject`)
	// The cursor is the turn: two processes that announce at once cannot both move it on.
	qMove = store.Q("announcement.move", `
		UPDATE announcement SET after_id = $1, mails = mails + $2, done_at = $3
		WHERE letter_id = $4 AND kind = $5 AND subject = $6 AND after_id = $7 AND done_at IS NULL`)
)

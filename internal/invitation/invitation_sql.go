package invitation

import (
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// shownState is the state that editors see: "signed" only where the listing lets the coalition know whose the
// signature is. One that is counted only must show in nothing that they are told, and neither must one that is held beside it.
const shownState = `CASE WHEN EXISTS (
		SELECT 1 FROM signature s WHERE s.letter_id = i.letter_id AND s.mailbox_tag = i.signer_mailbox_tag AND s.tag = i.signer_tag
			AND (s.state IN ('new', 'listed') OR s.state = 'held' AND s.reason <> 'same_organisation') AND s.listing <> 'counted') THEN 'signed' ELSE i.state END`

const columns = `i.letter_id, i.id, i.sealed, i.state, i.mail, i.invited_by, i.signer_mailbox_tag, i.signer_tag`

var (
	qInsert = store.Q("invitation.insert", `
		INSERT INTO invitation (letter_id, id, tag, signer_mailbox_tag, signer_tag, sealed, state, mail, invited_by)
		VALUES ($1, $2, $3, $4, $3, $5, 'invited', '', $6) ON CONFLICT (letter_id, tag) DO NOTHING`)
	qHas       = store.Q("invitation.has", `SELECT COUNT(*) FROM invitation WHERE letter_id = $1 AND tag = $2`)
	qFind      = store.Q("invitation.find", `SELECT `+columns+` FROM invitation i WHERE i.letter_id = $1 AND i.id = $2`)
	qFindByTag = store.Q("invitation.find_by_tag", `SELECT `+columns+` FROM invitation i WHERE i.letter_id = $1 AND i.tag = $2`)
	qList      = store.Q("invitation.list", `
		SELECT * FROM (SELECT `+columns+`, `+shownState+` AS shown FROM invitation i WHERE i.letter_id = $1 AND i.id > $2) v
		WHERE v.shown = $3 OR CAST($3 AS TEXT) = '' ORDER BY v.id LIMIT $4`)
	qCount = store.Q("invitation.count", `
		SELECT v.shown, COUNT(*) FROM (SELECT `+shownState+` AS shown FROM invitation i WHERE i.letter_id = $1) v GROUP BY v.shown`)
	qSetAnswer  = store.Q("invitation.set_answer", `UPDATE invitation SET state = $1, sealed = $2 WHERE letter_id = $3 AND id = $4`)
	qSetVisited = store.Q("invitation.set_visited", `UPDATE invitation SET state = 'visited' WHERE letter_id = $1 AND id = $2 AND state = 'invited'`)
	qSetSigner  = store.Q("invitation.set_signer", `
		UPDATE invitation SET signer_mailbox_tag = $1, signer_tag = $2 WHERE letter_id = $3 AND id = $4 AND NOT EXISTS (
			SELECT 1 FROM signature s WHERE s.letter_id = invitation.letter_id AND s.mailbox_tag = invitation.signer_mailbox_tag AND s.tag = invitation.signer_tag
				AND s.state IN ('new', 'listed', 'held'))`)
	qSetUndeliverable = store.Q("invitation.set_refused", `UPDATE invitation SET mail = 'refused' WHERE letter_id = $1 AND id = $2 AND mail = ''`)
	qRemove           = store.Q("invitation.remove", `DELETE FROM invitation WHERE letter_id = $1 AND id = $2`)
	// Who erased a signature is not reminded of it, and the address it came from, if another signed, is forgotten.
	qForgetSigner = store.Q("invitation.forget_signer", `
		UPDATE invitation SET mail = CASE WHEN mail = '' THEN 'stopped' ELSE mail END,
			signer_mailbox_tag = CASE WHEN signer_tag = tag THEN signer_mailbox_tag ELSE $1 END,
			signer_tag = CASE WHEN signer_tag = tag THEN tag ELSE $2 END
		WHERE letter_id = $3 AND signer_tag IN (SELECT s.tag FROM signature s WHERE s.letter_id = $3 AND s.id = $4)`)
	qAnswered = store.Q("invitation.answered", `
		SELECT COUNT(*) FROM signature WHERE letter_id = $1 AND mailbox_tag = $2 AND tag = $3`)

	qCountDay = store.Q("invitation_day.count", `SELECT COALESCE(MAX(n), 0) FROM invitation_day WHERE letter_id = $1 AND day = $2`)
	qSpendDay = store.Q("invitation_day.spend", `
		INSERT INTO invitation_day (letter_id, day, n) VALUES ($1, $2, $3)
		ON CONFLICT (letter_id, day) DO UPDATE SET n = invitation_day.n + excluded.n WHERE invitation_day.n + excluded.n <= $4`)
	qForgetDays = store.Q("invitation_day.forget", `DELETE FROM invitation_day WHERE day < $1`)

	qListVouchers = store.Q("invitation_voucher.list", `SELECT user_id FROM invitation_voucher WHERE letter_id = $1 AND last_id >= $2 ORDER BY at, user_id`)
	qPutVoucher   = store.Q("invitation_voucher.put", `
		INSERT INTO invitation_voucher (letter_id, user_id, last_id, at)
		VALUES ($1, $2, (SELECT MAX(i.id) FROM invitation i WHERE i.letter_id = $1), $3)
		ON CONFLICT (letter_id, user_id) DO UPDATE SET last_id = excluded.last_id, at = excluded.at`)
	// Those who invited somebody for whom a user has not given their word, and how many.
	qListInviters = store.Q("invitation.list_inviters", `
		SELECT i.invited_by, COUNT(*) FROM invitation i WHERE i.letter_id = $1 AND i.invited_by <> $2
			AND i.id > COALESCE((SELECT v.last_id FROM invitation_voucher v WHERE v.letter_id = $1 AND v.user_id = $2), 0) GROUP BY i.invited_by`)

	qFindPlan = store.Q("reminder_plan.find", `SELECT days FROM reminder_plan WHERE letter_id = $1`)
	qPutPlan  = store.Q("reminder_plan.put", `
		INSERT INTO reminder_plan (letter_id, days) VALUES ($1, $2) ON CONFLICT (letter_id) DO UPDATE SET days = excluded.days`)
	qListReminded   = store.Q("reminder.list", `SELECT at, after_id, done_at FROM reminder WHERE letter_id = $1 ORDER BY at`)
	qListRemindable = store.Q("reminder.list_letters", `
		SELECT l.id FROM letter l WHERE l.state = 'open' AND l.deadline_at > $1 AND l.deadline_at < $2
			AND EXISTS (SELECT 1 FROM invitation i WHERE i.letter_id = l.id) ORDER BY l.id`)
	qBeginReminder = store.Q("reminder.begin", `
		INSERT INTO reminder (letter_id, at, after_id) VALUES ($1, $2, 0) ON CONFLICT (letter_id, at) DO NOTHING`)
	// The cursor is the turn: two processes that remind at once cannot both move it on.
	qMoveReminder = store.Q("reminder.move", `
		UPDATE reminder SET after_id = $1, done_at = $2 WHERE letter_id = $3 AND at = $4 AND after_id = $5 AND done_at IS NULL`)
	// Also those whose mails are stopped: how many mails wait must not tell who erased a signature.
	qListToRemind = store.Q("invitation.list_to_remind", `
		SELECT `+columns+` FROM invitation i
		WHERE i.letter_id = $1 AND i.id > $2 AND i.id < $3 AND i.state <> 'declined' AND i.mail <> 'refused' ORDER BY i.id LIMIT $4`)

	qPurge = store.Q("invitation.purge", `
		DELETE FROM invitation WHERE letter_id = $1 AND id IN (SELECT id FROM invitation WHERE letter_id = $1 ORDER BY id LIMIT 500)`)
	qListUnpurged = store.Q("invitation.list_unpurged", `
		SELECT id FROM letter WHERE data_key IS NULL AND EXISTS (SELECT 1 FROM invitation i WHERE i.letter_id = letter.id) ORDER BY id LIMIT 100`)
	qGiveUp = store.Q("invitation.give_up", `
		DELETE FROM invitation WHERE (letter_id, id) IN (SELECT letter_id, id FROM invitation ORDER BY letter_id, id LIMIT 500)`)
)

// invitation is a row of that table.
type invitation struct {
	letter         letter.ID
	id             int64
	sealed         []byte
	state          State
	mail           string
	by             int64
	mailbox, exact []byte // tags of the address that answers it
}

func (v *invitation) fields() []any {
	return []any{&v.letter, &v.id, &v.sealed, &v.state, &v.mail, &v.by, &v.mailbox, &v.exact}
}

func scan(row store.Row) (v invitation, err error) { return v, row.Scan(v.fields()...) }

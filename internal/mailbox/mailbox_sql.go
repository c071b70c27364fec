package mailbox

import "github.com/undersigned/undersigned/internal/store"

var (
	// A row holds when the last three mails were sent.
	qSpendWeek = store.Q("mail_budget.spend", `
		INSERT INTO mail_budget (letter_id, tag, latest, second, third) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT (letter_id, tag) DO UPDATE SET third = mail_budget.second, second = mail_budget.latest, latest = excluded.latest
		WHERE mail_budget.third < $4`)
	// All three at once: one mail, then none for as long. It is of no letter.
	qSpendOnce = store.Q("mail_budget.spend_once", `
		INSERT INTO mail_budget (letter_id, tag, latest, second, third) VALUES (0, $1, $2, $2, $2)
		ON CONFLICT (letter_id, tag) DO UPDATE SET third = excluded.latest, second = excluded.latest, latest = excluded.latest
		WHERE mail_budget.third < $3`)
	qFindBudget   = store.Q("mail_budget.find", `SELECT latest FROM mail_budget WHERE letter_id = $1 AND tag = $2`)
	qForgetBudget = store.Q("mail_budget.forget_of", `DELETE FROM mail_budget WHERE letter_id = $1 AND tag = $2`)
	qForgetWeeks  = store.Q("mail_budget.forget", `DELETE FROM mail_budget WHERE latest < $1`)
	qGiveUpWeeks  = store.Q("mail_budget.give_up", `DELETE FROM mail_budget`)

	qSpendDay = store.Q("mail_day.spend", `
		INSERT INTO mail_day (day, tag, n) VALUES ($1, $2, 1)
		ON CONFLICT (day, tag) DO UPDATE SET n = mail_day.n + 1 WHERE mail_day.n < $3`)
	qForgetDays = store.Q("mail_day.forget", `DELETE FROM mail_day WHERE day < $1`)
	qGiveUpDays = store.Q("mail_day.give_up", `DELETE FROM mail_day`)

	qBlock = store.Q("mail_block.put", `
		INSERT INTO mail_block (letter_id, tag, reason, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (letter_id, tag) DO NOTHING`)
	qFindBlock   = store.Q("mail_block.find", `SELECT reason FROM mail_block WHERE letter_id = $1 AND tag = $2`)
	qReached     = store.Q("mail_block.reached", `DELETE FROM mail_block WHERE letter_id = $1 AND tag = $2 AND reason = 'refused'`)
	qUnblock     = store.Q("mail_block.remove", `DELETE FROM mail_block WHERE letter_id = $1 AND tag = $2`)
	qCountBlocks = store.Q("mail_block.count", `
		SELECT letter_id, reason, COUNT(*), MAX(created_at) FROM mail_block GROUP BY letter_id, reason ORDER BY letter_id, reason`)
	qForgetBlocks = store.Q("mail_block.forget", `
		DELETE FROM mail_block WHERE created_at < $1 AND reason = 'refused' OR letter_id IN (SELECT id FROM letter WHERE data_key IS NULL)`)
	qGiveUpBlocks = store.Q("mail_block.give_up", `DELETE FROM mail_block`)

	qUnsubscribe        = store.Q("unsubscribed.put", `INSERT INTO unsubscribed (tag) VALUES ($1) ON CONFLICT (tag) DO NOTHING`)
	qHasUnsubscribed    = store.Q("unsubscribed.has", `SELECT COUNT(*) FROM unsubscribed WHERE tag = $1`)
	qCountUnsubscribed  = store.Q("unsubscribed.count", `SELECT COUNT(*) FROM unsubscribed`)
	qSubscribe          = store.Q("unsubscribed.remove", `DELETE FROM unsubscribed WHERE tag = $1`)
	qGiveUpUnsubscribed = store.Q("unsubscribed.give_up", `DELETE FROM unsubscribed`)
)

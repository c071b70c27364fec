package news

import "github.com/undersigned/undersigned/internal/store"

var (
	qBegin = store.Q("news.begin", `
		INSERT INTO news (letter_id, version, looked_day, gathered_day, after_id, told_after, issue, sent_at) VALUES ($1, 0, 0, 0, 0, 0, 0, 0)
		ON CONFLICT (letter_id) DO NOTHING`)
	qFindVersion    = store.Q("news.version", `SELECT version FROM news WHERE letter_id = $1 {for_update}`)
	qFindGathered   = store.Q("news.gathered", `SELECT after_id, told_after FROM news WHERE letter_id = $1`)
	qFindIssue      = store.Q("news.issue", `SELECT issue FROM news WHERE letter_id = $1`)
	qGathered       = store.Q("news.set_gathered", `UPDATE news SET after_id = $1, gathered_day = $2 WHERE letter_id = $3 AND after_id = $4`)
	qLooked         = store.Q("news.set_looked", `UPDATE news SET version = $1, looked_day = $2 WHERE letter_id = $3`)
	qNextIssue      = store.Q("news.next_issue", `UPDATE news SET issue = issue + 1, sent_at = $1 WHERE letter_id = $2 AND (sent_at <= $3 OR sent_at > $1)`)
	qListUngathered = store.Q("news.list_ungathered", `
		SELECT l.id FROM letter l LEFT JOIN news n ON n.letter_id = l.id
		WHERE l.state IN ('open', 'closed') AND COALESCE(n.gathered_day, 0) <> $1
			AND (l.data_key IS NOT NULL OR EXISTS (SELECT 1 FROM follow_asked a WHERE a.letter_id = l.id AND a.confirmed)) ORDER BY l.id`)
	qListChanged = store.Q("news.list_changed", `
		SELECT l.id FROM letter l LEFT JOIN news n ON n.letter_id = l.id
		WHERE l.state IN ('open', 'closed') AND (n.letter_id IS NULL OR n.version <> l.version OR n.looked_day <> $1) ORDER BY l.id`)
	qListWaiting = store.Q("news.list_waiting", `
		SELECT DISTINCT f.letter_id FROM news_fact f JOIN news n ON n.letter_id = f.letter_id
		WHERE f.issue IS NULL AND f.changed_at <= $1 AND (n.sent_at <= $2 OR n.sent_at > $3) ORDER BY f.letter_id`)

	qListFacts = store.Q("news_fact.list", `SELECT about, value FROM news_fact WHERE letter_id = $1 ORDER BY about`)
	qListTold  = store.Q("news_fact.list_told", `SELECT about, value FROM news_fact WHERE letter_id = $1 AND issue = $2 ORDER BY changed_at, about`)
	qListHeld  = store.Q("news_fact.list_held", `SELECT about, value FROM news_fact WHERE letter_id = $1 AND issue = -1 ORDER BY about`)
	qPutFact   = store.Q("news_fact.put", `
		INSERT INTO news_fact (letter_id, about, value, changed_at, issue) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, about) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, issue = excluded.issue`)
	// An update that is not looked at yet is told, too.
	qRelease = store.Q("news_fact.release", `
		INSERT INTO news_fact (letter_id, about, value, changed_at, issue) VALUES ($1, $2, '', $3, NULL)
		ON CONFLICT (letter_id, about) DO UPDATE SET changed_at = excluded.changed_at, issue = NULL WHERE news_fact.issue = -1`)
	qListNext     = store.Q("news_fact.list_next", `SELECT about, value FROM news_fact WHERE letter_id = $1 AND issue IS NULL ORDER BY changed_at, about`)
	qCountWaiting = store.Q("news_fact.count_waiting", `SELECT COUNT(*) FROM news_fact WHERE letter_id = $1 AND issue IS NULL`)
	qTell         = store.Q("news_fact.tell", `UPDATE news_fact SET issue = $1 WHERE letter_id = $2 AND issue IS NULL`)

	qInsertIssue = store.Q("news_issue.insert", `INSERT INTO news_issue (letter_id, number, created_at, after_id, mails) VALUES ($1, $2, $3, 0, 0)`)
	qFindIssued  = store.Q("news_issue.find", `SELECT after_id FROM news_issue WHERE letter_id = $1 AND number = $2 AND done_at IS NULL`)
	qListSent    = store.Q("news_issue.list_sent", `
		SELECT number, created_at, done_at FROM news_issue WHERE letter_id = $1 AND created_at > $2 ORDER BY number {for_update}`)
	qListIssues = store.Q("news_issue.list_after", `SELECT number FROM news_issue WHERE letter_id = $1 AND number > $2 ORDER BY number`)
	qMoveIssue  = store.Q("news_issue.move", `
		UPDATE news_issue SET after_id = $1, mails = mails + $2, done_at = $3 WHERE letter_id = $4 AND number = $5 AND after_id = $6 AND done_at IS NULL`)

	qFollow = store.Q("follower.insert", `
		INSERT INTO follower (letter_id, id, tag, sealed, short) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (letter_id, tag) DO NOTHING`)
	qUnfollow            = store.Q("follower.remove_of", `DELETE FROM follower WHERE letter_id = $1 AND tag = $2`)
	qRemoveFollower      = store.Q("follower.remove", `DELETE FROM follower WHERE letter_id = $1 AND id = $2`)
	qFindFollower        = store.Q("follower.find", `SELECT sealed FROM follower WHERE letter_id = $1 AND id = $2`)
	qFindFollowerByTag   = store.Q("follower.find_by_tag", `SELECT id, sealed FROM follower WHERE letter_id = $1 AND tag = $2`)
	qResealFollower      = store.Q("follower.reseal", `UPDATE follower SET sealed = $1 WHERE letter_id = $2 AND id = $3`)
	qListFollowers       = store.Q("follower.list", `SELECT id FROM follower WHERE letter_id = $1 AND id > $2 ORDER BY id LIMIT $3`)
	qCountFollowers      = store.Q("follower.count", `SELECT COUNT(*) FROM follower WHERE letter_id = $1`)
	qHasFollower         = store.Q("follower.has", `SELECT COUNT(*) FROM follower WHERE letter_id = $1 AND id = $2`)
	qCountTag            = store.Q("follower.count_tag", `SELECT COUNT(*) FROM follower WHERE letter_id = $1 AND tag = $2`)
	qListFollowedLetters = store.Q("follower.list_letters", `SELECT letter_id FROM follower UNION SELECT letter_id FROM follow_asked ORDER BY letter_id`)
	qForgetShort         = store.Q("follower.forget_short", `
		DELETE FROM follower WHERE (letter_id, id) IN (SELECT f.letter_id, f.id FROM follower f JOIN letter l ON l.id = f.letter_id
			WHERE f.short AND l.data_key IS NULL LIMIT 500)`)
	qForgetFollowers = store.Q("follower.forget", `
		DELETE FROM follower WHERE (letter_id, id) IN (SELECT f.letter_id, f.id FROM follower f JOIN letter l ON l.id = f.letter_id
			WHERE l.state = 'archived' OR l.state = 'closed' AND l.closed_at < $1 LIMIT 500)`)
	qGiveUp = store.Q("follower.give_up", `
		DELETE FROM follower WHERE (letter_id, id) IN (SELECT letter_id, id FROM follower LIMIT 500)`)

	qInsertAsked = store.Q("follow_asked.insert", `
		INSERT INTO follow_asked (id, letter_id, token_hash, sealed, confirmed, day) VALUES ($1, $2, $3, $4, $5, $6)`)
	qFindAsked    = store.Q("follow_asked.find", `SELECT id, letter_id, token_hash, sealed, confirmed, day, issue FROM follow_asked WHERE id = $1`)
	qConfirmAsked = store.Q("follow_asked.confirm", `
		UPDATE follow_asked SET confirmed = $1, issue = COALESCE((SELECT n.issue FROM news n WHERE n.letter_id = follow_asked.letter_id), 0)
		WHERE id = $2 AND confirmed <> $1`)
	qDropAsked     = store.Q("follow_asked.drop", `DELETE FROM follow_asked WHERE id = $1`)
	qListConfirmed = store.Q("follow_asked.list_confirmed", `
		SELECT id, letter_id, token_hash, sealed, confirmed, day, issue FROM follow_asked WHERE letter_id = $1 AND confirmed = $2 ORDER BY id LIMIT $3`)
	qListAsked = store.Q("follow_asked.list", `
		SELECT id, letter_id, token_hash, sealed, confirmed, day, issue FROM follow_asked WHERE letter_id = $1 ORDER BY id`)
	qForgetAsked = store.Q("follow_asked.forget", `DELETE FROM follow_asked WHERE confirmed = $1 AND day < $2`)
	qEndAsked    = store.Q("follow_asked.end", `
		DELETE FROM follow_asked WHERE letter_id NOT IN (SELECT id FROM letter WHERE state IN ('open', 'closed'))`)
	qGiveUpAsked = store.Q("follow_asked.give_up", `DELETE FROM follow_asked`)

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

package account

import "github.com/undersigned/undersigned/internal/store"

const userColumns = `id, handle, details, operator, password, totp, totp_step, recovery_round, recovery_used, recovery_kept, created_at`

var (
	qInsertUser = store.Q("user.insert", `
		INSERT INTO user_account (id, handle, tag, details, operator, password, totp, totp_step, recovery_round, recovery_used, recovery_kept, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 0, $9, $10) ON CONFLICT (tag) DO NOTHING`)
	qFindUser         = store.Q("user.find", `SELECT `+userColumns+` FROM user_account WHERE id = $1`)
	qLockUser         = store.Q("user.lock", `SELECT `+userColumns+` FROM user_account WHERE id = $1 {for_update}`)
	qFindUserByHandle = store.Q("user.find_by_handle", `SELECT `+userColumns+` FROM user_account WHERE handle = $1`)
	qFindUserByTag    = store.Q("user.find_by_tag", `SELECT `+userColumns+` FROM user_account WHERE tag = $1`)
	qCountUsers       = store.Q("user.count", `SELECT COUNT(*) FROM user_account`)
	qSetPassword      = store.Q("user.set_password", `UPDATE user_account SET password = $1, totp = $2, totp_step = $3 WHERE id = $4`)
	qRemovePassword   = store.Q("user.remove_password", `UPDATE user_account SET password = NULL, totp = NULL WHERE id = $1`)
	qUseStep          = store.Q("user.use_step", `UPDATE user_account SET totp_step = $1 WHERE id = $2 AND totp_step < $3`)
	qUseRecovery      = store.Q("user.use_recovery", `
		UPDATE user_account SET recovery_used = recovery_used + $1 WHERE id = $2 AND recovery_round = $3 AND recovery_used = $4`)
	qKeepRecovery  = store.Q("user.keep_recovery", `UPDATE user_account SET recovery_kept = (1 = 1) WHERE id = $1 AND recovery_round = $2`)
	qRenewRecovery = store.Q("user.renew_recovery", `
		UPDATE user_account SET recovery_round = recovery_round + 1, recovery_used = 0, recovery_kept = (1 = 0) WHERE id = $1`)

	qListPasskeys  = store.Q("passkey.list", `SELECT id, credential, name, created_at, used_at FROM passkey WHERE user_id = $1 ORDER BY created_at, id`)
	qInsertPasskey = store.Q("passkey.insert", `
		INSERT INTO passkey (id, user_id, credential, name, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`)
	qUsePasskey     = store.Q("passkey.use", `UPDATE passkey SET credential = $1, used_at = $2 WHERE id = $3`)
	qRemovePasskey  = store.Q("passkey.remove", `DELETE FROM passkey WHERE id = $1 AND user_id = $2`)
	qRemovePasskeys = store.Q("passkey.remove_all", `DELETE FROM passkey WHERE user_id = $1`)

	qInsertSession = store.Q("session.insert", `
		INSERT INTO session (id, hash, user_id, agent, created_at, proved_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qFindSession      = store.Q("session.find", `SELECT id, user_id, created_at, proved_at, seen_at FROM session WHERE hash = $1`)
	qListSessions     = store.Q("session.list", `SELECT id, agent, created_at, seen_at FROM session WHERE user_id = $1 ORDER BY seen_at DESC, id`)
	qSeeSession       = store.Q("session.see", `UPDATE session SET seen_at = $1 WHERE id = $2`)
	qEndSession       = store.Q("session.end", `DELETE FROM session WHERE id = $1 AND user_id = $2`)
	qEndOtherSessions = store.Q("session.end_others", `DELETE FROM session WHERE user_id = $1 AND id <> $2`)
	qEndAllSessions   = store.Q("session.end_all", `DELETE FROM session`)
	qRetainSessions   = store.Q("session.retain", `DELETE FROM session WHERE seen_at < $1`)

	qSpend       = store.Q("spent.insert", `INSERT INTO spent (hash, until) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`)
	qRetainSpent = store.Q("spent.retain", `DELETE FROM spent WHERE until < $1`)
	qAttempt     = store.Q("attempt.add", `
		INSERT INTO attempt (tag, period, n) VALUES ($1, $2, 1)
		ON CONFLICT (tag, period) DO UPDATE SET n = attempt.n + 1 WHERE attempt.n < $3`)
	qRetainAttempts = store.Q("attempt.retain", `DELETE FROM attempt WHERE period < $1`)

	qListMemberships = store.Q("member.list_of_user", `
		SELECT m.role, o.id, o.slug, o.details FROM member m JOIN organisation o ON o.id = m.organisation_id WHERE m.user_id = $1 ORDER BY o.slug`)
	qListMembers = store.Q("member.list", `SELECT user_id, role FROM member WHERE organisation_id = $1 ORDER BY created_at, user_id`)
	qLockMembers = store.Q("member.lock", `SELECT user_id, role FROM member WHERE organisation_id = $1 ORDER BY user_id {for_update}`)
	qPutMember   = store.Q("member.put", `
		INSERT INTO member (organisation_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = excluded.role`)
	qRemoveMember = store.Q("member.remove", `DELETE FROM member WHERE organisation_id = $1 AND user_id = $2`)

	qInsertEnrolment = store.Q("enrolment.insert", `
		INSERT INTO enrolment (id, hash, kind, organisation_id, role, user_id, details, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	qFindEnrolment = store.Q("enrolment.find", `
		SELECT id, kind, organisation_id, role, user_id, details, expires_at FROM enrolment WHERE hash = $1`)
	qListEnrolments = store.Q("enrolment.list", `
		SELECT id, role, details, expires_at FROM enrolment WHERE organisation_id = $1 ORDER BY id`)
	qEndEnrolment     = store.Q("enrolment.end", `DELETE FROM enrolment WHERE id = $1`)
	qEndEnrolmentOf   = store.Q("enrolment.end_of", `DELETE FROM enrolment WHERE id = $1 AND organisation_id = $2`)
	qEndSetups        = store.Q("enrolment.end_setups", `DELETE FROM enrolment WHERE kind = 'setup'`)
	qEndAllEnrolments = store.Q("enrolment.end_all", `DELETE FROM enrolment`)
	qForgetApprovals  = store.Q("approval.forget", `DELETE FROM approval`)
	qForgetPasskeys   = store.Q("passkey.forget", `DELETE FROM passkey`)
	qForgetMembers    = store.Q("member.forget", `DELETE FROM member`)
	qForgetUsers      = store.Q("user.forget", `DELETE FROM user_account`)
	qRetainEnrolments = store.Q("enrolment.retain", `DELETE FROM enrolment WHERE expires_at < $1`)

	qRecord = store.Q("audit.insert", `
		INSERT INTO audit (id, at, user_id, organisation_id, letter_id, act, object) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qTrailOfOrganisation = store.Q("audit.of_organisation", `
		SELECT id, at, user_id, act, object FROM audit WHERE organisation_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`)
	qTrailOfLetter = store.Q("audit.of_letter", `
		SELECT id, at, user_id, act, object FROM audit WHERE letter_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`)
)

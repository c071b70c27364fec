package signing

import (
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qInsertPending = store.Q("pending.insert", `
		INSERT INTO pending (id, letter_id, edition, language, text_language, kind, token_hash, browser_hash, sealed, tries, mails, codes, expires_at, domain_tag)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, $11, $12)`)
	// With how many were confirmed since $1 from addresses of the same domain, $2 at most.
	qFindPending = store.Q("pending.find", `
		SELECT id, letter_id, edition, language, text_language, kind, token_hash, browser_hash, sealed, tries, mails, codes, fresh_hash,
			fresh_until, confirmed_at, disputed_at, expires_at,
			(SELECT COUNT(*) FROM (SELECT 1 FROM pending o WHERE o.letter_id = pending.letter_id AND o.domain_tag = pending.domain_tag
				AND o.confirmed_at > $1 LIMIT $2) found)
		FROM pending WHERE id = $3`)
	qForgetDomains = store.Q("pending.forget_domains", `
		UPDATE pending SET domain_tag = NULL WHERE id IN (SELECT id FROM pending WHERE id < $1 AND domain_tag IS NOT NULL ORDER BY id LIMIT 500)`)
	qCountMail = store.Q("pending.count_mail", `UPDATE pending SET mails = mails + 1 WHERE id = $1 AND mails < $2`)
	qCountTry  = store.Q("pending.count_try", `UPDATE pending SET tries = tries + 1 WHERE id = $1 AND tries < $2`)
	qSetFresh  = store.Q("pending.set_fresh", `
		UPDATE pending SET fresh_hash = $1, fresh_until = $2, sealed = $3, codes = codes + 1
		WHERE id = $4 AND codes < $5 AND confirmed_at IS NULL AND disputed_at IS NULL`)
	qSetDisputed = store.Q("pending.set_disputed", `
		UPDATE pending SET disputed_at = $1, expires_at = $2 WHERE id = $3 AND disputed_at IS NULL AND confirmed_at IS NULL`)
	qSetConfirmed = store.Q("pending.set_confirmed", `
		UPDATE pending SET confirmed_at = $1, sealed = $2 WHERE id = $3 AND confirmed_at IS NULL AND expires_at >= $1
			AND NOT EXISTS (SELECT 1 FROM letter WHERE letter.id = pending.letter_id AND letter.close_logged IS NOT NULL)`)
	qReseal       = store.Q("pending.reseal", `UPDATE pending SET sealed = $1 WHERE id = $2`)
	qClearDispute = store.Q("pending.clear_dispute", `UPDATE pending SET disputed_at = NULL WHERE id = $1 AND disputed_at IS NOT NULL`)
	qListOpen     = store.Q("pending.list_open", `
		SELECT id, sealed FROM pending WHERE letter_id = $1 AND id > $2 AND confirmed_at IS NULL ORDER BY id LIMIT $3`)
	qRemovePending = store.Q("pending.remove", `DELETE FROM pending WHERE id = $1 AND confirmed_at IS NULL`)
	qExtendPending = store.Q("pending.extend", `UPDATE pending SET expires_at = $1 WHERE id = $2 AND confirmed_at IS NULL AND disputed_at IS NULL`)
	qRemoveExpired = store.Q("pending.remove_expired",
		`DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE expires_at < $1 ORDER BY expires_at LIMIT 500)`)

	qInsertSignature = store.InsertInto("signature.insert", "signature", signatureColumns, "ON CONFLICT (letter_id, mailbox_tag, tag, kind) DO NOTHING")
	qPutSealed       = store.InsertInto("signature_sealed.put", "signature_sealed", sealedColumns, store.Replacing("letter_id, id", sealedColumns[2:]...))

	// In two steps, and without a condition on the state: in any other form one engine or the other walks all signatures
	// of the letter, where the first step is answered by the index by tag alone.
	qFindByMailbox = store.Q("signature.find_by_mailbox", `
		WITH found AS MATERIALIZED (SELECT id FROM signature WHERE letter_id = $1 AND mailbox_tag IN ($2, $3, $4) LIMIT 100)
		SELECT `+signatureSelect+` FROM found CROSS JOIN signature s WHERE s.letter_id = $1 AND s.id = found.id`)
	qFindByTag = store.Q("signature.find_by_tag", `
		SELECT `+signatureSelect+` FROM signature s WHERE s.letter_id = $1 AND s.mailbox_tag = $2 AND s.tag = $3 AND s.kind = $4 {for_update}`)
	qFindBySecret = store.Q("signature.find_by_secret", `SELECT `+signatureSelect+` FROM signature s WHERE s.secret_hash = $1 ORDER BY s.kind`)
	qFindOwn      = store.Q("signature.find_own", `
		SELECT `+signatureSelect+` FROM signature s WHERE s.letter_id = $1 AND s.id = $2 AND s.secret_hash = $3 {for_update}`)
	qFindSignature = store.Q("signature.find", `SELECT `+signatureSelect+` FROM signature s WHERE s.letter_id = $1 AND s.id = $2 {for_update}`)
	qShowSignature = store.Q("signature.show", `SELECT `+signatureSelect+` FROM signature s WHERE s.letter_id = $1 AND s.id = $2`)
	qSetState      = store.Q("signature.set_state", `UPDATE signature SET state = $1, reason = $2 WHERE letter_id = $3 AND id = $4`)
	qSetListing    = store.Q("signature.set_listing", `UPDATE signature SET listing = $1 WHERE letter_id = $2 AND id = $3`)
	qErase         = store.Q("signature.erase", `
		UPDATE signature SET mailbox_tag = $1, tag = $2, secret_hash = NULL WHERE letter_id = $3 AND id = $4`)
	qRemovePendingOf = store.Q("pending.remove_of", `
		DELETE FROM pending WHERE id IN (SELECT pending_id FROM signature WHERE letter_id = $1 AND id = $2)`)
	qFindSealed   = store.Q("signature_sealed.find", `SELECT sealed FROM signature_sealed WHERE letter_id = $1 AND id = $2`)
	qRemoveSealed = store.Q("signature_sealed.remove", `DELETE FROM signature_sealed WHERE letter_id = $1 AND id = $2`)
	qPurgeSealed  = store.Q("signature_sealed.purge", `
		DELETE FROM signature_sealed WHERE letter_id = $1 AND id IN (SELECT id FROM signature_sealed WHERE letter_id = $1 ORDER BY id LIMIT 500)`)
	qListUnpurged = store.Q("signature_sealed.list_unpurged", `
		SELECT id FROM letter WHERE data_key IS NULL
			AND EXISTS (SELECT 1 FROM signature_sealed s WHERE s.letter_id = letter.id) ORDER BY id LIMIT 100`)

	// A signature one of whose leaves gets its index, with the name that is, or is about to be, in the list.
	qFindSequenced = store.Q("signature.find_followed", `
		SELECT `+signatureSelect+`, COALESCE(u.name, ''), COALESCE(u.country, '') FROM signature s
		LEFT JOIN signature_public u ON u.letter_id = s.letter_id AND u.id = s.id
		WHERE s.letter_id = $1 AND s.id = $2`)
	qSetLeaf = store.Q("signature.set_leaf", `
		UPDATE signature SET leaf_index = $1, leaf_listing = $2, state = CASE WHEN state = 'new' THEN 'listed' ELSE state END
		WHERE letter_id = $3 AND id = $4`)
	qListUnlogged = store.Q("signature_unlogged.list", `
		SELECT `+signatureSelect+` FROM (SELECT letter_id, id FROM signature_unlogged ORDER BY letter_id, id LIMIT $1) n
		JOIN signature s ON s.letter_id = n.letter_id AND s.id = n.id`)
	qRemoveUnlogged = store.Q("signature_unlogged.remove", `DELETE FROM signature_unlogged WHERE letter_id = $1 AND id = $2`)
	qSetLeafListing = store.Q("signature.set_leaf_listing", `UPDATE signature SET leaf_listing = $1 WHERE letter_id = $2 AND id = $3`)

	qCountHeld = store.Q("signature.count_held", `
		SELECT COUNT(*) FROM (SELECT s.id FROM signature s WHERE s.letter_id = $1 AND s.state = 'held' AND `+seenByEditors+` LIMIT $2) held`)
	qShowSeen = store.Q("signature.show_seen", `SELECT `+signatureSelect+` FROM signature s WHERE s.letter_id = $1 AND s.id = $2
		AND s.state IN ('new', 'listed', 'held') AND `+seenByEditors)
	qListByState = store.Q("signature.list_by_state", `
		SELECT `+signatureSelect+` FROM signature s WHERE s.letter_id = $1 AND s.state = $2 AND s.id > $3 AND `+seenByEditors+` ORDER BY s.id LIMIT $4`)

	// One row an act: of who signed as both, the organisation's.
	qListSigners = store.Q("signature.list_told", `
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
	qLockStanding = store.Q("signature.lock_standing", `
		SELECT id FROM signature WHERE letter_id = $1 AND id > $2 AND id <= $3 AND state IN ('new', 'listed', 'held') ORDER BY id {for_update}`)
	// What a signature took the place of is noted when it is confirmed: the minutes around that are looked at, not the whole letter.
	qCountBefore = store.Q("signature.count_before", `
		SELECT COUNT(*) FROM signature s JOIN erasure e ON e.letter_id = s.letter_id AND e.replaced_by = s.id
			AND e.at >= s.created_at - 60000000 AND e.at <= s.created_at + 60000000
		WHERE s.letter_id = $1 AND s.id = $2 AND e.signature_id <= $3`)
	qSetAsked    = store.Q("signature.set_asked", `UPDATE signature SET asked_id = $1 WHERE letter_id = $2 AND id IN ($3, $4)`)
	qRemoveAsked = store.Q("pending.remove_asked", `
		DELETE FROM pending WHERE id = (SELECT asked_id FROM signature WHERE letter_id = $1 AND id = $2) AND confirmed_at IS NULL`)
)

// seenByEditors leaves out the signature s of an organisation that is held because another counts whose name no editor may see: to
// see it would tell of the other.
const seenByEditors = `(s.state <> 'held' OR s.reason <> '` + HeldSameOrganisation + `' OR EXISTS (
	SELECT 1 FROM ` + likeNamed + `
	WHERE mine.letter_id = s.letter_id AND mine.id = s.id AND o.state IN ('new', 'listed') AND o.listing <> 'counted'))`

func scanPending(row store.Row) (p pending, err error) {
	err = row.Scan(&p.id, &p.letter, &p.edition, &p.language, &p.text, &p.kind, &p.tokenHash, &p.browserHash, &p.sealed, &p.tries,
		&p.mails, &p.codes, &p.freshHash, &p.freshUntil, &p.confirmed, &p.disputed, &p.expires, &p.alike)
	return p, err
}

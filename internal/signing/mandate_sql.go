package signing

import "github.com/undersigned/undersigned/internal/store"

var (
	qFindMandates = store.Q("mandate.find", `SELECT lead_id FROM mandate WHERE name_tag = $1 AND from_tag = $2`)
	qPutMandate   = store.Q("mandate.put", `
		INSERT INTO mandate (name_tag, from_tag, lead_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name_tag, from_tag, lead_id) DO NOTHING`)
	qGiveUpMandates = store.Q("mandate.give_up", `DELETE FROM mandate`)

	qPutVoucher = store.Q("voucher.put", `
		INSERT INTO voucher (letter_id, signature_id, organisation_id, user_id, created_at, invited) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (letter_id, signature_id, organisation_id) DO NOTHING`)
	qListVouchers = store.Q("voucher.list", `
		SELECT signature_id, organisation_id, user_id, invited FROM voucher
		WHERE letter_id = $1 AND signature_id BETWEEN $2 AND $3 ORDER BY signature_id, organisation_id`)
	qFindName   = store.Q("signature_sealed.find_name", `SELECT name_tag FROM signature_sealed WHERE letter_id = $1 AND id = $2`)
	qCountNamed = store.Q("signature.count_named", `
		SELECT COUNT(*) FROM signature_sealed x JOIN signature s ON s.letter_id = x.letter_id AND s.id = x.id
		WHERE x.letter_id = $1 AND x.name_tag = $2 AND s.kind = 'organisation' AND s.state IN ('new', 'listed') AND s.tag <> $3
			AND (s.listing <> 'counted' OR s.basis IN ('domain', 'voucher'))`)
	// The same as far as whoever invites may know: one that is counted only shows to nobody.
	qCountNamedSeen = store.Q("signature.count_named_seen", `
		SELECT COUNT(*) FROM signature_sealed x JOIN signature s ON s.letter_id = x.letter_id AND s.id = x.id
		WHERE x.letter_id = $1 AND x.name_tag = $2 AND s.kind = 'organisation' AND s.state IN ('new', 'listed') AND s.tag <> $3 AND s.listing <> 'counted'`)
	// How many signatures of an organisation's name, spelling aside, count beside this one, leaving out those of a listing.
	qCountSame = store.Q("signature.count_twins", `
		SELECT COUNT(*) FROM `+likeNamed+` WHERE mine.letter_id = $1 AND mine.id = $2 AND o.state IN ('new', 'listed') AND o.listing <> $3`)
	qCountTwins = store.Q("signature.count_like_named", `
		SELECT COUNT(*) FROM `+likeNamed+` WHERE mine.letter_id = $1 AND mine.id = $2
			AND (o.state IN ('new', 'listed') AND o.listing = 'public' OR o.state = 'held' AND o.listing <> 'counted')`)
	qRelease = store.Q("signature.admit", `UPDATE signature SET state = 'new', reason = '', basis = $1 WHERE letter_id = $2 AND id = $3`)
)

// likeNamed joins the sealed row of an organisation's signature, mine, with the other signatures o of its name, spelling aside.
const likeNamed = `signature_sealed mine
		JOIN signature_sealed x ON x.letter_id = mine.letter_id AND x.name_tag = mine.name_tag AND x.id <> mine.id
		JOIN signature o ON o.letter_id = x.letter_id AND o.id = x.id AND o.kind = 'organisation'`

// voucher is a lead organisation's word for the mandate of a signature.
type voucher struct {
	signature, lead, user int64
	invited               bool // given for its address, by inviting it
}

func scanVoucher(row store.Row) (v voucher, err error) {
	return v, row.Scan(&v.signature, &v.lead, &v.user, &v.invited)
}

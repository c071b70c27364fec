package intake

import (
	"encoding/json"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

const proposalColumns = `letter_id, id, lines, skip, version, state, reason, approved_by, created_at`

var (
	qInsertProposal = store.Q("intake.insert", `
		INSERT INTO intake (letter_id, id, lines, skip, version, state, reason, created_at, sealed) VALUES ($1, $2, $3, '[]', 1, 'read', '', $4, $5)`)
	qCountProposals = store.Q("intake.count", `SELECT COUNT(*) FROM intake WHERE letter_id = $1`)
	qListProposals  = store.Q("intake.list", `SELECT `+proposalColumns+` FROM intake WHERE letter_id = $1 ORDER BY id`)
	qFindProposal   = store.Q("intake.find", `SELECT `+proposalColumns+` FROM intake WHERE letter_id = $1 AND id = $2`)
	qOpenProposal   = store.Q("intake.open", `SELECT sealed FROM intake WHERE letter_id = $1 AND id = $2`)
	qSkipProposal   = store.Q("intake.skip", `
		UPDATE intake SET skip = $1, version = version + 1 WHERE letter_id = $2 AND id = $3 AND state = 'read'`)
	qApproveProposal = store.Q("intake.approve", `
		UPDATE intake SET state = 'approved', approved_by = $1 WHERE letter_id = $2 AND id = $3 AND version = $4 AND state = 'read'`)
	qAnnounceProposal = store.Q("intake.announce", `UPDATE intake SET sealed = $1 WHERE letter_id = $2 AND id = $3 AND state = 'approved'`)
	// Others that are about to be added, or were since.
	qCountAdded = store.Q("intake.count_added", `
		SELECT (SELECT COUNT(*) FROM intake WHERE letter_id = $1 AND state = 'approved' AND id <> $2)
			+ (SELECT COUNT(*) FROM signature_batch WHERE letter_id = $1 AND id <> $2 AND next_at IS NOT NULL AND created_at > $3)`)
	qFailProposal    = store.Q("intake.fail", `UPDATE intake SET state = 'failed', reason = $1 WHERE letter_id = $2 AND id = $3`)
	qDiscardProposal = store.Q("intake.discard", `DELETE FROM intake WHERE letter_id = $1 AND id = $2 AND state <> 'approved'`)
	qRemoveProposal  = store.Q("intake.remove", `DELETE FROM intake WHERE letter_id = $1 AND id = $2`)
	qGiveUp          = store.Q("intake.give_up", `DELETE FROM intake`)
	qRetainProposals = store.Q("intake.retain", `
		DELETE FROM intake WHERE created_at < $1 AND state <> 'approved' OR letter_id IN (SELECT id FROM letter WHERE data_key IS NULL)`)
)

func scanProposal(row store.Row) (p Proposal, err error) {
	var skip string
	var by *int64
	var created int64
	if err = row.Scan(&p.Letter, &p.ID, &p.Lines, &skip, &p.Version, &p.State, &p.Reason, &by, &created); err != nil {
		return p, err
	}
	if by != nil {
		p.approvedBy = *by
	}
	p.CreatedAt = time.UnixMicro(created).UTC()
	return p, json.Unmarshal([]byte(skip), &p.Skip)
}

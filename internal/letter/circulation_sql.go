package letter

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

const readerColumns = `id, letter_id, token_hash, sealed, language, mails, refused, answer, named, lead_asked,
	organisation_id, invited_at, answered_at, withdrawn_at`

var (
	qPutCirculation = store.Q("circulation.put", `
		INSERT INTO circulation (letter_id, soft_at, hard_at, zone, started_at, frozen_sha256) VALUES ($1, $2, $3, $4, $5, '')
		ON CONFLICT (letter_id) DO UPDATE SET soft_at = excluded.soft_at, hard_at = excluded.hard_at, zone = excluded.zone`)
	qFindCirculation = store.Q("circulation.find", `
		SELECT soft_at, hard_at, zone, started_at, frozen_sha256, frozen_at FROM circulation WHERE letter_id = $1`)
	qFreeze = store.Q("circulation.freeze", `
		UPDATE circulation SET frozen_sha256 = $1, frozen_at = $2 WHERE letter_id = $3 AND frozen_sha256 <> $1`)

	qInsertReader = store.Q("reader.insert", `
		INSERT INTO reader (id, letter_id, tag, token_hash, sealed, language, mails, refused, answer, named, lead_asked, invited_at)
		VALUES ($1, $2, $3, $4, $5, $6, 1, $7, '', $7, $8, $9)`)
	qFindReader      = store.Q("reader.find", `SELECT `+readerColumns+` FROM reader WHERE id = $1`)
	qFindReaderByTag = store.Q("reader.find_by_tag", `SELECT `+readerColumns+` FROM reader WHERE letter_id = $1 AND tag = $2`)
	qListReaders     = store.Q("reader.list", `SELECT `+readerColumns+` FROM reader WHERE letter_id = $1 ORDER BY id`)
	qCountReaders    = store.Q("reader.count", `SELECT count(*) FROM reader WHERE letter_id = $1`)
	qRelinkReader    = store.Q("reader.relink", `
		UPDATE reader SET token_hash = $1, sealed = $2, language = $3, mails = 1, refused = $4, invited_at = $5, withdrawn_at = NULL
		WHERE id = $6 AND withdrawn_at IS NOT NULL`)
	qResealReader   = store.Q("reader.reseal", `UPDATE reader SET sealed = $1 WHERE id = $2`)
	qAnswer         = store.Q("reader.answer", `UPDATE reader SET answer = $1, named = $2, answered_at = $3 WHERE id = $4`)
	qCountLinkMail  = store.Q("reader.count_mail", `UPDATE reader SET mails = mails + 1, refused = $1 WHERE id = $2 AND mails = $3 AND withdrawn_at IS NULL`)
	qAskLead        = store.Q("reader.ask_lead", `UPDATE reader SET lead_asked = $1 WHERE id = $2 AND lead_asked <> $1 AND withdrawn_at IS NULL`)
	qSetSpeaksFor   = store.Q("reader.set_organisation", `UPDATE reader SET organisation_id = $1 WHERE id = $2`)
	qWithdrawReader = store.Q("reader.withdraw", `UPDATE reader SET withdrawn_at = $1 WHERE id = $2 AND withdrawn_at IS NULL`)
	qWithdrawAll    = store.Q("reader.withdraw_all", `UPDATE reader SET withdrawn_at = $1 WHERE withdrawn_at IS NULL`)
	qRefuseReader   = store.Q("reader.refuse", `UPDATE reader SET refused = $1 WHERE id = $2`)

	qInsertRemark = store.Q("remark.insert", `
		INSERT INTO remark (id, letter_id, reader_id, user_id, language, place, anchor, sealed, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qListRemarks = store.Q("remark.list", `
		SELECT id, reader_id, user_id, language, place, anchor, sealed, made_at, resolved_at FROM remark WHERE letter_id = $1 ORDER BY id`)
	qCountRemarks  = store.Q("remark.count", `SELECT count(*) FROM remark WHERE letter_id = $1 AND reader_id = $2`)
	qResolveRemark = store.Q("remark.resolve", `
		UPDATE remark SET resolved_by = $1, resolved_at = $2 WHERE letter_id = $3 AND id = $4 AND resolved_at IS NULL`)
	qReopenRemark = store.Q("remark.reopen", `
		UPDATE remark SET resolved_by = NULL, resolved_at = NULL WHERE letter_id = $1 AND id = $2 AND resolved_at IS NOT NULL`)

	qApproveText = store.Q("lead_approval.put", `
		INSERT INTO lead_approval (letter_id, organisation_id, sha256, user_id, approved_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, organisation_id) DO UPDATE SET sha256 = excluded.sha256, user_id = excluded.user_id, approved_at = excluded.approved_at
		WHERE lead_approval.sha256 <> excluded.sha256`)
	qForgetApproval = store.Q("lead_approval.remove", `DELETE FROM lead_approval WHERE letter_id = $1 AND organisation_id = $2`)
	// The leads that somebody would open the letter without: neither speaks the user for them, nor have they approved the text.
	qListUnapproved = store.Q("lead_approval.list_missing", `
		SELECT l.organisation_id FROM letter_lead l
		WHERE l.letter_id = $1
			AND NOT EXISTS (SELECT 1 FROM lead_approval a WHERE a.letter_id = l.letter_id AND a.organisation_id = l.organisation_id AND a.sha256 = $2)
			AND NOT EXISTS (SELECT 1 FROM member m WHERE m.organisation_id = l.organisation_id AND m.user_id = $3 AND m.role IN ('owner', 'editor'))
		ORDER BY l.rank`)
	qCountMembers = store.Q("letter.count_members_of", `SELECT count(*) FROM member WHERE organisation_id = $1`)
	// Who was taken off the leads in the settings has not consented to anything else.
	qEndConsents = store.Q("reader.end_consents", `
		UPDATE reader SET lead_asked = $1, organisation_id = NULL
		WHERE letter_id = $2 AND organisation_id IS NOT NULL
			AND organisation_id NOT IN (SELECT organisation_id FROM letter_lead WHERE letter_id = $2)`)
	qNextRank   = store.Q("letter.next_lead_rank", `SELECT COALESCE(max(rank), -1) + 1 FROM letter_lead WHERE letter_id = $1`)
	qRemoveLead = store.Q("letter.remove_lead", `
		DELETE FROM letter_lead WHERE letter_id = $1 AND organisation_id = $2
			AND EXISTS (SELECT 1 FROM letter_lead o WHERE o.letter_id = $1 AND o.organisation_id <> $2)`)

	qListReadersOver = store.Q("circulation.list_over", `
		SELECT c.letter_id FROM circulation c JOIN letter l ON l.id = c.letter_id
		WHERE l.data_key IS NULL AND EXISTS (SELECT 1 FROM reader r WHERE r.letter_id = c.letter_id)
			OR c.hard_at < $1 AND EXISTS (
				SELECT 1 FROM reader r WHERE r.letter_id = c.letter_id AND (r.organisation_id IS NULL OR l.state = 'draft'))
		ORDER BY c.letter_id LIMIT 100`)
	qForgetRemarks = store.Q("remark.forget", `DELETE FROM remark WHERE letter_id = $1`)
	// Who speaks for a lead organisation of a letter that is signed has a say in its next edition, for as long as its key is there.
	qForgetReaders = store.Q("reader.forget", `
		DELETE FROM reader WHERE letter_id = $1 AND (organisation_id IS NULL
			OR EXISTS (SELECT 1 FROM letter l WHERE l.id = reader.letter_id AND (l.data_key IS NULL OR l.state = 'draft')))`)
)

// findCirculation returns the zero Circulation for a letter whose text never went round.
func findCirculation(tx *store.Tx, id ID) (c Circulation, err error) {
	var soft, hard, started int64
	var zone string
	var frozen *int64
	err = tx.Row(qFindCirculation, id).Scan(&soft, &hard, &zone, &started, &c.FrozenSHA256, &frozen)
	if errors.Is(err, store.ErrNoRow) {
		return Circulation{}, nil
	}
	if err != nil {
		return c, err
	}
	c.Soft, c.Hard, c.StartedAt, c.FrozenAt = time.UnixMicro(soft).UTC(), time.UnixMicro(hard).UTC(), time.UnixMicro(started).UTC(), store.Instant(frozen)
	if c.Zone, err = time.LoadLocation(zone); err != nil {
		c.Zone = time.UTC // a zone that this machine does not know: the instant is what counts
	}
	return c, nil
}

// sealedReader is what is sealed of a reader.
type sealedReader struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Token string `json:"token"`
}

// readerRow is a reader as it is stored.
type readerRow struct {
	Reader
	tokenHash, sealed []byte
}

func scanReader(row store.Row) (r readerRow, err error) {
	var organisation, answered, withdrawn *int64
	var asked int64
	err = row.Scan(&r.ID, &r.Letter, &r.tokenHash, &r.sealed, &r.Language, &r.Mails, &r.Refused, &r.Answer, &r.Named, &r.LeadAsked, &organisation,
		&asked, &answered, &withdrawn)
	if organisation != nil {
		r.SpeaksFor = *organisation
	}
	r.AskedAt, r.AnsweredAt, r.Withdrawn = time.UnixMicro(asked).UTC(), store.Instant(answered), withdrawn != nil
	return r, err
}

// open adds what is sealed.
func (r *readerRow) open(key *seal.LetterKey) error {
	plaintext, err := key.Open("reader", r.ID, r.sealed)
	if err != nil {
		return fmt.Errorf("letter: reader %d: %w", r.ID, err)
	}
	var s sealedReader
	if err := json.Unmarshal(plaintext, &s); err != nil {
		return fmt.Errorf("letter: reader %d: %w", r.ID, err)
	}
	r.Name, r.Email, r.token = s.Name, s.Email, s.Token
	return nil
}

// seal encloses a reader's name, address and token.
func (r Reader) seal(key *seal.LetterKey) ([]byte, error) {
	plaintext, err := json.Marshal(sealedReader{r.Name, r.Email, r.token})
	if err != nil {
		return nil, fmt.Errorf("letter: reader %d: %w", r.ID, err)
	}
	return key.Seal("reader", r.ID, plaintext), nil
}

// sealedRemark is what is sealed of a remark.
type sealedRemark struct {
	Text  string `json:"text"`
	Quote string `json:"quote"`
}

func scanRemark(key *seal.LetterKey) func(row store.Row) (Remark, error) {
	return func(row store.Row) (r Remark, err error) {
		var reader, user, resolved *int64
		var at int64
		var sealed []byte
		if err := row.Scan(&r.ID, &reader, &user, &r.Language, &r.Place, &r.anchor, &sealed, &at, &resolved); err != nil {
			return r, err
		}
		if reader != nil {
			r.Reader = *reader
		}
		if user != nil {
			r.User = *user
		}
		r.At, r.Resolved = time.UnixMicro(at).UTC(), resolved != nil
		plaintext, err := key.Open("remark", r.ID, sealed)
		if err != nil {
			return r, fmt.Errorf("letter: remark %d: %w", r.ID, err)
		}
		var s sealedRemark
		if err := json.Unmarshal(plaintext, &s); err != nil {
			return r, fmt.Errorf("letter: remark %d: %w", r.ID, err)
		}
		r.Text, r.Quote = s.Text, s.Quote
		return r, nil
	}
}

// unapproved returns the lead organisations of a letter in whose place nobody has approved the text, and for which the user
// does not speak.
func unapproved(tx *store.Tx, l Letter, sha256 string, user int64) (list []account.Organisation, err error) {
	ids, err := store.List(tx, qListUnapproved, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, l.ID, sha256, user)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		for _, o := range l.Leads {
			if o.ID == id {
				list = append(list, o)
			}
		}
	}
	return list, nil
}

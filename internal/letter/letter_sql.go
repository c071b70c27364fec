package letter

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

const letterColumns = `id, log_id, slug, state, sign_on, protected, mandate, edition, deadline_at, deadline_zone, close_of_business,
		call, embeds, version, created_at, opened_at, closed_at, close_logged, fixed_at, publish_at, publish_zone, continues, lead_wait, contacts, informed`

var (
	qInsertLetter = store.Q("letter.insert", `
		INSERT INTO letter (id, log_id, slug, state, sign_on, protected, mandate, edition, deadline_zone, close_of_business, data_key, version, created_at)
		VALUES ($1, $2, $3, 'draft', $4, $5, $6, 0, 'UTC', $7, $8, 1, $9) ON CONFLICT (slug) DO NOTHING`)
	qLockLetter  = store.Q("letter.lock", `SELECT id FROM letter WHERE slug = $1 {for_update}`)
	qFindLetter  = store.Q("letter.find", `SELECT `+letterColumns+` FROM letter WHERE slug = $1`)
	qLoadLetter  = store.Q("letter.load", `SELECT `+letterColumns+` FROM letter WHERE id = $1`)
	qListLetters = store.Q("letter.list", `
		SELECT `+letterColumns+` FROM letter WHERE state <> 'draft' ORDER BY opened_at DESC, id DESC LIMIT $1`)
	qListOlder = store.Q("letter.list_older", `
		SELECT `+letterColumns+` FROM letter WHERE state <> 'draft' AND (opened_at, id) < ($1, $2) ORDER BY opened_at DESC, id DESC LIMIT $3`)
	qListAllLetters = store.Q("letter.list_all", `SELECT `+letterColumns+` FROM letter ORDER BY created_at DESC, id DESC`)
	qListLedBy      = store.Q("letter.list_led_by", `
		SELECT `+letterColumns+` FROM letter WHERE state <> 'draft' AND id IN (SELECT letter_id FROM letter_lead WHERE organisation_id = $1)
		ORDER BY opened_at DESC, id DESC LIMIT 100`)
	qListForDesk = store.Q("letter.list_for_desk", `
		SELECT `+letterColumns+` FROM letter WHERE id IN (SELECT letter_id FROM letter_lead WHERE organisation_id = $1)
		ORDER BY created_at DESC, id DESC LIMIT 200`)
	qDiscardTexts   = store.Q("edition_text.discard", `DELETE FROM edition_text WHERE letter_id = $1 AND number = $2`)
	qDiscardEdition = store.Q("edition.discard", `DELETE FROM edition WHERE letter_id = $1 AND number = $2 AND published_at IS NULL`)
	qTouchLetter    = store.Q("letter.touch", `UPDATE letter SET version = version + 1 WHERE id = $1`)
	qTouchLedBy     = store.Q("letter.touch_led_by", `
		UPDATE letter SET version = version + 1 WHERE id IN (SELECT letter_id FROM letter_lead WHERE organisation_id = $1)`)
	qVersions    = store.Q("letter.version", `SELECT version FROM letter WHERE slug = $1`)
	qAllVersions = store.Q("letter.versions", `SELECT slug, version FROM letter`)
	qDataKey     = store.Q("letter.data_key", `SELECT data_key FROM letter WHERE id = $1`)
	qSetSettings = store.Q("letter.set_settings", `
		UPDATE letter SET sign_on = $1, protected = $2, mandate = $3, deadline_at = $4, deadline_zone = $5, close_of_business = $6,
			call = $7, embeds = $8, publish_at = $9, publish_zone = $10, lead_wait = $11, contacts = $12, informed = $13, version = version + 1
		WHERE id = $14`)
	qUnfix          = store.Q("letter.unfix", `UPDATE letter SET fixed_at = NULL WHERE id = $1 AND state = 'draft'`)
	qSetContinues   = store.Q("letter.set_continues", `UPDATE letter SET continues = $1 WHERE id = $2`)
	qListContinuing = store.Q("letter.list_continuing", `
		SELECT `+letterColumns+` FROM letter WHERE continues = $1 AND state <> 'draft' AND id IN (
			SELECT a.letter_id FROM letter_lead a JOIN letter_lead b ON b.organisation_id = a.organisation_id WHERE b.letter_id = $1)
		ORDER BY opened_at, id LIMIT 20`)
	qFix          = store.Q("letter.fix", `UPDATE letter SET fixed_at = COALESCE(fixed_at, $1) WHERE id = $2 AND state = 'draft'`)
	qSetPublished = store.Q("letter.set_published", `
		UPDATE letter SET edition = $1, state = CASE WHEN state = 'draft' THEN $2 ELSE state END,
			opened_at = COALESCE(opened_at, $3), version = version + 1
		WHERE id = $4`)
	qSetClosed = store.Q("letter.set_closed", `
		UPDATE letter SET state = 'closed', closed_at = $1, version = version + 1 WHERE id = $2 AND state = 'open'`)
	qSetReopened = store.Q("letter.set_reopened", `
		UPDATE letter SET state = 'open', closed_at = NULL, version = version + 1
		WHERE id = $1 AND state = 'closed' AND close_logged IS NULL AND data_key IS NOT NULL`)
	qListDue = store.Q("letter.list_due", `
		SELECT id FROM letter WHERE state = 'open' AND deadline_at IS NOT NULL AND deadline_at < $1 ORDER BY id LIMIT 100`)
	qListSpent = store.Q("letter.list_spent", `
		SELECT id FROM letter WHERE state = 'closed' AND data_key IS NOT NULL AND closed_at < $1 ORDER BY id LIMIT 100`)
	qListKeyed  = store.Q("letter.list_keyed", `SELECT id FROM letter WHERE data_key IS NOT NULL ORDER BY id`)
	qSetKey     = store.Q("letter.set_key", `UPDATE letter SET data_key = $1 WHERE id = $2`)
	qDestroyKey = store.Q("letter.destroy_key", `UPDATE letter SET data_key = NULL, version = version + 1 WHERE id = $1`)

	qRemoveLeads = store.Q("letter.remove_leads", `DELETE FROM letter_lead WHERE letter_id = $1`)
	qInsertLead  = store.Q("letter.insert_lead", `INSERT INTO letter_lead (letter_id, rank, organisation_id) VALUES ($1, $2, $3)`)

	qPutEdition = store.Q("edition.put", `
		INSERT INTO edition (letter_id, number, follows, language, sha256) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, number) DO UPDATE SET follows = excluded.follows, language = excluded.language, sha256 = excluded.sha256
		WHERE edition.published_at IS NULL`)
	qPublishEdition = store.Q("edition.publish", `
		UPDATE edition SET published_at = $1, leaf_hash = $2 WHERE letter_id = $3 AND number = $4 AND published_at IS NULL`)
	qSetLeaf      = store.Q("edition.set_leaf", `UPDATE edition SET leaf_hash = $1 WHERE letter_id = $2 AND number = $3`)
	qListUnlogged = store.Q("edition.list_unlogged", `
		SELECT letter_id FROM edition WHERE published_at IS NOT NULL AND leaf_hash IS NULL ORDER BY letter_id LIMIT 1`)
	qFindLeaf = store.Q("edition.leaf", `
		SELECT l.log_id, e.leaf_hash FROM edition e JOIN letter l ON l.id = e.letter_id
		WHERE e.letter_id = $1 AND e.number = $2 AND e.leaf_hash IS NOT NULL`)
	qFindLogID  = store.Q("letter.log_id", `SELECT log_id FROM letter WHERE id = $1`)
	qListEnding = store.Q("letter.list_ending", `
		SELECT `+letterColumns+` FROM letter
		WHERE state IN ('closed', 'archived') AND sign_on <> 'none' AND close_logged IS NULL AND closed_at IS NOT NULL ORDER BY id`)
	qSetCloseLogged = store.Q("letter.set_close_logged", `
		UPDATE letter SET close_logged = $1, version = version + 1
		WHERE id = $2 AND close_logged IS NULL AND state IN ('closed', 'archived')`)
	qFindEdition = store.Q("edition.find",
		`SELECT number, follows, language, sha256, published_at, leaf_hash FROM edition WHERE letter_id = $1 AND number = $2`)
	qFindSource = store.Q("edition.find_source", `
		SELECT COALESCE(MAX(number), 0) FROM edition WHERE letter_id = $1 AND sha256 = $2 AND published_at IS NOT NULL`)
	qListEditions = store.Q("edition.list", `
		SELECT number, follows, language, sha256, published_at, leaf_hash FROM edition
		WHERE letter_id = $1 AND published_at IS NOT NULL ORDER BY number DESC`)
	qPutText = store.Q("edition_text.put", `
		INSERT INTO edition_text (letter_id, number, language, content, canonical, sha256) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (letter_id, number, language)
		DO UPDATE SET content = excluded.content, canonical = excluded.canonical, sha256 = excluded.sha256`)
	qListTexts = store.Q("edition_text.list", `
		SELECT language, content, sha256 FROM edition_text WHERE letter_id = $1 AND number = $2 ORDER BY language`)
	qFindByLogID   = store.Q("letter.find_by_log_id", `SELECT id FROM letter WHERE log_id = $1`)
	qFindCanonical = store.Q("edition_text.canonical", `SELECT canonical FROM edition_text WHERE letter_id = $1 AND number = $2 AND language = $3`)
	qFindFile      = store.Q("edition_text.file", `
		SELECT t.canonical, t.sha256 FROM edition_text t
		JOIN edition e ON e.letter_id = t.letter_id AND e.number = t.number
		JOIN letter l ON l.id = t.letter_id
		WHERE l.slug = $1 AND t.number = $2 AND t.language = $3 AND e.published_at IS NOT NULL`)
)

func find(tx *store.Tx, slug string) (Letter, error) {
	l, err := scanLetter(tx.Row(qFindLetter, slug))
	if errors.Is(err, store.ErrNoRow) {
		return l, fault.New(fault.NotFound, "letter.unknown")
	}
	return l, err
}

// complete adds what a letter's page shows: leads and the current edition, or a draft's text so far.
func complete(tx *store.Tx, l *Letter) (err error) {
	if l.Leads, err = account.Leads(tx, l.ID); err != nil {
		return err
	}
	number := l.Edition.Number
	if l.State == Draft {
		number = 1
	}
	l.Edition, err = findEdition(tx, l.ID, number)
	if l.State == Draft && fault.Is(err, fault.NotFound) {
		return nil // a call or a letterhead came before the text
	}
	return err
}

func findEdition(tx *store.Tx, id ID, number int) (Edition, error) {
	e, err := scanEdition(tx.Row(qFindEdition, id, number))
	if errors.Is(err, store.ErrNoRow) {
		return e, fault.New(fault.NotFound, "edition.unknown")
	}
	if err != nil {
		return e, err
	}
	return e, addTexts(tx, id, &e)
}

func addTexts(tx *store.Tx, id ID, e *Edition) error {
	texts, err := store.List(tx, qListTexts, scanText, id, e.Number)
	if err != nil {
		return err
	}
	e.Texts = make(map[string]Text, len(texts))
	for _, t := range texts {
		if t.Stale = t.Language != e.Language && t.SourceSHA256 != e.SHA256; t.Stale {
			if err := tx.Row(qFindSource, id, t.SourceSHA256).Scan(&t.Source); err != nil {
				return err
			}
		}
		e.Texts[t.Language] = t
	}
	return nil
}

func putText(tx *store.Tx, id ID, number int, t Text) error {
	content, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("letter: encode text: %w", err)
	}
	canonical := t.Canonical()
	_, err = tx.Exec(qPutText, id, number, t.Language, string(content), canonical, Hash(canonical))
	return err
}

func scanLetter(row store.Row) (l Letter, err error) {
	var deadline, opened, closed, logged, fixed, publish *int64
	var created int64
	var zone, logID, embeds, publishZone, contacts string
	var call *string
	if err := row.Scan(&l.ID, &logID, &l.Slug, &l.State, &l.SignOn, &l.Protected, &l.Mandate, &l.Edition.Number, &deadline, &zone,
		&l.Deadline.CloseOfBusiness, &call, &embeds, &l.Version, &created, &opened, &closed, &logged, &fixed, &publish, &publishZone, &l.Continues,
		&l.LeadWait, &contacts, &l.Informed); err != nil {
		return l, err
	}
	if l.LogID, err = verify.ParseLetterID(logID); err != nil {
		return l, fmt.Errorf("letter %d: %w", l.ID, err)
	}
	l.Final, l.Embeds = logged != nil, strings.Fields(embeds)
	l.CreatedAt, l.OpenedAt, l.ClosedAt = time.UnixMicro(created).UTC(), store.Instant(opened), store.Instant(closed)
	l.Deadline.At = store.Instant(deadline)
	if l.FixedAt, l.PublishAt = store.Instant(fixed), store.Instant(publish); publish != nil {
		if in, err := time.LoadLocation(publishZone); err == nil {
			l.PublishAt = l.PublishAt.In(in)
		}
	}
	if l.Deadline.Zone, err = time.LoadLocation(zone); err != nil {
		l.Deadline.Zone = time.UTC // a zone this machine does not know: the instant is what counts
	}
	if contacts != "" {
		if err := json.Unmarshal([]byte(contacts), &l.Contacts); err != nil {
			return l, fmt.Errorf("letter %d: contacts: %w", l.ID, err)
		}
	}
	if call != nil {
		l.Call = &Call{}
		if err := json.Unmarshal([]byte(*call), l.Call); err != nil {
			return l, fmt.Errorf("letter %d: call: %w", l.ID, err)
		}
	}
	return l, nil
}

func scanEdition(row store.Row) (e Edition, err error) {
	var published *int64
	var leaf []byte
	err = row.Scan(&e.Number, &e.Follows, &e.Language, &e.SHA256, &published, &leaf)
	e.PublishedAt = store.Instant(published)
	copy(e.LeafHash[:], leaf)
	return e, err
}

func scanText(row store.Row) (t Text, err error) {
	var language, content, sum string
	if err := row.Scan(&language, &content, &sum); err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(content), &t); err != nil {
		return t, fmt.Errorf("letter: decode text: %w", err)
	}
	t.Language, t.SHA256 = language, sum
	return t, nil
}

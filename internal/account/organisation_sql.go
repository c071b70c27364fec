package account

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qPutOrganisation = store.Q("organisation.put", `
		INSERT INTO organisation (id, slug, details, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (slug) DO UPDATE SET details = excluded.details`)
	qFindOrganisation  = store.Q("organisation.find", `SELECT id, slug, details FROM organisation WHERE slug = $1`)
	qLoadOrganisation  = store.Q("organisation.load", `SELECT id, slug, details FROM organisation WHERE id = $1`)
	qListOrganisations = store.Q("organisation.list", `SELECT id, slug, details FROM organisation ORDER BY slug`)
	qListLeads         = store.Q("organisation.list_leads", `
		SELECT o.id, o.slug, o.details FROM letter_lead l JOIN organisation o ON o.id = l.organisation_id
		WHERE l.letter_id = $1 ORDER BY l.rank`)
	qListSpokenFor = store.Q("organisation.list_spoken_for", `
		SELECT l.organisation_id FROM letter_lead l JOIN member m ON m.organisation_id = l.organisation_id
		WHERE l.letter_id = $1 AND m.user_id = $2 AND m.role IN ('owner', 'editor') ORDER BY l.rank`)
	qListVouching = store.Q("organisation.list_vouching", `
		SELECT o.id, o.slug, o.details FROM letter_lead l JOIN organisation o ON o.id = l.organisation_id
		WHERE l.letter_id = $1 AND EXISTS (SELECT 1 FROM member m WHERE m.organisation_id = o.id AND m.role IN ('owner', 'editor')) ORDER BY l.rank`)
)

// Put writes the organisation, replacing the entry with its slug. Callers tell the letters it leads (letter.Touch), since
// their pages show it.
func Put(tx *store.Tx, o Organisation) error {
	if err := o.validate(); err != nil {
		return err
	}
	details, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("account.Put: %w", err)
	}
	_, err = tx.Exec(qPutOrganisation, store.NewID(tx.Now()), o.Slug, string(details), tx.Now().UnixMicro())
	return err
}

// Find returns the organisation with the slug, or a fault of kind NotFound.
func Find(tx *store.Tx, slug string) (Organisation, error) {
	o, err := scanOrganisation(tx.Row(qFindOrganisation, slug))
	if errors.Is(err, store.ErrNoRow) {
		return o, fault.New(fault.NotFound, "organisation.unknown")
	}
	return o, err
}

// List returns the whole directory by slug.
func List(tx *store.Tx) ([]Organisation, error) {
	return store.List(tx, qListOrganisations, scanOrganisation)
}

// Leads returns the lead organisations of a letter, in their order.
func Leads(tx *store.Tx, letter store.LetterID) ([]Organisation, error) {
	return store.List(tx, qListLeads, scanOrganisation, letter)
}

// Vouching returns the lead organisations of a letter that have somebody who may vouch for it, in their order.
func Vouching(tx *store.Tx, letter store.LetterID) ([]Organisation, error) {
	return store.List(tx, qListVouching, scanOrganisation, letter)
}

// SpeaksFor returns, by id, the lead organisations of a letter for which a user may give their word.
func SpeaksFor(tx *store.Tx, letter store.LetterID, user int64) ([]int64, error) {
	return store.List(tx, qListSpokenFor, scanLead, letter, user)
}

func scanOrganisation(row store.Row) (o Organisation, err error) {
	var details string
	if err := row.Scan(&o.ID, &o.Slug, &details); err != nil {
		return o, err
	}
	if err := json.Unmarshal([]byte(details), &o); err != nil {
		return o, fmt.Errorf("account: organisation %d: %w", o.ID, err)
	}
	return o, nil
}

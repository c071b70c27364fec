package letter

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qPutAgreement = store.Q("agreement.put", `
		INSERT INTO agreement (letter_id, number, follows, sums, asked_by, asked_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (letter_id) DO UPDATE SET number = excluded.number, follows = excluded.follows, sums = excluded.sums,
			asked_by = excluded.asked_by, asked_at = excluded.asked_at, due_at = excluded.due_at`)
	qFindAgreement = store.Q("agreement.find", `
		SELECT number, follows, sums, asked_by, asked_at, due_at FROM agreement WHERE letter_id = $1`)
	qHoldAgreement   = store.Q("agreement.hold", `UPDATE agreement SET due_at = NULL WHERE letter_id = $1`)
	qRemoveAgreement = store.Q("agreement.remove", `DELETE FROM agreement WHERE letter_id = $1`)

	qPutAgreementText = store.Q("agreement_text.put", `
		INSERT INTO agreement_text (letter_id, sha256, canonical) VALUES ($1, $2, $3) ON CONFLICT (letter_id, sha256) DO NOTHING`)
	qFindApprovedText = store.Q("agreement_text.find_approved", `
		SELECT t.canonical FROM agreement_text t JOIN lead_approval a ON a.letter_id = t.letter_id AND a.sha256 = t.sha256
		WHERE t.letter_id = $1 AND a.organisation_id = $2`)
	qForgetTexts = store.Q("agreement_text.forget", `DELETE FROM agreement_text WHERE letter_id = $1`)

	qPutObjection = store.Q("lead_objection.put", `
		INSERT INTO lead_objection (letter_id, organisation_id, sha256, sealed, objected_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, organisation_id) DO UPDATE SET sha256 = excluded.sha256, sealed = excluded.sealed, objected_at = excluded.objected_at`)
	qListObjections = store.Q("lead_objection.list", `
		SELECT organisation_id, sealed, objected_at FROM lead_objection WHERE letter_id = $1 ORDER BY organisation_id`)
	qForgetObjection  = store.Q("lead_objection.remove", `DELETE FROM lead_objection WHERE letter_id = $1 AND organisation_id = $2`)
	qForgetObjections = store.Q("lead_objection.forget", `DELETE FROM lead_objection WHERE letter_id = $1`)

	qListApprovals = store.Q("lead_approval.list", `
		SELECT a.organisation_id, a.sha256, CASE WHEN t.sha256 IS NULL THEN 0 ELSE 1 END
		FROM lead_approval a LEFT JOIN agreement_text t ON t.letter_id = a.letter_id AND t.sha256 = a.sha256
		WHERE a.letter_id = $1 ORDER BY a.organisation_id`)
	// The leads of a letter for which a user writes.
	qListSpokenFor = store.Q("letter.list_spoken_for", `
		SELECT l.organisation_id FROM letter_lead l JOIN member m ON m.organisation_id = l.organisation_id
		WHERE l.letter_id = $1 AND m.user_id = $2 AND m.role IN ('owner', 'editor') ORDER BY l.rank`)
	qListVoices = store.Q("letter.list_voices", `
		SELECT user_id FROM member WHERE organisation_id = $1 AND role IN ('owner', 'editor') ORDER BY user_id`)
	qListLeadReaders = store.Q("reader.list_leading", `
		SELECT `+readerColumns+` FROM reader WHERE letter_id = $1 AND organisation_id = $2 ORDER BY id`)
)

func scanOrganisationID(row store.Row) (id int64, err error) { return id, row.Scan(&id) }

// agreementOf returns what waits of a letter whose leads are read, with where each stands.
func (s *Service) agreementOf(tx *store.Tx, l Letter) (a Agreement, err error) {
	var sums string
	var asked int64
	var due *int64
	err = tx.Row(qFindAgreement, l.ID).Scan(&a.Number, &a.Follows, &sums, &a.AskedBy, &asked, &due)
	if errors.Is(err, store.ErrNoRow) {
		return Agreement{}, nil
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(sums), &a.Sums); err != nil {
		return a, fmt.Errorf("letter %d: agreement: %w", l.ID, err)
	}
	a.AskedAt, a.Due = time.UnixMicro(asked).UTC(), store.Instant(due)
	for _, o := range l.Leads {
		users, err := store.List(tx, qListVoices, scanOrganisationID, o.ID)
		if err != nil {
			return a, err
		}
		readers, err := store.List(tx, qListLeadReaders, scanReader, l.ID, o.ID)
		if err != nil {
			return a, err
		}
		reads := slices.ContainsFunc(readers, func(r readerRow) bool { return !r.Refused })
		a.Leads = append(a.Leads, Stand{Lead: o, Reached: len(users) > 0 || reads})
	}
	if err := a.readApprovals(tx, l); err != nil {
		return a, err
	}
	return a, s.readObjections(tx, l, a)
}

// readApprovals adds what lead organisations have approved.
func (a Agreement) readApprovals(tx *store.Tx, l Letter) error {
	type approval struct {
		lead   int64
		sha256 string
		asked  int // 1: it is one of the texts of this agreement
	}
	list, err := store.List(tx, qListApprovals, func(row store.Row) (x approval, err error) {
		return x, row.Scan(&x.lead, &x.sha256, &x.asked)
	}, l.ID)
	for i := range a.Leads {
		at := slices.IndexFunc(list, func(x approval) bool { return x.lead == a.Leads[i].Lead.ID })
		if at >= 0 {
			a.Leads[i].Approved = list[at].sha256 == a.Sums[l.Edition.Language]
			a.Leads[i].Before = !a.Leads[i].Approved && list[at].asked == 1
		}
	}
	return err
}

// readObjections adds what lead organisations have against the text.
func (s *Service) readObjections(tx *store.Tx, l Letter, a Agreement) error {
	type objection struct {
		lead, at int64
		sealed   []byte
	}
	list, err := store.List(tx, qListObjections, func(row store.Row) (x objection, err error) {
		return x, row.Scan(&x.lead, &x.sealed, &x.at)
	}, l.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	key, err := s.KeyIn(tx, l.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		words, err := key.Open("lead_objection", x.lead, x.sealed)
		if err != nil {
			return fmt.Errorf("letter %d: objection: %w", l.ID, err)
		}
		for i := range a.Leads {
			if a.Leads[i].Lead.ID == x.lead {
				a.Leads[i].Objection, a.Leads[i].ObjectedAt = string(words), time.UnixMicro(x.at).UTC()
			}
		}
	}
	return nil
}

// putAgreement keeps what is asked, and the text, for who is asked about a later one.
func putAgreement(tx *store.Tx, id ID, a Agreement, next Edition) error {
	sums, err := json.Marshal(a.Sums)
	if err != nil {
		return fmt.Errorf("letter %d: encode agreement: %w", id, err)
	}
	if _, err := tx.Exec(qPutAgreement, id, a.Number, a.Follows, string(sums), a.AskedBy, a.AskedAt.UnixMicro(), store.Micros(a.Due)); err != nil {
		return err
	}
	_, err = tx.Exec(qPutAgreementText, id, next.SHA256, next.Text(next.Language).Canonical())
	return err
}

// forgetAgreement ends what was asked of lead organisations and what they had against it. What they approved stays noted.
func forgetAgreement(tx *store.Tx, id ID) error {
	for _, q := range []*store.Query{qRemoveAgreement, qForgetTexts, qForgetObjections} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	return nil
}

// approveAs notes that the lead organisations for which a user writes approve a text.
func approveAs(tx *store.Tx, l Letter, sha256 string, user int64) error {
	leads, err := store.List(tx, qListSpokenFor, scanOrganisationID, l.ID, user)
	if err != nil {
		return err
	}
	for _, lead := range leads {
		if err := approveNext(tx, l.ID, lead, sha256, user); err != nil {
			return err
		}
	}
	return nil
}

// approveNext notes that a lead organisation approves the next edition's text and has nothing against it any more; user is 0 where a
// reader's link did.
func approveNext(tx *store.Tx, id ID, organisation int64, sha256 string, user int64) error {
	if _, err := tx.Exec(qForgetObjection, id, organisation); err != nil {
		return err
	}
	return approve(tx, id, organisation, sha256, user)
}

// textMoved has lead organisations asked about a text that was changed since they were asked, not for each save.
func textMoved(tx *store.Tx, l Letter, by int64) error {
	waits, err := store.List(tx, qFindAgreement, func(store.Row) (struct{}, error) { return struct{}{}, nil }, l.ID)
	if err != nil || len(waits) == 0 {
		return err
	}
	return job.EnqueueUnique(tx, tx.Now().Add(reaskAfter), "moved "+strconv.FormatInt(int64(l.ID), 36), moved{l.ID, by})
}

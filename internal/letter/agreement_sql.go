package letter

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qPutAgreement = store.Q("agreement.put", `
		INSERT INTO agreement (letter_id, number, follows, sums, digest, asked_by, asked_at, due_at, moved_many) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (letter_id) DO UPDATE SET number = excluded.number, follows = excluded.follows, sums = excluded.sums, digest = excluded.digest,
			asked_by = excluded.asked_by, asked_at = excluded.asked_at, due_at = excluded.due_at,
			moved_by = NULL, moved_many = excluded.moved_many, moved_at = NULL`)
	qFindAgreement = store.Q("agreement.find", `
		SELECT number, follows, sums, digest, asked_by, asked_at, due_at, moved_by, moved_many, moved_at FROM agreement WHERE letter_id = $1`)
	qMoveAgreement = store.Q("agreement.move", `
		UPDATE agreement SET moved_many = (moved_many OR (moved_by IS NOT NULL AND moved_by <> $1)), moved_by = $1, moved_at = $2 WHERE letter_id = $3`)
	qSetDue          = store.Q("agreement.set_due", `UPDATE agreement SET due_at = $1 WHERE letter_id = $2`)
	qHoldAll         = store.Q("agreement.hold_all", `UPDATE agreement SET due_at = NULL`)
	qRemoveAgreement = store.Q("agreement.remove", `DELETE FROM agreement WHERE letter_id = $1`)

	qPutAgreementText = store.Q("agreement_text.put", `
		INSERT INTO agreement_text (letter_id, digest, language, canonical) VALUES ($1, $2, $3, $4) ON CONFLICT (letter_id, digest, language) DO NOTHING`)
	qListAgreementTexts = store.Q("agreement_text.list", `
		SELECT language, canonical FROM agreement_text WHERE letter_id = $1 AND digest = $2 ORDER BY language`)
	qForgetTexts = store.Q("agreement_text.forget", `DELETE FROM agreement_text WHERE letter_id = $1`)

	qApproveNext = store.Q("agreement_lead.approve", `
		INSERT INTO agreement_lead (letter_id, organisation_id, approved, objected, at) VALUES ($1, $2, $3, '', $4)
		ON CONFLICT (letter_id, organisation_id) DO UPDATE SET approved = excluded.approved, objected = '', sealed = NULL, at = excluded.at
		WHERE agreement_lead.approved <> excluded.approved OR agreement_lead.objected <> ''`)
	qObject = store.Q("agreement_lead.object", `
		INSERT INTO agreement_lead (letter_id, organisation_id, approved, objected, sealed, at) VALUES ($1, $2, '', $3, $4, $5)
		ON CONFLICT (letter_id, organisation_id) DO UPDATE SET approved = '', objected = excluded.objected, sealed = excluded.sealed, at = excluded.at`)
	qListStands = store.Q("agreement_lead.list", `
		SELECT organisation_id, approved, objected, sealed, at FROM agreement_lead WHERE letter_id = $1 ORDER BY organisation_id`)
	qUnapprove    = store.Q("agreement_lead.unapprove", `UPDATE agreement_lead SET approved = '' WHERE letter_id = $1`)
	qForgetStands = store.Q("agreement_lead.forget", `DELETE FROM agreement_lead WHERE letter_id = $1`)
	qForgetStand  = store.Q("agreement_lead.remove_former", `
		DELETE FROM agreement_lead WHERE letter_id = $1 AND organisation_id NOT IN (SELECT organisation_id FROM letter_lead WHERE letter_id = $1)`)

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

// agreementOf returns what waits of a letter whose leads are read, with where each stands; none where another edition came first.
func (s *Service) agreementOf(tx *store.Tx, l Letter) (a Agreement, err error) {
	var sums string
	var asked int64
	var due, movedBy, movedAt *int64
	err = tx.Row(qFindAgreement, l.ID).Scan(&a.Number, &a.Follows, &sums, &a.Digest, &a.AskedBy, &asked, &due, &movedBy, &a.movedMany, &movedAt)
	if errors.Is(err, store.ErrNoRow) || err == nil && a.Number != l.Edition.Number+1 {
		return Agreement{}, nil
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(sums), &a.Sums); err != nil {
		return a, fmt.Errorf("letter %d: agreement: %w", l.ID, err)
	}
	a.AskedAt, a.Due, a.movedAt = time.UnixMicro(asked).UTC(), store.Instant(due), store.Instant(movedAt)
	if movedBy != nil {
		a.movedBy = *movedBy
	}
	a.Leads, err = s.stands(tx, l, a.Digest)
	return a, err
}

// stands returns where each lead organisation stands on what has a digest.
func (s *Service) stands(tx *store.Tx, l Letter, digest string) (list []Stand, err error) {
	for _, o := range l.Leads {
		users, err := store.List(tx, qListVoices, scanOrganisationID, o.ID)
		if err != nil {
			return nil, err
		}
		readers, err := store.List(tx, qListLeadReaders, scanReader, l.ID, o.ID)
		if err != nil {
			return nil, err
		}
		reads := slices.ContainsFunc(readers, func(r readerRow) bool { return !r.Refused && (!r.Withdrawn || r.lost) })
		list = append(list, Stand{Lead: o, Reached: len(users) > 0 || reads})
	}
	type said struct {
		lead, at           int64
		approved, objected string
		sealed             []byte
	}
	rows, err := store.List(tx, qListStands, func(row store.Row) (x said, err error) {
		return x, row.Scan(&x.lead, &x.approved, &x.objected, &x.sealed, &x.at)
	}, l.ID)
	for _, x := range rows {
		at := slices.IndexFunc(list, func(s Stand) bool { return s.Lead.ID == x.lead })
		if at < 0 {
			continue
		}
		stand := &list[at]
		stand.Approved, stand.approved = x.approved == digest, x.approved
		stand.Before = x.approved != "" && !stand.Approved
		if x.objected == "" {
			continue
		}
		key, err := s.KeyIn(tx, l.ID)
		if err != nil {
			return nil, err
		}
		words, err := key.Open("agreement_lead", x.lead, x.sealed)
		if err != nil {
			return nil, fmt.Errorf("letter %d: objection: %w", l.ID, err)
		}
		stand.Objection, stand.ObjectedAt, stand.Anew = string(words), time.UnixMicro(x.at).UTC(), x.objected != digest
	}
	return list, err
}

// putAgreement keeps what is asked, and the texts, for who is asked about later ones.
func putAgreement(tx *store.Tx, id ID, a Agreement, next Edition) error {
	sums, err := json.Marshal(a.Sums)
	if err != nil {
		return fmt.Errorf("letter %d: encode agreement: %w", id, err)
	}
	_, err = tx.Exec(qPutAgreement, id, a.Number, a.Follows, string(sums), a.Digest, a.AskedBy, a.AskedAt.UnixMicro(), store.Micros(a.Due), false)
	if err != nil {
		return err
	}
	for _, code := range next.Languages() {
		if _, err := tx.Exec(qPutAgreementText, id, a.Digest, code, next.Texts[code].Canonical()); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps an edition from being published by itself.
func hold(tx *store.Tx, id ID) error {
	_, err := tx.Exec(qSetDue, nil, id)
	return err
}

// endAgreement ends what was asked of the lead organisations: what they approved is approved no more, what they object to stands.
func endAgreement(tx *store.Tx, id ID) error {
	for _, q := range []*store.Query{qRemoveAgreement, qForgetTexts, qUnapprove} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	return nil
}

// forgetAgreement is endAgreement once the edition is published, or once nobody can read the objections any more.
func forgetAgreement(tx *store.Tx, id ID) error {
	if err := endAgreement(tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(qForgetStands, id)
	return err
}

// approveAs notes that the lead organisations for which a user writes approve what has a digest.
func approveAs(tx *store.Tx, l Letter, digest string, user int64) error {
	leads, err := store.List(tx, qListSpokenFor, scanOrganisationID, l.ID, user)
	if err != nil {
		return err
	}
	for _, lead := range leads {
		if err := approveNext(tx, l.ID, lead, digest, user); err != nil {
			return err
		}
	}
	return nil
}

// approveNext notes that a lead organisation approves what has a digest, and has nothing against it any more; user is 0 where a reader's
// link did.
func approveNext(tx *store.Tx, id ID, organisation int64, digest string, user int64) error {
	n, err := tx.Exec(qApproveNext, id, organisation, digest, tx.Now().UnixMicro())
	if err != nil || n == 0 {
		return err
	}
	return account.Record(tx, account.Entry{User: user, Organisation: organisation, Letter: id, Act: "lead.approved", Object: digest})
}

// textMoved notes that a text was changed about which lead organisations were asked, and has them asked again once nobody changes it.
func textMoved(tx *store.Tx, l Letter, by int64) error {
	now := tx.Now()
	n, err := tx.Exec(qMoveAgreement, by, now.UnixMicro(), l.ID)
	if err != nil || n == 0 {
		return err
	}
	return job.EnqueueUnique(tx, now.Add(reaskAfter), "moved "+strconv.FormatInt(int64(l.ID), 36), moved{l.ID})
}

package letter

import (
	"context"

	"github.com/undersigned/undersigned/internal/store"
)

var qListFormer = store.Q("edition_text.list_former", `
	SELECT DISTINCT t.letter_id, t.number FROM edition_text t JOIN edition e ON e.letter_id = t.letter_id AND e.number = t.number
	WHERE e.published_at IS NULL AND t.content NOT LIKE $1
		AND NOT EXISTS (SELECT 1 FROM circulation c WHERE c.letter_id = t.letter_id AND c.frozen_sha256 = e.sha256)
		AND NOT EXISTS (SELECT 1 FROM lead_approval a WHERE a.letter_id = t.letter_id AND a.sha256 = e.sha256)
		AND NOT EXISTS (SELECT 1 FROM approval w WHERE w.letter_id = t.letter_id AND w.decided_at IS NULL)
	ORDER BY t.letter_id, t.number`)

// Renewed returns the text in the format that is written today. Published texts stay as they were signed.
func (t Text) Renewed() Text {
	if t.Format < Format {
		t.settle(t.Demands)
	}
	return t.tidy()
}

// Renew rewrites texts of an earlier format that are not published, each with what hangs on its hash. One whose hash somebody was
// sent, has approved or is asked to, stays what they saw. It is safe to run again, and in several processes.
func (es Editions) Renew(ctx context.Context) error {
	type place struct {
		letter ID
		number int
	}
	var former []place
	err := es.letters.DB.View(ctx, func(tx *store.Tx) (err error) {
		former, err = store.List(tx, qListFormer, func(row store.Row) (p place, err error) {
			return p, row.Scan(&p.letter, &p.number)
		}, `{"format":2,%`)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range former {
		if err := es.letters.DB.Update(ctx, func(tx *store.Tx) error { return renew(tx, p.letter, p.number) }); err != nil {
			return err
		}
	}
	return nil
}

func renew(tx *store.Tx, id ID, number int) error {
	draft, err := findEdition(tx, id, number)
	if err != nil || !draft.PublishedAt.IsZero() { // by another process, meanwhile
		return err
	}
	var current Edition
	if number > 1 {
		if current, err = findEdition(tx, id, number-1); err != nil {
			return err
		}
	}
	renewed := map[string]Text{}
	for language, t := range draft.Texts {
		if t.Format < Format && t.SHA256 != current.Texts[language].SHA256 {
			renewed[language] = t.Renewed()
		}
	}
	if len(renewed) == 0 {
		return nil
	}
	before := draft.SHA256
	if t, ok := renewed[draft.Language]; ok {
		draft.SHA256 = Hash(t.Canonical())
		if _, err := tx.Exec(qPutEdition, id, number, draft.Follows, draft.Language, draft.SHA256); err != nil {
			return err
		}
	}
	for language, t := range draft.Texts {
		r, ok := renewed[language]
		if !ok {
			r = t
		}
		if r.SourceSHA256 == before && language != draft.Language {
			r.SourceSHA256 = draft.SHA256 // of the very text it was made from
		}
		if err := putText(tx, id, number, r); err != nil {
			return err
		}
	}
	return Touch(tx, id)
}

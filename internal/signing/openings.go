package signing

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

var qListOpenings = store.Q("signature.list_openings", `
	SELECT s.letter_id, s.leaf_index, u.salt, `+recordSelect+` FROM signature s
	LEFT JOIN signature_public u ON u.letter_id = s.letter_id AND u.id = s.id
	WHERE s.leaf_index >= $1 AND s.leaf_index < $2 ORDER BY s.leaf_index`)

// Openings returns what the sign leaves from index first up to last commit to, as far as it is public: one entry a leaf, and
// no words in those that are not. only is a letter, or 0 for all.
func (s *Service) Openings(ctx context.Context, only letter.ID, first, last int64) (list []verify.Opening, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list = nil
		for o, err := range store.Each(tx, qListOpenings, scanOpening, first, last) {
			if err != nil {
				return err
			}
			if only == 0 || o.letter == only {
				list = append(list, o.Opening)
			}
		}
		return nil
	})
	return list, err
}

type opening struct {
	letter letter.ID
	verify.Opening
}

func scanOpening(row store.Row) (o opening, err error) {
	var r verify.Record
	err = row.Scan(recordFields([]any{&o.letter, &o.Index, &o.Salt}, &r)...)
	if o.Salt != nil {
		o.Record = r.Text()
	}
	return o, err
}

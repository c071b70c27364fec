package roll

import (
	"context"
	"iter"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Opening is what the leaf of a signature commits to, as far as it is public: without Record where the name is not.
type Opening struct {
	Letter letter.ID
	verify.Opening
}

// EachOpening ranges over the openings of the sign leaves from index first up to last, in their order. One without a salt opens
// nothing.
func EachOpening(tx *store.Tx, first, last int64) iter.Seq2[Opening, error] {
	return store.Each(tx, qListOpenings, scanOpening, first, last)
}

func scanOpening(row store.Row) (o Opening, err error) {
	var r verify.Record
	err = row.Scan(recordFields([]any{&o.Letter, &o.Index, &o.Salt}, &r)...)
	o.Record = r.Text()
	return o, err
}

// Openings returns what the sign leaves from index first up to last commit to, as far as it is public: one entry a leaf, and
// no words in those that are not. only is a letter, or 0 for all.
func (s *Service) Openings(ctx context.Context, only letter.ID, first, last int64) (list []verify.Opening, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list = nil
		for o, err := range EachOpening(tx, first, last) {
			if err != nil {
				return err
			}
			if only != 0 && o.Letter != only {
				continue
			}
			if o.Salt == nil {
				o.Record = ""
			}
			list = append(list, o.Opening)
		}
		return nil
	})
	return list, err
}

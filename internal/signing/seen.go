package signing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Seen is a signature in the count, with the name that an audience may see.
type Seen struct {
	ID      int64
	Kind    verify.Kind
	Listing roll.Listing
	Basis   verify.Basis
	verify.Record
	Contact *Contact // in the list of those who are informed, nil in every other
}

const (
	seenAtOnce  = 500 // signatures that one transaction reads
	stillAtOnce = 100 // that one statement looks up
)

var (
	qListCounted = store.Q("signature.list_counted", `
		SELECT `+signatureSelect+`, x.sealed FROM signature s
		LEFT JOIN signature_sealed x ON x.letter_id = s.letter_id AND x.id = s.id
		WHERE s.letter_id = $1 AND s.state = 'listed' AND s.id > $2 ORDER BY s.id LIMIT $3`)
	qStillCounted = store.Q("signature.still_counted", `
		SELECT id, listing FROM signature WHERE letter_id = $1 AND state = 'listed' AND id IN (`+places(2, stillAtOnce)+`)`)
)

// places are the names of so many arguments.
func places(from, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(names, ", ")
}

// counted is a signature that counts with what is known of its signer.
type counted struct {
	Signature
	public roll.Entry // of one whose sealed row is lost
	sealed []byte
}

func scanCounted(row store.Row) (c counted, err error) {
	c.Signature, err = scanSignatureAnd(row, &c.sealed)
	return c, err
}

// SeenBy returns who counts and may be seen by the audience, in the order of signing. It is read a slice at a time.
func (s *Service) SeenBy(ctx context.Context, l letter.ID, a roll.Audience) iter.Seq2[Seen, error] {
	return func(yield func(Seen, error) bool) {
		key, err := s.Letters.Key(ctx, l)
		if err != nil {
			yield(Seen{}, err)
			return
		}
		for after, more := int64(0), true; more; {
			page, err := s.counted(ctx, l, after)
			if err != nil {
				yield(Seen{}, err)
				return
			}
			for _, c := range page {
				after = c.ID
				if !a.Sees(c.Listing) {
					continue
				}
				record := c.public.Record
				if c.sealed != nil {
					p, err := c.open(key, c.sealed)
					if err != nil {
						yield(Seen{}, err)
						return
					}
					record = p.Record()
				}
				if record.Name != "" && !yield(Seen{c.ID, c.Kind, c.Listing, c.Basis, record, nil}, nil) {
					return
				}
			}
			more = len(page) == seenAtOnce
		}
	}
}

// ListSeenBy returns who counts and may be seen by the audience, organisations first, in the order of the public list: that of their
// signatures would tell when each was given.
func (s *Service) ListSeenBy(ctx context.Context, l letter.ID, a roll.Audience) (list []Seen, err error) {
	type sorted struct {
		Seen
		key []byte
	}
	var all []sorted
	for x, err := range s.SeenBy(ctx, l, a) {
		if err != nil {
			return nil, err
		}
		all = append(all, sorted{x, roll.SortKey(x.Name)})
	}
	slices.SortFunc(all, func(a, b sorted) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID))
	})
	for _, x := range all {
		list = append(list, x.Seen)
	}
	return list, nil
}

// counted returns the next signatures that count, after the id.
func (s *Service) counted(ctx context.Context, l letter.ID, after int64) (page []counted, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if page, err = store.List(tx, qListCounted, scanCounted, l, after, seenAtOnce); err != nil {
			return err
		}
		for i, c := range page {
			if c.sealed == nil && c.Listing == roll.Public { // what was sealed is lost
				if page[i].public, err = roll.Find(tx, l, c.ID); err != nil && !errors.Is(err, store.ErrNoRow) {
					return err
				}
			}
		}
		return nil
	})
	return page, err
}

// someOf are the arguments of a statement that looks up at most stillAtOnce signatures of a letter.
func someOf(l letter.ID, ids []int64) []any {
	args := make([]any, 1+stillAtOnce)
	args[0] = l
	for i := range stillAtOnce {
		args[1+i] = ids[min(i, len(ids)-1)]
	}
	return args
}

// StillSeen returns which of the signatures count and may be seen by the audience.
func StillSeen(tx *store.Tx, l letter.ID, a roll.Audience, ids []int64) (map[int64]bool, error) {
	seen := map[int64]bool{}
	for slice := range slices.Chunk(ids, stillAtOnce) {
		for x, err := range store.Each(tx, qStillCounted, func(row store.Row) (x Seen, err error) { return x, row.Scan(&x.ID, &x.Listing) }, someOf(l, slice)...) {
			if err != nil {
				return nil, err
			}
			seen[x.ID] = a.Sees(x.Listing)
		}
	}
	return seen, nil
}

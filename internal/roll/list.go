package roll

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Signatory is one line of the public list, also as data.
type Signatory struct {
	ID   int64       `json:"-"`
	Kind verify.Kind `json:"kind"`
	verify.Record
	Basis verify.Basis `json:"basis"`

	sortKey []byte // or the folded word it was found by
}

var signatorySelect = "u.id, u.kind, " + recordSelect + ", s.basis"

func (s *Signatory) fields(more ...any) []any {
	fields := recordFields(append(make([]any, 0, 8), &s.ID, &s.Kind), &s.Record)
	return append(append(fields, &s.Basis), more...)
}

func scanSignatory(row store.Row) (s Signatory, err error) { return s, row.Scan(s.fields()...) }

func scanListed(row store.Row) (s Signatory, err error) { return s, row.Scan(s.fields(&s.sortKey)...) }

func scanFound(row store.Row) (s Signatory, err error) {
	var word string
	err = row.Scan(s.fields(&word)...)
	s.sortKey = []byte(word)
	return s, err
}

// findListed returns those of the ids that are still in the public list.
func findListed(tx *store.Tx, l letter.ID, ids []int64) (found []Signatory, err error) {
	for _, id := range ids {
		p, err := scanSignatory(tx.Row(qFindListed, l, id))
		if errors.Is(err, store.ErrNoRow) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, nil
}

// Page is a slice of the public list. Next continues it; "" at the end.
type Page struct {
	Signatories []Signatory
	Next        string
}

// List returns a page of the public list of one kind in its collated order, at most limit entries after the cursor; with
// a query, those with a word that begins with its words, in the order of that word. Its cost does not grow with the list.
func (s *Service) List(ctx context.Context, l letter.ID, kind verify.Kind, query, cursor string, limit int) (p Page, err error) {
	key, id := openCursor(cursor)
	words := strings.Fields(text.Fold(query))
	if query != "" && len(words) == 0 {
		return Page{}, nil
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if len(words) > 0 {
			word := strings.ToValidUTF8(strings.ReplaceAll(string(key), "\x00", ""), "") // a cursor is typed by anyone
			p, err = search(tx, l, kind, words, word, id, limit)
			return err
		}
		found, err := store.List(tx, qListPage, scanListed, l, kind, key, id, limit+1)
		if len(found) > limit {
			found = found[:limit]
			p.Next = found[limit-1].cursor()
		}
		p.Signatories = found
		return err
	})
	return p, err
}

// everyoneSlice is how many entries Everyone reads at a time.
const everyoneSlice = 1000

// Everyone ranges over the whole public list of each kind in its order. It reads slice by slice, so that no long
// transaction keeps the database from cleaning up; who joins or leaves meanwhile may be in it or not. An error is the last
// pair.
func (s *Service) Everyone(ctx context.Context, l letter.ID, kinds ...verify.Kind) iter.Seq2[Signatory, error] {
	return func(yield func(Signatory, error) bool) {
		for _, kind := range kinds {
			for cursor := ""; ; {
				p, err := s.List(ctx, l, kind, "", cursor, everyoneSlice)
				if err != nil {
					yield(Signatory{}, err)
					return
				}
				for _, signatory := range p.Signatories {
					if !yield(signatory, nil) {
						return
					}
				}
				if cursor = p.Next; cursor == "" {
					break
				}
			}
		}
	}
}

// Named returns those of the public list of a kind who have the name, case and marks aside; of a very common one it looks at no
// more than limit.
func Named(tx *store.Tx, l letter.ID, kind verify.Kind, name string, limit int) ([]Signatory, error) {
	folded := text.Fold(name)
	whole := cutWord(folded) // the search index has the whole name as its first entry
	found, err := store.List(tx, qSearchPage, scanFound, l, kind, whole, whole+"\x01", "", 0, limit)
	return slices.DeleteFunc(found, func(s Signatory) bool { return text.Fold(s.Name) != folded }), err
}

// maxLooked bounds how many index entries of the second way one search page may look at, so that a common word beside a
// rare one costs no scan of the list.
const maxLooked = 400

// secondWay marks the cursors of a search's second way.
const secondWay = "\x01"

// search finds names in two ways: those that have the words one after the other, as people type a name, are one stretch of
// the index; those that have them in another order or with others between, by walking the entries of the longest word.
func search(tx *store.Tx, l letter.ID, kind verify.Kind, words []string, word string, id int64, limit int) (p Page, err error) {
	phrase := cutWord(strings.Join(words, " "))
	inOrder := func(s Signatory) bool {
		return slices.ContainsFunc(searchWords(s.Name), func(w string) bool { return strings.HasPrefix(w, phrase) })
	}
	word, second := strings.CutPrefix(word, secondWay)
	if !second {
		looked := 0
		err := walk(tx, l, kind, phrase, word, id, limit, func(s Signatory) (more bool) {
			looked++
			if !foundBefore(s.Name, phrase, string(s.sortKey)) {
				p.Signatories = append(p.Signatories, s)
			}
			if len(p.Signatories) < limit && looked < limit+maxLooked {
				return true
			}
			p.Next = s.cursor()
			return false
		})
		if err != nil || p.Next != "" {
			return p, err
		}
		word, id = "", 0
	}
	if len(words) == 1 {
		return p, nil
	}
	first := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	looked := 0
	err = walk(tx, l, kind, cutWord(first), word, id, limit, func(s Signatory) (more bool) {
		looked++
		if !inOrder(s) && matches(s.Name, words) && !foundBefore(s.Name, first, string(s.sortKey)) {
			p.Signatories = append(p.Signatories, s)
		}
		if len(p.Signatories) < limit && looked < maxLooked {
			return true
		}
		s.sortKey = append([]byte(secondWay), s.sortKey...)
		p.Next = s.cursor()
		return false
	})
	return p, err
}

// walk ranges over the index entries that begin with prefix, after the given one, until fn says that it is enough.
func walk(tx *store.Tx, l letter.ID, kind verify.Kind, prefix, word string, id int64, limit int, fn func(Signatory) (more bool)) error {
	slice := max(limit, 100) // a short page is no reason for many queries
	for {
		found, err := store.List(tx, qSearchPage, scanFound, l, kind, prefix, prefix+"\U0010FFFF", word, id, slice)
		if err != nil {
			return err
		}
		for _, s := range found {
			if !fn(s) {
				return nil
			}
			word, id = string(s.sortKey), s.ID
		}
		if len(found) < slice {
			return nil
		}
	}
}

// foundBefore reports whether an earlier entry of the name begins with first too: «Ali Alizadeh» is one entry, also where a
// page ends between its words.
func foundBefore(name, first, word string) bool {
	return slices.ContainsFunc(searchWords(name), func(w string) bool { return w < word && strings.HasPrefix(w, first) })
}

// matches reports whether each of the words begins a word of the name.
func matches(name string, words []string) bool {
	folded := " " + text.Fold(name)
	if whole := joined.Replace(name); whole != name {
		folded += " " + text.Fold(whole)
	}
	for _, w := range words {
		if !strings.Contains(folded, " "+w) {
			return false
		}
	}
	return true
}

// cursor names the place after the entry.
func (s Signatory) cursor() string {
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint64(nil, uint64(s.ID)), s.sortKey...))
}

// openCursor reads a cursor; rubbish starts from the beginning.
func openCursor(cursor string) (key []byte, id int64) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 8 || len(b) > 8+maxSortKey+maxWordSize {
		return []byte{}, 0
	}
	return b[8:], int64(binary.BigEndian.Uint64(b))
}

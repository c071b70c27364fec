package roll

import (
	"errors"
	"strings"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Entry is the public row of a signature: a name that is in the list, or joins it when the leaf of its signature has an index.
type Entry struct {
	Letter letter.ID
	ID     int64 // of the signature
	Kind   verify.Kind
	verify.Record
	Salt []byte // opens the record line of the leaf
}

var entryColumns = append([]string{"letter_id", "id", "kind", "salt"}, recordColumns...)

func (e Entry) values() []any {
	return []any{e.Letter, e.ID, e.Kind, e.Salt, e.Name, e.Title, e.Affiliation, e.Country}
}

func scanEntry(row store.Row) (e Entry, err error) {
	return e, row.Scan(recordFields([]any{&e.Letter, &e.ID, &e.Kind, &e.Salt}, &e.Record)...)
}

// recordColumns hold what is published of a signature; recordSelect gives empty texts where no row u was joined.
var (
	recordColumns = []string{"name", "title", "affiliation", "country"}
	recordSelect  = "COALESCE(u." + strings.Join(recordColumns, ", ''), COALESCE(u.") + ", '')"
)

// recordFields appends what the columns are scanned into.
func recordFields(fields []any, r *verify.Record) []any {
	return append(fields, &r.Name, &r.Title, &r.Affiliation, &r.Country)
}

// Put stores one or two entries, each in the place of one of the same signature. They are shown when their leaves have an index.
func Put(tx *store.Tx, entries ...Entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		rows[i] = e.values()
	}
	_, err := qPutEntry.Rows(tx, rows...)
	return err
}

// Find returns the entry of a signature, or store.ErrNoRow where the name is not public.
func Find(tx *store.Tx, l letter.ID, id int64) (Entry, error) {
	return scanEntry(tx.Row(qFindEntry, l, id))
}

// SetSalt changes what opens the leaf of a signature; it does nothing where the name is not public.
func SetSalt(tx *store.Tx, l letter.ID, id int64, salt []byte) error {
	_, err := tx.Exec(qSetSalt, salt, l, id)
	return err
}

// Show puts the name of an entry into list and search at once: the log says already that it is public. It does nothing to one
// that is there.
func Show(tx *store.Tx, e Entry) error {
	n, err := list(tx, e.Letter, e.Kind, e.Name, e.ID)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(qAddCountry, e.Letter, e.Country, 1)
	return err
}

// list puts a name into the list and its words into the search, and returns 1 unless it was there.
func list(tx *store.Tx, l letter.ID, kind verify.Kind, name string, id int64) (int, error) {
	n, err := tx.Exec(qInsertList, l, kind, SortKey(name), id)
	if err != nil {
		return 0, err
	}
	for _, word := range searchWords(name) {
		if _, err := tx.Exec(qInsertWord, l, kind, word, id); err != nil {
			return 0, err
		}
	}
	return int(n), nil
}

// Remove takes a name out of list and search and forgets it, at once; the count follows with the leaf that says so. It does
// nothing where the name is not public.
func Remove(tx *store.Tx, l letter.ID, id int64) error {
	e, err := Find(tx, l, id)
	if errors.Is(err, store.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := tx.Exec(qRemoveList, l, e.Kind, SortKey(e.Name), id)
	if err != nil {
		return err
	}
	if n > 0 {
		if _, err := tx.Exec(qAddCountry, l, e.Country, -1); err != nil {
			return err
		}
	}
	for _, word := range searchWords(e.Name) {
		if _, err := tx.Exec(qRemoveWord, l, e.Kind, word, id); err != nil {
			return err
		}
	}
	_, err = tx.Exec(qRemoveEntry, l, id)
	return err
}

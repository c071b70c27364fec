package store

import (
	"strconv"
	"strings"
)

// Insert is an INSERT of one row and one of two: an act that writes two rows of a table does so with one statement.
type Insert struct{ one, two *Query }

// InsertInto registers an INSERT under a name of the form noun.verb, and that of two rows under name_two. tail is what follows
// the rows.
func InsertInto(name, table string, columns []string, tail string) Insert {
	text := func(rows int) string {
		var b strings.Builder
		b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
		for i := range rows * len(columns) {
			switch {
			case i%len(columns) > 0:
				b.WriteString(", ")
			case i > 0:
				b.WriteString("), (")
			default:
				b.WriteString("(")
			}
			b.WriteString("$" + strconv.Itoa(i+1))
		}
		return b.String() + ") " + tail
	}
	return Insert{Q(name, text(1)), Q(name+"_two", text(2))}
}

// Replacing is a tail that puts columns of what could not be inserted, since its key is there, in the place of what is there.
func Replacing(key string, columns ...string) string {
	sets := make([]string, len(columns))
	for i, c := range columns {
		sets[i] = c + " = excluded." + c
	}
	return "ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(sets, ", ")
}

// Rows inserts no row, one or two, and returns how many there are that were not there.
func (i Insert) Rows(tx *Tx, rows ...[]any) (int64, error) {
	switch len(rows) {
	case 0:
		return 0, nil
	case 1:
		return tx.Exec(i.one, rows[0]...)
	default:
		return tx.Exec(i.two, append(append([]any{}, rows[0]...), rows[1]...)...)
	}
}

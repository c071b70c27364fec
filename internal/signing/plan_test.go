package signing_test

import (
	"database/sql"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// TestQueries_useIndexes holds what runs for each signature to look-ups: SQLite has no statistics here, and one word too
// many makes it walk all signatures of a letter.
func TestQueries_useIndexes(t *testing.T) {
	_ = verify.Person // its queries are registered
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Options{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, "undersigned.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	seen := 0
	for _, q := range store.Queries() {
		switch q.Name() {
		case "pending.find", "signature.find", "signature.find_own", "signature.find_by_mailbox", "signature.find_by_tag",
			"signature.find_by_secret", "signature.list_openings", "signature.find_followed", "mail_block.find", "job.next", "job.done":
		default:
			continue
		}
		seen++
		plan := strings.ReplaceAll(explain(t, raw, q), "SCAN found", "") // the few rows of a step before
		if !strings.Contains(plan, "SEARCH") || strings.Contains(plan, "SCAN") || strings.Contains(plan, "(letter_id=?)") {
			t.Errorf("%s walks a table: %s", q.Name(), plan)
		}
	}
	if seen != 11 {
		t.Errorf("%d of 11 queries exist", seen)
	}
}

func explain(t *testing.T, db *sql.DB, q *store.Query) string {
	t.Helper()
	text := q.Text(store.SQLite)
	var args []any
	for strings.Contains(text, "$"+strconv.Itoa(len(args)+1)) {
		args = append(args, 1)
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%s: %v", q.Name(), err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}

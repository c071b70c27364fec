package signing_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to ask PostgreSQL what it read

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// TestQueries_readTheSameRowsAtEverySize asks PostgreSQL how many rows each query of a page or an act reads, with few
// signatures and with many, before and after it has looked at the tables' statistics.
func TestQueries_readTheSameRowsAtEverySize(t *testing.T) {
	testkit.NotRaced(t)
	address := testkit.PostgresURL(t)
	db, err := store.Open(t.Context(), store.Options{Database: address, Now: testkit.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := newDesk(t, db, testkit.NewClock())
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	add := func(from, to int) {
		var text strings.Builder
		text.WriteString("Name,Title\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&text, "Anna %s Lund,Cook\n", testkit.Words(i))
		}
		d.Apply(d.Plan(testkit.List(t, text.String())))
		d.Publish()
	}
	d.Give("known@example.org", testkit.Named("Mina Farahani"))
	add(0, 200)
	few := d.reads(raw)
	if few["signature_list.page"] < 100 || few["signature_word.page"] < 100 {
		t.Fatalf("a page of a hundred names reads %v", few)
	}
	add(200, 2500)
	for _, state := range []string{"as it is", "analysed"} {
		if state == "analysed" {
			if _, err := raw.Exec("ANALYZE"); err != nil {
				t.Fatal(err)
			}
		}
		for name, n := range d.reads(raw) {
			if n > few[name]+few[name]/5+2 {
				t.Errorf("%s, %s: reads %d rows of 2500 signatures, %d of 200", name, state, n, few[name])
			}
		}
	}
	// The control: a query that walks the letter is noticed.
	if n := rowsRead(t, raw, "SELECT count(*) FROM signature WHERE letter_id = $1 AND state = $2", d.Letter.ID, "listed"); n < 2500 {
		t.Errorf("a walk over 2500 signatures reads %d rows", n)
	}
}

// reads returns how many rows each query reads.
func (d *desk) reads(raw *sql.DB) map[string]int {
	d.T.Helper()
	var mailbox, tag []byte
	var id, pending int64
	err := raw.QueryRow("SELECT id, pending_id, mailbox_tag, tag FROM signature WHERE letter_id = $1 AND basis = 'email'", d.Letter.ID).Scan(&id, &pending, &mailbox, &tag)
	if err != nil {
		d.T.Fatal(err)
	}
	args := map[string][]any{
		"signature_list.page":       {d.Letter.ID, verify.Person, []byte{}, 0, 101},
		"signature_word.page":       {d.Letter.ID, verify.Person, "anna", "anna\U0010FFFF", "", 0, 100},
		"signature.find_by_mailbox": {d.Letter.ID, mailbox, mailbox, mailbox},
		"signature.find_by_tag":     {d.Letter.ID, mailbox, tag, verify.Person},
		"signature.find":            {d.Letter.ID, id},
		"pending.find":              {0, 50, pending},
		"signature_hour.list":       {d.Letter.ID, 0},
		"signature_country.list":    {d.Letter.ID},
		"signature.list_bursts":     {d.Letter.ID, "burst"},
		"intake.list":               {d.Letter.ID},
		"export.list":               {d.Letter.ID},
		"job.count_waiting":         {"mail.", "mail/", 1001},
		"job.count_failures":        {"mail.", "mail/"},
		"job_done.sum":              {0, "mail.", "mail/"},
		"job.list_failed":           {100},
		"tally.list":                {d.Letter.ID},
		"publication.find":          {d.Letter.ID},
		"job.next":                  {"mail.confirm"},
	}
	reads := map[string]int{}
	for _, q := range store.Queries() {
		if given, ok := args[q.Name()]; ok {
			reads[q.Name()] = rowsRead(d.T, raw, q.Text(store.Postgres), given...)
		}
	}
	if len(reads) != len(args) {
		d.T.Fatalf("%d of %d queries exist", len(reads), len(args))
	}
	return reads
}

// rowsRead runs a query and returns how many rows its scans read, those that a filter threw away included.
func rowsRead(t testing.TB, raw *sql.DB, query string, args ...any) int {
	t.Helper()
	for i, a := range args {
		switch v := a.(type) {
		case verify.Kind:
			args[i] = string(v)
		}
	}
	var text string
	if err := raw.QueryRowContext(context.Background(), "EXPLAIN (ANALYZE, FORMAT JSON) "+query, args...).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var plans []struct{ Plan planNode }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan.read()
}

type planNode struct {
	Type    string     `json:"Node Type"`
	Rows    float64    `json:"Actual Rows"`
	Loops   float64    `json:"Actual Loops"`
	Removed float64    `json:"Rows Removed by Filter"`
	Plans   []planNode `json:"Plans"`
}

func (n planNode) read() (rows int) {
	if strings.Contains(n.Type, "Scan") {
		rows = int((n.Rows + n.Removed) * n.Loops)
	}
	for _, child := range n.Plans {
		rows += child.read()
	}
	return rows
}

// Of those who came from one domain no more are read than make a burst.
func TestBurst_readsNoMoreThanABurst(t *testing.T) {
	address := testkit.PostgresURL(t)
	clock := testkit.NewClock()
	db, err := store.Open(t.Context(), store.Options{Database: address, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	d := newDesk(t, db, clock)
	d.Signing.BurstFrom = 5
	for i := range 60 {
		d.Give(fmt.Sprintf("a%d@burst.example", i), testkit.Named("Anna "+testkit.Words(i)))
	}
	for _, q := range store.Queries() {
		if q.Name() == "pending.find" {
			if n := rowsRead(t, raw, q.Text(store.Postgres), clock.Now().Add(-time.Hour).UnixMicro(), 2*d.Signing.BurstFrom, d.Submit("last@burst.example")); n > 2*d.Signing.BurstFrom+6 {
				t.Errorf("%d rows are read", n)
			}
		}
	}
}

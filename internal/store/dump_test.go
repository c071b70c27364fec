package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// filled returns a database with values that are hard to carry from one engine to the other.
func filled(t testing.TB, engine store.Engine) *store.DB {
	t.Helper()
	db := openThings(t, engine)
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		rows := [][]any{
			// Row 1 refers to row 3, which comes later.
			{1, "a", true, []byte{0, 1, 0xff, '\n'}, "نامه\n\"\\ </script>\u2028", 0.1, 3},
			{2, "b", false, []byte{}, "", 0.0, nil},
			{3, "B", true, nil, nil, 1e300, 2},
			{math.MaxInt64, "é", false, nil, "NULL", 3.0, nil},
			{math.MinInt64, "z", false, []byte("text"), "{\"b\":\"x\"}", math.SmallestNonzeroFloat64, 1},
		}
		for _, row := range rows {
			if _, err := tx.Exec(qFill, row...); err != nil {
				return err
			}
		}
		for i := range 1500 {
			if _, err := tx.Exec(qPair, 1+i%3, fmt.Sprintf("p%04d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func dump(t testing.TB, db *store.DB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := db.Dump(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var engines = []store.Engine{store.SQLite, store.Postgres}

func TestDump_everyEngineIntoEvery(t *testing.T) {
	for _, from := range engines {
		t.Run(string(from), func(t *testing.T) {
			want := dump(t, filled(t, from))
			for _, to := range engines {
				t.Run(string(to), func(t *testing.T) {
					db := openThings(t, to)
					schema, err := db.Schema(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if err := db.Load(t.Context(), bytes.NewReader(want), store.Loading{}); err != nil {
						t.Fatal(err)
					}
					if got := dump(t, db); !bytes.Equal(got, want) {
						t.Errorf("another dump:\n%.2000s\nwant\n%.2000s", got, want)
					}
					if got, err := db.Schema(t.Context()); err != nil || got != schema {
						t.Errorf("the schema changed (%v):\n%s", err, got)
					}
					if err := db.Load(t.Context(), bytes.NewReader(want), store.Loading{}); err == nil || !strings.Contains(err.Error(), "not empty") {
						t.Errorf("a second load: %v", err)
					}
					if err := insert(db, "after"); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

func TestLoad_damaged(t *testing.T) {
	whole := dump(t, filled(t, store.SQLite))
	flip := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	end := bytes.LastIndex(whole, []byte(`{"end"`))
	lines := bytes.SplitAfter(whole, []byte("\n"))
	damaged := map[string][]byte{
		"empty":               {},
		"no dump":             []byte("hello\n"),
		"header only":         lines[0],
		"cut in the middle":   whole[:len(whole)/2],
		"cut before the end":  whole[:end],
		"cut in the end":      whole[:len(whole)-10],
		"no newline at last":  whole[:len(whole)-1],
		"a row left out":      bytes.Replace(whole, lines[10], nil, 1),
		"a row twice":         bytes.Replace(whole, lines[10], append(bytes.Clone(lines[10]), lines[10]...), 1),
		"a bit of a number":   flip(bytes.Index(whole, []byte("[2,")) + 1),
		"a bit of a text":     flip(bytes.Index(whole, []byte(`p0777`)) + 4),
		"a bit of the hash":   flip(bytes.LastIndex(whole, []byte(`sha256":"`)) + 12),
		"a bit of the header": flip(bytes.Index(whole, []byte(`"schema":1`)) + 9),
		"something after it":  append(bytes.Clone(whole), '\n'),
		"a newer schema":      bytes.Replace(whole, []byte(`"schema":1`), []byte(`"schema":9`), 1),
		"another format":      bytes.Replace(whole, []byte(`"undersigned_dump":1`), []byte(`"undersigned_dump":2`), 1),
	}
	both(t, func(t *testing.T, db *store.DB) {
		empty := dump(t, db)
		for name, text := range damaged {
			if err := db.Load(t.Context(), bytes.NewReader(text), store.Loading{}); err == nil || !strings.Contains(err.Error(), "nothing was loaded") {
				t.Errorf("%s: %v", name, err)
			}
			if got := dump(t, db); !bytes.Equal(got, empty) {
				t.Fatalf("%s: rows were left behind", name)
			}
		}
		if err := db.Load(t.Context(), bytes.NewReader(whole), store.Loading{}); err != nil {
			t.Errorf("the whole one after all: %v", err)
		}
	})
}

// A dump whose hash is right but whose rows refer to nothing, as one written by hand would be.
func TestLoad_brokenReference(t *testing.T) {
	for _, engine := range engines {
		t.Run(string(engine), func(t *testing.T) {
			source := openThings(t, store.SQLite)
			if err := source.WithoutForeignKeys(func() error {
				return source.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(qPair, 77, "x"); return err })
			}); err != nil {
				t.Fatal(err)
			}
			err := openThings(t, engine).Load(t.Context(), bytes.NewReader(dump(t, source)), store.Loading{})
			if err == nil || !strings.Contains(err.Error(), "refers to one that is not there") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestLoad_olderSchema(t *testing.T) {
	old := dump(t, filled(t, store.SQLite))
	newer := with(things, "0002_more.sql", "ALTER TABLE thing ADD COLUMN more TEXT;\nUPDATE thing SET more = name;\n")
	everyEngine(t, func(t *testing.T, o store.Options) {
		db, err := store.Open(t.Context(), store.WithMigrations(o, newer))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Load(t.Context(), bytes.NewReader(old[:len(old)-10]), store.Loading{}); err == nil {
			t.Error("a damaged one was taken")
		}
		empty := dump(t, db)
		if !bytes.Contains(empty, []byte(`"schema":2`)) || !bytes.Contains(empty, []byte(`"more"`)) {
			t.Errorf("not the newest schema after a failure: %s", empty)
		}
		if err := db.Load(t.Context(), bytes.NewReader(old), store.Loading{}); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, db); !bytes.Contains(got, []byte(`,"é"]`)) {
			t.Errorf("the migration did not see the rows: %.1500s", got)
		}
	})
}

func TestDump_domainTables(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		text := dump(t, db)
		other := testkit.Store(t, store.SQLite)
		if err := other.Load(t.Context(), bytes.NewReader(text), store.Loading{}); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, other); !bytes.Equal(got, text) {
			t.Errorf("the engines know different tables or columns:\n%s\n%s", text, got)
		}
	})
}

// What opening an instance writes makes way for the dump's, and what is to happen with the load happens with it or not at all.
func TestLoad_replaceAndThen(t *testing.T) {
	whole := dump(t, filled(t, store.SQLite))
	both(t, func(t *testing.T, db *store.DB) {
		if err := insert(db, "made when it was opened"); err != nil {
			t.Fatal(err)
		}
		before := dump(t, db)
		refusal := errors.New("not this one")
		touched := func(end error) store.Loading {
			return store.Loading{Replace: []string{"thing"}, Then: func(tx *store.Tx) error {
				if n, err := tx.Exec(qTouch, "after the load", "a"); err != nil || n != 1 {
					t.Errorf("the rows are not there yet: %d, %v", n, err)
				}
				return end
			}}
		}
		if err := db.Load(t.Context(), bytes.NewReader(whole), store.Loading{Replace: []string{"pair"}}); err == nil || !strings.Contains(err.Error(), "table thing has rows") {
			t.Errorf("another table may be replaced: %v", err)
		}
		for name, refused := range map[string]error{
			"refused":   db.Load(t.Context(), bytes.NewReader(whole), touched(refusal)),
			"damaged":   db.Load(t.Context(), bytes.NewReader(whole[:len(whole)-1]), store.Loading{Replace: []string{"thing"}}),
			"swallowed": db.Load(t.Context(), bytes.NewReader(whole), store.Loading{Replace: []string{"thing"}, Then: func(tx *store.Tx) error { _, _ = tx.Exec(qInsert, 1, "a", true); return nil }}),
		} {
			if refused == nil || !bytes.Equal(dump(t, db), before) {
				t.Errorf("%s: %v; the rows are no longer what they were", name, refused)
			}
		}
		if err := db.Load(t.Context(), bytes.NewReader(whole), touched(nil)); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, db); !bytes.Contains(got, []byte("after the load")) || bytes.Contains(got, []byte("made when it was opened")) {
			t.Errorf("%.500s", got)
		}
	})
}

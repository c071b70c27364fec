package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

func TestCheckText(t *testing.T) {
	for text, ok := range map[string]bool{
		"SELECT 1": true,
		"SELECT a FROM b WHERE c = $1 AND d = $2 OR e = $1":   true,
		"SELECT a FROM b WHERE c = '$9; ::' AND d = $1 -- $7": true,
		"SELECT a FROM b WHERE c = $2 AND d = $1":             false,
		"SELECT a FROM b WHERE c = $0":                        false,
		"SELECT a FROM b WHERE c = $1::bigint":                false,
		"SELECT 1; SELECT 2":                                  false,
		"":                                                    false,
	} {
		if err := store.CheckText(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestQ_panics(t *testing.T) {
	for _, q := range [][2]string{
		{"storetest.count", "SELECT 1"}, // registered above
		{"Storetest", "SELECT 1"},
		{"storetest.token", "SELECT 1 {lock}"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was taken", q)
				}
			}()
			store.Q(q[0], q[1])
		}()
	}
}

// SQLite compiles a statement anew at each run when a limit is an argument and nothing else.
func TestQ_limits(t *testing.T) {
	q := store.Q("storetest.limit", "SELECT (SELECT 1 LIMIT $1), 2 LIMIT $2")
	for engine, want := range map[store.Engine]string{store.SQLite: "SELECT (SELECT 1 LIMIT +$1), 2 LIMIT +$2", store.Postgres: "SELECT (SELECT 1 LIMIT $1), 2 LIMIT $2"} {
		if got := q.Text(engine); got != want {
			t.Errorf("%s: %s", engine, got)
		}
	}
	for _, q := range store.Queries() {
		if strings.Contains(q.Text(store.SQLite), "LIMIT $") {
			t.Errorf("%s: %s", q.Name(), q.Text(store.SQLite))
		}
	}
}

func TestQueries_sorted(t *testing.T) {
	var list []string
	for _, q := range store.Queries() {
		list = append(list, q.Name())
	}
	if !slices.IsSorted(list) || !slices.Contains(list, "storetest.find") {
		t.Errorf("%q", list)
	}
	if got := qFind.Text(store.Postgres); got == qFind.Text(store.SQLite) || got[len(got)-10:] != "FOR UPDATE" {
		t.Errorf("%q", got)
	}
}

func TestNewID(t *testing.T) {
	now := time.Date(2031, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	var last int64
	for i := range 100_000 {
		id := store.NewID(now.Add(time.Duration(i/100) * time.Microsecond))
		if id <= last {
			t.Fatalf("%d after %d", id, last)
		}
		last = id
	}
	first := store.NewID(now.Add(time.Hour))
	if first < store.IDAt(now.Add(time.Hour)) || first >= store.IDAt(now.Add(time.Hour+time.Millisecond)) {
		t.Errorf("%d is not of its millisecond", first)
	}
	if got := store.IDTime(first); !got.Equal(now.Add(time.Hour)) {
		t.Errorf("%v", got)
	}
	if id := store.NewID(time.Date(2069, 1, 1, 0, 0, 0, 0, time.UTC)); id <= 0 {
		t.Errorf("%d", id)
	}
	if id := store.NewID(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); id <= 0 {
		t.Errorf("%d", id)
	}
}

// Ids stay positive and different whatever the clock does, also when it shows the same milliseconds a second time.
func TestNewID_clockJumps(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	seen := map[int64]bool{}
	for _, jump := range []time.Duration{0, 24 * time.Hour, 0, -24 * time.Hour, 0, 3652 * 24 * time.Hour, 0, -3652 * 24 * time.Hour, 0} {
		for i := range 500 {
			id := store.NewID(now.Add(jump + time.Duration(i)*time.Millisecond/10))
			if id <= 0 || seen[id] {
				t.Fatalf("after a jump by %v: %d, seen before: %v", jump, id, seen[id])
			}
			seen[id] = true
			if off := store.IDTime(id).Sub(now.Add(jump)); off < -time.Second || off > 2*time.Second {
				t.Errorf("after a jump by %v an id is of a time that is off by %v", jump, off)
			}
		}
	}
}

func TestVersionLess(t *testing.T) {
	for _, v := range []struct {
		a, b string
		less bool
	}{{"3.51.3", "3.51.3", false}, {"3.9.0", "3.51.3", true}, {"3.54.0", "3.51.3", false}, {"3.51", "3.51.3", true}} {
		if got := store.VersionLess(v.a, v.b); got != v.less {
			t.Errorf("%s < %s: %v", v.a, v.b, got)
		}
	}
}

package store_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var updateGolden = flag.Bool("update", false, "write the golden files")

// What the migrations of this program make of each engine; a reviewer of a migration reads the difference.
func TestSchema_golden(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		got, err := db.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "schema."+string(db.Engine())+".txt")
		if *updateGolden {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("the schema changed; if it should, run go test ./internal/store -run Schema -update\n%s", diff)
		}
	})
}

// everyEngine calls body with the address of an empty database of each engine, to be opened more than once.
func everyEngine(t *testing.T, body func(t *testing.T, o store.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { body(t, store.Options{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { body(t, store.Options{Database: testkit.PostgresURL(t)}) })
}

func with(files fstest.MapFS, name, text string) fstest.MapFS {
	files = maps.Clone(files)
	files[name] = &fstest.MapFile{Data: []byte(text)}
	return files
}

func reopen(o store.Options, files fstest.MapFS) error {
	db, err := store.Open(context.Background(), store.WithMigrations(o, files))
	if err != nil {
		return err
	}
	return db.Close()
}

func TestMigrate_forwardOnly(t *testing.T) {
	everyEngine(t, func(t *testing.T, o store.Options) {
		newer := with(things, "0002_more.sql", "ALTER TABLE thing ADD COLUMN more TEXT;\n")
		for range 2 {
			if err := reopen(o, newer); err != nil {
				t.Fatal(err)
			}
		}
		if err := reopen(o, things); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("an older program: %v", err)
		}
		edited := with(newer, "0002_more.sql", "ALTER TABLE thing ADD COLUMN more TEXT; -- edited\n")
		if err := reopen(o, edited); err == nil || !strings.Contains(err.Error(), "0002_more.sql") {
			t.Errorf("an edited migration: %v", err)
		}
		if err := reopen(o, newer); err != nil {
			t.Errorf("the refusals left something behind: %v", err)
		}
	})
}

func TestMigrate_failureLeavesNothing(t *testing.T) {
	everyEngine(t, func(t *testing.T, o store.Options) {
		broken := with(things, "0002_more.sql", "CREATE TABLE more (id {int});\nCREATE TABLE thing (id {int});\n")
		if err := reopen(o, broken); err == nil {
			t.Fatal("no error")
		}
		mended := with(things, "0002_more.sql", "CREATE TABLE more (id {int});\n")
		if err := reopen(o, mended); err != nil {
			t.Error(err)
		}
	})
}

func TestMigrate_unknownToken(t *testing.T) {
	err := reopen(store.Options{Data: t.TempDir()}, with(things, "0002_more.sql", "CREATE TABLE more (id {integer});\n"))
	if err == nil || !strings.Contains(err.Error(), "{integer}") {
		t.Error(err)
	}
}

func TestMigrate_severalAtOnce(t *testing.T) {
	everyEngine(t, func(t *testing.T, o store.Options) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := reopen(o, things); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

package app_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/cli"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// asCommand makes the test binary the command line, so that tests have real processes to kill.
const asCommand = "UNDERSIGNED_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if text := os.Getenv(asPinned); text != "" {
		var p pinnedServer
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			panic(err)
		}
		os.Exit(p.run())
	}
	testkit.Main(m)
}

// soak makes the tests of what may not break longer: make soak.
var soak = flag.Bool("soak", false, "kill more often, trace more requests")

// onBothEngines runs a test with an application on each engine's name.
func onBothEngines(t *testing.T, body func(t *testing.T, engine store.Engine)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) { body(t, engine) })
	}
}

// Every query of every package can be prepared on both engines.
func TestQueries_prepare(t *testing.T) { testkit.PrepareAll(t) }

func letterOf(t *testing.T, a *testkit.Running) letter.Letter {
	t.Helper()
	l, err := a.Letters.Find(t.Context(), testkit.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// copyOf returns a new folder with the database of one and the keys of another.
func copyOf(t *testing.T, database, keys string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"undersigned.db", "undersigned.db-wal"} {
		data, err := os.ReadFile(filepath.Join(database, name))
		if os.IsNotExist(err) && strings.HasSuffix(name, "-wal") {
			continue // the server was stopped
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "keys"), os.DirFS(filepath.Join(keys, "keys"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

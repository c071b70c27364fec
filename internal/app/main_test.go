package app_test

import (
	"testing"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

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

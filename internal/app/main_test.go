package app_test

import (
	"testing"

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

func TestSign_plainClient(t *testing.T) {
	onBothEngines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		where, mail := a.Sign(t, c, testkit.SignForm("Ada Wren", "ada@wren.example"))
		t.Log(where, mail.Link, mail.Subject)
		t.Log(c.Get(where).Main(t))
		t.Log(c.Get(mail.Link).Main(t))
		r := c.Post("/confirm/"+mail.Token(), map[string][]string{"do": {"confirm"}})
		t.Log(r.Status, r.Main(t))
	})
}

package app_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// A second server on the same folder is refused, and a process with the keys of another instance too.
func TestOpen_refuses(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		if engine == store.SQLite {
			if second, err := app.Open(t.Context(), a.Options); err == nil {
				t.Error("a second server runs on the same folder")
				_ = second.Close()
			}
			if command, err := app.Open(t.Context(), app.Options{Instance: a.Options.Instance}); err != nil || command.Close() != nil {
				t.Errorf("a command does not work beside the server: %v", err)
			}
		}
		elsewhere := t.TempDir()
		other, err := app.Open(t.Context(), app.Options{Instance: config.Instance{Data: elsewhere}})
		if err == nil {
			err = other.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		mixed := app.Options{Instance: config.Instance{Data: elsewhere, Database: a.Options.Instance.Database}}
		if engine == store.SQLite {
			mixed.Instance.Data = testkit.CopyFolder(t, a.Options.Instance.Data, elsewhere)
		}
		if _, err := app.Open(t.Context(), mixed); err == nil || !strings.Contains(err.Error(), "keys") {
			t.Errorf("a process with other keys opens the instance: %v", err)
		}
		if r := a.Client(t).Get("/readyz"); r.Status != 200 || !bytes.Equal([]byte(r.Body), []byte("ready\n")) {
			t.Errorf("afterwards the server answers %d %s", r.Status, r.Body)
		}
	})
}

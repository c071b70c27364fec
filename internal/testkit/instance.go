package testkit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
)

// Letter returns the letter that AddLetter has written.
func Letter(t testing.TB, a *app.App) letter.Letter {
	t.Helper()
	l, err := a.Letters.Find(t.Context(), Slug)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Dump returns everything in the database.
func Dump(t testing.TB, a *app.App) string {
	t.Helper()
	var b strings.Builder
	if err := a.DB.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Settled returns everything in the database once its background work is done.
func (r *Running) Settled(t testing.TB) (dump string) {
	t.Helper()
	same := 0
	Eventually(t, "the database comes to rest", func() bool {
		now := Dump(t, r.App)
		if now == dump {
			same++
		} else {
			same = 0
		}
		dump = now
		return same > 15 // three times the rhythm of the background work
	})
	return dump
}

// FirstDifference returns the first lines in which two dumps differ, "" if they are the same.
func FirstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("- %.300s\n+ %.300s", x[i], y[min(i, len(y)-1)])
		}
	}
	return ""
}

// CopyFolder returns a new folder with the database of one and the keys of another, without the note by which a copy is known as one.
func CopyFolder(t testing.TB, database, keys string) string {
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
	err := os.CopyFS(filepath.Join(dir, "keys"), os.DirFS(filepath.Join(keys, "keys")))
	if err == nil {
		if err = os.Remove(filepath.Join(dir, "keys", "instance.json")); errors.Is(err, fs.ErrNotExist) { // it was killed before it noted that
			err = nil
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

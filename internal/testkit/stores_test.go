package testkit_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var (
	qSet   = store.Q("testkit.set", "INSERT INTO instance (key, value) VALUES ($1, $2)")
	qCount = store.Q("testkit.count", "SELECT count(*) FROM instance")
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestStores_eachTestHasItsOwn(t *testing.T) {
	for range 3 { // a database is used again, without the rows
		testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
			clock.Advance(time.Hour)
			if got := db.Now().Format(time.RFC3339); got != "2026-06-01T11:00:00Z" {
				t.Errorf("the time is %s", got)
			}
			other := testkit.Store(t, db.Engine())
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(qSet, "a", []byte("b"))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, db := range []*store.DB{db, other} {
				var n int
				if err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row(qCount).Scan(&n) }); err != nil || n != 1-i {
					t.Errorf("%d rows, %v", n, err)
				}
			}
		})
	}
}

// A test binary that is killed leaves no server and no files.
func TestPostgres_nothingIsLeft(t *testing.T) {
	if os.Getenv("UNDERSIGNED_TEST_HANG") != "" {
		fmt.Println(testkit.PostgresURL(t))
		select {}
	}
	testkit.PostgresURL(t) // skips without PostgreSQL
	child := exec.Command(os.Args[0], "-test.run=^TestPostgres_nothingIsLeft$")
	child.Env = append(os.Environ(), "UNDERSIGNED_TEST_HANG=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	dir := u.Query().Get("host")
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	for range 200 {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s is still there", dir)
}

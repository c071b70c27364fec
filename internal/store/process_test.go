package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// writeAsChild is the second process of the tests below: it writes rows from eight goroutines and prints the name of
// each once it is acknowledged, until it has written enough or is killed.
func writeAsChild(data string) {
	db, err := store.Open(context.Background(), store.WithMigrations(store.Options{Data: data}, things))
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	var rows int
	_, _ = fmt.Sscan(os.Getenv("UNDERSIGNED_TEST_ROWS"), &rows)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range rows / 8 {
				name := fmt.Sprintf("child-%d-%d", g, i)
				if err := insert(db, name); err != nil {
					fmt.Println("error:", err)
					os.Exit(1)
				}
				fmt.Println(name) // one write: lines of several goroutines do not mix
			}
		})
	}
	wg.Wait()
	if err := db.Close(); err != nil {
		fmt.Println("close:", err)
		os.Exit(1)
	}
}

func startChild(t *testing.T, data string, rows int) (*exec.Cmd, io.Reader) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "UNDERSIGNED_TEST_WRITER="+data, fmt.Sprint("UNDERSIGNED_TEST_ROWS=", rows))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child, out
}

func TestProcesses_writeTogether(t *testing.T) {
	dir := t.TempDir()
	db := openWith(t, store.Options{Data: dir})
	child, out := startChild(t, dir, 800)
	var slowest time.Duration
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				begun := time.Now()
				if err := insert(db, fmt.Sprintf("parent-%d-%d", g, i)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				slowest = max(slowest, time.Since(begun))
				mu.Unlock()
			}
		})
	}
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := child.Wait(); err != nil {
		t.Fatalf("child: %v\n%s", err, text)
	}
	if n := len(names(t, db)); n != 1600 {
		t.Errorf("%d rows", n)
	}
	t.Logf("the slowest write took %v", slowest)
}

// What a process printed as acknowledged is there after kill -9, and the lock files it held are free.
func TestProcesses_killed(t *testing.T) {
	dir := t.TempDir()
	openWith(t, store.Options{Data: dir}).Close()
	child, out := startChild(t, dir, 1_000_000)
	var acknowledged []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == 500 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if len(acknowledged) < 500 || !strings.HasPrefix(acknowledged[0], "child-") {
		t.Fatalf("child: %q", acknowledged)
	}
	if last := acknowledged[len(acknowledged)-1]; strings.Count(last, "-") != 2 {
		acknowledged = acknowledged[:len(acknowledged)-1] // cut off in the middle
	}
	db := openWith(t, store.Options{Data: dir})
	there := names(t, db)
	slices.Sort(there)
	for _, name := range acknowledged {
		if _, ok := slices.BinarySearch(there, name); !ok {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
	if err := insert(db, "after"); err != nil {
		t.Error(err)
	}
}

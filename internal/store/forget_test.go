package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var qForget = store.Q("storetest.forget", "DELETE FROM thing WHERE id = $1")

type memory struct {
	id   int64
	name string
	data []byte
}

// memories are rows in an order that makes pages split everywhere.
func memories(n int) []memory {
	random := rand.New(rand.NewPCG(4, 13))
	list := make([]memory, n)
	for i := range list {
		list[i] = memory{int64(random.Uint32()), fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()), make([]byte, 100+random.IntN(400))}
		for j := range list[i].data {
			list[i].data[j] = byte(random.Uint32())
		}
	}
	return list
}

// found counts the deleted rows of which something is left in a file.
func found(t *testing.T, file string, deleted []memory) (n int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range deleted {
		if bytes.Contains(data, []byte(m.name)) || bytes.Contains(data, m.data[:32]) || bytes.Contains(data, m.data[len(m.data)-32:]) {
			n++
		}
	}
	return n
}

func chunks(list []memory, fn func(chunk []memory) error) error {
	for len(list) > 0 {
		n := min(40, len(list))
		if err := fn(list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// What is deleted is gone from the file, also the copies that SQLite leaves where rows were moved.
func TestDelete_leavesNothingInTheFile(t *testing.T) {
	rows := memories(4000)
	var deleted []memory
	for i := 0; i < len(rows); i += 3 {
		deleted = append(deleted, rows[i])
	}
	dir := t.TempDir()
	db := openWith(t, store.Options{Data: dir})
	err := chunks(rows, func(chunk []memory) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			for _, m := range chunk {
				if _, err := tx.Exec(qFill, m.id, m.name, true, m.data, nil, nil, nil); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = chunks(deleted, func(chunk []memory) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			for _, m := range chunk {
				if _, err := tx.Exec(qForget, m.id); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "undersigned.db")
	if n := found(t, file, deleted); n > 0 {
		t.Errorf("of %d deleted rows %d are still in the file", len(deleted), n)
	}
	if n := found(t, file, rows[1:2]); n != 1 {
		t.Error("a row that is there is not found: the search is broken")
	}

	// What SQLite does by itself, with the same setting.
	plain := filepath.Join(t.TempDir(), "plain.db")
	dsn := url.URL{Scheme: "file", Path: plain, RawQuery: "_pragma=secure_delete(ON)&_pragma=journal_mode(WAL)"}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	if _, err := pool.Exec("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB) STRICT"); err != nil {
		t.Fatal(err)
	}
	run := func(list []memory, do func(tx *sql.Tx, m memory) error) {
		err := chunks(list, func(chunk []memory) error {
			tx, err := pool.Begin()
			if err != nil {
				return err
			}
			for _, m := range chunk {
				if err := do(tx, m); err != nil {
					return err
				}
			}
			return tx.Commit()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run(rows, func(tx *sql.Tx, m memory) error {
		_, err := tx.Exec("INSERT INTO thing (id, name, data) VALUES (?, ?, ?)", m.id, m.name, m.data)
		return err
	})
	run(deleted, func(tx *sql.Tx, m memory) error {
		_, err := tx.Exec("DELETE FROM thing WHERE id = ?", m.id)
		return err
	})
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	n := found(t, plain, deleted)
	if n == 0 {
		t.Error("SQLite leaves nothing by itself: this test shows nothing")
	}
	t.Logf("SQLite by itself leaves %d of %d", n, len(deleted))
}

// What is deleted leaves the write-ahead log while the server goes on writing; a reader that saw it holds it until it ends.
func TestDelete_leavesTheLog(t *testing.T) {
	dir := t.TempDir()
	db := openWith(t, store.Options{Data: dir})
	wal := filepath.Join(dir, "undersigned.db-wal")
	m := memories(1)[0]
	write := func(q *store.Query, args ...any) {
		t.Helper()
		err := db.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(q, args...); return err })
		if err != nil {
			t.Error(err)
		}
	}
	write(qFill, m.id, m.name, true, m.data, nil, nil, nil)
	reads, ends, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- db.View(t.Context(), func(tx *store.Tx) error {
			_, err := store.List(tx, qNames, func(row store.Row) (s string, err error) { return s, row.Scan(&s) })
			close(reads)
			<-ends
			return err
		})
	}()
	<-reads
	write(qForget, m.id)
	if found(t, wal, []memory{m}) != 1 {
		t.Error("the log holds nothing of a row that was just deleted: the search is broken")
	}
	cut, err := db.Forget()
	if err != nil || cut || found(t, wal, []memory{m}) != 1 {
		t.Errorf("a log that is read was cut: %v, %v", cut, err)
	}
	stop, busy := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(busy)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				write(qInsert, 1<<40+i, fmt.Sprint("busy ", i), true)
				runtime.Gosched()
			}
		}
	}()
	close(ends)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	testkit.Eventually(t, "the row leaves the log of a busy database", func() bool { return found(t, wal, []memory{m}) == 0 })
	close(stop)
	<-busy
	testkit.Eventually(t, "the log of a quiet database is empty", func() bool {
		info, err := os.Stat(wal)
		return err == nil && info.Size() == 0
	})
}

// A process that was killed leaves a log; the next that opens the database cuts it.
func TestOpen_cutsTheLog(t *testing.T) {
	dir := t.TempDir()
	child, out := startChild(t, dir, 1<<20)
	one := make([]byte, 1)
	if _, err := out.Read(one); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	wal := filepath.Join(dir, "undersigned.db-wal")
	if info, err := os.Stat(wal); err != nil || info.Size() == 0 {
		t.Fatalf("the killed process left no log: %v", err)
	}
	openWith(t, store.Options{Data: dir})
	if info, err := os.Stat(wal); err == nil && info.Size() > 0 {
		t.Errorf("after opening, the log has %d bytes", info.Size())
	}
}

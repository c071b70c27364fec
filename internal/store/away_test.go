package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// wire is a network between this process and PostgreSQL that loses everything when it is cut: connections stay, new ones are made, and
// nothing comes through.
type wire struct {
	t    *testing.T
	to   string // the server's socket
	mu   sync.Mutex
	gate chan struct{} // closed while packets pass; guarded by mu
	sent atomic.Int64  // packets to the server
}

// newWire returns a wire and the address of the database through it.
func newWire(t *testing.T, address string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	w := &wire{t: t, to: filepath.Join(q.Get("host"), ".s.PGSQL.5432"), gate: make(chan struct{})}
	w.mend()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = l.Close(); work.Wait() })
	work.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", w.to)
			if err != nil {
				_ = in.Close()
				continue
			}
			context.AfterFunc(ctx, func() { _, _ = in.Close(), out.Close() })
			work.Go(func() { w.carry(ctx, out, in) })
			work.Go(func() { w.carry(ctx, in, out) })
		}
	})
	q.Del("host")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	return w, u.String()
}

func (w *wire) carry(ctx context.Context, to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		gate := w.gate
		w.mu.Unlock()
		select {
		case <-gate:
		case <-ctx.Done():
			return
		}
		if n > 0 {
			if to.RemoteAddr().Network() == "unix" {
				w.sent.Add(1)
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err == io.EOF || err != nil {
			return
		}
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gate = make(chan struct{})
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.gate)
}

var (
	qAwayView  = store.Q("test.away_view", `SELECT COUNT(*) FROM instance`)
	qAwayWrite = store.Q("test.away_write", `INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`)
)

// However many ask whether the database takes writes, it is asked five times a second at most.
func TestPing_asksOnce(t *testing.T) {
	t.Parallel()
	wire, address := newWire(t, testkit.PostgresURL(t))
	db, err := store.Open(t.Context(), store.Options{Database: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	began, before := time.Now(), wire.sent.Load()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 100 {
				if err := db.Ping(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	// A question is a packet or two; a connection that is made for it, some more.
	if took, sent := time.Since(began), wire.sent.Load()-before; sent > 20+4*int64(took/(200*time.Millisecond)) {
		t.Errorf("2000 questions in %v were %d packets", took, sent)
	}
}

// While nothing comes back from PostgreSQL whoever waits is told within five seconds, who comes later at once, and it all goes on by
// itself within ten seconds of the network's return.
func TestWatch_tellsThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a database that is away")
	}
	wire, address := newWire(t, testkit.PostgresURL(t))
	db, err := store.Open(t.Context(), store.Options{Database: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { db.Watch(ctx) })
	t.Cleanup(func() { cancel(); watching.Wait() })
	calls := map[string]func() error{
		"View": func() error {
			return db.View(ctx, func(tx *store.Tx) error { var n int64; return tx.Row(qAwayView).Scan(&n) })
		},
		"Look": func() error {
			return db.Look(ctx, func(tx *store.Tx) error { var n int64; return tx.Row(qAwayView).Scan(&n) })
		},
		"Update": func() error {
			return db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qAwayWrite, "away", []byte("x")); return err })
		},
		"TryTurn": func() error {
			release, _, err := db.TryTurn(ctx, "away")
			if err == nil {
				release()
			}
			return err
		},
	}
	for name, call := range calls {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	wire.cut()
	began := time.Now()
	if err := db.Ping(ctx); err == nil || time.Since(began) > 2*time.Second {
		t.Errorf("Ping answers %v after %v", err, time.Since(began))
	}
	var waiting sync.WaitGroup
	for name, call := range calls {
		waiting.Go(func() {
			if err := call(); !errors.Is(err, store.ErrAway) && !errors.Is(err, store.ErrUnknown) {
				t.Errorf("%s that waits: %v", name, err)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("%s that waits is told after %v", name, took)
			}
		})
	}
	waiting.Wait()
	for name, call := range calls {
		began := time.Now()
		if err := call(); !errors.Is(err, store.ErrAway) || time.Since(began) > 200*time.Millisecond {
			t.Errorf("%s that comes later: %v after %v", name, err, time.Since(began))
		}
	}
	wire.mend()
	testkit.Eventually(t, "all goes on", func() bool {
		for _, call := range calls {
			if call() != nil {
				return false
			}
		}
		return db.Ping(ctx) == nil
	})
}

// Limits of the server are set where nobody has set any, and what the address says stays.
func TestOpen_limitsSessions(t *testing.T) {
	qLimit := func(t *testing.T, address string) (found string) {
		t.Helper()
		db, err := store.Open(t.Context(), store.Options{Database: address})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row(qShowLimit).Scan(&found) }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	address := testkit.PostgresURL(t)
	if found := qLimit(t, address); found != "15min 15min" {
		t.Errorf("without any: %s", found)
	}
	if found := qLimit(t, address+"&statement_timeout=5s"); found != "5s 15min" {
		t.Errorf("with one in the address: %s", found)
	}
	if !strings.Contains(address, "host=") {
		t.Error("the address has no parameters to add to")
	}
}

// It is for PostgreSQL only and so not registered.
var qShowLimit = store.Bare(
	`SELECT current_setting('statement_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout')`)

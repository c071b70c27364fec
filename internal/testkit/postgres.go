package testkit

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/undersigned/undersigned/internal/store"
)

// errNoPostgres says that PostgreSQL is not installed here.
var errNoPostgres = errors.New("PostgreSQL's server programs are not installed")

// PostgresURL returns the address of a fresh, empty database on the test binary's own server.
func PostgresURL(t testing.TB) string {
	t.Helper()
	s := needPostgres(t)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := s.exec("postgres", "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return s.url(name)
}

// Main runs the tests of a package and stops the PostgreSQL server and the browser at their end. A package without it is
// served as well: they then stop because the test binary ends.
func Main(m *testing.M) {
	code := m.Run()
	closeBrowser()
	if s, ok := started.Load().(*postgresServer); ok {
		s.stop()
	}
	os.Exit(code)
}

// migratedPostgres returns the address of a migrated database without rows: one that an earlier test has left, emptied,
// or a new copy of the template, which takes about half a second.
func migratedPostgres(t testing.TB) string {
	t.Helper()
	s := needPostgres(t)
	name := s.takeIdle()
	if name == "" {
		template, err := postgresTemplate()
		if err != nil {
			t.Fatalf("make the PostgreSQL template: %v", err)
		}
		name = fmt.Sprintf("test_%d", databases.Add(1))
		if err := s.exec("postgres", "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
			t.Fatalf("create a database: %v", err)
		}
	}
	t.Cleanup(func() {
		if err := s.exec(name, empty); err != nil {
			t.Errorf("empty the database: %v", err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.idle = append(s.idle, name)
	})
	return s.url(name)
}

// empty ends what still uses the database and deletes all rows, in any order of the tables. A test that changes the
// schema takes a database of its own by PostgresURL.
const empty = `DO $$
DECLARE t text;
BEGIN
	PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
	SET LOCAL session_replication_role = replica;
	FOR t IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration' LOOP
		EXECUTE 'DELETE FROM ' || t;
	END LOOP;
END $$`

var postgresTemplate = sync.OnceValues(func() (string, error) {
	s, err := postgres()
	if err != nil {
		return "", err
	}
	const name = "migrated"
	if err := s.exec("postgres", "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return "", err
	}
	db, err := store.Open(context.Background(), store.Options{Database: s.url(name)})
	if err != nil {
		return "", err
	}
	return name, db.Close()
})

var databases atomic.Int64

// needPostgres skips the test where PostgreSQL is not installed, but not in CI, where it must be.
func needPostgres(t testing.TB) *postgresServer {
	t.Helper()
	s, err := postgres()
	switch {
	case errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true":
		t.Skip(err)
	case err != nil:
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return s
}

// postgresServer is a server of this test binary alone, reached by a socket in its own folder.
type postgresServer struct {
	process
	dir string

	creating sync.Mutex // one CREATE or DROP DATABASE at a time: two copies of one template get in each other's way
	mu       sync.Mutex
	idle     []string // migrated databases without rows; guarded by mu
}

func (s *postgresServer) takeIdle() (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		name, s.idle = s.idle[n-1], s.idle[:n-1]
	}
	return name
}

var started atomic.Value // *postgresServer, for Main

var postgres = sync.OnceValues(func() (*postgresServer, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	s := &postgresServer{}
	if s.dir, err = os.MkdirTemp("", "undersigned-pg-"); err != nil {
		return nil, err
	}
	if err := s.start(bin); err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	started.Store(s)
	return s, nil
})

func postgresPrograms() (bin string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	newest := 0
	for _, initdb := range found {
		dir := filepath.Dir(initdb)
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && n > newest {
			newest, bin = n, dir
		}
	}
	if bin == "" {
		if initdb, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(initdb), nil
		}
		return "", errNoPostgres
	}
	return bin, nil
}

// The server runs under a shell that outlives the test binary for a moment: told by the kernel that its parent died, it
// stops the server and removes the folder. So nothing is left even after kill -9.
const guard = `
trap 'kill -INT $server 2>/dev/null' INT TERM
"$1/postgres" "${@:3}" & server=$!
wait $server; wait $server
rm -rf "$2"
`

func (s *postgresServer) start(bin string) error {
	credential, err := giveFolder(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if err := newCluster(bin, data, credential); err != nil {
		return err
	}
	fsync := "off" // tests do not survive a power cut
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		fsync = "on" // but figures are of durable commits
	}
	cmd := exec.Command("/bin/bash", "-c", guard, "guard", bin, s.dir,
		"-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync="+fsync, "-c", "max_connections=300",
		"-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGTERM, Setpgid: true}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.begin(cmd); err != nil {
		return err
	}
	return s.await()
}

// giveFolder gives a folder to the account that PostgreSQL may run under: it refuses root.
func giveFolder(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// await returns when the server answers.
func (s *postgresServer) await() error {
	for range 600 {
		if err := s.exec("postgres", "SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-s.done:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the server ended at once: %s", log)
		case <-time.After(50 * time.Millisecond):
		}
	}
	s.stop()
	return errors.New("the server did not answer within 30 s")
}

func (s *postgresServer) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.done
}

func (s *postgresServer) url(name string) string {
	u := url.URL{Scheme: "postgres", Path: "/" + name, RawQuery: url.Values{"host": {s.dir}, "user": {"undersigned"}}.Encode()}
	return u.String()
}

// exec runs a statement in the database; those of "postgres" make and drop others and run one at a time.
func (s *postgresServer) exec(database, text string) error {
	if database == "postgres" {
		s.creating.Lock()
		defer s.creating.Unlock()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

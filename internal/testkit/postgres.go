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
	"runtime"
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
	return newDatabase(t, "template0")
}

// Main runs the tests of a package and stops the PostgreSQL server at their end. A package without it is served as
// well: the server then stops because the test binary ends.
func Main(m *testing.M) {
	code := m.Run()
	if s, ok := started.Load().(*postgresServer); ok {
		s.stop()
	}
	os.Exit(code)
}

// migratedPostgres returns the address of a database copied from a migrated template.
func migratedPostgres(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	name, err := postgresTemplate()
	if err != nil {
		t.Fatalf("make the PostgreSQL template: %v", err)
	}
	return newDatabase(t, name)
}

var postgresTemplate = sync.OnceValues(func() (string, error) {
	s, err := postgres()
	if err != nil {
		return "", err
	}
	const name = "migrated"
	if err := s.exec("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		return "", err
	}
	db, err := store.Open(context.Background(), store.Options{Database: s.url(name)})
	if err != nil {
		return "", err
	}
	return name, db.Close()
})

var databases atomic.Int64

func newDatabase(t testing.TB, template string) string {
	t.Helper()
	s := needPostgres(t)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := s.exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return s.url(name)
}

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
	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the server has ended
	mu   sync.Mutex    // one CREATE or DROP DATABASE at a time: two copies of one template get in each other's way
}

var started atomic.Value // *postgresServer, for Main

var postgres = sync.OnceValues(func() (*postgresServer, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	s := &postgresServer{done: make(chan struct{})}
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
	credential, err := s.owner()
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "undersigned", "-A", "trust", "-E", "UTF8",
		"--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: credential}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	fsync := "off" // tests do not survive a power cut
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		fsync = "on" // but figures are of durable commits
	}
	s.cmd = exec.Command("/bin/bash", "-c", guard, "guard", bin, s.dir,
		"-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync="+fsync, "-c", "max_connections=300",
		"-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal")
	s.cmd.Dir = "/"
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGTERM, Setpgid: true}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	begun := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread that started the process ends, so this one must not.
		runtime.LockOSThread()
		err := s.cmd.Start()
		begun <- err
		if err == nil {
			_ = s.cmd.Wait()
			close(s.done)
		}
	}()
	if err := <-begun; err != nil {
		return err
	}
	return s.await()
}

// owner gives the folder to the account that PostgreSQL may run under: it refuses root.
func (s *postgresServer) owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// await returns when the server answers.
func (s *postgresServer) await() error {
	for range 600 {
		if err := s.exec("SELECT 1"); err == nil {
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

func (s *postgresServer) exec(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

package testkit

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// AutoFailover is a primary and a standby that pg_auto_failover looks after, with its monitor, each with processes of its own that can
// be killed or frozen as a machine is.
type AutoFailover struct {
	Monitor *Keeper
	Nodes   [2]*Keeper

	t     testing.TB
	bin   string
	root  string
	super string // the role that initdb makes, of the account that it runs under
}

// Keeper is a pg_autoctl with its PostgreSQL server.
type Keeper struct {
	Name string
	process

	all  *AutoFailover
	port string
}

// quick lets the monitor decide within seconds instead of half a minute, in milliseconds.
const quick = `ALTER SYSTEM SET pgautofailover.health_check_period = 500;
ALTER SYSTEM SET pgautofailover.health_check_timeout = 1000;
ALTER SYSTEM SET pgautofailover.health_check_max_retries = 1;
ALTER SYSTEM SET pgautofailover.health_check_retry_delay = 500;
ALTER SYSTEM SET pgautofailover.node_considered_unhealthy_timeout = 3000;
ALTER SYSTEM SET pgautofailover.startup_grace_period = 1000;
ALTER SYSTEM SET pgautofailover.primary_demote_timeout = 3000;
SELECT pg_reload_conf()`

// NewAutoFailover starts all three, with a database "letters". The test is skipped where pg_autoctl is not installed.
func NewAutoFailover(t testing.TB) *AutoFailover {
	t.Helper()
	needPostgres(t)
	if _, err := exec.LookPath("pg_autoctl"); err != nil {
		t.Skip("pg_autoctl is not installed")
	}
	bin, err := postgresPrograms()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "undersigned-auto-")
	if err != nil {
		t.Fatal(err)
	}
	f := &AutoFailover{t: t, bin: bin, root: root, super: "postgres"}
	if os.Getuid() != 0 {
		account, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		f.super = account.Username
	}
	f.Monitor, f.Nodes = f.keeper("m"), [2]*Keeper{f.keeper("a"), f.keeper("b")}
	t.Cleanup(func() {
		for _, k := range append(f.Nodes[:], f.Monitor) {
			k.Kill()
		}
		_ = os.RemoveAll(root)
	})
	f.Monitor.start("create", "monitor", "--pgdata", f.Monitor.data(), "--pgport", f.Monitor.port, "--hostname", "127.0.0.1", "--auth", "trust",
		"--no-ssl", "--run")
	f.Monitor.answers()
	for text := range strings.SplitSeq(quick, ";") { // each a transaction of its own, as ALTER SYSTEM wants it
		f.Monitor.exec("postgres", text)
	}
	for _, k := range f.Nodes {
		k.start("create", "postgres", "--pgdata", k.data(), "--pgport", k.port, "--hostname", "127.0.0.1", "--name", k.Name, "--auth", "trust", "--no-ssl",
			"--username", "undersigned", "--dbname", "letters", "--monitor", "postgres://autoctl_node@127.0.0.1:"+f.Monitor.port+"/pg_auto_failover", "--run")
	}
	// The second waits for a checkpoint of the first, which Await asks for.
	f.Await()
	return f
}

func (f *AutoFailover) keeper(name string) *Keeper {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return &Keeper{Name: name, all: f, port: port}
}

// URL names both nodes, of which the one that takes writes is used.
func (f *AutoFailover) URL() string {
	u := url.URL{Scheme: "postgres", Host: "127.0.0.1:" + f.Nodes[0].port + ",127.0.0.1:" + f.Nodes[1].port, Path: "/letters", User: url.User("undersigned"),
		RawQuery: "target_session_attrs=read-write&sslmode=disable"}
	return u.String()
}

// Primary returns the node that the monitor calls the primary, and the other.
func (f *AutoFailover) Primary() (primary, standby *Keeper) {
	f.t.Helper()
	if f.Nodes[0].writable() == nil {
		return f.Nodes[0], f.Nodes[1]
	}
	return f.Nodes[1], f.Nodes[0]
}

// AwaitPrimary waits until the node takes writes.
func (k *Keeper) AwaitPrimary() {
	k.all.t.Helper()
	k.all.eventually(k.Name+" is the primary", func() bool { return k.writable() == nil })
}

// Await waits until there is a primary whose commits wait for a standby.
func (f *AutoFailover) Await() {
	f.t.Helper()
	f.eventually("there is a primary with its standby", func() bool {
		primary, _ := f.Primary()
		_ = primary.try("letters", "CHECKPOINT") // which a base backup waits for
		return f.Monitor.try("pg_auto_failover", `SELECT 1/(CASE WHEN count(*) = 2 THEN 1 ELSE 0 END) FROM pgautofailover.node
			WHERE reportedstate = goalstate AND reportedstate IN ('primary', 'secondary')`) == nil
	})
}

// eventually is Eventually for what takes a manager minutes.
func (f *AutoFailover) eventually(what string, is func() bool) {
	f.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			for _, k := range append(f.Nodes[:], f.Monitor) {
				log, _ := os.ReadFile(filepath.Join(f.root, k.Name+".log"))
				f.t.Logf("%s: %s", k.Name, log[max(0, len(log)-2000):])
			}
			f.t.Fatalf("not within two minutes: %s", what)
		}
	}
}

func (k *Keeper) data() string { return filepath.Join(k.all.root, k.Name) }

func (k *Keeper) start(args ...string) {
	f := k.all
	f.t.Helper()
	cmd := exec.Command("pg_autoctl", args...)
	credential, err := giveFolder(f.root)
	if err != nil {
		f.t.Fatal(err)
	}
	cmd.Dir = f.root
	cmd.Env = []string{"PATH=" + f.bin + ":/usr/bin:/bin", "HOME=" + f.root, "XDG_RUNTIME_DIR=" + f.root, "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGTERM}
	log, err := os.OpenFile(filepath.Join(f.root, k.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := k.begin(cmd); err != nil {
		f.t.Fatal(err)
	}
}

func (k *Keeper) answers() {
	k.all.t.Helper()
	k.all.eventually(k.Name+" answers", func() bool { return k.try("postgres", "SELECT 1") == nil })
}

// Start starts a node again that was killed.
func (k *Keeper) Start() {
	k.all.t.Helper()
	k.start("run", "--pgdata", k.data())
}

func (k *Keeper) connect(ctx context.Context, user, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "postgres://"+user+"@127.0.0.1:"+k.port+"/"+database+"?sslmode=disable")
}

func (k *Keeper) try(database, text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := k.connect(ctx, k.all.super, database)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

func (k *Keeper) exec(database, text string) {
	k.all.t.Helper()
	if err := k.try(database, text); err != nil {
		k.all.t.Fatalf("%s on %s: %v", text, k.Name, err)
	}
}

var errStandby = errors.New("it is no primary")

// writable reports, by its error, whether the node is a primary that commits.
func (k *Keeper) writable() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := k.connect(ctx, "undersigned", "letters")
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var standby bool
	if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil {
		return err
	}
	if standby {
		return errStandby
	}
	_, err = conn.Exec(ctx, "SELECT pg_logical_emit_message(true, 'undersigned', '')")
	return err
}

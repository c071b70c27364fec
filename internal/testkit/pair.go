package testkit

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pair is two PostgreSQL servers, of which one replicates to the other, whose primary can be killed or frozen. What changes over
// between them is here what a manager such as pg_auto_failover does.
type Pair struct {
	Primary, Standby *Node
	Synchronous      bool // a commit waits for the standby

	t    testing.TB
	bin  string
	root string
}

// Node is one server.
type Node struct {
	Name string
	process

	pair *Pair
	dir  string // of its socket and data
}

// NewPair starts a primary with a database "letters" and its standby.
func NewPair(t testing.TB, synchronous bool) *Pair {
	t.Helper()
	needPostgres(t) // skips where there is none
	bin, err := postgresPrograms()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "undersigned-pair-")
	if err != nil {
		t.Fatal(err)
	}
	p := &Pair{Synchronous: synchronous, t: t, bin: bin, root: root}
	t.Cleanup(func() {
		for _, n := range []*Node{p.Primary, p.Standby} {
			if n != nil {
				n.Kill()
			}
		}
		_ = os.RemoveAll(root)
	})
	credential, err := giveFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	p.Primary, p.Standby = p.node("a", credential), p.node("b", credential)
	if err := newCluster(bin, p.Primary.data(), credential); err != nil {
		t.Fatal(err)
	}
	p.Primary.Start()
	p.Primary.Exec("postgres", "CREATE DATABASE letters TEMPLATE template0")
	p.Join()
	return p
}

func (p *Pair) node(name string, credential *syscall.Credential) *Node {
	p.t.Helper()
	n := &Node{Name: name, pair: p, dir: filepath.Join(p.root, name)}
	err := os.Mkdir(n.dir, 0o700)
	if err == nil && credential != nil {
		err = os.Chown(n.dir, int(credential.Uid), int(credential.Gid))
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// URL names both hosts, of which the one that takes writes is used.
func (p *Pair) URL() string {
	u := url.URL{Scheme: "postgres", Path: "/letters", RawQuery: url.Values{"host": {filepath.Join(p.root, "a") + "," + filepath.Join(p.root, "b")},
		"user": {"undersigned"}, "target_session_attrs": {"read-write"}}.Encode()}
	return u.String()
}

func (n *Node) data() string { return filepath.Join(n.dir, "data") }

func (n *Node) url(database string) string {
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: url.Values{"host": {n.dir}, "user": {"undersigned"}}.Encode()}
	return u.String()
}

// command is one of PostgreSQL's programs under the account that it may run under. It ends with the test binary.
func (n *Node) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(n.pair.bin, program), args...)
	c.Dir = "/"
	credential, err := giveFolder(n.dir)
	if err != nil {
		n.pair.t.Fatal(err)
	}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGKILL}
	return c
}

// Start starts the server on what it has.
func (n *Node) Start() {
	n.pair.t.Helper()
	err := n.begin(n.command("postgres", "-D", n.data(), "-k", n.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=100",
		"-c", "shared_buffers=32MB", "-c", "log_min_messages=fatal", "-c", "wal_keep_size=64MB", "-c", "cluster_name="+n.Name))
	if err != nil {
		n.pair.t.Fatal(err)
	}
	Eventually(n.pair.t, "server "+n.Name+" answers", func() bool { return n.try("postgres", "SELECT 1") == nil })
}

func (n *Node) try(database, text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, n.url(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

// Exec runs a statement on the server, which must succeed.
func (n *Node) Exec(database, text string) {
	n.pair.t.Helper()
	if err := n.try(database, text); err != nil {
		n.pair.t.Fatalf("%s on %s: %v", text, n.Name, err)
	}
}

// Alone lets the primary commit without its standby, which is gone.
func (p *Pair) Alone() {
	p.t.Helper()
	p.Primary.Exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''")
	p.Primary.Exec("postgres", "SELECT pg_reload_conf()")
}

// Promote makes the standby the primary: the old one is ended first, whatever state it is in.
func (p *Pair) Promote() {
	p.t.Helper()
	p.Primary.Kill()
	p.Primary, p.Standby = p.Standby, p.Primary
	p.Alone()
	p.Primary.Exec("postgres", "SELECT pg_promote(true, 30)")
}

// Join makes the standby anew from the primary, and waits until it follows and, in a synchronous pair, commits wait for it.
func (p *Pair) Join() {
	p.t.Helper()
	p.Standby.Kill()
	if err := os.RemoveAll(p.Standby.data()); err != nil {
		p.t.Fatal(err)
	}
	from := "host=" + p.Primary.dir + " user=undersigned application_name=" + p.Standby.Name
	copying := p.Standby.command("pg_basebackup", "-D", p.Standby.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", from)
	if out, err := copying.CombinedOutput(); err != nil {
		p.t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	p.Standby.Start()
	want := "async"
	if p.Synchronous {
		want = "sync"
		p.Primary.Exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
		p.Primary.Exec("postgres", "SELECT pg_reload_conf()")
	}
	follows := fmt.Sprintf("SELECT 1/count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '%s'", want)
	Eventually(p.t, "the standby follows", func() bool { return p.Primary.try("postgres", follows) == nil })
}

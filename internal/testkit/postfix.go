package testkit

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Postfix is Debian's Postfix on loopback, started by the test. It passes everything it takes on to an Inbox.
type Postfix struct {
	Folder string // of its settings, where tables may be put
	urls   map[string]string
}

// URL is that of a service, for --smtp.
func (p *Postfix) URL(service string) string { return p.urls[service] }

// postfixWithin bounds how long Postfix may take to listen.
const postfixWithin = 20 * time.Second

// NewPostfix starts Postfix with one SMTP server for each service, which differ by their settings: "key=value", where {folder} stands for
// Folder; files lie there before it starts. It needs root, since Postfix does; in CI its absence fails.
func NewPostfix(t testing.TB, to *Inbox, main []string, services map[string][]string, files map[string][]byte) *Postfix {
	t.Helper()
	owner, err := user.Lookup("postfix")
	if err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("needs Postfix, which .ci/install installs, and root to start it")
		}
		t.Skip("needs Postfix, and root to start it")
	}
	dir, err := os.MkdirTemp("", "undersigned-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &Postfix{Folder: dir, urls: map[string]string{}}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	try(os.Chmod(dir, 0o755)) // its servers run as others
	for _, sub := range []string{"queue", "data"} {
		try(os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	try(os.Chown(filepath.Join(dir, "data"), uid, gid))
	_, inbox, _ := strings.Cut(to.URL, "://")
	host, port, _ := net.SplitHostPort(inbox)
	settings := append([]string{"compatibility_level=3.6", "queue_directory={folder}/queue", "data_directory={folder}/data", "command_directory=/usr/sbin",
		"daemon_directory=/usr/lib/postfix/sbin", "mail_owner=postfix", "setgid_group=postdrop", "myhostname=relay.example", "mydestination=",
		"inet_interfaces=127.0.0.1", "inet_protocols=ipv4", "mynetworks=127.0.0.0/8", "alias_maps=", "relayhost=[" + host + "]:" + port,
		"maillog_file={folder}/log", "maillog_file_prefixes={folder}", "smtpd_client_event_limit_exceptions=", "disable_dns_lookups=yes",
		"smtpd_error_sleep_time=0", "minimal_backoff_time=1s", "queue_run_delay=1s", "best_mx_transport="}, main...)
	var master strings.Builder
	for name, own := range services {
		listener, err := net.Listen("tcp", "127.0.0.1:0") // a free port
		try(err)
		address := listener.Addr().String()
		try(listener.Close())
		p.urls[name] = "smtp://" + address
		fmt.Fprintf(&master, "%s inet n - n - - smtpd\n", address)
		for _, o := range own {
			fmt.Fprintf(&master, "  -o {%s}\n", o)
		}
	}
	master.WriteString("pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 1 1 qmgr\nrewrite unix - - n - - trivial-rewrite\n" +
		"bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nsmtp unix - - n - - smtp\nrelay unix - - n - - smtp\n" +
		"error unix - - n - - error\nretry unix - - n - - error\nanvil unix - - n - 1 anvil\ntlsmgr unix - - n 1000? 1 tlsmgr\n" +
		"postlog unix-dgram n - n - 1 postlogd\nproxymap unix - - n - - proxymap\n")
	fill := func(s string) []byte { return []byte(strings.ReplaceAll(s, "{folder}", dir)) }
	try(os.WriteFile(filepath.Join(dir, "main.cf"), fill(strings.Join(settings, "\n")+"\n"), 0o644))
	try(os.WriteFile(filepath.Join(dir, "master.cf"), fill(master.String()), 0o644))
	for name, data := range files {
		try(os.WriteFile(filepath.Join(dir, name), fill(string(data)), 0o644))
	}
	var said bytes.Buffer
	run := exec.Command("postfix", "-c", dir, "start-fg")
	run.Stdout, run.Stderr = &said, &said
	var running process
	try(running.begin(run))
	t.Cleanup(func() {
		_ = exec.Command("postfix", "-c", dir, "stop").Run()
		<-running.done
	})
	for name, url := range p.urls {
		if err := running.listens(strings.TrimPrefix(url, "smtp://"), postfixWithin); err != nil {
			t.Fatalf("postfix, %s: %v\n%s%s", name, err, said.Bytes(), p.Log())
		}
	}
	return p
}

// Log is what Postfix has said.
func (p *Postfix) Log() string {
	log, _ := os.ReadFile(filepath.Join(p.Folder, "log"))
	return string(log)
}

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

// Dovecot is Debian's Dovecot on loopback, started by the test: one mailbox, of the user letters with the password "open sesame".
type Dovecot struct {
	URL      string // for --inbox
	Password string // a file that holds it
	Folder   string // of its settings
	t        testing.TB
	n        int // of mails that were put
	running  process
}

// NewDovecot starts Dovecot; more are lines of its settings. It needs root, since Dovecot does; in CI its absence fails.
func NewDovecot(t testing.TB, more ...string) *Dovecot {
	t.Helper()
	if _, err := exec.LookPath("dovecot"); err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("needs Dovecot, which .ci/install installs, and root to start it")
		}
		t.Skip("needs Dovecot, and root to start it")
	}
	dir, err := os.MkdirTemp("", "undersigned-dovecot-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	try(os.Chmod(dir, 0o755))
	owner, err := user.Lookup("nobody")
	try(err)
	d := &Dovecot{Folder: dir, Password: filepath.Join(dir, "password"), t: t}
	try(os.WriteFile(d.Password, []byte("open sesame\n"), 0o600))
	try(os.WriteFile(filepath.Join(dir, "users"), []byte("letters:{PLAIN}open sesame\n"), 0o644))
	try(os.Mkdir(filepath.Join(dir, "mail"), 0o777))
	try(os.Chmod(filepath.Join(dir, "mail"), 0o777))
	free := func() string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		try(err)
		defer listener.Close()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		return port
	}
	port := free()
	d.URL = "imap://letters@127.0.0.1:" + port
	settings := fmt.Sprintf(`
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
protocols = imap
ssl = no
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain
mail_location = maildir:%[1]s/mail
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
first_valid_uid = 1
mail_uid = %[3]s
mail_gid = %[4]s
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = static
  args = uid=%[3]s gid=%[4]s home=%[1]s/mail
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]s
  }
  inet_listener imaps {
    port = 0
  }
}
mail_max_userip_connections = 50
%[5]s
`, dir, port, owner.Uid, owner.Gid, strings.Join(more, "\n"))
	try(os.WriteFile(filepath.Join(dir, "dovecot.conf"), []byte(settings), 0o644))
	d.Start()
	t.Cleanup(d.Stop)
	return d
}

// dovecotWithin bounds how long Dovecot may take to listen.
const dovecotWithin = 20 * time.Second

// Start starts it, after Stop again.
func (d *Dovecot) Start() {
	d.t.Helper()
	var said bytes.Buffer
	cmd := exec.Command("dovecot", "-F", "-c", filepath.Join(d.Folder, "dovecot.conf"))
	cmd.Stdout, cmd.Stderr = &said, &said
	err := d.running.begin(cmd)
	if err == nil {
		_, address, _ := strings.Cut(d.URL, "@")
		err = d.running.listens(address, dovecotWithin)
	}
	if err != nil {
		d.t.Fatalf("dovecot: %v\n%s%s", err, said.Bytes(), d.Log())
	}
}

// Stop stops it.
func (d *Dovecot) Stop() {
	_ = d.running.cmd.Process.Signal(os.Interrupt) // an error where it has ended
	<-d.running.done
}

// Log is what Dovecot has said.
func (d *Dovecot) Log() string {
	log, _ := os.ReadFile(filepath.Join(d.Folder, "log"))
	return string(log)
}

// Put puts mails into a folder of the mailbox, as a mail server does (maildir): "" is that of incoming mails.
func (d *Dovecot) Put(folder string, mails ...[]byte) {
	d.t.Helper()
	base := filepath.Join(d.Folder, "mail")
	if folder != "" {
		base = filepath.Join(base, "."+folder)
	}
	owner, _ := user.Lookup("nobody")
	for _, sub := range []string{"", "tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(base, sub), 0o777); err != nil {
			d.t.Fatal(err)
		}
		chown(d.t, filepath.Join(base, sub), owner)
	}
	for _, m := range mails {
		d.n++
		name := fmt.Sprintf("%d.M%dP1.host", time.Now().Unix(), d.n)
		path := filepath.Join(base, "tmp", name)
		if err := os.WriteFile(path, m, 0o666); err != nil {
			d.t.Fatal(err)
		}
		chown(d.t, path, owner)
		if err := os.Rename(path, filepath.Join(base, "new", name)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// Mails counts the mails of a folder: "" is that of incoming mails.
func (d *Dovecot) Mails(folder string) (n int) {
	base := filepath.Join(d.Folder, "mail")
	if folder != "" {
		base = filepath.Join(base, "."+folder)
	}
	for _, sub := range []string{"new", "cur"} {
		entries, _ := os.ReadDir(filepath.Join(base, sub))
		n += len(entries)
	}
	return n
}

func chown(t testing.TB, path string, to *user.User) {
	t.Helper()
	uid, _ := strconv.Atoi(to.Uid)
	gid, _ := strconv.Atoi(to.Gid)
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

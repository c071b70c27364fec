package promise

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// need skips a test whose program is not installed; where CI=true that is a failure.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// systemCall is a line of strace: a call that began, ended, or both.
type systemCall struct {
	thread, name, what string // what is the file of an fsync, or the beginning of what was read or written
	began, ended       bool
}

var (
	straceLine = regexp.MustCompile(`^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$`)
	straceText = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	straceFile = regexp.MustCompile(`<([^<>]*)>`)
)

func readTrace(t *testing.T, file string) (calls []systemCall) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		m := straceLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		c := systemCall{thread: m[1], name: m[2] + m[3], began: m[2] == "", ended: !strings.Contains(m[4], "<unfinished ...>")}
		if text := straceText.FindStringSubmatch(m[4]); text != nil {
			c.what = text[1]
		} else if file := straceFile.FindStringSubmatch(m[4]); file != nil {
			c.what = file[1]
		}
		calls = append(calls, c)
	}
	return calls
}

// earlyAcks returns the answers that left before a sync of the write-ahead log which began after their request was read.
// Requests come one after the other, so each answer belongs to the last request.
func earlyAcks(calls []systemCall) (acks, early int) {
	synced, asked := false, false
	syncing := map[string]bool{} // threads whose sync began after the request
	for _, c := range calls {
		switch {
		case (c.name == "read" || c.name == "recvfrom") &&
			strings.HasPrefix(strings.TrimPrefix(c.what, "P"), "OST /"): // net/http may have read the first byte ahead
			asked, synced = true, false
			clear(syncing)
		case c.name == "fsync" || c.name == "fdatasync":
			if c.began && strings.HasSuffix(c.what, "undersigned.db-wal") {
				syncing[c.thread] = asked
			}
			if c.ended && syncing[c.thread] {
				synced = true
			}
		case (c.name == "write" || c.name == "sendto") && c.began && asked &&
			(strings.HasPrefix(c.what, "HTTP/1.1 200") || strings.HasPrefix(c.what, "HTTP/1.1 303")):
			if acks++; !synced {
				early++
			}
			asked = false
		}
	}
	return acks, early
}

// No byte of an acknowledgement leaves before the sync of what it acknowledges (seen by strace). The control is the same
// trace without its syncs.
func TestAck_leavesAfterItsSync(t *testing.T) {
	if testing.Short() {
		t.Skip("traces a server")
	}
	strace := need(t, "strace")
	requests := 100
	if *testkit.Soak {
		requests = 10_000
	}
	instance, inbox := testkit.Instance(t, store.SQLite), testkit.NewInbox(t)
	prepare, err := app.Open(t.Context(), app.Options{Instance: instance})
	if err != nil {
		t.Fatal(err)
	}
	testkit.AddLetter(t, prepare)
	if err := prepare.Close(); err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	server, address := testkit.Serve(t, instance, inbox, strace, "-f", "-y", "-s", "48", "-e", "trace=read,recvfrom,write,sendto,fsync,fdatasync", "-o", trace)
	c := testkit.NewClient(t, address)
	for i := range requests / 2 {
		email := fmt.Sprintf("s%d@sync.example", i)
		if a := c.Post(testkit.Page+"/signatures", testkit.SignForm("Load Bearer", email)); a.Status != http.StatusSeeOther {
			t.Fatalf("signing: %d", a.Status)
		}
		mail := inbox.Wait(t, email)
		if a := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); a.Status != http.StatusOK {
			t.Fatalf("confirming: %d", a.Status)
		}
	}
	testkit.StopServer(t, server)
	calls := readTrace(t, trace)
	acks, early := earlyAcks(calls)
	t.Logf("%d acknowledgements", acks)
	if acks != requests || early > 0 {
		t.Errorf("%d acknowledgements seen of %d, %d of them before their sync", acks, requests, early)
	}
	without := slices.DeleteFunc(calls, func(c systemCall) bool { return c.name == "fsync" || c.name == "fdatasync" })
	if acks, early := earlyAcks(without); acks != early {
		t.Errorf("without any sync %d of %d acknowledgements are found early", early, acks)
	}
}

// A full disk: what cannot be stored is answered with 503 and a time to come again, pages are served, nothing acknowledged
// is lost, and signing goes on by itself once there is space.
func TestDiskFull_servesAndRecovers(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("no file system of its own: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Instance.Data = dir })
	c := a.Client(t)
	var acknowledged []string
	full := testkit.Answer{}
	for i := 0; i < 20_000 && full.Status == 0; i++ {
		email := fmt.Sprintf("f%d@full.example", i)
		form := testkit.SignForm("Full Measure", email)
		form.Set("affiliation", strings.Repeat("A very long affiliation. ", 11))
		switch r := c.Post(testkit.Page+"/signatures", form); r.Status {
		case http.StatusSeeOther:
			acknowledged = append(acknowledged, r.Header.Get("Location"))
		default:
			full = r
		}
	}
	if full.Status != http.StatusServiceUnavailable || full.Header.Get("Retry-After") == "" || len(acknowledged) < 20 {
		t.Fatalf("after %d signatures: %d, %q", len(acknowledged), full.Status, full.Main(t))
	}
	if r := c.Get(testkit.Page); r.Status != http.StatusOK {
		t.Errorf("the letter's page: %d", r.Status)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "signing goes on", func() bool {
		r, err := c.Try(http.MethodPost, testkit.Page+"/signatures", strings.NewReader(testkit.SignForm("Full Again", "again@full.example").Encode()),
			"Content-Type", testkit.Urlencoded)
		return err == nil && r.Status == http.StatusSeeOther
	})
	for _, location := range acknowledged {
		if r := c.Get(location); r.Status != http.StatusOK || !testkit.CodeOnPage.MatchString(r.Main(t)) {
			t.Fatalf("an acknowledged submission is lost: %d", r.Status)
		}
	}
	if _, problems, err := a.CheckLog(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("the log: %v, %v", problems, err)
	}
}

package promise

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// changing are the system calls that change files.
var changing = []string{"fsync", "fdatasync", "pwrite64", "pwritev", "write", "ftruncate", "fallocate", "rename", "renameat", "renameat2",
	"link", "linkat", "unlink", "unlinkat"}

// injection is what is done to the n-th call of a kind that a thread makes in a scene.
type injection struct {
	call string
	n    int
	how  string // as strace says it
}

const (
	kill   = "signal=KILL"
	eio    = "error=EIO"
	enospc = "error=ENOSPC"
)

func (i injection) String() string {
	_, how, _ := strings.Cut(i.how, "=")
	return fmt.Sprintf("%s_%d_%s", i.call, i.n, how)
}

// scene is a moment of a server's life that begins with the same files each time.
type scene struct {
	at     string
	folder string // a copy of it is what the server finds; "" for nothing
}

func (s scene) name() string {
	if s.folder == "" {
		return "new_" + s.at
	}
	return s.at
}

// callLine is a line of strace: the thread if there are several, the call, the rest.
var callLine = regexp.MustCompile(`^(?:(\d+) +)?(\w+)\((.*)$`)

// callsOn returns which calls of a thread are on a folder's files, as strace counts them, and those of other threads.
func callsOn(trace, folder string, thread int) (all []injection, others []string) {
	counted := map[string]int{}
	for line := range strings.Lines(trace) {
		m := callLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || !slices.Contains(changing, m[2]) {
			continue
		}
		on := strings.Contains(m[3], folder)
		if m[1] != strconv.Itoa(thread) {
			if on {
				others = append(others, strings.TrimSpace(line))
			}
			continue
		}
		if counted[m[2]]++; on {
			all = append(all, injection{call: m[2], n: counted[m[2]]})
		}
	}
	return all, others
}

// played is what came of a scene.
type played struct {
	trace    string
	thread   int
	pid      int
	code     int // of the process's end, -1 when it was killed
	said     string
	all      []*testkit.Acknowledged
	problems []string
}

// play runs a scene. From its moment on strace, given these arguments, holds the thread that writes, or with "-f" all.
func (s scene) play(t *testing.T, strace, folder string, inbox *testkit.Inbox, args ...string) (out played) {
	t.Helper()
	p := startPinned(t, folder, inbox.URL, s.at)
	out.pid = p.cmd.Process.Pid
	at := ""
	next := func() {
		var thread int
		if at, thread = p.await(); at != s.at {
			return
		}
		out.thread = thread
		if slices.Contains(args, "-f") {
			thread = out.pid
		}
		p.trace(strace, thread, args...)
		p.proceed()
	}
	sign := func(name string) {
		x := &testkit.Acknowledged{Name: "Injected " + name, Email: strings.ToLower(name) + "@injected.example", Client: testkit.NewClient(t, p.url)}
		out.all = append(out.all, x)
		out.problems = append(out.problems, p.sign(inbox, x)...)
	}
	if next(); at != "" && at != atServe { // it opens
		next()
	}
	if at == atServe {
		if s.at != atServe {
			out.trace = p.traced()
			p.proceed()
		}
		if s.folder != "" { // a new instance has no letter
			sign("First")
		}
		out.trace += p.traced()
		if s.folder != "" && !p.isGone() && s.at == atServe {
			sign("Second") // what was injected does not stay
		}
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		if s.at == atClose && !p.isGone() {
			next()
		}
	}
	<-p.ended
	out.trace += p.traced()
	out.code, out.said = p.cmd.ProcessState.ExitCode(), p.said.String()
	return out
}

// afterwards starts the instance again, in this process and without strace, and says what is wrong with it.
func (o played) afterwards(t *testing.T, folder string, inbox *testkit.Inbox) (problems []string) {
	t.Helper()
	a := testkit.App(t, store.SQLite, func(options *app.Options) { options.Instance.Data, options.Server.SMTP = folder, inbox.URL })
	last := &testkit.Acknowledged{Name: "Injected Last", Email: "last@injected.example", Client: a.Client(t)}
	answer := last.Client.Post(testkit.Page+"/signatures", testkit.SignForm(last.Name, last.Email))
	last.CheckMail = answer.Header.Get("Location")
	if answer.Status != http.StatusSeeOther {
		problems = append(problems, fmt.Sprintf("signing afterwards: %d", answer.Status))
	}
	problems = append(problems, testkit.Reconcile(t, a.URL, a.Options.Instance, inbox, append(o.all, last))...)
	_, found, err := a.CheckLog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range found {
		problems = append(problems, problem.Error())
	}
	return append(o.problems, problems...)
}

// sign signs and confirms as somebody does whom an error does not discourage, until both are acknowledged or the process is
// gone.
func (p *pinned) sign(inbox *testkit.Inbox, x *testkit.Acknowledged) (problems []string) {
	ctx, cancel := context.WithTimeout(p.gone, time.Minute)
	defer cancel()
	post := func(path, body string, want int) (testkit.Answer, bool) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			a, err := x.Client.Try(http.MethodPost, path, strings.NewReader(body), "Content-Type", testkit.Urlencoded)
			switch {
			case err == nil && a.Status == want:
				return a, true
			case err == nil && (a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == ""):
				problems = append(problems, fmt.Sprintf("%s: answered with %d and no time to come again", x.Email, a.Status))
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return a, false
			}
		}
	}
	a, ok := post(testkit.Page+"/signatures", testkit.SignForm(x.Name, x.Email).Encode(), http.StatusSeeOther)
	if !ok {
		return problems
	}
	x.CheckMail = a.Header.Get("Location")
	mail, ok := inbox.Await(ctx, x.Email)
	if !ok {
		if !p.isGone() {
			problems = append(problems, x.Email+": no mail came")
		}
		return problems
	}
	x.Token = mail.Token()
	if a, ok = post("/confirm/"+x.Token, "do=confirm", http.StatusOK); !ok {
		return problems
	}
	x.Secret = a.Secret(p.t)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		list, err := x.Client.Try(http.MethodGet, testkit.Page+"/signatories.csv", nil)
		if err == nil && strings.Contains(list.Body, x.Name) {
			return problems
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if !p.isGone() {
				problems = append(problems, x.Email+": was not published")
			}
			return problems
		}
	}
}

// reopened reports whether, after each sync of the write-ahead log that failed with something to sync, its file was opened anew
// before it was synced again, as this trace of the writer's thread shows: what the kernel has done with the pages is not known,
// so nothing may be acknowledged on the strength of the same open file. That is what a server does that serves; one whose sync
// fails before ends. Migrations, which go before everything else, are tried again or end the process: there is nothing yet to
// be lost.
func reopened(trace string) (failed int, ok bool) {
	written, open, ok := false, true, true
	for line := range strings.Lines(trace) {
		m := callLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || !strings.Contains(m[3], "undersigned.db-wal") {
			continue
		}
		switch m[2] {
		case "open", "openat":
			open = true
		case "pwrite64":
			written = true
		case "fsync":
			ok = ok && open
			switch {
			case !strings.Contains(m[3], "(INJECTED)"):
				written = false
			case written: // or it was the second sync, before a checkpoint, of what the commit has synced
				failed++
				open = false
			}
		}
	}
	return failed, ok
}

// Whichever system call that changes a file kills the server, or fails, while an instance is made, signed, logged, closed or
// opened after a crash: started again it is whole, and everybody who was told so has signed, once.
func TestInjection_leavesNothingHalf(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers under strace")
	}
	strace := need(t, "strace")
	crashed := crashedFolder(t)
	var mu sync.Mutex
	hits, missed, reopenings := map[string]int{}, 0, 0 // guarded by mu
	total := 0
	for _, s := range []scene{{atOpen, ""}, {atFirst, ""}, {atOpen, crashed}, {atServe, crashed}, {atClose, crashed}} {
		t.Run(s.name(), func(t *testing.T) {
			all := s.calls(t, strace)
			total += len(all)
			for _, i := range all {
				t.Run(i.String(), func(t *testing.T) {
					t.Parallel()
					hit, failedSyncs := s.inject(t, strace, i)
					mu.Lock()
					defer mu.Unlock()
					if hit {
						hits[i.call+" "+i.how]++
					} else {
						missed++
					}
					reopenings += failedSyncs
				})
			}
		})
	}
	for _, kind := range slices.Sorted(maps.Keys(hits)) { // the parallel subtests of a scene end with it
		t.Logf("%-28s %d", kind, hits[kind])
	}
	t.Logf("%d syncs of the write-ahead log failed, and it was opened anew after each", reopenings)
	// How many calls a run makes depends a little on who shares a commit with whom, so the last may not be reached.
	if t.Logf("%d injections found no call any more", missed); missed > total/20 || reopenings == 0 {
		t.Error("too little was injected for this to show anything")
	}
	if !*testkit.Soak {
		return
	}
	for _, call := range []string{"fsync", "ftruncate", "linkat", "pwrite64", "unlink", "unlinkat", "write"} { // of these it is known
		for _, how := range []string{kill, eio, enospc} {
			if hits[call+" "+how] == 0 {
				t.Errorf("%s was never injected into %s", how, call)
			}
		}
	}
}

// calls returns what is to be injected in a scene: something into every call that it is seen to make, or in the normal suite
// into a few.
func (s scene) calls(t *testing.T, strace string) (all []injection) {
	t.Helper()
	if !*testkit.Soak {
		return few[s.name()]
	}
	folder, inbox := s.begin(t), testkit.NewInbox(t)
	out := s.play(t, strace, folder, inbox, "-f", "-e", "trace="+strings.Join(changing, ","))
	if problems := out.afterwards(t, folder, inbox); out.code != 0 || len(problems) > 0 {
		t.Fatalf("without any injection: ended with %d, %s, %q", out.code, out.said, problems)
	}
	found, others := callsOn(out.trace, folder, out.thread)
	if s.at == atServe && len(others) > 0 { // in the others, two threads write one after the other, each in a scene of its own
		t.Errorf("into these calls nothing is injected: %q", others)
	}
	counts := map[string]int{}
	for _, i := range found {
		counts[i.call]++
		for _, i.how = range []string{kill, eio, enospc} {
			all = append(all, i)
		}
	}
	t.Logf("calls: %v", counts)
	return all
}

// few is what is injected in the normal suite, by the name of the scene.
var few = map[string][]injection{
	"new_open": {{"linkat", 1, kill}},
	"serve":    {{"fsync", 3, eio}, {"pwrite64", 40, enospc}, {"fsync", 5, kill}},
}

// Of a trace in which the file was not opened anew, reopened says so.
func TestReopened_seesTheSameFile(t *testing.T) {
	const write, failed = `pwrite64(12</d/undersigned.db-wal>, "", 24, 4152) = 24` + "\n",
		"fsync(12</d/undersigned.db-wal>) = -1 EIO (Input/output error) (INJECTED)\n"
	const open, again = `openat(AT_FDCWD</d>, "/d/undersigned.db-wal", O_RDWR) = 13` + "\n", "fsync(13</d/undersigned.db-wal>) = 0\n"
	for trace, want := range map[string]struct {
		failed int
		ok     bool
	}{
		write + failed + open + write + again: {1, true}, write + failed + write + again: {1, false}, write + failed + again: {1, false},
		write + again + failed + write + again: {0, true},
	} {
		if failed, ok := reopened(trace); failed != want.failed || ok != want.ok {
			t.Errorf("%d syncs failed and the file was opened anew: %v, want %v, in\n%s", failed, ok, want, trace)
		}
	}
}

func (s scene) begin(t *testing.T) (folder string) {
	t.Helper()
	if s.folder == "" {
		return t.TempDir()
	}
	return testkit.CopyFolder(t, s.folder, s.folder)
}

// inject plays a scene with an injection and checks what is left.
func (s scene) inject(t *testing.T, strace string, i injection) (hit bool, failedSyncs int) {
	folder, inbox := s.begin(t), testkit.NewInbox(t)
	out := s.play(t, strace, folder, inbox, "-e", "trace=open,openat,fsync,pwrite64,"+i.call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", i.call, i.how, i.n))
	killed := strings.Contains(out.trace, "killed by SIGKILL")
	hit = killed || strings.Contains(out.trace, "(INJECTED)")
	switch {
	case killed != (i.how == kill && hit) || killed != (out.code == -1):
		t.Errorf("it ended with %d: %s", out.code, out.said)
	case out.code > 0 && out.said == "":
		t.Error("it ended and did not say why")
	case s.at == atServe && !killed && out.code != 0:
		t.Errorf("while it served it ended: %s", out.said)
	}
	failedSyncs, ok := reopened(out.trace)
	switch {
	case s.at == atServe && !ok:
		t.Errorf("after a sync that failed the write-ahead log was synced again through the same open file:\n%s", out.trace)
	case s.at == atFirst && failedSyncs > 0 && out.code != 1:
		t.Errorf("a sync failed before it served, and it ended with %d", out.code)
	}
	if s.at != atServe {
		failedSyncs = 0
	}
	for _, problem := range out.afterwards(t, folder, inbox) {
		t.Error(problem)
	}
	if t.Failed() {
		t.Logf("the server ended with %d: %s", out.code, out.said)
	}
	return hit, failedSyncs
}

var qGrow = store.Q("test.grow", `
	INSERT INTO instance (key, value) VALUES ('test', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)

// crashedFolder returns a data folder as a crash leaves it, with a letter, and with a write-ahead log so long that signing once
// more copies it into the database.
func crashedFolder(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	a, err := app.Open(t.Context(), app.Options{Instance: config.Instance{Data: folder}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	testkit.AddLetter(t, a)
	const frame, header, copied = 4096 + 24, 32, 4000
	frames := func() int64 {
		info, err := os.Stat(filepath.Join(folder, "undersigned.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		return (info.Size() - header) / frame
	}
	for n, i := frames(), 0; n < copied-12; n, i = frames(), i+1 { // what does not change is not written
		size := 10
		if n < copied-80 {
			size = 100_000
		}
		if err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qGrow, []byte(strings.Repeat(string(rune('a'+i%26)), size)))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return testkit.CopyFolder(t, folder, folder)
}

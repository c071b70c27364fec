package operate

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// Commands beside a server under load all succeed, and so does every request: no lock of SQLite comes through.
func TestCommands_besideALoadedServer(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		var sent, failed atomic.Int64
		for w := range 4 {
			c := a.Client(t)
			workers.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					form := testkit.SignForm("Busy Body", fmt.Sprintf("w%di%d@busy.example", w, i)).Encode()
					r, err := c.Try(http.MethodPost, testkit.Page+"/signatures", strings.NewReader(form), "Content-Type", testkit.Urlencoded)
					if sent.Add(1); err != nil || r.Status >= 500 {
						failed.Add(1)
					}
				}
			})
		}
		source := testkit.LetterSource(t, "en")
		for i := range 4 {
			file := filepath.Join(dir, fmt.Sprintf("letter-%d.md", i))
			if err := os.WriteFile(file, bytes.Replace(source, []byte("granary"), fmt.Appendf(nil, "mill %d", i), -1), 0o600); err != nil {
				t.Fatal(err)
			}
			slug := fmt.Sprintf("beside-%d", i)
			for _, args := range [][]string{{"import", "letter", "--publish", "--slug", slug, file}, {"letter", "set", slug, "--sign-on", "people"},
				{"letter", "list"}} {
				if out, err := testkit.Command(t, a.Options.Instance, args...).CombinedOutput(); err != nil {
					t.Errorf("%v: %v: %s", args, err, out)
				}
			}
		}
		cancel()
		workers.Wait()
		if failed.Load() > 0 || sent.Load() < 20 {
			t.Errorf("%d of %d requests failed", failed.Load(), sent.Load())
		}
		c := a.Client(t)
		testkit.Eventually(t, "the last letter is served", func() bool { return c.Get("/letters/beside-3").Status == 200 })
		// A request id is twelve random capitals and digits: BUSY alone stands in one of them now and then.
		if log := a.Log.String(); strings.Contains(log, "SQLITE_BUSY") || strings.Contains(log, "is locked") {
			t.Error("the log speaks of locks")
		}
	})
}

// Two servers on one PostgreSQL database take turns: under load on both, every signature is in one log, once, and both show
// the same checkpoint.
func TestServe_twoOnOneDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	instance, inbox := testkit.Instance(t, store.Postgres), testkit.NewInbox(t)
	prepare, err := app.Open(t.Context(), app.Options{Instance: instance})
	if err != nil {
		t.Fatal(err)
	}
	testkit.AddLetter(t, prepare)
	if err := prepare.Close(); err != nil {
		t.Fatal(err)
	}
	var urls []string
	var servers []*exec.Cmd
	for range 2 {
		server, url := testkit.Serve(t, instance, inbox)
		servers, urls = append(servers, server), append(urls, url)
	}
	var work sync.WaitGroup
	const workers, each = 4, 25
	for w := range workers {
		work.Go(func() {
			for i := range each {
				email := fmt.Sprintf("w%di%d@two.example", w, i)
				c := testkit.NewClient(t, urls[(w+i)%2])
				form := testkit.SignForm(fmt.Sprintf("Load %c%c", 'A'+w, 'a'+i), email).Encode()
				if a, err := c.Try(http.MethodPost, testkit.Page+"/signatures", strings.NewReader(form), "Content-Type",
					testkit.Urlencoded); err != nil || a.Status != http.StatusSeeOther {
					t.Errorf("signing: %d, %v", a.Status, err)
					return
				}
				m, ok := inbox.Await(t.Context(), email)
				if !ok {
					return
				}
				c.MoveTo(urls[(w+i+1)%2]) // and confirms at the other
				if a, err := c.Try(http.MethodPost, "/confirm/"+m.Token(), strings.NewReader("do=confirm"), "Content-Type",
					testkit.Urlencoded); err != nil || a.Status != http.StatusOK {
					t.Errorf("confirming: %d, %v", a.Status, err)
				}
			}
		})
	}
	work.Wait()
	want := fmt.Sprintf(`"persons":%d,`, workers*each)
	for _, url := range urls {
		c := testkit.NewClient(t, url)
		testkit.Eventually(t, url+" counts "+want, func() bool { return strings.Contains(c.Get(testkit.Page+".json").Body, want) })
		if report := testkit.Audit(t, url); !report.OK() || report.Letters[0].Names != workers*each {
			t.Errorf("%+v", report)
		}
	}
	if a, b := testkit.NewClient(t, urls[0]).Get("/log/checkpoint").Body, testkit.NewClient(t, urls[1]).Get("/log/checkpoint").Body; a != b {
		t.Errorf("two checkpoints:\n%s\n%s", a, b)
	}
	for _, server := range servers {
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("told to stop, the server ends with %v", err)
		}
	}
}

// A second server process on the same folder ends at once with 1 and does not say that it serves.
func TestServe_secondProcessIsRefused(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	second := testkit.Command(t, a.Options.Instance, "serve", "--listen", "127.0.0.1:0", "--json")
	var out, problem bytes.Buffer
	second.Stdout, second.Stderr = &out, &problem
	err := second.Run()
	if second.ProcessState.ExitCode() != 1 || out.Len() > 0 || problem.Len() == 0 || testkit.Traces.MatchString(problem.String()) {
		t.Errorf("it ended with %v and said %q %q", err, out.String(), problem.String())
	}
	if r := a.Client(t).Get(testkit.Page); r.Status != 200 {
		t.Errorf("afterwards the first answers with %d", r.Status)
	}
}

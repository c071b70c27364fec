package promise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// level is what this process holds: what grows here without end will one day stop a server.
type level struct {
	goroutines, files int
	memory            int64 // resident, in MiB
	heap              int64 // of it what Go still refers to, in KiB
}

func (l level) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d MiB, of them %d KiB of the heap", l.goroutines, l.files, l.memory, l.heap)
}

func measure(t *testing.T) (l level) {
	t.Helper()
	debug.FreeOSMemory()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(rest, &l.memory); err != nil {
		t.Fatal(err)
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	l.goroutines, l.files, l.memory, l.heap = runtime.NumGoroutine(), len(open), l.memory>>10, int64(stats.HeapAlloc>>10)
	return l
}

// grown says what of a level is higher than it was before by more than a tenth. A few goroutines and files more are the noise of
// connections that end; memory, of what SQLite's page caches have not yet taken.
func (l level) grown(before level) (what []string) {
	if l.goroutines > before.goroutines+before.goroutines/10+3 {
		what = append(what, "goroutines")
	}
	if l.files > before.files+before.files/10+3 {
		what = append(what, "files")
	}
	if l.memory > before.memory+before.memory/10+8 {
		what = append(what, "memory")
	}
	if l.heap > before.heap+before.heap/10+2<<10 {
		what = append(what, "heap")
	}
	return what
}

// A leak of each kind shows in the levels.
func TestLevel_showsALeak(t *testing.T) {
	before := measure(t)
	if what := measure(t).grown(before); what != nil {
		t.Fatalf("nothing has grown, and it says %q", what)
	}
	end := make(chan struct{})
	defer close(end)
	for range 20 + before.goroutines/5 {
		go func() { <-end }()
	}
	for range 20 + before.files/5 {
		f, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	kept := make([]byte, (before.memory/5+32)<<20)
	for i := 0; i < len(kept); i += 4096 {
		kept[i] = 1
	}
	if what := measure(t).grown(before); len(what) != 4 {
		t.Errorf("of leaks of goroutines, files and memory, which is in the heap, it shows %q", what)
	}
	runtime.KeepAlive(kept)
}

// Under a mixed load of everything that people, readers and auditors do, the server holds no more of anything after its second
// stretch than after the first. Run with -race, it races nowhere.
func TestSoak_holdsItsLevel(t *testing.T) {
	stretch := 700 * time.Millisecond
	if *testkit.Soak {
		stretch = time.Minute
	}
	body := func(t *testing.T, engine store.Engine) {
		if engine == store.Postgres && !*testkit.Soak {
			t.Skip("in the soak only")
		}
		a := testkit.App(t, engine, func(o *app.Options) { o.Log = slog.New(slog.DiscardHandler) }) // one that is kept would grow
		m := &mixed{t: t, a: a}
		for w := range 4 {
			m.people = append(m.people, &regular{worker: w, c: a.Client(t)})
		}
		rest := func(before *level) (now level) { // the level once nothing is asked any more
			t.Helper()
			for tries := 0; ; tries++ {
				for _, p := range m.people {
					p.c.CloseIdle()
				}
				http.DefaultClient.CloseIdleConnections()
				if now = measure(t); before == nil || len(now.grown(*before)) == 0 || tries == 50 {
					return now
				}
				<-time.After(100 * time.Millisecond) // connections end in their own time
			}
		}
		a.Publish(t)
		c := a.Client(t)
		testkit.Eventually(t, "the letter's page is of a log that has it",
			func() bool { return !strings.Contains(c.Get(testkit.Page+".json").Body, `"size":0,`) })
		m.load(stretch) // caches fill, connections are made
		m.load(stretch)
		first := rest(nil)
		m.load(stretch)
		last := rest(&first)
		t.Logf("%d things done; then %v, and at the end %v", m.done.Load(), first, last)
		what := last.grown(first)
		if !*testkit.Soak { // after so short a time the caches are not full
			what = slices.DeleteFunc(what, func(w string) bool { return w == "memory" || w == "heap" })
		}
		if len(what) > 0 {
			stacks := make([]byte, 1<<20)
			t.Errorf("grown: %q\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
		for kind := range len(m.kinds) {
			if m.kinds[kind].Load() == 0 {
				t.Errorf("a kind of load was never tried: %d", kind)
			}
		}
		m.end()
	}
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} { // one after the other: what is measured is the process
		t.Run(string(engine), func(t *testing.T) { body(t, engine) })
	}
}

// mixed is the load.
type mixed struct {
	t      *testing.T
	a      *testkit.Running
	people []*regular
	done   atomic.Int64
	kinds  [12]atomic.Int64
}

// regular is somebody who signs under ever new names and looks around.
type regular struct {
	worker, signed int
	standing       int // that count
	c              *testkit.Client
	secrets        []string // of signatures that stand
}

func (m *mixed) load(d time.Duration) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), d)
	defer cancel()
	var work sync.WaitGroup
	for _, p := range m.people {
		work.Go(func() {
			for n := range 1 << 30 {
				if n >= len(m.kinds) && ctx.Err() != nil || m.t.Failed() {
					return
				}
				kind := (n + 3*p.worker) % len(m.kinds)
				if kind == 11 && (p.worker > 0 || n > len(m.kinds) && rand.IntN(10) > 0) {
					continue // reading the whole log again and again would leave no time for the rest
				}
				switch err := m.act(m.t.Context(), p, kind); {
				case err == errNothing:
				case err != nil:
					m.t.Error(err)
					return
				default:
					m.kinds[kind].Add(1)
					m.done.Add(1)
				}
			}
		})
	}
	work.Wait()
}

// errNothing says that there was nothing yet to do it with.
var errNothing = errors.New("nothing to do")

// act does one thing.
func (m *mixed) act(ctx context.Context, p *regular, kind int) error {
	get := func(path string) error {
		r, err := p.c.Try(http.MethodGet, path, nil)
		if err == nil && r.Status != http.StatusOK {
			err = fmt.Errorf("%s: %d", path, r.Status)
		}
		return err
	}
	own := func(do string, more ...string) error {
		if len(p.secrets) == 0 {
			return errNothing
		}
		i := rand.IntN(len(p.secrets))
		secret := p.secrets[i]
		r, err := p.post("/signature", testkit.Press("show", "secret", secret).Encode(), http.StatusOK)
		if err != nil {
			return err
		}
		if do == "withdraw" {
			p.secrets = append(p.secrets[:i], p.secrets[i+1:]...)
		}
		_, err = p.post("/signature", testkit.Press(do, append([]string{"secret", secret, "id", r.SignatureID(m.t)}, more...)...).Encode(), http.StatusOK)
		if err == nil && do == "withdraw" {
			p.standing--
		}
		return err
	}
	switch kind {
	case 0, 1, 2:
		p.signed++
		email := fmt.Sprintf("w%di%d@soak.example", p.worker, p.signed)
		form := testkit.SignForm(fmt.Sprintf("Regular %s %s", testkit.Word(p.worker), testkit.Word(p.signed)), email)
		if _, err := p.post(testkit.Page+"/signatures", form.Encode(), http.StatusSeeOther); err != nil {
			return err
		}
		mail, ok := m.a.Inbox.Await(ctx, email)
		if !ok {
			return fmt.Errorf("no mail to %s", email)
		}
		r, err := p.post("/confirm/"+mail.Token(), "do=confirm", http.StatusOK)
		if err == nil {
			p.secrets = append(p.secrets, r.Secret(m.t))
			p.standing++
		}
		return err
	case 3:
		return own("relist", "listing", []string{"public", "counted", "addressee"}[rand.IntN(3)])
	case 4:
		return own("withdraw")
	case 5:
		return get(testkit.Page + "/signatories")
	case 6:
		return get(testkit.Page + "/signatories?q=regular+" + testkit.Word(p.worker))
	case 7:
		return get(testkit.Page)
	case 8:
		return get(testkit.Page + ".json")
	case 9:
		return get(testkit.Page + "/bundle.zip")
	case 10:
		state, err := m.a.App.Log.State(ctx)
		if err != nil {
			return err
		}
		if state.Published.Size == 0 {
			return errNothing
		}
		n := rand.Int64N((state.Published.Size + verify.TileWidth - 1) / verify.TileWidth)
		tile := verify.Tile{Level: verify.Entries, N: n, Width: int(min(state.Published.Size-n*verify.TileWidth, verify.TileWidth))}
		for _, path := range []string{"/log/checkpoint", "/log/" + tile.Path(), fmt.Sprintf("/log/openings/%d", n)} {
			if err := get(path); err != nil {
				return err
			}
		}
		return nil
	default:
		if report := testkit.Audit(m.t, m.a.URL); !report.OK() {
			return fmt.Errorf("%+v", report)
		}
		return nil
	}
}

func (p *regular) post(path, body string, want int) (testkit.Answer, error) {
	r, err := p.c.Try(http.MethodPost, path, strings.NewReader(body), "Content-Type", testkit.Urlencoded)
	if err == nil && r.Status != want {
		err = fmt.Errorf("%s: %d", path, r.Status)
	}
	return r, err
}

// end checks that everybody who was acknowledged counts, and nobody else.
func (m *mixed) end() {
	m.t.Helper()
	m.a.Publish(m.t)
	standing := 0
	for _, p := range m.people {
		standing += p.standing
	}
	c, want := m.a.Client(m.t), fmt.Sprintf(`"persons":%d,`, standing)
	testkit.Eventually(m.t, "the page says "+want, func() bool { return strings.Contains(c.Get(testkit.Page+".json").Body, want) })
	if report := testkit.Audit(m.t, m.a.URL); !report.OK() || report.Letters[0].Counted.Persons != standing {
		m.t.Errorf("%d stand: %+v", standing, report)
	}
	if _, problems, err := m.a.CheckLog(m.t.Context()); err != nil || len(problems) > 0 {
		m.t.Errorf("the log: %v, %v", problems, err)
	}
}

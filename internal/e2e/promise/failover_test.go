package promise

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/testkit"
)

// site is two server processes on a pair of databases, and people who sign at both all the time.
type site struct {
	t        *testing.T
	instance config.Instance
	inbox    *testkit.Inbox
	servers  []*exec.Cmd
	urls     []string

	mu        sync.Mutex
	all       []*testkit.Acknowledged // guarded by mu
	confirmed []atomic.Int64          // by server
}

func newSite(t *testing.T, database string, servers int) *site {
	t.Helper()
	s := &site{t: t, inbox: testkit.NewInbox(t), confirmed: make([]atomic.Int64, servers)}
	s.instance = config.Instance{Data: t.TempDir(), Database: database}
	a, err := app.Open(t.Context(), app.Options{Instance: s.instance})
	if err != nil {
		t.Fatal(err)
	}
	testkit.AddLetter(t, a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for range servers {
		server, url := testkit.Serve(t, s.instance, s.inbox)
		s.servers, s.urls = append(s.servers, server), append(s.urls, url)
		testkit.NewClient(t, url).Get("/") // is held from now on
	}
	return s
}

// crowd signs and confirms until stop is called, which waits for the last answers.
func (s *site) crowd() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	var workers sync.WaitGroup
	for w := range 2 * len(s.urls) {
		workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				s.one(ctx, w, i)
			}
		})
	}
	return func() { cancel(); workers.Wait() }
}

func (s *site) one(ctx context.Context, w, i int) {
	server := w % len(s.urls)
	x := &testkit.Acknowledged{Name: fmt.Sprintf("Failover %s %s", testkit.Word(w), testkit.Word(i)), Email: fmt.Sprintf("w%di%d@failover.example", w, i),
		Client: testkit.NewClient(s.t, s.urls[server])}
	defer x.Client.CloseIdle()
	s.mu.Lock()
	s.all = append(s.all, x)
	s.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, 5*time.Second) // a mail whose job a lost connection has taken comes later
	defer cancel()
	form := testkit.SignForm(x.Name, x.Email).Encode()
	a, err := x.Client.Try(http.MethodPost, testkit.Page+"/signatures", strings.NewReader(form), "Content-Type", testkit.Urlencoded)
	if err != nil || a.Status != http.StatusSeeOther {
		select { // it is refused at once: nobody presses that fast
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
		return
	}
	x.CheckMail = a.Header.Get("Location")
	m, ok := s.inbox.Await(within, x.Email)
	if !ok {
		return
	}
	x.Token = m.Token()
	a, err = x.Client.Try(http.MethodPost, "/confirm/"+x.Token, strings.NewReader("do=confirm"), "Content-Type", testkit.Urlencoded)
	if err != nil || a.Status != http.StatusOK {
		return
	}
	x.Secret = a.Secret(s.t)
	s.confirmed[server].Add(1)
}

// works waits until every server has confirmed so many more signatures.
func (s *site) works(what string, more int64) (took time.Duration) {
	s.t.Helper()
	began := time.Now()
	for i := range s.confirmed {
		from := s.confirmed[i].Load()
		testkit.Eventually(s.t, fmt.Sprintf("server %d confirms %s", i, what), func() bool { return s.confirmed[i].Load() >= from+more })
	}
	return time.Since(began)
}

// fails is what people meet while the primary is frozen or gone: they are told soon and can read on.
func (s *site) fails() {
	s.t.Helper()
	fa := i18n.Find("fa")
	for _, url := range s.urls {
		c := testkit.NewClient(s.t, url)
		testkit.Eventually(s.t, "readyz says so", func() bool {
			began := time.Now()
			status := c.Get("/readyz").Status
			if took := time.Since(began); took > 2*time.Second {
				s.t.Errorf("/readyz answers after %v", took)
			}
			return status == http.StatusServiceUnavailable
		})
		said, _, _ := strings.Cut(fa.T("layout.as_of", "Time", "|"), "|")
		for _, path := range []string{testkit.Page, "/"} {
			testkit.Eventually(s.t, path+" is shown as of before", func() bool {
				r := c.Get("/fa" + path)
				return r.Status == http.StatusOK && strings.Contains(r.Body, said)
			})
		}
		form := testkit.SignForm("کسی که می‌ماند", "stays@failover.example").Encode()
		r, err := c.Try(http.MethodPost, "/fa"+testkit.Page+"/signatures", strings.NewReader(form), "Content-Type", testkit.Urlencoded)
		if err != nil || r.Status != http.StatusServiceUnavailable || !strings.Contains(r.Body, "stays@failover.example") ||
			!strings.Contains(r.Body, fa.T("fault.away")) || r.Header.Get("Retry-After") == "" {
			s.t.Errorf("who signs meanwhile is answered with %d, %v: %.300s", r.Status, err, r.Body)
		}
	}
}

// lost are the signatures, or whatever else, that somebody was told of and that are not there.
func (s *site) lost() []string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	return testkit.Reconcile(s.t, s.urls[0], s.instance, s.inbox, s.all)
}

// Whatever happens to one of two databases, everybody who was told that they signed has signed, no server process is started anew, and
// all goes on within ten seconds of a primary that takes writes.
func TestFailover_losesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("changes databases over for seconds")
	}
	t.Parallel()
	rounds := 2
	if *testkit.Soak {
		rounds = 20
	}
	pair := testkit.NewPair(t, true)
	s := newSite(t, pair.URL(), 2)
	stop := s.crowd()
	for round := range rounds {
		s.works("before a fault", 3)
		kind := [...]string{"a frozen primary", "a killed standby", "a killed primary", "a frozen standby"}[round%4]
		switch kind {
		case "a frozen primary":
			pair.Primary.Freeze()
			s.fails()
			pair.Promote()
		case "a killed primary":
			pair.Primary.Kill()
			s.fails()
			pair.Promote()
		case "a frozen standby", "a killed standby": // commits wait until the primary is told that it is alone
			if pair.Standby.Freeze(); kind == "a killed standby" {
				pair.Standby.Kill()
			}
			c := testkit.NewClient(t, s.urls[0])
			testkit.Eventually(t, "readyz says so", func() bool { return c.Get("/readyz").Status == http.StatusServiceUnavailable })
			pair.Alone()
		}
		if took := s.works("after "+kind, 1); took > 10*time.Second {
			t.Errorf("after %s the servers confirm again after %v", kind, took)
		} else {
			t.Logf("after %s the servers confirm again after %v", kind, took)
		}
		pair.Join()
	}
	stop()
	s.end(rounds)
}

// end looks at what has become of the servers and of everybody who was told something.
func (s *site) end(faults int) {
	t := s.t
	t.Helper()
	for i, server := range s.servers {
		if err := server.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("server %d has ended: %v", i, err)
		}
	}
	for _, problem := range s.lost() {
		t.Error(problem)
	}
	t.Logf("%d faults, %d submissions, %d and %d confirmations that were acknowledged", faults, len(s.all), s.confirmed[0].Load(), s.confirmed[1].Load())
	if out, err := testkit.Command(t, s.instance, "log", "check").CombinedOutput(); err != nil || !bytes.Contains(out, []byte("agree")) {
		t.Errorf("log check: %v: %s", err, out)
	}
	for _, server := range s.servers {
		testkit.StopServer(t, server)
	}
}

// The same where pg_auto_failover decides who is the primary: the node of the primary, of the standby and of the monitor is killed, or
// frozen and thawed, as a machine is.
func TestFailover_auto(t *testing.T) {
	if !*testkit.Soak {
		t.Skip("in the soak only")
	}
	f := testkit.NewAutoFailover(t)
	s := newSite(t, f.URL(), 2)
	stop := s.crowd()
	const rounds = 20
	for round := range rounds {
		s.works("before a fault", 3)
		primary, standby := f.Primary()
		who := [...]*testkit.Keeper{primary, standby, f.Monitor}[round/2%3]
		fault, mend := "a killed", who.Start
		if round%2 == 1 {
			fault, mend = "a frozen", who.Thaw
			who.Freeze()
		} else {
			who.Kill()
		}
		began := time.Now()
		switch who {
		case primary:
			standby.AwaitPrimary()
		case standby:
			primary.AwaitPrimary()
		}
		manager := time.Since(began)
		took := s.works("after "+fault+" "+who.Name, 1)
		if took > 10*time.Second {
			t.Errorf("%s %s: the servers confirm again %v after there is a primary", fault, who.Name, took)
		}
		t.Logf("%s %s: a primary after %v, the servers confirm again %v later", fault, who.Name, manager, took)
		mend()
		f.Await()
	}
	stop()
	s.end(rounds)
}

// A primary that waits for nobody loses what was acknowledged, and the search of the other test finds it.
func TestFailover_withoutAStandbyLoses(t *testing.T) {
	if testing.Short() {
		t.Skip("changes databases over for seconds")
	}
	t.Parallel()
	pair := testkit.NewPair(t, false)
	s := newSite(t, pair.URL(), 1)
	pair.Standby.Kill()
	stop := s.crowd()
	s.works("what no standby has", 3)
	stop()
	pair.Primary.Kill()
	pair.Standby.Start()
	pair.Promote()
	c := testkit.NewClient(t, s.urls[0])
	testkit.Eventually(t, "the server reads and writes again", func() bool {
		return c.Get("/readyz").Status == http.StatusOK && c.Get(testkit.Page+"/signatories").Status == http.StatusOK
	})
	if problems := s.lost(); len(problems) < 3 || strings.Contains(strings.Join(problems, " "), " 503 ") {
		t.Errorf("nothing that was acknowledged is lost without a standby: %q", problems)
	}
	testkit.StopServer(t, s.servers[0])
}

package promise

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// Nothing that was acknowledged is lost when the server is killed under load, again and again.
func TestKill_losesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("kills servers for seconds")
	}
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		kills := 10
		if engine == store.Postgres {
			kills = 4
		}
		if *testkit.Soak {
			kills = 200
		}
		instance, inbox := testkit.Instance(t, engine), testkit.NewInbox(t)
		prepare, err := app.Open(t.Context(), app.Options{Instance: instance})
		if err != nil {
			t.Fatal(err)
		}
		testkit.AddLetter(t, prepare)
		if err := prepare.Close(); err != nil {
			t.Fatal(err)
		}
		var all []*testkit.Acknowledged
		for round := range kills {
			server, url := testkit.Serve(t, instance, inbox)
			all = append(all, load(t, url, inbox, round, func() { _ = server.Process.Kill() })...)
			_ = server.Wait()
		}
		server, url := testkit.Serve(t, instance, inbox)
		confirmations := 0
		for _, x := range all {
			if x.Secret != "" {
				confirmations++
			}
		}
		t.Logf("%d kills, %d acknowledged submissions, %d acknowledged confirmations", kills, len(all), confirmations)
		if len(all) < 3*kills || confirmations < kills {
			t.Error("too little was acknowledged for this to show anything")
		}
		for _, problem := range testkit.Reconcile(t, url, instance, inbox, all) {
			t.Error(problem)
		}
		for _, x := range all[:min(len(all), 50)] {
			testkit.CheckProof(t, x.Client, x.Client.Post("/confirm/"+x.Token, testkit.Press("confirm")).Secret(t))
		}
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("told to stop, the server ends with %v", err)
		}
	})
}

// load signs and confirms with four workers, kills the server after a number of acknowledgements, and returns all of them.
func load(t *testing.T, url string, inbox *testkit.Inbox, round int, kill func()) (all []*testkit.Acknowledged) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(6 + rand.IntN(30)))
	once := sync.OnceFunc(func() { kill(); cancel() })
	counted := func() {
		if left.Add(-1) <= 0 {
			once()
		}
	}
	var mu sync.Mutex
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				x := &testkit.Acknowledged{Name: fmt.Sprintf("Load %s %s %s", testkit.Word(round), testkit.Word(w), testkit.Word(i)),
					Email: fmt.Sprintf("r%dw%di%d@load.example", round, w, i), Client: testkit.NewClient(t, url)}
				form := testkit.SignForm(x.Name, x.Email).Encode()
				a, err := x.Client.Try(http.MethodPost, testkit.Page+"/signatures", strings.NewReader(form), "Content-Type", testkit.Urlencoded)
				if err != nil || a.Status != http.StatusSeeOther {
					return
				}
				x.CheckMail = a.Header.Get("Location")
				mu.Lock()
				all = append(all, x)
				mu.Unlock()
				counted()
				m, ok := inbox.Await(ctx, x.Email)
				if !ok {
					return
				}
				x.Token = m.Token()
				a, err = x.Client.Try(http.MethodPost, "/confirm/"+x.Token, strings.NewReader("do=confirm"), "Content-Type", testkit.Urlencoded)
				if err != nil || a.Status != http.StatusOK {
					return
				}
				x.Secret = a.Secret(t)
				counted()
			}
		})
	}
	workers.Wait()
	once()
	return all
}

// A request that runs when the server is told to stop is answered; the next one finds nobody.
func TestStop_finishesWhatRuns(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		_, mail := a.Sign(t, c, testkit.SignForm("Last Minute", "last@minute.example"))
		conn, err := net.Dial("tcp", a.Options.Server.Listen)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /confirm/%s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n",
			mail.Token(), c.Cookie("__Host-sign"), testkit.Urlencoded)
		in := bufio.NewReader(conn)
		if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") { // the handler reads the body now
			t.Fatalf("the server said %q, %v", line, err)
		}
		_, _ = in.ReadString('\n')
		stopped := make(chan error, 1)
		go func() { stopped <- a.Stop() }()
		testkit.Eventually(t, "the server takes no new connection", func() bool {
			other, err := net.Dial("tcp", a.Options.Server.Listen)
			if err == nil {
				_ = other.Close()
			}
			return err != nil
		})
		fmt.Fprint(conn, "do=confirm")
		response, err := http.ReadResponse(in, nil)
		if err != nil || response.StatusCode != 200 {
			t.Errorf("the running request was answered with %v, %v", response, err)
		}
		if err := <-stopped; err != nil {
			t.Errorf("stopping: %v", err)
		}
		again, err := app.Open(t.Context(), app.Options{Instance: a.Options.Instance})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if _, err := again.Signing.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, _, _, err := again.Roll.Summary(t.Context(), testkit.Letter(t, again).ID, 0); err != nil || got.Persons != 1 {
			t.Errorf("after the stop %d people are counted, %v", got.Persons, err)
		}
	})
}

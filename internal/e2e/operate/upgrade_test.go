package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// before is what testdata/before-log does not tell of itself; its made_by.txt says how it was made.
type before struct {
	At      time.Time
	Signers []struct {
		Letter, Email, Token, Secret, State string
		Signatures                          int
	}
	Erased []string
	Counts map[string]shownCounts
	Names  map[string][]string
}

type shownCounts struct{ Organisations, Persons, Withheld, Imported, Withdrawn, Removed, Earlier int }

// earlier returns an instance that an earlier version has written, in a schema of that time: the dump and the keys of a folder.
func earlier(t *testing.T, engine store.Engine, folder string) (instance config.Instance) {
	t.Helper()
	instance.Data = t.TempDir()
	if engine == store.Postgres {
		instance.Database = testkit.PostgresURL(t)
	}
	if err := os.Mkdir(filepath.Join(instance.Data, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(folder, "*.key"))
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	for _, from := range keys {
		key, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(instance.Data, "keys", filepath.Base(from)), key, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dump, err := os.Open(filepath.Join(folder, "instance.dump"))
	if err != nil {
		t.Fatal(err)
	}
	defer dump.Close()
	db, err := store.Open(t.Context(), store.Options{Data: instance.Data, Database: instance.Database})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Load(t.Context(), dump, store.Loading{}); err != nil { // into the schema it has, which is then migrated
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return instance
}

func beforeTheLog(t *testing.T, engine store.Engine) (instance config.Instance, facts before) {
	t.Helper()
	const folder = "testdata/before-log"
	text, err := os.ReadFile(filepath.Join(folder, "facts.json"))
	if err == nil {
		err = json.Unmarshal(text, &facts)
	}
	if err != nil {
		t.Fatal(err)
	}
	return earlier(t, engine, folder), facts
}

// An instance from before there was a log keeps everything it had, and all of it that counts is in the log afterwards: each
// number and name, each receipt, each link that was not opened yet, each mail that was not sent. Only how many were withdrawn
// and removed before begins anew: what had ended has no leaf that could show it.
func TestUpgrade_fromBeforeTheLog(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		instance, facts := beforeTheLog(t, engine)
		clock := testkit.NewClock()
		clock.Set(facts.At.Add(time.Minute))
		a := testkit.App(t, engine, func(o *app.Options) { o.Instance, o.Now = instance, clock.Now })
		ctx, c := t.Context(), a.Client(t)
		secrets := map[string]string{}
		for _, s := range facts.Signers {
			if s.State == "pending" {
				if mail := a.Inbox.Wait(t, s.Email); mail.Token() != s.Token {
					t.Errorf("%s: the mail has another link than before", s.Email)
				}
			}
			receipt, err := a.Signing.Confirm(ctx, s.Token, "a browser", "", signing.Shown{})
			switch {
			case s.State == "spent" || s.State == "erased":
				if err == nil {
					t.Errorf("%s: the link opens though what it led to is gone", s.Email)
				}
			case err != nil || s.State != "pending" && receipt.Secret != s.Secret:
				t.Errorf("%s (%s): the link shows another receipt, or none: %v", s.Email, s.State, err)
			}
			if s.Secret == "" {
				s.Secret = receipt.Secret
			}
			secrets[s.Email] = s.Secret
			own, err := a.Signing.Receipts.Find(ctx, s.Secret)
			if (err == nil) == (s.State == "erased") || err == nil && len(own) != s.Signatures {
				t.Errorf("%s (%s): the receipt opens %d signatures, %v", s.Email, s.State, len(own), err)
			}
		}
		check := func() {
			t.Helper()
			a.Publish(t)
			clock.Advance(2 * time.Second) // pages look for what is new once a second
			if _, problems, err := a.CheckLog(ctx); err != nil || len(problems) > 0 {
				t.Errorf("the log: %v, %v", problems, err)
			}
			for slug, want := range facts.Counts {
				var page struct{ Counts shownCounts }
				testkit.Eventually(t, fmt.Sprintf("%s has its numbers: %+v", slug, want), func() bool {
					if err := json.Unmarshal([]byte(c.Get("/letters/"+slug+".json").Body), &page); err != nil {
						t.Fatal(err)
					}
					return page.Counts == want
				})
				names := facts.Names[slug]
				list := c.Get("/letters/" + slug + "/signatories.csv").Body
				for _, name := range names {
					if n := strings.Count(list, "person,"+name+",") + strings.Count(list, "organisation,"+name+","); n != 1 {
						t.Errorf("%s: %s is in the list %d times", slug, name, n)
					}
				}
				if n := strings.Count(list, "\n") - 1; n != len(names) {
					t.Errorf("%s: %d names are listed, want %d", slug, n, len(names))
				}
			}
			if report := testkit.Audit(t, a.URL); !report.OK() || len(report.Letters) < len(facts.Counts) {
				t.Errorf("%+v", report)
			}
		}
		lamps := facts.Counts["lamps"]
		lamps.Persons, lamps.Withdrawn, lamps.Removed = lamps.Persons+2, 0, 0 // Rosa was not counted yet, and Sven has confirmed
		facts.Counts["lamps"], facts.Names["lamps"] = lamps, append(facts.Names["lamps"], "Rosa New", "Sven Pending")
		check()
		dump := testkit.Dump(t, a.App)
		for _, word := range facts.Erased {
			if strings.Contains(dump, word) {
				t.Errorf("%s is there", word)
			}
		}
		for _, s := range facts.Signers {
			if s.State == "listed" || s.State == "new" || s.State == "pending" {
				testkit.CheckProof(t, c, secrets[s.Email])
			}
		}

		act := func(email string, do func(o signing.Own) error) {
			t.Helper()
			own, err := a.Signing.Receipts.Find(ctx, secrets[email])
			if err == nil {
				err = do(own[0])
			}
			if err != nil {
				t.Fatalf("%s: %v", email, err)
			}
		}
		act("kira+two@lamps.example", func(o signing.Own) error {
			_, err := a.Signing.Holds.Release(ctx, o.Letter, o.ID, 0)
			return err
		})
		act("hart@lamps.example", func(o signing.Own) error { return a.Signing.Receipts.Withdraw(ctx, secrets["hart@lamps.example"], o.ID) })
		act("quin@lamps.example", func(o signing.Own) error { return a.Signing.Receipts.Erase(ctx, secrets["quin@lamps.example"], o.ID) })
		act("cleo@lamps.example", func(o signing.Own) error {
			return a.Signing.Receipts.Relist(ctx, secrets["cleo@lamps.example"], o.ID, roll.Public)
		})
		lamps.Persons, lamps.Withdrawn, lamps.Withheld = lamps.Persons-1, 2, lamps.Withheld-1
		facts.Counts["lamps"] = lamps
		facts.Names["lamps"] = append(slices.DeleteFunc(facts.Names["lamps"], func(name string) bool { return name == "Hart Shows" || name == "Quin Later" }),
			"Kira Spelt", "Cleo Counted")
		check()
		clock.Advance(25 * time.Hour)
		if err := a.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		if l, err := a.Letters.Find(ctx, "mills"); err != nil || !l.Final {
			t.Errorf("the letter that was closed: %+v, %v", l, err)
		}
		check()
	})
}

var qForget = store.Q("test.forget_unlogged", `
	DELETE FROM signature_unlogged WHERE id = (SELECT MAX(n.id) FROM signature_unlogged n JOIN signature s ON s.id = n.id WHERE s.state = 'new')`)

// A signature that an upgrade passes over is found.
func TestUpgrade_whatIsPassedOverIsFound(t *testing.T) {
	instance, _ := beforeTheLog(t, store.SQLite)
	db, err := store.Open(t.Context(), store.Options{Data: instance.Data})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Exec(qForget)
		if err == nil && n != 1 {
			err = fmt.Errorf("%d signatures were forgotten", n)
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	a := opened(t, instance)
	a.publish()
	if _, problems, err := a.CheckLog(t.Context()); err != nil || len(problems) == 0 {
		t.Errorf("a signature is not in the log, and its check says %v, %v", problems, err)
	}
}

// lastWithoutLog is the last commit whose version had no log.
const lastWithoutLog = "78597b2"

// olderVersion builds the last version without a log from the repository's history.
func olderVersion(t *testing.T) (binary string) {
	t.Helper()
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Skip("this is no repository")
	}
	dir := t.TempDir()
	build := exec.Command("/bin/sh", "-c", `git archive "$1" | tar -x -C "$2" && cd "$2" && go build -o older .`, "sh", lastWithoutLog, dir)
	build.Dir = strings.TrimSpace(string(top))
	if exec.Command("git", "cat-file", "-e", lastWithoutLog+"^{commit}").Run() != nil {
		t.Skip("its history is cut off before the log")
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the older version: %v: %s", err, out)
	}
	return filepath.Join(dir, "older")
}

// A server without a log is stopped under load and this version started in its place, while everybody tries again what was not
// answered: nobody who was acknowledged is lost, nobody is there twice, and the pause is short.
func TestUpgrade_underLoad(t *testing.T) {
	if !*testkit.Soak {
		t.Skip("builds another version: make soak")
	}
	older := olderVersion(t)
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		instance, inbox := config.Instance{Data: t.TempDir()}, testkit.NewInbox(t)
		if engine == store.Postgres {
			instance.Database = testkit.PostgresURL(t)
		}
		file := filepath.Join(t.TempDir(), "letter.md")
		if err := os.WriteFile(file, testkit.LetterSource(t, "en"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := func(args ...string) *exec.Cmd {
			c := testkit.Command(t, instance, args...)
			c.Path, c.Args[0] = older, older
			return c
		}
		if out, err := before("import", "letter", "--publish", "--slug", testkit.Slug, file).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		first := before(testkit.ServeArgs(inbox)...)
		p := &persistent{t: t, inbox: inbox, acks: make(chan time.Time, 1)}
		p.url.Store(new(testkit.Begin(t, first)))

		const each = 300
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		for w := range 4 {
			work.Go(func() { p.signs(ctx, w) })
		}
		ended := make(chan struct{})
		go func() {
			work.Wait()
			close(ended)
		}()
		pause := time.Duration(0)
		last := time.Time{}
		for n := range 2 * each {
			if n == each {
				if err := first.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				if err := first.Wait(); err != nil {
					t.Errorf("told to stop, the older server ends with %v", err)
				}
				second := testkit.Command(t, instance, testkit.ServeArgs(inbox)...)
				p.url.Store(new(testkit.Begin(t, second))) // whose address may be another, since nobody keeps one free
				t.Cleanup(func() { testkit.StopServer(t, second) })
			}
			select {
			case at := <-p.acks:
				if !last.IsZero() {
					pause = max(pause, at.Sub(last))
				}
				last = at
			case <-ended:
				t.Fatalf("after %d acknowledgements everybody has given up", n)
			}
		}
		stop()
		<-ended
		t.Logf("%d people signed and confirmed; the longest time without an acknowledgement was %v", len(p.all), pause)
		if pause > 10*time.Second {
			t.Error("that is too long")
		}
		for _, problem := range testkit.Reconcile(t, *p.url.Load(), instance, inbox, p.all) {
			t.Error(problem)
		}
		if out, err := testkit.Command(t, instance, "log", "check").CombinedOutput(); err != nil {
			t.Errorf("the log: %v: %s", err, out)
		}
	})
}

// persistent are people who try again what was not answered.
type persistent struct {
	t     *testing.T
	inbox *testkit.Inbox
	acks  chan time.Time         // of every acknowledgement
	url   atomic.Pointer[string] // of the server there is

	mu  sync.Mutex
	all []*testkit.Acknowledged // guarded by mu
}

// signs lets one after the other sign and confirm, until ctx ends.
func (p *persistent) signs(ctx context.Context, worker int) {
	post := func(x *testkit.Acknowledged, path, body string, want int) (testkit.Answer, bool) {
		for {
			x.Client.MoveTo(*p.url.Load())
			a, err := x.Client.Try(http.MethodPost, path, strings.NewReader(body), "Content-Type", testkit.Urlencoded)
			if err == nil && a.Status == want {
				select {
				case p.acks <- time.Now():
				case <-ctx.Done():
				}
				return a, true
			}
			if err == nil && a.Status != http.StatusServiceUnavailable {
				p.t.Errorf("%s: answered with %d", x.Email, a.Status)
				return a, false
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return a, false
			}
		}
	}
	for i := 0; ctx.Err() == nil; i++ {
		x := &testkit.Acknowledged{Name: fmt.Sprintf("Stubborn %s %s", testkit.Word(worker), testkit.Word(i)),
			Email: fmt.Sprintf("w%di%d@upgrade.example", worker, i), Client: testkit.NewClient(p.t, "")}
		p.mu.Lock()
		p.all = append(p.all, x)
		p.mu.Unlock()
		a, ok := post(x, testkit.Page+"/signatures", testkit.SignForm(x.Name, x.Email).Encode(), http.StatusSeeOther)
		if !ok {
			return
		}
		x.CheckMail = a.Header.Get("Location")
		mail, ok := p.inbox.Await(ctx, x.Email)
		if !ok {
			return
		}
		x.Token = mail.Token()
		if a, ok = post(x, "/confirm/"+x.Token, "do=confirm", http.StatusOK); !ok {
			return
		}
		x.Secret = a.Secret(p.t)
	}
}

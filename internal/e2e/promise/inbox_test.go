package promise

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// sentMail is one of many, all under one Message-ID; every tenth has several pieces.
func sentMail(i int) []byte {
	m := fmt.Appendf(nil, "From: a%d@river.example\r\nTo: letters@varrow.example\r\nMessage-ID: <the.same@river.example>\r\nSubject: %d\r\n\r\n", i, i)
	if i%10 == 0 {
		return append(m, bytes.Repeat([]byte("a line that takes room in pieces\r\n"), 45_000)...)
	}
	return append(m, "Please add us.\r\n"...)
}

// counted says which of the mails that were sent are not kept, or more than once, or not as they were.
func counted(t *testing.T, a *app.App, sent [][]byte) (problems []string) {
	t.Helper()
	kept := map[[32]byte]int{}
	for before := int64(0); ; {
		list, err := a.Inbox.List(t.Context(), 0, inbox.Waits, before, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			raw, err := a.Inbox.Raw(t.Context(), 0, i.ID)
			if err != nil {
				t.Fatal(err)
			}
			kept[sha256.Sum256(raw)]++
			before = i.ID
		}
		if len(list) == 0 {
			break
		}
	}
	for i, m := range sent {
		sum := sha256.Sum256(m)
		if n := kept[sum]; n != 1 {
			problems = append(problems, fmt.Sprintf("mail %d is kept %d times", i, n))
		}
		delete(kept, sum)
	}
	if len(kept) > 0 {
		problems = append(problems, fmt.Sprintf("%d mails are kept that nobody sent", len(kept)))
	}
	return problems
}

// sorted waits until every mail was looked at, an hour later: a killed server holds what it was looking at for some minutes.
func sorted(t *testing.T, instance config.Instance) *app.App {
	t.Helper()
	a := testkit.App(t, store.SQLite, func(o *app.Options) {
		o.Instance = instance
		o.Now = func() time.Time { return time.Now().Add(time.Hour) }
	})
	testkit.Eventually(t, "all mails are sorted", func() bool {
		h, err := a.App.Inbox.Health(t.Context())
		return err == nil && h.States[inbox.New] == 0
	})
	return a.App
}

// No mail is lost, and none is there twice, when the server is killed while it reads the mailbox, again and again.
func TestKill_whileItReadsTheMailbox(t *testing.T) {
	if testing.Short() {
		t.Skip("kills servers for seconds")
	}
	dovecot, relay := testkit.NewDovecot(t), testkit.NewInbox(t)
	instance := testkit.Instance(t, store.SQLite)
	kills := 10
	if *testkit.Soak {
		kills = 50
	}
	args := append(testkit.ServeArgs(relay), "--mail-from", "letters@varrow.example", "--inbox", dovecot.URL, "--inbox-password-file", dovecot.Password)
	var sent [][]byte
	inTheMiddle := 0
	for range kills {
		for range 60 { // which are moved in three goes
			sent = append(sent, sentMail(len(sent)))
			dovecot.Put("", sent[len(sent)-1])
		}
		before := dovecot.Mails("")
		server := testkit.Command(t, instance, args...)
		testkit.Begin(t, server)
		if rand.IntN(3) > 0 { // once it is at it
			within := time.Now().Add(10 * time.Second)
			for dovecot.Mails("") == before && time.Now().Before(within) {
				runtime.Gosched()
			}
		}
		<-time.After(time.Duration(rand.Int64N(int64(250 * time.Millisecond)))) // somewhere in what it does
		_ = server.Process.Kill()
		_ = server.Wait()
		if left := dovecot.Mails(""); left > 0 && left < before {
			inTheMiddle++
		}
	}
	server := testkit.Command(t, instance, args...)
	testkit.Begin(t, server)
	for left := dovecot.Mails(""); left > 0; left = dovecot.Mails("") {
		testkit.Eventually(t, fmt.Sprint("fewer than ", left, " are in the mailbox"), func() bool { return dovecot.Mails("") < left })
	}
	testkit.StopServer(t, server)
	a := sorted(t, instance)
	for _, problem := range counted(t, a, sent) {
		t.Error(problem)
	}
	t.Logf("%d kills, %d of them with some of the mails moved, %d mails", kills, inTheMiddle, len(sent))
	if inTheMiddle == 0 {
		t.Error("no kill was in the middle of anything")
	}

	t.Run("control", func(t *testing.T) {
		if found := counted(t, a, append(sent, sentMail(len(sent)))); len(found) != 1 {
			t.Errorf("a mail that is not kept: %q", found)
		}
		if found := counted(t, a, append(sent, sent[0])); len(found) != 1 {
			t.Errorf("a mail that is kept once, and was sent twice: %q", found)
		}
		if found := counted(t, a, sent[1:]); len(found) != 1 {
			t.Errorf("a mail that nobody sent: %q", found)
		}
	})
}

// A mail server forgets what mail receive has taken: it ends with 0 only for what is kept, whatever else happens to it.
func TestKill_whileAMailIsHandedOver(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for seconds")
	}
	instance := testkit.Instance(t, store.SQLite)
	server, _ := testkit.Serve(t, instance, testkit.NewInbox(t))
	var sent [][]byte
	killed := 0
	for i := range 12 {
		m := sentMail(10 * i)
		sent = append(sent, m)
		for taken := false; !taken; { // as a mail server does: again and again
			receive := testkit.Command(t, instance, "mail", "receive", "--recipient", "letters@varrow.example")
			receive.Stdin = bytes.NewReader(m)
			if err := receive.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(20+rand.Int64N(600))*time.Millisecond, func() { _ = receive.Process.Kill() })
			taken = receive.Wait() == nil
			timer.Stop()
			if !taken {
				killed++
			}
		}
	}
	t.Logf("%d mails handed over in %d tries", len(sent), len(sent)+killed)
	testkit.StopServer(t, server)
	for _, problem := range counted(t, sorted(t, instance), sent) {
		t.Error(problem)
	}

	t.Run("no room", func(t *testing.T) { // and the server is told to try again
		receive := testkit.Command(t, config.Instance{Data: "/proc/nowhere"}, "mail", "receive")
		receive.Stdin = strings.NewReader("From: a@b.example\n\nHello\n")
		_ = receive.Run()
		if code := receive.ProcessState.ExitCode(); code != 75 {
			t.Errorf("ends with %d", code)
		}
	})
}

package operate

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What is wrong with the mailbox is said by the step at which it fails, in the words of its server and without its user.
func TestDoctor_ofTheMailbox(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a server that does not answer")
	}
	const most = "plugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage=64K\n}"
	dovecot := testkit.NewDovecot(t, "mail_plugins = quota", "protocol imap {\n  mail_plugins = quota imap_quota\n}", most)
	d := doctor(t, store.SQLite)
	check := func(address, password string) app.Check {
		t.Helper()
		d.Server.Inbox, d.Server.InboxPasswordFile = address, password
		for _, c := range d.Examine(t.Context()) {
			if c.Name == "inbox" {
				return c
			}
		}
		t.Fatal("nothing is said of the mailbox")
		return app.Check{}
	}
	dovecot.Put("", []byte("From: a@river.example\r\nSubject: 1\r\n\r\nHello\r\n"))
	if c := check(dovecot.URL, dovecot.Password); c.Verdict != app.Healthy || !strings.Contains(c.Found, "1 mails are in it") || dovecot.Mails("") != 1 {
		t.Errorf("%+v; %d mails are in it after that\n%s", c, dovecot.Mails(""), dovecot.Log())
	}
	wrong := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(wrong, []byte("close sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes the connection, and nobody speaks
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, x := range map[string]struct{ address, password, found string }{
		"a wrong password":     {dovecot.URL, wrong, "(login): Authentication failed."},
		"no password":          {dovecot.URL, wrong + "-gone", "no such file"},
		"a folder that is not": {dovecot.URL + "/Elsewhere", dovecot.Password, "(folder): Mailbox doesn't exist: Elsewhere"},
		"no answer":            {"imap://letters@" + silent.Addr().String(), dovecot.Password, "(connect)"},
		"nobody there":         {"imap://letters@127.0.0.1:1", dovecot.Password, "(connect)"},
	} {
		c := check(x.address, x.password)
		if c.Verdict != app.Problem || !strings.Contains(c.Found, x.found) || c.Mend == "" || strings.Contains(c.Found, "letters") {
			t.Errorf("%s: %+v", name, c)
		}
	}
	dovecot.Put("", append([]byte("From: a@river.example\r\nSubject: 2\r\n\r\n"), bytes.Repeat([]byte("A line that takes room.\r\n"), 2700)...))
	if c := check(dovecot.URL, dovecot.Password); c.Verdict != app.Problem || !strings.Contains(c.Found, "the mailbox is full, or nearly; 2 mails") {
		t.Errorf("%+v\n%s", c, dovecot.Log())
	}
}

// What came in by mail is told as numbers, by what it is and what it answers.
func TestMetrics_ofWhatComesIn(t *testing.T) {
	own, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := own.Addr().String()
	own.Close()
	dovecot := testkit.NewDovecot(t)
	a := testkit.App(t, store.SQLite, func(o *app.Options) {
		o.Server.MetricsListen, o.Server.MailFrom = address, "letters@varrow.example"
		o.Server.Inbox, o.Server.InboxPasswordFile = dovecot.URL, dovecot.Password
		o.LookupTXT = testkit.Keys{}.Lookup
	})
	read := func() string {
		t.Helper()
		answer := testkit.NewClient(t, "http://"+address).Get("/metrics")
		if answer.Status != 200 {
			t.Fatalf("/metrics: %d", answer.Status)
		}
		return answer.Body
	}
	_, mail := a.Sign(t, a.Client(t), testkit.SignForm("Quillfeather Metric", "quill@metric.example"))
	spam := []byte("From: spam@watches.example\r\nTo: letters@varrow.example\r\nSubject: Watches\r\n\r\nBuy\r\n") // the notice of a confirmation is not kept
	dovecot.Put("", spam, []byte("From: MAILER-DAEMON@metric.example\r\nTo: "+mail.From+"\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"+
		"Reporting-MTA: dns; x.example\r\n\r\nFinal-Recipient: rfc822; quill@metric.example\r\nAction: failed\r\nStatus: 5.2.2\r\n--b--\r\n"))
	testkit.Eventually(t, "both are read and sorted", func() bool { // the server may look into it at this moment, and has the turn
		h, err := a.App.Inbox.Health(t.Context())
		look, failed := a.App.Inbox.LastLook(t.Context())
		return err == nil && failed == nil && a.LookIntoMailbox(t.Context()) == nil && h.States[inbox.Noted]+h.States[inbox.Waits] == 2 && !look.GoodAt.IsZero()
	})
	text := read()
	for _, want := range []string{`undersigned_mails_received_30_days{what="bounce.confirmation"} 1`, `undersigned_mails_received_30_days{what="reply"} 1`,
		`undersigned_mails_received{state="waits"} 1`, `undersigned_mails_received{state="noted"} 1`, "undersigned_inbox_seconds ",
		fmt.Sprintf("undersigned_mails_received_bytes %d\n", len(spam))} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if found := testkit.Leaks(text, "quill", "watches", mail.From); len(found) > 0 {
		t.Errorf("the metrics say %q", found)
	}
}

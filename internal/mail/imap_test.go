package mail_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var qCountIncoming = store.Q("test.count_read", `SELECT COUNT(*) FROM incoming`)

func mailNumber(i int) []byte {
	return fmt.Appendf(nil, "From: a%d@river.example\r\nTo: letters@varrow.example\r\nMessage-ID: <the.same@river.example>\r\nSubject: %d\r\n\r\nHello\r\n", i, i)
}

// reader reads the mailbox of a Dovecot into a desk.
func reader(t *testing.T, d *testkit.Desk, from *testkit.Dovecot) *mail.IMAP {
	t.Helper()
	r, err := mail.NewIMAP(from.URL, from.Password)
	if err != nil {
		t.Fatal(err)
	}
	r.Inbox = d.Inbox
	return r
}

// look looks into the mailbox, and returns how that went.
func look(t *testing.T, d *testkit.Desk, r *mail.IMAP) inbox.Look {
	t.Helper()
	if err := r.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := d.Inbox.LastLook(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestIMAP_takesWhatIsThere(t *testing.T) {
	dovecot := testkit.NewDovecot(t)
	d := testkit.NewDesk(t, testkit.StoreAt(t, store.SQLite, store.Options{}), testkit.NewClock())
	r := reader(t, d, dovecot)
	if l := look(t, d, r); l.Code != "" || l.GoodAt.IsZero() || l.Left != 0 {
		t.Errorf("of an empty mailbox: %+v", l)
	}
	for i := range 45 {
		dovecot.Put("", mailNumber(i))
	}
	large := append(mailNumber(100), bytes.Repeat([]byte("0123456789abcdefghij0123456789\r\n"), 70<<20/32)...)
	dovecot.Put("", large)
	if l := look(t, d, r); l.Code != "" || l.Left != 0 {
		t.Fatalf("%+v\n%s", l, dovecot.Log())
	}
	if n := d.Count(qCountIncoming); n != 46 || dovecot.Mails("") != 0 || dovecot.Mails("Undersigned") != 46 {
		t.Errorf("%d are kept, %d stay, %d were moved; want 46, 0 and 46", n, dovecot.Mails(""), dovecot.Mails("Undersigned"))
	}
	d.Work("inbox.sort")
	list, err := d.Inbox.List(t.Context(), 0, inbox.Waits, 0, 100)
	if err != nil || len(list) != 46 {
		t.Fatalf("%d wait, %v", len(list), err)
	}
	raw, err := d.Inbox.Raw(t.Context(), 0, list[0].ID)
	if err != nil || !bytes.Equal(raw, large) {
		t.Errorf("the large one has %d bytes of %d, %v", len(raw), len(large), err)
	}

	t.Run("its numbers change", func(t *testing.T) { // as when the operator puts a mailbox back from a backup
		for i := range 3 {
			dovecot.Put("", mailNumber(i), mailNumber(200+i))
		}
		dovecot.Stop()
		found, err := filepath.Glob(filepath.Join(dovecot.Folder, "mail", "dovecot*"))
		if err != nil || len(found) == 0 {
			t.Fatalf("%q, %v", found, err)
		}
		for _, name := range found {
			if err := os.RemoveAll(name); err != nil {
				t.Fatal(err)
			}
		}
		dovecot.Start()
		if l := look(t, d, r); l.Code != "" {
			t.Fatalf("%+v", l)
		}
		if n := d.Count(qCountIncoming); n != 49 || dovecot.Mails("") != 0 {
			t.Errorf("%d are kept, want 49: three are new, three were read before", n)
		}
	})

	t.Run("is gone for a while", func(t *testing.T) {
		dovecot.Put("", mailNumber(300))
		dovecot.Stop()
		if l := look(t, d, r); l.Code != "connect" || l.GoodAt.IsZero() {
			t.Errorf("%+v", l)
		}
		dovecot.Start()
		if l := look(t, d, r); l.Code != "" || d.Count(qCountIncoming) != 50 {
			t.Errorf("%+v", l)
		}
	})

	t.Run("takes no password", func(t *testing.T) {
		wrong := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(wrong, []byte("close sesame"), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := mail.NewIMAP(dovecot.URL, wrong)
		if err != nil {
			t.Fatal(err)
		}
		r.Inbox = d.Inbox
		if l := look(t, d, r); l.Code != "login" || l.Words == "" || strings.Contains(l.Words, "letters") {
			t.Errorf("%+v", l)
		}
	})

	t.Run("read by two", func(t *testing.T) {
		var mails [][]byte
		for i := range 60 {
			mails = append(mails, mailNumber(400+i))
		}
		dovecot.Put("", mails...)
		other := d.AnotherProcess()
		second := reader(t, other, dovecot)
		ended := make(chan error, 2)
		go func() { ended <- r.Read(t.Context()) }()
		go func() { ended <- second.Read(t.Context()) }()
		for range 2 {
			if err := <-ended; err != nil {
				t.Log(err) // a mail was gone when it was to be moved: the next look sees the rest
			}
		}
		if l := look(t, d, r); l.Code != "" {
			t.Errorf("%+v", l)
		}
		if n := d.Count(qCountIncoming); n != 110 || dovecot.Mails("") != 0 {
			t.Errorf("%d are kept, want 110; %d stay", n, dovecot.Mails(""))
		}
	})

	t.Run("and by another program", func(t *testing.T) { // which keeps what it finds in a place of its own
		var mails [][]byte
		for i := range 60 {
			mails = append(mails, mailNumber(600+i))
		}
		dovecot.Put("", mails...)
		before := d.Count(qCountIncoming)
		other := testkit.NewDesk(t, testkit.StoreAt(t, store.SQLite, store.Options{}), testkit.NewClock())
		second := reader(t, other, dovecot)
		ended := make(chan error, 2)
		go func() { ended <- r.Read(t.Context()) }()
		go func() { ended <- second.Read(t.Context()) }()
		for range 2 {
			if err := <-ended; err != nil {
				t.Log(err)
			}
		}
		look(t, d, r)
		got := map[string]int{}
		for _, x := range []*testkit.Desk{d, other} {
			x.Work("inbox.sort")
			mine := map[string]int{}
			list, err := x.Inbox.List(t.Context(), 0, inbox.Waits, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range list {
				mine[i.Sorted.Subject]++
				got[i.Sorted.Subject]++
			}
			for subject, n := range mine {
				if n > 1 {
					t.Errorf("mail %s is kept %d times", subject, n)
				}
			}
		}
		for i := range 60 {
			if got[fmt.Sprint(600+i)] == 0 {
				t.Errorf("mail %d is kept nowhere", 600+i)
			}
		}
		t.Logf("%d and %d of 60 are kept, %d stay", d.Count(qCountIncoming)-before, other.Count(qCountIncoming), dovecot.Mails(""))
		if dovecot.Mails("") != 0 {
			t.Error("some stay in the mailbox")
		}
	})

	t.Run("no room here", func(t *testing.T) {
		d.Inbox.Most.Bytes, d.Inbox.Most.Mails = 1<<30, 4
		dovecot.Put("", mailNumber(500))
		if l := look(t, d, r); l.Code != "full" || l.Left != 1 || dovecot.Mails("") != 1 {
			t.Errorf("%+v: it stays where it is", l)
		}
		d.Inbox.Most.Bytes = 0
		if l := look(t, d, r); l.Code != "" || dovecot.Mails("") != 0 {
			t.Errorf("%+v", l)
		}
	})
}

// A mailbox that is full takes no copy: mails stay, and are kept here once.
func TestIMAP_aFullMailbox(t *testing.T) {
	dovecot := testkit.NewDovecot(t, "mail_plugins = quota", "protocol imap {\n  mail_plugins = quota\n}",
		"plugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage=8K\n  quota_max_mail_size = 1\n}")
	d := testkit.NewDesk(t, testkit.StoreAt(t, store.SQLite, store.Options{}), testkit.NewClock())
	r := reader(t, d, dovecot)
	r.WithoutMove()
	dovecot.Put("", mailNumber(1), mailNumber(2))
	for range 3 {
		if l := look(t, d, r); l.Code != "move" || l.Left != 2 || l.Words == "" {
			t.Errorf("%+v\n%s", l, dovecot.Log())
		}
	}
	if n := d.Count(qCountIncoming); n != 2 || dovecot.Mails("") != 2 {
		t.Errorf("%d are kept and %d stay, want two each", n, dovecot.Mails(""))
	}
	other := reader(t, d, dovecot) // as after a restart
	other.WithoutMove()
	dovecot.Put("", mailNumber(3))
	if l := look(t, d, other); l.Code != "move" || d.Count(qCountIncoming) != 3 {
		t.Errorf("%+v, %d are kept", l, d.Count(qCountIncoming))
	}

	t.Run("made anew", func(t *testing.T) { // others have the numbers of those that are kept and could not be moved
		dovecot.Stop()
		if err := os.RemoveAll(filepath.Join(dovecot.Folder, "mail")); err != nil {
			t.Fatal(err)
		}
		dovecot.Put("", mailNumber(11), mailNumber(12), mailNumber(13))
		dovecot.Start()
		if l := look(t, d, other); l.Code != "move" || d.Count(qCountIncoming) != 6 {
			t.Errorf("%+v, %d are kept, want 6", l, d.Count(qCountIncoming))
		}
	})
}

// A server that says anything costs a look and nothing else.
func TestIMAP_aBrokenServer(t *testing.T) {
	d := testkit.NewDesk(t, testkit.StoreAt(t, store.SQLite, store.Options{}), testkit.NewClock())
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, says := range map[string]string{"nothing": "", "noise": "\x00\x01\x02 hello\r\n", "goodbye": "* BYE too busy for a@b.example\r\n",
		"a long line": "* OK " + strings.Repeat("x", 1<<20)} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, func(c net.Conn) { fmt.Fprint(c, says) })
			r, err := mail.NewIMAP("imap://u@"+address, password)
			if err != nil {
				t.Fatal(err)
			}
			r.Inbox = d.Inbox
			if l := look(t, d, r); l.Code == "" || strings.Contains(l.Words, "a@b") {
				t.Errorf("%+v", l)
			}
		})
	}
}

// A mail that finds no room, or that the server does not hand out, keeps no other from being read.
func TestIMAP_oneStaysBehind(t *testing.T) {
	dovecot := testkit.NewDovecot(t)
	d := testkit.NewDesk(t, testkit.StoreAt(t, store.SQLite, store.Options{}), testkit.NewClock())
	d.Mailboxes.Inbox = "letters@varrow.example"
	r := reader(t, d, dovecot)
	dovecot.Put("", mailNumber(1))
	look(t, d, r)
	dovecot.Put("", mailNumber(2))
	unreadable, err := filepath.Glob(filepath.Join(dovecot.Folder, "mail", "new", "*"))
	if err != nil || len(unreadable) != 1 {
		t.Fatal(unreadable, err)
	}
	if err := errors.Join(os.Chmod(unreadable[0], 0), os.Chown(unreadable[0], 0, 0)); err != nil {
		t.Skip(err)
	}
	d.Inbox.Most.Bytes, d.Inbox.Most.Mails = 1<<30, 80
	for i := range 60 { // to the address that is no secret: there is room for 40
		dovecot.Put("", mailNumber(10+i))
	}
	to := d.Mailboxes.ReturnAddress(mailbox.Return{Sent: mailbox.ToAddressee, Letter: d.Letter.ID, ID: 7})
	dovecot.Put("", fmt.Appendf(nil, "From: office@water.example\r\nTo: %s\r\nSubject: our answer\r\n\r\nHello\r\n", to))
	var l inbox.Look
	for range 3 { // the server may hang up where it hands out nothing
		l = look(t, d, r)
	}
	if n := d.Count(qCountIncoming); l.Code == "" || l.Left != 22 || n != 41 || dovecot.Mails("") != 22 {
		t.Errorf("%+v: %d are kept, %d stay; want 41 and 22\n%s", l, n, dovecot.Mails(""), dovecot.Log())
	}
	d.Work("inbox.sort")
	if list, err := d.Inbox.List(t.Context(), d.Letter.ID, inbox.Waits, 0, 10); err != nil || len(list) != 1 {
		t.Errorf("the answer is not here: %v", err)
	}
	d.Inbox.Most.Mails = 200
	for range 4 { // those behind are tried in turn
		l = look(t, d, r)
	}
	if n := d.Count(qCountIncoming); n != 62 || dovecot.Mails("") != 1 {
		t.Errorf("%+v: %d are kept, %d stay; want all but one", l, n, dovecot.Mails(""))
	}
}

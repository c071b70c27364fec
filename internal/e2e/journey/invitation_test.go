package journey

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// setDeadline gives the letter a deadline.
func setDeadline(t *testing.T, a *testkit.Running, at time.Time) {
	t.Helper()
	if _, err := a.Letters.SetSettings(t.Context(), testkit.Slug, letter.Settings{Deadline: &letter.Deadline{At: at, Zone: time.UTC}}, 0); err != nil {
		t.Fatal(err)
	}
}

var hiddenField = regexp.MustCompile(`name="invitation" value="([^"]+)"`)

// Ten are invited: one signs by the link, one declines, one unsubscribes by one press in the mail program; the reminders
// reach the other seven, once each, whoever is asked to remind how often. A scanner that opens and presses everything
// before has changed nothing, and no address is in the database or the log.
func TestInvitations_tenPeople(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		clock := &testkit.Clock{}
		clock.Set(time.Now())
		a := testkit.App(t, engine, func(o *app.Options) { o.Now = clock.Now })
		setDeadline(t, a, clock.Now().Add(8*24*time.Hour))
		var list []invitation.Invitee
		for i := range 10 {
			list = append(list, invitation.Invitee{Name: fmt.Sprintf("Quillon Invitee%c", 'a'+i), Email: fmt.Sprintf("quillon%d@invited.example", i),
				Organisation: "Fennimore Guild"})
		}
		mails := a.Invite(t, list...)
		l := testkit.Letter(t, a.App).ID
		scanInvitations(t, a, mails)
		if counts, err := a.Invitations.Count(t.Context(), l); err != nil || counts[invitation.Invited] != 10 {
			t.Errorf("a scanner has changed invitations: %v, %v", counts, err)
		}

		c := a.Client(t)
		signs, _ := mails[0].Links(t)
		page := c.Get(signs)
		for _, want := range []string{`value="Quillon Inviteea"`, `value="quillon0@invited.example"`, `value="Fennimore Guild"`, `value="both" checked`} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the form is not prefilled with %s", want)
			}
		}
		form := testkit.SignForm("Quillon Inviteea", "elsewhere@invited.example") // under another address
		form.Set("invitation", hiddenField.FindStringSubmatch(page.Body)[1])
		_, mail := a.Sign(t, c, form)
		c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")).Secret(t)

		declines, _ := mails[1].Links(t)
		c = a.Client(t)
		if r := c.Post(declines, testkit.Press("declined")); r.Status != http.StatusForbidden {
			t.Errorf("the first press was answered with %d", r.Status)
		}
		if r := c.Post(declines, testkit.Press("declined", "reason", "Not our field")); r.Status != 200 {
			t.Errorf("declining was answered with %d", r.Status)
		}
		oneClick(t, a, mails[2])

		counts, err := a.Invitations.Count(t.Context(), l)
		if err != nil || counts[invitation.Signed] != 1 || counts[invitation.Declined] != 1 || counts[invitation.Invited] != 8 {
			t.Errorf("counts %v, %v", counts, err)
		}
		declined, err := a.Invitations.List(t.Context(), l, invitation.Declined, 0, 10)
		if err != nil || len(declined) != 1 || declined[0].Email != list[1].Email || declined[0].Reason != "Not our field" {
			t.Errorf("declined: %+v, %v", declined, err)
		}

		clock.Advance(25 * time.Hour) // seven days before the deadline
		for range 3 {
			if err := a.Invitations.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sent := a.Inbox.Count()
		for _, v := range list[3:] {
			if m := a.Inbox.Wait(t, v.Email); !strings.Contains(m.Text, "invited you to sign") {
				t.Errorf("the reminder says %s", m.Text)
			}
		}
		drained(t, a)
		if n := a.Inbox.Count() - sent; n > 7 || a.Inbox.Count() != 10+1+7 {
			t.Errorf("%d mails in all, %d since the reminder", a.Inbox.Count(), n)
		}
		if found := testkit.Leaks(a.Log.String(), "invited.example", "Quillon", "Fennimore", mails[3].Token()); len(found) > 0 {
			t.Errorf("the log holds %q", found)
		}
		var dump bytes.Buffer
		if err := a.DB.Dump(t.Context(), &dump); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(a.Folder(), "undersigned.db*"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dump.Write(data)
		}
		if found := testkit.Leaks(dump.String(), "quillon3", "Inviteed", "Fennimore", "Not our field", mails[3].Token()); len(found) > 0 {
			t.Errorf("the database holds %q", found)
		}
	})
}

// scanInvitations opens every link, by GET and HEAD, and presses every button, keeping no cookie.
func scanInvitations(t *testing.T, a *testkit.Running, mails []testkit.Invited) {
	t.Helper()
	before := a.Settled(t)
	for _, m := range mails {
		invitation, unsubscribe := m.Links(t)
		for _, path := range []string{invitation, unsubscribe} {
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				if r := a.Client(t).Do(method, path, nil); r.Status != 200 || r.Header.Get("Set-Cookie") != "" {
					t.Errorf("%s was answered with %d", method, r.Status)
				}
			}
			for _, f := range a.Client(t).Get(path).Forms(t) {
				if strings.HasSuffix(f.Action, "/signatures") {
					continue // asks for a mail like the same form on the letter's page; nothing is confirmed by it
				}
				for _, button := range f.Buttons {
					r := a.Client(t).Do(http.MethodPost, f.Action, strings.NewReader(button.Encode()), "Content-Type", testkit.Urlencoded)
					if r.Status < 400 || r.Status > 499 {
						t.Errorf("a POST of %v was answered with %d", button, r.Status)
					}
				}
			}
		}
	}
	if after := a.Settled(t); after != before {
		t.Errorf("a scanner changed the database:\n%s", testkit.FirstDifference(before, after))
	}
}

// oneClick unsubscribes as mail providers do (RFC 8058): no cookie, none of a browser's headers, either encoding.
func oneClick(t *testing.T, a *testkit.Running, m testkit.Invited) {
	t.Helper()
	if got := m.Header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post: %q", got)
	}
	address := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	if !strings.HasPrefix(address, a.URL+"/unsubscribe/") {
		t.Fatalf("List-Unsubscribe: %q", address)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("List-Unsubscribe", "One-Click"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for kind, text := range map[string]string{testkit.Urlencoded: url.Values{"List-Unsubscribe": {"One-Click"}}.Encode(),
		w.FormDataContentType(): body.String()} {
		if r := a.Client(t).Do(http.MethodPost, address, strings.NewReader(text), "Content-Type", kind); r.Status != 200 || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("one click in %s was answered with %d", kind, r.Status)
		}
	}
	if r := a.Client(t).Do(http.MethodPost, address+"a", strings.NewReader("List-Unsubscribe=One-Click"), "Content-Type",
		testkit.Urlencoded); r.Status != http.StatusGone {
		t.Errorf("a forged link was answered with %d", r.Status)
	}
}

var qCountJobs = store.Q("test.count_mails", `SELECT COUNT(*) FROM job WHERE kind LIKE 'mail.%' OR kind = 'announce' OR kind = 'letter.closed'`)

// drained waits until no mail is left to be sent.
func drained(t *testing.T, a *testkit.Running) {
	t.Helper()
	testkit.Eventually(t, "all mails are dealt with", func() bool {
		n := 0
		if err := a.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(qCountJobs).Scan(&n) }); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
}

// Links that are unknown, taken back or too late say so.
func TestInvitation_thatNoLongerWorks(t *testing.T) {
	clock := &testkit.Clock{}
	clock.Set(time.Now())
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Now = clock.Now })
	setDeadline(t, a, clock.Now().Add(24*time.Hour))
	mails := a.Invite(t, invitation.Invitee{Email: "late@invited.example"}, invitation.Invitee{Email: "back@invited.example"})
	l, c := testkit.Letter(t, a.App).ID, a.Client(t)
	all, err := a.Invitations.List(t.Context(), l, "", 0, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	if err := a.Invitations.Withdraw(t.Context(), l, all[1].ID, 0); err != nil {
		t.Fatal(err)
	}
	late, _ := mails[0].Links(t)
	back, _ := mails[1].Links(t)
	for _, path := range []string{back, late[:len(late)-1] + "x", "/invitations/" + strings.Repeat("a", 52)} {
		if r := c.Get(path); r.Status != http.StatusGone {
			t.Errorf("%d for a link that does not work", r.Status)
		}
	}
	c.Post(late, testkit.Press("considering"))
	if r := c.Post(late, testkit.Press("sign")); r.Status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown answer was answered with %d", r.Status)
	}
	if r := c.Post(late, testkit.Press("declined", "reason", strings.Repeat("x", 700))); r.Status != http.StatusUnprocessableEntity ||
		!strings.Contains(r.Body, "xxxx</textarea>") {
		t.Errorf("a long reason was answered with %d", r.Status)
	}
	clock.Advance(25 * time.Hour)
	if r := c.Get(late); r.Status != 200 || len(r.Forms(t)) != 0 || !strings.Contains(r.Body, "The deadline of this letter has passed.") {
		t.Errorf("after the deadline: %d %s", r.Status, r.Main(t))
	}
	if r := c.Post(late, testkit.Press("declined")); r.Status != http.StatusGone {
		t.Errorf("an answer after the deadline was answered with %d", r.Status)
	}
}

package journey

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const intakePath = "/desk/letters/" + testkit.Slug + "/intake"

// A pasted list: a dry run, a second member who sees the same, an addition, an undoing that is approved too.
func TestIntake_aListAtTheDesk(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a, clock := appAt(t, engine)
		ada := a.Operator(t)
		form := ada.Get(intakePath).Form(t, intakePath)
		form.Set("do", "read")
		if got := ada.Send(t, intakePath, "file", "", nil, form); got.Status != http.StatusUnprocessableEntity ||
			!strings.Contains(got.Body, `href="#f-text"`) {
			t.Errorf("nothing pasted: %d", got.Status)
		}
		if got := ada.Send(t, intakePath, "file", "x.pdf", []byte("%PDF"), form); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("a PDF: %d", got.Status)
		}
		form.Set("text", "Name\tTitle\tE-mail\nOrsolya Fenn\tCook\t\nBo Ray\t\tbo@ray.example\nOrsolya Fenn\tCook\t\nStruck Out\t\t\n\t\tnobody@ray.example\n")
		form.Set("source", "Sheets of the assembly")
		read := ada.Send(t, intakePath, "file", "", nil, form)
		dry := ada.Follow(read)
		text := dry.Main(t)
		for _, want := range []string{"Orsolya Fenn", "Sheets of the assembly", "Repeats line 2.", "Could not be added", "You are the only one"} {
			if !strings.Contains(text, want) {
				t.Errorf("the dry run does not say %q: %s", want, text)
			}
		}
		path := read.Header.Get("Location")
		if got := ada.Get(path + "?show=look").Main(t); strings.Contains(got, "Bo Ray") || !strings.Contains(got, "Repeats line 2.") {
			t.Errorf("lines that need a look: %s", got)
		}
		skip := dry.Form(t, path)
		skip.Set("do", "skip")
		skip.Set("skip", "five")
		if got := ada.Post(path, skip); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `value="five"`) {
			t.Errorf("%d", got.Status)
		}
		skip.Set("skip", "۵")
		if got := ada.Follow(ada.Post(path, skip)).Main(t); strings.Contains(got, "Struck Out") || !strings.Contains(got, "left out by you 1") {
			t.Errorf("%s", got)
		}
		// From here on there is a second member.
		ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		propose := ada.Get(path).Form(t, path)
		propose.Set("do", "propose")
		if got := ada.Post(path, propose); got.Header.Get("Location") != intakePath+"?done=asked" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		if got := ada.Post(path, propose); got.Status != http.StatusConflict {
			t.Errorf("proposed twice: %d", got.Status)
		}
		if got := a.Client(t).Get("/letters/" + testkit.Slug + "/signatories").Main(t); strings.Contains(got, "Orsolya Fenn") {
			t.Error("a proposal is public")
		}
		const board = "/desk/letters/" + testkit.Slug
		if !strings.Contains(ben.Get(board).Body, `href="`+path+`"`) {
			t.Error("the board does not lead to the dry run")
		}
		hers, his := ada.Get(path), ben.Get(path)
		if got := hers.Form(t, board+"/approvals"); ada.Post(board+"/approvals",
			url.Values{"id": got["id"], "do": {"approve"}}).Status != http.StatusForbidden {
			t.Error("who asked approves")
		}
		if h, b := lineTexts(t, hers), lineTexts(t, his); h != b || h == "" {
			t.Errorf("they see different lines:\n%s\n%s", h, b)
		}
		approval := his.Form(t, board+"/approvals")
		approval.Set("do", "approve")
		if got := ben.Post(board+"/approvals", approval); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		ada.Until(t, intakePath, "2 signatures")
		if got := ada.Get(path).Main(t); !strings.Contains(got, "Taken in") {
			t.Errorf("while it is taken in: %s", got)
		}
		aDay(t, a, clock, ada, ben)
		if got := a.Client(t).Get("/letters/" + testkit.Slug + "/signatories").Main(t); !strings.Contains(got, "Orsolya Fenn") ||
			!strings.Contains(got, "Bo Ray") || strings.Contains(got, "Struck Out") {
			t.Errorf("%s", got)
		}
		if got := ada.Get(path); got.Status != http.StatusGone {
			t.Errorf("the list is still there: %d", got.Status)
		}
		// Undone.
		sure := ada.Post(intakePath, url.Values{"do": {"undo"}, "id": {batchID(t, ada)}})
		if sure.Status != http.StatusOK || !strings.Contains(sure.Main(t), "Every signature of this list is withdrawn") {
			t.Errorf("%d: %s", sure.Status, sure.Main(t))
		}
		if got := ada.Post(intakePath, url.Values{"do": {"sure"}, "id": {batchID(t, ada)}}); got.Header.Get("Location") != intakePath+"?done=asked" {
			t.Errorf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		approval = ben.Get(board).Form(t, board+"/approvals")
		approval.Set("do", "approve")
		if got := ben.Post(board+"/approvals", approval); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		ada.Until(t, board+"/trail", "took a list out again; signatures: 2")
		if got := a.Client(t).Get("/letters/" + testkit.Slug + "/signatories").Main(t); strings.Contains(got, "Bo Ray") {
			t.Error("the names are still listed")
		}
		trail := ada.Get(board + "/trail").Main(t)
		for _, act := range []string{"read in a list", "changed what is left out", "added a list; signatures: 2"} {
			if !strings.Contains(trail, act) {
				t.Errorf("the trail does not say %q: %s", act, trail)
			}
		}
		if log := a.Log.String(); strings.Contains(trail+log, "Fenn") || strings.Contains(log, "ray.example") {
			t.Error("the trail or the log names a signer")
		}
	})
}

// A list that cannot be read as it is comes back with what can be said about it, and with itself.
func TestIntake_aListThatWantsAnAnswer(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		form := ada.Get(intakePath).Form(t, intakePath)
		form.Set("do", "read")
		form.Set("source", "Sheets of the assembly")
		refused := ada.Send(t, intakePath, "file", "list.csv", []byte("Name,Consent\nZo\xeb Ash,No\nBo Ray,Yes\n"), form)
		if text := refused.Main(t); refused.Status != http.StatusUnprocessableEntity || !strings.Contains(text, "Zoë Ash") || !strings.Contains(text, "list.csv is kept") {
			t.Fatalf("%d: %s", refused.Status, text)
		}
		form = refused.Form(t, intakePath)
		form.Set("do", "read")
		if form.Get("encoding") != "windows-1252" || form.Get("source") != "Sheets of the assembly" {
			t.Errorf("%q", form)
		}
		refused = ada.Send(t, intakePath, "file", "", nil, form)
		if text := refused.Main(t); refused.Status != http.StatusUnprocessableEntity || !strings.Contains(text, "“Consent”") {
			t.Fatalf("%d: %s", refused.Status, text)
		}
		form = refused.Form(t, intakePath)
		form.Set("do", "read")
		form.Set("columns", "nose=2")
		if got := ada.Send(t, intakePath, "file", "", nil, form); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `href="#f-columns"`) {
			t.Errorf("%d", got.Status)
		}
		form.Set("columns", "listing=۲")
		dry := ada.Follow(ada.Send(t, intakePath, "file", "", nil, form)).Main(t)
		if !strings.Contains(dry, "Zoë Ash") || !strings.Contains(dry, "Bo Ray") {
			t.Errorf("%s", dry)
		}
	})
}

// appAt opens an application whose clock moves when told.
func appAt(t *testing.T, engine store.Engine, options ...func(o *app.Options)) (*testkit.Running, *testkit.Clock) {
	t.Helper()
	clock := testkit.NewClock()
	return testkit.App(t, engine, append(options, func(o *app.Options) { o.Now = clock.Now })...), clock
}

// aDay lets the day pass over which a list is taken in; the editors stay signed in.
func aDay(t *testing.T, a *testkit.Running, clock *testkit.Clock, editors ...*testkit.Editor) {
	t.Helper()
	for range 3 {
		clock.Advance(9 * time.Hour)
		for _, e := range editors {
			e.Get(intakePath)
		}
		if err := a.Intake.Spread(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a.Publish(t)
}

// batchID is that of the newest batch.
func batchID(t *testing.T, e *testkit.Editor) string {
	t.Helper()
	ids := testkit.Values(e.Get(intakePath).Doc(t), "id")
	if len(ids) == 0 {
		t.Fatal("there is no batch to undo")
	}
	return ids[0]
}

// lineTexts is what a dry run says of its lines.
func lineTexts(t *testing.T, a testkit.Answer) string {
	t.Helper()
	_, lines, _ := strings.Cut(a.Main(t), "Those that need a look")
	return lines
}

// Mails that ask to sign: who signed with the domain's key counts, everybody else is asked and sees who would see the name.
func TestIntake_mailsAtTheDesk(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	a, clock := appAt(t, store.SQLite, func(o *app.Options) {
		o.LookupTXT = func(_ context.Context, name string) ([]string, error) {
			if name == "s1._domainkey.river.example" {
				return []string{record}, nil
			}
			return nil, errors.New("no such name")
		}
	})
	ada := a.Operator(t)
	const date = "Date: Mon, 01 Jun 2026 10:00:00 +0000\r\n"
	var signed bytes.Buffer
	err = dkim.Sign(&signed, strings.NewReader("From: Mina Farahani <mina@river.example>\r\n"+date+"Subject: Yes\r\n\r\nWe sign.\r\n"),
		&dkim.SignOptions{Domain: "river.example", Selector: "s1", Signer: private})
	if err != nil {
		t.Fatal(err)
	}
	mbox := "From - Mon Jun  1 10:00:00 2026\r\n" + signed.String() + "\r\nFrom - Mon Jun  1 10:00:00 2026\r\nFrom: Bo Ray <bo@ray.example>\r\n" +
		date + "Subject: Please add me\r\n\r\nListing: anonymous\r\n" +
		"\r\nFrom - Mon Jun  1 10:00:00 2026\r\nFrom: Ad Vert <ad@vert.example>\r\n" + date + "Subject: Cheap boats\r\n\r\nBuy now.\r\n"
	form := ada.Get(intakePath).Form(t, intakePath)
	form.Set("do", "read")
	read := ada.Send(t, intakePath, "file", "replies.mbox", []byte(mbox), form)
	path := read.Header.Get("Location")
	text := ada.Follow(read).Main(t)
	for _, want := range []string{"Mina Farahani", "mina@river.example", "Buy now.",
		"its sender is asked to confirm, and is told who would see the name: Nobody"} {
		if !strings.Contains(text, want) {
			t.Errorf("the dry run does not say %q: %s", want, text)
		}
	}
	if got := ada.Post(path, url.Values{"do": {"skip"}, "skip": {"3"}}); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Main(t))
	}
	propose := ada.Get(path).Form(t, path)
	propose.Set("do", "propose")
	if got := ada.Post(path, propose); got.Header.Get("Location") != intakePath+"?done=applied" {
		t.Fatalf("%d to %s: %s", got.Status, got.Header.Get("Location"), got.Main(t))
	}
	asked := a.Inbox.Wait(t, "bo@ray.example")
	if !strings.Contains(asked.Text, "shown to no one") {
		t.Errorf("the mail does not say who would see the name: %s", asked.Text)
	}
	ada.Until(t, intakePath, "1 signature")
	aDay(t, a, clock, ada)
	if got := a.Client(t).Get("/letters/" + testkit.Slug + "/signatories").Main(t); !strings.Contains(got, "Mina Farahani") ||
		strings.Contains(got, "Bo Ray") || strings.Contains(got, "Ad Vert") {
		t.Errorf("%s", got)
	}
	if n := a.Inbox.Count(); n != 1 {
		t.Errorf("%d mails", n)
	}
}

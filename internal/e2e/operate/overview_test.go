package operate

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// The start page says what is due, the board how signatures came and from where; a job that failed is named without anybody's
// address, and an operator has it tried again.
func TestOverview_atTheDesk(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		a.Signing.BurstFrom, a.Mailboxes.Unlimited = 2, false
		deadline, err := letter.ParseDeadline(time.Now().AddDate(0, 0, 5).UTC().Format(time.DateOnly), time.UTC, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Letters.SetSettings(t.Context(), testkit.Slug, letter.Settings{Deadline: &deadline}, 0); err != nil {
			t.Fatal(err)
		}
		last, signers := "", 0
		for i, name := range []string{"Orsolya Fenn", "Paul Rook", "Una Lund", "Bo Ray", "Nora Vale"} { // until the drawn number is reached
			if held, err := a.Signing.Holds.Count(t.Context(), testkit.Letter(t, a.App).ID); err != nil || held > 0 {
				break
			}
			last, signers = name, i+1
			c := a.Client(t)
			form := testkit.SignForm(name, []string{"o", "p", "u", "b", "n"}[i]+"@burst.example")
			form.Set("country", "NO")
			_, mail := a.Sign(t, c, form)
			if got := c.Post("/confirm/"+mail.Token(), url.Values{"do": {"confirm"}}); got.Status >= 400 {
				t.Fatalf("%d: %s", got.Status, got.Main(t))
			}
		}
		a.Publish(t)
		const board = "/desk/letters/" + testkit.Slug
		text := ada.Get(board).Main(t)
		for _, want := range []string{"By the hour", "held: 1 that came in bursts", "By country", "Other countries fewer than 5"} {
			if !strings.Contains(text, want) {
				t.Errorf("the board does not say %q: %s", want, text)
			}
		}
		if strings.Contains(text, "Norway") {
			t.Error("a country of two is named")
		}
		if got := ada.Get(board + "/signatures").Main(t); !strings.Contains(got, last) ||
			!strings.Contains(got, "from the same mail domain within an hour") {
			t.Errorf("%s", got)
		}
		if got := ada.Post(board+"/exports", url.Values{"do": {"make"}, "audience": {"coalition"}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%d", got.Status)
		}
		// A relay that is away.
		a.Inbox.Fail(true)
		a.Client(t).Post("/letters/"+testkit.Slug+"/signatures", testkit.SignForm("Quiet Lund", "quiet@lund.example"))
		ada.Until(t, "/desk", "1 mail cannot be sent")
		due := ben.Get("/desk").Main(t)
		for _, want := range []string{"Ends on", "1 request waits for you", "1 signature waits for a decision"} {
			if !strings.Contains(due, want) {
				t.Errorf("the start page does not say %q: %s", want, due)
			}
		}
		hers := ada.Get("/desk").Main(t)
		if strings.Contains(hers, "waits for you") {
			t.Error("who asked is told to decide")
		}
		hers = ada.Get("/desk/jobs").Main(t)
		for _, want := range []string{fmt.Sprint("mails sent or settled in the last 24 hours ", signers), "mail.confirm"} {
			if !strings.Contains(hers, want) || strings.Contains(due, want) {
				t.Errorf("the operator alone is to be told %q: %s", want, hers)
			}
		}
		jobs := ada.Get("/desk/jobs")
		if text := jobs.Main(t); !strings.Contains(text, "mail.confirm smtp_451") || !strings.Contains(text, "tried 1 time") ||
			strings.Contains(jobs.Body, "lund") {
			t.Errorf("%s", text)
		}
		a.Inbox.Fail(false)
		again := jobs.Form(t, "/desk/jobs")
		again.Set("do", "again")
		if got := ada.Post("/desk/jobs", again); got.Header.Get("Location") != "/desk/jobs?done=again" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		a.Inbox.Wait(t, "quiet@lund.example")
		ada.Until(t, "/desk/jobs", "Nothing needs attention.")
		if got := ada.Post("/desk/jobs", again); got.Status != http.StatusGone {
			t.Errorf("what is done: %d", got.Status)
		}
	})
}

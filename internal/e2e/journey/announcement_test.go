package journey

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var sixDigits = regexp.MustCompile(`(?m)^\d{6}$`)

// A substantive edition: signers are asked once each, who answers by the link counts on the new text, who does not on the
// old one. Then the deadline is moved, which those hear who asked for news and have not ended it; and the editors hear
// that the letter has closed.
func TestAnnouncements_ofALettersLife(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		clock := &testkit.Clock{}
		clock.Set(time.Now())
		a := testkit.App(t, engine, func(o *app.Options) { o.Now = clock.Now })
		setDeadline(t, a, clock.Now().Add(9*24*time.Hour))
		ada := a.Operator(t)
		a.Member(t, testkit.Lead, account.Viewer, "viewer@lantern.example")
		board := "/desk/letters/" + testkit.Slug
		var secrets []string
		for i, kind := range []string{"person", "both", "organisation", "both"} {
			form := testkit.SignForm("Quillon Signer"+string(rune('A'+i)), fmt.Sprintf("signer%d@signed.example", i))
			form.Set("kind", kind)
			form.Set("organisation", "Fennimore Guild"+string(rune('A'+i)))
			form.Set("listing", []string{"public", "counted", "coalition", "public"}[i])
			if i < 2 {
				form.Set("updates", "1")
			}
			c := a.Client(t)
			_, mail := a.Sign(t, c, form)
			secrets = append(secrets, c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")).Secret(t))
		}
		counted(t, a, 3, 3)
		if r := ada.Post(board, url.Values{"do": {"ask_again"}}); r.Status != http.StatusConflict {
			t.Errorf("the text has not changed, and asking is answered with %d", r.Status)
		}
		text := testkit.Letter(t, a.App).Edition.Texts["en"]
		text.Body += "\n\nAnd return the keys."
		if _, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: testkit.Slug, Text: text, Follows: letter.FollowsSubstantive,
			Publish: true}); err != nil {
			t.Fatal(err)
		}
		if m := a.Inbox.Wait(t, "ada@lantern.example"); !strings.Contains(m.Subject, "A new edition is published") { // the command line asked nobody
			t.Errorf("the lead organisation is told: %s", m.Subject)
		}
		if page := ada.Get(board).Body; !strings.Contains(page, "6 signatures stand under earlier texts.") || !strings.Contains(page, `value="ask_again"`) {
			t.Error("the board does not say who stands under the earlier text")
		}
		if r := ada.Post(board, url.Values{"do": {"ask_again"}}); r.Status != http.StatusSeeOther {
			t.Fatalf("asking is answered with %d: %.300s", r.Status, r.Body)
		}
		if r := ada.Post(board, url.Values{"do": {"ask_again"}}); r.Status != http.StatusConflict {
			t.Errorf("asking twice is answered with %d", r.Status)
		}
		var questions []testkit.Mail
		for i := range 4 {
			m := a.Inbox.Wait(t, fmt.Sprintf("signer%d@signed.example", i))
			if !strings.Contains(m.Text, "/editions/2/diff/1") || strings.Contains(m.Text, "Quillon") || strings.Contains(m.Text, "Fennimore") {
				t.Errorf("the question says\n%s", m.Text)
			}
			questions = append(questions, m)
		}

		own, err := a.Signing.Receipts.Find(t.Context(), secrets[3])
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range own {
			if err := a.Signing.Receipts.Erase(t.Context(), secrets[3], o.ID); err != nil {
				t.Fatal(err)
			}
		}
		if r := a.Client(t).Get(regexp.MustCompile(`/confirm/[a-z2-7]+`).FindString(questions[3].Text)); r.Status != http.StatusGone {
			t.Errorf("who erased a signature can still be asked about it: %d", r.Status)
		}

		c := a.Client(t)
		confirm := regexp.MustCompile(`/confirm/[a-z2-7]+`).FindString(questions[1].Text)
		if page := c.Get(confirm); page.Status != 200 || !strings.Contains(page.Body, "Let this page mail them") {
			t.Errorf("%d, and nothing says where the code comes from", page.Status)
		}
		if r := c.Post(confirm, testkit.Press("confirm")); r.Status < 400 {
			t.Errorf("the link alone confirms: %d", r.Status)
		}
		c.Post(confirm, testkit.Press("code"))
		code := sixDigits.FindString(a.Inbox.Wait(t, "signer1@signed.example").Text)
		if r := c.Post(confirm, testkit.Press("confirm", "code", code)); r.Status != 200 {
			t.Fatalf("the code does not confirm: %d", r.Status)
		}
		drained(t, a)
		var counts roll.Counts
		testkit.Eventually(t, "the new signatures take the place of the old ones", func() bool {
			counts = counted(t, a, 2, 2)
			return counts.ByEdition[2] == 2
		})
		if counts.ByEdition[1] != 2 || counts.ByEdition[2] != 2 || counts.Withheld != 3 {
			t.Errorf("%+v", counts)
		}

		extend := func(days int) { setDeadline(t, a, clock.Now().Add(time.Duration(days)*24*time.Hour)) }
		clock.Advance(25 * time.Hour) // who signs follows from the next day on
		if err := a.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		look := func() {
			for _, wait := range []time.Duration{0, 3 * time.Minute} { // what happens together is told together
				clock.Advance(wait)
				if err := a.News.Look(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		extend(15)
		look()
		told := a.Inbox.Wait(t, "signer0@signed.example")
		if !strings.Contains(told.Text, "It can now be signed until") || strings.Contains(told.Text, "Quillon") || strings.Contains(told.Text, "text has changed") {
			t.Errorf("the news says\n%s", told.Text)
		}
		a.Inbox.Wait(t, "signer1@signed.example") // news is still wanted under the new text
		oneClick(t, a, testkit.Invited{Mail: told})
		drained(t, a)
		before := a.Inbox.Count()
		extend(20)
		look()
		drained(t, a)
		if got := a.Inbox.Count() - before; got != 0 {
			t.Errorf("%d more mails on the same day", got)
		}
		clock.Advance(24 * time.Hour)
		look()
		a.Inbox.Wait(t, "signer1@signed.example")
		drained(t, a)
		if got := a.Inbox.Count() - before; got != 1 {
			t.Errorf("%d mails about the deadline, want that of the one who asked for news and has not ended it", got)
		}

		before = a.Inbox.Count()
		clock.Advance(22 * 24 * time.Hour)
		if err := a.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := a.Inbox.Wait(t, "ada@lantern.example")
		if !strings.Contains(m.Text, "2 organisations have signed.") || !strings.Contains(m.Text, board) {
			t.Errorf("the summary says\n%s", m.Text)
		}
		drained(t, a)
		if got := a.Inbox.Count() - before; got != 1 {
			t.Errorf("%d mails at the end, want one: a viewer gets none", got)
		}
		made, err := a.News.List(t.Context(), testkit.Letter(t, a.App).ID)
		if err != nil || len(made) != 1 || !slices.ContainsFunc(made, func(m news.Announcement) bool {
			return m.Kind == news.TextChanged && m.Subject == 2 && m.Mails == 4 && m.Done
		}) {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

// counted waits until so many organisations and people are in the count, and returns it.
func counted(t *testing.T, a *testkit.Running, organisations, persons int) (c roll.Counts) {
	t.Helper()
	testkit.Eventually(t, "the count moves", func() bool {
		if _, err := a.Signing.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if c, _, _, err = a.Roll.Summary(t.Context(), testkit.Letter(t, a.App).ID, 0); err != nil {
			t.Fatal(err)
		}
		return c.Organisations == organisations && c.Persons == persons
	})
	return c
}

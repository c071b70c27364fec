package journey

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// Two signers ask for news, in English and in Persian. They get one mail a day about what has happened with the letter: an update, once an
// editor has seen its mail and sent it, with the delivery; the response, with where a demand stands; its end. One ends it in between.
func TestNews_threeMailsInTwoLanguages(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx, clock := t.Context(), &testkit.Clock{}
		clock.Set(time.Now())
		a := testkit.App(t, engine, func(o *app.Options) { o.Now = clock.Now })
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		signers := map[string]string{"": "rosa@follows.example", "/fa": "mina@follows.example"}
		for prefix, address := range signers {
			form := testkit.SignForm("Rosa Quill", address)
			form.Set("updates", "1")
			c := a.Client(t)
			if r := c.Post(prefix+testkit.Page+"/signatures", form); r.Status >= 400 {
				t.Fatalf("%d: %s", r.Status, r.Main(t))
			}
			c.Post("/confirm/"+a.Inbox.Wait(t, address).Token(), testkit.Press("confirm"))
		}
		quiet := a.Client(t)
		_, m := a.Sign(t, quiet, testkit.SignForm("Quiet Lund", "quiet@follows.example"))
		quiet.Post("/confirm/"+m.Token(), testkit.Press("confirm"))
		days := func(n int) {
			clock.Advance(time.Duration(n)*24*time.Hour + 2*time.Hour)
			must(a.Retain(ctx))
			must(a.News.Look(ctx))
			clock.Advance(3 * time.Minute) // what happens together is told together
			must(a.News.Look(ctx))
			drained(t, a) // before the clock goes on, or the leases of jobs that run would end
		}
		days(1)
		if n := len(a.Inbox.Left()); n != 0 {
			t.Fatalf("%d mails about nothing", n)
		}
		title := testkit.Letter(t, a.App).Edition
		read := func(prefix string, want ...string) testkit.Mail {
			t.Helper()
			m := a.Inbox.Wait(t, signers[prefix])
			for _, w := range append(want, map[string]string{"": title.Texts["en"].Title, "/fa": title.Texts["fa"].Title}[prefix],
				"\n"+a.URL+prefix+"/unsubscribe/news-") {
				if !strings.Contains(m.Text, w) {
					t.Errorf("the mail does not say %q:\n%s", w, m.Text)
				}
			}
			if strings.Contains(m.Text, "Rosa") || m.Header.Get("List-Unsubscribe-Post") == "" {
				t.Errorf("%v\n%s", m.Header, m.Text)
			}
			return m
		}

		_, err := a.Letters.Updates.Add(ctx, testkit.Slug, letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "The keys were found", Body: "In a drawer."}}, 0)
		must(err)
		_, err = a.Deliveries.Deliver(ctx, testkit.Slug, delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: clock.Now().Add(-time.Hour)}, 0)
		must(err)
		must(a.News.Look(ctx))
		ada := a.Operator(t)
		desk := "/desk/letters/" + testkit.Slug + "/news"
		shown := ada.Get(desk)
		if text := shown.Main(t); !strings.Contains(text, "2 people follow the letter.") || !strings.Contains(text, "There is an update: The keys were found") {
			t.Errorf("%s", text)
		}
		send := url.Values{"do": {"send"}, "update": {"1"}}
		if r := ada.Post(desk, send); r.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", r.Status, r.Main(t))
		}
		if r := ada.Post(desk, send); r.Status != http.StatusConflict {
			t.Errorf("sent twice: %d", r.Status)
		}
		days(0)
		read("", "There is an update: The keys were found", a.URL+testkit.Page+"/updates/1", "It was delivered to: ")
		read("/fa", "خبر تازه: ", "نامه تحویل داده شد به: ", a.URL+"/fa"+testkit.Page+"/updates/1")

		r, err := a.Deliveries.Receive(ctx, testkit.Slug, delivery.Came{Addressee: 1, Kind: delivery.Answered, At: clock.Now().Add(-time.Hour), From: "Their office",
			Language: "en", Excerpt: "We shall look.", Said: map[string]delivery.Said{"1": delivery.Promised}, Publish: true}, 0)
		must(err)
		days(1)
		read("", "There is a response from: ", a.URL+testkit.Page+"/responses/"+delivery.ID(r.ID), "Demand 1, ", a.URL+testkit.Page+"/demands/1")
		told := read("/fa", "پاسخی رسید از: ", "خواستهٔ ۱")
		oneClick(t, a, testkit.Invited{Mail: told})

		must(a.Letters.Close(ctx, testkit.Slug, 0))
		days(1)
		read("", "It has closed")
		for _, m := range a.Inbox.Left() {
			if m.To != "ada@lantern.example" {
				t.Errorf("a mail to %s: %s", m.To, m.Subject)
			}
		}
		if r := a.Client(t).Get(strings.TrimPrefix(strings.Trim(told.Header.Get("List-Unsubscribe"), "<>"), a.URL)); r.Status != 200 ||
			!strings.Contains(r.Main(t), "No more news of this letter") {
			t.Errorf("the page of the link: %d", r.Status)
		}
	})
}

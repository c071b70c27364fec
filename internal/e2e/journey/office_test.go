package journey

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const (
	statementsPath = boardPath + "/statements"
	officeAddress  = "office@bridges.example"
)

// The office of an addressee states its view of demand 2, in Persian, and confirms it from its mailbox; an editor looks at it, and it stands
// beside what the coalition says. A second one is refused, which everybody sees. Whoever got the link from a newspaper speaks for nobody.
func TestOffice_statesItsOwnView(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		clock := &testkit.Clock{}
		clock.Set(time.Now())
		a := testkit.App(t, engine, func(o *app.Options) { o.Now = clock.Now })
		ada := a.Operator(t)
		form := ada.Get(boardPath+"/addressees/1").Form(t, boardPath+"/addressees/1")
		form.Set("email", officeAddress)
		if got := ada.Post(boardPath+"/addressees/1", form); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		ask := url.Values{"do": {"ask"}, "addressee": {"1"}, "address": {officeAddress}, "to_language": {"fa"}}
		if got := ada.Post(statementsPath, ask); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Main(t), "Check the address") {
			t.Errorf("unchecked: %d", got.Status)
		}
		ask.Set("sure", "1")
		for i, want := range []int{http.StatusSeeOther, http.StatusConflict} { // two editors press
			if got := ada.Post(statementsPath, ask); got.Status != want {
				t.Errorf("%d: %d %s", i, got.Status, got.Main(t))
			}
		}
		asked := a.Inbox.Wait(t, officeAddress)
		link := strings.TrimPrefix(asked.Link, a.URL)
		if !strings.HasPrefix(link, "/fa/office/") || asked.Header.Get("Content-Language") != "fa" {
			t.Errorf("%s\n%s", link, asked.Text)
		}
		office, newspaper := a.Client(t), a.Client(t)
		if text := office.Get(link).Main(t); !strings.Contains(text, "خواستهٔ \u2068۲\u2069") || strings.Contains(text, officeAddress) {
			t.Errorf("%s", text)
		}
		wrong := url.Values{"do": {"state"}, "demand": {"2"}, "text": {"ما این را نمی‌پذیریم."}, "language": {"fa"}, "evidence": {"ftp://x"}}
		if got := office.Post(link, wrong); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "ما این را نمی‌پذیریم.") {
			t.Errorf("a mistake: %d", got.Status)
		}
		state := func(c *testkit.Client, demand, text string) testkit.Mail {
			t.Helper()
			v := url.Values{"do": {"state"}, "demand": {demand}, "position": {"disagrees"}, "text": {text}, "language": {"fa"}}
			got := (&testkit.Editor{Client: c}).Send(t, link, "file", "gazette.png", []byte("\x89PNG\r\n\x1a\ngazette"), v)
			if got.Status != http.StatusSeeOther {
				t.Fatalf("%d: %s", got.Status, got.Main(t))
			}
			m := a.Inbox.Wait(t, officeAddress)
			if strings.Contains(m.Text, text) {
				t.Errorf("the mail holds what was typed: %s", m.Text)
			}
			return m
		}
		const words, forged = "پل باز است.\n\nاز بهار.", "We are sorry."
		confirm := strings.TrimPrefix(state(office, "2", words).Link, a.URL)
		denied := strings.TrimPrefix(state(newspaper, "1", forged).Link, a.URL)
		seen := func(text string) bool {
			for _, path := range []string{testkit.Page, testkit.Page + "/demands/1", testkit.Page + "/demands/2", testkit.Page + ".json", link} {
				if strings.Contains(a.Client(t).Get(path).Body, text) {
					return true
				}
			}
			return false
		}
		if seen("باز است") || seen(forged) {
			t.Error("what is typed is seen")
		}
		if got := a.Client(t).Get(confirm); got.Status != 200 || !strings.Contains(got.Main(t), "پل باز است.") {
			t.Errorf("%d %s", got.Status, got.Main(t))
		}
		if got := a.Client(t).Get(confirm + "/file"); !strings.HasSuffix(got.Body, "gazette") || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("its file: %v", got.Header)
		}
		press := func(c *testkit.Client, path, do string, want int) {
			t.Helper()
			if got := c.Post(path, url.Values{"do": {do}}); got.Status != want {
				t.Errorf("%s: %d: %s", do, got.Status, got.Main(t))
			}
		}
		press(a.Client(t), confirm, "confirm", http.StatusForbidden) // a program that looks at mail
		mailbox := a.Client(t)
		press(mailbox, confirm, "confirm", http.StatusForbidden)
		press(mailbox, confirm, "confirm", http.StatusOK)
		press(mailbox, confirm, "confirm", http.StatusGone)
		press(mailbox, denied, "deny", http.StatusOK)
		if seen("باز است") {
			t.Error("what is held is seen")
		}
		if strings.Contains(a.Client(t).Get(testkit.Page+"/feed.json").Body, "#stated-") {
			t.Error("what is held is in the feed")
		}
		if text := ada.Get("/desk").Main(t); !strings.Contains(text, "1 statement of an office waits") {
			t.Errorf("the desk: %s", text)
		}
		held := ada.Get(statementsPath)
		if text := held.Main(t); !strings.Contains(text, "پل باز است.") || strings.Contains(text, forged) {
			t.Errorf("%s", text)
		}
		id := testkit.Values(held.Doc(t), "id")[0]
		if got := ada.Get(statementsPath + "/" + id + "/file"); !strings.HasSuffix(got.Body, "gazette") {
			t.Errorf("the file at the desk: %d", got.Status)
		}
		clock.Advance(8 * 24 * time.Hour)
		if !strings.Contains(a.Client(t).Get(testkit.Page).Main(t), "have not yet looked whether it holds personal data") {
			t.Error("that it waits is not public after 8 days")
		}
		ada = a.Member(t, testkit.Lead, "editor", "eve@lantern.example")
		publish := url.Values{"do": {"publish"}, "id": {id}}
		for _, want := range []int{http.StatusSeeOther, http.StatusConflict} { // a stale tab
			if got := ada.Post(statementsPath, publish); got.Status != want {
				t.Errorf("%d: %s", got.Status, got.Main(t))
			}
		}
		clock.Advance(2 * time.Second)
		if text := a.Client(t).Get(testkit.Page).Main(t); !strings.Contains(text, "Stated by the office of") || strings.Contains(text, "پل باز است.") {
			t.Errorf("%s", text)
		}
		page := a.Client(t).Get("/fa" + testkit.Page + "/demands/2")
		if text := page.Main(t); !strings.Contains(text, "اظهار دفترِ") || !strings.Contains(text, "از بهار.") {
			t.Errorf("%s", text)
		}
		if got := a.Client(t).Get(testkit.Page + "/statements/" + id + "/file"); !strings.HasSuffix(got.Body, "gazette") {
			t.Errorf("its file: %d", got.Status)
		}
		if text := a.Client(t).Get("/addressees/" + slugOf(t, a) + ".json").Body; !strings.Contains(text, `"position":"disagrees"`) {
			t.Errorf("%s", text)
		}
		if text := a.Client(t).Get(testkit.Page + ".json").Body; !strings.Contains(text, `"stated":[{"id":"`+id+`","state":"published"`) {
			t.Errorf("the letter as data: %s", text)
		}
		inFeeds := func(want bool) {
			t.Helper()
			for _, path := range []string{testkit.Page + "/feed.atom", testkit.Page + "/feed.json", "/feed.json"} {
				text := a.Client(t).Get(path).Body
				if got := strings.Contains(text, "#stated-"+id) && strings.Contains(text, "Demand 2, stated by the office of") && strings.Contains(text, "باز است"); got != want {
					t.Errorf("%s has it: %v, want %v\n%s", path, got, want, text)
				}
			}
		}
		inFeeds(true)
		if m := a.Inbox.Wait(t, officeAddress); !strings.Contains(m.Text, "نشان داده می‌شود") {
			t.Errorf("the office is told: %s", m.Text)
		}
		// A later one is refused, and the office takes the first back.
		confirm = strings.TrimPrefix(state(office, "2", "Jo Doe lives at 4 Quay Street.").Link, a.URL)
		press(mailbox, confirm, "confirm", http.StatusOK)
		refuse := url.Values{"do": {"refuse"}, "id": {testkit.Values(ada.Get(statementsPath).Doc(t), "id")[0]}}
		if got := ada.Post(statementsPath, refuse); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("without a reason: %d", got.Status)
		}
		refuse.Set("reason", "personal_data")
		if got := ada.Post(statementsPath, refuse); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		if m := a.Inbox.Wait(t, officeAddress); !strings.Contains(m.Text, "دادهٔ شخصی دیگران در آن بود") {
			t.Errorf("the office is told: %s", m.Text)
		}
		if got := office.Post(link, url.Values{"do": {"withdraw"}, "id": {id}}); got.Status != http.StatusSeeOther {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
		back := strings.TrimPrefix(a.Inbox.Wait(t, officeAddress).Link, a.URL)
		press(mailbox, back, "confirm", http.StatusOK)
		clock.Advance(2 * time.Second)
		inFeeds(false)
		text := a.Client(t).Get(testkit.Page + "/demands/2").Main(t)
		for _, want := range []string{"that is not shown. It held personal data of others.", "and taken back by it on", "از بهار."} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q: %s", want, text)
			}
		}
		if seen("Quay Street") {
			t.Error("what was refused is seen")
		}
		end := url.Values{"do": {"end"}, "id": {endID(t, ada)}}
		if got := ada.Post(statementsPath, end); got.Status != http.StatusSeeOther || office.Get(link).Status != http.StatusGone {
			t.Errorf("the link after its end: %d, %d", got.Status, office.Get(link).Status)
		}
		trail := ada.Get(boardPath + "/trail").Main(t)
		for _, want := range []string{"asked an office for its own view", "showed what an office stated: demand 2", "refused what an office stated: demand 2",
			"took an office’s link back"} {
			if !strings.Contains(trail, want) {
				t.Errorf("the trail does not say %q", want)
			}
		}
	})
}

// endID is the id of the form that takes an office's link back.
func endID(t *testing.T, e *testkit.Editor) string {
	t.Helper()
	body := e.Get(statementsPath).Body
	before, _, ok := strings.Cut(body, `name="do" value="end"`)
	if !ok {
		t.Fatal("no link can be taken back")
	}
	rest := body[strings.LastIndex(before, `name="id" value="`)+len(`name="id" value="`):]
	return rest[:strings.IndexByte(rest, '"')]
}

func slugOf(t *testing.T, a *testkit.Running) string {
	t.Helper()
	body := a.Client(t).Get(testkit.Page).Body
	rest := body[strings.Index(body, `href="/addressees/`)+len(`href="/addressees/`):]
	return rest[:strings.IndexByte(rest, '"')]
}

// Somebody follows without signing: the answer to their address is that to any, the mail's link is inert until it is pressed, the news come
// from the next day on, and they end on a page of one's own that names no other letter.
func TestFollow_withoutSigning(t *testing.T) {
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
		days := func(n int) {
			clock.Advance(time.Duration(n)*24*time.Hour + 2*time.Hour)
			must(a.Retain(ctx))
			must(a.News.Look(ctx))
			clock.Advance(3 * time.Minute)
			must(a.News.Look(ctx))
			drained(t, a)
		}
		const flora = "flora@follows.example"
		letter := a.Client(t).Get(testkit.Page)
		if strings.Count(letter.Body, `name="email"`) != 1 || !strings.Contains(letter.Body, `href="`+testkit.Page+`/follow"`) {
			t.Error("the sign form is not the only one with an address, or nothing leads to the other")
		}
		follow := func(address string) testkit.Answer {
			t.Helper()
			c := a.Client(t)
			got := c.Post("/fa"+testkit.Page+"/follow", url.Values{"email": {address}})
			if got.Status != http.StatusSeeOther {
				t.Fatalf("%d: %s", got.Status, got.Main(t))
			}
			return c.Get(got.Header.Get("Location"))
		}
		first := follow(flora)
		m := a.Inbox.Wait(t, flora)
		link := strings.TrimPrefix(m.Link, a.URL)
		if !strings.HasPrefix(link, "/fa/follow/") {
			t.Fatalf("%s", m.Text)
		}
		if got := a.Client(t).Post(testkit.Page+"/follow", url.Values{"email": {"nobody@"}}); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `value="nobody@"`) {
			t.Errorf("a mistake: %d", got.Status)
		}
		c := a.Client(t)
		c.Get(link)
		for _, want := range []int{http.StatusForbidden, http.StatusOK, http.StatusOK} {
			if got := c.Post(link, testkit.Press("confirm")); got.Status != want {
				t.Errorf("%d, want %d: %s", got.Status, want, got.Main(t))
			}
		}
		days(1)
		if again := follow(flora); again.Body != first.Body || again.Status != first.Status || follow("new@follows.example").Body != first.Body {
			t.Error("the answer tells who follows")
		}
		a.Inbox.Wait(t, flora)
		a.Inbox.Wait(t, "new@follows.example")
		must(a.Letters.Close(ctx, testkit.Slug, 0))
		must(a.News.Look(ctx))
		ada := a.Operator(t)
		if text := ada.Get(boardPath + "/news").Main(t); !strings.Contains(text, "1 person follows") || !strings.Contains(text, "It has closed") {
			t.Errorf("the desk: %s", text)
		}
		days(1)
		news := a.Inbox.Wait(t, flora)
		at := strings.Index(news.Text, a.URL+"/fa/following/news-")
		if at < 0 || strings.Contains(news.Text, "امضا کردید") {
			t.Fatalf("%s", news.Text)
		}
		own := strings.TrimPrefix(strings.Fields(news.Text[at:])[0], a.URL)
		if got := c.Get(own); got.Status != 200 || strings.Contains(got.Body, flora) || !strings.Contains(got.Main(t), "شما پیگیر این نامه‌اید") {
			t.Errorf("%d %s", got.Status, got.Main(t))
		}
		if got := a.Client(t).Post(own, testkit.Press("end")); got.Status != http.StatusForbidden {
			t.Errorf("a program that looks at mail: %d", got.Status)
		}
		c.Post(own, testkit.Press("language", "language", "en"))
		c.Post(own, testkit.Press("list"))
		if m := a.Inbox.Wait(t, flora); !strings.Contains(m.Text, a.URL+"/following/news-") || m.Subject != "The letters that you follow" {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if got := c.Post(own, testkit.Press("end")); got.Status != 200 {
			t.Errorf("%d", got.Status)
		}
		if got := c.Get(own); !strings.Contains(got.Main(t), "دیگر پیگیر این نامه نیستید") {
			t.Errorf("%s", got.Main(t))
		}
		if n, err := a.News.Followers(ctx, testkit.Letter(t, a.App).ID); err != nil || n != 0 {
			t.Errorf("%d follow, %v", n, err)
		}
	})
}

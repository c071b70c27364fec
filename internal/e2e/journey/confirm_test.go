package journey

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What is shown to somebody whose address has signed before differs in nothing but the six digits.
func TestSign_knownAddressSeesTheSame(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		form := testkit.SignForm("Odalys Wick", "odalys@wick.example")
		first := a.Client(t)
		where, mail := a.Sign(t, first, form)
		fresh := first.Get(where)
		if r := first.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); r.Status != 200 {
			t.Fatalf("confirming was answered with %d", r.Status)
		}
		second := a.Client(t)
		again, mail := a.Sign(t, second, form)
		known := second.Get(again)
		mask := func(a testkit.Answer) string {
			return strings.Replace(a.Main(t), a.Code(t), "######", 1)
		}
		if known.Status != fresh.Status || mask(known) != mask(fresh) {
			t.Errorf("a known address sees\n%s\na new one\n%s", mask(known), mask(fresh))
		}
		// Whoever has the mail is told before the press.
		if page := second.Get(mail.Link); page.Status != 200 || !strings.Contains(page.Main(t), i18n.Find("en").T("confirm.replaces")) {
			t.Errorf("the page of the link does not say whose place it takes: %s", page.Main(t))
		}
		if r := second.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); r.Status != 200 {
			t.Errorf("confirming again was answered with %d", r.Status)
		}
		testkit.Eventually(t, "one person is counted", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1} })
	})
}

// A link that opens in another browser asks for the six digits, masks what was typed, and confirms with them.
func TestConfirm_otherBrowserWithTheCode(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		signed, phone := a.Client(t), a.Client(t)
		where, mail := a.Sign(t, signed, testkit.SignForm("Petronel Ash", "petronel@ash.example"))
		code := signed.Get(where).Code(t)
		if page := phone.Get(mail.Link); page.Status != 200 || strings.Contains(page.Body, "Petronel") || !strings.Contains(page.Main(t), "P… A…") {
			t.Errorf("another browser sees %d: %s", page.Status, page.Main(t))
		}
		if r := phone.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); r.Status != 403 ||
			!strings.Contains(r.Main(t), testkit.FaultText("code.missing")) {
			t.Errorf("without the code: %d %s", r.Status, r.Main(t))
		}
		wrong := testkit.Press("confirm", "code", "000000")
		if code == "000000" {
			wrong.Set("code", "000001")
		}
		if r := phone.Post("/confirm/"+mail.Token(), wrong); r.Status != 403 || !strings.Contains(r.Body, `id="e-code"`) {
			t.Errorf("with a wrong code: %d %s", r.Status, r.Main(t))
		}
		r := phone.Post("/confirm/"+mail.Token(), testkit.Press("confirm", "code", code[:3]+" "+i18n.Find("fa").Digits(code[3:])))
		if r.Status != 200 || !strings.Contains(r.Body, "Petronel Ash") {
			t.Errorf("with the code: %d %s", r.Status, r.Main(t))
		}
		testkit.Eventually(t, "one person is counted", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1} })
	})
}

// Whoever has the mail of a form that a stranger filled in, or of one that is gone, finds a form of their own behind its link.
func TestConfirm_aFormOfOnesOwn(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		stranger, owner := a.Client(t), a.Client(t)
		_, mail := a.Sign(t, stranger, testkit.SignForm("Not Me", "owner@ash.example"))
		page := owner.Get(mail.Link)
		if !strings.Contains(page.Body, `/confirm/`+mail.Token()+`?again#sign"`) {
			t.Fatalf("no way to a form: %s", page.Main(t))
		}
		action := "/letters/" + testkit.Slug + "/signatures"
		if form := owner.Get(mail.Link + "?again"); form.Status != 200 || form.Form(t, action).Get("link") != mail.Token() {
			t.Errorf("%d %s", form.Status, form.Main(t))
		}
		if r := stranger.Post("/confirm/"+mail.Token(), testkit.Press("dispute")); r.Status != 403 { // it is deleted
			t.Fatalf("%d", r.Status)
		}
		gone := owner.Get(mail.Link)
		if gone.Status != 410 || !strings.Contains(gone.Main(t), testkit.FaultText("token.expired")) {
			t.Fatalf("%d %s", gone.Status, gone.Main(t))
		}
		form := testkit.SignForm("Una Vale", "owner@ash.example")
		form.Set("link", gone.Form(t, action).Get("link"))
		_, mine := a.Sign(t, owner, form)
		if r := owner.Post("/confirm/"+mine.Token(), testkit.Press("confirm")); r.Status != 200 || !strings.Contains(r.Body, "Una Vale") {
			t.Errorf("%d %s", r.Status, r.Main(t))
		}
	})
}

// With a code mailed on request the owner of the mailbox confirms, and may correct what was typed.
func TestConfirm_mailedCodeLetsTheOwnerCorrect(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		signed, phone := a.Client(t), a.Client(t)
		_, mail := a.Sign(t, signed, testkit.SignForm("Bramble Typo", "bramble@tipo.example"))
		r := phone.Post("/confirm/"+mail.Token(), testkit.Press("code"))
		if r.Status < 400 || r.Status > 499 {
			t.Errorf("asking for a code was answered with %d: a POST that does not confirm is 4xx", r.Status)
		}
		fresh := a.Inbox.Wait(t, "bramble@tipo.example")
		if fresh.Code() == "" || strings.Contains(fresh.Text, "http") {
			t.Fatalf("the code mail holds no code or a link: %s", fresh.Text)
		}
		r = phone.Post("/confirm/"+mail.Token(), testkit.Press("confirm", "code", fresh.Code(), "name", "Bramble Tipo", "listing", "coalition"))
		if r.Status != 200 || !strings.Contains(r.Body, "Bramble Tipo") {
			t.Errorf("with the mailed code: %d %s", r.Status, r.Main(t))
		}
		testkit.Eventually(t, "one withheld person is counted", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1, Withheld: 1} })
	})
}

// "This was not me" deletes the submission with the cookie, and only disputes it without.
func TestConfirm_notMe(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		signed, stranger := a.Client(t), a.Client(t)
		_, mail := a.Sign(t, signed, testkit.SignForm("Jory Fenwick", "jory@fenwick.example"))
		if r := stranger.Post("/confirm/"+mail.Token(), testkit.Press("dispute")); r.Status < 400 || r.Status > 499 {
			t.Errorf("a dispute was answered with %d", r.Status)
		}
		if page := signed.Get(mail.Link); !strings.Contains(page.Main(t), i18n.Find("en").T("confirm.disputed")) {
			t.Errorf("the page does not say that somebody disputed: %s", page.Main(t))
		}
		if r := signed.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); r.Status != 200 {
			t.Errorf("a disputed signature cannot be confirmed by its browser: %d", r.Status)
		}
		_, mail = a.Sign(t, signed, testkit.SignForm("Nils Harrow", "nils@harrow.example"))
		if r := signed.Post("/confirm/"+mail.Token(), testkit.Press("dispute")); !strings.Contains(r.Main(t), i18n.Find("en").T("disputed.gone")) {
			t.Errorf("with the cookie: %d %s", r.Status, r.Main(t))
		}
		if r := signed.Get(mail.Link); r.Status != 410 {
			t.Errorf("the link of a deleted submission was answered with %d", r.Status)
		}
	})
}

// With the receipt's secret a signer sees what is held, changes the listing, takes the receipt along, withdraws, erases.
func TestOwnSignature_bySecret(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		_, mail := a.Sign(t, c, testkit.SignForm("Wilmot Sedge", "wilmot@sedge.example"))
		secret := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")).Secret(t)
		testkit.Eventually(t, "one person is counted", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1} })
		list := "/letters/" + testkit.Slug + "/signatories?kind=person"
		c = a.Client(t) // another day, another browser
		page := c.Post("/signature", testkit.Press("show", "secret", strings.ToUpper(secret[:13])+" "+secret[13:]))
		if page.Status != 200 || !strings.Contains(page.Body, "wilmot@sedge.example") {
			t.Fatalf("the secret opens %d: %s", page.Status, page.Main(t))
		}
		id := page.SignatureID(t)
		file := c.Post("/signature", testkit.Press("download", "secret", secret, "id", id))
		if file.Status != 200 || !strings.Contains(file.Body, "Wilmot Sedge") || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the download is %d %s", file.Status, file.Body)
		}
		if r := c.Post("/signature", testkit.Press("relist", "secret", secret, "id", id, "listing", "counted")); r.Status != 200 {
			t.Errorf("changing the listing was answered with %d: %s", r.Status, r.Main(t))
		}
		if strings.Contains(c.Get(list).Body, "Wilmot Sedge") {
			t.Error("a withheld name is still in the list")
		}
		testkit.Eventually(t, "the person is withheld", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1, Withheld: 1} })
		if r := c.Post("/signature", testkit.Press("relist", "secret", secret, "id", id, "listing", "public")); r.Status != 200 {
			t.Errorf("changing back was answered with %d", r.Status)
		}
		testkit.Eventually(t, "the name is listed again", func() bool { return strings.Contains(c.Get(list).Body, "Wilmot Sedge") })
		if r := c.Post("/signature", testkit.Press("withdraw", "secret", secret, "id", id)); r.Status != 200 ||
			strings.Contains(c.Get(list).Body, "Wilmot Sedge") {
			t.Errorf("withdrawing was answered with %d, or the name stays", r.Status)
		}
		testkit.Eventually(t, "the withdrawal is counted", func() bool { return a.Counts(t) == testkit.Counts{Withdrawn: 1} })
		if r := c.Post("/signature", testkit.Press("erase", "secret", secret, "id", id)); r.Status != 422 ||
			!strings.Contains(r.Main(t), testkit.FaultText("sure")) {
			t.Errorf("erasing without being sure was answered with %d: %s", r.Status, r.Main(t))
		}
		if r := c.Post("/signature", testkit.Press("erase", "secret", secret, "id", id, "sure", "1")); r.Status != 200 {
			t.Errorf("erasing was answered with %d: %s", r.Status, r.Main(t))
		}
		testkit.Eventually(t, "the letter's page is as before the name",
			func() bool { return !strings.Contains(c.Get("/letters/"+testkit.Slug).Body, "Wilmot") })
		if r := c.Post("/signature", testkit.Press("show", "secret", secret)); strings.Contains(r.Body, "Wilmot") || strings.Contains(r.Body, "wilmot") {
			t.Errorf("after the erasure the secret shows %s", r.Main(t))
		}
		if r := c.Post("/signature", testkit.Press("show", "secret", "aaaa-bbbb")); r.Status != 403 ||
			!strings.Contains(r.Main(t), testkit.FaultText("secret.wrong")) {
			t.Errorf("a wrong secret: %d %s", r.Status, r.Main(t))
		}
		if dump := testkit.Dump(t, a.App); strings.Contains(dump, "Wilmot") || strings.Contains(dump, "wilmot") {
			t.Error("the database holds the erased name or address in the clear")
		}
	})
}

// The demonstration catches its mails and shows them on a page, to its own machine only.
func TestDemo_mailbox(t *testing.T) {
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Demo = true })
	c := a.Client(t)
	if r := c.Post("/fa/letters/"+testkit.Slug+"/signatures", testkit.SignForm("Demo Guest", "guest@demo.example")); r.Status != 303 {
		t.Fatalf("signing was answered with %d", r.Status)
	}
	testkit.Eventually(t, "the mailbox shows the mail", func() bool { return strings.Contains(c.Get("/dev/mailbox").Body, "guest@demo.example") })
	if len(a.Catcher.Mails()[0].Links) == 0 || a.Inbox.Count() != 0 {
		t.Error("the mail has no link, or was sent")
	}
	for remote, want := range map[string]int{"127.0.0.1:99": 200, "[::1]:99": 200, "[::ffff:127.0.0.1]:99": 200, "192.0.2.7:99": 404,
		"[2001:db8::1]:99": 404, "": 404} {
		request, recorder := httptest.NewRequest("GET", "/dev/mailbox", nil), httptest.NewRecorder()
		request.RemoteAddr = remote
		if a.Web.ServeHTTP(recorder, request); recorder.Code != want {
			t.Errorf("from %q the mailbox answers with %d, want %d", remote, recorder.Code, want)
		}
	}
}

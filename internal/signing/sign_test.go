package signing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// statements opens a desk that records the names of statements, reads and writes apart.
func statements(t *testing.T, engine store.Engine) (d *desk, take func() (reads, writes []string)) {
	t.Helper()
	clock := testkit.NewClock()
	var seen []*store.Query
	db := testkit.StoreAt(t, engine, store.Options{Now: clock.Now, OnStatement: func(q *store.Query) { seen = append(seen, q) }})
	d = newDesk(t, db, clock)
	return d, func() (reads, writes []string) {
		for _, q := range seen {
			if strings.HasPrefix(q.Text(engine), "SELECT") || strings.HasPrefix(q.Text(engine), "WITH found") {
				reads = append(reads, q.Name())
			} else {
				writes = append(writes, q.Name())
			}
		}
		seen = nil
		return reads, writes
	}
}

func TestSign_fourStatementsAndConfirmFive(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
			t.Run(string(engine)+"/"+string(kind), func(t *testing.T) {
				d, take := statements(t, engine)
				d.Give("warm@example.org", testkit.As(kind, "Warm Up")) // loads the letter's key and the directory
				take()
				pending := d.Submit("a@example.org", testkit.As(kind, "River Watch"))
				reads, writes := take()
				if len(reads) != 0 || len(writes) > 4 {
					t.Errorf("Sign: reads %v, writes %v; want none and at most 4", reads, writes)
				}
				token := d.Token(pending)
				take()
				d.Press(token)
				if reads, writes = take(); len(reads) > 3 || len(writes) > 5 {
					t.Errorf("Confirm: reads %v, writes %v; want at most 3 and 5", reads, writes)
				}
			})
		}
	}
}

func TestSign_knownAddressTakesTheSamePath(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			d, take := statements(t, engine)
			d.Give("known@example.org")
			take()
			d.Submit("known@example.org")
			_, known := take()
			d.Submit("new@example.org")
			_, fresh := take()
			if diff := cmp.Diff(fresh, known); diff != "" {
				t.Errorf("statements for a known address differ (-new +known):\n%s", diff)
			}
		})
	}
}

func TestSign_saysWhatIsWrongInTheFormsOrder(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		long := strings.Repeat("ن", 301)
		for name, c := range map[string]struct {
			change func(r *signing.Request)
			want   []string
		}{
			"name empty":         {testkit.Named("  "), []string{"name: name.empty"}},
			"name long":          {testkit.Named(long[:402]), []string{"name: name.long"}},
			"name no letter":     {testkit.Named("123 …"), []string{"name: name.script"}},
			"name web address":   {testkit.Named("Buy at www.example.com"), []string{"name: name.url"}},
			"name e-mail":        {testkit.Named("a@b.example"), []string{"name: name.url"}},
			"name override":      {testkit.Named("Ali\u202e ilA"), []string{"name: name.characters"}},
			"name not UTF-8":     {testkit.Named("Ali\xff"), []string{"name: form.encoding"}},
			"email empty":        {func(r *signing.Request) { r.Email = "" }, []string{"email: email.empty"}},
			"email bad":          {func(r *signing.Request) { r.Email = "mina at example" }, []string{"email: email.bad"}},
			"email two":          {func(r *signing.Request) { r.Email = "a@example.org, b@example.org" }, []string{"email: email.bad"}},
			"email header":       {func(r *signing.Request) { r.Email = "a@example.org\r\nBcc: b@example.org" }, []string{"email: email.bad"}},
			"email hidden":       {func(r *signing.Request) { r.Email = "a\u202eb@example.org" }, []string{"email: email.bad"}},
			"email long":         {func(r *signing.Request) { r.Email = strings.Repeat("a", 250) + "@example.org" }, []string{"email: email.long"}},
			"title long":         {func(r *signing.Request) { r.Title = long }, []string{"title: title.long"}},
			"affiliation long":   {func(r *signing.Request) { r.Affiliation = long }, []string{"affiliation: affiliation.long"}},
			"affiliation tag":    {func(r *signing.Request) { r.Affiliation = "Uni\U000e0041" }, []string{"affiliation: name.characters"}},
			"organisation empty": {testkit.As(verify.Organisation, ""), []string{"organisation: organisation.empty"}},
			"kind":               {testkit.As("committee", ""), []string{"kind: kind"}},
			"listing":            {testkit.Listed("friends"), []string{"listing: listing"}},
			"country":            {func(r *signing.Request) { r.Country = "XX" }, []string{"country: country"}},
			"consent":            {func(r *signing.Request) { r.Consent = false }, []string{"consent: consent"}},
			"edition unknown":    {func(r *signing.Request) { r.Edition = 2 }, []string{"edition: edition.unknown"}},
			"edition zero":       {func(r *signing.Request) { r.Edition = 0 }, []string{"edition: edition.unknown"}},
			"three at once": {func(r *signing.Request) { r.Name, r.Email, r.Consent = "", "", false },
				[]string{"name: name.empty", "email: email.empty", "consent: consent"}},
		} {
			_, err := d.Signing.Sign(t.Context(), d.Form("mina@example.org", c.change))
			if t.Run(name, func(t *testing.T) { testkit.WantFault(t, err, c.want...) }); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v is not Invalid", name, err)
			}
		}
		if n := d.Count(qCountPending); n != 0 {
			t.Errorf("%d submissions were stored", n)
		}
	})
}

func TestSign_kindFollowsSignOn(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for signOn, allowed := range map[letter.SignOn]string{letter.SignOnPeople: "person", letter.SignOnOrganisations: "organisation",
			letter.SignOnBoth: "person organisation both"} {
			d.Letter = d.Set(d.Letter.Slug, letter.Settings{SignOn: &signOn})
			for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
				_, err := d.Signing.Sign(t.Context(), d.Form("mina@example.org", testkit.As(kind, "River Watch")))
				if want := strings.Contains(allowed, string(kind)); (err == nil) != want {
					t.Errorf("%s on %s: %v", kind, signOn, err)
				}
			}
		}
	})
}

func TestSign_anOrganisationsRepresentativeMayStayUnnamed(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.Give("office@example.org", testkit.As(verify.Organisation, "River Watch"), testkit.Named(""))
		d.Publish()
		if got := d.Names(verify.Organisation, "", 10); r.Name != "" || len(got) != 1 || got[0] != "River Watch" {
			t.Errorf("receipt %+v, list %q", r, got)
		}
	})
}

func TestSign_newerEditionAsksAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Publish: true, Text: testkit.Text("The bridge fell."), Follows: letter.FollowsSubstantive})
		_, err := d.Signing.Sign(t.Context(), d.Form("mina@example.org", func(r *signing.Request) { r.Edition = 1 }))
		testkit.WantFault(t, err, "edition: edition.newer")
	})
}

func TestSign_refusedWhenTheLetterTakesNone(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		deadline := letter.Deadline{At: d.Clock.Now().Add(time.Hour), Zone: time.UTC}
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Deadline: &deadline})
		d.Clock.Advance(time.Hour - time.Second)
		d.Submit("last@example.org")
		d.Clock.Advance(time.Second)
		_, err := d.Signing.Sign(t.Context(), d.Form("late@example.org"))
		testkit.WantFault(t, err, ": letter.deadline")

		closed := d.Open("closed")
		if err := d.Letters.Close(t.Context(), "closed", 0); err != nil {
			t.Fatal(err)
		}
		draft := d.Write(letter.Import{Slug: "draft", Text: testkit.Text("Later.")})
		none := d.Write(letter.Import{Slug: "none", Text: testkit.Text("To read."), Publish: true, Settings: letter.Settings{SignOn: new(letter.SignOnNone)}})
		for _, l := range []letter.Letter{closed, draft, none} {
			if d.Letter, err = d.Letters.Find(t.Context(), l.Slug); err != nil {
				t.Fatal(err)
			}
			_, err := d.Signing.Sign(t.Context(), d.Form("late@example.org", func(r *signing.Request) { r.Edition = 1 }))
			if !fault.Is(err, fault.Gone) {
				t.Errorf("%s: %v, want Gone", l.Slug, err)
			}
		}
	})
}

func TestSign_threeMailsAnAddressInAnySevenDays(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var sent []time.Time
		for day := range 30 { // three tries a day, spread over it
			for range 3 {
				before := d.Jobs("mail.confirm")
				d.Submit("Mina@Example.org")
				if d.Jobs("mail.confirm") > before {
					sent = append(sent, d.Clock.Now())
				}
				d.Clock.Advance(5 * time.Hour)
			}
			d.Clock.Set(d.Clock.Now().Add(9 * time.Hour))
			if day == 15 {
				if err := d.Retain(t.Context()); err != nil { // forgets no budget that still binds
					t.Fatal(err)
				}
			}
		}
		for i := 3; i < len(sent); i++ {
			if sent[i].Sub(sent[i-3]) <= 7*24*time.Hour {
				t.Errorf("4 mails within 7 days: %v", sent[i-3:i+1])
			}
		}
		if len(sent) < 12 {
			t.Errorf("%d mails in 30 days: the budget does not come back", len(sent))
		}
	})
}

func TestSign_fiveMailsAMailboxADayOverAllLetters(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for i, slug := range strings.Fields("a b c d e f g h") {
			d.Letter = d.Open(slug)
			address := []string{"mina@example.org", "MINA@example.org", "mina+x@example.org", "mina+y@example.org"}[i%4]
			if _, err := d.Signing.Sign(t.Context(), d.Form(address)); err != nil {
				t.Fatalf("the answer tells that the budget is spent: %v", err)
			}
		}
		if n := d.Jobs("mail.confirm"); n != 5 {
			t.Errorf("%d mails on one day, want 5", n)
		}
		d.Clock.Advance(24 * time.Hour)
		d.Submit("mina@example.org")
		if n := d.Jobs("mail.confirm"); n != 6 {
			t.Errorf("%d mails, want a sixth on the next day", n)
		}
	})
}

func TestSign_unlimitedLiftsTheBudgets(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Mailboxes.Unlimited = true
		for range 8 {
			d.Submit("bench@example.org")
		}
		if n := d.Jobs("mail.confirm"); n != 8 {
			t.Errorf("%d mails, want 8", n)
		}
	})
}

func TestResend_withinTheBudgetAndOnlyForItsBrowser(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		if err := d.Signing.Resend(t.Context(), id, "another browser"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another browser: %v", err)
		}
		if _, err := d.Signing.Waiting(t.Context(), id, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("no cookie: %v", err)
		}
		for range 5 {
			if err := d.Signing.Resend(t.Context(), id, testkit.BrowserCookie); err != nil {
				t.Fatal(err)
			}
		}
		w, err := d.Signing.Waiting(t.Context(), id, testkit.BrowserCookie)
		if err != nil || w.Email != "mina@example.org" || len(w.Code) != 6 || w.CanResend {
			t.Errorf("Waiting = %+v, %v; want the address, a code and no more mails", w, err)
		}
		if n := d.Jobs("mail.confirm"); n != 3 {
			t.Errorf("%d mails, want 3", n)
		}
	})
}

// A browser learns of its own submission nothing that others' submissions to that address have a part in: after three, it is offered
// as many more mails for an address that signed, and has used mails up, as for one that nobody knows.
func TestResend_tellsNothingOfTheAddress(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Give("signed@example.org")
		offers := func(email string) (shown []bool) {
			for _, id := range []int64{d.Submit(email), d.Submit(email), d.Submit(email)} {
				for range mailbox.MailsAWeek + 1 {
					w, err := d.Signing.Waiting(t.Context(), id, testkit.BrowserCookie)
					if err != nil {
						t.Fatal(err)
					}
					shown = append(shown, w.CanResend)
					if err := d.Signing.Resend(t.Context(), id, testkit.BrowserCookie); err != nil {
						t.Fatal(err)
					}
				}
			}
			return shown
		}
		confirmed := d.Submit("late@example.org")
		d.Press(d.Token(confirmed)) // as its owner does, in another browser
		mails := d.Jobs("mail.confirm")
		for i := range mailbox.MailsAWeek {
			w, err := d.Signing.Waiting(t.Context(), confirmed, testkit.BrowserCookie)
			if err != nil || w.CanResend != (i < mailbox.MailsAWeek-1) {
				t.Errorf("a submission that is confirmed is offered mail %d: %v, %v", i+2, w.CanResend, err)
			}
			if err := d.Signing.Resend(t.Context(), confirmed, testkit.BrowserCookie); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.Jobs("mail.confirm"); n != mails {
			t.Errorf("%d mails ask for what is confirmed", n-mails)
		}
		if known, unknown := offers("signed@example.org"), offers("nobody@example.org"); !slices.Equal(known, unknown) || !known[0] || known[len(known)-1] {
			t.Errorf("an address that signed is offered %v, another %v", known, unknown)
		}
	})
}

// The language of the text that was signed is kept with the signature, apart from that of the page, in which mails go.
func TestSign_remembersTheLanguageOfTheText(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Publish: true, Follows: letter.FollowsTranslation,
			Text: letter.Text{Language: "fa", Title: "دربارهٔ پل", Body: "پل ناامن است.", Translator: "Mina Farahani"}})
		for i, c := range []struct{ text, page, want string }{
			{"fa", "en", "fa"}, {"en", "fa", "en"}, {"", "fa", "fa"}, {"xx", "fa", "fa"}, {"../fa", "de", "en"}, {"", "", "en"},
		} {
			reads := func(r *signing.Request) { r.Text, r.Lang = c.text, c.page }
			token := d.Token(d.Submit(fmt.Sprintf("reader%d@example.org", i), reads, testkit.As(signing.Both, fmt.Sprintf("Readers’ Hall %d", i))))
			if shown, err := d.Signing.Confirmation(t.Context(), token, testkit.BrowserCookie); err != nil || shown.Text != c.want {
				t.Errorf("%+v: the confirmation says %q, %v", c, shown.Text, err)
			}
			receipt := d.Press(token)
			if again := d.Press(token); receipt.Text != c.want || again.Text != c.want {
				t.Errorf("%+v: the receipt says %q, and again %q", c, receipt.Text, again.Text)
			}
			own := d.Own(receipt.Secret)
			for _, o := range own {
				if o.Text != c.want || o.Language != c.page {
					t.Errorf("%+v: kept are the text's language %q and the page's %q", c, o.Text, o.Language)
				}
			}
			if len(own) != 2 {
				t.Errorf("%d signatures", len(own))
			}
		}
		for _, text := range []string{"en", "fa"} { // who signs again signs what is read then
			r := d.Give("twice@example.org", func(r *signing.Request) { r.Text = text })
			if own := d.Own(r.Secret); own[0].Text != text {
				t.Errorf("signed in %s, kept %q", text, own[0].Text)
			}
		}
	})
}

package signing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
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
				d.give("warm@example.org", as(kind, "Warm Up")) // loads the letter's key and the directory
				take()
				pending := d.sign("a@example.org", as(kind, "River Watch"))
				reads, writes := take()
				if len(reads) != 0 || len(writes) > 4 {
					t.Errorf("Sign: reads %v, writes %v; want none and at most 4", reads, writes)
				}
				token := d.token(pending)
				take()
				d.confirm(token)
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
			d.give("known@example.org")
			take()
			d.sign("known@example.org")
			_, known := take()
			d.sign("new@example.org")
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
			"name empty":         {named("  "), []string{"name: name.empty"}},
			"name long":          {named(long[:402]), []string{"name: name.long"}},
			"name no letter":     {named("123 …"), []string{"name: name.script"}},
			"name web address":   {named("Buy at www.example.com"), []string{"name: name.url"}},
			"name e-mail":        {named("a@b.example"), []string{"name: name.url"}},
			"name override":      {named("Ali\u202e ilA"), []string{"name: name.characters"}},
			"name not UTF-8":     {named("Ali\xff"), []string{"name: form.encoding"}},
			"email empty":        {func(r *signing.Request) { r.Email = "" }, []string{"email: email.empty"}},
			"email bad":          {func(r *signing.Request) { r.Email = "mina at example" }, []string{"email: email.bad"}},
			"email two":          {func(r *signing.Request) { r.Email = "a@example.org, b@example.org" }, []string{"email: email.bad"}},
			"email header":       {func(r *signing.Request) { r.Email = "a@example.org\r\nBcc: b@example.org" }, []string{"email: email.bad"}},
			"email hidden":       {func(r *signing.Request) { r.Email = "a\u202eb@example.org" }, []string{"email: email.bad"}},
			"email long":         {func(r *signing.Request) { r.Email = strings.Repeat("a", 250) + "@example.org" }, []string{"email: email.long"}},
			"title long":         {func(r *signing.Request) { r.Title = long }, []string{"title: title.long"}},
			"affiliation long":   {func(r *signing.Request) { r.Affiliation = long }, []string{"affiliation: affiliation.long"}},
			"affiliation tag":    {func(r *signing.Request) { r.Affiliation = "Uni\U000e0041" }, []string{"affiliation: name.characters"}},
			"organisation empty": {as(verify.Organisation, ""), []string{"organisation: organisation.empty"}},
			"kind":               {as("committee", ""), []string{"kind: kind"}},
			"listing":            {listed("friends"), []string{"listing: listing"}},
			"country":            {func(r *signing.Request) { r.Country = "XX" }, []string{"country: country"}},
			"consent":            {func(r *signing.Request) { r.Consent = false }, []string{"consent: consent"}},
			"edition unknown":    {func(r *signing.Request) { r.Edition = 2 }, []string{"edition: edition.unknown"}},
			"edition zero":       {func(r *signing.Request) { r.Edition = 0 }, []string{"edition: edition.unknown"}},
			"three at once": {func(r *signing.Request) { r.Name, r.Email, r.Consent = "", "", false },
				[]string{"name: name.empty", "email: email.empty", "consent: consent"}},
		} {
			_, err := d.Sign(t.Context(), d.form("mina@example.org", c.change))
			if t.Run(name, func(t *testing.T) { wantFault(t, err, c.want...) }); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v is not Invalid", name, err)
			}
		}
		if n := d.count(qCountPending); n != 0 {
			t.Errorf("%d submissions were stored", n)
		}
	})
}

func TestSign_kindFollowsSignOn(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for signOn, allowed := range map[letter.SignOn]string{letter.SignOnPeople: "person", letter.SignOnOrganisations: "organisation",
			letter.SignOnBoth: "person organisation both"} {
			d.letter = d.write(letter.Change{Slug: d.letter.Slug, SignOn: &signOn})
			for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
				_, err := d.Sign(t.Context(), d.form("mina@example.org", as(kind, "River Watch")))
				if want := strings.Contains(allowed, string(kind)); (err == nil) != want {
					t.Errorf("%s on %s: %v", kind, signOn, err)
				}
			}
		}
	})
}

func TestSign_anOrganisationsRepresentativeMayStayUnnamed(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.give("office@example.org", as(verify.Organisation, "River Watch"), named(""))
		d.publish()
		if got := d.names(verify.Organisation, "", 10); r.Name != "" || len(got) != 1 || got[0] != "River Watch" {
			t.Errorf("receipt %+v, list %q", r, got)
		}
	})
}

func TestSign_newerEditionAsksAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.letter = d.write(letter.Change{Slug: d.letter.Slug, Publish: true, Text: text("The bridge fell."), Follows: letter.FollowsSubstantive})
		_, err := d.Sign(t.Context(), d.form("mina@example.org", func(r *signing.Request) { r.Edition = 1 }))
		wantFault(t, err, "edition: edition.newer")
	})
}

func TestSign_refusedWhenTheLetterTakesNone(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		deadline := letter.Deadline{At: d.clock.Now().Add(time.Hour), Zone: time.UTC}
		d.letter = d.write(letter.Change{Slug: d.letter.Slug, Deadline: &deadline})
		d.clock.Advance(time.Hour - time.Second)
		d.sign("last@example.org")
		d.clock.Advance(time.Second)
		_, err := d.Sign(t.Context(), d.form("late@example.org"))
		wantFault(t, err, ": letter.deadline")

		closed := d.open("closed")
		if err := d.letters.Close(t.Context(), "closed", 0); err != nil {
			t.Fatal(err)
		}
		draft := d.write(letter.Change{Slug: "draft", Create: true, Text: text("Later.")})
		none := d.write(letter.Change{Slug: "none", Create: true, Text: text("To read."), SignOn: new(letter.SignOnNone), Publish: true})
		for _, l := range []letter.Letter{closed, draft, none} {
			if d.letter, err = d.letters.Find(t.Context(), l.Slug); err != nil {
				t.Fatal(err)
			}
			_, err := d.Sign(t.Context(), d.form("late@example.org", func(r *signing.Request) { r.Edition = 1 }))
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
				before := d.mails()
				d.sign("Mina@Example.org")
				if d.mails() > before {
					sent = append(sent, d.clock.Now())
				}
				d.clock.Advance(5 * time.Hour)
			}
			d.clock.Set(d.clock.Now().Add(9 * time.Hour))
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
			d.letter = d.open(slug)
			address := []string{"mina@example.org", "MINA@example.org", "mina+x@example.org", "mina+y@example.org"}[i%4]
			if _, err := d.Sign(t.Context(), d.form(address)); err != nil {
				t.Fatalf("the answer tells that the budget is spent: %v", err)
			}
		}
		if n := d.mails(); n != 5 {
			t.Errorf("%d mails on one day, want 5", n)
		}
		d.clock.Advance(24 * time.Hour)
		d.sign("mina@example.org")
		if n := d.mails(); n != 6 {
			t.Errorf("%d mails, want a sixth on the next day", n)
		}
	})
}

func TestSign_unlimitedLiftsTheBudgets(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Unlimited = true
		for range 8 {
			d.sign("bench@example.org")
		}
		if n := d.mails(); n != 8 {
			t.Errorf("%d mails, want 8", n)
		}
	})
}

func TestResend_withinTheBudgetAndOnlyForItsBrowser(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.sign("mina@example.org")
		if err := d.Resend(t.Context(), id, "another browser"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another browser: %v", err)
		}
		if _, err := d.Waiting(t.Context(), id, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("no cookie: %v", err)
		}
		for range 5 {
			if err := d.Resend(t.Context(), id, browser); err != nil {
				t.Fatal(err)
			}
		}
		w, err := d.Waiting(t.Context(), id, browser)
		if err != nil || w.Email != "mina@example.org" || len(w.Code) != 6 || w.CanResend {
			t.Errorf("Waiting = %+v, %v; want the address, a code and no more mails", w, err)
		}
		if n := d.mails(); n != 3 {
			t.Errorf("%d mails, want 3", n)
		}
	})
}

// The language of the text that was signed is kept with the signature, apart from that of the page, in which mails go.
func TestSign_remembersTheLanguageOfTheText(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.letter = d.write(letter.Change{Slug: d.letter.Slug, Publish: true, Follows: letter.FollowsTranslation,
			Text: &letter.Text{Language: "fa", Title: "دربارهٔ پل", Body: "پل ناامن است.", Translator: "Mina Farahani"}})
		for i, c := range []struct{ text, page, want string }{
			{"fa", "en", "fa"}, {"en", "fa", "en"}, {"", "fa", "fa"}, {"xx", "fa", "fa"}, {"../fa", "de", "en"}, {"", "", "en"},
		} {
			reads := func(r *signing.Request) { r.Text, r.Lang = c.text, c.page }
			token := d.token(d.sign(fmt.Sprintf("reader%d@example.org", i), reads, as(signing.Both, fmt.Sprintf("Readers’ Hall %d", i))))
			if shown, err := d.Confirmation(t.Context(), token, browser); err != nil || shown.Text != c.want {
				t.Errorf("%+v: the confirmation says %q, %v", c, shown.Text, err)
			}
			receipt := d.confirm(token)
			if again := d.confirm(token); receipt.Text != c.want || again.Text != c.want {
				t.Errorf("%+v: the receipt says %q, and again %q", c, receipt.Text, again.Text)
			}
			own := d.own(receipt.Secret)
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
			r := d.give("twice@example.org", func(r *signing.Request) { r.Text = text })
			if own := d.own(r.Secret); own[0].Text != text {
				t.Errorf("signed in %s, kept %q", text, own[0].Text)
			}
		}
	})
}

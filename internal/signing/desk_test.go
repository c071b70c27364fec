package signing_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// desk is a letter that can be signed and everything around it.
type desk struct {
	*signing.Service
	t       testing.TB
	clock   *testkit.Clock
	letters *letter.Service
	letter  letter.Letter
}

const browser = "the browser that signed"

func newDesk(t testing.TB, db *store.DB, clock *testkit.Clock) *desk {
	t.Helper()
	keys, err := seal.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	letters := &letter.Service{DB: db, Keys: keys}
	d := &desk{Service: &signing.Service{DB: db, Keys: keys, Letters: letters, Log: testkit.PublicLog(t, db)}, t: t, clock: clock, letters: letters}
	d.letter = d.open("bridge")
	return d
}

// open publishes another letter that people and organisations can sign.
func (d *desk) open(slug string) letter.Letter {
	d.t.Helper()
	return d.write(letter.Change{Slug: slug, Create: true, Publish: true, Text: text("The bridge is unsafe."),
		Organisations: []account.Organisation{{Slug: "peace-office", Names: map[string]string{"en": "Peace Office", "fa": "دفتر صلح"}}},
		Leads:         []string{"peace-office"}})
}

func text(body string) *letter.Text {
	return &letter.Text{Language: "en", Title: "On the bridge", Body: body}
}

func (d *desk) write(c letter.Change) letter.Letter {
	d.t.Helper()
	l, err := d.letters.Write(d.t.Context(), c)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

// form is a valid form of a person; options change it.
func (d *desk) form(email string, options ...func(r *signing.Request)) signing.Request {
	r := signing.Request{Letter: d.letter, Edition: d.letter.Edition.Number, Browser: browser, Lang: "en", Shown: signing.Shown{Kind: verify.Person, Name: "Mina Farahani", Listing: signing.Public},
		Email: email, Consent: true, IsCountry: i18n.IsCountry}
	for _, option := range options {
		option(&r)
	}
	return r
}

func named(name string) func(*signing.Request) { return func(r *signing.Request) { r.Name = name } }

func listed(l signing.Listing) func(*signing.Request) {
	return func(r *signing.Request) { r.Listing = l }
}

func as(kind verify.Kind, organisation string) func(*signing.Request) {
	return func(r *signing.Request) { r.Kind, r.Organisation = kind, organisation }
}

func (d *desk) sign(email string, options ...func(r *signing.Request)) (pending int64) {
	d.t.Helper()
	id, err := d.Sign(d.t.Context(), d.form(email, options...))
	if err != nil {
		d.t.Fatalf("Sign: %v", err)
	}
	return id
}

// token returns the token of the mail's link.
func (d *desk) token(pending int64) string {
	d.t.Helper()
	e, send, err := d.Envelope(d.t.Context(), pending)
	if err != nil || !send {
		d.t.Fatalf("Envelope: send %v, %v", send, err)
	}
	return e.Token
}

func (d *desk) confirm(token string) signing.Receipt {
	d.t.Helper()
	r, err := d.Confirm(d.t.Context(), token, browser, "", signing.Shown{})
	if err != nil {
		d.t.Fatalf("Confirm: %v", err)
	}
	return r
}

// give signs and confirms.
func (d *desk) give(email string, options ...func(r *signing.Request)) signing.Receipt {
	d.t.Helper()
	return d.confirm(d.token(d.sign(email, options...)))
}

func (d *desk) publish() {
	d.t.Helper()
	if _, err := d.Publish(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) own(secret string) []signing.Own {
	d.t.Helper()
	own, err := d.Find(d.t.Context(), secret)
	if err != nil {
		d.t.Fatalf("Find: %v", err)
	}
	return own
}

// counts publishes and returns the counts without what tests do not compare.
func (d *desk) counts() signing.Counts {
	d.t.Helper()
	d.publish()
	c, _, _, err := d.Summary(d.t.Context(), d.letter.ID, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// names returns the whole public list of a kind, page by page, or what a query finds.
func (d *desk) names(kind verify.Kind, query string, limit int) (names []string) {
	d.t.Helper()
	for cursor := ""; ; {
		p, err := d.List(d.t.Context(), d.letter.ID, kind, query, cursor, limit)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, s := range p.Signatories {
			names = append(names, s.Name)
		}
		if cursor = p.Next; cursor == "" {
			return names
		}
	}
}

// count returns a number read by a query registered for tests.
func (d *desk) count(q *store.Query, args ...any) (n int64) {
	d.t.Helper()
	err := d.DB.View(d.t.Context(), func(tx *store.Tx) error { return tx.Row(q, args...).Scan(&n) })
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

var (
	qCountJobs    = store.Q("test.count_jobs", `SELECT COUNT(*) FROM job WHERE kind = $1`)
	qCountPending = store.Q("test.count_pending", `SELECT COUNT(*) FROM pending`)
	qCountSealed  = store.Q("test.count_sealed", `SELECT COUNT(*) FROM signature_sealed`)
	qCountSigned  = store.Q("test.count_signed", `SELECT COUNT(*) FROM signature`)
)

// mails returns how many confirmation mails were asked for.
func (d *desk) mails() int64 { return d.count(qCountJobs, "mail.confirm") }

// wantFault fails unless err holds exactly the faults, written "field: key".
func wantFault(t testing.TB, err error, want ...string) {
	t.Helper()
	var got []string
	for _, f := range fault.All(err) {
		got = append(got, fmt.Sprintf("%s: %s", f.Field, f.Key))
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q (%v)", got, want, err)
	}
}

// desks runs body with a desk on each engine.
func desks(t *testing.T, body func(t *testing.T, d *desk)) {
	t.Helper()
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) { body(t, newDesk(t, db, clock)) })
}

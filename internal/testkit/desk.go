package testkit

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Desk is a letter that can be signed, and the services around it without a server.
type Desk struct {
	app.Services
	T      testing.TB
	DB     *store.DB
	Clock  *Clock
	Letter letter.Letter
}

// BrowserCookie is that of the browser which makes the submissions of a Desk.
const BrowserCookie = "the browser that signed"

// NewDesk returns a desk on a database, with keys and a log of its own.
func NewDesk(t testing.TB, db *store.DB, clock *Clock) *Desk {
	t.Helper()
	keys, err := seal.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{Services: app.NewServices(db, keys, PublicLog(t, db), nil), T: t, DB: db, Clock: clock}
	d.Letter = d.Open("bridge")
	return d
}

// AnotherProcess returns a desk of another process on the same instance.
func (d *Desk) AnotherProcess() *Desk {
	other := *d
	other.Services = app.NewServices(d.DB, d.Signing.Keys, d.Log, d.Signing.Lookup)
	other.Mailboxes.Unlimited = d.Mailboxes.Unlimited
	return &other
}

// Desks runs body with a desk on each engine.
func Desks(t *testing.T, body func(t *testing.T, d *Desk)) {
	t.Helper()
	Stores(t, func(t *testing.T, db *store.DB, clock *Clock) { body(t, NewDesk(t, db, clock)) })
}

// Open publishes another letter that people and organisations can sign.
func (d *Desk) Open(slug string) letter.Letter {
	d.T.Helper()
	return d.Write(letter.Import{Slug: slug, Text: Text("The bridge is unsafe."), Publish: true,
		Organisations: []account.Organisation{{Slug: "peace-office", Names: map[string]string{"en": "Peace Office", "fa": "دفتر صلح"}}},
		Settings:      letter.Settings{Leads: []string{"peace-office"}}})
}

// Text is a text of a letter.
func Text(body string) letter.Text {
	return letter.Text{Language: "en", Title: "On the bridge", Body: body}
}

// Write makes a letter, or gives one its next text.
func (d *Desk) Write(i letter.Import) letter.Letter {
	d.T.Helper()
	l, _, err := d.Letters.Import(d.T.Context(), i)
	if err != nil {
		d.T.Fatal(err)
	}
	return l
}

// Set changes the settings of a letter.
func (d *Desk) Set(slug string, set letter.Settings) letter.Letter {
	d.T.Helper()
	l, err := d.Letters.SetSettings(d.T.Context(), slug, set, 0)
	if err != nil {
		d.T.Fatal(err)
	}
	return l
}

// PublishText publishes the text of a draft.
func (d *Desk) PublishText(slug string) letter.Letter {
	d.T.Helper()
	l, err := d.Letters.Publish(d.T.Context(), slug, letter.Publication{})
	if err != nil {
		d.T.Fatal(err)
	}
	return l
}

// Form is a valid form of a person; options change it.
func (d *Desk) Form(email string, options ...func(r *signing.Request)) signing.Request {
	r := signing.Request{Letter: d.Letter, Edition: d.Letter.Edition.Number, Browser: BrowserCookie, Lang: "en",
		Shown: signing.Shown{Kind: verify.Person, Name: "Mina Farahani", Listing: roll.Public}, Email: email, Consent: true, IsCountry: i18n.IsCountry}
	for _, option := range options {
		option(&r)
	}
	return r
}

// Named is a form with that name.
func Named(name string) func(*signing.Request) { return func(r *signing.Request) { r.Name = name } }

// Listed is a form with that listing.
func Listed(l roll.Listing) func(*signing.Request) {
	return func(r *signing.Request) { r.Listing = l }
}

// As is a form of that kind, for an organisation.
func As(kind verify.Kind, organisation string) func(*signing.Request) {
	return func(r *signing.Request) { r.Kind, r.Organisation = kind, organisation }
}

// Submit sends a form in.
func (d *Desk) Submit(email string, options ...func(r *signing.Request)) (pending int64) {
	d.T.Helper()
	id, err := d.Signing.Sign(d.T.Context(), d.Form(email, options...))
	if err != nil {
		d.T.Fatalf("Sign: %v", err)
	}
	return id
}

// Token returns the token of the link that a submission's mail has.
func (d *Desk) Token(pending int64) string {
	d.T.Helper()
	e, send, err := d.Signing.Envelope(d.T.Context(), pending)
	if err != nil || !send {
		d.T.Fatalf("Envelope: send %v, %v", send, err)
	}
	return e.Token
}

// Press presses the button behind a link in the browser that signed.
func (d *Desk) Press(token string) signing.Receipt {
	d.T.Helper()
	r, err := d.Signing.Confirm(d.T.Context(), token, BrowserCookie, "", signing.Shown{})
	if err != nil {
		d.T.Fatalf("Confirm: %v", err)
	}
	return r
}

// Give signs and confirms.
func (d *Desk) Give(email string, options ...func(r *signing.Request)) signing.Receipt {
	d.T.Helper()
	return d.Press(d.Token(d.Submit(email, options...)))
}

// GiveAll gives and publishes signatures with these names, each from an address of its own.
func (d *Desk) GiveAll(names []string, options ...func(*signing.Request)) {
	d.T.Helper()
	for i, name := range names {
		d.Give(fmt.Sprintf("a%d.%d@example.org", d.Signatures(), i), append(options, Named(name))...)
	}
	d.Publish()
}

// List reads a CSV as a list of signatories.
func List(t testing.TB, text string) *roster.Roster {
	t.Helper()
	r, err := roster.Read("list.csv", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Plan plans the import of a list that came on paper.
func (d *Desk) Plan(r *roster.Roster) *intake.Plan {
	d.T.Helper()
	p, err := d.Intake.Plan(d.T.Context(), intake.Import{Letter: d.Letter, List: r, Basis: verify.ByPaper,
		Source: "Sheets from the town hall", Listing: roll.Public})
	if err != nil {
		d.T.Fatal(err)
	}
	return p
}

// Apply adds what is planned.
func (d *Desk) Apply(p *intake.Plan) intake.Batch {
	d.T.Helper()
	b, err := d.Intake.Apply(d.T.Context(), p, nil)
	if err != nil {
		d.T.Fatal(err)
	}
	return b
}

// Publish publishes what waits.
func (d *Desk) Publish() {
	d.T.Helper()
	if _, err := d.Signing.Publish(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
}

// Work runs the services' jobs until none of a kind is left.
func (d *Desk) Work(kind string) {
	d.T.Helper()
	runner := job.NewRunner(d.DB, nil, job.Options{})
	d.Register(runner)
	ctx, cancel := context.WithCancel(d.T.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	for d.Jobs(kind) > 0 && d.T.Context().Err() == nil {
		runtime.Gosched()
	}
	cancel()
	if err := <-ended; err != nil {
		d.T.Error(err)
	}
}

// Problems returns what the check of the log finds.
func (d *Desk) Problems() (list []string) {
	d.T.Helper()
	problem := func(err error) { list = append(list, err.Error()) }
	err := d.DB.View(d.T.Context(), func(tx *store.Tx) error {
		c := d.Signing.NewCheck(tx, problem)
		if _, err := d.Log.Check(tx, c.Leaf, problem); err != nil {
			return err
		}
		return c.End()
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return list
}

// Own returns the signatures of a receipt secret.
func (d *Desk) Own(secret string) []signing.Own {
	d.T.Helper()
	own, err := d.Signing.Receipts.Find(d.T.Context(), secret)
	if err != nil {
		d.T.Fatalf("Find: %v", err)
	}
	return own
}

// Counts publishes and returns the counts.
func (d *Desk) Counts() roll.Counts {
	d.T.Helper()
	d.Publish()
	c, _, _, err := d.Roll.Summary(d.T.Context(), d.Letter.ID, 0)
	if err != nil {
		d.T.Fatal(err)
	}
	return c
}

// Names returns the whole public list of a kind, page by page, or what a query finds.
func (d *Desk) Names(kind verify.Kind, query string, limit int) (names []string) {
	d.T.Helper()
	for cursor := ""; ; {
		p, err := d.Roll.List(d.T.Context(), d.Letter.ID, kind, query, cursor, limit)
		if err != nil {
			d.T.Fatal(err)
		}
		for _, s := range p.Signatories {
			names = append(names, s.Name)
		}
		if cursor = p.Next; cursor == "" {
			return names
		}
	}
}

// Count returns a number read by a query registered for tests.
func (d *Desk) Count(q *store.Query, args ...any) (n int64) {
	d.T.Helper()
	err := d.DB.View(d.T.Context(), func(tx *store.Tx) error { return tx.Row(q, args...).Scan(&n) })
	if err != nil {
		d.T.Fatal(err)
	}
	return n
}

var (
	qCountSigned = store.Q("test.count_signed", `SELECT COUNT(*) FROM signature`)
	qCountJobs   = store.Q("test.count_jobs", `SELECT COUNT(*) FROM job WHERE kind = $1`)
)

// Words returns a word of letters for a number.
func Words(i int) string {
	return "b" + string([]rune{rune('a' + i/676%26), rune('a' + i/26%26), rune('a' + i%26)})
}

// Signatures returns how many signatures there are, in any state.
func (d *Desk) Signatures() int64 { return d.Count(qCountSigned) }

// Jobs returns how many jobs of a kind wait.
func (d *Desk) Jobs(kind string) int64 { return d.Count(qCountJobs, kind) }

// WantFault fails unless err holds exactly the faults, written "field: key".
func WantFault(t testing.TB, err error, want ...string) {
	t.Helper()
	var got []string
	for _, f := range fault.All(err) {
		got = append(got, fmt.Sprintf("%s: %s", f.Field, f.Key))
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q (%v)", got, want, err)
	}
}

package journey

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

var (
	recordName  = regexp.MustCompile(`<code dir="ltr" class="link">(_undersigned\.[^<]+)</code>`)
	recordValue = regexp.MustCompile(`<code dir="ltr" class="link">(undersigned=[^<]+)</code>`)
	heldBox     = regexp.MustCompile(`name="id" value="([^"]+)"`)
)

// Organisations sign a letter that looks at them: one shows its mandate by a record of its domain, on its own page; another
// is vouched for at the desk; a third signs from the domain that its entry in the directory has.
func TestMandate_threeOrganisations(t *testing.T) {
	dns := testkit.NameServer(t)
	clock := &testkit.Clock{}
	clock.Set(time.Now())
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Now, o.LookupTXT = clock.Now, dns.LookupTXT })
	ada := a.Operator(t)
	if _, err := a.Letters.SetSettings(t.Context(), testkit.Slug, letter.Settings{Mandate: new(true)}, 0); err != nil {
		t.Fatal(err)
	}
	sign := func(organisation, email string) (c *testkit.Client, secret string) {
		form := testkit.SignForm("Tova Lind", email)
		form.Set("kind", "organisation")
		form.Set("organisation", organisation)
		c = a.Client(t)
		_, mail := a.Sign(t, c, form)
		answer := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm"))
		return c, answer.Secret(t)
	}

	c, secret := sign("River Watch", "river@gmail.com")
	own := c.Post("/signature", url.Values{"secret": {secret}, "do": {"show"}})
	id := heldBox.FindStringSubmatch(own.Body)[1]
	if r := c.Post("/signature", url.Values{"secret": {secret}, "id": {id}, "do": {"record"}, "domain": {"gmail.com"}}); r.Status != 422 ||
		!strings.Contains(r.Body, "Many strangers") {
		t.Errorf("a shared domain: %d", r.Status)
	}
	own = c.Post("/signature", url.Values{"secret": {secret}, "id": {id}, "do": {"record"}, "domain": {"River.example"}})
	name, value := recordName.FindStringSubmatch(own.Body), recordValue.FindStringSubmatch(own.Body)
	if own.Status != 200 || name == nil || value == nil {
		t.Fatalf("%d: no record is shown", own.Status)
	}
	prove := url.Values{"secret": {secret}, "id": {id}, "do": {"prove"}, "domain": {"river.example"}}
	if r := c.Post("/signature", prove); r.Status != 422 || !strings.Contains(r.Body, name[1]) {
		t.Errorf("without the record: %d", r.Status)
	}
	dns.Set(name[1], html.UnescapeString(value[1]))
	if r := c.Post("/signature", prove); r.Status != 200 || !strings.Contains(r.Body, "The organisers now see it") {
		t.Errorf("with the record: %d", r.Status)
	}

	river := ada.Get("/desk/letters/" + testkit.Slug + "/signatures")
	if !strings.Contains(river.Body, "A record shows that it runs") || !strings.Contains(river.Body, "river.example") {
		t.Error("the desk does not show which domain was shown")
	}
	if r := ada.Post("/desk/letters/"+testkit.Slug+"/signatures",
		url.Values{"do": {"release"}, "id": {heldBox.FindStringSubmatch(river.Body)[1]}}); r.Status != 303 {
		t.Errorf("%d: %.300s", r.Status, r.Body)
	}

	sign("Hill Watch", "office@hill.example")
	reviewer := a.Member(t, testkit.Lead, account.Reviewer, "rev@lantern.example")
	path := "/desk/letters/" + testkit.Slug + "/signatures"
	page := ada.Get(path)
	box := heldBox.FindStringSubmatch(page.Body)
	if box == nil || !strings.Contains(page.Body, "hill.example") || strings.Contains(page.Body, "Tova") || strings.Contains(page.Body, "office@") {
		t.Fatalf("the desk shows %.2000s", page.Body)
	}
	if r := reviewer.Post(path, url.Values{"do": {"release"}, "id": {box[1]}}); r.Status != 403 || !strings.Contains(r.Body, "Only an editor") {
		t.Errorf("a reviewer vouches: %d", r.Status)
	}
	if r := ada.Post(path, url.Values{"do": {"release"}, "id": {box[1]}}); r.Status != 303 {
		t.Errorf("%d: %.300s", r.Status, r.Body)
	}
	trail := ada.Get("/desk/letters/" + testkit.Slug + "/trail").Body
	if !strings.Contains(trail, "vouched for an organisation") || !strings.Contains(trail, testkit.Lead) || strings.Contains(trail, "Hill") {
		t.Errorf("the trail says %.1500s", trail)
	}

	if err := a.Letters.Directory.Put(t.Context(), account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}); err != nil {
		t.Fatal(err)
	}
	owner := a.Member(t, "quay", account.Owner, "mira@quay.example")
	entry := owner.Post("/desk/organisations/quay", url.Values{"do": {"record"}, "domain": {"quay.example"}})
	name, value = recordName.FindStringSubmatch(entry.Body), recordValue.FindStringSubmatch(entry.Body)
	if name == nil || value == nil {
		t.Fatalf("%d: no record is shown for the organisation", entry.Status)
	}
	if r := owner.Post("/desk/organisations/quay", url.Values{"do": {"domain"}, "domain": {"quay.example"}}); r.Status != 422 {
		t.Errorf("without the record: %d", r.Status)
	}
	dns.Set(name[1], value[1])
	if r := owner.Post("/desk/organisations/quay", url.Values{"do": {"domain"}, "domain": {"quay.example"}}); r.Status != 303 {
		t.Errorf("with the record: %d: %.300s", r.Status, r.Body)
	}
	if r := owner.Post("/desk/organisations/quay", url.Values{"do": {"entry"}, "name-en": {"The Lantern Court Watch"}}); r.Status != 409 {
		t.Errorf("an entry takes the name of another: %d", r.Status)
	}
	clock.Advance(10 * time.Second) // the directory is read again
	sign("Quay Law Clinic", "mira@quay.example")
	counted(t, a, 3, 0)
	bases := map[verify.Basis]int{}
	list, err := a.Signing.Holds.List(t.Context(), testkit.Letter(t, a.App).ID, signing.StateListed, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		bases[o.Basis]++
	}
	if bases[verify.ByDomain] != 2 || bases[verify.ByVoucher] != 1 {
		t.Errorf("%v", bases)
	}
}

package testkit

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

// Counts are the numbers of the letter's public JSON.
type Counts struct{ Persons, Organisations, Withheld, Withdrawn int }

// Counts returns the letter's numbers as they are published.
func (r *Running) Counts(t testing.TB) Counts {
	t.Helper()
	summary, _, _, err := r.Roll.Summary(t.Context(), Letter(t, r.App).ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	return Counts{summary.Persons, summary.Organisations, summary.Withheld, summary.Withdrawn}
}

// AddList imports a list of names as they were collected on paper, and publishes it.
func (r *Running) AddList(t testing.TB, text string) {
	t.Helper()
	list, err := roster.Read("list.csv", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := r.Intake.Plan(t.Context(), intake.Import{Letter: Letter(t, r.App), List: list, Basis: verify.ByPaper, Listing: roll.Public,
		Source: "Sheets of the <assembly>"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Intake.Apply(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	r.Publish(t)
}

// Word returns the i-th word of letters.
func Word(i int) string {
	return string([]byte{byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)})
}

// SignAndConfirm signs and confirms, and returns the page that follows and the receipt.
func (r *Running) SignAndConfirm(t testing.TB, form url.Values) (page Answer, secret string) {
	t.Helper()
	c := r.Client(t)
	_, mail := r.Sign(t, c, form)
	page = c.Post("/confirm/"+mail.Token(), Press("confirm"))
	return page, page.Secret(t)
}

// FillLog gives the letter signatures of every sort and acts on them, until the log has more than one full bundle.
func (r *Running) FillLog(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	var list strings.Builder
	list.WriteString("Name,Title,Organisation,Kind,Listing\n")
	for i := range 260 {
		fmt.Fprintf(&list, "Ann %s Lee,,,person,%s\n", Word(i), []string{"yes", "no"}[i%2])
	}
	r.AddList(t, list.String())
	act := func(email string, with func(own signing.Own, secret string) error, change ...string) {
		form := SignForm("Hesper "+strings.ToUpper(email[:1])+email[1:5], email)
		for i := 0; i+1 < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		_, secret := r.SignAndConfirm(t, form)
		r.Publish(t)
		own, err := r.Signing.Receipts.Find(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range own {
			if with != nil {
				if err := with(o, secret); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	relist := func(to roll.Listing) func(o signing.Own, secret string) error {
		return func(o signing.Own, secret string) error { return r.Signing.Receipts.Relist(ctx, secret, o.ID, to) }
	}
	act("stays@log.example", nil)
	act("hides@log.example", relist(roll.Counted))
	act("shows@log.example", relist(roll.Public), "listing", "counted")
	act("twice@log.example", func(o signing.Own, secret string) error {
		if err := r.Signing.Receipts.Relist(ctx, secret, o.ID, roll.Coalition); err != nil {
			return err
		}
		return r.Signing.Receipts.Relist(ctx, secret, o.ID, roll.Public) // before the first was logged
	})
	act("leaves@log.example", func(o signing.Own, secret string) error { return r.Signing.Receipts.Withdraw(ctx, secret, o.ID) })
	act("erases@log.example", func(o signing.Own, secret string) error { return r.Signing.Receipts.Erase(ctx, secret, o.ID) }, "kind", "both", "organisation",
		"Erased Trust")
	act("forged@log.example", func(o signing.Own, _ string) error { return r.Signing.Holds.Remove(ctx, o.Letter, o.ID, 0, "fraud") })
	act("again@log.example", nil)
	act("again@log.example", nil, "listing", "addressee")
	text := ReadText(t, "granary.en.md")
	text.Body += "\n\nAnd one more paragraph."
	if _, _, err := r.Letters.Import(ctx, letter.Import{Slug: Slug, Text: text, Follows: letter.FollowsSubstantive, Publish: true}); err != nil {
		t.Fatal(err)
	}
	c := r.Client(t)
	Eventually(t, "the new edition is shown", func() bool { return strings.Contains(c.Get(Page+".json").Body, `"edition":{"number":2`) })
	act("later@log.example", nil, "edition", "2")
	act("stays@log.example", nil, "edition", "2") // reaffirms
	r.Publish(t)
	state, err := r.App.Log.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the page has the last numbers", func() bool {
		return strings.Contains(c.Get(Page+".json").Body, fmt.Sprintf(`"checkpoint":{"size":%d,`, state.Published.Size))
	})
}

// Invited is an invitation as it arrived.
type Invited struct{ Mail }

var stopLine = regexp.MustCompile(`(?m)^https?://\S+/unsubscribe/\S+$`)

// Links returns the paths of the invitation and of the page that ends all invitations.
func (m Invited) Links(t testing.TB) (invitation, unsubscribe string) {
	t.Helper()
	stop := stopLine.FindString(m.Text)
	i, u := strings.Index(m.Link, "/invitations/"), strings.Index(stop, "/unsubscribe/")
	if i < 0 || u < 0 {
		t.Fatalf("the mail's links are %q and %q", m.Link, stop)
	}
	return m.Link[i:], stop[u:]
}

// Invite invites to the letter that every App has, and returns the mails.
func (r *Running) Invite(t testing.TB, list ...invitation.Invitee) (mails []Invited) {
	t.Helper()
	before, err := r.Invitations.Invite(t.Context(), Letter(t, r.App).ID, list, 0)
	if err != nil || len(before) > 0 {
		t.Fatalf("%v; invited before: %v", err, before)
	}
	for _, v := range list {
		mails = append(mails, Invited{r.Inbox.Wait(t, v.Email)})
	}
	return mails
}

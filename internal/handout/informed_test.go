package handout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

const words = "Keep me informed: Peace Office may write to me about their work."

// informed is a form on which that is ticked.
func informed(r *signing.Request) { r.Informed = words }

// offers has the letter's form offer to be kept informed, or not.
func (d *desk) offers(on bool) {
	d.T.Helper()
	d.Letter = d.Set(d.Letter.Slug, letter.Settings{Informed: &on})
}

// editor makes a user who writes for an organisation.
func (d *desk) editor(organisation string) int64 {
	d.T.Helper()
	link, err := d.Accounts.Enrolments.NewJoin(d.T.Context(), organisation, account.Editor, "", organisation+"@desk.example", 0)
	if err != nil {
		d.T.Fatal(err)
	}
	x, err := d.Accounts.NewApp("Undersigned")
	if err != nil {
		d.T.Fatal(err)
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(x.Secret, " ", ""), d.DB.Now())
	if err != nil {
		d.T.Fatal(err)
	}
	secret, err := d.Accounts.Enrolments.Enrol(d.T.Context(), link, account.Joining{Name: "Ada", Email: organisation + "@desk.example", Language: "en",
		Password: testkit.Password, App: x.Sealed, Code: code})
	if err != nil {
		d.T.Fatal(err)
	}
	session, err := d.Accounts.Session(d.T.Context(), secret)
	if err != nil {
		d.T.Fatal(err)
	}
	return session.User.ID
}

// contacts are the lines that a user fetches of a list.
func (d *desk) contacts(id, by int64) (lines []string) {
	d.T.Helper()
	_, all, err := d.Handouts.Fetch(d.T.Context(), d.Letter.ID, id, "csv", by)
	if err != nil {
		d.T.Fatal(err)
	}
	for x, err := range all {
		if err != nil {
			d.T.Fatal(err)
		}
		c := x.Contact
		lines = append(lines, fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s", x.Name, c.Organisation, c.Email, c.Language, x.Country, c.Day, c.Words))
	}
	return lines
}

// Those who ticked it, and count, are in the list with what they ticked, whoever may see their name; nobody else is, and no other list
// has an address.
func TestInformed_onlyWhoTicked(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		form := d.Form("early@x.example", informed)
		_, err := d.Signing.Sign(ctx, form)
		testkit.WantFault(t, err, "informed: informed")
		d.offers(true)
		ada := d.editor("peace-office")
		day := d.Clock.Now().UTC().Format(time.DateOnly)
		d.Give("zoe@x.example", testkit.Named("Zoe Ticked"), informed)
		d.Give("dan@x.example", testkit.Named("Dan Counted"), testkit.Listed(roll.Counted), informed, func(r *signing.Request) { r.Country = "NO" })
		d.Give("bo@x.example", testkit.Named("Bo Unticked"))
		d.Give("rep@x.example", testkit.Named("Rep Hill"), testkit.As(verify.Organisation, "Hill Trust"), informed)
		d.Give("both@x.example", testkit.Named("Cleo Both"), testkit.As(signing.Both, "Mill Trust"), informed)
		d.Give("held@x.example", testkit.Named("Nоra Held"), informed) // a Cyrillic letter
		d.Submit("pending@x.example", testkit.Named("Eve Pending"), informed)
		back := d.Give("back@x.example", testkit.Named("Ida Back"), informed)
		gone := d.Give("gone@x.example", testkit.Named("Ulf Gone"), informed)
		erased := d.Give("erased@x.example", testkit.Named("Una Erased"), informed)
		d.Give("again@x.example", testkit.Named("Ole Again"), informed)
		d.Give("again@x.example", testkit.Named("Ole Again"))
		here := d.Letter
		d.Letter = d.Open("elsewhere")
		d.offers(true)
		d.Give("other@x.example", testkit.Named("Liv Elsewhere"), informed)
		d.Letter = here
		d.Publish()
		if err := d.Signing.Receipts.Uninform(ctx, back.Secret); err != nil {
			t.Fatal(err)
		}
		if own := d.Own(back.Secret); own[0].Informed != nil || own[0].Email == "" || own[0].State != signing.StateListed {
			t.Errorf("taken back: %+v", own)
		}
		if err := d.Signing.Receipts.Withdraw(ctx, gone.Secret, d.Own(gone.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Signing.Receipts.Erase(ctx, erased.Secret, d.Own(erased.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		line := func(name, organisation, email, country string) string {
			return strings.Join([]string{name, organisation, email, "en", country, day, words}, "|")
		}
		want := []string{line("Cleo Both", "Mill Trust", "both@x.example", ""), line("Dan Counted", "", "dan@x.example", "NO"),
			line("Rep Hill", "Hill Trust", "rep@x.example", ""), line("Zoe Ticked", "", "zoe@x.example", "")}
		d.offers(false) // who ticked it before agreed
		list := d.made(handout.Informed)
		if diff := cmp.Diff(want, d.contacts(list, ada)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, a := range roll.Audiences {
			id := d.made(a)
			if text := d.opened(id); strings.Contains(text, "@") || strings.Contains(text, words) || strings.Contains(text, "contact") {
				t.Errorf("the list for %s holds %s", a, text)
			}
		}
		for _, format := range []string{"pdf X1", "docx X1"} {
			_, _, err := d.Handouts.Fetch(ctx, d.Letter.ID, list, format, ada)
			testkit.WantFault(t, err, "audience: export.audience")
		}
	})
}

// What is taken back, withdrawn or erased after a list was made is not in what is fetched, and does not lie in it for long.
func TestInformed_takenBackAfterwards(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.offers(true)
		ada := d.editor("peace-office")
		stays := d.Give("stays@x.example", testkit.Named("Siv Stays"), informed)
		back := d.Give("back@x.example", testkit.Named("Ida Back"), testkit.As(signing.Both, "Back Trust"), informed)
		erased := d.Give("erased@x.example", testkit.Named("Una Erased"), informed)
		d.Publish()
		list := d.made(handout.Informed)
		if n := len(d.contacts(list, ada)); n != 3 {
			t.Fatalf("%d lines", n)
		}
		if err := d.Signing.Receipts.Uninform(ctx, back.Secret); err != nil {
			t.Fatal(err)
		}
		if err := d.Signing.Receipts.Uninform(ctx, back.Secret); err != nil { // twice is as once
			t.Fatal(err)
		}
		if err := d.Signing.Receipts.Erase(ctx, erased.Secret, d.Own(erased.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := d.contacts(list, ada); len(got) != 1 || !strings.HasPrefix(got[0], "Siv Stays|") {
			t.Errorf("%q", got)
		}
		if text := d.opened(list); !strings.Contains(text, "back@x.example") {
			t.Error("the sealed part is found to be without who is in it: the search is broken")
		}
		if err := d.Handouts.Forget(ctx); err != nil {
			t.Fatal(err)
		}
		if text := d.opened(list); strings.Contains(text, "back@x.example") || strings.Contains(text, "erased@") || !strings.Contains(text, "stays@") {
			t.Errorf("there lies %s", text)
		}
		if got := d.contacts(d.made(handout.Informed), ada); len(got) != 1 {
			t.Errorf("a new list: %q", got)
		}
		testkit.WantFault(t, d.Signing.Receipts.Uninform(ctx, strings.Repeat("a", 26)), "secret: secret.wrong")
		if own := d.Own(stays.Secret); own[0].Informed == nil || own[0].Informed.Words != words {
			t.Errorf("%+v", own)
		}
	})
}

// An organisation that came to lead the letter later gets nobody who was told of others; where signers have come to be in danger nobody
// gets anything; and with the letter's key the lists end.
func TestInformed_isForWhoWasNamed(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.offers(true)
		ada := d.editor("peace-office")
		d.Give("zoe@x.example", testkit.Named("Zoe Ticked"), informed)
		d.Publish()
		err := d.Letters.Directory.Put(ctx, account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay"}})
		if err != nil {
			t.Fatal(err)
		}
		cid := d.editor("quay")
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Leads: []string{"peace-office", "quay"}})
		d.Give("yan@x.example", testkit.Named("Yan Later"), informed)
		d.Publish()
		list := d.made(handout.Informed)
		if got := d.contacts(list, ada); len(got) != 2 {
			t.Errorf("who was named gets %q", got)
		}
		if got := d.contacts(list, cid); len(got) != 1 || !strings.HasPrefix(got[0], "Yan Later|") {
			t.Errorf("who was not gets %q", got)
		}
		if got := d.contacts(list, 0); len(got) != 0 {
			t.Errorf("nobody gets %q", got)
		}
		protected := true
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Protected: &protected})
		_, err = d.Signing.Sign(ctx, d.Form("xi@x.example", informed))
		testkit.WantFault(t, err, "informed: informed")
		_, _, err = d.Handouts.Fetch(ctx, d.Letter.ID, list, "csv", ada)
		testkit.WantFault(t, err, "audience: export.protected")
		testkit.WantFault(t, d.Handouts.Request(ctx, d.Letter.ID, handout.Informed, 0), "audience: export.protected")
		protected = false
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Protected: &protected})
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(letter.KeptAfterClose - time.Hour)
		d.left(0)
		if got := d.contacts(d.made(handout.Informed), ada); len(got) != 2 {
			t.Errorf("shortly before its key is destroyed: %q", got)
		}
		d.Clock.Advance(2 * time.Hour)
		d.left(0)
		testkit.WantFault(t, d.Handouts.Request(ctx, d.Letter.ID, handout.Informed, 0), ": letter.closed")
	})
}

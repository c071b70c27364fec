package signing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
)

const informedWords = "Peace Office may write to me about their work."

func informed(r *signing.Request) { r.Informed = informedWords }

// listedInformed returns the addresses of those who are informed.
func (d *desk) listedInformed() (addresses []string) {
	d.T.Helper()
	list, err := d.Signing.ListInformed(d.T.Context(), d.Letter.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	for _, x := range list {
		addresses = append(addresses, x.Contact.Email)
	}
	slices.Sort(addresses)
	return addresses
}

func (d *desk) wantInformed(when string, want ...string) {
	d.T.Helper()
	if got := d.listedInformed(); !slices.Equal(got, want) {
		d.T.Errorf("%s %q are informed, want %q", when, got, want)
	}
}

func (d *desk) offersInformed() {
	d.T.Helper()
	on := true
	d.Letter = d.Set(d.Letter.Slug, letter.Settings{Informed: &on})
}

// A backup does not bring back a consent that was taken back since, or was not given when its signer signed again.
func TestInformed_isNotRestored(t *testing.T) {
	testkit.NotRaced(t)
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.offersInformed()
		back := d.Give("back@x.example", testkit.Named("Ida Back"), informed)
		d.Give("again@x.example", testkit.Named("Ole Again"), informed)
		d.Give("never@x.example", testkit.Named("Nils Never"))
		d.Give("stays@x.example", testkit.Named("Siv Stays"), informed)
		d.Publish()
		backup := d.dump()
		d.Clock.Advance(time.Minute)
		if err := d.Signing.Receipts.Uninform(ctx, back.Secret); err != nil {
			t.Fatal(err)
		}
		d.Give("again@x.example", testkit.Named("Ole Again"))
		d.Give("never@x.example", testkit.Named("Nils Never"))
		d.Publish()
		d.wantInformed("before the restore", "stays@x.example")
		ledger := d.erasures()
		restored := d.restored(backup, d.Signing.Keys)
		restored.wantInformed("without the ledger", "again@x.example", "back@x.example", "stays@x.example")
		if again, err := restored.Signing.Erasures.Again(ctx, slices.Values(ledger)); err != nil || again != (signing.Again{Hidden: 2}) {
			t.Errorf("%+v, %v", again, err)
		}
		restored.wantInformed("after the restore", "stays@x.example")
		for _, e := range ledger {
			if !signing.KnownErasure(e.What) {
				t.Errorf("a restore refuses %q", e.What)
			}
		}
		if p := restored.Problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}
	})
}

// Who answers the question about a changed text is informed as before, unless they took that back in between.
func TestInformed_isAskedAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.offersInformed()
		d.Give("stays@x.example", testkit.Named("Siv Stays"), testkit.As(signing.Both, "Stay Trust"), informed)
		back := d.Give("back@x.example", testkit.Named("Ida Back"), informed)
		d.Publish()
		d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Publish: true, Text: testkit.Text("The bridge fell."), Follows: letter.FollowsSubstantive})
		signers, err := d.Signing.Signers(ctx, d.Letter.ID, 0, 10)
		if err != nil || len(signers) != 2 {
			t.Fatalf("%d signers, %v", len(signers), err)
		}
		var asked []signing.Asked
		for _, x := range signers {
			a, err := d.Signing.AskAgain(ctx, d.Letter, x, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.DB.Update(ctx, a.Insert); err != nil {
				t.Fatal(err)
			}
			asked = append(asked, a)
		}
		if err := d.Signing.Receipts.Uninform(ctx, back.Secret); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{informedWords, ""} {
			token := d.Token(asked[i].ID())
			if c, err := d.Signing.Confirmation(ctx, token, "phone"); err != nil || c.Informed != want {
				t.Errorf("the page of the question says %q, want %q, %v", c.Informed, want, err)
			}
			if e, send, err := d.Signing.Envelope(ctx, asked[i].ID()); err != nil || !send || e.Informed != want {
				t.Errorf("its mail says %q, want %q, %v, %v", e.Informed, want, send, err)
			}
			if err := d.Signing.MailCode(ctx, token); err != nil {
				t.Fatal(err)
			}
			e, _, err := d.Signing.Envelope(ctx, asked[i].ID())
			if err != nil {
				t.Fatal(err)
			}
			r, err := d.Signing.Confirm(ctx, token, "phone", e.Code, signing.Shown{})
			if err != nil || r.Informed != want {
				t.Errorf("the receipt says %q, want %q, %v", r.Informed, want, err)
			}
		}
		d.Publish()
		d.wantInformed("after the answers", "stays@x.example")
		if o := d.Counts(); o.Organisations != 1 || o.Persons != 2 {
			t.Errorf("%+v", o)
		}
	})
}

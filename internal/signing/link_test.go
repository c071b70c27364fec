package signing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

// by is a form on the page of an earlier mail's link.
func by(link string) func(*signing.Request) { return func(r *signing.Request) { r.Link = link } }

// Strangers who type an address again and again use up its mails, and their form's owner sees nothing of it. The link of any of these
// mails lets the owner have one more a day, also when it is old, or its letter may mail the address nothing more.
func TestSign_ownersAlwaysHaveAWay(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		mails := func(fn func()) int64 {
			before := d.Jobs("mail.confirm")
			fn()
			return d.Jobs("mail.confirm") - before
		}
		var link string
		for i := range 4 {
			id := d.Submit("owner@gmail.com", testkit.Named("Not Me"))
			if i == 0 {
				link = d.Token(id)
			}
		}
		for range 3 {
			d.Submit("o.wner@gmail.com", testkit.Named("Not Me")) // and those of the mailbox's day
		}
		other := d.Token(d.Submit("other@example.org"))
		key, err := d.Letters.Key(ctx, d.Letter.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			link string
			want int64
		}{"none": {"", 0}, "that of another mailbox": {other, 0}, "a made-up one": {link[:len(link)-4] + "aaaa", 0}, "nonsense": {"x", 0}} {
			if n := mails(func() { d.Submit("owner@gmail.com", by(c.link)) }); n != c.want {
				t.Errorf("with the link %s: %d mails, want %d", name, n, c.want)
			}
		}
		if n := mails(func() { d.Submit("o.wner@gmail.com", by(link)) }); n != 0 {
			t.Errorf("for another spelling, which the link was not mailed to: %d mails", n)
		}
		if n := mails(func() { d.Submit("Owner@Gmail.com", by(link)) }); n != 1 {
			t.Fatalf("with the link: %d mails", n)
		}
		if n := mails(func() { d.Submit("owner@gmail.com", by(link)) }); n != 0 {
			t.Errorf("twice a day: %d mails", n)
		}
		d.Clock.Advance(signing.PendingFor + time.Hour)
		if err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		a, f := text.ParseAddress("owner@gmail.com")
		if f != nil {
			t.Fatal(f)
		}
		err = d.DB.Update(ctx, func(tx *store.Tx) error {
			return d.Mailboxes.Of(key, d.Letter.ID, a).Block(tx, mailbox.Disputed)
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			d.Submit("owner@gmail.com", testkit.Named("Not Me"))
		}
		var mine int64
		if n := mails(func() { mine = d.Submit("owner@gmail.com", by(link), testkit.Named("Una Vale")) }); n != 1 {
			t.Fatalf("days later: %d mails", n)
		}
		if r := d.Press(d.Token(mine)); r.Held != "" || r.Name != "Una Vale" {
			t.Errorf("%+v", r)
		}
		if got := fmt.Sprint(d.Counts().Persons); got != "1" {
			t.Errorf("%s persons", got)
		}
	})
}

// Who erases is forgotten with all that was typed for the address: the link of an earlier mail shows nothing and confirms nothing.
func TestErase_takesOpenSubmissions(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		earlier := d.Token(d.Submit("una@vale.example", testkit.Named("Una Vale")))
		other := d.Token(d.Submit("bo@vale.example", testkit.Named("Bo Ray")))
		r := d.Give("Una@vale.example", testkit.Named("Una Vale"), testkit.Listed(roll.Counted))
		if err := d.Signing.Receipts.Erase(ctx, r.Secret, d.Own(r.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Signing.Confirm(ctx, earlier, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
			t.Errorf("an earlier submission lives on: %v", err)
		}
		if d.Press(other).Name != "Bo Ray" {
			t.Error("somebody else's is gone")
		}
	})
}

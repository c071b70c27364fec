package mailbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// boxes returns the mailbox of an address as the letter of a desk knows it.
func boxes(t *testing.T, d *testkit.Desk) func(address string) mailbox.Box {
	t.Helper()
	key, err := d.Letters.Key(t.Context(), d.Letter.ID)
	if err != nil {
		t.Fatal(err)
	}
	return func(address string) mailbox.Box {
		a, f := text.ParseAddress(address)
		if f != nil {
			t.Fatal(f)
		}
		return d.Mailboxes.Of(key, d.Letter.ID, a)
	}
}

// in runs fn in a transaction.
func in[T any](t *testing.T, d *testkit.Desk, fn func(tx *store.Tx) (T, error)) (v T) {
	t.Helper()
	err := d.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		v, err = fn(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSpend_whatOwnersAndEditorsMayAskFor(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		of := boxes(t, d)
		spent := func(spend func(tx *store.Tx) (bool, error)) (n int) {
			for range 9 {
				if in(t, d, spend) {
					n++
				}
			}
			return n
		}
		if n := spent(of("mina@example.org").Spend); n != 3 {
			t.Errorf("%d mails a week, want 3", n)
		}
		if !in(t, d, of("MINA@example.org").Mailed) || in(t, d, of("other@example.org").Mailed) {
			t.Error("who was mailed is not known")
		}
		if n := spent(of("mina+x@example.org").Spend); n != 2 {
			t.Errorf("another spelling gets %d of the day's five", n)
		}
		if n := spent(of("mina@example.org").SpendForEditors); n != 3 {
			t.Errorf("editors may send %d", n)
		}
		d.Clock.Advance(mailbox.Week + time.Hour)
		if n := spent(of("mina@example.org").Spend); n != 3 {
			t.Errorf("%d a week later", n)
		}
		in(t, d, func(tx *store.Tx) (int, error) {
			return 0, mailbox.Forget(tx, d.Letter.ID, of("mina@example.org").Tag())
		})
		if in(t, d, of("mina@example.org").Mailed) {
			t.Error("a budget is not forgotten")
		}
	})
}

func TestBlock_endsTheMailsOfALetter(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		of := boxes(t, d)
		for address, reason := range map[string]string{"a@example.org": mailbox.Disputed, "b@example.org": mailbox.Refused} {
			in(t, d, func(tx *store.Tx) (int, error) { return 0, of(address).Block(tx, reason) })
		}
		blocked := func() (addresses []string) {
			for _, address := range []string{"A@example.org", "b@example.org", "c@example.org"} {
				b, err := of(address).Blocked(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if b != "" {
					addresses = append(addresses, address)
				}
			}
			return addresses
		}
		if got := fmt.Sprint(blocked()); got != "[A@example.org b@example.org]" {
			t.Errorf("blocked: %s", got)
		}
		d.Clock.Advance(31 * 24 * time.Hour)
		if err := d.Mailboxes.Retain(t.Context(), 30*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(blocked()); got != "[A@example.org]" { // its owner said so
			t.Errorf("blocked a month later: %s", got)
		}
		if err := d.Mailboxes.GiveUp(t.Context()); err != nil || len(blocked()) != 0 {
			t.Errorf("blocked without the keys: %v, %v", blocked(), err)
		}
	})
}

func TestUnsubscribe_endsMailsToEverySpelling(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		ctx := t.Context()
		may, token, err := d.Mailboxes.MayInvite(ctx, "mina@example.org")
		if !may || err != nil || d.Mailboxes.CheckUnsubscribe(token) != nil {
			t.Fatalf("%v, %v", may, err)
		}
		if err := d.Mailboxes.Unsubscribe(ctx, token[1:]+token[:1]); !fault.Is(err, fault.Gone) {
			t.Errorf("a token that was not made here: %v", err)
		}
		if err := d.Mailboxes.Unsubscribe(ctx, token); err != nil {
			t.Fatal(err)
		}
		for address, want := range map[string]bool{"Mina+news@example.org": false, "other@example.org": true} {
			if may, _, err := d.Mailboxes.MayInvite(ctx, address); may != want || err != nil {
				t.Errorf("%s may be mailed: %v, %v", address, may, err)
			}
		}
	})
}

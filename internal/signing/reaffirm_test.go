package signing_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var qMailsThatAsk = store.Q("signingtest.mails_that_ask", `SELECT args FROM job WHERE kind = 'mail.reaffirm' ORDER BY id`)

// thatAsk returns the submissions that mails ask about.
func (d *desk) thatAsk() (pending []int64) {
	d.t.Helper()
	err := d.DB.View(d.t.Context(), func(tx *store.Tx) (err error) {
		pending, err = store.List(tx, qMailsThatAsk, func(row store.Row) (id int64, err error) {
			var args string
			if err := row.Scan(&args); err != nil {
				return 0, err
			}
			var m signing.ReaffirmMail
			err = json.Unmarshal([]byte(args), &m)
			return m.Pending, err
		})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return pending
}

// askAll runs the slices until the asking is finished.
func (d *desk) askAll() signing.Reaffirmation {
	d.t.Helper()
	for {
		r, err := d.Reaffirmation(d.t.Context(), d.letter.ID)
		if err != nil {
			d.t.Fatal(err)
		}
		if !r.Started || r.Finished {
			return r
		}
		if err := d.AskSlice(d.t.Context(), 1, signing.AskSigners{Letter: d.letter.ID, Edition: r.Edition}); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) replaceText(body string) {
	d.t.Helper()
	d.letter = d.write(letter.Change{Slug: "bridge", Publish: true, Text: text(body), Follows: letter.FollowsSubstantive})
}

func TestReaffirm_asksEachSignerOnceForAnEdition(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d, ctx := newDesk(t, db, clock), t.Context()
		if err := d.AskToReaffirm(ctx, d.letter, 0); !fault.Is(err, fault.Gone) {
			t.Errorf("nothing was replaced: %v", err)
		}
		d.give("mina@example.org", named("Mina Farahani"))
		d.give("both@example.org", as(signing.Both, "River Watch"))
		gone := d.give("gone@example.org", named("Pavel Novak"))
		left := d.give("left@example.org", named("Ines Duarte"))
		d.publish()
		if err := d.Withdraw(ctx, gone.Secret, d.own(gone.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		d.replaceText("The bridge is gone.")
		d.give("new@example.org", named("Aylin Kaya"))
		d.publish()
		clock.Advance(8 * 24 * time.Hour) // the submissions that they came from are gone
		if err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.AskToReaffirm(ctx, d.letter, 0); err != nil {
				t.Fatal(err)
			}
		}
		r := d.askAll()
		asked := d.thatAsk()
		if r.Edition != 2 || r.Asked != 4 || r.Reaffirmed != 0 || len(asked) != 3 {
			t.Fatalf("%+v, %d mails", r, len(asked))
		}
		if err := d.AskSlice(ctx, 1, signing.AskSigners{Letter: d.letter.ID, Edition: 2}); err != nil || len(d.thatAsk()) != 3 {
			t.Errorf("a job that runs again: %v", err)
		}
		// Who ends the signature is asked no more, and nothing of them stays with the question.
		if err := d.Erase(ctx, left.Secret, d.own(left.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		tokens := map[string]string{}
		for _, id := range asked {
			e, send, err := d.Envelope(ctx, id)
			if err != nil || send != (e.Address != "") || e.Address == "left@example.org" {
				t.Errorf("%+v %v, %v", e, send, err)
			}
			tokens[e.Address] = e.Token
		}
		// Nobody but the mailbox's owner confirms: no browser made these submissions.
		if _, err := d.Confirm(ctx, tokens["both@example.org"], browser, "", signing.Correction{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without a code: %v", err)
		}
		if err := d.MailCode(ctx, tokens["both@example.org"]); err != nil {
			t.Fatal(err)
		}
		code := ""
		for _, id := range asked {
			if e, _, err := d.Envelope(ctx, id); err == nil && e.Address == "both@example.org" {
				code = e.Code
			}
		}
		receipt, err := d.Confirm(ctx, tokens["both@example.org"], "", code, signing.Correction{})
		if err != nil || !receipt.Again || receipt.Kind != signing.Both || receipt.Held != "" {
			t.Fatalf("%+v, %v", receipt, err)
		}
		if again, err := d.Confirm(ctx, tokens["both@example.org"], "", code, signing.Correction{}); err != nil || again.Secret != receipt.Secret {
			t.Errorf("the same press twice: %v", err)
		}
		d.publish()
		if r = d.askAll(); r.Reaffirmed != 2 {
			t.Errorf("%+v", r)
		}
		c, _, _, err := d.Summary(ctx, d.letter.ID, 2)
		if err != nil || c.ByEdition[2] != 3 || c.ByEdition[1] != 1 || c.Earlier != 1 {
			t.Errorf("%+v, %v", c, err) // who does not answer stays on the text that they signed
		}
		if own := d.own(receipt.Secret); len(own) != 2 || own[0].Edition != 2 {
			t.Errorf("%+v", own)
		}
	})
}

func TestReaffirm_inSlicesAndWithinTheMailBudget(t *testing.T) {
	db, clock := testkit.Store(t, store.SQLite), testkit.NewClock()
	d := newDesk(t, db, clock)
	const n = 230
	for i := range n {
		d.give(fmt.Sprintf("s%d@example.org", i), named(fmt.Sprintf("Signer Number%d", i)))
	}
	for range 2 { // the third mail within a week, with the one that confirmed
		d.sign("s7@example.org")
	}
	d.publish()
	d.replaceText("The bridge is gone.")
	if err := d.AskToReaffirm(t.Context(), d.letter, 0); err != nil {
		t.Fatal(err)
	}
	if err := d.AskSlice(t.Context(), 1, signing.AskSigners{Letter: d.letter.ID, Edition: 2}); err != nil {
		t.Fatal(err)
	}
	if r, err := d.Reaffirmation(t.Context(), d.letter.ID); err != nil || r.Finished || r.Asked != 199 {
		t.Errorf("after a slice: %+v, %v", r, err)
	}
	if r := d.askAll(); r.Asked != n-1 || len(d.thatAsk()) != n-1 {
		t.Errorf("%+v", r)
	}
}

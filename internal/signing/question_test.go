package signing_test

import (
	"encoding/json"
	"testing"

	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

var qListQuestions = store.Q("test.list_questions", `SELECT args FROM job WHERE kind = 'mail.question' ORDER BY id`)

// An editor who has had an address mailed until it gets no more, and asks a held signer then, is told what they always are: else the
// answer would say that the address is the signer's. What is sent is within a budget of questions.
func TestAsk_neverTellsWhoseASignatureIs(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		ctx := t.Context()
		d.Give("guessed@example.org", testkit.Named("Реасе Office"), testkit.Listed("counted"))
		held, err := d.Signing.Holds.List(ctx, d.Letter.ID, signing.StateHeld, 0, 9)
		if err != nil || len(held) != 1 {
			t.Fatalf("%+v, %v", held, err)
		}
		key, err := d.Letters.Key(ctx, d.Letter.ID)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := text.ParseAddress("guessed@example.org")
		for range 9 {
			err := d.DB.Update(ctx, func(tx *store.Tx) error {
				_, err := d.Mailboxes.Of(key, d.Letter.ID, a).SpendForEditors(tx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		const asked = 5
		for range asked {
			if err := d.Signing.Holds.Ask(ctx, d.Letter.ID, []int64{held[0].ID}, 0, "Who are you?"); err != nil {
				t.Errorf("a question: %v", err)
			}
		}
		var mails []signing.QuestionMail
		err = d.DB.View(ctx, func(tx *store.Tx) (err error) {
			mails, err = store.List(tx, qListQuestions, func(row store.Row) (m signing.QuestionMail, err error) {
				var args string
				if err := row.Scan(&args); err != nil {
					return m, err
				}
				return m, json.Unmarshal([]byte(args), &m)
			})
			return err
		})
		if err != nil || len(mails) != asked {
			t.Fatalf("%d questions wait, %v", len(mails), err)
		}
		sent := 0
		for _, m := range mails {
			e, said, send, err := d.Signing.Holds.Question(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			if send {
				sent++
				if e.Address != a.Typed || said != "Who are you?" {
					t.Errorf("%q to %q", said, e.Address)
				}
			}
		}
		if sent != 3 {
			t.Errorf("%d of %d questions are sent", sent, asked)
		}
	})
}

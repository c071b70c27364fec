package delivery_test

import (
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

var qForgetAddressed = store.Q("test.forget_addressed", `DELETE FROM letter_addressed`)

// The page of an addressee finds the letters whose text addresses them and those of which more is known, published ones alone, and none
// that a later edition addresses to somebody else.
func TestLettersTo_findsTextsAndRows(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		expect := func(slug string, want ...string) {
			t.Helper()
			if got, err := o.Deliveries.LettersTo(ctx, slug); err != nil || !slices.Equal(got, want) {
				t.Errorf("to %s: %q, %v, want %q", slug, got, err, want)
			}
		}
		const board, minister = "harbour-board", "tessa-varn-minister-for-water"
		expect(board, "quay")
		expect(minister, "quay")
		text := letter.Text{Format: letter.Format, Language: "en", Title: "The crane", Body: "1) Stop the crane.", Addressees: []letter.Addressee{{Office: "Harbour Board"}}}
		o.Write(letter.Import{Slug: "crane", Text: text})
		expect(board, "quay") // nobody hears of a draft
		o.Clock.Advance(1e9)
		o.PublishText("crane")
		expect(board, "crane", "quay")

		if err := o.DB.Update(ctx, func(tx *store.Tx) error { // as an instance is that is older than the note
			_, err := tx.Exec(qForgetAddressed)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		expect(board)
		for range 2 {
			if err := o.Adopt(ctx); err != nil {
				t.Fatal(err)
			}
		}
		expect(board, "crane", "quay")

		text.Addressees, text.Body = []letter.Addressee{{Office: "Crane Works"}}, "1) Stop the crane today."
		o.Write(letter.Import{Slug: "crane", Text: text, Publish: true, Follows: letter.FollowsSubstantive})
		expect(board, "quay")
		expect("crane-works", "crane")
		if _, err := o.Deliveries.PutAddressee(ctx, "crane", delivery.AddresseeChange{Name: new("Harbour Board"), Role: new(delivery.CC)}, 0); err != nil {
			t.Fatal(err)
		}
		expect(board, "crane", "quay") // a row makes it one that may; what is public of it says its standing
	})
}

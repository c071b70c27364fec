package promise

import (
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/testkit"
)

// addressee is the slug of the first addressee of the letter.
func addressee(t *testing.T, a *testkit.Running) string {
	t.Helper()
	st, err := a.Deliveries.Standing(t.Context(), testkit.Letter(t, a.App), delivery.ForPublic)
	if err != nil || len(st.Addressees) == 0 {
		t.Fatalf("%+v, %v", st.Addressees, err)
	}
	return st.Addressees[0].Slug
}

// answer hands the letter over and has it answered in public: the id of the response, which has a file, and the hash of the exhibit that
// shows one demand to be met.
func answer(t *testing.T, a *testkit.Running) (response, exhibit string) {
	t.Helper()
	ctx, now := t.Context(), a.DB.Now()
	if _, err := a.Deliveries.Deliver(ctx, testkit.Slug, delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: now.Add(-72 * time.Hour),
		Files: []delivery.File{{Role: delivery.Pack, Name: "pack.pdf", Content: []byte("%PDF-1.4 pack")}}}, 0); err != nil {
		t.Fatal(err)
	}
	r, err := a.Deliveries.Receive(ctx, testkit.Slug, delivery.Came{Addressee: 1, Kind: delivery.Answered, At: now.Add(-48 * time.Hour), From: "The office",
		Excerpt: "We will *see*.", Language: "en", Said: map[string]delivery.Said{"1": delivery.Promised, "2": delivery.NotAddressed},
		Copy: &delivery.File{Name: "reply.png", Content: []byte("\x89PNG\r\n\x1a\nreply")}, Publish: true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.Deliveries.AddExhibit(ctx, delivery.File{Name: "proof.png", Content: []byte("\x89PNG\r\n\x1a\nproof")})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Deliveries.Note(ctx, testkit.Slug, delivery.Known{Demand: "1", Addressee: 1, Outcome: delivery.Met, On: now,
		Evidence: delivery.Evidence("exhibit:" + x.Hash)}, 0); err != nil {
		t.Fatal(err)
	}
	return delivery.ID(r.ID), x.Hash
}

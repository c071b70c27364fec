package promise

import (
	"fmt"
	"strings"
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

// office has the first addressee's office state its view of two demands: the path of its link, that of the mail which still asks about the
// second, and the id of the first, which is shown and has a file.
func office(t *testing.T, a *testkit.Running) (link, confirm, shown string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	links, err := a.Deliveries.OfficeLinks(ctx, testkit.Letter(t, a.App))
	must(err)
	address := fmt.Sprintf("office%d@bridges.example", len(links)) // to which nothing came before
	_, err = a.Deliveries.PutAddressee(ctx, testkit.Slug, delivery.AddresseeChange{Number: 1, Email: &address}, 0)
	must(err)
	for _, k := range links {
		must(a.Deliveries.EndOffice(ctx, testkit.Slug, k.ID, 0))
	}
	must(a.Deliveries.AskOffice(ctx, testkit.Slug, delivery.OfficeAsked{Addressee: 1, Email: address, Language: "en"}, 0))
	asked := a.Inbox.Wait(t, address)
	state := func(number string) testkit.Mail {
		t.Helper()
		must(a.Deliveries.State(ctx, asked.Token(), delivery.Saying{Demand: number, Position: delivery.Disagrees, Text: "It is *open*.\n\nSince May.", Language: "en",
			Evidence: "https://bridges.example/gazette", File: &delivery.File{Name: "gazette.png", Content: []byte("\x89PNG\r\n\x1a\ngazette")}}))
		return a.Inbox.Wait(t, address)
	}
	c, err := a.Deliveries.Confirm(ctx, state("1").Token(), false)
	must(err)
	must(a.Deliveries.PublishStated(ctx, testkit.Slug, c.Stated.ID, 0))
	a.Inbox.Wait(t, address) // it is shown
	return strings.TrimPrefix(asked.Link, a.URL), strings.TrimPrefix(state("2").Link, a.URL), delivery.ID(c.Stated.ID)
}

// follower asks for news without signing: the path of the link that confirms it.
func follower(t *testing.T, a *testkit.Running) string {
	t.Helper()
	if err := a.News.Ask(t.Context(), testkit.Letter(t, a.App), "flora@follows.example", "en"); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(a.Inbox.Wait(t, "flora@follows.example").Link, a.URL)
}

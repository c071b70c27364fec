package news_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

var (
	qAskedPending = store.Q("newstest.asked", `SELECT MAX(id) FROM pending WHERE confirmed_at IS NULL`)
	qBreakSealed  = store.Q("newstest.break", `UPDATE signature_sealed SET sealed = $1 WHERE letter_id = $2`)
)

// are fails unless so many follow and so many mails were enqueued, those that are gone included.
func (d desk) are(followers int, mails int64) {
	d.T.Helper()
	if f, m := d.followers(), d.Count(qDigests); f != followers || m != mails {
		d.T.Errorf("%d follow and %d mails, want %d and %d", f, m, followers, mails)
	}
}

func TestDigest_ofEachClosing(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.must(d.News.Look(ctx))
		d.Give("a@example.org", follows)
		d.tomorrow()
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		d.look()
		d.are(1, 1)
		_, err := d.Letters.Reopen(ctx, d.Letter.Slug, nil, 0)
		d.must(err)
		d.Clock.Advance(25 * time.Hour)
		d.look()
		d.are(1, 1)
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		d.look()
		d.are(1, 2)
	})
}

// A mail that a clock far ahead had sent does not keep the next from going.
func TestDigest_afterAClockThatWasAhead(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.Set(d.Letter.Slug, letter.Settings{Deadline: &letter.Deadline{At: d.Clock.Now().Add(180 * 24 * time.Hour), Zone: time.UTC}})
		d.must(d.News.Look(ctx))
		d.Give("a@example.org", follows)
		d.tomorrow()
		now := d.Clock.Now()
		d.Clock.Advance(177 * 24 * time.Hour)
		d.look()
		d.are(1, 1)
		d.Clock.Set(now.Add(10 * time.Minute))
		u, err := d.Letters.Updates.Add(ctx, d.Letter.Slug, letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "The keys", Body: "Were found."}}, 0)
		d.must(err)
		_, err = d.News.TellUpdate(ctx, d.Letter, u.Number, 0)
		d.must(err)
		d.look()
		d.are(1, 2)
	})
}

func TestGather_theLastFormOfAnAddressStands(t *testing.T) {
	desks(t, func(d desk) {
		for i := range 12 {
			address := fmt.Sprintf("a%d@example.org", i)
			d.Give(address, follows)
			d.Give(address, testkit.As(verify.Organisation, fmt.Sprintf("Guild %d of %c", i, 'A'+i)))
		}
		d.tomorrow()
		d.are(0, 0)
	})
}

// Who ended the news and answers about a changed text later has said nothing of news.
func TestGather_anAnswerIsNoTick(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		r := d.Give("a@example.org", follows)
		if keeps := d.keeps(r.Secret); !keeps {
			d.T.Error("before it is gathered the address is not kept for news")
		}
		d.tomorrow()
		if keeps := d.keeps(r.Secret); !keeps {
			d.T.Error("of a follower the address is not kept for news")
		}
		var id int64
		d.must(d.DB.View(ctx, func(tx *store.Tx) error {
			var tag, sealed []byte
			return tx.Row(qFollowers, d.Letter.ID).Scan(&id, &tag, &sealed)
		}))
		e, _, err := d.News.Envelope(ctx, news.DigestMail{Letter: d.Letter.ID, Issue: 1, Follower: id})
		d.must(err)
		d.must(d.News.End(ctx, e.Stop))
		d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Text: testkit.Text("Quite another text."), Follows: letter.FollowsSubstantive, Publish: true})
		d.must(d.News.AskAgain(ctx, d.Letter, 0))
		d.Work("announce")
		var pending int64
		d.must(d.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qAskedPending).Scan(&pending) }))
		token := d.Token(pending)
		d.must(d.Signing.MailCode(ctx, token))
		mail, _, err := d.Signing.Envelope(ctx, pending)
		d.must(err)
		r, err = d.Signing.Confirm(ctx, token, "", mail.Code, signing.Shown{})
		d.must(err)
		d.tomorrow()
		d.are(0, 0)
		if keeps := d.keeps(r.Secret); keeps {
			d.T.Error("the address is said to be kept for news that were ended")
		}
	})
}

// keeps reports whether an own page says that the address is kept for news.
func (d desk) keeps(secret string) bool {
	d.T.Helper()
	o := d.Own(secret)[0]
	keeps, err := d.News.Keeps(d.T.Context(), o)
	d.must(err)
	return keeps
}

// A signature that a restore erases again ends the news that the backup has brought back.
func TestUnfollow_byARestore(t *testing.T) {
	desks(t, func(d desk) {
		r := d.Give("a@example.org", follows)
		d.tomorrow()
		d.are(1, 0)
		erased := signing.Erasure{Letter: d.Letter.ID, Signature: d.Own(r.Secret)[0].ID, Pending: 1, At: d.Clock.Now()}
		_, err := d.Signing.Erasures.Again(d.T.Context(), slices.Values([]signing.Erasure{erased}))
		d.must(err)
		d.are(0, 0)
	})
}

// Who signed before a mail went and is a follower only after it is sent it too, once.
func TestGather_sendsWhatWentMeanwhile(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.must(d.News.Look(ctx))
		d.Clock.Advance(25*time.Hour - time.Duration(d.Clock.Now().Hour())*time.Hour)
		d.must(d.Retain(ctx))
		d.Give("a@example.org", follows)
		d.Clock.Advance(10 * time.Hour)
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		d.look()
		d.are(0, 0)
		for range 3 {
			d.tomorrow()
			d.look()
		}
		d.are(1, 1)
	})
}

// So is who confirmed before it went; who did so afterwards is not.
func TestGather_sendsWhatWentSinceTheyConfirmed(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.must(d.News.Look(ctx))
		d.Clock.Advance(25*time.Hour - time.Duration(d.Clock.Now().Hour())*time.Hour)
		d.must(d.Retain(ctx))
		d.must(d.ask(d.Letter, "before@example.org"))
		before := d.asked()[0]
		d.confirm()
		d.Clock.Advance(10 * time.Hour)
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		d.look()
		d.are(0, 0)
		d.must(d.ask(d.Letter, "after@example.org"))
		d.confirm()
		d.must(d.News.ConfirmAsked(ctx, before, false)) // a second press is no second confirmation
		for range 3 {
			d.tomorrow()
			d.look()
		}
		d.are(2, 1)
	})
}

// An erasure that commits while gathering has read the signature leaves no follower. On SQLite one waits for the other.
func TestGather_doesNotOutliveAnErasure(t *testing.T) {
	clock := testkit.NewClock()
	var hook atomic.Pointer[func()]
	db := testkit.StoreAt(t, store.Postgres, store.Options{Now: clock.Now, OnStatement: func(q *store.Query) {
		if q.Name() == "news.begin" {
			if f := hook.Swap(nil); f != nil {
				(*f)()
			}
		}
	}})
	d := desk{testkit.NewDesk(t, db, clock)}
	r := d.Give("a@example.org", follows)
	erased := false
	hook.Store(new(func() {
		d.must(d.Signing.Receipts.Erase(t.Context(), r.Secret, d.Own(r.Secret)[0].ID))
		erased = true
	}))
	d.tomorrow()
	if d.are(0, 0); !erased {
		t.Error("nothing was erased meanwhile")
	}
}

// A letter of which something cannot be read costs the others nothing.
func TestGather_oneBadRow(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.Give("a@example.org", follows)
		first := d.Letter
		d.Letter = d.Open("second")
		d.Give("b@example.org", follows)
		d.must(d.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qBreakSealed, make([]byte, 100), first.ID)
			return err
		}))
		d.Clock.Advance(25 * time.Hour)
		if err := d.News.Gather(ctx); err == nil || fault.Is(err, fault.Gone) {
			d.T.Errorf("what cannot be read is not said: %v", err)
		}
		d.are(1, 0)
	})
}

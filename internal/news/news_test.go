package news_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	qFollowers = store.Q("newstest.followers", `SELECT id, tag, sealed FROM follower WHERE letter_id = $1 ORDER BY id`)
	qDigests   = store.Q("newstest.digests", `SELECT COUNT(*) FROM job WHERE kind = 'mail.news'`)
	qTags      = store.Q("newstest.tags", `SELECT mailbox_tag, tag FROM signature WHERE letter_id = $1`)
	qToldLess  = store.Q("newstest.told_less", `
		INSERT INTO news (letter_id, version, looked_day, gathered_day, after_id, told_after, issue, sent_at) VALUES ($1, 0, 0, 0, 0, $2, 0, 0)`)
	qArchive = store.Q("newstest.archive", `UPDATE letter SET state = 'archived' WHERE id = $1`)
)

func follows(r *signing.Request) { r.Updates = true }

type desk struct{ *testkit.Desk }

// tomorrow lets a day pass, so that those who signed follow.
func (d desk) tomorrow() {
	d.T.Helper()
	d.Clock.Advance(25 * time.Hour)
	d.must(d.Retain(d.T.Context()))
}

// look notes what is new and has it written.
func (d desk) look() {
	d.T.Helper()
	for range 2 {
		d.must(d.News.Look(d.T.Context()))
		d.Clock.Advance(3 * time.Minute)
	}
	d.Work("news.issue")
}

func (d desk) must(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
}

func (d desk) followers() int {
	d.T.Helper()
	n, err := d.News.Followers(d.T.Context(), d.Letter.ID)
	d.must(err)
	return n
}

// told returns what the last mail tells.
func (d desk) told(issue int) string {
	d.T.Helper()
	l, err := d.Letters.FindByID(d.T.Context(), d.Letter.ID)
	d.must(err)
	facts, err := d.News.Told(d.T.Context(), l, issue)
	d.must(err)
	var abouts []string
	for _, f := range facts {
		abouts = append(abouts, f.About)
	}
	return strings.Join(abouts, ", ")
}

func desks(t *testing.T, body func(d desk)) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) { body(desk{d}) })
}

// Who ticks follows, once, whatever they signed as, until they sign without it, withdraw or erase. Nothing of a row is that of a signature.
func TestFollower_isApartFromSignatures(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		secrets := map[string]string{}
		for i := range 12 {
			secrets[fmt.Sprint(i)] = d.Give(fmt.Sprintf("a%d@example.org", i), follows).Secret
		}
		d.Give("quiet@example.org")
		d.must(d.Retain(ctx))
		if n := d.followers(); n != 0 {
			d.T.Errorf("%d follow at once: their row comes at the moment of the signature", n)
		}
		d.tomorrow()
		if n := d.followers(); n != 12 {
			d.T.Fatalf("%d follow", n)
		}
		var ids []int64
		var rows, tags [][]byte
		d.must(d.DB.View(ctx, func(tx *store.Tx) error {
			for r, err := range store.Each(tx, qFollowers, func(row store.Row) (r [2][]byte, err error) {
				var id int64
				err = row.Scan(&id, &r[0], &r[1])
				ids = append(ids, id)
				return r, err
			}, d.Letter.ID) {
				if err != nil {
					return err
				}
				rows = append(rows, r[:]...)
			}
			for r, err := range store.Each(tx, qTags, func(row store.Row) (r [2][]byte, err error) { return r, row.Scan(&r[0], &r[1]) }, d.Letter.ID) {
				if err != nil {
					return err
				}
				tags = append(tags, r[:]...)
			}
			return nil
		}))
		for _, row := range rows {
			if bytes.Contains(row, []byte("example")) || slices.ContainsFunc(tags, func(tag []byte) bool { return bytes.Equal(tag, row) }) {
				d.T.Error("a row shows an address, or the tag of a signature")
			}
		}
		near := 0
		for _, id := range ids { // as ids of this moment begin
			if store.IDTime(id).Sub(d.Clock.Now()).Abs() < 30*24*time.Hour {
				near++
			}
		}
		if near > 3 {
			d.T.Errorf("%d of %d ids tell when they were made", near, len(ids))
		}
		if got := order(d, ids); slices.IsSorted(got) {
			d.T.Errorf("the order of ids is that of the signatures: %v", got)
		}

		d.Give("A1@example.org", follows) // signs again, with and without
		d.Give("a2@example.org")
		own := d.Own(secrets["3"])
		d.must(d.Signing.Receipts.Withdraw(ctx, secrets["3"], own[0].ID))
		own = d.Own(secrets["4"])
		d.must(d.Signing.Receipts.Erase(ctx, secrets["4"], own[0].ID))
		if n := d.followers(); n != 10 {
			d.T.Errorf("%d follow after one has withdrawn and one erased", n)
		}
		d.tomorrow()
		if n := d.followers(); n != 9 {
			d.T.Errorf("%d follow after one has signed again without asking for it", n)
		}
	})
}

// order returns of which signer each follower is, in the order of the ids.
func order(d desk, ids []int64) (signers []int) {
	for _, id := range ids {
		e, _, err := d.News.Envelope(d.T.Context(), news.DigestMail{Letter: d.Letter.ID, Follower: id})
		d.must(err)
		n := 0
		fmt.Sscanf(e.Address, "a%d@", &n)
		signers = append(signers, n)
	}
	return signers
}

// What happens is told once, together, at most once a day, and an update only when an editor says so.
func TestDigest_atMostOnceADay(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.must(d.News.Look(ctx)) // what was before is not news
		for i := range 3 {
			d.Give(fmt.Sprintf("a%d@example.org", i), follows)
		}
		d.tomorrow()
		mails := func() int64 { return d.Count(qDigests) }
		if d.look(); mails() != 0 {
			d.T.Fatalf("%d mails about nothing", mails())
		}
		u, err := d.Letters.Updates.Add(ctx, d.Letter.Slug, letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "The keys", Body: "Were found."}}, 0)
		d.must(err)
		if d.look(); mails() != 0 {
			d.T.Errorf("%d mails about an update that no editor has sent", mails())
		}
		if held, err := d.News.HeldUpdates(ctx, d.Letter.ID); err != nil || !slices.Equal(held, []int{u.Number}) {
			d.T.Errorf("%v wait for an editor, %v", held, err)
		}
		if n, err := d.News.TellUpdate(ctx, d.Letter, u.Number, 0); err != nil || n != 3 {
			d.T.Errorf("%d will be written to, %v", n, err)
		}
		if _, err := d.News.TellUpdate(ctx, d.Letter, u.Number, 0); !fault.Is(err, fault.Conflict) {
			d.T.Errorf("the same again: %v", err)
		}
		d.PublishText(d.Letter.Slug)
		d.Clock.Advance(3 * time.Minute)
		if d.look(); mails() != 3 || d.told(1) != "update 1" && d.told(1) != "update 1, text" {
			d.T.Errorf("%d mails tell %q", mails(), d.told(1))
		}
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		if d.look(); mails() != 3 {
			d.T.Errorf("%d mails on one day", mails())
		}
		d.Clock.Advance(25 * time.Hour)
		if d.look(); mails() != 6 || !strings.Contains(d.told(2), "closed") {
			d.T.Errorf("%d mails, the second tells %q", mails(), d.told(2))
		}
		d.Clock.Advance(25 * time.Hour)
		if d.look(); mails() != 6 {
			d.T.Errorf("%d mails: something is told twice", mails())
		}
	})
}

// Followers outlive the letter's data key, not their time: a year after the closing, or when the letter is archived, they are gone.
func TestRetain_followers(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.Give("a@example.org", follows)
		d.tomorrow()
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		for range 3 {
			d.Clock.Advance(letter.KeptAfterClose)
			d.must(d.Retain(ctx))
		}
		if _, err := d.Letters.Key(ctx, d.Letter.ID); !fault.Is(err, fault.Gone) || d.followers() != 1 {
			d.T.Errorf("%d follow, %v", d.followers(), err)
		}
		d.Clock.Advance(300 * 24 * time.Hour)
		if d.must(d.Retain(ctx)); d.followers() != 0 {
			d.T.Errorf("%d follow after a year", d.followers())
		}
	})
	desks(t, func(d desk) { // who signed when the form promised no more than 30 days is kept no longer
		ctx := d.T.Context()
		d.must(d.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qToldLess, d.Letter.ID, store.IDAt(tx.Now().Add(time.Hour)))
			return err
		}))
		d.Give("a@example.org", follows)
		d.Clock.Advance(2 * time.Hour)
		d.Give("b@example.org", follows)
		if d.tomorrow(); d.followers() != 2 {
			d.T.Errorf("%d follow", d.followers())
		}
		d.must(d.Letters.Close(ctx, d.Letter.Slug, 0))
		for range 2 {
			d.Clock.Advance(letter.KeptAfterClose)
			d.must(d.Retain(ctx))
		}
		if d.followers() != 1 {
			d.T.Errorf("%d follow once the key is gone", d.followers())
		}
	})
	desks(t, func(d desk) {
		d.Give("a@example.org", follows)
		d.tomorrow()
		d.must(d.DB.Update(d.T.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qArchive, d.Letter.ID)
			return err
		}))
		if d.must(d.Retain(d.T.Context())); d.followers() != 0 {
			d.T.Errorf("%d follow an archived letter", d.followers())
		}
	})
}

// The link of a mail ends the news, and nobody can make one.
func TestEnd_byTheLinkOfAMail(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.Give("a@example.org", follows)
		d.tomorrow()
		var id int64
		d.must(d.DB.View(ctx, func(tx *store.Tx) error {
			var tag, sealed []byte
			return tx.Row(qFollowers, d.Letter.ID).Scan(&id, &tag, &sealed)
		}))
		m := news.DigestMail{Letter: d.Letter.ID, Issue: 1, Follower: id}
		e, send, err := d.News.Envelope(ctx, m)
		if err != nil || !send || e.Address != "a@example.org" || !news.IsToken(e.Stop) {
			d.T.Fatalf("%+v, %v, %v", e, send, err)
		}
		for _, forged := range []string{e.Stop + "a", e.Stop[:len(e.Stop)-1], "news-" + strings.Repeat("a", 52), "news-"} {
			if err := d.News.End(ctx, forged); !fault.Is(err, fault.Gone) {
				d.T.Errorf("%s: %v", forged, err)
			}
		}
		d.must(d.News.End(ctx, e.Stop))
		d.must(d.News.End(ctx, e.Stop))
		if _, send, err := d.News.Envelope(ctx, m); send || err != nil || d.followers() != 0 {
			d.T.Errorf("written to after the end: %v, %v", send, err)
		}
	})
}

package news_test

import (
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

var (
	qAskedRows  = store.Q("followtest.asked", `SELECT id FROM follow_asked ORDER BY id`)
	qFollowJobs = store.Q("followtest.jobs", `SELECT COUNT(*) FROM job WHERE kind = 'mail.follow'`)
	qOne        = store.Q("followtest.one", `SELECT id FROM follower WHERE letter_id = $1 ORDER BY id`)
	qNoKey      = store.Q("followtest.no_key", `UPDATE letter SET state = 'closed', closed_at = $1, data_key = NULL WHERE id = $2`)
)

func (d desk) ids(q *store.Query, args ...any) (ids []int64) {
	d.T.Helper()
	d.must(d.DB.View(d.T.Context(), func(tx *store.Tx) (err error) {
		ids, err = store.List(tx, q, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, args...)
		return err
	}))
	return ids
}

// ask types an address into the form of a letter.
func (d desk) ask(l letter.Letter, address string) error {
	return d.News.Ask(d.T.Context(), l, address, "fa")
}

// asked returns the tokens of the links that were mailed and are not confirmed.
func (d desk) asked() (tokens []string) {
	d.T.Helper()
	for _, id := range d.ids(qAskedRows) {
		a, send, err := d.News.Asking(d.T.Context(), news.FollowMail{Letter: d.Letter.ID, Asked: id})
		d.must(err)
		if send {
			tokens = append(tokens, a.Token)
		}
	}
	return tokens
}

// confirm presses the button of every link that was mailed.
func (d desk) confirm() {
	d.T.Helper()
	for _, token := range d.asked() {
		d.must(d.News.ConfirmAsked(d.T.Context(), token, false))
	}
}

// link returns the token that the mails of the only follower of a letter have.
func (d desk) link(l letter.ID) string {
	d.T.Helper()
	ids := d.ids(qOne, l)
	if len(ids) != 1 {
		d.T.Fatalf("%d follow", len(ids))
	}
	e, send, err := d.News.Envelope(d.T.Context(), news.DigestMail{Letter: l, Follower: ids[0]})
	if err != nil || !send {
		d.T.Fatalf("%v, %v", send, err)
	}
	return e.Stop
}

// Who confirms follows from the next batch on, in which nothing tells them from those who ticked at signing; who does not is forgotten.
func TestFollow_byAMailOfItsOwn(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.Give("ticked@example.org", follows)
		for _, address := range []string{"own@example.org", "never@example.org", "no@example.org"} {
			d.must(d.ask(d.Letter, address))
		}
		tokens := map[string]string{}
		for _, id := range d.ids(qAskedRows) {
			a, send, err := d.News.Asking(ctx, news.FollowMail{Letter: d.Letter.ID, Asked: id})
			if err != nil || !send || a.Language != "fa" {
				d.T.Fatalf("%+v %v %v", a, send, err)
			}
			tokens[a.Address] = a.Token
		}
		for range 2 {
			if l, err := d.News.AskedOf(ctx, tokens["own@example.org"]); err != nil || l.Letter != d.Letter.ID || l.Confirmed {
				d.T.Errorf("%v, %v", l, err)
			}
		}
		if len(d.asked()) != 3 {
			d.T.Error("looking at the link confirms")
		}
		d.must(d.News.ConfirmAsked(ctx, tokens["own@example.org"], false))
		d.must(d.News.ConfirmAsked(ctx, tokens["own@example.org"], false))
		d.must(d.News.ConfirmAsked(ctx, tokens["no@example.org"], true))
		if n := d.followers(); n != 0 {
			d.T.Errorf("%d follow at once: their row comes at that moment", n)
		}
		d.tomorrow()
		if n := d.followers(); n != 2 {
			d.T.Errorf("%d follow", n)
		}
		var sizes []int
		d.must(d.DB.View(ctx, func(tx *store.Tx) (err error) {
			sizes, err = store.List(tx, qFollowers, func(row store.Row) (int, error) {
				var id int64
				var tag, sealed []byte
				err := row.Scan(&id, &tag, &sealed)
				return len(sealed), err
			}, d.Letter.ID)
			return err
		}))
		if len(sizes) != 2 || sizes[0] != sizes[1] {
			d.T.Errorf("what is sealed is %v bytes long", sizes)
		}
		if len(d.ids(qAskedRows)) != 1 {
			d.T.Errorf("%d rows of those who asked", len(d.ids(qAskedRows)))
		}
		d.Clock.Advance(3 * 24 * time.Hour)
		d.must(d.Retain(ctx))
		if len(d.ids(qAskedRows)) != 0 {
			d.T.Error("an address that nobody confirmed is kept")
		}
		if _, err := d.News.AskedOf(ctx, tokens["never@example.org"]); !fault.Is(err, fault.Gone) {
			d.T.Errorf("its link: %v", err)
		}
	})
}

// A mail that comes back since nobody is there ends what it asks about or tells, and no other does. Who writes that they want no more ends the
// news of the letter, and by an answer to the list of all that they follow, all.
func TestFollow_whatComesBack(t *testing.T) {
	desks(t, func(d desk) {
		ctx, other := d.T.Context(), d.Open("other")
		back := func(sent mailbox.Sent, id int64, gone bool) {
			d.T.Helper()
			d.must(d.Inbox.Takers[sent].Bounced(ctx, mailbox.Return{Sent: sent, Letter: d.Letter.ID, ID: id}, gone))
		}
		d.must(d.ask(d.Letter, "gone@example.org"))
		id := d.ids(qAskedRows)[0]
		back(mailbox.Following, id, false)
		if len(d.asked()) != 1 {
			d.T.Error("a full mailbox was forgotten")
		}
		back(mailbox.Following, id, true)
		if len(d.ids(qAskedRows)) != 0 {
			d.T.Error("whom nobody can ask is kept")
		}
		for _, l := range []letter.Letter{d.Letter, other} {
			d.must(d.ask(l, "own@example.org"))
		}
		d.confirm()
		d.tomorrow()
		id = d.ids(qOne, d.Letter.ID)[0]
		back(mailbox.Followed, id, false)
		if len(d.ids(qOne, d.Letter.ID)) != 1 {
			d.T.Error("a full mailbox follows no more")
		}
		ended := d.Inbox.Takers[mailbox.Followed].Ended
		d.must(ended(ctx, mailbox.Return{Sent: mailbox.Followed, Letter: d.Letter.ID, ID: id}))
		d.must(ended(ctx, mailbox.Return{Sent: mailbox.Followed, Letter: d.Letter.ID, ID: id}))
		if left := len(d.ids(qOne, d.Letter.ID)) + len(d.ids(qOne, other.ID)); left != 0 {
			d.T.Errorf("%d letters are followed still", left)
		}
	})
}

// Whoever types an address learns nothing, and can have it mailed a few times only.
func TestFollow_anAddressIsBounded(t *testing.T) {
	desks(t, func(d desk) {
		d.must(d.ask(d.Letter, "own@example.org"))
		d.confirm()
		d.tomorrow()
		for range 10 {
			d.must(d.ask(d.Letter, "OWN@example.org"))
			d.must(d.ask(d.Letter, "new@example.org"))
		}
		if n := d.Count(qFollowJobs); n != 6 {
			d.T.Errorf("%d mails for two addresses, want 3 each", n)
		}
		if err := d.ask(d.Letter, "no address"); !fault.Is(err, fault.Invalid) {
			d.T.Errorf("%v", err)
		}
	})
}

// Who asked for news by a mail of its own goes on having them when they sign without a tick, and after all unasked mails are ended; not
// after they have their signature erased. The text about which signers are asked is news for them.
func TestFollow_standsBesideASignature(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.must(d.ask(d.Letter, "own@example.org"))
		d.confirm()
		d.tomorrow()
		first := d.link(d.Letter.ID)
		d.Give("own@example.org")
		d.tomorrow()
		if d.followers() != 1 || d.link(d.Letter.ID) != first {
			d.T.Error("a signature without a tick ended it")
		}
		d.Give("both@example.org", follows)
		d.tomorrow()
		d.must(d.ask(d.Letter, "both@example.org"))
		d.confirm()
		d.tomorrow()
		d.Give("both@example.org")
		d.tomorrow()
		if n := d.followers(); n != 2 {
			d.T.Errorf("%d follow: one who ticked and then confirmed is one who confirmed", n)
		}
		a, _ := text.ParseAddress("own@example.org")
		d.must(d.DB.Update(ctx, func(tx *store.Tx) error { return d.News.Unfollow(tx, d.Letter.ID, a.Exact) }))
		if n := d.followers(); n != 1 {
			d.T.Errorf("%d follow after an erasure", n)
		}
	})
}

// A letter that is closed, whose data key is gone, and one that cannot be signed are followed alike; one that is archived is not.
func TestFollow_closedAndUnsigned(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		d.must(d.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qNoKey, tx.Now().UnixMicro(), d.Letter.ID)
			return err
		}))
		closed, err := d.Letters.FindByID(ctx, d.Letter.ID)
		d.must(err)
		d.must(d.ask(closed, "own@example.org"))
		d.confirm()
		d.tomorrow()
		if n := d.followers(); n != 1 {
			d.T.Errorf("%d follow a closed letter", n)
		}
		closed.ClosedAt = closed.ClosedAt.AddDate(0, -news.KeptMonths, -2)
		if err := d.ask(closed, "late@example.org"); !fault.Is(err, fault.Conflict) {
			d.T.Errorf("long after the end: %v", err)
		}
		closed.State = letter.Archived
		if err := d.ask(closed, "late@example.org"); !fault.Is(err, fault.Conflict) {
			d.T.Errorf("archived: %v", err)
		}
	})
}

// The link of a mail shows one letter and names no other; a list of all goes to the mailbox alone. Language and end are chosen there.
func TestFollow_aPageOfOnesOwn(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		other := d.Open("quay")
		d.must(d.ask(d.Letter, "own@example.org"))
		d.must(d.ask(other, "Own@example.org"))
		d.must(d.ask(other, "else@example.org"))
		d.confirm()
		d.tomorrow()
		link := d.link(d.Letter.ID)
		f, err := d.News.Followed(ctx, link)
		if err != nil || !f.Follows || f.Letter != d.Letter.ID || f.Language != "fa" {
			d.T.Fatalf("%+v, %v", f, err)
		}
		d.must(d.News.SetLanguage(ctx, link, "ar"))
		if f, err = d.News.Followed(ctx, link); err != nil || f.Language != "ar" {
			d.T.Errorf("%+v, %v", f, err)
		}
		if err := d.News.SetLanguage(ctx, link, "xx"); !fault.Is(err, fault.Invalid) {
			d.T.Errorf("%v", err)
		}
		d.must(d.News.AskAll(ctx, link))
		all, send, err := d.News.All(ctx, news.FollowedMail{Letter: d.Letter.ID, Follower: d.ids(qOne, d.Letter.ID)[0]})
		if err != nil || !send || len(all.Letters) != 2 || all.Address != "own@example.org" || all.Letters[0].Token != link {
			d.T.Errorf("%+v %v %v", all, send, err)
		}
		for _, wrong := range []string{"news-", "news-x", link + "a", strings.ToUpper(link)} {
			if _, err := d.News.Followed(ctx, wrong); !fault.Is(err, fault.Gone) {
				d.T.Errorf("%q: %v", wrong, err)
			}
		}
		d.must(d.News.End(ctx, link))
		if f, err = d.News.Followed(ctx, link); err != nil || f.Follows {
			d.T.Errorf("%+v, %v", f, err)
		}
		d.must(d.News.SetLanguage(ctx, link, "en"))
		d.must(d.News.AskAll(ctx, link))
		if n := d.followers(); n != 0 {
			d.T.Errorf("%d follow", n)
		}
	})
}

// Who is erased on the day on which they confirmed does not follow the next day, and neither does who says no at the last moment.
func TestFollow_erasedOrRefusedBeforeTheBatch(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		for _, address := range []string{"own@example.org", "waits@example.org", "other@example.org"} {
			d.must(d.ask(d.Letter, address))
			if address != "waits@example.org" {
				d.confirm()
			}
		}
		for _, address := range []string{"Own+x@example.org", "waits@example.org"} {
			d.must(d.DB.Update(ctx, func(tx *store.Tx) error { return d.Signing.Unfollow(tx, d.Letter.ID, address) })) // as an erasure does
		}
		d.confirm()
		d.tomorrow()
		if n := d.followers(); n != 1 || len(d.ids(qAskedRows)) != 0 {
			d.T.Errorf("%d follow, want the other alone; %d asked", n, len(d.ids(qAskedRows)))
		}
	})
}

// Two forms of an address are one mailbox in most domains and two people in some: neither is told what the other follows, nor gets it instead.
func TestFollow_ofAnotherForm(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		other := d.Open("quay")
		d.must(d.ask(other, "mina@river.example"))
		d.must(d.ask(d.Letter, "mina+x@river.example"))
		d.confirm()
		d.tomorrow()
		all, send, err := d.News.All(ctx, news.FollowedMail{Letter: d.Letter.ID, Follower: d.ids(qOne, d.Letter.ID)[0]})
		if err != nil || !send || all.Address != "mina+x@river.example" || len(all.Letters) != 1 || all.Letters[0].Letter != d.Letter.ID {
			d.T.Errorf("%+v, %v, %v", all, send, err)
		}
		d.must(d.ask(other, "mina+x@river.example"))
		d.confirm()
		d.tomorrow()
		e, send, err := d.News.Envelope(ctx, news.DigestMail{Letter: other.ID, Follower: d.ids(qOne, other.ID)[0]})
		if err != nil || !send || e.Address != "mina@river.example" {
			d.T.Errorf("the news for mina go to %q, %v", e.Address, err)
		}
	})
}

// Whoever follows can end it by the link of the mail that asked them, at any time: before they are gathered, and afterwards.
func TestFollow_endsByTheLinkThatConfirmed(t *testing.T) {
	desks(t, func(d desk) {
		ctx := d.T.Context()
		var tokens []string
		for _, address := range []string{"soon@example.org", "later@example.org"} {
			d.must(d.ask(d.Letter, address))
			token := d.asked()[0]
			tokens = append(tokens, token)
			d.must(d.News.ConfirmAsked(ctx, token, false))
			if c, err := d.News.AskedOf(ctx, token); err != nil || !c.Confirmed || c.Follows != "" {
				d.T.Errorf("after it was confirmed: %+v, %v", c, err)
			}
		}
		d.must(d.News.ConfirmAsked(ctx, tokens[0], true))
		d.tomorrow()
		if n := d.followers(); n != 1 {
			d.T.Fatalf("%d follow, want who did not end it", n)
		}
		if _, err := d.News.AskedOf(ctx, tokens[0]); !fault.Is(err, fault.Gone) {
			d.T.Errorf("what has ended: %v", err)
		}
		c, err := d.News.AskedOf(ctx, tokens[1])
		if err != nil || c.Follows != d.link(d.Letter.ID) {
			d.T.Errorf("the link does not lead to what they follow: %+v, %v", c, err)
		}
		other := strings.Replace(tokens[1], tokens[1][20:24], "aaaa", 1)
		if _, err := d.News.AskedOf(ctx, other); !fault.Is(err, fault.Gone) {
			d.T.Errorf("a link that was not made here: %v", err)
		}
		d.must(d.News.ConfirmAsked(ctx, tokens[1], true))
		if n := d.followers(); n != 0 {
			d.T.Errorf("%d follow after they ended it", n)
		}
	})
}

package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var (
	qCountMails        = store.Q("test.count_incoming", `SELECT COUNT(*) FROM incoming WHERE size > 0`)
	qCountRows         = store.Q("test.count_incoming_rows", `SELECT COUNT(*) FROM incoming`)
	qEndKeys           = store.Q("test.end_keys", `UPDATE letter SET data_key = NULL`)
	qCountParts        = store.Q("test.count_incoming_parts", `SELECT COUNT(*) FROM incoming_part`)
	qInsertPart        = store.Q("test.insert_incoming_part", `INSERT INTO incoming_part (incoming_id, number, sealed) VALUES ($1, 0, $2)`)
	qCountSorted       = store.Q("test.count_sorted", `SELECT COUNT(*) FROM incoming WHERE state = $1 AND what = $2`)
	qCountUnsubscribed = store.Q("test.count_unsubscribed", `SELECT COUNT(*) FROM unsubscribed`)
)

// came takes mails, and sorts them.
func came(d *testkit.Desk, mails ...string) (ids []int64) {
	d.T.Helper()
	for _, m := range mails {
		id, err := d.Inbox.Receive(d.T.Context(), inbox.Came{Raw: []byte(m)})
		if err != nil {
			d.T.Fatal(err)
		}
		ids = append(ids, id)
	}
	d.Work("inbox.sort")
	return ids
}

// desks has desks whose mails have an address to come back to.
func desks(t *testing.T, body func(t *testing.T, d *testkit.Desk)) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.Mailboxes.Inbox = "letters@varrow.example"
		d.Inbox.Lookup = func(context.Context, string) ([]string, error) { return nil, errors.New("no DNS here") }
		body(t, d)
	})
}

func toAddress(d *testkit.Desk, r mailbox.Return) string {
	r.Letter = d.Letter.ID
	return "To: " + d.Mailboxes.ReturnAddress(r)
}

func TestReceive_onceWhateverIsHandedOver(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		first, again := reply("Please add us"), "From mina@river.example  Tue Nov 12 10:00:00 2030\n"+reply("Please add us")
		ids := came(d, first, first, again, reply("Please add us, too"))
		if ids[0] == 0 || ids[1] != 0 || ids[2] != 0 || ids[3] == 0 {
			t.Errorf("ids %v: the second and the third are the first", ids)
		}
		other, err := d.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte(first), Recipient: "letters+x@varrow.example"})
		if err != nil || other == 0 {
			t.Errorf("the same bytes for somebody else: %d, %v", other, err)
		}
		if _, err := d.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte("From x 10:00\n")}); err == nil {
			t.Error("nothing was taken")
		}
	})
}

func TestReceive_keepsBytes(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		large := []byte(reply(strings.Repeat("A line of a long text that fills pieces.\n", 60_000), toAddress(d, mailbox.Return{Sent: mailbox.Call})))
		id := came(d, string(large))[0]
		raw, err := d.Inbox.Raw(t.Context(), d.Letter.ID, id)
		if err != nil || !bytes.Equal(raw, large) {
			t.Errorf("%d bytes of %d, %v", len(raw), len(large), err)
		}
		if _, err := d.Inbox.Raw(t.Context(), 0, id); err == nil {
			t.Error("the operator reads what is the editors'")
		}
		tooLarge := append([]byte(reply("x", "Subject: large")), bytes.Repeat([]byte("0123456789abcde\n"), inbox.MaxMail/16)...)
		if id, err = d.Inbox.Receive(t.Context(), inbox.Came{Raw: tooLarge}); err != nil {
			t.Fatal(err)
		}
		d.Work("inbox.sort")
		if i, err := d.Inbox.Find(t.Context(), 0, id); err != nil || i.Whole || i.Sorted.Subject != "large" || i.Size != 1<<20 {
			t.Errorf("%v %q %d, %v", i.Whole, i.Sorted.Subject, i.Size, err)
		}
	})
}

// What was killed while it wrote leaves pieces, which belong to no mail and go a day later.
func TestRetain_piecesOfNoMail(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		came(d, reply("stays", toAddress(d, mailbox.Return{Sent: mailbox.Call})))
		err := d.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qInsertPart, store.NewID(tx.Now()), []byte("sealed"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for days, want := range []int64{2, 1} {
			d.Clock.Advance(time.Duration(days) * 25 * time.Hour)
			if err := d.Inbox.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := d.Count(qCountParts); n != want {
				t.Errorf("%d pieces after %d days, want %d", n, days, want)
			}
		}
	})
}

// What waits stays, what somebody was done with goes after a month, and what tells who has signed is not kept at all.
func TestRetain_whatIsDone(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		call := toAddress(d, mailbox.Return{Sent: mailbox.Call})
		ids := came(d, reply("waits", call), reply("done", call), reply("out", call, "Auto-Submitted: auto-replied"),
			notice("Action: failed\nStatus: 5.2.2", toAddress(d, mailbox.Return{Sent: mailbox.Confirmation, ID: 1})))
		if err := d.Inbox.Settle(t.Context(), d.Letter.ID, ids[1], 0); err != nil {
			t.Fatal(err)
		}
		if n := d.Count(qCountParts); n != 3 {
			t.Errorf("%d are kept; the notice of a confirmation should not be", n)
		}
		d.Clock.Advance(inbox.KeptFor + time.Hour)
		if err := d.Inbox.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if mails, parts := d.Count(qCountMails), d.Count(qCountParts); mails != 1 || parts != 1 {
			t.Errorf("%d mails, %d pieces after a month: want that which waits", mails, parts)
		}
		if err := d.Inbox.GiveUp(t.Context()); err != nil || d.Count(qCountRows)+d.Count(qCountParts) != 0 {
			t.Errorf("something is left: %v", err)
		}
	})
}

// What was destroyed and lies in the mailbox still is no new mail when it is read again, for a year.
func TestRetain_isNotReadAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		away := reply("I am away", toAddress(d, mailbox.Return{Sent: mailbox.ToAddressee, ID: 1}), "Auto-Submitted: auto-replied")
		signs := reply("Please add us", toAddress(d, mailbox.Return{Sent: mailbox.Call}))
		came(d, away, signs)
		again := func() (n int) {
			for _, id := range came(d, away, signs) {
				if id != 0 {
					n++
				}
			}
			return n
		}
		err := d.DB.Update(t.Context(), func(tx *store.Tx) error { return d.Inbox.Forget(tx, d.Letter.ID, "mina@river.example") })
		d.Clock.Advance(inbox.KeptFor + time.Hour)
		if err = errors.Join(err, d.Inbox.Retain(t.Context())); err != nil || d.Count(qCountParts) != 0 || again() != 0 {
			t.Errorf("%d pieces are kept, or they are read again, %v", d.Count(qCountParts), err)
		}
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 0 {
			t.Errorf("%d wait, %v", n, err)
		}
		d.Clock.Advance(366 * 24 * time.Hour)
		if err := d.Inbox.Retain(t.Context()); err != nil || d.Count(qCountRows) != 0 {
			t.Errorf("%d rows after a year, %v", d.Count(qCountRows), err)
		}
	})
}

// With a signature goes all that its signer has written about it, whoever it waits for; what an addressee answers stays.
func TestForget(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		other := d.Open("other")
		came(d, reply("Please add us", toAddress(d, mailbox.Return{Sent: mailbox.Call})),
			reply("Yes, it was me", toAddress(d, mailbox.Return{Sent: mailbox.Confirmation, ID: 4})),
			reply("We, the office", toAddress(d, mailbox.Return{Sent: mailbox.ToAddressee, ID: 4})),
			reply("To the other", "To: "+d.Mailboxes.ReturnAddress(mailbox.Return{Sent: mailbox.Confirmation, Letter: other.ID, ID: 4})),
			strings.ReplaceAll(reply("Somebody else", toAddress(d, mailbox.Return{Sent: mailbox.Call})), "mina@", "ada@"))
		if i, err := d.Inbox.List(t.Context(), 0, inbox.Waits, 0, 9); err != nil || len(i) != 2 || i[0].Delivery+i[1].Delivery != 0 {
			t.Errorf("%+v, %v", i, err)
		}
		err := d.DB.Update(t.Context(), func(tx *store.Tx) error { return d.Inbox.Forget(tx, d.Letter.ID, "Mina@river.example") })
		if n := d.Count(qCountParts); err != nil || n != 3 {
			t.Errorf("%d are kept, want the office's, that to the other letter, and somebody else's: %v", n, err)
		}
	})
}

// Nothing waits for ever: what is the operator's goes after a while, and what was given to a letter with that.
func TestRetain_whatWaits(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		given := came(d, reply("Please add us"), reply("Buy my watches"))[0]
		if err := d.Inbox.Give(t.Context(), 0, given, d.Letter.ID, 5); err != nil {
			t.Fatal(err)
		}
		kept := func(want int64) {
			t.Helper()
			if err := d.Inbox.Retain(t.Context()); err != nil || d.Count(qCountParts) != want {
				t.Errorf("%d are kept, want %d: %v", d.Count(qCountParts), want, err)
			}
		}
		d.Clock.Advance(inbox.StaleFor - time.Hour)
		kept(2)
		d.Clock.Advance(2 * time.Hour)
		kept(1)
		if err := d.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qEndKeys)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		kept(0)
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 0 {
			t.Errorf("%d wait, %v", n, err)
		}
	})
}

func TestReceive_isBounded(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		d.Inbox.Most.Bytes, d.Inbox.Most.Mails = 1<<20, 10
		full := 0
		for i := range 8 {
			if _, err := d.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte(reply(fmt.Sprint("spam ", i)))}); errors.Is(err, inbox.ErrFull) {
				full++
			}
		}
		if full != 3 {
			t.Errorf("%d of 8 found no room; unknown ones have five places of ten", full)
		}
		if ids := came(d, reply("an answer", toAddress(d, mailbox.Return{Sent: mailbox.ToAddressee, ID: 4}))); ids[0] == 0 {
			t.Error("an answer found no room")
		}
		h, err := d.Inbox.Health(t.Context())
		if err != nil || !h.Full || h.Mails != 6 || h.Came["reply"] != 5 || h.Came["reply.delivery"] != 1 || h.States[inbox.Waits] != 6 {
			t.Errorf("%+v, %v", h, err)
		}
	})
}

// Who may read a mail follows from what it answers: that somebody has signed, or began to, is none of the editors' business.
func TestSort_whoMayRead(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		theirs := map[mailbox.Sent]int{mailbox.Invitation: 1, mailbox.Reminder: 1, mailbox.ToReader: 1, mailbox.ToEditor: 1, mailbox.ToAddressee: 1,
			mailbox.ToOffice: 1, mailbox.Call: 1}
		for sent := range d.Inbox.Takers {
			editors := theirs[sent]
			before, err := d.Inbox.Waiting(t.Context(), d.Letter.ID)
			if err != nil {
				t.Fatal(err)
			}
			came(d, reply("From "+sent.Name()+string(sent), toAddress(d, mailbox.Return{Sent: sent, ID: 4})),
				reply("I am away "+string(sent), toAddress(d, mailbox.Return{Sent: sent, ID: 4}), "Auto-Submitted: auto-replied"))
			after, err := d.Inbox.Waiting(t.Context(), d.Letter.ID)
			if err != nil || after-before != editors {
				t.Errorf("%s: %d wait for the editors, want %d (%v)", sent.Name(), after-before, editors, err)
			}
		}
		noted, err := d.Inbox.List(t.Context(), d.Letter.ID, inbox.Noted, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range noted { // that an invitation was sent says that somebody had not signed
			if i.About == "invitation" {
				t.Errorf("editors see what a machine said to an invitation: %+v", i)
			}
		}
		if len(noted) != 5 {
			t.Errorf("%d machine answers are kept, want those to readers, editors, addressees, their offices and the call", len(noted))
		}
		if n, err := d.Inbox.Waiting(t.Context(), 0); err != nil || n != len(d.Inbox.Takers)-len(theirs) {
			t.Errorf("%d wait for the operator, want the %d of signers and followers (%v)", n, len(d.Inbox.Takers)-len(theirs), err)
		}
	})
}

// taken has the bounces of deliveries noted by their ids, and answered with an error.
func taken(d *testkit.Desk, answer func() error) *[]int64 {
	var ids []int64
	d.Inbox.Takers[mailbox.ToAddressee] = inbox.Taker{Bounced: func(_ context.Context, r mailbox.Return, _ bool) error {
		ids = append(ids, r.ID)
		return answer()
	}}
	return &ids
}

// Only a notice of a mail server moves a delivery, and only while nothing has come back of it; all else waits for an editor.
func TestSort_whatMovesADelivery(t *testing.T) {
	const failed = "Final-Recipient: rfc822; office@ministry.example\nAction: failed\nStatus: 5.1.1"
	desks(t, func(t *testing.T, d *testkit.Desk) {
		ids := taken(d, func() error { return nil })
		of := func(id int64) string { return toAddress(d, mailbox.Return{Sent: mailbox.ToAddressee, ID: id}) }
		no := "From: no-reply@ministry.example\nSubject: %s\n%s\n\nThe minister refuses demand 2.\n"
		came(d, notice(failed, of(9)), fmt.Sprintf(no, "Your petition 123 was rejected", of(10)), fmt.Sprintf(no, "It could not be delivered", of(11)),
			reply("We have got it.", of(12)))
		came(d, notice(failed, of(12)))
		if !slices.Equal(*ids, []int64{9}) {
			t.Errorf("deliveries %v were moved, want that which a server sent a notice of", *ids)
		}
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 4 {
			t.Errorf("%d wait for an editor, want the refusal, what may be a notice, the answer, and the notice after it: %v", n, err)
		}
		ids = taken(d, func() error { return inbox.ErrLook })
		came(d, notice(failed, of(13)))
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 5 || len(*ids) != 1 {
			t.Errorf("%d wait, want what is doubtful, too: %v", n, err)
		}
		came(d, fmt.Sprintf(no, "Undelivered", toAddress(d, mailbox.Return{Sent: mailbox.Confirmation, ID: 4})))
		if n, err := d.Inbox.Waiting(t.Context(), 0); err != nil || n != 0 {
			t.Errorf("%d wait, and what machines say to confirmations is not kept: %v", n, err)
		}
	})
}

// A mail that cannot be dealt with is seen by a person in the end, whichever step fails.
func TestSort_whatFailsAlways(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		taken(d, func() error { panic("a taker breaks") })
		d.Inbox.Lookup = func(context.Context, string) ([]string, error) { panic("a reader breaks") }
		keys := testkit.Keys{}
		var ids [2]int64
		for i, raw := range []string{notice("Action: failed\nStatus: 5.1.1", toAddress(d, mailbox.Return{Sent: mailbox.ToAddressee, ID: 9})),
			keys.Signed(t, "river.example", reply("Hello\n", "Date: Tue, 12 Nov 2030 10:00:00 +0100"))} {
			id, err := d.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte(raw)})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = id
			for range 10 { // as the runner does, which takes care of what panics
				func() {
					defer func() { _ = recover() }()
					_ = d.Inbox.SortOne(t.Context(), id)
				}()
			}
		}
		bounce, signed := ids[0], ids[1]
		if i, err := d.Inbox.Find(t.Context(), d.Letter.ID, bounce); err != nil || i.State != inbox.Waits || i.Sorted.What != inbox.Bounce {
			t.Errorf("%+v, %v", i, err)
		}
		if i, err := d.Inbox.Find(t.Context(), 0, signed); err != nil || i.State != inbox.Waits || i.Sorted.Fault == nil {
			t.Errorf("%+v, %v", i, err)
		}
		if raw, err := d.Inbox.Raw(t.Context(), 0, signed); err != nil || len(raw) == 0 {
			t.Errorf("%d bytes, %v", len(raw), err)
		}
	})
}

func TestSort_answersOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		keys := testkit.Keys{}
		d.Inbox.Lookup = keys.Lookup
		signed := func(body string, fields ...string) string {
			return keys.Signed(t, "river.example", reply(body+"\n", append(fields, "Date: Tue, 12 Nov 2030 10:00:00 +0100")...))
		}
		came(d, signed("Who are you?"), signed("Are you there?"), signed("Hello?"))
		if n := d.Jobs("mail.receipt"); n != 1 {
			t.Errorf("%d answers to three mails of one sender within a week", n)
		}
		came(d, strings.ReplaceAll(reply("Who vouches for me?"), "mina", "mallory"),
			strings.ReplaceAll(signed("I am a machine", "Auto-Submitted: auto-replied"), "mina", "robot"))
		if n := d.Jobs("mail.receipt"); n != 1 {
			t.Error("who may not have written was answered, or a machine")
		}
		d.Clock.Advance(mailbox.Week + time.Hour)
		came(d, signed("Still nobody?"))
		if n := d.Jobs("mail.receipt"); n != 2 {
			t.Errorf("%d answers, want another a week later", n)
		}
	})
}

func TestActs(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		other := d.Open("other")
		id := came(d, reply("Where does it belong?"))[0]
		if err := d.Inbox.Give(t.Context(), 0, id, d.Letter.ID, 5); err != nil {
			t.Fatal(err)
		}
		if err := d.Inbox.Give(t.Context(), 0, id, other.ID, 5); err == nil {
			t.Error("given away twice")
		}
		if err := d.Inbox.Settle(t.Context(), other.ID, id, 5); err == nil {
			t.Error("editors of another letter have settled it")
		}
		for _, step := range []func() error{
			func() error { return d.Inbox.Settle(t.Context(), d.Letter.ID, id, 5) },
			func() error { return d.Inbox.Reopen(t.Context(), d.Letter.ID, id, 5) },
			func() error {
				return d.DB.Update(t.Context(), func(tx *store.Tx) error { return inbox.Enter(tx, d.Letter.ID, id, 77, 5) })
			},
			func() error {
				return d.DB.Update(t.Context(), func(tx *store.Tx) error { return inbox.Leave(tx, d.Letter.ID, id, 5) })
			},
		} {
			if err := step(); err != nil {
				t.Error(err)
			}
		}
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 1 || d.Count(qCountSorted, inbox.Waits, inbox.Reply) != 1 {
			t.Errorf("%d wait, %v", n, err)
		}
	})
}

// Of many that are dealt with at once none is when somebody has dealt with one of them.
func TestSettleAll(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		ids := came(d, reply("Buy my watches"), reply("and my clocks"), reply("and my bells"))
		waiting := func(want int) {
			t.Helper()
			if n, err := d.Inbox.Waiting(t.Context(), 0); err != nil || n != want {
				t.Errorf("%d wait, want %d: %v", n, want, err)
			}
		}
		if err := d.Inbox.Settle(t.Context(), 0, ids[2], 5); err != nil {
			t.Fatal(err)
		}
		if err := d.Inbox.SettleAll(t.Context(), 0, ids, 5); !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
		waiting(2)
		if err := d.Inbox.SettleAll(t.Context(), 0, ids[:2], 5); err != nil {
			t.Error(err)
		}
		waiting(0)
	})
}

// Mails that went into a list wait again when that is thrown away.
func TestTaken_waitsAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		ids := came(d, reply("Please add us", toAddress(d, mailbox.Return{Sent: mailbox.Call})), reply("And us", toAddress(d, mailbox.Return{Sent: mailbox.Call})))
		list, err := d.Intake.ProposeMails(t.Context(), d.Letter, ids, "public", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Intake.ProposeMails(t.Context(), d.Letter, ids, "public", "", 0); err == nil {
			t.Error("they are in two lists")
		}
		if n, _ := d.Inbox.Waiting(t.Context(), d.Letter.ID); n != 0 {
			t.Errorf("%d wait while they are in a list", n)
		}
		if _, plan, err := d.Intake.PlanProposal(t.Context(), d.Letter, list); err != nil || len(plan.Lines) != 2 {
			t.Errorf("%+v, %v", plan, err)
		}
		if err := d.Inbox.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := d.Count(qCountParts); n != 2 {
			t.Errorf("%d are kept while the list waits", n)
		}
		if err := d.Intake.Discard(t.Context(), d.Letter.ID, list, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.Inbox.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 2 {
			t.Errorf("%d wait again, %v", n, err)
		}
	})
}

// Whose whole mail is that they want no more is taken at their word where our address names them; else a person reads it, and it is no sign-on.
func TestSort_wantsNoMore(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		unsubscribed := func() int64 { return d.Count(qCountUnsubscribed) }
		pending := d.Submit("gil@gorse.example")
		stop := toAddress(d, mailbox.Return{Sent: mailbox.Confirmation, ID: pending})
		came(d, reply("Stop. No more mails please.", stop), reply("How do I stop it?", stop))
		if n, err := d.Inbox.Waiting(t.Context(), 0); err != nil || n != 2 || unsubscribed() != 0 {
			t.Errorf("%d wait, %v, and %d are unsubscribed: free words are for a person", n, err, unsubscribed())
		}
		came(d, reply("STOP", stop))
		if n, err := d.Inbox.Waiting(t.Context(), 0); err != nil || n != 2 || unsubscribed() != 1 {
			t.Errorf("%d wait, %v, and %d are unsubscribed", n, err, unsubscribed())
		}
		d.Press(d.Token(pending))
		came(d, reply("stop", stop), reply("Unsubscribe"), reply("", "Subject: unsubscribe", "To: letters@varrow.example"))
		if n, err := d.Inbox.Waiting(t.Context(), 0); err != nil || n != 5 {
			t.Errorf("%d wait, %v: what cannot be done by itself is for a person", n, err)
		}
		ids := came(d, reply("Remove me", toAddress(d, mailbox.Return{Sent: mailbox.Call})))
		if i, err := d.Inbox.Find(t.Context(), d.Letter.ID, ids[0]); err != nil || i.State != inbox.Waits || i.Sorted.What != inbox.Ending {
			t.Errorf("%s %s, %v: it is not one who signs", i.State, i.Sorted.What, err)
		}
	})
}

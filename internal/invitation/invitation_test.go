package invitation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

var (
	qListMails = store.Q("test.list_mails", `SELECT args FROM job WHERE kind = 'mail.invitation' AND run_at <= $1 ORDER BY id`)
	qDropMails = store.Q("test.drop_mails", `DELETE FROM job`)
	qCountAsks = store.Q("test.count_invitations", `SELECT COUNT(*) FROM invitation`)
)

// deadline gives the desk's letter a deadline so long from now.
func (d *desk) deadline(in time.Duration) {
	d.T.Helper()
	d.Letter = d.Set(d.Letter.Slug, letter.Settings{Deadline: &letter.Deadline{At: d.Clock.Now().Add(in), Zone: time.UTC}})
}

func (d *desk) invite(addresses ...string) {
	d.T.Helper()
	var list []invitation.Invitee
	for _, a := range addresses {
		list = append(list, invitation.Invitee{Name: "Noor Vale", Email: a, Organisation: "Vale Trust"})
	}
	if before, err := d.Invitations.Invite(d.T.Context(), d.Letter.ID, list, 7); err != nil || len(before) > 0 {
		d.T.Fatalf("Invite: %v, invited before %v", err, before)
	}
}

// invited returns the invitations by address, with what differs from one to another in any case taken out.
func (d *desk) invited() map[string]invitation.Invitation {
	d.T.Helper()
	list, err := d.Invitations.List(d.T.Context(), d.Letter.ID, "", 0, 1000)
	if err != nil {
		d.T.Fatal(err)
	}
	by := map[string]invitation.Invitation{}
	for _, v := range list {
		address := v.Email
		v.ID, v.Email, v.At = 0, "", time.Time{}
		by[address] = v
	}
	return by
}

// asks returns whom the enqueued mails are for, by address; true for one that would be sent. It empties the queue.
func (d *desk) asks(reminders bool) map[string]bool {
	d.T.Helper()
	var args []string
	err := d.DB.Update(d.T.Context(), func(tx *store.Tx) (err error) {
		args, err = store.List(tx, qListMails, func(row store.Row) (s string, err error) { return s, row.Scan(&s) }, tx.Now().UnixMicro())
		if err == nil {
			_, err = tx.Exec(qDropMails)
		}
		return err
	})
	if err != nil {
		d.T.Fatal(err)
	}
	list, err := d.Invitations.List(d.T.Context(), d.Letter.ID, "", 0, 1000)
	if err != nil {
		d.T.Fatal(err)
	}
	out := map[string]bool{}
	for _, v := range list {
		for _, a := range args {
			var m invitation.Mail
			if err := json.Unmarshal([]byte(a), &m); err != nil {
				d.T.Fatal(err)
			}
			if m.Invitation != v.ID {
				continue
			}
			if m.Reminder != reminders {
				d.T.Errorf("%s: a reminder %v", v.Email, m.Reminder)
			}
			if _, twice := out[v.Email]; twice {
				d.T.Errorf("%s is mailed twice", v.Email)
			}
			e, send, err := d.Invitations.Envelope(d.T.Context(), m)
			if err != nil || send && e.Address != v.Email {
				d.T.Fatalf("%+v, %v", e, err)
			}
			out[v.Email] = send
		}
	}
	return out
}

func (d *desk) link(address string) string {
	d.T.Helper()
	list, err := d.Invitations.List(d.T.Context(), d.Letter.ID, "", 0, 1000)
	if err != nil {
		d.T.Fatal(err)
	}
	for _, v := range list {
		if v.Email == address {
			e, _, err := d.Invitations.Envelope(d.T.Context(), invitation.Mail{Letter: d.Letter.ID, Invitation: v.ID})
			if err != nil {
				d.T.Fatal(err)
			}
			return e.Token
		}
	}
	d.T.Fatalf("no invitation of %s", address)
	return ""
}

// through is a form that the link of an address's invitation led to.
func (d *desk) through(address string) func(*signing.Request) {
	d.T.Helper()
	id, err := d.Invitations.IDOf(d.T.Context(), d.Letter.ID, d.link(address))
	if err != nil || id == 0 {
		d.T.Fatalf("the invitation of %s: %d, %v", address, id, err)
	}
	return func(r *signing.Request) { r.Invitation = id }
}

func (d *desk) remind() {
	d.T.Helper()
	if err := d.Invitations.Remind(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
}

// Who signs and is counted only, in whatever way and order, looks to the editors like one who has not answered: in the
// list, in the counts, in the reminders and in the number of mails that wait.
func TestInvitation_countedLooksLikeNoAnswer(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d := newDesk(t, db, clock)
		d.deadline(8 * 24 * time.Hour)
		counted := testkit.Listed(roll.Counted)
		d.Give("before@example.org", counted)
		quiet := []string{"none@example.org", "before@example.org", "after@example.org", "link@example.org", "other@example.org", "withdrew@example.org", "erased@example.org", "hid@example.org", "unsubscribed@example.org"}
		shown := map[string]invitation.State{"public@example.org": invitation.Signed, "coalition@example.org": invitation.Signed, "addressee@example.org": invitation.Signed,
			"declined@example.org": invitation.Declined, "through@example.org": invitation.Signed}
		d.invite(quiet...)
		for address := range shown {
			d.invite(address)
		}
		sent := d.asks(false)
		if len(sent) != 14 || sent["before@example.org"] || !sent["none@example.org"] {
			t.Errorf("invitations: %v", sent)
		}
		d.Give("after@example.org", counted)
		d.Give("LINK@example.org", counted, d.through("link@example.org"))
		d.Give("elsewhere@example.net", counted, d.through("other@example.org"))
		withdrew, erased, hid := d.Give("withdrew@example.org", counted), d.Give("erased@example.org", counted), d.Give("hid@example.org")
		ctx := t.Context()
		for _, err := range []error{d.Signing.Receipts.Withdraw(ctx, withdrew.Secret, d.Own(withdrew.Secret)[0].ID), d.Signing.Receipts.Erase(ctx, erased.Secret, d.Own(erased.Secret)[0].ID),
			d.Signing.Receipts.Relist(ctx, hid.Secret, d.Own(hid.Secret)[0].ID, roll.Counted)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		v, err := d.Invitations.Find(ctx, d.link("unsubscribed@example.org"))
		if err != nil || d.Mailboxes.Unsubscribe(ctx, v.Unsubscribe) != nil {
			t.Fatal(err)
		}
		d.Give("public@example.org")
		d.Give("coalition@example.org", testkit.Listed(roll.Coalition))
		d.Give("addressee@example.org", testkit.Listed(roll.Addressee))
		d.Give("somebody@example.net", testkit.As(signing.Both, "Vale Trust"), d.through("through@example.org"))
		if err := d.Invitations.Answer(ctx, d.link("declined@example.org"), invitation.Declined, "No"); err != nil {
			t.Fatal(err)
		}
		d.Publish()

		list := d.invited()
		want := invitation.Invitation{Name: "Noor Vale", Organisation: "Vale Trust", State: invitation.Invited, By: 7}
		for _, address := range quiet {
			if diff := cmp.Diff(want, list[address]); diff != "" {
				t.Errorf("%s can be told apart: %s", address, diff)
			}
		}
		for address, state := range shown {
			if list[address].State != state {
				t.Errorf("%s is shown as %s", address, list[address].State)
			}
		}
		counts, err := d.Invitations.Count(ctx, d.Letter.ID)
		if diff := cmp.Diff(map[invitation.State]int{invitation.Invited: 9, invitation.Declined: 1, invitation.Signed: 4}, counts); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}

		clock.Advance(25 * time.Hour)
		d.remind()
		waiting := d.asks(true)
		for _, address := range quiet {
			if send, queued := waiting[address]; !queued || send != (address == "none@example.org") {
				t.Errorf("reminder to %s: enqueued %v, sent %v", address, queued, send)
			}
		}
		for address := range shown {
			if waiting[address] {
				t.Errorf("%s is reminded", address)
			}
		}
		if after := d.invited(); !cmp.Equal(list, after) {
			t.Errorf("the reminder shows: %s", cmp.Diff(list, after))
		}
	})
}

// How many mails wait does not tell what else a mailbox was sent.
func TestRemind_aSpentMailboxWaitsLikeOthers(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d := newDesk(t, db, clock)
		d.deadline(8 * 24 * time.Hour)
		d.invite("spent@example.org", "other@example.org")
		d.asks(false)
		clock.Advance(25 * time.Hour)
		key, err := d.Letters.Key(t.Context(), d.Letter.ID)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := text.ParseAddress("spent@example.org")
		for range 9 {
			err := d.DB.Update(t.Context(), func(tx *store.Tx) error {
				_, err := d.Mailboxes.Of(key, d.Letter.ID, a).SpendForEditors(tx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		d.remind()
		if diff := cmp.Diff(map[string]bool{"spent@example.org": false, "other@example.org": true}, d.asks(true)); diff != "" {
			t.Errorf("whether they are reminded (-want +got):\n%s", diff)
		}
	})
}

func TestRemind_onceEachWhoeverAsks(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d := newDesk(t, db, clock)
		d.Mailboxes.Unlimited = true
		d.deadline(10 * 24 * time.Hour)
		for i := range 250 { // three slices
			d.invite(fmt.Sprintf("a%d@example.org", i))
		}
		d.asks(false)
		d.remind()
		if n := len(d.asks(true)); n != 0 {
			t.Errorf("%d reminders before any moment", n)
		}
		clock.Advance(3*24*time.Hour + time.Minute) // 7 days before
		d.invite("late@example.org")                // has just had the invitation
		d.asks(false)
		var all sync.WaitGroup
		for range 4 {
			other := d.AnotherProcess()
			all.Go(func() {
				if err := other.Invitations.Remind(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		d.remind()
		if got := d.asks(true); len(got) != 250 {
			t.Errorf("%d of 250 reminded, late %v", len(got), got["late@example.org"])
		}
		l, _ := d.Letters.ByID(t.Context(), d.Letter.ID)
		d.Set(d.Letter.Slug, letter.Settings{Deadline: &letter.Deadline{At: l.Deadline.At.Add(time.Hour), Zone: time.UTC}})
		clock.Advance(time.Hour)
		d.remind()
		if n := len(d.asks(true)); n != 0 {
			t.Errorf("%d reminders again since the deadline moved by an hour", n)
		}
		clock.Advance(5*24*time.Hour + 2*time.Hour) // 2 days before
		d.remind()
		if n := len(d.asks(true)); n != 251 {
			t.Errorf("%d of 251 reminded again", n)
		}
		reminders, err := d.Invitations.Reminders(t.Context(), d.relettered())
		if err != nil || len(reminders) != 2 || reminders[0].Days != 7 || !reminders[1].Done {
			t.Errorf("%+v, %v", reminders, err)
		}
	})
}

// relettered reads the letter again.
func (d *desk) relettered() letter.Letter {
	d.T.Helper()
	l, err := d.Letters.Find(d.T.Context(), d.Letter.Slug)
	if err != nil {
		d.T.Fatal(err)
	}
	return l
}

func TestRemind_stopsAndPlans(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d := newDesk(t, db, clock)
		ctx := t.Context()
		d.deadline(10 * 24 * time.Hour)
		d.invite("a@example.org", "b@example.org")
		d.asks(false)
		for _, bad := range [][]int{{0}, {61}, {1, 2, 3, 4, 5, 6}} {
			if err := d.Invitations.SetReminders(ctx, d.Letter.ID, bad, 0); !fault.Is(err, fault.Invalid) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		if err := d.Invitations.SetReminders(ctx, d.Letter.ID, nil, 0); err != nil {
			t.Fatal(err)
		}
		clock.Advance(3*24*time.Hour + time.Minute)
		d.remind()
		if n := len(d.asks(true)); n != 0 {
			t.Errorf("%d reminders of a letter that was stopped", n)
		}
		if err := d.Invitations.SetReminders(ctx, d.Letter.ID, []int{1, 5, 5, 7}, 0); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2*24*time.Hour + 2*time.Hour) // the server was down at 7 days before; now it is 5
		d.remind()
		if n := len(d.asks(true)); n != 2 {
			t.Errorf("%d reminders at 5 days", n)
		}
		clock.Advance(4 * 24 * time.Hour)
		d.remind()
		clock.Advance(24 * time.Hour) // after the deadline, before the mails were sent
		for address, send := range d.asks(true) {
			if send {
				t.Errorf("%s is reminded of a letter that is closed", address)
			}
		}
	})
}

func TestInvite_twiceLimitAndBadLetters(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d := newDesk(t, db, clock)
		ctx := t.Context()
		d.invite("a@example.org")
		list := []invitation.Invitee{{Email: "A@example.org"}, {Email: "b@example.org"}, {Email: "B@EXAMPLE.org"}}
		before, err := d.Invitations.Invite(ctx, d.Letter.ID, list, 0)
		if err != nil || len(before) != 1 || before[0].Email != "A@example.org" || d.Count(qCountAsks) != 2 {
			t.Errorf("%v, %v", before, err)
		}
		if _, err := d.Invitations.Invite(ctx, d.Letter.ID, []invitation.Invitee{{Email: "c@example.org"}, {Email: "c@"}}, 0); !fault.Is(err, fault.Invalid) || d.Count(qCountAsks) != 2 {
			t.Errorf("a bad address: %v", err)
		}
		var many []invitation.Invitee
		for i := range invitation.ADay - 1 {
			many = append(many, invitation.Invitee{Email: fmt.Sprintf("m%d@example.org", i)})
		}
		if _, err := d.Invitations.Invite(ctx, d.Letter.ID, many, 0); !fault.Is(err, fault.Limited) || fault.All(err)[0].Args["Left"] != invitation.ADay-2 || d.Count(qCountAsks) != 2 {
			t.Errorf("beyond the day's limit: %v", err)
		}
		if _, err := d.Invitations.Invite(ctx, d.Letter.ID, many[1:], 0); err != nil {
			t.Errorf("just the day's limit: %v", err)
		}
		clock.Advance(24 * time.Hour)
		if _, err := d.Invitations.Invite(ctx, d.Letter.ID, many[:1], 0); err != nil {
			t.Errorf("the next day: %v", err)
		}
		var read []invitation.Invitation
		for after := int64(0); ; {
			page, err := d.Invitations.List(ctx, d.Letter.ID, invitation.Invited, after, 300)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			read, after = append(read, page...), page[len(page)-1].ID
		}
		if len(read) != invitation.ADay+1 {
			t.Errorf("%d read page by page", len(read))
		}
		draft := d.Write(letter.Import{Slug: "draft", Text: testkit.Text("Not yet.")})
		if _, err := d.Invitations.Invite(ctx, draft.ID, many[:1], 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("to a draft: %v", err)
		}
		d.deadline(-time.Hour)
		if _, err := d.Invitations.Invite(ctx, d.Letter.ID, []invitation.Invitee{{Email: "z@example.org"}}, 0); !fault.Is(err, fault.Gone) {
			t.Errorf("to a closed letter: %v", err)
		}
	})
}

func TestInvitations_endWithTheLettersKey(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		d := newDesk(t, db, clock)
		ctx := t.Context()
		d.deadline(24 * time.Hour)
		d.invite("a@example.org")
		link := d.link("a@example.org")
		v, err := d.Invitations.Find(ctx, link)
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(40 * 24 * time.Hour)
		for range 2 { // closes, then destroys
			if err := d.Retain(ctx); err != nil {
				t.Fatal(err)
			}
			clock.Advance(31 * 24 * time.Hour)
		}
		if n := d.Count(qCountAsks); n != 0 {
			t.Errorf("%d invitations are left", n)
		}
		if _, err := d.Invitations.Find(ctx, link); !fault.Is(err, fault.Gone) {
			t.Errorf("the link: %v", err)
		}
		if err := d.Mailboxes.Unsubscribe(ctx, v.Unsubscribe); err != nil {
			t.Errorf("unsubscribing from an old mail: %v", err)
		}
		next := d.Open("next")
		if _, err := d.Invitations.Invite(ctx, next.ID, []invitation.Invitee{{Email: "A+list@example.org"}}, 0); err != nil {
			t.Fatal(err)
		}
		d.Letter = next
		if got := d.asks(false); len(got) != 1 || got["A+list@example.org"] {
			t.Errorf("another letter writes to who unsubscribed: %v", got)
		}
	})
}

func TestParseInvitees(t *testing.T) {
	type v = invitation.Invitee
	for name, c := range map[string]struct {
		text    string
		want    []v
		misread map[int]string
		ignored []string
	}{
		"addresses": {"ann@lee.example\n\n mailto:bo@ray.example \r\n<cy@elm.example>", []v{{Line: 1, Email: "ann@lee.example"}, {Line: 3, Email: "bo@ray.example"}, {Line: 4, Email: "cy@elm.example"}}, nil, nil},
		"mail program": {"Ann Lee <ann@lee.example>\n\"Ray, Bo\" <bo@ray.example>, Cy <cy@elm.example>,\nنگار فرهمند <negar@far.example>", []v{{Line: 1, Name: "Ann Lee", Email: "ann@lee.example"},
			{Line: 2, Name: "Ray, Bo", Email: "bo@ray.example"}, {Line: 2, Name: "Cy", Email: "cy@elm.example"}, {Line: 3, Name: "نگار فرهمند", Email: "negar@far.example"}}, nil, nil},
		"cells": {"Fen Trust; Ann Lee; ann@lee.example; fr\nFen Trust\tbo@ray.example\ncy@elm.example, Cy Elm, Elm Society\nElm, Di <di@elm.example>\nElm Society; Ed <ed@elm.example>",
			[]v{{Line: 1, Name: "Ann Lee", Email: "ann@lee.example", Organisation: "Fen Trust", Language: "fr"}, {Line: 2, Name: "Fen Trust", Email: "bo@ray.example"},
				{Line: 3, Name: "Cy Elm", Email: "cy@elm.example", Organisation: "Elm Society"}, {Line: 4, Name: "Elm, Di", Email: "di@elm.example"},
				{Line: 5, Name: "Ed", Email: "ed@elm.example", Organisation: "Elm Society"}}, nil, nil},
		"a language after the address": {"Ann Lee <ann@lee.example>, fa\nbo@ray.example; ar", []v{{Line: 1, Name: "Ann Lee", Email: "ann@lee.example", Language: "fa"},
			{Line: 2, Email: "bo@ray.example", Language: "ar"}}, nil, nil},
		"a line to each": {"name,email,language,line\nAnn Lee,ann@lee.example,fa,\"You, Ann,  know why.\"\nBo Ray,bo@ray.example,,\u202eno\nCy,cy@elm.example,,",
			[]v{{Line: 2, Name: "Ann Lee", Email: "ann@lee.example", Language: "fa", Words: "You, Ann, know why."},
				{Line: 3, Name: "Bo Ray", Email: "bo@ray.example", Words: "no"}, {Line: 4, Name: "Cy", Email: "cy@elm.example"}}, nil, nil},
		"several": {"ann@lee.example; Bo <bo@ray.example>", []v{{Line: 1, Email: "ann@lee.example"}, {Line: 1, Name: "Bo", Email: "bo@ray.example"}}, nil, nil},
		"table": {"\ufeffOrganisation,First name,Last name,E-mail,Phone,Language\nFen Trust,Ann,Lee,ann@lee.example,1,فارسی\n\"Elm, Ltd\",,,bo@elm.example,2,\nNobody,,,,,\n",
			[]v{{Line: 2, Name: "Ann Lee", Email: "ann@lee.example", Organisation: "Fen Trust", Language: "fa"}, {Line: 3, Email: "bo@elm.example", Organisation: "Elm, Ltd"}},
			map[int]string{4: "invitee.address"}, []string{"Phone"}},
		"twice":   {"ann@lee.example\nbo@ray.example\nAnn <ANN@lee.example>", []v{{Line: 1, Email: "ann@lee.example"}, {Line: 2, Email: "bo@ray.example"}, {Line: 3, Name: "Ann", Email: "ANN@lee.example", Repeats: 1}}, nil, nil},
		"misread": {"Dear all,\nann@lee\nA; B; C; d@e.example\nwww.evil.example <a@b.example>\na@b.example\tDr\tAnn\tLee", nil, map[int]string{1: "invitee.address", 2: "email.bad", 3: "invitee.parts", 4: "name.url", 5: "invitee.parts"}, nil},
		"comment": {"Ann (Fen Trust) <ann@lee.example>", []v{{Line: 1, Name: "Ann (Fen Trust)", Email: "ann@lee.example"}}, nil, nil},
	} {
		got, err := invitation.ParseInvitees(c.text)
		misread := map[int]string{}
		for _, m := range got.Misread {
			misread[m.Line] = m.Fault.Key
		}
		if diff := cmp.Diff(c.want, got.Invitees) + cmp.Diff(c.misread, misread, cmpopts.EquateEmpty()) + cmp.Diff(c.ignored, got.Ignored); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := invitation.ParseInvitees(strings.Repeat("a", 2<<20)); !fault.Is(err, fault.TooLarge) {
		t.Error(err)
	}
	if _, err := invitation.ParseInvitees(strings.Repeat("x\n", invitation.MaxInvitees+1)); !fault.Is(err, fault.TooLarge) {
		t.Error(err)
	}
}

// No line gets lost: each that is not blank is an invitee, misread, or one of headings; and who is read can be invited.
func TestInviteeList_forAll(t *testing.T) {
	list, err := invitation.ParseInvitees("name,email,language,line\nAnn,ann@lee.example,fa,Yours.\nBo,bo@ray.example,,")
	if err != nil || list.ForAll("fr", " For  all ") != nil {
		t.Fatal(err)
	}
	if a, b := list.Invitees[0], list.Invitees[1]; a.Language != "fa" || a.Words != "Yours." || b.Language != "fr" || b.Words != "For all" {
		t.Errorf("%+v, %+v", a, b)
	}
	for key, err := range map[string]error{"invitee.language": list.ForAll("xx", ""), "words.long": list.ForAll("", strings.Repeat("a", invitation.MaxWords+1)),
		"name.characters": list.ForAll("", "a\u202eb")} {
		if all := fault.All(err); len(all) != 1 || all[0].Key != key || all[0].Field == "" {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func FuzzParseInvitees(f *testing.F) {
	for _, s := range []string{"Ann <a@b.example>\nFen; Bo; b@c.example; fa", "Name,E-mail\nAnn,a@b.example\nx,y", "a@b.example, \"c\" <d@e.example>;\r\t@", "نام\tایمیل\nنگار\tn@f.example", "Team: a@b.example, c@d.example;", "\"a\n<@>\n,;\t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := invitation.ParseInvitees(text)
		if err != nil {
			if len(fault.All(err)) == 0 {
				t.Fatalf("not for a user: %v", err)
			}
			return
		}
		seen := map[int]bool{}
		for _, v := range list.Invitees {
			seen[v.Line] = true
			if !strings.Contains(v.Email, "@") || strings.ContainsAny(v.Name+v.Email+v.Organisation, "\n\r\x00\u202e") || v.Repeats > v.Line {
				t.Fatalf("%+v", v)
			}
			if again, err := invitation.ParseInvitees(v.Email); err != nil || len(again.Invitees) != 1 {
				t.Fatalf("%q is no address a second time: %+v, %v", v.Email, again, err)
			}
		}
		for _, m := range list.Misread {
			seen[m.Line] = true
			if m.Fault == nil {
				t.Fatalf("%+v", m)
			}
		}
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(strings.ToValidUTF8(text, "\ufffd"))
		for i, line := range strings.Split(text, "\n") {
			if !seen[i+1] && strings.TrimSpace(line) != "" && strings.Contains(line, "@") {
				t.Fatalf("line %d is lost: %q", i+1, line)
			}
		}
	})
}

package signing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func TestSignAgain_newSecretWorksOldDoesNot(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		first := d.Give("mina@example.org", testkit.Named("Mina Farahani"))
		before := d.Counts()
		second := d.Give("Mina@Example.org", testkit.Named("Mina F. Lund"))
		if !second.Again || second.Secret == first.Secret {
			t.Errorf("receipt %+v", second)
		}
		if _, err := d.Signing.Receipts.Find(t.Context(), first.Secret); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the old secret: %v", err)
		}
		if own := d.Own(second.Secret); len(own) != 1 || own[0].Name != "Mina F. Lund" {
			t.Errorf("own %+v", own)
		}
		if after := d.Counts(); after.Persons != before.Persons || after.Withdrawn != 0 {
			t.Errorf("counts %+v, before %+v", after, before)
		}
		if got := d.Names(verify.Person, "", 5); !cmp.Equal(got, []string{"Mina F. Lund"}) {
			t.Errorf("list %q", got)
		}
		if got := d.Names(verify.Person, "farahani", 5); len(got) != 0 {
			t.Errorf("the old name is still found: %q", got)
		}
		if n := d.Count(qCountPending); n != 1 {
			t.Errorf("%d submissions are kept, want the last only", n)
		}
	})
}

func TestSignAgain_aNewerEditionMovesTheSignature(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Give("mina@example.org")
		d.Publish()
		d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Publish: true, Text: testkit.Text("The bridge fell."), Follows: letter.FollowsSubstantive})
		c, _, _, err := d.Roll.Summary(t.Context(), d.Letter.ID, 2)
		if err != nil || c.Persons != 1 || c.Earlier != 1 {
			t.Errorf("before: %+v, %v; want one earlier signature", c, err)
		}
		d.Give("mina@example.org")
		d.Publish()
		c, _, _, err = d.Roll.Summary(t.Context(), d.Letter.ID, 2)
		if err != nil || c.Persons != 1 || c.Earlier != 0 || c.ByEdition[2] != 1 || c.ByEdition[1] != 0 {
			t.Errorf("after: %+v, %v; want it on edition 2", c, err)
		}
	})
}

func TestSignAgain_asBothAddsWhatWasMissing(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Give("mina@example.org")
		r := d.Give("mina@example.org", testkit.As(signing.Both, "River Watch"), testkit.Listed(roll.Counted))
		if c := d.Counts(); c.Persons != 1 || c.Organisations != 1 || c.Withheld != 2 || len(d.Own(r.Secret)) != 2 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestSignAgain_aRemovedSignerStaysHeld(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.Own(d.Give("mina@example.org").Secret)[0].ID
		if err := d.Signing.Holds.Remove(ctx, d.Letter.ID, id, 0, "fraud"); err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			r := d.Give("mina@example.org")
			if r.Held != signing.HeldRemoved {
				t.Fatalf("round %d: held %q", round, r.Held)
			}
			if c := d.Counts(); c.Persons != 0 || c.Removed != 1 {
				t.Errorf("counts %+v", c)
			}
			id = d.Own(r.Secret)[0].ID
			if err := d.Signing.Receipts.Withdraw(ctx, r.Secret, id); err != nil { // and tries to come back that way
				t.Fatal(err)
			}
		}
		r := d.Give("mina@example.org")
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, d.Own(r.Secret)[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		if c := d.Counts(); c.Persons != 1 || d.Own(r.Secret)[0].State != signing.StateListed {
			t.Errorf("after the release: %+v", c)
		}
	})
}

func TestSignAgain_afterWithdrawalCounts(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.Give("mina@example.org")
		if err := d.Signing.Receipts.Withdraw(t.Context(), r.Secret, d.Own(r.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if r := d.Give("mina+new@example.org"); r.Held != "" {
			t.Errorf("held as a duplicate of a withdrawn signature: %q", r.Held)
		}
		if c := d.Counts(); c.Persons != 1 || c.Withdrawn != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestHeld_isNowhereInPublic(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.Give("mina@example.org", testkit.Named("Mina Farahani"))
		d.Publish()
		r = d.Give("mina@example.org", testkit.Named("Минa Farahani")) // Cyrillic М, и, н
		if r.Held != signing.HeldLookAlike {
			t.Fatalf("held %q", r.Held)
		}
		d.Publish()
		c, persons, _, err := d.Roll.Summary(ctx, d.Letter.ID, 0)
		if err != nil || c.Persons != 0 || len(persons) != 0 || len(d.Names(verify.Person, "", 5)) != 0 {
			t.Errorf("counts %+v, recent %+v, list %q, %v", c, persons, d.Names(verify.Person, "", 5), err)
		}
		held, err := d.Signing.Holds.List(ctx, d.Letter.ID, signing.StateHeld, 0, 10)
		if err != nil || len(held) != 1 || held[0].Name != "Минa Farahani" || held[0].Reason != signing.HeldLookAlike {
			t.Fatalf("held %+v, %v", held, err)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, held[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, held[0].ID, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("released twice: %v", err)
		}
		if c := d.Counts(); c.Persons != 1 {
			t.Errorf("after the release: %+v", c)
		}
	})
}

func TestRelist_aNameThatIsWithheldLeavesListAndSearchAtOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.Give("mina@example.org")
		d.Publish()
		id, version := d.Own(r.Secret)[0].ID, d.version()
		if err := d.Signing.Receipts.Relist(ctx, r.Secret, id, roll.Counted); err != nil {
			t.Fatal(err)
		}
		if l, s := d.Names(verify.Person, "", 5), d.Names(verify.Person, "mina", 5); len(l)+len(s) != 0 {
			t.Errorf("list %q, search %q before the next publication", l, s)
		}
		if d.version() == version {
			t.Error("the letter's version did not move: cached pages keep the name")
		}
		if c := d.Counts(); c.Persons != 1 || c.Withheld != 1 {
			t.Errorf("counts %+v", c)
		}
		if err := d.Signing.Receipts.Relist(ctx, r.Secret, id, roll.Public); err != nil {
			t.Fatal(err)
		}
		if c := d.Counts(); c.Withheld != 0 || !cmp.Equal(d.Names(verify.Person, "", 5), []string{"Mina Farahani"}) {
			t.Errorf("counts %+v", c)
		}
		if err := d.Signing.Receipts.Relist(ctx, r.Secret, id, "friends"); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown listing: %v", err)
		}
		if err := d.Signing.Receipts.Relist(ctx, r.Secret, id+1, roll.Counted); err == nil {
			t.Error("another's signature was relisted")
		}
	})
}

func (d *desk) version() int64 {
	d.T.Helper()
	v, err := d.Letters.Version(d.T.Context(), d.Letter.Slug)
	if err != nil {
		d.T.Fatal(err)
	}
	return v
}

func TestWithdraw_nameGoesAtOnceCountWithThePublication(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.Give("mina@example.org")
		d.Publish()
		id := d.Own(r.Secret)[0].ID
		for range 2 { // the second changes nothing
			if err := d.Signing.Receipts.Withdraw(ctx, r.Secret, id); err != nil {
				t.Fatal(err)
			}
		}
		if got := d.Names(verify.Person, "", 5); len(got) != 0 {
			t.Errorf("list %q", got)
		}
		if c, _, _, _ := d.Roll.Summary(ctx, d.Letter.ID, 0); c.Persons != 1 {
			t.Errorf("the count moved before the publication: %+v", c)
		}
		if c := d.Counts(); c.Persons != 0 || c.Withdrawn != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

var (
	qErased = store.Q("test.erased", `
		SELECT (SELECT COUNT(*) FROM signature_sealed WHERE letter_id = $1) + (SELECT COUNT(*) FROM signature_public WHERE letter_id = $1)
			+ (SELECT COUNT(*) FROM signature_list WHERE letter_id = $1) + (SELECT COUNT(*) FROM signature_word WHERE letter_id = $1)
			+ (SELECT COUNT(*) FROM pending WHERE letter_id = $1) + (SELECT COUNT(*) FROM mail_budget WHERE letter_id = $1)
			+ (SELECT COUNT(*) FROM signature WHERE letter_id = $1 AND secret_hash IS NOT NULL)`)
	qHasTag = store.Q("test.has_tag", `
		SELECT COUNT(*) FROM signature WHERE letter_id = $1 AND (tag = $2 OR mailbox_tag = $2)`)
	qTag = store.Q("test.tag", `SELECT tag FROM signature WHERE letter_id = $1 AND secret_hash IS NOT NULL`)
)

func TestErase_leavesNothingThatTellsWhoItWas(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.Give("mina@example.org")
		r := d.Give("mina@example.org") // signed again: two submissions
		d.Publish()
		var tag []byte
		if err := d.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qTag, d.Letter.ID).Scan(&tag) }); err != nil {
			t.Fatal(err)
		}
		id := d.Own(r.Secret)[0].ID
		if err := d.Signing.Receipts.Erase(ctx, r.Secret, id); err != nil {
			t.Fatal(err)
		}
		if n := d.Count(qErased, d.Letter.ID); n != 0 {
			t.Errorf("%d rows are left of an erased signer", n)
		}
		if n := d.Count(qHasTag, d.Letter.ID, tag); n != 0 {
			t.Error("the address tag is left")
		}
		if _, err := d.Signing.Receipts.Find(ctx, r.Secret); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the secret still works: %v", err)
		}
		if c := d.Counts(); c.Persons != 0 || c.Withdrawn != 1 {
			t.Errorf("counts %+v", c)
		}
		if r := d.Give("mina@example.org"); r.Again || r.Held != "" {
			t.Errorf("the address is remembered: %+v", r)
		}
	})
}

func TestErase_oneOfBothLeavesTheOther(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.Give("office@example.org", testkit.As(signing.Both, "River Watch"))
		d.Publish()
		if err := d.Signing.Receipts.Erase(t.Context(), r.Secret, d.Own(r.Secret)[1].ID); err != nil {
			t.Fatal(err)
		}
		if own := d.Own(r.Secret); len(own) != 1 || own[0].Kind != verify.Organisation {
			t.Errorf("own %+v", own)
		}
		if c := d.Counts(); c.Organisations != 1 || c.Persons != 0 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestFind_takesASecretAsPeopleTypeIt(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		s := d.Give("mina@example.org").Secret
		for _, typed := range []string{s, " " + s[:13] + " " + s[13:] + "\n", s[:5] + "-" + s[5:]} {
			if own := d.Own(typed); len(own) != 1 || own[0].Email != "mina@example.org" {
				t.Errorf("%q: %+v", typed, own)
			}
		}
		for _, wrong := range []string{"", "x", s[:25], s + "a", s[1:] + "2"} {
			if _, err := d.Signing.Receipts.Find(t.Context(), wrong); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%q: %v, want Forbidden", wrong, err)
			}
		}
	})
}

func TestRetain_submissionsEndAfterTheirHours(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		open, confirmed, disputed := d.Token(d.Submit("a@example.org")), d.Token(d.Submit("b@example.org")), d.Token(d.Submit("c@example.org"))
		d.Press(confirmed)
		if _, err := d.Signing.Dispute(ctx, disputed, "", ""); err != nil {
			t.Fatal(err)
		}
		for after, want := range []int64{0: 3, 1: 3, 2: 2, 3: 2, 4: 0} { // every 23 hours
			if err := d.Retain(ctx); err != nil {
				t.Fatal(err)
			}
			if n := d.Count(qCountPending); n != want {
				t.Errorf("after %d hours: %d submissions, want %d", 23*after, n, want)
			}
			d.Clock.Advance(23 * time.Hour)
		}
		if _, err := d.Signing.Confirm(ctx, open, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
			t.Errorf("confirmed after 72 hours: %v", err)
		}
	})
}

func TestRetain_hoursRunFromWhenTheRelayTookTheMail(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		token := d.Token(id)
		d.Clock.Advance(70 * time.Hour) // the relay was down
		if err := d.Signing.Accepted(t.Context(), id, signing.Envelope{Late: true}); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(71 * time.Hour)
		if err := d.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Press(token)
	})
}

func TestRetain_thirtyDaysAfterTheCloseNothingCanBeOpened(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.Give("mina@example.org")
		d.Publish()
		if err := d.Letters.Close(ctx, d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(30*24*time.Hour - time.Second)
		if err := d.Retain(ctx); err != nil || d.Own(r.Secret)[0].Email == "" {
			t.Fatalf("destroyed too early (%v)", err)
		}
		d.Clock.Advance(time.Minute)
		for range 2 {
			if err := d.Retain(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.Count(qCountSealed); n != 0 {
			t.Errorf("%d sealed rows", n)
		}
		if _, err := d.Letters.Key(ctx, d.Letter.ID); !fault.Is(err, fault.Gone) {
			t.Errorf("the data key: %v, want Gone", err)
		}
		d.Clock.Advance(time.Minute) // a kept key is forgotten too
		own := d.Own(r.Secret)
		if len(own) != 1 || own[0].State != signing.StateListed || own[0].Email != "" || own[0].Name != "" {
			t.Errorf("own %+v; want the signature without particulars", own)
		}
		if got := d.Names(verify.Person, "", 5); len(got) != 1 {
			t.Errorf("the public list went too: %q", got)
		}
		if err := d.Signing.Receipts.Relist(ctx, r.Secret, own[0].ID, roll.Counted); !fault.Is(err, fault.Gone) {
			t.Errorf("Relist: %v, want Gone", err)
		}
		if err := d.Signing.Receipts.Withdraw(ctx, r.Secret, own[0].ID); err != nil {
			t.Errorf("Withdraw: %v", err)
		}
		if got := d.Names(verify.Person, "", 5); len(got) != 0 {
			t.Errorf("withdrawn and still listed: %q", got)
		}
	})
}

var qDestroyKey = store.Q("test.destroy_key", `UPDATE letter SET data_key = NULL WHERE id = $1`)

func TestRetain_finishesAPurgeThatWasCutOff(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Give("mina@example.org")
		err := d.DB.Update(t.Context(), func(tx *store.Tx) error { // as after a crash between key and rows
			_, err := tx.Exec(qDestroyKey, d.Letter.ID)
			return err
		})
		if err == nil {
			err = d.Retain(t.Context())
		}
		if n := d.Count(qCountSealed); err != nil || n != 0 {
			t.Errorf("%d sealed rows, %v", n, err)
		}
	})
}

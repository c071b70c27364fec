package signing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// mandated makes the desk's letter one that looks at organisations, led by as many as leads are named.
func (d *desk) mandated(leads ...string) {
	d.T.Helper()
	for _, slug := range leads {
		if err := d.Letters.Directory.Put(d.T.Context(), account.Organisation{Slug: slug, Names: map[string]string{"en": slug}}); err != nil {
			d.T.Fatal(err)
		}
	}
	d.Letter = d.Set(d.Letter.Slug, letter.Settings{Mandate: new(true), Leads: leads})
}

var (
	qTestUser = store.Q("test.user", `
		INSERT INTO user_account (id, handle, tag, details, operator, totp_step, recovery_round, recovery_used, recovery_kept, created_at)
		VALUES ($1, $2, $2, $2, FALSE, 0, 0, 0, TRUE, 0)`)
	qTestMember = store.Q("test.member", `
		INSERT INTO member (organisation_id, user_id, role, created_at) SELECT id, $1, 'editor', 0 FROM organisation WHERE slug = $2`)
)

// editors gives organisations somebody who may vouch for each, and returns them.
func (d *desk) editors(slugs ...string) (users []int64) {
	d.T.Helper()
	err := d.DB.Update(d.T.Context(), func(tx *store.Tx) error {
		users = nil
		for _, slug := range slugs {
			id := store.NewID(tx.Now())
			users = append(users, id)
			if _, err := tx.Exec(qTestUser, id, []byte(slug)); err != nil {
				return err
			}
			if _, err := tx.Exec(qTestMember, id, slug); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return users
}

// leads are the ids of the organisations that lead the desk's letter.
func (d *desk) leads() (ids []int64) {
	d.T.Helper()
	l, err := d.Letters.FindByID(d.T.Context(), d.Letter.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	for _, o := range l.Leads {
		ids = append(ids, o.ID)
	}
	return ids
}

func (d *desk) signature(receipt signing.Receipt, kind verify.Kind) signing.Own {
	d.T.Helper()
	for _, o := range d.Own(receipt.Secret) {
		if o.Kind == kind {
			return o
		}
	}
	d.T.Fatalf("no signature of kind %s", kind)
	return signing.Own{}
}

func TestMandate_organisationsWaitAndPeopleDoNot(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.mandated("peace-office")
		if r := d.Give("a@river.example"); r.Held != "" {
			t.Errorf("a person is held: %q", r.Held)
		}
		r := d.Give("b@river.example", testkit.As(signing.Both, "River Watch"), testkit.Named("Tova Lind"))
		if r.Held != signing.HeldMandate || len(r.Promises) != 1 {
			t.Errorf("held %q with %d promises, want the organisation held and the person promised", r.Held, len(r.Promises))
		}
		if c := d.Counts(); c.Persons != 2 || c.Organisations != 0 {
			t.Errorf("%+v", c)
		}
	})
}

func TestMandate_domainOfTheDirectory(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		if err := d.Letters.Directory.Put(t.Context(), account.Organisation{Slug: "river-watch", Names: map[string]string{"en": "The River Watch, e.V."}, Domain: "river.example"}); err != nil {
			t.Fatal(err)
		}
		d.mandated("peace-office")
		for _, email := range []string{"x@notriver.example", "x@river.example.evil.example", "river.example@gmail.com"} {
			if r := d.Give(email, testkit.As(verify.Organisation, "River Watch")); r.Held != signing.HeldMandate {
				t.Errorf("from %s: held %q", email, r.Held)
			}
		}
		if r := d.Give("press@river.example", testkit.As(verify.Organisation, "Hill Watch")); r.Held != signing.HeldMandate {
			t.Errorf("for another name: held %q", r.Held)
		}
		r := d.Give("office@river.example", testkit.As(verify.Organisation, "river watch"))
		if o := d.signature(r, verify.Organisation); r.Held != "" || o.Basis != verify.ByDomain {
			t.Errorf("from its own domain: held %q, basis %s", r.Held, o.Basis)
		}
		if r := d.Give("x@post.river.example", testkit.As(verify.Organisation, "RIVER-WATCH")); r.Held != signing.HeldSameOrganisation {
			t.Errorf("the same organisation again: held %q", r.Held)
		}
		if c := d.Counts(); c.Organisations != 1 {
			t.Errorf("%+v", c)
		}
	})
}

func TestMandate_aLeadVouchesAndIsRemembered(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.mandated("peace-office")
		d.editors("peace-office")
		lead := d.leads()[0]
		r := d.Give("office@river.example", testkit.As(verify.Organisation, "River Watch"))
		o := d.signature(r, verify.Organisation)
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7, lead+1); !fault.Is(err, fault.Forbidden) {
			t.Errorf("somebody of another organisation vouches: %v", err)
		}
		if released, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7, lead); !released || err != nil {
			t.Fatalf("%v, %v", released, err)
		}
		if o = d.signature(r, verify.Organisation); o.Basis != verify.ByVoucher || o.State != signing.StateNew {
			t.Errorf("%s, %s", o.Basis, o.State)
		}
		if c := d.Counts(); c.Organisations != 1 {
			t.Errorf("%+v", c)
		}
		d.Open("second")
		d.Letter = d.Set("second", letter.Settings{Mandate: new(true)})
		if r := d.Give("secretary@river.example", testkit.As(verify.Organisation, "River Watch Ltd")); r.Held != "" {
			t.Errorf("the lead's word is forgotten in the next letter: %q", r.Held)
		}
		if o := d.signature(d.Give("fourth@river.example", testkit.As(verify.Organisation, "River-Watch")), verify.Organisation); o.Reason != signing.HeldSameOrganisation {
			t.Errorf("the same organisation from another address: %q", o.Reason)
		}
		d.Letter = d.Open("third")
		d.mandated("quay") // of another lead
		if r := d.Give("third@river.example", testkit.As(verify.Organisation, "River Watch")); r.Held != signing.HeldMandate {
			t.Errorf("the word of a lead counts for a letter that it does not lead: %q", r.Held)
		}
	})
}

func TestMandate_twoLeadsVouchWhereTwoLead(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.mandated("peace-office", "quay", "loom")
		d.editors("peace-office", "quay")
		leads := d.leads() // nobody can speak for the third
		o := d.signature(d.Give("river@gmail.com", testkit.As(verify.Organisation, "River Watch")), verify.Organisation)
		if released, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7, leads...); released || err != nil {
			t.Fatalf("one is enough: %v, %v", released, err)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7, leads...); !fault.Is(err, fault.Conflict) {
			t.Errorf("one person vouches for two leads: %v", err)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 8, leads[0]); !fault.Is(err, fault.Forbidden) {
			t.Errorf("one lead vouches twice: %v", err)
		}
		if v, err := d.Signing.Holds.List(ctx, d.Letter.ID, signing.StateHeld, o.ID-1, 1); err != nil || len(v) != 1 || v[0].ID != o.ID || len(v[0].Vouched) != 1 || v[0].Vouched[0] != leads[0] {
			t.Errorf("%v, %v", v, err)
		}
		if released, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 8, leads[0], leads[1]); !released || err != nil {
			t.Fatalf("%v, %v", released, err)
		}
		if r := d.Give("other@gmail.com", testkit.As(verify.Organisation, "Hill Watch")); r.Held == "" {
			t.Error("a shared domain was taken for an organisation's")
		}
		nameless := d.signature(d.Give("c@cliff.example", testkit.As(verify.Organisation, "Cliff Watch"), testkit.Listed(roll.Counted)), verify.Organisation)
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, nameless.ID, 8, leads...); !fault.Is(err, fault.Conflict) {
			t.Errorf("an editor vouches for a name that nobody sees: %v", err)
		}
	})
}

func TestMandate_recordOfTheDomain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx, dns := t.Context(), testkit.NameServer(t)
		d.Signing.Lookup = dns.LookupTXT
		d.mandated("peace-office")
		d.editors("peace-office")
		r := d.Give("river@gmail.com", testkit.As(signing.Both, "River Watch"), testkit.Listed(roll.Coalition))
		o := d.signature(r, verify.Organisation)
		for _, bad := range []string{"", "gmail.com", "localhost", "river example", "user@", "a:b.example"} {
			if _, err := d.Signing.Receipts.Prove(ctx, r.Secret, o.ID, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		record, err := d.Signing.Receipts.MandateRecord(ctx, o, "https://www.River.example/about")
		if err != nil || record.Name != "_undersigned.river.example" {
			t.Fatalf("%+v, %v", record, err)
		}
		dns.Set(record.Name, "v=spf1 -all", record.Value+"x")
		if _, err := d.Signing.Receipts.Prove(ctx, r.Secret, o.ID, "river.example"); !fault.Is(err, fault.Invalid) {
			t.Errorf("another record is enough: %v", err)
		}
		if other, err := d.Signing.Receipts.MandateRecord(ctx, o, "cliff.example"); err != nil || other.Value == record.Value {
			t.Errorf("the record of another domain is the same: %v", err)
		}
		dns.Set(record.Name, "v=spf1 -all", record.Value)
		if counted, err := d.Signing.Receipts.Prove(ctx, r.Secret, o.ID, "river.example"); err != nil || counted {
			t.Fatalf("a domain that nobody knows as the organisation's is enough: %v, %v", counted, err)
		}
		held, err := d.Signing.Holds.List(ctx, d.Letter.ID, signing.StateHeld, 0, 10)
		if err != nil || len(held) != 1 || held[0].Proved != "river.example" {
			t.Errorf("%+v, %v", held, err)
		}
		if released, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7, d.leads()...); err != nil || !released {
			t.Fatalf("%v, %v", released, err)
		}
		if o = d.signature(r, verify.Organisation); o.Basis != verify.ByDomain || o.State != signing.StateNew {
			t.Errorf("%s, %s", o.Basis, o.State)
		}
		if _, err := d.Signing.Receipts.Prove(ctx, r.Secret, o.ID, "river.example"); !fault.Is(err, fault.Conflict) {
			t.Errorf("proved twice: %v", err)
		}
		if c := d.Counts(); c.Organisations != 1 || c.Withheld != 2 {
			t.Errorf("%+v", c)
		}
		if again := d.Give("river@gmail.com", testkit.As(verify.Organisation, "The River Watch"), testkit.Listed(roll.Coalition)); again.Held != "" {
			t.Errorf("who signs again is held: %q", again.Held)
		}
		if c := d.Counts(); c.Organisations != 1 {
			t.Errorf("%+v", c)
		}
		if problems := d.Problems(); len(problems) > 0 {
			t.Errorf("%v", problems)
		}

		if err := d.Letters.Directory.Put(ctx, account.Organisation{Slug: "cliff", Names: map[string]string{"en": "Cliff Watch"}, Domain: "cliff.example"}); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(2 * time.Minute)
		r = d.Give("me@elsewhere.example", testkit.As(verify.Organisation, "Cliff Watch"), testkit.Listed(roll.Counted))
		o = d.signature(r, verify.Organisation)
		for _, domain := range []string{"elsewhere.example", "cliff.example"} {
			if record, err = d.Signing.Receipts.MandateRecord(ctx, o, domain); err != nil {
				t.Fatal(err)
			}
			dns.Set(record.Name, record.Value)
		}
		if _, err := d.Signing.Receipts.Prove(ctx, r.Secret, o.ID, "elsewhere.example"); !fault.Is(err, fault.Conflict) {
			t.Errorf("another domain than the directory's is enough: %v", err)
		}
		if counted, err := d.Signing.Receipts.Prove(ctx, r.Secret, o.ID, "cliff.example"); err != nil || !counted {
			t.Errorf("the directory's domain is not enough: %v, %v", counted, err)
		}
	})
}

// However two signatures of one organisation come, one counts.
func TestMandate_nobodyCountsTwice(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.mandated("peace-office")
		d.editors("peace-office")
		var held []signing.Own
		for _, email := range []string{"a@river.example", "b@brook.example"} {
			held = append(held, d.signature(d.Give(email, testkit.As(verify.Organisation, "River Watch")), verify.Organisation))
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, held[0].ID, 7, d.leads()...); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, held[1].ID, 8, d.leads()...); !fault.Is(err, fault.Conflict) {
			t.Errorf("both are counted: %v", err)
		}
		d.Give("c@bar.example", testkit.As(verify.Organisation, "Bar Guild"))
		bar := d.signature(d.Give("c@bar.example", testkit.As(verify.Organisation, "Bar Guild")), verify.Organisation)
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, bar.ID, 7, d.leads()...); err != nil {
			t.Fatal(err)
		}
		if r := d.Give("c@bar.example", testkit.As(verify.Organisation, "River Watch")); r.Held != signing.HeldMandate {
			t.Errorf("who counts as one organisation takes the name of another: %q", r.Held)
		}
		if r := d.Give("secretary@river.example", testkit.As(signing.Both, "The River Watch"), testkit.Named("Tova Lind")); r.Held != signing.HeldSameOrganisation || len(r.Promises) != 1 {
			t.Errorf("held %q with %d promises: the person is owed one, though the organisation counts already", r.Held, len(r.Promises))
		}
		if c := d.Counts(); c.Organisations != 1 || c.Persons != 1 {
			t.Errorf("%+v", c)
		}
	})
}

// What else an organisation is held for does not let it in without a mandate.
func TestMandate_otherReasonsDoNotHideIt(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.mandated("peace-office")
		d.editors("peace-office")
		o := d.signature(d.Give("x@river.example", testkit.As(verify.Organisation, "Rіver Watch")), verify.Organisation) // a Cyrillic letter
		if o.Reason != signing.HeldLookAlike {
			t.Fatalf("held for %q", o.Reason)
		}
		if _, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7); !fault.Is(err, fault.Forbidden) {
			t.Errorf("somebody who speaks for no lead lets it in: %v", err)
		}
		if released, err := d.Signing.Holds.Release(ctx, d.Letter.ID, o.ID, 7, d.leads()...); err != nil || !released {
			t.Errorf("%v, %v", released, err)
		}
	})
}

var qListWords = store.Q("test.list_words", `SELECT user_id, organisation_id FROM audit WHERE letter_id = $1 AND act = 'signature.vouched' ORDER BY id`)

// words are who vouched for organisations, and for which lead, as the trail has it.
func (d *desk) words() (list [][2]int64) {
	d.T.Helper()
	err := d.DB.View(d.T.Context(), func(tx *store.Tx) (err error) {
		list, err = store.List(tx, qListWords, func(row store.Row) (w [2]int64, err error) { return w, row.Scan(&w[0], &w[1]) }, d.Letter.ID)
		return err
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return list
}

// invite has a member invite an organisation, or with "" somebody.
func (d *desk) invite(by int64, address, organisation string) {
	d.T.Helper()
	if _, err := d.Invitations.Invite(d.T.Context(), d.Letter.ID, []invitation.Invitee{{Email: address, Organisation: organisation}}, by); err != nil {
		d.T.Fatal(err)
	}
}

func TestMandate_whoInvitesVouches(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.mandated("peace-office")
		ada := d.editors("peace-office")[0]
		lead := d.leads()[0]
		d.invite(ada, "office@river.example", "River Watch")
		d.invite(ada, "office@hill.example", "")
		d.invite(0, "office@moor.example", "Moor Watch")
		d.invite(ada, "office@dune.example", "Dune Watch")
		d.invite(ada, "office@cape.example", "Cape Watch")
		for address, organisation := range map[string]string{
			"other@river.example": "River Watch",  // another address
			"OFFICE@hill.example": "Hill Watch",   // invited under no name
			"office@moor.example": "Moor Watch",   // by nobody who speaks for a lead
			"office@dune.example": "Dune Council", // under another name
		} {
			if r := d.Give(address, testkit.As(verify.Organisation, organisation)); r.Held != signing.HeldMandate {
				t.Errorf("%s as %s: %q", address, organisation, r.Held)
			}
		}
		if r := d.Give("office@cape.example", testkit.As(verify.Organisation, "Cape Watch"), testkit.Listed(roll.Counted)); r.Held != signing.HeldMandate || len(d.words()) > 0 {
			t.Errorf("a name that nobody sees is vouched for: %q, %v", r.Held, d.words())
		}
		r := d.Give("office@river.example", testkit.As(signing.Both, "river watch, Ltd."))
		if o := d.signature(r, verify.Organisation); r.Held != "" || len(r.Promises) != 2 || o.Basis != verify.ByVoucher || o.State != signing.StateNew {
			t.Errorf("%q, %d promises, %s, %s", r.Held, len(r.Promises), o.Basis, o.State)
		}
		if diff := cmp.Diff([][2]int64{{ada, lead}}, d.words()); diff != "" {
			t.Error(diff)
		}
		if c := d.Counts(); c.Organisations != 1 {
			t.Errorf("%+v", c)
		}
		// One that was held signs again once it is invited.
		d.invite(ada, "other@fen.example", "Fen Watch")
		if r := d.Give("fen@fen.example", testkit.As(verify.Organisation, "Fen Watch")); r.Held != signing.HeldMandate {
			t.Error(r.Held)
		}
		d.invite(ada, "fen@fen.example", "Fen Watch")
		if r := d.Give("fen@fen.example", testkit.As(verify.Organisation, "Fen Watch")); r.Held != "" {
			t.Error(r.Held)
		}
		// The word was for the address: in the next letter it says nothing.
		d.Letter = d.Open("next")
		d.mandated("peace-office")
		if r := d.Give("office@river.example", testkit.As(verify.Organisation, "River Watch")); r.Held != signing.HeldMandate {
			t.Errorf("the next letter: %q", r.Held)
		}
	})
}

func TestMandate_theInvitingLeadIsTheFirstOfTwo(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.mandated("peace-office", "quay")
		users := d.editors("peace-office", "quay")
		ada, ben, leads := users[0], users[1], d.leads()
		d.invite(ada, "office@river.example", "River Watch")
		d.invite(ada, "office@hill.example", "Hill Watch")
		held := d.signature(d.Give("office@river.example", testkit.As(verify.Organisation, "River Watch")), verify.Organisation)
		if diff := cmp.Diff([][2]int64{{ada, leads[0]}}, d.words()); diff != "" || held.Reason != signing.HeldMandate {
			t.Errorf("%s %s", held.Reason, diff)
		}
		if v, err := d.Signing.Holds.List(ctx, d.Letter.ID, signing.StateHeld, held.ID-1, 1); err != nil || len(v) != 1 || !cmp.Equal(v[0].Vouched, leads[:1]) {
			t.Errorf("%v, %v", v, err)
		}
		if n, err := d.Invitations.ToVouch(ctx, d.Letter.ID, ada); n != 0 || err != nil || !fault.Is(d.Invitations.Vouch(ctx, d.Letter.ID, 0, ada), fault.Conflict) {
			t.Errorf("who invited may vouch once more: %d, %v", n, err)
		}
		if n, err := d.Invitations.ToVouch(ctx, d.Letter.ID, ben); n != 2 || err != nil || d.Invitations.Vouch(ctx, d.Letter.ID, 1, ben) == nil || d.Invitations.Vouch(ctx, d.Letter.ID, 2, ben) != nil {
			t.Errorf("%d, %v", n, err)
		}
		d.Clock.Advance(time.Second)
		d.invite(ada, "office@moor.example", "Moor Watch") // since
		if n, err := d.Invitations.ToVouch(ctx, d.Letter.ID, ben); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if r := d.Give("office@moor.example", testkit.As(verify.Organisation, "Moor Watch")); r.Held != signing.HeldMandate {
			t.Errorf("vouched for before it was invited: %q", r.Held)
		}
		o := d.signature(d.Give("office@hill.example", testkit.As(verify.Organisation, "Hill Watch")), verify.Organisation)
		if o.Basis != verify.ByVoucher || o.State != signing.StateNew {
			t.Errorf("%s, %s", o.Basis, o.State)
		}
		if diff := cmp.Diff([][2]int64{{ada, leads[0]}, {ada, leads[0]}, {ada, leads[0]}, {ben, leads[1]}}, d.words()); diff != "" {
			t.Error(diff)
		}
		if released, err := d.Signing.Holds.Release(ctx, d.Letter.ID, held.ID, ben, leads[1]); !released || err != nil {
			t.Errorf("the second word: %v, %v", released, err)
		}
		d.Letter = d.Open("next")
		d.mandated("quay")
		if r := d.Give("secretary@river.example", testkit.As(verify.Organisation, "River Watch")); r.Held != "" {
			t.Errorf("the word of who looked is forgotten: %q", r.Held)
		}
		d.Letter = d.Open("third")
		d.mandated("peace-office")
		if r := d.Give("secretary@river.example", testkit.As(verify.Organisation, "River Watch")); r.Held != signing.HeldMandate {
			t.Errorf("the word for one address counts for another: %q", r.Held)
		}
	})
}

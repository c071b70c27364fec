package signing_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// restored returns a desk on another database with what a dump holds, with the same keys or others, and a log that goes on
// under another name.
func (d *desk) restored(dump []byte, keys *seal.Keys) *desk {
	d.T.Helper()
	db := testkit.StoreAt(d.T, d.DB.Engine(), store.Options{Now: d.Clock.Now})
	key, err := tlog.OpenKey(d.T.TempDir(), tlog.NewOrigin())
	if err != nil {
		d.T.Fatal(err)
	}
	err = db.Load(d.T.Context(), bytes.NewReader(dump), store.Loading{Then: func(tx *store.Tx) error {
		_, err := tlog.Succeed(tx, d.Log.Key(), key)
		return err
	}})
	if err != nil {
		d.T.Fatal(err)
	}
	log, err := tlog.Open(d.T.Context(), db, key)
	if err != nil {
		d.T.Fatal(err)
	}
	return &desk{&testkit.Desk{Services: app.NewServices(db, keys, log, nil), T: d.T, DB: db, Clock: d.Clock, Letter: d.Letter}}
}

func (d *desk) dump() []byte {
	d.T.Helper()
	var b bytes.Buffer
	if err := d.DB.Dump(d.T.Context(), &b); err != nil {
		d.T.Fatal(err)
	}
	return b.Bytes()
}

func (d *desk) erasures() (all []signing.Erasure) {
	d.T.Helper()
	err := d.Signing.Erasures.Each(d.T.Context(), func(e signing.Erasure) error { all = append(all, e); return nil })
	if n, counted := d.Signing.Erasures.Count(d.T.Context()); err != nil || counted != nil || n != len(all) {
		d.T.Fatalf("%d erasures of %d, %v, %v", len(all), n, err, counted)
	}
	return all
}

func TestErase_isRecorded(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		both := d.Give("mina@example.org", testkit.As(signing.Both, "River Watch"))
		other := d.Give("ada@example.org")
		b := d.Apply(d.Plan(testkit.List(t, "Name,Email\nPetra Blau,petra@example.org\n")))
		if err := d.Signing.Receipts.Relist(t.Context(), other.Secret, d.Own(other.Secret)[0].ID, roll.Public); err != nil {
			t.Fatal(err)
		}
		if n := len(d.erasures()); n != 0 {
			t.Fatalf("%d erasures before the first", n)
		}
		var want []int64
		for _, o := range d.Own(both.Secret) {
			want = append(want, o.ID)
			if err := d.Signing.Receipts.Erase(t.Context(), both.Secret, o.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := d.Intake.Undo(t.Context(), d.Letter.ID, b.ID, nil); err != nil {
			t.Fatal(err)
		}
		all := d.erasures()
		imported := slices.IndexFunc(all, func(e signing.Erasure) bool { return !slices.Contains(want, e.Signature) })
		if len(all) != 3 || imported < 0 || all[imported].Pending != 0 {
			t.Fatalf("recorded %+v, want %v and one of the import", all, want)
		}
		for _, e := range slices.Delete(all, imported, imported+1) {
			if e.Letter != d.Letter.ID || e.Pending == 0 || !e.At.Equal(d.Clock.Now()) {
				t.Errorf("%+v", e)
			}
		}
	})
}

// What was erased after a backup is erased again when the backup comes back: the signatures it has, the submissions that
// became signatures later, and it is remembered for the backup before that one.
func TestEraseAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		kept, gone := d.Give("ada@example.org", testkit.Named("Ada Wren")), d.Give("mina@example.org", testkit.Named("Zarafshan Quill"))
		d.Publish()
		waits := d.Submit("zq@example.org", testkit.Named("Zymurgy Wharf"))
		backup := d.dump()
		later := d.Press(d.Token(waits))
		never := d.Give("never@example.org")
		for _, r := range []signing.Receipt{gone, later, never} {
			if err := d.Signing.Receipts.Erase(ctx, r.Secret, d.Own(r.Secret)[0].ID); err != nil {
				t.Fatal(err)
			}
		}
		ledger := d.erasures()

		back := d.restored(backup, d.Signing.Keys)
		for _, want := range []int{1, 0} { // the second time all of it is known
			if again, err := back.Signing.Erasures.Again(ctx, slices.Values(ledger)); err != nil || again != (signing.Again{Erased: want}) {
				t.Fatalf("%+v, %v", again, err)
			}
		}
		if got := back.erasures(); !slices.Equal(got, ledger) {
			t.Errorf("the ledger is %v, want %v", got, ledger)
		}
		if c := back.Counts(); c.Persons != 1 || c.Withdrawn != 1 {
			t.Errorf("counts %+v", c)
		}
		if got := back.Names(verify.Person, "", 5); !slices.Equal(got, []string{"Ada Wren"}) {
			t.Errorf("list %q", got)
		}
		for _, secret := range []string{gone.Secret, later.Secret} {
			if _, err := back.Signing.Receipts.Find(ctx, secret); !fault.Is(err, fault.Forbidden) {
				t.Errorf("a receipt of somebody erased: %v", err)
			}
		}
		if _, send, err := back.Signing.Envelope(ctx, waits); err != nil || send {
			t.Errorf("the submission of somebody erased: send %v, %v", send, err)
		}
		if own := back.Own(kept.Secret); len(own) != 1 || own[0].Email != "ada@example.org" {
			t.Errorf("who stays has %+v", own)
		}
		if r := back.Give("mina@example.org", testkit.Named("Zarafshan Quill")); r.Again {
			t.Error("somebody erased is still recognised")
		}
	})
}

// Whoever took a name away after a backup, in whatever way, is not shown again when the backup comes back; whoever showed it
// again before the backup is. Without the ledger all of them are back.
func TestEraseAgain_nobodyIsShownAgain(t *testing.T) {
	testkit.NotRaced(t)
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		byName := map[string]signing.Receipt{}
		sign := func(name, email string, options ...func(*signing.Request)) signing.Receipt {
			r := d.Give(email, append(options, testkit.Named(name))...)
			byName[name] = r
			return r
		}
		id := func(r signing.Receipt) int64 { return d.Own(r.Secret)[0].ID }
		relist := func(r signing.Receipt, to roll.Listing) {
			t.Helper()
			d.Clock.Advance(time.Second)
			if err := d.Signing.Receipts.Relist(ctx, r.Secret, id(r), to); err != nil {
				t.Fatal(err)
			}
		}
		withdraw := func(r signing.Receipt) {
			t.Helper()
			if err := d.Signing.Receipts.Withdraw(ctx, r.Secret, id(r)); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"Stays Public", "Withdraws Later", "Hides Later", "Hides Twice", "Shows Again", "Removed Later", "Signs Hidden", "Signs Then Withdraws", "Signs Then Hides"} {
			sign(name, strings.ReplaceAll(strings.ToLower(name), " ", ".")+"@example.org")
		}
		relist(byName["Hides Twice"], roll.Counted)
		relist(byName["Hides Twice"], roll.Public)
		relist(byName["Shows Again"], roll.Coalition)
		relist(byName["Shows Again"], roll.Public)
		fewer := sign("Fewer See", "fewer@example.org", testkit.Listed(roll.Addressee))
		held := sign("Раypal Held", "held@example.org")
		waits := d.Submit("waits@example.org", testkit.Named("Waits Until Then"))
		d.Publish()
		backup := d.dump()
		want := []string{"Shows Again", "Stays Public"}

		d.Clock.Advance(time.Minute)
		withdraw(byName["Withdraws Later"])
		relist(byName["Hides Later"], roll.Addressee)
		relist(byName["Hides Twice"], roll.Counted)
		relist(fewer, roll.Counted)
		withdraw(held)
		if err := d.Signing.Holds.Remove(ctx, d.Letter.ID, id(byName["Removed Later"]), 0, "fraud"); err != nil {
			t.Fatal(err)
		}
		d.Give("signs.hidden@example.org", testkit.Named("Signs Hidden"), testkit.Listed(roll.Counted))
		withdraw(d.Give("signs.then.withdraws@example.org", testkit.Named("Signs Then Withdraws")))
		relist(d.Give("signs.then.hides@example.org", testkit.Named("Signs Then Hides")), roll.Coalition)
		d.Give("stays.public@example.org", testkit.Named("Stays Public")) // which is no reason to hide the earlier one
		withdraw(d.Press(d.Token(waits)))
		d.Publish()
		if got := d.Names(verify.Person, "", 20); !slices.Equal(got, want) {
			t.Fatalf("before the restore %q are shown", got)
		}
		ledger := d.erasures()

		back := d.restored(backup, d.Signing.Keys)
		again, err := back.Signing.Erasures.Again(ctx, slices.Values(ledger))
		if want := (signing.Again{Ended: 4, Hidden: 5}); err != nil || again != want {
			t.Errorf("%+v, want %+v, %v", again, want, err)
		}
		if got := back.Names(verify.Person, "", 20); !slices.Equal(got, want) {
			t.Errorf("before anything is published %q are shown, want %q", got, want)
		}
		if c := back.Counts(); c.Persons != 7 || c.Withheld != 5 || c.Withdrawn != 2 || c.Removed != 1 {
			t.Errorf("counts %+v", c)
		}
		if got := back.Names(verify.Person, "", 20); !slices.Equal(got, want) {
			t.Errorf("%q are shown, want %q", got, want)
		}
		for name, listing := range map[string]roll.Listing{"Hides Later": roll.Addressee, "Hides Twice": roll.Counted, "Fewer See": roll.Counted,
			"Shows Again": roll.Public, "Signs Hidden": roll.Counted, "Signs Then Hides": roll.Coalition} {
			if own := back.Own(byName[name].Secret); len(own) != 1 || own[0].Listing != listing || own[0].State != signing.StateListed {
				t.Errorf("%s is %+v", name, own)
			}
		}
		if _, send, err := back.Signing.Envelope(ctx, waits); err != nil || send {
			t.Errorf("the submission of somebody who withdrew is sent again: %v, %v", send, err)
		}
		if p := back.Problems(); len(p) > 0 {
			t.Errorf("problems %q", p)
		}

		// Who shows the name again after that is shown, and another restore knows of it.
		first := d
		d = back
		relist(byName["Hides Later"], roll.Public)
		next := back.restored(back.dump(), back.Signing.Keys)
		if again, err := next.Signing.Erasures.Again(ctx, slices.Values(ledger)); err != nil || again != (signing.Again{}) {
			t.Errorf("after a second restore %+v, %v", again, err)
		}
		next.Publish()
		if got := next.Names(verify.Person, "", 20); !slices.Equal(got, []string{"Hides Later", "Shows Again", "Stays Public"}) {
			t.Errorf("after a second restore %q are shown", got)
		}

		without := first.restored(backup, first.Signing.Keys)
		without.Publish()
		if got := without.Names(verify.Person, "", 20); len(got) != 9 {
			t.Errorf("without the ledger only %q are shown", got)
		}
	})
}

// Without its keys an instance keeps what is public: names, counts, receipts. What was sealed is gone from the tables too.
func TestGiveUpSealed(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		public, withheld := d.Give("ada@example.org", testkit.Named("Ada Wren")), d.Give("mina@example.org", testkit.Listed(roll.Counted))
		d.Submit("waits@example.org")
		d.Publish()
		before := d.Counts()
		others, err := seal.OpenKeys(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		old := d.dump()
		back := d.restored(old, others)
		lost, err := back.GiveUp(ctx)
		if want := (signing.Lost{Submissions: 1, Sealed: 2, Tags: 2}); err != nil || lost != want {
			t.Fatalf("lost %+v, want %+v, %v", lost, want, err)
		}
		if c := back.Counts(); c.Persons != before.Persons || c.Withheld != before.Withheld {
			t.Errorf("counts %+v, before %+v", c, before)
		}
		if got := back.Names(verify.Person, "", 5); !slices.Equal(got, []string{"Ada Wren"}) {
			t.Errorf("list %q", got)
		}
		for _, r := range []signing.Receipt{public, withheld} {
			own := back.Own(r.Secret)
			if len(own) != 1 || own[0].Email != "" {
				t.Fatalf("a receipt shows %+v", own)
			}
			if err := back.Signing.Receipts.Withdraw(ctx, r.Secret, own[0].ID); err != nil {
				t.Errorf("withdrawing: %v", err)
			}
		}
		if r := back.Give("mina@example.org", testkit.Named("Mina Farahani")); r.Again || r.Held != "" {
			t.Errorf("signing afresh: %+v", r)
		}
		if d.Count(qCountSealed) == 0 || back.Count(qCountSealed) != 1 {
			t.Error("sealed rows are there that nobody can open")
		}
		if again, err := back.GiveUp(ctx); err != nil || again.Sealed != 1 {
			t.Errorf("a second time: %+v, %v", again, err)
		}
	})
}

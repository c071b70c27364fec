package signing_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// told is what somebody who signs under a name, and an editor of the letter, learn from it.
type told struct {
	Held     string
	Promises int
	States   []signing.State
	Editors  []string // what the desk lists of it
	Counted  int
	Released string
}

// tell signs under a name from a mailbox that has nothing to do with its bearer.
func (d *desk) tell(email string, kind verify.Kind, name string) (got told) {
	d.T.Helper()
	options := []func(*signing.Request){testkit.Named(name)}
	if kind != verify.Person {
		options = []func(*signing.Request){testkit.As(kind, name), testkit.Named("Nobody Else")}
	}
	r := d.Give(email, options...)
	got.Held, got.Promises = r.Held, len(r.Promises)
	mine := map[int64]bool{}
	for _, o := range d.Own(r.Secret) {
		got.States = append(got.States, o.State)
		mine[o.ID] = true
	}
	d.Publish()
	for _, state := range []signing.State{signing.StateHeld, signing.StateListed} {
		list, err := d.Signing.Holds.List(d.T.Context(), d.Letter.ID, state, 0, 50)
		if err != nil {
			d.T.Fatal(err)
		}
		for _, h := range list {
			if mine[h.ID] {
				got.Editors = append(got.Editors, fmt.Sprint(h.State, h.Name, h.Reason, h.Twin))
			}
		}
	}
	n, err := d.Signing.Holds.Count(d.T.Context(), d.Letter.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	got.Counted = n
	for _, o := range d.Own(r.Secret) {
		if o.State == signing.StateHeld {
			released, err := d.Signing.Holds.Release(d.T.Context(), d.Letter.ID, o.ID, 7, d.leads()...)
			got.Released = fmt.Sprint(released, err)
		}
	}
	return got
}

// Anybody can sign under any name from a mailbox of their own, and read on their page what became of it. It is the same whether or not
// somebody of that name signed, unless the name is published.
func TestNames_tellNothingOfWhoIsWithheld(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told, not at what runs at once")
	}
	list := func(d *desk, text string) {
		d.Apply(d.Plan(testkit.List(d.T, text)))
		d.Publish()
	}
	hide := func(d *desk, r signing.Receipt, l roll.Listing) {
		for _, o := range d.Own(r.Secret) {
			if err := d.Signing.Receipts.Relist(d.T.Context(), r.Secret, o.ID, l); err != nil {
				d.T.Fatal(err)
			}
		}
		d.Publish()
	}
	proved := func(d *desk, email string, l roll.Listing) signing.Receipt {
		err := d.Letters.Directory.Put(d.T.Context(), account.Organisation{Slug: "river-watch", Names: map[string]string{"en": "River Watch"}, Domain: "river.example"})
		if err != nil {
			d.T.Fatal(err)
		}
		return d.Give(email, testkit.As(verify.Organisation, "River Watch"), testkit.Listed(l))
	}
	worlds := map[string]struct {
		kind  verify.Kind
		name  string
		sign  func(d *desk, name string) // the bearer, and in the other world somebody else
		other string
		shown bool // the name is public: the two differ
	}{
		"a line of a list that shows no name": {verify.Person, "Bo Ray", func(d *desk, name string) { list(d, "Name,Listing\n"+name+",no\n") }, "Cid Ash", false},
		"a line of a list that is withdrawn": {verify.Person, "Bo Ray", func(d *desk, name string) {
			b := d.Apply(d.Plan(testkit.List(d.T, "Name\n"+name+"\n")))
			d.Publish()
			if _, _, err := d.Intake.Undo(d.T.Context(), d.Letter.ID, b.ID, nil); err != nil {
				d.T.Fatal(err)
			}
			d.Publish()
		}, "Cid Ash", false},
		"a line of a list that shows the name": {verify.Person, "Bo Ray", func(d *desk, name string) { list(d, "Name\n"+name+"\n") }, "Cid Ash", true},
		"an organisation counted only": {verify.Organisation, "River Watch", func(d *desk, name string) {
			d.Give("a@brook.example", testkit.As(verify.Organisation, name), testkit.Listed(roll.Counted))
		}, "Hill Guild", false},
		"an organisation that hid its name": {verify.Organisation, "River Watch", func(d *desk, name string) {
			r := d.Give("a@brook.example", testkit.As(verify.Organisation, name))
			d.Publish()
			hide(d, r, roll.Counted)
		}, "Hill Guild", false},
		"both": {signing.Both, "River Watch", func(d *desk, name string) {
			d.Give("a@brook.example", testkit.As(signing.Both, name), testkit.Named("Una Vale"), testkit.Listed(roll.Counted))
		}, "Hill Guild", false},
	}
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			desks(t, func(t *testing.T, d *desk) {
				for _, mandate := range []bool{false, true} {
					var got [2]told
					for i, bearer := range []string{w.name, w.other} {
						d.Letter = d.Open(fmt.Sprintf("letter-%d-%t", i, mandate))
						if mandate {
							d.mandated("peace-office")
						}
						w.sign(d, bearer)
						got[i] = d.tell(fmt.Sprintf("x%d@elsewhere%[1]d.example", i), w.kind, w.name)
					}
					if same := cmp.Equal(got[0], got[1]); same == w.shown {
						t.Errorf("mandate %t: where the bearer signed, and where another did:\n%+v\n%+v", mandate, got[0], got[1])
					}
				}
			})
		})
	}
	t.Run("an organisation that proved its domain and is counted only", func(t *testing.T) {
		desks(t, func(t *testing.T, d *desk) {
			d.mandated("peace-office")
			d.editors("peace-office")
			var got [2]told
			for i, slug := range []string{"first", "second"} {
				d.Letter = d.Open(slug)
				d.Letter = d.Set(slug, letter.Settings{Mandate: new(true)})
				if i == 0 {
					if r := proved(d, "a@river.example", roll.Counted); r.Held != "" {
						t.Fatal(r.Held)
					}
				}
				got[i] = d.tell(fmt.Sprintf("x%d@elsewhere%[1]d.example", i), verify.Organisation, "River Watch")
			}
			if diff := cmp.Diff(got[0], got[1]); diff != "" {
				t.Errorf("somebody else learns of it: %s", diff)
			}
			d.Open("third")
			d.Letter = d.Set("third", letter.Settings{Mandate: new(true)})
			proved(d, "a@river.example", roll.Counted)
			r := proved(d, "b@river.example", roll.Public)
			if r.Held != signing.HeldSameOrganisation {
				t.Errorf("its own people do not: held %q", r.Held)
			}
			id := d.signature(r, verify.Organisation).ID
			held, err := d.Signing.Holds.List(t.Context(), d.Letter.ID, signing.StateHeld, 0, 50)
			for _, h := range held {
				if err != nil || h.ID == id {
					t.Errorf("editors see that it is held: %+v, %v", h, err)
				}
			}
			if _, err := d.Signing.Holds.Release(t.Context(), d.Letter.ID, id, 7, d.leads()...); !fault.Is(err, fault.NotFound) {
				t.Errorf("editors can tell that it is held: %v", err)
			}
		})
	})
}

// Whoever invites an address of their own as an organisation's, and signs from it, reads the same whether or not that organisation is
// counted only.
func TestNames_tellNothingToWhoInvites(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ada := d.editors("peace-office")[0]
		var got [2]told
		var held [2]string
		for i, slug := range []string{"first", "second"} {
			d.Letter = d.Open(slug)
			d.mandated("peace-office")
			d.Letter = d.Set(slug, letter.Settings{Mandate: new(true)})
			if i == 0 {
				err := d.Letters.Directory.Put(t.Context(), account.Organisation{Slug: "river-watch", Names: map[string]string{"en": "River Watch"}, Domain: "river.example"})
				if err != nil {
					t.Fatal(err)
				}
				if r := d.Give("a@river.example", testkit.As(verify.Organisation, "River Watch"), testkit.Listed(roll.Counted)); r.Held != "" {
					t.Fatal(r.Held)
				}
			}
			address := fmt.Sprintf("mallory@elsewhere%d.example", i)
			d.invite(ada, address, "River Watch")
			held[i] = d.Give(address, testkit.As(verify.Organisation, "River Watch")).Held
			got[i] = d.tell(fmt.Sprintf("x%d@third%[1]d.example", i), verify.Organisation, "River Watch")
		}
		if held != [2]string{} {
			t.Errorf("held %q", held)
		}
		if diff := cmp.Diff(got[0], got[1]); diff != "" {
			t.Errorf("somebody else learns of it: %s", diff)
		}
	})
}

// Who may see two names is told that they are the same; who may see one is not.
func TestHolds_hintAtTwinsThatEditorsSee(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		twins := func() (names []string) {
			d.Publish()
			list, err := d.Signing.Holds.List(t.Context(), d.Letter.ID, signing.StateListed, 0, 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range list {
				if h.Twin {
					names = append(names, h.Name)
				}
			}
			return names
		}
		d.Give("a@brook.example", testkit.As(verify.Organisation, "River Watch"), testkit.Listed(roll.Counted))
		d.Give("b@brook.example", testkit.As(verify.Organisation, "RIVER-WATCH"))
		if got := twins(); len(got) > 0 {
			t.Errorf("of a name that nobody sees: %q", got)
		}
		d.Give("c@brook.example", testkit.As(verify.Organisation, "The River Watch"), testkit.Listed(roll.Coalition))
		if got := twins(); len(got) > 0 {
			t.Errorf("of a name that only an export shows, which two members ask for: %q", got)
		}
		d.Give("d@brook.example", testkit.As(verify.Organisation, "River Watch Ltd"))
		if diff := cmp.Diff([]string{"RIVER-WATCH", "River Watch Ltd"}, twins()); diff != "" {
			t.Errorf("of an organisation: %s", diff)
		}
		d.Give("p@brook.example", testkit.Named("Bo Ray"))
		d.Apply(d.Plan(testkit.List(t, "Name,Listing\nBo Ray,no\n")))
		if diff := cmp.Diff([]string{"RIVER-WATCH", "River Watch Ltd"}, twins()); diff != "" {
			t.Errorf("of a line that shows no name: %s", diff)
		}
		p, err := d.Intake.Plan(t.Context(), intake.Import{Letter: d.Letter, List: testkit.List(t, "Name\nUna Vale\n"), Basis: verify.ByPaper, Listing: roll.Public})
		if err != nil {
			t.Fatal(err)
		}
		d.Apply(p)
		d.Give("q@brook.example", testkit.Named("Una Vale"))
		if diff := cmp.Diff([]string{"RIVER-WATCH", "River Watch Ltd", "Una Vale"}, twins()); diff != "" {
			t.Errorf("of a line that editors see: %s", diff)
		}
	})
}

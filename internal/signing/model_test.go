package signing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// modelled is a signature as the reference model knows it.
type modelled struct {
	state   signing.State // listed for "in the count"
	barred  bool          // removed before
	edition int
	listing roll.Listing
	name    string
	secret  string
	id      int64

	imported bool
}

// modelledImport is a list that was brought in.
type modelledImport struct {
	id   int64
	keys []modelKey
}

type modelKey struct {
	address string
	kind    verify.Kind
}

// model is what list and count must be after any order of acts, written as plainly as possible.
type model struct {
	signatures         map[modelKey]*modelled
	withdrawn, removed int
	imports            []modelledImport
}

func (m *model) sign(k modelKey, edition int, listing roll.Listing, name string, held bool) (isHeld bool) {
	s := m.signatures[k]
	if s == nil {
		s = &modelled{}
		m.signatures[k] = s
	}
	s.barred = s.barred || s.state == signing.StateRemoved
	if held || s.barred || s.state == signing.StateHeld {
		s.state = signing.StateHeld
	} else {
		s.state = signing.StateListed
	}
	s.edition, s.listing, s.name = max(edition, s.edition), listing, name
	return s.state == signing.StateHeld
}

func (m *model) end(s *modelled, state signing.State, counter *int) {
	if s.state == signing.StateListed {
		*counter++
	}
	if s.state == signing.StateListed || s.state == signing.StateHeld {
		s.state = state
	}
}

func (m *model) counts() (c roll.Counts) {
	c = roll.Counts{ByEdition: map[int]int{}, Withdrawn: m.withdrawn, Removed: m.removed}
	for k, s := range m.signatures {
		if s.state != signing.StateListed {
			continue
		}
		if k.kind == verify.Organisation {
			c.Organisations++
		} else {
			c.Persons++
		}
		if s.listing != roll.Public {
			c.Withheld++
		}
		if s.imported {
			c.Imported++
		}
		c.ByEdition[s.edition]++
	}
	return c
}

func (m *model) names(kind verify.Kind) (names []string) {
	for k, s := range m.signatures {
		if k.kind == kind && s.state == signing.StateListed && s.listing == roll.Public {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return names
}

var qRecount = store.Q("test.recount", `SELECT COUNT(*) FROM signature WHERE letter_id = $1 AND state = 'listed' AND kind = $2`)

func (d *desk) check(m *model) {
	d.T.Helper()
	got := d.Counts()
	want := m.counts()
	got.PublishedAt, got.Earlier, got.Size, got.Root, got.Ended = want.PublishedAt, 0, 0, want.Root, nil
	for edition, n := range got.ByEdition {
		if n == 0 {
			delete(got.ByEdition, edition)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.T.Fatalf("counts (-model +tally):\n%s", diff)
	}
	// The log, replayed, gives the same; each signature's row, name and sealed data are what its leaf commits to.
	problem := func(err error) { d.T.Errorf("log check: %v", err) }
	err := d.DB.View(d.T.Context(), func(tx *store.Tx) error {
		check := d.Signing.NewCheck(tx, problem)
		if _, err := d.Log.Check(tx, check.Leaf, problem); err != nil {
			return err
		}
		return check.End()
	})
	if err != nil {
		d.T.Fatal(err)
	}
	for kind, n := range map[verify.Kind]int{verify.Person: got.Persons, verify.Organisation: got.Organisations} {
		if rows := d.Count(qRecount, d.Letter.ID, kind); rows != int64(n) {
			d.T.Fatalf("%s: the tally says %d, the rows are %d", kind, n, rows)
		}
		names := d.Names(kind, "", 7)
		slices.Sort(names)
		if diff := cmp.Diff(m.names(kind), names); diff != "" {
			d.T.Fatalf("%s list (-model +got):\n%s", kind, diff)
		}
	}
}

func TestPublish_countsWhatTheModelCounts(t *testing.T) {
	const seed = 20261123
	t.Logf("seed %d", seed)
	desks(t, func(t *testing.T, d *desk) {
		acts := 8000
		switch {
		case testing.Short():
			acts = 500
		case d.DB.Engine() == store.Postgres:
			acts = 2000
		}
		d.Mailboxes.Unlimited = true
		ctx, r := t.Context(), rand.New(rand.NewPCG(seed, 1))
		m := &model{signatures: map[modelKey]*modelled{}}
		pick := func() (modelKey, *modelled) { // map order is random; the seed decides
			keys := make([]modelKey, 0, len(m.signatures))
			for k, s := range m.signatures {
				if !s.imported { // who came with a list has no receipt
					keys = append(keys, k)
				}
			}
			slices.SortFunc(keys, func(a, b modelKey) int { return strings.Compare(a.address+string(a.kind), b.address+string(b.kind)) })
			if len(keys) == 0 {
				return modelKey{}, nil
			}
			k := keys[r.IntN(len(keys))]
			return k, m.signatures[k]
		}
		for i := range acts {
			k, s := pick()
			var err error
			switch act := r.IntN(100); {
			case act < 45 || s == nil:
				kind := []verify.Kind{verify.Person, verify.Organisation, signing.Both}[r.IntN(3)]
				address, listing, held := fmt.Sprintf("a%d@example.org", r.IntN(60)), roll.Listings[r.IntN(4)], r.IntN(10) == 0
				name := fmt.Sprintf("Mina Farahani %c%c", 'a'+r.IntN(26), 'a'+r.IntN(26))
				if held {
					name = "Mina Farаhani" // Cyrillic а
				}
				want := false
				receipt := d.Give(address, testkit.Named(name), testkit.As(kind, name), testkit.Listed(listing))
				for _, part := range parts(kind) {
					if m.sign(modelKey{address, part}, d.Letter.Edition.Number, listing, name, held) {
						want = true
					}
				}
				for _, o := range d.Own(receipt.Secret) {
					s := m.signatures[modelKey{address, o.Kind}]
					s.secret, s.id = receipt.Secret, o.ID
				}
				if (receipt.Held != "") != want {
					t.Fatalf("act %d: receipt says held %q, model %v", i, receipt.Held, want)
				}
			case act < 58:
				to := roll.Listings[r.IntN(4)]
				if err = d.Signing.Receipts.Relist(ctx, s.secret, s.id, to); s.state == signing.StateListed || s.state == signing.StateHeld {
					s.listing = to
				}
			case act < 68:
				err = d.Signing.Receipts.Withdraw(ctx, s.secret, s.id)
				m.end(s, signing.StateWithdrawn, &m.withdrawn)
			case act < 74:
				err = d.Signing.Receipts.Erase(ctx, s.secret, s.id)
				m.end(s, signing.StateWithdrawn, &m.withdrawn)
				delete(m.signatures, k)
			case act < 82 && s.state == signing.StateHeld:
				_, err = d.Signing.Holds.Release(ctx, d.Letter.ID, s.id, 0)
				s.state, s.barred = signing.StateListed, false
			case act < 88 && (s.state == signing.StateHeld || s.state == signing.StateListed):
				err = d.Signing.Holds.Remove(ctx, d.Letter.ID, s.id, 0, "fraud")
				m.end(s, signing.StateRemoved, &m.removed)
			case act < 90:
				err = d.importOrUndo(m, r, i)
			case act < 91: // another process goes on
				d.Desk = d.AnotherProcess()
			case act < 96:
				d.Publish()
			case i%100 == 0:
				d.Letter = d.Write(letter.Import{Slug: d.Letter.Slug, Publish: true, Text: testkit.Text(fmt.Sprint("Edition after ", i)), Follows: letter.FollowsSubstantive})
			}
			if err != nil {
				t.Fatalf("act %d: %v", i, err)
			}
			if i%500 == 0 {
				d.check(m)
			}
		}
		d.check(m)
		d.close(m)
		d.check(m)
	})
}

// importOrUndo brings in a short list, or undoes the last one.
func (d *desk) importOrUndo(m *model, r *rand.Rand, act int) error {
	ctx := d.T.Context()
	if len(m.imports) > 0 && r.IntN(3) == 0 {
		last := m.imports[len(m.imports)-1]
		m.imports = m.imports[:len(m.imports)-1]
		for _, k := range last.keys {
			if s := m.signatures[k]; s != nil && s.imported {
				m.end(s, signing.StateWithdrawn, &m.removed)
				delete(m.signatures, k)
			}
		}
		_, _, err := d.Intake.Undo(ctx, d.Letter.ID, last.id, nil)
		return err
	}
	var text strings.Builder
	text.WriteString("Name,Listing\n")
	var keys []modelKey
	for i := range 1 + r.IntN(4) {
		k := modelKey{fmt.Sprintf("on list %d.%d", act, i), verify.Person}
		listing := roll.Listings[r.IntN(4)]
		name := "Ann " + letters(act*10+i)
		fmt.Fprintf(&text, "%s,%s\n", name, listing)
		m.signatures[k] = &modelled{state: signing.StateListed, edition: d.Letter.Edition.Number, listing: listing, name: name, imported: true}
		keys = append(keys, k)
	}
	list, err := roster.Read("list.csv", []byte(text.String()), nil)
	if err != nil {
		return err
	}
	plan, err := d.Intake.Plan(ctx, intake.Import{Letter: d.Letter, List: list, Basis: verify.ByPaper, Listing: roll.Public})
	if err != nil {
		return err
	}
	b, err := d.Intake.Apply(ctx, plan, nil)
	m.imports = append(m.imports, modelledImport{b.ID, keys})
	return err
}

// letters writes a number in letters: a name has no digits.
func letters(n int) string {
	text := []byte{'A' + byte(n%26)}
	for n /= 26; n > 0; n /= 26 {
		text = append(text, 'a'+byte(n%26))
	}
	return string(text)
}

// close ends the letter: held signatures are refused after a week, and the last number stands.
func (d *desk) close(m *model) {
	d.T.Helper()
	if err := d.Letters.Close(d.T.Context(), d.Letter.Slug, 0); err != nil {
		d.T.Fatal(err)
	}
	d.Clock.Advance(letter.Grace + signing.DecideWithin + time.Hour)
	if err := d.Retain(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
	for _, s := range m.signatures {
		if s.state == signing.StateHeld {
			s.state = signing.StateRemoved
		}
	}
	d.Publish()
	l, err := d.Letters.ByID(d.T.Context(), d.Letter.ID)
	if err != nil || !l.Final {
		d.T.Fatalf("the close leaf is not written: %+v, %v", l, err)
	}
}

func parts(k verify.Kind) []verify.Kind {
	if k == signing.Both {
		return []verify.Kind{verify.Organisation, verify.Person}
	}
	return []verify.Kind{k}
}

func TestPublish_severalAtOnceCountOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		const signers, each = 8, 70 // more than one transaction publishes
		ctx := t.Context()
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 3 {
			wg.Go(func() {
				for {
					if _, err := d.Signing.Publish(ctx); err != nil {
						t.Error(err)
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		var givers sync.WaitGroup
		for i := range signers {
			givers.Go(func() {
				for n := range each {
					r := d.Give(fmt.Sprintf("a%d.%d@example.org", i, n), testkit.Named(fmt.Sprintf("Mina Farahani %c", 'a'+n%26)))
					switch own := d.Own(r.Secret); n % 5 {
					case 0:
						if err := d.Signing.Receipts.Withdraw(ctx, r.Secret, own[0].ID); err != nil {
							t.Error(err)
						}
					case 1:
						if err := d.Signing.Receipts.Relist(ctx, r.Secret, own[0].ID, roll.Counted); err != nil {
							t.Error(err)
						}
					case 2:
						d.Give(fmt.Sprintf("a%d.%d@example.org", i, n), testkit.Named("Somebody Again"))
					}
				}
			})
		}
		givers.Wait()
		close(stop)
		wg.Wait()
		want := roll.Counts{Persons: signers * each * 4 / 5, Withheld: signers * each / 5, Withdrawn: signers * each / 5}
		got := d.Counts()
		if got.Persons != want.Persons || got.Withheld != want.Withheld || got.Withdrawn != want.Withdrawn {
			t.Errorf("counts %+v, want %+v", got, want)
		}
		if n := len(d.Names(verify.Person, "", 200)); n != signers*each*3/5 {
			t.Errorf("%d names, want %d", n, signers*each*3/5)
		}
		if n := d.Count(qListed, d.Letter.ID); n != int64(signers*each*3/5) {
			t.Errorf("%d entries of the list, want %d: names of withdrawn or withheld signers are left", n, signers*each*3/5)
		}
	})
}

var qListed = store.Q("test.count_listed", `SELECT COUNT(*) FROM signature_list WHERE letter_id = $1`)

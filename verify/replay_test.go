package verify_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/verify"
)

// script is a short log.
type script struct {
	leaves  [][]byte
	refused []int64
	said    []string // of the refused ones
}

func (s *script) add(l verify.Leaf) int64 { return s.raw(verify.Format(l)) }

func (s *script) raw(text []byte) int64 {
	s.leaves = append(s.leaves, text)
	return int64(len(s.leaves) - 1)
}

// wrong adds a leaf that breaks a rule, and which one.
func (s *script) wrong(say string, l verify.Leaf) int64 {
	i := s.add(l)
	s.refused, s.said = append(s.refused, i), append(s.said, fmt.Sprintf("leaf %d: %s", i, say))
	return i
}

func (s *script) hash(i int64) verify.Hash { return verify.RecordHash(s.leaves[i]) }

// first is the first edition of a letter.
func first(id verify.LetterID) verify.Edition {
	return verify.Edition{Letter: id, Number: 1, Texts: []verify.Text{{Language: "en"}}}
}

// next is the edition after the one at an index.
func (s *script) next(before int64, follows verify.Follows) verify.Edition {
	l, _ := verify.Parse(s.leaves[before])
	e := l.(verify.Edition)
	e.Number, e.Previous, e.Follows = e.Number+1, s.hash(before), follows
	return e
}

// sign is a signature of the edition at an index.
func (s *script) sign(edition int64) verify.Sign {
	l, _ := verify.Parse(s.leaves[edition])
	return verify.Sign{Letter: l.Of(), Edition: s.hash(edition), Kind: verify.Person, Listing: verify.Public, Basis: verify.ByEmail, Day: "2030-03-01"}
}

func (s *script) signBy(edition int64, basis verify.Basis) verify.Sign {
	l := s.sign(edition)
	l.Basis = basis
	return l
}

func end(id verify.LetterID, target int64, reason verify.Reason) verify.Withdraw {
	return verify.Withdraw{Letter: id, Target: target, Reason: reason, Day: "2030-03-02"}
}

func closing(s *script, id verify.LetterID) verify.Close {
	return verify.Close{Letter: id, Size: int64(len(s.leaves))}
}

// scenarios has a log for every rule.
var scenarios = []struct {
	name  string
	write func(s *script)
	want  verify.Counts // of letter one
}{
	{"kinds, listings and bases", func(s *script) {
		e := s.add(first(one))
		s.add(verify.Import{Letter: one, N: 3})
		for _, basis := range []verify.Basis{verify.ByEmail, verify.ByDomain, verify.ByReply, verify.ByPaper, verify.ByImport, verify.ByVoucher} {
			s.add(s.signBy(e, basis))
		}
		l := s.sign(e)
		l.Listing = verify.Withheld
		s.add(l)
		l.Kind = verify.Organisation
		s.add(l)
		l.Listing = verify.Public
		s.add(l)
	}, verify.Counts{Persons: 7, Organisations: 2, Withheld: 2, Imported: 3}},
	{"letters do not mix", func(s *script) {
		e, f := s.add(first(one)), s.add(first(two))
		s.add(s.sign(e))
		s.add(s.sign(f))
		s.add(s.sign(f))
	}, verify.Counts{Persons: 1}},
	{"a signature before its edition", func(s *script) {
		early := s.sign(s.add(first(one)))
		early.Edition = verify.RecordHash(verify.Format(s.next(0, verify.Cosmetic)))
		s.wrong("it signs an edition that this letter did not have", early)
		s.add(s.sign(s.add(s.next(0, verify.Cosmetic))))
	}, verify.Counts{Persons: 1}},
	{"a signature of no edition", func(s *script) {
		s.add(first(two))
		l := s.sign(0)
		l.Letter = one
		s.wrong("it signs an edition that this letter did not have", l)
		l.Edition = verify.Hash{}
		s.wrong("it signs an edition that this letter did not have", l)
	}, verify.Counts{}},
	{"editions carry over", func(s *script) {
		e := s.add(first(one))
		s.add(s.sign(e))
		e = s.add(s.next(e, verify.Cosmetic))
		s.add(s.sign(e))
		e = s.add(s.next(e, verify.Translation))
		s.add(s.sign(e))
	}, verify.Counts{Persons: 3}},
	{"a substantive edition", func(s *script) {
		e := s.add(first(one))
		gone := s.add(s.sign(e))
		s.add(s.sign(e))
		f := s.add(s.next(e, verify.Substantive))
		s.add(s.sign(f))
		s.add(s.sign(e)) // who was reading the text before
		g := s.add(s.next(f, verify.Translation))
		s.add(s.sign(g))
		s.add(end(one, gone, verify.Reaffirmed))
		s.add(s.sign(g))
	}, verify.Counts{Persons: 5, Earlier: 2}},
	{"edition numbers", func(s *script) {
		e := s.add(first(one))
		skipping := s.next(e, verify.Cosmetic)
		skipping.Number = 3
		s.wrong("edition 3 comes after 1 editions", skipping)
		s.wrong("edition 1 comes after 1 editions", first(one))
		l := s.sign(e)
		l.Edition = verify.RecordHash(verify.Format(skipping))
		s.wrong("it signs an edition that this letter did not have", l)
	}, verify.Counts{}},
	{"an edition after another", func(s *script) {
		e := s.add(first(one))
		astray := s.next(e, verify.Substantive)
		astray.Previous = hashOf("another")
		s.add(s.sign(e))
		s.wrong("edition 2 does not follow edition 1", astray)
		f := s.add(s.next(e, verify.Cosmetic))
		astray.Number = 3
		astray.Previous = s.hash(e)
		s.wrong("edition 3 does not follow edition 2", astray)
		s.add(s.sign(f))
	}, verify.Counts{Persons: 2}},
	{"an end ends once", func(s *script) {
		e := s.add(first(one))
		l := s.add(s.sign(e))
		s.add(s.sign(e))
		s.add(end(one, l, verify.Signer))
		s.wrong(fmt.Sprintf("its target %d has ended before", l), end(one, l, verify.Fraud))
		s.wrong(fmt.Sprintf("its target %d has ended before", l), end(one, l, verify.Signer))
	}, verify.Counts{Persons: 1, Withdrawn: 1}},
	{"reasons", func(s *script) {
		e := s.add(first(one))
		for _, reason := range []verify.Reason{verify.Signer, verify.Erasure, verify.Reaffirmed, verify.Duplicate, verify.Fraud, verify.Moderation, verify.Undone} {
			s.add(end(one, s.add(s.sign(e)), reason))
		}
	}, verify.Counts{Withdrawn: 2, Removed: 4}},
	{"the end of another letter's signature", func(s *script) {
		e := s.add(first(one))
		s.add(first(two))
		l := s.add(s.sign(e))
		s.wrong(fmt.Sprintf("its target %d is a signature of another letter", l), end(two, l, verify.Signer))
		s.wrong(fmt.Sprintf("its target %d is a signature of another letter", l), verify.Relist{Letter: two, Target: l, Listing: verify.Withheld})
		s.wrong(fmt.Sprintf("its target %d is a signature of another letter", l), end(three, l, verify.Signer))
	}, verify.Counts{Persons: 1}},
	{"the end of what is no signature", func(s *script) {
		e := s.add(first(one))
		l := s.wrong("it signs an edition that this letter did not have", verify.Sign{Letter: one, Kind: verify.Person, Listing: verify.Public,
			Basis: verify.ByEmail, Day: "2030-03-01"})
		s.add(s.sign(e))
		s.wrong("its target 0 is no signature that counts", end(one, e, verify.Signer))
		s.wrong("its target 1 is no signature that counts", end(one, l, verify.Signer))
		s.wrong("its target 1 is no signature that counts", verify.Relist{Letter: one, Target: l, Listing: verify.Withheld})
	}, verify.Counts{Persons: 1}},
	{"an end before its signature", func(s *script) {
		e := s.add(first(one))
		s.wrong("its target 3 does not come before it", end(one, 3, verify.Signer))
		s.wrong("its target 2 does not come before it", end(one, 2, verify.Signer))
		s.add(s.sign(e))
		s.wrong("its target 9007199254740992 does not come before it", end(one, 1<<53, verify.Signer))
	}, verify.Counts{Persons: 1}},
	{"relistings", func(s *script) {
		e := s.add(first(one))
		hidden, shown, both := s.add(s.sign(e)), s.add(s.sign(e)), s.add(s.sign(e))
		relist := func(target int64, to verify.Listing) verify.Relist {
			return verify.Relist{Letter: one, Target: target, Listing: to}
		}
		s.wrong("it changes nothing", relist(hidden, verify.Public))
		s.add(relist(hidden, verify.Withheld))
		s.wrong("it changes nothing", relist(hidden, verify.Withheld))
		s.add(relist(shown, verify.Withheld))
		s.add(relist(shown, verify.Public))
		s.add(relist(both, verify.Withheld))
		s.add(end(one, both, verify.Signer))
		s.wrong("its target 3 has ended before", relist(both, verify.Public))
		s.wrong("its target 20 does not come before it", relist(20, verify.Public))
	}, verify.Counts{Persons: 2, Withheld: 1, Withdrawn: 1}},
	{"imports have a bound", func(s *script) {
		e := s.add(first(one))
		s.wrong("import leaves allow for 0 signatures, and it is one more", s.signBy(e, verify.ByImport))
		s.add(verify.Import{Letter: one, N: 2})
		l := s.add(s.signBy(e, verify.ByPaper))
		s.add(s.signBy(e, verify.ByReply))
		s.wrong("import leaves allow for 2 signatures, and it is one more", s.signBy(e, verify.ByReply))
		s.add(end(one, l, verify.Undone))
		s.wrong("import leaves allow for 2 signatures, and it is one more", s.signBy(e, verify.ByImport)) // an end gives no room
		s.add(s.signBy(e, verify.ByVoucher))
		s.add(verify.Import{Letter: one, N: 1})
		s.add(s.signBy(e, verify.ByImport)) // what was refused has taken no room
		s.wrong("import leaves allow for 3 signatures, and it is one more", s.signBy(e, verify.ByImport))
	}, verify.Counts{Persons: 3, Imported: 2, Removed: 1}},
	{"a list adds no more than it announces, and may add less", func(s *script) {
		e := s.add(first(one))
		s.add(verify.Import{Letter: one, N: 40})
		s.add(s.signBy(e, verify.ByPaper))
		s.add(verify.Import{Letter: one, N: 2})
		s.add(s.signBy(e, verify.ByImport))
		size := s.add(verify.Deliver{Letter: one, Size: 5, Persons: 2, Imported: 2}) + 1
		s.add(verify.Close{Letter: one, Size: size, Beacon: 1})
	}, verify.Counts{Persons: 2, Imported: 2}},
	{"the import of another letter", func(s *script) {
		e := s.add(first(one))
		s.add(verify.Import{Letter: two, N: 2})
		s.wrong("import leaves allow for 0 signatures, and it is one more", s.signBy(e, verify.ByImport))
	}, verify.Counts{}},
	{"after the close", func(s *script) {
		e := s.add(first(one))
		gone, hidden := s.add(s.sign(e)), s.add(s.sign(e))
		at := time.Date(2030, 4, 1, 0, 0, 0, 0, time.UTC)
		s.add(verify.Deadline{Letter: one, At: at})
		s.add(closing(s, one))
		const after = "it follows the letter's close leaf"
		s.wrong(after, s.sign(e)) // although its day is before the deadline
		s.wrong(after, verify.Relist{Letter: one, Target: hidden, Listing: verify.Withheld})
		s.wrong(after, verify.Deadline{Letter: one, At: at.Add(time.Hour)})
		s.wrong(after, verify.Import{Letter: one, N: 2})
		s.wrong(after, s.signBy(e, verify.ByImport))
		s.wrong(after, closing(s, one))
		s.wrong(after, s.next(e, verify.Translation))
		s.add(end(one, gone, verify.Signer))
		f := s.add(first(two)) // other letters go on
		s.add(s.sign(f))
	}, verify.Counts{Persons: 1, Withdrawn: 1}},
	{"a day after the deadline", func(s *script) {
		e := s.add(first(one))
		s.add(verify.Deadline{Letter: one, At: time.Date(2030, 2, 1, 0, 0, 0, 0, time.UTC)})
		s.add(s.sign(e)) // the order decides: it is not closed
	}, verify.Counts{Persons: 1}},
	{"the last deadline is the deadline", func(s *script) {
		s.add(first(one))
		s.add(verify.Deadline{Letter: one, At: time.Date(2030, 2, 1, 0, 0, 0, 0, time.UTC)})
		s.add(verify.Deadline{Letter: one, At: time.Date(2030, 3, 1, 0, 0, 0, 0, time.UTC)})
		s.add(verify.Deadline{Letter: two})
	}, verify.Counts{}},
	{"a close of another size", func(s *script) {
		e := s.add(first(one))
		s.wrong("it states the size 3", verify.Close{Letter: one, Size: 3})
		s.wrong("it states the size 1", verify.Close{Letter: one, Size: 1})
		s.add(s.sign(e))
	}, verify.Counts{Persons: 1}},
	{"a close of another letter", func(s *script) {
		e := s.add(first(one))
		s.add(closing(s, two))
		s.add(s.sign(e))
	}, verify.Counts{Persons: 1}},
	{"deliveries", func(s *script) {
		e := s.add(first(one))
		s.add(verify.Import{Letter: one, N: 1})
		l := s.signBy(e, verify.ByPaper)
		l.Kind, l.Listing = verify.Organisation, verify.Withheld
		s.add(l)
		s.add(s.sign(e))
		right := verify.Deliver{Letter: one, Organisations: 1, Persons: 1, Withheld: 1, Imported: 1}
		now := func(d verify.Deliver) verify.Deliver { d.Size = int64(len(s.leaves)); return d }
		s.add(now(right))
		const numbers = "it states numbers that the leaves before it do not give"
		for _, n := range []func(*verify.Deliver) *int{func(d *verify.Deliver) *int { return &d.Organisations }, func(d *verify.Deliver) *int { return &d.Persons },
			func(d *verify.Deliver) *int { return &d.Withheld }, func(d *verify.Deliver) *int { return &d.Imported }} {
			d := right
			*n(&d)++
			s.wrong(numbers, now(d))
			*n(&d) -= 2
			s.wrong(numbers, now(d))
		}
		s.wrong("it states the numbers of size 4", verify.Deliver{Letter: one, Size: 4, Organisations: 1, Persons: 1, Withheld: 1, Imported: 1})
		s.add(closing(s, one))
		s.add(now(right))
	}, verify.Counts{Persons: 1, Organisations: 1, Withheld: 1, Imported: 1}},
	{"an unreadable leaf has its place", func(s *script) {
		e := s.add(first(one))
		s.refused, s.said = append(s.refused, s.raw([]byte("undersigned.log/v1 vouch\n"))), append(s.said, "")
		organisation := s.sign(e)
		organisation.Kind = verify.Organisation
		l := s.add(organisation)
		s.add(s.sign(e))
		s.add(end(one, l, verify.Signer))
	}, verify.Counts{Persons: 1, Withdrawn: 1}},
}

// replay counts leaves as the package does.
func replay(leaves [][]byte) (r verify.Replay, o outcome, said []string) {
	o = outcome{counts: map[verify.LetterID]verify.Counts{}, closed: map[verify.LetterID]bool{}, deadline: map[verify.LetterID]time.Time{}}
	for i, text := range leaves {
		leaf, err := verify.Parse(text)
		if err != nil {
			r.Skip()
			said = append(said, "")
		} else if err = r.Add(leaf, verify.RecordHash(text)); err != nil {
			said = append(said, err.Error())
		}
		if err != nil {
			o.refused = append(o.refused, int64(i))
		}
	}
	for id, l := range r.Letters() {
		o.counts[id], o.closed[id], o.deadline[id] = l.Counts(), l.Closed, l.Deadline.At
	}
	return r, o, said
}

func same(a, b outcome) string { return cmp.Diff(a, b, cmp.AllowUnexported(outcome{})) }

func TestReplay_rules(t *testing.T) {
	for _, x := range scenarios {
		t.Run(x.name, func(t *testing.T) {
			s := &script{}
			x.write(s)
			r, o, said := replay(s.leaves)
			if diff := cmp.Diff(x.want, o.counts[one]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(s.said, said); diff != "" {
				t.Errorf("(-want +said):\n%s", diff)
			}
			if r.Size() != int64(len(s.leaves)) {
				t.Errorf("the size is %d after %d leaves", r.Size(), len(s.leaves))
			}
			if diff := same(model(s.leaves, ""), o); diff != "" {
				t.Errorf("(-model +replay):\n%s", diff)
			}
		})
	}
}

// A replay that got a rule wrong would not pass the scenarios.
func TestReplay_control(t *testing.T) {
	for _, mistake := range mistakes {
		found := false
		for _, x := range scenarios {
			s := &script{}
			x.write(s)
			_, o, _ := replay(s.leaves)
			found = found || same(model(s.leaves, mistake), o) != ""
		}
		if !found {
			t.Errorf("no scenario shows that %s", mistake)
		}
	}
}

// random writes leaves of two letters that keep the rules more often than not.
func random(rng *rand.Rand, n int) [][]byte {
	s := &script{}
	var editions, signs []int64
	letters := []verify.LetterID{one, one, one, two}
	pick := func(list []int64) int64 {
		if len(list) == 0 || rng.IntN(20) == 0 {
			return rng.Int64N(int64(len(s.leaves)) + 2)
		}
		return list[rng.IntN(len(list))]
	}
	for len(s.leaves) < n {
		id := letters[rng.IntN(len(letters))]
		size := int64(len(s.leaves))
		switch rng.IntN(16) {
		case 0:
			e := first(id)
			for _, i := range editions {
				if l, _ := verify.Parse(s.leaves[i]); l.Of() == id {
					e = s.next(i, []verify.Follows{verify.Cosmetic, verify.Translation, verify.Substantive}[rng.IntN(3)])
				}
			}
			editions = append(editions, s.add(e))
		case 1:
			s.add(verify.Import{Letter: id, N: rng.IntN(3)})
		case 2, 3:
			s.add(verify.Relist{Letter: id, Target: pick(signs), Listing: []verify.Listing{verify.Public, verify.Withheld}[rng.IntN(2)]})
		case 4, 5, 6:
			s.add(end(id, pick(signs), []verify.Reason{verify.Signer, verify.Erasure, verify.Reaffirmed, verify.Duplicate, verify.Fraud, verify.Moderation, verify.Undone}[rng.IntN(7)]))
		case 7:
			c := model(s.leaves, "").counts[id]
			s.add(verify.Deliver{Letter: id, Size: size - int64(rng.IntN(8)/7), Organisations: c.Organisations, Persons: c.Persons, Withheld: c.Withheld, Imported: c.Imported})
		case 8:
			if rng.IntN(4) == 0 {
				s.add(verify.Close{Letter: id, Size: size - int64(rng.IntN(3)/2)})
			}
			s.add(verify.Deadline{Letter: id, At: time.Date(2030, 4, rng.IntN(28)+1, 0, 0, 0, 0, time.UTC)})
		default:
			if len(editions) > 0 {
				l := s.sign(editions[rng.IntN(len(editions))])
				l.Kind = []verify.Kind{verify.Person, verify.Organisation}[rng.IntN(2)]
				l.Listing = []verify.Listing{verify.Public, verify.Withheld}[rng.IntN(2)]
				l.Basis = []verify.Basis{verify.ByEmail, verify.ByDomain, verify.ByReply, verify.ByPaper, verify.ByImport, verify.ByVoucher}[rng.IntN(6)]
				if rng.IntN(20) == 0 {
					l.Letter = id
				}
				signs = append(signs, s.add(l))
			}
		}
	}
	return s.leaves
}

func TestReplay_agreesWithTheModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	total := verify.Counts{}
	for i := range 1500 {
		leaves := random(rng, 5+rng.IntN(50))
		_, o, said := replay(leaves)
		if diff := same(model(leaves, ""), o); diff != "" {
			t.Fatalf("log %d (-model +replay):\n%s\nsaid: %s\n%s", i, diff, strings.Join(said, "\n"), leaves)
		}
		c := o.counts[one]
		total.Organisations += c.Organisations
		total.Persons += c.Persons
		total.Withheld += c.Withheld
		total.Imported += c.Imported
		total.Withdrawn += c.Withdrawn
		total.Removed += c.Removed
		total.Earlier += c.Earlier
	}
	for _, n := range []int{total.Organisations, total.Persons, total.Withheld, total.Imported, total.Withdrawn, total.Removed, total.Earlier} {
		if n < 100 {
			t.Errorf("the random logs exercise too little: %+v", total)
		}
	}
}

// A target before the log cannot be written in a leaf; a server's mistake with one is told and not fatal.
func TestReplay_targetBeforeTheLog(t *testing.T) {
	var r verify.Replay
	if err := r.Add(verify.Withdraw{Letter: one, Target: -1}, verify.Hash{}); err == nil || !strings.Contains(err.Error(), "its target -1") {
		t.Errorf("got %v", err)
	}
}

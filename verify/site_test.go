package verify_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/undersigned/undersigned/verify"
)

// Leaves of goodSite that tests change, by their index.
type marks struct {
	signed, withheld, imports, imported, withdrawn, relisted, edition2, edition3 int64 // of letter one
	close, signedTwo, withdrawnTwo, deliver                                      int64 // of letter two
	organisation, hidden                                                         int64
	early                                                                        int64 // a size at which somebody kept a checkpoint
}

// goodSite returns a site of its own, each time the same.
func goodSite(t testing.TB) (*site, marks) {
	t.Helper()
	g := buildGood()
	s := *g.site
	s.t, s.leaves, s.openings, s.texts, s.claims = t, slices.Clone(s.leaves), maps.Clone(s.openings), maps.Clone(s.texts), nil
	for _, c := range g.site.claims {
		c := *c
		s.claims = append(s.claims, &c)
	}
	return &s, g.marks
}

type good struct {
	site  *site
	marks marks
}

// buildGood has two letters and leaves of a third in between, and all that leaves can say: editions of each sort, every kind,
// listing, basis and reason, names that are hidden and shown again, an import, deadlines that move, a letter that is closed,
// delivered and left; more than a bundle of leaves, so that one is full and one is not.
var buildGood = sync.OnceValue(func() good {
	s := &site{openings: map[int64]verify.Opening{}, texts: map[string]string{}, size: -1}
	s.signer, s.vkey = keyPair(origin, "log")
	var m marks
	at := func(day int) time.Time { return time.Date(2030, 6, day, 17, 0, 0, 0, time.UTC) }
	kinds := []verify.Kind{verify.Person, verify.Organisation, verify.Person}
	listings := []verify.Listing{verify.Public, verify.Public, verify.Withheld, verify.Public}
	bases := []verify.Basis{verify.ByEmail, verify.ByDomain, verify.ByEmail, verify.ByVoucher, verify.ByEmail}
	var signed []int64 // by sign, in this order
	sign := func(edition int64, n int) {
		for range n {
			i := len(s.leaves)
			signed = append(signed, s.sign(edition, kinds[i%3], listings[i%4], bases[i%5]))
		}
	}

	english := "# Open the granary ledgers\n\nWe ask the Office of Stores to publish them.\n"
	oneFirst := s.edition(one, "granary-ledgers", "", map[string]string{"en": english})
	twoFirst := s.edition(two, "harbour-lights", "", map[string]string{"en": "# Light the harbour\n", "fr": "# Éclairez le port\n"})
	threeFirst := s.edition(three, "quiet-wells", "", map[string]string{"en": "# Keep the wells\n"})
	s.add(verify.Deadline{Letter: one, At: at(10)})
	s.add(verify.Deadline{Letter: two, At: at(12)})
	for range 10 {
		sign(oneFirst, 7)
		sign(twoFirst, 5)
		sign(threeFirst, 1)
	}
	m.signed = s.sign(oneFirst, verify.Person, verify.Public, verify.ByEmail)
	m.organisation = s.sign(oneFirst, verify.Organisation, verify.Public, verify.ByDomain)
	m.withheld = s.sign(oneFirst, verify.Person, verify.Withheld, verify.ByEmail)
	m.signedTwo = s.sign(twoFirst, verify.Person, verify.Public, verify.ByEmail)
	m.early = int64(len(s.leaves))

	m.imports = s.add(verify.Import{Letter: one, N: 18, SHA256: hashOf("list")})
	for i := range 18 {
		m.imported = s.sign(oneFirst, kinds[i%2], listings[i%4], []verify.Basis{verify.ByPaper, verify.ByImport, verify.ByReply}[i%3])
	}
	m.edition2 = s.edition(one, "granary-ledgers", verify.Translation, map[string]string{"en": english, "fa": "# دفترهای انبار را بگشایید\n"})
	for range 5 {
		sign(m.edition2, 6)
		sign(twoFirst, 2)
		sign(oneFirst, 1) // who was reading the text before
	}
	var ends []int64
	for range 7 {
		ends = append(ends, s.sign(m.edition2, verify.Person, verify.Public, verify.ByEmail))
	}
	for i, reason := range []verify.Reason{verify.Signer, verify.Erasure, verify.Reaffirmed, verify.Duplicate, verify.Fraud, verify.Moderation} {
		m.withdrawn = s.withdraw(ends[i], reason)
	}
	s.withdraw(m.imported, verify.Undone)
	m.hidden = ends[6]
	m.relisted = s.relist(m.organisation, verify.Withheld)
	s.relist(m.withheld, verify.Public)
	s.relist(m.signedTwo, verify.Withheld)
	s.relist(m.signedTwo, verify.Public)
	s.withdraw(s.sign(threeFirst, verify.Person, verify.Public, verify.ByEmail), verify.Signer)

	m.edition3 = s.edition(one, "granary-ledgers", verify.Substantive, map[string]string{"en": english + "\nAll of them.\n", "fa": "# همهٔ دفترها\n"})
	for i := range 12 {
		s.withdraw(signed[13*(i%10)+i/10], verify.Reaffirmed) // of letter one, which begins each round
		sign(m.edition3, 2)
	}
	s.add(verify.Deadline{Letter: one, At: at(20)})
	m.close = s.add(verify.Close{Letter: two, Size: int64(len(s.leaves)), Beacon: 4242})
	m.withdrawnTwo = s.withdraw(m.signedTwo, verify.Signer)
	m.deliver = s.deliver(two)
	s.claim(two, "harbour-lights", int64(len(s.leaves)))
	s.deliver(one)
	sign(m.edition3, 39)
	s.claim(one, "granary-ledgers", int64(len(s.leaves)))

	// The openings show the names that are public now; one signer has just asked to be hidden.
	listing, ended := map[int64]verify.Listing{}, map[int64]bool{m.hidden: true}
	for i := range s.leaves {
		switch l := s.leaf(int64(i)).(type) {
		case verify.Sign:
			listing[int64(i)] = l.Listing
		case verify.Relist:
			listing[l.Target] = l.Listing
		case verify.Withdraw:
			ended[l.Target] = true
		}
	}
	for i := range maps.Keys(s.openings) {
		if listing[i] == verify.Withheld || ended[i] {
			s.openings[i] = verify.Opening{Index: i}
		}
	}
	return good{s, m}
})

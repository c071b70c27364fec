package signing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// held says of each signer why they are held, "" for those who are not.
func (d *desk) held(emails ...string) (reasons []string) {
	d.T.Helper()
	for i, email := range emails {
		reasons = append(reasons, d.Give(email, testkit.Named("Anna "+testkit.Words(i)+" "+testkit.Words(len(email))), func(r *signing.Request) { r.Country = "NO" }).Held)
	}
	return reasons
}

var qDomains = store.Q("test.domains", `SELECT COUNT(*) FROM pending WHERE domain_tag IS NOT NULL`)

// Once many have confirmed from one domain within the hour, those that follow are held; not those of large providers, nor
// those of another letter or a later hour, nor somebody who counted before and signs again.
func TestBurst_holdsThoseThatFollow(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Signing.BurstFrom = 3
		for i := range 5 {
			d.Submit(fmt.Sprintf("only%d@asked.example", i)) // nobody confirms: no burst
		}
		if got := d.held("a1@asked.example"); got[0] != "" {
			t.Errorf("held for what nobody confirmed: %q", got)
		}
		got := d.held("b1@burst.example", "b2@burst.example", "b3@BURST.example", "b4@burst.example", "b5@Burst.example", "b6@burst.example", "b7@burst.example", "b8@burst.example")
		from := slices.Index(got, signing.HeldBurst)
		if from < 3 || from > 6 || slices.Contains(got[from:], "") {
			t.Fatalf("%q", got)
		}
		held := len(got) - from
		if got := d.held("b1@other.example"); got[0] != "" {
			t.Errorf("another domain: %q", got)
		}
		if got := d.held("g1@gmail.com", "g2@gmail.com", "g3@gmail.com", "g4@gmail.com", "g5@gmail.com"); !slices.Equal(got, make([]string, 5)) {
			t.Errorf("a large provider: %q", got)
		}
		if got := d.held("b1@burst.example"); got[0] != "" {
			t.Errorf("who counted before is held: %q", got)
		}
		hours, err := d.Roll.Hours(t.Context(), d.Letter.ID, d.Clock.Now().Add(-time.Hour))
		if err != nil || len(hours) != 1 || hours[0].Held != held || hours[0].Persons != 0 {
			t.Errorf("before it is published: %+v, %v", hours, err)
		}
		d.Publish()
		if hours, err = d.Roll.Hours(t.Context(), d.Letter.ID, d.Clock.Now().Add(-time.Hour)); err != nil || len(hours) != 1 || hours[0].Held != held || hours[0].Persons != 7+from {
			t.Errorf("%+v, %v", hours, err)
		}
		first := d.Letter
		d.Letter = d.Open("another")
		if got := d.held("b7@burst.example"); got[0] != "" {
			t.Errorf("another letter: %q", got)
		}
		d.Letter = first
		d.Clock.Advance(61 * time.Minute)
		if got := d.held("b9@burst.example"); got[0] != "" {
			t.Errorf("an hour later: %q", got)
		}
		d.Clock.Advance(47 * time.Hour)
		d.retained(1) // that of b9
		d.Clock.Advance(2 * time.Hour)
		d.retained(0)
	})
}

// retained retains and checks of how many submissions the domain is still known.
func (d *desk) retained(domains int64) {
	d.T.Helper()
	if err := d.Retain(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
	if n := d.Count(qDomains); n != domains {
		d.T.Errorf("the domains of %d submissions are known, want %d", n, domains)
	}
}

// From which number on a domain is held is drawn anew each hour: who has filled it up to one learns little from being held.
func TestBurst_isDrawn(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.Signing.BurstFrom = 3
		drawn := map[int]bool{}
		for range 100 {
			d.Clock.Advance(time.Hour)
			n, err := d.Signing.Burst(t.Context(), d.Letter.ID, "burst.example")
			if err != nil || n < 3 || n > 6 {
				t.Fatalf("%d, %v", n, err)
			}
			drawn[n] = true
		}
		if len(drawn) != 4 {
			t.Errorf("%v", drawn)
		}
	})
}

// Without the setting nothing is kept and nobody is held.
func TestBurst_off(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		if got := d.held("b1@burst.example", "b2@burst.example", "b3@burst.example"); !slices.Equal(got, make([]string, 3)) || d.Count(qDomains) != 0 {
			t.Errorf("%q, %d domains", got, d.Count(qDomains))
		}
	})
}

// Signatures from throw-away addresses are held: of the own list, of the operator's, and of domains below these.
func TestDisposable_isHeld(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		list, err := signing.ReadDomains(strings.NewReader("\ufeff# a remark\nfleeting.example # ours\n\nBÜCHER.example.\n"))
		if err != nil {
			t.Fatal(err)
		}
		d.Signing.Throwaway = list
		got := d.held("x@mailinator.com", "x@mail.Mailinator.com", "x@fleeting.example", "x@a.fleeting.example", "x@bücher.example", "x@notfleeting.example", "x@steady.example")
		want := []string{signing.HeldDisposable, signing.HeldDisposable, signing.HeldDisposable, signing.HeldDisposable, signing.HeldDisposable, "", ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		_, err = signing.ReadDomains(strings.NewReader("good.example\nnot a domain\n"))
		testkit.WantFault(t, err, ": domain.line")
	})
}

func FuzzReadDomains(f *testing.F) {
	f.Add("a.example\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := signing.ReadDomains(strings.NewReader(text))
		for domain := range list {
			if err == nil && (domain == "" || !strings.Contains(domain, ".") || strings.ContainsAny(domain, " #\n")) {
				t.Errorf("%q", domain)
			}
		}
	})
}

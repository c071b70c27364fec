package promise

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// timing is how long answers took in pairs, about who has signed and about who has not.
type timing struct{ signed, unsigned []time.Duration }

// timePairs asks n times for one of each, which of them first by chance: what else the machine does meets both alike.
func timePairs(n int, ask func(signed bool, i int)) (x timing) {
	took := func(signed bool, i int) time.Duration {
		begin := time.Now()
		ask(signed, i)
		return time.Since(begin)
	}
	for i := range n {
		first := rand.N(2) == 0
		a := took(first, i)
		b := took(!first, i)
		if !first {
			a, b = b, a
		}
		x.signed, x.unsigned = append(x.signed, a), append(x.unsigned, b)
	}
	return x
}

// slower returns the share of pairs in which the answer about who has signed took longer.
func (x timing) slower() float64 {
	n := 0
	for i := range x.signed {
		if x.signed[i] > x.unsigned[i] {
			n++
		}
	}
	return float64(n) / float64(len(x.signed))
}

// medians returns how long an answer took in the middle.
func (x timing) medians() (signed, unsigned time.Duration) {
	median := func(list []time.Duration) time.Duration {
		list = slices.Sorted(slices.Values(list))
		return list[len(list)/2]
	}
	return median(x.signed), median(x.unsigned)
}

// tells reports whether the times tell who has signed: one of a pair is the slower too often for chance, whose share of 300 pairs is
// within 0.14 of a half but once in a million, and the medians are apart by more than a twentieth. The load of the machine moves
// neither; what is finer than that, BenchmarkEnumeration shows on a quiet one.
func (x timing) tells() bool {
	signed, unsigned := x.medians()
	share := x.slower()
	return (share < 0.36 || share > 0.64) && (signed-unsigned).Abs() > min(signed, unsigned)/20
}

func (x timing) String() string {
	signed, unsigned := x.medians()
	return fmt.Sprintf("%d pairs: signed %v, unsigned %v, signed slower in %.2f", len(x.signed), signed, unsigned, x.slower())
}

// pairsOf are the ways in which somebody who knows addresses can ask for one that has signed, or one that has not, again and again.
func pairsOf(t testing.TB, people int) map[string]func(signed bool, i int) {
	t.Helper()
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Server.RateLimit, o.Server.TrustProxy = "on", []string{"127.0.0.0/8"} })
	visitors := 0
	network := func() []string {
		visitors++
		return []string{"X-Forwarded-For", fmt.Sprintf("10.%d.%d.7", visitors/250, visitors%250)}
	}
	address := func(signed bool, i int) string {
		return map[bool]string{true: "known", false: "other"}[signed] + fmt.Sprintf("%d@town%d.example", i%people, i%people/10)
	}
	form := testkit.SignForm("Ada Lindqvist", "")
	form.Set("listing", "counted")
	submit := func(c *testkit.Client, address string) string {
		form.Set("email", address)
		got := c.Post(testkit.Page+"/signatures", form, network()...)
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		return got.Header.Get("Location")
	}
	signer := a.Client(t)
	for i := range people {
		submit(signer, address(true, i))
		mail := a.Inbox.Wait(t, address(true, i))
		signer.Post("/confirm/"+mail.Token(), testkit.Press("confirm"), network()...).Secret(t)
	}
	a.Publish(t)
	c := a.Client(t)
	waiting, dryRun := map[string]string{}, map[bool]string{}
	ada := a.Operator(t)
	for _, signed := range []bool{true, false} {
		var list strings.Builder
		list.WriteString("Email\n")
		for i := range people {
			waiting[address(signed, i)] = submit(c, address(signed, i))
			list.WriteString(address(signed, i) + "\n")
		}
		read := ada.Get(intakePath).Form(t, intakePath)
		read.Set("do", "read")
		read.Set("text", "Name,"+list.String())
		got := ada.Send(t, intakePath, "", "", nil, read)
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		dryRun[signed] = got.Header.Get("Location")
	}
	return map[string]func(signed bool, i int){
		"sign":    func(signed bool, i int) { submit(c, address(signed, i)) },
		"resend":  func(signed bool, i int) { c.Post(waiting[address(signed, i)], url.Values{}, network()...) },
		"dry run": func(signed bool, _ int) { ada.Get(dryRun[signed]) },
	}
}

// How long an answer takes does not tell either who has signed.
func TestSigned_takesAsLongAsUnsigned(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told and kept, not at what runs at once")
	}
	testkit.NotRaced(t)
	for name, ask := range pairsOf(t, 60) {
		x := timePairs(300, ask)
		t.Log(name, x)
		if x.tells() {
			t.Errorf("%s: %s", name, x)
		}
		if name == "sign" {
			planted := timePairs(300, func(signed bool, i int) {
				if ask(signed, i); signed {
					ask(signed, i)
				}
			})
			if !planted.tells() {
				t.Errorf("twice the work is not noticed: %s", planted)
			}
		}
	}
}

// BenchmarkEnumeration reports by how much the medians of answers to signed and unsigned addresses are apart, in milliseconds, and
// those of the desk's sign-in to users and others (research: at most 5 over 2,000 pairs; run it with -benchtime 2000x).
func BenchmarkEnumeration(b *testing.B) {
	ways := pairsOf(b, 60)
	a := testkit.App(b, store.SQLite)
	a.Member(b, testkit.Lead, account.Editor, "known@lantern.example")
	c := a.Client(b)
	ways["sign-in"] = func(user bool, _ int) {
		v := url.Values{"email": {map[bool]string{true: "known@lantern.example", false: "nobody@lantern.example"}[user]}, "password": {"wrong"},
			"code": {"000000"}, "do": {"password"}}
		if got := c.Post("/desk/sign-in", v); got.Status != http.StatusUnprocessableEntity {
			b.Fatalf("%d", got.Status)
		}
	}
	for name, ask := range ways {
		b.Run(name, func(b *testing.B) {
			x := timePairs(b.N, ask)
			known, unknown := x.medians()
			b.ReportMetric(float64((known-unknown).Abs().Microseconds())/1000, "ms-apart")
			b.ReportMetric(float64(known.Microseconds())/1000, "ms-known")
			b.ReportMetric(x.slower(), "known-slower")
		})
	}
}

package promise

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// BenchmarkEnumeration asks in turn for an address that is known and for one that is not, at the sign form and at the
// desk's sign-in, and reports the difference of the medians in milliseconds (research: at most 5 over 2,000 pairs; run it
// with -benchtime 2000x).
func BenchmarkEnumeration(b *testing.B) {
	a := testkit.App(b, store.SQLite)
	a.Member(b, testkit.Lead, account.Editor, "known@lantern.example")
	c := a.Client(b)
	form := testkit.SignForm("Ada Lindqvist", "known@signed.example")
	_, mail := a.Sign(b, c, form)
	c.Post("/confirm/"+mail.Token(), testkit.Press("confirm"))
	for name, ask := range map[string]func(known bool) (int, time.Duration){
		"sign": func(known bool) (int, time.Duration) {
			form.Set("email", map[bool]string{true: "known@signed.example", false: "new" + time.Now().Format("150405.000000000") + "@signed.example"}[known])
			begin := time.Now()
			r := c.Post("/letters/"+testkit.Slug+"/signatures", form)
			return r.Status, time.Since(begin)
		},
		"sign-in": func(known bool) (int, time.Duration) {
			v := url.Values{"email": {map[bool]string{true: "known@lantern.example", false: "nobody@lantern.example"}[known]}, "password": {"wrong"},
				"code": {"000000"}, "do": {"password"}}
			begin := time.Now()
			r := c.Post("/desk/sign-in", v)
			return r.Status, time.Since(begin)
		},
	} {
		b.Run(name, func(b *testing.B) {
			var took [2][]time.Duration
			status := 0
			for i := range b.N {
				for _, known := range []bool{i%2 == 0, i%2 != 0} { // either goes first as often
					s, t := ask(known)
					if status == 0 {
						status = s
					}
					if s != status {
						b.Fatalf("answered with %d and %d", status, s)
					}
					k := 0
					if known {
						k = 1
					}
					took[k] = append(took[k], t)
				}
			}
			median := func(list []time.Duration) time.Duration {
				slices.Sort(list)
				return list[len(list)/2]
			}
			known, unknown := median(took[1]), median(took[0])
			b.ReportMetric(float64((known-unknown).Abs().Microseconds())/1000, "ms-apart")
			b.ReportMetric(float64(known.Microseconds())/1000, "ms-known")
			b.ReportMetric(float64(status), "status")
		})
	}
}

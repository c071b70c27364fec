package verify_test

import (
	"testing"

	"github.com/undersigned/undersigned/verify"
)

// BenchmarkAudit audits a million leaves, three in four of them with a public name.
func BenchmarkAudit(b *testing.B) {
	if testing.Short() {
		b.Skip("takes two gigabytes")
	}
	const leaves = 1_000_000
	_, key := keyPair(origin, "log")
	source, err := verify.FromBundle(manyLeaves(b, leaves).files().fs()) // only the files stay in memory
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := verify.Audit(b.Context(), source, verify.Options{Key: key})
		if err != nil || !r.OK() || r.Letters[0].Counted.Persons != leaves-1 {
			b.Fatalf("%v\n%s", err, problems(r))
		}
	}
	b.ReportMetric(leaves*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
}

package testkit

import (
	"flag"
	"testing"
	"time"
)

// Soak makes the tests of what may never break longer: make soak.
var Soak = flag.Bool("soak", false, "kill more often, trace more requests")

// NotRaced skips a long test under the race detector: it does one thing after the other, and shorter ones go the same ways.
func NotRaced(t testing.TB) {
	t.Helper()
	if raced {
		t.Skip("nothing runs at once here")
	}
}

// Eventually asks again and again until it is so, at most ten seconds.
func Eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(10 * time.Second); !so(); {
		select {
		case <-late:
			t.Fatalf("not within ten seconds: %s", what)
		case <-tick.C:
		}
	}
}

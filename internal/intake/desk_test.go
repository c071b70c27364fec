package intake_test

import (
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// desk is a letter that lists are read into.
type desk struct{ *testkit.Desk }

// desks runs body with a desk on each engine.
func desks(t *testing.T, body func(t *testing.T, d *desk)) {
	t.Helper()
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) { body(t, &desk{d}) })
}

var (
	qCountPending = store.Q("test.count_pending", `SELECT COUNT(*) FROM pending`)
	qCountSealed  = store.Q("test.count_sealed", `SELECT COUNT(*) FROM signature_sealed`)
)

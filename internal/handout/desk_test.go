package handout_test

import (
	"testing"

	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// desk is a letter that lists can be made of.
type desk struct{ *testkit.Desk }

// desks runs body with a desk on each engine.
func desks(t *testing.T, body func(t *testing.T, d *desk)) {
	t.Helper()
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) { body(t, &desk{d}) })
}

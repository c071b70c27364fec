package invitation_test

import (
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// desk is a letter that people can be invited to sign.
type desk struct{ *testkit.Desk }

func newDesk(t testing.TB, db *store.DB, clock *testkit.Clock) *desk {
	t.Helper()
	return &desk{testkit.NewDesk(t, db, clock)}
}

package operate

import (
	"testing"

	"github.com/undersigned/undersigned/internal/cli"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.AsCommand(cli.Main)
	testkit.Main(m)
}

package app_test

import (
	"testing"

	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// Every query of every package can be prepared on both engines.
func TestQueries_prepare(t *testing.T) { testkit.PrepareAll(t) }

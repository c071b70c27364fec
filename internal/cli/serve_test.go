package cli

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/undersigned/undersigned/internal/config"
)

// The setting wins over GOMEMLIMIT, which wins over what the machine has; without either there is a limit all the same, and
// never one that a server at rest would touch.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	limited := func(runtime int64, setting config.Size) int64 {
		debug.SetMemoryLimit(runtime)
		limitMemory(setting)
		return debug.SetMemoryLimit(-1)
	}
	if got := limited(100<<20, 256<<20); got != 256<<20 {
		t.Errorf("--memory-limit 256MiB beside GOMEMLIMIT limits to %d", got)
	}
	if got := limited(100<<20, 0); got != 100<<20 {
		t.Errorf("GOMEMLIMIT of 100 MiB became %d", got)
	}
	if got := limited(math.MaxInt64, 0); got < int64(config.LeastMemory) || got == math.MaxInt64 {
		t.Errorf("without a setting the limit is %d", got)
	}
}

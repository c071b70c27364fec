package promise

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/undersigned/undersigned/internal/cli"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.AsCommand(cli.Main)
	if text := os.Getenv(asPinned); text != "" {
		var p pinnedServer
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			panic(err)
		}
		os.Exit(p.run())
	}
	testkit.Main(m)
}

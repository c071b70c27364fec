package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/cli"
)

// A mail server sends a mail back, and forgets it, on any code but 0 and 75: only a mail that is none is a reason for that.
func TestMailReceive_sendsNothingBack(t *testing.T) {
	for command, want := range map[string]int{
		"mail receive --nonsense":                          75,
		"mail receive --data":                              75,
		"mail receive --data /proc/nowhere":                75,
		"mail receive --database nonsense --data /nowhere": 75,
		"mail --nonsense":                                  2,
	} {
		var out bytes.Buffer
		if code := cli.Main(strings.Fields(command), strings.NewReader("From: a@b.example\n\nHello\n"), &out, &out); code != want {
			t.Errorf("%s ends with %d, want %d: %s", command, code, want, out.String())
		}
	}
}

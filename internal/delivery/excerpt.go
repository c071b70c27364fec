package delivery

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/text"
)

// Bounds of what is read of a file to propose an excerpt.
const (
	maxProposed  = 2000 // characters
	maxExtracted = 64 << 10
	extractFor   = 10 * time.Second
)

// Words proposes an excerpt of a file: the beginning of its text, "" where it cannot be read. A PDF is read by pdftotext (poppler-utils),
// where that is installed: a program of its own, so that a file made to harm harms nothing here, and stopped after ten seconds.
func (f File) Words(ctx context.Context) string {
	if f.Type == letter.PDF && len(f.Content) <= importer.Limit {
		return letter.Excerpt(pdfText(ctx, f.Content), maxProposed)
	}
	if len(f.Content) > importer.Limit {
		return ""
	}
	draft, err := importer.Read(f.Name, f.Content)
	if err != nil {
		return ""
	}
	return letter.Excerpt(letter.TextOf(draft, true).Canonical(), maxProposed)
}

func pdfText(ctx context.Context, data []byte) string {
	ctx, cancel := context.WithTimeout(ctx, extractFor)
	defer cancel()
	c := exec.CommandContext(ctx, "pdftotext", "-q", "-enc", "UTF-8", "-l", "5", "-", "-")
	c.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"} // nothing of what the server knows
	c.Stdin = bytes.NewReader(data)
	out, err := c.StdoutPipe()
	if err != nil || c.Start() != nil {
		return ""
	}
	said, err := io.ReadAll(io.LimitReader(out, maxExtracted))
	cancel() // whatever it would still say
	_ = c.Wait()
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.ToValidUTF8(string(said), ""), "\n")
	for i, l := range lines {
		lines[i] = text.Shown.Line(l)
	}
	return strings.Join(lines, "\n")
}

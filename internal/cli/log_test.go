package cli

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type lockedBuffer struct {
	mu     sync.Mutex
	text   bytes.Buffer
	writes int
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writes++
	return b.text.Write(p)
}

func (b *lockedBuffer) count() (lines, writes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), "\n"), b.writes
}

func TestLogWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		w := &logWriter{out: &out}
		log := slog.New(slog.NewJSONHandler(w, nil))
		for range 10 {
			log.Info("request")
		}
		if lines, _ := out.count(); lines != 0 {
			t.Errorf("%d lines were not gathered", lines)
		}
		time.Sleep(2 * flushEvery)
		if lines, writes := out.count(); lines != 10 || writes != 1 {
			t.Errorf("%d lines in %d writes, want 10 in one", lines, writes)
		}
		log.Info("request", "text", `"level":"INFO"`)
		log.Warn("trouble", "text", `"level":"INFO"`)
		if lines, writes := out.count(); lines != 12 || writes != 2 {
			t.Errorf("a warning waits: %d lines in %d writes", lines, writes)
		}
		log.Info("last")
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		if lines, _ := out.count(); lines != 13 {
			t.Errorf("%d lines at the end, want 13", lines)
		}
		for range 1000 {
			log.Info(strings.Repeat("x", 100))
		}
		if lines, _ := out.count(); lines < 700 {
			t.Errorf("%d lines: too much is gathered", lines)
		}
		time.Sleep(2 * flushEvery)
		if lines, _ := out.count(); lines != 1013 {
			t.Errorf("%d lines, want 1013", lines)
		}
	})
}

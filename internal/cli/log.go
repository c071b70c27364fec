package cli

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// logWriter gathers the lines of a server's log, since one write a request costs a tenth of it. A line waits flushEvery at
// most, and one that warns does not wait.
type logWriter struct {
	out io.Writer

	mu     sync.Mutex
	lines  []byte // guarded by mu
	waking bool   // guarded by mu; a flush is on its way
}

const (
	flushEvery = 100 * time.Millisecond
	maxLines   = 32 << 10 // bytes
)

// Write takes one line of log/slog's JSON.
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line...)
	switch {
	case len(w.lines) >= maxLines, !bytes.Contains(line[:min(len(line), 80)], []byte(`"level":"INFO"`)):
		return len(line), w.write()
	case !w.waking:
		w.waking = true
		time.AfterFunc(flushEvery, func() { _ = w.flush() })
	}
	return len(line), nil
}

func (w *logWriter) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waking = false
	return w.write()
}

// write is called with mu held.
func (w *logWriter) write() error {
	if len(w.lines) == 0 {
		return nil
	}
	_, err := w.out.Write(w.lines)
	w.lines = w.lines[:0]
	return err
}

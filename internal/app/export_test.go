package app

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/signing"
)

// RetainAt is what the server does at intervals, so long after its start.
func (a *App) RetainAt(ctx context.Context, mono time.Duration) error { return a.retain(ctx, mono) }

var ParseLedger, UpdateLedger = parseLedger, updateLedger

// AppendErasure writes a line of the ledger.
func AppendErasure(b []byte, e signing.Erasure) []byte { return appendErasure(b, e) }

// Steady lets tests say what the clocks show.
type Steady struct{ steady }

// Believe takes a reading.
func (s *Steady) Believe(wall time.Time, mono time.Duration, known time.Time) bool {
	return s.believe(reading{wall, mono}, known)
}

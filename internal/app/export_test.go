package app

import (
	"context"

	"github.com/undersigned/undersigned/internal/signing"
)

var ParseLedger, UpdateLedger = parseLedger, updateLedger

// AppendErasure writes a line of the ledger.
func AppendErasure(b []byte, e signing.Erasure) []byte { return appendErasure(b, e) }

// RecordErasures brings the ledger up to date.
func (a *App) RecordErasures(ctx context.Context) error { return a.recordErasures(ctx) }

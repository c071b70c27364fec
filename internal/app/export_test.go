package app

import "github.com/undersigned/undersigned/internal/signing"

var ParseLedger, UpdateLedger = parseLedger, updateLedger

// AppendErasure writes a line of the ledger.
func AppendErasure(b []byte, e signing.Erasure) []byte { return appendErasure(b, e) }

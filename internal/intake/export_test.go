package intake

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// ApplyProposal carries out what members agreed on, without them.
func (s *Service) ApplyProposal(ctx context.Context, l letter.ID, id int64, version int, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error { return applyProposal(tx, l, Addition{id, version}, by) })
}

// RequestUndo does so for the end of a batch.
func (s *Service) RequestUndo(ctx context.Context, l letter.ID, batch, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error { return s.requestUndo(tx, l, batch, by) })
}

package handout

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
)

// Request carries out what members agreed on, without them.
func (s *Service) Request(ctx context.Context, l letter.ID, a roll.Audience, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error { return s.request(tx, l, a, by) })
}

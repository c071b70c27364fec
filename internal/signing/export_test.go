package signing

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
)

// For tests of rules that have no door of their own.
var (
	Digits = asciiDigits
	Mask   = mask
)

// Burst returns how many from a domain are one at this hour.
func (s *Service) Burst(ctx context.Context, l letter.ID, domain string) (int, error) {
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return 0, err
	}
	return s.burst(key, domain), nil
}

package inbox

import "context"

// Vouch says who vouches for a mail, as sorting asks it.
func (s *Service) Vouch(ctx context.Context, raw, address string) Vouch {
	return s.voucher().vouch(ctx, []byte(raw), address)
}

// SortOne is what the job does with a mail.
func (s *Service) SortOne(ctx context.Context, id int64) error { return s.sort(ctx, id) }

package mailbox

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Unsubscribed is the reason of a mailbox that its owner has taken off all mails which it did not ask for, of whatever letter.
const Unsubscribed = "unsubscribed"

// Blocks says how many addresses get no mail any more, and why. Which ones they are nobody can tell from the tags.
type Blocks struct {
	Letter    store.LetterID // 0 for every letter
	Reason    string
	Addresses int
	Latest    time.Time // zero where it is not known
}

// Blocks returns what is blocked, by letter and reason.
func (s *Service) Blocks(ctx context.Context) (list []Blocks, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qCountBlocks, func(row store.Row) (b Blocks, err error) {
			var latest int64
			err = row.Scan(&b.Letter, &b.Reason, &b.Addresses, &latest)
			b.Latest = time.UnixMicro(latest).UTC()
			return b, err
		})
		if err != nil {
			return err
		}
		var n int
		if err := tx.Row(qCountUnsubscribed).Scan(&n); err != nil || n == 0 {
			return err
		}
		list = append(list, Blocks{Reason: Unsubscribed, Addresses: n})
		return nil
	})
	return list, err
}

// Unblock ends the block of the address for the letter, and returns its reason, "" if there was none.
func (b Box) Unblock(ctx context.Context) (reason string, err error) {
	err = b.service.DB.Update(ctx, func(tx *store.Tx) error {
		if reason, err = b.BlockedIn(tx); err != nil || reason == "" {
			return err
		}
		_, err := tx.Exec(qUnblock, b.Letter, b.Tag())
		return err
	})
	return reason, err
}

// Resubscribe has a mailbox get again what it did not ask for, and reports whether it had been taken off.
func (s *Service) Resubscribe(ctx context.Context, a text.Address) (was bool, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qSubscribe, s.boxTag(a))
		was = n > 0
		return err
	})
	return was, err
}

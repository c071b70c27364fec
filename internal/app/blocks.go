package app

import (
	"context"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Block says of which letter addresses get no mail any more, and why.
type Block struct {
	Letter string `json:"letter,omitempty"` // its slug, "" for every letter
	Reason string `json:"reason"`
}

// Blocks returns how many addresses are blocked, by letter and reason.
func (s Services) Blocks(ctx context.Context) (list []mailbox.Blocks, slugs map[store.LetterID]string, err error) {
	if list, err = s.Mailboxes.Blocks(ctx); err != nil {
		return nil, nil, err
	}
	letters, err := s.Letters.ListAll(ctx)
	slugs = map[store.LetterID]string{}
	for _, l := range letters {
		slugs[l.ID] = l.Slug
	}
	return list, slugs, err
}

// Unblock has an address get mails again of every letter whose key is there, and returns what it was blocked for.
func (s Services) Unblock(ctx context.Context, typed string) (lifted []Block, err error) {
	a, f := text.ParseAddress(typed)
	if f != nil {
		return nil, f
	}
	letters, err := s.Letters.ListAll(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range letters {
		key, err := s.Letters.Key(ctx, l.ID)
		if fault.Is(err, fault.Gone) {
			continue
		}
		if err != nil {
			return lifted, err
		}
		reason, err := s.Mailboxes.Of(key, l.ID, a).Unblock(ctx)
		if err != nil {
			return lifted, err
		}
		if reason != "" {
			lifted = append(lifted, Block{l.Slug, reason})
		}
	}
	was, err := s.Mailboxes.Resubscribe(ctx, a)
	if was {
		lifted = append(lifted, Block{Reason: mailbox.Unsubscribed})
	}
	return lifted, err
}

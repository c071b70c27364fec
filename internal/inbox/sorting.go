package inbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

const (
	askedFor    = 10 * time.Minute // how long the key of a domain is not asked for again
	maxAsked    = 5000             // domains
	countedDays = 30
)

// verdict is what becomes of a mail by itself.
type verdict struct {
	state  State
	letter store.LetterID
	keep   bool // its bytes
}

// judge says what becomes of a mail that is sorted. Nothing counts by itself: what somebody has written waits. What tells who has signed, or
// began to, is none of the editors' business, and what machines say of it is not kept.
func judge(s Sorted, given store.LetterID, ends bool) verdict {
	v := verdict{state: Waits, letter: s.To.Letter, keep: true}
	if s.To.Sent.Private() || v.letter == 0 {
		v.letter = given
	}
	switch {
	case s.What == Ending && ends:
		v.state, v.keep = Noted, false
	case s.What == Bounce || s.What == Delayed || s.What == Arrived || s.What == Automatic:
		v.state, v.keep = Noted, !s.To.Sent.Silent()
	}
	return v
}

// sort looks what a mail is, has done what follows from it, and notes it.
func (s *Service) sort(ctx context.Context, id int64) error {
	var row incoming
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		row, err = scan(tx.Row(qFind, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) || err == nil && row.state != New {
		return nil
	}
	if err != nil {
		return err
	}
	h, err := s.openHead(row)
	if err != nil {
		return job.Dead(job.Code("open", err))
	}
	raw, err := s.raw(ctx, id)
	if err != nil {
		return err
	}
	h.Sorted = Sort(raw, h.Recipient, s.Mailboxes.ReadReturn)
	m := &h.Sorted
	if m.Address != "" {
		if m.Vouched = s.voucher().vouch(ctx, withCRLF(raw), m.Address); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	taker := s.Takers[m.To.Sent]
	if m.What == Ending && taker.Ended == nil {
		m.What = Reply
	}
	v := judge(*m, row.letter, taker.Ended != nil)
	switch {
	case m.What == Bounce && taker.Bounced != nil:
		err = taker.Bounced(ctx, m.To, s.Gone != nil && s.Gone(m.Status, m.Says))
	case v.state == Noted && m.What == Ending:
		err = taker.Ended(ctx, m.To)
	}
	if err = fault.Except(fault.Except(err, fault.Gone), fault.NotFound); err != nil { // what it is about is not there any more
		return err
	}
	return s.note(ctx, row, h, v)
}

// note writes down what a mail is and what became of it.
func (s *Service) note(ctx context.Context, row incoming, h Head, v verdict) error {
	m := &h.Sorted
	if len(m.Text) > maxWords {
		m.Text = strings.ToValidUTF8(m.Text[:maxWords], "") + "…"
	}
	if f := m.Fault; f != nil {
		m.Fault = &fault.Error{Kind: f.Kind, Key: f.Key, Args: f.Args, Field: f.Field} // without its cause
	}
	sealed, err := s.sealHead(row.id, h)
	if err != nil {
		return err
	}
	ref := int64(0)
	if m.To.Sent == mailbox.ToAddressee {
		ref = m.To.ID
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		n, err := tx.Exec(qSorted, v.state, v.letter, m.What, m.To.Sent.Name(), ref, s.senderTag(m.Address), now.UnixMicro(), sealed, row.id)
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(qCountDay, now.Unix()/86400, strings.TrimSuffix(string(m.What)+"."+m.To.Sent.Name(), ".")); err != nil {
			return err
		}
		if !v.keep {
			return destroy(tx, row.id)
		}
		if v.state != Waits || v.letter != 0 || m.Noisy || m.Vouched != Signed && m.Vouched != Partly { // who did not write must not be answered
			return nil
		}
		a, f := text.ParseAddress(m.Address)
		if f != nil || strings.EqualFold(a.Typed, s.Mailboxes.Inbox) {
			return nil
		}
		may, err := s.Mailboxes.SpendForReceipt(tx, a)
		if err != nil || !may {
			return err
		}
		return job.Enqueue(tx, Receipt{row.id})
	})
}

// senderTag stands for the mailbox that a mail says it is from.
func (s *Service) senderTag(address string) []byte {
	a, f := text.ParseAddress(address)
	if f != nil {
		return seal.NoTag()
	}
	return s.Keys.Tag("incoming sender", a.Mailbox)
}

// voucher returns who asks for keys, which remembers them for a while: of many mails at once most are from few domains.
func (s *Service) voucher() *voucher {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.DB.Now()
	if s.asked == nil || now.Sub(s.since) > askedFor || s.asked.size() > maxAsked {
		s.asked, s.since = &voucher{lookup: s.Lookup, known: map[string]answer{}}, now
	}
	return s.asked
}

func (v *voucher) size() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.known)
}

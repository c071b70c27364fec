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
	maxActs     = 4 // tries at a mail after which nothing follows from it by itself
	maxReads    = 8 // tries after which it is not even read
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
	case s.What == Unsure && !s.To.Sent.Silent(): // it waits
	case s.What == Unsure || s.What == Bounce || s.What == Delayed || s.What == Arrived || s.What == Automatic:
		v.state, v.keep = Noted, !s.To.Sent.Silent()
	}
	return v
}

// sort looks what a mail is, has done what follows from it, and notes it. What fails again and again is left out and a person looks at the
// mail: at first what follows from it, and in the end reading it, which may have killed the process each time.
func (s *Service) sort(ctx context.Context, id int64) error {
	var row incoming
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if row, err = scan(tx.Row(qFind, id)); err == nil && row.state == New {
			_, err = tx.Exec(qTry, id)
		}
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
	m := &h.Sorted
	if row.tries >= maxReads {
		*m = Sorted{Mail: Mail{Vouched: Unsigned, Fault: fault.New(fault.Invalid, "reply.damaged")}, What: Reply, Noisy: true}
	} else if *m, err = s.read(ctx, id, h.Recipient); err != nil {
		return err
	}
	taker := s.Takers[m.To.Sent]
	v := judge(*m, row.letter, taker.Ended != nil)
	err = ErrLook
	if row.tries < maxActs {
		err = s.follow(ctx, *m, taker, v)
	}
	switch {
	case err == nil || fault.Is(err, fault.Gone) || fault.Is(err, fault.NotFound): // what it is about is not there any more
	case errors.Is(err, ErrLook):
		v.state, v.keep = Waits, true
	default:
		return err
	}
	return s.note(ctx, row, h, v)
}

// read says what a mail is and who vouches for it.
func (s *Service) read(ctx context.Context, id int64, recipient string) (m Sorted, err error) {
	raw, err := s.raw(ctx, id)
	if err != nil {
		return m, err
	}
	raw = withCRLF(raw)
	m = Sort(raw, recipient, s.Mailboxes.ReadReturn)
	if m.Address != "" {
		m.Vouched = s.voucher().vouch(ctx, raw, m.Address)
	}
	return m, ctx.Err()
}

// ErrLook says that what would follow from a mail does so only once a person has looked at it.
var ErrLook = errors.New("inbox: somebody has to look at it")

// follow has done what follows from a mail. That a mail did not arrive is doubtful where something has come back from whom it went to.
func (s *Service) follow(ctx context.Context, m Sorted, taker Taker, v verdict) error {
	switch {
	case m.What == Bounce && taker.Bounced != nil:
		var answers int
		err := s.DB.View(ctx, func(tx *store.Tx) error {
			return tx.Row(qCountAnswers, mailbox.ToAddressee.Name(), refOf(m)).Scan(&answers)
		})
		if err != nil {
			return err
		}
		if m.To.Sent == mailbox.ToAddressee && answers > 0 {
			return ErrLook
		}
		return taker.Bounced(ctx, m.To, s.Gone != nil && s.Gone(m.Status, m.Says))
	case v.state == Noted && m.What == Ending:
		return taker.Ended(ctx, m.To)
	}
	return nil
}

// refOf is the delivery, or the link of an office, that a mail answers, and of what is none of the editors' business the letter; 0 for none.
func refOf(m Sorted) int64 {
	switch {
	case m.To.Sent == mailbox.ToAddressee || m.To.Sent == mailbox.ToOffice:
		return m.To.ID
	case m.To.Sent.Private():
		return int64(m.To.Letter)
	}
	return 0
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
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		n, err := tx.Exec(qSorted, v.state, v.letter, m.What, m.To.Sent.Name(), refOf(*m), s.senderTag(m.Address), now.UnixMicro(), sealed, row.id)
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

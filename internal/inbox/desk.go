package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
)

// Incoming is a mail that came in, as it is shown.
type Incoming struct {
	Head
	ID       int64
	Letter   store.LetterID // 0 for the operator's
	State    State
	About    string // which mail of ours it answers, as mailbox.Sent names it; "" for none that is known
	Delivery int64  // that it answers, 0 for none
	Office   int64  // the link of an office whose mail it answers, 0 for none
	Became   int64  // the list or the response that it went into
	Size     int64
	Whole    bool
}

// At is when it came.
func (i Incoming) At() time.Time { return store.IDTime(i.ID) }

func (s *Service) shown(row incoming) (i Incoming, err error) {
	i = Incoming{ID: row.id, Letter: row.letter, State: row.state, About: row.about, Became: row.became, Size: row.size, Whole: row.whole}
	switch row.about {
	case mailbox.ToAddressee.Name():
		i.Delivery = row.ref
	case mailbox.ToOffice.Name():
		i.Office = row.ref
	}
	i.Head, err = s.openHead(row)
	i.Sorted.What = row.what
	return i, err
}

func (s *Service) list(ctx context.Context, q *store.Query, args ...any) (list []Incoming, err error) {
	var rows []incoming
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		rows, err = store.List(tx, q, scan, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		i, err := s.shown(row)
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, nil
}

// List returns the mails of a letter in a state, or those of none, the newest first; before is the last id of the page before, 0 for none.
func (s *Service) List(ctx context.Context, l store.LetterID, state State, before int64, limit int) ([]Incoming, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return s.list(ctx, qList, l, state, before, limit)
}

// Notices returns what machines said of the deliveries of a letter, such as that somebody is out of office, the newest first, for as long as
// it is kept.
func (s *Service) Notices(ctx context.Context, l store.LetterID) ([]Incoming, error) {
	return s.list(ctx, qListNotices, l, mailbox.ToAddressee.Name(), Reply)
}

// Waiting counts the mails of a letter that wait, or those of none.
func (s *Service) Waiting(ctx context.Context, l store.LetterID) (n int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountWaiting, l).Scan(&n) })
	return n, err
}

var errUnknown = fault.New(fault.NotFound, "page.unknown")

// Find returns a mail of a letter, or of none.
func (s *Service) Find(ctx context.Context, l store.LetterID, id int64) (i Incoming, err error) {
	var row incoming
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		row, err = scan(tx.Row(qFind, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) || err == nil && (row.letter != l || row.size == 0 || row.state == New) {
		return i, errUnknown
	}
	if err != nil {
		return i, err
	}
	return s.shown(row)
}

// Raw returns a mail as it came.
func (s *Service) Raw(ctx context.Context, l store.LetterID, id int64) ([]byte, error) {
	if _, err := s.Find(ctx, l, id); err != nil {
		return nil, err
	}
	return s.raw(ctx, id)
}

// Named returns the mail that a receipt is for, false when it is there no more.
func (s *Service) Named(ctx context.Context, r Receipt) (i Incoming, there bool, err error) {
	i, err = s.Find(ctx, 0, r.Incoming)
	if errors.Is(err, errUnknown) {
		return i, false, nil
	}
	return i, err == nil, err
}

// set moves a mail from a state to another.
func set(tx *store.Tx, l store.LetterID, id int64, from, to State, became, by int64) error {
	n, err := tx.Exec(qSet, to, became, tx.Now().UnixMicro(), by, id, l, from)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "inbox.changed")
	}
	return err
}

// Settle notes that nothing is to be done about a mail.
func (s *Service) Settle(ctx context.Context, l store.LetterID, id, by int64) error {
	return s.SettleAll(ctx, l, []int64{id}, by)
}

// SettleAll notes so of several, or of none where somebody has dealt with one of them.
func (s *Service) SettleAll(ctx context.Context, l store.LetterID, ids []int64, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if err := set(tx, l, id, Waits, Done, 0, by); err != nil {
				return err
			}
			if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "mail.settled"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reopen has a mail wait again that somebody was done with, or that a machine seemed to have written.
func (s *Service) Reopen(ctx context.Context, l store.LetterID, id, by int64) error {
	i, err := s.Find(ctx, l, id)
	if err != nil {
		return err
	}
	if i.State != Done && i.State != Noted {
		return fault.New(fault.Conflict, "inbox.changed")
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := set(tx, l, id, i.State, Waits, 0, by); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "mail.reopened"})
	})
}

// Give has a mail wait for the editors of another letter. What it answers is theirs to say then.
func (s *Service) Give(ctx context.Context, from store.LetterID, id int64, to store.LetterID, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qGive, to, "", tx.Now().UnixMicro(), by, id, from)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "inbox.changed")
		}
		if err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: to, Act: "mail.given"})
	})
}

// Take notes that mails are lines of a list that was proposed.
func Take(tx *store.Tx, l store.LetterID, ids []int64, list, by int64) error {
	for _, id := range ids {
		if err := set(tx, l, id, Waits, Taken, list, by); err != nil {
			return err
		}
	}
	return nil
}

// WaitAgain has mails of a list wait again that it was added without.
func WaitAgain(tx *store.Tx, l store.LetterID, list int64, ids []int64) error {
	for _, id := range ids {
		if _, err := tx.Exec(qWaitAgain, tx.Now().UnixMicro(), l, list, id); err != nil { // or its sender has erased it
			return err
		}
	}
	return nil
}

// AllWaitAgain has the mails of a list that was thrown away or undone wait again.
func AllWaitAgain(tx *store.Tx, l store.LetterID, list int64) error {
	_, err := tx.Exec(qAllWaitAgain, tx.Now().UnixMicro(), l, list)
	return err
}

// Enter notes that a mail is a response: it is kept with that.
func Enter(tx *store.Tx, l store.LetterID, id, response, by int64) error {
	return set(tx, l, id, Waits, Entered, response, by)
}

// Leave has the mail of a response that was thrown away wait again.
func Leave(tx *store.Tx, l store.LetterID, id, by int64) error {
	return set(tx, l, id, Entered, Waits, 0, by)
}

// Destroy destroys the mail of a response that was taken down.
func Destroy(tx *store.Tx, id int64) error { return destroy(tx, id) }

// FileOf returns mails as a file of them, in the order of their ids, for whoever reads files of mails.
func FileOf(mails []Incoming) *File {
	f := &File{}
	for n, i := range mails {
		m := i.Sorted.Mail
		m.Number = n + 1
		f.Mails = append(f.Mails, m)
	}
	return f
}

// Look is how the last look into the mailbox went.
type Look struct {
	At, GoodAt time.Time // zero for never
	Code       string    // what failed, "" for nothing
	Words      string    // of the server, without addresses
	Left       int       // mails that stayed in the mailbox
}

// Looked notes how a look into the mailbox went.
func (s *Service) Looked(ctx context.Context, l Look) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now, good := tx.Now().UnixMicro(), int64(0)
		if l.Code == "" {
			good = now
		}
		_, err := tx.Exec(qPutLook, now, good, l.Code, l.Words, l.Left)
		return err
	})
}

// LastLook returns how the last look into the mailbox went.
func (s *Service) LastLook(ctx context.Context) (l Look, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		var at, good int64
		if err := tx.Row(qFindLook).Scan(&at, &good, &l.Code, &l.Words, &l.Left); err != nil {
			return err
		}
		if l.At = time.UnixMicro(at).UTC(); good > 0 {
			l.GoodAt = time.UnixMicro(good).UTC()
		}
		return nil
	})
	if errors.Is(err, store.ErrNoRow) {
		return Look{}, nil
	}
	return l, err
}

// Health is how much is kept, and what came of late.
type Health struct {
	Bytes, Mails int64
	MostBytes    int64
	States       map[State]int
	Came         map[string]int // in the last 30 days: such as bounce.confirmation
	Full         bool           // so much that some mails have to stay where they are
}

// Unasked counts the mails that ask for a confirmation, of a signature or of news, and did not arrive in the last 30 days.
func (h Health) Unasked() int {
	return h.Came[string(Bounce)+"."+mailbox.Confirmation.Name()] + h.Came[string(Bounce)+"."+mailbox.Following.Name()]
}

// Health returns how much is kept, and what came of late.
func (s *Service) Health(ctx context.Context) (h Health, err error) {
	type count struct {
		of string
		n  int
	}
	scanCount := func(row store.Row) (c count, err error) { return c, row.Scan(&c.of, &c.n) }
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		h = Health{States: map[State]int{}, Came: map[string]int{}, MostBytes: MaxKept}
		most := int64(MaxMails)
		if s.Most.Bytes > 0 {
			h.MostBytes, most = s.Most.Bytes, s.Most.Mails
		}
		if err := tx.Row(qKept).Scan(&h.Bytes, &h.Mails); err != nil {
			return err
		}
		h.Full = h.Bytes > h.MostBytes/20*9 || h.Mails >= most/2
		states, err := store.List(tx, qCountStates, scanCount)
		if err != nil {
			return err
		}
		came, err := store.List(tx, qListDays, scanCount, tx.Now().Unix()/86400-countedDays)
		for _, c := range states {
			h.States[State(c.of)] = c.n
		}
		for _, c := range came {
			h.Came[c.of] = c.n
		}
		return err
	})
	return h, err
}

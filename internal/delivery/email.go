package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// Envelope is what an email of a delivery needs.
type Envelope struct {
	Letter   letter.Letter
	Delivery Delivery
	To       Addressee
	Text     string
	Files    []File
}

// Envelope returns what an email needs, false when it has gone already.
func (s *Service) Envelope(ctx context.Context, id int64) (e Envelope, send bool, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		d, err := scanDelivery(tx.Row(qFindDelivery, id))
		if errors.Is(err, store.ErrNoRow) || err == nil && d.State != Waiting {
			return nil
		}
		if err != nil {
			return err
		}
		if e.Letter, err = letter.FindIn(tx, d.letter); err != nil {
			return err
		}
		list, err := addressees(tx, e.Letter)
		if err != nil {
			return err
		}
		if e.To, err = pick(list, d.Addressee); err != nil {
			return err
		}
		if e.Delivery, err = s.find(tx, e.Letter, id); err != nil {
			return err
		}
		for _, f := range e.Delivery.Files {
			whole, err := s.findFile(tx, d, f.number)
			if err != nil {
				return err
			}
			switch f.Role {
			case Pack:
				e.Files = append(e.Files, whole)
			case words:
				e.Text = string(whole.Content)
			}
		}
		send = e.To.Email != ""
		return nil
	})
	return e, send, err
}

// Went notes what became of an email: their server took it with these files, or refused it for good. What was sent is what is kept and
// logged, whatever it was made anew to meanwhile.
func (s *Service) Went(ctx context.Context, id int64, state State, sent []File) error {
	return s.amend(ctx, id, func(tx *store.Tx, l letter.Letter) error {
		if n, err := tx.Exec(qSetState, state, tx.Now().UnixMicro(), id, Waiting); err != nil || n == 0 {
			return err
		}
		d, err := s.find(tx, l, id)
		if err != nil {
			return err
		}
		for _, f := range sent {
			at := slices.IndexFunc(d.Files, func(x File) bool { return x.number == f.number && x.Commitment != f.Commitment })
			if at < 0 {
				continue
			}
			if err := s.setFile(tx, d, f.number, f); err != nil {
				return err
			}
			d.Files[at].Copy, d.Files[at].Commitment = f.Copy, f.Commitment
		}
		to, err := addressee(tx, l, d.Addressee)
		if err != nil {
			return err
		}
		return s.log(tx, l, d, to)
	})
}

// MarkBounced notes that an email came back after their server had taken it.
func (s *Service) MarkBounced(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		if err != nil {
			return err
		}
		if d.Channel != ByEmail || d.State != Handed {
			return fault.New(fault.Conflict, "delivery.not_handed")
		}
		if _, err := tx.Exec(qSetState, Bounced, d.At.UnixMicro(), id, Handed); err != nil {
			return err
		}
		return record(tx, l, by, "delivery.bounced", "")
	})
}

// MarkArrived notes that an email had arrived after all: a notice of a server said otherwise, or an editor did. No notice that comes later
// changes that.
func (s *Service) MarkArrived(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		if err != nil {
			return err
		}
		if d.State != Bounced {
			return fault.New(fault.Conflict, "delivery.not_back")
		}
		if _, err := tx.Exec(qSetArrived, Handed, tx.Now().UnixMicro(), id, Bounced); err != nil {
			return err
		}
		return record(tx, l, by, "delivery.arrived", "")
	})
}

// bouncesWithin is the time in which mail servers give up (RFC 5321, 4.5.4.1), and a day.
const bouncesWithin = 6 * 24 * time.Hour

var errNotGone = errors.New("delivery: the email has not gone as far as is written")

// CameBack notes that an email came back, as its server has told. Whoever has got the letter can write such a notice, so one counts by itself
// only within the days in which servers give up, while nothing came back from the addressee, and unless an editor has said that it arrived:
// else it is inbox.ErrLook, and an editor decides. A notice can be faster than what is written of the email: then it is to come again.
func (s *Service) CameBack(ctx context.Context, id int64) error {
	return s.amend(ctx, id, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		switch {
		case err != nil || d.Channel != ByEmail:
			return err
		case d.State == Waiting:
			return job.Retry(time.Minute, errNotGone)
		case d.State != Handed:
			return nil
		}
		responses, err := store.List(tx, qListResponses, scanResponse, l.ID)
		if err != nil {
			return err
		}
		answered := slices.ContainsFunc(responses, func(r Response) bool { return r.Answers(d.Addressee) && !r.At.Before(atDay(d.At)) })
		if answered || d.saidArrived || tx.Now().Sub(d.At) > bouncesWithin {
			return inbox.ErrLook
		}
		if _, err := tx.Exec(qSetState, Bounced, d.At.UnixMicro(), id, Handed); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{Letter: l.ID, Act: "delivery.came_back"})
	})
}

package delivery

import (
	"context"
	"errors"
	"slices"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
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

// CameBack notes that an email came back, as its server has told. It changes nothing of one that had not gone.
func (s *Service) CameBack(ctx context.Context, id int64) error {
	return s.amend(ctx, id, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		if err != nil || d.Channel != ByEmail || d.State != Handed {
			return err
		}
		if _, err := tx.Exec(qSetState, Bounced, d.At.UnixMicro(), id, Handed); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{Letter: l.ID, Act: "delivery.bounced"})
	})
}

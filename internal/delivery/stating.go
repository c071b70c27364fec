package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// EnterStated enters what an office stated otherwise than by its link: on paper, in a response. It rests on what came.
func (s *Service) EnterStated(ctx context.Context, slug string, y Saying, by int64) (x Stated, err error) {
	if err := y.read(); err != nil {
		return x, err
	}
	err = s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		st, err := s.lockedStanding(tx, l)
		if err != nil {
			return err
		}
		to, err := pick(st.Addressees, y.Addressee)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(st.Demands, func(d Demand) bool { return d.Number == y.Demand })
		if at < 0 {
			return fault.List{fault.New(fault.Invalid, "demand.unknown").On("demand")}
		}
		if !st.Demands[at].asks(to.Number) {
			return fault.List{fault.New(fault.Conflict, "cell.not_asked").On("addressee")}
		}
		if err := s.askable(tx, l, to.Number); err != nil {
			return err
		}
		var faults fault.List
		if wrong := checkDay(y.At, tx.Now()); wrong != nil {
			faults = append(faults, wrong.On("at"))
		}
		if y.Evidence != "" {
			id, is := y.Evidence.Response()
			r, known := st.Response(id)
			if !is || !known || r.State == TakenDown || !r.Answers(to.Number) {
				faults = append(faults, fault.New(fault.Invalid, "stated.response").On("evidence"))
			}
		} else if y.File == nil {
			faults = append(faults, fault.New(fault.Invalid, "stated.evidence").On("file"))
		}
		if len(faults) > 0 {
			return faults
		}
		if err := keep(tx, l.ID, st.Addressees); err != nil {
			return err
		}
		x = Stated{ID: store.NewID(tx.Now()), Addressee: to.Number, Position: y.Position, Language: y.Language, State: StatedHeld, At: y.At, Entered: true,
			demand: st.Demands[at].ID}
		if err := s.insertStated(tx, l, x, y); err != nil {
			return err
		}
		if y.Publish && by == 0 {
			if x, err = s.publishStated(tx, l, x.ID); err != nil {
				return err
			}
		}
		return record(tx, l, by, "stated.entered", y.Demand)
	})
	return x, err
}

// Statements returns all that offices stated of a letter, whole, for editors, the oldest first.
func (s *Service) Statements(ctx context.Context, l letter.Letter) (list []Stated, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = statedIn(tx, l.ID, ForEditors)
		return err
	})
	for i := range list {
		if opened, failed := s.openStated(list[i]); failed == nil { // one whose key is lost is refused by hand
			list[i] = opened
		}
	}
	return list, err
}

// Of reports whether a statement is of a demand.
func (x Stated) Of(d Demand) bool { return d.ID != 0 && x.demand == d.ID }

func findStated(tx *store.Tx, l letter.ID, id int64) (Stated, error) {
	x, err := scanStated(tx.Row(qFindStated, id))
	if errors.Is(err, store.ErrNoRow) || err == nil && (x.letter != l || x.State == Typed) {
		return x, fault.New(fault.NotFound, "page.unknown")
	}
	return x, err
}

// PublishStated shows a statement, once an editor has looked whether it holds personal data of others.
func (s *Service) PublishStated(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		x, err := s.publishStated(tx, l, id)
		if err != nil {
			return err
		}
		return record(tx, l, by, "stated.published", s.numberOf(tx, l, x))
	})
}

func (s *Service) publishStated(tx *store.Tx, l letter.Letter, id int64) (Stated, error) {
	x, err := findStated(tx, l.ID, id)
	if err != nil {
		return x, err
	}
	if x.State != StatedHeld {
		return x, fault.New(fault.Conflict, "stated.decided")
	}
	if err := s.askable(tx, l, x.Addressee); err != nil {
		return x, err
	}
	if x, err = s.openStated(x); err != nil {
		return x, err
	}
	n, err := tx.Exec(qPublishStated, tx.Now().UnixMicro(), x.Text, string(x.Evidence), id)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "stated.decided")
	}
	if err != nil {
		return x, err
	}
	x.State, x.DecidedAt = StatedShown, tx.Now()
	return x, tellOffice(tx, x, OfficePublished)
}

// RefuseStated destroys the words of a statement, and has everybody told that there was one and why it is not shown.
func (s *Service) RefuseStated(ctx context.Context, slug string, id int64, reason StatedReason, by int64) error {
	if !slices.Contains(StatedReasons, reason) {
		return fault.List{fault.New(fault.Invalid, "stated.reason").On("reason")}
	}
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		x, err := findStated(tx, l.ID, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(qRefuseStated, reason, tx.Now().UnixMicro(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "stated.decided")
		}
		if x.State != StatedBack {
			if err := tellOffice(tx, x, OfficeRefused); err != nil {
				return err
			}
		}
		return record(tx, l, by, "stated.refused", s.numberOf(tx, l, x))
	})
}

// tellOffice has an office told what became of its statement; of what was entered for it it is told nothing.
func tellOffice(tx *store.Tx, x Stated, says string) error {
	if x.Entered {
		return nil
	}
	return job.Enqueue(tx, OfficeMail{x.ID, says})
}

// numberOf is the number of the demand that a statement is about, for the trail; "" where the text asks it no more.
func (s *Service) numberOf(tx *store.Tx, l letter.Letter, x Stated) string {
	asked, err := s.Letters.Demands.CurrentIn(tx, l)
	if err != nil {
		return ""
	}
	for _, a := range asked {
		if a.ID == x.demand && a.ID != 0 {
			return a.Number
		}
	}
	return ""
}

// StatedFile returns the file of a statement: for editors any, for the public that of one which is shown and came by the office's link.
func (s *Service) StatedFile(ctx context.Context, l letter.Letter, id int64, v View) (f File, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		x, err := findStated(tx, l.ID, id)
		if err != nil {
			return err
		}
		if v == ForPublic {
			if _, _, err := s.openOffice(tx, l, x.Addressee); fault.Is(err, fault.Gone) {
				return fault.New(fault.NotFound, "page.unknown")
			} else if err != nil {
				return err
			}
			x = x.public()
		}
		f, err = s.statedFile(tx, x)
		return err
	})
	return f, err
}

// ConfirmingFile returns the file of what an office is to confirm.
func (s *Service) ConfirmingFile(ctx context.Context, c Confirming) (f File, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		f, err = s.statedFile(tx, c.Stated)
		return err
	})
	return f, err
}

func (s *Service) statedFile(tx *store.Tx, x Stated) (f File, err error) {
	if x.File == "" {
		return f, fault.New(fault.NotFound, "page.unknown")
	}
	var sealed []byte
	if err := tx.Row(qStatedFile, x.ID).Scan(&sealed); err != nil {
		return f, err
	}
	f.Name, f.Type = x.File, x.FileType
	f.Content, err = s.Keys.Open(statedTable+" file", x.ID, sealed)
	return f, err
}

// OfficeEnvelope is what a mail to an office needs. It holds nothing that was typed with a link.
type OfficeEnvelope struct {
	Letter   letter.Letter
	To       Addressee
	Link     int64 // that it is of
	Says     string
	Language string
	Address  string
	Token    string // of the link that it holds, "" for none
	Number   string // of the demand that it is about
	Reason   StatedReason
	At       time.Time // when what it is about was stated
	Until    time.Time // to when the link that it holds is good
}

// OfficeEnvelope returns what a mail to an office needs, false when it must not be sent any more.
func (s *Service) OfficeEnvelope(ctx context.Context, m OfficeMail) (e OfficeEnvelope, send bool, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		e, send = OfficeEnvelope{Says: m.Says}, false
		k, sealed, table := OfficeLink{}, []byte(nil), officeTable
		var x Stated
		if m.Says == OfficeAsk {
			if k, err = scanOffice(tx.Row(qFindOffice, m.ID)); err == nil {
				sealed, e.Until = k.token, k.ExpiresAt
			}
		} else if x, err = scanStated(tx.Row(qFindStated, m.ID)); err == nil {
			sealed, table, e.Reason, e.At, e.Until = x.token, statedTable+" token", x.Reason, x.At, x.asked().Add(typedFor)
			k, err = scanOffice(tx.Row(qFindOffice, x.link))
		}
		if errors.Is(err, store.ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		if e.Letter, err = letter.FindIn(tx, k.letter); err != nil {
			return err
		}
		_, to, err := s.openOffice(tx, e.Letter, k.Addressee)
		if fault.Is(err, fault.Gone) {
			return nil
		}
		if err != nil {
			return err
		}
		full, err := addressee(tx, e.Letter, k.Addressee)
		if err != nil {
			return err
		}
		e.To, e.Link, e.Language, e.Address = to, k.ID, k.Language, full.Email
		switch m.Says {
		case OfficeAsk:
			send = k.Good(tx.Now())
		case OfficeConfirm:
			send = x.State == Typed
		case OfficeWithdraw:
			send = x.Leaving
		case OfficePublished:
			send = x.State == StatedShown
		case OfficeRefused:
			send = x.State == StatedRefused
		}
		if send = send && full.Email != "" && full.Email == k.Email; !send {
			return nil
		}
		if m.Says != OfficeAsk {
			if e.Number = s.numberOf(tx, e.Letter, x); e.Number == "" {
				send = false
				return nil
			}
		}
		if m.Says == OfficeAsk || m.Says == OfficeConfirm || m.Says == OfficeWithdraw {
			token, err := s.Keys.Open(table, m.ID, sealed)
			e.Token = string(token)
			return err
		}
		return nil
	})
	return e, send, err
}

// OfficeTurned notes that an office's server took no mail of a link.
func (s *Service) OfficeTurned(ctx context.Context, m OfficeMail) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		id := m.ID
		if m.Says != OfficeAsk {
			x, err := scanStated(tx.Row(qFindStated, m.ID))
			if errors.Is(err, store.ErrNoRow) {
				return nil
			}
			if id = x.link; err != nil {
				return err
			}
		}
		_, err := tx.Exec(qTurnOffice, true, id)
		return err
	})
}

// OfficeCameBack notes that a mail of a link came back after the office's server had taken it, for whatever reason: the office never got it.
func (s *Service) OfficeCameBack(ctx context.Context, link int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qTurnOffice, true, link)
		return err
	})
}

// Retain deletes what was typed with the links of offices and nobody confirmed, and what links that have ended need no more.
func (s *Service) Retain(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qForgetTyped, tx.Now().Add(-typedFor).UnixMicro()); err != nil {
			return err
		}
		if _, err := tx.Exec(qForgetLeaving, tx.Now().Add(-typedFor).UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec(qForgetOffice, []byte{}, tx.Now().Add(-typedFor).UnixMicro())
		return err
	})
}

// GiveUp ends what was sealed with keys that are lost: links, what was typed with them, statements that nobody has looked at.
func (s *Service) GiveUp(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now().UnixMicro()
		if _, err := tx.Exec(qGiveUpOffice, now); err != nil {
			return err
		}
		if _, err := tx.Exec(qGiveUpTyped); err != nil {
			return err
		}
		_, err := tx.Exec(qGiveUpStated, now)
		return err
	})
}

// Package handout owns the lists that are made for an audience: who of a letter's signatories an addressee or a coalition may see, or the
// lead organisations may write to, as a file.
//
// It promises that a list holds only who counts and may be seen by its audience, when it is made and again when it is fetched;
// that it lies sealed, and ends after a week or with the letter's key; and that who fetches one is on record. It must not know
// pages, nor formats of files.
package handout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Bounds of handouts.
const (
	KeptFor     = 7 * 24 * time.Hour // how long one can be fetched
	maxHandouts = 20                 // of a letter
	atOnce      = 500                // signatures that one transaction reads or writes
	takes       = 10 * time.Minute
)

// Service holds the use cases around handouts.
type Service struct {
	DB      *store.DB
	Letters *letter.Service
	Signing *signing.Service

	// When each handout was last looked through by Forget, which is the only one to use it.
	looked map[int64]time.Time
}

// Handout is a list that was made for an audience.
type Handout struct {
	Letter    letter.ID
	ID        int64
	Audience  roll.Audience
	By        int64 // who had it made
	Made      bool
	Lines     int // once it is made
	CreatedAt time.Time
}

// Line is one line of a handout.
type Line struct {
	ID      int64        `json:"id"`
	Kind    verify.Kind  `json:"kind"`
	Listing roll.Listing `json:"listing"`
	Basis   verify.Basis `json:"basis"`
	verify.Record
	Contact *signing.Contact `json:"contact,omitempty"` // in the list of those who are informed
}

// Make makes a handout that was asked for.
type Make struct {
	Letter letter.ID `json:"letter"`
	Export int64     `json:"export"`
}

// Kind names the job.
func (Make) Kind() string { return "export.make" }

// Request asks for a list of those who may be shown to an audience.
type Request struct {
	Audience roll.Audience `json:"audience"`
}

// Act names the act.
func (Request) Act() string { return "export" }

// RegisterActs tells that lists with names that are not public are made by two members.
func (s *Service) RegisterActs(accounts *account.Service) {
	account.Register(accounts, account.Act[Request]{Ask: account.Editor, Decide: account.Editor,
		Alone: func(e Request) account.Share {
			if e.Audience == roll.ForPublic {
				return account.Share{}
			}
			return account.Share{Takes: 1}
		},
		Check:  func(tx *store.Tx, l letter.ID, e Request) error { return check(tx, l, e.Audience) },
		Detail: func(e Request) string { return "desk.export.for_" + string(e.Audience) },
		Do: func(tx *store.Tx, l letter.ID, e Request, by int64) error {
			return s.request(tx, l, e.Audience, by)
		}})
}

// request has a handout made.
func (s *Service) request(tx *store.Tx, l letter.ID, a roll.Audience, by int64) error {
	if err := check(tx, l, a); err != nil {
		return err
	}
	if _, err := s.Letters.KeyIn(tx, l); err != nil { // who is not public is not known any more
		return err
	}
	var n int
	if err := tx.Row(qCount, l).Scan(&n); err != nil {
		return err
	}
	if n >= maxHandouts {
		return fault.New(fault.Limited, "export.too_many")
	}
	id := store.NewID(tx.Now())
	if _, err := tx.Exec(qInsert, l, id, a, by, tx.Now().UnixMicro()); err != nil {
		return err
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "export.asked", Object: string(a)}); err != nil {
		return err
	}
	return job.Enqueue(tx, Make{l, id})
}

// List returns a letter's handouts, oldest first.
func (s *Service) List(ctx context.Context, l letter.ID) (list []Handout, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qList, scan, l)
		return err
	})
	return list, err
}

// write stores the names sealed, in the order of the public list. Killed, it begins anew.
func (s *Service) write(ctx context.Context, j Make) error {
	e, err := s.find(ctx, j.Letter, j.Export)
	if fault.Is(err, fault.Gone) || err == nil && e.Made {
		return nil
	}
	if err != nil {
		return err
	}
	key, err := s.Letters.Key(ctx, j.Letter)
	if fault.Is(err, fault.Gone) {
		return nil // and with the key goes the handout
	}
	if err != nil {
		return err
	}
	seen, err := s.listed(ctx, e)
	if err != nil {
		return err
	}
	lines := make([]Line, len(seen))
	for i, x := range seen {
		lines[i] = Line(x)
	}
	for part := 0; part*atOnce < len(lines); part++ {
		slice := lines[part*atOnce : min((part+1)*atOnce, len(lines))]
		text, err := json.Marshal(slice)
		if err != nil {
			return err
		}
		sealed := key.Seal(partTable(e.ID), int64(part), text)
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qPutPart, e.Letter, e.ID, part, sealed)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if n, err := tx.Exec(qSetMade, len(lines), e.Letter, e.ID); err != nil || n == 0 {
			return err
		}
		return account.Record(tx, account.Entry{User: e.By, Letter: e.Letter, Act: "export.made", Object: string(e.Audience)})
	})
}

// Signatories are the lines of a handout as a document takes names.
func Signatories(lines iter.Seq2[Line, error]) iter.Seq2[roll.Signatory, error] {
	return func(yield func(roll.Signatory, error) bool) {
		for x, err := range lines {
			if !yield(roll.Signatory{ID: x.ID, Kind: x.Kind, Record: x.Record, Basis: x.Basis}, err) || err != nil {
				return
			}
		}
	}
}

// partTable ties a sealed part to its handout.
func partTable(handout int64) string { return fmt.Sprintf("export_part %d", handout) }

func (s *Service) find(ctx context.Context, l letter.ID, id int64) (e Handout, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		e, err = scan(tx.Row(qFind, l, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.Gone, "export.gone")
	}
	return e, err
}

// Fetch returns the lines of a handout, and records who fetched it and in which format. Who has since hidden the name
// from the audience, took the consent back, or does not count any more, is left out.
func (s *Service) Fetch(ctx context.Context, l letter.ID, id int64, format string, by int64) (e Handout, lines iter.Seq2[Line, error], err error) {
	if e, err = s.find(ctx, l, id); err != nil {
		return e, nil, err
	}
	if !e.Made || s.DB.Now().After(e.CreatedAt.Add(KeptFor)) {
		return e, nil, fault.New(fault.Gone, "export.gone")
	}
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return e, nil, err
	}
	var roles map[string]account.Role
	err = s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if err := e.checkFetch(tx, format); err != nil {
			return err
		}
		if roles, err = account.RolesOf(tx, by); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "export.fetched", Object: string(e.Audience) + " " + format})
	})
	return e, func(yield func(Line, error) bool) {
		for part := 0; part*atOnce < e.Lines; part++ {
			slice, err := s.readPart(ctx, e, part, key)
			if err != nil {
				yield(Line{}, err)
				return
			}
			for _, x := range slice {
				if x.mayWrite(roles) && !yield(x, nil) {
					return
				}
			}
		}
	}, err
}

// readPart returns what may still be seen of a part.
func (s *Service) readPart(ctx context.Context, e Handout, part int, key *seal.LetterKey) (lines []Line, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		lines, _, err = e.seen(tx, qFindPart, part, key)
		return err
	})
	return lines, err
}

// seen returns what may still be seen of a part, and how many lines may not.
func (e Handout) seen(tx *store.Tx, find *store.Query, part int, key *seal.LetterKey) (lines []Line, gone int, err error) {
	var sealed []byte
	if err := tx.Row(find, e.Letter, e.ID, part).Scan(&sealed); err != nil {
		return nil, 0, err
	}
	text, err := key.Open(partTable(e.ID), int64(part), sealed)
	if err != nil {
		return nil, 0, fmt.Errorf("handout: %d, part %d: %w", e.ID, part, err)
	}
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, 0, err
	}
	ids := make([]int64, len(lines))
	for i, x := range lines {
		ids[i] = x.ID
	}
	seen, err := e.still(tx, key, ids)
	all := len(lines)
	lines = slices.DeleteFunc(lines, func(x Line) bool { return !seen[x.ID] })
	return lines, all - len(lines), err
}

// Forget destroys the lines of those who were erased, withdrew, hid their name or took their consent back since a handout was made: it
// lies there for days, and its key is that of the letter. Several processes may do it at once.
func (s *Service) Forget(ctx context.Context) error {
	var all []Handout
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		all, err = store.List(tx, qListMade, scan)
		return err
	})
	if err != nil {
		return err
	}
	looked := map[int64]time.Time{}
	var failed []error
	for _, e := range all {
		now, since := s.DB.Now(), s.looked[e.ID]
		if since.IsZero() {
			since = e.CreatedAt
		}
		taken, err := s.Signing.Erasures.Since(ctx, e.Letter, since)
		if err == nil && taken {
			err = s.forget(ctx, e)
		}
		if looked[e.ID] = now; err != nil {
			looked[e.ID] = since // again the next time
			failed = append(failed, err)
		}
	}
	s.looked = looked
	return errors.Join(failed...)
}

func (s *Service) forget(ctx context.Context, e Handout) error {
	key, err := s.Letters.Key(ctx, e.Letter)
	if err != nil {
		return fault.Except(err, fault.Gone) // and with the key goes the handout
	}
	for part := 0; part*atOnce < e.Lines; part++ {
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			lines, gone, err := e.seen(tx, qLockPart, part, key)
			if errors.Is(err, store.ErrNoRow) || err == nil && gone == 0 {
				return nil
			}
			if err != nil {
				return err
			}
			text, err := json.Marshal(lines)
			if err != nil {
				return err
			}
			_, err = tx.Exec(qSetPart, key.Seal(partTable(e.ID), int64(part), text), e.Letter, e.ID, part)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Discard destroys a handout before its time.
func (s *Service) Discard(ctx context.Context, l letter.ID, id, by int64) error {
	e, err := s.find(ctx, l, id)
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qRemove, l, id); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "export.discarded", Object: string(e.Audience)})
	})
	if err != nil {
		return err
	}
	_, err = s.DB.Repeat(ctx, qPurgeParts)
	return err
}

// Register hands the work that is done in the background to the runner.
func (s *Service) Register(r *job.Runner) {
	job.Handle(r, func(ctx context.Context, _ int64, j Make) error { return s.write(ctx, j) }, job.Limit(1), job.Timeout(takes))
}

// Retain deletes handouts past their time, and those of letters whose data key was destroyed.
func (s *Service) Retain(ctx context.Context) error {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRetain, tx.Now().Add(-KeptFor).UnixMicro())
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.DB.Repeat(ctx, qPurgeParts)
	return err
}

// GiveUp deletes every handout: they were sealed with keys that are lost.
func (s *Service) GiveUp(ctx context.Context) error {
	for _, q := range []*store.Query{qGiveUpParts, qGiveUp} {
		if _, err := s.DB.Repeat(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

package account

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
)

// Entry is a line of the audit trail: who did what. It never names a signer.
type Entry struct {
	ID           int64
	At           time.Time
	User         int64 // 0: the command line, or the server by itself
	By           string
	Organisation int64          // 0: none
	Letter       store.LetterID // 0: none
	Act          string
	Object       string
}

// Record writes a line of the audit trail, in the transaction of what it tells.
func Record(tx *store.Tx, e Entry) error {
	_, err := tx.Exec(qRecord, store.NewID(tx.Now()), tx.Now().UnixMicro(), optional(e.User), optional(e.Organisation), optional(e.Letter), e.Act, e.Object)
	return err
}

// optional is NULL for a key that is 0.
func optional[ID ~int64](id ID) *ID {
	if id == 0 {
		return nil
	}
	return &id
}

// RecordOnce is Record, but for a line about a letter that says the same as the letter's last one.
func RecordOnce(tx *store.Tx, e Entry) error {
	last, err := store.List(tx, qTrailOfLetter, scanEntry, e.Letter, int64(1<<63-1), 1)
	if err != nil {
		return err
	}
	if len(last) == 1 && last[0].User == e.User && last[0].Act == e.Act && last[0].Object == e.Object {
		return nil
	}
	return Record(tx, e)
}

func scanEntry(row store.Row) (e Entry, err error) {
	var at int64
	var user *int64
	err = row.Scan(&e.ID, &at, &user, &e.Act, &e.Object)
	if user != nil {
		e.User = *user
	}
	e.At = time.UnixMicro(at).UTC()
	return e, err
}

// Trail returns the newest lines about an organisation, or about a letter, before the one named; 0 is from the newest.
func (s *Service) Trail(ctx context.Context, organisation int64, letter store.LetterID, before int64, limit int) (lines []Entry, err error) {
	q, of := qTrailOfOrganisation, any(organisation)
	if letter != 0 {
		q, of = qTrailOfLetter, letter
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		lines, err = store.List(tx, q, scanEntry, of, before, limit)
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for i, e := range lines {
			if e.User != 0 && names[e.User] == "" {
				u, err := s.scanUser(tx.Row(qFindUser, e.User))
				if err != nil && !errors.Is(err, store.ErrNoRow) { // gone with a lost key
					return err
				}
				names[e.User] = u.Name
			}
			lines[i].By = names[e.User]
		}
		return nil
	})
	return lines, err
}

// TryAgain makes a job that has failed run at once, for an operator.
func (s *Service) TryAgain(ctx context.Context, id, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		kind, err := job.Again(tx, id)
		if err != nil {
			return err
		}
		if kind == "" {
			return fault.New(fault.Gone, "job.gone")
		}
		return Record(tx, Entry{User: by, Act: "job.again", Object: kind})
	})
}

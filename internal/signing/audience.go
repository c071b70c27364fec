package signing

import (
	"bytes"
	"cmp"
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
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Bounds of exports.
const (
	ExportFor   = 7 * 24 * time.Hour // how long one can be fetched
	maxExports  = 20                 // of a letter
	exportSlice = 500                // signatures that one transaction reads or writes
	exportTakes = 10 * time.Minute
)

// Export is a list that was made for an audience.
type Export struct {
	Letter    letter.ID
	ID        int64
	Audience  roll.Audience
	By        int64 // who had it made
	Made      bool
	Lines     int // once it is made
	CreatedAt time.Time
}

// Exported is one line of an export.
type Exported struct {
	ID      int64        `json:"id"`
	Kind    verify.Kind  `json:"kind"`
	Listing roll.Listing `json:"listing"`
	Basis   verify.Basis `json:"basis"`
	verify.Record
}

// MakeExport makes an export that was asked for.
type MakeExport struct {
	Letter letter.ID `json:"letter"`
	Export int64     `json:"export"`
}

// Kind names the job.
func (MakeExport) Kind() string { return "export.make" }

// Exporting asks for a list of those who may be shown to an audience.
type Exporting struct {
	Audience roll.Audience `json:"audience"`
}

// Act names the act.
func (Exporting) Act() string { return "export" }

// registerExports tells that lists with names that are not public are made by two members.
func (s *Service) registerExports(accounts *account.Service) {
	account.Register(accounts, account.Act[Exporting]{Ask: account.Editor, Decide: account.Editor,
		Alone:  func(e Exporting) bool { return e.Audience == roll.ForPublic },
		Check:  func(_ *store.Tx, _ letter.ID, e Exporting) error { return e.Audience.Check() },
		Detail: func(e Exporting) string { return "desk.export.for_" + string(e.Audience) },
		Do: func(tx *store.Tx, l letter.ID, e Exporting, by int64) error {
			return s.requestExport(tx, l, e.Audience, by)
		}})
}

// requestExport has an export made.
func (s *Service) requestExport(tx *store.Tx, l letter.ID, a roll.Audience, by int64) error {
	if err := a.Check(); err != nil {
		return err
	}
	if _, err := s.Letters.KeyIn(tx, l); err != nil { // who is not public is not known any more
		return err
	}
	var n int
	if err := tx.Row(qCountExports, l).Scan(&n); err != nil {
		return err
	}
	if n >= maxExports {
		return fault.New(fault.Limited, "export.too_many")
	}
	id := store.NewID(tx.Now())
	if _, err := tx.Exec(qInsertExport, l, id, a, by, tx.Now().UnixMicro()); err != nil {
		return err
	}
	if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "export.asked", Object: string(a)}); err != nil {
		return err
	}
	return job.Enqueue(tx, MakeExport{l, id})
}

// Exports returns a letter's exports, oldest first.
func (s *Service) Exports(ctx context.Context, l letter.ID) (list []Export, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListExports, scanExport, l)
		return err
	})
	return list, err
}

// makeExport collects the names, a slice at a time, and stores them sealed in the order of the public list: that of their
// signatures would tell when each was given. Killed, it begins anew.
func (s *Service) makeExport(ctx context.Context, j MakeExport) error {
	e, err := s.findExport(ctx, j.Letter, j.Export)
	if fault.Is(err, fault.Gone) || err == nil && e.Made {
		return nil
	}
	if err != nil {
		return err
	}
	key, err := s.Letters.Key(ctx, j.Letter)
	if fault.Is(err, fault.Gone) {
		return nil // and with the key goes the export
	}
	if err != nil {
		return err
	}
	lines, err := s.collect(ctx, e, key)
	if err != nil {
		return err
	}
	for part := 0; part*exportSlice < len(lines); part++ {
		slice := lines[part*exportSlice : min((part+1)*exportSlice, len(lines))]
		text, err := json.Marshal(slice)
		if err != nil {
			return err
		}
		sealed := key.Seal(partTable(e.ID), int64(part), text)
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qPutExportPart, e.Letter, e.ID, part, sealed)
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

// partTable ties a sealed part to its export.
func partTable(export int64) string { return fmt.Sprintf("export_part %d", export) }

// collect returns who counts and may be seen by the audience, sorted.
func (s *Service) collect(ctx context.Context, e Export, key *seal.LetterKey) (lines []Exported, err error) {
	type sorted struct {
		Exported
		key []byte
	}
	var all []sorted
	for after := int64(0); ; {
		var page []counted
		err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
			page, err = store.List(tx, qListCounted, scanCounted, e.Letter, after, exportSlice)
			for i, c := range page {
				if c.sealed == nil && c.Listing == roll.Public { // what was sealed is lost
					if page[i].public, err = roll.Find(tx, c.Letter, c.ID); err != nil && !errors.Is(err, store.ErrNoRow) {
						return err
					}
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if !e.Audience.Sees(c.Listing) {
				continue
			}
			record := c.public.Record
			if c.sealed != nil {
				p, err := c.open(key, c.sealed)
				if err != nil {
					return nil, err
				}
				record = p.Record()
			}
			if record.Name != "" {
				all = append(all, sorted{Exported{c.ID, c.Kind, c.Listing, c.Basis, record}, roll.SortKey(record.Name)})
			}
		}
		if len(page) < exportSlice {
			break
		}
		after = page[len(page)-1].ID
	}
	slices.SortFunc(all, func(a, b sorted) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID)) // organisations first
	})
	for _, x := range all {
		lines = append(lines, x.Exported)
	}
	return lines, nil
}

func (s *Service) findExport(ctx context.Context, l letter.ID, id int64) (e Export, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		e, err = scanExport(tx.Row(qFindExport, l, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.Gone, "export.gone")
	}
	return e, err
}

// FetchExport returns the lines of an export, and records who fetched it and in which format. Who has since hidden the name
// from the audience, or does not count any more, is left out.
func (s *Service) FetchExport(ctx context.Context, l letter.ID, id int64, format string, by int64) (e Export, lines iter.Seq2[Exported, error], err error) {
	if e, err = s.findExport(ctx, l, id); err != nil {
		return e, nil, err
	}
	if !e.Made || s.DB.Now().After(e.CreatedAt.Add(ExportFor)) {
		return e, nil, fault.New(fault.Gone, "export.gone")
	}
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return e, nil, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "export.fetched", Object: string(e.Audience) + " " + format})
	})
	return e, func(yield func(Exported, error) bool) {
		for part := 0; part*exportSlice < e.Lines; part++ {
			slice, err := s.readPart(ctx, e, part, key)
			if err != nil {
				yield(Exported{}, err)
				return
			}
			for _, x := range slice {
				if !yield(x, nil) {
					return
				}
			}
		}
	}, err
}

// readPart returns what may still be seen of a part.
func (s *Service) readPart(ctx context.Context, e Export, part int, key *seal.LetterKey) (lines []Exported, err error) {
	var sealed []byte
	seen := map[int64]bool{}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if err := tx.Row(qFindExportPart, e.Letter, e.ID, part).Scan(&sealed); err != nil {
			return err
		}
		text, err := key.Open(partTable(e.ID), int64(part), sealed)
		if err != nil {
			return fmt.Errorf("signing: export %d, part %d: %w", e.ID, part, err)
		}
		if err := json.Unmarshal(text, &lines); err != nil {
			return err
		}
		for slice := range slices.Chunk(lines, stillAtOnce) {
			args := make([]any, 1+stillAtOnce)
			args[0] = e.Letter
			for i := range stillAtOnce {
				args[1+i] = slice[min(i, len(slice)-1)].ID
			}
			for x, err := range store.Each(tx, qStillCounted, func(row store.Row) (x Exported, err error) { return x, row.Scan(&x.ID, &x.Listing) }, args...) {
				if err != nil {
					return err
				}
				seen[x.ID] = e.Audience.Sees(x.Listing)
			}
		}
		return nil
	})
	return slices.DeleteFunc(lines, func(x Exported) bool { return !seen[x.ID] }), err
}

// DiscardExport destroys an export before its time.
func (s *Service) DiscardExport(ctx context.Context, l letter.ID, id, by int64) error {
	e, err := s.findExport(ctx, l, id)
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qRemoveExport, l, id); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "export.discarded", Object: string(e.Audience)})
	})
	if err != nil {
		return err
	}
	_, err = s.DB.Repeat(ctx, qPurgeExportParts)
	return err
}

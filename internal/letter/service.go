package letter

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// Service holds the use cases of letters and their editions; those of what belongs to a letter stand in its parts.
type Service struct {
	DB   *store.DB
	Keys *seal.Keys

	Editions     Editions
	Directory    Directory
	Media        Media
	Updates      Updates
	Circulations Circulations
	Agreements   Agreements
	Demands      Demands
	Covers       Covers
	Log          Log

	approvals account.Approvals // of acts that want a second member

	recent sync.Map // ID to recentLetter: see Recent
	keys   sync.Map // ID to recentKey: see Key
}

// New returns the use cases over a database, and over the keys that what is sealed in it needs.
func New(db *store.DB, keys *seal.Keys) *Service {
	s := &Service{DB: db, Keys: keys, Directory: Directory{db}, Media: Media{db}, Updates: Updates{db}, Log: Log{db: db}}
	s.Editions.letters, s.Circulations.letters, s.Agreements.letters, s.Demands.letters, s.Covers.letters = s, s, s, s, s
	return s
}

type recentLetter struct {
	letter Letter
	read   time.Time
}

type recentKey struct {
	key  *seal.LetterKey
	read time.Time
}

// Recent is ByID as of the last second; what this Service changed shows at once. It is for hot paths, most of whose calls
// in a row are about one letter.
func (s *Service) Recent(ctx context.Context, id ID) (Letter, error) {
	now := s.DB.Now()
	if known, ok := s.recent.Load(id); ok {
		r := known.(recentLetter)
		if age := now.Sub(r.read); age >= 0 && age < time.Second {
			return r.letter, nil
		}
	}
	l, err := s.ByID(ctx, id)
	if err == nil {
		s.recent.Store(id, recentLetter{l, now})
	}
	return l, err
}

// Find returns a letter with its current edition; a draft too, so callers that serve the public check State.
func (s *Service) Find(ctx context.Context, slug string) (l Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if l, err = find(tx, slug); err != nil {
			return err
		}
		return complete(tx, &l)
	})
	return l, err
}

// ByID returns a letter without its texts and leads.
func (s *Service) ByID(ctx context.Context, id ID) (l Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		l, err = scanLetter(tx.Row(qLoadLetter, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		err = fault.New(fault.NotFound, "letter.unknown")
	}
	return l, err
}

// FindByID returns a letter with its current edition.
func (s *Service) FindByID(ctx context.Context, id ID) (l Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		l, err = FindIn(tx, id)
		return err
	})
	return l, err
}

// FindIn is FindByID inside a transaction.
func FindIn(tx *store.Tx, id ID) (Letter, error) {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	if err != nil {
		return l, err
	}
	return l, complete(tx, &l)
}

// Version returns the number that grows with every change to what the letter's page shows.
func (s *Service) Version(ctx context.Context, slug string) (version int64, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qVersions, slug).Scan(&version) })
	if errors.Is(err, store.ErrNoRow) {
		return 0, fault.New(fault.NotFound, "letter.unknown")
	}
	return version, err
}

// Versions returns the Version of every letter by its slug.
func (s *Service) Versions(ctx context.Context) (versions map[string]int64, err error) {
	type row struct {
		slug    string
		version int64
	}
	versions = map[string]int64{}
	err = s.DB.Look(ctx, func(tx *store.Tx) error {
		for v, err := range store.Each(tx, qAllVersions, func(r store.Row) (v row, err error) { return v, r.Scan(&v.slug, &v.version) }) {
			if err != nil {
				return err
			}
			versions[v.slug] = v.version
		}
		return nil
	})
	return versions, err
}

// ListForDesk returns the letters that any of the organisations leads with their current edition, drafts too, newest first.
func (s *Service) ListForDesk(ctx context.Context, organisations []account.Organisation) (letters []Letter, err error) {
	seen := map[ID]bool{}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		for _, o := range organisations {
			list, err := store.List(tx, qListForDesk, scanLetter, o.ID)
			if err != nil {
				return err
			}
			for _, l := range list {
				if seen[l.ID] {
					continue
				}
				seen[l.ID] = true
				if err := complete(tx, &l); err != nil {
					return err
				}
				letters = append(letters, l)
			}
		}
		slices.SortStableFunc(letters, func(a, b Letter) int { return b.CreatedAt.Compare(a.CreatedAt) })
		return nil
	})
	return letters, err
}

// List returns published letters without their texts and leads, newest first, at most limit; after the one named by before, or from the newest when
// that is 0 or no published letter.
func (s *Service) List(ctx context.Context, before ID, limit int) ([]Letter, error) {
	if before != 0 {
		if l, err := s.ByID(ctx, before); err == nil && !l.OpenedAt.IsZero() {
			return s.list(ctx, qListOlder, l.OpenedAt.UnixMicro(), before, limit)
		} else if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return s.list(ctx, qListLetters, limit)
}

// ListLedBy returns the published letters an organisation leads, newest first, without their texts and leads.
func (s *Service) ListLedBy(ctx context.Context, organisation int64) ([]Letter, error) {
	return s.list(ctx, qListLedBy, organisation)
}

// Continuing returns the published letters that go on with a letter and have a lead in common with it, the oldest first.
func (s *Service) Continuing(ctx context.Context, id ID) (letters []Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if letters, err = store.List(tx, qListContinuing, scanLetter, id); err != nil {
			return err
		}
		for i := range letters {
			if err := complete(tx, &letters[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return letters, err
}

func (s *Service) list(ctx context.Context, q *store.Query, args ...any) (letters []Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		letters, err = store.List(tx, q, scanLetter, args...)
		return err
	})
	return letters, err
}

// ListAll returns every letter with its current edition, drafts too, newest first.
func (s *Service) ListAll(ctx context.Context) (letters []Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if letters, err = store.List(tx, qListAllLetters, scanLetter); err != nil {
			return err
		}
		for i := range letters {
			if err := complete(tx, &letters[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return letters, err
}

// List returns the published editions of a letter with their texts, newest first.
func (es Editions) List(ctx context.Context, id ID) (editions []Edition, err error) {
	err = es.letters.DB.View(ctx, func(tx *store.Tx) error {
		if editions, err = store.List(tx, qListEditions, scanEdition, id); err != nil {
			return err
		}
		for i := range editions {
			if err := addTexts(tx, id, &editions[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return editions, err
}

// Find returns one published edition.
func (es Editions) Find(ctx context.Context, id ID, number int) (e Edition, err error) {
	err = es.letters.DB.View(ctx, func(tx *store.Tx) error {
		e, err = findEdition(tx, id, number)
		if err == nil && e.PublishedAt.IsZero() {
			err = fault.New(fault.NotFound, "edition.unknown")
		}
		return err
	})
	return e, err
}

// File returns the canonical file of a published edition and its SHA-256.
func (es Editions) File(ctx context.Context, slug string, number int, language string) (file, sum string, err error) {
	err = es.letters.DB.View(ctx, func(tx *store.Tx) error {
		err := tx.Row(qFindFile, slug, number, language).Scan(&file, &sum)
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.NotFound, "edition.unknown")
		}
		return err
	})
	return file, sum, err
}

// Touch tells every page that shows the letter that something changed.
func Touch(tx *store.Tx, id ID) error {
	_, err := tx.Exec(qTouchLetter, id)
	return err
}

// Close ends a letter's sign-on now; only withdrawals follow. by is the user who does it, 0 the command line.
func (s *Service) Close(ctx context.Context, slug string, by int64) error {
	defer s.recent.Clear()
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		l, err := find(tx, slug)
		if err != nil {
			return err
		}
		if l.State != Open {
			return fault.New(fault.Conflict, "letter.not_open")
		}
		if err := setClosed(tx, l.ID); err != nil || by == 0 {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l.ID, Act: "letter.closed"})
	})
}

// Reopen undoes the end of a letter whose close leaf is not in the log yet, as after a clock that was wrong has closed it. deadline,
// unless nil, takes the place of one that is over.
func (s *Service) Reopen(ctx context.Context, slug string, deadline *Deadline, by int64) (Letter, error) {
	return s.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if l.State != Closed {
			return fault.New(fault.Conflict, "letter.not_closed")
		}
		n, err := tx.Exec(qSetReopened, l.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "letter.final")
		}
		if l, err = scanLetter(tx.Row(qLoadLetter, l.ID)); err != nil {
			return err
		}
		if deadline != nil {
			if err := writeSettings(tx, l, Settings{Deadline: deadline}, by); err != nil {
				return err
			}
			l.Deadline = *deadline
		}
		if l.Deadline.IsSet() && !l.Deadline.At.After(tx.Now()) {
			return fault.New(fault.Conflict, "letter.deadline_over")
		}
		return record(tx, l, by, "letter.reopened", "")
	})
}

// Ended is the job that follows when a letter has closed: its editors are told.
type Ended struct {
	Letter ID `json:"letter"`
}

// Kind names the job.
func (Ended) Kind() string { return "letter.closed" }

func setClosed(tx *store.Tx, id ID) error {
	if _, err := tx.Exec(qSetClosed, tx.Now().UnixMicro(), id); err != nil {
		return err
	}
	return job.Enqueue(tx, Ended{id})
}

// KeptDays is how many days sealed data and tags outlive a letter's closing; pages and mails say the number. KeptAfterClose is
// the same as a time.
const (
	KeptDays       = 30
	KeptAfterClose = KeptDays * 24 * time.Hour
)

// Retain closes the letters whose deadline and grace are over, and destroys the data keys of those that closed more than
// KeptAfterClose ago, which makes their sealed rows and tags meaningless. It returns the letters whose key it destroyed.
func (s *Service) Retain(ctx context.Context) (spent []ID, err error) {
	defer s.recent.Clear()
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		spent = nil
		due, err := store.List(tx, qListDue, scanID, tx.Now().Add(-Grace).UnixMicro())
		if err != nil {
			return err
		}
		for _, id := range due {
			if err := setClosed(tx, id); err != nil {
				return err
			}
		}
		if spent, err = store.List(tx, qListSpent, scanID, tx.Now().Add(-KeptAfterClose).UnixMicro()); err != nil {
			return err
		}
		for _, id := range spent {
			if _, err := tx.Exec(qDestroyKey, id); err != nil {
				return err
			}
			if _, err := tx.Exec(qRemoveAutographs, id); err != nil { // which were sealed with it
				return err
			}
		}
		return nil
	})
	return spent, errors.Join(err, s.forgetReaders(ctx))
}

func scanID(row store.Row) (id ID, err error) { return id, row.Scan(&id) }

// Key returns the letter's data key, or a fault of kind Gone once it was destroyed. It is read again once a minute, so that a
// destroyed key is soon gone from memory too.
func (s *Service) Key(ctx context.Context, id ID) (key *seal.LetterKey, err error) {
	now := s.DB.Now()
	if known, ok := s.keys.Load(id); ok {
		k := known.(recentKey)
		if age := now.Sub(k.read); age >= 0 && age < time.Minute {
			return k.key, nil
		}
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		key, err = s.KeyIn(tx, id)
		return err
	})
	if err != nil {
		s.keys.Delete(id)
		return nil, err
	}
	s.keys.Store(id, recentKey{key, now})
	return key, nil
}

// KeyIn returns the key as the transaction finds it.
func (s *Service) KeyIn(tx *store.Tx, id ID) (*seal.LetterKey, error) {
	var wrapped []byte
	if err := tx.Row(qDataKey, id).Scan(&wrapped); err != nil {
		return nil, err
	}
	if wrapped == nil {
		return nil, fault.New(fault.Gone, "letter.closed")
	}
	return s.Keys.LetterKey(int64(id), wrapped)
}

// RenewKeys gives every letter that still has a data key a new one. What was sealed with the old ones does not open any
// more: it is for a database that came back without its instance key.
func (s *Service) RenewKeys(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		ids, err := store.List(tx, qListKeyed, scanID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := tx.Exec(qSetKey, s.Keys.NewLetterKey(int64(id)), id); err != nil {
				return err
			}
			if err := forgetReadersOf(tx, id); err != nil { // their links do not open any more either
				return err
			}
		}
		return nil
	})
}

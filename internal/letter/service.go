package letter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Service holds the use cases around letters.
type Service struct {
	DB   *store.DB
	Keys *seal.Keys

	leaves sync.Map // leafKey to Leaf: editions do not change
	recent sync.Map // ID to recentLetter: see Recent
}

type recentLetter struct {
	letter Letter
	read   time.Time
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
	return l, err
}

// FindByID returns a letter with its current edition.
func (s *Service) FindByID(ctx context.Context, id ID) (l Letter, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if l, err = scanLetter(tx.Row(qLoadLetter, id)); err != nil {
			return err
		}
		return complete(tx, &l)
	})
	return l, err
}

// Version returns the number that grows with every change to what the letter's page shows.
func (s *Service) Version(ctx context.Context, slug string) (version int64, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qVersions, slug).Scan(&version) })
	if errors.Is(err, store.ErrNoRow) {
		return 0, fault.New(fault.NotFound, "letter.unknown")
	}
	return version, err
}

// List returns published letters without their texts and leads, newest first, at most limit; after the one named by before, or from the newest when
// that is 0 or no published letter.
func (s *Service) List(ctx context.Context, before ID, limit int) ([]Letter, error) {
	if before != 0 {
		if l, err := s.ByID(ctx, before); err == nil && !l.OpenedAt.IsZero() {
			return s.list(ctx, qListOlder, l.OpenedAt.UnixMicro(), before, limit)
		} else if err != nil && !errors.Is(err, store.ErrNoRow) {
			return nil, err
		}
	}
	return s.list(ctx, qListLetters, limit)
}

// ListLedBy returns the published letters an organisation leads, newest first, without their texts and leads.
func (s *Service) ListLedBy(ctx context.Context, organisation int64) ([]Letter, error) {
	return s.list(ctx, qListLedBy, organisation)
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

// Editions returns the published editions of a letter with their texts, newest first.
func (s *Service) Editions(ctx context.Context, id ID) (editions []Edition, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
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

// Edition returns one published edition.
func (s *Service) Edition(ctx context.Context, id ID, number int) (e Edition, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		e, err = findEdition(tx, id, number)
		if err == nil && e.PublishedAt.IsZero() {
			err = fault.New(fault.NotFound, "edition.unknown")
		}
		return err
	})
	return e, err
}

// File returns the canonical file of a published edition and its SHA-256.
func (s *Service) File(ctx context.Context, slug string, number int, language string) (file, sum string, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		err := tx.Row(qFindFile, slug, number, language).Scan(&file, &sum)
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.NotFound, "edition.unknown")
		}
		return err
	})
	return file, sum, err
}

// Change says what Write does to a letter.
type Change struct {
	Slug    string
	Text    *Text   // nil leaves the text alone
	Follows Follows // required for a text of a published letter
	Create  bool    // make the letter when there is none
	Publish bool

	// Settings; nil leaves each as it is.
	SignOn    *SignOn
	Protected *bool
	Deadline  *Deadline
	Call      *Call
	Leads     []string // slugs of organisations

	Organisations []account.Organisation // entries to put into the directory first, if their slug is new
}

// Write applies a change in one transaction and returns the letter as it then is. The same change twice changes nothing.
func (s *Service) Write(ctx context.Context, c Change) (l Letter, err error) {
	if !IsSlug(c.Slug) {
		return l, fault.New(fault.Invalid, "slug").On("slug")
	}
	id := store.NewID(s.DB.Now())
	key := s.Keys.NewLetterKey(id)
	var logID verify.LetterID
	rand.Read(logID[:])
	defer s.recent.Clear()
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if c.Create {
			if _, err := tx.Exec(qInsertLetter, id, logID.String(), c.Slug, SignOnBoth, false, false, key, tx.Now().UnixMicro()); err != nil {
				return err
			}
		}
		if l, err = lock(tx, c.Slug); err != nil {
			return err
		}
		same := false // as the current edition: then there is nothing of it to publish
		if err := writeLeads(tx, l.ID, c); err != nil {
			return err
		}
		if err := writeSettings(tx, l, c); err != nil {
			return err
		}
		if c.Text != nil {
			if same, err = writeText(tx, l, *c.Text, c.Follows); err != nil {
				return err
			}
		}
		if c.Publish && !same {
			if err := publish(tx, l.ID); err != nil {
				return err
			}
		}
		if l, err = find(tx, c.Slug); err != nil {
			return err
		}
		return complete(tx, &l)
	})
	return l, err
}

func writeLeads(tx *store.Tx, id ID, c Change) error {
	for _, o := range c.Organisations {
		if _, err := account.Find(tx, o.Slug); err == nil {
			continue
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := account.Put(tx, o); err != nil {
			return err
		}
	}
	if c.Leads == nil {
		return nil
	}
	if _, err := tx.Exec(qRemoveLeads, id); err != nil {
		return err
	}
	for rank, slug := range slices.Compact(slices.Clone(c.Leads)) {
		o, err := account.Find(tx, slug)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qInsertLead, id, rank, o.ID); err != nil {
			return err
		}
	}
	return Touch(tx, id)
}

func writeSettings(tx *store.Tx, l Letter, c Change) error {
	if c.SignOn == nil && c.Protected == nil && c.Deadline == nil && c.Call == nil {
		return nil
	}
	if c.SignOn != nil {
		l.SignOn = *c.SignOn
	}
	if c.Protected != nil {
		l.Protected = *c.Protected
	}
	if c.Call != nil {
		l.Call = c.Call
	}
	if c.Deadline != nil {
		if l.State != Draft && l.State != Open && l.SignOn != SignOnNone && !l.Deadline.At.Equal(c.Deadline.At) {
			return fault.New(fault.Conflict, "letter.closed")
		}
		if l.State != Draft && !l.Deadline.At.Equal(c.Deadline.At) {
			if err := logDeadline(tx, l, c.Deadline.At); err != nil {
				return err
			}
		}
		l.Deadline = *c.Deadline
	}
	var call *string
	if l.Call != nil {
		data, err := json.Marshal(l.Call)
		if err != nil {
			return fmt.Errorf("letter: encode call: %w", err)
		}
		call = new(string(data))
	}
	zone := "UTC"
	if l.Deadline.Zone != nil {
		zone = l.Deadline.Zone.String()
	}
	_, err := tx.Exec(qSetSettings, l.SignOn, l.Protected, micros(l.Deadline.At), zone, l.Deadline.CloseOfBusiness, call, l.ID)
	return err
}

// lock returns the letter and lets no other transaction change it before this one ends: two editors at once would
// otherwise write into an edition that one of them has just published.
func lock(tx *store.Tx, slug string) (Letter, error) {
	var id ID
	if err := tx.Row(qLockLetter, slug).Scan(&id); err != nil && !errors.Is(err, store.ErrNoRow) {
		return Letter{}, err
	}
	return find(tx, slug)
}

// writeText puts the text into the draft edition, which starts as a copy of the current one. It reports whether the text
// is the current edition's already, and then changes nothing.
func writeText(tx *store.Tx, l Letter, t Text, follows Follows) (same bool, err error) {
	t = t.tidy()
	number := 1
	var current Edition
	if l.State == Draft {
		follows = FollowsNone
	} else {
		if current, err = findEdition(tx, l.ID, l.Edition.Number); err != nil {
			return false, err
		}
		if old, ok := current.Texts[t.Language]; ok && old.SHA256 == Hash(t.Canonical()) && old.Translator == t.Translator {
			return true, nil // the same bytes twice
		}
		if follows == FollowsNone {
			return false, fault.New(fault.Invalid, "edition.follows").On("follows")
		}
		number = l.Edition.Number + 1
	}
	draft, err := findEdition(tx, l.ID, number)
	if fault.Is(err, fault.NotFound) {
		draft = Edition{Number: number, Follows: follows, Language: t.Language, Texts: current.Texts}
		if l.State != Draft {
			draft.Language = current.Language
		}
		err = nil
	}
	if err != nil {
		return false, err
	}
	if t.Language != draft.Language {
		follows = stronger(follows, draft.Follows) // what the edition changes is more than this translation
	} else if follows == FollowsTranslation {
		return false, fault.New(fault.Invalid, "edition.translation").On("language")
	}
	if draft.Texts == nil {
		draft.Texts = map[string]Text{}
	}
	draft.Texts[t.Language] = t
	authoritative := Hash(draft.Texts[draft.Language].Canonical())
	if t.Language != draft.Language {
		t.SourceSHA256 = authoritative
		draft.Texts[t.Language] = t
	}
	if n, err := tx.Exec(qPutEdition, l.ID, number, follows, draft.Language, authoritative); err != nil {
		return false, err
	} else if n == 0 {
		return false, fmt.Errorf("letter %d: edition %d is published already", l.ID, number)
	}
	for _, language := range draft.Languages() {
		if err := putText(tx, l.ID, number, draft.Texts[language]); err != nil {
			return false, err
		}
	}
	return false, Touch(tx, l.ID)
}

// stronger returns what asks more of signers.
func stronger(a, b Follows) Follows {
	order := []Follows{FollowsNone, FollowsTranslation, FollowsCosmetic, FollowsSubstantive}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// publish makes the draft edition the current one and opens a draft letter.
func publish(tx *store.Tx, id ID) error {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	if err != nil {
		return err
	}
	next, err := findEdition(tx, id, l.Edition.Number+1)
	if fault.Is(err, fault.NotFound) && l.Edition.Number > 0 {
		return nil // nothing new to publish
	}
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "edition.missing")
	}
	if err != nil {
		return err
	}
	text := next.Text(next.Language)
	if text.Body == "" && len(text.Demands) == 0 {
		return fault.New(fault.Invalid, "edition.missing")
	}
	hash, err := logEdition(tx, l, next)
	if err != nil {
		return err
	}
	if l.Final {
		return fault.New(fault.Conflict, "letter.closed") // its log takes no edition after the close leaf
	}
	if _, err := tx.Exec(qPublishEdition, tx.Now().UnixMicro(), hash[:], id, next.Number); err != nil {
		return err
	}
	if l.State == Draft && l.Deadline.IsSet() {
		if err := logDeadline(tx, l, l.Deadline.At); err != nil {
			return err
		}
	}
	state := Open
	if l.SignOn == SignOnNone {
		state = Closed
	}
	_, err = tx.Exec(qSetPublished, next.Number, state, tx.Now().UnixMicro(), id)
	return err
}

// Touch tells every page that shows the letter that something changed.
func Touch(tx *store.Tx, id ID) error {
	_, err := tx.Exec(qTouchLetter, id)
	return err
}

// PutOrganisation writes a directory entry and touches the letters it leads.
func (s *Service) PutOrganisation(ctx context.Context, o account.Organisation) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := account.Put(tx, o); err != nil {
			return err
		}
		stored, err := account.Find(tx, o.Slug)
		if err != nil {
			return err
		}
		_, err = tx.Exec(qTouchLedBy, stored.ID)
		return err
	})
}

// Close ends a letter's sign-on now; only withdrawals follow.
func (s *Service) Close(ctx context.Context, slug string) error {
	defer s.recent.Clear()
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		l, err := find(tx, slug)
		if err != nil {
			return err
		}
		if l.State != Open {
			return fault.New(fault.Conflict, "letter.not_open")
		}
		_, err = tx.Exec(qSetClosed, tx.Now().UnixMicro(), l.ID)
		return err
	})
}

// Organisation returns the directory entry with the slug, or a fault of kind NotFound.
func (s *Service) Organisation(ctx context.Context, slug string) (o account.Organisation, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		o, err = account.Find(tx, slug)
		return err
	})
	return o, err
}

// Organisations returns the whole directory by slug.
func (s *Service) Organisations(ctx context.Context) (list []account.Organisation, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = account.List(tx)
		return err
	})
	return list, err
}

// KeptAfterClose is how long sealed data and tags outlive a letter's closing.
const KeptAfterClose = 30 * 24 * time.Hour

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
			if _, err := tx.Exec(qSetClosed, tx.Now().UnixMicro(), id); err != nil {
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
		}
		return nil
	})
	return spent, err
}

func scanID(row store.Row) (id ID, err error) { return id, row.Scan(&id) }

// Key returns the letter's data key, or a fault of kind Gone once it was destroyed.
func (s *Service) Key(ctx context.Context, id ID) (key *seal.LetterKey, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		key, err = s.KeyIn(tx, id)
		return err
	})
	return key, err
}

// KeyIn is Key inside a transaction.
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
		}
		return nil
	})
}

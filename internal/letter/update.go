package letter

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Update is a dated article about a letter: what has happened since it was published. Its sources are links and footnotes
// of its text.
type Update struct {
	Number   int // from 1, in the order of adding
	Language string
	Title    string
	Body     string // Markdown
	At       time.Time
}

// Updates are the updates of all letters.
type Updates struct{ db *store.DB }

var (
	qInsertUpdate = store.Q("letter_update.insert", `
		INSERT INTO letter_update (letter_id, number, language, title, body, at) VALUES ($1, $2, $3, $4, $5, $6)`)
	qListUpdates = store.Q("letter_update.list", `
		SELECT number, language, title, body, at FROM letter_update WHERE letter_id = $1 AND title <> '' ORDER BY number DESC LIMIT $2`)
	qFindUpdate = store.Q("letter_update.find", `
		SELECT number, language, title, body, at FROM letter_update WHERE letter_id = $1 AND number = $2 AND title <> ''`)
	qLastUpdate   = store.Q("letter_update.last", `SELECT COALESCE(max(number), 0) FROM letter_update WHERE letter_id = $1`)
	qRemoveUpdate = store.Q("letter_update.remove", `
		UPDATE letter_update SET title = '', body = '' WHERE letter_id = $1 AND number = $2 AND title <> ''`)
)

// maxUpdates is how many updates of a letter are listed.
const maxUpdates = 200

func scanUpdate(row store.Row) (u Update, err error) {
	var at int64
	err = row.Scan(&u.Number, &u.Language, &u.Title, &u.Body, &at)
	u.At = time.UnixMicro(at).UTC()
	return u, err
}

// Add publishes an update of a letter and returns it with its number. The last one once more changes nothing.
func (us Updates) Add(ctx context.Context, slug string, u Update) (Update, error) {
	u.Title, u.Body = text.Written.Line(u.Title), CleanMarkdown(u.Body)
	if u.Title == "" || u.Body == "" {
		return u, fault.New(fault.Invalid, "update.empty")
	}
	err := us.db.Update(ctx, func(tx *store.Tx) error {
		l, err := lock(tx, slug)
		if err != nil {
			return err
		}
		if l.State == Draft {
			return fault.New(fault.Conflict, "letter.draft")
		}
		var last int
		if err := tx.Row(qLastUpdate, l.ID).Scan(&last); err != nil {
			return err
		}
		old, err := scanUpdate(tx.Row(qFindUpdate, l.ID, last))
		switch {
		case err == nil && old.Title == u.Title && old.Body == u.Body && old.Language == u.Language && (u.At.IsZero() || u.At.Equal(old.At)):
			u = old
			return nil
		case err != nil && !errors.Is(err, store.ErrNoRow):
			return err
		}
		if u.Number = last + 1; u.At.IsZero() {
			u.At = tx.Now()
		}
		if _, err := tx.Exec(qInsertUpdate, l.ID, u.Number, u.Language, u.Title, u.Body, u.At.UnixMicro()); err != nil {
			return err
		}
		return Touch(tx, l.ID)
	})
	return u, err
}

// Remove takes an update back; its number is not given again.
func (us Updates) Remove(ctx context.Context, slug string, number int) error {
	return us.db.Update(ctx, func(tx *store.Tx) error {
		l, err := lock(tx, slug)
		if err != nil {
			return err
		}
		n, err := tx.Exec(qRemoveUpdate, l.ID, number)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "update.unknown")
		}
		return Touch(tx, l.ID)
	})
}

// List returns the updates of a letter, the last added first.
func (us Updates) List(ctx context.Context, id ID) (updates []Update, err error) {
	err = us.db.View(ctx, func(tx *store.Tx) error {
		updates, err = store.List(tx, qListUpdates, scanUpdate, id, maxUpdates)
		return err
	})
	return updates, err
}

// Find returns one update of a letter.
func (us Updates) Find(ctx context.Context, id ID, number int) (u Update, err error) {
	err = us.db.View(ctx, func(tx *store.Tx) error {
		u, err = scanUpdate(tx.Row(qFindUpdate, id, number))
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.NotFound, "update.unknown")
		}
		return err
	})
	return u, err
}

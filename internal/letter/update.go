package letter

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Update is a dated article about a letter: what has happened since it was published. Its sources are links and footnotes
// of its text.
type Update struct {
	Number int // from 1, in the order of adding
	At     time.Time
	UpdateText
	Also []UpdateText // in further languages, by their code
}

// UpdateText is an update in one language.
type UpdateText struct {
	Language string
	Title    string
	Body     string // Markdown
}

// In returns the text in a language, else the one that the update was written in.
func (u Update) In(language string) UpdateText {
	for _, t := range u.Also {
		if t.Language == language {
			return t
		}
	}
	return u.UpdateText
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

	qPutUpdateText = store.Q("letter_update_text.put", `
		INSERT INTO letter_update_text (letter_id, number, language, title, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, number, language) DO UPDATE SET title = excluded.title, body = excluded.body`)
	qListUpdateTexts = store.Q("letter_update_text.list", `
		SELECT number, language, title, body FROM letter_update_text WHERE letter_id = $1 ORDER BY number, language`)
	qRemoveUpdateTexts = store.Q("letter_update_text.remove", `DELETE FROM letter_update_text WHERE letter_id = $1 AND number = $2`)
)

// maxUpdates is how many updates of a letter are listed.
const maxUpdates = 200

func scanUpdate(row store.Row) (u Update, err error) {
	var at int64
	err = row.Scan(&u.Number, &u.Language, &u.Title, &u.Body, &at)
	u.At = time.UnixMicro(at).UTC()
	return u, err
}

// ready returns a text as it is kept.
func (t UpdateText) ready() (UpdateText, error) {
	t.Title, t.Body = text.Written.Line(t.Title), CleanMarkdown(t.Body)
	var faults fault.List
	if t.Title == "" {
		faults = append(faults, fault.New(fault.Invalid, "update.empty").On("title"))
	}
	if t.Body == "" {
		faults = append(faults, fault.New(fault.Invalid, "update.empty").On("body"))
	}
	if len(faults) > 0 {
		return t, faults[:1] // one line says both
	}
	return t, nil
}

// Translate publishes an update in a further language, or puts another text in the place of the one there is.
func (us Updates) Translate(ctx context.Context, slug string, number int, t UpdateText, by int64) (err error) {
	if t, err = t.ready(); err != nil {
		return err
	}
	return us.db.Update(ctx, func(tx *store.Tx) error {
		l, err := lock(tx, slug)
		if err != nil {
			return err
		}
		u, err := findUpdate(tx, l.ID, number)
		if err != nil {
			return err
		}
		if u.Language == t.Language {
			return fault.List{fault.New(fault.Conflict, "update.language").On("language")}
		}
		if _, err := tx.Exec(qPutUpdateText, l.ID, number, t.Language, t.Title, t.Body); err != nil {
			return err
		}
		if err := record(tx, l, by, "update.translated", strconv.Itoa(number)); err != nil {
			return err
		}
		return Touch(tx, l.ID)
	})
}

// Add publishes an update of a letter and returns it with its number. The last one once more changes nothing. by is the user, here and
// below; 0 is the command line.
func (us Updates) Add(ctx context.Context, slug string, u Update, by int64) (_ Update, err error) {
	if u.UpdateText, err = u.ready(); err != nil {
		return u, err
	}
	err = us.db.Update(ctx, func(tx *store.Tx) error {
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
		if err := record(tx, l, by, "update.published", strconv.Itoa(u.Number)); err != nil {
			return err
		}
		return Touch(tx, l.ID)
	})
	return u, err
}

// Remove takes an update back; its number is not given again.
func (us Updates) Remove(ctx context.Context, slug string, number int, by int64) error {
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
		if _, err := tx.Exec(qRemoveUpdateTexts, l.ID, number); err != nil {
			return err
		}
		if err := record(tx, l, by, "update.removed", strconv.Itoa(number)); err != nil {
			return err
		}
		return Touch(tx, l.ID)
	})
}

// List returns the updates of a letter, the last added first.
func (us Updates) List(ctx context.Context, id ID) (updates []Update, err error) {
	err = us.db.View(ctx, func(tx *store.Tx) error {
		if updates, err = store.List(tx, qListUpdates, scanUpdate, id, maxUpdates); err != nil || len(updates) == 0 {
			return err
		}
		return translated(tx, id, updates)
	})
	return updates, err
}

// Find returns one update of a letter.
func (us Updates) Find(ctx context.Context, id ID, number int) (u Update, err error) {
	err = us.db.View(ctx, func(tx *store.Tx) error {
		if u, err = findUpdate(tx, id, number); err != nil {
			return err
		}
		list := []Update{u}
		err = translated(tx, id, list)
		u = list[0]
		return err
	})
	return u, err
}

// findUpdate returns an update in the language that it was written in.
func findUpdate(tx *store.Tx, id ID, number int) (Update, error) {
	u, err := scanUpdate(tx.Row(qFindUpdate, id, number))
	if errors.Is(err, store.ErrNoRow) {
		return u, fault.New(fault.NotFound, "update.unknown")
	}
	return u, err
}

// translated adds the further languages of updates.
func translated(tx *store.Tx, id ID, updates []Update) error {
	type numbered struct {
		number int
		UpdateText
	}
	texts, err := store.List(tx, qListUpdateTexts, func(row store.Row) (x numbered, err error) {
		return x, row.Scan(&x.number, &x.Language, &x.Title, &x.Body)
	}, id)
	for _, x := range texts {
		for i := range updates {
			if updates[i].Number == x.number {
				updates[i].Also = append(updates[i].Also, x.UpdateText)
			}
		}
	}
	return err
}

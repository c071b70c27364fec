package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// exported records which keys were exported last, by their fingerprints, and when.
type exported struct {
	At   time.Time         `json:"at"`
	Keys map[string]string `json:"keys"`
}

const exportedKey = "keys.exported"

// ExportKeys writes every file of DATA/keys, encrypted to the recipients. KeysExported is to be called once what was
// written is safe.
func (a *App) ExportKeys(w io.Writer, to seal.Recipients) ([]seal.Stored, error) {
	return seal.ExportKeys(a.Folder(), w, to)
}

// KeysExported records that the keys have a copy elsewhere.
func (a *App) KeysExported(ctx context.Context, files []seal.Stored) error {
	record := exported{At: a.DB.Now().Truncate(time.Second), Keys: map[string]string{}}
	for _, f := range files {
		record.Keys[f.Name] = f.Fingerprint
	}
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return a.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qPutInstance, exportedKey, text)
		return err
	})
}

// exportedKeys says which keys of the data folder have no copy elsewhere, as far as the instance knows, and when the
// others were exported.
func (a *App) exportedKeys(ctx context.Context) (missing []string, at time.Time, err error) {
	var text []byte
	err = a.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindInstance, exportedKey).Scan(&text) })
	var record exported
	if err == nil {
		err = json.Unmarshal(text, &record)
	} else if errors.Is(err, store.ErrNoRow) {
		err = nil
	}
	if err != nil {
		return nil, at, err
	}
	files, err := seal.ListKeys(a.Folder())
	copied := slices.Collect(maps.Values(record.Keys)) // under whatever name: one that was set aside has another now
	for _, f := range files {
		if !slices.Contains(copied, f.Fingerprint) {
			missing = append(missing, f.Name)
		}
	}
	return missing, record.At, err
}

// safekeeping looks at what a lost disk would take for good.
func (d *Doctor) safekeeping(ctx context.Context, a *App) {
	switch missing, at, err := a.exportedKeys(ctx); {
	case err != nil:
		d.say("keys exported", Problem, err.Error(), "Look at the folder of keys and at the database.")
	case len(missing) > 0:
		d.say("keys exported", Problem, "no copy is known of "+strings.Join(missing, ", "),
			"undersigned keys export FILE --recipient AGE1…, and keep FILE away from this machine and from backups: backups hold no keys.")
	default:
		d.say("keys exported", Healthy, at.Format(time.DateOnly), "")
	}
	if _, err := readLedgers(a.Folder(), nil); err != nil {
		d.say("erasures", Problem, fmt.Sprintf("%s/%s cannot be read", a.Folder(), ledgerFile),
			"Move it away, to be looked at before the next restore: the server writes it anew from the database.")
	}
	if mark, err := findRestored(ctx, a.DB); err == nil && mark != nil {
		d.say("restored", Problem, "from the backup of "+mark.Made.Format(time.RFC3339)+"; its log was not checked",
			"undersigned log check; until then no server starts.")
	}
}

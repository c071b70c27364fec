package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Restore fills an empty instance of either engine from a backup.
//
// That it runs is noted beside the keys before anything is written, so that no process takes the empty database for a new instance.
// The rows come in one transaction, which marks the instance as unfinished. What was erased, ended or hidden since the backup
// is then so again, and what no key opens any more is given up; a last transaction takes the mark back to "not checked". No command
// opens an unfinished instance, and no server one that was not checked; a restore that was interrupted goes on when it is
// run again.
type Restore struct {
	Instance config.Instance
	From     io.Reader
	With     seal.Identities
	NewKeys  bool     // give up what only the lost keys open
	Since    string   // a file with the last checkpoint that the public has seen, or "": then a log of another name goes on
	Ledgers  []string // files of erasures, besides the one in the data folder
	Now      func() time.Time
}

// RestoreReport says what a restore has done.
type RestoreReport struct {
	Backup Backup
	Counts Counts
	Again  signing.Again // what was taken away since the backup was made
	Lost   *signing.Lost // with new keys
	Origin string        // of the log
	Former string        // origin of the log that it goes on from, "" when it is the same
}

// restored is the mark of an instance that came from a backup and whose log was not checked since.
type restored struct {
	Backup     string    `json:"backup"` // its id
	Made       time.Time `json:"made"`
	Unfinished bool      `json:"unfinished,omitempty"`
	NewKeys    bool      `json:"new_keys,omitempty"`
}

const restoredKey = "restored"

// Run restores. When it fails, nothing was restored, unless the error says that the same command goes on.
func (r Restore) Run(ctx context.Context) (report RestoreReport, err error) {
	backup, dump, err := openBackup(r.From, r.With)
	if err != nil {
		return report, err
	}
	report.Backup = backup
	if err := r.checkKeys(backup); err != nil {
		return report, err
	}
	since, err := r.checkLog(backup)
	if err != nil {
		return report, err
	}
	erased, err := readLedgers(r.Instance.Data, r.Ledgers)
	if err != nil {
		return report, err
	}
	if err := os.MkdirAll(r.Instance.Data, 0o700); err != nil {
		return report, fmt.Errorf("--data: %w", err)
	}
	move, err := r.begin(ctx, backup, since)
	if err != nil {
		return report, err
	}
	defer move.unlock()
	db, err := store.Open(ctx, store.Options{Data: r.Instance.Data, Database: r.Instance.Database, Now: r.Now})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if r.Instance.Database == "" { // else begin has locked the folder
		unlock, err := db.LockServe()
		if err != nil {
			return report, err
		}
		defer unlock()
	}
	if err := move.note(); err != nil {
		return report, err
	}
	err = r.load(ctx, db, backup, dump)
	if err != nil && ctx.Err() == nil {
		return report, errors.Join(err, move.takeBack())
	}
	if err == nil {
		err = r.finish(ctx, db, since, erased, move, &report)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return report, errors.New("interrupted; run the same restore again, or give it up with undersigned restore --give-up: " +
			"until then no command opens the instance")
	case err != nil:
		return report, fmt.Errorf("%w; the rows are there and not yet safe to use: run the same command again, which goes on", err)
	}
	return report, nil
}

// checkKeys compares the instance key in the data folder with the one that the backup was made with.
func (r Restore) checkKeys(b Backup) error {
	folder := filepath.Join(r.Instance.Data, "keys")
	keys, err := seal.ReadKeys(r.Instance.Data)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return err
	case !missing && keys.Fingerprint() == b.InstanceKey && r.NewKeys:
		return fmt.Errorf("--new-keys is for lost keys, and %s/instance.key is the one of this backup: leave it away, and nothing is lost", folder)
	case r.NewKeys || !missing && keys.Fingerprint() == b.InstanceKey:
		return nil
	case missing:
		return fmt.Errorf("the backup needs the instance key with the fingerprint %s, and %s has none: put that file there as instance.key "+
			"(undersigned keys import FILE --identity FILE), or give up what only it opens with --new-keys; nothing was restored", b.InstanceKey, folder)
	}
	return fmt.Errorf("the backup needs the instance key with the fingerprint %s, and %s/instance.key has %s: move that file away and put the right one "+
		"there (undersigned keys import FILE --identity FILE), or give up what only it opens with --new-keys; nothing was restored", b.InstanceKey, folder,
		keys.Fingerprint())
}

// load reads the dump into the database, or finds that an interrupted restore of the same backup has done so.
func (r Restore) load(ctx context.Context, db *store.DB, b Backup, dump *backupReader) error {
	found, err := findRestored(ctx, db)
	switch {
	case err != nil:
		return err
	case found != nil && found.Unfinished && found.Backup == b.ID && found.NewKeys == r.NewKeys:
		return nil
	case found != nil && found.Unfinished:
		return fmt.Errorf("an interrupted restore of another backup, or with other flags, is in this database (backup of %s): "+
			"run that command again, or use a new, empty database", found.Made.Format(time.RFC3339))
	}
	// Opening an instance writes these.
	err = db.Load(ctx, dump, store.Loading{Replace: []string{"instance", "log_state"}, Then: func(tx *store.Tx) error {
		return restored{Backup: b.ID, Made: b.Made, Unfinished: true, NewKeys: r.NewKeys}.put(tx)
	}})
	if dump.damage != nil {
		return dump.damaged()
	}
	return err
}

// finish makes what was loaded safe to serve. It may run again from its beginning.
func (r Restore) finish(ctx context.Context, db *store.DB, since *verify.Checkpoint, erased []signing.Erasure, move *moving, report *RestoreReport) error {
	if err := os.RemoveAll(filepath.Join(r.Instance.Data, cacheFolder)); err != nil { // of the database that was here before
		return err
	}
	keys, err := seal.OpenKeys(r.Instance.Data)
	if err != nil {
		return err
	}
	a := &App{DB: db, Services: NewServices(db, keys, nil, nil), o: Options{Instance: r.Instance}}
	if report.Again, err = a.Signing.Erasures.Again(ctx, slices.Values(erased)); err != nil {
		return err
	}
	if r.NewKeys {
		lost, err := a.GiveUp(ctx)
		if err != nil {
			return err
		}
		report.Lost = &lost
	}
	if err := r.goOn(ctx, db, since, report); err != nil {
		return err
	}
	if err := a.RecordErasures(ctx); err != nil { // the backup may know of some that the file does not
		return err
	}
	if report.Counts, err = a.Counts(ctx); err != nil {
		return err
	}
	restores, err := move.leaveBehind(ctx, db)
	if err != nil {
		return err
	}
	err = db.Update(ctx, func(tx *store.Tx) error {
		if err := account.Restored(tx, r.NewKeys); err != nil {
			return err
		}
		if err := letter.Restored(tx); err != nil {
			return err
		}
		if _, err := tx.Exec(qPutInstance, "instance_key", []byte(keys.Fingerprint())); err != nil {
			return err
		}
		if _, err := tx.Exec(qPutInstance, restoresKey, []byte(strconv.Itoa(restores))); err != nil {
			return err
		}
		return restored{Backup: report.Backup.ID, Made: report.Backup.Made}.put(tx)
	})
	if err != nil {
		return err
	}
	return move.end()
}

func (m restored) put(tx *store.Tx) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec(qPutInstance, restoredKey, text)
	return err
}

// findRestored returns the mark, nil when there is none.
func findRestored(ctx context.Context, db *store.DB) (*restored, error) {
	var text []byte
	err := db.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindInstance, restoredKey).Scan(&text) })
	if errors.Is(err, store.ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m restored
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("the mark of a restore cannot be read: %w", err)
	}
	return &m, nil
}

// refuse says why an instance that was restored cannot be opened, or nil.
func (m *restored) refuse(server bool) error {
	switch {
	case m == nil:
		return nil
	case m.Unfinished:
		return &refusal{"a restore of this instance was interrupted (backup of " + m.Made.Format(time.RFC3339) + ")",
			"run the same undersigned restore again, which goes on"}
	case server:
		return &refusal{"this instance was restored (backup of " + m.Made.Format(time.RFC3339) + ") and its log was not checked yet",
			"run undersigned log check first"}
	}
	return nil
}

// LogChecked lets a restored instance be served: its log was found whole. It does nothing to any other.
func (a *App) LogChecked(ctx context.Context) error {
	return a.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRemoveInstance, restoredKey)
		return err
	})
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"reflect"
	"strconv"

	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// belongings is what a data folder and a database say of each other. It is read before anything is made: keys that are missing are
// never replaced, and no empty database is taken for the one that keys belong to. Both would begin a second log under the name of
// the first.
type belongings struct {
	folder   string     // of the keys
	keys     *seal.Keys // nil when there is none
	signs    bool       // there is a key of a log
	note     *seal.Note // beside them, nil when there is none
	known    string     // fingerprint of the instance key that the database was made with, "" when it is empty
	logKey   string     // verifier key of its log, "" before it has one
	restores int        // how often the database came from a backup
	left     string     // where the data went, as the database itself says, "" when they are here
	original string     // the folder that this one is a copy of, "" for none
}

const (
	restoresKey = "restores"
	leftKey     = "left_behind"
)

// refusal is why an instance is not opened, and what to do about it, apart, for the doctor.
type refusal struct{ why, mend string }

// Error says both.
func (r *refusal) Error() string { return r.why + ": " + r.mend }

// readBelongings reads keys, note and database in this order, since that in which another process makes them is note, keys,
// database, note: keys that were there when the note said that they were used have a database.
func readBelongings(ctx context.Context, db *store.DB, o config.Instance) (b belongings, err error) {
	folder := o.Data
	b.folder = folder
	b.keys, err = seal.ReadKeys(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	switch _, err := tlog.ReadKey(folder); {
	case err == nil:
		b.signs = true
	case !errors.Is(err, fs.ErrNotExist):
		return b, err
	}
	if b.note, err = seal.ReadNote(folder); err != nil {
		return b, err
	}
	var restores string
	for key, to := range map[string]*string{"instance_key": &b.known, "log_key": &b.logKey, restoresKey: &restores, leftKey: &b.left} {
		if *to, err = fact(ctx, db, key); err != nil {
			return b, err
		}
	}
	if restores != "" {
		if b.restores, err = strconv.Atoi(restores); err != nil {
			return b, fmt.Errorf("the number of restores cannot be read: %w", err)
		}
	}
	// A folder that was moved leaves nothing; one that was copied leaves a second database of one log. On PostgreSQL there is one,
	// whichever folder names it.
	if other := otherFolder(b.note, folder); other != "" && o.Database == "" && b.note.Database == "" && store.InFolder(other) {
		b.original = other
	}
	return b, nil
}

// refuse says why this database must not be opened with these keys, or nil.
func (b belongings) refuse() error {
	keys := filepath.Join(b.folder, "keys")
	n := b.note
	if n == nil {
		n = &seal.Note{}
	}
	// The last that a restore does is to take this away: its database counts it by then.
	ended := n.Restores > 0 && n.Restores == b.restores && n.Restoring == n.Where()
	switch {
	case n.Restoring != "" && !ended:
		return &refusal{"a restore of this instance into " + n.Restoring + " was interrupted", "run the same undersigned restore again, which goes on. " +
			"Or give it up with undersigned restore --give-up, and what was used before can be used again"}
	case b.left != "":
		return errLeft(b.left, keys)
	case b.known == "" && (b.keys != nil || b.signs) && !n.Unused:
		last := ""
		if b.note != nil {
			last = " (last they were used with " + n.Where() + ")"
		}
		return &refusal{"the keys in " + keys + " belong to an instance whose data are not here" + last,
			"restore it first (undersigned restore), or say where its data are with --data or --database. A new, empty instance beside it begins " +
				"with undersigned serve --new-instance, under keys of its own"}
	case b.known == "":
		return nil
	case b.keys == nil:
		return &refusal{"this database was made with the instance key that has the fingerprint " + b.known + ", and there is no instance.key in " + keys +
			"; nothing was made", "put that file back (undersigned keys import FILE --identity FILE), or name its folder with --data"}
	case b.keys.Fingerprint() != b.known:
		return errKeys(b.folder)
	case n.Restores > b.restores:
		return errLeft(n.Where(), keys)
	case b.original != "":
		return &refusal{b.folder + " is a copy: last these keys were used with --data " + b.original + ", which is still there, and a log goes on in one place",
			"name that folder with --data; or, to go on in this one, see that nothing runs on that one and move undersigned.db* in it away"}
	}
	return nil
}

// isNone reports, without making anything, that there is no instance; of PostgreSQL it can only be told once that is open.
func isNone(o config.Instance) bool {
	_, err := seal.ReadKeys(o.Data)
	return errors.Is(err, fs.ErrNotExist) && o.Database == "" && !store.InFolder(o.Data)
}

func errNone(o config.Instance) error {
	place := "--data " + o.Data
	if o.Database != "" {
		place = "that database"
	}
	return &refusal{"there is no instance in " + place,
		"name its folder with --data, and its database with --database unless it is SQLite; the first start of a server makes one"}
}

func errLeft(to, keys string) error {
	return &refusal{"the data here were left behind: this instance was restored to " + to + ", where its log goes on",
		"name that place. What is left behind is the database alone: undersigned.db* in the folder, or the old one of PostgreSQL. The keys in " + keys +
			" stay where they are"}
}

// renew lets an empty database begin under keys of its own: those that are there are kept under another name.
func (b *belongings) renew() error {
	if b.known != "" {
		return nil
	}
	for _, name := range []string{tlog.KeyFile, seal.InstanceKeyFile} {
		if _, err := seal.SetAside(b.folder, name); err != nil {
			return err
		}
	}
	b.keys, b.signs, b.note = nil, false, nil
	return seal.RemoveNote(b.folder)
}

// open opens the keys and the log, and makes both, with their note, where nobody has ever had any.
func (b belongings) open(ctx context.Context, db *store.DB, wanted string) (keys *seal.Keys, log *tlog.Log, err error) {
	if b.known == "" && b.keys == nil {
		if err := seal.WriteNote(b.folder, seal.Note{Unused: true}); err != nil {
			return nil, nil, fmt.Errorf("--data: %w", err)
		}
	}
	if keys, err = seal.OpenKeys(b.folder); err != nil {
		return nil, nil, err
	}
	known, err := once(ctx, db, "instance_key", keys.Fingerprint())
	if err != nil {
		return nil, nil, err
	}
	if known != keys.Fingerprint() {
		return nil, nil, errKeys(b.folder)
	}
	log, err = b.openLog(ctx, db, wanted)
	return keys, log, err
}

// openLog opens the log with the key in the data folder. The log's name is made with the instance: wanted, or a random one.
func (b belongings) openLog(ctx context.Context, db *store.DB, wanted string) (*tlog.Log, error) {
	first := wanted
	if first == "" {
		first = tlog.NewOrigin()
	} else if err := tlog.CheckOrigin(wanted); err != nil {
		return nil, err
	}
	origin, err := once(ctx, db, "log_origin", first)
	if err != nil {
		return nil, err
	}
	if wanted != "" && origin != wanted {
		return nil, fmt.Errorf("--origin: the log of this instance is called %s, and its name is for ever", origin)
	}
	var key tlog.Key
	if b.logKey == "" {
		key, err = tlog.OpenKey(b.folder, origin)
	} else if key, err = tlog.ReadKey(b.folder); errors.Is(err, fs.ErrNotExist) {
		return nil, &refusal{"the log of this instance is signed by a key that is not in " + filepath.Join(b.folder, "keys") + "; nothing was made",
			"put log.key back (undersigned keys import FILE --identity FILE). Where it is lost, the log goes on under another name from a backup"}
	}
	if err != nil {
		return nil, err
	}
	known, err := once(ctx, db, "log_key", key.Verifier())
	if err != nil {
		return nil, err
	}
	if known != key.Verifier() {
		return nil, errKeys(b.folder)
	}
	return tlog.Open(ctx, db, key)
}

// placeNote is the note of an instance that is open in a place.
func placeNote(o config.Instance, restores int) (n seal.Note, err error) {
	n.Restores = restores
	if n.Folder, err = filepath.Abs(o.Data); err != nil {
		return n, err
	}
	n.Database, err = store.Place(o.Database)
	return n, err
}

// writeNote writes down where the data are, beside the keys. It may fail: keys that several machines share may lie where nothing can be
// written, and the database alone refuses what matters most.
func (b belongings) writeNote(ctx context.Context, o config.Instance, log *slog.Logger) {
	now, err := placeNote(o, b.restores)
	if b.note != nil {
		now.Spent = b.note.Spent
	}
	if err == nil && (b.note == nil || !reflect.DeepEqual(*b.note, now)) {
		err = seal.WriteNote(b.folder, now)
	}
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "note_failed", slog.String("error", err.Error()))
	}
}

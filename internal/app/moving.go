package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// moving is what a restore does to the notes beside keys and to the databases that it leaves, so that a log goes on in one place.
type moving struct {
	backup string    // its id
	to     seal.Note // where the data come
	left   []leaving // the own folder first
	locked []func()
}

// leaving is a data folder that the instance leaves behind.
type leaving struct {
	folder string
	before *seal.Note // as it was before, nil when there was none
	sqlite bool       // the SQLite database in it is left too
}

// begin finds out which folders the restore leaves behind, and refuses while a server runs on one of them. That is the folder
// itself, and the one that the keys come from, as far as this machine has it, where the log is to go on under its name: a log that
// goes on under another name contradicts nothing that is signed there meanwhile.
func (r Restore) begin(ctx context.Context, b Backup, since *verify.Checkpoint) (m *moving, err error) {
	m = &moving{backup: b.ID}
	if m.to, err = placeNote(r.Instance, 0); err != nil {
		return nil, err
	}
	own := leaving{folder: r.Instance.Data, sqlite: r.Instance.Database != ""}
	if own.before, err = seal.ReadNote(own.folder); err != nil {
		return nil, err
	}
	m.left = []leaving{own}
	if other := otherFolder(own.before, own.folder); other != "" && since != nil {
		x := leaving{folder: other, sqlite: true}
		if x.before, err = seal.ReadNote(other); err != nil {
			return nil, err
		}
		m.left = append(m.left, x)
	}
	for i, l := range m.left {
		if i > 0 || r.Instance.Database != "" { // else this database is locked when it is open
			unlock, err := store.LockServe(l.folder)
			if err != nil {
				m.unlock()
				return nil, fmt.Errorf("%w; nothing was restored", err)
			}
			m.locked = append(m.locked, unlock)
		}
		if since == nil {
			continue
		}
		if err := m.mayContinue(ctx, l, *since); err != nil {
			m.unlock()
			return nil, err
		}
	}
	return m, nil
}

// mayContinue refuses to continue a log from a backup after which it has gone on already, as far as note and database of a folder
// that is left know.
func (m *moving) mayContinue(ctx context.Context, l leaving, since verify.Checkpoint) error {
	if n := l.before; n != nil && slices.Contains(n.Spent, m.backup) && (n.Restoring != m.to.Where() || n.Backup != m.backup) {
		return fmt.Errorf("the log may have gone on since this backup, in %s, for its restore was given up or has ended before: make a backup there and take the "+
			"checkpoint anew, or leave --since away, and a log of another name goes on from this one; nothing was restored", n.Where())
	}
	return l.database(ctx, func(db *store.DB) error {
		key, err := tlog.ReadKey(l.folder)
		if err != nil {
			return nil // nobody signs there
		}
		log, err := tlog.Open(ctx, db, key)
		if err != nil {
			return nil // nor here
		}
		if state, err := log.State(ctx); err == nil && state.Published.Size > since.Size {
			return fmt.Errorf("--since: that checkpoint is of %d leaves, and the log in --data %s has shown %d: make a backup there and take the checkpoint "+
				"anew, or leave --since away, and a log of another name goes on from this one; nothing was restored", since.Size, l.folder, state.Published.Size)
		}
		return nil
	})
}

// database lends the SQLite database that is left in the folder, if there is one that can be opened: none else can be served.
func (l leaving) database(ctx context.Context, fn func(db *store.DB) error) error {
	if !l.sqlite || !store.InFolder(l.folder) {
		return nil
	}
	db, err := store.Open(ctx, store.Options{Data: l.folder})
	if err != nil {
		return ctx.Err()
	}
	defer db.Close()
	return fn(db)
}

// otherFolder is the folder that a note names, where it is another than that beside which it lies and has the same keys; else "".
func otherFolder(n *seal.Note, folder string) string {
	if n == nil || n.Folder == "" || sameFolder(n.Folder, folder) || !sameKeys(n.Folder, folder) {
		return ""
	}
	return n.Folder
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// sameKeys reports whether both data folders have one instance key.
func sameKeys(a, b string) bool {
	x, errX := seal.ReadKeys(a)
	y, errY := seal.ReadKeys(b)
	return errX == nil && errY == nil && x.Fingerprint() == y.Fingerprint()
}

func (m *moving) unlock() {
	for _, unlock := range m.locked {
		unlock()
	}
}

// note says beside all the keys that a restore runs: until it has ended or was given up, nothing is opened there, or what is
// signed meanwhile would be missing in the new place. What was there before stays true. A restore of another backup that was
// interrupted is given up by this one.
func (m *moving) note() error {
	for _, l := range m.left {
		n := seal.Note{}
		if l.before != nil {
			n = *l.before
		}
		if n.Restoring != "" && n.Backup != m.backup {
			n.Spent = spend(n.Spent, n.Backup)
		}
		n.Unused, n.Restoring, n.Backup = false, m.to.Where(), m.backup
		if err := seal.WriteNote(l.folder, n); err != nil {
			return err
		}
	}
	return nil
}

// takeBack undoes note: nothing was restored.
func (m *moving) takeBack() (err error) {
	for _, l := range m.left {
		if l.before == nil {
			err = errors.Join(err, seal.RemoveNote(l.folder))
		} else {
			err = errors.Join(err, seal.WriteNote(l.folder, *l.before))
		}
	}
	return err
}

// leaveBehind notes in every folder, and in the database that lies there, where the data are from now on, and returns how often the
// instance was restored with this time: more often than whatever database it leaves. It runs before the restored database may be
// opened, so that never two may.
func (m *moving) leaveBehind(ctx context.Context, db *store.DB) (restores int, err error) {
	text, err := fact(ctx, db, restoresKey)
	if err == nil && text != "" {
		restores, err = strconv.Atoi(text)
	}
	if err != nil {
		return 0, err
	}
	for _, l := range m.left {
		n, err := seal.ReadNote(l.folder)
		if err != nil {
			return 0, err
		}
		if n != nil {
			restores = max(restores, n.Restores)
			m.to.Spent = append(m.to.Spent, n.Spent...)
		}
	}
	restores++
	m.to.Restores, m.to.Spent = restores, spend(m.to.Spent, m.backup)
	for i, l := range m.left {
		err := l.database(ctx, func(db *store.DB) error {
			if known, err := fact(ctx, db, "instance_key"); err != nil || known == "" { // an empty one is nobody's
				return err
			}
			return db.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(qPutInstance, leftKey, []byte(m.to.Where()))
				return err
			})
		})
		n := m.to
		if i == 0 {
			n.Restoring, n.Backup = n.Where(), m.backup
		}
		if err == nil {
			err = seal.WriteNote(l.folder, n)
		}
		if err != nil {
			return 0, fmt.Errorf("the note that the data in %s are left behind: %w", filepath.Clean(l.folder), err)
		}
	}
	return restores, nil
}

// end says that the restore has ended.
func (m *moving) end() error { return seal.WriteNote(m.left[0].folder, m.to) }

// spend adds the id of a backup from which the log must not be continued once more.
func spend(spent []string, backup string) []string {
	spent = slices.Clone(append(slices.Clip(spent), backup))
	slices.Sort(spent)
	return slices.Compact(spent)
}

// GiveUpRestore ends a restore that was interrupted, without having restored: what was there before can be used again, and the same
// backup continues no log any more. It returns where the data should have come.
func GiveUpRestore(o config.Instance) (where string, err error) {
	note, err := seal.ReadNote(o.Data)
	if err != nil {
		return "", err
	}
	if note == nil || note.Restoring == "" {
		return "", fmt.Errorf("no restore was interrupted in %s: there is nothing to give up", o.Data)
	}
	where = note.Restoring
	if slices.Contains(note.Spent, note.Backup) {
		return "", fmt.Errorf("the restore into %s has got so far that the log goes on there: run the same undersigned restore again", where)
	}
	folders := []string{o.Data}
	if other := otherFolder(note, o.Data); other != "" {
		folders = append(folders, other)
	}
	for _, folder := range folders {
		n, err := seal.ReadNote(folder)
		if err != nil {
			return "", err
		}
		if n == nil || n.Restoring != note.Restoring || n.Backup != note.Backup {
			continue
		}
		unlock, err := store.LockServe(folder)
		if err != nil {
			return "", fmt.Errorf("%w; if it is the restore that runs, stop that", err)
		}
		n.Spent, n.Restoring, n.Backup = spend(n.Spent, n.Backup), "", ""
		err = seal.WriteNote(folder, *n)
		unlock()
		if err != nil {
			return "", err
		}
	}
	return where, nil
}

package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// moving is what a restore does to the notes beside keys, so that a log goes on in one place.
type moving struct {
	before *seal.Note // in the data folder, nil when there was none
	to     seal.Note  // where the data come
	left   []string   // data folders that the instance leaves behind, the own one first
	locked []func()
}

// begin finds out which folders the restore leaves behind, and refuses while a server runs on one of them. That is the folder
// itself, and the one that the keys come from, as far as this machine has it, where the log is to go on under its name: a log that
// goes on under another name contradicts nothing that is signed there meanwhile.
func (r Restore) begin() (m *moving, err error) {
	m = &moving{}
	if m.before, err = seal.ReadNote(r.Instance.Data); err != nil {
		return nil, err
	}
	if m.to, err = here(r.Instance, 0); err != nil {
		return nil, err
	}
	m.left = []string{r.Instance.Data}
	if m.before != nil && m.before.Folder != "" && m.before.Folder != m.to.Folder && r.Since != "" && sameKeys(m.before.Folder, r.Instance.Data) {
		m.left = append(m.left, m.before.Folder)
	}
	for i, folder := range m.left {
		if i == 0 && r.Instance.Database == "" {
			continue // this database is locked when it is open
		}
		unlock, err := store.LockServe(folder)
		if err != nil {
			m.unlock()
			return nil, fmt.Errorf("%w; nothing was restored", err)
		}
		m.locked = append(m.locked, unlock)
	}
	return m, nil
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

// note says beside the keys that a restore runs. What was there before stays true until the restore ends.
func (m *moving) note() error {
	n := seal.Note{}
	if m.before != nil {
		n = *m.before
	}
	n.Unused, n.Restoring = false, m.to.Where()
	return seal.WriteNote(m.left[0], n)
}

// takeBack undoes note: nothing was restored.
func (m *moving) takeBack() error {
	if m.before == nil {
		return seal.RemoveNote(m.left[0])
	}
	return seal.WriteNote(m.left[0], *m.before)
}

// leaveBehind notes in every folder where the data are from now on, and returns how often the instance was restored with this time:
// more often than whatever database it leaves. It runs before the restored database may be opened, so that never two may.
func (m *moving) leaveBehind(ctx context.Context, db *store.DB) (restores int, err error) {
	text, err := fact(ctx, db, restoresKey)
	if err == nil && text != "" {
		restores, err = strconv.Atoi(text)
	}
	if err != nil {
		return 0, err
	}
	for _, folder := range m.left {
		n, err := seal.ReadNote(folder)
		if err != nil {
			return 0, err
		}
		if n != nil {
			restores = max(restores, n.Restores)
		}
	}
	restores++
	m.to.Restores = restores
	for i, folder := range m.left {
		n := m.to
		if i == 0 {
			n.Restoring = n.Where()
		}
		if err := seal.WriteNote(folder, n); err != nil {
			return 0, fmt.Errorf("the note that the data in %s are left behind: %w", filepath.Clean(folder), err)
		}
	}
	return restores, nil
}

// end says that the restore has ended.
func (m *moving) end() error { return seal.WriteNote(m.left[0], m.to) }

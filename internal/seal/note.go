package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// noteFile stands beside the keys, goes with them where they are exported, and holds no secret.
const noteFile = "instance.json"

// Note says of the keys in a folder which data belong to them. A log goes on in one place only: a database that was restored fewer
// times than the note beside its keys says is one that was left behind, and a database that knows no keys is none that belongs
// to keys which were used.
type Note struct {
	// Restores counts how often the instance came from a backup. The database holds the same number.
	Restores int `json:"restores"`
	// Folder is the data folder that the keys were last used in, as an absolute path.
	Folder string `json:"folder,omitempty"`
	// Database is where the data are, as a postgres:// address without user and password; "" for SQLite in Folder.
	Database string `json:"database,omitempty"`
	// Restoring is where a restore that has not ended brings the data, in the words of Where; "" when none runs.
	Restoring string `json:"restoring,omitempty"`
	// Backup is the id of the backup that Restoring is about.
	Backup string `json:"backup,omitempty"`
	// Spent are ids of backups after which the log has gone on, or may have: it is not continued from them once more.
	Spent []string `json:"spent,omitempty"`
	// Unused says that the keys are being made: no database knows them yet.
	Unused bool `json:"unused,omitempty"`
}

// Where names the place of the data as the command line does.
func (n Note) Where() string {
	switch {
	case n.Database != "":
		return "--database " + n.Database
	case n.Folder != "":
		return "--data " + n.Folder
	}
	return "a place that is not noted"
}

// ReadNote returns the note beside the keys of a data folder, nil when there is none.
func ReadNote(dir string) (*Note, error) {
	data, err := os.ReadFile(keyPath(dir, noteFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	n, err := parseNote(data)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w): put it back from an export of the keys", keyPath(dir, noteFile), err)
	}
	return n, nil
}

func parseNote(data []byte) (*Note, error) {
	n := &Note{}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, err
	}
	if n.Restores < 0 {
		return nil, errors.New("it counts fewer than no restores")
	}
	return n, nil
}

// WriteNote replaces the note beside the keys, with mode 0600 and on stable storage: a crash leaves the old one or the new.
func WriteNote(dir string, n Note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return withTemporary(dir, append(text, '\n'), func(folder, temporary string) error {
		return os.Rename(temporary, filepath.Join(folder, noteFile))
	})
}

// RemoveNote takes the note away; none is no error.
func RemoveNote(dir string) error {
	err := os.Remove(keyPath(dir, noteFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// importNote takes over what an export says of the data, unless the folder knows of a later restore. It is never of unused keys:
// what was exported was used.
func importNote(dir string, imported Note) error {
	there, err := ReadNote(dir)
	if err != nil || there != nil && !there.Unused && there.Restores >= imported.Restores {
		return err
	}
	imported.Unused, imported.Restoring, imported.Backup = false, "", ""
	return WriteNote(dir, imported)
}

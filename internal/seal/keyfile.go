package seal

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// InstanceKeyFile is the file that every instance has in its folder of keys.
const InstanceKeyFile = "instance.key"

func keyPath(dir, name string) string { return filepath.Join(dir, "keys", name) }

// KeyFile returns the one line of dir/keys/name, and makes the file, with mode 0600, when there is none.
func KeyFile(dir, name string, make func() (string, error)) (string, error) {
	data, err := os.ReadFile(keyPath(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		text, err := make()
		if err == nil {
			err = putKey(dir, name, []byte(text+"\n"))
		}
		if err != nil && !errors.Is(err, fs.ErrExist) { // another process was first: its key is the one
			return "", fmt.Errorf("seal: make %s: %w", keyPath(dir, name), err)
		}
		data, err = os.ReadFile(keyPath(dir, name))
		if err != nil {
			return "", fmt.Errorf("seal: %w", err)
		}
	} else if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// Stored is a key in a file of dir/keys.
type Stored struct {
	Name        string // of the file
	Fingerprint string // names the key without revealing it
	data        []byte
}

func stored(name string, data []byte) Stored {
	if keys, ok := parseKeys(data); ok && name == InstanceKeyFile {
		return Stored{name, keys.Fingerprint(), data}
	}
	sum := sha256.Sum256(append([]byte("undersigned key file\n"), bytes.TrimSpace(data)...))
	return Stored{name, hex.EncodeToString(sum[:16]), data}
}

// ListKeys returns the keys of dir/keys in the order of their names, none when there is no such folder.
func ListKeys(dir string) (keys []Stored, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, "keys"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == noteFile || strings.HasPrefix(e.Name(), ".") {
			continue // no key, or a file that a crash has left half written
		}
		data, err := os.ReadFile(keyPath(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		keys = append(keys, stored(e.Name(), data))
	}
	return keys, nil
}

// ExportKeys writes every file of dir/keys, encrypted to the recipients. It returns the keys among them.
func ExportKeys(dir string, w io.Writer, to Recipients) ([]Stored, error) {
	files, err := ListKeys(dir)
	if err != nil {
		return nil, err
	}
	all := files
	note, err := os.ReadFile(keyPath(dir, noteFile))
	switch {
	case err == nil:
		all = append(slices.Clip(files), Stored{Name: noteFile, data: note})
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("seal: %w", err)
	}
	sealed, err := to.Encrypt(w)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(sealed)
	for _, f := range all {
		if err := archive.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o600, Size: int64(len(f.data)), Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.data); err != nil {
			return nil, err
		}
	}
	return files, errors.Join(archive.Close(), sealed.Close())
}

// Limits of what is imported, and the names it may have.
const (
	maxKeyFiles = 16
	maxKeyFile  = 64 << 10
)

var keyFileName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// ImportKeys puts what ExportKeys wrote into dir/keys. Nothing is written when any of the keys is there with another
// content.
func ImportKeys(dir string, r io.Reader, with Identities) ([]Stored, error) {
	plain, err := with.Decrypt(r)
	if err != nil {
		return nil, err
	}
	files, note, err := readArchive(plain)
	if err != nil {
		return nil, err
	}
	missing := files[:0:0]
	for _, f := range files {
		there, err := os.ReadFile(keyPath(dir, f.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, f)
		case err != nil:
			return nil, err
		case !bytes.Equal(there, f.data):
			return nil, fmt.Errorf("%s is there with another key (fingerprint %s, that of the export is %s); nothing was written: import into a folder "+
				"without keys, or move that file away if you are sure that no instance needs it", keyPath(dir, f.Name), stored(f.Name, there).Fingerprint, f.Fingerprint)
		}
	}
	for _, f := range missing {
		if err := putKey(dir, f.Name, f.data); err != nil {
			return nil, fmt.Errorf("seal: write %s: %w", keyPath(dir, f.Name), err)
		}
	}
	return files, importNote(dir, note)
}

func readArchive(r io.Reader) (files []Stored, note Note, err error) {
	damaged := errors.New("it is no export of keys, or it is damaged; nothing was written")
	instance := false
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil || h.Typeflag != tar.TypeReg || h.Size > maxKeyFile || len(files) == maxKeyFiles || !keyFileName.MatchString(h.Name) {
			return nil, note, damaged
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			return nil, note, damaged
		}
		switch h.Name {
		case noteFile:
			n, err := parseNote(data)
			if err != nil {
				return nil, note, damaged
			}
			note = *n
			continue
		case InstanceKeyFile:
			_, instance = parseKeys(data)
		}
		files = append(files, stored(h.Name, data))
	}
	if _, err := io.Copy(io.Discard, r); err != nil || !instance { // what age says of the end comes last
		return nil, note, damaged
	}
	return files, note, nil
}

// putKey writes a file through a temporary one and a hard link: a crash leaves all of it or nothing. A file that is there
// stays, with fs.ErrExist.
func putKey(dir, name string, data []byte) error {
	return withTemporary(dir, data, func(folder, temporary string) error { return os.Link(temporary, filepath.Join(folder, name)) })
}

// withTemporary writes a file into dir/keys under a name of its own, which place gives it its place from, and makes both durable.
func withTemporary(dir string, data []byte, place func(folder, temporary string) error) error {
	folder := filepath.Join(dir, "keys")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := place(folder, f.Name()); err != nil {
		return err
	}
	return syncFolder(folder)
}

// SetAside renames a key that is not to be used any more, and keeps it. It returns the new name, "" when there is no such key.
func SetAside(dir, name string) (string, error) {
	data, err := os.ReadFile(keyPath(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	base, ending, _ := strings.Cut(name, ".")
	aside := base + "-" + stored(name, data).Fingerprint[:8] + "." + ending
	if err := os.Rename(keyPath(dir, name), keyPath(dir, aside)); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return aside, syncFolder(filepath.Join(dir, "keys"))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

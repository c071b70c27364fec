package testkit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// newCluster makes the files of a PostgreSQL server in data. initdb takes seconds and every test binary wants it, so its
// result is kept in the user's cache folder and copied.
func newCluster(bin, data string, owner *syscall.Credential) error {
	cached, err := cachedCluster(bin)
	if err != nil {
		return initdb(bin, data, owner)
	}
	if _, err := os.Stat(cached); err == nil {
		return copyCluster(cached, data, owner)
	}
	if err := initdb(bin, data, owner); err != nil {
		return err
	}
	// Under another name first: another test binary may do the same now. That keeping it fails is no failure.
	part, err := os.MkdirTemp(filepath.Dir(cached), "part-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(part)
	if err := copyCluster(data, filepath.Join(part, "data"), nil); err == nil {
		_ = os.Rename(filepath.Join(part, "data"), cached)
	}
	return nil
}

// initdbArgs keep the files few and small, since they are copied: segments of the write-ahead log have 1 MiB instead of 16.
var initdbArgs = []string{"-U", "undersigned", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--wal-segsize=1", "--no-sync", "--no-instructions"}

// cachedCluster names the folder for what this initdb makes.
func cachedCluster(bin string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	version, err := exec.Command(filepath.Join(bin, "initdb"), "--version").Output()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Append(version, initdbArgs))
	dir = filepath.Join(dir, "undersigned-test")
	return filepath.Join(dir, "postgres-"+hex.EncodeToString(sum[:8])), os.MkdirAll(dir, 0o700)
}

func initdb(bin, data string, owner *syscall.Credential) error {
	cmd := exec.Command(filepath.Join(bin, "initdb"), append([]string{"-D", data}, initdbArgs...)...)
	cmd.Dir, cmd.SysProcAttr = filepath.Dir(data), &syscall.SysProcAttr{Credential: owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// copyCluster copies a folder of plain files and folders, readable by the owner only, as PostgreSQL demands.
func copyCluster(from, to string, owner *syscall.Credential) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			err = os.Mkdir(target, 0o700)
		} else {
			var data []byte
			if data, err = os.ReadFile(path); err == nil {
				err = os.WriteFile(target, data, 0o600)
			}
		}
		if err != nil || owner == nil {
			return err
		}
		return os.Chown(target, int(owner.Uid), int(owner.Gid))
	})
}

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes what nobody else may read: through a temporary file beside it, so that there is a whole one or none,
// and on stable storage when it returns. A file that is there is replaced only with force; "-" is standard output.
func (e *environment) writeFile(path string, force bool, fn func(w io.Writer) error) (size int64, err error) {
	if path == "-" {
		out := bufio.NewWriter(e.stdout)
		if err := fn(out); err != nil {
			return 0, err
		}
		return 0, out.Flush()
	}
	if err := replaceable(path, force); err != nil {
		return 0, err
	}
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, ".undersigned-*") // mode 0600
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		return 0, fmt.Errorf("%s: %w", path, cause.Err) // and not the temporary name
	}
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	err = fn(f)
	if err == nil {
		err = f.Sync()
	}
	info, statErr := f.Stat()
	if err = firstOf(err, statErr, f.Close()); err != nil {
		return 0, err
	}
	if err := replaceable(path, force); err != nil { // writing takes long
		return 0, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return 0, err
	}
	d, err := os.Open(folder)
	if err != nil {
		return 0, err
	}
	return info.Size(), errors.Join(d.Sync(), d.Close())
}

// firstOf returns the first error: what follows from it would be told twice.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func replaceable(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is there and no ordinary file: choose another name", path)
	case !force:
		return fmt.Errorf("%s is there already: choose another name, or replace it with --force", path)
	}
	return nil
}

// readFile opens a file to read; "-" is standard input.
func (e *environment) readFile(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(e.stdin), nil
	}
	return os.Open(path)
}

// ofBytes writes a size for people.
func ofBytes(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

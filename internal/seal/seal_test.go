package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/undersigned/undersigned/internal/seal"
)

func TestLetterKey_opensOnlyInItsRow(t *testing.T) {
	keys, err := seal.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	wrapped := keys.NewLetterKey(7)
	key, err := keys.LetterKey(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	envelope := key.Seal("pending", 3, []byte("name and address"))
	if got, err := key.Open("pending", 3, envelope); err != nil || string(got) != "name and address" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if bytes.Contains(envelope, []byte("name")) {
		t.Error("the envelope shows its plaintext")
	}
	for name, open := range map[string]func() ([]byte, error){
		"other row":   func() ([]byte, error) { return key.Open("pending", 4, envelope) },
		"other table": func() ([]byte, error) { return key.Open("signature", 3, envelope) },
		"flipped bit": func() ([]byte, error) {
			broken := bytes.Clone(envelope)
			broken[len(broken)-1] ^= 1
			return key.Open("pending", 3, broken)
		},
		"cut": func() ([]byte, error) { return key.Open("pending", 3, envelope[:20]) },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: err = %v, want ErrOpen", name, err)
		}
	}
	if _, err := keys.LetterKey(8, wrapped); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("another letter's key unwraps: %v", err)
	}
}

func TestSeal_lengthDoesNotTellTheName(t *testing.T) {
	keys, _ := seal.OpenKeys(t.TempDir())
	key, _ := keys.LetterKey(1, keys.NewLetterKey(1))
	short, long := key.Seal("pending", 1, []byte("Li")), key.Seal("pending", 1, []byte(strings.Repeat("x", 100)))
	if len(short) != len(long) {
		t.Errorf("lengths %d and %d differ", len(short), len(long))
	}
}

func TestOpenKeys_sameForAllProcesses(t *testing.T) {
	dir := t.TempDir()
	prints := make([]string, 16)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			if keys, err := seal.OpenKeys(dir); err == nil {
				prints[i] = keys.Fingerprint()
			}
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p == "" || p != prints[0] {
			t.Fatalf("fingerprints differ: %q", prints)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "keys", "instance.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	os.WriteFile(filepath.Join(dir, "keys", "instance.key"), []byte("rubbish"), 0o600)
	if _, err := seal.OpenKeys(dir); err == nil {
		t.Error("a broken key file was accepted")
	}
}

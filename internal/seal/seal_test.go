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

func letterKey(t testing.TB, dir string, letter int64) (*seal.Keys, *seal.LetterKey, []byte) {
	t.Helper()
	keys, err := seal.OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := keys.NewLetterKey(letter)
	key, err := keys.LetterKey(letter, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return keys, key, wrapped
}

func TestTag_tellsAddressesOfOneLetterOnly(t *testing.T) {
	dir := t.TempDir()
	keys, first, wrapped := letterKey(t, dir, 1)
	_, second, _ := letterKey(t, dir, 2)
	if len(first.Tag("a@example.org")) != seal.TagSize || !bytes.Equal(first.Tag("a@example.org"), first.Tag("a@example.org")) {
		t.Error("a tag is not stable")
	}
	if bytes.Equal(first.Tag("a@example.org"), first.Tag("b@example.org")) || bytes.Equal(first.Tag("a@example.org"), second.Tag("a@example.org")) {
		t.Error("a tag links two addresses or two letters")
	}
	if bytes.Equal(keys.Tag("mail 2026-06-01", "a@example.org"), keys.Tag("mail 2026-06-02", "a@example.org")) {
		t.Error("a day's tag links two days")
	}
	again, err := keys.LetterKey(1, wrapped)
	if err != nil || !bytes.Equal(again.Tag("a@example.org"), first.Tag("a@example.org")) || again.Code(7) != first.Code(7) {
		t.Errorf("the unwrapped key is another (%v)", err)
	}
}

func TestCode_isSixDigitsOfItsRow(t *testing.T) {
	_, key, _ := letterKey(t, t.TempDir(), 1)
	_, other, _ := letterKey(t, t.TempDir(), 1)
	seen := map[string]int{}
	for row := range int64(2000) {
		code := key.Code(row)
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("code %q", code)
		}
		seen[code]++
		if row < 3 && code == other.Code(row) && key.Code(row+1) == other.Code(row+1) {
			t.Error("two keys have the same codes")
		}
	}
	if len(seen) < 1990 {
		t.Errorf("%d different codes of 2,000", len(seen))
	}
}

func TestSeal_everyEnvelopeIsItsOwn(t *testing.T) {
	_, key, _ := letterKey(t, t.TempDir(), 1)
	_, other, _ := letterKey(t, t.TempDir(), 1)
	for _, n := range []int{0, 1, 123, 124, 125, 128, 5000} {
		text := bytes.Repeat([]byte("x"), n)
		a, b := key.Seal("pending", 1, text), key.Seal("pending", 1, text)
		if bytes.Equal(a, b) {
			t.Errorf("%d bytes: a nonce was used twice", n)
		}
		if got, err := key.Open("pending", 1, a); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if _, err := other.Open("pending", 1, a); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("another instance's key opens it: %v", err)
		}
		for i := range a {
			broken := bytes.Clone(a)
			broken[i] ^= 0x80
			if _, err := key.Open("pending", 1, broken); !errors.Is(err, seal.ErrOpen) {
				t.Fatalf("%d bytes: byte %d changed: %v", n, i, err)
			}
			if i > 200 {
				break
			}
		}
	}
	if _, err := key.Open("pending", 1, nil); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("no envelope: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	_, key, _ := letterKey(f, f.TempDir(), 1)
	f.Add(key.Seal("pending", 1, []byte("text")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, envelope []byte) {
		if got, err := key.Open("pending", 2, envelope); err == nil {
			t.Errorf("opens to %q", got)
		}
	})
}

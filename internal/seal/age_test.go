package seal_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/seal"
)

// somebody has an identity in a file.
func somebody(t *testing.T, postQuantum bool) (file, recipient string) {
	t.Helper()
	text, recipient, err := seal.NewIdentity(postQuantum)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, recipient
}

func parse(t *testing.T, text string) seal.Recipients {
	t.Helper()
	to, err := seal.ParseRecipients(text)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func identities(t *testing.T, files ...string) seal.Identities {
	t.Helper()
	with, err := seal.ReadIdentities(files...)
	if err != nil {
		t.Fatal(err)
	}
	return with
}

func TestEncrypt_eachRecipientAloneOpensIt(t *testing.T) {
	for _, postQuantum := range []bool{false, true} {
		one, r1 := somebody(t, postQuantum)
		two, r2 := somebody(t, postQuantum)
		third, _ := somebody(t, postQuantum)
		var b bytes.Buffer
		w, err := parse(t, "# two of us\n"+r1+"\n\n "+r2+"\r\n").Encrypt(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte("what is sealed"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for _, files := range [][]string{{one}, {two}, {third, two}} {
			plain, err := identities(t, files...).Decrypt(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(plain); err != nil || string(text) != "what is sealed" {
				t.Errorf("%q, %v", text, err)
			}
		}
		if _, err := identities(t, third).Decrypt(bytes.NewReader(b.Bytes())); !errors.Is(err, seal.ErrOtherIdentity) {
			t.Errorf("somebody else: %v", err)
		}
		if _, err := identities(t, one).Decrypt(strings.NewReader("hello")); !errors.Is(err, seal.ErrNotEncrypted) {
			t.Errorf("not encrypted: %v", err)
		}
	}
}

func TestParseRecipients_refusals(t *testing.T) {
	file, classic := somebody(t, false)
	_, hybrid := somebody(t, true)
	secret, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"both kinds":    {classic + "\n" + hybrid, "cannot be mixed"},
		"an identity":   {string(secret), "secret half"},
		"an ssh key":    {"ssh-ed25519 AAAA", "no age recipient"},
		"a letter less": {classic[:len(classic)-1], "no age recipient"},
	} {
		_, err := seal.ParseRecipients(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "AGE-SECRET-KEY-1") {
			t.Errorf("%s: the message holds the secret", name)
		}
	}
}

func TestReadIdentities_refusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	for text, want := range map[string]string{"": "no age identity", "AGE-SECRET-KEY-1XYZ": "no age identity", "age-encryption.org/v1\n-> scrypt": "passphrase",
		"-----BEGIN AGE ENCRYPTED FILE-----\n": "passphrase"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.ReadIdentities(file); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "XYZ") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := seal.ReadIdentities(file + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func exported(t *testing.T, dir string, to seal.Recipients) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := seal.ExportKeys(dir, &b, to); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestKeys_exportAndImport(t *testing.T) {
	file, recipient := somebody(t, false)
	to, with := parse(t, recipient), identities(t, file)
	from := t.TempDir()
	keys, err := seal.OpenKeys(from)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.KeyFile(from, "log.key", func() (string, error) { return "the key of the log", nil }); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(from, "keys", ".key-half")
	if err := os.WriteFile(half, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := exported(t, from, to)

	into := t.TempDir()
	for range 2 { // the same keys again change nothing
		got, err := seal.ImportKeys(into, bytes.NewReader(whole), with)
		if err != nil || len(got) != 2 || got[0].Name != "instance.key" || got[0].Fingerprint != keys.Fingerprint() || got[1].Name != "log.key" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	for _, name := range []string{"instance.key", "log.key"} {
		a, _ := os.ReadFile(filepath.Join(from, "keys", name))
		b, err := os.ReadFile(filepath.Join(into, "keys", name))
		info, _ := os.Stat(filepath.Join(into, "keys", name))
		if err != nil || !bytes.Equal(a, b) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %q with mode %v, %v", name, b, info.Mode(), err)
		}
	}

	// Other keys are neither replaced nor mixed.
	other := t.TempDir()
	if _, err := seal.KeyFile(other, "log.key", func() (string, error) { return "another", nil }); err != nil {
		t.Fatal(err)
	}
	_, err = seal.ImportKeys(other, bytes.NewReader(whole), with)
	if _, stat := os.Stat(filepath.Join(other, "keys", "instance.key")); err == nil || !strings.Contains(err.Error(), "another key") || stat == nil {
		t.Errorf("over another log.key: %v, and instance.key is %v", err, stat)
	}

	aside, err := seal.SetAside(into, "log.key")
	list, listed := seal.ListKeys(into)
	if err != nil || listed != nil || len(list) != 2 || list[1].Name != aside || aside == "log.key" {
		t.Errorf("set aside as %q: %+v, %v, %v", aside, list, err, listed)
	}
	if aside, err := seal.SetAside(into, "log.key"); err != nil || aside != "" {
		t.Errorf("none to set aside: %q, %v", aside, err)
	}
	if list, err := seal.ListKeys(t.TempDir()); err != nil || len(list) != 0 {
		t.Errorf("an empty folder: %v, %v", list, err)
	}
}

func TestImportKeys_damaged(t *testing.T) {
	file, recipient := somebody(t, false)
	to, with := parse(t, recipient), identities(t, file)
	from := t.TempDir()
	if _, err := seal.OpenKeys(from); err != nil {
		t.Fatal(err)
	}
	whole := exported(t, from, to)
	into := t.TempDir()
	refused := func(name string, text []byte) {
		t.Helper()
		if _, err := seal.ImportKeys(into, bytes.NewReader(text), with); err == nil || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for at := 0; at < len(whole); at += 100 {
		refused("cut off", whole[:at])
		broken := bytes.Clone(whole)
		broken[at] ^= 1
		refused("flipped", broken)
	}
	refused("no instance key in it", exported(t, t.TempDir(), to))
	if err := os.Rename(filepath.Join(from, "keys", "instance.key"), filepath.Join(from, "keys", "Odd name")); err != nil {
		t.Fatal(err)
	}
	refused("an odd name", exported(t, from, to))
	if list, err := seal.ListKeys(into); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

package app_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
)

func erasure(letterID, signature int64) signing.Erasure {
	return signing.Erasure{Letter: letter.ID(letterID), Signature: signature, Pending: signature + 7, At: time.UnixMicro(1_900_000_000_000_000 + signature).UTC()}
}

// table gives erasures as the database does.
func table(all ...signing.Erasure) func(fn func(signing.Erasure) error) error {
	return func(fn func(signing.Erasure) error) error {
		for _, e := range all {
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestLedger_onlyGrows(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "erasures")
	read := func() string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	a, b, c := erasure(1, 10), erasure(1, 20), erasure(2, 10)
	hidden, again := erasure(1, 10), erasure(1, 10)
	hidden.What, again.What, again.At = "counted", "counted", hidden.At.Add(time.Microsecond)
	for _, all := range [][]signing.Erasure{{}, {a}, {a}, {c, a}, {}, {a, b, c}, {hidden}, {hidden, again}, {again, a}} {
		if err := app.UpdateLedger(dir, table(all...)); err != nil {
			t.Fatal(err)
		}
	}
	want := "undersigned-erasures/v1\n1 10 17 1900000000000010 0\n2 10 17 1900000000000010 0\n1 20 27 1900000000000020 0\n" +
		"1 10 17 1900000000000010 0 counted\n1 10 17 1900000000000011 0 counted\n"
	if got := read(); got != want {
		t.Errorf("the ledger is %q, want %q", got, want)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	// A crash may cut off the last line, or the first.
	for _, kept := range []int{len(want) - 1, len(want) - 8, 10, 0} {
		if err := os.Truncate(file, int64(kept)); err != nil {
			t.Fatal(err)
		}
		if err := app.UpdateLedger(dir, table(a, b, c, hidden, again)); err != nil {
			t.Fatalf("cut to %d bytes: %v", kept, err)
		}
		if all, whole, err := app.ParseLedger(strings.NewReader(read())); err != nil || len(all) != 5 || whole != int64(len(read())) {
			t.Errorf("cut to %d bytes: it is %q, %v", kept, read(), err)
		}
	}

	// What is damaged is not written to.
	for name, text := range map[string]string{"another file": "hello\n", "a word": want + "1 x 3 4 0\n", "a line too short": want + "1 2 3 4\n", "a negative id": want + "-1 2 3 4 0\n",
		"a line too long": want + "1 2 3 4 5 6\n", "an unknown word": want + "1 2 3 4 0 public\n",
		"two words": want + "1 2 3 4 0 signer counted\n", "a blank at the end": want + "1 2 3 4 0 \n", "two heads": want + "undersigned-erasures/v1\n", "an empty line": want + "\n", "a zero before": want + "01 2 3 4 0\n",
		"no line at all": strings.Repeat("1", 10_000) + "\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := app.UpdateLedger(dir, table(erasure(9, 9))); err == nil || read() != text {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLedger_writtenByTwo(t *testing.T) {
	dir := t.TempDir()
	var all []signing.Erasure
	for i := range int64(200) {
		all = append(all, erasure(1, i))
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; i < 200; i += 20 {
				if err := app.UpdateLedger(dir, table(all[:(i+w*5)%200+5]...)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	text, err := os.ReadFile(filepath.Join(dir, "erasures"))
	if err != nil {
		t.Fatal(err)
	}
	read, _, err := app.ParseLedger(bytes.NewReader(text))
	slices.SortFunc(read, func(a, b signing.Erasure) int { return int(a.Signature - b.Signature) })
	if err != nil || !slices.Equal(read, all[:len(read)]) || len(read) < 190 {
		t.Errorf("%d lines, %v", len(read), err)
	}
	if err := app.UpdateLedger(dir, func(func(signing.Erasure) error) error { return errors.New("no table") }); err == nil {
		t.Error("a failure of the table is not told")
	}
}

func FuzzLedger(f *testing.F) {
	f.Add("undersigned-erasures/v1\n1 2 3 4\n9223372036854775807 0 0 0\n5 6")
	f.Add("undersigned-erasures/v1\n1 2 3 4 0 counted\n1 2 3 4 0 signer\n1 2 3 4 0\n")
	f.Add("undersigned-erasures/v1\n1  2 3 4\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		all, whole, err := app.ParseLedger(strings.NewReader(text))
		if err != nil {
			return
		}
		var again []byte
		for _, e := range all {
			again = app.AppendErasure(again, e)
		}
		if whole > 0 {
			again = append([]byte("undersigned-erasures/v1\n"), again...)
		}
		if text[:whole] != string(again) || strings.Contains(text[whole:], "\n") {
			t.Errorf("%q was read as %q", text, again)
		}
	})
}

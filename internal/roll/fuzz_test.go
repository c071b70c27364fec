package roll_test

import (
	"encoding/base64"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/roll"
)

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("AAAAAAAAAAE")
	f.Add(base64.RawURLEncoding.EncodeToString(slices.Repeat([]byte{0xff}, 168)))
	f.Fuzz(func(t *testing.T, s string) {
		if key, _ := roll.OpenCursor(s); key == nil || len(key) > 160 {
			t.Errorf("%q opens to %d bytes", s, len(key))
		}
	})
}

// A name of any characters has a sort key and words of bounded size.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Mina Farahani", "علی‌رضا", "O'Brien", "Nguyễn Văn An", "क्‍ष", "\u0301", "①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, w := range roll.Words(name) {
			if w == "" || len(w) > 64 || !utf8.ValidString(w) {
				t.Errorf("%q is found by %q", name, w)
			}
		}
		if folded := roll.Fold(name); roll.Fold(folded) != folded {
			t.Errorf("%q folds to %q, which folds to %q", name, folded, roll.Fold(folded))
		}
		if len(roll.SortKey(name)) > 120 {
			t.Errorf("%q has a long key", name)
		}
	})
}

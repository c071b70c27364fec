package roll_test

import (
	"encoding/base64"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/roll"
)

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"Mina Farahani", "علی‌رضا", "O'Brien", "P\u0336e\u0336", "Nguyễn Văn An", "क्‍ष", "①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || utf8.RuneCountInString(name) > 200 {
			return
		}
		for _, w := range roll.Words(name) {
			if w == "" || len(w) > 64 || !utf8.ValidString(w) {
				t.Errorf("%q is found by %q", name, w)
			}
		}
		if len(roll.SortKey(name)) > 120 {
			t.Errorf("%q has a long key", name)
		}
	})
}

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

package signing_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
)

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"Mina Farahani", "علی‌رضا", "O'Brien", "P\u0336e\u0336", "Nguyễn Văn An", "क्‍ष", "①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || utf8.RuneCountInString(name) > signing.MaxName {
			return
		}
		for _, w := range signing.Words(name) {
			if w == "" || len(w) > 64 || !utf8.ValidString(w) {
				t.Errorf("%q is found by %q", name, w)
			}
		}
		_ = signing.Mask(name)
		if len(signing.SortKey(name)) > 120 {
			t.Errorf("%q has a long key", name)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("AAAAAAAAAAE")
	f.Add(base64.RawURLEncoding.EncodeToString(slices.Repeat([]byte{0xff}, 168)))
	f.Fuzz(func(t *testing.T, s string) {
		if key, _ := signing.OpenCursor(s); key == nil || len(key) > 160 {
			t.Errorf("%q opens to %d bytes", s, len(key))
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Add("123456")
	f.Add("۱۲۳-۴۵۶")
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := seal.TokenID(s); ok && strings.ContainsFunc(s, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '2' || r > '7') && r != '\n' && r != '\r' // encoding/base32 skips line ends
		}) {
			t.Errorf("%q is taken for a token", s)
		}
		if code := signing.Digits(s); code != "" && (len(code) != 6 || strings.Trim(code, "0123456789") != "") {
			t.Errorf("%q is read as %q", s, code)
		}
		_ = signing.NormaliseSecret(s)
	})
}

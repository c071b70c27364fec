package signing_test

import (
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
)

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
		_, _ = signing.NormaliseSecret(s), signing.Mask(s)
	})
}

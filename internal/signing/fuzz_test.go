package signing_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
)

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"mina@example.org", "Mina.F+x@GMAIL.com", "ü@münchen.example", "a@b", "\"a b\"@example.org", "a@example.org.", "a@[127.0.0.1]",
		"a@example.org\r\nBcc: b@example.org", "<a@example.org>", "a\u202e@example.org", "+@gmail.com", "a@xn--ls8h.la", "...@gmail.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kept, exact, mailbox, fault := signing.ParseAddress(s)
		if fault != nil {
			return
		}
		if len(kept) > 254 || !utf8.ValidString(kept) || strings.Count(kept, "@") < 1 ||
			strings.ContainsFunc(kept, func(r rune) bool {
				return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("<>,;:\"\\", r)
			}) {
			t.Errorf("%q became %q", s, kept)
		}
		again, exact2, mailbox2, fault := signing.ParseAddress(kept)
		if fault != nil || again != kept || exact2 != exact || mailbox2 != mailbox {
			t.Errorf("%q became %q, which becomes %q (%v)", s, kept, again, fault)
		}
	})
}

func FuzzCheckName(f *testing.F) {
	for _, s := range []string{"Mina Farahani", "علی‌رضا", "O'Brien", "Ali\u202e", "P\u0336e\u0336", "a\u200db", "\xff", "Nguyễn Văn An", "क्‍ष", "\u0301", "①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, fault := signing.CheckName("name", s)
		if fault != nil {
			return
		}
		if name == "" || utf8.RuneCountInString(name) > signing.MaxName || !norm.NFC.IsNormalString(name) || name != strings.TrimSpace(name) {
			t.Errorf("%q became %q", s, name)
		}
		for _, r := range name {
			if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) && r != 0x200c && r != 0x200d {
				t.Errorf("%q holds %U", name, r)
			}
		}
		if again, fault := signing.CheckName("name", name); fault != nil || again != name {
			t.Errorf("%q becomes %q (%v)", name, again, fault)
		}
		_, _, _ = signing.Misleads(name), signing.Skeleton(name), signing.Mask(name)
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

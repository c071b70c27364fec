package text_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/text"
)

func TestAddress_spellings(t *testing.T) {
	for typed, want := range map[string][3]string{
		" Mina@Example.ORG ":            {"Mina@example.org", "mina@example.org", "mina@example.org"},
		"m.i.na+letters@GoogleMail.com": {"m.i.na+letters@googlemail.com", "m.i.na+letters@googlemail.com", "mina@gmail.com"},
		"mina+x@example.org":            {"mina+x@example.org", "mina+x@example.org", "mina@example.org"},
		"mina-shop@yahoo.co.uk":         {"mina-shop@yahoo.co.uk", "mina-shop@yahoo.co.uk", "mina@yahoo.co.uk"},
		"-mina@ymail.com":               {"-mina@ymail.com", "-mina@ymail.com", "-mina@ymail.com"},
		"shop+1@mina.Fastmail.com":      {"shop+1@mina.fastmail.com", "shop+1@mina.fastmail.com", "mina@fastmail.com"},
		"mina-lee@example.org":          {"mina-lee@example.org", "mina-lee@example.org", "mina-lee@example.org"},
		"mina@münchen.example":          {"mina@xn--mnchen-3ya.example", "mina@xn--mnchen-3ya.example", "mina@xn--mnchen-3ya.example"},
	} {
		a, f := text.ParseAddress(typed)
		if got := [3]string{a.Typed, a.Exact, a.Mailbox}; f != nil || got != want {
			t.Errorf("%q: %q (%v), want %q", typed, got, f, want)
		}
	}
	for _, bad := range []string{"@example.org", "mina@", "mina@localhost", "a b@example.org", "mina@exa mple.org", "Mina <mina@example.org>",
		"mina@example.org>", "mina@example..org",
		"mina@-example.org", "mina\u200b@example.org", "mina@exam\u202eple.org", strings.Repeat("a", 65) + "@example.org",
		"mina@" + strings.Repeat("é.", 80) + "org"} {
		if a, f := text.ParseAddress(bad); f == nil {
			t.Errorf("%q is taken as %q", bad, a.Typed)
		}
	}
}

func TestEmail_forms(t *testing.T) {
	for typed, want := range map[string]string{" Mina@Example.ORG\t": "Mina@Example.ORG", "mina@localhost": "mina@localhost",
		"Zoe\u0308@münchen.example": "Zoë@münchen.example"} {
		if got, f := text.Email(typed); f != nil || got != want {
			t.Errorf("%q became %q (%v), want %q", typed, got, f, want)
		}
	}
	for typed, key := range map[string]string{" \u2003": "email.empty", strings.Repeat("a", 250) + "@b.org": "email.long", "mina": "email.bad",
		"Mina <mina@example.org>": "email.bad",
		"mi\u200dna@example.org":  "email.bad", "mina@example.org\r\nBcc: b@example.org": "email.bad", "mina@exam\ufeffple.org": "email.bad"} {
		if got, f := text.Email(typed); f == nil || f.Key != key || f.Field != "email" {
			t.Errorf("%q became %q (%v), want %s", typed, got, f, key)
		}
	}
	if got := text.FoldEmail(" Mina@MÜNCHEN.example "); got != "mina@münchen.example" {
		t.Errorf("folded to %q", got)
	}
}

func TestDomain_forms(t *testing.T) {
	for typed, want := range map[string]string{"Example.ORG": "example.org", "example.org.": "example.org",
		"münchen.example": "xn--mnchen-3ya.example", "localhost": "", "": "", "-a.org": ""} {
		if got, err := text.Domain(typed); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q became %q (%v), want %q", typed, got, err, want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"mina@example.org", "Mina.F+x@GMAIL.com", "ü@münchen.example", "a@b", "\"a b\"@example.org", "a@example.org.", "a@[127.0.0.1]",
		"a@example.org\r\nBcc: b@example.org", "<a@example.org>", "a\u202e@example.org", "+@gmail.com", "a@xn--ls8h.la", "...@gmail.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, fault := text.ParseAddress(s)
		if fault != nil {
			return
		}
		kept := a.Typed
		if len(kept) > 254 || !utf8.ValidString(kept) || strings.Count(kept, "@") < 1 ||
			strings.ContainsFunc(kept, func(r rune) bool {
				return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("<>,;:\"\\", r)
			}) {
			t.Errorf("%q became %q", s, kept)
		}
		if again, fault := text.ParseAddress(kept); fault != nil || again != a {
			t.Errorf("%q became %q, which becomes %q (%v)", s, a, again, fault)
		}
		if email, fault := text.Email(s); fault != nil || text.FoldEmail(email) != text.FoldEmail(s) {
			t.Errorf("%q is the address %q (%v), found by another key", s, email, fault)
		}
		if domain, err := text.Domain(a.Domain()); err != nil || domain != a.Domain() || !strings.HasSuffix(kept, "@"+domain) {
			t.Errorf("%q has the domain %q, which becomes %q (%v)", s, a.Domain(), domain, err)
		}
	})
}

package letter_test

import (
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter"
)

func TestOrigins(t *testing.T) {
	for typed, want := range map[string]string{
		"":                "",
		"partner.example": "https://partner.example",
		"https://Partner.example/campaign?x=1#top":    "https://partner.example",
		"https://partner.example:443 partner.example": "https://partner.example",
		"https://partner.example:8443":                "https://partner.example:8443",
		"bücher.example\n\n http://localhost:8080/":   "https://xn--bcher-kva.example http://localhost:8080",
		"http://127.0.0.1 http://[::1]:81":            "http://127.0.0.1 http://[::1]:81",
		"http://partner.example":                      "!", "*": "!", "https://*.example": "!", "ftp://a.example": "!", "javascript:x": "!", "'self'": "!", "https://a.example;script-src": "!",
		"https://user@a.example": "!", "data:text/html": "!", "one": "!", "https://": "!", strings.Repeat("a", 300) + ".example": "!",
	} {
		got, err := letter.Origins(typed)
		if (err != nil) != (want == "!") || err == nil && strings.Join(got, " ") != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	var many strings.Builder
	for i := range 31 {
		many.WriteString("a" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example\n")
	}
	if _, err := letter.Origins(many.String()); err == nil {
		t.Error("any number of sites is taken")
	}
}

func FuzzOrigins(f *testing.F) {
	f.Add("https://a.example:81/x")
	f.Fuzz(func(t *testing.T, typed string) {
		origins, err := letter.Origins(typed)
		for _, o := range origins {
			if err == nil && (strings.ContainsAny(o, " ;,'\"*\n\r") || !strings.HasPrefix(o, "http")) {
				t.Errorf("%q is an origin of %q", o, typed)
			}
		}
	})
}

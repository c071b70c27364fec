package text

import "testing"

func TestMisspelt(t *testing.T) {
	for typed, want := range map[string]string{
		"mina@gmial.com":     "mina@gmail.com",
		"Mina+x@GMAIL.CON":   "Mina+x@gmail.com",
		"mina@gmail.co":      "mina@gmail.com",
		"mina@gnail.com":     "mina@gmail.com",
		"mina@hotmial.com":   "mina@hotmail.com",
		"mina@hotmaill.com":  "mina@hotmail.com",
		"mina@protonmai.com": "mina@protonmail.com",
		"mina@gmail.com":     "",
		"mina@mail.com":      "",
		"mina@hotmail.de":    "",
		"mina@river.example": "",
		"mina@gmx.at":        "",
		"mina@orange.ch":     "",
	} {
		a, f := ParseAddress(typed)
		if f != nil {
			t.Fatalf("%s: %v", typed, f)
		}
		if got := Misspelt(a); got != want {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}

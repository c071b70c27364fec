package text_test

import (
	"testing"
	"unicode"

	"github.com/undersigned/undersigned/internal/text"
)

// What is folded is stored as words and tags: these values stay as they are.
func TestFold_values(t *testing.T) {
	for s, want := range map[string]string{"": "", "Mina  FARAHANI": "mina farahani", "O’Brien-Smith": "o brien smith",
		"Élodie Łucja Strauß Þóra Æon": "elodie lucja strauss thora aeon",
		"كانون نويسندگانِ":             "کانون نویسندگان", "علی‌رضا": "علی رضا", "مؤسّسة أحمد إيمان": "موسسه احمد ایمان", "ـعـلـی": "علی",
		"ΣΟΦΟΣ Σοφός": "σοφοσ σοφοσ",
		"①２ ﬁ":        "12 fi", "۱۲۳": "۱۲۳", "İpek Işıl": "ipek isil"} {
		if got := text.Fold(s); got != want {
			t.Errorf("%q folds to %q, want %q", s, got, want)
		}
	}
}

func TestSkeleton_pairs(t *testing.T) {
	for _, p := range [][2]string{{"Peace Office", "Реасе Оffice"}, {"Mornings", "Momings"}, {"Paul", "PauI"}, {"على رضا", "علی رضا"}, {"Vow",
		"V0vv"}, {"River Watch", "RiverWatch"}} {
		if a, b := text.Skeleton(p[0]), text.Skeleton(p[1]); a != b || a == "" {
			t.Errorf("%q and %q look different: %q, %q", p[0], p[1], a, b)
		}
	}
	if text.Skeleton("River Watch") == text.Skeleton("River Witch") {
		t.Error("two names look the same")
	}
}

func TestDigit_everyScript(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		d := text.Digit(r)
		if (d >= 0) != unicode.IsDigit(r) || d > 9 {
			t.Fatalf("%U is %d", r, d)
		}
		if d > 0 && text.Digit(r-1) != d-1 {
			t.Errorf("%U is %d, the one before is %d", r, d, text.Digit(r-1))
		}
	}
	for s, want := range map[string]string{"۱۴۰۳/۰۲/۱۱": "1403/02/11", "٢٠٢٤": "2024", "१२ ９ abc": "12 9 abc", "𝟗𝟘𝟡𝟶𝟿": "90909", "²½Ⅷ": "²½Ⅷ"} {
		if got := text.LatinDigits(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

package account_test

import (
	"testing"

	"github.com/undersigned/undersigned/internal/account"
)

func TestNameKey_spellings(t *testing.T) {
	for _, same := range [][]string{
		{"River Watch", "river-watch", "The River Watch", "RIVER  WATCH e.V.", "River Watch Ltd.", "Riverwatch"},
		{"Association des Rives", "L’Association des Rives", "association des rives (ASBL)"},
		{"كانون نويسندگان", "کانون نویسندگان", "كانون نويسندگانِ"},
		{"Bread & Roses", "Bread and Roses"},
		{"The The", "the  the"},
	} {
		for _, name := range same[1:] {
			if a, b := account.NameKey(same[0]), account.NameKey(name); a != b || a == "" {
				t.Errorf("%q and %q: %q, %q", same[0], name, a, b)
			}
		}
	}
	for _, other := range [][2]string{{"River Watch", "River Watch East"}, {"The", "Ltd"}, {"River Watch Foundation", "River Watch"}, {"", "The"}} {
		if account.NameKey(other[0]) == account.NameKey(other[1]) {
			t.Errorf("%q and %q are one", other[0], other[1])
		}
	}
}

package roll_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func TestList_eachNameOnceInCollatedOrder(t *testing.T) {
	names := []string{"Zoe Ash", "Åsa Berg", "Asa Berg", "asa berg", "Łukasz Nowak", "Émile Zola", "Mina Farahani", "Mina Farahani", "Mina Farahani",
		"مینا فراهانی", "علی رضایی", "Тарас Шевченко", "Ελένη Νίκου", "山田 太郎", "Nguyễn Văn An", "O'Brien", "de la Cruz", strings.Repeat("Longname ", 20) + "A",
		strings.Repeat("Longname ", 20) + "B"}
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.GiveAll(names)
		want := slices.Clone(names)
		collate.New(language.Und, collate.IgnoreCase).SortStrings(want)
		for i, name := range want {
			want[i] = strings.TrimSpace(name)
		}
		for _, limit := range []int{1, 2, 3, 100} {
			got := d.Names(verify.Person, "", limit)
			if diff := cmp.Diff(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(got))); diff != "" {
				t.Errorf("limit %d: not each name once (-want +got):\n%s", limit, diff)
			}
			c := collate.New(language.Und, collate.IgnoreCase)
			if !slices.IsSortedFunc(got, func(a, b string) int { return c.CompareString(a, b) }) {
				t.Errorf("limit %d: not in order: %q", limit, got)
			}
		}
	})
}

func TestList_findsByPrefixOfAnyFoldedWord(t *testing.T) {
	names := []string{"مينا كرمانی", "آرش یزدی", "علی‌رضا موسوی", "Élodie Łukasik", "İpek Işık", "Sean O'Brien", "Νίκος Παπαδόπουλος", "Jürgen Strauß",
		"Mina Farahani", "Mina Minaei", "Abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz Lund"}
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.GiveAll(names)
		for query, want := range map[string][]string{
			"مینا کرم":     {names[0]}, // Persian letters find what an Arabic keyboard wrote
			"مينا":         {names[0]},
			"ارش":          {names[1]},
			"یزدي":         {names[1]},
			"علیرضا":       {names[2]},
			"رضا":          {names[2]},
			"علی‌رضا":      {names[2]},
			"elodie":       {names[3]},
			"ÉLODIE LUKAS": {names[3]},
			"isik":         {names[4]},
			"obrien":       {names[5]},
			"o'brien":      {names[5]},
			"brien":        {names[5]},
			"ΝΙΚΟΣ":        {names[6]},
			"παπα":         {names[6]},
			"strauss":      {names[7]},
			"far mi":       {names[8]},
			"mina far":     {names[8]},
			"minaei mina":  {names[9]},
			"sean brien":   {names[5]},
			"mina minafar": nil,
			"mina":         {names[8], names[9]},
			"ina":          nil,
			"zzz":          nil,
			"%":            nil,
			"_":            nil,
			"' OR 1=1":     nil,
			"\x00":         nil,
			"\U0010FFFF":   nil,
			names[10][:52]: {names[10]},
		} {
			for _, limit := range []int{1, 50} {
				if got := d.Names(verify.Person, query, limit); !cmp.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
					t.Errorf("%q, %d a page: %q, want %q", query, limit, got, want)
				}
			}
		}
	})
}

func TestList_aBadCursorIsHarmless(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.GiveAll([]string{"Anna", "Berta", "Clara"})
		r := rand.New(rand.NewPCG(4, 4))
		for i := range 300 {
			raw := make([]byte, r.IntN(220))
			for j := range raw {
				raw[j] = byte(r.Uint32())
			}
			cursor := base64.RawURLEncoding.EncodeToString(raw)
			if i%3 == 0 {
				cursor = string(raw)
			}
			for _, query := range []string{"", "a"} {
				p, err := d.Roll.List(t.Context(), d.Letter.ID, verify.Person, query, cursor, 2)
				if err != nil || len(p.Signatories) > 2 {
					t.Fatalf("cursor %q, query %q: %d entries, %v", cursor, query, len(p.Signatories), err)
				}
			}
		}
	})
}

func TestSummary_namesThatJoinedLast(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		var names []string
		for i := range 15 {
			names = append(names, fmt.Sprintf("Person %c", 'a'+i))
			d.GiveAll(names[i:])
		}
		d.GiveAll([]string{"Hidden Person"}, testkit.Listed(roll.Addressee))
		_, persons, organisations, err := d.Roll.Summary(t.Context(), d.Letter.ID, 0)
		if err != nil || len(persons) != 12 || len(organisations) != 0 {
			t.Fatalf("%d persons, %d organisations, %v", len(persons), len(organisations), err)
		}
		for i, p := range persons {
			if want := names[14-i]; p.Name != want || p.Basis != verify.ByEmail {
				t.Errorf("place %d: %+v, want %s", i, p, want)
			}
		}
	})
}

// However long the list, a page of a search looks at few entries: also where words are common, and in the wrong order.
func TestList_aSearchLooksAtFewEntries(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		var text strings.Builder
		text.WriteString("Name\n")
		for i := range 1500 {
			fmt.Fprintf(&text, "Anna %s Lund\nLund %s\n", testkit.Words(i), testkit.Words(i))
		}
		text.WriteString("Anna Lund\n")
		d.Apply(d.Plan(testkit.List(t, text.String())))
		d.Publish()
		for query, want := range map[string]int{"anna lund": 1501, "lund anna": 1501, "lund": 3001, "anna zz": 0} {
			seen := map[string]bool{}
			for cursor, pages := "", 0; ; pages++ {
				p, err := d.Roll.List(t.Context(), d.Letter.ID, verify.Person, query, cursor, 50)
				if err != nil || pages > 500 {
					t.Fatalf("%q: page %d, %v", query, pages, err)
				}
				for _, s := range p.Signatories {
					if seen[s.Name] {
						t.Errorf("%q: %s is found twice", query, s.Name)
					}
					seen[s.Name] = true
				}
				if cursor = p.Next; cursor == "" {
					break
				}
			}
			if len(seen) != want {
				t.Errorf("%q: %d names, want %d", query, len(seen), want)
			}
		}
		first, err := d.Roll.List(t.Context(), d.Letter.ID, verify.Person, "anna lund", "", 50)
		if err != nil || first.Signatories[0].Name != "Anna Lund" {
			t.Errorf("whose name is what was typed comes first: %+v, %v", first.Signatories[:1], err)
		}
	})
}

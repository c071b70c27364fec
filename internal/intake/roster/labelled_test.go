package roster_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/intake/roster"
)

func TestLabelled(t *testing.T) {
	for text, want := range map[string]roster.Entry{
		"":        {Name: "W"},
		"I sign.": {Name: "W"},
		"Note: I sign.\nDate: today\n: x\nName:\n": {Name: "W"},
		"Name: Ada Wren":                             {Name: "Ada Wren"},
		"  - name :  Ada  Wren \nName: Other":        {Name: "Ada Wren"},
		"Organisation: River Watch":                  {Name: "W", Organisation: "River Watch", Kind: "organisation"},
		"Organisation: River Watch\nKind: both":      {Name: "W", Organisation: "River Watch", Kind: "both"},
		"Organisation: River Watch\nName: Ada":       {Name: "Ada", Organisation: "River Watch"},
		"First name: Ada\nLast name: Wren":           {Name: "Ada Wren"},
		"نام خانوادگی: فراهانی\nنام: مینا":           {Name: "مینا فراهانی"},
		"Pays : Kenya\nFonction : Juge\nNom : Ada":   {Name: "Ada", Title: "Juge", Country: "KE"},
		"Country: Nowhere":                           {Name: "W", Notes: []roster.Note{roster.NoteCountry}},
		"Public: maybe":                              {Name: "W", Listing: "counted", Notes: []roster.Note{roster.NoteListing}},
		"Public：yes":                                 {Name: "W", Listing: "public"},
		"Title: https://x.example":                   {Name: "W", Title: "https://x.example"}, // which is refused later
		strings.Repeat("x\n", 600) + "Name: Too Far": {Name: "W"},
	} {
		got := roster.Labelled(7, text, "W")
		if len(got.Notes) != len(want.Notes) || len(got.Notes) > 0 && got.Notes[0] != want.Notes[0] || got.Line != 7 {
			t.Errorf("%.60q: line %d, notes %q, want %q", text, got.Line, got.Notes, want.Notes)
		}
		if got.Name != want.Name || got.Title != want.Title || got.Organisation != want.Organisation || got.Country != want.Country || got.Listing != want.Listing || got.Kind != want.Kind {
			t.Errorf("%.60q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzLabelled(f *testing.F) {
	f.Add("Name: Ada\nOrganisation: River Watch\nKind: both\nPublic: no", "Writer")
	f.Add("نام: مینا\nنام خانوادگی: فراهانی", "\u202e")
	f.Fuzz(func(t *testing.T, text, writer string) {
		if !utf8.ValidString(text + writer) {
			return
		}
		e := roster.Labelled(1, text, writer)
		for _, s := range []string{e.Name, e.Title, e.Affiliation, e.Organisation, e.Email, e.Country} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\n\r\x00\u202e") || len(s) > 4001 {
				t.Errorf("%+v", e)
			}
		}
	})
}

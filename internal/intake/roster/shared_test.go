package roster_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake/roster"
)

// TestShared_lists reads the lists that are kept beside the checkout, where there are any.
func TestShared_lists(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "cases")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no shared lists")
	}
	for name, want := range map[string][]string{ // organisation or name, who sees it, why it is nobody
		"13-consent-column-ignored/h101.csv":    {"Ada Lunt of Harbour Watch counted"},
		"13-consent-column-ignored/h103.csv":    {"Ada Lunt of Harbour Watch counted"},
		"13-consent-column-ignored/h107.csv":    {"Ada Lunt of Harbour Watch counted"},
		"13-consent-column-ignored/h108.csv":    {"Ada Lunt of Harbour Watch counted"},
		"14-name-beside-unknown-columns/n1.csv": {"Ada Lunt ", "Ben Orre "},
		"14-name-beside-unknown-columns/n3.csv": {"Ada Lunt ", "Ben Orre "},
		"15-rows-that-are-nobody/anon.csv": {"Anonymous counted", "Anonymous counted", "Anonyme of Harbour School counted",
			"ناشناس counted"},
		"15-rows-that-are-nobody/na.csv":  {"Ada Lunt ", "Ben Orre ", "Cia Moe ", "Dee Fox "},
		"15-rows-that-are-nobody/num.csv": {"Ada Lunt ", "Ben Orre "},
		"15-rows-that-are-nobody/orgs.csv": {" of River Watch ", " ", " ", " of TOTAL no_signatory",
			" of and 15 others no_signatory"},
		"15-rows-that-are-nobody/total.csv": {"Ada Lunt of Harbour Watch ", "ADA LUNT of HARBOUR WATCH ",
			"Lunt Ada of Harbour Watch ", "Total: 3 no_signatory"},
		"16-contact-person-published-for-organisation/gform.csv":   {"organisation Harbour Watch "},
		"16-contact-person-published-for-organisation/orgname.csv": {"organisation Harbour Watch "},
		"17-csv-of-old-mac-line-ends/mac.csv":                      {"Ada Lunt of Harbour Watch ", "Ben Orre of River Guild "},
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		r, err := roster.Read(name, data, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, e := range r.Entries {
			text := e.Name
			switch {
			case r.OfOrganisations:
				text = "organisation " + e.Organisation
			case e.Organisation != "":
				text += " of " + e.Organisation
			}
			text += " " + e.Listing
			if e.Fault != nil {
				text += fault.All(e.Fault)[0].Key[len("roster."):]
			}
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s, want\n%s", name, fmt.Sprintf("%q", got), fmt.Sprintf("%q", want))
		}
	}
}

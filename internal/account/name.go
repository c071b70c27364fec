package account

import (
	"context"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// NameKey is what two spellings of an organisation's name have in common: letters and digits without case, marks, blanks
// and punctuation, without the article in front and the legal form behind. It finds a directory entry, and the same
// organisation signing twice; it proves nothing by itself.
func NameKey(name string) string {
	words := strings.Fields(text.Fold(strings.ReplaceAll(name, "&", " and ")))
	for len(words) > 1 && slices.Contains(articles, words[0]) {
		words = words[1:]
	}
	for n := 3; n >= 1; n-- { // "e v" is two words once its full stops are gone
		if len(words) > n && slices.Contains(legalForms, strings.Join(words[len(words)-n:], "")) {
			words = words[:len(words)-n]
			break
		}
	}
	return strings.Join(words, "")
}

// Distinct returns a fault of kind Conflict when another entry of the directory has one of the organisation's names, in
// whatever spelling: two entries for one organisation would each be believed about it.
func (directory Organisations) Distinct(ctx context.Context, o Organisation) error {
	var all []Organisation
	err := directory.accounts.DB.View(ctx, func(tx *store.Tx) (err error) {
		all, err = List(tx)
		return err
	})
	if err != nil {
		return err
	}
	keys := map[string]bool{}
	for _, name := range o.Names {
		keys[NameKey(name)] = true
	}
	for _, other := range all {
		for _, name := range other.Names {
			if other.Slug != o.Slug && keys[NameKey(name)] {
				return fault.New(fault.Conflict, "organisation.namesake", "Name", name).On("name")
			}
		}
	}
	return nil
}

var (
	articles   = []string{"the", "le", "la", "les", "l", "el", "los", "las", "der", "die", "das", "il", "al"}
	legalForms = []string{"ltd", "limited", "inc", "incorporated", "llc", "plc", "corp", "ev", "gmbh", "ggmbh", "ag", "asbl", "aisbl", "vzw", "sa", "sarl", "srl",
		"bv", "nv", "ab", "oy", "ry", "onlus", "cic", "cio", "ngo", "ong"}
)

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

// composedKeys are the message keys that are put together at run time, from every value that the code can give them.
func composedKeys() (keys []string) {
	add := func(prefix string, values ...string) {
		for _, v := range values {
			keys = append(keys, prefix+v)
		}
	}
	add("held.", signing.HeldDuplicate, signing.HeldLookAlike, signing.HeldRemoved)
	for _, state := range []signing.State{signing.StateNew, signing.StateListed, signing.StateHeld, signing.StateWithdrawn, signing.StateRemoved} {
		add("own_state", "."+string(state), "_hint."+string(state))
	}
	for _, listing := range roll.Listings {
		add("", "listing."+string(listing), "listing_hint."+string(listing), "form.sees_"+string(listing))
	}
	add("kind.", string(verify.Person), string(verify.Organisation), string(signing.Both))
	add("state.", string(letter.Draft), string(letter.Open), string(letter.Closed), string(letter.Archived))
	add("follows.", "first", "as_"+string(letter.FollowsCosmetic), "as_"+string(letter.FollowsTranslation), "as_"+string(letter.FollowsSubstantive))
	for kind := fault.Invalid; kind.String() != "unknown"; kind++ {
		add("fault.heading.", strings.ReplaceAll(kind.String(), " ", "_"))
	}
	add("fault.heading.", "internal")
	for _, field := range []string{"name", "organisation", "title", "affiliation"} {
		add("fault.", field+".long")
	}
	add("fault.", "name.empty", "organisation.empty")
	for _, why := range []importer.Reason{importer.Around, importer.Hidden, importer.Properties, importer.Above, importer.Below} {
		add("desk.left_out.", string(why))
	}
	add("mail.", "confirm.subject", "code.subject")
	return keys
}

// Every message that the code asks for, by a key written out or put together, is in every catalogue.
func TestMessages_everyKeyIsThere(t *testing.T) {
	keys := append(composedKeys(), literalKeys(t)...)
	if len(keys) < 120 {
		t.Fatalf("only %d keys found: the search is broken", len(keys))
	}
	for _, l := range i18n.All() {
		for _, key := range keys {
			if !l.Has(key) {
				t.Errorf("%s: no message %q", l.Code, key)
			}
		}
		if l.Has("held.nonsense") {
			t.Errorf("%s has a message for nonsense: the test is broken", l.Code)
		}
	}
}

// literalKeys returns the keys that stand in the code: those of T and N, and of faults.
func literalKeys(t *testing.T) (keys []string) {
	t.Helper()
	err := filepath.WalkDir("internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testkit") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if key, ok := keyOf(call); ok {
				keys = append(keys, key)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func keyOf(call *ast.CallExpr) (string, bool) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	literal := func(i int) (string, bool) {
		if i >= len(call.Args) {
			return "", false
		}
		l, ok := call.Args[i].(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(l.Value)
		return s, err == nil
	}
	if on, ok := f.X.(*ast.Ident); ok && on.Name == "fault" && f.Sel.Name == "New" {
		key, ok := literal(1)
		return "fault." + key, ok
	}
	if f.Sel.Name == "T" || f.Sel.Name == "N" {
		key, ok := literal(0)
		return key, ok && !strings.HasSuffix(key, ".") && strings.ToLower(key) == key
	}
	return "", false
}

package importer

import (
	"go/ast"
	"go/parser"
	source "go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// notRules are the files beside the rules and the tables: fronts, which know formats, and what tells languages apart.
var notRules = []string{"decode.go", "docx.go", "docx_body.go", "docx_styles.go", "draft.go", "flow.go", "fold.go", "html.go", "html_body.go", "importer.go",
	"lang.go", "leftout.go", "markdown.go", "numeral.go", "text.go", "warning.go"}

// notations are the variables of the rules that hold letters of no language: alphabets, and signs for numbers.
var notations = []string{"currencies", "letterOrders", "romans", "unitSuffixes"}

// TestRules_noLanguage checks that the rules hold no words: what they compare a letter with stands in the tables. Keys of
// warnings are ours, and patterns are notation.
func TestRules_noLanguage(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := source.NewFileSet()
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "lang_") || slices.Contains(notRules, name) {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.ValueSpec:
				return !slices.Contains(notations, n.Names[0].Name)
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				return !ok || called.Sel.Name != "warn" && called.Sel.Name != "MustCompile"
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind == source.STRING && err == nil && strings.ContainsFunc(text, unicode.IsLetter) && warningText[text] == "" {
					t.Errorf("%s: a rule knows %s", fset.Position(n.Pos()), n.Value)
				}
			}
			return true
		})
	}
}

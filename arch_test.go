package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

const module = "github.com/undersigned/undersigned"

// order is the arrows of the house: a package may import what stands in a row above its own, nothing beside or below it.
var order = [][]string{
	{"internal/fault", "internal/config", "verify"},
	{"internal/text"},
	{"internal/i18n"},
	{"internal/store", "internal/seal"},
	{"internal/job", "internal/tlog"},
	{"internal/account"},
	{"internal/mailbox"},
	{"internal/letter/importer", "internal/intake/roster"},
	{"internal/letter"},
	{"internal/roll", "internal/inbox"},
	{"internal/signing"},
	{"internal/invitation", "internal/intake", "internal/news"},
	{"internal/document"},
	{"internal/handout"},
	{"internal/delivery"},
	{"internal/mail"},
	{"internal/bundle"},
	{"internal/web/page"},
	{"internal/web/public", "internal/web/desk"},
	{"internal/web"},
	{"internal/app"},
	{"internal/bench"},
	{"internal/cli"},
	{"."},
}

// domain are the packages whose rules take the time as an argument or from the store's clock.
var domain = []string{"internal/account", "internal/mailbox", "internal/letter", "internal/letter/importer", "internal/roll", "internal/signing",
	"internal/invitation", "internal/intake", "internal/news", "internal/document", "internal/handout", "internal/delivery",
	"internal/intake/roster", "internal/seal", "internal/text", "verify"}

// testsOnly says that a package is there for tests: it may import everything, and nothing that ships may import it.
func testsOnly(pkg string) bool {
	return pkg == "internal/testkit" || strings.HasPrefix(pkg, "internal/e2e/")
}

const (
	maxLines   = 600
	maxColumns = 160 // characters, a tab being one
)

// mayBeWide reports whether a line needs no break: the tables of words, and the tags of settings, which Go does not let break.
func mayBeWide(path, line string) bool {
	return strings.Contains(line, `help:"`) || strings.HasPrefix(filepath.Base(path), "lang_") || filepath.Base(path) == "heading.go"
}

func row(pkg string) int {
	return slices.IndexFunc(order, func(cell []string) bool { return slices.Contains(cell, pkg) })
}

type source struct {
	path, pkg string
	test      bool
	file      *ast.File
	lines     int
	wide      []int // numbers of lines that are too wide
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{path: path, pkg: filepath.ToSlash(filepath.Dir(path)), test: strings.HasSuffix(path, "_test.go"), file: file}
		for line := range strings.Lines(string(text)) {
			if s.lines++; utf8.RuneCountInString(strings.TrimRight(line, "\n")) > maxColumns && !mayBeWide(path, line) {
				s.wide = append(s.wide, s.lines)
			}
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func imports(s source) (paths []string) {
	for _, i := range s.file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		paths = append(paths, path)
	}
	return paths
}

// wrongArrow says what is wrong with a package importing another, "" if nothing is.
func wrongArrow(pkg, imported string) string {
	if imported == "database/sql" && pkg != "internal/store" {
		return "only store knows database/sql"
	}
	local, ok := strings.CutPrefix(imported, module+"/")
	switch {
	case !ok:
		return ""
	case testsOnly(local):
		return local + " is for tests only"
	case (pkg == "internal/web" || strings.HasPrefix(pkg, "internal/web/")) && local == "internal/store":
		return "web knows no SQL"
	case row(pkg) < 0:
		return "the package has no place in the order"
	case row(local) < 0 || row(local) >= row(pkg):
		return "the arrow points the wrong way"
	}
	return ""
}

func TestArchitecture_arrows(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || testsOnly(s.pkg) {
			continue
		}
		for _, path := range imports(s) {
			if wrong := wrongArrow(s.pkg, path); wrong != "" {
				t.Errorf("%s imports %s: %s", s.path, path, wrong)
			}
		}
	}
}

// TestArchitecture_control shows that the rules refuse what they are there to refuse.
func TestArchitecture_control(t *testing.T) {
	for _, arrow := range [][2]string{{"internal/web", module + "/internal/store"}, {"internal/web/desk", module + "/internal/store"},
		{"internal/web/page", module + "/internal/web/public"}, {"internal/web/public", module + "/internal/web/desk"},
		{"internal/letter", module + "/internal/signing"},
		{"internal/store", module + "/internal/seal"}, {"internal/app", module + "/internal/testkit"}, {"internal/letter", "database/sql"},
		{"internal/app", module + "/internal/e2e/promise"}, {"internal/helpers", module + "/internal/fault"}} {
		if wrongArrow(arrow[0], arrow[1]) == "" {
			t.Errorf("%s may import %s", arrow[0], arrow[1])
		}
	}
}

// An end-to-end test is no code that another package could use: what they share is in testkit.
func TestArchitecture_endToEnd(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.pkg, "internal/e2e") && !s.test && (filepath.Base(s.path) != "doc.go" || len(s.file.Decls) > 0) {
			t.Errorf("%s is neither a test nor a package comment", s.path)
		}
	}
}

func TestArchitecture_clockAndEnvironment(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || testsOnly(s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			on, _ := call.X.(*ast.Ident)
			switch {
			case on == nil:
			case on.Name == "time" && call.Sel.Name == "Now" && slices.Contains(domain, s.pkg):
				t.Errorf("%s calls time.Now: a domain package takes the time", s.path)
			case on.Name == "os" && (call.Sel.Name == "Getenv" || call.Sel.Name == "LookupEnv" || call.Sel.Name == "Environ") && s.pkg != "internal/config":
				t.Errorf("%s reads the environment: config does", s.path)
			}
			return true
		})
	}
}

func TestArchitecture_documentedAndSmall(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.lines > maxLines {
			t.Errorf("%s has %d lines, more than %d", s.path, s.lines, maxLines)
		}
		if len(s.wide) > 0 && !s.test { // tables of inputs and expectations are easier to read unbroken
			t.Errorf("%s has lines of more than %d columns: %v", s.path, maxColumns, s.wide)
		}
		if !s.test {
			documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment", pkg)
		}
	}
}

var namedPath = regexp.MustCompile("`([a-z0-9_]+(?:/[a-z0-9_*.A-Z]+)*(?:\\.[a-z]+|/))`")

// What CONTRIBUTING.md sends a newcomer to is there.
func TestContributing_namesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(text), "## Rules that are easy to miss")
	named := 0
	for _, m := range namedPath.FindAllStringSubmatch(table, -1) {
		if !strings.Contains(m[1], "/") { // a name of a file without its folder, beside one that has it
			continue
		}
		named++
		found := 0
		for _, root := range []string{".", "internal"} {
			paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(m[1])))
			if err != nil {
				t.Fatal(err)
			}
			found += len(paths)
		}
		if found == 0 {
			t.Errorf("CONTRIBUTING.md names %s, which is not there", m[1])
		}
	}
	if named < 100 {
		t.Errorf("only %d paths were found", named)
	}
}

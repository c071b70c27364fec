package importer_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

// expectation is what a careful reader finds in a letter.
type expectation struct {
	Must    map[string]string `json:"must"`
	Demands *int              `json:"demands"`
	Empty   []string          `json:"empty"`
	Figures [][2]any          `json:"figures"`
}

// TestShared_expected reads the letters that are kept beside the checkout, where there are any.
func TestShared_expected(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "letters")
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no shared letters")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	for name, message := range raw {
		if strings.HasPrefix(name, "_") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var want expectation
			if err := json.Unmarshal(message, &want); err != nil {
				t.Fatal(err)
			}
			source, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			checkExpectation(t, readTree(t, name, source), want)
			checkStandsInSource(t, name, source)
		})
	}
}

// readTree reads a letter and returns its JSON as a tree.
func readTree(t *testing.T, name string, source []byte) map[string]any {
	t.Helper()
	draft, err := importer.Read(name, source)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(draft)
	if err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		t.Logf("%s\nbody: %.300s", out, draft.Body)
	}
	var tree map[string]any
	if err := json.Unmarshal(out, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func checkExpectation(t *testing.T, tree map[string]any, want expectation) {
	t.Helper()
	for path, value := range want.Must {
		if got := at(tree, path); foldSpace(got) != foldSpace(value) {
			t.Errorf("%s = %q, want %q", path, got, value)
		}
	}
	for _, path := range want.Empty {
		if _, ok := tree[path]; ok {
			t.Errorf("%s = %v, want it omitted", path, tree[path])
		}
	}
	if want.Demands != nil {
		if demands, _ := tree["demands"].([]any); len(demands) != *want.Demands {
			t.Errorf("%d demands, want %d: %v", len(demands), *want.Demands, demands)
		}
	}
	for _, f := range want.Figures {
		if !hasFigure(tree, f[0].(float64), f[1].(string)) {
			t.Errorf("no figure %v %v in %v", f[0], f[1], tree["figures"])
		}
	}
}

func hasFigure(tree map[string]any, value float64, qualifier string) bool {
	figures, _ := tree["figures"].([]any)
	for _, f := range figures {
		if f := f.(map[string]any); f["value"] == value && f["qualifier"] == qualifier {
			return true
		}
	}
	return false
}

// at returns the string at a path such as addressees[0].address[1].
func at(tree any, path string) string {
	for step := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if i, err := strconv.Atoi(step); err == nil {
			list, _ := tree.([]any)
			if i >= len(list) {
				return ""
			}
			tree = list[i]
			continue
		}
		fields, _ := tree.(map[string]any)
		tree = fields[step]
	}
	s, _ := tree.(string)
	return s
}

func foldSpace(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// TestRead_expected reads the letters of testdata that say what a careful reader finds in them.
func TestRead_expected(t *testing.T) {
	data, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]expectation
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			checkExpectation(t, readTree(t, name, source), want)
		})
	}
}

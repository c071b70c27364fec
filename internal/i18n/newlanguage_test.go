package i18n_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
)

// A new language takes one file: with a catalogue more in the build, and nothing else changed, the tests of the interface
// pass in that language too. The catalogue is English with longer words and accents, in a language that none of the tables
// of countries knows.
func TestNewLanguage_takesOneFile(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the packages that speak once more")
	}
	const code = "eo"
	if i18n.Find(code) != nil {
		t.Fatalf("%s is a language of the interface: choose another one for this test", code)
	}
	file := filepath.Join(t.TempDir(), code+".json")
	if err := os.WriteFile(file, pseudoCatalogue(t, code), 0o644); err != nil {
		t.Fatal(err)
	}
	target, err := filepath.Abs(filepath.Join("locales", code+".json"))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{target: file}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "-short", "-v", "-vet=off", "-overlay", list,
		"-run", "^Test(Catalogues|Countries|Match|Templates|Pages|Mail_isPlain|Mail_aCode)",
		".", "../web", "../mail").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"--- PASS: TestCatalogues ", "--- PASS: TestPages_references/letter/" + code, "--- PASS: TestMail_isPlain"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tests do not say %q", want)
		}
	}
}

// pseudoCatalogue returns the English catalogue with every message accented and a third longer.
func pseudoCatalogue(t *testing.T, code string) []byte {
	t.Helper()
	data, err := i18n.Catalogues.ReadFile("locales/" + i18n.Default + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	delete(tree, "locale")
	pseudo := accent(tree).(map[string]any)
	pseudo["locale"] = map[string]string{"name": "Esperanto", "dir": "ltr", "calendar": "gregorian", "numbers": code}
	if data, err = json.MarshalIndent(pseudo, "", "  "); err != nil {
		t.Fatal(err)
	}
	return data
}

var accents = strings.NewReplacer("a", "â", "e", "ê", "i", "î", "o", "ô", "u", "û", "c", "ĉ", "s", "ŝ")

func accent(value any) any {
	switch v := value.(type) {
	case map[string]any:
		changed := map[string]any{}
		for key, child := range v {
			changed[key] = accent(child)
		}
		return changed
	case string:
		if !letters.MatchString(placeholder.ReplaceAllString(v, "")) {
			return v
		}
		var b strings.Builder
		rest := v
		for _, at := range placeholder.FindAllStringIndex(v, -1) { // names of arguments stay as they are
			b.WriteString(accents.Replace(v[len(v)-len(rest):at[0]]) + v[at[0]:at[1]])
			rest = v[at[1]:]
		}
		b.WriteString(accents.Replace(rest))
		return b.String() + strings.Repeat(" ŭŭŭŭ", len(v)/15+1)
	}
	return fmt.Sprint(value)
}

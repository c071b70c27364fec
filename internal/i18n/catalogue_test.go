package i18n_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/i18n"
)

// message is one message of a catalogue: its forms by plural category, or one form under "".
type message map[string]string

var categories = map[plural.Form]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}

func readCatalogues(t *testing.T) map[string]map[string]message {
	t.Helper()
	files, err := filepath.Glob("locales/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("catalogues: %v, %v", files, err)
	}
	all := map[string]map[string]message{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		messages := map[string]message{}
		flatten(t, file, "", tree, messages)
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = messages
	}
	return all
}

func flatten(t *testing.T, file, prefix string, tree map[string]any, into map[string]message) {
	for key, value := range tree {
		switch v := value.(type) {
		case string:
			into[prefix+key] = message{"": v}
		case map[string]any:
			if _, plural := v["other"]; !plural {
				flatten(t, file, prefix+key+".", v, into)
				continue
			}
			forms := message{}
			for category, text := range v {
				forms[category], _ = text.(string)
			}
			into[prefix+key] = forms
		default:
			t.Errorf("%s: %s%s is a %T", file, prefix, key, value)
		}
	}
}

// Every language says everything, and nothing that the default language does not.
func TestCatalogues_sameKeys(t *testing.T) {
	all := readCatalogues(t)
	for code, messages := range all {
		for key := range all[i18n.Default] {
			if _, ok := messages[key]; !ok {
				t.Errorf("%s: %s is missing", code, key)
			}
		}
		for key := range messages {
			if _, ok := all[i18n.Default][key]; !ok {
				t.Errorf("%s: %s is in no other catalogue", code, key)
			}
		}
	}
}

// A counted message has exactly the plural forms that CLDR gives its language, and is counted in every language.
func TestCatalogues_pluralForms(t *testing.T) {
	all := readCatalogues(t)
	for code, messages := range all {
		want := map[string]bool{"other": true}
		for n := range 1000 {
			want[categories[plural.Cardinal.MatchPlural(language.MustParse(code), n, 0, 0, 0, 0)]] = true
		}
		want[categories[plural.Cardinal.MatchPlural(language.MustParse(code), 1_000_000, 0, 0, 0, 0)]] = true
		for key, m := range messages {
			_, single := m[""]
			if _, single2 := all[i18n.Default][key][""]; single != single2 {
				t.Errorf("%s: %s is counted in one language and not in another", code, key)
			}
			if single {
				continue
			}
			if got, want := slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the forms %v, CLDR has %v", code, key, got, want)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// Every form of a message uses the same arguments in every language, and no message is empty or has a stray brace.
func TestCatalogues_placeholders(t *testing.T) {
	all := readCatalogues(t)
	for code, messages := range all {
		for key, m := range messages {
			want := arguments(all[i18n.Default][key]["other"] + all[i18n.Default][key][""])
			for category, text := range m {
				if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
					t.Errorf("%s: %s %s is empty or has space around it", code, key, category)
				}
				got := arguments(text)
				if category != "" && category != "other" && !slices.Contains(got, "Count") && slices.Contains(want, "Count") {
					got = slices.Sorted(slices.Values(append(got, "Count"))) // "one thing" needs no numeral
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s %s uses %v, want %v", code, key, category, got, want)
				}
				if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}<>") {
					t.Errorf("%s: %s %s has a stray brace or tag: %s", code, key, category, text)
				}
			}
		}
	}
}

func arguments(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var (
	usedFault   = regexp.MustCompile(`fault\.New\(fault\.\w+, "([a-z0-9_.]+)"`)
	usedMessage = regexp.MustCompile(`\.[TN]\("([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)"[,)]`)
)

// Every fault that the code raises, and every message it names, is in the catalogues.
func TestCatalogues_haveWhatTheCodeSays(t *testing.T) {
	messages := readCatalogues(t)[i18n.Default]
	found := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var keys []string
		for _, m := range usedFault.FindAllSubmatch(source, -1) {
			keys = append(keys, "fault."+string(m[1]))
		}
		for _, m := range usedMessage.FindAllSubmatch(source, -1) {
			keys = append(keys, string(m[1]))
		}
		for _, key := range keys {
			found++
			if _, ok := messages[key]; !ok {
				t.Errorf("%s says %s, which no catalogue has", name, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no message found in the code: the search is broken")
	}
}

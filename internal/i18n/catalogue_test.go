package i18n_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/i18n"
)

// catalogue is one file: its settings, and its messages by key.
type catalogue struct {
	settings map[string]string
	messages map[string]message
}

// message is one message of a catalogue: its forms by plural category, or one form under "".
type message map[string]string

func readCatalogues(t *testing.T) map[string]catalogue {
	t.Helper()
	files, err := fs.Glob(i18n.Catalogues, "locales/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("catalogues: %v, %v", files, err)
	}
	all := map[string]catalogue{}
	for _, file := range files {
		data, err := i18n.Catalogues.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		c := catalogue{settings: map[string]string{}, messages: map[string]message{}}
		settings, _ := tree["locale"].(map[string]any)
		for name, value := range settings {
			c.settings[name] = fmt.Sprint(value)
		}
		delete(tree, "locale")
		flatten(t, file, "", tree, c.messages)
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = c
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

// Every language says everything, in every plural form its grammar has, about the same things, in its own words.
func TestCatalogues(t *testing.T) {
	for _, finding := range review(readCatalogues(t)) {
		t.Error(finding)
	}
}

// review returns what is wrong with the catalogues, one sentence each.
func review(all map[string]catalogue) (findings []string) {
	for code, c := range all {
		report := func(format string, args ...any) {
			findings = append(findings, code+": "+fmt.Sprintf(format, args...))
		}
		reviewSettings(code, c, report)
		reviewKeys(c, all[i18n.Default], report)
		reviewForms(code, c, all[i18n.Default], report)
		for key, m := range c.messages {
			for category, text := range m {
				reviewText(strings.TrimSpace(key+" "+category), text, c, report)
			}
		}
		if code != i18n.Default {
			reviewSame(c, all[i18n.Default], report)
		}
	}
	return findings
}

type reporter func(format string, args ...any)

func reviewSettings(code string, c catalogue, report reporter) {
	for _, name := range []string{"name", "dir", "calendar", "numbers"} {
		if c.settings[name] == "" {
			report("the setting %s is missing", name)
		}
	}
	for name := range c.settings {
		if !slices.Contains([]string{"name", "dir", "calendar", "numbers", "group", "same"}, name) {
			report("there is no setting %s", name)
		}
	}
	if got, want := c.settings["dir"], i18n.Direction(code); got != want {
		report("the direction is %q, the language is written %s", got, want)
	}
	if _, ok := c.messages["month."+c.settings["calendar"]+".m1"]; !ok {
		report("no months of the calendar %q", c.settings["calendar"])
	}
	tag, err := language.Parse(c.settings["numbers"])
	if base, _ := tag.Base(); err != nil || base.String() != strings.SplitN(code, "-", 2)[0] {
		report("the numbers are of the language %q", c.settings["numbers"])
	}
}

func reviewKeys(c, english catalogue, report reporter) {
	for key := range english.messages {
		if _, ok := c.messages[key]; !ok {
			report("%s is missing", key)
		}
	}
	for key := range c.messages {
		if _, ok := english.messages[key]; !ok {
			report("%s is in no other catalogue", key)
		}
	}
}

// reviewForms finds plural forms that the language has and the catalogue does not, or the other way about, and forms with
// other arguments than the English message.
func reviewForms(code string, c, english catalogue, report reporter) {
	numbers := categories(code)
	for key, m := range c.messages {
		_, single := m[""]
		if _, single2 := english.messages[key][""]; single != single2 {
			report("%s is counted in one language and not in another", key)
			continue
		}
		if got, want := slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Keys(numbers)); !single && !slices.Equal(got, want) {
			report("%s has the forms %v, the language has %v", key, got, want)
		}
		want := arguments(english.messages[key]["other"] + english.messages[key][""])
		for category, text := range m {
			got := arguments(text)
			if len(numbers[category]) == 1 && slices.Contains(want, "Count") && !slices.Contains(got, "Count") {
				got = slices.Sorted(slices.Values(append(got, "Count"))) // "one thing" needs no numeral
			}
			if !slices.Equal(got, want) {
				report("%s %s uses the arguments %v, want %v", key, category, got, want)
			}
		}
	}
}

// categories returns the plural categories of a language, as the library that chooses a form knows them, each with some
// of the numbers it is for.
func categories(code string) map[string][]int {
	bundle := goi18n.NewBundle(language.English)
	tag := language.MustParse(code)
	bundle.MustAddMessages(tag, &goi18n.Message{ID: "n", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other"})
	localizer := goi18n.NewLocalizer(bundle, code)
	found := map[string][]int{}
	for _, n := range append(slices.Collect(func(yield func(int) bool) {
		for n := 0; n < 1000 && yield(n); n++ {
		}
	}), 1_000_000, 1_000_001, 2_000_000) {
		category := localizer.MustLocalize(&goi18n.LocalizeConfig{MessageID: "n", PluralCount: n})
		found[category] = append(found[category], n)
	}
	return found
}

var (
	placeholder = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)
	technical   = regexp.MustCompile(`[A-Za-z0-9.:+/@-]*[A-Za-z-][A-Za-z0-9.:+/@-]*`) // name@example.org, 2030-06-30, UTF-8
	looseSpace  = regexp.MustCompile(` [;:?!»]|« `)
)

func reviewText(where, text string, c catalogue, report reporter) {
	words := placeholder.ReplaceAllString(text, "")
	switch {
	case strings.TrimSpace(text) == "" || text != strings.TrimSpace(text):
		report("%s is empty or has space around it", where)
	case strings.ContainsAny(words, "{}<>"):
		report("%s has a stray brace or tag: %s", where, text)
	case looseSpace.MatchString(text):
		report("%s can break before a mark or after «: %s", where, text)
	}
	if tag, err := language.Parse(c.settings["numbers"]); err == nil && tag.TypeForKey("nu") != "" && strings.ContainsAny(technical.ReplaceAllString(words, ""), "0123456789") {
		report("%s has digits of another script: %s", where, text)
	}
}

var letters = regexp.MustCompile(`\pL`)

// reviewSame finds messages that were left in English, and exceptions that are none. The exceptions stand in the
// catalogue's own setting "same", so that a new language needs no other file.
func reviewSame(c, english catalogue, report reporter) {
	exceptions := strings.Fields(c.settings["same"])
	for key, m := range c.messages {
		same := true
		for category, text := range m {
			same = same && (text == english.messages[key][category] || text == english.messages[key]["other"])
		}
		same = same && letters.MatchString(placeholder.ReplaceAllString(m[""]+m["other"], ""))
		if excepted := slices.Contains(exceptions, key); same && !excepted {
			report("%s was left in English", key)
		} else if excepted && !same {
			report("%s is not as in English, so the setting same must not name it", key)
		}
	}
	for _, key := range exceptions {
		if _, ok := c.messages[key]; !ok {
			report("%s is named by the setting same and is no key", key)
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

// A negative control: the review finds each mistake that a catalogue can have.
func TestCatalogues_reviewFinds(t *testing.T) {
	for _, c := range []struct{ code, key, category, text, want string }{ // text "-" takes the form away
		{"fr", "form.submit", "", "-", "fr: form.submit is missing"},
		{"fr", "form.submitt", "", "Signer", "fr: form.submitt is in no other catalogue"},
		{"ar", "counts.persons_n", "two", "-", "has the forms [few many one other zero], the language has [few many one other two zero]"},
		{"fr", "counts.persons_n", "many", "-", "has the forms [one other], the language has [many one other]"},
		{"fr", "counts.persons_n", "two", "deux personnes", "has the forms [many one other two]"},
		{"fa", "counts.persons_n", "few", "چند نفر", "fa: counts.persons_n has the forms [few one other]"},
		{"ar", "form.submit", "other", "أوقّع", "is counted in one language and not in another"},
		{"ar", "letter.translator", "", "ترجمة: {{.Nom}}", "uses the arguments [Nom], want [Name]"},
		{"ar", "letter.translator", "", "ترجمة", "uses the arguments [], want [Name]"},
		{"ar", "counts.persons_n", "few", "أشخاص", "few uses the arguments [], want [Count]"},
		{"fr", "counts.persons_n", "one", "une personne", "one uses the arguments [], want [Count]"}, // which is said of 0 too
		{"fr", "form.submit", "", " ", "is empty or has space around it"},
		{"fr", "form.submit", "", "Signer ", "is empty or has space around it"},
		{"fr", "form.submit", "", "Signer {{Nom}}", "has a stray brace"},
		{"fr", "form.submit", "", "<b>Signer</b>", "has a stray brace or tag"},
		{"fr", "form.kind", "", "Comment signez-vous ?", "can break before a mark"},
		{"fr", "form.kind", "", "« Comment\u202f»", "can break before a mark or after «"},
		{"ar", "check_mail.until", "", "يعمل الرابط مدة 72 ساعة.", "has digits of another script"},
		{"fr", "form.submit", "", "Sign", "fr: form.submit was left in English"},
		{"ar", "form.submit", "", "Sign", "ar: form.submit was left in English"},
		{"fr", "confirm.code", "", "Le code", "the setting same must not name it"},
	} {
		all := readCatalogues(t)
		m := all[c.code].messages[c.key]
		switch {
		case m == nil:
			all[c.code].messages[c.key] = message{c.category: c.text}
		case c.text == "-":
			delete(m, c.category)
			if len(m) == 0 {
				delete(all[c.code].messages, c.key)
			}
		default:
			if _, single := m[""]; single && c.category != "" {
				delete(m, "")
			}
			m[c.category] = c.text
		}
		if found := review(all); !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s %s %s %q: the review does not say %q but %q", c.code, c.key, c.category, c.text, c.want, found)
		}
	}
	for _, c := range []struct{ name, value, want string }{
		{"name", "", "the setting name is missing"}, {"dir", "rtl", "the language is written ltr"}, {"calendar", "julian", "no months of the calendar"},
		{"numbers", "fa-u-nu-arabext", "the numbers are of the language"}, {"digits", "latn", "there is no setting digits"}, {"same", "no.key", "is no key"},
	} {
		all := readCatalogues(t)
		all["fr"].settings[c.name] = c.value
		if found := review(all); !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s %q: the review does not say %q but %q", c.name, c.value, c.want, found)
		}
	}
}

var (
	usedFault    = regexp.MustCompile(`fault\.New\(fault\.\w+, "([a-z0-9_.]+)"`)
	usedMessage  = regexp.MustCompile(`\.[TN]\("([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)"[,)]`)
	usedTemplate = regexp.MustCompile(`\.L\.[TN] "([a-z0-9_.-]+)"`)
)

// keysIn returns the keys that a file of Go, or a template, asks for by name. Keys that a template puts together are
// checked where the templates are (package web).
func keysIn(name, source string) (keys []string) {
	find := func(pattern *regexp.Regexp, prefix string) {
		for _, m := range pattern.FindAllStringSubmatch(source, -1) {
			keys = append(keys, prefix+m[1])
		}
	}
	switch ext := filepath.Ext(name); {
	case strings.HasSuffix(name, "_test.go"):
	case ext == ".go":
		find(usedFault, "fault.")
		find(usedMessage, "")
	case ext == ".html" || ext == ".txt":
		find(usedTemplate, "")
	}
	return keys
}

// Every fault that the code raises, and every message that it or a template names, is in the catalogues.
func TestCatalogues_haveWhatIsSaid(t *testing.T) {
	messages := readCatalogues(t)[i18n.Default].messages
	found := map[string]int{}
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(name, "testdata") {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, key := range keysIn(name, string(source)) {
			found[filepath.Ext(name)]++
			if _, ok := messages[key]; !ok {
				t.Errorf("%s says %s, which no catalogue has", name, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found[".go"] < 80 || found[".html"] < 200 || found[".txt"] < 8 {
		t.Errorf("messages found by kind of file: %v; the search is broken", found)
	}
	for name, source := range map[string]string{ // a negative control
		"a.go": `fault.New(fault.Invalid, "no.such").On("x"); l.T("no.such", "Name", n)`, "b.html": `{{$.L.N "no.such" 3}}`, "c.txt": `{{.L.T "no.such"}}`,
	} {
		keys := keysIn(name, source)
		if len(keys) == 0 || slices.ContainsFunc(keys, func(key string) bool { _, ok := messages[key]; return ok }) {
			t.Errorf("%s: found %q", name, keys)
		}
	}
}

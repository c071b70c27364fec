// Package i18n owns every word the product says: the catalogues (locales/*.json, one file a language), plural rules,
// text direction, numbers, dates and calendars, and the isolation of foreign text inside a sentence.
//
// It promises that a language is complete (a test compares the catalogues), that adding one takes one file, and that a
// name in another script never reorders the sentence around it. It must not know letters, signatures or HTML.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed locales/*.json
var catalogues embed.FS

// Default is the language of last resort, and the one every other catalogue is compared with.
const Default = "en"

// Locale is one language of the interface. It is safe for concurrent use.
type Locale struct {
	Code     string // BCP 47, as in the URL prefix: "fa"
	Name     string // the language's name in itself: "فارسی"
	Dir      string // "ltr" or "rtl"
	Calendar string // "gregorian" or "solar-hijri"

	messages func() *i18n.Localizer // of this catalogue alone, which is read when its first message is asked for
	printer  *message.Printer
	group    string    // between thousands where CLDR 32 has a no-break space, "" for that
	plain    *sync.Map // key to its message, of keys asked for without arguments
}

// settings is the "locale" object of a catalogue.
type settings struct {
	Name     string `json:"name"`
	Dir      string `json:"dir"`
	Calendar string `json:"calendar"`
	Numbers  string `json:"numbers"` // BCP 47 tag that gives the digits, e.g. "ar-u-nu-arab"
	Group    string `json:"group"`   // between thousands, instead of a no-break space; optional
	Same     string `json:"same"`    // keys whose words are those of English and rightly so; only the tests read it
}

var (
	locales = map[string]*Locale{}
	ordered []*Locale
	matcher language.Matcher
)

func init() {
	if err := load(); err != nil {
		panic(err) // an embedded catalogue is broken: no build with it passes the tests
	}
}

func load() error {
	names, err := fs.Glob(catalogues, "locales/*.json")
	if err != nil {
		return err
	}
	var tags []language.Tag
	for _, name := range names {
		data, err := catalogues.ReadFile(name)
		if err != nil {
			return err
		}
		var file struct{ Locale settings }
		if err := json.Unmarshal(data, &file); err != nil {
			return fmt.Errorf("i18n: %s: %w", name, err)
		}
		code := strings.TrimSuffix(strings.TrimPrefix(name, "locales/"), ".json")
		numbers, err := language.Parse(file.Locale.Numbers)
		if err != nil {
			return fmt.Errorf("i18n: %s: numbers: %w", name, err)
		}
		locales[code] = &Locale{Code: code, Name: file.Locale.Name, Dir: file.Locale.Dir, Calendar: file.Locale.Calendar,
			messages: sync.OnceValue(func() *i18n.Localizer { return read(name, code) }), printer: message.NewPrinter(numbers),
			group: file.Locale.Group, plain: new(sync.Map)}
	}
	slices.Sort(names)
	add := func(l *Locale) {
		ordered = append(ordered, l)
		tags = append(tags, language.MustParse(l.Code))
	}
	add(locales[Default]) // first: what the matcher falls back to
	for _, name := range names {
		if code := strings.TrimSuffix(strings.TrimPrefix(name, "locales/"), ".json"); code != Default {
			add(locales[code])
		}
	}
	matcher = language.NewMatcher(tags)
	return nil
}

// read returns the messages of a catalogue. It panics when that is broken: no build with it passes the tests.
func read(name, code string) *i18n.Localizer {
	data, err := catalogues.ReadFile(name)
	if err != nil {
		panic(err)
	}
	bundle := i18n.NewBundle(language.MustParse(code))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	bundle.MustParseMessageFileBytes(data, code+".json")
	return i18n.NewLocalizer(bundle, code)
}

// All returns the interface languages, English first, the others by code.
func All() []*Locale { return ordered }

// Find returns the locale of exactly that code, nil if the interface is not in that language.
func Find(code string) *Locale { return locales[code] }

// Match returns the best locale for an Accept-Language header; English if nothing fits. Any input is safe.
func Match(acceptLanguage string) *Locale {
	if len(acceptLanguage) > 200 {
		acceptLanguage = acceptLanguage[:200]
	}
	if l, ok := matched.Load(acceptLanguage); ok {
		return l.(*Locale)
	}
	l := match(acceptLanguage)
	if matches.Load() < maxMatches { // browsers send few different ones; who sends many gets no memory for it
		if _, known := matched.LoadOrStore(strings.Clone(acceptLanguage), l); !known {
			matches.Add(1)
		}
	}
	return l
}

// matched remembers the answers of Match, at most about maxMatches.
var (
	matched sync.Map // string to *Locale
	matches atomic.Int64
)

const maxMatches = 1000

func match(acceptLanguage string) *Locale {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return locales[Default]
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return locales[Default]
	}
	return ordered[i]
}

// T returns the message of a key; args are pairs of argument name and value. Strings are isolated where their direction
// may differ from the sentence's, integers get the language's digits.
// A missing key returns the key itself; a test keeps that from happening.
func (l *Locale) T(key string, args ...any) string {
	if len(args) > 0 {
		return l.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: l.data(args)}, key)
	}
	if text, ok := l.plain.Load(key); ok {
		return text.(string)
	}
	text := l.localize(&i18n.LocalizeConfig{MessageID: key}, key)
	if text != key { // a key that is in no catalogue may be anything, and is not kept
		l.plain.Store(key, text)
	}
	return text
}

// N returns the message of a key in the plural form that count asks for; the message's {{.Count}} is count with the
// language's digits.
func (l *Locale) N(key string, count int, args ...any) string {
	data := l.data(args)
	data["Count"] = l.Number(count)
	return l.localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: count, TemplateData: data}, key)
}

// Has reports whether the catalogue of this language has the key.
func (l *Locale) Has(key string) bool {
	_, err := l.messages().Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: map[string]any{}})
	return err == nil
}

func (l *Locale) localize(c *i18n.LocalizeConfig, key string) string {
	text, err := l.messages().Localize(c)
	if err == nil || text != "" {
		return text
	}
	if l.Code != Default {
		return locales[Default].localize(c, key)
	}
	return key
}

func (l *Locale) data(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		name := fmt.Sprint(args[i])
		switch v := args[i+1].(type) {
		case string:
			data[name] = l.Isolate(v)
		case int:
			data[name] = l.Number(v)
		default:
			data[name] = v
		}
	}
	return data
}

// Number returns n with the language's digits and group separators.
func (l *Locale) Number(n int) string {
	text := l.printer.Sprint(number.Decimal(n))
	if l.group != "" { // x/text has CLDR 32; French took the narrow space with CLDR 34
		text = strings.ReplaceAll(text, "\u00a0", l.group)
	}
	return text
}

// digits returns n with the language's digits and no separators, for years and days.
func (l *Locale) digits(n int) string {
	return l.printer.Sprint(number.Decimal(n, number.NoSeparator()))
}

// Digits replaces the ASCII digits of a text, such as "17:30", with the language's own.
func (l *Locale) Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return r
		}
		return []rune(l.digits(int(r - '0')))[0]
	}, text)
}

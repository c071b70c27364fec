package i18n

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/bidi"
)

// FSI and PDI enclose text whose direction is not the sentence's (Unicode UAX #9, first strong isolate).
const (
	FSI = "\u2068"
	PDI = "\u2069"
)

// Isolate encloses text in FSI and PDI when it holds characters that could reorder a sentence of this language, and
// returns it unchanged otherwise, so that an English name in an English sentence stays free of control characters.
func (l *Locale) Isolate(text string) string {
	if mixes(text, l.Dir) {
		return FSI + text + PDI
	}
	return text
}

// mixes reports whether text has a character that a sentence of direction dir does not lead: a strong one of the other
// direction, an explicit formatting character, or, inside a right-to-left sentence, European digits.
func mixes(text, dir string) bool {
	for _, r := range text {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.LRO, bidi.RLO, bidi.LRE, bidi.RLE, bidi.PDF, bidi.LRI, bidi.RLI, bidi.FSI, bidi.PDI:
			return true
		case bidi.R, bidi.AL, bidi.AN:
			if dir == "ltr" {
				return true
			}
		case bidi.L, bidi.EN:
			if dir == "rtl" {
				return true
			}
		}
	}
	return false
}

// rtlLanguages are the base languages written from right to left in their usual script (CLDR 46).
const rtlLanguages = " ar arc azb ckb dv fa glk he ks lrc mzn pnb ps sd syr ug ur yi "

// Direction returns "rtl" or "ltr" for a BCP 47 code, of the interface or of a letter.
func Direction(code string) string {
	base, _, _ := strings.Cut(strings.ToLower(code), "-")
	if strings.Contains(rtlLanguages, " "+base+" ") || strings.Contains(code, "-Arab") || strings.Contains(code, "-Hebr") {
		return "rtl"
	}
	return "ltr"
}

// Language returns the name of a language in the locale's own: "Persian", « persan »; in itself where that has none.
func (l *Locale) Language(code string) string {
	if code == "" {
		return ""
	}
	tag, err := language.Parse(code)
	if _, known := tag.Base(); err == nil && known != language.No {
		if namer := display.Languages(language.Make(l.Code)); namer != nil {
			if name := namer.Name(tag); name != "" {
				return name
			}
		}
	}
	return LanguageName(code)
}

// IsLanguage reports whether the code is of a language that a text here can have.
func IsLanguage(code string) bool { return Find(code) != nil || selfNames[code] != "" }

// Languages returns the codes of the languages that a text here can have, in order.
func Languages() (codes []string) {
	for _, l := range All() {
		codes = append(codes, l.Code)
	}
	for code := range selfNames {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// LanguageName returns the language's name in itself for a code of the interface, else the code.
func LanguageName(code string) string {
	if l := Find(code); l != nil {
		return l.Name
	}
	if name, ok := selfNames[code]; ok {
		return name
	}
	return code
}

// selfNames are the names of languages letters are often written in, in themselves (CLDR 46).
var selfNames = map[string]string{
	"az": "azərbaycan", "ckb": "کوردیی ناوەندی", "de": "Deutsch", "es": "español",
	"he": "עברית", "hi": "हिन्दी", "it": "italiano", "ja": "日本語", "ko": "한국어", "ku": "kurdî", "nl": "Nederlands",
	"pl": "polski", "ps": "پښتو", "pt": "português", "ru": "русский", "sv": "svenska", "tr": "Türkçe", "uk": "українська",
	"ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
}

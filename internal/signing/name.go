package signing

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/fault"
)

// checkText normalises one line typed by a signer and says what is wrong with it. Field is both the form's field and, with
// ".long", the message's key.
func checkText(field, s string, limit int) (string, *fault.Error) {
	if !utf8.ValidString(s) {
		return "", fault.New(fault.Invalid, "form.encoding").On(field)
	}
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if utf8.RuneCountInString(s) > limit {
		return s, fault.New(fault.Invalid, field+".long", "Limit", limit).On(field)
	}
	runes := []rune(s)
	for i, r := range runes {
		if hidden(r) || isJoiner(r) && !joinerBelongs(runes, i) {
			return s, fault.New(fault.Invalid, "name.characters").On(field)
		}
	}
	return s, nil
}

// hidden reports whether a character can hide or reorder text: controls, bidirectional marks, embeddings, overrides and
// isolates, zero-width blanks, interlinear and tag characters, private use (research: Unicode TR 36, UTS 39).
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5,
		r == 0x180e, r == 0x200b, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0x3164, r == 0xfeff, r == 0xffa0, r >= 0xfff0 && r <= 0xffff, r >= 0xe0000 && r <= 0xe0fff,
		unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r), r == 0x2800:
		return true
	}
	return false
}

func isJoiner(r rune) bool { return r == 0x200c || r == 0x200d }

// joinerBelongs reports whether ZWNJ or ZWJ stands between two letters of a script that needs it (UTS 39, 3.1.1).
func joinerBelongs(s []rune, i int) bool {
	return i > 0 && i+1 < len(s) && needsJoiner(s[i-1]) && needsJoiner(s[i+1])
}

func needsJoiner(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali,
		unicode.Gujarati, unicode.Gurmukhi, unicode.Kannada, unicode.Malayalam, unicode.Oriya, unicode.Tamil, unicode.Telugu,
		unicode.Sinhala, unicode.Khmer)
}

var webAddress = regexp.MustCompile(`(?i)(https?:|www\.|\b[a-z0-9-]+\.(com|org|net|info|biz|io|ru|xyz|top|site|online)\b|@.*\.)`)

// checkName normalises a name and refuses what is none.
func checkName(field, s string) (string, *fault.Error) {
	s, f := checkText(field, s, MaxName)
	switch {
	case f != nil:
		return s, f
	case s == "":
		return s, fault.New(fault.Invalid, field+".empty").On(field)
	case webAddress.MatchString(s) && field == "name":
		return s, fault.New(fault.Invalid, "name.url").On(field)
	case !strings.ContainsFunc(s, unicode.IsLetter):
		return s, fault.New(fault.Invalid, "name.script").On(field)
	}
	return s, nil
}

// mixesScripts reports whether a word of the name has letters of two scripts that no writing system mixes, as a look-alike
// made of Latin and Cyrillic letters has (UTS 39, 5.1: single-script word; Han, kana, Hangul and Bopomofo go together).
func mixesScripts(name string) bool {
	word := ""
	for _, r := range name {
		if !unicode.IsLetter(r) {
			if !unicode.Is(unicode.Mn, r) && !isJoiner(r) {
				word = ""
			}
			continue
		}
		script := scriptOf(r)
		switch {
		case script == "" || script == word:
		case word == "":
			word = script
		default:
			return true
		}
	}
	return false
}

// scriptOf returns a script's name, "" for letters that belong to several.
func scriptOf(r rune) string {
	switch {
	case unicode.In(r, unicode.Common, unicode.Inherited):
		return ""
	case unicode.Is(unicode.Latin, r):
		return "Latin"
	case unicode.Is(unicode.Arabic, r):
		return "Arabic"
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return "East Asian"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// onlyLookAlikes reports whether a word of Cyrillic or Greek letters looks like a Latin word throughout, as «Реасе» does.
// A short one is let pass: «Роса» and «Оса» are honest surnames.
func onlyLookAlikes(name string) bool {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if n := utf8.RuneCountInString(word); n >= 5 && !strings.ContainsFunc(word, func(r rune) bool { _, ok := latinTwins[r]; return !ok }) {
			return true
		}
	}
	return false
}

// latinTwins are the letters of other scripts that print like a Latin one (from UTS 39 confusables).
var latinTwins = map[rune]rune{
	'а': 'a', 'А': 'a', 'В': 'b', 'с': 'c', 'С': 'c', 'ԁ': 'd', 'е': 'e', 'Е': 'e', 'һ': 'h', 'Н': 'h', 'і': 'i', 'І': 'i',
	'ј': 'j', 'Ј': 'j', 'К': 'k', 'ӏ': 'l', 'М': 'm', 'о': 'o', 'О': 'o', 'р': 'p', 'Р': 'p', 'ԛ': 'q', 'ѕ': 's', 'Ѕ': 's',
	'Т': 't', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'Х': 'x', 'у': 'y', 'У': 'y',
	'Α': 'a', 'Β': 'b', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'i', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n', 'ο': 'o', 'Ο': 'o', 'Ρ': 'p',
	'Τ': 't', 'Υ': 'y', 'Χ': 'x', 'ν': 'v', 'α': 'a', 'ι': 'i',
}

// skeleton maps a name to what it looks like, so that two names an eye cannot tell apart have one skeleton.
func skeleton(name string) string {
	return fold(strings.Map(func(r rune) rune {
		if twin, ok := latinTwins[r]; ok {
			return twin
		}
		switch r {
		case '0':
			return 'o'
		case '1', 'I', '|', 'l':
			return 'i'
		}
		return r
	}, norm.NFKC.String(name)))
}

// fold returns a name's words as they are searched: compatibility forms and marks gone, lower case, and the letters of
// Arabic script that keyboards write in several ways made one. Words are separated by single blanks.
func fold(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r), r == 0x640: // marks, tatweel
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r):
			r = unicode.ToLower(r)
			if one, ok := arabicForms[r]; ok {
				r = one
			}
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

var arabicForms = map[rune]rune{'ي': 'ی', 'ى': 'ی', 'ئ': 'ی', 'ك': 'ک', 'ة': 'ه', 'ۀ': 'ه', 'ە': 'ه', 'أ': 'ا', 'إ': 'ا',
	'آ': 'ا', 'ٱ': 'ا', 'ؤ': 'و', 'ß': 's', 'ł': 'l', 'đ': 'd', 'ø': 'o', 'ı': 'i'}

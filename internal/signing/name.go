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
	plain := isPlain(s)
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if !plain {
		s = dropLooseJoiners(s)
	}
	if utf8.RuneCountInString(s) > limit {
		return s, fault.New(fault.Invalid, field+".long", "Limit", limit).On(field)
	}
	if plain {
		return s, nil
	}
	runes := []rune(s)
	marks := 0
	for i, r := range runes {
		if marks++; !unicode.Is(unicode.Mn, r) {
			marks = 0
		}
		if hidden(r) || isJoiner(r) && !joinerBelongs(runes, i) || marks > maxMarks {
			return s, fault.New(fault.Invalid, "name.characters").On(field)
		}
	}
	return s, nil
}

// isPlain reports whether a text is printable ASCII, to which none of the rules about marks and joiners can apply.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// maxMarks is how many marks one letter carries: pointed Hebrew and Arabic have three, a heap of them covers its neighbours.
const maxMarks = 4

// dropLooseJoiners takes out joiners that a keyboard left at the end of a word, where they mean nothing.
func dropLooseJoiners(s string) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		trimmed := strings.TrimRightFunc(word, isJoiner)
		if last, _ := utf8.DecodeLastRuneInString(trimmed); needsJoiner(last) {
			words[i] = trimmed
		}
	}
	return strings.Join(words, " ")
}

// hidden reports whether a character can hide or reorder text or shows nothing: controls, bidirectional marks, embeddings,
// overrides and isolates, zero-width blanks, interlinear and tag characters, variation selectors, letters without a
// shape, private use and what no version of Unicode known here has (research: Unicode TR 36, UTS 39).
func hidden(r rune) bool {
	switch {
	case isJoiner(r), r == ' ':
		return false
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f, r == 0x2800,
		r == 0x3164, r >= 0xfe00 && r <= 0xfe0f, r == 0xffa0, r >= 0xfff0 && r <= 0xffff, r == 0x1d159,
		r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return !unicode.IsGraphic(r)
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
	case field == "name" && strings.ContainsAny(s, ".:") && webAddress.MatchString(s):
		return s, fault.New(fault.Invalid, "name.url").On(field)
	case !strings.ContainsFunc(s, unicode.IsLetter):
		return s, fault.New(fault.Invalid, "name.script").On(field)
	}
	return s, nil
}

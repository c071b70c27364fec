package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/fault"
)

// Line normalises one line that somebody typed and says what is wrong with it: NFC, single blanks, at most limit characters, none
// that Typed forbids, ZWNJ and ZWJ only where a script needs them. Field is both the form's field and, with ".long", the
// message's key. With a fault comes the line as far as it was normalised, "" if it was not UTF-8.
func Line(field, typed string, limit int) (string, *fault.Error) {
	if !utf8.ValidString(typed) {
		return "", fault.New(fault.Invalid, "form.encoding").On(field)
	}
	plain := isPlain(typed)
	s := strings.Join(strings.Fields(norm.NFC.String(typed)), " ")
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
	heap := 0
	for i, r := range runes {
		if heap++; !unicode.Is(unicode.Mn, r) {
			heap = 0
		}
		if Typed.Forbids(r) || isJoiner(r) && !joinerBelongs(runes, i) || heap > maxMarks {
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

// Name normalises a line that names somebody, as Line does, and refuses what is no name. In the field "name", which is a
// person's, a web address is none; an organisation may be called by one.
func Name(field, typed string, limit int) (string, *fault.Error) {
	s, f := Line(field, typed, limit)
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

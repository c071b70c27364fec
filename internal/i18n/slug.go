package i18n

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Slug makes a part of a web address of a title or name: ASCII letters and digits of its words, without accents, at most 60 characters. One in
// another script gets the kind and a few characters of its own, always the same.
func Slug(title, kind string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	if len(slug) > 60 {
		slug = slug[:60]
		if cut := strings.LastIndexByte(slug, '-'); cut > 20 {
			slug = slug[:cut]
		}
	}
	if slug = strings.Trim(slug, "-"); len(slug) >= 3 {
		return slug
	}
	sum := sha256.Sum256([]byte(title))
	return kind + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// FreeSlug returns the first of base, base-2, base-3 and so on that is not taken.
func FreeSlug(base string, taken func(slug string) (bool, error)) (string, error) {
	slug := base
	for n := 2; ; n++ {
		if is, err := taken(slug); err != nil || !is {
			return slug, err
		}
		slug = base + "-" + strconv.Itoa(n)
	}
}

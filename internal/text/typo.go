package text

import (
	"slices"
	"strings"
)

// providers are domains where very many people have their mail. Others that are a slip of the finger away from one stand here too, as far as
// they are known: whoever has an address there is not asked about it.
var providers = []string{"gmail.com", "googlemail.com", "mail.com", "ymail.com", "email.com", "fmail.com", "yahoo.com", "yahoo.fr", "yahoo.co.uk", "yahoo.de",
	"hotmail.com", "hotmail.fr", "hotmail.de", "hotmail.it", "hotmail.es", "hotmail.co.uk", "outlook.com", "outlook.fr", "outlook.de", "outlook.es", "outlook.it",
	"live.com", "icloud.com", "proton.me", "protonmail.com", "protonmail.ch", "orange.fr", "wanadoo.fr", "laposte.net", "t-online.de", "posteo.de", "mailbox.org",
	"yandex.com", "yandex.ru", "tutanota.com", "tutanota.de", "fastmail.com", "zoho.com", "riseup.net"}

// minTypo is how long a domain has to be for one wrong letter to be more likely a slip than another domain.
const minTypo = 9

// Misspelt returns the address that somebody who typed another in a domain which looks like a slip probably meant, "" if it does not.
func Misspelt(typed Address) string {
	domain := typed.Domain()
	if slices.Contains(providers, domain) {
		return ""
	}
	for _, known := range providers {
		if len(known) >= minTypo && slip(domain, known) && !countries(domain, known) {
			return typed.Typed[:strings.LastIndexByte(typed.Typed, '@')+1] + known
		}
	}
	return ""
}

// slip reports whether one letter too many, too few, wrong or in its neighbour's place makes one word of the other.
func slip(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	a, b = a[n:], b[n:]
	switch len(a) - len(b) {
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	case 0:
		return len(a) > 0 && (a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:])
	}
	return false
}

// countries reports whether two domains are one name under the endings of two countries, as hotmail.se and hotmail.de are.
func countries(a, b string) bool {
	nameA, endA, _ := strings.Cut(a, ".")
	nameB, endB, _ := strings.Cut(b, ".")
	return nameA == nameB && endA != endB && len(endA) == 2 && len(endB) == 2
}

package signing

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/fault"
)

// address is a mailbox in three spellings: as typed (mail goes there), exact (duplicates are refused by it: case and the
// domain's form do not matter) and mailbox (duplicates are suspected by it: also without "+tag", and without dots where
// the provider ignores them).
type address struct{ typed, exact, mailbox string }

// maxEmail is the longest address a relay must take (RFC 5321, 4.5.3.1.3, less the angle brackets).
const maxEmail = 254

// dotless are the domains whose provider ignores dots in the local part, with the name tags are made of.
var dotless = map[string]string{"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}

func parseAddress(typed string) (address, *fault.Error) {
	typed = strings.TrimSpace(norm.NFC.String(typed))
	switch {
	case typed == "":
		return address{}, fault.New(fault.Invalid, "email.empty").On("email")
	case len(typed) > maxEmail:
		return address{}, fault.New(fault.Invalid, "email.long").On("email")
	}
	bad := fault.New(fault.Invalid, "email.bad").On("email")
	parsed, err := mail.ParseAddress(typed)
	at := strings.LastIndexByte(typed, '@')
	if err != nil || parsed.Name != "" || parsed.Address != typed || at < 1 || strings.ContainsAny(typed, "\"<>()[],;:\\ ") ||
		strings.ContainsFunc(typed, func(r rune) bool { return hidden(r) || isJoiner(r) }) {
		return address{}, bad
	}
	local, domain := typed[:at], typed[at+1:]
	domain, err = idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !strings.Contains(domain, ".") || len(local) > 64 {
		return address{}, bad
	}
	if len(local)+1+len(domain) > maxEmail {
		return address{}, bad // its domain is longer in ASCII
	}
	a := address{typed: local + "@" + domain, exact: strings.ToLower(local) + "@" + domain}
	mailbox, _, _ := strings.Cut(strings.ToLower(local), "+")
	if provider, ok := dotless[domain]; ok {
		mailbox, domain = strings.ReplaceAll(mailbox, ".", ""), provider
	}
	a.mailbox = mailbox + "@" + domain
	return a, nil
}

package text

import (
	"errors"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/fault"
)

// Address is a mailbox in three spellings.
type Address struct {
	Typed   string // as typed, the domain in ASCII: mail goes there
	Exact   string // duplicates are refused by it: case and the domain's form do not matter
	Mailbox string // duplicates are suspected by it: also without "+tag" and what else the provider ignores
}

// Domain returns the part behind the @, in lower-case ASCII.
func (a Address) Domain() string { return a.Exact[strings.LastIndexByte(a.Exact, '@')+1:] }

// MaxEmail is the longest address a relay must take, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MaxEmail = 254

const maxLocal = 64 // bytes before the @

var errOneLabel = errors.New("text: a domain of one label")

// dotless are the domains whose provider ignores dots in the local part, with the name tags are made of.
var dotless = map[string]string{"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}

// hyphened are the domains whose "base-keyword" addresses, of which one account may have hundreds, all reach that account; no account
// there has a hyphen in its own name.
var hyphened = map[string]bool{"yahoo.com": true, "ymail.com": true, "rocketmail.com": true, "yahoo.co.uk": true, "yahoo.fr": true, "yahoo.de": true,
	"yahoo.it": true, "yahoo.es": true, "yahoo.ca": true, "yahoo.in": true, "yahoo.co.in": true, "yahoo.com.br": true, "yahoo.com.ar": true,
	"yahoo.com.mx": true, "yahoo.com.au": true, "yahoo.ie": true, "yahoo.gr": true, "yahoo.no": true, "yahoo.se": true, "yahoo.dk": true,
	"yahoo.nl": true, "yahoo.pl": true, "yahoo.ro": true, "yahoo.com.tr": true, "yahoo.com.ph": true, "yahoo.com.vn": true, "yahoo.co.id": true}

// subdomained are the providers where anything@account.PROVIDER reaches account@PROVIDER.
var subdomained = []string{".fastmail.com", ".fastmail.fm", ".messagingengine.com"}

// mailboxOf returns the mailbox that an address in lower case reaches, as far as its provider is known.
func mailboxOf(local, domain string) string {
	local, _, _ = strings.Cut(local, "+")
	if provider, ok := dotless[domain]; ok {
		return strings.ReplaceAll(local, ".", "") + "@" + provider
	}
	if base, _, ok := strings.Cut(local, "-"); ok && base != "" && hyphened[domain] {
		return base + "@" + domain
	}
	for _, provider := range subdomained {
		if account, ok := strings.CutSuffix(domain, provider); ok && !strings.Contains(account, ".") {
			return account + "@" + provider[1:]
		}
	}
	return local + "@" + domain
}

// Email returns an address as typed, in NFC and without white space around it, if it has the form of one: its domain may be
// one that only a local network knows. Faults are about the field "email": "email.empty", "email.long" or "email.bad".
func Email(typed string) (string, *fault.Error) {
	typed = strings.TrimSpace(norm.NFC.String(typed))
	switch {
	case typed == "":
		return "", fault.New(fault.Invalid, "email.empty").On("email")
	case len(typed) > MaxEmail:
		return "", fault.New(fault.Invalid, "email.long").On("email")
	}
	parsed, err := mail.ParseAddress(typed)
	if err != nil || parsed.Name != "" || parsed.Address != typed || strings.LastIndexByte(typed, '@') < 1 || strings.ContainsAny(typed, "\"<>()[],;:\\ ") ||
		strings.ContainsFunc(typed, func(r rune) bool { return Typed.Forbids(r) || isJoiner(r) }) {
		return "", badEmail()
	}
	return typed, nil
}

func badEmail() *fault.Error { return fault.New(fault.Invalid, "email.bad").On("email") }

// ParseAddress returns the spellings of an address that mail reaches from anywhere. Faults are those of Email.
func ParseAddress(typed string) (Address, *fault.Error) {
	typed, f := Email(typed)
	if f != nil {
		return Address{}, f
	}
	at := strings.LastIndexByte(typed, '@')
	local := typed[:at]
	domain, err := Domain(typed[at+1:])
	if err != nil || len(local) > maxLocal || len(local)+1+len(domain) > MaxEmail { // a domain can be longer in ASCII
		return Address{}, badEmail()
	}
	lower := strings.ToLower(local)
	return Address{Typed: local + "@" + domain, Exact: lower + "@" + domain, Mailbox: mailboxOf(lower, domain)}, nil
}

// FoldEmail returns an address without its case and white space around it, as users and readers are found by it. The domain keeps
// the form that it was typed in: what is stored was made so.
func FoldEmail(typed string) string {
	return strings.ToLower(strings.TrimSpace(norm.NFC.String(typed)))
}

// Domain returns a domain name in lower-case ASCII, without the root's full stop. A name of one label is none.
func Domain(typed string) (string, error) {
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(typed, "."))
	if err == nil && !strings.Contains(domain, ".") {
		err = errOneLabel
	}
	return domain, err
}

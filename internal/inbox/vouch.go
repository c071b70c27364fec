package inbox

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/account"
)

// Vouch says what the domain of a sender's address says of a mail.
type Vouch string

// The vouches. Only Signed and Partly say anything of who sent it: what is altered may have passed a mailing list.
const (
	Signed   Vouch = "signed"   // a signature of the address's own domain holds (DKIM, RFC 6376), of all by which its words are read
	Partly   Vouch = "partly"   // one holds of the sender and the date alone: whoever has the mail can make other words of it
	Unsigned Vouch = "unsigned" // there is none
	Unknown  Vouch = "unknown"  // there is one, and its key cannot be had, or it was only to be trusted for a time
	Altered  Vouch = "altered"  // there is one, and it does not hold
)

const (
	maxSignatures = 8    // of a mail, that are looked at
	maxLines      = 4000 // of the header of a mail whose signatures are
	lookupWithin  = 5 * time.Second
)

// coveredBy are the fields by which words are read: with another boundary a text that was quoted is one that was written.
var coveredBy = []string{"Date", "Subject", "Content-Type", "Content-Transfer-Encoding"}

// revoked is the record of a key that is not used any more: what it signed cannot be checked.
var revoked = regexp.MustCompile(`(^|;)\s*p=\s*(;|$)`)

// voucher checks signatures, and remembers the keys that it has asked for.
type voucher struct {
	lookup account.LookupTXT

	mu    sync.Mutex
	known map[string]answer // guarded by mu
}

type answer struct {
	records []string
	err     error
}

// vouch says what the domain of an address says of a mail. Keys of domains that cannot speak for the address are not asked for: their names
// are whatever the sender likes.
func (v *voucher) vouch(ctx context.Context, raw []byte, address string) Vouch {
	whole, err := readPart(raw, maxHeader)
	if err != nil || bytes.Count(raw[:whole.head], []byte{'\n'}) > maxLines {
		return Unsigned
	}
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	var mu sync.Mutex
	missing := map[string]bool{} // guarded by mu; domains whose key cannot be had
	lookup := func(name string) ([]string, error) {
		_, of, ok := strings.Cut(strings.ToLower(name), "._domainkey.")
		if !ok || !speaksFor(of, domain) {
			return nil, errForeign
		}
		records, err := v.records(ctx, name)
		if err != nil || len(records) == 0 || revoked.MatchString(records[0]) {
			mu.Lock()
			missing[of] = true
			mu.Unlock()
		}
		return records, err
	}
	signatures, _ := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{MaxVerifications: maxSignatures, LookupTXT: lookup})
	said := Unsigned
	for _, s := range signatures {
		switch of := strings.ToLower(s.Domain); {
		case !speaksFor(of, domain):
		case s.Err == nil:
			if covers(s.HeaderKeys, whole.header) {
				return Signed
			}
			if has(s.HeaderKeys, "Date") {
				said = Partly
			}
		case missing[of] || !s.Expiration.IsZero() && s.Expiration.Before(time.Now()):
			if said == Unsigned {
				said = Unknown
			}
		case said != Partly:
			said = Altered
		}
	}
	return said
}

var errForeign = errors.New("inbox: it does not speak for the sender")

// covers reports whether a signature of these fields covers all by which the words of a mail are read, each of which is there once at most: of
// two a signature may be of the one, and what is read the other.
func covers(keys []string, h message.Header) bool {
	for _, name := range coveredBy {
		if n := len(h.Values(name)); n > 1 || (n == 1 || name == "Date") && !has(keys, name) {
			return false
		}
	}
	return true
}

func has(keys []string, name string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, name) })
}

// speaksFor reports whether a domain is that of an address or one above it. One below it does not speak for those above, which
// is stricter than what a mail is delivered by.
func speaksFor(signer, domain string) bool {
	return strings.Contains(signer, ".") && (signer == domain || strings.HasSuffix(domain, "."+signer))
}

// records returns the records of a name. Nothing waits behind somebody else's server: two may ask for the same at once.
func (v *voucher) records(ctx context.Context, name string) ([]string, error) {
	v.mu.Lock()
	a, ok := v.known[name]
	v.mu.Unlock()
	if ok {
		return a.records, a.err
	}
	limited, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	a.records, a.err = v.lookup(limited, name)
	if ctx.Err() == nil { // what was broken off here says nothing of the name
		v.mu.Lock()
		v.known[name] = a
		v.mu.Unlock()
	}
	return a.records, a.err
}

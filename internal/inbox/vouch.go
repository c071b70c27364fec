package inbox

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/account"
)

// Vouch says what the domain of a sender's address says of a mail.
type Vouch string

// The vouches. Only Signed says anything of who sent it: what is altered may have passed a mailing list.
const (
	Signed   Vouch = "signed"   // a signature of the address's own domain holds (DKIM, RFC 6376), of its date too
	Unsigned Vouch = "unsigned" // there is none
	Unknown  Vouch = "unknown"  // there is one, and its key cannot be had, or it was only to be trusted for a time
	Altered  Vouch = "altered"  // there is one, and it does not hold
)

const (
	maxSignatures = 8 // of a mail, that are looked at
	lookupWithin  = 5 * time.Second
)

// revoked is the record of a key that is not used any more: what it signed cannot be checked.
var revoked = regexp.MustCompile(`(^|;)\s*p=\s*(;|$)`)

// voucher checks signatures, and asks for each key once.
type voucher struct {
	lookup account.LookupTXT

	mu    sync.Mutex
	known map[string]answer // guarded by mu
}

type answer struct {
	records []string
	err     error
}

// vouch says what the domain of an address says of a mail.
func (v *voucher) vouch(ctx context.Context, raw []byte, address string) Vouch {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	var mu sync.Mutex
	missing := map[string]bool{} // guarded by mu; domains whose key cannot be had
	lookup := func(name string) ([]string, error) {
		records, err := v.records(ctx, name)
		if _, of, ok := strings.Cut(name, "._domainkey."); ok && (err != nil || len(records) == 0 || revoked.MatchString(records[0])) {
			mu.Lock()
			missing[strings.ToLower(of)] = true
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
			if slices.ContainsFunc(s.HeaderKeys, func(key string) bool { return strings.EqualFold(key, "Date") }) {
				return Signed
			}
		case missing[of] || !s.Expiration.IsZero() && s.Expiration.Before(time.Now()):
			if said == Unsigned {
				said = Unknown
			}
		default:
			said = Altered
		}
	}
	return said
}

// speaksFor reports whether a domain is that of an address or one above it. One below it does not speak for those above, which
// is stricter than what a mail is delivered by.
func speaksFor(signer, domain string) bool {
	return strings.Contains(signer, ".") && (signer == domain || strings.HasSuffix(domain, "."+signer))
}

func (v *voucher) records(ctx context.Context, name string) ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a, ok := v.known[name]
	if !ok {
		ctx, cancel := context.WithTimeout(ctx, lookupWithin)
		defer cancel()
		a.records, a.err = v.lookup(ctx, name)
		v.known[name] = a
	}
	return a.records, a.err
}

package account

import (
	"context"
	_ "embed" // shared.txt
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// LookupTXT returns the TXT records of a domain name.
type LookupTXT func(ctx context.Context, name string) ([]string, error)

const lookupWithin = 5 * time.Second

// DomainRecord is a TXT record by which whoever runs a domain says that something is theirs.
type DomainRecord struct{ Domain, Name, Value string }

// NewDomainRecord returns the record of a domain whose value is made of a tag.
func NewDomainRecord(domain string, tag []byte) DomainRecord {
	return DomainRecord{domain, "_undersigned." + domain, "undersigned=" + seal.Base32.EncodeToString(tag)[:26]}
}

// Find fails with a fault about the field "domain" unless the record is there.
func (lookup LookupTXT) Find(ctx context.Context, r DomainRecord) error {
	limited, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	records, err := lookup(limited, r.Name)
	if slices.Contains(records, r.Value) {
		return nil
	}
	return fault.New(fault.Invalid, "mandate.record", "Name", r.Name).On("domain").Because(err)
}

// ParseDomain returns a domain in ASCII from what a hurried person typed: with a scheme, a path, a mailbox or "www.". Domains
// that many strangers share are refused.
func ParseDomain(typed string) (string, error) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if _, rest, ok := strings.Cut(typed, "://"); ok {
		typed = rest
	}
	typed, _, _ = strings.Cut(typed, "/")
	typed = typed[strings.LastIndexByte(typed, '@')+1:]
	domain, err := text.Domain(strings.TrimPrefix(typed, "www."))
	if err != nil || len(domain) > 240 || strings.ContainsAny(domain, " :") {
		return "", fault.New(fault.Invalid, "mandate.domain").On("domain")
	}
	if SharedDomain(domain) {
		return "", fault.New(fault.Invalid, "mandate.shared").On("domain")
	}
	return domain, nil
}

// SharedDomain reports whether many strangers have addresses at a domain, or at one above it: then it says nothing of an
// organisation, and many addresses at it mean nothing.
func SharedDomain(domain string) bool {
	for domain != "" {
		if shared[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

//go:embed shared.txt
var sharedText string

var shared = func() map[string]bool {
	list := map[string]bool{}
	for line := range strings.Lines(sharedText) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			list[strings.TrimSpace(line)] = true
		}
	}
	return list
}()

// DomainRecord returns the record that shows a domain, as typed, to be an organisation's.
func (directory Organisations) DomainRecord(o Organisation, domain string) (DomainRecord, error) {
	domain, err := ParseDomain(domain)
	if err != nil {
		return DomainRecord{}, err
	}
	return NewDomainRecord(domain, directory.accounts.Keys.Tag("organisation domain", o.Slug+" "+domain)), nil
}

// ProveDomain looks for that record and notes the domain as the organisation's; "" takes the one that is noted away.
func (directory Organisations) ProveDomain(ctx context.Context, o Organisation, domain string, by int64) error {
	if strings.TrimSpace(domain) != "" {
		r, err := directory.DomainRecord(o, domain)
		if err != nil {
			return err
		}
		if err := directory.accounts.Lookup.Find(ctx, r); err != nil {
			return err
		}
		domain = r.Domain
	}
	return directory.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		now, err := Find(tx, o.Slug)
		if err != nil {
			return err
		}
		now.Domain = domain
		if err := Put(tx, now); err != nil {
			return err
		}
		return Record(tx, Entry{User: by, Organisation: now.ID, Act: "organisation.domain", Object: domain})
	})
}

package account

import (
	"context"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// LookupTXT returns the TXT records of a domain name.
type LookupTXT func(ctx context.Context, name string) ([]string, error)

const lookupWithin = 5 * time.Second

// DomainRecord is a TXT record by which whoever runs a domain says that something is theirs.
type DomainRecord struct{ Domain, Name, Value string }

// NewDomainRecord returns the record of a domain whose value is made of a tag.
func NewDomainRecord(domain string, tag []byte) DomainRecord {
	value := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(tag))
	return DomainRecord{domain, "_undersigned." + domain, "undersigned=" + value[:26]}
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
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimPrefix(typed, "www."), "."))
	if err != nil || !strings.Contains(domain, ".") || len(domain) > 240 || strings.ContainsAny(domain, " :") {
		return "", fault.New(fault.Invalid, "mandate.domain").On("domain")
	}
	if SharedDomain(domain) {
		return "", fault.New(fault.Invalid, "mandate.shared").On("domain")
	}
	return domain, nil
}

// SharedDomain reports whether many strangers have addresses at a domain: then it says nothing of an organisation.
func SharedDomain(domain string) bool { return slices.Contains(shared, domain) }

var shared = strings.Fields(`aol.com caramail.com chmail.ir fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
	googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr hushmail.com icloud.com inbox.lv laposte.net libero.it live.com
	mac.com mail.com mail.ru mailbox.org mailfence.com me.com msn.com naver.com orange.fr outlook.com outlook.de outlook.fr outlook.sa
	pm.me posteo.de posteo.net proton.me protonmail.ch protonmail.com qq.com rediffmail.com riseup.net rocketmail.com sfr.fr t-online.de
	tuta.com tuta.io tutamail.com tutanota.com tutanota.de uol.com.br wanadoo.fr web.de yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com
	yandex.ru ymail.com zoho.com 126.com 163.com`)

// DomainRecord returns the record that shows a domain, as typed, to be an organisation's.
func (s *Service) DomainRecord(o Organisation, domain string) (DomainRecord, error) {
	domain, err := ParseDomain(domain)
	if err != nil {
		return DomainRecord{}, err
	}
	return NewDomainRecord(domain, s.Keys.Tag("organisation domain", o.Slug+" "+domain)), nil
}

// ProveDomain looks for that record and notes the domain as the organisation's; "" takes the one that is noted away.
func (s *Service) ProveDomain(ctx context.Context, o Organisation, domain string, by int64) error {
	if strings.TrimSpace(domain) != "" {
		r, err := s.DomainRecord(o, domain)
		if err != nil {
			return err
		}
		if err := s.Lookup.Find(ctx, r); err != nil {
			return err
		}
		domain = r.Domain
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
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

package signing

import (
	"bufio"
	_ "embed"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/text"
)

const (
	burstWithin = time.Hour
	domainsFor  = 48 * time.Hour // how long it is known which submissions came from one domain
)

// Domains are mail domains; those below one of them belong to it.
type Domains map[string]bool

var (
	//go:embed domains/disposable.txt
	disposableText string

	// disposable are providers of addresses for an hour.
	disposable = mustDomains(disposableText)
)

func mustDomains(text string) Domains {
	d, err := ReadDomains(strings.NewReader(text))
	if err != nil {
		panic(err) // of a file that is part of the program
	}
	return d
}

// ReadDomains reads domains, one a line; what follows # is a remark.
func ReadDomains(r io.Reader) (Domains, error) {
	list := Domains{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")); line == "" {
			continue
		}
		domain, err := text.Domain(line)
		if err != nil {
			return nil, fault.New(fault.Invalid, "domain.line", "Line", n).Because(err)
		}
		list[domain] = true
	}
	return list, lines.Err()
}

// hold reports whether a domain, or one above it, is among them.
func (d Domains) hold(domain string) bool {
	for domain != "" {
		if d[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// domainTag returns what stands for the domain of an address, nil where bursts are not looked for.
func (s *Service) domainTag(key *seal.LetterKey, a text.Address) []byte {
	domain := a.Domain()
	if s.BurstFrom < 1 || s.Mailboxes.Unlimited || account.SharedDomain(domain) {
		return nil
	}
	return key.Tag("domain " + domain)
}

// burst is how many from a domain are one at this hour: between BurstFrom and twice that, drawn anew for each hour and domain. Were it
// known, somebody could fill it up to one and learn from being held whether another of the domain had signed within the hour.
func (s *Service) burst(key *seal.LetterKey, domain string) int {
	hour := s.DB.Now().Unix() / int64(burstWithin/time.Second)
	drawn := binary.BigEndian.Uint32(key.Tag("burst " + strconv.FormatInt(hour, 10) + " " + domain))
	return s.BurstFrom + int(drawn%uint32(s.BurstFrom+1))
}

// suspect says why the domain of its address lets a submission be held, "" if it does not.
func (s *Service) suspect(row pending, key *seal.LetterKey, domain string) string {
	switch {
	case disposable.hold(domain) || s.Throwaway.hold(domain):
		return HeldDisposable
	case s.BurstFrom > 0 && row.alike >= s.burst(key, domain):
		return HeldBurst
	}
	return ""
}

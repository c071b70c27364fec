package account

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

// Status is the consultative status of an organisation with the Economic and Social Council, by its resolution 1996/31.
type Status string

// The statuses, in the order in which documents of the United Nations name them.
const (
	General Status = "general"
	Special Status = "special"
	Roster  Status = "roster"
)

// Statuses are all of them.
var Statuses = []Status{General, Special, Roster}

// Organisation is an entry of the instance's directory.
type Organisation struct {
	ID      int64             `json:"-"`
	Slug    string            `json:"-"`                 // [a-z0-9-]{1,80}, in its page's URL
	Names   map[string]string `json:"names"`             // by BCP 47 language
	Country string            `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Status  Status            `json:"status,omitempty"`  // with the Economic and Social Council of the United Nations; "" for none
	Address []string          `json:"address,omitempty"` // lines of the postal address
	Email   string            `json:"email,omitempty"`   // contact address shown on its page and letterhead
	Phone   string            `json:"phone,omitempty"`
	Links   []string          `json:"links,omitempty"`  // web addresses, http or https
	Logo    string            `json:"logo,omitempty"`   // hash of a stored picture
	Domain  string            `json:"domain,omitempty"` // ASCII; a record in it said that it is the organisation's
	About   map[string]string `json:"about,omitempty"`  // a few sentences, by language
}

// Name returns the name in the language, else in the fallback, else any by order of language code.
func (o Organisation) Name(language, fallback string) string {
	return pick(o.Names, language, fallback)
}

// Description returns the text about the organisation, chosen like Name.
func (o Organisation) Description(language, fallback string) string {
	return pick(o.About, language, fallback)
}

func pick(byLanguage map[string]string, wanted ...string) string {
	for _, language := range wanted {
		if text := byLanguage[language]; text != "" {
			return text
		}
	}
	first := ""
	for language := range byLanguage {
		if first == "" || language < first {
			first = language
		}
	}
	return byLanguage[first]
}

var (
	slugPattern    = regexp.MustCompile(`^[a-z0-9-]{1,80}$`)
	countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)
	hashPattern    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (o Organisation) validate() error {
	var faults fault.List
	if !slugPattern.MatchString(o.Slug) {
		faults = append(faults, fault.New(fault.Invalid, "slug").On("slug"))
	}
	if strings.TrimSpace(o.Name("", "")) == "" {
		faults = append(faults, fault.New(fault.Invalid, "organisation.name").On("name"))
	}
	if o.Status != "" && !slices.Contains(Statuses, o.Status) {
		return fault.New(fault.Invalid, "organisation.status").On("status")
	}
	if o.Country != "" && !countryPattern.MatchString(o.Country) {
		faults = append(faults, fault.New(fault.Invalid, "country").On("country"))
	}
	for _, link := range o.Links {
		if u, err := url.Parse(link); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			faults = append(faults, fault.New(fault.Invalid, "link").On("link"))
		}
	}
	if o.Logo != "" && !hashPattern.MatchString(o.Logo) {
		faults = append(faults, fault.New(fault.Invalid, "picture.format").On("logo"))
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

package public

import (
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
)

// thing is an object of schema.org, as JSON-LD. A block of that type is data and no script: the policy lets it stand.
type thing struct {
	Context     string    `json:"@context,omitempty"`
	Type        string    `json:"@type"`
	ID          string    `json:"@id,omitempty"`
	URL         string    `json:"url,omitempty"`
	Name        string    `json:"name,omitempty"`
	Headline    string    `json:"headline,omitempty"`
	Alternative string    `json:"alternativeHeadline,omitempty"`
	JobTitle    string    `json:"jobTitle,omitempty"`
	Language    string    `json:"inLanguage,omitempty"`
	Published   string    `json:"datePublished,omitempty"`
	Modified    string    `json:"dateModified,omitempty"`
	Expires     string    `json:"expires,omitempty"`
	Image       string    `json:"image,omitempty"`
	Version     string    `json:"version,omitempty"`
	Identifier  string    `json:"identifier,omitempty"`
	Authors     []thing   `json:"author,omitempty"`
	Recipients  []thing   `json:"recipient,omitempty"`
	Languages   []thing   `json:"workTranslation,omitempty"`
	Statistics  []counter `json:"interactionStatistic,omitempty"`
}

// counter is an InteractionCounter: organisations and people apart, as they are counted.
type counter struct {
	Type  string `json:"@type"`
	Name  string `json:"name"`
	Kind  string `json:"interactionType"`
	Count int    `json:"userInteractionCount"`
}

// metadata describes a letter to search engines and libraries: a Message of its leads to its addressees.
func (h *Handlers) metadata(l *cachedLetter, t letter.Text) *thing {
	address := h.BaseURL + "/letters/" + l.Slug
	m := &thing{Context: "https://schema.org", Type: "Message", ID: address, URL: address, Headline: t.Name(), Alternative: t.Subtitle, Language: t.Language,
		Modified: l.Edition.PublishedAt.Format(time.RFC3339), Image: h.cardURL(l, t),
		Version: strconv.Itoa(l.Edition.Number), Identifier: "sha256:" + l.Edition.SHA256}
	if n := len(l.Editions); n > 0 {
		m.Published = l.Editions[n-1].PublishedAt.Format(time.RFC3339)
	}
	if l.Deadline.IsSet() {
		m.Expires = l.Deadline.At.Format(time.RFC3339)
	}
	for _, o := range l.Leads {
		m.Authors = append(m.Authors, thing{Type: "Organization", Name: o.Name(t.Language, l.Edition.Language), URL: h.BaseURL + "/organisations/" + o.Slug})
	}
	for _, a := range t.Addressees {
		switch {
		case a.Name != "":
			m.Recipients = append(m.Recipients, thing{Type: "Person", Name: a.Name, JobTitle: a.Office})
		case a.Office != "":
			m.Recipients = append(m.Recipients, thing{Type: "Organization", Name: a.Office})
		}
	}
	for _, code := range l.Edition.Languages() {
		if code != t.Language {
			m.Languages = append(m.Languages, thing{Type: "CreativeWork", Language: code, Headline: l.Edition.Texts[code].Name(), URL: address + "?text=" + code})
		}
	}
	if l.SignOn != letter.SignOnNone {
		m.Statistics = []counter{{"InteractionCounter", "organisations", "https://schema.org/EndorseAction", l.Counts.Organisations},
			{"InteractionCounter", "people", "https://schema.org/EndorseAction", l.Counts.Persons}}
	}
	return m
}

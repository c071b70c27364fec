package public

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// EmbedPage is a letter in a frame on another site: what is asked, of whom, by how many, and a button that leads here. It has no form,
// since a page that frames a form can lay something over it.
type EmbedPage struct {
	page.Base
	Card    LetterCard
	Tally   string        // "" where nobody can sign
	Demands []page.Tagged // their beginnings
	Open    bool
	URL     string // of the letter, absolute
}

// Template is its file.
func (EmbedPage) Template() string { return "public/embed" }

const (
	embeddedDemands = 5
	embeddedLength  = 160 // characters of a demand
)

// ShowEmbed sends the page that the sites of the letter's settings may frame, and nobody else.
func (h *Handlers) ShowEmbed(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	v := page.VisitOf(r)
	if locale := i18n.Find(r.URL.Query().Get("lang")); locale != nil {
		v.Locale, v.Prefix = locale, "/"+locale.Code
		w.Header().Set("Content-Language", locale.Code)
	}
	key := pageKey{prefix: v.Prefix, locale: v.Locale.Code, text: ".embed", open: h.open(l)}
	ready, err := l.page(key, func() ([]byte, error) { return h.Renderer.Bytes(h.embedPage(r, l)) })
	if err != nil {
		return err
	}
	if len(l.Embeds) > 0 {
		w.Header().Set("Content-Security-Policy", strings.Replace(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'",
			"frame-ancestors "+strings.Join(l.Embeds, " "), 1))
	}
	ready.send(w, r, page.HTML)
	return nil
}

func (h *Handlers) embedPage(r *http.Request, l *cachedLetter) EmbedPage {
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	p := EmbedPage{Base: h.Base(r, t.Name()), Card: h.card(r, l), Open: h.open(l), URL: h.BaseURL + page.Local(r, "/letters/"+l.Slug)}
	if l.SignOn != letter.SignOnNone {
		p.Tally = h.tally(r, l)
	}
	p.NoIndex, p.Canonical = true, h.BaseURL+"/letters/"+l.Slug
	for _, d := range t.Numbered()[:min(len(t.Demands), embeddedDemands)] {
		p.Demands = append(p.Demands, page.Tag(letter.Excerpt(d.Text, embeddedLength), t.Language))
	}
	return p
}

// oembed is an answer of oEmbed (oembed.com, version 1.0).
type oembed struct {
	Version      string `json:"version"`
	Type         string `json:"type"`
	Title        string `json:"title"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	AuthorName   string `json:"author_name,omitempty"`
	CacheAge     int    `json:"cache_age"`
	HTML         string `json:"html,omitempty"`
	Width        int    `json:"width,omitempty"`
	Height       int    `json:"height,omitempty"`
	Picture      string `json:"thumbnail_url"`
	PictureWide  int    `json:"thumbnail_width"`
	PictureHigh  int    `json:"thumbnail_height"`
}

// SendOEmbed tells another site how to show the letter of an address: as a frame where the letter lets sites frame it, else as a link.
// It speaks JSON alone, whatever is asked for.
func (h *Handlers) SendOEmbed(w http.ResponseWriter, r *http.Request) error {
	slug, locale := h.letterOf(r.URL.Query().Get("url"))
	l, err := h.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	if locale == nil {
		locale = page.LocaleOf(r)
	}
	t := l.Edition.Text(locale.Code)
	o := oembed{Version: "1.0", Type: "link", Title: t.Name(), ProviderName: h.Name, ProviderURL: h.BaseURL, CacheAge: 3600,
		Picture: h.cardURL(l, t), PictureWide: document.CardWidth, PictureHigh: document.CardHeight}
	for _, lead := range l.Leads {
		if o.AuthorName != "" {
			o.AuthorName += page.Comma(locale.Code)
		}
		o.AuthorName += lead.Name(locale.Code, i18n.Default)
	}
	if len(l.Embeds) > 0 {
		o.Type, o.Width, o.Height = "rich", page.SnippetWidth, page.SnippetHeight
		o.HTML = page.Snippet(h.BaseURL, l.Slug, locale.Code, t.Name())
	}
	return page.SendJSON(w, http.StatusOK, o)
}

// letterOf returns the slug that an address of this site names, and its language; "" if it names none.
func (h *Handlers) letterOf(address string) (slug string, locale *i18n.Locale) {
	u, err := url.Parse(address)
	base, failed := url.Parse(h.BaseURL)
	if err != nil || failed != nil || !strings.EqualFold(u.Host, base.Host) {
		return "", nil
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if locale = i18n.Find(parts[0]); locale != nil {
		parts = parts[1:]
	}
	if len(parts) < 2 || parts[0] != "letters" {
		return "", nil
	}
	return parts[1], locale
}

// SendBadge sends the count as a small picture of text, for pages that show no frames.
func (h *Handlers) SendBadge(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if l.SignOn == letter.SignOnNone {
		return fault.New(fault.NotFound, "page.unknown")
	}
	loc := page.LocaleOf(r)
	badge, err := l.page(pageKey{locale: loc.Code, text: ".badge"}, func() ([]byte, error) {
		return []byte(page.Badge(loc, h.tally(r, l))), nil
	})
	if err != nil {
		return err
	}
	shownElsewhere(w)
	badge.send(w, r, "image/svg+xml")
	return nil
}

package public

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// maxEntries is how many entries a feed has, the newest first.
const maxEntries = 50

// feed is what a feed says in either form. Nobody's name is in it: signatories come and go, and copies of a feed stay.
type feed struct {
	id, title, page, self string
	language              string
	entries               []feedEntry
}

type feedEntry struct {
	url, title, summary string // url names the entry for good
	language            string
	authors             []string
	at                  time.Time
}

func (h *Handlers) feedOfAll(r *http.Request) page.FeedLink {
	return page.FeedLink{Atom: page.Local(r, "/feed.atom"), JSON: page.Local(r, "/feed.json"), Title: page.LocaleOf(r).T("feed.letters", "Site", h.Name)}
}

func (h *Handlers) feedOf(r *http.Request, l *cachedLetter) page.FeedLink {
	path := page.Local(r, "/letters/"+l.Slug)
	return page.FeedLink{Atom: path + "/feed.atom", JSON: path + "/feed.json", Title: page.LocaleOf(r).T("feed.letter", "Title",
		l.Edition.Text(page.LocaleOf(r).Code).Name())}
}

// SendFeed sends the feed of all letters: each that was published, its updates, and what became of it.
func (h *Handlers) SendFeed(w http.ResponseWriter, r *http.Request) error {
	letters, _, err := h.listLetters(r)
	if err != nil {
		return err
	}
	f := feed{id: h.BaseURL + "/", title: h.feedOfAll(r).Title, page: h.BaseURL + page.Local(r, "/")}
	for _, l := range letters {
		entries := h.entriesOf(r, l)
		f.entries = append(f.entries, slices.DeleteFunc(entries, func(e feedEntry) bool { return strings.Contains(e.url, "/editions/") })...)
	}
	return h.send(w, r, f)
}

// SendLetterFeed sends the feed of one letter: its editions, its updates, what became of it, its end.
func (h *Handlers) SendLetterFeed(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	path := "/letters/" + l.Slug
	return h.send(w, r, feed{id: h.BaseURL + path, title: h.feedOf(r, l).Title, page: h.BaseURL + page.Local(r, path), entries: h.entriesOf(r, l)})
}

func (h *Handlers) entriesOf(r *http.Request, l *cachedLetter) (entries []feedEntry) {
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	address := h.BaseURL + "/letters/" + l.Slug
	var authors []string
	for _, o := range l.Leads {
		authors = append(authors, o.Name(t.Language, loc.Code))
	}
	if authors == nil {
		authors = []string{h.Name}
	}
	title := func(key string, args ...any) string { return loc.T(key, append(args, "Title", t.Name())...) }
	for _, e := range l.Editions {
		entry := feedEntry{url: address, title: title("feed.published"), summary: summary(t), language: loc.Code, authors: authors, at: e.PublishedAt}
		if e.Number > 1 {
			entry.url = address + "/editions/" + strconv.Itoa(e.Number)
			entry.title = title("feed.edition", "Number", e.Number)
			entry.summary = loc.T("follows.as_" + string(e.Follows))
		}
		entries = append(entries, entry)
	}
	for _, u := range l.Updates {
		entries = append(entries, feedEntry{url: address + "/updates/" + strconv.Itoa(u.Number), title: u.Title, summary: letter.Excerpt(u.Body, 400),
			language: u.Language, authors: authors, at: u.At})
	}
	entries = append(entries, h.answered(r, l, feedEntry{title: t.Name(), language: loc.Code, authors: authors})...)
	if !l.ClosedAt.IsZero() {
		entries = append(entries, feedEntry{url: address + "#closed", title: title("feed.closed"), language: loc.Code, authors: authors, at: l.ClosedAt})
	}
	return entries
}

// answered returns an entry for all that was handed over, came back, was stated by offices and became known of demands, each as like says but
// its own.
func (h *Handlers) answered(r *http.Request, l *cachedLetter, like feedEntry) (entries []feedEntry) {
	t, st := h.tell(r, l), l.Standing
	add := func(url string, at time.Time, key, summary string, args ...any) {
		e := like
		e.url, e.at, e.title, e.summary = h.BaseURL+t.path+url, at, t.loc.T(key, append(args, "Title", like.title)...), summary
		entries = append(entries, e)
	}
	for _, d := range st.Deliveries {
		if d.Arrived() {
			at := d.At
			if known := later(d.PublicAt, l.OpenedAt); known.After(at) { // nobody could know before
				at = known
			}
			add("#delivery-"+delivery.ID(d.ID), at, "answers.feed.delivered", t.delivery(d).Words, "Name", t.name(d.Addressee).Text)
		}
	}
	for _, x := range st.Responses {
		if x.State == delivery.Published {
			add("/responses/"+delivery.ID(x.ID), later(x.DecidedAt, l.OpenedAt), "answers.feed.came", letter.Excerpt(x.Excerpt, 400),
				"Name", t.name(x.Addressee).Text, "Kind", t.loc.T("response.kind."+string(x.Kind)))
		}
	}
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			for _, x := range c.Stated {
				if x.State == delivery.StatedShown {
					add("#stated-"+delivery.ID(x.ID), later(x.DecidedAt, l.OpenedAt), "answers.feed.stated", letter.Excerpt(x.Text, 400),
						"Number", t.loc.Digits(d.Number), "Name", t.name(x.Addressee).Text, "Position", t.loc.T("stated.position."+string(x.Position)))
				}
			}
			for _, e := range c.History {
				if e.Outcome != "" && !e.Corrected {
					add("#known-"+delivery.ID(e.ID), e.On, "answers.feed.outcome", letter.Excerpt(d.Text, 400),
						"Number", t.loc.Digits(d.Number), "Outcome", t.loc.T("outcome."+string(e.Outcome)))
				}
			}
		}
	}
	return entries
}

// summary says in a few lines what a letter asks, and whom.
func summary(t letter.Text) string {
	var lines []string
	if t.Subtitle != "" {
		lines = append(lines, t.Subtitle)
	}
	for _, a := range t.Addressees {
		if line := strings.Trim(a.Line()+", "+a.Office, ", "); line != "" {
			lines = append(lines, "→ "+line)
		}
	}
	for _, d := range t.Demands {
		lines = append(lines, strings.TrimSpace(d.Number+" "+d.Text))
	}
	if len(t.Demands) == 0 {
		lines = append(lines, letter.Excerpt(t.Body, 400))
	}
	return strings.Join(lines, "\n")
}

// send writes a feed in the form that the path ends with.
func (h *Handlers) send(w http.ResponseWriter, r *http.Request, f feed) error {
	f.language, f.self = page.LocaleOf(r).Code, h.BaseURL+page.VisitOf(r).Prefix+r.URL.Path
	slices.SortStableFunc(f.entries, func(a, b feedEntry) int { return b.at.Compare(a.at) })
	f.entries = f.entries[:min(len(f.entries), maxEntries)]
	encode, contentType := f.atom, "application/atom+xml; charset=utf-8"
	if strings.HasSuffix(r.URL.Path, ".json") {
		encode, contentType = f.json, "application/feed+json; charset=utf-8"
	}
	body, err := encode()
	if err != nil {
		return err
	}
	newPage(body).send(w, r, contentType)
	return nil
}

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Language string      `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Updated  string      `xml:"updated"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Language  string       `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID        string       `xml:"id"`
	Title     string       `xml:"title"`
	Updated   string       `xml:"updated"`
	Published string       `xml:"published"`
	Link      atomLink     `xml:"link"`
	Authors   []atomAuthor `xml:"author"`
	Summary   string       `xml:"summary,omitempty"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

// atom returns the feed as RFC 4287 says.
func (f feed) atom() ([]byte, error) {
	out := atomFeed{Language: f.language, ID: f.id, Title: f.title, Updated: f.updated().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: f.self}, {Rel: "alternate", Type: "text/html", Href: f.page}}}
	for _, e := range f.entries {
		entry := atomEntry{Language: e.language, ID: e.url, Title: e.title, Updated: e.at.Format(time.RFC3339), Published: e.at.Format(time.RFC3339),
			Link: atomLink{Href: e.url}, Summary: e.summary}
		for _, a := range e.authors {
			entry.Authors = append(entry.Authors, atomAuthor{a})
		}
		out.Entries = append(out.Entries, entry)
	}
	body, err := xml.MarshalIndent(out, "", " ")
	return append([]byte(xml.Header), body...), err
}

// updated is when the newest entry was, so that a feed without news has the same bytes.
func (f feed) updated() time.Time {
	if len(f.entries) == 0 {
		return time.Unix(0, 0).UTC()
	}
	return f.entries[0].at
}

type jsonFeed struct {
	Version  string          `json:"version"`
	Title    string          `json:"title"`
	Language string          `json:"language"`
	Home     string          `json:"home_page_url"`
	Self     string          `json:"feed_url"`
	Items    []jsonFeedEntry `json:"items"`
}

type jsonFeedEntry struct {
	ID        string           `json:"id"`
	URL       string           `json:"url"`
	Title     string           `json:"title"`
	Text      string           `json:"content_text"`
	Language  string           `json:"language"`
	Published string           `json:"date_published"`
	Authors   []jsonFeedAuthor `json:"authors"`
}

type jsonFeedAuthor struct {
	Name string `json:"name"`
}

// json returns the feed as JSON Feed 1.1 says.
func (f feed) json() ([]byte, error) {
	out := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: f.title, Language: f.language, Home: f.page, Self: f.self, Items: []jsonFeedEntry{}}
	for _, e := range f.entries {
		item := jsonFeedEntry{ID: e.url, URL: e.url, Title: e.title, Text: e.summary, Language: e.language, Published: e.at.Format(time.RFC3339)}
		for _, a := range e.authors {
			item.Authors = append(item.Authors, jsonFeedAuthor{a})
		}
		out.Items = append(out.Items, item)
	}
	return page.JSON(out)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

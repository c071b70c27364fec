package public

import (
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/web/page"
)

// ResponsePage is what came back to a letter, or that it was taken down.
type ResponsePage struct {
	page.Base
	LetterTitle  page.Tagged
	LetterURL    string
	TakenDown    string // the day, "" for one that stands; then nothing else is known
	Heading      string
	Addressee    page.Tagged
	AddresseeURL string
	Also         []AnsweredFor // others that it answers for
	From         string        // who answered, and on whose behalf
	Received     string
	Written      string
	Reference    string
	Until        string
	PassedTo     page.Tagged
	PassedURL    string
	Excerpt      template.HTML
	Lang, Dir    string
	Said         []SaidLine
	CopyURL      string // of the file as it may be published, "" for none
	CopyName     string
}

// Template is its file.
func (ResponsePage) Template() string { return "public/response" }

// AnsweredFor leads to the page of an addressee that a response answers for.
type AnsweredFor struct {
	Name page.Tagged
	URL  string
}

// SaidLine is what a response says about a demand.
type SaidLine struct {
	Demand, URL, Words string
	Corrected          bool // by a later entry
}

// findResponse returns a response that everybody may know of. One that is private is as unknown as one that never came.
func (h *Handlers) findResponse(r *http.Request) (l *cachedLetter, x delivery.Response, err error) {
	if l, err = h.cache.find(r.Context(), r.PathValue("slug")); err != nil {
		return nil, x, err
	}
	i := slices.IndexFunc(l.Standing.Responses, func(x delivery.Response) bool { return delivery.ID(x.ID) == r.PathValue("id") })
	if i < 0 {
		return nil, x, fault.New(fault.NotFound, "page.unknown")
	}
	return l, l.Standing.Responses[i], nil
}

// ShowResponse shows what came back to a letter.
func (h *Handlers) ShowResponse(w http.ResponseWriter, r *http.Request) error {
	l, x, err := h.findResponse(r)
	if err != nil {
		return err
	}
	t := h.tell(r, l)
	p := ResponsePage{LetterTitle: h.title(r, l), LetterURL: page.Local(r, t.path)}
	if x.State == delivery.TakenDown {
		p.Base, p.TakenDown = h.Base(r, t.loc.T("answers.tombstone_title")), t.loc.Date(x.DecidedAt)
		p.NoIndex = true
		return h.Render(w, http.StatusOK, p)
	}
	p.Heading = t.loc.T("answers.came", "Kind", t.loc.T("response.kind."+string(x.Kind)), "Name", t.name(x.Addressee).Text)
	p.Base = h.Base(r, p.Heading)
	p.Addressee, p.AddresseeURL = t.name(x.Addressee), t.addresseeURL(x.Addressee)
	for _, n := range x.Also {
		p.Also = append(p.Also, AnsweredFor{t.name(n), t.addresseeURL(n)})
	}
	p.From, p.Reference, p.Received = x.From, x.Reference, t.loc.Date(x.At)
	p.Written, p.Until = t.dayOf(x.Written), t.dayOf(x.Until)
	if x.Forwarded != 0 {
		p.PassedTo, p.PassedURL = t.name(x.Forwarded), t.addresseeURL(x.Forwarded)
	}
	p.Excerpt = page.Markdown(x.Excerpt, x.Language)
	excerpt := page.Tag("", x.Language)
	p.Lang, p.Dir = excerpt.Lang, excerpt.Dir
	for _, d := range l.Standing.Demands {
		for _, c := range d.Cells {
			for _, e := range c.History {
				if id, ok := e.Evidence.Response(); ok && id == x.ID {
					demand := t.loc.T("answers.demand_n", "Number", t.loc.Digits(d.Number))
					p.Said = append(p.Said, SaidLine{demand, page.Local(r, t.path+"/demands/"+d.Number), t.entry(e, c.History).Words, e.Corrected})
				}
			}
		}
	}
	if x.Copy != "" {
		p.CopyURL, p.CopyName = t.path+"/responses/"+delivery.ID(x.ID)+"/file", x.Copy
	}
	p.Feed = h.feedOf(r, l)
	return h.Render(w, http.StatusOK, p)
}

// dayOf puts a day as it is stored into words, "" for none.
func (t teller) dayOf(day string) string {
	on, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.loc.Date(on)
}

// SendResponseFile sends the file of a response as it may be published.
func (h *Handlers) SendResponseFile(w http.ResponseWriter, r *http.Request) error {
	l, x, err := h.findResponse(r)
	if err != nil {
		return err
	}
	return h.Attach(w, r, func() (page.Attachment, error) {
		f, err := h.Deliveries.PublicCopy(r.Context(), l.Letter, x.ID)
		return page.Attachment{Name: f.Name, Type: f.Type, Hash: x.CopySHA256, Content: f.Content}, err
	})
}

// SendExhibit sends a file that something rests on.
func (h *Handlers) SendExhibit(w http.ResponseWriter, r *http.Request) error {
	return h.Attach(w, r, func() (page.Attachment, error) {
		x, err := h.Deliveries.Exhibit(r.Context(), r.PathValue("sha256"))
		return page.Attachment{Name: x.Name, Type: x.Type, Hash: x.Hash, Content: x.Content}, err
	})
}

package public

import (
	"net/http"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AddresseePage is all that the letters of the instance ask of an addressee.
type AddresseePage struct {
	page.Base
	Heading string
	Name    string
	Letters []AskedLetter
}

// Template is its file.
func (AddresseePage) Template() string { return "public/addressee" }

// AskedLetter is what one letter asks of the addressee.
type AskedLetter struct {
	Title     page.Tagged
	URL       string
	Role      string // of one who is asked nothing, in words
	Leads     []page.OrganisationView
	ReplyTo   []bundle.Contact
	Reason    string
	Members   string // of a group
	Delivered string // the day, "" for not yet
	Tally     string
	Demands   []page.DemandLine
	Responses []page.EventView
	Statement *page.StatementView

	Holders          []string // who held the office when, in words
	Communication    []string // how they took it up with somebody else, in words
	CommunicationURL string   // where that was published
}

// ShowAddressee sends all that letters ask of an addressee, as a page or as data.
func (h *Handlers) ShowAddressee(w http.ResponseWriter, r *http.Request) error {
	slug, asJSON := strings.CutSuffix(r.PathValue("slug"), ".json")
	letters, err := h.lettersTo(r, slug)
	if err != nil {
		return err
	}
	if asJSON {
		var published []*bundle.Published
		for _, l := range letters {
			published = append(published, l.Published)
		}
		return page.SendJSON(w, http.StatusOK, h.Bundles.Addressee(slug, published))
	}
	loc := page.LocaleOf(r)
	p := AddresseePage{}
	for _, l := range letters {
		for _, a := range l.Standing.Addressees {
			if a.Slug != slug {
				continue
			}
			if p.Name == "" {
				p.Name = a.Called()
			}
			p.Letters = append(p.Letters, h.askedLetter(r, l, a))
		}
	}
	p.Heading = loc.T("answers.addressee", "Name", p.Name)
	p.Base = h.Base(r, p.Heading)
	return h.Render(w, http.StatusOK, p)
}

// lettersTo returns the published letters that as far as the public may know go to the addressee of a slug, and a fault when there is none.
func (h *Handlers) lettersTo(r *http.Request, slug string) (letters []*cachedLetter, err error) {
	if !letter.IsSlug(slug) {
		return nil, fault.New(fault.NotFound, "page.unknown")
	}
	found, err := h.Deliveries.LettersTo(r.Context(), slug)
	if err != nil {
		return nil, err
	}
	for _, name := range found {
		l, err := h.cache.find(r.Context(), name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(l.Standing.Addressees, func(a delivery.Addressee) bool { return a.Slug == slug }) {
			letters = append(letters, l)
		}
	}
	if len(letters) == 0 {
		return nil, fault.New(fault.NotFound, "page.unknown")
	}
	return letters, nil
}

func (h *Handlers) askedLetter(r *http.Request, l *cachedLetter, a delivery.Addressee) AskedLetter {
	t := h.tell(r, l)
	v := AskedLetter{Title: h.title(r, l), URL: page.Local(r, t.path), Reason: a.Reason, ReplyTo: bundle.ReplyTo(l.Letter, t.loc.Code)}
	for _, o := range l.Leads {
		v.Leads = append(v.Leads, page.OrganisationOf(r, o, t.loc.Code))
	}
	switch a.Role {
	case delivery.CC:
		v.Role = t.loc.T("answers.copied")
	case delivery.Through:
		v.Role = t.loc.T("answers.through")
	}
	if a.Members > 0 {
		v.Members = t.members(a)
	}
	for _, x := range a.Holders {
		v.Holders = append(v.Holders, t.holder(x))
	}
	if c := a.Communication; c != nil {
		v.CommunicationURL = c.URL
		if of := strings.Join(slices.DeleteFunc([]string{c.Type, t.loc.Isolate(c.Reference)}, func(s string) bool { return s == "" }), " · "); of != "" {
			v.Communication = append(v.Communication, of)
		}
		for _, x := range [][2]string{{"answers.communication_sent", c.Sent}, {"answers.communication_replied", c.Replied},
			{"answers.communication_published", c.Published}} {
			if on := t.dayOf(x[1]); on != "" {
				v.Communication = append(v.Communication, t.loc.T(x[0], "Date", on))
			}
		}
	}
	for _, d := range l.Standing.Deliveries {
		if d.Addressee == a.Number && v.Delivered == "" && d.Arrived() {
			v.Delivered = t.loc.Date(d.At)
		}
	}
	met := 0
	for i, d := range l.Standing.Demands {
		line := t.demand(i, func(x delivery.Addressee) bool { return x.Number == a.Number })
		if len(line.Cells) == 0 {
			continue
		}
		v.Demands = append(v.Demands, line)
		if c := d.Cells[slices.IndexFunc(d.Cells, func(c delivery.Cell) bool { return c.Addressee == a.Number })]; c.Status == delivery.StatusMet {
			met++
		}
	}
	v.Tally = t.loc.T("answers.met_n", "Met", met, "Demands", len(v.Demands))
	for _, x := range l.Standing.Responses {
		if x.Answers(a.Number) {
			v.Responses = append(v.Responses, t.response(x))
		}
	}
	v.Statement = t.statement(a)
	return v
}

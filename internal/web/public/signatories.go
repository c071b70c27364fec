package public

import (
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// SignatoriesPage is the public list.
type SignatoriesPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	Kind        string // "person" or "organisation": which list is shown
	PersonsURL  string
	OrgsURL     string
	Query       string
	Entries     []SignatoryView
	NextURL     string // "" at the end
	FirstURL    string // "" on the first page
	Print       bool   // the print view: many names in columns
	PlainURL    string
	PrintURL    string
	CSVURL      string
	JSONURL     string
	Batches     []BatchView // lists that names came with
	Counts      Counts
}

// Template is its file.
func (SignatoriesPage) Template() string { return "public/signatories" }

// BatchView is a list of names that was imported.
type BatchView struct {
	Basis  string // paper, reply or import
	Source string // as whoever imported it says, or ""
	Date   string
}

// SignatoryView is one line of a public list.
type SignatoryView struct {
	Name         string
	Title        string // for identification only
	Affiliation  string // for identification only
	Country      string // in the page's language
	Organisation bool
	Basis        string // reply, paper, import or voucher; "" when the signer's own mailbox confirmed it
}

// Meta returns what stands under a name: title, affiliation and country, those there are.
func (s SignatoryView) Meta() []string {
	return page.Meta(s.Title, s.Affiliation, s.Country)
}

// CountsOf reports whether the count box has a line for the kind.
func (p SignatoriesPage) CountsOf(string) bool { return true }

const (
	pageOfNames  = 100  // in a signatory list
	sheetOfNames = 2000 // in its print view
	maxNames     = 1000 // that one request for a part of the list as JSON gets
)

// listRequest is what the address of a list asks for.
type listRequest struct {
	letter *cachedLetter
	kind   verify.Kind
	query  string
	after  string
	named  bool // the kind was asked for
}

func (h *Handlers) readList(r *http.Request) (q listRequest, err error) {
	if q.letter, err = h.cache.find(r.Context(), r.PathValue("slug")); err != nil {
		return q, err
	}
	if q.letter.SignOn == letter.SignOnNone {
		return q, fault.New(fault.NotFound, "page.unknown")
	}
	v := r.URL.Query()
	q.kind, q.query, q.after = verify.Kind(v.Get("kind")), v.Get("q"), v.Get("after")
	q.named = q.kind == verify.Organisation || q.kind == verify.Person
	if len(q.query) > 4*signing.MaxName {
		q.query = ""
	}
	return q, nil
}

// link returns the address of another part of the list.
func (q listRequest) link(path string, kind verify.Kind, after, view string) string {
	v := url.Values{}
	for name, value := range map[string]string{"kind": string(kind), "q": q.query, "after": after, "view": view} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return path + "?" + v.Encode()
}

// ShowSignatories shows a part of the public list.
func (h *Handlers) ShowSignatories(w http.ResponseWriter, r *http.Request) error {
	q, err := h.readList(r)
	if err != nil {
		return err
	}
	l := q.letter
	if !q.named {
		if q.kind = verify.Person; l.SignOn == letter.SignOnOrganisations || l.Counts.Persons == 0 && l.Counts.Organisations > 0 {
			q.kind = verify.Organisation
		}
	}
	view, size := "", pageOfNames
	if r.URL.Query().Get("view") == "print" {
		view, size = "print", sheetOfNames
	}
	list, err := h.Roll.List(r.Context(), l.ID, q.kind, q.query, q.after, size)
	if err == nil && q.query != "" && !q.named && len(list.Signatories) == 0 && q.kind == verify.Person {
		q.kind = verify.Organisation // a name was asked for, not a kind
		list, err = h.Roll.List(r.Context(), l.ID, q.kind, q.query, "", size)
	}
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	path := page.Local(r, "/letters/"+l.Slug+"/signatories")
	p := SignatoriesPage{Base: h.Base(r, loc.T("signatories.title")), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug),
		Kind: string(q.kind), PersonsURL: q.link(path, verify.Person, "", view), OrgsURL: q.link(path, verify.Organisation, "", view), Query: q.query,
		Counts: h.counts(r, l), Print: view == "print", PlainURL: q.link(path, q.kind, "", ""), PrintURL: q.link(path, q.kind, "", "print"),
		CSVURL: "/letters/" + l.Slug + "/signatories.csv", JSONURL: "/letters/" + l.Slug + "/signatories.json"}
	for _, x := range list.Signatories {
		p.Entries = append(p.Entries, signatoryView(loc, x))
	}
	if list.Next != "" {
		p.NextURL = q.link(path, q.kind, list.Next, view)
	}
	if q.after != "" {
		p.FirstURL = q.link(path, q.kind, "", view)
	}
	for _, b := range l.Batches {
		p.Batches = append(p.Batches, BatchView{Basis: string(b.Basis), Source: b.Source, Date: loc.Date(b.CreatedAt)})
	}
	return h.Render(w, http.StatusOK, p)
}

// kinds are the lists that are asked for: both where none is named.
func (q listRequest) kinds() []verify.Kind {
	if q.named {
		return []verify.Kind{q.kind}
	}
	return []verify.Kind{verify.Organisation, verify.Person}
}

// SendSignatoriesCSV sends the whole list as a table.
func (h *Handlers) SendSignatoriesCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := h.readList(r)
	if err != nil {
		return err
	}
	return h.Stream(w, r, q.letter.Slug+"-signatories.csv", "text/csv; charset=utf-8", func(out io.Writer) error {
		return roll.WriteCSV(out, h.Roll.Everyone(r.Context(), q.letter.ID, q.kinds()...))
	})
}

// SendSignatoriesJSON sends the whole list, or with limit, after or q a part of it and where the rest is.
func (h *Handlers) SendSignatoriesJSON(w http.ResponseWriter, r *http.Request) error {
	q, err := h.readList(r)
	if err != nil {
		return err
	}
	v := r.URL.Query()
	if !v.Has("limit") && q.query == "" && q.after == "" {
		return h.Stream(w, r, q.letter.Slug+"-signatories.json", page.Data, func(out io.Writer) error {
			return roll.WriteJSON(out, q.letter.Slug, h.Roll.Everyone(r.Context(), q.letter.ID, q.kinds()...), func() string { return "" })
		})
	}
	limit := pageOfNames
	if v.Has("limit") {
		if limit, err = strconv.Atoi(v.Get("limit")); err != nil || limit < 1 || limit > maxNames {
			return fault.New(fault.Invalid, "limit", "Limit", maxNames).On("limit")
		}
	}
	if !q.named {
		q.kind = verify.Person
	}
	list, err := h.Roll.List(r.Context(), q.letter.ID, q.kind, q.query, q.after, limit)
	if err != nil {
		return err
	}
	next := ""
	if list.Next != "" {
		next = h.BaseURL + q.link("/letters/"+q.letter.Slug+"/signatories.json", q.kind, list.Next, "") + "&limit=" + strconv.Itoa(limit)
	}
	w.Header().Set("Content-Type", page.Data)
	return roll.WriteJSON(w, q.letter.Slug, all(list.Signatories), func() string { return next })
}

func all(list []roll.Signatory) iter.Seq2[roll.Signatory, error] {
	return func(yield func(roll.Signatory, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func signatoryView(l *i18n.Locale, x roll.Signatory) SignatoryView {
	v := SignatoryView{Name: x.Name, Title: x.Title, Affiliation: x.Affiliation, Organisation: x.Kind == verify.Organisation}
	if x.Basis != verify.ByEmail {
		v.Basis = string(x.Basis)
	}
	if x.Country != "" {
		v.Country = i18n.CountryName(l, x.Country)
	}
	return v
}

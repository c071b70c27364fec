package web

import (
	"compress/gzip"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

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

func (s *Server) readList(r *http.Request) (q listRequest, err error) {
	if q.letter, err = s.cache.find(r.Context(), r.PathValue("slug")); err != nil {
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

func (s *Server) showSignatories(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readList(r)
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
	page, err := s.roll.List(r.Context(), l.ID, q.kind, q.query, q.after, size)
	if err == nil && q.query != "" && !q.named && len(page.Signatories) == 0 && q.kind == verify.Person {
		q.kind = verify.Organisation // a name was asked for, not a kind
		page, err = s.roll.List(r.Context(), l.ID, q.kind, q.query, "", size)
	}
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	path := s.local(r, "/letters/"+l.Slug+"/signatories")
	p := SignatoriesPage{Base: s.base(r, loc.T("signatories.title")), LetterTitle: s.title(r, l), LetterURL: s.local(r, "/letters/"+l.Slug),
		Kind: string(q.kind), PersonsURL: q.link(path, verify.Person, "", view), OrgsURL: q.link(path, verify.Organisation, "", view), Query: q.query,
		Counts: s.counts(r, l), Print: view == "print", PlainURL: q.link(path, q.kind, "", ""), PrintURL: q.link(path, q.kind, "", "print"),
		CSVURL: "/letters/" + l.Slug + "/signatories.csv", JSONURL: "/letters/" + l.Slug + "/signatories.json"}
	for _, x := range page.Signatories {
		p.Entries = append(p.Entries, signatoryView(loc, x))
	}
	if page.Next != "" {
		p.NextURL = q.link(path, q.kind, page.Next, view)
	}
	if q.after != "" {
		p.FirstURL = q.link(path, q.kind, "", view)
	}
	for _, b := range l.Batches {
		p.Batches = append(p.Batches, BatchView{Basis: string(b.Basis), Source: b.Source, Date: loc.Date(b.CreatedAt)})
	}
	return render(w, http.StatusOK, p)
}

// kinds are the lists that are asked for: both where none is named.
func (q listRequest) kinds() []verify.Kind {
	if q.named {
		return []verify.Kind{q.kind}
	}
	return []verify.Kind{verify.Organisation, verify.Person}
}

func (s *Server) sendSignatoriesCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readList(r)
	if err != nil {
		return err
	}
	return s.stream(w, r, q.letter.Slug+"-signatories.csv", "text/csv; charset=utf-8", func(out io.Writer) error {
		return roll.WriteCSV(out, s.roll.Everyone(r.Context(), q.letter.ID, q.kinds()...))
	})
}

// sendSignatoriesJSON sends the whole list, or with limit, after or q a part of it and where the rest is.
func (s *Server) sendSignatoriesJSON(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readList(r)
	if err != nil {
		return err
	}
	v := r.URL.Query()
	if !v.Has("limit") && q.query == "" && q.after == "" {
		return s.stream(w, r, q.letter.Slug+"-signatories.json", "application/json", func(out io.Writer) error {
			return roll.WriteJSON(out, q.letter.Slug, s.roll.Everyone(r.Context(), q.letter.ID, q.kinds()...), func() string { return "" })
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
	page, err := s.roll.List(r.Context(), q.letter.ID, q.kind, q.query, q.after, limit)
	if err != nil {
		return err
	}
	next := ""
	if page.Next != "" {
		next = s.o.BaseURL + q.link("/letters/"+q.letter.Slug+"/signatories.json", q.kind, page.Next, "") + "&limit=" + strconv.Itoa(limit)
	}
	w.Header().Set("Content-Type", "application/json")
	return roll.WriteJSON(w, q.letter.Slug, all(page.Signatories), func() string { return next })
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

// maxStreams bounds how many whole lists are sent at once: each reads the list from its beginning to its end.
const maxStreams = 4

// stallsFor is how long a reader of a whole list may take nothing before it is cut off.
const stallsFor = 30 * time.Second

// streamWithin is how long sending a whole list may take: who reads on purpose slowly keeps no place for ever.
const streamWithin = 10 * time.Minute

// stream sends something long, a file of that name, as write makes it. A mistake in the middle breaks the connection off, so that nobody takes a
// part for the whole.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, name, contentType string, write func(io.Writer) error) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return fault.New(fault.Unavailable, "busy")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Add("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return nil
	}
	var out io.Writer = &patient{w, http.NewResponseController(w), time.Now().Add(streamWithin)}
	done := func() error { return nil }
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
		if err != nil {
			return err
		}
		out, done = z, z.Close
	}
	err := write(out)
	if err == nil {
		err = done()
	}
	if err != nil {
		if r.Context().Err() == nil {
			s.o.Log.ErrorContext(r.Context(), "stream_broken", "request", visitOf(r).id, "error", err.Error())
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patient is a writer whose deadline moves on with every write: the server's own is for answers of one piece.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	end     time.Time
}

func (p *patient) Write(b []byte) (int, error) {
	deadline := time.Now().Add(stallsFor)
	if deadline.After(p.end) {
		deadline = p.end
	}
	_ = p.control.SetWriteDeadline(deadline) // not every connection has deadlines
	return p.ResponseWriter.Write(b)
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
